/** Whether the board runs what was deployed; if so, that stays. */
import { program, succeeded } from '../../device/device.ts';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { visible } from '../../diagnostics/escape.ts';
import { boardPaths } from '../../shared/helper-protocol.ts';
import { type DeployStep, releaseFolder } from '../deployment.ts';
import { lookAgain, runDeploy } from '../look.ts';
import type { Look } from '../scene.ts';
import { checked, type Doing, refused } from './step.ts';

/** `bad`: it runs the new release, and not as it should. `old`: it has gone back by itself. */
export type Verdict = { readonly kind: 'good' } | { readonly kind: 'bad' | 'old'; readonly because: string };

type ConfirmStep = Extract<DeployStep, { kind: 'confirm' }>;

/** A root that can be written is under the union once the board runs in one. */
const unionRoot = boardPaths.oldRoot;

export async function confirmRelease(what: Doing, step: ConfirmStep): Promise<Verdict> {
  const now = await lookAgain(what.device, unionRoot, what.signal);
  const verdict = judge(now, step);
  if (verdict.kind !== 'good' || step.release === undefined) return verdict;
  await confirmGeneration(what, step);
  await checked(what, 'open', [unionRoot], 'the root of the board cannot be mounted for writing');
  await checked(what, 'confirm', [unionRoot, step.release], 'the release cannot be confirmed');
  await runDeploy(what.device, 'close', [unionRoot], what.run);
  return verdict;
}

/** Pure: what a look at the board after its boot says. */
export function judge({ running }: Pick<Look, 'running'>, step: ConfirmStep): Verdict {
  if (running === undefined) {
    return {
      kind: 'old',
      because: 'the board runs without overlaykit: it has no /run/overlaykit/status.json',
    };
  }
  if (step.release !== undefined && running.release !== step.release) {
    const other =
      running.release === '' ? 'an overlay_init of no release' : `release ${visible(running.release)}`;
    return { kind: 'old', because: `the board runs ${other}, not ${step.release}` };
  }
  if (running.plan !== step.planDigest) {
    return {
      kind: 'old',
      because: `the board runs the plan ${visible(running.plan)}, not ${step.planDigest}`,
    };
  }
  if (running.rung !== step.rung) {
    return { kind: 'bad', because: `the board runs on the rung ${visible(running.rung)}, not ${step.rung}` };
  }
  return { kind: 'good' };
}

/** The generation too: else three restarts in the next minute would give it up. Boards without the helper confirm by time. */
async function confirmGeneration(what: Doing, step: ConfirmStep): Promise<void> {
  if (step.rung !== 'persistent' || step.release === undefined) return;
  const helper = `${releaseFolder(unionRoot, step.release)}/overlay_helper`;
  const there = await what.device.run(program('test', '-x', helper), what.run);
  if (!succeeded(there)) return;
  const outcome = await what.device.run(program(helper, 'confirm'), what.run);
  if (!succeeded(outcome)) throw new Failure(refused('the generation cannot be confirmed', outcome));
}

/** Deletes what nothing goes back to. */
export async function forget(what: Doing, keep: readonly string[]): Promise<void> {
  await checked(what, 'open', [unionRoot], 'the root of the board cannot be mounted for writing');
  await checked(what, 'forget', [unionRoot, ...keep], 'old releases cannot be deleted');
  await runDeploy(what.device, 'close', [unionRoot], what.run);
}
