/** `ovl status`: on which rung a board runs and why, its generations, its storage, and what is wrong. */
import type { Device } from '../../device/device.ts';
import { listGenerations, lookAt } from '../../device/helper/look.ts';
import type { CommandBody } from '../command.ts';
import { hostsArgument } from '../fleet/hosts.ts';
import { type BoardAnswer, eachBoard, fleetOptions } from '../fleet/on-boards.ts';
import { withPlaces } from '../helper-places.ts';
import { stateOf, statusWords, troublesOf } from '../words/status.ts';

export const status: CommandBody = {
  details: `The exit code is 1 where something is wrong: a rung that keeps no changes, a full storage, a damaged slot, a boot that
was repaired. Without overlay_helper on the board, what the boot itself has noted is shown. Nothing is changed.`,
  examples: [
    { line: 'ovl status ar150', what: 'one board' },
    { line: 'ovl status --hosts poles.txt', what: 'many, and a table' },
    {
      line: 'ovl status --inventory hosts.ini --group poles --json',
      what: 'a line of JSON for each as it comes',
    },
  ],
  arguments: [hostsArgument],
  options: fleetOptions,
  exits: ['no', 'host', 'connection', 'unsuitable'],
  run: eachBoard({
    command: 'status',
    act: (device, context) => boardStatus(device, context.signal),
  }),
};

export async function boardStatus(device: Device, signal: AbortSignal): Promise<BoardAnswer> {
  const look = await lookAt(device, signal);
  const generations = look.kind === 'report' ? await listGenerations(device, signal) : undefined;
  return {
    text: await withPlaces(statusWords(device.name, look, generations)),
    data: {
      helper: look.kind === 'report',
      status: look.kind === 'report' ? look.report : look.boot,
      ...(generations === undefined ? {} : { generations }),
      troubles: troublesOf(look),
    },
    state: stateOf(look),
    ...(troublesOf(look).length === 0 ? {} : { exit: 'no' as const }),
  };
}
