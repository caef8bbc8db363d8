/**
 * What overlay_init tells overlay_helper of a plain boot: the plan's prepare and its first rung as words, with everything worked
 * out that does not change from boot to boot (docs/decisions/0023). src/helper/boot-steps.ts reads them.
 *
 * In: a MountPlan and the rung that plainRung names. Out: words, as lists of those that belong together.
 */
import { mountOptions } from '../shared/mount-options.ts';
import type { MountPlan, Rung } from '../shared/plan.ts';
import type { FindStorageStep, MountStep, Step } from '../shared/step.ts';
import { printable } from './quote.ts';
import { blockSizes, flashWords } from './shell-step.ts';

/**
 * The words behind `overlay_helper boot`, a list for each step.
 * @param seconds until the background job begins; undefined where the rung has none
 * @throws Error where a step is none of a plain boot; plainRung names no rung that has one
 */
export function plainWords(
  plan: MountPlan,
  rung: Rung,
  planDigest: string,
  seconds: number | undefined,
): readonly (readonly string[])[] {
  const { newRoot, oldRoot, init, carried, protect } = plan.handOver;
  return [
    [plan.board.name, planDigest, rung.name, printable(rung.outcome)],
    ...plan.prepare.map((step) => stepWords(step, rung, true)),
    ['switches'],
    ...rung.steps.map((step) => stepWords(step, rung, false)),
    ...(seconds === undefined ? [] : [['later', String(seconds)]]),
    ['enter', newRoot, oldRoot, init, protect === true ? 'yes' : 'no', ...carried],
  ];
}

function stepWords(step: Step, rung: Rung, stays: boolean): readonly string[] {
  switch (step.kind) {
    case 'mount':
      return mountWords(step, stays);
    case 'make-dirs':
      return ['dirs', String(step.paths.length), ...step.paths];
    case 'find-storage':
      return findWords(step, storageType(rung));
    case 'choose-generation':
      return ['choose', String(step.limit), step.requestFile ?? ''];
    case 'check-base':
      return ['base', step.policy];
    case 'bring-identity':
      return ['identity'];
    case 'verify':
      return ['verify', step.fstype, step.target];
    default:
      throw new Error(`${step.kind} is no step of a plain boot`);
  }
}

/** What every boot needs stays mounted when the boot turns out not to be plain. */
function mountWords(step: MountStep, stays: boolean): readonly string[] {
  const { flags, data } = mountOptions(step.options);
  const how = `${step.unlessMounted ? 'u' : ''}${stays ? 'k' : ''}${step.source.kind === 'storage' ? 's' : ''}`;
  const source = step.source.kind === 'storage' ? '-' : step.source.name;
  return ['mount', how === '' ? '-' : how, step.fstype, source, step.target, String(flags), data];
}

function findWords(step: FindStorageStep, fstype: string): readonly string[] {
  const { address } = step;
  switch (address.by) {
    case 'mtd-name':
    case 'mtd-number':
      return ['mtd', ...flashWords(step)];
    case 'path':
      return ['block', address.path, ...blockSizes(step)];
    case 'label':
      return ['tagged', fstype, `LABEL=${address.label}`, ...blockSizes(step)];
    case 'uuid':
      return ['tagged', fstype, `UUID=${address.uuid}`, ...blockSizes(step)];
  }
}

/** Labels and UUIDs are read out of the file system that the storage has. */
function storageType({ steps }: Rung): string {
  const mount = steps.find((step) => step.kind === 'mount' && step.source.kind === 'storage');
  return mount?.kind === 'mount' ? mount.fstype : '';
}
