/** No native function keeps memory, whether it succeeds or fails: a helper that watches runs for months. */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { packageRoot } from '../../src/system/package-root.ts';
import { bundleScript } from '../../src/toolchain/script.ts';
import { testAsRoot } from '../support/needs.ts';
import { programOf } from '../support/sanitized.ts';

const often = 10_000;
/** What waits for the storage of the whole machine. */
const seldom = 20;

/** Calls of each function, one that succeeds where that changes nothing that lasts, and one that fails. */
const calls = (folder: string): readonly (readonly [number, string, ...unknown[]])[] => {
  const at = (name: string) => join(folder, name);
  // The first descriptors: 3 is the kernel log, 4 and 5 are opened by the two calls at the top.
  const missing = 77;
  return [
    ...['args', 'environ', 'getpid', 'uptime'].map((name) => [often, name] as const),
    [often, 'openDirectory', folder],
    [often, 'openDirectory', at('missing')],
    [often, 'lstat', at('link')],
    [often, 'lstat', at('missing')],
    [often, 'lstat', at('file/x')],
    [often, 'stat', at('loop')],
    [often, 'stat', at('file')],
    [often, 'readlink', at('link')],
    [often, 'readlink', at('file')],
    [often, 'accessExecute', at('file')],
    [often, 'readFile', at('file'), 100_000],
    [often, 'readFile', at('file'), 5],
    [often, 'readAt', at('file'), 3, 4000],
    [often, 'readAt', at('missing'), 3, 4000],
    [often, 'readJson', at('json'), 1000, 9],
    [often, 'readJson', at('file'), 100_000, 9],
    [often, 'mkdir', folder, 0o755],
    [often, 'mkdir', at('missing/x'), 0o755],
    [often, 'mkdir', 'a\u0000b', 0o755],
    [often, 'rmdir', at('missing')],
    [often, 'unlink', at('missing')],
    [often, 'writeFile', at('file'), 'x'.repeat(500), 0o600],
    [often, 'statfs', folder],
    [often, 'statfs', at('missing')],
    [often, 'mount', 'none', at('missing'), 'tmpfs', 0, ''],
    [often, 'umount2', at('missing'), 0],
    [often, 'pivotRoot', at('missing'), at('missing')],
    [often, 'chroot', at('missing')],
    [often, 'chdir', at('missing')],
    [often, 'fchdir', missing],
    [often, 'execve', at('missing'), ['a', 'b'.repeat(300)], ['C=d']],
    [often, 'execve', at('missing'), ['a', 7], []],
    [often, 'reopenStdio', at('missing')],
    [often, 'write', 1, ''],
    [often, 'log', 8, 'not a level'],
    [seldom, 'sync'],
    [often, 'exit', 256],
    [often, 'openIn', missing, 'x'],
    [often, 'close', missing],
    [often, 'entries', missing],
    [often, 'statIn', missing, 'x'],
    [often, 'makeDirectoryIn', missing, 'x', 0o755],
    [often, 'removeIn', missing, 'x'],
    [often, 'removeDirectoryIn', missing, 'x'],
    [often, 'renameIn', missing, 'x', missing, 'y'],
    [often, 'linkIn', missing, 'x', missing, 'y'],
    [often, 'readIn', missing, 'x', 100],
    [often, 'writeIn', missing, 'x', 'text', 0],
    [often, 'syncDirectory', missing],
    [often, 'syncFileSystem', missing],
    [often, 'lock', missing, 0],
    [often, 'copyIn', missing, 'x', missing, 'y'],
    [often, 'copyAttributes', missing, missing],
    [often, 'attributeIn', missing, 'x', 'user.name'],
    [often, 'loosenIn', missing, 'x'],
    [often, 'equalIn', missing, 'x', missing, 'y'],
    [often, 'describeIn', missing, 'x'],
    [often, 'describeIn', 4, 'link'],
    [often, 'tryIn', missing, 'tmpfile'],
    [often, 'timeIn', missing, 'x', 'read', 0, 0],
    [often, 'timeIn', 4, 'file', 'read', 10_000, 0],
    [often, 'timeIn', 4, '.', 'list', 0, 0],
    [often, 'digest', 'some bytes'],
    [often, 'digestIn', missing, 'x'],
    [often, 'digestIn', 4, 'link'],
    [often, 'setAttributeIn', missing, 'x', 'user.name', 'value'],
    [often, 'removeAttributeIn', missing, 'x', 'user.name'],
    [often, 'sendIn', missing, 'x', 1],
    [often, 'send', ''],
    [often, 'sent'],
    [often, 'sleep', -1],
    [often, 'leaveBehind', -1, at('missing')],
    [often, 'leaveBehind', 0, at('x'.repeat(5000))],
    [seldom, 'separateMounts'],
    ...['deviceAt', 'copyDevice', 'zeroDevice', 'eraseFlash', 'setReadOnly'].map(
      (name) => [often, name, at('missing'), at('missing'), 0, 0] as const,
    ),
  ];
};

testAsRoot('ten thousand calls of each function do not grow the process', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-growth-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'in'));
  await writeFile(join(folder, 'file'), 'line\n\xff'.repeat(2000), 'latin1');
  await writeFile(join(folder, 'json'), '{"a": [1, 2.5, "text", {"b": null}]}');
  await symlink('file', join(folder, 'link'));
  await symlink('loop', join(folder, 'loop'));
  const list = join(folder, 'calls');
  await writeFile(list, JSON.stringify(calls(folder)));
  const script = await bundleScript(join(packageRoot(), 'test/support/native-repeat.ts'), {});
  const program = await programOf(script, 'release');
  const args = ['--mount', '--propagation', 'private', program, list];
  const { stdout } = await execa('unshare', args, { timeout: 300_000 });
  const made = stdout.split('\n').map((line) => line.split(' '));
  t.is(made.length, calls(folder).length);
  const called = new Set(made.map(([name]) => name));
  const table = await readFile(join(packageRoot(), 'src/helper/native/sys.c'), 'utf8');
  const all = [...table.matchAll(/CALL\((\w+), \d/g)].map(([, name]) => name);
  t.true(all.length > 40);
  t.deepEqual(
    all.filter((name) => !called.has(name)),
    [],
    'every function is in the list',
  );
  for (const [name = '', pages] of made) t.true(Number(pages) <= 4, `${name} grew by ${pages} pages`);
});
