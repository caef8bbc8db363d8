/**
 * A storage that exists in memory, with the files of a running board beside it: the helper's BoardPort. It counts the calls
 * and can make any of them fail, or cut the power there; what is left then is what a board finds at its next boot.
 */
import type { BoardPort, FileStatus, FileSystemStatus } from '../../src/helper/storage-port.ts';
import { fnv } from './fnv.ts';
import { kernelError } from './kernel-error.ts';
import { ModelDevices } from './model-devices.ts';
import { type ModelStorageOptions, textAt, valueAt } from './model-options.ts';
import {
  addName,
  copyOf,
  equals,
  grow,
  type Node,
  newNode,
  overwritten,
  pathTo,
  type Survivors,
  settle,
  shown,
  statusOf,
  type Tree,
} from './model-tree.ts';

export class PowerCut extends Error {}

export class ModelStorage extends ModelDevices implements BoardPort {
  readonly calls: string[] = [];
  private readonly options: ModelStorageOptions;
  private readonly root: Node;
  private durable: Tree;
  private readonly descriptors = new Map<number, { readonly node: Node; given: boolean }>();
  private nextDescriptor = 10;

  constructor(options: ModelStorageOptions) {
    super(options.devices ?? {});
    this.options = options;
    this.root = grow(options.storage);
    settle(this.root);
    for (const [name, second] of options.alias ?? []) addName(this.root, name, second);
    this.durable = this.tree();
  }

  /**
   * What is on the storage: everything that was issued, only what was synced, or all names but only contents that were
   * synced, as file systems leave it that write names first.
   */
  tree(which: Survivors = 'issued'): Tree {
    return which === 'synced' ? this.durable : (shown(this.root, which) as Tree);
  }

  readJson(path: string): unknown {
    this.call('open', path);
    return valueAt(this.options, path);
  }
  readFile(path: string): string {
    this.call('open', path);
    return textAt(this.options, path);
  }
  statfs(path: string): FileSystemStatus {
    this.call('statfs', path);
    const usual = { type: 1, blockSize: 4096, blocks: 4096, available: 2048, files: 1000, freeFiles: 900 };
    return { ...usual, ...this.options.free };
  }

  openDirectory(path: string): number {
    this.call('open', path);
    if (path === '/overlay') return this.open(this.root);
    const tree = this.options.directories?.[path];
    if (tree === undefined) throw kernelError('open', path, 'ENOENT');
    return this.open(grow(tree));
  }
  openIn(directory: number, name: string): number {
    this.call('open', name);
    const here = this.node(directory);
    if (name === '.') return this.open(here);
    if (name === '..') return this.open(pathTo(this.root, here)?.at(-1)?.parent ?? here);
    const found = this.entry(directory, name);
    if (found === undefined) throw kernelError('open', name, 'ENOENT');
    if (found.entries === undefined) throw kernelError('open', name, 'ENOTDIR');
    return this.open(found);
  }
  close(descriptor: number): void {
    this.call('close', String(descriptor));
    if (!this.descriptors.delete(descriptor)) throw kernelError('close', '', 'EBADF');
  }
  entries(directory: number): readonly string[] {
    this.call('getdents', '');
    const place = this.descriptors.get(directory);
    if (place === undefined || place.given) return [];
    place.given = true;
    return [...(place.node.entries?.keys() ?? [])];
  }
  statIn(directory: number, name: string): FileStatus | undefined {
    this.call('stat', name);
    const node = name === '.' ? this.node(directory) : this.entry(directory, name);
    if (node === undefined) return undefined;
    return statusOf(this.root, node);
  }
  makeDirectoryIn(directory: number, name: string, mode: number): boolean {
    return this.change('mkdir', name, () => {
      if (this.entry(directory, name) !== undefined) return false;
      this.put(directory, name, newNode(0o040000 | mode, '', new Map()));
      return true;
    });
  }
  removeIn(directory: number, name: string): 'removed' | 'missing' | 'directory' {
    return this.change('unlink', name, () => {
      const found = this.entry(directory, name);
      if (found === undefined) return 'missing';
      if (found.entries !== undefined) return 'directory';
      this.node(directory).entries?.delete(name);
      return 'removed';
    });
  }
  removeDirectoryIn(directory: number, name: string): boolean {
    return this.change('rmdir', name, () => {
      const found = this.entry(directory, name);
      if (found?.entries === undefined) return found === undefined;
      if (found.entries.size > 0) return false;
      this.node(directory).entries?.delete(name);
      return true;
    });
  }
  renameIn(directory: number, name: string, to: number, toName: string): void {
    const remove = (): void => void this.node(directory).entries?.delete(name);
    const link = (): void => {
      const found = this.entry(directory, name);
      if (found === undefined) throw kernelError('rename', name, 'ENOENT');
      if ((this.entry(to, toName)?.entries?.size ?? 0) > 0) throw kernelError('rename', name, 'ENOTEMPTY');
      this.put(to, toName, found);
    };
    // JFFS2 links the new name first; a cut between leaves both.
    const whole = (): void => {
      link();
      remove();
    };
    this.change('rename', `${name} ${toName}`, whole, link);
  }
  linkIn(directory: number, name: string, to: number, toName: string): boolean {
    return this.change('link', `${name} ${toName}`, () => {
      const found = this.entry(directory, name);
      if (found === undefined) return false;
      if (this.entry(to, toName) !== undefined) throw kernelError('link', name, 'EEXIST');
      this.put(to, toName, found);
      return true;
    });
  }
  readIn(directory: number, name: string, limit: number): string | undefined {
    this.call('read', name);
    const found = this.entry(directory, name);
    if (found === undefined) return undefined;
    if ((found.mode & 0o170000) !== 0o100000) throw kernelError('open', name, 'EINVAL');
    return found.content.slice(0, limit);
  }
  writeIn(directory: number, name: string, content: string): void {
    this.store(directory, name, () => content, content);
  }
  appendIn(directory: number, name: string, content: string): void {
    this.store(directory, name, (old) => old + content, content);
  }
  syncDirectory(_directory: number): void {
    this.call('fsync', '');
  }
  syncFileSystem(_descriptor: number): void {
    this.change('syncfs', '', () => {
      settle(this.root);
      this.durable = this.tree();
    });
  }
  lock(_directory: number, _milliseconds: number): boolean {
    this.call('flock', '');
    return this.options.locked !== true;
  }
  copyIn(directory: number, name: string, to: number, toName: string): number {
    return this.change('copy', name, () => {
      const found = this.entry(directory, name);
      if (found === undefined) throw kernelError('stat', name, 'ENOENT');
      this.put(to, toName, copyOf(found));
      return 0;
    });
  }
  copyAttributes(directory: number, to: number): number {
    return this.change('chmod', '', () => {
      this.node(to).mode = this.node(directory).mode;
      return 0;
    });
  }
  equalIn(directory: number, name: string, other: number, otherName: string): boolean {
    this.call('equal', name);
    return equals(this.entry(directory, name), this.entry(other, otherName));
  }
  loosenIn(_directory: number, name: string): void {
    this.call('ioctl', name);
  }
  tryIn(_directory: number, feature: string): void {
    this.call('try', feature);
  }
  separateMounts(): void {
    this.call('unshare', '');
  }
  mount(_source: string, target: string): void {
    this.call('mount', target);
  }
  detach(path: string): void {
    this.call('umount2', path);
  }
  attributeIn(directory: number, name: string, attribute: string): string | undefined {
    this.call('getxattr', name);
    return this.entry(directory, name)?.attributes.get(attribute);
  }

  setAttributeIn(directory: number, name: string, attribute: string, value: string): void {
    this.change('setxattr', name, () => {
      this.entry(directory, name)?.attributes.set(attribute, value);
    });
  }
  removeAttributeIn(directory: number, name: string, attribute: string): boolean {
    return this.change('removexattr', name, () => {
      const node = name === '.' ? this.node(directory) : this.entry(directory, name);
      return node?.attributes.delete(attribute) ?? false;
    });
  }
  digest(text: string): string {
    return fnv(text);
  }
  digestIn(directory: number, name: string): string {
    this.call('read', name);
    const found = this.entry(directory, name);
    if (found === undefined) throw kernelError('open', name, 'ENOENT');
    return fnv(found.content);
  }

  /** Writing is durable when it returns; cut in the middle, half of it is there. */
  private store(directory: number, name: string, after: (old: string) => string, content: string): void {
    const old = this.entry(directory, name)?.content ?? '';
    const write = (text: string): void => {
      const found = this.entry(directory, name);
      if (found !== undefined && (found.mode & 0o170000) !== 0o100000)
        throw kernelError('open', name, 'EINVAL');
      if (found === undefined) this.put(directory, name, newNode(0o100644, text, undefined));
      else found.content = text;
      const node = this.entry(directory, name);
      if (node !== undefined) node.synced = text;
      // A file that has its name already is as durable as its content.
      if (found !== undefined)
        this.durable = overwritten(
          this.durable,
          (pathTo(this.root, this.node(directory)) ?? []).map((step) => step.name),
          name,
          text,
        );
    };
    const half = content.slice(0, content.length >> 1);
    this.change(
      'write',
      name,
      () => write(after(old)),
      () => write(after(old).slice(0, after(old).length - content.length) + half),
    );
  }

  /** A call that changes something: the power may go before it, after it, or in its middle. */
  private change<T>(syscall: string, what: string, action: () => T, middle: () => unknown = () => {}): T {
    const number = this.call(syscall, what);
    const cut = this.options.cut?.call === number ? this.options.cut.mode : undefined;
    if (cut === 'before') throw new PowerCut();
    if (cut === 'middle') {
      middle();
      throw new PowerCut();
    }
    const result = action();
    if (cut === 'after') throw new PowerCut();
    return result;
  }
  private call(syscall: string, what: string): number {
    const number = this.calls.push(`${syscall} ${what}`);
    if (this.options.cut !== undefined && number > this.options.cut.call) throw new PowerCut();
    if (this.options.failing?.call === number) throw kernelError(syscall, what, this.options.failing.code);
    return number;
  }
  private open(node: Node): number {
    this.descriptors.set(this.nextDescriptor, { node, given: false });
    return this.nextDescriptor++;
  }
  private node(directory: number): Node {
    const place = this.descriptors.get(directory);
    if (place === undefined) throw kernelError('open', '', 'EBADF');
    return place.node;
  }
  private entry(directory: number, name: string): Node | undefined {
    return this.node(directory).entries?.get(name);
  }
  private put(directory: number, name: string, node: Node): void {
    this.node(directory).entries?.set(name, node);
  }
}
