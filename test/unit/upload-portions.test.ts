/** Archives in portions, whose files the board reads while the next one comes: with programs of several kinds, spoilt, failing and cut. */
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import fc from 'fast-check';
import type { Device } from '../../src/device/device.ts';
import { archive, archiveSize } from '../../src/device/upload/archive.ts';
import { type Portion, portionsOf } from '../../src/device/upload/portions.ts';
import { receiveLines } from '../../src/device/upload/script-parts.ts';
import { folderScripts } from '../../src/device/upload/scripts.ts';
import { expressionOf, sortsOf } from '../../src/device/upload/sorts.ts';
import { type UploadEntry, uploadTree } from '../../src/device/upload/tree.ts';
import { type Upload, upload } from '../../src/device/upload/upload.ts';
import type { Failure } from '../../src/diagnostics/diagnostic.ts';
import { requireTool } from '../../src/system/tools.ts';
import { localDevice } from '../support/local-device.ts';
import { awkwardNames, expectedListing, file, folder, link, listing, noise } from '../support/upload-tree.ts';

/** Three portions of about a mebibyte, with names that no tar prints as they are in each of them. */
const tree: readonly UploadEntry[] = [
  ...Array.from({ length: 400 }, (_, index) =>
    file(`d${index % 7}/f-${index}`, noise(index * 40, String(index)), index % 3 === 0 ? 0o755 : 0o644),
  ),
  ...awkwardNames.flatMap((name) => ['a', 'd3', 'z'].map((where) => file(`${where}/${name}`, name))),
  link('zero', '/dev/zero'),
  folder('empty'),
];
const parts = 3;

interface Board {
  readonly dest: string;
  readonly sessions: () => number;
  readonly bring: (entries: readonly UploadEntry[]) => Promise<Upload>;
  /** Names beside the destination, with it. */
  readonly left: () => Promise<readonly string[]>;
}

/** @param programs by name: the text of a script, or what the name links to */
async function boardOf(
  t: ExecutionContext,
  programs: Readonly<Record<string, { readonly script: string } | { readonly to: string }>> = {},
): Promise<Board> {
  const work = await mkdtemp(join(tmpdir(), 'ovl-portions-'));
  t.teardown(() => rm(work, { recursive: true, force: true }));
  const [bin, place] = [join(work, 'bin'), join(work, 'place')];
  await mkdir(bin);
  await mkdir(place);
  for (const [name, one] of Object.entries(programs)) {
    if ('to' in one) await symlink(one.to, join(bin, name));
    else await writeFile(join(bin, name), `#!/bin/sh\n${one.script}\n`, { mode: 0o755 });
  }
  const local = localDevice({ env: { PATH: `${bin}:/usr/bin:/bin` } });
  let sessions = 0;
  const device: Device = {
    ...local,
    run: (command, options) => {
      sessions++;
      return local.run(command, options);
    },
  };
  const dest = join(place, 'site');
  return {
    dest,
    sessions: () => sessions,
    bring: (entries) => upload(device, dest, entries, { atOnce: true }),
    left: async () => (await readdir(place)).toSorted(),
  };
}

const busybox = requireTool('busybox');
const tar = '/usr/bin/tar';
const linked = (names: readonly string[]): Readonly<Record<string, { readonly to: string }>> =>
  Object.fromEntries(names.map((name) => [name, { to: busybox }]));

const boards = [
  ["the machine's own programs", {}, 1],
  ["busybox's tar and digests", linked(['tar', 'sed', 'sha256sum', 'find']), 1],
  ["a head that reads further than it is asked to: busybox's", linked(['head']), 2],
  ['a head that knows no bytes', { head: { script: 'exit 1' } }, 2],
] as const;

for (const [title, programs, sessions] of boards) {
  test(`${title}: ${sessions === 1 ? 'one session' : 'the switch is a session of its own'}`, async (t) => {
    const board = await boardOf(t, programs);
    const sent = await board.bring(tree);
    await sent.settled();
    t.like(sent, { kind: 'switched', files: tree.length - 2, verifiedBy: 'sha256sum' });
    t.is(board.sessions(), sessions);
    t.deepEqual(await listing(board.dest), expectedListing(tree));
    const more = file('d3/more', noise(2 << 20, 'more'));
    const second = await board.bring([...tree.slice(1), more]);
    await second.settled();
    t.is(second.files, 1);
    t.deepEqual(await listing(board.dest), expectedListing([...tree.slice(1), more]));
    t.deepEqual(await listing(`${board.dest}.ovl-previous`), expectedListing(tree));
  });
}

test('a file that is spoilt on the way is found out, in whatever portion it came', async (t) => {
  for (const [at, name] of ['d0/f-0', 'd3/f-3', 'zz'].entries()) {
    const spoils = `${tar} "$@"; s=$?; if [ -e ./${name} ]; then printf x >>./${name}; fi; exit $s`;
    const board = await boardOf(t, { tar: { script: spoils } });
    const error = await t.throwsAsync<Failure>(board.bring([...tree, file('zz', 'last')]));
    t.is(error?.diagnostics[0]?.code, 'OVL542', String(at));
    t.true(error?.diagnostics[0]?.because?.includes(name));
    t.deepEqual(await board.left(), []);
  }
});

test('a tar that fails at a later portion: nothing is switched, and what came is gone', async (t) => {
  for (const turn of [1, 2, 3]) {
    const fails = `echo x >>"$0.n"; ${tar} "$@"; [ "$(wc -l <"$0.n")" -ne ${turn} ] || { echo "no more" >&2; exit 3; }`;
    const board = await boardOf(t, { tar: { script: fails } });
    const error = await t.throwsAsync<Failure>(board.bring(tree));
    t.like(error?.diagnostics[0], { code: 'OVL544', boardState: 'unchanged' });
    t.regex(error?.diagnostics[0]?.because ?? '', /no more/);
    t.deepEqual(await board.left(), []);
  }
});

test('a digest program that fails once: what it did not read does not count as right', async (t) => {
  const fails = 'echo x >>"$0.n"; [ "$(wc -l <"$0.n")" -ne 2 ] || exit 1; exec /usr/bin/sha256sum "$@"';
  const board = await boardOf(t, { sha256sum: { script: fails } });
  const error = await t.throwsAsync<Failure>(board.bring(tree));
  t.is(error?.diagnostics[0]?.code, 'OVL542');
  t.deepEqual(await board.left(), []);
});

const shells = [
  ['dash', requireTool('dash')],
  ['mksh', requireTool('mksh')],
] as const;

for (const [name, shell] of shells) {
  test(`${name}: a wire that is cut anywhere in the stream leaves nothing`, async (t) => {
    const place = await mkdtemp(join(tmpdir(), 'ovl-portions-'));
    t.teardown(() => rm(place, { recursive: true, force: true }));
    const portions = portionsOf([...uploadTree(tree).values()]);
    t.is(portions.length, parts);
    const lines = receiveLines('mark', { way: 'fresh', replaced: [], copies: [] }, [], {
      staying: { kind: 'portions', portions },
    });
    const stream = [lines];
    const edges: number[] = [];
    for (const { names, entries } of portions) {
      stream.push(names, await buffer(archive(entries, 0)));
      edges.push(stream.slice(0, -1).reduce((sum, { length }) => sum + length, 0));
      edges.push(stream.reduce((sum, { length }) => sum + length, 0));
    }
    const whole = Buffer.concat([...stream, Buffer.from('mark switch\n')]);
    const run = (input: Uint8Array) =>
      execa(
        shell,
        [
          '-c',
          folderScripts.upload,
          'sh',
          join(place, 'site'),
          'mark',
          expressionOf(sortsOf(tree)),
          '',
          'at-once',
        ],
        { input, reject: false },
      );
    const step = 211_003;
    const cuts = Array.from({ length: Math.floor(whole.length / step) }, (_, index) => index * step);
    for (const at of [...cuts, ...edges.flatMap((edge) => [edge - 1, edge, edge + 1]), whole.length - 13]) {
      const { stdout } = await run(whole.subarray(0, at));
      t.false(stdout.includes('mark switched'), String(at));
      t.deepEqual(await readdir(place), [], `${at} of ${whole.length}, portions end at ${edges}`);
    }
    t.regex((await run(whole)).stdout, /\nmark switched$/);
    t.deepEqual(await readdir(place), ['site']);
    t.deepEqual(await listing(join(place, 'site')), expectedListing(tree));
  });
}

test('portions: all entries in their order, none too large but for one entry, names that a shell takes back', async (t) => {
  const size = fc.integer({ min: 0, max: 3 << 20 });
  const some = fc.array(fc.tuple(fc.constantFrom('file', 'directory', 'symlink'), size), { maxLength: 40 });
  const made = (all: readonly (readonly [string, number])[]): readonly UploadEntry[] =>
    all.map(([kind, bytes], index): UploadEntry => {
      const path = `${index}${awkwardNames[index % awkwardNames.length]}`;
      if (kind === 'directory') return { kind, path, mode: 0o755 };
      if (kind === 'symlink') return { kind, path, target: 'x' };
      return { kind: 'file', path, mode: 0o644, size: bytes, sha256: '', content: new Uint8Array() };
    });
  const least = (portions: readonly Portion[]): boolean =>
    portions.slice(0, -1).every(({ bytes }) => bytes >= 1 << 20);
  await fc.assert(
    fc.asyncProperty(some, async (all) => {
      const entries = made(all);
      const portions = portionsOf(entries);
      t.deepEqual(
        portions.flatMap((one) => one.entries),
        entries,
      );
      t.true(portions.length <= 1 + archiveSize(entries) / (1 << 20) && least(portions));
      for (const { entries: own, bytes } of portions) {
        t.is(bytes, archiveSize(own));
        t.true(archiveSize(own.slice(0, -1)) <= 9 << 20);
      }
    }),
    { numRuns: 60 },
  );
  const [{ names = Buffer.alloc(0) } = {}] = portionsOf(awkwardNames.map((name) => file(name, '')));
  const { stdout } = await execa('sh', ['-c', `printf '%s\\0' ${Buffer.from(names).toString()}`]);
  t.deepEqual(
    stdout.split('\0').slice(0, -1),
    awkwardNames.map((name) => `./${name}`),
  );
});

test('many names are portions of their own, because old kernels take few words', (t) => {
  const portions = portionsOf(
    Array.from({ length: 4000 }, (_, index) => file(`${'x'.repeat(90)}${index}`, '')),
  );
  t.true(portions.length > 5);
  t.true(portions.every(({ names }) => names.length <= 64 << 10));
});
