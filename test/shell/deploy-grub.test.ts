/** grub.cfg is made anew by a grub-mkconfig that fails, or that a power cut ends in the middle: the old one stays as it was. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { busyboxProgram } from '../../src/lab/roots/busybox-program.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { testAsRoot } from '../support/needs.ts';

const old = 'linux /vmlinuz ro\n';

/** A root with busybox in it, a grub.cfg, and a program that makes one. @param making shell text; $2 is the output */
async function rootWith(t: ExecutionContext, making: string, name = 'grub-mkconfig'): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'ovl-grub-root-'));
  t.teardown(() => rm(root, { recursive: true }));
  const put = async (path: string, text: string | Uint8Array, mode: number): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text, { mode });
    await chmod(join(root, path), mode);
  };
  for (const entry of await busyboxProgram([]))
    if (entry.kind === 'file') await put(entry.path, entry.content, entry.mode);
  for (const name of ['proc', 'sys', 'dev']) await mkdir(join(root, name));
  await execa('chroot', [root, '/bin/busybox', '--install', '-s', '/bin']);
  await put(`/usr/sbin/${name}`, `#!/bin/sh\n${making}\n`, 0o755);
  await put('/boot/grub/grub.cfg', old, 0o440);
  return root;
}

async function makeCfg(root: string): Promise<number | undefined> {
  const library = await readFile(join(packageRoot(), 'rootfs-scripts', 'deploy.sh'), 'utf8');
  const { exitCode } = await execa('sh', ['-c', `${library}\ndeploy_update_grub "$1"`, 'sh', root], {
    reject: false,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  return exitCode;
}

const left = async (root: string): Promise<readonly string[]> => readdir(join(root, 'boot/grub'));
const cfg = async (root: string): Promise<string> => readFile(join(root, 'boot/grub/grub.cfg'), 'utf8');

testAsRoot('a new grub.cfg takes the place, the mode and the owner of the old one', async (t) => {
  const root = await rootWith(t, '[ -e /proc/self ] && [ -c /dev/null ] && echo new >"$2"');
  const before = await readFile('/proc/mounts', 'utf8');
  t.is(await makeCfg(root), 0);
  t.is(await cfg(root), 'new\n');
  t.is((await stat(join(root, 'boot/grub/grub.cfg'))).mode & 0o777, 0o440);
  t.deepEqual(await left(root), ['grub.cfg']);
  t.is(
    (await readFile('/proc/mounts', 'utf8')).includes(root),
    before.includes(root),
    'nothing stays mounted',
  );
});

testAsRoot('one that fails, or makes nothing, changes nothing', async (t) => {
  for (const making of ['printf lin >"$2"; touch "$2.new"; exit 1', ': >"$2"', 'rm -f "$2"']) {
    const root = await rootWith(t, making);
    t.not(await makeCfg(root), 0, making);
    t.is(await cfg(root), old, making);
    t.deepEqual(await left(root), ['grub.cfg'], making);
  }
});

testAsRoot('a cut in the middle leaves the old one, and the next time all is as ever', async (t) => {
  const making = 'printf lin >"$2"; [ -e /again ] || { touch /again; kill -9 $PPID; }; echo new >"$2"';
  const root = await rootWith(t, making);
  // Its mounts are those of the shell that is killed.
  const script = `. "$1/deploy.sh"; deploy_update_grub "$2"`;
  const run = (): Promise<unknown> =>
    execa('unshare', ['--mount', 'sh', '-c', script, 'sh', join(packageRoot(), 'rootfs-scripts'), root], {
      reject: false,
    });
  await run();
  t.is(await cfg(root), old);
  await run();
  t.is(await cfg(root), 'new\n');
  t.deepEqual(await left(root), ['grub.cfg']);
});

testAsRoot('a board whose update-grub is something else has that called', async (t) => {
  const root = await rootWith(t, 'echo own >/boot/grub/grub.cfg', 'update-grub');
  t.is(await makeCfg(root), 0);
  t.is(await cfg(root), 'own\n');
});
