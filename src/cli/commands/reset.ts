/** `ovl reset`: the next boot of a board forgets all changes, or those at one path. */
import { formatSize } from '../../board/units.ts';
import type { Device } from '../../device/device.ts';
import { callPresentHelper, linesOf } from '../../device/helper/call.ts';
import { changedOf } from '../../device/helper/changed.ts';
import { type ForecastRow, parseForecast } from '../../device/helper/forecast.ts';
import { visible } from '../../diagnostics/escape.ts';
import { changeBoard } from '../board-change.ts';
import type { CommandBody, Context, Input } from '../command.ts';
import { boardHosts, hostsArgument } from '../fleet/hosts.ts';
import { type BoardAnswer, fleetOptions, isList, onBoards } from '../fleet/on-boards.ts';
import { isSure, requireSomebody, yesOption } from '../sure.ts';
import { usageFailure } from '../usage.ts';
import { boardsWords, nothingDone } from './rollback.ts';

/** A whole flash is measured. */
const longestMs = 10 * 60_000;

export const reset: CommandBody = {
  details: `A word that begins with "/" is the PATH: without one, everything is forgotten, other generations too, and only what the
board file keeps stays. It is a request, which the next boot carries out; what is changed until then is forgotten too. At a
terminal what goes is shown first.`,
  examples: [
    { line: 'ovl reset ar150 --dry-run', what: 'what would go and what would stay; nothing is changed' },
    { line: 'ovl reset ar150 /etc/config/wireless', what: "the base's version of one file comes back" },
    { line: 'ovl reset --hosts poles.txt --yes', what: 'factory state for many boards, without asking' },
  ],
  arguments: [
    {
      ...hostsArgument,
      name: 'HOST|PATH',
      what: 'a board, or with a "/" in front the one path to be reset; default: $OVL_HOST',
    },
  ],
  options: [
    { flags: '--dry-run', what: 'say what goes and what stays, and change nothing' },
    yesOption,
    ...fleetOptions,
  ],
  exits: ['no', 'host', 'connection', 'unsuitable', 'unknown'],
  run: async (input, context) => {
    const { words, path } = wordsOf(input.words);
    const hosts = await boardHosts(words, input, context);
    const dry = input.flag('dry-run');
    const what = `forget ${path === undefined ? 'all changes' : `the changes at ${path}`} on ${boardsWords(hosts)}`;
    if (!dry) requireSomebody(what, input, context);
    const alone = !isList(input, hosts);
    if (!dry && !alone && !(await isSure(what, input, context))) return nothingDone;
    return onBoards({
      command: 'reset',
      hosts,
      input,
      context,
      showEach: dry,
      act: async (device) => {
        if (dry) return resetForecast(device, path, context.signal);
        if (alone && !(await agreed(device, path, what, input, context))) return declined;
        return changeBoard(device, path === undefined ? ['reset'] : ['reset', path], {
          signal: context.signal,
          state:
            path === undefined ? 'factory state from the next boot on' : `forgets ${path} at the next boot`,
        });
      },
    });
  },
};

const declined: BoardAnswer = { ...nothingDone, state: 'nothing was changed' };

/** Shows what would go before it asks. */
async function agreed(
  device: Device,
  path: string | undefined,
  what: string,
  input: Input,
  context: Context,
): Promise<boolean> {
  if (input.flag('yes')) return true;
  const { text } = await resetForecast(device, path, context.signal);
  for (const line of text.trimEnd().split('\n')) context.say(line);
  return isSure(what, input, context);
}

export async function resetForecast(
  device: Device,
  path: string | undefined,
  signal: AbortSignal,
): Promise<BoardAnswer> {
  const words = ['reset', '--dry-run', ...(path === undefined ? [] : [path])] as const;
  const { stdout } = await callPresentHelper(device, words, {
    effect: 'looks',
    signal,
    deadlineMs: longestMs,
  });
  const { said, changed } = changedOf(linesOf(stdout));
  const rows = parseForecast(said);
  const gone = rows.filter(({ goes }) => goes).reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    text: rows.length === 0 ? 'nothing is changed there\n' : rows.map(rowWords).join(''),
    data: {
      dryRun: true,
      ...(changed === undefined ? {} : { changed }),
      goes: rows.filter(({ goes }) => goes),
      stays: rows.filter(({ goes }) => !goes),
    },
    state: `${formatSize(gone)} would go`,
  };
}

function rowWords({ goes, what, bytes, inodes }: ForecastRow): string {
  return `${goes ? 'goes ' : 'stays'}  ${visible(what)}  ${formatSize(bytes)} in ${inodes} inodes\n`;
}

function wordsOf(all: readonly string[]): { readonly words: readonly string[]; readonly path?: string } {
  const paths = all.filter((word) => word.startsWith('/'));
  const words = all.filter((word) => !word.startsWith('/'));
  const [path, other] = paths;
  if (other !== undefined) throw usageFailure('OVL003', 'two paths', 'one PATH at a time');
  return path === undefined ? { words } : { words, path };
}
