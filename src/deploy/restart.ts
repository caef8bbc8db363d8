/** Restarts a board that runs, outside of a deployment: what is asked for the next boot takes effect, and the board is waited for. */
import type { Device } from '../device/device.ts';
import { type Diagnostic, Failure } from '../diagnostics/diagnostic.ts';
import { rebootAndWait } from './steps/reboot.ts';

export interface RestartOptions {
  /** Longest time in milliseconds until the board answers again. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** @throws Failure OVL731 where the board does not restart, or does not answer in time; the reason of the signal */
export async function restart(device: Device, { waitMs, signal }: RestartOptions): Promise<void> {
  try {
    await rebootAndWait(
      {
        device,
        root: '',
        rootReadOnly: false,
        files: [],
        image: undefined,
        waitMs,
        signal,
        run: { signal },
        progress: () => {},
        staged: new Map(),
      },
      waitMs,
    );
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw notBack(device.name, error);
  }
}

/** The codes of a connection and of a deployment end with what is to be done about those. */
function notBack(name: string, cause: Failure): Failure {
  const [first] = cause.diagnostics;
  const because = [first?.message, first?.because].filter((word) => word !== undefined).join(': ');
  const diagnostic: Diagnostic = {
    code: 'OVL731',
    severity: 'error',
    message: `${name} was not seen to restart`,
    because,
    fix: `ovl status ${name}; where it does not answer, look at its console`,
    boardState: 'unknown',
  };
  return new Failure(diagnostic, { cause });
}
