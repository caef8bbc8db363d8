/** `ovl snapshot`: copies the running generation into a new one, to go back to. */
import { visible } from '../../diagnostics/escape.ts';
import { changeBoard } from '../board-change.ts';
import type { CommandBody } from '../command.ts';
import { boardHosts, hostsArgument } from '../fleet/hosts.ts';
import { fleetOptions, onBoards } from '../fleet/on-boards.ts';
import { usageFailure } from '../usage.ts';

/** A full flash is copied in minutes, not hours. */
const longestMs = 30 * 60_000;

export const snapshot: CommandBody = {
  details: `The board goes on running meanwhile. What was written to while it was copied is named. It is refused where the copy does
not fit, and where the board has as many generations as its board file keeps.`,
  examples: [
    { line: 'ovl snapshot ar150', what: 'called snapshot-N' },
    { line: 'ovl snapshot ar150 --name before-update', what: 'with a name, which "ovl rollback --to" takes' },
  ],
  arguments: [hostsArgument],
  options: [
    { flags: '--name <NAME>', what: 'a letter, then letters, digits and . _ + -', completion: 'none' },
    ...fleetOptions,
  ],
  exits: ['host', 'connection', 'unsuitable', 'unknown'],
  run: async (input, context) => {
    const name = nameOf(input.value('name'));
    return onBoards({
      command: 'snapshot',
      hosts: await boardHosts(input.words, input, context),
      input,
      context,
      act: (device) =>
        changeBoard(device, name === undefined ? ['snapshot'] : ['snapshot', name], {
          signal: context.signal,
          deadlineMs: longestMs,
        }),
    });
  },
};

function nameOf(text: string | undefined): string | undefined {
  if (text === undefined || /^[A-Za-z][A-Za-z0-9._+-]{0,39}$/.test(text)) return text;
  throw usageFailure(
    'OVL004',
    `--name is "${visible(text)}"`,
    'a letter, then at most 39 more letters, digits and . _ + -',
  );
}
