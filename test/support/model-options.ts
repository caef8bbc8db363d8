/** What a test says of the storage that exists in memory, and of the trouble it is to have. */
import type { FileSystemStatus } from '../../src/helper/storage-port.ts';
import { kernelError } from './kernel-error.ts';
import type { ModelDevice } from './model-devices.ts';
import type { Tree } from './model-tree.ts';

/** How the power goes at a call: before it, after it, or in its middle. */
export type CutMode = 'before' | 'middle' | 'after';

export interface ModelStorageOptions {
  /** What is at /overlay. */
  readonly storage: Tree;
  readonly status?: unknown;
  readonly plan?: unknown;
  /** "upperdir=..." of a union that is mounted. */
  readonly mounted?: string;
  readonly cut?: { readonly call: number; readonly mode: CutMode };
  readonly failing?: { readonly call: number; readonly code: string };
  readonly locked?: boolean;
  /** Directories beside the storage, by path: the layers below the union, /run/overlaykit. */
  readonly directories?: Readonly<Record<string, Tree>>;
  /** Text of single files, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** A generation that has a second name, as JFFS2 shows it after a rename that was cut. */
  readonly alias?: readonly (readonly [name: string, second: string])[];
  readonly devices?: Readonly<Record<string, ModelDevice>>;
  readonly free?: Partial<FileSystemStatus>;
}

/** What readJson gives. */
export function valueAt({ status, plan }: ModelStorageOptions, path: string): unknown {
  const found = path.endsWith('status.json') ? status : (plan ?? {});
  if (found === undefined) throw kernelError('open', path, 'ENOENT');
  return found;
}

/** What readFile gives. */
export function textAt({ mounted, files }: ModelStorageOptions, path: string): string {
  if (path === '/proc/self/mountinfo' || path === '/proc/1/mountinfo') return mountInfo(mounted);
  const text = files?.[path];
  if (text === undefined) throw kernelError('open', path, 'ENOENT');
  return text;
}

/** /proc/self/mountinfo, and that of init, of a board with this storage. */
function mountInfo(union: string | undefined): string {
  const lines = ['1 1 0:1 / /overlay rw - ext4 /dev/x rw'];
  if (union !== undefined) lines.push(`2 1 0:2 / / rw - overlay overlay rw,lowerdir=/,${union}`);
  return lines.join('\n');
}
