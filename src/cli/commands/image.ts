/** `ovl image`: a root image in, the same image with a bundle in it out. */
import type { Bundle } from '../../bundle/bundle.ts';
import { bundleLimit, verifyBundle } from '../../bundle/verify.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { bundleRequest, type ImageReport, installBundle } from '../../image/index.ts';
import { readInput } from '../../system/files.ts';
import { bundleBoard } from '../../toolchain/bundle-board.ts';
import { prepareBoard } from '../../toolchain/prepare-board.ts';
import { orThrow } from '../board-file.ts';
import type { CommandBody, Context, Input } from '../command.ts';
import { optionalTime } from '../source-date.ts';
import { usageFailure } from '../usage.ts';

export const image: CommandBody = {
  examples: [
    {
      line: 'ovl image root.squashfs --board my.yaml -o new.squashfs',
      what: 'with what my.yaml makes in it',
    },
    {
      line: 'ovl image root.squashfs --bundle out/bundle.tar -o new.squashfs',
      what: 'with a bundle built before',
    },
    {
      line: 'ovl image root.cramfs --board my.yaml --add-mount-points -o new.cramfs',
      what: 'make the directories that the plan mounts on',
    },
  ],
  details: `squashfs and cramfs images; owners, modes, device nodes, extended attributes, compression and block size stay as
they are. Root is not needed. The image is refused when it lacks what overlay_init needs on the board.`,
  arguments: [{ name: 'IMAGE', what: 'a root image', required: true, completion: 'file' }],
  options: [
    { flags: '-o, --output <OUT>', what: 'where the new image goes', completion: 'file' },
    { flags: '--board <BOARD>', what: 'board file to make the bundle from', completion: 'file' },
    { flags: '--bundle <BUNDLE>', what: 'bundle.tar of ovl build', completion: 'file' },
    { flags: '--add-mount-points', what: 'make the mount points that the image lacks' },
    { flags: '--no-helper', what: 'with --board: without overlay_helper' },
  ],
  exits: ['invalid', 'host'],
  run: async (input, context) => {
    const out = input.value('output');
    if (out === undefined) throw usageFailure('OVL005', 'no place is given for the new image', '-o OUT');
    const { bundle, diagnostics } = await theBundle(input, context);
    const time = optionalTime(context.env);
    const report = await installBundle({
      image: input.words[0] ?? '',
      out,
      ...bundleRequest(bundle),
      addMountPoints: input.flag('add-mount-points'),
      signal: context.signal,
      ...(time === undefined ? {} : { time }),
    });
    const { diagnostics: warnings, ...data } = report;
    return {
      text: describe(out, report),
      data: { out, ...data },
      diagnostics: [...diagnostics, ...warnings],
    };
  },
};

/** The bundle that the options name, or the one that the board file makes. */
async function theBundle(
  input: Input,
  context: Context,
): Promise<{ readonly bundle: Bundle; readonly diagnostics: readonly Diagnostic[] }> {
  const board = input.value('board');
  const path = input.value('bundle');
  if ((board === undefined) === (path === undefined)) {
    throw usageFailure('OVL005', 'exactly one of --board and --bundle is needed', 'ovl image --help');
  }
  if (path !== undefined) {
    if (input.flag('no-helper')) {
      throw usageFailure(
        'OVL005',
        '--no-helper goes with --board; a bundle is taken as it is',
        '--board BOARD',
      );
    }
    const { value, diagnostics } = orThrow(await verifyBundle(await readInput(path, bundleLimit), path));
    return { bundle: value, diagnostics };
  }
  const prepared = orThrow(await prepareBoard(board ?? '', { withoutHelper: input.flag('no-helper') }));
  const bundle = await bundleBoard(prepared.value, { progress: context.say, signal: context.signal });
  return { bundle, diagnostics: prepared.diagnostics };
}

function describe(out: string, report: ImageReport): string {
  const lines = [
    `${out}: ${report.type}, ${report.bytesAfter} bytes (was ${report.bytesBefore})`,
    ...report.directories.map((path) => `  made      ${path}/`),
    ...report.added.map((path) => `  added     ${path}`),
    ...report.replaced.map((path) => `  replaced  ${path}`),
  ];
  return `${lines.join('\n')}\n`;
}
