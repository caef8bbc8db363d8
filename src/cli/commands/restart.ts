/** `ovl restart`: what was asked for the next boot happens now. */
import { parseDuration } from '../../board/units.ts';
import { restart as restartBoard } from '../../deploy/restart.ts';
import type { Device } from '../../device/device.ts';
import { visible } from '../../diagnostics/escape.ts';
import type { CommandBody, Input } from '../command.ts';
import { boardHosts, hostsArgument } from '../fleet/hosts.ts';
import { type BoardAnswer, fleetOptions, onBoards } from '../fleet/on-boards.ts';
import { isSure, yesOption } from '../sure.ts';
import { usageFailure } from '../usage.ts';
import { boardsWords, nothingDone } from './rollback.ts';

const usualWait = '180s';

export const restart: CommandBody = {
  details: `Waits until the board answers again, as the same board and in another boot. What "ovl rollback", "ovl reset" and "ovl deploy
--no-reboot" have asked for takes effect. Changes that a board has in memory only are lost: see "ovl commit".`,
  examples: [
    { line: 'ovl restart ar150', what: 'and wait until it is back' },
    { line: 'ovl restart --hosts poles.txt --jobs 1 --max-failures 1 --yes', what: 'one after the other' },
  ],
  arguments: [hostsArgument],
  options: [
    {
      flags: '--wait <TIME>',
      what: `longest time until the board answers again; default: ${usualWait}`,
      completion: 'none',
    },
    yesOption,
    ...fleetOptions,
  ],
  exits: ['no', 'host', 'connection', 'unsuitable', 'unknown'],
  run: async (input, context) => {
    const waitMs = waitOf(input);
    const hosts = await boardHosts(input.words, input, context);
    const what = `restart ${boardsWords(hosts)}`;
    if (!(await isSure(what, input, context))) return nothingDone;
    return onBoards({
      command: 'restart',
      hosts,
      input,
      context,
      act: (device) => restarted(device, waitMs, context.signal),
    });
  },
};

async function restarted(device: Device, waitMs: number, signal: AbortSignal): Promise<BoardAnswer> {
  const began = Date.now();
  await restartBoard(device, { waitMs, signal });
  const tookMs = Date.now() - began;
  const state = `restarted in ${Math.round(tookMs / 1000)} s`;
  return { text: `${visible(device.name)}: ${state}\n`, data: { restarted: true, tookMs }, state };
}

function waitOf(input: Input): number {
  const text = input.value('wait') ?? usualWait;
  const waitMs = parseDuration(text);
  if (waitMs !== undefined && waitMs > 0) return waitMs;
  throw usageFailure('OVL004', `--wait is "${visible(text)}"`, 'a time such as 90s or 1.5min');
}
