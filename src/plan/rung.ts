/** One rung of the ladder: from nothing but the read-only root to a union that can be entered. */
import type { Board } from '../board/schema.ts';
import { formatDuration } from '../board/units.ts';
import type { Place, Result } from '../diagnostics/diagnostic.ts';
import { failure, success } from '../diagnostics/diagnostic.ts';
import { boardPaths } from '../shared/helper-protocol.ts';
import type { Rung, RungName, StoragePlan } from '../shared/plan.ts';
import { type CheckBaseStep, generationWord, type MountStep, type Step } from '../shared/step.ts';
import { mount, mountStorage } from '../steps/mount.ts';
import type { Stack, UnionSystem } from '../union/system.ts';
import { identitySteps } from './identity.ts';
import { requestSteps } from './reset-requests.ts';
import { mountable, planStorage } from './storage-plan.ts';

export interface RungContext {
  readonly board: Board;
  readonly where: (path: readonly (string | number)[]) => Place;
  readonly union: UnionSystem;
  readonly layers: readonly MountStep[];
}

/** On storage that keeps several generations, and on a tmpfs, which keeps none. */
const generationDirs = (folder: string): UpperDirs => ({
  upperdir: `${folder}/upper`,
  workdir: `${folder}/work`,
});
const chosen = generationDirs(`${boardPaths.storage}/generations/${generationWord}`);
const volatile = generationDirs(boardPaths.storage);

interface UpperDirs {
  readonly upperdir: string;
  readonly workdir: string;
}

const resetRequest = `${boardPaths.storage}/overlaykit/reset`;

export function planRung(name: RungName, context: RungContext): Result<Rung> {
  switch (name) {
    case 'persistent':
    case 'previous':
      return persistentRung(name, context);
    case 'committed':
      return committedRung(context);
    case 'tmpfs':
      return unionRung(context, {
        name,
        outcome: 'changes are kept in memory and lost at power off',
        upper: volatile,
        steps: [
          ...volatileStorage(context.board),
          { kind: 'make-dirs', paths: [volatile.upperdir, volatile.workdir] },
        ],
      });
    case 'read-only':
      return success({ name, outcome: 'nothing can be written', steps: [] });
    case 'rescue':
      return success({ name, outcome: rescueOutcome(context.board), steps: [] });
  }
}

function persistentRung(name: 'persistent' | 'previous', context: RungContext): Result<Rung> {
  const { storage } = context.board;
  const planned = planStorage(context.board);
  if (storage.type !== 'tmpfs' && !mountable.includes(storage.type)) return notBuiltYet(context);
  if (storage.type === 'tmpfs' || planned === undefined) return noPersistentStorage(context);
  return unionRung(context, {
    name,
    outcome:
      name === 'persistent'
        ? `changes are kept on the storage (${storage.type})`
        : `the previous generation; changes are kept on the storage (${storage.type})`,
    upper: chosen,
    steps: persistentStorage(name, context.board, planned),
    lasting: true,
  });
}

/** Where a rung in memory has the storage, read-only. */
const committed = `${boardPaths.storage}/committed`;

/** In memory, over what was committed to the storage. */
function committedRung(context: RungContext): Result<Rung> {
  const planned = planStorage(context.board);
  if (planned === undefined) return noPersistentStorage(context);
  const { find, mount: persistent } = planned;
  return unionRung(context, {
    name: 'committed',
    outcome: 'what was committed, and changes are kept in memory and lost at power off',
    upper: volatile,
    over: `${committed}/generations/${generationWord}/upper`,
    lastingBelow: committed,
    steps: [
      ...volatileStorage(context.board),
      { kind: 'make-dirs', paths: [volatile.upperdir, volatile.workdir, committed] },
      find,
      mountStorage(persistent.fstype, committed, [
        'ro',
        ...persistent.options.filter((option) => option !== 'rw'),
      ]),
      { kind: 'choose-committed', storage: committed },
    ],
  });
}

interface UnionOn {
  readonly name: RungName;
  readonly outcome: string;
  readonly upper: UpperDirs;
  /** What makes the upper ready. */
  readonly steps: readonly Step[];
  /** A layer above all others: an upper that nothing writes to. */
  readonly over?: string;
  /** Whether the upper outlives the base image. */
  readonly lasting?: boolean;
  /** Where the storage of a layer is mounted read-only that outlives the base image. */
  readonly lastingBelow?: string;
}

/** The upper, layers, union, and the proof that it can be entered. */
function unionRung(
  { board, where, union, layers }: RungContext,
  { name, outcome, upper, steps, over, lasting, lastingBelow }: UnionOn,
): Result<Rung> {
  const base = [...layers.map((layer) => layer.target), '/'];
  const stack: Stack = {
    lowerdirs: [...(over === undefined ? [] : [over]), ...base],
    ...upper,
    target: board.enter.newroot,
  };
  const mounted = union.mount({ stack, kernel: board.kernel.version, options: board.union.options, where });
  if (!mounted.ok) return mounted;
  return success({
    name,
    outcome,
    steps: [
      ...steps,
      ...layers.flatMap((layer): Step[] => [{ kind: 'make-dirs', paths: [layer.target] }, layer]),
      // A new base may mean another generation, and the identity goes into the one that boots.
      ...(lasting === true ? [checkBase(board, union, base), ...identitySteps(board)] : []),
      ...(lastingBelow === undefined ? [] : [{ ...checkBase(board, union, base), storage: lastingBelow }]),
      mounted.value,
      {
        kind: 'verify',
        target: stack.target,
        fstype: union.fstype,
        upperdir: upper.upperdir,
        init: board.enter.init,
      },
    ],
  });
}

/** The layers have to be mounted for it: what the upper lies over is looked at. */
function checkBase(
  { base, keep, union }: Board,
  { name }: UnionSystem,
  lowerdirs: readonly string[],
): CheckBaseStep {
  const { options } = union;
  const by = ['index', 'metacopy', 'nfs_export'].some((option) => options[option] === 'on');
  const follows = !['off', 'nofollow'].includes(options.redirect_dir ?? 'off');
  return {
    kind: 'check-base',
    policy: base.on_change,
    system: name,
    lowerdirs,
    // mini_fo gives up on names that a new base does not have any more.
    safe: name !== 'mini_fo' && !by && !follows,
    keep,
  };
}

function persistentStorage(
  name: 'persistent' | 'previous',
  board: Board,
  { find, mount: mountIt }: StoragePlan,
): readonly Step[] {
  const { reset, generations, keep } = board;
  return [
    find,
    mountIt,
    ...(name === 'persistent' ? requestSteps(board) : []),
    {
      kind: 'choose-generation',
      which: name === 'previous' ? 'previous' : 'state',
      limit: generations.attempts,
      byCommandLine: reset.cmdline,
      keep,
      ...(reset.file ? { requestFile: resetRequest } : {}),
    },
  ];
}

function rescueOutcome({ rescue }: Board): string {
  return rescue.action === 'shell'
    ? 'a shell on the console'
    : `the board is restarted after ${formatDuration(rescue.after)}`;
}

/** The size is always stated: the kernel's default, half the memory, has frozen boards (peers: pain points 11 and 12). */
function volatileStorage({ storage, tmpfs }: Board): readonly Step[] {
  const ownSize = storage.type === 'tmpfs' && storage.size !== undefined ? `${storage.size}` : undefined;
  const size = ownSize ?? kernelSize(tmpfs.size);
  const inodes = (storage.type === 'tmpfs' ? storage.inodes : undefined) ?? tmpfs.inodes;
  const options = [
    'rw',
    `size=${size}`,
    ...(inodes === undefined ? [] : [`nr_inodes=${inodes}`]),
    'mode=0755',
  ];
  return [mount('tmpfs', 'tmpfs', boardPaths.storage, options)];
}

/** "16MiB" or "50%" as tmpfs reads it: its own parser knows k, m, g and %, no longer units and no spaces. */
function kernelSize(limit: string): string {
  return limit
    .replace(/ ?([kKMG])iB$/, '$1')
    .replace(/ ?B$/, '')
    .replace(' ', '')
    .toLowerCase();
}

function noPersistentStorage({ where }: RungContext): Result<Rung> {
  return failure({
    code: 'OVL221',
    severity: 'error',
    place: where(['ladder']),
    message: 'the ladder has a rung "persistent", but there is no persistent storage',
    because: 'storage.type tmpfs forgets everything at power off, and has no device to find',
    fix: 'ladder: [tmpfs, read-only, rescue]',
  });
}

function notBuiltYet({ board, where }: RungContext): Result<Rung> {
  return failure({
    code: 'OVL212',
    severity: 'error',
    place: where(['storage', 'type']),
    message: `storage.type "${board.storage.type}" is understood, but not built yet`,
    because: `this version of overlaykit plans for ${mountable.join(', ')} and tmpfs`,
    fix: 'use one of these, or keep the board file for a later version',
  });
}
