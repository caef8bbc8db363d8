/** Trees for the tests and the benchmark of uploads. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { UploadEntry } from '../../src/device/upload/tree.ts';

export function file(path: string, content: string | Uint8Array, mode = 0o644): UploadEntry {
  const bytes = Buffer.from(content);
  return { kind: 'file', path, mode, size: bytes.length, sha256: sha256(bytes), content: bytes };
}

export function link(path: string, target: string): UploadEntry {
  return { kind: 'symlink', path, target };
}

export function folder(path: string, mode = 0o755): UploadEntry {
  return { kind: 'directory', path, mode };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Bytes that no compression makes smaller, the same for the same seed. */
export function noise(length: number, seed: string): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < length; at += 32) parts.push(createHash('sha256').update(`${seed}:${at}`).digest());
  return Buffer.concat(parts).subarray(0, length);
}

export const awkwardNames = [
  'line\nfeed',
  'two\n./lines',
  "it's",
  '"quoted"',
  '-rf',
  ' blank ',
  '$(id)`id`',
  'back\\slash',
  'trailing\n',
  'ümläut',
  '日本語',
  '*',
  `${'long'.repeat(30)}-${'name'.repeat(30)}`,
];

/** A folder with a bit of everything. */
export function sampleTree(version: string): readonly UploadEntry[] {
  return [
    folder('etc'),
    folder('secret', 0o700),
    file('secret/key', `key ${version}`, 0o600),
    file('etc/empty', ''),
    file('etc/same', 'the same in all versions'),
    file('etc/version', version),
    file('bin/tool', noise(70_000, version), 0o755),
    link('bin/other', 'tool'),
    link('current', `versions/${version}`),
    link('line\nfeed link', 'to a\n\nname'),
    link('far', '/x'.repeat(80)),
    ...awkwardNames.map((name) => file(`names/${name}`, `${name} ${version}`)),
    file(`${'deep/'.repeat(25)}bottom`, 'deep'),
  ];
}

/** What a folder has, a line an entry, to be compared. */
export async function listing(root: string, under = ''): Promise<Readonly<Record<string, string>>> {
  const all: Record<string, string> = {};
  for (const name of await readdir(join(root, under))) {
    const path = under === '' ? name : `${under}/${name}`;
    const stat = await lstat(join(root, path));
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isDirectory()) Object.assign(all, { [path]: `directory ${mode}` }, await listing(root, path));
    else if (stat.isSymbolicLink()) all[path] = `link ${await readlink(join(root, path))}`;
    else all[path] = `file ${mode} ${sha256(await readFile(join(root, path)))}`;
  }
  return all;
}

/** The same of entries. */
export function expectedListing(entries: readonly UploadEntry[]): Readonly<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const entry of entries) {
    for (let at = entry.path.lastIndexOf('/'); at > 0; at = entry.path.lastIndexOf('/', at - 1))
      all[entry.path.slice(0, at)] ??= 'directory 755';
    if (entry.kind === 'directory') all[entry.path] = `directory ${entry.mode.toString(8)}`;
    else if (entry.kind === 'symlink') all[entry.path] = `link ${entry.target}`;
    else all[entry.path] = `file ${entry.mode.toString(8)} ${entry.sha256}`;
  }
  return all;
}
