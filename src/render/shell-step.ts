/** A step as a call of the shell library. */
import {
  type AskButtonStep,
  type CheckBaseStep,
  type ChooseGenerationStep,
  type FindStorageStep,
  generationWord,
  type MountStep,
  type Step,
  type StorageAddress,
  type StoredIdentity,
} from '../shared/step.ts';
import { quote } from './quote.ts';

/** The command for a step, quoted, without the `step` that wraps it. */
export function shellStep(step: Step, options: { readonly helper: boolean }): string {
  return command(step, options).map(word).join(' ');
}

/** One word, in which the number of the chosen generation is left to the shell. */
function word(value: string): string {
  const [first = '', ...rest] = value.split(`/generations/${generationWord}/`);
  return [quote(first), ...rest.map((part) => `/generations/"$ovl_generation"/${quote(part)}`)].join('');
}

function chooseCommand(step: ChooseGenerationStep): readonly string[] {
  const words = [String(step.limit), step.requestFile ?? '', step.byCommandLine ? 'yes' : 'no'];
  const keep = step.keep.length === 0 ? [] : ['keep_paths', ...step.keep];
  return step.which === 'previous' ? ['choose_previous'] : ['choose_generation', ...words, ...keep];
}

/** What happens to an upper of another image, and what where overlay_helper cannot clean it. */
function baseCommand({ policy, safe, keep, storage }: CheckBaseStep): readonly string[] {
  if (storage !== undefined)
    return ['committed_base', storage, 'meet_base', safe ? 'use_anyway' : 'leave_alone'];
  const kept = keep.length === 0 ? [] : ['keep_paths', ...keep];
  if (policy === 'set_aside') return ['replace_upper', safe ? 'use_anyway' : 'leave_alone', ...kept];
  const otherwise = safe ? ['use_anyway'] : ['put_aside_or_refuse', ...kept];
  return [policy === 'review' ? 'review_base' : 'meet_base', ...otherwise];
}

function command(step: Step, { helper }: { readonly helper: boolean }): readonly string[] {
  switch (step.kind) {
    case 'mount':
      return mountCommand(step, helper);
    case 'make-dirs':
      return ['make_dirs', ...step.paths];
    case 'load-module':
      return ['load_module', step.module, ...step.parameters];
    case 'find-storage':
      return findCommand(step);
    case 'choose-generation':
      return chooseCommand(step);
    case 'choose-committed':
      return ['choose_committed', step.storage];
    case 'ask-uboot-env':
      return ['ask_uboot_env', step.name, step.value, ...step.options];
    case 'ask-button':
      return buttonCommand(step);
    case 'bring-identity':
      return ['bring_identity', ...identityWords(step.identity)];
    case 'check-base':
      return baseCommand(step);
    case 'verify':
      return [helper ? 'verify_with_helper' : 'verify_union', step.fstype, step.upperdir];
  }
}

function buttonCommand({ line, pressed, holdMs }: AskButtonStep): readonly string[] {
  const ask = ['ask_button', String(Math.ceil(holdMs / 1000)), String(pressed)];
  switch (line.by) {
    case 'number':
      return [...ask, 'read_gpio', String(line.number)];
    case 'label':
      return [...ask, 'read_chip', line.label, String(line.line)];
    case 'gpioget':
      return [
        ...ask,
        'read_gpioget',
        ...(line.version === 1 ? [line.chip] : ['--numeric', '-c', line.chip]),
        String(line.line),
      ];
  }
}

/** Each path after its policy. */
export function identityWords(identity: readonly StoredIdentity[]): readonly string[] {
  return identity.flatMap(({ path, policy }) => [policy, path]);
}

function mountCommand(step: MountStep, helper: boolean): readonly string[] {
  const options = step.options.join(',');
  if (step.source.kind === 'storage') {
    const repair = step.repair === undefined ? [] : ['mount_or_repair', step.repair];
    const mount =
      step.makeIfBlank === true
        ? step.makeAfterwards === true
          ? 'mount_or_leave'
          : 'mount_or_make'
        : step.eraseIfMarked === true && helper
          ? 'mount_or_erase'
          : 'mount_storage';
    return [...repair, mount, step.fstype, step.target, options];
  }
  if (step.fstype === 'proc' && step.unlessMounted) return ['mount_proc', options];
  const name = step.unlessMounted ? 'mount_unless_mounted' : 'mount_here';
  return [name, step.fstype, step.source.name, step.target, options];
}

/** Sizes go in the unit in which the board's kernel shows them, so that the shell compares text or small numbers. */
function findCommand(step: FindStorageStep): readonly string[] {
  const seconds = String(Math.ceil(step.waitMs / 1000));
  const { address } = step;
  switch (address.by) {
    case 'mtd-name':
    case 'mtd-number':
      return ['find_mtd', ...mtdAddress(address), seconds, ...flashSizes(step)];
    case 'label':
      return ['find_tagged', `LABEL=${address.label}`, seconds, ...blockSizes(step)];
    case 'uuid':
      return ['find_tagged', `UUID=${address.uuid}`, seconds, ...blockSizes(step)];
    case 'path':
      return ['find_block', address.path, seconds, ...blockSizes(step)];
  }
}

/** A partition of the flash, and what it has to be like: without the seconds to wait for it. */
export function flashWords(step: FindStorageStep): readonly string[] {
  return [...mtdAddress(step.address), ...flashSizes(step)];
}

function mtdAddress(address: StorageAddress): readonly string[] {
  if (address.by === 'mtd-name') return ['name', address.name];
  return address.by === 'mtd-number' ? ['number', String(address.number)] : [];
}

function flashSizes(step: FindStorageStep): readonly string[] {
  return [
    given(step.sizeBytes, procMtdHex),
    given(step.eraseBlockBytes, procMtdHex),
    given(step.minBytes, inUnits(4096)),
    given(step.maxBytes, inUnits(4096)),
  ];
}

/** Sectors of 512 bytes: what it has to have, at least, at most. */
export function blockSizes(step: FindStorageStep): readonly string[] {
  return [step.sizeBytes, step.minBytes, step.maxBytes].map((bytes) => given(bytes, inUnits(512)));
}

function given(bytes: number | undefined, write: (bytes: number) => string): string {
  return bytes === undefined ? '-' : write(bytes);
}

/** As drivers/mtd/mtdcore.c prints it: "%8.8llx". */
function procMtdHex(bytes: number): string {
  return bytes.toString(16).padStart(8, '0');
}

function inUnits(unit: number): (bytes: number) => string {
  return (bytes) => String(Math.floor(bytes / unit));
}
