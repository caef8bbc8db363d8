/** Restarts the board and waits until it answers again, as the same board: the host key is verified anew. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { lookAgain } from '../look.ts';
import { checked, type Doing } from './step.ts';

/**
 * @param onTold is called when the board has taken the command
 * @throws Failure of Device.reconnect; OVL704 where the board answers and has not restarted
 */
export async function rebootAndWait(
  what: Doing,
  waitMs: number,
  onTold: () => void = () => {},
): Promise<void> {
  const deadline = Date.now() + waitMs;
  const before = (await lookAgain(what.device, what.root, what.signal)).bootId;
  await checked(what, 'reboot', [], 'the board does not restart');
  onTold();
  what.device.expectReboot();
  for (;;) {
    const left = deadline - Date.now();
    await what.device.reconnect({
      deadlineMs: Math.max(1, left),
      ...(what.signal === undefined ? {} : { signal: what.signal }),
    });
    const after = (await lookAgain(what.device, what.root, what.signal)).bootId;
    if (before === undefined || after !== before) return;
    if (left <= 0) throw notRestarted(waitMs);
    await sleep(500, undefined, what.signal === undefined ? {} : { signal: what.signal });
    what.device.expectReboot();
  }
}

function notRestarted(waitMs: number): Failure {
  return new Failure({
    code: 'OVL704',
    severity: 'error',
    message: `the board has not restarted within ${Math.round(waitMs / 1000)} s`,
    because: 'its boot_id is still the same',
    fix: 'restart it by hand, then run the same ovl deploy again',
  });
}
