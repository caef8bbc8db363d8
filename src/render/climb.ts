/** The rungs of the ladder as shell functions: what each mounts, how that is undone, and the order in which they are tried. */
import { boardPaths } from '../shared/helper-protocol.ts';
import type { MountPlan, Rung } from '../shared/plan.ts';
import type { Step } from '../shared/step.ts';
import type { ShellFunction } from './library.ts';
import { printable, quote } from './quote.ts';
import { identityWords, shellStep } from './shell-step.ts';
import { stepLabel } from './words.ts';

/** What runs before the ladder. */
export function prepareFunction(plan: MountPlan): ShellFunction {
  const lines = plan.prepare.flatMap((step, index) => [
    `  ${numbered(step, index + 1, plan, '    ')}`,
    ...(step.kind === 'mount' && step.target === '/run' ? ['  open_run'] : []),
  ]);
  return generated('prepare', lines, true);
}

/** The rungs with what undoes them, and the two functions that try them: the first rung by itself, the others after it. */
export function ladderFunctions(plan: MountPlan): readonly ShellFunction[] {
  let next = plan.prepare.length + 1;
  const rungs = plan.ladder.flatMap((rung, index) => {
    const number = next;
    next += rung.steps.length;
    if (rung.steps.length === 0) return [];
    const first = index === 0;
    return [rungFunction(plan, rung, number, first), ...jobFunction(plan, rung, first), undoFunction(rung)];
  });
  return [...rungs, ...recordBase(plan), climb(plan), climbOn(plan)];
}

function generated(name: string, lines: readonly string[], everyBoot: boolean): ShellFunction {
  return { name, text: [`${name}() {`, ...lines, '}'].join('\n'), applets: [], everyBoot };
}

function rungFunction(plan: MountPlan, rung: Rung, first: number, everyBoot: boolean): ShellFunction {
  const calls = rung.steps.map((step, index) =>
    numbered(step, first + index, plan, index === 0 ? '    ' : '      '),
  );
  const resume = plan.helper ? [`  still_up ${mountsOf(rung).length} && return 0`] : [];
  return generated(`rung_${rung.name}`, [...resume, `  ${calls.join(' &&\n    ')}`], everyBoot);
}

function undoFunction(rung: Rung): ShellFunction {
  const lines = mountsOf(rung).map((target, index) => `  undo ${index + 1} ${quote(target)}`);
  return generated(`undo_${rung.name}`, lines.toReversed(), false);
}

/** The places that a rung mounts something at, in its order. */
export function mountsOf(rung: Rung): readonly string[] {
  return rung.steps.flatMap((step) => (step.kind === 'mount' ? [step.target] : []));
}

function numbered(step: Step, number: number, plan: MountPlan, indent: string): string {
  return `step ${number} ${quote(stepLabel(step))} \\\n${indent}${shellStep(step, plan)}`;
}

/** The first rung. Returns where it was not to be tried, or could not be taken. */
function climb(plan: MountPlan): ShellFunction {
  const lines = plan.ladder.slice(0, 1).flatMap((rung) => {
    if (rung.steps.length === 0)
      return [`  begins_at ${rung.name} || return 0`, `  late ${withoutSteps(plan, rung)}`];
    return [
      `  begins_at ${rung.name} && rung_${rung.name} || return 0`,
      ...taken(plan, rung).map((line) => `  ${line}`),
    ];
  });
  return generated('climb', lines, true);
}

/** What follows where the first rung was not taken. */
function climbOn(plan: MountPlan): ShellFunction {
  const [first, ...others] = plan.ladder;
  const givenUp =
    first === undefined
      ? []
      : [`  if [ "$ovl_rung" = ${first.name} ]; then`, ...undoCall(first), '    gave_up', '  fi'];
  const lines = others.flatMap((rung) => [
    `  if begins_at ${rung.name}${rung.name === 'previous' ? ' && have_previous' : ''}; then`,
    ...attempt(plan, rung),
    ...(rung.name === 'rescue' ? [] : ['    gave_up']),
    '  fi',
  ]);
  return generated('climb_on', [...givenUp, ...lines, '  last_resort "$@"', `  ${rescueCall(plan)}`], false);
}

function attempt(plan: MountPlan, rung: Rung): readonly string[] {
  if (rung.steps.length === 0) return [`    ${withoutSteps(plan, rung)}`];
  return [
    `    if rung_${rung.name}; then`,
    ...taken(plan, rung).map((line) => `      ${line}`),
    '    fi',
    ...undoCall(rung),
  ];
}

function undoCall(rung: Rung): readonly string[] {
  return rung.steps.length === 0 ? [] : [`    undo_${rung.name}`];
}

function withoutSteps(plan: MountPlan, rung: Rung): string {
  return rung.name === 'rescue' ? rescueCall(plan) : 'read_only_root "$@"';
}

/** What is done on a rung whose steps have all succeeded. */
function taken(plan: MountPlan, rung: Rung): readonly string[] {
  return [
    ...unusedIdentity(plan, rung),
    `settle ${quote(printable(rung.outcome))}`,
    ...(usesGenerations(rung) ? ['keep_ledger'] : []),
    ...(jobOf(plan, rung).length === 0 ? [] : [`ovl_job=job_${rung.name}`]),
    ...(plan.helper ? ['enter_by_helper "$@"'] : []),
    `enter_by_applets enter_by_${plan.handOver.how} "$@"`,
  ];
}

function rescueCall({ rescue }: MountPlan): string {
  return rescue === undefined
    ? 'rescue "$@"'
    : `rescue_by_reboot ${Math.ceil(rescue.rebootAfterMs / 1000)} "$@"`;
}

/** What begins when init is about to be executed. */
function jobFunction(plan: MountPlan, rung: Rung, everyBoot: boolean): readonly ShellFunction[] {
  const lines = jobOf(plan, rung);
  if (lines.length === 0) return [];
  return [
    generated(
      `job_${rung.name}`,
      lines.map((line) => `  ${line}`),
      everyBoot,
    ),
  ];
}

function jobOf(plan: MountPlan, rung: Rung): readonly string[] {
  return [...afterwards(plan, rung), ...watched(plan, rung), ...madeReady(plan, rung)];
}

function usesGenerations({ steps }: Rung): boolean {
  return steps.some((step) => step.kind === 'choose-generation');
}

/** Seconds that the background job of a rung waits before it begins; undefined where there is none. */
export function waitOf(plan: MountPlan, rung: Rung): number | undefined {
  if (jobOf(plan, rung).length === 0) return undefined;
  const { confirmAfterMs } = plan.generations;
  // As afterwards and watch_memory do.
  if (!usesGenerations(rung)) return 30;
  return confirmAfterMs === undefined ? 10 : Math.ceil(confirmAfterMs / 1000);
}

/** What runs in the background once init is executed: confirmation by time, and the deletion of what nobody needs. */
function afterwards(plan: MountPlan, rung: Rung): readonly string[] {
  const { generations, handOver, identity = [] } = plan;
  if (!usesGenerations(rung)) return [];
  const seconds =
    generations.confirmAfterMs === undefined ? '-' : String(Math.ceil(generations.confirmAfterMs / 1000));
  // A shell in the background keeps its root in a chroot, and follows it in a pivot_root.
  const storage = handOver.how === 'pivot' ? boardPaths.storage : `${handOver.newRoot}${boardPaths.storage}`;
  const store = identity.length === 0 ? [] : ['store_identity', ...identityWords(identity)];
  return [
    ...(records(plan, rung) ? ['ovl_last=record_base'] : []),
    ['afterwards', seconds, storage, ...(seconds === '-' ? [] : store)].map(quote).join(' '),
  ];
}

/** A rung that does not use the storage runs without what is stored there, and says so. */
function unusedIdentity({ identity = [] }: MountPlan, rung: Rung): readonly string[] {
  if (identity.length === 0 || rung.steps.some((step) => step.kind === 'bring-identity')) return [];
  return [
    `late note ${quote(`rung ${rung.name} does not use the storage, and not the identity on it either`)}`,
  ];
}

/** A rung in memory has somebody who looks how full it is. */
function watched({ watermark, helper, handOver }: MountPlan, rung: Rung): readonly string[] {
  if (watermark === undefined || !helper || !rung.steps.some(isTmpfs)) return [];
  // The same as for the storage: after a chroot the background shell is still outside.
  const into = handOver.how === 'pivot' ? '' : `chroot ${quote(handOver.newRoot)} `;
  return [`watch_memory ${into}${boardPaths.helper} watch`];
}

/** A rung in memory that stands in for a blank storage makes it ready, and copies the changes to it. */
function madeReady({ storage, handOver }: MountPlan, rung: Rung): readonly string[] {
  if (storage?.mount.makeAfterwards !== true || !rung.steps.some(isTmpfs)) return [];
  const root = handOver.how === 'pivot' ? '' : handOver.newRoot;
  const into = root === '' ? [] : ['chroot', root];
  const words = ['late', 'make_ready', storage.mount.fstype, root, ...into, boardPaths.helper, 'adopt'];
  return [words.map(quote).join(' ')];
}

function isTmpfs(step: Step): boolean {
  return step.kind === 'mount' && step.fstype === 'tmpfs';
}

/** Whether what the base has under the upper is noted, which happens last. */
function records({ helper }: MountPlan, { name, steps }: Rung): boolean {
  return helper && name === 'persistent' && steps.some(({ kind }) => kind === 'check-base');
}

/** Only overlay_helper in the merged root sees both. */
function recordBase(plan: MountPlan): readonly ShellFunction[] {
  if (!plan.ladder.some((rung) => records(plan, rung))) return [];
  const { how, newRoot } = plan.handOver;
  const into = how === 'pivot' ? '' : `chroot ${quote(newRoot)} `;
  return [generated('record_base', [`  ${into}"$helper" record`], false)];
}
