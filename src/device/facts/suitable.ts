/**
 * Facts of a board, held against its board file and what the plan made of it needs. Pure.
 *
 * In: facts, a board file, the needs of its plan. Out: every difference, as a diagnostic at the place in the board file that
 * says otherwise. Errors are what a boot or a deployment would fail of.
 */
import type { Path } from '../../board/plain-yaml.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { quoted } from '../../diagnostics/escape.ts';
import { rootMount, runsInUnion } from './answers.ts';
import { type Facts, knownValue } from './facts.ts';
import { type Comparison, type Finding, unseen } from './suitable-finding.ts';
import { suitableKernel } from './suitable-kernel.ts';
import { suitableStorage } from './suitable-storage.ts';

/** All that makes a board unsuitable for its board file, and what is worth a warning. */
export function suitability(comparison: Comparison): readonly Diagnostic[] {
  return [
    ...identity(comparison),
    ...suitableKernel(comparison),
    ...root(comparison),
    ...programs(comparison),
    ...mountPoints(comparison),
    ...suitableStorage(comparison),
    ...login(comparison),
    ...clock(comparison),
  ].map(({ path, severity = 'error', ...said }) => ({
    ...said,
    severity,
    place: comparison.checked.where(path),
    ...(severity === 'error' ? { boardState: 'unchanged' as const } : {}),
  }));
}

function identity({ facts, checked: { board } }: Comparison): readonly Finding[] {
  return [...architecture(facts, board.arch), ...compatible(facts, board.compatible ?? [])];
}

function architecture({ machine }: Facts, wanted: string): readonly Finding[] {
  if (machine.arch.kind === 'unknown') return [unseen(['arch'], 'the architecture', machine.arch.because)];
  if (machine.arch.value === wanted) return [];
  return [
    {
      code: 'OVL602',
      path: ['arch'],
      message: `the programs on the board are ${machine.arch.value}, not ${wanted}`,
      because: 'overlay_helper is compiled for arch; another one cannot be executed (ENOEXEC)',
      fix: `arch: ${machine.arch.value}`,
    },
  ];
}

function compatible({ machine }: Facts, wanted: readonly string[]): readonly Finding[] {
  if (wanted.length === 0) return [];
  if (machine.compatible.kind === 'unknown')
    return [unseen(['compatible'], 'compatible', machine.compatible.because)];
  const has = machine.compatible.value;
  if (has.some((name) => wanted.includes(name))) return [];
  return [
    {
      code: 'OVL603',
      path: ['compatible'],
      message: `this is another board: it is compatible with ${has.map(quoted).join(', ')}`,
      because: 'none of these is in compatible; what is made for one board can leave another one unbootable',
      fix: 'use the board file of this board, or add its name to compatible where the file does fit',
    },
  ];
}

function root({ facts, checked: { board } }: Comparison): readonly Finding[] {
  const mount = rootMount(facts);
  if (facts.storage.mounts.kind === 'unknown' || mount === undefined)
    return [unseen(['root', 'type'], 'the root', 'its mount table does not show it')];
  if (mount.fstype === board.root.type) return [];
  if (runsInUnion(facts) && mount.target === '/')
    return [unseen(['root', 'type'], 'the root', `it runs in a union (${mount.fstype}) and shows no /rom`)];
  return [
    {
      code: 'OVL610',
      path: ['root', 'type'],
      message: `the root of the board is ${mount.fstype}, not ${board.root.type}`,
      because: `the mount table says so of ${mount.target}; the plan lays the union over a ${board.root.type}`,
      fix: `root.type: ${mount.fstype}`,
    },
  ];
}

function programs({ facts, needs, checked: { states } }: Comparison): readonly Finding[] {
  const { found } = facts.programs;
  const path: Path = states(['applets']) ? ['applets'] : [];
  if (found.kind === 'unknown') return [unseen(path, 'programs', found.because)];
  const has = found.value.map(({ name }) => name);
  const missing = needs.applets.filter((name) => !has.includes(name));
  if (missing.length === 0) return [];
  return [
    {
      code: 'OVL606',
      path,
      message: `the board does not have ${missing.join(', ')}`,
      because: 'overlay_init calls these by name; without one of them a step of the boot fails',
      fix: "add them to the board's busybox",
    },
  ];
}

/** In a union the mount points are taken, and those of the root below it cannot be seen. */
function mountPoints({ facts, needs, checked: { board } }: Comparison): readonly Finding[] {
  if (knownValue(facts.overlaykit.status) !== undefined) return [];
  const kinds = knownValue(facts.paths);
  if (kinds === undefined) return [unseen(['enter'], 'mount points', 'what its paths are')];
  const kindOf = (path: string): string | undefined => kinds.find((one) => one.path === path)?.kind;
  const missing = needs.mountPoints.filter((path) => {
    const kind = kindOf(path);
    return kind !== undefined && kind !== 'empty' && kind !== 'directory';
  });
  const absent: readonly Finding[] =
    missing.length === 0
      ? []
      : [
          {
            code: 'OVL609',
            path: ['enter'],
            // A root image gets them with the bundle, so it is no reason to refuse the board.
            severity: 'warning',
            message: `the root of the board lacks the directories ${missing.join(', ')}`,
            because:
              'they are mounted on while the root is still read-only, so nothing can make them at boot',
            fix: 'put them into the root image: ovl image does it',
          },
        ];
  if (kindOf(board.enter.newroot) !== 'directory') return absent;
  return [
    ...absent,
    {
      code: 'OVL609',
      path: ['enter', 'newroot'],
      severity: 'warning',
      message: `${board.enter.newroot} is not empty`,
      because: 'the union is mounted there; what is in it, or mounted on it now, is hidden meanwhile',
      fix: 'name another directory of the read-only root',
    },
  ];
}

function login({ facts: { user } }: Comparison): readonly Finding[] {
  if (user.kind === 'unknown' || user.value === 0) return [];
  return [
    {
      code: 'OVL611',
      path: ['target'],
      message: `commands run as user ${user.value} on the board, not as root`,
      because:
        'mounting and writing to the root need root; parts of what is compared here are hidden from others',
      fix: 'log in as root@HOST',
    },
  ];
}

/** A day, and the year 2020, in seconds: before, a clock has never been set. */
const day = 86_400;
const neverSet = 1_577_836_800;

function clock({ facts }: Comparison): readonly Finding[] {
  const value = knownValue(facts.machine.clock);
  if (value === undefined || (value.seconds >= neverSet && Math.abs(value.ahead) < day)) return [];
  const shown = new Date(Math.max(-8.64e12, Math.min(8.64e12, value.seconds)) * 1000)
    .toISOString()
    .slice(0, 10);
  return [
    {
      code: 'OVL612',
      path: [],
      severity: 'warning',
      message: `the clock of the board is at ${shown}`,
      because:
        'files that are written now get that time; overlaykit compares digests and never times, but other programs do',
      fix: 'set the clock, or let the board ask a time server',
    },
  ];
}
