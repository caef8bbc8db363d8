/** What the kernel says is in a tree: the judge of root images that knows nothing of how we read or write them. */
import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { execa } from 'execa';

/** One line a path (as latin1, relative, without a leading slash; the root is `.`). */
export type Snapshot = ReadonlyMap<string, string>;

/** Mounts an image read-only and describes every file in it: kind, mode, owner, time, size, device, links, content, xattrs. */
export async function snapshotImage(image: string, folder: string): Promise<Snapshot> {
  const at = `${folder}/mnt-${createHash('sha256').update(image).digest('hex').slice(0, 8)}`;
  mkdirSync(at);
  // A loop device has whole sectors; an image without padding loses its end on one.
  const padded = `${at}.padded`;
  if (statSync(image).size % 512 !== 0) {
    copyFileSync(image, padded);
    truncateSync(padded, Math.ceil(statSync(image).size / 4096) * 4096);
  }
  await execa('mount', ['-t', 'squashfs', '-o', 'loop,ro', existsSync(padded) ? padded : image, at]);
  try {
    return await snapshotTree(at);
  } finally {
    await execa('umount', [at]);
    rmdirSync(at);
    rmSync(padded, { force: true });
  }
}

export async function snapshotTree(root: string): Promise<Snapshot> {
  const paths = ['.', ...below(root, '')];
  const links = new Map<bigint, string[]>();
  const facts = new Map(
    paths.map((path) => [path, lstatSync(onDisk(root, path), { bigint: true })] as const),
  );
  for (const [path, { ino }] of facts) links.set(ino, [...(links.get(ino) ?? []), path]);
  const xattrs = await xattrsOf(root);
  const lines = new Map<string, string>();
  for (const [path, stat] of facts) {
    const same = (links.get(stat.ino) ?? []).sort().join(' = ');
    const line = [describe(root, path, stat), same, xattrs.get(path) ?? ''];
    lines.set(path, line.join(' | '));
  }
  return lines;
}

/** The paths that differ, with both lines. */
export function differences(
  before: Snapshot,
  after: Snapshot,
): Readonly<Record<string, readonly [string, string]>> {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return Object.fromEntries(
    paths
      .map((path) => [path, [before.get(path) ?? 'absent', after.get(path) ?? 'absent']] as const)
      .filter(([, [a, b]]) => a !== b),
  );
}

function below(root: string, folder: string): string[] {
  const entries = readdirSync(onDisk(root, folder), { withFileTypes: true, encoding: 'buffer' as never });
  return entries.flatMap((entry) => {
    const name = (entry.name as unknown as Buffer).toString('latin1');
    const path = folder === '' ? name : `${folder}/${name}`;
    return entry.isDirectory() ? [path, ...below(root, path)] : [path];
  });
}

function onDisk(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')]);
}

function describe(root: string, path: string, stat: BigIntStats): string {
  // Directories are as large and have as many links as they have entries.
  const size = stat.isDirectory() ? '' : `size ${stat.size} links ${stat.nlink}`;
  const device = stat.isBlockDevice() || stat.isCharacterDevice() ? `device ${stat.rdev}` : '';
  const content = stat.isFile()
    ? contentDigest(onDisk(root, path), Number(stat.size))
    : stat.isSymbolicLink()
      ? readlinkSync(onDisk(root, path), 'latin1')
      : '';
  return `${stat.mode.toString(8)} ${stat.uid}:${stat.gid} at ${stat.mtimeMs} ${size}${device} ${content}`;
}

/** Of very large files both ends: what is between are holes. */
function contentDigest(path: Buffer, size: number): string {
  const piece = 64 << 20;
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    for (const start of size > 2 * piece ? [0, size - piece] : [0, piece]) {
      const buffer = Buffer.alloc(Math.max(Math.min(piece, size - start), 0));
      for (let done = 0; done < buffer.length; ) {
        done += readSync(file, buffer, done, buffer.length - done, start + done);
      }
      hash.update(buffer);
    }
  } finally {
    closeSync(file);
  }
  return hash.digest('hex').slice(0, 16);
}

/** By path; getfattr writes unusual bytes of names as `\ooo`. */
async function xattrsOf(root: string): Promise<ReadonlyMap<string, string>> {
  const args = ['-R', '-P', '-h', '-d', '-m', '-', '-e', 'hex', '.'];
  const { stdout, stderr } = await execa('getfattr', args, {
    cwd: root,
    encoding: 'latin1',
    stripFinalNewline: false,
    reject: false,
    env: { LC_ALL: 'C' },
  });
  // An image without an xattr table is a file system without xattrs.
  const trouble = stderr
    .split('\n')
    .filter((line) => line !== '' && !line.endsWith('Operation not supported'));
  if (trouble.length > 0) throw new Error(trouble.join('\n'));
  const blocks = stdout.split('\n\n').filter((block) => block.startsWith('# file: '));
  return new Map(
    blocks.map((block) => {
      const [head = '', ...lines] = block.split('\n');
      const name = head
        .slice('# file: '.length)
        .replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
      return [name.replace(/^\.\//, ''), lines.sort().join(' ')];
    }),
  );
}
