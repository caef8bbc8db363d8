/** `ovl doctor`: whether this machine and a board have what is needed, and what each thing is needed for. */

import { suitability } from '../../device/facts/suitable.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { mountPoints } from '../../plan/mount-points.ts';
import { cacheDir } from '../../system/cache.ts';
import { prepareBoard } from '../../toolchain/prepare-board.ts';
import { orThrow } from '../board-file.ts';
import type { CommandBody, Context, Input } from '../command.ts';
import { deviceOptions, hostArgument, hostOf } from '../device.ts';
import { factsFor, factsOption, scratchOption } from '../facts.ts';
import { hostTools, hostToolsWords, missingTools, purposes } from '../host-tools.ts';
import { usageFailure } from '../usage.ts';

export const doctor: CommandBody = {
  examples: [
    { line: 'ovl doctor', what: 'the programs of this machine, what each is needed for, what to install' },
    { line: 'ovl doctor --for lab', what: 'exit code 4 where something for the lab is missing' },
    { line: 'ovl doctor root@192.168.1.1 my.yaml', what: 'the board, against its board file' },
    { line: 'ovl doctor --facts ar150.json my.yaml', what: 'the same, with facts recorded earlier' },
  ],
  details: `A word that ends in .yaml or .yml is the BOARD. With one and no HOST, the board is that of OVL_HOST or of the
file's target. Nothing is changed anywhere.`,
  arguments: [
    hostArgument,
    { name: 'BOARD', what: 'a board file to compare the board with', required: false, completion: 'file' },
  ],
  options: [
    {
      flags: '--for <PURPOSE>',
      what: 'look only at the programs for this, and miss none of them',
      choices: purposes,
    },
    factsOption,
    scratchOption,
    ...deviceOptions,
  ],
  exits: ['invalid', 'host', 'connection', 'unsuitable'],
  run: async (input, context) => {
    const { host, board } = wordsOf(input.words);
    const asked = host !== undefined || input.value('facts') !== undefined || board !== undefined;
    if (asked) return compared(host, board, input, context);
    const purpose = purposes.find((one) => one === input.value('for'));
    const tools = hostTools(purpose);
    return {
      text: `${hostToolsWords(tools)}\ncache  ${cacheDir()}\n`,
      data: { tools, cache: cacheDir() },
      diagnostics: missingTools(tools, purpose === undefined ? 'note' : 'error'),
    };
  },
};

/** HOST and BOARD can be told apart: no host ends in .yaml. */
function wordsOf(words: readonly string[]): { readonly host?: string; readonly board?: string } {
  const boards = words.filter((word) => /\.ya?ml$/.test(word));
  const hosts = words.filter((word) => !boards.includes(word));
  const [host, second] = hosts;
  const [board, other] = boards;
  if (second !== undefined)
    throw usageFailure('OVL003', `"${second}" is no board file`, 'its name ends in .yaml');
  if (other !== undefined) throw usageFailure('OVL003', 'two board files', 'ovl doctor HOST BOARD');
  return { ...(host === undefined ? {} : { host }), ...(board === undefined ? {} : { board }) };
}

async function compared(host: string | undefined, board: string | undefined, input: Input, context: Context) {
  if (board === undefined) {
    throw usageFailure(
      'OVL003',
      'no board file to compare with',
      'ovl doctor HOST BOARD.yaml, or ovl probe HOST',
    );
  }
  const { value, diagnostics } = orThrow(await prepareBoard(board));
  const { checked, plan, applets } = value;
  const needs = { applets, mountPoints: mountPoints(plan) };
  const paths = [...needs.mountPoints, checked.board.enter.newroot];
  const { target } = checked.board;
  const known = input.value('facts') === undefined ? hostOf(host, context, target) : undefined;
  const { from, facts } = await factsFor({ host: known, target, paths }, input, context);
  const found: readonly Diagnostic[] = suitability({ facts, checked, needs });
  const errors = found.filter(({ severity }) => severity === 'error').length;
  const text =
    errors === 0 ? `${from} suits ${board}\n` : `${from} does not suit ${board}: ${errors} reasons\n`;
  return { text, data: { from, board, suits: errors === 0, facts }, diagnostics: [...diagnostics, ...found] };
}
