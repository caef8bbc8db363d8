/**
 * The verbs of the running board: one row each, with what they take and do. Usage, documentation and dispatch come from
 * this table.
 */
import { verbExit } from '../shared/verb-exit.ts';
import { keepTrouble } from './kept-trouble.ts';
import type { BoardPort } from './storage-port.ts';
import { Busy, InMemory, oneLine, Refused, reason, WrongWords } from './trouble.ts';
import { adopt } from './verbs/adopt.ts';
import { base } from './verbs/base.ts';
import { bench } from './verbs/bench.ts';
import { commit } from './verbs/commit.ts';
import { confirm } from './verbs/confirm.ts';
import { diff } from './verbs/diff.ts';
import { drop } from './verbs/drop.ts';
import { tryFeatures } from './verbs/features.ts';
import { list } from './verbs/list.ts';
import { name } from './verbs/name.ts';
import { provision } from './verbs/provision.ts';
import { pull } from './verbs/pull.ts';
import { rebase } from './verbs/rebase.ts';
import { record } from './verbs/record.ts';
import { reset } from './verbs/reset.ts';
import { rollback } from './verbs/rollback.ts';
import { snapshot } from './verbs/snapshot.ts';
import { state } from './verbs/state.ts';
import { status } from './verbs/status.ts';
import { storage } from './verbs/storage.ts';
import { store } from './verbs/store.ts';
import { sweep } from './verbs/sweep.ts';
import { tidy } from './verbs/tidy.ts';
import { tryOnce } from './verbs/try.ts';
import { usage } from './verbs/usage.ts';
import { watch } from './verbs/watch.ts';

export interface BoardVerb {
  readonly name: string;
  /** What follows the name. */
  readonly takes: string;
  readonly does: string;
  /** Whether overlay_init runs it, where nobody sees how it ends: why it failed is kept. */
  readonly unattended?: true;
  /** Does it and gives the exit code; throws Refused, WrongWords, or any other Error for a failure. */
  readonly run: (port: BoardPort, words: readonly string[]) => number;
}

export const boardVerbs: readonly BoardVerb[] = [
  {
    name: 'status',
    takes: '[--json]',
    does: 'says on which rung the board runs and why, and what is wrong',
    run: status,
  },
  {
    name: 'list',
    takes: '[--json]',
    does: 'lists the generations with their size and what each is',
    run: list,
  },
  { name: 'snapshot', takes: '[NAME]', does: 'copies the running generation into a new one', run: snapshot },
  {
    name: 'try',
    takes: 'NUMBER|NAME',
    does: 'boots a generation next, until it is confirmed or has failed',
    run: tryOnce,
  },
  { name: 'confirm', takes: '', does: 'says that this boot is a good one', run: confirm },
  {
    name: 'rollback',
    takes: '[NUMBER|NAME]',
    does: 'makes the previous generation, or another, the active one',
    run: rollback,
  },
  {
    name: 'commit',
    takes: '[--try] [--dry-run] PATH...',
    does: 'brings changes that are in memory to the storage, as a new generation',
    run: commit,
  },
  {
    name: 'adopt',
    takes: '[--once]',
    does: 'copies what is in memory to a storage that was blank, again and again; overlay_init leaves it running there',
    unattended: true,
    run: adopt,
  },
  { name: 'drop', takes: 'NUMBER|NAME', does: 'deletes a generation', run: drop },
  {
    name: 'name',
    takes: 'NUMBER NAME',
    does: 'gives a generation a name; what has one is not swept away',
    run: name,
  },
  {
    name: 'reset',
    takes: '[--dry-run] [PATH]',
    does: 'lets the next boot forget all changes, or those at a path',
    run: reset,
  },
  {
    name: 'provision',
    takes: 'PATH...',
    does: 'stores what the running system has there as part of the identity',
    run: provision,
  },
  {
    name: 'store',
    takes: '',
    does: 'stores the identity that the running generation has; overlay_init runs it after a confirmed boot',
    unattended: true,
    run: store,
  },
  {
    name: 'storage',
    takes: '[renew --copy FILE|--discard]',
    does: 'says what is on the storage, or makes it blank where nothing uses it',
    run: storage,
  },
  {
    name: 'features',
    takes: 'DIRECTORY',
    does: 'tries what the file system of a directory can do for a union; nothing stays there',
    run: tryFeatures,
  },
  {
    name: 'base',
    takes: '[--json] | take PATH | keep PATH',
    does: 'says what a new base image means for the changes; decides whose version is wanted',
    run: base,
  },
  { name: 'state', takes: '', does: 'shows what the two slots of the state hold', run: state },
  {
    name: 'sweep',
    takes: '',
    does: 'deletes what no state and no name keeps; overlay_init runs it after each boot',
    unattended: true,
    run: sweep,
  },
  {
    name: 'tidy',
    takes: '',
    does: 'forgets the changes that "reset PATH" asked for; overlay_init runs it before the union is mounted',
    unattended: true,
    run: tidy,
  },
  {
    name: 'usage',
    takes: '[--json]',
    does: 'says what fills the upper, and which files in it are as the layers below have them',
    run: usage,
  },
  {
    name: 'diff',
    takes: '[--json] [NUMBER|NAME]',
    does: 'says what the upper of this boot, or of a generation, changes of the layers below it',
    run: diff,
  },
  {
    name: 'pull',
    takes: '[NUMBER|NAME]',
    does: 'writes the upper of this boot, or of a generation, to standard output as a tar',
    run: pull,
  },
  {
    name: 'bench',
    takes: '[--json] [--budget BYTES] [--rounds N] [--seconds N] [--no-sync] [--drop-caches]',
    does: 'measures what the union costs, in a union of its own beside it; nothing stays',
    run: bench,
  },
  {
    name: 'watch',
    takes: '',
    does: 'warns when a rung in memory is nearly full; overlay_init leaves it running there',
    unattended: true,
    run: watch,
  },
  {
    name: 'record',
    takes: '',
    does: 'notes what the base has under each change; overlay_init runs it after each boot',
    unattended: true,
    run: record,
  },
  {
    name: 'rebase',
    takes: 'NUMBER',
    does: 'brings a generation over to another base; overlay_init runs it before the union is mounted',
    unattended: true,
    run: rebase,
  },
];

/** Does what the words ask for (without the program's own name). Returns the exit code. */
export function runBoard(port: BoardPort, words: readonly string[]): number {
  const [word, ...rest] = words;
  const verb = boardVerbs.find((one) => one.name === word);
  if (verb !== undefined) return runVerb(port, verb, rest);
  if (word !== undefined) port.complain(`overlay_helper: there is no verb "${oneLine(word)}"`);
  for (const line of usageLines()) port.complain(line);
  return verbExit.usage;
}

function runVerb(port: BoardPort, verb: BoardVerb, words: readonly string[]): number {
  try {
    return verb.run(port, words);
  } catch (error) {
    if (error instanceof WrongWords) {
      port.complain(`usage: ${usageOf(verb)}`);
      return verbExit.usage;
    }
    const why = reason(`overlay_helper: ${verb.name}`, error);
    port.complain(why);
    if (error instanceof Busy) return verbExit.busy;
    if (error instanceof InMemory) return verbExit.inMemory;
    if (error instanceof Refused) return verbExit.refused;
    if (verb.unattended) {
      port.log(3, why);
      keepTrouble(port, why);
    }
    return verbExit.failed;
  }
}

export function usageOf({ name: verb, takes }: BoardVerb): string {
  return takes === '' ? `overlay_helper ${verb}` : `overlay_helper ${verb} ${takes}`;
}

/** What there is, one line a verb. */
function usageLines(): readonly string[] {
  return [
    'usage:',
    ...boardVerbs.map((verb) => `  ${usageOf(verb)}: ${verb.does}`),
    '  overlay_helper version: says which one this is',
    '  overlay_helper verify PLAN RUNG | enter PLAN RUNG [WORD...]: for overlay_init',
  ];
}
