/** `ovl usage`: what fills the upper of a board. */
import type { Device } from '../../device/device.ts';
import { usageOf } from '../../device/helper/look.ts';
import type { CommandBody } from '../command.ts';
import { hostsArgument } from '../fleet/hosts.ts';
import { type BoardAnswer, eachBoard, fleetOptions } from '../fleet/on-boards.ts';
import { usageWords } from '../words/usage.ts';

export const usage: CommandBody = {
  details: `Names the largest files, or a directory where many small ones fill it, and the files that the layers below have just so:
"ovl reset HOST PATH" gives their room back. Nothing is changed.`,
  examples: [{ line: 'ovl usage ar150', what: 'the ten that take most' }],
  arguments: [hostsArgument],
  options: fleetOptions,
  exits: ['host', 'connection', 'unsuitable'],
  run: eachBoard({
    command: 'usage',
    showEach: true,
    act: (device, context) => boardUsage(device, context.signal),
  }),
};

export async function boardUsage(device: Device, signal: AbortSignal): Promise<BoardAnswer> {
  const report = await usageOf(device, signal);
  return {
    text: usageWords(report),
    data: { usage: report },
    state: `rung ${report.rung}`,
  };
}
