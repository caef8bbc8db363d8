/** Going back: a boot loader that was told gets its old line again, and a board that runs the new release badly restarts with the old. */
import type { Failure } from '../diagnostics/diagnostic.ts';
import type { Deployment, DeployStep } from './deployment.ts';
import { lookAgain } from './look.ts';
import type { Phase } from './phase.ts';
import { reasonOf } from './reason.ts';
import type { Verdict } from './steps/confirm.ts';
import { rebootAndWait } from './steps/reboot.ts';
import type { Doing } from './steps/step.ts';
import { takeBackEdit } from './steps/take-back.ts';

/**
 * After a step that failed: the boot loader's old line is put back as long as the board has not restarted, whatever the reason.
 * @returns what to say, which is `error` in other words where nothing could be done
 */
export async function takeBack(phase: Phase, what: Doing, error: unknown): Promise<unknown> {
  const edit = phase.editToTakeBack;
  if (edit === undefined) return phase.failure(error);
  try {
    if (!(await takeBackEdit(what, edit))) return phase.failure(error);
  } catch {
    // Nobody answers any more: which of the two lines it has is not known.
    return phase.failure(error);
  }
  return phase.takenBack(error);
}

/** The board runs, and not as it should, or has gone back by itself. */
export async function goBack(
  phase: Phase,
  deployment: Deployment,
  verdict: Exclude<Verdict, { kind: 'good' }>,
  what: Doing,
): Promise<Failure> {
  const { because } = verdict;
  try {
    const edit = deployment.steps.find((step) => step.kind === 'edit-loader');
    const took = edit?.kind === 'edit-loader' && (await tookBack(what, edit));
    if (verdict.kind === 'old') return phase.rolledBack(because);
    if (deployment.way === 'root-image' && !took)
      return phase.unknown(`${because}; and the boot loader's old line could not be put back`);
    await rebootAndWait(what, what.waitMs);
    const { running } = await lookAgain(what.device, what.root, what.signal);
    const isStill =
      deployment.way === 'writable-root'
        ? running?.release === deployment.release
        : running?.plan === deployment.planDigest && !took;
    return isStill ? phase.unknown(because) : phase.rolledBack(because);
  } catch (error) {
    return phase.unknown(`${because}; then ${reasonOf(error)}`);
  }
}

/** What cannot be reached from the system that runs now is left as it is. */
async function tookBack(what: Doing, edit: Extract<DeployStep, { kind: 'edit-loader' }>): Promise<boolean> {
  return takeBackEdit(what, edit).catch(() => false);
}
