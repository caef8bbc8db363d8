/** `ovl deploy`: puts a bundle on a board, so that the board boots it, or what it booted before. */
import { parseDuration } from '../../board/units.ts';
import type { Bundle } from '../../bundle/bundle.ts';
import { bundleLimit, verifyBundle } from '../../bundle/verify.ts';
import { apply, type DeployOutcome } from '../../deploy/apply.ts';
import type { LoaderChoice } from '../../deploy/choose-loader.ts';
import type { Deployment } from '../../deploy/deployment.ts';
import { loaderKinds } from '../../deploy/loaders/loader.ts';
import { lookAt } from '../../deploy/look.ts';
import { type DeployOptions, preflight } from '../../deploy/preflight.ts';
import { preflightImage } from '../../deploy/preflight-image.ts';
import { type MadeImage, withRootImage } from '../../deploy/root-image.ts';
import { releaseFiles, releaseName, wantsOf } from '../../deploy/wants.ts';
import { deploymentWords, stepWords } from '../../deploy/words.ts';
import type { Device } from '../../device/device.ts';
import type { Result } from '../../diagnostics/diagnostic.ts';
import { visible } from '../../diagnostics/escape.ts';
import { readInput } from '../../system/files.ts';
import { ask } from '../ask.ts';
import { orThrow } from '../board-file.ts';
import type { CommandBody, Context, Input, Outcome } from '../command.ts';
import { deviceOptions, hostArgument, requireHost, withDevice } from '../device.ts';
import { transferLine } from '../transfer.ts';
import { usageFailure } from '../usage.ts';

const loaderChoices: readonly LoaderChoice[] = [...loaderKinds, 'none'];
const usualWait = '180s';

export const deploy: CommandBody = {
  examples: [
    {
      line: 'ovl deploy out/bundle.tar root@192.168.1.1 --dry-run',
      what: 'what would be done; nothing is changed',
    },
    {
      line: 'ovl deploy out/bundle.tar root@192.168.1.1',
      what: 'put it there, restart the board, see that it is well',
    },
    {
      line: 'ovl deploy out/bundle.tar board --image root.squashfs --slot mtd:rootfs2',
      what: 'a root image with the bundle in it, written to a partition that is not in use',
    },
    {
      line: 'ovl deploy out/bundle.tar board --yes --no-reboot',
      what: 'from a script; the board restarts when it likes',
    },
  ],
  details: `The board boots the old release or the new one, whatever happens on the way: the switch is one write, and the last.
A release that is not confirmed gives way to the one before it at the next boot. The same command once more goes
on where an interrupted one stopped.`,
  arguments: [
    { name: 'BUNDLE', what: 'bundle.tar of ovl build', required: true, completion: 'file' },
    hostArgument,
  ],
  options: [
    { flags: '-n, --dry-run', what: 'print what would be done' },
    { flags: '--yes', what: 'do not ask' },
    {
      flags: '--no-reboot',
      what: 'leave the restart to somebody else; the same command confirms afterwards',
    },
    {
      flags: '--wait <TIME>',
      what: `longest time until the board answers again; default: ${usualWait}`,
      completion: 'none',
    },
    {
      flags: '--loader <LOADER>',
      what: 'boot loader to tell; default: the one that is found',
      choices: loaderChoices,
    },
    {
      flags: '--image <ROOT>',
      what: 'root image to put the bundle into, and to write to --slot',
      completion: 'file',
    },
    {
      flags: '--slot <PARTITION>',
      what: 'with --image: mtd:NAME, mtdN:NAME or a path below /dev',
      completion: 'none',
    },
    ...deviceOptions,
  ],
  exits: ['invalid', 'host', 'connection', 'unsuitable', 'rolledBack', 'unknown'],
  run: async (input, context) => {
    const path = input.words[0] ?? '';
    const host = requireHost(input.words[1], context);
    const options = optionsOf(input);
    const slot = slotOf(input);
    const bundle = orThrow(await verifyBundle(await readInput(path, bundleLimit), path)).value;
    const made = async (image: MadeImage | undefined): Promise<Outcome> =>
      withDevice(host, input, context, (device) =>
        deployTo(device, { path, host, bundle, options, slot, image }, input, context),
      );
    if (slot === undefined) return made(undefined);
    return withRootImage(input.value('image') ?? '', bundle, context.signal, made);
  },
};

interface Request {
  readonly path: string;
  readonly host: string;
  readonly bundle: Bundle;
  readonly options: DeployOptions;
  readonly slot: string | undefined;
  readonly image: MadeImage | undefined;
}

async function deployTo(device: Device, request: Request, input: Input, context: Context): Promise<Outcome> {
  const { value: deployment, diagnostics } = orThrow(await planned(device, request, context.signal));
  if (input.flag('dry-run')) {
    return { text: deploymentWords(deployment, request.host), data: { deployment }, diagnostics };
  }
  await agreed(deployment, request.host, input, context);
  const outcome = await done(device, deployment, request, context);
  const text = `${lastWord(outcome, deployment, request.host)}\n`;
  return { text, data: { deployment, outcome }, diagnostics };
}

async function planned(
  device: Device,
  { bundle, path, options, slot, image }: Request,
  signal: AbortSignal,
): Promise<Result<Deployment>> {
  const wants = wantsOf(bundle, path);
  const scene = await lookAt(device, wants, signal);
  if (slot !== undefined && image !== undefined) return preflightImage(scene, wants, image, slot, options);
  return preflight(scene, wants, releaseFiles(bundle), releaseName(bundle), options);
}

async function done(
  device: Device,
  deployment: Deployment,
  { bundle, image }: Request,
  context: Context,
): Promise<DeployOutcome> {
  const line = transferLine(context);
  const events = apply(deployment, device, {
    files: releaseFiles(bundle),
    ...(image === undefined ? {} : { image: image.path }),
    onProgress: line.show,
    signal: context.signal,
  });
  for await (const event of events) {
    if (event.kind === 'finished') return event.outcome;
    line.clear();
    if (event.kind === 'begin') context.say(`‣ ${stepWords(event.step)}`);
  }
  throw new Error('a deployment has no end');
}

/** The one line that says what the state of the board is. */
function lastWord(outcome: DeployOutcome, { release, board, planDigest }: Deployment, host: string): string {
  const what = release === '' ? `plan ${planDigest.slice(0, 8)}` : `release ${release}`;
  const where = `${visible(host)} (${visible(board)})`;
  switch (outcome) {
    case 'confirmed':
      return `${where} runs ${what}, and keeps it`;
    case 'waiting':
      return `${where} boots ${what} when it restarts; run the same command then, or it goes back at the boot after that`;
    case 'nothing':
      return `${where} runs ${what} already, and keeps it; nothing was changed`;
  }
}

async function agreed(deployment: Deployment, host: string, input: Input, context: Context): Promise<void> {
  if (input.flag('yes') || deployment.steps.length === 0) return;
  if (!context.interactive) {
    throw usageFailure(
      'OVL006',
      'a deployment changes what the board boots, and nobody can be asked',
      '--yes',
    );
  }
  context.say(deploymentWords(deployment, host).trimEnd());
  const text = `Change what ${visible(host)} (${visible(deployment.board)}) boots`;
  const { answer } = await ask({ answer: { text, choices: ['yes', 'no'] } }, context.signal);
  if (answer !== 'yes') throw usageFailure('OVL006', 'not deployed; nothing was changed', '--yes');
}

function optionsOf(input: Input): DeployOptions {
  const loader = input.value('loader') as LoaderChoice | undefined;
  const text = input.value('wait') ?? usualWait;
  const waitMs = parseDuration(text);
  if (waitMs === undefined || waitMs <= 0) {
    throw usageFailure('OVL004', `--wait is "${visible(text)}"`, 'a time such as 90s or 1.5min');
  }
  return { reboot: !input.flag('no-reboot'), waitMs, ...(loader === undefined ? {} : { loader }) };
}

function slotOf(input: Input): string | undefined {
  const slot = input.value('slot');
  if ((slot === undefined) !== (input.value('image') === undefined)) {
    throw usageFailure('OVL005', '--image and --slot belong together', '--image ROOT --slot PARTITION');
  }
  return slot;
}
