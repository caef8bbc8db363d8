/**
 * Disks that a PC boots by itself: a partition with an ext4 root, and a real boot loader out of Debian's packages before it, which finds
 * its configuration, the kernel and the initramfs in that root. Nothing is installed on this machine.
 */
import {
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import type { Board } from '../../src/board/schema.ts';
import { packagesFor } from '../../src/lab/foreign.ts';
import type { Boot, Forward } from '../../src/lab/index.ts';
import { buildInitramfs, settingsArchive } from '../../src/lab/kernel/initramfs.ts';
import type { StockKernel } from '../../src/lab/kernel/kernel.ts';
import { stockKernel } from '../../src/lab/kernel/stock.ts';
import { kernelWords, qemuArguments } from '../../src/lab/qemu/arguments.ts';
import { modulesFor } from '../../src/lab/qemu/modules.ts';
import type { VirtualBoardSpec } from '../../src/lab/qemu/spec.ts';
import { VirtualBoard } from '../../src/lab/qemu/virtual-board.ts';
import { busyboxTree } from '../../src/lab/roots/busybox.ts';
import { file, type RootFile } from '../../src/lab/roots/root-file.ts';
import { rootTar } from '../../src/lab/roots/root-tar.ts';
import { provideStorage, storageNeed } from '../../src/lab/storage.ts';
import { downloadDebianPackage, unpackDebianPackage } from '../../src/system/apt.ts';
import { cached } from '../../src/system/cache.ts';
import { runTool } from '../../src/system/process.ts';
import { requireTool } from '../../src/system/tools.ts';

const sector = 512;
/** Where the partition begins, in sectors: what is before it is the boot loader's. */
const gap = 2048;
const partitionBytes = 96 << 20;

/** A boot loader on a disk: what it has before the partition, and what it brings into the root. */
export interface DiskLoader {
  /** The first sector's code; its partition table is put in. */
  readonly bootSector: Uint8Array;
  /** From the second sector on. */
  readonly core?: Uint8Array;
  /** What is done to the partition. @param image of it */
  readonly install?: (image: string) => Promise<void>;
}

/** The trees of some of Debian's packages, laid over each other. */
export async function packageTree(key: string, names: readonly string[]): Promise<string> {
  return cached(join('programs', 'amd64', key), async (work) => {
    for (const name of names)
      await unpackDebianPackage(await downloadDebianPackage(name, packagesFor('amd64')), work);
  });
}

/** What a disk board is made of and played by. */
export class LoaderDisk {
  readonly image: string;
  readonly #folder: string;
  readonly #storage: string;
  readonly #kernel: StockKernel;

  /** @param files of the root, beside the lab's userland, the kernel and the initramfs in /boot */
  static async make(
    folder: string,
    board: Board,
    loader: DiskLoader,
    files: (words: readonly string[], kernel: StockKernel) => Promise<readonly RootFile[]>,
  ): Promise<LoaderDisk> {
    const kernel = await stockKernel();
    const disk = new LoaderDisk(folder, kernel);
    await provideStorage(storageNeed(board), disk.#storage);
    const tree = await busyboxTree({
      samples: false,
      files: [...(await disk.#kernelFiles()), ...(await files(disk.#words(), kernel))],
    });
    await disk.#write(loader, tree);
    return disk;
  }

  private constructor(folder: string, kernel: StockKernel) {
    this.#folder = folder;
    this.#kernel = kernel;
    this.image = join(folder, 'disk.img');
    this.#storage = join(folder, 'storage.img');
  }

  /** Words that a virtual board's kernel needs, whoever says them. */
  #words(): readonly string[] {
    return kernelWords(this.#spec([])).filter((word) => !word.startsWith('init='));
  }

  /** Text of a file of the root, as a boot loader reads it: without the journal. */
  async read(path: string): Promise<string> {
    const image = `${this.image}?offset=${gap * sector}`;
    const { stdout } = await execa(requireTool('debugfs'), ['-R', `cat ${path}`, image], {
      stripFinalNewline: false,
    });
    return stdout;
  }

  /**
   * Switches the board on: its firmware, its boot loader, its kernel.
   * @param firmware words of QEMU's command line where it is another than QEMU's own
   */
  async boot(forwards: readonly Forward[], firmware: readonly string[] = []): Promise<Boot> {
    const own = await mkdtemp(join(tmpdir(), 'ovl-disk-board-'));
    const shellSocket = join(own, 'shell');
    const all = qemuArguments(this.#spec(forwards), { shellSocket });
    const given = ['-kernel', '-initrd', '-append'];
    const args = all.filter((word, at) => !given.includes(word) && !given.includes(all[at - 1] ?? ''));
    return VirtualBoard.start({
      machine: 'qemu',
      command: [requireTool('qemu-system-x86_64'), ...args, ...firmware],
      shellSocket,
      life: { lifetimeMs: 600_000 },
      tidy: () => rm(own, { recursive: true, force: true }),
    });
  }

  #spec(forwards: readonly Forward[]): VirtualBoardSpec {
    return {
      kernel: this.#kernel,
      root: { image: this.image, type: 'ext4', writable: true },
      storage: { kind: 'disk', image: this.#storage, fstype: 'ext4' },
      init: '',
      words: [],
      memoryMiB: 256,
      links: [],
      disks: [],
      forwards,
    };
  }

  async #kernelFiles(): Promise<readonly RootFile[]> {
    const { version } = this.#kernel;
    const folder = await cached(join('kernel', `vmlinuz-${version}`), async (work) => {
      const tree = join(work, 'tree');
      const deb = await downloadDebianPackage(`linux-image-${version}-unsigned`, packagesFor('amd64'));
      await unpackDebianPackage(deb, tree);
      await copyFile(join(tree, 'boot', `vmlinuz-${version}`), join(work, 'vmlinuz'));
      await rm(tree, { recursive: true });
    });
    const modules = modulesFor(this.#spec([{ hostPort: 0, boardPort: 0 }]));
    const base = await buildInitramfs({ kernel: this.#kernel, modules });
    const settings = {
      rootDevice: '',
      rootType: 'ext4',
      init: '',
      flash: [],
      links: [],
      modules: base.loadOrder,
    };
    // Packed: mkfs makes holes of blocks of zeros, which no installed file has, and which extlinux does not read.
    const initrd = gzipSync(Buffer.concat([await readFile(base.file), settingsArchive(settings)]), {
      level: 1,
    });
    return [
      file(`/boot/vmlinuz-${version}`, await readFile(join(folder, 'vmlinuz'))),
      file(`/boot/initrd.img-${version}`, initrd),
    ];
  }

  async #write(
    { bootSector, core = new Uint8Array(), install }: DiskLoader,
    tree: readonly RootFile[],
  ): Promise<void> {
    const [root, part] = [join(this.#folder, 'tree'), join(this.#folder, 'part.img')];
    await mkdir(root);
    await runTool('tar', ['-x', '-p', '-C', root], { input: await rootTar(tree) });
    await writeFile(part, '');
    await truncate(part, partitionBytes);
    await runTool('mkfs.ext4', ['-q', '-b', '4096', '-O', `none,${features.join(',')}`, '-d', root, part]);
    await rm(root, { recursive: true });
    await install?.(part);
    const disk = await open(this.image, 'w');
    try {
      await disk.truncate(gap * sector + partitionBytes);
      await disk.write(withPartition(bootSector), 0, sector, 0);
      if (core.length > (gap - 1) * sector)
        throw new Error('the boot loader does not fit before the partition');
      await disk.write(core, 0, core.length, sector);
      const bytes = await readFile(part);
      await disk.write(bytes, 0, bytes.length, gap * sector);
    } finally {
      await disk.close();
    }
    await rm(part);
  }
}

/** Those of ext4 that every boot loader of bookworm reads. */
const features = [
  'has_journal',
  'extent',
  'filetype',
  'sparse_super',
  'large_file',
  'resize_inode',
  'dir_index',
];

/** One partition with Linux in it, which boots. */
function withPartition(code: Uint8Array): Buffer {
  const first = Buffer.alloc(sector);
  first.set(code.subarray(0, 440));
  first.set([0x80, 0, 2, 0, 0x83, 0xfe, 0xff, 0xff], 446);
  first.writeUInt32LE(gap, 454);
  first.writeUInt32LE(partitionBytes / sector, 458);
  first.set([0x55, 0xaa], 510);
  return first;
}

/** All files of a folder, with the modes that they have there. */
export async function filesOf(folder: string, at: string): Promise<readonly RootFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const read = async (name: string): Promise<RootFile> => {
    const path = join(folder, name);
    return file(`${at}/${name}`, await readFile(path), (await stat(path)).mode & 0o777);
  };
  return Promise.all(entries.filter((entry) => entry.isFile()).map(({ name }) => read(name)));
}
