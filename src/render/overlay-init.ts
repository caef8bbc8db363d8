/**
 * overlay_init: the plan as a POSIX sh script. The generated part holds only data and calls; the functions come from
 * rootfs-scripts/, as they are, and only those that the plan uses.
 *
 * A shell parses its script as far as it has executed it, and parsing is what a boot pays for most. So what every boot calls
 * stands first, then the boot begins, and what only trouble needs, or the time after the boot, stands behind it.
 *
 * In: a MountPlan, the library, where it comes from. Out: text. Imports board, steps, union, plan; no effects.
 */
import { boardPaths, writableRoots } from '../shared/helper-protocol.ts';
import { plainRung } from '../shared/plain-boot.ts';
import type { MountPlan } from '../shared/plan.ts';
import { ladderFunctions, mountsOf, prepareFunction, waitOf } from './climb.ts';
import type { ShellFunction, ShellLibrary } from './library.ts';
import { usedFunctions } from './library.ts';
import { plainWords } from './plain-words.ts';
import { printable, quote } from './quote.ts';
import { planWords } from './words.ts';

export interface Origin {
  /** Name of the board file, without its folder: the same board gives the same script on every machine. */
  readonly boardFile: string;
  readonly version: string;
  /** SHA-256 of plan.json, in hexadecimal. */
  readonly planDigest: string;
}

/** The script, and the programs that the board must have for it. */
export interface OverlayInit {
  readonly script: string;
  readonly applets: readonly string[];
}

export function renderOverlayInit(plan: MountPlan, library: ShellLibrary, origin: Origin): OverlayInit {
  const own = [prepareFunction(plan), ...ladderFunctions(plan)];
  const [plain, start, end] = [plainCalls(plan, origin), startCalls(plan), endCalls(plan)];
  const used = usedFunctions(library, [...own.map(({ text }) => text), plain, start, end, 'late'].join('\n'));
  const functions = [...own, ...used];
  const early = functions.filter(({ everyBoot }) => everyBoot);
  const later = functions.filter(({ everyBoot }) => !everyBoot);
  const first = reachedFrom(plain, early);
  const others = early.filter((one) => !first.includes(one));
  const state = stateOf(library, functions);
  const script = [
    header(plan, origin),
    ...(plain === '' ? [] : [...texts(first), plain, plainEnds]),
    planList(plan),
    begin(plan, origin, state),
    ...texts(others),
    '# --- The boot begins here. ---',
    start,
    '# --- Behind the boot: for trouble, and for the time after it. ---',
    ...texts(later),
    meanings(state),
    '# --- Whose first rung was not taken comes here. ---',
    end,
  ].join('\n\n');
  return { script: `${script}\n`, applets: [...new Set(functions.flatMap(({ applets }) => applets))].sort() };
}

const plainEnds = '# --- A plain boot ends here; what is behind it is read where the boot is not plain. ---';

function texts(functions: readonly ShellFunction[]): readonly string[] {
  return functions.map(({ text }) => text);
}

/** Those of the functions that a text calls, directly or through others. */
function reachedFrom(text: string, functions: readonly ShellFunction[]): readonly ShellFunction[] {
  return usedFunctions({ functions, state: '' }, text);
}

/** What the board is, and the shared variables that these functions use, with what they begin with. */
function begin(plan: MountPlan, origin: Origin, state: readonly StateVariable[]): string {
  const assignments = state.map(({ assignment }) => assignment);
  const lines = [
    ...data(plan, origin),
    '# What the boot knows so far, as it begins; the end of this file says what each of them is.',
    ...wrapped(assignments, 120),
  ];
  return ['begin() {', ...lines.map((line) => `  ${line}`), '}'].join('\n');
}

/** The table of the variables: every boot would read it at the top, and only people want it. */
function meanings(state: readonly StateVariable[]): string {
  const width = Math.max(...state.map(({ name }) => name.length));
  return [
    '# --- What the boot knows so far: the variables of the functions above. ---',
    ...state.map(({ name, meaning }) => `# ${name.padEnd(width)}  ${meaning}`),
  ].join('\n');
}

/** A variable of state.sh. */
interface StateVariable {
  readonly name: string;
  /** `name=value`, as the shell reads it. */
  readonly assignment: string;
  readonly meaning: string;
}

/** Those of the shared variables that the functions use. */
function stateOf(library: ShellLibrary, functions: readonly ShellFunction[]): readonly StateVariable[] {
  const uses = (name: string): boolean =>
    functions.some(({ text }) => text.includes(`$${name}`) || text.includes(`{${name}`));
  return library.state.split('\n').flatMap((line) => {
    const [code = '', meaning = ''] = line.split(' # ');
    const name = code.slice(0, code.indexOf('='));
    return uses(name) ? [{ name, assignment: code.trimEnd(), meaning }] : [];
  });
}

/** Words in as few lines of at most so many columns as they need. */
function wrapped(words: readonly string[], columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length === 0 || longer.length > columns) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function header(plan: MountPlan, origin: Origin): string {
  return [
    '#!/bin/sh',
    comment(
      `overlay_init for ${printable(plan.board.name)}: makes the read-only root writable, then executes ${printable(plan.handOver.init)}.`,
    ),
    '#',
    comment(
      `Made by overlaykit ${printable(origin.version)} from ${printable(origin.boardFile)}. Do not edit: change the board file, then \`ovl build\`.`,
    ),
    comment(`Plan ${origin.planDigest}`),
  ].join('\n');
}

/** Behind the plain boot: a shell reads comments too, and whoever looks for them finds them wherever they stand. */
function planList(plan: MountPlan): string {
  return [
    '# What the boot does; `ovl plan` prints the same list. When a step fails, the next rung is tried.',
    '#',
    comment(planWords(plan).trimEnd()),
  ].join('\n');
}

function comment(text: string): string {
  return text
    .split('\n')
    .map((line) => `# ${line}`.trimEnd())
    .join('\n');
}

function data(plan: MountPlan, origin: Origin): readonly string[] {
  const { handOver } = plan;
  return [
    `board=${quote(plan.board.name)}`,
    `plan_digest=${quote(origin.planDigest)}`,
    `ladder=${quote(plan.ladder.map(({ name }) => name).join(' '))}`,
    `self=${boardPaths.overlayInit}`,
    `helper=${boardPaths.helper}`,
    `plan=${boardPaths.plan}`,
    'release= # set where the root holds several, each with its own plan and helper',
    `init=${quote(handOver.init)}`,
    `new_root=${quote(handOver.newRoot)} # the union is mounted here`,
    `old_root=${quote(handOver.oldRoot)} # the read-only root is here afterwards`,
    `carried=${quote(handOver.carried.join(' '))}`,
    ...plainData(plan),
  ];
}

/** Whether `ovl deploy` can write into this root, and so keep an earlier release beside a new one. */
function holdsReleases({ root }: MountPlan): boolean {
  return writableRoots.includes(root.fstype);
}

/** What take_back has to know; nothing where the board has no plain boot. */
function plainData(plan: MountPlan): readonly string[] {
  const rung = plainRung(plan);
  if (rung === undefined) return [];
  return [
    `plain_mounts=${quote(mountsOf(rung).toReversed().join(' '))} # what overlay_helper mounts for the first rung, the last one first`,
  ];
}

const beginning = [
  'begin',
  'trap \'fell_out "$@"\' EXIT',
  'umask 022',
  'PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin',
] as const;

/**
 * What overlay_helper is asked to do at once, with what these lines have to know themselves; empty where the board has no
 * plain boot.
 */
function plainCalls(plan: MountPlan, origin: Origin): string {
  const rung = plainRung(plan);
  if (rung === undefined) return '';
  const { init, oldRoot, carried } = plan.handOver;
  const words = plainWords(plan, rung, origin.planDigest, waitOf(plan, rung)).map((some) =>
    some.map(quote).join(' '),
  );
  return [
    `tell_helper() {\n  exec ${boardPaths.helper} boot \\\n    ${words.join(' \\\n    ')}\n}`,
    unlessReading(plan, [
      `self=${boardPaths.overlayInit} helper=${boardPaths.helper} init=${quote(init)} old_root=${quote(oldRoot)}`,
      `carried=${quote(carried.join(' '))} ovl_rung=${rung.name}`,
      'umask 022',
      'trap \'fell_out_of_plain "$@"\' EXIT',
      'plain_boot "$@"',
    ]),
  ].join('\n\n');
}

function startCalls(plan: MountPlan): string {
  return unlessReading(plan, [
    ...beginning,
    ...(plainRung(plan) === undefined ? [] : ['meet_unfinished']),
    ...(holdsReleases(plan) ? ['find_release'] : []),
    '[ -z "$OVERLAYKIT_AFTER" ] || late pick_up',
    ...(holdsReleases(plan) ? ['try_release "$@"'] : []),
    'prepare',
    'read_switches',
    '[ -z "$OVERLAYKIT_AFTER" ] || late go_on',
    ...(plan.helper ? ['meet_helper'] : []),
    'climb "$@"',
  ]);
}

/** What is left to do once everything was read. */
function endCalls(plan: MountPlan): string {
  return [
    ...(plainRung(plan) === undefined ? [] : ['[ -z "$OVERLAYKIT_LATER" ] || after_plain']),
    unlessReading(plan, ["ovl_late='done'", 'climb_on "$@"']),
  ].join('\n');
}

/** Calls that are made when the script is executed to boot, and not when it is read once more. */
function unlessReading(plan: MountPlan, lines: readonly string[]): string {
  return [`${booting(plan)} || {`, ...lines.map((line) => `  ${line}`), '}'].join('\n');
}

/** Fails where the script is executed to boot. The background job of a plain boot executes it for what comes afterwards. */
function booting(plan: MountPlan): string {
  const reading = '[ "$ovl_late" = reading ]';
  return plainRung(plan) === undefined ? reading : `${reading} || [ -n "$OVERLAYKIT_LATER" ]`;
}
