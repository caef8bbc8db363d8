/** Boot loaders other than extlinux, with their real files: told, told back after a boot that was not good, and told again. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Bundle } from '../../src/bundle/bundle.ts';
import { apply, type DeployOutcome } from '../../src/deploy/apply.ts';
import { lookAgain, lookAt } from '../../src/deploy/look.ts';
import { preflight } from '../../src/deploy/preflight.ts';
import { releaseFiles, releaseName, wantsOf } from '../../src/deploy/wants.ts';
import { type Diagnostic, Failure, unwrap } from '../../src/diagnostics/diagnostic.ts';
import { bundleBoard } from '../../src/toolchain/bundle-board.ts';
import { prepareBoard } from '../../src/toolchain/prepare-board.ts';
import { type BoardLoaderName, boardLoaders } from '../support/board-loaders.ts';
import { WritableBoard, writableBoardText } from '../support/writable-board.ts';

const folder = await mkdtemp(join(tmpdir(), 'ovl-test-loaders-'));
test.after.always(() => rm(folder, { recursive: true, force: true }));

async function bundleOf(name: string, more: Readonly<Record<string, unknown>>): Promise<Bundle> {
  const path = join(folder, `${name}.yaml`);
  await writeFile(path, writableBoardText(more));
  return bundleBoard(unwrap(await prepareBoard(path)));
}

async function deploy(board: WritableBoard, bundle: Bundle): Promise<DeployOutcome | Diagnostic | undefined> {
  const wants = wantsOf(bundle, 'bundle.tar');
  const scene = await lookAt(board, wants);
  const options = { reboot: true, waitMs: 30_000 };
  const files = releaseFiles(bundle);
  const deployment = unwrap(preflight(scene, wants, files, releaseName(bundle), options));
  try {
    for await (const event of apply(deployment, board, { files }))
      if (event.kind === 'finished') return event.outcome;
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics[0];
    throw error;
  }
  return undefined;
}

/** What a person finds of the old line. */
const kept: Readonly<Record<Exclude<BoardLoaderName, 'extlinux'>, RegExp>> = {
  'cmdline-txt':
    /^console=serial0,115200 root=\/dev\/mmcblk0p2 rootfstype=ext4 rootwait quiet init=\/sbin\/overlay_init overlaykit\.before=init:-$/,
  'grub-cfg':
    /^\t# overlaykit, before:\tlinux\t\/vmlinuz root=\/dev\/mmcblk0p2 ro quiet\n\tlinux\t\/vmlinuz root=\/dev\/mmcblk0p2 ro quiet init=\/sbin\/overlay_init$/m,
  'grub-d': /^\tlinux\t\/vmlinuz root=\/dev\/mmcblk0p2 ro quiet init=\/sbin\/overlay_init$/m,
};

for (const name of Object.keys(kept) as (keyof typeof kept)[]) {
  test.serial(`${name}: told, told back, and told again`, async (t) => {
    const { path, words } = boardLoaders[name];
    const named = name === 'grub-d' ? { type: name } : { type: name, file: path };
    const wrong = { type: 'ext4', find: { path: '/dev/mmcblk0p9' }, wait: '0s' };
    const [bad, good] = await Promise.all([
      bundleOf(`${name}-bad`, { boot_loader: named, storage: wrong }),
      bundleOf(`${name}-good`, { boot_loader: named }),
    ]);
    const board = await WritableBoard.make({ loader: name });
    try {
      await board.boot();
      const before = await board.fileOfRoot(path);
      t.like(await deploy(board, bad), { code: 'OVL702', boardState: 'rolled back' });
      t.is((await lookAgain(board, '')).running, undefined);
      t.deepEqual(words(await board.fileOfRoot(path)), words(before), 'the words of before are back');
      t.is(await deploy(board, good), 'confirmed');
      t.like(await lookAgain(board, '/rom'), { running: { release: releaseName(good), rung: 'persistent' } });
      t.regex(await board.fileOfRoot(path), kept[name]);
      t.is(await deploy(board, good), 'nothing');
    } catch (error) {
      for (const [at, boot] of board.boots.entries()) t.log(`boot ${at}\n${boot.console}`);
      throw error;
    } finally {
      await board.stop();
    }
  });
}
