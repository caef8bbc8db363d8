/** `ovl build` where the cache or the output has no room: one diagnostic, nothing half-written, and a build as ever with room. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { sha256 } from '../../src/bundle/digest.ts';
import { cacheDir } from '../../src/system/cache.ts';
import { requireTool } from '../../src/system/tools.ts';
import { engineSource } from '../../src/toolchain/engine.ts';
import { buildHelper } from '../../src/toolchain/helper.ts';
import { testAsRoot } from '../support/needs.ts';
import { folder, goodBoard, ovlEnvironment, ovlPath } from '../support/ovl.ts';

/** In a mount namespace of its own, on a small tmpfs at "disk": builds with little room, lists what is there, builds with much. */
const script = `set -e
mount -t tmpfs -o size="$1" tmpfs disk
sh -ec "$2"
code=0
"$4" "$5" --json build x.yaml -o "$3" >first.json 2>first.err || code=$?
echo "$code" >first.code
find disk -type f -exec sha256sum {} + >first.files
mount -o remount,size=64m disk
"$4" "$5" --json build x.yaml -o "$3" >second.json
find disk -type f >second.files`;

interface Scene {
  /** Room, as tmpfs takes it. */
  readonly size: string;
  /** Shell text that runs in the folder when the small disk is mounted. */
  readonly before: string;
  readonly output: string;
  readonly cache: string;
}

interface Problem {
  readonly code: string;
  readonly message: string;
  readonly because: string;
  readonly fix: string;
}

interface Seen {
  readonly code: number;
  readonly problems: readonly Problem[];
  /** Digest and path of each file that the first build left on the disk. */
  readonly files: readonly string[];
  readonly secondFiles: readonly string[];
  readonly bundle: string;
}

async function buildOnSmallDisk(t: ExecutionContext, { size, before, output, cache }: Scene): Promise<Seen> {
  const cwd = await folder(t, { 'x.yaml': goodBoard });
  await mkdir(join(cwd, 'disk'));
  const words = [size, before, output, process.execPath, ovlPath];
  await execa(
    requireTool('unshare'),
    ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...words],
    {
      cwd,
      extendEnv: false,
      env: ovlEnvironment({ OVL_CACHE: cache === 'disk' ? join(cwd, 'disk') : cache }),
    },
  );
  const text = async (name: string): Promise<string> => readFile(join(cwd, name), 'utf8');
  const lines = async (name: string): Promise<readonly string[]> =>
    (await text(name)).split('\n').filter((line) => line !== '');
  t.is([...(await text('first.err')).matchAll(/error\[/g)].length, 1, 'one diagnostic');
  const second = JSON.parse(await text('second.json')) as { readonly bundle: { readonly sha256: string } };
  return {
    code: Number(await text('first.code')),
    problems: (JSON.parse(await text('first.json')) as { readonly problems: readonly Problem[] }).problems,
    files: await lines('first.files'),
    secondFiles: await lines('second.files'),
    bundle: second.bundle.sha256,
  };
}

/** Shell text: a cache on the disk that has what takes long to make elsewhere. */
const borrowed = ['qjsc', 'quickjs', 'quickjs-objects']
  .map((name) => `ln -s "${join(cacheDir(), name)}" disk/${name}`)
  .join('; ');

/** Room in the cache, and what is refused there: a file of ours, of the engine's compiler (which does not notice), a copy. */
const rooms: readonly (readonly [size: string, because: RegExp])[] = [
  ['24k', /^ENOSPC: no space left on device, write/],
  ['500k', /^"board\.c" was cut short after \d+ bytes/],
  ['5m', /^ENOSPC: no space left on device, copyfile/],
];

testAsRoot('build: a cache without room is said so, and nothing half-built stays in it', async (t) => {
  t.timeout(600_000);
  await buildHelper({ arch: 'x86_64', engineSource: await engineSource(process.env.OVL_QUICKJS_SOURCE) });
  const bundles = new Set<string>();
  for (const [size, because] of rooms) {
    const seen = await buildOnSmallDisk(t, { size, before: borrowed, output: 'out', cache: 'disk' });
    t.is(seen.code, 4);
    t.deepEqual(
      seen.problems.map(({ code }) => code),
      ['OVL459'],
    );
    t.regex(seen.problems[0]?.message ?? '', /cannot be built in ".*\/disk"$/);
    t.regex(seen.problems[0]?.because ?? '', because);
    t.regex(seen.problems[0]?.fix ?? '', /^make room \(df -h .*\/disk .*OVL_CACHE/);
    // Tables of lines are whole or not there.
    for (const file of seen.files)
      t.regex(file, /^[0-9a-f]{64} {2}disk\/places\/(boot|board)-[0-9a-f]{8}\.json$/);
    t.is(seen.secondFiles.length, 4, seen.secondFiles.join());
    t.true(
      seen.secondFiles.every((file) => /\/places\/[a-z0-9-]+\.json$|\/overlay_helper(\.verbs)?$/.test(file)),
    );
    bundles.add(seen.bundle);
  }
  t.is(bundles.size, 1, 'what is built afterwards is the same each time');
});

testAsRoot('build: an output without room is said so, and the bundle of before stays', async (t) => {
  await buildHelper({ arch: 'x86_64' });
  const before = 'mkdir disk/out; echo old >disk/out/bundle.tar';
  const seen = await buildOnSmallDisk(t, { size: '200k', before, output: 'disk/out', cache: cacheDir() });
  t.is(seen.code, 4);
  t.deepEqual(
    seen.problems.map(({ code }) => code),
    ['OVL424'],
  );
  t.regex(seen.problems[0]?.message ?? '', /no room left to write "disk\/out"/);
  t.regex(seen.problems[0]?.because ?? '', /^ENOSPC/);
  t.is(seen.problems[0]?.fix, 'df -h disk');
  t.deepEqual(seen.files, [`${sha256(new TextEncoder().encode('old\n'))}  disk/out/bundle.tar`]);
  t.is(seen.secondFiles.length, 7, seen.secondFiles.join());
});
