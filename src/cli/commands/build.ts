/** `ovl build`: overlay_init, plan, helper, manifest and the bundle with all of them. */
import { basename, join } from 'node:path';
import { type Bundle, bundleEntries, bundlePaths } from '../../bundle/bundle.ts';
import { sha256 } from '../../bundle/digest.ts';
import { packBundle } from '../../bundle/pack.ts';
import { type OutputFile, writeOutputs } from '../../system/files.ts';
import { bundleBoard } from '../../toolchain/bundle-board.ts';
import { prepareBoard } from '../../toolchain/prepare-board.ts';
import { boardArgument, orThrow } from '../board-file.ts';
import type { CommandBody } from '../command.ts';
import { bundleTime } from '../source-date.ts';

export const build: CommandBody = {
  examples: [
    {
      line: 'ovl build my.yaml -o out',
      what: 'out/overlay_init, plan.json, overlay_helper and its verbs, manifest.json, bundle.tar',
    },
    {
      line: 'ovl build --no-helper my.yaml -o out',
      what: "without a C compiler: the board's own applets do it all",
    },
    {
      line: 'SOURCE_DATE_EPOCH=1735689600 ovl build my.yaml -o out',
      what: 'with this time on the files in the bundle',
    },
  ],
  details: `The same board file and the same overlaykit give the same bytes, on any machine with the same compiler. Files that
an earlier build left are replaced when all new ones are written, and not before.`,
  arguments: [boardArgument],
  options: [
    {
      flags: '-o, --output <DIR>',
      what: 'folder for the results; default: the name of the board',
      completion: 'folder',
    },
    { flags: '--no-helper', what: 'without overlay_helper' },
  ],
  exits: ['invalid', 'host'],
  run: async ({ words, flag, value }, context) => {
    const mtime = bundleTime(context.env);
    const prepared = orThrow(await prepareBoard(words[0] ?? '', { withoutHelper: flag('no-helper') }));
    const bundle = await bundleBoard(prepared.value, { progress: context.say, signal: context.signal });
    const tar = await packBundle(bundle, mtime);
    const folder = value('output') ?? bundle.manifest.board.name;
    context.signal.throwIfAborted();
    await writeOutputs(
      folder,
      outputs(bundle, tar),
      prepared.value.plan.helper ? [] : [bundlePaths.helper, bundlePaths.verbs].map((path) => basename(path)),
    );
    const path = join(folder, 'bundle.tar');
    return {
      text: `${sha256(tar)}  ${path}\n`,
      data: { folder, bundle: { path, bytes: tar.length, sha256: sha256(tar) }, manifest: bundle.manifest },
      diagnostics: prepared.diagnostics,
    };
  },
};

/** Each file of the bundle under its own name, and the bundle. */
function outputs(bundle: Bundle, tar: Uint8Array): readonly OutputFile[] {
  return [
    ...bundleEntries(bundle).map(({ path, mode, content }) => ({
      name: basename(path),
      mode,
      content,
    })),
    { name: 'bundle.tar', mode: 0o644, content: tar },
  ];
}
