/**
 * From a checked board to a MountPlan: what the boot does, in order, and what happens when it fails.
 *
 * In: a CheckedBoard. Out: a MountPlan, or every reason why there is none. Imports board, steps, union; no effects.
 */
import type { CheckedBoard } from '../board/decode.ts';
import type { Board } from '../board/schema.ts';
import type { Result } from '../diagnostics/diagnostic.ts';
import { failure, success } from '../diagnostics/diagnostic.ts';
import { boardPaths } from '../shared/helper-protocol.ts';
import type { HandOver, MountPlan, Rung } from '../shared/plan.ts';
import { planSchema } from '../shared/plan.ts';
import { chooseUnion } from './choose-union.ts';
import { storedIdentity } from './identity.ts';
import { layerMounts } from './layers.ts';
import { prepareSteps } from './prepare.ts';
import { planRung, type RungContext } from './rung.ts';
import { planStorage } from './storage-plan.ts';

/** The mount plan of a board. Pure: the same board gives the same plan, byte for byte. */
export function planBoard(checked: CheckedBoard): Result<MountPlan> {
  const { board, where } = checked;
  const union = chooseUnion(board, where);
  if (!union.ok) return union;
  const prepare = prepareSteps(board);
  const identity = storedIdentity(board);
  const layers = layerMounts(board);
  const context = { board, where, union: union.value, layers };
  const rungs = [...committedFirst(context), ...board.ladder.map((name) => planRung(name, context))];
  const storage = planStorage(board);
  const problems = rungs.flatMap((rung) => (rung.ok ? [] : rung.diagnostics));
  if (problems.length > 0) return failure(...union.diagnostics, ...unique(problems));
  return success(
    {
      schema: planSchema,
      board: { name: board.name, compatible: board.compatible },
      root: { fstype: board.root.type },
      prepare,
      ladder: rungs.flatMap((rung) => (rung.ok ? [rung.value] : [])),
      handOver: handOver(board, prepare),
      generations: generations(board),
      ...(board.rescue.action === 'reboot' ? { rescue: { rebootAfterMs: board.rescue.after } } : {}),
      reset: { keep: board.keep },
      ...(storage === undefined ? {} : { storage }),
      ...watermark(board),
      ...(identity.length === 0 ? {} : { identity }),
      helper: board.helper.enabled,
    },
    union.diagnostics,
  );
}

function generations({
  generations: { confirm, confirm_after, most, attempts },
}: Board): MountPlan['generations'] {
  return { ...(confirm === 'time' ? { confirmAfterMs: confirm_after } : {}), keep: most, attempts };
}

/**
 * A ladder that begins in memory although there is storage begins with what was committed to that. A union that can lie over
 * only one layer does without.
 */
function committedFirst(context: RungContext): readonly Result<Rung>[] {
  const { board } = context;
  if (board.ladder[0] !== 'tmpfs' || planStorage(board) === undefined) return [];
  return [planRung('committed', context)].filter(({ ok }) => ok);
}

function watermark({ ladder, tmpfs }: Board): Pick<MountPlan, 'watermark'> {
  return tmpfs.watermark === 'off' || !ladder.includes('tmpfs') ? {} : { watermark: tmpfs.watermark };
}

/**
 * What is mounted in `prepare` goes along into the merged root, and the storage with it. So does a /sys that an initramfs has
 * mounted: what is not there is left out.
 */
function handOver(board: Board, prepare: MountPlan['prepare']): HandOver {
  const prepared = prepare.flatMap((step) => (step.kind === 'mount' ? [step.target] : []));
  return {
    how: board.enter.how,
    newRoot: board.enter.newroot,
    oldRoot: boardPaths.oldRoot,
    // /proc last: busybox executes its applets by /proc/self/exe, and searches $PATH for each where that is gone.
    carried: [
      ...new Set(['/sys', ...prepared.filter((path) => path !== '/proc'), boardPaths.storage, '/proc']),
    ],
    init: board.enter.init,
    ...(board.root.protect ? { protect: true } : {}),
  };
}

/** Every rung mounts the same union, so the same problem would be told once for each. */
function unique<T>(values: readonly T[]): readonly T[] {
  const seen = new Map(values.map((value) => [JSON.stringify(value), value]));
  return [...seen.values()];
}
