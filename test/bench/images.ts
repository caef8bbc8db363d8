/**
 * The root images that are measured: the lab's busybox root with the programs of this folder in it, and a board's bundle put
 * in the way `ovl image` puts it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Board } from '../../src/board/schema.ts';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { bundleRequest, installBundle } from '../../src/image/index.ts';
import { busyboxRoot } from '../../src/lab/roots/busybox.ts';
import { file, type RootFile, symlink } from '../../src/lab/roots/root-file.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { runTool } from '../../src/system/process.ts';
import { bundleBoard } from '../../src/toolchain/bundle-board.ts';
import { type PreparedBoard, prepareBoard } from '../../src/toolchain/prepare-board.ts';

export interface BenchImage {
  readonly board: Board;
  /** Path of the root image. */
  readonly image: string;
}

const here = join(packageRoot(), 'test', 'bench');

/** Makes the root without a bundle; returns its path. @param more files that only one benchmark needs */
export async function baseRoot(work: string, more: readonly RootFile[] = []): Promise<string> {
  const out = join(work, 'base.sqfs');
  const files = [
    file('/bench/start', await compiled('start', work), 0o755),
    symlink('/bench/warm', 'start'),
    symlink('/bench/cold', 'start'),
    file('/bench/floor', await compiled('floor', work), 0o755),
    file('/bench/ten-lines', await readFile(join(here, 'ten-lines.sh')), 0o755),
    file('/bench/shell', '#!/bin/sh\nexec /sbin/init\n', 0o755),
    file('/sbin/init', await compiled('init', work), 0o755),
    ...more,
  ];
  await busyboxRoot({ type: 'squashfs', out, samples: false, files });
  return out;
}

/** Static, as the helper is, so that no case pays for a dynamic loader. */
export async function compiled(name: string, work: string): Promise<Uint8Array> {
  return readFile(await compiledAt(name, work));
}

/** The same, for this machine to run. */
export async function compiledAt(name: string, work: string): Promise<string> {
  const program = join(work, name);
  const options = ['-static', '-Os', '-s', '-Wall', '-Wextra', '-Werror'];
  await runTool('musl-gcc', [...options, '-o', program, join(here, `${name}.c`)], { timeoutMs: 60_000 });
  return program;
}

/** The board of board-configs/ as `ovl build` sees it. */
export async function preparedBoard(name: string, withoutHelper: boolean): Promise<PreparedBoard> {
  const path = join(packageRoot(), 'board-configs', `${name}.yaml`);
  const prepared = await prepareBoard(path, { withoutHelper });
  if (!prepared.ok) throw new Failure(prepared.diagnostics);
  return prepared.value;
}

/** Puts the board's bundle into a copy of the root. @param name of the new image, in the folder of the root */
export async function bundleImage(base: string, prepared: PreparedBoard, name: string): Promise<BenchImage> {
  const bundle = await bundleBoard(prepared);
  const image = `${base}.${name}`;
  await installBundle({
    image: base,
    out: image,
    ...bundleRequest(bundle),
    addMountPoints: true,
  });
  return { board: prepared.checked.board, image };
}
