/** The native module's calls for directories, small durable files and copies, against the kernel. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import {
  type Call,
  type Expected,
  expectOutcomes,
  kinds,
  makeCalls,
  probeProgram,
  refused,
  wrong,
} from '../support/native-calls.ts';
import { compareCopies, scene } from '../support/native-scene.ts';
import { testAsRoot } from '../support/needs.ts';

const probes = new Map<string, string>();

test.before(async () => {
  for (const kind of kinds) probes.set(kind, await probeProgram(kind));
});

// The first descriptors that a probe opens: 3 is the kernel log.
const from = 4;
const to = 5;

const open = (folder: string): readonly Expected[] => [
  [['openDirectory', join(folder, 'from')], from],
  [['openDirectory', join(folder, 'to')], to],
];

const directories: readonly Expected[] = [
  [['openIn', from, 'in'], 6],
  [['openIn', 6, '..'], 7],
  [['entries', 6], []],
  [['close', 7], undefined],
  [['close', 6], undefined],
  refused(['close', 77], 'EBADF', 'close'),
  refused(['openIn', from, 'to-in'], 'ENOTDIR', 'open'),
  refused(['openIn', from, 'file'], 'ENOTDIR', 'open'),
  refused(['openIn', from, 'missing'], 'ENOENT', 'open'),
  refused(['openIn', 77, 'in'], 'EBADF', 'open'),
  refused(['openIn', from, 'x'.repeat(300)], 'ENAMETOOLONG', 'open'),
  wrong(['openIn', from, 'in/x'], 'not a name'),
  wrong(['openIn', from, ''], 'not a name'),
  wrong(['openIn', from, 7], 'not a string'),
  wrong(['openIn', 'x', 'in'], 'not a whole number in range'),
  wrong(['close', -1], 'not a whole number in range'),
  refused(['entries', 77], 'EBADF', 'getdents'),
  [['statIn', from, 'file'], { mode: 0o100644, size: 7, links: 2, rdev: 0 }],
  [['statIn', from, 'link'], { mode: 0o120777, size: 8 }],
  [['statIn', from, 'null'], { mode: 0o020644, rdev: 259 }],
  [['statIn', from, 'missing'], undefined],
  [['statIn', from, '.'], { mode: 0o040755 }],
  refused(['statIn', 77, 'file'], 'EBADF', 'stat'),
  wrong(['statIn', from, '../x'], 'not a name'),
  [['makeDirectoryIn', to, 'd', 0o2777], true],
  [['statIn', to, 'd'], { mode: 0o042777 }],
  [['makeDirectoryIn', to, 'd', 0o755], false],
  refused(['makeDirectoryIn', 77, 'd', 0o755], 'EBADF', 'mkdir'),
  wrong(['makeDirectoryIn', to, 'e', 0o10000], 'not a whole number in range'),
  [['writeIn', to, 'f', 'content', 0], undefined],
  [['removeIn', to, 'd'], 'directory'],
  [['removeIn', to, 'missing'], 'missing'],
  refused(['removeIn', 77, 'f'], 'EBADF', 'unlink'),
  wrong(['removeIn', to, 'd/x'], 'not a name'),
  [['openIn', to, 'd'], 6],
  [['renameIn', to, 'f', 6, 'g'], undefined],
  refused(['renameIn', to, 'f', 6, 'g'], 'ENOENT', 'rename'),
  wrong(['renameIn', to, 'f', 6, '/g'], 'not a name'),
  [['removeDirectoryIn', to, 'd'], false],
  [['linkIn', 6, 'g', to, 'h'], true],
  [['linkIn', 6, 'missing', to, 'i'], false],
  refused(['linkIn', 6, 'g', to, 'h'], 'EEXIST', 'link'),
  refused(['linkIn', to, 'd', to, 'i'], 'EPERM', 'link'),
  wrong(['linkIn', 6, 'g', to, ''], 'not a name'),
  [['removeIn', 6, 'g'], 'removed'],
  [['removeDirectoryIn', to, 'd'], true],
  [['removeDirectoryIn', to, 'd'], true],
  [['entries', 6], []],
  refused(['removeDirectoryIn', to, 'h'], 'ENOTDIR', 'rmdir'),
  wrong(['removeDirectoryIn', to, ''], 'not a name'),
];

const durable: readonly Expected[] = [
  [['writeIn', to, 's', 'a longer line\n\xff', 0], undefined],
  [['readIn', to, 's', 100], 'a longer line\n\xff'],
  [['writeIn', to, 's', 'short\n', 0], undefined],
  [['readIn', to, 's', 100], 'short\n'],
  [['writeIn', to, 's', 'more', 1], undefined],
  [['readIn', to, 's', 100], 'short\nmore'],
  [['readIn', to, 's', 3], 'sho'],
  [['readIn', to, 's', 0], ''],
  [['readIn', to, 'missing', 3], undefined],
  refused(['readIn', from, 'link', 3], 'ELOOP', 'open'),
  refused(['readIn', from, 'in', 3], 'EINVAL', 'open'),
  refused(['readIn', from, 'pipe', 3], 'EINVAL', 'open'),
  refused(['readIn', from, 'null', 3], 'EINVAL', 'open'),
  refused(['readIn', 77, 'x', 3], 'EBADF', 'open'),
  wrong(['readIn', from, 'file', 2 ** 30], 'not a whole number in range'),
  wrong(['readIn', from, 'a/b', 2], 'not a name'),
  refused(['writeIn', from, 'link', '', 0], 'ELOOP', 'open'),
  refused(['writeIn', from, 'in', '', 0], 'EISDIR', 'open'),
  refused(['writeIn', from, 'null', '', 0], 'EINVAL', 'open'),
  refused(['writeIn', from, 'pipe', '', 0], 'ENXIO', 'open'),
  wrong(['writeIn', from, 'x', '', 2], 'not a whole number in range'),
  wrong(['writeIn', from, 'x', '\u0100', 0], 'not a byte string'),
  [['syncDirectory', to], undefined],
  refused(['syncDirectory', 77], 'EBADF', 'fsync'),
  wrong(['syncDirectory', '1'], 'not a whole number in range'),
  [['syncFileSystem', to], undefined],
  refused(['syncFileSystem', 77], 'EBADF', 'syncfs'),
  wrong(['syncFileSystem', -1], 'not a whole number in range'),
  [['lock', to, 0], true],
  [['openIn', to, '.'], 6],
  [['lock', 6, 100], false],
  [['close', to], undefined],
  [['lock', 6, 0], true],
  refused(['lock', 77, 0], 'EBADF', 'flock'),
  wrong(['lock', 6, 10 ** 6], 'not a whole number in range'),
];

const copies: readonly Expected[] = [
  ...['file', 'empty', 'suid', 'big', 'holes', 'whiteout', 'null', 'pipe', 'link'].map(
    (name): Expected => [['copyIn', from, name, to, name], 0],
  ),
  [['openIn', from, 'in'], 6],
  [['makeDirectoryIn', to, 'in', 0o700], true],
  [['openIn', to, 'in'], 7],
  [['copyAttributes', 6, 7], 0],
  refused(['copyIn', from, 'file', to, 'file'], 'EEXIST', 'open'),
  refused(['copyIn', from, 'link', to, 'link'], 'EEXIST', 'symlink'),
  refused(['copyIn', from, 'null', to, 'null'], 'EEXIST', 'mknod'),
  refused(['copyIn', from, 'missing', to, 'x'], 'ENOENT', 'stat'),
  refused(['copyIn', from, 'file', 77, 'x'], 'EBADF', 'open'),
  refused(['copyAttributes', 77, 7], 'EBADF', 'stat'),
  refused(['copyAttributes', 6, 77], 'EBADF', 'chown'),
  wrong(['copyIn', from, 'file', to, 'a/b'], 'not a name'),
  wrong(['copyAttributes', 'x', 7], 'not a whole number in range'),
  [['attributeIn', from, 'file', 'trusted.overlay.opaque'], 'y'],
  [['attributeIn', from, 'file', 'user.note'], 'a\0b'],
  [['attributeIn', from, 'file', 'user.none'], undefined],
  refused(['attributeIn', from, 'missing', 'user.none'], 'ENOENT', 'getxattr'),
  refused(['attributeIn', 77, 'file', 'user.none'], 'EBADF', 'fchdir'),
  wrong(['attributeIn', from, '', 'user.none'], 'not a name'),
  [['equalIn', from, 'file', to, 'file'], true],
  [['equalIn', from, 'big', to, 'big'], true],
  [['equalIn', from, 'holes', to, 'holes'], true],
  [['equalIn', from, 'file', to, 'empty'], false],
  [['equalIn', from, 'file', from, 'suid'], false],
  [['equalIn', from, 'null', from, 'null'], true],
  [['equalIn', from, 'null', from, 'file'], false],
  [['equalIn', from, 'link', from, 'link'], true],
  [['equalIn', from, 'link', to, 'file'], false],
  [['equalIn', from, '.', from, '.'], false],
  [['loosenIn', from, 'file'], undefined],
  [['loosenIn', from, '.'], undefined],
  [['loosenIn', from, 'link'], undefined],
  refused(['loosenIn', from, 'missing'], 'ENOENT', 'stat'),
  refused(['equalIn', from, 'file', to, 'missing'], 'ENOENT', 'stat'),
  refused(['equalIn', 77, 'file', to, 'file'], 'EBADF', 'stat'),
  wrong(['equalIn', from, 'file', to, 'a/b'], 'not a name'),
  [['tryIn', to, 'd-type'], undefined],
  refused(['tryIn', to, 'wishes'], 'EINVAL', 'try'),
  refused(['tryIn', 77, 'exchange'], 'EBADF', 'rename'),
  wrong(['tryIn', 'x', 'exchange'], 'not a whole number in range'),
  refused(['timeIn', from, 'missing', 'read', 1, 0], 'ENOENT', 'read'),
  refused(['timeIn', from, 'link', 'read', 1, 0], 'ELOOP', 'read'),
  refused(['timeIn', from, 'in', 'read', 1, 0], 'EISDIR', 'read'),
  refused(['timeIn', from, 'file', 'write', 1, 1], 'EEXIST', 'write'),
  refused(['timeIn', from, 'link', 'write', 1, 0], 'EEXIST', 'write'),
  refused(['timeIn', from, 'link', 'change', 1, 0], 'ELOOP', 'write'),
  refused(['timeIn', from, 'pipe', 'change', 1, 0], 'ENXIO', 'write'),
  refused(['timeIn', from, 'in', 'remove', 0, 0], 'EISDIR', 'unlink'),
  refused(['timeIn', from, 'file', 'list', 0, 0], 'ENOTDIR', 'getdents'),
  refused(['timeIn', 77, '.', 'list', 0, 0], 'EBADF', 'getdents'),
  refused(['timeIn', 77, '.', 'settle', 0, 0], 'EBADF', 'fsync'),
  refused(['timeIn', from, 'file', 'erase', 0, 0], 'EINVAL', 'time'),
  wrong(['timeIn', from, 'a/b', 'read', 0, 0], 'not a name'),
  wrong(['timeIn', from, 'file', 'write', 2 ** 31, 0], 'not a whole number in range'),
  wrong(['timeIn', from, 'file', 'write', 0, 2], 'not a whole number in range'),
  [['sleep', 0], undefined],
  wrong(['sleep', -1], 'not a whole number in range'),
];

for (const kind of kinds) {
  for (const [title, table] of Object.entries({ directories, durable, copies })) {
    testAsRoot(`${kind}, ${title}: every call gives what it should, or fails as it should`, async (t) => {
      const folder = await scene((action) => t.teardown(action));
      const all = [...open(folder), ...table];
      expectOutcomes(
        t,
        await makeCalls(
          probes.get(kind) ?? '',
          join(folder, 'calls'),
          all.map(([call]) => call),
        ),
        all,
      );
      if (title === 'copies') await compareCopies(folder, (text, other) => t.deepEqual(text, other));
    });
  }

  testAsRoot(`${kind}: a full file system, a mount, and flags`, async (t) => {
    const folder = await scene((action) => t.teardown(action));
    const at = (name: string): string => join(folder, name);
    await execa('chattr', ['+a', at('from/big')]);
    const table: readonly Expected[] = [
      [['mount', 'x', at('tiny'), 'tmpfs', 0, 'size=65536'], undefined],
      [['mount', 'x', at('from/in'), 'tmpfs', 0, ''], undefined],
      [['mount', at('from'), at('mounted'), '', 4096, ''], undefined],
      [['openDirectory', at('from')], 4],
      [['openDirectory', at('tiny')], 5],
      [['openDirectory', folder], 6],
      refused(['openIn', 4, 'in'], 'EXDEV', 'open'),
      // The same file system, and all the same another mount.
      refused(['openIn', 6, 'mounted'], 'EXDEV', 'open'),
      refused(['removeDirectoryIn', 6, 'mounted'], 'EBUSY', 'rmdir'),
      refused(['copyIn', 4, 'big', 5, 'big'], 'ENOSPC', 'write'),
      [['removeIn', 5, 'big'], 'removed'],
      [['writeIn', 5, 'slot', 'a line\n', 0], undefined],
      refused(['writeIn', 5, 'fill', 'x'.repeat(70_000), 0], 'ENOSPC', 'write'),
      // Over what is there a line fits even now.
      [['writeIn', 5, 'slot', 'b line\n', 0], undefined],
      [['readIn', 5, 'slot', 100], 'b line\n'],
      [['openDirectory', at('to')], 7],
      [['copyIn', 4, 'big', 7, 'big'], 2],
      refused(['removeIn', 4, 'big'], 'EPERM', 'unlink'),
      [['removeIn', 7, 'big'], 'removed'],
      [['separateMounts'], undefined],
    ];
    expectOutcomes(
      t,
      await makeCalls(
        probes.get(kind) ?? '',
        at('calls'),
        table.map(([call]) => call),
      ),
      table,
    );
  });

  testAsRoot(`${kind}: a directory of many names comes in parts, each name once`, async (t) => {
    const folder = await scene((action) => t.teardown(action));
    const many = join(folder, 'many');
    await mkdir(many);
    const names = Array.from({ length: 3000 }, (_, index) => `${'long-name-'.repeat(10)}${index}`);
    for (const name of names) await writeFile(join(many, name), '');
    const calls: Call[] = [
      ['openDirectory', many],
      ...Array.from({ length: 60 }, (): Call => ['entries', 4]),
    ];
    const [, ...parts] = await makeCalls(probes.get(kind) ?? '', join(folder, 'calls'), calls);
    const found = parts.flatMap(({ value }) => value as string[]);
    t.deepEqual(found.sort(), names.sort());
    t.true(parts.every(({ value }) => (value as string[]).length < 1000));
  });
}
