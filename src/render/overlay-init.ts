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
import type { MountPlan } from '../shared/plan.ts';
import { ladderFunctions, prepareFunction } from './climb.ts';
import type { ShellFunction, ShellLibrary } from './library.ts';
import { calls, usedFunctions } from './library.ts';
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
  const start = startCalls(plan);
  const used = usedFunctions(library, [...own.map(({ text }) => text), start, 'late'].join('\n'));
  const functions = [...own, ...used];
  const early = functions.filter(({ everyBoot }) => everyBoot);
  const later = functions.filter(({ everyBoot }) => !everyBoot);
  const script = [
    header(plan, origin),
    begin(plan, origin, library, functions),
    ...early.map(({ text }) => text),
    links(later, [...early.map(({ text }) => text), start].join('\n')),
    '# --- The boot begins here. ---',
    start,
    '# --- Behind the boot: for trouble, and for the time after it. ---',
    ...later.map(({ text }) => text),
    '# --- Whose first rung was not taken comes here. ---',
    '[ "$ovl_late" = reading ] || climb_on "$@"',
  ].join('\n\n');
  return { script: `${script}\n`, applets: [...new Set(functions.flatMap(({ applets }) => applets))].sort() };
}

/** What the board is, and the shared variables that these functions use, with what they begin with. */
function begin(
  plan: MountPlan,
  origin: Origin,
  library: ShellLibrary,
  functions: readonly ShellFunction[],
): string {
  const uses = (variable: string): boolean =>
    functions.some(({ text }) => text.includes(`$${variable}`) || text.includes(`{${variable}`));
  const state = library.state.split('\n').filter((line) => uses(line.slice(0, line.indexOf('='))));
  const lines = [...data(plan, origin), '', ...state];
  return ['begin() {', ...lines.map((line) => (line === '' ? line : `  ${line}`)), '}'].join('\n');
}

/** Functions that stand in for those behind the boot, where something before it calls them. */
function links(later: readonly ShellFunction[], before: string): string {
  return [
    '# These stand behind the boot, which a shell reads only when one of them is called.',
    ...later.filter(({ name }) => calls(before, name)).map(({ name }) => `${name}() { late ${name} "$@"; }`),
  ].join('\n');
}

function header(plan: MountPlan, origin: Origin): string {
  const comment = (text: string): string =>
    text
      .split('\n')
      .map((line) => `# ${line}`.trimEnd())
      .join('\n');
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
    '#',
    comment(
      'What the boot does; `ovl plan` prints the same list. When a step fails, the next rung is tried.',
    ),
    '#',
    comment(planWords(plan).trimEnd()),
  ].join('\n');
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
  ];
}

/** Whether `ovl deploy` can write into this root, and so keep an earlier release beside a new one. */
function holdsReleases({ root }: MountPlan): boolean {
  return writableRoots.includes(root.fstype);
}

function startCalls(plan: MountPlan): string {
  const lines = [
    'begin',
    'trap \'fell_out "$@"\' EXIT',
    'umask 022',
    'PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin',
    ...(holdsReleases(plan) ? ['find_release'] : []),
    '[ -z "$OVERLAYKIT_AFTER" ] || pick_up',
    ...(holdsReleases(plan) ? ['try_release "$@"'] : []),
    'prepare',
    'read_switches',
    '[ -z "$OVERLAYKIT_AFTER" ] || go_on',
    ...(plan.helper ? ['meet_helper'] : []),
    'climb "$@"',
  ];
  return ['[ "$ovl_late" = reading ] || {', ...lines.map((line) => `  ${line}`), '}'].join('\n');
}
