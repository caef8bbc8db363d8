/** What every step of a deployment works with, and how it asks the board. */
import { type Device, type Outcome, type RunOptions, succeeded } from '../../device/device.ts';
import { type Diagnostic, Failure } from '../../diagnostics/diagnostic.ts';
import { visible } from '../../diagnostics/escape.ts';
import type { ApplyOptions } from '../apply.ts';
import type { Deployment, Slot } from '../deployment.ts';
import { runDeploy } from '../look.ts';
import type { ReleaseFile } from '../wants.ts';

export interface Progress {
  /** What is sent. */
  readonly what: string;
  /** Bytes. */
  readonly sent: number;
  readonly total: number;
}

export interface Doing {
  readonly device: Device;
  readonly root: string;
  readonly rootReadOnly: boolean;
  readonly files: readonly ReleaseFile[];
  readonly image: string | undefined;
  readonly waitMs: number;
  readonly signal?: AbortSignal;
  /** For commands that change the board: a slow flash may take minutes. */
  readonly run: RunOptions;
  readonly progress: (progress: Progress) => void;
  /** Folders of releases that were staged in this deployment and have no name yet. */
  readonly staged: Map<string, string>;
}

/** Longest time for a command that writes, in milliseconds: flash erases, and a full one looks for room. */
export const slowMs = 180_000;

export function doing(deployment: Deployment, device: Device, options: ApplyOptions): Doing {
  const { signal } = options;
  const reboot = deployment.steps.find(({ kind }) => kind === 'reboot');
  return {
    device,
    root: deployment.root,
    rootReadOnly: deployment.rootReadOnly,
    files: options.files,
    image: options.image,
    waitMs: reboot?.kind === 'reboot' ? reboot.waitMs : 180_000,
    ...(signal === undefined ? {} : { signal }),
    run: { deadlineMs: slowMs, ...(signal === undefined ? {} : { signal }) },
    progress: options.onProgress ?? (() => {}),
    staged: new Map(),
  };
}

/**
 * Runs one function of deploy.sh that has to succeed.
 * @throws Failure OVL704 with what the board said
 */
export async function checked(
  what: Doing,
  verb: string,
  words: readonly string[],
  otherwise: string,
  stdin?: RunOptions['stdin'],
): Promise<Outcome> {
  const outcome = await runDeploy(what.device, verb, words, {
    ...what.run,
    ...(stdin === undefined ? {} : { stdin }),
  });
  if (!succeeded(outcome)) throw new Failure(refused(otherwise, outcome));
  return outcome;
}

export function refused(message: string, { ending, stderr }: Outcome): Diagnostic {
  const said = visible(stderr.toString('utf8').trim()).slice(0, 300);
  const ended = ending.kind === 'exited' ? `exit code ${ending.code}` : ending.kind;
  return {
    code: 'OVL704',
    severity: 'error',
    message,
    because: said === '' ? `the board ended it with ${ended} and no word` : said,
  };
}

/** The name of a partition in /sys/class/block, by which the kernel is asked about it. */
export function blockName(slot: Slot): string {
  return slot.kind === 'mtd' ? `mtdblock${slot.number}` : slot.device.slice('/dev/'.length);
}
