/**
 * Makes root images out of a tree, without being root: the tree goes in as a tar archive, so owners and device nodes
 * never have to exist on this machine. The same tree and the same tools give the same bytes.
 */
import { chmod, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { runTool } from '../../system/process.ts';
import { requireTool } from '../../system/tools.ts';
import type { RootFile } from './root-file.ts';
import { rootTar, rootTime } from './root-tar.ts';

export type RootImageType = 'squashfs' | 'cramfs';

export const squashfsCompressions = ['gzip', 'lzo', 'lz4', 'xz', 'zstd'] as const;
export type SquashfsCompression = (typeof squashfsCompressions)[number];

export interface RootImage {
  /** Path of the image file. */
  readonly image: string;
  /** Its length in bytes. */
  readonly bytes: number;
}

/** Writes a squashfs image of `tree` (made by `rootTree`) to `out`, which appears only when it is complete. */
export async function squashfsImage(
  tree: readonly RootFile[],
  out: string,
  compression: SquashfsCompression,
): Promise<RootImage> {
  return squashfsFromTar(Readable.from([await rootTar(tree)]), out, compression);
}

/** Writes a squashfs image of a tar archive's entries to `out`. */
export async function squashfsFromTar(
  archive: Readable,
  out: string,
  compression: SquashfsCompression,
): Promise<RootImage> {
  return completed(out, async (draft) => {
    const options = ['-quiet', '-no-progress', '-exit-on-error', '-comp', compression, ...fixedTimes()];
    await runTool('sqfstar', [...options, draft], { input: archive });
  });
}

/** sqfstar gives the root directory, which the archive does not name, this machine's user, umask and clock otherwise. */
function fixedTimes(): readonly string[] {
  const seconds = String(rootTime.getTime() / 1000);
  const root = ['-root-time', seconds, '-root-mode', '0755', '-root-uid', '0', '-root-gid', '0'];
  return ['-mkfs-time', seconds, '-all-time', seconds, ...root];
}

/**
 * Writes a cramfs image of `tree` to `out`. mkfs.cramfs reads a directory only; fakeroot remembers the owners and device
 * nodes that an ordinary user may not make there.
 */
export async function cramfsImage(tree: readonly RootFile[], out: string): Promise<RootImage> {
  const [tar, mkfs] = [requireTool('tar'), requireTool('mkfs.cramfs')];
  const work = await mkdtemp(join(tmpdir(), 'ovl-cramfs-'));
  const [state, folder] = [join(work, 'fakeroot'), join(work, 'root')];
  try {
    const unpack = ['-x', '-p', '-C', folder, '--same-owner', '--delay-directory-restore'];
    await mkdir(folder);
    await chmod(folder, 0o755);
    await runTool('fakeroot', ['-s', state, '--', tar, ...unpack], { input: await rootTar(tree) });
    return await completed(out, async (draft) => {
      await runTool('fakeroot', ['-i', state, '--', mkfs, '-n', 'lab', folder, draft]);
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Lets `make` write to a name of its own beside `out`, and gives it the name `out` when it is complete. */
export async function completed(out: string, make: (draft: string) => Promise<void>): Promise<RootImage> {
  const folder = await mkdtemp(join(dirname(out), '.ovl-image-'));
  const draft = join(folder, 'image');
  try {
    await make(draft);
    await rename(draft, out);
    return { image: out, bytes: (await stat(out)).size };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
