import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { sha256 } from '../../src/bundle/digest.ts';
import { testAsRoot, testWith } from '../support/needs.ts';
import { badBoard, documentOf, folder, goodBoard, ovl, ovlEnvironment, ovlPath } from '../support/ovl.ts';

const withoutHelper = ['build', '--no-helper', 'x.yaml', '-o', 'out'];

test('build: script, plan, manifest and bundle, and the digest of the bundle on stdout', async (t) => {
  const cwd = await folder(t, { 'x.yaml': goodBoard });
  const ran = await ovl(withoutHelper, { cwd });
  t.is(ran.exitCode, 0, ran.stderr);
  t.is(ran.stderr, '');
  const out = join(cwd, 'out');
  t.deepEqual((await readdir(out)).toSorted(), [
    'bundle.tar',
    'manifest.json',
    'overlay_init',
    'overlaykit.sh',
    'plan.json',
  ]);
  const tar = await readFile(join(out, 'bundle.tar'));
  t.is(ran.stdout, `${sha256(tar)}  out/bundle.tar\n`);
  await execa('sha256sum', ['-c'], { cwd, input: ran.stdout });
  t.is((await stat(join(out, 'overlay_init'))).mode & 0o7777, 0o755);
  t.is((await stat(join(out, 'plan.json'))).mode & 0o7777, 0o644);
  const script = await readFile(join(out, 'overlay_init'), 'utf8');
  t.true(script.includes(`Plan ${sha256(await readFile(join(out, 'plan.json')))}`));
  await execa('sh', ['-n', join(out, 'overlay_init')]);
  const inspected = documentOf(t, await ovl(['inspect', '--json', 'out/bundle.tar'], { cwd }));
  t.deepEqual(inspected.manifest, JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8')));
});

testWith('musl-gcc')('build: with the helper, and again without it', async (t) => {
  const cwd = await folder(t, { 'x.yaml': goodBoard });
  const ran = await ovl(['build', 'x.yaml'], { cwd });
  t.is(ran.exitCode, 0, ran.stderr);
  const helper = join(cwd, 'good', 'overlay_helper');
  t.is((await stat(helper)).mode & 0o7777, 0o755);
  t.regex((await execa(helper, ['version'])).stdout, /^overlay_helper /);
  t.is((await stat(`${helper}.verbs`)).mode & 0o7777, 0o644);
  t.regex((await execa(helper, [], { reject: false })).stderr, /^ {2}overlay_helper status /m);
  const listing = await execa('tar', ['-tf', join(cwd, 'good', 'bundle.tar')]);
  t.deepEqual(listing.stdout.split('\n'), [
    'etc/overlaykit/manifest.json',
    'etc/overlaykit/plan.json',
    'etc/profile.d/overlaykit.sh',
    'sbin/overlay_helper',
    'sbin/overlay_helper.verbs',
    'sbin/overlay_init',
  ]);
  await writeFile(join(cwd, 'good', 'notes'), 'mine');
  t.is((await ovl(['build', '--no-helper', 'x.yaml'], { cwd })).exitCode, 0);
  t.deepEqual((await readdir(join(cwd, 'good'))).toSorted(), [
    'bundle.tar',
    'manifest.json',
    'notes',
    'overlay_init',
    'overlaykit.sh',
    'plan.json',
  ]);
});

test('build: the same bytes whatever umask, time zone, locale, time, folder and output', async (t) => {
  const build = async (name: string, umask: string, env: Record<string, string>): Promise<string> => {
    const cwd = await folder(t, { 'x.yaml': goodBoard });
    const sub = join(cwd, name);
    await mkdir(sub);
    const line = `umask ${umask}; exec "$0" "$@"`;
    await execa(
      'sh',
      ['-c', line, process.execPath, ovlPath, 'build', '--no-helper', join('..', 'x.yaml'), '-o', 'o'],
      {
        cwd: sub,
        extendEnv: false,
        env: ovlEnvironment(env),
      },
    );
    t.is((await stat(join(sub, 'o', 'overlay_init'))).mode & 0o777, 0o755);
    return sha256(await readFile(join(sub, 'o', 'bundle.tar')));
  };
  const digests = [
    await build('a', '022', {}),
    await build('b', '077', { TZ: 'Pacific/Kiritimati', LC_ALL: 'C' }),
    await build('ä b', '000', { TZ: 'America/Los_Angeles', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' }),
    await build('c', '027', { SOURCE_DATE_EPOCH: '1577836800', HOME: '/nonexistent' }),
  ];
  t.is(new Set(digests).size, 1, digests.join('\n'));
});

testAsRoot('build: the same bytes whoever builds', async (t) => {
  const cwd = await folder(t, { 'x.yaml': goodBoard });
  await execa('chown', ['-R', '65534:65534', cwd]);
  const argv = [process.execPath, ovlPath, ...withoutHelper];
  await execa('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', ...argv], { cwd });
  const theirs = sha256(await readFile(join(cwd, 'out', 'bundle.tar')));
  t.is((await stat(join(cwd, 'out', 'bundle.tar'))).uid, 65534);
  const own = await folder(t, { 'x.yaml': goodBoard });
  await ovl(withoutHelper, { cwd: own });
  t.is(sha256(await readFile(join(own, 'out', 'bundle.tar'))), theirs);
});

test('build: SOURCE_DATE_EPOCH is the time of the files, and nonsense in it is refused', async (t) => {
  const cwd = await folder(t, { 'x.yaml': goodBoard });
  await ovl(withoutHelper, { cwd, env: { SOURCE_DATE_EPOCH: '86400' } });
  const { stdout } = await execa('tar', ['--utc', '--full-time', '-tvf', join(cwd, 'out', 'bundle.tar')]);
  t.is(stdout.match(/1970-01-02 00:00:00/g)?.length, 4);
  for (const value of ['yesterday', '-1', '1.5', '2147483648', '0x10']) {
    const ran = await ovl(withoutHelper, { cwd, env: { SOURCE_DATE_EPOCH: value } });
    t.is(ran.exitCode, 2, value);
    t.regex(ran.stderr, /^error\[OVL004\]: SOURCE_DATE_EPOCH is /);
  }
});

test('build: a board with errors leaves what an earlier build made', async (t) => {
  const cwd = await folder(t, { 'x.yaml': goodBoard });
  await ovl(withoutHelper, { cwd });
  const before = await readFile(join(cwd, 'out', 'bundle.tar'));
  await writeFile(join(cwd, 'x.yaml'), badBoard);
  t.is((await ovl(withoutHelper, { cwd })).exitCode, 3);
  t.deepEqual(await readFile(join(cwd, 'out', 'bundle.tar')), before);
  t.deepEqual((await readdir(join(cwd, 'out'))).toSorted(), [
    'bundle.tar',
    'manifest.json',
    'overlay_init',
    'overlaykit.sh',
    'plan.json',
  ]);
});

test('build: an output that is a file, or has a folder where a file goes, is refused and stays', async (t) => {
  const cwd = await folder(t, { 'x.yaml': goodBoard, out: 'precious' });
  const onFile = await ovl(withoutHelper, { cwd });
  t.is(onFile.exitCode, 4, onFile.stderr);
  t.regex(onFile.stderr, /^error\[OVL42\d\]: "out" /);
  t.is(await readFile(join(cwd, 'out'), 'utf8'), 'precious');
  const other = await folder(t, { 'x.yaml': goodBoard });
  await mkdir(join(other, 'out', 'plan.json'), { recursive: true });
  const onFolder = await ovl(withoutHelper, { cwd: other });
  t.is(onFolder.exitCode, 4);
  t.regex(onFolder.stderr, /^error\[OVL422\]: "out\/plan\.json" is a folder/);
  t.deepEqual(await readdir(join(other, 'out')), ['plan.json']);
});

test('build: a link in the place of an output is replaced, not followed', async (t) => {
  const cwd = await folder(t, { 'x.yaml': goodBoard, precious: 'precious' });
  await mkdir(join(cwd, 'out'));
  await symlink('../precious', join(cwd, 'out', 'bundle.tar'));
  t.is((await ovl(withoutHelper, { cwd })).exitCode, 0);
  t.is(await readFile(join(cwd, 'precious'), 'utf8'), 'precious');
});

testAsRoot('build: a full disk is said so and nothing is left on it', async (t) => {
  const cwd = await folder(t, { 'x.yaml': goodBoard });
  const disk = join(cwd, 'disk');
  await mkdir(disk);
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=24k', 'tmpfs', disk]);
  try {
    const ran = await ovl(['build', '--no-helper', 'x.yaml', '-o', 'disk/out'], { cwd });
    t.is(ran.exitCode, 4);
    t.regex(
      ran.stderr,
      /^error\[OVL424\]: there is no room left to write "disk\/out"\n {3}because {2}ENOSPC/,
    );
    t.deepEqual(await readdir(disk), []);
    const init = await ovl(
      [
        'init',
        '-o',
        'disk/b.yaml',
        '--name',
        'n',
        '--arch',
        'mips',
        '--kernel',
        '5.15',
        '--root',
        'squashfs',
        '--storage',
        'tmpfs',
      ],
      { cwd },
    );
    t.is(init.exitCode, 0, 'a small file has room there');
  } finally {
    await execa('umount', [disk]);
  }
});
