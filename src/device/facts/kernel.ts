/** What /proc says of the kernel and the machine. Pure; any text will do. */
import type { architectures } from '../../board/schema.ts';
import { lines, wholeNumber } from './lines.ts';

/** Names in /proc/filesystems: the last word of each line. */
export function filesystems(text: string): readonly string[] {
  return unique(lines(text).map((line) => line.split(/\s+/).at(-1) ?? ''));
}

/** Names in /proc/modules: the first word of each line. */
export function loadedModules(text: string): readonly string[] {
  return unique(lines(text).map((line) => line.split(/\s+/)[0] ?? ''));
}

/** MemTotal and MemAvailable (since Linux 3.14) in bytes. */
export function memory(text: string): { readonly total: number; readonly available?: number } | undefined {
  const field = (name: string): number | undefined => {
    const kibibytes = wholeNumber(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1]);
    return kibibytes === undefined ? undefined : kibibytes * 1024;
  };
  const total = field('MemTotal');
  const available = field('MemAvailable');
  if (total === undefined) return undefined;
  return { total, ...(available === undefined ? {} : { available }) };
}

/** Seconds in /proc/uptime. */
export function uptime(text: string): number | undefined {
  const seconds = /^(\d{1,12})(?:\.\d+)?\s/.exec(text)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

/** Seconds since 1970 as `date +%s` prints them; a clock can stand before that. */
export function clock(text: string, hostSeconds: number): { seconds: number; ahead: number } | undefined {
  const digits = /^(-?\d{1,12})\n?$/.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const seconds = Number(digits);
  return { seconds, ahead: seconds - Math.round(hostSeconds) };
}

type Architecture = (typeof architectures)[number];

/** e_machine of an ELF header, with its class (32 or 64 bit) and byte order where they make a difference. */
const machines: readonly {
  readonly machine: number;
  readonly bits: 32 | 64;
  readonly bigEndian: boolean;
  readonly arch: Architecture;
}[] = [
  { machine: 62, bits: 64, bigEndian: false, arch: 'x86_64' },
  { machine: 3, bits: 32, bigEndian: false, arch: 'i386' },
  { machine: 183, bits: 64, bigEndian: false, arch: 'aarch64' },
  { machine: 8, bits: 32, bigEndian: true, arch: 'mips' },
  { machine: 8, bits: 32, bigEndian: false, arch: 'mipsel' },
  { machine: 243, bits: 64, bigEndian: false, arch: 'riscv64' },
  { machine: 20, bits: 32, bigEndian: true, arch: 'powerpc' },
];

const arm = 40;
/** EF_ARM_ABI_FLOAT_HARD and EF_ARM_ABI_FLOAT_SOFT of e_flags. */
const hardFloat = 0x400;
const softFloat = 0x200;

/**
 * The architecture of the board's programs, from the header of one of them: what `uname -m` says is the kernel's, and it
 * tells mips from mipsel and armhf from armel on no board.
 */
export function architecture(header: Uint8Array): Architecture | undefined {
  if (header.length < 20 || !startsWith(header, [0x7f, 0x45, 0x4c, 0x46])) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const bits = header[4] === 2 ? 64 : 32;
  const bigEndian = header[5] === 2;
  const machine = view.getUint16(18, !bigEndian);
  if (machine === arm && bits === 32 && !bigEndian && header.length >= 40) {
    const flags = view.getUint32(36, true);
    if ((flags & hardFloat) !== 0) return 'armhf';
    return (flags & softFloat) === 0 ? undefined : 'armel';
  }
  return machines.find((row) => row.machine === machine && row.bits === bits && row.bigEndian === bigEndian)
    ?.arch;
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
