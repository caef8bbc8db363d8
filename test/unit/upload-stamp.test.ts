import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import fc from 'fast-check';
import { tellsWrites } from '../../src/device/upload/mounted.ts';
import { isUntouched, type SeenForm, seenFunctions } from '../../src/device/upload/seen.ts';
import { readStamp, stampOf, treeDigest } from '../../src/device/upload/stamp.ts';
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

for (const form of ['printf', 'stat'] as const) {
  test(`${form}: a listing shows whether anybody wrote`, async (t) => {
    const place = await onDisk(t);
    const look = async (): Promise<Buffer> => {
      const [shell, ...words] = shells[form];
      const text = `${seenFunctions}\novl_look\necho "$ovl_form"\novl_seen`;
      // Busybox runs its own find and stat only where nothing else is found.
      const path = form === 'stat' ? await busyboxes(place) : process.env.PATH;
      const { stdout } = await execa(shell, [...words, '-c', text], {
        cwd: place,
        encoding: 'buffer',
        stripFinalNewline: false,
        env: { PATH: path },
        extendEnv: false,
      });
      const bytes = Buffer.from(stdout);
      const end = bytes.indexOf('\n') + 1;
      t.is(bytes.subarray(0, end).toString(), `${form}\n`);
      return bytes.subarray(end);
    };
    const first = await look();
    t.true(isUntouched(first, form, tree), first.toString());
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
      const after = await look();
      t.false(isUntouched(after, form, tree), what);
      t.false(after.equals(before), what);
    }
  });

  test(`${form}: a time that is put back after a write is seen by the change time`, async (t) => {
    const place = await onDisk(t);
    const [shell, ...words] = shells[form];
    const path = form === 'stat' ? await busyboxes(place) : process.env.PATH;
    const look = async (): Promise<string> =>
      (
        await execa(shell, [...words, '-c', `${seenFunctions}\novl_look\novl_seen`], {
          cwd: place,
          env: { PATH: path },
          extendEnv: false,
        })
      ).stdout;
    const before = await look();
    await writeFile(join(place, 'a'), 'x');
    await utimes(join(place, 'a'), 0, 0);
    const after = await look();
    t.true(isUntouched(Buffer.from(`${after}${form === 'stat' ? '\n' : ''}`), form, tree));
    t.not(after, before);
  });
}

/** A folder with the two applets, so that nothing else of the machine is found. */
async function busyboxes(place: string): Promise<string> {
  const folderOf = `${place}.bin`;
  await mkdir(folderOf, { recursive: true });
  for (const name of ['find', 'stat'])
    await symlink(requireTool('busybox'), join(folderOf, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  return folderOf;
}

test('a stamp gives back what the folder has, whole or not at all', (t) => {
  const sample = uploadTree(sampleTree('1'));
  const stamp = Buffer.from(stampOf(Buffer.from('listing'), 'printf', 'sha256sum', sample) ?? []).toString();
  const found = readStamp(stamp);
  t.deepEqual([...(found?.keys() ?? [])], [...sample.keys()]);
  t.deepEqual(found?.get('secret'), { kind: 'directory', mode: 0o700 });
  t.deepEqual(found?.get('current'), { kind: 'symlink', target: 'versions/1' });
  const tool = sample.get('bin/tool') as Extract<UploadEntry, { kind: 'file' }>;
  t.deepEqual(found?.get('bin/tool'), { kind: 'file', mode: 0o755, digest: tool.sha256 });
  t.regex(stamp, new RegExp(` ${treeDigest(sample)}\n`));
  t.is(
    stampOf(Buffer.from('listing'), 'printf', 'cksum', sample),
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
});
