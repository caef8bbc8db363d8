/** `ovl commit`: changes that are in memory go to the storage while the board runs. */
import type { Device } from '../../device/device.ts';
import { callPresentHelper, linesOf } from '../../device/helper/call.ts';
import { visible } from '../../diagnostics/escape.ts';
import { changeBoard } from '../board-change.ts';
import type { CommandBody } from '../command.ts';
import { deviceOptions, hostArgument, requireHost, withDevice } from '../device.ts';
import type { BoardAnswer } from '../fleet/on-boards.ts';
import { usageFailure } from '../usage.ts';

const longestMs = 30 * 60_000;

export const commit: CommandBody = {
  details: `For boards on the rung tmpfs, whose changes are lost with the power. They become a new generation on the storage: a
copy of the active one with the paths laid over it, which boots next. "/" is everything. On a rung that keeps its changes
this writes out what is still in the kernel's memory.`,
  examples: [
    { line: 'ovl commit kiosk /etc/wifi.conf', what: 'keeps one file' },
    { line: 'ovl commit kiosk / --try', what: 'keeps everything, on trial until it is confirmed' },
  ],
  arguments: [
    hostArgument,
    { name: 'PATH', what: 'what to keep', required: false, repeats: true, completion: 'none' },
  ],
  options: [
    { flags: '--try', what: 'only until three boots without confirmation have passed' },
    { flags: '--dry-run', what: 'say what would be kept, and whether it fits' },
    ...deviceOptions,
  ],
  exits: ['host', 'connection', 'unsuitable', 'unknown'],
  run: async (input, context) => {
    const paths = input.words.filter((word) => word.startsWith('/'));
    const [host, ...others] = input.words.filter((word) => !word.startsWith('/'));
    const [wrong] = others;
    if (wrong !== undefined)
      throw usageFailure('OVL004', `"${visible(wrong)}" is no absolute path`, 'ovl commit HOST /PATH...');
    if (paths.length === 0) throw usageFailure('OVL003', 'no path was named', 'ovl commit HOST /PATH...');
    const name = requireHost(host, context);
    const dry = input.flag('dry-run');
    const words = [...(input.flag('try') ? ['--try'] : []), ...(dry ? ['--dry-run'] : []), ...paths];
    const act = dry ? commitForecast : kept;
    const answer = await withDevice(name, input, context, (device) => act(device, words, context.signal));
    return { ...answer, data: { host: name, ...answer.data }, diagnostics: [] };
  },
};

function kept(device: Device, words: readonly string[], signal: AbortSignal): Promise<BoardAnswer> {
  return changeBoard(device, ['commit', ...words], { signal, deadlineMs: longestMs });
}

async function commitForecast(
  device: Device,
  words: readonly string[],
  signal: AbortSignal,
): Promise<BoardAnswer> {
  const { stdout } = await callPresentHelper(device, ['commit', ...words], {
    effect: 'looks',
    signal,
    deadlineMs: longestMs,
  });
  const said = linesOf(stdout);
  const text = said.map((line) => `${visible(line)}\n`).join('');
  return { text, data: { dryRun: true, said }, state: 'nothing was changed' };
}
