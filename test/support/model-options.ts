/** What a test says of the storage that exists in memory, and of the trouble it is to have. */
import type { FileSystemStatus } from '../../src/helper/storage-port.ts';
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
  /** A generation that has a second name, as JFFS2 shows it after a rename that was cut. */
  readonly alias?: readonly (readonly [name: string, second: string])[];
  readonly devices?: Readonly<Record<string, ModelDevice>>;
  readonly free?: Partial<FileSystemStatus>;
}
