/**
 * What the helper asks of the kernel. `kernel.ts` is the real one; tests have one that records the calls and fails at the
 * nth. Nothing else in this directory touches the world.
 *
 * Strings are byte strings (one character, one byte): paths and kernel words are bytes. `bytesOf` makes them from text.
 * Every call throws a KernelError unless it says otherwise.
 */
export interface Device {
  readonly kind: 'block' | 'character' | 'other';
  readonly major: number;
  readonly minor: number;
}

export interface Port {
  readonly pid: number;
  /** "NAME=value" words. */
  readonly environment: readonly string[];

  /** One line to the kernel log; `level` as in syslog(2). Never throws. */
  log(level: number, line: string): void;
  /** One line to standard output. Never throws. */
  print(line: string): void;
  /** One line to standard error. Never throws. */
  complain(line: string): void;

  /** @throws KernelError EFBIG beyond `maxBytes`; SyntaxError where it is not JSON or nested deeper than `maxDepth` */
  readJson(path: string, maxBytes: number, maxDepth: number): unknown;
  readFile(path: string, maxBytes: number): string;
  /** At most `length` bytes from `offset`; fewer where the file ends. */
  readAt(path: string, offset: number, length: number): string;
  /** The file itself, not what a symbolic link points at; undefined where there is nothing. `mode` has the type bits. */
  lstat(path: string): { readonly mode: number; readonly size: number } | undefined;
  readlink(path: string): string;
  /** What a path leads to; undefined where there is nothing. */
  deviceAt(path: string): Device | undefined;
  /** False where the block device is read-only already. */
  setReadOnly(path: string): boolean;
  /** Throws EACCES where the kernel would refuse to execute the file: no x bit, or a mount with noexec. */
  accessExecute(path: string): void;
  /** Makes a new file; EEXIST where the name is taken. */
  createFile(path: string, content: string): void;
  /** False where there is nothing. */
  unlink(path: string): boolean;
  /** Makes a directory with mode 0755; false where the name is taken. */
  mkdir(path: string): boolean;
  rmdir(path: string): void;

  moveMount(from: string, to: string): void;
  bindMount(from: string, to: string): void;
  unmount(path: string): void;
  pivotRoot(newRoot: string, putOld: string): void;
  /** A descriptor for `enterDirectory`; execve closes it. */
  openDirectory(path: string): number;
  enterDirectory(descriptor: number): void;
  chdir(path: string): void;
  chroot(path: string): void;
  /** Makes standard input, output and error this device. */
  reopenStdio(path: string): void;
  execve(path: string, words: readonly string[], environment: readonly string[]): never;
}

/** How a system call fails. `code` is the errno's name: its number differs between architectures. */
export interface KernelError extends Error {
  readonly errno: number;
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
}

/** What is there under the name of a file, but is none: a link, a directory, a device. */
const noFile = ['EINVAL', 'EISDIR', 'ELOOP', 'ENXIO'];

/** Whether reading failed because the name is no regular file's; not because the storage cannot be read. */
export function isNoFile(error: unknown): boolean {
  return isKernelError(error) && noFile.includes(error.code);
}

export function isKernelError(error: unknown): error is KernelError {
  return error instanceof Error && typeof (error as Partial<KernelError>).syscall === 'string';
}
