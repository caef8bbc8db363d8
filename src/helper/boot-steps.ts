/** The steps of a plain boot, each as its kind says. What a shell would have to look at twice is an error here. */
import { boardPaths } from '../shared/helper-protocol.ts';
import { generationWord } from '../shared/step.ts';
import type { BootPort } from './boot-port.ts';
import { bytesOf } from './bytes.ts';
import { type Count, chooseGeneration, expectBase, expectIdentity } from './count.ts';
import { findPlainDevice } from './find-plain.ts';
import { isDirectory } from './mode.ts';
import { mountOptions } from './mount-options.ts';
import { type Mounts, readMounts } from './mounts.ts';
import { isRecord } from './plan.ts';
import { attempt } from './trouble.ts';
import type { Undo } from './undo.ts';

/** What the boot knows so far. */
export interface SoFar {
  readonly port: BootPort;
  readonly undo: Undo;
  /** When each step began, as overlay_init writes it: " 2=1.25 3=1.26". */
  stamps: string;
  /** The file system of the storage; empty where the rung uses none. */
  readonly storageType: string;
  /** The storage device, as mount wants it. */
  device: string;
  /** The mounts before the first step that asks for them. */
  mounts: Mounts | undefined;
  /** The generation that boots, once it is counted. */
  count: Count | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Runs one step.
 * @param ofRung whether its mounts are undone when the boot turns out not to be plain; what every boot needs stays
 * @throws Error where it fails, or is not plain
 */
export function runStep(soFar: SoFar, step: Fields, number: number, ofRung: boolean): void {
  // The clock is in the way that the shell has it: there is none before /proc.
  if (number > 1 || soFar.port.lstat('/proc/uptime') !== undefined)
    soFar.stamps += ` ${number}=${clock(soFar.port.uptime())}`;
  switch (step.kind) {
    case 'mount':
      mountStep(soFar, step, ofRung);
      if (step.target === '/run') soFar.port.mkdir(boardPaths.runDir);
      return;
    case 'make-dirs':
      for (const path of texts(step.paths)) makeDirectories(soFar.port, inGeneration(soFar, bytesOf(path)));
      return;
    case 'find-storage':
      soFar.device = findPlainDevice(soFar.port, step, soFar.storageType);
      return;
    case 'choose-generation':
      soFar.count = chooseGeneration(soFar.port, step);
      return;
    case 'check-base':
      expectBase(soFar.port, generationOf(soFar), step.policy === 'review');
      return;
    case 'bring-identity':
      expectIdentity(soFar.port, generationOf(soFar));
      return;
    case 'verify':
      // Done last, with the helper's own look.
      return;
    default:
      throw new Error(`step ${number} is none of a plain boot`);
  }
}

/** As /proc/uptime has it. */
function clock(seconds: number): string {
  const hundredths = Math.floor(seconds * 100);
  const rest = hundredths % 100;
  return `${Math.floor(hundredths / 100)}.${rest < 10 ? '0' : ''}${rest}`;
}

function mountStep(soFar: SoFar, step: Fields, ofRung: boolean): void {
  const { port, undo } = soFar;
  const fstype = text(step.fstype);
  const target = bytesOf(text(step.target));
  if (step.unlessMounted === true && isMounted(soFar, fstype, target)) return;
  const fromStorage = isRecord(step.source) && step.source.kind === 'storage';
  const source = fromStorage ? soFar.device : bytesOf(isRecord(step.source) ? text(step.source.name) : '');
  const { flags, data } = mountOptions(texts(step.options).map((one) => inGeneration(soFar, bytesOf(one))));
  const mount = (): void =>
    attempt(`cannot mount ${fstype} on ${target}`, () => port.mount(source, target, fstype, flags, data));
  if (!ofRung) {
    mount();
    return;
  }
  undo.step(`mount ${target}`, mount, () => port.unmount(target));
  // One without our directory was never booted from, and may be half-made.
  if (fromStorage && !isThere(port, `${target}/overlaykit`)) throw new Error('the storage is new');
}

/** /proc comes first: the mount table is in it. */
function isMounted(soFar: SoFar, fstype: string, target: string): boolean {
  if (fstype === 'proc') return soFar.port.lstat('/proc/mounts') !== undefined;
  soFar.mounts ??= readMounts(soFar.port);
  return soFar.mounts.fstypeAt(target) !== undefined;
}

function makeDirectories(port: BootPort, path: string): void {
  let place = '';
  for (const part of path.slice(1).split('/')) {
    place += `/${part}`;
    const here = place;
    if (!isThere(port, here)) attempt(`cannot make ${here}`, () => port.mkdir(here));
  }
}

function isThere(port: BootPort, path: string): boolean {
  const status = port.lstat(path);
  return status !== undefined && isDirectory(status.mode);
}

function generationOf({ count }: SoFar): number {
  if (count === undefined) throw new Error('no generation is chosen yet');
  return count.generation;
}

function inGeneration(soFar: SoFar, value: string): string {
  if (!value.includes(generationWord)) return value;
  return value.split(generationWord).join(String(generationOf(soFar)));
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('the plan lacks a word');
  return value;
}

function texts(value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [];
  return values.map(text);
}
