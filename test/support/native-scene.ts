/** Files of every kind for the native module's calls, and an independent look at what it made of them. */
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { requireTool } from '../../src/system/tools.ts';

/** A folder with what the calls need, removed when the test ends. */
export async function scene(teardown: (action: () => Promise<unknown>) => void): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-native-storage-'));
  teardown(async () => {
    await execa('chattr', ['-R', '-ia', folder], { reject: false });
    await rm(folder, { recursive: true, force: true });
  });
  for (const name of ['from/in', 'to', 'tiny', 'mounted'])
    await mkdir(join(folder, name), { recursive: true });
  const from = (name: string): string => join(folder, 'from', name);
  await writeFile(from('file'), 'hello\n\x80', 'latin1');
  await writeFile(from('empty'), '');
  await writeFile(from('suid'), 'program');
  await chown(from('suid'), 12, 34);
  await chmod(from('suid'), 0o6751);
  await writeFile(from('big'), Buffer.alloc(300_000, 'x'));
  await writeFile(from('holes'), 'start');
  await truncate(from('holes'), 5 * 2 ** 20);
  await execa(
    'sh',
    ['-ec', 'printf end >>holes; mknod whiteout c 0 0; mknod null c 1 3; mkfifo pipe; ln file second'],
    {
      cwd: join(folder, 'from'),
    },
  );
  await symlink('no\nwhere', from('link'));
  await symlink('in', from('to-in'));
  for (const [name, value] of [
    ['trusted.overlay.opaque', 'y'],
    ['user.note', 'a\0b'],
    ['trusted.empty', ''],
  ] as const)
    await execa(requireTool('setfattr'), [
      '-n',
      name,
      '-v',
      `0x${Buffer.from(value).toString('hex')}`,
      from('file'),
    ]);
  await execa(requireTool('setfattr'), ['-h', '-n', 'trusted.x', '-v', 'link', from('link')]);
  await execa(requireTool('setfattr'), ['-h', '-n', 'trusted.x', '-v', 'gone', from('whiteout')]);
  await execa('touch', [
    '-h',
    '-d',
    '2001-02-03 04:05:06.123456789',
    from('file'),
    from('link'),
    from('null'),
    from('in'),
  ]);
  return folder;
}

/** What find, getfattr and cmp say of both. */
export async function compareCopies(
  folder: string,
  equal: (text: unknown, other: unknown) => void,
): Promise<void> {
  const names = ['file', 'empty', 'suid', 'big', 'holes', 'whiteout', 'null', 'pipe', 'link', 'in'];
  const account = async (side: string): Promise<unknown> => {
    const cwd = join(folder, side);
    const find = await execa('find', [...names, '-maxdepth', '0', '-printf', '%p %y %U %G %m %s %T@ %l\\n'], {
      cwd,
    });
    const attributes = await execa(requireTool('getfattr'), ['-h', '-d', '-m', '-', '-e', 'hex', ...names], {
      cwd,
    });
    const devices = await Promise.all(names.map(async (name) => (await lstat(join(cwd, name))).rdev));
    const content = await Promise.all(
      ['file', 'big', 'holes'].map((name) => readFile(join(cwd, name), 'base64')),
    );
    return { find: find.stdout, attributes: attributes.stdout, devices, content };
  };
  equal(await account('to'), await account('from'));
  equal((await lstat(join(folder, 'to/holes'))).blocks < 100, true);
  equal(await readdir(join(folder, 'to/in')), []);
}
