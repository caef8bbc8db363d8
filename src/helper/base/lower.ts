/**
 * The read-only layers below an upper, seen as one tree, walked beside it: for each directory of the upper, the directories
 * of the layers that merge with it. What is below them stays open; an image is never deep.
 */
import { isDirectory, isRegular, isSymlink, isWhiteout } from '../mode.ts';
import { isKernelError } from '../port.ts';
import { sorted } from '../sorted.ts';
import type { BoardPort, FileStatus } from '../storage-port.ts';

/** Directories that merge at one place, topmost first. */
interface Frame {
  readonly directories: readonly number[];
  /** Something is mounted over the place, so that nobody can say what the layers have there. */
  readonly covered: boolean;
}

/** How a directory of the upper lies over the layers. */
export interface Lying {
  readonly name: string;
  /** Nothing of the layers is seen in it. */
  readonly opaque: boolean;
  /** Where the layers have what it merges with, if elsewhere: names from the root, or one name beside it. */
  readonly from: From | undefined;
}

export type From =
  | { readonly kind: 'beside'; readonly name: string }
  | { readonly kind: 'path'; readonly path: readonly string[] };

/** Stands for a file that the layers do not have. */
export const absent = '-';

export class Lower {
  private readonly frames: Frame[];
  private readonly port: BoardPort;

  /** @param roots the layers' own descriptors, topmost first; closed by `close` */
  constructor(port: BoardPort, roots: readonly number[]) {
    this.port = port;
    this.frames = [{ directories: roots, covered: false }];
  }

  /** Whether it cannot be known what the layers have in this directory. */
  get covered(): boolean {
    return this.top().covered;
  }

  /** What the layers have of this name here. */
  look(name: string): FileStatus | undefined {
    return this.find(this.top(), name)?.status;
  }

  /** What they have at another place. */
  lookFrom(from: From): FileStatus | undefined {
    return this.at(from, (frame, name) => this.find(frame, name)?.status);
  }

  /** Whether something is mounted over a directory of this name. */
  covers(name: string): boolean {
    const inside = this.below(this.top(), name);
    this.shut(inside);
    return inside.covered;
  }

  enter({ name, opaque, from }: Lying): void {
    const nothing: Frame = { directories: [], covered: this.covered };
    if (opaque) this.frames.push(nothing);
    else if (from === undefined) this.frames.push(this.below(this.top(), name));
    else this.frames.push(this.at(from, (frame, last) => this.below(frame, last)) ?? nothing);
  }

  leave(): void {
    this.shut(this.frames.pop());
  }

  close(): void {
    while (this.frames.length > 0) this.leave();
  }

  /** Tells what the layers have of this name from anything else they could have; `absent` where they have nothing. */
  mark(name: string): string {
    return this.markIn(this.top(), name);
  }

  /** The same at another place. */
  markFrom(from: From): string {
    return this.at(from, (frame, name) => this.markIn(frame, name)) ?? absent;
  }

  private top(): Frame {
    const frame = this.frames[this.frames.length - 1];
    if (frame === undefined) throw new Error('the layers were left more often than entered');
    return frame;
  }

  /** The topmost entry of a name, and the layer that has it. */
  private find(
    frame: Frame,
    name: string,
  ): { readonly status: FileStatus; readonly layer: number } | undefined {
    for (const [layer, directory] of frame.directories.entries()) {
      const status = this.port.statIn(directory, name);
      if (status === undefined) continue;
      return isWhiteout(status.mode, status.rdev) ? undefined : { status, layer };
    }
    return undefined;
  }

  /** The directories of this name that merge: the topmost one, and those below it down to what ends a merge. */
  private below(frame: Frame, name: string): Frame {
    const directories: number[] = [];
    let covered = frame.covered;
    for (const directory of frame.directories) {
      const status = this.port.statIn(directory, name);
      if (status === undefined) continue;
      if (!isDirectory(status.mode)) break;
      try {
        directories.push(this.port.openIn(directory, name));
      } catch (error) {
        if (!isKernelError(error) || error.code !== 'EXDEV') throw error;
        covered = true;
      }
      if (this.port.attributeIn(directory, name, 'trusted.overlay.opaque') === 'y') break;
    }
    return { directories, covered };
  }

  /** Does something in the directory that a place elsewhere lies in. */
  private at<T>(from: From, action: (frame: Frame, name: string) => T): T | undefined {
    if (from.kind === 'beside') return action(this.top(), from.name);
    const [root] = this.frames;
    const last = from.path[from.path.length - 1];
    if (root === undefined || last === undefined) return undefined;
    let frame = root;
    for (const name of from.path.slice(0, -1)) {
      const next = this.below(frame, name);
      if (frame !== root) this.shut(frame);
      frame = next;
    }
    const result = action(frame, last);
    if (frame !== root) this.shut(frame);
    return result;
  }

  private markIn(frame: Frame, name: string): string {
    const found = this.find(frame, name);
    if (found === undefined) return absent;
    const directory = frame.directories[found.layer];
    if (directory === undefined) return absent;
    if (!isDirectory(found.status.mode)) return fileMark(this.port, directory, name, found.status);
    const inside = this.below(frame, name);
    try {
      return `t:${this.port.digest(this.listing(inside).join('\n'))}`;
    } finally {
      this.shut(inside);
    }
  }

  /** Every name of a directory with its mark, in the order of the names. */
  private listing(frame: Frame): readonly string[] {
    const names: string[] = [];
    for (const directory of frame.directories) {
      const again = this.port.openIn(directory, '.');
      for (let some = this.port.entries(again); some.length > 0; some = this.port.entries(again))
        for (const name of some) names.push(name);
      this.port.close(again);
    }
    const lines: string[] = [];
    let last: string | undefined;
    for (const name of sorted(names, (a, b) => (a < b ? -1 : a > b ? 1 : 0))) {
      if (name !== last) lines.push(`${name} ${this.markIn(frame, name)}`);
      last = name;
    }
    return lines;
  }

  private shut(frame: Frame | undefined): void {
    for (const directory of frame?.directories ?? []) this.port.close(directory);
  }
}

/** Tells a file from every other that could stand in its place: kind, owner, mode, content. */
export function fileMark(
  port: BoardPort,
  directory: number,
  name: string,
  { mode, uid, gid, size, rdev }: FileStatus,
): string {
  const owner = `${mode}:${uid}:${gid}`;
  if (isRegular(mode)) return `f:${owner}:${size}:${port.digestIn(directory, name)}`;
  if (isSymlink(mode)) return `l:${owner}:${port.digestIn(directory, name)}`;
  return `n:${owner}:${rdev}`;
}

/** The same of a directory itself, without what is in it. */
export function directoryMark({ mode, uid, gid }: FileStatus): string {
  return `d:${mode}:${uid}:${gid}`;
}
