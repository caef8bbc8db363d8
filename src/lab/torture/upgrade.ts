/**
 * Upgrade: a storage with changes made on one root image boots with the next one, and that boot is cut all along: while the
 * upper is brought over, while the new base is recorded, and in what is written then.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { VirtualBoard } from '../qemu/virtual-board.ts';
import { provideStorage } from '../storage.ts';
import { type Bench, patienceMs } from './bench.ts';
import { type Expectation, expectationAfter, type Finding, judgeTree } from './judge.ts';
import type { Look } from './look.ts';
import { nextModes, nextTree } from './next-tree.ts';
import { apply, chooseOperation, type Operation, touches } from './operation.ts';
import type { Random } from './random.ts';
import { type Cut, type Recording, record } from './recording.ts';
import { initStarts } from './reset.ts';
import {
  ask,
  chosenTree,
  comeUp,
  type JudgedCut,
  judgeRung,
  perform,
  type Scenario,
  type Session,
} from './scenario.ts';
import { factoryTree, type Tree } from './tree.ts';
import { afterEdit, chooseEdits, type Edit, editCommand } from './upgrade-edits.ts';
import { recordOf } from './upgrade-facts.ts';
import { judgeInside, judgeUpgraded, type Upgrade, upgradedTree } from './upgrade-judge.ts';
import { ancestors, type Upper } from './upper-model.ts';

/**
 * What happens in the background some time after init has started: the boot is confirmed, and what the base has is recorded.
 * The sleeping before it is ended early, or it would come in the midst of the load. A board that took the new base for the old one
 * has booted as ever, and there overlay_helper is what sleeps.
 */
const settle = `
if pidof sleep >/dev/null; then kill $(pidof sleep); else kill $(pidof overlay_helper); fi
n=0
while ps | grep -q '[o]verlay_[ih]'; do n=$((n + 1)); [ $n -lt 200 ] || exit 1; usleep 50000; done
sync`;

const identity = 'cat /etc/overlaykit/base';

/** Stretches: until overlay_init starts, until init is up, while the base is recorded, and then one for each operation. */
const before = 3;

export class Upgrades implements Scenario {
  readonly name = 'upgrade';
  readonly looksInside = true;

  async play({ bench, cuts, random }: Session): Promise<readonly JudgedCut[]> {
    const image = join(bench.folder, 'upgrade.img');
    await rm(image, { force: true });
    const made = await changeOnFirst(bench, image, random);
    const next = bench.upgraded();
    const recording = await record({ bench: next, image, cuts, random });
    try {
      const { board } = recording;
      await recording.stretch({ cuts: 1, spanMs: 1000 }, () => start(board));
      await recording.stretch({ cuts: Math.ceil(cuts * 0.7) }, () => comeUp(board));
      const upgrade = { ...made, to: (await ask(board, identity)).trim() };
      await recording.stretch({ cuts: Math.ceil(cuts * 0.15) }, () => ask(board, settle));
      const operations = await write(recording, upgradedTree(upgrade), random.of('operations'));
      const taken = await recording.end();
      return taken.map((cut) => judged(cut, upgrade, operations, next));
    } catch (error) {
      await recording.abandon();
      throw error;
    }
  }

  /** The cuts are looked at and booted with the image that the board was upgraded to. */
  examinedOn(bench: Bench): Bench {
    return bench.upgraded();
  }
}

async function start(board: VirtualBoard): Promise<void> {
  await board.waitFor(initStarts, { timeoutMs: patienceMs });
}

/** A storage with changes that were made on the first image; what the base has below most of them is recorded. */
async function changeOnFirst(bench: Bench, image: string, random: Random): Promise<Omit<Upgrade, 'to'>> {
  await provideStorage(bench.storage, image);
  const board = await bench.start(image);
  try {
    await comeUp(board);
    await ask(board, settle);
    const edits = chooseEdits(random.whole(12, 36), bench.union, random.of('edits'));
    const known = Math.ceil(edits.length * random.pick([0, 0.5, 0.8, 1]));
    const recorded = await makeEdits(board, bench, new Map(), edits.slice(0, known));
    await ask(board, 'overlay_helper record');
    const upper = await makeEdits(board, bench, recorded, edits.slice(known));
    await ask(board, 'sync');
    const from = (await ask(board, identity)).trim();
    const first = { tree: factoryTree, modes: new Map() };
    return { upper, recorded: recordOf(recorded, first), base: { tree: nextTree, modes: nextModes }, from };
  } finally {
    await board.cut();
  }
}

async function makeEdits(
  board: VirtualBoard,
  { union }: Bench,
  upper: Upper,
  edits: readonly Edit[],
): Promise<Upper> {
  let next = upper;
  for (const edit of edits) {
    await ask(board, editCommand(edit));
    next = afterEdit(next, edit, union);
  }
  return next;
}

/** Some writes on the next image, each of them cut. */
async function write(recording: Recording, tree: Tree, random: Random): Promise<readonly Operation[]> {
  const operations: Operation[] = [];
  let now = tree;
  for (let number = 1000; operations.length < 4; number += 1) {
    const operation = chooseOperation(number, now, random.of(number));
    if (!fits(operation, now)) continue;
    operations.push(operation);
    now = apply(operation, now);
    await recording.stretch({ cuts: 1, spanMs: 60 }, () => perform(recording.board, operation));
  }
  return operations;
}

/** The next image has folders where the load writes files, and the load has files where it makes folders. */
function fits(operation: Operation, tree: Tree): boolean {
  if (operation.kind === 'remove-folder') return false;
  return touches(operation, tree).every(
    ({ path, after }) =>
      (after === undefined || tree.get(path) === undefined || tree.get(path)?.kind === after.kind) &&
      ancestors(path).every((above) => {
        const kind = tree.get(above)?.kind;
        return (
          kind === 'folder' ||
          (kind === undefined && operation.kind === 'make-folder' && above === operation.path)
        );
      }),
  );
}

function judged(cut: Cut, upgrade: Upgrade, operations: readonly Operation[], bench: Bench): JudgedCut {
  const acknowledged = Math.max(0, cut.ended - before);
  const underWay = cut.ended >= before && cut.begun ? operations[acknowledged] : undefined;
  const done = operations.slice(0, acknowledged + (underWay === undefined ? 0 : 1));
  const expected = expectationAfter(done, acknowledged, upgradedTree(upgrade));
  const progress = { done: cut.ended >= 2, written: done.length > 0 };
  return {
    cut,
    ...doingAt(cut, underWay),
    judgeLook: (look) => judgeLook(look, { upgrade, expected, ...progress }, bench),
    judgeBoot: (boot) => {
      const rung = judgeRung(boot);
      return rung.length > 0
        ? rung
        : judgeUpgraded(boot.tree, boot.notes, upgrade, { expected, ...progress });
    },
  };
}

function doingAt(
  { ended, begun }: Cut,
  operation: Operation | undefined,
): Pick<JudgedCut, 'doing' | 'operation'> {
  if (ended === 0) return { doing: 'before the upgrade', operation: 'boot' };
  if (ended === 1) return { doing: 'in the boot that upgrades', operation: 'upgrade' };
  if (operation !== undefined)
    return { doing: `upgraded, writing: ${operation.kind}`, operation: operation.kind };
  if (ended === 2 && begun) return { doing: 'upgraded, the base is recorded', operation: 'record' };
  return { doing: 'upgraded, idle', operation: 'idle' };
}

interface Judging {
  readonly upgrade: Upgrade;
  readonly expected: Expectation;
  readonly done: boolean;
  readonly written: boolean;
}

function judgeLook(
  look: Look,
  { upgrade, expected, ...progress }: Judging,
  bench: Bench,
): readonly Finding[] {
  const chosen = chosenTree(look, bench);
  if ('findings' in chosen) return chosen.findings;
  const inside = look.kind === 'view' ? look.view.inside?.get('generations/1') : undefined;
  if (inside === undefined) return [{ fault: 'lost', reason: 'generation 1 is gone' }];
  // Over a base that it does not fit, an upper shows its orphaned whiteouts: only what lies in it is to be judged then.
  const fits = inside.notes.base.join('\n') === upgrade.to;
  return [...judgeInside(inside, upgrade, progress), ...(fits ? judgeTree(chosen.tree, expected) : [])];
}
