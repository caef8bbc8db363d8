/** `ovl diff`: what the writable layer of a board changes of its base. */
import { formatSize } from '../../board/units.ts';
import type { Device } from '../../device/device.ts';
import { type Diff, diffUpper } from '../../device/helper/diff.ts';
import { visible } from '../../diagnostics/escape.ts';
import type { DiffChange } from '../../shared/report.ts';
import type { CommandBody } from '../command.ts';
import { hostsArgument } from '../fleet/hosts.ts';
import { type BoardAnswer, eachBoard, fleetOptions } from '../fleet/on-boards.ts';
import { generationOf } from '../generation.ts';

/** Letters as git has them, as far as they go. */
const letters: Readonly<Record<DiffChange['change'], string>> = {
  created: 'A',
  changed: 'M',
  deleted: 'D',
  type: 'T',
  replaced: 'O',
  moved: 'R',
};

export const diff: CommandBody = {
  details: `A created, M changed, D deleted, T another kind of entry, O a directory that hides all of the base's, R a directory that
was moved. A directory is changed where its mode or owner is another. Files that were copied up and are still as the base
has them are only counted. The exit code is 1 where there are differences. Nothing is changed.`,
  examples: [
    { line: 'ovl diff ar150', what: 'with types and sizes' },
    { line: 'ovl diff ar150 --name-only', what: 'paths, one a line' },
    { line: 'ovl diff ar150 --generation before-update', what: 'what a rollback to it would bring' },
  ],
  arguments: [hostsArgument],
  options: [
    { flags: '--name-only', what: 'only the paths' },
    {
      flags: '--generation <GENERATION>',
      what: 'by number or name; default: the running one',
      completion: 'none',
    },
    ...fleetOptions,
  ],
  exits: ['no', 'host', 'connection', 'unsuitable'],
  run: eachBoard({
    command: 'diff',
    showEach: true,
    act: (device, context, input) =>
      boardDiff(
        device,
        input.flag('name-only'),
        context.signal,
        generationOf(input.value('generation'), '--generation'),
      ),
  }),
};

export async function boardDiff(
  device: Device,
  nameOnly: boolean,
  signal: AbortSignal,
  generation?: string,
): Promise<BoardAnswer> {
  const { end, changes } = await diffUpper(device, signal, generation);
  return {
    text: nameOnly
      ? changes.map(({ path }) => `${visible(path)}\n`).join('')
      : words({ end, changes }, generation),
    data: { rung: end.rung, ...(generation === undefined ? {} : { generation }), changes, same: end.same },
    state: `${changes.length} changes`,
    ...(changes.length === 0 ? {} : { exit: 'no' as const }),
  };
}

function words({ end, changes }: Diff, generation: string | undefined): string {
  const rows = changes.map(({ change, path, type, bytes, from }) => {
    const size = type === 'file' && change !== 'deleted' ? formatSize(bytes) : '';
    const name = `${path}${type === 'directory' ? '/' : ''}${from === undefined ? '' : ` (was ${from})`}`;
    return `${letters[change]}  ${type.padEnd(9)}  ${size.padStart(9)}  ${name}`;
  });
  const same = end.same === 0 ? '' : `, ${end.same} files copied up and the same`;
  const where = generation === undefined ? `on rung ${end.rung}` : `in generation ${generation}`;
  const lines = [...rows, `${changes.length} changes ${where}${same}`];
  return lines.map((line) => `${visible(line)}\n`).join('');
}
