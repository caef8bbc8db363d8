/** Files that the board reads while the next ones come: with tars of several kinds, and what is done where one is of another. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Command, Device } from '../../src/device/device.ts';
import { folderScripts } from '../../src/device/upload/scripts.ts';
import type { UploadEntry } from '../../src/device/upload/tree.ts';
import { upload } from '../../src/device/upload/upload.ts';
import type { Failure } from '../../src/diagnostics/diagnostic.ts';
import { requireTool } from '../../src/system/tools.ts';
import { localDevice } from '../support/local-device.ts';
import { expectedListing, file, folder, link, listing, noise } from '../support/upload-tree.ts';

const files = Array.from({ length: 400 }, (_, index) =>
  file(`d${index % 7}/f-${index}`, noise(index * 40, String(index)), index % 3 === 0 ? 0o755 : 0o644),
);
const tree: readonly UploadEntry[] = [...files, folder('empty')];

interface Board {
  readonly device: Device;
  readonly dest: string;
  /** How many sessions only read what is there. */
  readonly rereads: () => number;
  /** Whether the archive was taken with hashing. */
  readonly hashed: () => boolean;
}

/** @param programs by name: the text of a script, or what the name links to */
async function boardOf(
  t: ExecutionContext,
  programs: Readonly<Record<string, { readonly script: string } | { readonly to: string }>>,
): Promise<Board> {
  const work = await mkdtemp(join(tmpdir(), 'ovl-hashing-'));
  t.teardown(() => rm(work, { recursive: true, force: true }));
  const bin = join(work, 'bin');
  await mkdir(bin);
  for (const [name, one] of Object.entries(programs)) {
    if ('to' in one) await symlink(one.to, join(bin, name));
    else await writeFile(join(bin, name), `#!/bin/sh\n${one.script}\n`, { mode: 0o755 });
  }
  const local = localDevice({ env: { PATH: `${bin}:/usr/bin:/bin` } });
  const run: Command[] = [];
  let said = '';
  return {
    dest: join(work, 'site'),
    rereads: () => run.filter((one) => one.kind === 'script' && one.text === folderScripts.finish).length,
    hashed: () => / arriving\n/.test(said),
    device: {
      ...local,
      run: (command, options = {}) => {
        run.push(command);
        const { onStdout } = options;
        if (onStdout === undefined) return local.run(command, options);
        return local.run(command, {
          ...options,
          onStdout: (chunk) => {
            said += Buffer.from(chunk).toString('latin1');
            return onStdout(chunk);
          },
        });
      },
    },
  };
}

const busybox = requireTool('busybox');
const real = '/usr/bin/tar';

const tars = [
  ["the machine's own tar", {}, 0],
  [
    "busybox's tar, sed, xargs and sha256sum",
    Object.fromEntries(['tar', 'sed', 'xargs', 'sha256sum', 'find'].map((name) => [name, { to: busybox }])),
    0,
  ],
  ['a tar that says nothing', { tar: { script: `exec ${real} xpf -` } }, 1],
  ['a tar whose names have no "./"', { tar: { script: `${real} "$@" | sed 's,^\\./,,'` } }, 1],
  [
    'a tar that says all names before there is a file',
    {
      tar: {
        script: `cat >"$0.$$"; ${real} tf "$0.$$"; printf '%4096s\\n' .; sleep 0.3; exec ${real} xpf "$0.$$"`,
      },
    },
    1,
  ],
] as const;

for (const [title, programs, rereads] of tars) {
  test(`${title}: what stands there in the end is what counts`, async (t) => {
    const board = await boardOf(t, programs);
    const sent = await upload(board.device, board.dest, tree);
    t.true(board.hashed());
    t.is(board.rereads(), rereads);
    await sent.switch();
    await sent.settled();
    t.like(sent, { kind: 'staged', files: files.length, verifiedBy: 'sha256sum' });
    t.deepEqual(await listing(board.dest), expectedListing(tree));
    t.is((await upload(board.device, board.dest, tree, { reread: true })).kind, 'unchanged');
  });
}

test('a file that is spoilt on the way is found out', async (t) => {
  const spoils = `${real} "$@"; s=$?; printf x >>./d3/f-3; exit $s`;
  const board = await boardOf(t, {
    tar: { script: spoils },
    // Not before it was spoilt.
    sha256sum: { script: 'sleep 0.2; exec /usr/bin/sha256sum "$@"' },
  });
  const error = await t.throwsAsync<Failure>(upload(board.device, board.dest, tree));
  t.is(error?.diagnostics[0]?.code, 'OVL542');
  t.regex(error?.diagnostics[0]?.because ?? '', /^1 of the entries differ[\s\S]*d3\/f-3/);
});

test('a tar that fails is a failure, whatever it has said', async (t) => {
  const board = await boardOf(t, { tar: { script: `${real} "$@"; echo "no more" >&2; exit 3` } });
  const error = await t.throwsAsync<Failure>(upload(board.device, board.dest, tree));
  t.like(error?.diagnostics[0], { code: 'OVL544', boardState: 'unchanged' });
  t.regex(error?.diagnostics[0]?.because ?? '', /no more/);
});

test('links, names that a shell takes apart and few files are read afterwards', async (t) => {
  for (const more of [[link('zero', '/dev/zero')], [file("it's", '')], [file('two\nlines', '')]]) {
    const board = await boardOf(t, {});
    const sent = await upload(board.device, board.dest, [...tree, ...more]);
    await sent.switch();
    await sent.settled();
    t.false(board.hashed());
    t.deepEqual(await listing(board.dest), expectedListing([...tree, ...more]));
  }
  const board = await boardOf(t, {});
  const sent = await upload(board.device, board.dest, tree.slice(0, 20));
  await sent.discard();
  t.false(board.hashed());
});
