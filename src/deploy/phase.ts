/**
 * Phase: how far a deployment is, and by that what a failure leaves behind: until the switch the board is as it was; a switch that
 * was not followed by a restart is taken back where that can be done; after the restart the board goes back by itself.
 */
import type { Device } from '../device/device.ts';
import { type BoardState, type Diagnostic, Failure } from '../diagnostics/diagnostic.ts';
import type { Deployment, DeployStep } from './deployment.ts';
import { runDeploy } from './look.ts';
import { reasonOf } from './reason.ts';

export class Phase {
  readonly #deployment: Deployment;
  #state: BoardState = 'unchanged';
  #confirmed = false;
  #opened = false;
  #current: DeployStep['kind'] = 'open-root';
  /** The last edit of a boot loader's configuration that was begun, as long as the board has not restarted with it. */
  #edit: Extract<DeployStep, { kind: 'edit-loader' }> | undefined;
  #restarting = false;
  /** What was said already. */
  #told: Failure | undefined;

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
    // One that runs already can only be confirmed or not; of an image, it is looked first whether it is this one.
    if (deployment.present !== 'absent' && deployment.way === 'writable-root') this.#state = 'unknown';
  }

  begin(step: DeployStep): void {
    this.#current = step.kind;
    if (step.kind === 'open-root') this.#opened = this.#deployment.rootReadOnly;
    if (step.kind === 'edit-loader') this.#edit = step;
    if (isSwitch(step) || step.kind === 'confirm') this.#state = 'unknown';
  }

  end(step: DeployStep): void {
    if (step.kind === 'close-root') this.#opened = false;
    if (step.kind === 'confirm') this.#confirmed = true;
  }

  /** The board has taken the command to restart; what it boots is decided. */
  restarting(): void {
    this.#restarting = true;
  }

  /** What has to be taken back where a step fails now; undefined where nothing was told to a boot loader, or it is too late. */
  get editToTakeBack(): Extract<DeployStep, { kind: 'edit-loader' }> | undefined {
    return this.#restarting ? undefined : this.#edit;
  }

  /** Best effort: a root that was read-only is left so. */
  async leave(device: Device): Promise<void> {
    if (!this.#opened) return;
    await runDeploy(device, 'close', [this.#deployment.root], { deadlineMs: 10_000 }).catch(() => undefined);
  }

  /** The boot loader has its old line again, so the next boot is the one before. */
  takenBack(error: unknown): Failure {
    this.#state = 'rolled back';
    return this.#say(
      'OVL706',
      'the deployment stopped after the boot loader was told; its old line is back',
      {
        because: reasonOf(error),
        fix: again,
        cause: error,
      },
    );
  }

  rolledBack(because: string): Failure {
    this.#state = 'rolled back';
    return this.#failed(because);
  }

  unknown(because: string): Failure {
    this.#state = 'unknown';
    return this.#failed(because);
  }

  failure(error: unknown): unknown {
    if (error === this.#told) return error;
    if (this.#state === 'unchanged' && (!(error instanceof Failure) || isUnsuitable(error))) return error;
    return this.#failed(reasonOf(error), error);
  }

  #failed(because: string, cause?: unknown): Failure {
    const { code, message, fix } = this.#account();
    return this.#say(code, message, { because, fix, cause });
  }

  #say(
    code: Diagnostic['code'],
    message: string,
    { because, fix, cause }: { readonly because: string; readonly fix: string; readonly cause: unknown },
  ): Failure {
    const diagnostic: Diagnostic = {
      code,
      severity: 'error',
      message,
      because,
      fix,
      boardState: this.#state,
    };
    this.#told = new Failure(diagnostic, cause === undefined ? {} : { cause });
    return this.#told;
  }

  #account(): Pick<Diagnostic, 'code' | 'message'> & { readonly fix: string } {
    if (this.#confirmed) {
      return {
        code: 'OVL705',
        message: 'the board runs the new release and keeps it; tidying up failed',
        fix: again,
      };
    }
    if (this.#state === 'rolled back') {
      return {
        code: 'OVL702',
        message: 'the board did not come up with the new release; it runs what it ran before',
        fix: 'look at dmesg | grep overlaykit on the board, and try the plan in the lab: ovl lab BOARD',
      };
    }
    if (this.#state === 'unchanged')
      return { code: 'OVL700', message: 'the deployment stopped before the switch', fix: again };
    if (this.#current === 'reboot' || this.#current === 'confirm') {
      return {
        code: 'OVL701',
        message: 'the board was told to start with the new release, and that was not confirmed',
        fix: `${again}; unless that confirms it, ${this.#withoutIt()}`,
      };
    }
    return {
      code: 'OVL703',
      message:
        'the connection to the board went at the switch: its next boot is that of the old release or of the new one',
      fix: again,
    };
  }

  /** What happens where nobody confirms. */
  #withoutIt(): string {
    if (this.#deployment.way === 'writable-root') return "the boot after the next is the old release's";
    const counting = this.#deployment.steps.some(
      (step) => step.kind === 'confirm' && step.counting !== undefined,
    );
    return counting
      ? 'the boot loader goes back once it has counted enough boots'
      : "put the boot loader's old line back, which is kept beside the new one";
  }
}

const again = 'run the same ovl deploy again; it goes on from what is there';

/** Found out late, and said as it would have been before. */
function isUnsuitable({ diagnostics }: Failure): boolean {
  return diagnostics.every(({ code, boardState }) => code.startsWith('OVL6') && boardState === 'unchanged');
}

function isSwitch(step: DeployStep): boolean {
  return (step.kind === 'switch' && step.final) || step.kind === 'edit-loader';
}
