/**
 * What the verbs of the running board ask of the kernel: directories by descriptor, one name at a time, so that no symbolic
 * link is followed, no mount entered, and no path too long. `kernel.ts` is the real one; the tests have one that fails, or
 * cuts the power, at the nth call.
 *
 * Names and contents are byte strings, as in port.ts. Every call throws a KernelError unless it says otherwise.
 */
import type { Port } from './port.ts';

export interface FileStatus {
  /** With the type bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Bytes that it takes on the storage. */
  readonly allocated: number;
  readonly links: number;
  /** Tells one file from every other: device and inode. */
  readonly id: string;
  /** Time of its last change, for comparing. */
  readonly changed: string;
  /** 0 for a whiteout. */
  readonly rdev: number;
}

export interface FileSystemStatus {
  /** The file system's magic number. */
  readonly type: number;
  readonly blockSize: number;
  /** In blocks. */
  readonly blocks: number;
  readonly available: number;
  /** Inodes; 0 where the file system does not count them. */
  readonly files: number;
  readonly freeFiles: number;
}

/** What copyIn and copyAttributes answer, added up. */
export const copied = { changed: 1, flagged: 2 } as const;

export interface StoragePort {
  /** A directory inside a directory, or "." or ".."; ELOOP or ENOTDIR for anything else, EXDEV for a mount. */
  openIn(directory: number, name: string): number;
  close(descriptor: number): void;
  /** The names that come next, a few hundred at a time; none once all were given. */
  entries(directory: number): readonly string[];
  /** Undefined where there is nothing. */
  statIn(directory: number, name: string): FileStatus | undefined;
  /** False where the name is taken. */
  makeDirectoryIn(directory: number, name: string, mode: number): boolean;
  /** A directory stays. */
  removeIn(directory: number, name: string): 'removed' | 'missing' | 'directory';
  /** False where something is in it; true once there is nothing of that name. */
  removeDirectoryIn(directory: number, name: string): boolean;
  renameIn(directory: number, name: string, to: number, toName: string): void;
  /** False where there is nothing to link to, or it has as many links as the file system allows. */
  linkIn(directory: number, name: string, to: number, toName: string): boolean;
  /** The first `limit` bytes of a regular file; undefined where there is nothing, EINVAL where it is something else. */
  readIn(directory: number, name: string, limit: number): string | undefined;
  /** The whole content of a regular file, on the storage when it returns; made where it is missing. */
  writeIn(directory: number, name: string, content: string): void;
  appendIn(directory: number, name: string, content: string): void;
  /** What was made, renamed and removed in it is on the storage. */
  syncDirectory(directory: number): void;
  /** Everything that was written to the file system is on the storage. */
  syncFileSystem(descriptor: number): void;
  /** False where another process has the lock for longer; it ends with this process. */
  lock(directory: number, milliseconds: number): boolean;
  /** A copy of anything but a directory, with all its attributes. See `copied` for the answer. */
  copyIn(directory: number, name: string, to: number, toName: string): number;
  /** Owner, mode, extended attributes and times of a directory. */
  copyAttributes(directory: number, to: number): number;
  /** Takes the immutable and append-only flags away from a file or directory; nothing where it has none. */
  loosenIn(directory: number, name: string): void;
  /** An extended attribute of the file itself; undefined where it has none. */
  attributeIn(directory: number, name: string, attribute: string): string | undefined;
  /** Whether both are the same, and no directories: type, owner, mode, attributes and content, or where a link leads. */
  equalIn(directory: number, name: string, other: number, otherName: string): boolean;
  /** Does what overlayfs will ask for (native/features.c), and undoes it; a KernelError where it is not possible. */
  tryIn(directory: number, feature: string): void;
  setAttributeIn(directory: number, name: string, attribute: string, value: string): void;
  /** False where there is none. */
  removeAttributeIn(directory: number, name: string, attribute: string): boolean;
  /** 16 hexadecimal digits of a text: FNV-1a with 64 bits, against accidents, not against malice. */
  digest(text: string): string;
  /** The same of a regular file's content, or of a symbolic link's target; EINVAL for anything else. */
  digestIn(directory: number, name: string): string;
  statfs(path: string): FileSystemStatus;
  /** What this process mounts from here on is seen by nobody else, and goes with it. */
  separateMounts(): void;
  /** `flags` as in mount(2). */
  mount(source: string, target: string, fstype: string, flags: number, data: string): void;
  /** Takes a mount out of sight; it ends once nothing of it is open. */
  detach(target: string): void;
  /** Waits; a signal may end it early. */
  sleep(seconds: number): void;
}

/** Raw devices. Nothing here asks whether it is the right one, and in use: `storage-device.ts` does. */
export interface DevicePort {
  /** Copies the first `length` bytes into a new file; they are on the storage, and compared, when it returns. */
  copyDevice(path: string, length: number, copy: string): void;
  /** Writes zeros over the first `length` bytes of a block device; EBUSY where it is in use. */
  zeroDevice(path: string, length: number): void;
  /** Erases the blocks of flash that are not blank, the first one last; how many they were. EINVAL for another size. */
  eraseFlash(path: string, bytes: number, blockBytes: number): number;
}

/** What can be timed: see native/timing.c. */
export type TimedAction = 'write' | 'change' | 'read' | 'remove' | 'settle' | 'list' | 'drop';

/** Clocks. */
export interface TimePort {
  /** Does it once and says how many nanoseconds it took; with `sync`, until the storage has it. */
  timeIn(directory: number, name: string, action: TimedAction, size: number, sync: 0 | 1): number;
  /** Seconds since the kernel started. */
  uptime(): number;
}

/** What statIn does not tell. */
export interface FileDescription {
  /** Seconds since 1970. */
  readonly modified: number;
  /** Of a device node. */
  readonly major: number;
  readonly minor: number;
  /** Of a symbolic link; empty for anything else. */
  readonly target: string;
  /** Extended attributes: name, value, name, value. */
  readonly attributes: readonly string[];
}

/** An archive on standard output. */
export interface ArchivePort {
  describeIn(directory: number, name: string): FileDescription;
  send(bytes: string): void;
  /**
   * The first `size` bytes of a regular file, missing ones as zeros, and zeros up to a whole block of 512. True where
   * somebody wrote to it meanwhile.
   */
  sendIn(directory: number, name: string, size: number): boolean;
  /** What was sent until now; the sum as zlib's crc32 has it, in hexadecimal digits. */
  sent(): { readonly bytes: number; readonly crc32: string };
}

/** The part of all ports that the verbs of the running board use. */
export type BoardPort = StoragePort &
  DevicePort &
  ArchivePort &
  TimePort &
  Pick<
    Port,
    'deviceAt' | 'readAt' | 'log' | 'print' | 'complain' | 'readJson' | 'readFile' | 'openDirectory' | 'mkdir'
  >;
