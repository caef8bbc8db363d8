/**
 * A board that exists in memory: the helper's Port, with mounts that move, roots that change and files in a union. It
 * counts the calls and can make any of them fail, so that tests can look at every way a boot can go wrong.
 */
import type { Port } from '../../src/helper/port.ts';
import { kernelError } from './kernel-error.ts';

/** A 32 bit ELF header that has no segments: as static as a program can be. */
export const staticProgram = '\x7fELF\x01\x01'.padEnd(42, '\0').padEnd(43, '\x20').padEnd(64, '\0');

const directoryMode = 0o040755;
export const regularMode = 0o100755;
export const symlinkMode = 0o120777;

interface Node {
  readonly mode: number;
  readonly content: string;
}

interface Mount {
  readonly name: string;
  readonly fstype: string;
  /** Where it is, in the whole name space: not as seen from a chroot. */
  path: string;
}

/** What execve was called with, and how the board looked then. */
export interface Execution {
  readonly path: string;
  readonly words: readonly string[];
  readonly environment: readonly string[];
  readonly state: string;
}

export interface ModelOptions {
  readonly plan: unknown;
  /** Paths and content of what is in the union, beyond what every board here has; a mode where it is no program. */
  readonly files?: Readonly<Record<string, { readonly mode?: number; readonly content?: string }>>;
  readonly mounts?: readonly (readonly [path: string, fstype: string])[];
  readonly environment?: readonly string[];
  readonly pid?: number;
  /** Numbers of the calls that fail, counted from 1. */
  readonly failing?: readonly number[];
  /** Errno of those; EIO where it is not given. */
  readonly code?: string;
  /** Programs that cannot be executed. */
  readonly broken?: readonly string[];
  readonly unionReadOnly?: boolean;
}

/** Thrown by execve when it succeeds: the process is another one from there on. */
export class Executed extends Error {}

export const usualMounts: readonly (readonly [string, string])[] = [
  ['/', 'squashfs'],
  ['/proc', 'proc'],
  ['/sys', 'sysfs'],
  ['/dev', 'devtmpfs'],
  ['/dev/pts', 'devpts'],
  ['/run', 'tmpfs'],
  ['/overlay', 'jffs2'],
  ['/mnt', 'overlay'],
];

export class ModelBoard implements Port {
  readonly pid: number;
  readonly environment: readonly string[];
  readonly calls: string[] = [];
  readonly logged: string[] = [];
  readonly complaints: string[] = [];
  readonly printed: string[] = [];
  readonly executions: Execution[] = [];
  private readonly options: ModelOptions;
  private readonly mounts: Mount[];
  private readonly nodes = new Map<string, Node>();
  private root = '/';
  private directory = '/';
  private console = 'from the kernel';

  constructor(options: ModelOptions) {
    this.options = options;
    this.pid = options.pid ?? 1;
    this.environment = options.environment ?? ['HOME=/', 'TERM=linux'];
    this.mounts = (options.mounts ?? usualMounts).map(([path, fstype]) => ({ name: path, path, fstype }));
    this.put('/mnt/bin/sh', { content: staticProgram });
    this.put('/mnt/sbin/init', { content: '#!/bin/sh\n' });
    this.put('/sbin/overlay_init', { content: '#!/bin/sh\n' });
    this.put('/mnt/dev/console', { content: '' });
    for (const [path, node] of Object.entries(options.files ?? {})) this.put(path, node);
  }

  /** Everything that a failed entry has to leave as it was. */
  state(): string {
    const mounts = this.mounts.map(({ name, path, fstype }) => `${name} ${fstype} at ${path}`).sort();
    const nodes = [...this.nodes.keys()].sort();
    return JSON.stringify({ mounts, nodes, root: this.root, directory: this.directory }, null, 1);
  }

  /** Mounts as the running process sees them, with what they were in the beginning: "/proc is /proc (proc)". */
  seen(): readonly string[] {
    return this.mounts
      .filter(({ path }) => isIn(path, this.root))
      .map(({ name, path, fstype }) => `${inside(path, this.root)} is ${name} (${fstype})`)
      .sort();
  }
  log(_level: number, line: string): void {
    if (!this.gone()) this.logged.push(line);
  }
  complain(line: string): void {
    if (!this.gone()) this.complaints.push(line);
  }
  print(line: string): void {
    this.printed.push(line);
  }

  readJson(path: string): unknown {
    this.call('open', path);
    return this.options.plan;
  }
  readFile(path: string, maxBytes: number): string {
    this.call('open', path);
    if (path !== '/proc/self/mountinfo') return this.node('open', path).content.slice(0, maxBytes);
    const lines = this.mounts
      .filter((mount) => isIn(mount.path, this.root))
      .map((mount) => `1 1 0:1 / ${inside(mount.path, this.root)} rw - ${mount.fstype} none rw\n`);
    return lines.join('');
  }
  readAt(path: string, offset: number, length: number): string {
    this.call('read', path);
    return this.node('open', path).content.slice(offset, offset + length);
  }
  lstat(path: string): { readonly mode: number; readonly size: number } | undefined {
    this.call('lstat', path);
    const node = this.nodes.get(this.key(path));
    if (node !== undefined) return { mode: node.mode, size: node.content.length };
    const place = this.whole(path);
    return this.mounts.some((mount) => mount.path === place) ? { mode: directoryMode, size: 0 } : undefined;
  }
  readlink(path: string): string {
    this.call('readlink', path);
    return this.node('readlink', path).content;
  }
  deviceAt = (): undefined => undefined;
  setReadOnly = (): boolean => false;
  accessExecute(path: string): void {
    this.call('access', path);
    if ((this.node('access', path).mode & 0o111) === 0) throw kernelError('access', path, 'EACCES');
  }
  createFile(path: string, content: string): void {
    this.call('open', path);
    this.mayWrite('open', path);
    if (this.nodes.has(this.key(path))) throw kernelError('open', path, 'EEXIST');
    this.nodes.set(this.key(path), { mode: 0o100600, content });
  }
  unlink(path: string): boolean {
    this.call('unlink', path);
    this.mayWrite('unlink', path);
    return this.nodes.delete(this.key(path));
  }
  mkdir(path: string): boolean {
    this.call('mkdir', path);
    this.mayWrite('mkdir', path);
    if (this.nodes.has(this.key(path))) return false;
    this.nodes.set(this.key(path), { mode: directoryMode, content: '' });
    return true;
  }
  rmdir(path: string): void {
    this.call('rmdir', path);
    if (!this.nodes.delete(this.key(path))) throw kernelError('rmdir', path, 'ENOENT');
  }

  moveMount(from: string, to: string): void {
    this.call('mount', to, `move ${from} ${to}`);
    const [source, target] = [this.whole(from), this.whole(to)];
    if (!this.mounts.some(({ path }) => path === source)) throw kernelError('mount', to, 'EINVAL');
    if (isIn(target, source)) throw kernelError('mount', to, 'ELOOP');
    this.needDirectory('mount', to);
    for (const mount of this.mounts) {
      if (isIn(mount.path, source)) mount.path = target + mount.path.slice(source.length);
    }
  }
  bindMount(from: string, to: string): void {
    this.call('mount', to, `bind ${from} ${to}`);
    this.needDirectory('mount', to);
    const source = this.mounts.find(({ path }) => path === this.whole(from));
    if (source === undefined) throw kernelError('mount', to, 'EINVAL');
    this.mounts.push({ ...source, path: this.whole(to) });
  }
  unmount(path: string): void {
    this.call('umount2', path);
    const place = this.whole(path);
    const index = this.mounts.findLastIndex((mount) => mount.path === place);
    if (index < 0) throw kernelError('umount2', path, 'EINVAL');
    this.mounts.splice(index, 1);
  }
  pivotRoot(newRoot: string, putOld: string): void {
    this.call('pivot_root', newRoot, `pivot_root ${newRoot} ${putOld}`);
    const [fresh, old] = [this.whole(newRoot), this.whole(putOld)];
    if (!this.mounts.some(({ path }) => path === fresh)) throw kernelError('pivot_root', newRoot, 'EINVAL');
    if (!isIn(old, fresh)) throw kernelError('pivot_root', newRoot, 'EINVAL');
    const below = old.slice(fresh.length);
    for (const mount of this.mounts) {
      if (isIn(mount.path, fresh)) mount.path = inside(mount.path, fresh);
      else mount.path = mount.path === '/' ? below : below + mount.path;
    }
    // The kernel takes along whoever stood in the old root.
    this.directory = '/';
  }
  openDirectory(path: string): number {
    this.call('open', path);
    return path === '/' && this.root === '/' ? 7 : 8;
  }
  enterDirectory(descriptor: number): void {
    this.call('fchdir', String(descriptor));
    if (descriptor !== 7) throw kernelError('fchdir', '', 'EBADF');
    this.directory = '/';
  }
  chdir(path: string): void {
    this.call('chdir', path);
    this.directory = this.whole(path);
  }
  chroot(path: string): void {
    this.call('chroot', path);
    this.root = path === '.' ? this.directory : this.whole(path);
  }
  reopenStdio(path: string): void {
    this.call('open', path);
    this.console = path;
  }
  execve(path: string, words: readonly string[], environment: readonly string[]): never {
    this.call('execve', path);
    if (this.options.broken?.includes(path)) throw kernelError('execve', path, 'ENOEXEC');
    const state = JSON.stringify({ seen: this.seen(), console: this.console, directory: this.directory });
    const whole = path === '/sbin/overlay_init' ? this.state() : state;
    this.executions.push({ path, words, environment, state: whole });
    throw new Executed(path);
  }

  /** After execve succeeded nothing of this program happens any more. */
  private gone(): boolean {
    return this.executions.length > 0;
  }
  private call(syscall: string, path: string, text = `${syscall} ${path}`): void {
    if (this.gone()) throw new Executed('this program has been replaced');
    this.calls.push(text);
    if (this.options.failing?.includes(this.calls.length)) {
      throw kernelError(syscall, path, this.options.code ?? 'EIO');
    }
  }
  private put(path: string, { mode, content }: { readonly mode?: number; readonly content?: string }): void {
    const parts = path.split('/').slice(0, -1);
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth + 1).join('/');
      if (!this.mounts.some((mount) => mount.path === folder)) {
        this.nodes.set(this.key(folder), { mode: directoryMode, content: '' });
      }
    }
    this.nodes.set(this.key(path), { mode: mode ?? regularMode, content: content ?? '' });
  }
  private node(syscall: string, path: string): Node {
    const node = this.nodes.get(this.key(path));
    if (node === undefined) throw kernelError(syscall, path, 'ENOENT');
    return node;
  }
  private needDirectory(syscall: string, path: string): void {
    if (this.nodes.get(this.key(path))?.mode !== directoryMode && !this.mountedAt(path)) {
      throw kernelError(syscall, path, 'ENOENT');
    }
  }
  private mountedAt(path: string): boolean {
    return this.mounts.some((mount) => mount.path === this.whole(path)) || this.onOldRoot(path);
  }
  /** The mount points of the read-only root are simply there. */
  private onOldRoot(path: string): boolean {
    return this.key(path).startsWith('/:') && !this.key(path).includes('missing');
  }
  private mayWrite(syscall: string, path: string): void {
    if (this.options.unionReadOnly === true) throw kernelError(syscall, path, 'EROFS');
  }
  private whole(path: string): string {
    const joined = this.root === '/' ? path : this.root + (path === '/' ? '' : path);
    return joined === '' ? '/' : joined;
  }
  /** Files belong to the mount that they are in, wherever that is. */
  private key(path: string): string {
    const place = this.whole(path);
    const mount = this.mounts
      .filter((one) => isIn(place, one.path))
      .reduce((best, one) => (one.path.length >= best.path.length ? one : best));
    return `${mount.name}:${inside(place, mount.path)}`;
  }
}

function isIn(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}

function inside(path: string, folder: string): string {
  return folder === '/' ? path : path.slice(folder.length) || '/';
}
