/**
 * A running board for the helper's verbs: a root of its own in a namespace, with the host's programs to look at what the
 * helper has done, a real storage, and a real union over a generation of it. All mounts end with the namespace.
 */
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { verbsSuffix } from '../../src/shared/helper-protocol.ts';
import { requireTool } from '../../src/system/tools.ts';

export interface RunningBoardOptions {
  /** The helper's program, with its verbs beside it; it is /helper on the board. */
  readonly helper: string;
  /** Shell text that runs on the board; the union of generation 1 over /base is mounted at /merged. */
  readonly script: string;
  /** Shell text that runs before the union is mounted: fills /base and /overlay/generations/1/upper. */
  readonly before?: string;
  readonly storage?: 'tmpfs' | 'ext4';
  /** Size of the storage, as mount and truncate want it. */
  readonly bytes?: number;
  /** The line of the state; a slot without one is left away. */
  readonly state?: string;
  readonly status?: unknown;
  readonly plan?: unknown;
  /** Whether the union is left away, as before overlay_init mounts it. */
  readonly unmounted?: boolean;
}

export interface RunningBoardResult {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export const usualStatus = {
  board: 'test',
  plan: 'abc',
  rung: 'persistent',
  generation: '1',
  reset: '',
  reasons: [],
};

/** Runs a script on a board; what it prints. */
export async function onRunningBoard(options: RunningBoardOptions): Promise<RunningBoardResult> {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-running-'));
  try {
    await makeRoot(folder, options);
    const setUp = join(folder, 'set-up');
    await writeFile(setUp, setUpScript(options));
    const args = [
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      '--propagation',
      'private',
      '/bin/sh',
      setUp,
      folder,
    ];
    const result = await execa(requireTool('unshare'), args, {
      reject: false,
      stdin: 'ignore',
      timeout: 120_000,
    });
    return { code: result.exitCode, stdout: result.stdout, stderr: result.stderr };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeRoot(folder: string, options: RunningBoardOptions): Promise<void> {
  const root = join(folder, 'root');
  for (const name of [
    'usr',
    'proc',
    'sys',
    'dev',
    'run/overlaykit',
    'tmp',
    'etc/overlaykit',
    'overlay',
    'base',
    'merged',
    'other',
  ])
    await mkdir(join(root, name), { recursive: true });
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) await symlink(`usr/${name}`, join(root, name));
  for (const name of ['helper', `helper${verbsSuffix}`]) await writeFile(join(root, name), '');
  await writeFile(join(root, 'etc/overlaykit/plan.json'), JSON.stringify(options.plan ?? {}));
  await writeFile(join(root, 'run/overlaykit/status.json'), JSON.stringify(options.status ?? usualStatus));
  await writeFile(join(root, 'state'), options.state ?? '');
  await writeFile(join(root, 'before'), options.before ?? '');
  await writeFile(join(root, 'script'), options.script);
  await writeFile(join(folder, 'image'), '');
  await truncate(join(folder, 'image'), options.bytes ?? 16 * 2 ** 20);
}

function setUpScript({ helper, storage = 'tmpfs', bytes, unmounted }: RunningBoardOptions): string {
  const mountStorage =
    storage === 'tmpfs'
      ? `mount -t tmpfs -o size=${bytes ?? 16 * 2 ** 20} tmpfs "$root/overlay"`
      : 'mkfs.ext4 -q -I 256 "$folder/image"; mount -o loop "$folder/image" "$root/overlay"';
  const union =
    'mount -t overlay -o lowerdir=/base,upperdir=/overlay/generations/1/upper,workdir=/overlay/generations/1/work overlay /merged';
  return `set -e
folder=$1
root=$folder/root
PATH=/usr/sbin:/usr/bin
mount --bind "$root" "$root"
mount --bind /usr "$root/usr"
mount --bind ${helper} "$root/helper"
mount --bind ${helper}${verbsSuffix} "$root/helper${verbsSuffix}"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount --bind /dev "$root/dev"
${mountStorage}
cd "$root"
pivot_root . .
umount -l .
cd /
mkdir -p /overlay/overlaykit /overlay/generations/1/upper /overlay/generations/1/work
[ ! -s /state ] || cat /state >/overlay/overlaykit/state.a
sh -e /before
${unmounted === true ? '' : union}
exec sh /script
`;
}
