/**
 * overlay_init: the plan as a POSIX sh script. The generated part holds only data and calls; the functions come from
 * rootfs-scripts/, as they are, and only those that the plan uses.
 *
 * In: a MountPlan, the library, where it comes from. Out: text. Imports board, steps, union, plan; no effects.
 */
import { boardPaths, writableRoots } from '../shared/helper-protocol.ts';
import type { MountPlan, Rung } from '../shared/plan.ts';
import type { Step } from '../shared/step.ts';
import type { ShellFunction, ShellLibrary } from './library.ts';
import { usedFunctions } from './library.ts';
import { printable, quote } from './quote.ts';
import { identityWords, shellStep } from './shell-step.ts';
import { planWords, stepLabel } from './words.ts';

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
  const generated = [
    data(plan, origin),
    prepare(plan),
    ...rungs(plan),
    ...recordBase(plan),
    climb(plan),
  ].join('\n\n');
  const start = startCalls(plan);
  const functions = usedFunctions(library, `${generated}\n${start}`);
  const script = [
    header(plan, origin),
    generated,
    '# --- From here on: the functions of the library, and what they share. ---',
    stateOf(library, functions),
    ...functions.map(({ text }) => text),
    start,
  ].join('\n\n');
  return { script: `${script}\n`, applets: [...new Set(functions.flatMap(({ applets }) => applets))].sort() };
}

/** The shared variables that these functions use, with what they begin with. */
function stateOf(library: ShellLibrary, functions: readonly ShellFunction[]): string {
  const uses = (variable: string): boolean =>
    functions.some(({ text }) => text.includes(`$${variable}`) || text.includes(`{${variable}`));
  return library.state
    .split('\n')
    .filter((line) => uses(line.slice(0, line.indexOf('='))))
    .join('\n');
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

function data(plan: MountPlan, origin: Origin): string {
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
  ].join('\n');
}

function prepare(plan: MountPlan): string {
  const lines = plan.prepare.flatMap((step, index) => [
    `  ${numbered(step, index + 1, plan, '    ')}`,
    ...(step.kind === 'mount' && step.target === '/run' ? ['  open_run'] : []),
  ]);
  return `prepare() {\n${lines.join('\n')}\n}`;
}

function rungs(plan: MountPlan): readonly string[] {
  let first = plan.prepare.length + 1;
  return plan.ladder.flatMap((rung) => {
    const number = first;
    first += rung.steps.length;
    return rung.steps.length === 0 ? [] : [climbFunction(plan, rung, number), undoFunction(rung)];
  });
}

function climbFunction(plan: MountPlan, rung: Rung, first: number): string {
  const calls = rung.steps.map((step, index) =>
    numbered(step, first + index, plan, index === 0 ? '    ' : '      '),
  );
  const resume = plan.helper ? [`  still_up ${mountsOf(rung).length} && return 0`] : [];
  return [`rung_${rung.name}() {`, ...resume, `  ${calls.join(' &&\n    ')}`, '}'].join('\n');
}

function undoFunction(rung: Rung): string {
  const lines = mountsOf(rung).map((target, index) => `  undo ${index + 1} ${quote(target)}`);
  return [`undo_${rung.name}() {`, ...lines.toReversed(), '}'].join('\n');
}

function mountsOf(rung: Rung): readonly string[] {
  return rung.steps.flatMap((step) => (step.kind === 'mount' ? [step.target] : []));
}

function numbered(step: Step, number: number, plan: MountPlan, indent: string): string {
  return `step ${number} ${quote(stepLabel(step))} \\\n${indent}${shellStep(step, plan)}`;
}

function climb(plan: MountPlan): string {
  const rungs = plan.ladder.flatMap((rung) => {
    const attempt =
      rung.name === 'read-only'
        ? ['    read_only_root "$@"']
        : rung.name === 'rescue'
          ? [`    ${rescueCall(plan)}`]
          : [
              `    if rung_${rung.name}; then`,
              ...unusedIdentity(plan, rung),
              `      settle ${quote(printable(rung.outcome))}`,
              ...afterwards(plan, rung),
              ...watched(plan, rung),
              ...madeReady(plan, rung),
              ...(plan.helper ? ['      enter_by_helper "$@"'] : []),
              `      enter_by_applets enter_by_${plan.handOver.how} "$@"`,
              '    fi',
              `    undo_${rung.name}`,
            ];
    return [
      `  if begins_at ${rung.name}${rung.name === 'previous' ? ' && have_previous' : ''}; then`,
      ...attempt,
      ...(rung.name === 'rescue' ? [] : ['    gave_up']),
      '  fi',
    ];
  });
  return ['climb() {', ...rungs, '  last_resort "$@"', `  ${rescueCall(plan)}`, '}'].join('\n');
}

function rescueCall({ rescue }: MountPlan): string {
  return rescue === undefined
    ? 'rescue "$@"'
    : `rescue_by_reboot ${Math.ceil(rescue.rebootAfterMs / 1000)} "$@"`;
}

/** What runs in the background once init is executed: confirmation by time, and the deletion of what nobody needs. */
function afterwards(plan: MountPlan, rung: Rung): readonly string[] {
  const { generations, handOver, identity = [] } = plan;
  if (!rung.steps.some((step) => step.kind === 'choose-generation')) return [];
  const seconds =
    generations.confirmAfterMs === undefined ? '-' : String(Math.ceil(generations.confirmAfterMs / 1000));
  // A shell in the background keeps its root in a chroot, and follows it in a pivot_root.
  const storage = handOver.how === 'pivot' ? boardPaths.storage : `${handOver.newRoot}${boardPaths.storage}`;
  const store = identity.length === 0 ? [] : ['store_identity', ...identityWords(identity)];
  return [
    '      keep_ledger',
    ...(records(plan, rung) ? ['      ovl_last=record_base'] : []),
    `      ${['afterwards', seconds, storage, ...(seconds === '-' ? [] : store)].map(quote).join(' ')}`,
  ];
}

/** A rung that does not use the storage runs without what is stored there, and says so. */
function unusedIdentity({ identity = [] }: MountPlan, rung: Rung): readonly string[] {
  if (identity.length === 0 || rung.steps.some((step) => step.kind === 'bring-identity')) return [];
  return [
    `      note ${quote(`rung ${rung.name} does not use the storage, and not the identity on it either`)}`,
  ];
}

/** A rung in memory has somebody who looks how full it is. */
function watched({ watermark, helper, handOver }: MountPlan, rung: Rung): readonly string[] {
  if (watermark === undefined || !helper || !rung.steps.some(isTmpfs)) return [];
  // The same as for the storage: after a chroot the background shell is still outside.
  const into = handOver.how === 'pivot' ? '' : `chroot ${quote(handOver.newRoot)} `;
  return [`      watch_memory ${into}${boardPaths.helper} watch`];
}

/** A rung in memory that stands in for a blank storage makes it ready, and copies the changes to it. */
function madeReady({ storage, handOver }: MountPlan, rung: Rung): readonly string[] {
  if (storage?.mount.makeAfterwards !== true || !rung.steps.some(isTmpfs)) return [];
  const root = handOver.how === 'pivot' ? '' : handOver.newRoot;
  const into = root === '' ? [] : ['chroot', root];
  const words = ['make_ready', storage.mount.fstype, root, ...into, boardPaths.helper, 'adopt'];
  return [`      ${words.map(quote).join(' ')}`];
}

function isTmpfs(step: Step): boolean {
  return step.kind === 'mount' && step.fstype === 'tmpfs';
}

/** Whether what the base has under the upper is noted, which happens last. */
function records({ helper }: MountPlan, { name, steps }: Rung): boolean {
  return helper && name === 'persistent' && steps.some(({ kind }) => kind === 'check-base');
}

/** Only overlay_helper in the merged root sees both. */
function recordBase(plan: MountPlan): readonly string[] {
  if (!plan.ladder.some((rung) => records(plan, rung))) return [];
  const { how, newRoot } = plan.handOver;
  const into = how === 'pivot' ? '' : `chroot ${quote(newRoot)} `;
  return [`record_base() {\n  ${into}"$helper" record\n}`];
}

/** Whether `ovl deploy` can write into this root, and so keep an earlier release beside a new one. */
function holdsReleases({ root }: MountPlan): boolean {
  return writableRoots.includes(root.fstype);
}

function startCalls(plan: MountPlan): string {
  return [
    '# --- The boot begins here. ---',
    '',
    'trap \'fell_out "$@"\' EXIT',
    'umask 022',
    'PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin',
    ...(holdsReleases(plan) ? ['find_release'] : []),
    'pick_up',
    ...(holdsReleases(plan) ? ['try_release "$@"'] : []),
    'prepare',
    'read_switches',
    'go_on',
    ...(plan.helper ? ['meet_helper'] : []),
    'climb "$@"',
  ].join('\n');
}
