/** A deployment to one board: looked at, asked about, done, and what became of it in one line. */
import type { Bundle } from '../../bundle/bundle.ts';
import { apply, type DeployEvent, type DeployOutcome } from '../../deploy/apply.ts';
import { changes, type Deployment } from '../../deploy/deployment.ts';
import { lookAt } from '../../deploy/look.ts';
import { type DeployOptions, preflight } from '../../deploy/preflight.ts';
import { preflightImage } from '../../deploy/preflight-image.ts';
import type { MadeImage } from '../../deploy/root-image.ts';
import { releaseFiles, releaseName, wantsOf } from '../../deploy/wants.ts';
import { deploymentWords, stepWords } from '../../deploy/words.ts';
import type { Device } from '../../device/device.ts';
import type { Result } from '../../diagnostics/diagnostic.ts';
import { visible } from '../../diagnostics/escape.ts';
import { orThrow } from '../board-file.ts';
import type { Context, Input } from '../command.ts';
import type { BoardAnswer } from '../fleet/on-boards.ts';
import { isSure } from '../sure.ts';
import { transferLine } from '../transfer.ts';
import { usageFailure } from '../usage.ts';

export interface DeployRequest {
  /** Path of the bundle. */
  readonly path: string;
  readonly bundle: Bundle;
  readonly options: DeployOptions;
  /** Where the root image goes, as the person named it. */
  readonly slot: string | undefined;
  readonly image: MadeImage | undefined;
  readonly dryRun: boolean;
}

/**
 * @param alone whether it is the only board: then it is asked about here, and what is sent is shown as it goes
 * @throws Failure OVL6xx for a board that is not suitable, OVL70x that ends with the state of the board
 */
export async function deployBoard(
  device: Device,
  request: DeployRequest,
  alone: boolean,
  input: Input,
  context: Context,
): Promise<BoardAnswer> {
  const { name } = device;
  const { value: deployment, diagnostics } = orThrow(await planned(device, request, context.signal));
  if (request.dryRun) {
    const text = deploymentWords(deployment, name);
    return {
      text,
      data: { dryRun: true, changed: deployment.steps.some(changes), deployment },
      diagnostics,
      state: foreseen(deployment),
    };
  }
  if (alone) await agreed(deployment, name, input, context);
  const said: string[] = [];
  const { outcome, changed } = await done(device, deployment, request, alone, context, said);
  return {
    text: `${lastWord(outcome, deployment, name)}\n`,
    data: { changed, deployment, outcome, said },
    diagnostics,
    state: stateWords(outcome, deployment),
  };
}

async function planned(
  device: Device,
  { bundle, path, options, slot, image }: DeployRequest,
  signal: AbortSignal,
): Promise<Result<Deployment>> {
  const wants = wantsOf(bundle, path);
  const scene = await lookAt(device, wants, signal);
  if (slot !== undefined && image !== undefined) return preflightImage(scene, wants, image, slot, options);
  return preflight(scene, wants, releaseFiles(bundle), releaseName(bundle), options);
}

type Finished = Extract<DeployEvent, { kind: 'finished' }>;

async function done(
  device: Device,
  deployment: Deployment,
  { bundle, image }: DeployRequest,
  alone: boolean,
  context: Context,
  said: string[],
): Promise<Finished> {
  // Lines of several boards come in between each other.
  const of = alone ? '' : `${visible(device.name)}: `;
  const line = transferLine({ ...context, interactive: context.interactive && alone });
  const events = apply(deployment, device, {
    files: releaseFiles(bundle),
    ...(image === undefined ? {} : { image: image.path }),
    onProgress: line.show,
    signal: context.signal,
  });
  for await (const event of events) {
    if (event.kind === 'finished') return event;
    line.clear();
    if (event.kind === 'begin') context.say(`${of}‣ ${stepWords(event.step)}`);
    if (event.kind === 'said') {
      context.say(`${of}  ${event.text}`);
      said.push(event.text);
    }
  }
  throw new Error('a deployment has no end');
}

async function agreed(deployment: Deployment, name: string, input: Input, context: Context): Promise<void> {
  if (input.flag('yes') || deployment.steps.length === 0) return;
  context.say(deploymentWords(deployment, name).trimEnd());
  const question = `Change what ${name} (${deployment.board}) boots`;
  if (await isSure(question, input, context)) return;
  throw usageFailure('OVL006', 'not deployed; nothing was changed', '--yes');
}

/** The one line that says what the state of the board is. */
function lastWord(outcome: DeployOutcome, deployment: Deployment, name: string): string {
  const what = whatRuns(deployment);
  const where = `${visible(name)} (${visible(deployment.board)})`;
  switch (outcome) {
    case 'confirmed':
      return `${where} runs ${what}, and keeps it`;
    case 'waiting':
      return `${where} boots ${what} when it restarts; run the same command then${unlessConfirmed(deployment)}`;
    case 'nothing':
      return `${where} runs ${what} already, and keeps it; nothing was changed`;
  }
}

function stateWords(outcome: DeployOutcome, deployment: Deployment): string {
  const what = whatRuns(deployment);
  switch (outcome) {
    case 'confirmed':
      return `runs ${what}`;
    case 'waiting':
      return `boots ${what} when it restarts`;
    case 'nothing':
      return `runs ${what} already`;
  }
}

function foreseen({ steps }: Deployment): string {
  return steps.length === 0 ? 'nothing to do' : `${steps.length} steps; nothing was changed`;
}

function whatRuns({ release, planDigest }: Deployment): string {
  return release === '' ? `plan ${planDigest.slice(0, 8)}` : `release ${release}`;
}

/** Only a release goes back by itself; what a boot loader does is its own. */
function unlessConfirmed({ way }: Deployment): string {
  return way === 'writable-root' ? ', or it goes back at the boot after that' : ' to confirm it';
}
