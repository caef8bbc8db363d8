/** `ovl pull`: the writable layer of a board as a tar. */
import { parseSize } from '../../board/units.ts';
import { pullUpper } from '../../device/helper/pull.ts';
import { visible } from '../../diagnostics/escape.ts';
import { streamOutput } from '../../system/streamed-output.ts';
import type { CommandBody, Input } from '../command.ts';
import { deviceOptions, hostArgument, requireHost, withDevice } from '../device.ts';
import { generationOf } from '../generation.ts';
import { usageFailure } from '../usage.ts';

const usualLimit = 4 * 1024 ** 3;

export const pull: CommandBody = {
  details: `Everything in the tar is as it lies on the storage: whiteouts are device nodes 0:0, what the overlay notes stands in extended
attributes (PAX records SCHILY.xattr). "tar --xattrs --xattrs-include='*' -x" as root makes an upper of it again. FILE is
there only when all of it has arrived; it may hold keys and passwords of the board, so others cannot read it.`,
  examples: [
    { line: 'ovl pull ar150 -o ar150.tar', what: 'the running generation' },
    { line: 'ovl pull ar150 -o old.tar --generation before-update', what: 'another one' },
  ],
  arguments: [hostArgument],
  options: [
    { flags: '-o, --output <FILE>', what: 'the tar to write', completion: 'file' },
    { flags: '--generation <GENERATION>', what: 'by number or name', completion: 'none' },
    { flags: '--limit <SIZE>', what: 'take no more than this; default: 4GiB', completion: 'none' },
    ...deviceOptions,
  ],
  exits: ['host', 'connection', 'unsuitable'],
  run: async (input, context) => {
    const output = input.value('output');
    if (output === undefined) throw usageFailure('OVL003', 'no file was named', '-o FILE.tar');
    const host = requireHost(input.words[0], context);
    const limit = limitOf(input);
    const { signal } = context;
    const pulled = await withDevice(host, input, context, (device) =>
      streamOutput(output, 0o600, (sink) =>
        pullUpper(device, {
          generation: generationOf(input.value('generation'), '--generation'),
          signal,
          sink,
          limit,
        }),
      ),
    );
    for (const line of pulled.complaints) context.say(visible(line));
    return {
      text: `${visible(output)}: ${pulled.entries} entries, ${pulled.bytes} bytes\n`,
      data: { host, output, ...pulled },
      diagnostics: [],
    };
  },
};

function limitOf(input: Input): number {
  const text = input.value('limit');
  if (text === undefined) return usualLimit;
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes > 0) return bytes;
  throw usageFailure('OVL004', `--limit is "${visible(text)}"`, 'a size such as 64MiB');
}
