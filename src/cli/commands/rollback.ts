/** `ovl rollback`: the previous generation, or another, is the one that boots next. */
import { changeBoard } from '../board-change.ts';
import type { CommandBody } from '../command.ts';
import { boardHosts, hostsArgument } from '../fleet/hosts.ts';
import { fleetOptions, onBoards } from '../fleet/on-boards.ts';
import { generationOf } from '../generation.ts';
import { isSure, requireSomebody, yesOption } from '../sure.ts';

export const rollback: CommandBody = {
  details: `It takes effect at the next boot. What was changed since stays in the generation that ran: a second rollback takes the
first one back. A generation that is being tried is given up.`,
  examples: [
    { line: 'ovl rollback ar150', what: 'to the one before' },
    { line: 'ovl rollback ar150 --to before-update --yes', what: 'to one by name or number, without asking' },
  ],
  arguments: [hostsArgument],
  options: [
    {
      flags: '--to <GENERATION>',
      what: 'its number or its name; default: the previous one',
      completion: 'none',
    },
    yesOption,
    ...fleetOptions,
  ],
  exits: ['no', 'host', 'connection', 'unsuitable', 'unknown'],
  run: async (input, context) => {
    const to = generationOf(input.value('to'), '--to');
    const hosts = await boardHosts(input.words, input, context);
    const what = `roll back ${boardsWords(hosts)} to ${to ?? 'the previous generation'}`;
    requireSomebody(what, input, context);
    if (!(await isSure(what, input, context))) return nothingDone;
    return onBoards({
      command: 'rollback',
      hosts,
      input,
      context,
      act: (device) =>
        changeBoard(device, to === undefined ? ['rollback'] : ['rollback', to], { signal: context.signal }),
    });
  },
};

export const nothingDone = {
  text: 'nothing was done\n',
  data: { done: false },
  diagnostics: [],
  exit: 'no',
} as const;

/** "ar150", or "12 boards". */
export function boardsWords(hosts: readonly { readonly name: string }[]): string {
  const [only] = hosts;
  return only !== undefined && hosts.length === 1 ? only.name : `${hosts.length} boards`;
}
