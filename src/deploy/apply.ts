/**
 * Apply: does a Deployment, step by step. Whatever happens, the last word says what the state of the board is: until the switch it is as it
 * was; the switch is one write; after it the board goes back by itself unless the deployment is confirmed.
 */
import type { Device } from '../device/device.ts';
import { changes, type Deployment, type DeployStep } from './deployment.ts';
import { goBack, takeBack } from './go-back.ts';
import { runDeploy } from './look.ts';
import { Phase } from './phase.ts';
import { type Confirmed, confirmRelease, forget } from './steps/confirm.ts';
import { editLoader } from './steps/edit-loader.ts';
import { runsImage } from './steps/read-back.ts';
import { rebootAndWait } from './steps/reboot.ts';
import { recordBase } from './steps/record-base.ts';
import { keepOriginal, stage } from './steps/stage.ts';
import { checked, type Doing, doing, type Progress } from './steps/step.ts';
import { verify } from './steps/verify.ts';
import { writeImage } from './steps/write-image.ts';
import type { ReleaseFile } from './wants.ts';

export type DeployEvent =
  | { readonly kind: 'begin'; readonly step: DeployStep }
  | { readonly kind: 'end'; readonly step: DeployStep }
  /** What a step has to tell of what it did. */
  | { readonly kind: 'said'; readonly step: DeployStep; readonly text: string }
  /** The last event. `changed`: whether anything on the board was not as it is now. */
  | { readonly kind: 'finished'; readonly outcome: DeployOutcome; readonly changed: boolean };

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
  let changed = false;
  for (const step of deployment.steps) {
    yield { kind: 'begin', step };
    phase.begin(step);
    const done = await performed(step, deployment, phase, what);
    phase.end(step);
    changed ||= done.kind === 'good' ? done.changed : changes(step);
    if (done.kind === 'said') yield { kind: 'said', step, text: done.text };
    yield { kind: 'end', step };
  }
  yield { kind: 'finished', outcome: outcomeOf(deployment), changed };
}

function outcomeOf({ steps, present }: Deployment): DeployOutcome {
  // Installed and not restarted: there is nothing to do but to wait.
  if (steps.length === 0) return present === 'running' ? 'nothing' : 'waiting';
  return steps.some(({ kind }) => kind === 'confirm') ? 'confirmed' : 'waiting';
}

/** @throws what to say of a step that failed, after what can be taken back was */
async function performed(step: DeployStep, deployment: Deployment, phase: Phase, what: Doing): Promise<Done> {
  try {
    const done = await perform(step, what, () => phase.restarting());
    if (done.kind === 'bad' || done.kind === 'old') throw await goBack(phase, deployment, done, what);
    return done;
  } catch (error) {
    const told = await takeBack(phase, what, error);
    await phase.leave(what.device);
    throw told;
  }
}

/** What a step comes to. */
type Done = Confirmed | { readonly kind: 'done' } | { readonly kind: 'said'; readonly text: string };

const plainlyDone: Done = { kind: 'done' };

async function perform(step: DeployStep, what: Doing, onRestart: () => void): Promise<Done> {
  switch (step.kind) {
    case 'open-root':
      await checked(what, 'open', [what.root], 'the root of the board cannot be mounted for writing');
      return plainlyDone;
    case 'set-aside':
      await checked(
        what,
        'set_aside',
        [what.root, step.release],
        'the overlay_init that is there cannot be kept',
      );
      return plainlyDone;
    case 'keep-original':
      await keepOriginal(what, step);
      return plainlyDone;
    case 'make-dirs':
      await checked(what, 'make_dirs', [what.root, ...step.paths], 'mount points cannot be made');
      return plainlyDone;
    case 'stage':
      return { kind: 'said', text: await stage(what, step) };
    case 'verify':
      await verify(what, step);
      return plainlyDone;
    case 'switch':
      await checked(what, 'switch', [what.root, step.release], 'the link cannot be switched');
      return plainlyDone;
    case 'edit-loader':
      await editLoader(what, step);
      return plainlyDone;
    case 'record-base':
      return { kind: 'said', text: await recordBase(what) };
    case 'read-back':
      await runsImage(what, step);
      return plainlyDone;
    case 'write-image':
      await writeImage(what, step);
      return plainlyDone;
    case 'close-root':
      // Files of the root may be open for writing, or somebody else has opened it too: that is no reason to fail.
      await runDeploy(what.device, 'close', [what.root], what.run);
      return plainlyDone;
    case 'reboot':
      await rebootAndWait(what, step.waitMs, onRestart);
      return plainlyDone;
    case 'confirm':
      return confirmRelease(what, step);
    case 'forget':
      await forget(what, step.keep);
      return plainlyDone;
  }
}
