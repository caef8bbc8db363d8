/**
 * A board for the helper out of the host's kernel: a namespace with a real squashfs root, a real overlayfs, and the helper
 * as its PID 1. Only what runs inside can leave mounts, and they end with it.
 */
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { verbsSuffix } from '../../src/shared/helper-protocol.ts';
import { requireTool } from '../../src/system/tools.ts';

export interface NamespaceOptions {
  readonly helper: string;
  readonly plan: string;
  /** What PID 1 executes once everything is mounted; `sh` of the root, with "$@" the helper's words. */
  readonly script: string;
  /** Shell text that runs in the read-only root before the union is mounted: changes the upper directory, say. */
  readonly before?: string;
  /** What is mounted at /mnt; an overlay by default. */
  readonly mountUnion?: string;
  /** Shell text that runs on the root's tree (current directory) before the image is made. */
  readonly shape?: string;
  /** Shared libraries of the host that the helper needs; none, since it is static, unless it is a sanitized one. */
  readonly libraries?: readonly string[];
  /** Whether proc, sysfs and /dev are all that is mounted, as overlay_init finds it. */
  readonly bare?: boolean;
  /** Whether the root is a squashfs image; a bind mount of its tree, read-only, where not. */
  readonly image?: boolean;
}

export interface NamespaceResult {
  readonly code: number | undefined;
  readonly stderr: string;
  /** What was written to /dev/console: by the helper after it reopened it, and by init. */
  readonly console: string;
  readonly kernelLog: string;
}

/** Prints, one a line, what a test wants to know of the process that runs it. */
export const account = `echo "I am $0 pid $$ words $# $*"
while read -r _ _ _ _ target options rest; do echo "mount $target \${rest##* - }"; done </proc/self/mountinfo
env | while read -r word; do echo "env $word"; done
echo "in $(pwd)"
for fd in 0 1 2; do echo "fd $(readlink /proc/$$/fd/$fd)"; done
echo end`;

/** Runs a script as PID 1 of a board of its own, on which everything is mounted and nothing entered. */
export async function inNamespace(options: NamespaceOptions): Promise<NamespaceResult> {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-helper-'));
  try {
    await makeTree(folder, options);
    const setUp = join(folder, 'set-up');
    await writeFile(setUp, await setUpScript(folder, options));
    const args = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private', '/bin/sh', setUp];
    const result = await execa(requireTool('unshare'), args, {
      reject: false,
      env: { HOME: '/', TERM: 'linux', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      extendEnv: false,
      stdin: 'ignore',
      timeout: 60_000,
    });
    const [console, kernelLog] = await Promise.all(
      ['console', 'kmsg'].map((name) => readFile(join(folder, 'dev', name), 'utf8')),
    );
    return {
      code: result.exitCode,
      stderr: result.stderr,
      console: console ?? '',
      kernelLog: kernelLog ?? '',
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeTree(folder: string, options: NamespaceOptions): Promise<void> {
  const root = join(folder, 'root');
  const empty = [
    'proc',
    'sys',
    'dev',
    'run',
    'overlay',
    'mnt',
    'rom',
    'tmp',
    'bin',
    'sbin',
    'etc/overlaykit',
  ];
  for (const name of empty) await mkdir(join(root, name), { recursive: true });
  await mkdir(join(folder, 'dev'));
  for (const name of ['console', 'kmsg', 'null']) await writeFile(join(folder, 'dev', name), '');
  await copyFile(requireTool('busybox'), join(root, 'bin', 'busybox'));
  for (const applet of [
    'sh',
    'mount',
    'umount',
    'mkdir',
    'env',
    'readlink',
    'pwd',
    'ln',
    'rm',
    'cat',
    'mknod',
    'chmod',
  ]) {
    await symlink('busybox', join(root, 'bin', applet));
  }
  for (const suffix of ['', verbsSuffix])
    await copyFile(`${options.helper}${suffix}`, join(root, 'sbin', `overlay_helper${suffix}`));
  for (const library of options.libraries ?? []) {
    await mkdir(join(root, dirname(library)), { recursive: true });
    await copyFile(library, join(root, library));
  }
  await writeFile(join(root, 'etc/overlaykit/plan.json'), options.plan);
  await writeFile(join(root, 'sbin', 'init'), `#!/bin/sh\n${account}\n`, { mode: 0o755 });
  await writeFile(join(root, 'sbin', 'overlay_init'), `#!/bin/sh\n{\n${account}\n} >>/dev/console 2>&1\n`, {
    mode: 0o755,
  });
  if (options.shape !== undefined) {
    await execa('/bin/sh', ['-ec', options.shape], { cwd: root });
  }
  if (options.image === true) {
    const args = [
      root,
      join(folder, 'root.img'),
      '-noappend',
      '-no-progress',
      '-quiet',
      '-all-root',
      '-comp',
      'gzip',
    ];
    await execa(requireTool('mksquashfs'), args);
  } else {
    await cp(root, join(folder, 'tree'), { recursive: true, verbatimSymlinks: true });
  }
}

/** Runs as the namespace's PID 1: mounts, makes the board's root the root, and gives way to the script. */
async function setUpScript(folder: string, options: NamespaceOptions): Promise<string> {
  const mountRoot =
    options.image === true
      ? 'mount -t squashfs -o ro,loop "$folder/root.img" "$root"'
      : 'mount --bind "$folder/tree" "$root" && mount -o remount,bind,ro "$root"';
  const union =
    options.mountUnion ??
    'mount -t overlay -o lowerdir=/,upperdir=/overlay/upper,workdir=/overlay/work overlay /mnt';
  return `set -e
folder=${quoted(folder)}
root=$folder/root
${mountRoot}
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --bind "$folder/dev" "$root/dev"
${options.bare === true ? '' : 'mount -t tmpfs tmpfs "$root/run"; mount -t tmpfs tmpfs "$root/overlay"'}
cd "$root"
pivot_root . .
umount -l .
cd /
exec /bin/sh -c ${quoted(`set -e
${options.bare === true ? '' : 'mkdir -p /overlay/upper /overlay/work'}
${options.before ?? ''}
${options.bare === true ? '' : union}
${options.script}`)}
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
