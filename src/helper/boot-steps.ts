/** The steps of a plain boot, each by the word that it begins with. What a shell would have to look at twice is an error here. */
import { boardPaths } from '../shared/helper-protocol.ts';
import type { BootPort } from './boot-port.ts';
import {
  closeAll,
  generationOf,
  number,
  opened,
  type PlainBoot,
  word,
  wordInGeneration,
} from './boot-so-far.ts';
import { chooseGeneration, expectBase, expectIdentity } from './count.ts';
import { goInside } from './enter.ts';
import { findBlock, findFlash, findTagged } from './find-plain.ts';
import { isDirectory } from './mode.ts';
import { readMounts } from './mounts.ts';
import type { Entry } from './plan.ts';
import { checkProgram } from './program.ts';
import { settle } from './settle.ts';
import { attempt } from './trouble.ts';
import { verifyUnion } from './verify.ts';

/**
 * Runs all that the words say.
 * @throws Error where something fails, or is not plain
 */
export function runSteps(soFar: PlainBoot): void {
  while (soFar.at < soFar.words.length) runStep(soFar, word(soFar));
  // The last one is `enter`, and nothing else says so.
  if (soFar.fstype === undefined) throw new Error('overlay_init has not said all that is to be done');
}

/** Those of the plan have a number; `switches`, `later` and `enter` are overlay_init's own. */
function runStep(soFar: PlainBoot, name: string): void {
  const { port } = soFar;
  switch (name) {
    case 'switches':
      expectNoSwitches(port);
      return;
    case 'later':
      soFar.later = number(soFar);
      return;
    case 'enter':
      enterStep(soFar);
      return;
  }
  stamp(soFar);
  switch (name) {
    case 'mount':
      mountStep(soFar);
      return;
    case 'dirs':
      for (let left = number(soFar); left > 0; left--) makeDirectories(port, wordInGeneration(soFar));
      return;
    case 'mtd':
      soFar.device = findFlash(soFar);
      return;
    case 'block':
      soFar.device = findBlock(soFar, word(soFar));
      return;
    case 'tagged':
      soFar.device = findTagged(soFar);
      return;
    case 'choose':
      soFar.count = chooseGeneration(soFar, number(soFar), word(soFar));
      return;
    case 'base':
      expectBase(port, generationOf(soFar), word(soFar) === 'review');
      return;
    case 'identity':
      expectIdentity(port, opened(soFar.notes, 'the storage'), generationOf(soFar));
      return;
    case 'verify':
      verifyStep(soFar, word(soFar), word(soFar));
      return;
    default:
      throw new Error(`overlay_init asks for ${name}, which this helper does not know`);
  }
}

/** As /proc/uptime has it, and in the way that the shell has it: there is no clock before /proc. */
function stamp(soFar: PlainBoot): void {
  if (++soFar.step === 1 && soFar.port.lstat('/proc/uptime') === undefined) return;
  const hundredths = Math.floor(soFar.port.uptime() * 100);
  const rest = hundredths % 100;
  soFar.stamps += ` ${soFar.step}=${Math.floor(hundredths / 100)}.${rest < 10 ? '0' : ''}${rest}`;
}

/** mount HOW FSTYPE SOURCE TARGET FLAGS DATA: `u` in HOW is unless mounted, `k` keeps it, `s` takes the storage for its source. */
function mountStep(soFar: PlainBoot): void {
  const { port, undo } = soFar;
  const how = word(soFar);
  const fstype = word(soFar);
  const named = word(soFar);
  const target = word(soFar);
  const flags = number(soFar);
  const data = wordInGeneration(soFar);
  const ofStorage = how.includes('s');
  const mount = (): void =>
    attempt(`cannot mount ${fstype} on ${target}`, () =>
      port.mount(ofStorage ? soFar.device : named, target, fstype, flags, data),
    );
  if (!(how.includes('u') && isMounted(soFar, fstype, target))) {
    // What every boot needs stays mounted when the boot turns out not to be plain.
    if (how.includes('k')) mount();
    else undo.step(`mount ${target}`, mount, () => port.unmount(target));
  }
  if (ofStorage) soFar.notes = openNotes(port, target);
  if (target === '/run') soFar.run = openRun(port);
}

/** /proc comes first: the mount table is in it. */
function isMounted(soFar: PlainBoot, fstype: string, target: string): boolean {
  if (fstype === 'proc') return soFar.port.lstat('/proc/mounts') !== undefined;
  soFar.mounts ??= readMounts(soFar.port);
  return soFar.mounts.fstypeAt(target) !== undefined;
}

/** One without our directory was never booted from, and may be half-made. */
function openNotes(port: BootPort, storage: string): number {
  const root = port.openDirectory(storage);
  try {
    return attempt('the storage is new', () => port.openIn(root, 'overlaykit'));
  } finally {
    port.close(root);
  }
}

/** For the log, the status, and what is counted. */
function openRun(port: BootPort): number {
  port.mkdir(boardPaths.runDir);
  return attempt(`cannot open ${boardPaths.runDir}`, () => port.openDirectory(boardPaths.runDir));
}

/** Whoever writes a switch on the kernel command line wants something else. Which, overlay_init finds out, and other programs' words too. */
function expectNoSwitches(port: BootPort): void {
  const words = attempt('cannot read /proc/cmdline', () => port.readFile('/proc/cmdline', 32 * 1024));
  if (words.includes('overlaykit=')) throw new Error('the kernel command line asks for something');
}

function makeDirectories(port: BootPort, path: string): void {
  if (isThere(port, path)) return;
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

function verifyStep(soFar: PlainBoot, fstype: string, newRoot: string): void {
  soFar.mounts = readMounts(soFar.port);
  verifyUnion(soFar.port, soFar.mounts, fstype, newRoot);
  soFar.fstype = fstype;
}

/**
 * enter NEW_ROOT OLD_ROOT INIT PROTECT CARRIED...: the last step. init is looked at from inside, where its links and those of its
 * interpreters lead to where they lead the kernel.
 */
function enterStep(soFar: PlainBoot): void {
  const { port, undo, mounts, fstype, rung, later } = soFar;
  if (mounts === undefined || fstype === undefined) throw new Error('the merged root was not verified');
  const newRoot = word(soFar);
  const oldRoot = word(soFar);
  const init = word(soFar);
  const protect = word(soFar) === 'yes';
  const carried = soFar.words.slice(soFar.at);
  const entry: Entry = { rung, fstype, how: 'pivot', newRoot, oldRoot, carried, init, protect };
  soFar.at = soFar.words.length;
  goInside(port, undo, entry, mounts);
  checkProgram(port, '', init);
  settle(soFar, init);
  closeAll(soFar);
  if (later !== undefined)
    attempt('cannot begin the background job', () =>
      port.leaveBehind(later, oldRoot + boardPaths.overlayInit),
    );
}
