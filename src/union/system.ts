/**
 * Union systems: each turns a stack of layers into steps. One file a system; `index.ts` lists them in order of
 * preference. In: a stack, the kernel's version, the user's options. Out: steps, or the reasons why not.
 */
import type { Place, Result } from '../diagnostics/diagnostic.ts';
import type { Step } from '../shared/step.ts';

/** What is merged. Directories as they are seen while the old root is still `/`. */
export interface Stack {
  /** Read-only directories, topmost first; the last one is the root, `/`. */
  readonly lowerdirs: readonly string[];
  /** Directory of the storage that takes the writable layer. */
  readonly upperdir: string;
  /** Scratch directory beside it, for the systems that need one. */
  readonly workdir: string;
  /** Where the union is mounted. */
  readonly target: string;
}

/** What the board file says about the union, and where it says so. */
export interface UnionRequest {
  readonly stack: Stack;
  /** Version of the kernel, such as "5.15". */
  readonly kernel: string;
  readonly options: Readonly<Record<string, string>>;
  readonly where: (path: readonly (string | number)[]) => Place;
}

export interface UnionSystem {
  /** Name in board files. */
  readonly name: string;
  /** Name in /proc/filesystems. */
  readonly fstype: string;
  /** One line for people: which kernels have it. */
  readonly where: string;
  /** Whether a kernel of this version can have it at all. */
  readonly fits: (version: string) => boolean;
  /** Whether it needs an empty work directory beside the upper. */
  readonly needsWorkdir: boolean;
  /** The step that mounts the union, with every option stated. */
  readonly mount: (request: UnionRequest) => Result<Step>;
}
