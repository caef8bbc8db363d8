import { link as hardLink, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import fc from 'fast-check';
import { hasCheapNames, tellsWrites } from '../../src/device/upload/mounted.ts';
import { isUntouched, type SeenForm, seenFunctions } from '../../src/device/upload/seen.ts';
import {
  readStamp,
  stampLines,
  stampReading,
  stampWriting,
  treeDigest,
} from '../../src/device/upload/stamp.ts';
import { type UploadEntry, uploadTree } from '../../src/device/upload/tree.ts';
import { requireTool } from '../../src/system/tools.ts';
import { file, folder, link, sampleTree } from '../support/upload-tree.ts';

const entries = [file('a', 'a'), file('b/c', 'cc', 0o600), folder('empty', 0o700), link('to', 'a b')];
const tree = uploadTree(entries);

/** Shells whose find has -printf, and whose find has not. */
const shells = {
  printf: ['sh'],
  stat: [requireTool('busybox'), 'sh'],
} as const satisfies Record<SeenForm, readonly string[]>;

async function onDisk(t: ExecutionContext): Promise<string> {
  const above = await mkdtemp(join(tmpdir(), 'ovl-seen-'));
  t.teardown(() => rm(above, { recursive: true, force: true }));
  const place = join(above, 'tree');
  for (const entry of tree.values()) {
    const path = join(place, entry.path);
    await mkdir(dirname(path), { recursive: true });
    if (entry.kind === 'directory') await mkdir(path, { recursive: true, mode: entry.mode });
    else if (entry.kind === 'symlink') await symlink(entry.target, path);
    else {
      await writeFile(path, entry.content as Uint8Array, { mode: entry.mode });
      await utimes(path, 0, 0);
    }
  }
  return place;
}

type Shell = (text: string, variables?: Readonly<Record<string, string>>) => Promise<Buffer>;

/** Runs shell text after the functions, in the folder. */
async function shellOf(form: SeenForm, place: string): Promise<Shell> {
  const [shell, ...words] = shells[form];
  // Busybox runs its own find and stat only where nothing else is found.
  const path = form === 'stat' ? await busyboxes(place) : (process.env.PATH ?? '');
  return async (text, variables = {}) => {
    const { stdout } = await execa(
      shell,
      [...words, '-c', `${seenFunctions}${stampReading}${stampWriting}\novl_look\n${text}`],
      {
        cwd: place,
        encoding: 'buffer',
        stripFinalNewline: false,
        env: { PATH: path, ...variables },
        extendEnv: false,
      },
    );
    return Buffer.from(stdout);
  };
}

for (const form of ['printf', 'stat'] as const) {
  test(`${form}: a listing shows whether anybody wrote`, async (t) => {
    const place = await onDisk(t);
    const sh = await shellOf(form, place);
    t.is((await sh('echo "$ovl_form"')).toString(), `${form}\n`);
    const look = (): Promise<Buffer> => sh('ovl_seen');
    const isAsSent = async (): Promise<boolean> => isUntouched(await sh('ovl_plain'), form, tree);
    const first = await look();
    t.true(await isAsSent(), first.toString());
    t.true((await look()).equals(first), 'the same twice');
    const changes: readonly [string, () => Promise<unknown>][] = [
      ['as long as before', () => writeFile(join(place, 'a'), 'x')],
      ['longer', () => writeFile(join(place, 'b/c'), 'longer')],
      ['another', () => writeFile(join(place, 'more'), '')],
      ['none', () => rm(join(place, 'b/c'))],
    ];
    for (const [what, change] of changes) {
      const before = await look();
      await change();
      t.false(await isAsSent(), what);
      t.false((await look()).equals(before), what);
    }
  });

  test(`${form}: a time that is put back after a write is seen by the change time`, async (t) => {
    const place = await onDisk(t);
    const sh = await shellOf(form, place);
    const before = await sh('ovl_seen');
    await writeFile(join(place, 'a'), 'x');
    await utimes(join(place, 'a'), 0, 0);
    t.true(isUntouched(await sh('ovl_plain'), form, tree));
    t.notDeepEqual(await sh('ovl_seen'), before);
  });

  test(`${form}: the board writes a stamp where nobody wrote since, and believes it`, async (t) => {
    const place = await onDisk(t);
    const sh = await shellOf(form, place);
    const stamp = `${place}.ovl-stamp`;
    const lines = stampLines(await sh('ovl_plain'), form, 'sha256sum', tree);
    const variables = { ovl_dest: place, ovl_stamp: stamp, lines: Buffer.from(lines ?? []).toString() };
    const write = `{ read -r ovl_form ovl_sum ovl_was ovl_tree; ovl_index=$(cat); } <<END\n$lines\nEND\novl_write_stamp`;
    // Another name of a file, made or deleted, moves its change time and is no write.
    await hardLink(join(place, 'a'), `${place}.other`);
    await sh(write, variables);
    t.deepEqual([...(readStamp(await readFile(stamp, 'utf8'))?.keys() ?? [])], [...tree.keys()]);
    t.is(
      (await sh('ovl_read_stamp && ovl_stamped "$ovl_dest" && echo "$ovl_tree"', variables)).toString(),
      `${treeDigest(tree)}\n`,
    );
    await writeFile(join(place, 'a'), 'a');
    t.is((await sh('ovl_read_stamp && ovl_stamped "$ovl_dest" || echo no', variables)).toString(), 'no\n');
    await rm(stamp);
    await sh(write, variables);
    await t.throwsAsync(readFile(stamp), { code: 'ENOENT' }, 'somebody has written since it was read');
  });
}

/** A folder with the two applets, so that nothing else of the machine is found. */
async function busyboxes(place: string): Promise<string> {
  const folderOf = `${place}.bin`;
  await mkdir(folderOf, { recursive: true });
  for (const name of ['find', 'stat', 'sha256sum', 'cat', 'mv'])
    await symlink(requireTool('busybox'), join(folderOf, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  return folderOf;
}

test('a stamp gives back what the folder has, whole or not at all', (t) => {
  const sample = uploadTree(sampleTree('1'));
  const lines = Buffer.from(
    stampLines(Buffer.from('listing'), 'printf', 'sha256sum', sample) ?? [],
  ).toString();
  const [, , , tree = ''] = (lines.split('\n')[0] ?? '').split(' ');
  const stamp = `overlaykit-stamp 1 printf sha256sum ${'0'.repeat(64)} ${tree}\n${lines.split('\n')[1]}\n`;
  const found = readStamp(stamp);
  t.deepEqual([...(found?.keys() ?? [])], [...sample.keys()]);
  t.deepEqual(found?.get('secret'), { kind: 'directory', mode: 0o700 });
  t.deepEqual(found?.get('current'), { kind: 'symlink', target: 'versions/1' });
  const tool = sample.get('bin/tool') as Extract<UploadEntry, { kind: 'file' }>;
  t.deepEqual(found?.get('bin/tool'), { kind: 'file', mode: 0o755, digest: tool.sha256 });
  t.regex(stamp, new RegExp(` ${treeDigest(sample)}\n`));
  t.is(
    stampLines(Buffer.from('listing'), 'printf', 'cksum', sample),
    undefined,
    'a sum of 32 bits is not enough',
  );
  const half = Math.floor(stamp.length / 2);
  t.is(readStamp(stamp.slice(0, half)), undefined);
  fc.assert(
    fc.property(fc.nat(stamp.length - 1), fc.string({ maxLength: 3 }), (at, other) => {
      for (const torn of [stamp.slice(0, at), `${stamp.slice(0, at)}${other}${stamp.slice(at + 1)}`]) {
        // A change of what only the board compares, or of the padding, leaves the index as it was.
        const read = readStamp(torn);
        if (read !== undefined) t.deepEqual(read, found);
      }
    }),
  );
});

test('every part of a tree is in its digest', (t) => {
  const digest = (all: readonly UploadEntry[]): string => treeDigest(uploadTree(all));
  const others = [
    [file('a', 'b')],
    [file('a', 'a', 0o600)],
    [file('b', 'a')],
    [folder('a')],
    [link('a', 'a')],
    [link('a', 'b')],
    [],
  ];
  const all = [[file('a', 'a')], ...others].map(digest);
  t.is(new Set(all).size, all.length);
});

test('a mount table says whether writes can be seen', (t) => {
  const line = (target: string, type: string, options = 'rw'): string =>
    `1 0 0:1 / ${target} rw - ${type} none ${options}\n`;
  const root = line('/', 'squashfs', 'ro');
  const rows: readonly (readonly [string, string, boolean])[] = [
    [line('/', 'ext4'), '/opt/site', true],
    [root, '/opt/site', false],
    [root + line('/opt', 'jffs2'), '/opt/site', true],
    [root + line('/opt', 'jffs2'), '/optional', false],
    [line('/', 'ext4') + line('/tmp', 'tmpfs'), '/tmp/site', false],
    [line('/', 'ext4') + line('/opt/site/run', 'tmpfs'), '/opt/site', false],
    [line('/', 'ext4') + line('/', 'tmpfs'), '/opt/site', false],
    [line('/overlay', 'ubifs') + line('/', 'overlay', 'rw,upperdir=/overlay/g/1/upper'), '/opt', true],
    [line('/overlay', 'tmpfs') + line('/', 'overlay', 'rw,upperdir=/overlay/upper'), '/opt', false],
    [line('/', 'overlay', 'rw,upperdir=/overlay/upper'), '/opt', false],
    [line('/', 'overlay', 'ro,lowerdir=/a:/b'), '/opt', false],
    ['', '/opt', false],
    ['noise\n', '/opt', false],
  ];
  for (const [table, folder, expected] of rows)
    t.is(tellsWrites(table, folder), expected, `${table}${folder}`);
  const cheap = (table: string): boolean => hasCheapNames(table, '/opt/site');
  t.true(cheap(line('/', 'ext4')));
  t.true(cheap(line('/overlay', 'f2fs') + line('/', 'overlay', 'rw,upperdir=/overlay/upper')));
  for (const flash of ['jffs2', 'ubifs', 'tmpfs']) t.false(cheap(root + line('/opt', flash)), flash);
});
