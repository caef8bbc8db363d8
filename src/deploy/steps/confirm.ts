/** Whether the board runs what was deployed; if so, that stays. */
import { program, succeeded } from '../../device/device.ts';
import { linesOf } from '../../device/helper/call.ts';
import { changedOf } from '../../device/helper/changed.ts';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { visible } from '../../diagnostics/escape.ts';
import { boardPaths } from '../../shared/helper-protocol.ts';
import { type DeployStep, releaseFolder, type Slot } from '../deployment.ts';
import { loaderOf } from '../loaders/index.ts';
import { environmentWords } from '../loaders/u-boot.ts';
import { lookAgain, runDeploy } from '../look.ts';
import type { Look } from '../scene.ts';
import { setEnvironment } from './edit-loader.ts';
import { blockName, checked, type Doing, refused } from './step.ts';

/** `bad`: it runs the new release, and not as it should. `old`: it has gone back by itself. */
export type Verdict = { readonly kind: 'good' } | Failed;
type Failed = { readonly kind: 'bad' | 'old'; readonly because: string };

/** `changed`: false where the board had all of it noted already. */
export type Confirmed = { readonly kind: 'good'; readonly changed: boolean } | Failed;

type ConfirmStep = Extract<DeployStep, { kind: 'confirm' }>;

/** A root that can be written is under the union once the board runs in one. */
const unionRoot = boardPaths.oldRoot;

export async function confirmRelease(what: Doing, step: ConfirmStep): Promise<Confirmed> {
  const now = await lookAgain(what.device, unionRoot, what.signal);
  const verdict = judge(now, step);
  if (verdict.kind !== 'good') return verdict;
  if (step.slot !== undefined && !(await runsFrom(what, step.slot)))
    return { kind: 'old', because: `the board does not run from ${blockName(step.slot)}` };
  // First, for a boot loader that counts on would go back; a release that is not confirmed goes back by itself.
  const settled = step.counting !== undefined && (await settle(what, step.counting));
  const kept = await confirmGeneration(what, step);
  if (step.release === undefined) return { ...verdict, changed: settled || kept };
  await checked(what, 'open', [unionRoot], 'the root of the board cannot be mounted for writing');
  await checked(what, 'confirm', [unionRoot, step.release], 'the release cannot be confirmed');
  await runDeploy(what.device, 'close', [unionRoot], what.run);
  return { ...verdict, changed: true };
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

/** Whether the root under the union is on this partition; the same plan may lie on the other one too. */
async function runsFrom(what: Doing, slot: Slot): Promise<boolean> {
  const words = [unionRoot, blockName(slot)];
  const { stdout } = await checked(what, 'runs_from', words, 'the board does not say what it runs from');
  return stdout.toString('latin1').trim() === 'yes';
}

/** The boot loader counts no further boots. @returns whether it did */
async function settle(what: Doing, { loader, path }: NonNullable<ConfirmStep['counting']>): Promise<boolean> {
  const now = await what.device.run(program('fw_printenv', ...environmentWords(path)), what.run);
  if (!succeeded(now)) throw new Failure(refused("U-Boot's environment cannot be read", now));
  const lines = loaderOf(loader).settle?.(now.stdout.toString('utf8')) ?? '';
  await setEnvironment(what, lines, path);
  return lines !== '';
}

/**
 * The generation too: else three restarts in the next minute would give it up. Boards without the helper confirm by time.
 * @returns whether it was not confirmed before
 */
async function confirmGeneration(what: Doing, step: ConfirmStep): Promise<boolean> {
  if (step.rung !== 'persistent') return false;
  const helper =
    step.release === undefined
      ? boardPaths.helper
      : `${releaseFolder(unionRoot, step.release)}/overlay_helper`;
  const there = await what.device.run(program('test', '-x', helper), what.run);
  if (!succeeded(there)) return false;
  const outcome = await what.device.run(program(helper, 'confirm'), what.run);
  if (!succeeded(outcome)) throw new Failure(refused('the generation cannot be confirmed', outcome));
  return changedOf(linesOf(outcome.stdout.toString('utf8'))).changed ?? true;
}

/** Deletes what nothing goes back to. */
export async function forget(what: Doing, keep: readonly string[]): Promise<void> {
  await checked(what, 'open', [unionRoot], 'the root of the board cannot be mounted for writing');
  await checked(what, 'forget', [unionRoot, ...keep], 'old releases cannot be deleted');
  await runDeploy(what.device, 'close', [unionRoot], what.run);
}
