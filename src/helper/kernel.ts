/** The Port on the board: the native module `sys` (native/sys.c), which main.c puts into the global object. */
import type { BootPort } from './boot-port.ts';
import type { Port } from './port.ts';
import type { ArchivePort, DevicePort, StoragePort, TimePort } from './storage-port.ts';

type Shared =
  | 'readJson'
  | 'readFile'
  | 'readAt'
  | 'lstat'
  | 'readlink'
  | 'deviceAt'
  | 'setReadOnly'
  | 'accessExecute'
  | 'unlink'
  | 'rmdir'
  | 'pivotRoot'
  | 'openDirectory'
  | 'chdir'
  | 'chroot'
  | 'reopenStdio'
  | 'execve';

/** All but writing, which is one call with a flag there. */
type SharedStorage = Exclude<keyof StoragePort, 'writeIn' | 'appendIn' | 'detach'>;

interface Sys
  extends Pick<Port, Shared>,
    Pick<StoragePort, SharedStorage>,
    DevicePort,
    ArchivePort,
    TimePort {
  readonly MS_BIND: number;
  readonly MS_MOVE: number;
  readonly MNT_DETACH: number;
  mount(source: string, target: string, fstype: string, flags: number, data: string): void;
  umount2(target: string, flags: number): void;
  fchdir(descriptor: number): void;
  mkdir(path: string, mode: number): boolean;
  writeFile(path: string, bytes: string, mode: number): void;
  writeIn(directory: number, name: string, bytes: string, append: 0 | 1): void;
  log(level: number, text: string): boolean;
  write(fd: 1 | 2, bytes: string): boolean;
  getpid(): number;
  args(): readonly string[];
  environ(): readonly string[];
  uptime(): number;
  setExitCode(code: number): void;
}

declare const sys: Sys;

export const kernel: BootPort & DevicePort & ArchivePort & TimePort = {
  pid: sys.getpid(),
  environment: sys.environ(),
  log: (level, line) => {
    sys.log(level, line);
  },
  print: (line) => {
    sys.write(1, `${line}\n`);
  },
  complain: (line) => {
    sys.write(2, `${line}\n`);
  },
  readJson: sys.readJson,
  readFile: sys.readFile,
  readAt: sys.readAt,
  lstat: sys.lstat,
  readlink: sys.readlink,
  accessExecute: sys.accessExecute,
  createFile: (path, content) => sys.writeFile(path, content, 0o600),
  createText: (path, content) => sys.writeFile(path, content, 0o644),
  unlink: sys.unlink,
  mkdir: (path) => sys.mkdir(path, 0o755),
  rmdir: sys.rmdir,
  moveMount: (from, to) => sys.mount(from, to, '', sys.MS_MOVE, ''),
  bindMount: (from, to) => sys.mount(from, to, '', sys.MS_BIND, ''),
  unmount: (path) => sys.umount2(path, 0),
  pivotRoot: sys.pivotRoot,
  openDirectory: sys.openDirectory,
  enterDirectory: sys.fchdir,
  chdir: sys.chdir,
  chroot: sys.chroot,
  reopenStdio: sys.reopenStdio,
  execve: sys.execve,
  openIn: sys.openIn,
  close: sys.close,
  entries: sys.entries,
  statIn: sys.statIn,
  makeDirectoryIn: sys.makeDirectoryIn,
  removeIn: sys.removeIn,
  removeDirectoryIn: sys.removeDirectoryIn,
  renameIn: sys.renameIn,
  linkIn: sys.linkIn,
  readIn: sys.readIn,
  writeIn: (directory, name, content) => sys.writeIn(directory, name, content, 0),
  appendIn: (directory, name, content) => sys.writeIn(directory, name, content, 1),
  syncDirectory: sys.syncDirectory,
  syncFileSystem: sys.syncFileSystem,
  lock: sys.lock,
  copyIn: sys.copyIn,
  copyAttributes: sys.copyAttributes,
  loosenIn: sys.loosenIn,
  attributeIn: sys.attributeIn,
  equalIn: sys.equalIn,
  tryIn: sys.tryIn,
  setAttributeIn: sys.setAttributeIn,
  removeAttributeIn: sys.removeAttributeIn,
  digest: sys.digest,
  digestIn: sys.digestIn,
  statfs: sys.statfs,
  separateMounts: sys.separateMounts,
  mount: sys.mount,
  detach: (target) => sys.umount2(target, sys.MNT_DETACH),
  sleep: sys.sleep,
  deviceAt: sys.deviceAt,
  copyDevice: sys.copyDevice,
  zeroDevice: sys.zeroDevice,
  eraseFlash: sys.eraseFlash,
  setReadOnly: sys.setReadOnly,
  describeIn: sys.describeIn,
  send: sys.send,
  sendIn: sys.sendIn,
  sent: sys.sent,
  timeIn: sys.timeIn,
  uptime: sys.uptime,
};

/** The words this process was called with, its own name first. */
export const callWords: readonly string[] = sys.args();

/** What main returns once the script has ended. */
export function setExitCode(code: number): void {
  sys.setExitCode(code);
}
