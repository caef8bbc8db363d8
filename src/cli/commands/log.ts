/** `ovl log`: the last boots of a board, with what each step took. */
import type { Device } from '../../device/device.ts';
import { parseBootLine, parseKept } from '../../device/helper/ledger.ts';
import { lookAt, readLedger } from '../../device/helper/look.ts';
import { readStepLabels } from '../../device/helper/script-steps.ts';
import type { CommandBody } from '../command.ts';
import { hostsArgument } from '../fleet/hosts.ts';
import { type BoardAnswer, eachBoard, fleetOptions } from '../fleet/on-boards.ts';
import { withPlaces } from '../helper-places.ts';
import { ledgerWords } from '../words/ledger.ts';
import { stateOf } from '../words/status.ts';

export const log: CommandBody = {
  details: `The last eight boots are on the storage; on a rung in memory only the running one is known. Times count from the start
of the kernel. The steps are those of "ovl plan"; of the running boot it is said what they do. Nothing is changed.`,
  examples: [
    { line: 'ovl log ar150', what: 'the boots, the last one last' },
    { line: 'ovl log ar150 --json', what: 'the same in milliseconds' },
  ],
  arguments: [hostsArgument],
  options: fleetOptions,
  exits: ['host', 'connection', 'unsuitable'],
  run: eachBoard({
    command: 'log',
    showEach: true,
    act: (device, context) => boardLog(device, context.signal),
  }),
};

export async function boardLog(device: Device, signal: AbortSignal): Promise<BoardAnswer> {
  const look = await lookAt(device, signal);
  const kept = look.kind === 'report' ? look.report.boots : [];
  const lines = kept.length === 0 ? await readLedger(device, signal) : kept;
  const failed = look.kind === 'report' ? look.report.kept : [];
  const { plan } = look.kind === 'report' ? look.report : look.boot;
  const labels = await readStepLabels(device, plan, signal);
  return {
    text: await withPlaces(ledgerWords(lines, failed, labels)),
    data: {
      boots: lines.map((line) => ({ line, ...parseBootLine(line) })),
      failed: failed.map(parseKept),
      steps: Object.fromEntries(labels),
    },
    state: stateOf(look),
  };
}
