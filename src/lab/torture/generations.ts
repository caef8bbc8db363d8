/** Generations: writes, snapshots, tries, confirmations, rollbacks and drops by chance, over many boots on one storage. */
import { join } from 'node:path';
import { provideStorage } from '../storage.ts';
import type { Bench } from './bench.ts';
import { judgeBooted, judgeGenerations, type Place } from './generations-judge.ts';
import {
  type Action,
  actionCommand,
  afterAction,
  blank,
  chooseAction,
  type Generations as Model,
  type RunningAction,
} from './generations-model.ts';
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

/** Cuts of one boot at most: what is tried or rolled back shows only at the next. */
const cutsOfBoot = 12;

export class Generations implements Scenario {
  readonly name = 'generations';
  readonly #boot = new Pace(1500);
  readonly #action = new Pace(120);
  #now: Model = blank;
  #actions = 0;

  async play({ bench, cuts, random }: Session): Promise<readonly JudgedCut[]> {
    const image = join(bench.folder, 'generations.img');
    await provideStorage(bench.storage, image);
    const recording = await record({ bench, image, cuts: Math.min(cuts, cutsOfBoot), random });
    const places: Place[] = [];
    try {
      await this.#bootOnce(recording, places, bench);
      while (recording.wanted > 0) await this.#actOnce(recording, places, bench, random);
      const taken = await recording.end();
      return taken.map((cut) => judged(cut, places, this.#now, bench));
    } catch (error) {
      await recording.abandon();
      throw error;
    }
  }

  async #bootOnce(recording: Recording, places: Place[], bench: Bench): Promise<void> {
    places.push(this.#go({ kind: 'boot' }, bench));
    const density = { cuts: 2, spanMs: this.#boot.ms };
    await recording.stretch(density, () => this.#boot.time(() => comeUp(recording.board)));
  }

  async #actOnce(recording: Recording, places: Place[], bench: Bench, random: Random): Promise<void> {
    const action = this.#choose(bench, random);
    places.push(this.#go(action, bench));
    const density = { cuts: random.pick([0, 1, 2, 2]), spanMs: this.#action.ms };
    const { board } = recording;
    await recording.stretch(density, () => this.#action.time(() => ask(board, actionCommand(action))));
  }

  /** The first one gets a name before anything else: without one it is deleted once it has no part to play. */
  #choose(bench: Bench, random: Random): RunningAction {
    this.#actions += 1;
    if (this.#actions === 1) return { kind: 'name', number: 1 };
    return chooseAction(this.#now, this.#actions, bench.generations, random.of(this.#actions));
  }

  #go(action: Action, { generations }: Bench): Place {
    const before = this.#now;
    this.#now = afterAction(before, action, generations);
    return { before, action, after: this.#now };
  }
}

/** @param end where the board is when all is done */
function judged(cut: Cut, places: readonly Place[], end: Model, { generations }: Bench): JudgedCut {
  const next = places[cut.ended];
  const before = next?.before ?? end;
  const place = next !== undefined && cut.begun ? next : { before, action: undefined, after: before };
  return {
    cut,
    doing: said(place),
    operation: wordOf(place),
    judgeLook: (look) =>
      look.kind === 'view' ? judgeGenerations(look.view, place, generations) : unmountable(look.said),
    judgeBoot: (boot) => [
      ...judgeRung(boot),
      ...(boot.rung === 'persistent' ? judgeBooted(boot.tree, place, generations) : []),
    ],
  };
}

function wordOf({ action }: Place): string {
  if (action?.kind === 'write') return action.operation.kind;
  return action?.kind ?? 'idle';
}

function said({ action, before }: Place): string {
  if (action === undefined) return 'idle';
  if (action.kind === 'boot') return 'booting';
  return `generation ${before.booted} runs, under way: ${actionCommand(action)}`;
}
