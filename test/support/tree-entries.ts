/** The entries of a real tree, by find and getfattr: what a layer's reader gets, and what the overlay checker looks at. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { LayerEntry } from '../../src/layers/index.ts';
import { requireTool } from '../../src/system/tools.ts';

const types: Readonly<Record<string, LayerEntry['type']>> = {
  f: 'file',
  d: 'directory',
  l: 'symlink',
  c: 'char-device',
  b: 'block-device',
  p: 'fifo',
  s: 'socket',
};

export async function treeEntries(root: string): Promise<readonly LayerEntry[]> {
  const { stdout } = await execa('find', ['.', '-printf', '%P\\0%y\\0%m\\0%U\\0%G\\0%s\\0%l\\0'], {
    cwd: root,
    encoding: 'latin1',
    stripFinalNewline: false,
  });
  const fields = stdout.split('\0');
  const attributes = await attributesOf(root);
  const entries: LayerEntry[] = [];
  for (let at = 0; at + 6 < fields.length; at += 7) {
    const [path = '', kind = '', mode = '', uid, gid, size, target] = fields.slice(at, at + 7);
    const type = types[kind] ?? 'file';
    const place = join(root, Buffer.from(path, 'latin1').toString());
    entries.push({
      path,
      type,
      mode: Number.parseInt(mode, 8),
      uid: Number(uid),
      gid: Number(gid),
      attributes: attributes.get(path) ?? new Map(),
      ...(type === 'file' ? { size: Number(size) } : {}),
      ...(type === 'symlink' ? { target: target ?? '' } : {}),
      ...(type.endsWith('device') ? { device: await deviceOf(place) } : {}),
      ...(path.includes('META_') ? { content: await readFile(place, 'latin1') } : {}),
    });
  }
  return entries;
}

async function deviceOf(path: string): Promise<{ readonly major: number; readonly minor: number }> {
  const { stdout } = await execa('stat', ['-c', '%t %T', path]);
  const [major = 0, minor = 0] = stdout.split(' ').map((text) => Number.parseInt(text, 16));
  return { major, minor };
}

async function attributesOf(root: string): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const { stdout } = await execa(requireTool('getfattr'), ['-R', '-h', '-d', '-m', '-', '-e', 'hex', '.'], {
    cwd: root,
  });
  const found = new Map<string, Map<string, string>>();
  let here = new Map<string, string>();
  for (const line of stdout.split('\n')) {
    if (line.startsWith('# file: ')) {
      const name = line
        .slice('# file: '.length)
        .replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
      here = new Map();
      found.set(name === '.' ? '' : name.replace(/^\.\//, ''), here);
    } else if (line !== '') {
      const [name = '', value = ''] = line.split('=0x');
      here.set(name, Buffer.from(value, 'hex').toString('latin1'));
    }
  }
  return found;
}
