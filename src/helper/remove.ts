/** Deleting a tree: as much as can be deleted, and what cannot be is told, not fatal. */
import { isKernelError } from './port.ts';
import type { StoragePort } from './storage-port.ts';
import { reason } from './trouble.ts';
import { walk } from './walk.ts';

/** What cannot be deleted: the first few in words, and how many there are. */
export interface Stuck {
  readonly lines: readonly string[];
  readonly count: number;
}

const maxLines = 10;

/**
 * Deletes a name and everything below it. Symbolic links are deleted, not followed; nothing on another mount is touched.
 * @param label how the name is called in messages
 */
export function remove(port: StoragePort, directory: number, name: string, label: string): Stuck {
  for (;;) {
    const pass = new Pass(port, label);
    if (pass.removeFile(directory, name, '') || pass.stuck.count > 0) return pass.stuck;
    pass.empty(directory, name);
    if (pass.removeDirectory(directory, name, '')) return { lines: [], count: 0 };
    // File systems that count positions skip entries while others are removed, so one pass may not be enough.
    if (!pass.progress || pass.failed) return pass.stuck;
  }
}

/**
 * Does something to a name that is to go. Where the kernel refuses because the file or its directory is immutable or
 * append-only, these flags are taken away first: what nothing keeps has nothing to protect.
 */
export function loosened<T>(port: StoragePort, directory: number, name: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!isKernelError(error) || error.code !== 'EPERM') throw error;
    for (const one of [name, '.']) port.loosenIn(directory, one);
    return action();
  }
}

/** One walk over the tree that deletes what it can. */
class Pass {
  progress = false;
  /** Whether the walk itself could not go on. */
  failed = false;
  private readonly lines: string[] = [];
  private count = 0;
  private readonly port: StoragePort;
  private readonly label: string;

  constructor(port: StoragePort, label: string) {
    this.port = port;
    this.label = label;
  }

  get stuck(): Stuck {
    return { lines: this.lines, count: this.count };
  }

  /** True once there is nothing of that name; false for a directory, and where it is stuck. */
  removeFile(directory: number, name: string, path: string): boolean {
    try {
      const removed = loosened(this.port, directory, name, () => this.port.removeIn(directory, name));
      if (removed === 'directory') return false;
      this.progress = true;
      return true;
    } catch (error) {
      this.note(path, error);
      return false;
    }
  }

  /** True once it is gone; false where something is left in it. */
  removeDirectory(directory: number, name: string, path: string): boolean {
    try {
      if (!loosened(this.port, directory, name, () => this.port.removeDirectoryIn(directory, name)))
        return false;
      this.progress = true;
      return true;
    } catch (error) {
      this.note(path, error);
      return false;
    }
  }

  empty(directory: number, name: string): void {
    try {
      const inside = this.port.openIn(directory, name);
      try {
        walk(this.port, inside, ({ path }) => ({
          file: (here, file) => this.removeFile(here, file, path(file)),
          left: (above, child) => this.removeDirectory(above, child, path(child)),
          closed: (child, error) => this.note(path(child), error),
        }));
      } finally {
        this.port.close(inside);
      }
    } catch (error) {
      this.failed = true;
      this.note('', error);
    }
  }

  private note(path: string, error: unknown): void {
    this.count++;
    const what = path === '' ? this.label : `${this.label}/${path}`;
    if (this.lines.length < maxLines) this.lines.push(reason(`cannot delete ${what}`, error));
  }
}
