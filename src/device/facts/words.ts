/** Facts in words, for a person: one line a fact, what is unknown with its reason. Everything of the board is made visible. */
import { formatSize } from '../../board/units.ts';
import { visible } from '../../diagnostics/escape.ts';
import { rootMount, runsInUnion } from './answers.ts';
import { programNames } from './asked.ts';
import { type Fact, type Facts, knownValue, type Mount } from './facts.ts';

type Line = readonly [label: string, text: string];

export function factsWords(facts: Facts): string {
  const all: readonly Line[] = [
    ...machineLines(facts),
    ...storageLines(facts),
    ...programLines(facts),
    ...bootLines(facts),
    ...scratchLines(facts),
  ];
  return all.map(([label, text]) => `${label.padEnd(12)}${visible(text)}\n`).join('');
}

/** The words of a known value, or the reason why there is none. */
function say<T>(label: string, fact: Fact<T>, words: (value: T) => string): Line {
  return [label, fact.kind === 'known' ? words(fact.value) : `unknown: ${fact.because}`];
}

function machineLines(facts: Facts): readonly Line[] {
  const { machine, kernel } = facts;
  return [
    say('board', machine.model, (model) => model),
    say('compatible', machine.compatible, (names) => names.join(', ')),
    say('system', facts.os, ({ id, name }) => name ?? id ?? 'has no name'),
    say(
      'init',
      facts.init,
      ({ system, program }) => `${system}${program === undefined ? '' : `, ${program}`}`,
    ),
    say('kernel', kernel.release, (release) => release),
    say('programs of', machine.arch, (arch) => arch),
    say('memory', machine.memory, ({ total, available }) =>
      available === undefined
        ? formatSize(total)
        : `${formatSize(total)}, ${formatSize(available)} available`,
    ),
    say('clock', machine.clock, clockWords),
    say('user', facts.user, (user) => (user === 0 ? 'root' : `number ${user}, which is not root`)),
  ];
}

function clockWords({ seconds, ahead }: { readonly seconds: number; readonly ahead: number }): string {
  const date = new Date(seconds * 1000);
  const shown = Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString().replace('.000Z', 'Z');
  if (Math.abs(ahead) < 60) return `${shown}, as here`;
  return `${shown}, ${duration(Math.abs(ahead))} ${ahead > 0 ? 'ahead' : 'behind'}`;
}

function duration(seconds: number): string {
  if (seconds >= 2 * 86_400) return `${Math.round(seconds / 86_400)} days`;
  return seconds >= 7200 ? `${Math.round(seconds / 3600)} hours` : `${Math.round(seconds / 60)} minutes`;
}

function storageLines(facts: Facts): readonly Line[] {
  const { storage, kernel } = facts;
  const root = rootMount(facts);
  const table = (knownValue(storage.mounts) ?? []).filter(isStorage);
  return [
    say('mounts', storage.mounts, (mounts) => `${mounts.length}`),
    ...(root === undefined ? [] : [['root', mountWords(root)] as const]),
    ...(runsInUnion(facts) ? [['union', 'the board runs in one'] as const] : []),
    ...table.filter((mount) => mount !== root).map((mount) => ['mount', mountWords(mount)] as const),
    ...lines(
      'flash',
      storage.mtd,
      ({ number, name, size, eraseBlock, type }) =>
        `mtd${number} "${name}" ${formatSize(size)}, erase block ${formatSize(eraseBlock)}${type === undefined ? '' : `, ${type}`}`,
    ),
    ...lines('labels', storage.labels, ({ device, label, uuid, type }) =>
      [device, type ?? '-', ...(label === undefined ? [] : [`label "${label}"`]), uuid ?? '']
        .join(' ')
        .trimEnd(),
    ),
    say('mounts with', kernel.filesystems, (names) => names.join(' ')),
    say('modules', kernel.modules, (names) =>
      names.length === 0 ? 'none for file systems' : names.join(' '),
    ),
  ];
}

/** Each of a list on a line of its own; one line where it is empty or not known. */
function lines<T>(label: string, fact: Fact<readonly T[]>, words: (one: T) => string): readonly Line[] {
  if (fact.kind === 'unknown') return [[label, `unknown: ${fact.because}`]];
  return fact.value.length === 0 ? [[label, 'none']] : fact.value.map((one) => [label, words(one)] as const);
}

/** What is kept on something, as opposed to what the kernel shows. */
function isStorage({ fstype, hidden, target }: Mount): boolean {
  const kept = [
    'squashfs',
    'cramfs',
    'erofs',
    'romfs',
    'ext2',
    'ext3',
    'ext4',
    'f2fs',
    'jffs2',
    'ubifs',
    'vfat',
  ];
  const own = [...kept, 'overlay', 'overlayfs', 'mini_fo', 'aufs', 'unionfs'];
  return !hidden && (own.includes(fstype) || target === '/overlay');
}

function mountWords({ target, fstype, source, options, room }: Mount): string {
  const free = room === undefined ? '' : `, ${formatSize(room.free)} of ${formatSize(room.size)} free`;
  const inodes = room?.freeInodes === undefined ? '' : `, ${room.freeInodes} inodes`;
  return `${target} ${fstype} ${options[0] ?? ''} from ${source}${free}${inodes}`;
}

function programLines({ programs }: Facts): readonly Line[] {
  return [
    say('programs', programs.found, (found) => {
      const missing = programNames.filter((name) => !found.some((one) => one.name === name));
      return `${found.length} of ${programNames.length} that are asked for; not there: ${missing.join(' ') || 'none'}`;
    }),
  ];
}

function bootLines({ boot, overlaykit }: Facts): readonly Line[] {
  return [
    ...lines('boot file', boot.files, (path) => path),
    say(
      'U-Boot',
      boot.environment,
      (variables) => `${Object.keys(variables).length} variables of its boot are read`,
    ),
    say(
      'overlaykit',
      overlaykit.status,
      ({ rung, generation, board, plan }) =>
        `rung ${rung}, generation ${generation}, board ${board}, plan ${plan.slice(0, 12)}`,
    ),
    say(
      'bundle',
      overlaykit.manifest,
      ({ board, planDigest, overlaykit: version }) =>
        `board ${board}, plan ${planDigest.slice(0, 12)}, by overlaykit ${version}`,
    ),
    say('helper', overlaykit.helper, (version) => version),
  ];
}

function scratchLines({ scratch }: Facts): readonly Line[] {
  return lines('scratch', scratch, ({ name, works, said }) =>
    works ? `${name} works` : `${name} fails${said === undefined ? '' : `: ${said}`}`,
  );
}
