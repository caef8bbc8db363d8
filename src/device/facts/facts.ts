/**
 * Facts: what is known of a board, each fact with its value or with the reason why there is none. One schema gives the type,
 * the reader of recorded facts, and what `ovl probe --json` prints.
 *
 * In: the words of the probing script (read.ts) or a recorded file (recorded.ts). Out: a value that is the same for every
 * board. A board is hostile: its words are data, and are made visible before anybody sees them.
 */
import * as z from 'zod';
import { architectures } from '../../board/schema.ts';

export const factsSchemaName = 'overlaykit.facts/1';

/** A value, or why it is not known. */
export type Fact<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'unknown'; readonly because: string };

export function known<T>(value: T): Fact<T> {
  return { kind: 'known', value };
}

export function unknown(because: string): Fact<never> {
  return { kind: 'unknown', because };
}

/** The value, or undefined where there is none. */
export function knownValue<T>(fact: Fact<T>): T | undefined {
  return fact.kind === 'known' ? fact.value : undefined;
}

function fact<T extends z.ZodType>(value: T) {
  return z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('known'), value }),
    z.strictObject({ kind: z.literal('unknown'), because: z.string() }),
  ]);
}

const text = z.string();
const names = z.array(text);
const count = z.number().min(0);

const mtd = z.strictObject({
  number: count,
  name: text,
  /** Bytes. */
  size: count,
  /** Bytes. */
  eraseBlock: count,
  /** As /sys/class/mtd says it: nor, nand, ram, ... */
  type: text.optional(),
});

const room = z.strictObject({
  /** Bytes. */
  size: count,
  /** Bytes that root can still write. */
  free: count,
  /** Absent where the file system counts none, or nobody could be asked. */
  inodes: count.optional(),
  freeInodes: count.optional(),
});

const mount = z.strictObject({
  target: text,
  fstype: text,
  source: text,
  options: names,
  superOptions: names,
  /** Whether something else has been mounted over the same place since. */
  hidden: z.boolean(),
  room: room.optional(),
});

/** What stands at a path: `directory` is one with something in it. */
export const pathKinds = ['empty', 'directory', 'executable', 'other', 'dangling', 'absent'] as const;

export const initSystems = ['systemd', 'procd', 'busybox', 'sysvinit', 'openrc', 'other'] as const;

export const factsSchema = z.strictObject({
  schema: z.literal(factsSchemaName),
  kernel: z.strictObject({
    /** As uname -r prints it. */
    release: fact(text),
    banner: fact(text),
    cmdline: fact(text),
    /** The names in /proc/filesystems. */
    filesystems: fact(names),
    loaded: fact(names),
    /** Drivers of file systems that are there as modules. */
    modules: fact(names),
  }),
  machine: z.strictObject({
    /** As uname -m prints it. */
    name: fact(text),
    arch: fact(z.enum(architectures)),
    model: fact(text),
    compatible: fact(names),
    /** Bytes. */
    memory: fact(z.strictObject({ total: count, available: count.optional() })),
    /** Seconds since 1970, and how far that is ahead of this machine's clock (negative: behind). */
    clock: fact(z.strictObject({ seconds: z.number(), ahead: z.number() })),
    /** Seconds since the kernel started. */
    uptime: fact(count),
  }),
  os: fact(z.strictObject({ id: text.optional(), name: text.optional(), version: text.optional() })),
  /** The numeric user that commands run as. */
  user: fact(count),
  storage: z.strictObject({
    mtd: fact(z.array(mtd)),
    /** Of block devices, without /dev/; sizes in bytes. */
    partitions: fact(z.array(z.strictObject({ name: text, size: count }))),
    /** What blkid finds on block devices. */
    labels: fact(
      z.array(
        z.strictObject({
          device: text,
          label: text.optional(),
          uuid: text.optional(),
          type: text.optional(),
        }),
      ),
    ),
    mounts: fact(z.array(mount)),
  }),
  programs: z.strictObject({
    /** Of those that were asked for: with its path, or without one where the shell has it built in. */
    found: fact(z.array(z.strictObject({ name: text, path: text.optional() }))),
    /** What `busybox --list` prints. */
    busybox: fact(names),
  }),
  /** The paths that were asked for. */
  paths: fact(z.array(z.strictObject({ path: text, kind: z.enum(pathKinds) }))),
  init: fact(
    z.strictObject({ name: text.optional(), program: text.optional(), system: z.enum(initSystems) }),
  ),
  boot: z.strictObject({
    /** Files of boot loaders that are there. */
    files: fact(names),
    extlinux: fact(text),
    cmdlineTxt: fact(text),
    /** The variables of U-Boot's environment that say how it boots; others may be secret and are not kept. */
    environment: fact(z.record(text, text)),
  }),
  overlaykit: z.strictObject({
    /** This boot, as /run/overlaykit/status.json has it. */
    status: fact(z.strictObject({ rung: text, plan: text, board: text, generation: text })),
    manifest: fact(z.strictObject({ board: text, planDigest: text, overlaykit: text, sha256: text })),
    /** What `overlay_helper version` prints. */
    helper: fact(text),
  }),
  /** What a union on the storage can do, tried on a directory of it. */
  scratch: fact(z.array(z.strictObject({ name: text, works: z.boolean(), said: text.optional() }))),
});

type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

export type Facts = DeepReadonly<z.output<typeof factsSchema>>;
type ValueOf<F> = F extends { readonly kind: 'known'; readonly value: infer V } ? V : never;
export type MtdPartition = ValueOf<Facts['storage']['mtd']>[number];
export type Mount = ValueOf<Facts['storage']['mounts']>[number];
export type Room = NonNullable<Mount['room']>;
export type PathKind = (typeof pathKinds)[number];
export type InitSystem = (typeof initSystems)[number];
