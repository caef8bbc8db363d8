/**
 * The QEMU command line and the kernel command line of a virtual board. Pure: the same spec gives the same words.
 *
 * Always TCG: the lab never opens /dev/kvm, whose quality differs from machine to machine and which a test must not need.
 */
import type { Forward } from '../boot.ts';
import { type Hardware, rowOf } from '../hardware.ts';
import type { BootSettings, FlashCommand } from '../kernel/initramfs.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type Disk, type Storage, storageDevice, type VirtualBoardSpec } from './spec.ts';

/** Where QEMU's pc board has NVDIMM memory as long as its RAM ends below 3 GiB. */
const nvdimmAddress = 0x1_0000_0000;

/** Where the flash of further slots lies: behind any storage that the lab makes. */
const slotsAddress = nvdimmAddress + 0x4000_0000;

/** The name of the whole flash of which our own kernel's mtdparts= cuts the devices. */
const flashName = 'lab-flash';

/** Files that the arguments name. */
export interface BoardFiles {
  /** With a stock kernel, or with the root in memory. */
  readonly initrd?: string;
  /** Path of the socket on which the lab listens for the second serial line. */
  readonly shellSocket: string;
  /** Where the console goes instead of stdout; see consoleArguments(). */
  readonly consoleFile?: string;
}

/** The processor that runs a kernel; our own kernel is built for one. */
export function hardwareOf(kernel: Kernel): Hardware {
  return rowOf(kernel.kind === 'stock' ? kernel.arch : 'x86_64');
}

export function qemuArguments(spec: VirtualBoardSpec, files: BoardFiles): readonly string[] {
  const hardware = hardwareOf(spec.kernel);
  return [
    ...['-no-user-config', '-nodefaults', '-display', 'none', '-no-reboot'],
    ...['-accel', 'tcg', '-cpu', spec.exact ? `${hardware.cpu},-rdrand,-rdseed` : hardware.cpu],
    ...machine(spec, hardware),
    ...consoleArguments(files),
    ...shellArguments(files, hardware),
    ...disksOf(spec).flatMap(diskArguments),
    ...networkArguments(spec.forwards),
    ...['-kernel', spec.kernel.vmlinux],
    ...(files.initrd === undefined ? [] : ['-initrd', files.initrd]),
    ...['-append', kernelWords(spec).map(quoteWord).join(' ')],
    ...exactness(spec),
  ];
}

/**
 * A reader that is slow for a moment makes QEMU's serial line busy and the guest wait for it, which costs instructions.
 * Where those are counted the console goes to a file, which is never busy; it cannot be typed on then.
 */
function consoleArguments({ consoleFile }: BoardFiles): readonly string[] {
  const chardev =
    consoleFile === undefined
      ? 'stdio,id=console,signal=off'
      : `file,id=console,path=${listValue(consoleFile)}`;
  return ['-chardev', chardev, '-serial', 'chardev:console'];
}

function shellArguments({ shellSocket }: BoardFiles, { shellCard }: Hardware): readonly string[] {
  const line = ['-chardev', `socket,id=shell,path=${listValue(shellSocket)}`];
  return [
    ...line,
    ...(shellCard === undefined ? ['-serial', 'chardev:shell'] : ['-device', `${shellCard},chardev=shell`]),
  ];
}

/** What the initramfs does on a stock kernel in place of the kernel's own words. */
export function initramfsSettings(spec: VirtualBoardSpec): Omit<BootSettings, 'modules' | 'rootInMemory'> {
  return {
    rootDevice: spec.exact ? '/dev/loop0' : (spec.rootDevice ?? '/dev/vda'),
    rootType: spec.root.type,
    init: spec.init,
    flash: [...flashCommands(spec), ...slotCommands(spec)],
    links: spec.links,
  };
}

/** Words for the kernel, unquoted. Those that it does not know become the environment of PID 1. */
export function kernelWords(spec: VirtualBoardSpec): readonly string[] {
  const { console, shell } = hardwareOf(spec.kernel);
  return [
    `console=${console}`,
    'panic=-1',
    'reboot=t',
    `labshell=${shell}`,
    `init=${spec.init}`,
    ...(spec.kernel.kind === 'own' ? ownKernelWords(spec) : ['quiet']),
    // On a machine that is busy the kernel's look at the timer finds none in time, and it panics.
    ...(spec.exact ? ['nokaslr', 'norandmaps'] : ['random.trust_cpu=on', 'no_timer_check']),
    ...spec.words,
  ];
}

function ownKernelWords(spec: VirtualBoardSpec): readonly string[] {
  const root = [`root=${spec.exact ? '/dev/ram0' : '/dev/vda'}`, `rootfstype=${spec.root.type}`, 'ro'];
  const { storage } = spec;
  if (storage.kind !== 'flash') return root;
  const whole =
    storage.medium === 'nor'
      ? `phram.phram=${flashName},${hex(nvdimmAddress)},${storage.bytes},${storage.eraseBlockBytes}`
      : `block2mtd.block2mtd=${storageDevice(spec.exact !== undefined)},${storage.eraseBlockBytes},${flashName}`;
  return [...root, whole, `mtdparts=${flashName}:${partitions(storage).join(',')}`];
}

/** Partitions may overlap; the windows before the storage only take the numbers below its own. */
function partitions(storage: Extract<Storage, { kind: 'flash' }>): readonly string[] {
  const windows = Array.from(
    { length: storage.number },
    (_, index) => `${storage.eraseBlockBytes}@0(lab${index})ro`,
  );
  return [...windows, `${storage.bytes}@0(${storage.name})`];
}

/** Debian's kernels have no mtdparts=: each MTD device is asked for by itself. */
function flashCommands(spec: VirtualBoardSpec): readonly FlashCommand[] {
  const { storage } = spec;
  if (storage.kind !== 'flash') return [];
  if (storage.medium === 'block2mtd') {
    const parameters = `${storageDevice(spec.exact !== undefined)},${storage.eraseBlockBytes},${storage.name}`;
    return [{ driver: 'block2mtd', parameters }];
  }
  const phram = (name: string, bytes: number): FlashCommand => ({
    driver: 'phram',
    parameters: `${name},${hex(nvdimmAddress)},${bytes},${storage.eraseBlockBytes}`,
  });
  const windows = Array.from({ length: storage.number }, (_, index) =>
    phram(`lab${index}`, storage.eraseBlockBytes),
  );
  return [...windows, phram(storage.name, storage.bytes)];
}

function slotCommands({ flashSlots }: VirtualBoardSpec): readonly FlashCommand[] {
  let at = slotsAddress;
  return (flashSlots?.slots ?? []).map(({ name, bytes }) => {
    const parameters = `${name},${hex(at)},${bytes},${flashSlots?.eraseBlockBytes}`;
    at += bytes;
    return { driver: 'phram', parameters };
  });
}

function machine(spec: VirtualBoardSpec, hardware: Hardware): readonly string[] {
  const { storage, flashSlots } = spec;
  const nor = storage.kind === 'flash' && storage.medium === 'nor';
  if (!nor && flashSlots === undefined) return ['-M', hardware.machine, '-m', `${spec.memoryMiB}M`];
  const slotBytes = flashSlots?.slots.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
  return [
    ...['-M', `${hardware.machine},nvdimm=on`, '-m', `${spec.memoryMiB}M,slots=2,maxmem=4G`],
    ...(nor ? nvdimm('flash', storage.image, storage.bytes, nvdimmAddress) : []),
    ...(flashSlots === undefined ? [] : nvdimm('slots', flashSlots.image, slotBytes, slotsAddress)),
  ];
}

/** Memory that is a file: what the board writes stays in it. */
function nvdimm(id: string, image: string, bytes: number, address: number): readonly string[] {
  const backend = `memory-backend-file,id=${id},share=on,mem-path=${listValue(image)},size=${bytes}`;
  return ['-object', backend, '-device', `nvdimm,memdev=${id},addr=${hex(address)}`];
}

function disksOf(spec: VirtualBoardSpec): readonly Disk[] {
  const onDisk =
    spec.storage.kind === 'disk' || (spec.storage.kind === 'flash' && spec.storage.medium === 'block2mtd');
  return [
    ...(spec.exact ? [] : [{ image: spec.root.image, readOnly: spec.root.writable !== true }]),
    ...(onDisk ? [{ ...spec.storage, readOnly: false }] : []),
    ...spec.disks,
  ];
}

function diskArguments(disk: Disk): readonly string[] {
  if (disk.writeLog !== undefined) return loggedDiskArguments(disk.image, disk.writeLog);
  const readOnly = disk.readOnly ? 'on' : 'off';
  return ['-drive', `if=virtio,format=raw,readonly=${readOnly},file=${listValue(disk.image)}`];
}

/**
 * A disk with a volatile cache, of which every write is logged. Devices named by themselves come before the drives unless
 * they have a later address on the bus: this disk has to stay behind the root.
 */
function loggedDiskArguments(image: string, writeLog: string): readonly string[] {
  const blockdev = {
    driver: 'blklogwrites',
    'node-name': 'logged',
    file: { driver: 'file', filename: image },
    log: { driver: 'file', filename: writeLog },
  };
  const device = 'virtio-blk-pci,drive=logged,write-cache=on,addr=0x1e';
  return ['-blockdev', JSON.stringify(blockdev), '-device', device];
}

/**
 * A network of two: the board at 10.0.2.15, and QEMU, which hands on what comes in at loopback. `restrict` lets nothing out.
 * Without `romfile` the card would bring code for booting from a network.
 */
function networkArguments(forwards: readonly Forward[]): readonly string[] {
  if (forwards.length === 0) return [];
  const rules = forwards.map(
    ({ hostPort, boardPort }) => `hostfwd=tcp:127.0.0.1:${hostPort}-10.0.2.15:${boardPort}`,
  );
  return [
    ...['-netdev', ['user', 'id=net', 'restrict=on', ...rules].join(',')],
    ...['-device', 'virtio-net-pci,netdev=net,romfile='],
  ];
}

function exactness(spec: VirtualBoardSpec): readonly string[] {
  if (spec.exact === undefined) return [];
  return [
    ...['-icount', 'shift=0,sleep=off'],
    ...['-rtc', 'base=2026-01-01,clock=vm'],
    ...['-seed', String(spec.exact.seed)],
  ];
}

/** In QEMU's option lists a comma ends a value unless it is doubled. */
function listValue(value: string): string {
  return value.replaceAll(',', ',,');
}

/** The kernel splits its words at spaces outside of double quotes, and knows no way to write a double quote. */
function quoteWord(word: string): string {
  if (/["\0\r\n]/.test(word)) throw new Error(`not a word for the kernel: ${JSON.stringify(word)}`);
  return /\s/.test(word) ? `"${word}"` : word;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
