/**
 * Factory reset: a storage with changes and a request on it boots, and that boot is cut all along. Whatever is found is
 * everything old with the request, or everything as the factory made it but for what is kept.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { VirtualBoard } from '../qemu/virtual-board.ts';
import { provideStorage } from '../storage.ts';
import { type Bench, patienceMs } from './bench.ts';
import type { FullBoot } from './full-boot.ts';
import { type Finding, isTree, judgeTree, type SeenTree } from './judge.ts';
import type { Look } from './look.ts';
import { apply, chooseOperation, type Operation } from './operation.ts';
import type { Random } from './random.ts';
import { type Cut, record } from './recording.ts';
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
import { factoryTree, folderPaths, restored, type Tree } from './tree.ts';

const request = 'mkdir -p /overlay/overlaykit && touch /overlay/overlaykit/reset && sync';

/**
 * What the reset has left behind is deleted in the background some time after init has started. The sleeping before it is
 * ended early; what comes after it is waited for, three seconds at most: it is none of this scenario's promises.
 */
const deleteNow = `
kill $(pidof sleep)
n=0
while [ $n -lt 30 ] && [ "$(ls /overlay/generations | wc -l)" -gt 1 ]; do usleep 100000; n=$((n + 1)); done
sync`;

/** Console lines after which the reset may begin; a kernel told to be quiet has none of them. */
export const initStarts = /Run \/sbin\/overlay_init as init process|lab: init is up/;

export class Reset implements Scenario {
  readonly name = 'reset';

  async play({ bench, cuts, random }: Session): Promise<readonly JudgedCut[]> {
    const image = join(bench.folder, 'reset.img');
    await rm(image, { force: true });
    const old = await askForReset(bench, image, random);
    const recording = await record({ bench, image, cuts, random });
    try {
      const { board } = recording;
      await recording.stretch({ cuts: 1, spanMs: 1000 }, () => start(board));
      await recording.stretch({ cuts: Math.ceil(cuts * 0.6) }, () => comeUp(board));
      await recording.stretch({ cuts }, () => ask(board, deleteNow));
      const taken = await recording.end();
      return taken.map((cut) => judged(cut, old, bench));
    } catch (error) {
      await recording.abandon();
      throw error;
    }
  }
}

async function start(board: VirtualBoard): Promise<void> {
  await board.waitFor(initStarts, { timeoutMs: patienceMs });
}

/** A storage with changes, and the request. Returns the tree that it has. */
async function askForReset(bench: Bench, image: string, random: Random): Promise<Tree> {
  await provideStorage(bench.storage, image);
  const board = await bench.start(image);
  try {
    let tree: Tree = factoryTree;
    const operations = random.whole(6, 20);
    for (let number = 0; number <= operations; number += 1) {
      const operation = number === 0 ? crowd(random) : chooseOperation(number, tree, random.of(number));
      await perform(board, operation);
      tree = apply(operation, tree);
    }
    await ask(board, request);
    return tree;
  } finally {
    await board.cut();
  }
}

/** Deleting takes a while then, and is cut often. */
function crowd(random: Random): Operation {
  return { kind: 'crowd', number: 0, folder: random.pick(folderPaths), count: random.whole(100, 400) };
}

/** Stretches: until overlay_init starts, until init is up, and after that. */
function judged(cut: Cut, old: Tree, bench: Bench): JudgedCut {
  const done = cut.ended >= 2;
  const fresh = restored(factoryTree, bench.keep, old);
  return {
    cut,
    operation: cut.ended < 2 ? 'reset' : 'sweep',
    doing: ['before the reset', 'in the boot that resets', 'after the reset'][cut.ended] ?? 'at the end',
    judgeLook: (look) => judgeLook(look, { old, fresh }, done, bench),
    judgeBoot: (boot) => judgeBoot(boot, fresh),
  };
}

/** The tree before the reset, and the one after it. */
interface Trees {
  readonly old: Tree;
  readonly fresh: Tree;
}

function judgeLook(look: Look, { old, fresh }: Trees, done: boolean, bench: Bench): readonly Finding[] {
  const chosen = chosenTree(look, bench);
  if ('findings' in chosen) return chosen.findings;
  if (isTree(chosen.tree, fresh)) return [];
  const asked = look.kind === 'view' && look.view.request;
  return judgeOld(chosen.tree, old, asked, done);
}

/** @param asked whether the request is still there */
export function judgeOld(seen: SeenTree, old: Tree, asked: boolean, done: boolean): readonly Finding[] {
  if (!isTree(seen, old)) {
    const differs = judgeTree(seen, { tree: old, underWay: [], earlier: new Map() })[0]?.reason;
    return [{ fault: 'mixed', reason: `neither all old nor as from the factory: ${differs}` }];
  }
  if (done) return [{ fault: 'lost', reason: 'everything is old again although the reset was done' }];
  if (!asked) return [{ fault: 'lost', reason: 'everything is old and the request is gone' }];
  return [];
}

/** Booted again, the reset is finished wherever it was cut. */
function judgeBoot(boot: FullBoot, fresh: Tree): readonly Finding[] {
  const rung = judgeRung(boot);
  if (rung.length > 0) return rung;
  if (!isTree(boot.tree, fresh))
    return [{ fault: 'mixed', reason: 'booted again, it is not as from the factory with what is kept' }];
  if (!boot.request) return [];
  return [{ fault: 'lost', reason: 'booted again, the reset is still asked for' }];
}
