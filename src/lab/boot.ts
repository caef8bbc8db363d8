/**
 * The Boot port: one run of a virtual board, from power-on to its end, whatever plays the board: QEMU with a stock or our
 * own kernel, user-mode Linux, or a namespace sandbox on this machine's kernel.
 *
 * In: nothing. Out: the types that every machine implements and that tests and `ovl lab` use. Imports nothing but
 * types.
 */
import type { Board } from '../board/schema.ts';
import type { MountEntry } from './mountinfo.ts';

/** What plays the board. */
export const machines = ['qemu', 'qemu-own-kernel', 'uml', 'sandbox'] as const;
export type Machine = (typeof machines)[number];

/** Bounds of one wait. Without `timeoutMs` the machine's default applies; nothing waits without a bound. */
export interface Deadline {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What a command on the board printed (stdout and stderr as they came, line ends as LF) and its exit code. */
export interface CommandResult {
  readonly output: string;
  readonly exitCode: number;
}

/**
 * How a run of the board ended.
 * `off`: the board ended by itself: powered off, rebooted (boards never come back by themselves) or PID 1 exited.
 * `cut`: the power was cut by cut().
 * `failed`: the machine under it broke; `message` has what it said.
 */
export type Ending =
  | { readonly kind: 'off' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'failed'; readonly message: string };

/** One run of a virtual board. It has a life: it always ends, at the latest at its own deadline or with our process. */
export interface Boot {
  readonly machine: Machine;

  /** Everything the console has said so far, line ends as LF. */
  readonly console: string;

  /** Settles, never rejects, when the board has ended and nothing of it is left on this machine. */
  readonly exited: Promise<Ending>;

  /**
   * Waits until the console has said `pattern`, now or earlier, and gives the match.
   * @throws Failure OVL410 when the deadline passes, OVL411 when the board ends first
   */
  waitFor(pattern: RegExp | string, deadline?: Deadline): Promise<RegExpMatchArray>;

  /** Types one line on the console. */
  send(line: string): void;

  /**
   * Runs a POSIX sh command in the booted board (after its init has started) and waits for it. Each command has its own
   * subshell: `cd` and variables do not outlive it.
   * @throws Failure OVL410 when the deadline passes, OVL411 when the board ends first
   */
  run(command: string, deadline?: Deadline): Promise<CommandResult>;

  /** The mount table as a process of the booted board sees it, in the order of mounting. */
  mountTable(deadline?: Deadline): Promise<readonly MountEntry[]>;

  /** Cuts the power at once: nothing is synced, nothing is told. Does nothing when the board has ended. */
  cut(): Promise<Ending>;

  /** Shuts the board down in order (sync, `poweroff -f`) and waits for its end; cuts the power when that takes too long. */
  poweroff(deadline?: Deadline): Promise<Ending>;
}

/** A TCP port of the board, reached at a port of this machine's loopback. */
export interface Forward {
  readonly hostPort: number;
  readonly boardPort: number;
}

/** MTD partitions that lie behind each other in one file; they are numbered on from the storage's. */
export interface FlashSlots {
  readonly image: string;
  readonly eraseBlockBytes: number;
  readonly slots: readonly { readonly name: string; readonly bytes: number }[];
}

/** See BootRequest.shell. */
export type ShellPlace = 'lab' | 'console';

/** What bootBoard() is asked for. */
export interface BootRequest {
  readonly board: Board;
  /** Path of the root image of the type that the board names, with overlay_init in it. */
  readonly rootImage: string;
  readonly machine: Machine;
  /**
   * Whether the board can write to its root's device (QEMU only), as boards with a root on an SD card can. It is mounted
   * read-only all the same, as the kernel does at first; what the board writes stays in the image.
   */
  readonly rootWritable?: boolean;
  /**
   * The device that is mounted as the root where it is not the first disk, as a boot loader says with root= (the stock kernel in QEMU
   * only): a slot of the flash, a further disk.
   */
  readonly rootDevice?: string;
  /** Images of further disks that the board can write to, behind the root and the storage (QEMU only): /dev/vdb, /dev/vdc, ... */
  readonly disks?: readonly string[];
  /** Flash that keeps its content in a file, beside the storage's (the stock kernel in QEMU only). */
  readonly flashSlots?: FlashSlots;
  /**
   * Path of the storage's image, which keeps what the board writes from boot to boot; made blank where there is none
   * yet. Without it every boot has blank storage.
   */
  readonly storageImage?: string;
  /** Further words of the kernel command line, such as "overlaykit=reset". */
  readonly cmdline?: readonly string[];
  /** What the kernel executes; the default is /sbin/overlay_init. */
  readonly init?: string;
  /** Memory of the board in MiB. */
  readonly memoryMiB?: number;
  /**
   * Where run() finds its shell: on the lab shell's own line, which a root has to start (labshell.ts), or on the console,
   * for any root with a shell there; kernel messages may come in between then. The default is `lab`.
   */
  readonly shell?: ShellPlace;
  /**
   * Gives the board a network of its own (QEMU only): it reaches nothing, and is reached at these ports. QEMU takes a
   * connection before the board listens, so wait until its console says that it does.
   */
  readonly forwards?: readonly Forward[];
  /** Longest life of the board in milliseconds; then its power is cut. */
  readonly lifetimeMs?: number;
  /** Counts instructions instead of time (QEMU only): equal images give equal counts. `seed` is for random numbers. */
  readonly exact?: { readonly seed: number };
  readonly signal?: AbortSignal;
  /** Told what takes long before the board starts: fetching or building a kernel. */
  readonly onProgress?: (step: string) => void;
}
