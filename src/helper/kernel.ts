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
    Pick<BootPort, 'leaveBehind'>,
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
  exit(code: number): void;
}

declare const sys: Sys;

type Kernel = BootPort & StoragePort & DevicePort & ArchivePort & TimePort;

/** What the native module has otherwise, or not. */
type Own =
  | 'pid'
  | 'environment'
  | 'log'
  | 'print'
  | 'complain'
  | 'createFile'
  | 'createText'
  | 'mkdir'
  | 'moveMount'
  | 'bindMount'
  | 'unmount'
  | 'enterDirectory'
  | 'writeIn'
  | 'appendIn'
  | 'detach';

const own: Pick<Kernel, Own> & { readonly __proto__: Sys } = {
  // All else is the module's own: it makes a function when somebody asks for it first, and a boot asks for few.
  __proto__: sys,
  pid: sys.getpid(),
  get environment() {
    return sys.environ();
  },
  log: (level, line) => {
    sys.log(level, line);
  },
  print: (line) => {
    sys.write(1, `${line}\n`);
  },
  complain: (line) => {
    sys.write(2, `${line}\n`);
  },
  createFile: (path, content) => sys.writeFile(path, content, 0o600),
  createText: (path, content) => sys.writeFile(path, content, 0o644),
  mkdir: (path) => sys.mkdir(path, 0o755),
  moveMount: (from, to) => sys.mount(from, to, '', sys.MS_MOVE, ''),
  bindMount: (from, to) => sys.mount(from, to, '', sys.MS_BIND, ''),
  unmount: (path) => sys.umount2(path, 0),
  enterDirectory: (descriptor) => sys.fchdir(descriptor),
  writeIn: (directory, name, content) => sys.writeIn(directory, name, content, 0),
  appendIn: (directory, name, content) => sys.writeIn(directory, name, content, 1),
  detach: (target) => sys.umount2(target, sys.MNT_DETACH),
};

export const kernel: Kernel = own as unknown as Pick<Kernel, Own> & Pick<Sys, Exclude<keyof Sys, Own>>;

/** The words this process was called with, its own name first. */
export const callWords: readonly string[] = sys.args();

/** Ends the process; returns where it cannot end (PID 1), and under sanitizers, once the script has ended. */
export function exit(code: number): void {
  sys.exit(code);
}
