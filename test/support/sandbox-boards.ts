/** Boards in the sandbox for its tests: what they are made of, and what must not stay of them on this machine. */
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Boot } from '../../src/lab/index.ts';
import { type BusyboxRootOptions, busyboxRoot } from '../../src/lab/roots/busybox.ts';
import type { SandboxSpec } from '../../src/lab/sandbox/spec.ts';
import { startSandbox } from '../../src/lab/sandbox/start.ts';
import { runTool } from '../../src/system/process.ts';
import { tenLineOverlay } from './ten-line-overlay.ts';

export const work = await mkdtemp(join(tmpdir(), 'ovl-test-sandbox-'));
/** What was there before the first board. */
export const before = await traces();

test.after.always('nothing is left on this machine, whatever the boards did', async (t) => {
  t.deepEqual(await traces(), before);
  await rm(work, { recursive: true, force: true });
});

/** What a sandbox could leave: mounts (with the options a board could have changed), loop devices, folders, processes. */
export async function traces(): Promise<Record<string, readonly string[]>> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const loops = (await readdir('/sys/block')).filter((name) => name.startsWith('loop'));
  const backed = await Promise.all(
    loops.map((name) => readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => '')),
  );
  const children = await readFile(`/proc/self/task/${process.pid}/children`, 'latin1');
  return {
    // Tests beside this one mount disks too, but neither these nor anything of ours.
    mounts: mounts.filter((line) => / - (proc|sysfs|devpts|devtmpfs|tmpfs|overlay) /.test(line)),
    ours: mounts.filter((line) => line.includes('overlaykit-sandbox-') || line.includes(work)),
    loops: backed.filter((file) => file.startsWith(work)),
    folders: (await readdir(tmpdir())).filter((name) => name.startsWith('overlaykit-sandbox-')),
    children: children.trim().split(' '),
  };
}

let made = 0;

/** A root with the hand-written overlay_init. */
export async function squashfs(options: Partial<BusyboxRootOptions> = {}): Promise<SandboxSpec['root']> {
  made += 1;
  const out = join(work, `root-${made}.squashfs`);
  const { image } = await busyboxRoot({ files: [tenLineOverlay], ...options, type: 'squashfs', out });
  return { kind: 'image', image, type: 'squashfs' };
}

export async function ext4(name: string): Promise<string> {
  const image = join(work, name);
  await writeFile(image, '');
  await truncate(image, 16 * 2 ** 20);
  await runTool('mkfs.ext4', ['-q', image]);
  return image;
}

/** The same root as a folder. Whoever is not root cannot make its device nodes; the sandbox brings those. */
export async function folder(): Promise<SandboxSpec['root']> {
  const root = await squashfs({ samples: false });
  const path = join(work, `root-${made}`);
  if (root.kind === 'image')
    await runTool('unsquashfs', ['-q', '-n', '-no-exit-code', '-d', path, root.image]);
  return { kind: 'folder', folder: path };
}

export const hand = { init: '/sbin/overlay_init', words: ['store=tmpfs'] } as const;
export const plain = { init: '/sbin/init' } as const;

/** Boots, does what is asked, and powers off in order. */
export async function boot<T>(
  t: ExecutionContext,
  spec: SandboxSpec,
  act: (board: Boot) => Promise<T>,
): Promise<T> {
  const board = await startSandbox(spec);
  try {
    const result = await act(board);
    t.deepEqual(await board.poweroff(), { kind: 'off' });
    return result;
  } finally {
    await board.cut();
  }
}

export const output = async (board: Boot, command: string): Promise<string> =>
  (await board.run(command)).output;
