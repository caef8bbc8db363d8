/**
 * An upper and the layers below it, visited together: what each entry of the upper is to the base. Three formats: overlay,
 * its predecessor overlayfs (whiteouts are symbolic links), and mini_fo (whiteouts are lines of a file).
 */
import { isDirectory, isSymlink, isWhiteout } from '../mode.ts';
import type { BoardPort, FileStatus } from '../storage-port.ts';
import { walk } from '../walk.ts';
import { type From, fileMark, type Lower } from './lower.ts';
import { type MetaLine, metaFile, readMeta } from './meta.ts';

export const upperSystems = ['overlay', 'overlayfs', 'mini_fo'] as const;
export type UpperSystem = (typeof upperSystems)[number];

export interface Entry {
  readonly kind: 'whiteout' | 'file' | 'directory';
  /** Descriptor of the directory that it lies in. */
  readonly directory: number;
  readonly name: string;
  /** From the root of the union: "/etc/passwd". A byte string. */
  readonly path: string;
  /** Undefined for a whiteout of mini_fo, which is no file. */
  readonly status: FileStatus | undefined;
  /** A directory that hides the base's. */
  readonly opaque: boolean;
  /** A file of which the upper has the attributes, and the base the data. */
  readonly metacopy: boolean;
  /** Where the base has what it belongs to, if elsewhere. */
  readonly from: From | undefined;
}

export interface UpperVisitor {
  /** Directories come before what is in them; the layers are where the entry lies. */
  entry(entry: Entry): void;
  /** Everything in a directory was visited; the layers are in it still. */
  leave?(directory: number, path: string): void;
}

const prefix = 'trusted.overlay.';

/** Visits every entry of an upper but its root. */
export function walkUpper(
  port: BoardPort,
  upper: number,
  lower: Lower,
  system: UpperSystem,
  visitor: UpperVisitor,
): void {
  const format = system === 'mini_fo' ? new MiniFo(port) : new Overlay(port, system);
  walk(port, upper, ({ path }) => ({
    file(directory, name, status) {
      if (format.isOwn(name)) return;
      visitor.entry(format.entryOf({ directory, name, path: `/${path(name)}`, status }));
    },
    enter(above, name, status) {
      const entry = format.entryOf({ directory: above, name, path: `/${path(name)}`, status });
      visitor.entry(entry);
      lower.enter(entry);
      format.enter();
    },
    leave(directory) {
      for (const name of format.deletedIn(directory)) {
        const place = { directory, name, path: `/${path(name)}`, status: undefined };
        visitor.entry({ kind: 'whiteout', ...place, opaque: false, metacopy: false, from: undefined });
      }
      visitor.leave?.(directory, path('').slice(0, -1));
    },
    left() {
      lower.leave();
      format.leave();
    },
  }));
}

/** What an entry of the upper has in the base: the mark that tells whether it is another one. */
export function markOf(lower: Lower, { name, from }: Entry): string {
  return from === undefined ? lower.mark(name) : lower.markFrom(from);
}

export function belowOf(lower: Lower, { name, from }: Entry): FileStatus | undefined {
  return from === undefined ? lower.look(name) : lower.lookFrom(from);
}

/** The mark of what the upper itself has there. */
export function ownMark(port: BoardPort, { directory, name, status }: Entry): string | undefined {
  return status === undefined || isDirectory(status.mode)
    ? undefined
    : fileMark(port, directory, name, status);
}

interface Place {
  readonly directory: number;
  readonly name: string;
  readonly path: string;
  readonly status: FileStatus;
}

class Overlay {
  private readonly port: BoardPort;
  private readonly system: 'overlay' | 'overlayfs';

  constructor(port: BoardPort, system: 'overlay' | 'overlayfs') {
    this.port = port;
    this.system = system;
  }
  isOwn(): boolean {
    return false;
  }
  entryOf(place: Place): Entry {
    const { mode } = place.status;
    const plain = { ...place, opaque: false, metacopy: false, from: undefined };
    if (this.isWhiteout(place)) return { kind: 'whiteout', ...plain };
    if (isDirectory(mode)) {
      return {
        ...plain,
        kind: 'directory',
        opaque: this.note(place, 'opaque') === 'y',
        from: this.redirect(place),
      };
    }
    const metacopy = this.note(place, 'metacopy') !== undefined;
    return { ...plain, kind: 'file', metacopy, from: metacopy ? this.redirect(place) : undefined };
  }
  enter(): void {}
  leave(): void {}
  deletedIn(): readonly string[] {
    return [];
  }
  private isWhiteout(place: Place): boolean {
    const { mode, rdev } = place.status;
    if (this.system === 'overlay') return isWhiteout(mode, rdev);
    return isSymlink(mode) && this.note(place, 'whiteout') === 'y';
  }
  private redirect(place: Place): From | undefined {
    const text = this.note(place, 'redirect');
    if (text === undefined || text === '') return undefined;
    if (!text.startsWith('/')) return { kind: 'beside', name: text };
    return { kind: 'path', path: text.split('/').filter((name) => name !== '') };
  }
  private note({ directory, name }: Place, what: string): string | undefined {
    return this.port.attributeIn(directory, name, prefix + what);
  }
}

class MiniFo {
  private readonly port: BoardPort;
  /** The lines of each directory on the way, once they were asked for. */
  private readonly metas: (readonly MetaLine[] | undefined)[] = [undefined];

  constructor(port: BoardPort) {
    this.port = port;
  }
  isOwn(name: string): boolean {
    return name === metaFile;
  }
  entryOf(place: Place): Entry {
    const lines = this.linesOf(place.directory);
    const renamed = lines.find((line) => line.kind === 'renamed' && line.name === place.name);
    const from: From | undefined =
      renamed?.kind === 'renamed' ? { kind: 'path', path: renamed.path } : undefined;
    const kind = isDirectory(place.status.mode) ? 'directory' : 'file';
    const opaque = lines.some((line) => line.kind === 'deleted' && line.name === place.name);
    return { ...place, kind, opaque: opaque && kind === 'directory', metacopy: false, from };
  }
  enter(): void {
    this.metas.push(undefined);
  }
  leave(): void {
    this.metas.pop();
  }
  /** Names that are deleted and not made again. */
  deletedIn(directory: number): readonly string[] {
    const names: string[] = [];
    for (const { kind, name } of this.linesOf(directory)) {
      if (kind !== 'deleted' || names.includes(name) || name.includes('/')) continue;
      if (this.port.statIn(directory, name) === undefined) names.push(name);
    }
    return names;
  }
  private linesOf(directory: number): readonly MetaLine[] {
    const last = this.metas.length - 1;
    const lines = this.metas[last] ?? readMeta(this.port, directory);
    this.metas[last] = lines;
    return lines;
  }
}
