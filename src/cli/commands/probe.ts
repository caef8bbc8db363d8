/** `ovl probe`: what is known of a board, from one script and one round trip. */
import { formatFacts } from '../../device/facts/recorded.ts';
import { factsWords } from '../../device/facts/words.ts';
import { writeOutput } from '../../system/files.ts';
import type { CommandBody } from '../command.ts';
import { deviceOptions, hostArgument } from '../device.ts';
import { factsFor, factsOption, scratchOption } from '../facts.ts';
import { usageFailure } from '../usage.ts';

export const probe: CommandBody = {
  examples: [
    { line: 'ovl probe root@192.168.1.1', what: 'kernel, flash, mounts, programs, init, boot loader' },
    { line: 'ovl probe ar150 -o ar150.json', what: 'records the facts, for init, check and doctor later' },
    { line: 'ovl probe ar150 --scratch /overlay', what: 'tries a union on the storage itself' },
    { line: 'ovl probe --facts ar150.json', what: 'shows recorded facts' },
  ],
  details: `The board needs sh, and nothing else. Nothing on it is changed, but under --scratch. What cannot be known is said,
with the reason. Passwords and serial numbers of a boot environment are not kept.`,
  arguments: [hostArgument],
  options: [
    { flags: '-o, --output <FILE>', what: 'write the facts to a file too', completion: 'file' },
    factsOption,
    scratchOption,
    ...deviceOptions,
  ],
  exits: ['invalid', 'host', 'connection', 'unsuitable'],
  run: async (input, context) => {
    const [host] = input.words;
    if (host !== undefined && input.value('facts') !== undefined) {
      throw usageFailure('OVL005', 'a HOST and --facts are two sources of one answer', 'one of the two');
    }
    const { from, facts } = await factsFor({ host }, input, context);
    const output = input.value('output');
    if (output !== undefined) await writeOutput(output, { mode: 0o644, content: formatFacts(facts) });
    return { text: factsWords(facts), data: { from, facts }, diagnostics: [] };
  },
};
