/** Every function of the native module against the kernel: what it gives, and each way it can fail. */
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { account, inNamespace } from '../support/helper-namespace.ts';
import {
  type Call,
  expectOutcomes,
  kinds,
  list,
  makeCalls,
  probeProgram,
  refused,
  wrong,
} from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';
import { librariesOf, programOf } from '../support/sanitized.ts';

const probes = new Map<string, string>();
let folder = '';

const probe = (kind: string, calls: readonly Call[], words: readonly string[] = []) =>
  makeCalls(probes.get(kind) ?? '', join(folder, `calls-${kind}`), calls, words);

test.before(async () => {
  for (const kind of kinds) probes.set(kind, await probeProgram(kind));
  folder = await mkdtemp(join(tmpdir(), 'ovl-native-'));
  await Promise.all(
    ['dir', 'dir/full', 'tmpfs', 'merged'].map((name) => mkdir(join(folder, name), { recursive: true })),
  );
  await writeFile(join(folder, 'file'), 'line\n\x80\xff', 'latin1');
  await writeFile(join(folder, 'dir/full/x'), '');
  await writeFile(join(folder, 'script'), 'no program');
  await chmod(join(folder, 'script'), 0o755);
  await symlink('file', join(folder, 'link'));
  await symlink('loop', join(folder, 'loop'));
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

/** Paths in the lists begin with @ for the folder of this test. */
function at(value: unknown): unknown {
  return typeof value === 'string' && value.startsWith('@') ? folder + value.slice(1) : value;
}

/** Calls, in the order they are made, and what each has to give; a failure is an object with what it has to have. */
const table: readonly (readonly [Call, unknown])[] = [
  refused(['mount', 'x', '@/missing', 'tmpfs', 0, ''], 'ENOENT', 'mount -t tmpfs'),
  refused(['mount', 'x', '@/dir', 'no-such-fs', 0, ''], 'ENODEV', 'mount -t no-such-fs'),
  refused(['mount', '@/dir', '@/merged', '', 8192, ''], 'EINVAL', 'mount --move'),
  [['mount', 'x', '@/tmpfs', 'tmpfs', 0, 'size=4096'], undefined],
  refused(['writeFile', '@/tmpfs/big', 'x'.repeat(20_000), 0o644], 'ENOSPC', 'write'),
  refused(['rmdir', '@/tmpfs'], 'EBUSY', 'rmdir'),
  [['mkdir', '@/tmpfs/in', 0o755], true],
  refused(['mount', '@/tmpfs', '@/tmpfs/in', '', 8192, ''], 'ELOOP', 'mount --move'),
  refused(['pivotRoot', '@/tmpfs/in', '@/tmpfs/in'], 'EINVAL', 'pivot_root'),
  [['umount2', '@/tmpfs', 0], undefined],
  refused(['umount2', '@/tmpfs', 0], 'EINVAL', 'umount2'),
  refused(['umount2', '@/missing', 0], 'ENOENT', 'umount2'),
  refused(['pivotRoot', '@/missing', '@/x'], 'ENOENT', 'pivot_root'),
  refused(['chroot', '@/missing'], 'ENOENT', 'chroot'),
  refused(['chroot', '@/file'], 'ENOTDIR', 'chroot'),
  refused(['chdir', '@/missing'], 'ENOENT', 'chdir'),
  refused(['fchdir', 77], 'EBADF', 'fchdir'),
  refused(['openDirectory', '@/file'], 'ENOTDIR', 'open'),
  refused(['statfs', '@/missing'], 'ENOENT', 'statfs'),
  [['mkdir', '@/dir/new', 0o700], true],
  [['mkdir', '@/dir/new', 0o700], false],
  [['lstat', '@/dir/new'], { mode: 0o040700 }],
  refused(['mkdir', '@/missing/new', 0o700], 'ENOENT', 'mkdir'),
  [['rmdir', '@/dir/new'], undefined],
  refused(['rmdir', '@/dir/full'], 'ENOTEMPTY', 'rmdir'),
  refused(['rmdir', '@/missing'], 'ENOENT', 'rmdir'),
  [['writeFile', '@/dir/file', 'a\x80\xff\u00e9', 0o640], undefined],
  [['readFile', '@/dir/file', 100], 'a\x80\xff\u00e9'],
  [['stat', '@/dir/file'], { mode: 0o100640, size: 4 }],
  refused(['writeFile', '@/dir/file', '', 0o640], 'EEXIST', 'open'),
  refused(['writeFile', '@/link', '', 0o640], 'EEXIST', 'open'),
  refused(['writeFile', '@/missing/file', '', 0o640], 'ENOENT', 'open'),
  [['unlink', '@/dir/file'], true],
  [['unlink', '@/dir/file'], false],
  refused(['unlink', '@/dir/full'], 'EISDIR', 'unlink'),
  [['stat', '@/missing'], undefined],
  [['stat', '@/link'], { mode: 0o100644, size: 7 }],
  [['lstat', '@/link'], { mode: 0o120777, size: 4 }],
  refused(['stat', '@/loop'], 'ELOOP', 'stat'),
  refused(['lstat', '@/file/x'], 'ENOTDIR', 'lstat'),
  refused(['lstat', `@/${'x'.repeat(300)}`], 'ENAMETOOLONG', 'lstat'),
  [['readlink', '@/link'], 'file'],
  refused(['readlink', '@/file'], 'EINVAL', 'readlink'),
  [['accessExecute', '@/script'], undefined],
  refused(['accessExecute', '@/file'], 'EACCES', 'access'),
  refused(['accessExecute', '@/missing'], 'ENOENT', 'access'),
  [['readFile', '@/file', 7], 'line\n\x80\xff'],
  refused(['readFile', '@/file', 6], 'EFBIG', 'read'),
  refused(['readFile', '@/file', 0], 'EFBIG', 'read'),
  refused(['readFile', '@/dir', 100], 'EISDIR', 'read'),
  refused(['readFile', '@/missing', 100], 'ENOENT', 'open'),
  [['readAt', '@/file', 2, 3], 'ne\n'],
  [['readAt', '@/file', 5, 100], '\x80\xff'],
  [['readAt', '@/file', 1000, 5], ''],
  [['readAt', '@/file', 0, 0], ''],
  refused(['readAt', '@/dir', 0, 5], 'EISDIR', 'read'),
  refused(['readAt', '@/missing', 0, 5], 'ENOENT', 'open'),
  [['readJson', '@/file', 100, 5], { kind: 'SyntaxError' }],
  refused(['readJson', '@/file', 6, 5], 'EFBIG', 'read'),
  refused(['readJson', '@/missing', 100, 5], 'ENOENT', 'open'),
  refused(['execve', '@/missing', ['x'], []], 'ENOENT', 'execve'),
  refused(['execve', '@/script', ['x'], ['A=b']], 'ENOEXEC', 'execve'),
  refused(['execve', '@/file', ['x'], []], 'EACCES', 'execve'),
  refused(['execve', '@/dir', ['x'], []], 'EACCES', 'execve'),
  refused(['execve', '@/script', ['x'.repeat(300_000)], []], 'E2BIG', 'execve'),
  refused(['reopenStdio', '@/missing'], 'ENOENT', 'open'),
  refused(['reopenStdio', '@/dir'], 'EISDIR', 'open'),
  [['sync'], undefined],
  [['write', 2, ''], true],
  [['MS_BIND'], 4096],
  [['MS_MOVE'], 8192],
  [['MS_RDONLY'], 1],
  [['MNT_DETACH'], 2],
  wrong(['mkdir', 7, 0o755], 'not a string'),
  wrong(['mkdir', null, 0o755], 'not a string'),
  wrong(['mkdir'], 'not a string'),
  wrong(['mkdir', '@/a\u0000b', 0o755], 'has a NUL byte'),
  wrong(['mkdir', '@/\u0100', 0o755], 'not a byte string'),
  wrong(['mkdir', '@/\ud800', 0o755], 'not a byte string'),
  wrong(['mkdir', '@/x', 0o10000], 'not a whole number in range'),
  wrong(['mkdir', '@/x', -1], 'not a whole number in range'),
  wrong(['mkdir', '@/x', 0.5], 'not a whole number in range'),
  wrong(['mkdir', '@/x', '1'], 'not a whole number in range'),
  wrong(['mkdir', '@/x'], 'not a whole number in range'),
  wrong(['readAt', '@/file', 2 ** 53, 5], 'not a whole number in range'),
  wrong(['write', 3, ''], 'not a whole number in range'),
  wrong(['log', 8, ''], 'not a whole number in range'),
  wrong(['execve', '@/script', 'x', []], 'not an array'),
  wrong(['execve', '@/script', null, []], 'not an array'),
  wrong(['execve', '@/script', ['x', 7], []], 'not a string'),
  wrong(['execve', '@/script', ['x'], ['a\u0000']], 'has a NUL byte'),
  wrong(['execve', '@/script', { length: 1e9 }, []], 'an array that is too long'),
  wrong(['execve', '@/script', { length: -1 }, []], 'an array that is too long'),
  wrong(['exit', 256], 'not a whole number in range'),
  wrong(['umount2', '@/dir', 1e20], 'not a whole number in range'),
];

for (const kind of kinds) {
  testAsRoot(`${kind}: every call gives what it should, or fails as it should`, async (t) => {
    const calls = table.map(([[name, ...values]]): Call => [name, ...values.map(at)]);
    expectOutcomes(t, await probe(kind, calls), table);
  });

  testAsRoot(`${kind}: mounts, roots and the way back out of a chroot`, async (t) => {
    const outcomes = await probe(kind, [
      ['mount', 'x', at('@/merged'), 'tmpfs', 0, ''],
      ['mkdir', at('@/merged/old'), 0o755],
      // The leak checker wants its /proc at the end.
      ['mkdir', at('@/merged/proc'), 0o755],
      ['mount', 'proc', at('@/merged/proc'), 'proc', 0, ''],
      ['openDirectory', '/'],
      ['chroot', at('@/merged')],
      ['stat', '/old'],
      ['fchdir', 4],
      ['chroot', '.'],
      ['stat', at('@/merged/old')],
      ['statfs', at('@/merged')],
      ['pivotRoot', at('@/merged'), at('@/merged/old')],
      ['chdir', '/'],
      ['stat', `/old${folder}/file`],
      ['umount2', '/old', 2],
      ['stat', `/old${folder}/file`],
    ]);
    const [, , , , opened, , inside, , , outside, room, , , moved, , gone] = outcomes;
    // Standard descriptors and the kernel log come before; where there is no kernel log the next line fails.
    t.is(opened?.value, 4);
    t.like(inside?.value, { mode: 0o040755 });
    t.like(outside?.value, { mode: 0o040755 });
    t.like(room?.value, { type: 0x01021994, blockSize: 4096 });
    t.like(moved?.value, { size: 7 });
    t.is(gone?.value, undefined);
    t.deepEqual(
      outcomes.filter(({ error }) => error !== undefined),
      [],
    );
  });

  testAsRoot(`${kind}: words and environment arrive byte by byte`, async (t) => {
    const [args, environment, pid, uptime] = await probe(
      kind,
      [['args'], ['environ'], ['getpid'], ['uptime']],
      ['a b', 'ü', ''],
    );
    t.deepEqual(list(args).slice(2), ['a b', '\xc3\xbc', '']);
    t.true(list(environment).includes('LEFT=\xc3\xa4'));
    t.true(Number(pid?.value) > 1);
    t.true(Number(uptime?.value) > 1);
  });

  testAsRoot(
    `${kind}: a script that throws, as PID 1, gives way to overlay_init with its words`,
    async (t) => {
      const helper = await programOf('throw new Error("broken on purpose")', kind);
      const libraries = kind === 'release' ? [] : await librariesOf(helper);
      const script = `export OVERLAYKIT_OLD=1; { ${account}; } >/dev/null; exec /sbin/overlay_helper enter /plan tmpfs single "a b"`;
      const { console, kernelLog, stderr } = await inNamespace({ helper, libraries, plan: '', script });
      t.true(console.startsWith('I am /sbin/overlay_init pid 1 words 2 single a b\n'), console + stderr);
      t.true(console.includes('env OVERLAYKIT_HELPER_FAILED=overlay_helper ended unexpectedly\n'), console);
      t.true(console.includes('env OVERLAYKIT_RUNG=tmpfs\n'));
      t.false(console.includes('OVERLAYKIT_OLD'));
      t.is(kernelLog, '<3>overlay_helper: Error: broken on purpose\n');
    },
  );
}

testAsRoot('with any amount of memory, there is an answer or a complaint, never a crash', async (t) => {
  const list = join(folder, 'calls-memory');
  await writeFile(
    list,
    JSON.stringify([['args'], ['readFile', join(folder, 'large'), 1_000_000], ['mkdir', 7]]),
  );
  await writeFile(join(folder, 'large'), 'x'.repeat(600_000));
  const codes = new Set<string>();
  const answers: boolean[] = [];
  const program = probes.get('release') ?? '';
  // With less the kernel cannot even map the program, its stack and what the kernel adds.
  const least = mappedBytes(await readFile(program)) / 1024 + 200;
  for (let kilobytes = least; kilobytes < 20_000; kilobytes *= 1.08) {
    const limited = [`--as=${Math.floor(kilobytes) * 1024}`, '--', program, list];
    const { exitCode, signal, stdout } = await execa('prlimit', limited, { reject: false });
    codes.add(signal ?? `exit ${exitCode}`);
    answers.push(stdout.includes('xxx'));
  }
  t.true(
    [...codes].every((code) => code === 'exit 0' || code === 'exit 70'),
    [...codes].join(),
  );
  t.false(answers[0], 'too little');
  t.true(answers.at(-1), 'enough');
});

/** Bytes of memory that the kernel maps for a static 64-bit program: the sizes of its PT_LOAD segments. */
function mappedBytes(program: Buffer): number {
  const headers = Array.from({ length: program.readUInt16LE(56) }, (_, index) =>
    program.subarray(Number(program.readBigUInt64LE(32)) + 56 * index),
  );
  const loaded = headers.filter((header) => header.readUInt32LE(0) === 1);
  return loaded.reduce((sum, header) => sum + Number(header.readBigUInt64LE(40)), 0);
}
