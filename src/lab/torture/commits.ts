/** Commits: a board that runs in memory writes, and brings some of it to the storage; each commit is cut all along. */
import { join } from 'node:path';
import { provideStorage } from '../storage.ts';
import {
  afterCommit,
  afterOperation,
  blankStored,
  chooseFolder,
  commitCommand,
  freshMemory,
  judgeStored,
  judgeStoredBoot,
  type Memory,
  type Stored,
  writeCommand,
} from './commits-model.ts';
import { chooseOperation } from './operation.ts';
import { Pace } from './pace.ts';
import type { Random } from './random.ts';
import { type Cut, type Recording, record } from './recording.ts';
import {
  ask,
  comeUp,
  type JudgedCut,
  judgeRung,
  type Scenario,
  type Session,
  unmountable,
} from './scenario.ts';

/** Where the storage is before and after a stretch, and what is done in it. */
interface Place {
  readonly before: Stored;
  readonly after: Stored;
  readonly doing: string;
  readonly operation: 'boot' | 'write' | 'commit';
}

const inMemory = ['overlaykit=tmpfs'];
/** Cuts of one boot at most: what runs in memory begins anew with each. */
const cutsOfBoot = 16;

export class Commits implements Scenario {
  readonly name = 'commits';
  readonly #commit = new Pace(300);
  #stored: Stored = blankStored;
  #operations = 0;

  async play({ bench, cuts, random }: Session): Promise<readonly JudgedCut[]> {
    const image = join(bench.folder, 'commits.img');
    await provideStorage(bench.storage, image);
    const most = Math.min(cuts, cutsOfBoot);
    const recording = await record({ bench, image, cuts: most, random, words: inMemory });
    const places: Place[] = [];
    try {
      await recording.stretch({ cuts: 0, spanMs: 1 }, () => comeUp(recording.board));
      places.push({
        before: this.#stored,
        after: this.#stored,
        doing: 'booting in memory',
        operation: 'boot',
      });
      let memory = freshMemory;
      while (recording.wanted > 0) memory = await this.#round(recording, places, memory, random);
      const taken = await recording.end();
      return taken.map((cut) => judged(cut, places, this.#stored));
    } catch (error) {
      await recording.abandon();
      throw error;
    }
  }

  /** Some writes, which the storage knows nothing of, and a commit. */
  async #round(recording: Recording, places: Place[], before: Memory, random: Random): Promise<Memory> {
    const { board } = recording;
    let memory = before;
    for (let count = random.whole(1, 4); count > 0; count -= 1) {
      this.#operations += 1;
      const operation = chooseOperation(this.#operations, memory.tree, random.of(this.#operations));
      memory = afterOperation(memory, operation);
      places.push({
        before: this.#stored,
        after: this.#stored,
        doing: 'writing in memory',
        operation: 'write',
      });
      await recording.stretch({ cuts: 0, spanMs: 1 }, () => ask(board, writeCommand(operation)));
    }
    const folder = chooseFolder(memory, random);
    if (folder === undefined) return memory;
    const next = afterCommit(this.#stored, memory, folder);
    places.push({ before: this.#stored, after: next, doing: commitCommand(folder), operation: 'commit' });
    this.#stored = next;
    await recording.stretch({ cuts: random.pick([2, 3, 4]), spanMs: this.#commit.ms }, () =>
      this.#commit.time(() => ask(board, commitCommand(folder))),
    );
    return memory;
  }
}

function judged(cut: Cut, places: readonly Place[], end: Stored): JudgedCut {
  const next = places[cut.ended];
  const before = next?.before ?? end;
  const after = next !== undefined && cut.begun ? next.after : before;
  return {
    cut,
    doing: next !== undefined && cut.begun ? next.doing : 'idle in memory',
    operation: next !== undefined && cut.begun ? next.operation : 'idle',
    judgeLook: (look) =>
      look.kind === 'view' ? judgeStored(look.view, before, after) : unmountable(look.said),
    judgeBoot: (boot) => [
      ...judgeRung(boot),
      ...(boot.rung === 'persistent' ? judgeStoredBoot(boot.tree, before, after) : []),
    ],
  };
}
