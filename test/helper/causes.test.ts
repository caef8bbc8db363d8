/** Each likely cause, with the kernel itself refusing for exactly that cause: the words fit what was done to it. */
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { likelyCause } from '../../src/helper/causes.ts';
import { requireTool } from '../../src/system/tools.ts';
import { type Call, kinds, makeCalls, probeProgram } from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';

/** A call that the kernel refuses, as what, and the words for it; one without words only sets the scene. */
type Refusal = readonly [call: Call, said?: readonly [syscall: string, code: string, cause: RegExp]];

const [readOnly, move] = [1, 8192];
const layers = (lower: string, upper: string, work: string, more = ''): string =>
  `lowerdir=${lower},upperdir=${upper},workdir=${work}${more}`;

interface Scene {
  readonly at: (name: string) => string;
  /** Block devices: one that holds nothing, and one that holds an ext4 and is write-protected. */
  readonly noise: string;
  readonly locked: string;
}

function refusals({ at, noise, locked }: Scene): readonly Refusal[] {
  const union = (data: string): Call => ['mount', 'overlay', at('merged'), 'overlay', 0, data];
  const [one, other] = [at('one/upper'), at('other/work')];
  return [
    [['mount', 'x', at('one'), 'tmpfs', 0, '']],
    [['mount', 'x', at('other'), 'tmpfs', 0, 'size=16k']],
    ...['one/upper', 'one/upper/in', 'one/work', 'one/work2', 'other/work'].map(
      (name): Refusal => [['mkdir', at(name), 0o755]],
    ),
    [
      union(layers(at('base'), one, other)),
      ['mount -t overlay', 'EINVAL', /upper or work directory is unsuitable/],
    ],
    [
      union(layers(at('base'), one, at('one/work'), ',no_such_option=on')),
      ['mount -t overlay', 'EINVAL', /an option that this kernel does not know/],
    ],
    [
      union(layers(at('one/upper/in'), one, at('one/work'))),
      ['mount -t overlay', 'ELOOP', /one of the layers lies inside another/],
    ],
    [union(layers(at('base'), one, at('one/work'), ',index=on'))],
    [
      ['mount', 'overlay', at('dir'), 'overlay', 0, layers(at('base'), one, at('one/work2'), ',index=on')],
      ['mount -t overlay', 'EBUSY', /another union uses this upper/],
    ],
    [['umount2', at('merged'), 0]],
    [['mount', 'x', at('mounted'), 'tmpfs', 0, '']],
    [
      union(layers(at('mounted'), one, at('one/work'), ',index=on')),
      ['mount -t overlay', 'ESTALE', /made over other lower layers/],
    ],
    [
      ['mount', 'x', at('dir'), 'no-such-fs', 0, ''],
      ['mount -t no-such-fs', 'ENODEV', /has no such file system/],
    ],
    [
      ['mount', noise, at('dir'), 'ext4', 0, ''],
      ['mount -t ext4', 'EINVAL', /not this file system, a damaged one/],
    ],
    [
      ['mount', locked, at('dir'), 'ext4', 0, ''],
      ['mount -t ext4', 'EACCES', /the device is read-only/],
    ],
    [
      ['mount', '/dev/null', at('dir'), 'ext4', 0, ''],
      ['mount -t ext4', 'ENOTBLK', /no block device/],
    ],
    [
      ['mount', at('missing'), at('dir'), 'ext4', 0, ''],
      ['mount -t ext4', 'ENOENT', /the device or the place is missing/],
    ],
    [
      ['mount', 'x', at('file'), 'tmpfs', 0, ''],
      ['mount -t tmpfs', 'ENOTDIR', /the place is no directory/],
    ],
    [
      ['mount', at('dir'), at('merged'), '', move, ''],
      ['mount --move', 'EINVAL', /not a mount point any more/],
    ],
    [
      ['mount', at('one'), at('one/upper'), '', move, ''],
      ['mount --move', 'ELOOP', /lies inside the mount that is moved/],
    ],
    [
      ['pivotRoot', at('dir'), at('dir')],
      ['pivot_root', 'EBUSY', /on the same mount as the present root/],
    ],
    [
      ['pivotRoot', at('one/upper'), at('one/upper')],
      ['pivot_root', 'EINVAL', /no mount point; enter by chroot/],
    ],
    [
      ['umount2', at('dir'), 0],
      ['umount2', 'EINVAL', /nothing is mounted there/],
    ],
    [['openDirectory', at('one')]],
    [
      ['umount2', at('one'), 0],
      ['umount2', 'EBUSY', /has a file or its working directory there/],
    ],
    [
      ['execve', at('missing'), ['x'], []],
      ['execve', 'ENOENT', /or its interpreter is missing/],
    ],
    [
      ['execve', at('orphan'), ['x'], []],
      ['execve', 'ENOENT', /or its interpreter is missing/],
    ],
    [
      ['execve', at('noise'), ['x'], []],
      ['execve', 'ENOEXEC', /another architecture, or not a program/],
    ],
    [
      ['execve', at('file'), ['x'], []],
      ['execve', 'EACCES', /no x permission/],
    ],
    [
      ['execve', '/bin/true', ['x'.repeat(200_000)], []],
      ['execve', 'E2BIG', /environment is too long/],
    ],
    [
      ['accessExecute', at('file')],
      ['access', 'EACCES', /no x permission/],
    ],
    [
      ['writeFile', at('other/big'), 'x'.repeat(20_000), 0o644],
      ['write', 'ENOSPC', /the storage is full/],
    ],
    [['mount', 'x', at('dir'), 'tmpfs', readOnly, '']],
    [
      ['writeFile', at('dir/new'), 'x', 0o644],
      ['open', 'EROFS', /the union is read-only/],
    ],
    [
      ['readFile', at('file/below'), 10],
      ['open', 'ENOTDIR', /a file is where a directory should be/],
    ],
    [
      ['readFile', at('circle'), 10],
      ['open', 'ELOOP', /symbolic link/],
    ],
    [
      ['mkdir', at('missing/below'), 0o755],
      ['mkdir', 'ENOENT', /the directory above it is missing/],
    ],
    [
      ['mkdir', at('x'.repeat(300)), 0o755],
      ['mkdir', 'ENAMETOOLONG', /longer than the file system takes/],
    ],
    [
      ['rmdir', at('dir')],
      ['rmdir', 'EBUSY', /something is mounted there/],
    ],
    [
      ['unlink', at('file')],
      ['unlink', 'EPERM', /chattr -ia allows it/],
    ],
  ];
}

/** Devices and files of which each is wrong in one way; gone when the test ends. */
async function makeScene(t: ExecutionContext, folder: string): Promise<Scene> {
  const at = (name: string): string => join(folder, name);
  for (const name of ['one', 'other', 'base', 'merged', 'dir', 'mounted']) await mkdir(at(name));
  await symlink('circle', at('circle'));
  await writeFile(at('file'), 'text');
  await writeFile(at('noise'), 'no program');
  await writeFile(at('orphan'), '#!/no/such/interpreter\n');
  for (const name of ['noise', 'orphan']) await chmod(at(name), 0o755);
  await writeFile(at('noise.img'), Buffer.alloc(2 ** 20, 'noise'));
  await writeFile(at('disk.img'), Buffer.alloc(4 * 2 ** 20));
  await execa(requireTool('mkfs.ext4'), ['-q', '-d', at('dir'), at('disk.img')]);
  const losetup = requireTool('losetup');
  const attach = async (...words: readonly string[]): Promise<string> => {
    const { stdout } = await execa(losetup, ['--find', '--show', ...words]);
    t.teardown(() => execa(losetup, ['--detach', stdout]));
    return stdout;
  };
  const chattr = requireTool('chattr');
  await execa(chattr, ['+i', at('file')]);
  t.teardown(() => execa(chattr, ['-i', at('file')]));
  return { at, noise: await attach(at('noise.img')), locked: await attach('--read-only', at('disk.img')) };
}

for (const kind of kinds) {
  testAsRoot(`${kind}: what the kernel refuses has the cause that it was refused for`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'ovl-causes-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const table = refusals(await makeScene(t, folder));
    const outcomes = await makeCalls(
      await probeProgram(kind),
      join(folder, 'calls'),
      table.map(([call]) => call),
    );
    t.is(outcomes.length, table.length);
    for (const [index, [call, said]] of table.entries()) {
      const { error } = outcomes[index] ?? {};
      const about = `${JSON.stringify(call).slice(0, 160)}: ${JSON.stringify(error)}`;
      if (said === undefined) {
        t.is(error, undefined, about);
        continue;
      }
      const [syscall, code, cause] = said;
      t.like(error, { syscall, code }, about);
      t.regex(likelyCause(syscall, code) ?? '', cause, about);
    }
  });
}

test('an errno that nobody has words for is left to its name', (t) => {
  t.is(likelyCause('stat', 'ENXIO'), undefined);
});
