/** `ovl bench`: what the union costs, measured on a board or in a virtual one. */
import { parseDuration, parseSize } from '../../board/units.ts';
import type { Device } from '../../device/device.ts';
import { type BenchWish, benchBoard } from '../../device/helper/bench.ts';
import { visible } from '../../diagnostics/escape.ts';
import { type Machine, machines } from '../../lab/index.ts';
import { costSvg } from '../../render/bench-svg.ts';
import { compareBench, published } from '../../shared/bench.ts';
import { type BenchReport, benchDefaults, benchLimits } from '../../shared/bench-report.ts';
import type { CommandBody, Context, Input, Outcome } from '../command.ts';
import { hostsArgument } from '../fleet/hosts.ts';
import { type BoardAnswer, eachBoard, fleetOptions } from '../fleet/on-boards.ts';
import { benchInLab } from '../lab/bench.ts';
import { usageFailure } from '../usage.ts';
import { benchState, benchText, costName, duration, headline } from '../words/bench.ts';

export const bench: CommandBody = {
  details: `The helper mounts a union of its own beside the running one, over the same storage and base, and does each thing through it
and without it in turns. Nothing of the board is changed, and nothing stays. Flash is written to: no more than --budget, and
how much is said. Times in the lab are those of an emulator; only their ratios mean something.`,
  examples: [
    { line: 'ovl bench ar150', what: 'a table; writes at most 4 MiB' },
    {
      line: 'ovl bench ar150 --budget 64MiB --drop-caches',
      what: 'larger files too, and reading the base cold',
    },
    { line: 'ovl bench ar150 --svg > ar150.svg', what: 'a chart' },
    { line: 'ovl bench --lab my.yaml', what: 'the same in a virtual board' },
  ],
  arguments: [hostsArgument],
  options: [
    { flags: '--lab <BOARD>', what: 'a board file, booted in a virtual board', completion: 'file' },
    { flags: '--machine <MACHINE>', what: 'what plays the board of --lab', choices: machines },
    { flags: '--budget <SIZE>', what: 'most to write to the storage; default: 4MiB', completion: 'none' },
    {
      flags: '--rounds <N>',
      what: `how often each thing is done; default: ${benchDefaults.rounds}`,
      completion: 'none',
    },
    {
      flags: '--time <TIME>',
      what: `begin nothing new after it; default: ${benchDefaults.seconds}s`,
      completion: 'none',
    },
    { flags: '--no-sync', what: 'do not wait until the storage has what is written' },
    {
      flags: '--drop-caches',
      what: 'read the base cold too: empties the caches of the whole board',
    },
    { flags: '--svg', what: 'print a chart' },
    ...fleetOptions,
  ],
  exits: ['invalid', 'host', 'connection', 'unsuitable'],
  run: async (input, context) => {
    const wish = wishOf(input);
    const file = input.value('lab');
    if (file !== undefined) return inLab(file, wish, input, context);
    if (input.value('machine') !== undefined)
      throw usageFailure('OVL005', '--machine goes with --lab', 'ovl bench --help');
    const lists = input.value('hosts') ?? input.value('inventory');
    if (input.flag('svg') && (input.words.length > 1 || lists !== undefined))
      throw usageFailure('OVL005', '--svg draws one board', 'name one HOST');
    return eachBoard({
      command: 'bench',
      showEach: true,
      act: (device) => boardBench(device, wish, input.flag('svg'), context.signal),
    })(input, context);
  },
};

export async function boardBench(
  device: Device,
  wish: BenchWish,
  asChart: boolean,
  signal: AbortSignal,
): Promise<BoardAnswer> {
  return answerOf(device.name, await benchBoard(device, wish, signal), asChart);
}

async function inLab(file: string, wish: BenchWish, input: Input, context: Context): Promise<Outcome> {
  if (input.words.length > 0)
    throw usageFailure('OVL005', '--lab measures a virtual board, and a HOST is named too', 'one of the two');
  const machine = (input.value('machine') ?? 'qemu') as Machine;
  const { report, diagnostics } = await benchInLab(file, machine, wish, context);
  const { text, data } = answerOf(file, report, input.flag('svg'));
  const remark =
    'measured in a virtual board: the times are those of an emulator, only ratios mean something\n';
  return {
    text: input.flag('svg') ? text : `${text}${remark}`,
    data: { ...data, lab: { file, machine } },
    diagnostics,
  };
}

function answerOf(name: string, report: BenchReport, asChart: boolean): BoardAnswer {
  const compared = compareBench(report);
  return {
    text: asChart ? chart(name, report, compared) : benchText(report, compared),
    data: { bench: { ...report, ...compared, published } },
    state: benchState(compared),
  };
}

function chart(name: string, report: BenchReport, compared: ReturnType<typeof compareBench>): string {
  return costSvg({
    title: `What the union costs ${name}`,
    note: headline(report),
    bars: compared.comparisons.map((one) => ({
      ...{ name: costName(one), ratio: one.ratio, low: one.low, high: one.high },
      remark: `${duration(one.union)}, else ${duration(one.plain)}`,
      noise: one.verdict === 'noise',
    })),
    remarks: [
      `in steady work: ${benchState(compared)}`,
      ...published.map(
        ({ system, says, of, source, read }) =>
          `published: ${system} ${says}, ${of} (${source}${read ? '' : '; not read'})`,
      ),
    ],
  });
}

/** @throws Failure OVL004 */
function wishOf(input: Input): BenchWish {
  const budget = bounded(input, 'budget', parseSize, benchLimits.budget, 'a size up to 1GiB, such as 64MiB');
  const rounds = bounded(input, 'rounds', Number, benchLimits.rounds, 'a number from 1 to 100');
  const milliseconds = bounded(
    input,
    'time',
    parseDuration,
    benchLimits.seconds * 1000,
    'a time up to 60min, such as 30s',
  );
  return {
    ...(budget === undefined ? {} : { budget }),
    ...(rounds === undefined ? {} : { rounds }),
    seconds: milliseconds === undefined ? benchDefaults.seconds : Math.ceil(milliseconds / 1000),
    noSync: input.flag('no-sync'),
    dropCaches: input.flag('drop-caches'),
  };
}

function bounded(
  input: Input,
  name: string,
  read: (text: string) => number | undefined,
  most: number,
  fix: string,
): number | undefined {
  const text = input.value(name);
  if (text === undefined) return undefined;
  const value = read(text);
  if (value !== undefined && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw usageFailure('OVL004', `--${name} is "${visible(text)}"`, fix);
}
