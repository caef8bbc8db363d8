/**
 * Starts a virtual board in QEMU.
 *
 * In: a VirtualBoardSpec. Out: a running VirtualBoard, which owns a temporary folder (initrd, socket) and removes it.
 */
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireTool } from '../../system/tools.ts';
import type { ShellPlace } from '../boot.ts';
import { buildInitramfs, settingsArchive } from '../kernel/initramfs.ts';
import type { StockKernel } from '../kernel/kernel.ts';
import type { LifeOptions } from '../life.ts';
import { hardwareOf, initramfsSettings, qemuArguments } from './arguments.ts';
import { modulesFor } from './modules.ts';
import type { VirtualBoardSpec } from './spec.ts';
import { VirtualBoard } from './virtual-board.ts';

export interface StartOptions extends LifeOptions {
  readonly shell?: ShellPlace;
  /** Done when the board has ended, before `exited` settles; also when it cannot be started. */
  readonly tidy?: () => Promise<void>;
}

/**
 * Starts the board and returns at once; what it says comes later.
 * @throws Failure OVL401 without QEMU, OVL407 when the kernel lacks a module that the board needs
 */
export async function startBoard(spec: VirtualBoardSpec, options: StartOptions = {}): Promise<VirtualBoard> {
  options.signal?.throwIfAborted();
  const qemu = requireTool(hardwareOf(spec.kernel).qemu);
  const folder = await mkdtemp(join(tmpdir(), 'overlaykit-board-'));
  const tidy = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    await options.tidy?.();
  };
  try {
    const initrd = await writeInitrd(spec, folder);
    const shellSocket = join(folder, 'shell');
    const files = {
      shellSocket,
      ...(initrd === undefined ? {} : { initrd }),
      ...(spec.exact === undefined ? {} : { consoleFile: join(folder, 'console') }),
    };
    return await VirtualBoard.start({
      machine: spec.kernel.kind === 'stock' ? 'qemu' : 'qemu-own-kernel',
      command: [qemu, ...qemuArguments(spec, files)],
      ...files,
      ...(options.shell === undefined ? {} : { shell: options.shell }),
      life: options,
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
