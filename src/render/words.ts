/** A plan in words: what `ovl plan` prints and what heads every overlay_init. */
import { formatDuration, formatSize } from '../board/units.ts';
import type { BasePolicy } from '../shared/base.ts';
import type { MountPlan } from '../shared/plan.ts';
import type { ButtonLine, FindStorageStep, MountStep, Step, StorageAddress } from '../shared/step.ts';
import { printable } from './quote.ts';

/** One step, without its number: "mount jffs2 on /overlay (rw,noatime)". Printable ASCII in one line. */
export function stepWords(step: Step): string {
  const label = stepLabel(step);
  return step.kind === 'mount' ? `${label} (${printable(step.options.join(','))})${hint(step)}` : label;
}

/** The same, as short as a log line wants it. */
export function stepLabel(step: Step): string {
  return printable(words(step));
}

function words(step: Step): string {
  switch (step.kind) {
    case 'mount':
      return `mount ${step.fstype} on ${step.target}`;
    case 'make-dirs':
      return `make ${step.paths.join(' ')}`;
    case 'load-module':
      return `load module ${[step.module, ...step.parameters].join(' ')}`;
    case 'find-storage':
      return `find ${addressWords(step.address)}${expectations(step)}, at most ${formatDuration(step.waitMs)}`;
    case 'choose-committed':
      return `choose the active generation on ${step.storage}`;
    case 'choose-generation':
      return step.which === 'previous'
        ? 'choose the previous generation, count the attempt'
        : `choose the generation (${step.limit} attempts), count the attempt; factory reset, if asked for by ${resetTriggers(step.byCommandLine, step.requestFile)}`;
    case 'ask-uboot-env':
      return `look whether U-Boot's variable ${step.name} is ${step.value}, which asks for a factory reset`;
    case 'ask-button':
      return `look whether the button at GPIO ${lineWords(step.line)} is held, which asks for a factory reset`;
    case 'bring-identity':
      return `bring the identity into another generation: ${step.identity.map(({ path }) => path).join(' ')}`;
    case 'check-base':
      return `check that the generation fits this base image, else ${baseWords[step.storage === undefined ? step.policy : 'keep']}`;
    case 'verify':
      return `verify ${step.target}: ${step.fstype}, writable, ${step.init} is there`;
  }
}

const baseWords: Readonly<Record<BasePolicy, string>> = {
  keep: 'clean it and keep it',
  review: 'clean it, keep it, and say what it hides until somebody has decided',
  set_aside: 'set it aside and begin an empty one',
};

function hint(step: MountStep): string {
  const storage = [
    ...(step.makeIfBlank === true
      ? [
          step.makeAfterwards === true
            ? ', made in the background of the rung tmpfs where the device is blank'
            : ', made first where the device is blank',
        ]
      : []),
    ...(step.repair === undefined
      ? []
      : [`, repaired by ${printable(step.repair)} where it cannot be mounted`]),
  ];
  if (storage.length > 0) return storage.join('');
  return step.unlessMounted ? ', unless mounted' : '';
}

function resetTriggers(byCommandLine: boolean, requestFile: string | undefined): string {
  const triggers = [
    ...(requestFile === undefined ? [] : [requestFile]),
    ...(byCommandLine ? ['overlaykit=reset'] : []),
  ];
  return triggers.length === 0 ? 'nothing' : triggers.join(' or ');
}

function lineWords(line: ButtonLine): string {
  switch (line.by) {
    case 'number':
      return String(line.number);
    case 'label':
      return `${line.label} ${line.line}`;
    case 'gpioget':
      return `${line.chip} ${line.line}`;
  }
}

/** The storage device as people call it. */
export function addressWords(address: StorageAddress): string {
  switch (address.by) {
    case 'mtd-name':
      return `MTD ${address.name}`;
    case 'mtd-number':
      return `mtd${address.number}`;
    case 'label':
      return `LABEL=${address.label}`;
    case 'uuid':
      return `UUID=${address.uuid}`;
    case 'path':
      return address.path;
  }
}

/** What the device has to be like, in brackets; empty where the board file does not say. */
export function expectations(step: FindStorageStep): string {
  const parts = [
    ...(step.sizeBytes === undefined ? [] : [formatSize(step.sizeBytes)]),
    ...(step.minBytes === undefined ? [] : [`at least ${formatSize(step.minBytes)}`]),
    ...(step.maxBytes === undefined ? [] : [`at most ${formatSize(step.maxBytes)}`]),
    ...(step.eraseBlockBytes === undefined ? [] : [`erase block ${formatSize(step.eraseBlockBytes)}`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** The whole plan, a line for each step, numbered through; sections are not indented, steps are. */
export function planWords(plan: MountPlan): string {
  const lines: string[] = [];
  let number = 0;
  const section = (title: string, steps: readonly Step[]): void => {
    lines.push(title, ...steps.map((step) => `  ${String(++number).padStart(2)}  ${stepWords(step)}`));
  };
  section('prepare', plan.prepare);
  for (const rung of plan.ladder) section(`rung ${rung.name}: ${rung.outcome}`, rung.steps);
  lines.push(handOverWords(plan));
  return `${lines.join('\n')}\n`;
}

function handOverWords({ handOver, helper }: MountPlan): string {
  const way = handOver.how === 'pivot' ? 'pivot_root' : 'chroot';
  return printable(
    `enter: move ${handOver.carried.join(' ')} into ${handOver.newRoot}, ${way}, old root at ${handOver.oldRoot}, ` +
      `execute ${handOver.init}${helper ? '' : ' (without overlay_helper)'}`,
  );
}
