/**
 * Apply: does a Deployment, step by step. Whatever happens, the last word says what the state of the board is: until the switch it is as it
 * was; the switch is one write; after it the board goes back by itself unless the deployment is confirmed.
 */
import type { Device } from '../device/device.ts';
import { type BoardState, type Diagnostic, Failure } from '../diagnostics/diagnostic.ts';
import type { Deployment, DeployStep } from './deployment.ts';
import { lookAgain, runDeploy } from './look.ts';
import { confirmRelease, forget, type Verdict } from './steps/confirm.ts';
import { editLoader } from './steps/edit-loader.ts';
import { rebootAndWait } from './steps/reboot.ts';
import { keepOriginal, stage } from './steps/stage.ts';
import { checked, type Doing, doing, type Progress } from './steps/step.ts';
import { verify } from './steps/verify.ts';
import { writeImage } from './steps/write-image.ts';
import type { ReleaseFile } from './wants.ts';

export type DeployEvent =
  | { readonly kind: 'begin'; readonly step: DeployStep }
  | { readonly kind: 'end'; readonly step: DeployStep }
  /** The last event. */
  | { readonly kind: 'finished'; readonly outcome: DeployOutcome };

/**
 * `confirmed`: the board runs it, and keeps it. `waiting`: the next boot is that of the new release. `nothing`: it was
 * there before.
 */
export type DeployOutcome = 'confirmed' | 'waiting' | 'nothing';

export interface ApplyOptions {
  /** What is put on the board, by names in the release. */
  readonly files: readonly ReleaseFile[];
  /** Path of the root image here, where the way is one. */
  readonly image?: string;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** @throws Failure OVL70x that ends with the state of the board; the reason of the signal before the switch */
export async function* apply(
  deployment: Deployment,
  device: Device,
  options: ApplyOptions,
): AsyncGenerator<DeployEvent> {
  const what = doing(deployment, device, options);
  const phase = new Phase(deployment);
  for (const step of deployment.steps) {
    yield { kind: 'begin', step };
    phase.begin(step);
    try {
      const verdict = await perform(step, what);
      if (verdict !== undefined && verdict.kind !== 'good') throw await phase.goBack(verdict, what);
    } catch (error) {
      await phase.leave(what);
      throw phase.failure(error);
    }
    phase.end(step);
    yield { kind: 'end', step };
  }
  yield { kind: 'finished', outcome: outcomeOf(deployment) };
}

function outcomeOf({ steps }: Deployment): DeployOutcome {
  if (steps.length === 0) return 'nothing';
  return steps.some(({ kind }) => kind === 'confirm') ? 'confirmed' : 'waiting';
}

async function perform(step: DeployStep, what: Doing): Promise<Verdict | undefined> {
  switch (step.kind) {
    case 'open-root':
      await checked(what, 'open', [what.root], 'the root of the board cannot be mounted for writing');
      return;
    case 'set-aside':
      await checked(
        what,
        'set_aside',
        [what.root, step.release],
        'the overlay_init that is there cannot be kept',
      );
      return;
    case 'keep-original':
      await keepOriginal(what, step);
      return;
    case 'make-dirs':
      await checked(what, 'make_dirs', [what.root, ...step.paths], 'mount points cannot be made');
      return;
    case 'stage':
      await stage(what, step);
      return;
    case 'verify':
      await verify(what, step);
      return;
    case 'switch':
      await checked(what, 'switch', [what.root, step.release], 'the link cannot be switched');
      return;
    case 'edit-loader':
      await editLoader(what, step);
      return;
    case 'write-image':
      await writeImage(what, step);
      return;
    case 'close-root':
      // Files of the root may be open for writing, or somebody else has opened it too: that is no reason to fail.
      await runDeploy(what.device, 'close', [what.root], what.run);
      return;
    case 'reboot':
      await rebootAndWait(what, step.waitMs);
      return;
    case 'confirm':
      return confirmRelease(what, step);
    case 'forget':
      await forget(what, step.keep);
      return;
  }
}

/** How far it is, and by that what a failure leaves behind. */
class Phase {
  readonly #deployment: Deployment;
  #state: BoardState = 'unchanged';
  #confirmed = false;
  #opened = false;
  #current: DeployStep['kind'] = 'open-root';
  /** What was said already. */
  #told: Failure | undefined;

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
    // One that runs already can only be confirmed or not.
    if (deployment.present !== 'absent') this.#state = 'unknown';
  }

  begin(step: DeployStep): void {
    this.#current = step.kind;
    if (step.kind === 'open-root') this.#opened = this.#deployment.rootReadOnly;
    if (isSwitch(step)) this.#state = 'unknown';
  }

  end(step: DeployStep): void {
    if (step.kind === 'close-root') this.#opened = false;
    if (step.kind === 'confirm') this.#confirmed = true;
  }

  /** The board runs, and not as it should: it is told to start again, which it does with what it had before. */
  async goBack(verdict: Extract<Verdict, { kind: 'bad' | 'old' }>, what: Doing): Promise<Failure> {
    if (verdict.kind === 'bad') {
      try {
        await rebootAndWait(what, what.waitMs);
        const now = await lookAgain(what.device, what.root, what.signal);
        if (now.running?.release === this.#deployment.release)
          return this.#failed(verdict.because, 'unknown');
      } catch (error) {
        return this.#failed(`${verdict.because}; then ${reasonOf(error)}`, 'unknown');
      }
    }
    this.#state = 'rolled back';
    return this.#failed(verdict.because, 'rolled back');
  }

  /** Best effort: a root that was read-only is left so. */
  async leave(what: Doing): Promise<void> {
    if (!this.#opened) return;
    await runDeploy(what.device, 'close', [what.root], { deadlineMs: 10_000 }).catch(() => undefined);
  }

  failure(error: unknown): unknown {
    if (error === this.#told) return error;
    if (!(error instanceof Failure))
      return this.#state === 'unchanged' ? error : this.#failed(reasonOf(error), this.#state, error);
    return this.#failed(reasonOf(error), this.#state, error);
  }

  #failed(because: string, state: BoardState, cause?: unknown): Failure {
    const { code, message, fix } = this.#account(state);
    const diagnostic: Diagnostic = {
      code,
      severity: 'error',
      message,
      because,
      fix,
      boardState: state,
    };
    this.#told = new Failure(diagnostic, cause === undefined ? {} : { cause });
    return this.#told;
  }

  #account(state: BoardState): Pick<Diagnostic, 'code' | 'message'> & { readonly fix: string } {
    const again = 'run the same ovl deploy again; it goes on from what is there';
    if (this.#confirmed) {
      return {
        code: 'OVL705',
        message: 'the board runs the new release and keeps it; tidying up failed',
        fix: again,
      };
    }
    if (state === 'rolled back') {
      return {
        code: 'OVL702',
        message: 'the board did not come up with the new release; it runs what it ran before',
        fix: 'look at dmesg | grep overlaykit on the board, and try the plan in the lab: ovl lab BOARD',
      };
    }
    if (state === 'unchanged')
      return { code: 'OVL700', message: 'the deployment stopped before the switch', fix: again };
    if (this.#current === 'reboot' || this.#current === 'confirm') {
      return {
        code: 'OVL701',
        message: 'the board was told to start with the new release, and that was not confirmed',
        fix: `${again}; unless that confirms it, the boot after the next is the old release's`,
      };
    }
    return {
      code: 'OVL703',
      message:
        'the connection to the board went at the switch: its next boot is that of the old release or of the new one',
      fix: again,
    };
  }
}

function isSwitch(step: DeployStep): boolean {
  return (step.kind === 'switch' && step.final) || step.kind === 'edit-loader';
}

function reasonOf(error: unknown): string {
  if (error instanceof Failure) {
    const [first] = error.diagnostics;
    return first === undefined ? error.message : [first.message, first.because].filter(Boolean).join(': ');
  }
  return error instanceof Error ? error.message : String(error);
}
