/**
 * Starts a virtual board in QEMU.
 *
 * In: a VirtualBoardSpec. Out: a running VirtualBoard, which owns a temporary folder (initrd, socket) and removes it.
 */
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireTool } from '../../system/tools.ts';
import { buildInitramfs, settingsArchive } from '../kernel/initramfs.ts';
import type { StockKernel } from '../kernel/kernel.ts';
import { initramfsSettings, qemuArguments } from './arguments.ts';
import { modulesFor } from './modules.ts';
import type { VirtualBoardSpec } from './spec.ts';
import { VirtualBoard } from './virtual-board.ts';

/** How long a board may run in all, in milliseconds, when nobody says otherwise. */
export const defaultLifetimeMs = 180_000;

export interface StartOptions {
  /** Longest life of the board in milliseconds; then its power is cut. */
  readonly lifetimeMs?: number;
  /** Cuts the power when it is aborted. */
  readonly signal?: AbortSignal;
  /** Done when the board has ended, before `exited` settles; also when it cannot be started. */
  readonly tidy?: () => Promise<void>;
}

/**
 * Starts the board and returns at once; what it says comes later.
 * @throws Failure OVL401 without QEMU, OVL407 when the kernel lacks a module that the board needs
 */
export async function startBoard(spec: VirtualBoardSpec, options: StartOptions = {}): Promise<VirtualBoard> {
  options.signal?.throwIfAborted();
  const qemu = requireTool('qemu-system-x86_64');
  const folder = await mkdtemp(join(tmpdir(), 'overlaykit-board-'));
  const tidy = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    await options.tidy?.();
  };
  try {
    const initrd = await writeInitrd(spec, folder);
    const shellSocket = join(folder, 'shell');
    const files = { shellSocket, ...(initrd === undefined ? {} : { initrd }) };
    return await VirtualBoard.start({
      machine: spec.kernel.kind === 'stock' ? 'qemu' : 'qemu-own-kernel',
      command: [qemu, ...qemuArguments(spec, files)],
      shellSocket,
      lifetimeMs: options.lifetimeMs ?? defaultLifetimeMs,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      tidy,
    });
  } catch (error) {
    await tidy();
    throw error;
  }
}

/** A stock kernel needs its modules; any kernel gets a root that is to lie in memory this way. */
async function writeInitrd(spec: VirtualBoardSpec, folder: string): Promise<string | undefined> {
  const file = join(folder, 'initrd');
  if (spec.kernel.kind === 'stock') {
    await writeStockInitrd(spec, spec.kernel, file);
    return file;
  }
  if (spec.exact === undefined) return undefined;
  await copyFile(spec.root.image, file);
  return file;
}

async function writeStockInitrd(spec: VirtualBoardSpec, kernel: StockKernel, file: string): Promise<void> {
  const base = await buildInitramfs({ kernel, modules: modulesFor(spec) });
  const rootInMemory = spec.exact ? { rootInMemory: await readFile(spec.root.image) } : {};
  const settings = { ...initramfsSettings(spec), ...rootInMemory, modules: base.loadOrder };
  await writeFile(file, Buffer.concat([await readFile(base.file), settingsArchive(settings)]));
}
