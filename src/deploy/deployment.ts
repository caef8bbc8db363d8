/**
 * Deployment: what `ovl deploy` is going to do, as a value: the board as it is, what the bundle wants, and the steps in their
 * order. `--dry-run` prints it, `--json` carries it, apply() does it.
 *
 * In: nothing. Out: the types, and what is read off them.
 */
import type { LoaderKind } from './loaders/loader.ts';

/** A file that is put on the board. */
export interface DeployFile {
  /** Name inside the release: the last part of its path in the bundle. */
  readonly name: string;
  readonly mode: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** One thing that is done, in the order in which it is done. */
export type DeployStep =
  /** Mounts the root for writing. */
  | { readonly kind: 'open-root' }
  /** Keeps an overlay_init that an image brought as a release of its own. */
  | { readonly kind: 'set-aside'; readonly release: string }
  /** Keeps what the board boots without overlaykit as a release: a script that executes `init`. */
  | { readonly kind: 'keep-original'; readonly init?: string }
  | {
      readonly kind: 'stage';
      readonly release: string;
      readonly files: readonly DeployFile[];
      /** The release that boots where this one is not confirmed. */
      readonly previous: string;
    }
  /** Compares digests, lets the board's shell and kernel read what they will execute, and gives the release its name. */
  | { readonly kind: 'verify'; readonly release: string; readonly files: readonly DeployFile[] }
  /** Lets the helper note what the running base has under each change, for the comparison with the new base at the next boot. */
  | { readonly kind: 'record-base' }
  /** Writes a root image to a partition that nothing is mounted from, and reads it back. */
  | { readonly kind: 'write-image'; readonly slot: Slot; readonly bytes: number; readonly sha256: string }
  /** Whether the partition that the board runs from holds this image. */
  | { readonly kind: 'read-back'; readonly slot: Slot; readonly bytes: number; readonly sha256: string }
  /** Renames the link that says which release boots. `final` where nothing that the next boot reads is written after it. */
  | { readonly kind: 'switch'; readonly release: string; readonly from?: string; readonly final: boolean }
  /** Sets words of the kernel command line. Always the last write before the reboot. */
  | {
      readonly kind: 'edit-loader';
      readonly loader: LoaderKind;
      readonly path: string;
      readonly from: string;
      readonly to: string;
    }
  /** Mount points of the plan. */
  | { readonly kind: 'make-dirs'; readonly paths: readonly string[] }
  | { readonly kind: 'close-root' }
  | { readonly kind: 'reboot'; readonly waitMs: number }
  /** Asks the booted board whether it runs this plan on this rung, and makes that stay. */
  | {
      readonly kind: 'confirm';
      readonly planDigest: string;
      readonly rung: string;
      readonly release?: string;
      /** The partition that it has to run from. */
      readonly slot?: Slot;
      /** A boot loader that counts boots until it is told that one was good. */
      readonly counting?: { readonly loader: LoaderKind; readonly path: string };
    }
  /** Deletes releases that nothing goes back to. */
  | { readonly kind: 'forget'; readonly keep: readonly string[] };

/** A partition that a root image is written to. */
export type Slot =
  | {
      readonly kind: 'mtd';
      readonly number: number;
      readonly name: string;
      readonly bytes: number;
      readonly writer: 'flashcp' | 'mtd';
    }
  | { readonly kind: 'block'; readonly device: string; readonly bytes: number };

/** Ways in. */
export type DeployWay = 'writable-root' | 'root-image';

export interface Deployment {
  readonly schema: 'overlaykit.deployment/1';
  readonly board: string;
  readonly way: DeployWay;
  /** Where the root that can be written is: empty for /, /rom inside a union. */
  readonly root: string;
  /** Whether it is mounted read-only now, and has to be again. */
  readonly rootReadOnly: boolean;
  /** Name of the new release; empty for a root image. */
  readonly release: string;
  /** The release that boots now, or would boot; undefined where there is none. */
  readonly current?: string;
  readonly planDigest: string;
  readonly steps: readonly DeployStep[];
  /** Whether the board has this release already, running or not. */
  readonly present: 'absent' | 'installed' | 'running';
}

/** Where a release lies. */
export function releaseFolder(root: string, release: string): string {
  return `${root}/etc/overlaykit/releases/${release}`;
}

/** Whether a step leaves something on the board that was not there. A confirmation may find everything noted already. */
export function changes(step: DeployStep): boolean {
  return step.kind !== 'read-back' && (step.kind !== 'confirm' || step.release !== undefined);
}
