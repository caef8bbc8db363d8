import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { busyboxRoot, busyboxTree, mountPoints } from '../../src/lab/roots/busybox.ts';
import type { RootImageType } from '../../src/lab/roots/image.ts';
import { file, type RootFile, rootTree, symlink } from '../../src/lab/roots/root-file.ts';
import { rootTar } from '../../src/lab/roots/root-tar.ts';
import { bigSampleBytes } from '../../src/lab/roots/sample-files.ts';

const work = await mkdtemp(join(tmpdir(), 'ovl-test-roots-'));
test.after.always(() => rm(work, { recursive: true, force: true }));

const pathsOf = (tree: readonly RootFile[]): readonly string[] => tree.map(({ path }) => path);

/** The busybox program of a tree, written to a file that can be run. */
async function programOf(tree: readonly RootFile[], name: string): Promise<string> {
  const entry = tree.find(({ path }) => path === '/bin/busybox');
  if (entry?.kind !== 'file') throw new Error('no busybox in this tree');
  const program = join(work, name);
  await writeFile(program, entry.content);
  await chmod(program, 0o755);
  return program;
}

test('a tree has every parent once, before its children, and the last entry of a path', (t) => {
  const tree = rootTree([file('/a/b/c', 'one')], [file('/a/b/c', 'two'), symlink('/a.link', 'a')]);
  t.deepEqual(pathsOf(tree), ['/a', '/a.link', '/a/b', '/a/b/c']);
  t.is(tree[0]?.kind, 'directory');
  t.like(tree[3], { kind: 'file', content: 'two' });
});

test('a tree refuses paths that leave the root', (t) => {
  for (const path of ['relative', '/../etc/passwd', '/a/../../b', '/./a']) {
    t.throws(() => rootTree([file(path, '')]), { instanceOf: RangeError }, path);
  }
});

test('the archive of a tree names targets of hard links before the links', async (t) => {
  const tree = rootTree([{ kind: 'hard-link', path: '/a', target: '/z' }, file('/z', 'content')]);
  const { stdout } = await execa('tar', ['-tvf', '-'], { input: await rootTar(tree) });
  const lines = stdout.split('\n');
  t.regex(lines[0] ?? '', /^-rw-r--r-- 0\/0 .* z$/);
  t.regex(lines[1] ?? '', /^hrw.* a link to z$/);
});

for (const type of ['squashfs', 'cramfs'] as const satisfies readonly RootImageType[]) {
  test.serial(`a ${type} root is the same bytes every time, whoever's umask and zone`, async (t) => {
    const first = await busyboxRoot({ type, out: join(work, `first.${type}`) });
    const [umask, zone] = [process.umask(0o077), process.env.TZ];
    process.env.TZ = 'Pacific/Kiritimati';
    const second = await busyboxRoot({ type, out: join(work, `second.${type}`) }).finally(() => {
      process.umask(umask);
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    });
    const [a, b] = await Promise.all([readFile(first.image), readFile(second.image)]);
    t.is(a.length, first.bytes);
    t.true(a.equals(b));
  });
}

test('a squashfs root keeps owners, modes, device nodes, links and extended attributes', async (t) => {
  const { image } = await busyboxRoot({ type: 'squashfs', out: join(work, 'listed.squashfs') });
  const { stdout } = await execa('unsquashfs', ['-lln', '-d', '', image]);
  const expected = [
    [/^drwxr-xr-x 0\/0 .* $/, 'root directory'],
    [/^-rwsr-xr-x 0\/0 .* \/usr\/share\/lab\/setuid$/, 'setuid'],
    [/^-rwxr-sr-x 0\/50 .* \/usr\/share\/lab\/setgid$/, 'setgid'],
    [/^-rw-r--r-- 1000\/100 .* \/usr\/share\/lab\/owned$/, 'owner'],
    [/^drwxrwxrwt 0\/0 .* \/tmp$/, 'sticky'],
    [/^crw------- 0\/0 +5, +1 .* \/dev\/console$/, 'console'],
    [/^brw-rw---- 0\/0 +7, +0 .* \/usr\/share\/lab\/loop0$/, 'block device'],
    [/^prw-r--r-- 0\/0 .* \/usr\/share\/lab\/fifo$/, 'fifo'],
    [/^lrwxrwxrwx 0\/0 .* \/sbin\/init -> \/bin\/busybox$/, 'init'],
    [new RegExp(`^-rw-r--r-- 0/0 +${bigSampleBytes} .* /usr/share/lab/big$`), 'big file'],
    [/ \/usr\/share\/lab\/names\/quote'"\$\(id\)$/, 'awkward name'],
  ] as const;
  for (const [line, what] of expected) t.true(new RegExp(line.source, 'm').test(stdout), what);
  t.true(stdout.split('\n').every((line) => !/\d{4}-/.test(line) || line.includes('2024-01-01 00:00')));
  t.regex((await execa('unsquashfs', ['-s', image])).stdout, /Number of xattr ids 1/);
});

test('roots without an init, with a broken one, without mount points', async (t) => {
  const init = async (variant: 'missing' | 'not-executable' | 'wrong-format' | 'dangling' | 'exits') =>
    (await busyboxTree({ init: variant })).find(({ path }) => path === '/sbin/init');
  t.is(await init('missing'), undefined);
  t.like(await init('not-executable'), { kind: 'file', mode: 0o644 });
  t.like(await init('wrong-format'), { kind: 'file', mode: 0o755 });
  t.like(await init('dangling'), { kind: 'symlink' });
  t.like(await init('exits'), { kind: 'file', mode: 0o755 });
  const all = pathsOf(await busyboxTree({}));
  const few = pathsOf(await busyboxTree({ withoutMountPoints: ['/rom', '/dev'], samples: false }));
  t.true(mountPoints.every((path) => all.includes(path)));
  t.false(
    few.some((path) => path === '/rom' || path.startsWith('/dev') || path.startsWith('/usr/share/lab')),
  );
  t.true(few.includes('/overlay'));
});

test("a root's own files replace what the lab puts there", async (t) => {
  const tree = await busyboxTree({ files: [file('/etc/hostname', 'mine\n'), file('/srv/new', '')] });
  t.like(
    tree.find(({ path }) => path === '/etc/hostname'),
    { content: 'mine\n' },
  );
  t.true(pathsOf(tree).includes('/srv'));
});

test('busybox loses exactly the applets that it is told to lose', async (t) => {
  const without = ['pivot_root', 'ash', 'ping', '[', 'switch_root', 'yes'];
  const whole = await programOf(await busyboxTree({}), 'busybox-whole');
  const tree = await busyboxTree({ withoutApplets: without });
  const program = await programOf(tree, 'busybox-less');
  const applets = async (path: string) => (await execa(path, ['--list'])).stdout.split('\n');
  const [before, after] = [await applets(whole), await applets(program)];
  t.deepEqual(
    after.filter((name) => before.includes(name)),
    before.filter((name) => !without.includes(name)),
  );
  t.false(pathsOf(tree).some((path) => without.includes(path.slice(path.lastIndexOf('/') + 1))));
  for (const gone of without) {
    t.is((await execa(program, [gone, '--help'], { reject: false })).exitCode, 127, gone);
  }
  // The shell would run its own applet although nothing of that name is in its PATH.
  const inShell = await execa(program, ['sh', '-c', 'pivot_root'], { reject: false, env: { PATH: work } });
  t.is(inShell.exitCode, 127);
  for (const kept of [
    'ping6',
    'poweroff',
    'pidof',
    'awk',
    'ascii',
    '[[',
    'swapon',
    'sync',
    'mount',
    'zcat',
  ]) {
    const run = await execa(program, [kept, '--help'], { reject: false });
    t.notRegex(run.stderr, /applet not found/, kept);
  }
});

test('an applet that busybox does not have is refused by name', async (t) => {
  const error = await t.throwsAsync(() => busyboxTree({ withoutApplets: ['systemctl'] }), {
    instanceOf: Failure,
  });
  t.like(error?.diagnostics[0], { code: 'OVL430' });
  t.regex(error?.message ?? '', /systemctl/);
});

test.serial('a missing tool and a dynamic busybox are named with the package that helps', async (t) => {
  const path = process.env.PATH;
  const restore = (): void => {
    process.env.PATH = path;
  };
  process.env.PATH = '';
  const missing = await t.throwsAsync(() => busyboxTree({}).finally(restore), { instanceOf: Failure });
  t.like(missing?.diagnostics[0], { code: 'OVL401', fix: 'apt-get install busybox-static' });

  await copyFile('/bin/ls', join(work, 'busybox'));
  process.env.PATH = work;
  const dynamic = await t.throwsAsync(() => busyboxTree({}).finally(restore), { instanceOf: Failure });
  t.like(dynamic?.diagnostics[0], { code: 'OVL430', fix: 'apt-get install busybox-static' });
});

test('an image that cannot be made leaves nothing behind', async (t) => {
  const out = join(work, 'nowhere', 'root.squashfs');
  await t.throwsAsync(() => busyboxRoot({ type: 'squashfs', out }));
  const longName = file(`/${'n'.repeat(300)}`, '');
  await t.throwsAsync(
    () => busyboxRoot({ type: 'cramfs', out: join(work, 'long.cramfs'), files: [longName], samples: false }),
    { instanceOf: Failure },
  );
  const { stdout } = await execa('ls', ['-A', work]);
  t.false(/long|\.ovl/.test(stdout));
});
