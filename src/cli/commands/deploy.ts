/** `ovl deploy`: puts a bundle on a board, so that the board boots it, or what it booted before. */
import { parseDuration } from '../../board/units.ts';
import { bundleLimit, verifyBundle } from '../../bundle/verify.ts';
import type { LoaderChoice } from '../../deploy/choose-loader.ts';
import type { DeployOptions } from '../../deploy/preflight.ts';
import { type MadeImage, withRootImage } from '../../deploy/root-image.ts';
import { visible } from '../../diagnostics/escape.ts';
import { bootLoaderChoices } from '../../shared/boot-loader.ts';
import { readInput } from '../../system/files.ts';
import { orThrow } from '../board-file.ts';
import type { CommandBody, Input, Outcome } from '../command.ts';
import { deployBoard } from '../deploy/deploy-board.ts';
import { boardHosts, hostsArgument } from '../fleet/hosts.ts';
import { fleetOptions, isList, onBoards } from '../fleet/on-boards.ts';
import { isSure, requireSomebody } from '../sure.ts';
import { usageFailure } from '../usage.ts';
import { boardsWords, nothingDone } from './rollback.ts';

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
    {
      line: 'ovl deploy out/bundle.tar --hosts poles.txt --jobs 2 --max-failures 1 --yes',
      what: 'many boards, two at a time; no further one after a failure',
    },
  ],
  details: `The board boots the old release or the new one, whatever happens on the way: the switch is one write, and the last.
A release that is not confirmed gives way to the one before it at the next boot. The same command once more goes
on where an interrupted one stopped.`,
  arguments: [
    { name: 'BUNDLE', what: 'bundle.tar of ovl build', required: true, completion: 'file' },
    hostsArgument,
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
      choices: bootLoaderChoices,
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
    ...fleetOptions,
  ],
  exits: ['invalid', 'host', 'connection', 'unsuitable', 'rolledBack', 'unknown'],
  run: async (input, context) => {
    const path = input.words[0] ?? '';
    const hosts = await boardHosts(input.words.slice(1), input, context);
    const options = optionsOf(input);
    const slot = slotOf(input);
    const dryRun = input.flag('dry-run');
    const what = `change what ${boardsWords(hosts)} boots`;
    const bundle = orThrow(await verifyBundle(await readInput(path, bundleLimit), path)).value;
    if (!dryRun) requireSomebody(what, input, context);
    if (!dryRun && isList(input, hosts) && !(await isSure(what, input, context))) return nothingDone;
    const withImage = async (image: MadeImage | undefined): Promise<Outcome> =>
      onBoards({
        command: 'deploy',
        hosts,
        input,
        context,
        showEach: dryRun,
        act: (device, alone) =>
          deployBoard(device, { path, bundle, options, slot, image, dryRun }, alone, input, context),
      });
    if (slot === undefined) return withImage(undefined);
    return withRootImage(input.value('image') ?? '', bundle, context.signal, withImage);
  },
};

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
