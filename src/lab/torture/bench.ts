/**
 * The bench: one board with its root, kernel and storage, started as often as it takes. At most one board of a bench runs
 * at a time.
 */
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Board } from '../../board/schema.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { ownKernel } from '../kernel/own.ts';
import { stockKernel } from '../kernel/stock.ts';
import { virtualBoardSpec } from '../qemu/from-board.ts';
import type { VirtualBoardSpec } from '../qemu/spec.ts';
import { startBoard } from '../qemu/start-board.ts';
import type { VirtualBoard } from '../qemu/virtual-board.ts';
import { cannot, type StorageNeed, storageNeed } from '../storage.ts';
import { loadFolder } from './tree.ts';
import type { UnionKind } from './upgrade-edits.ts';

/** Machines whose storage can be cut truly. */
export type TortureMachine = 'qemu' | 'qemu-own-kernel';

export interface BenchOptions {
  readonly board: Board;
  /** Root image with the board's bundle and the load's files in it. */
  readonly rootImage: string;
  /** Another root image of the same board, for upgrades. */
  readonly nextRootImage?: string;
  readonly machine: TortureMachine;
  /** A folder for copies, emptied by whoever made it. */
  readonly folder: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

/** Storage that keeps something. */
export type KeptStorage = Exclude<StorageNeed, { kind: 'none' } | { kind: 'f2fs' }>;

/** A session takes a minute or two on a busy machine; a board that hangs must not take for ever. */
const lifetimeMs = 600_000;
const memoryMiB = 128;

/** Longest wait for a board to come up or for one command, in milliseconds. */
export const patienceMs = 120_000;

export class Bench {
  readonly storage: KeptStorage;
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
  /** What the board file says of generations. */
  readonly generations: { readonly attempts: number; readonly most: number };
  readonly union: UnionKind;
  /** Paths below the load's folder that a factory reset keeps. */
  readonly keep: readonly string[];
  readonly #options: BenchOptions;
  readonly #kernel: Kernel;

  /** @throws Failure OVL412 for a board without storage, or which one cut may take it from, OVL406 and OVL407 when there is no kernel */
  static async open(options: BenchOptions): Promise<Bench> {
    const storage = storageNeed(options.board);
    if (storage.kind === 'none')
      throw cannot('power cuts with tmpfs storage', 'nothing of it is to be there after one');
    if (storage.kind === 'f2fs')
      throw cannot('power cuts with f2fs storage', 'only JFFS2 and ext4 have a model of what a cut leaves');
    if (options.board.generations.attempts < 2)
      throw cannot(
        'power cuts with generations.attempts: 1',
        'one cut before the first confirmation is to give the storage up then',
      );
    const { machine, signal, onProgress } = options;
    const kernel = await (machine === 'qemu' ? stockKernel : ownKernel)({
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    return new Bench(options, storage, kernel);
  }

  private constructor(options: BenchOptions, storage: KeptStorage, kernel: Kernel) {
    this.#options = options;
    this.#kernel = kernel;
    this.storage = storage;
    this.folder = options.folder;
    this.signal = options.signal;
    this.generations = options.board.generations;
    this.union = { follows: followsBase(options.board), exchanges: storage.kind !== 'jffs2' };
    this.keep = options.board.keep.flatMap((path) =>
      path.startsWith(`${loadFolder}/`) ? [path.slice(loadFolder.length + 1)] : [],
    );
  }

  /** The same board with the next root image. @throws RangeError where there is none */
  upgraded(): Bench {
    const { nextRootImage } = this.#options;
    if (nextRootImage === undefined) throw new RangeError('an upgrade needs a root image to upgrade to');
    return new Bench({ ...this.#options, rootImage: nextRootImage }, this.storage, this.#kernel);
  }

  /**
   * The board on this storage.
   * @param writeLog where every write to a disk is logged
   * @param words further words of the kernel command line
   */
  async start(image: string, writeLog?: string, words: readonly string[] = []): Promise<VirtualBoard> {
    const spec = { ...this.#spec(image), words };
    if (writeLog === undefined || spec.storage.kind !== 'disk') return this.#run(spec);
    await writeFile(writeLog, '');
    return this.#run({ ...spec, storage: { ...spec.storage, writeLog } });
  }

  /**
   * A board that boots nothing of overlaykit's: the plain init on the read-only root, to look at copies of storage that
   * lie one behind the other in the file `tray`.
   */
  async startChecking(tray: string): Promise<VirtualBoard> {
    const spec = this.#spec(tray);
    const plain = { ...spec, init: '/sbin/init' };
    if (spec.storage.kind !== 'flash') return this.#run(plain);
    const window = { ...spec.storage, number: 0, name: 'tray', bytes: spec.storage.bytes };
    return this.#run({ ...plain, storage: { ...window, bytes: trayBytes(this.storage) } });
  }

  /** An empty tray, all zeros. */
  async makeTray(name: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, '');
    await truncate(path, trayBytes(this.storage));
    return path;
  }

  #spec(image: string): VirtualBoardSpec {
    const { board, rootImage, machine } = this.#options;
    return virtualBoardSpec({ board, rootImage, machine, memoryMiB }, this.#kernel, this.storage, image);
  }

  #run(spec: VirtualBoardSpec): Promise<VirtualBoard> {
    return startBoard(spec, { lifetimeMs, ...(this.signal === undefined ? {} : { signal: this.signal }) });
  }
}

/** Whether overlayfs notes more than paths in the upper of the board. */
function followsBase({ union }: Board): boolean {
  return ['index', 'metacopy', 'redirect_dir', 'nfs_export', 'xino'].some(
    (name) => union.options[name] === 'on',
  );
}

const most = { copies: 32, bytes: 256 * 1024 ** 2 } as const;

/** How many copies of the storage one tray holds. */
export function traySlots({ bytes }: KeptStorage): number {
  return Math.max(1, Math.min(most.copies, Math.floor(most.bytes / bytes)));
}

function trayBytes(storage: KeptStorage): number {
  return traySlots(storage) * storage.bytes;
}
