/**
 * The torture run: power cuts over what a board does, and after each the question whether what is on its storage is what
 * may be there.
 *
 * In: a board, its root, a number of cuts, a seed. Out: a report. A copy of each cut is looked at by a checking board; on
 * some of them a whole boot is made with overlay_init. Nothing here imports the code under test: it is met through the
 * board alone.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bench, type BenchOptions, traySlots } from './bench.ts';
import { Commits } from './commits.ts';
import { keepEvidence } from './evidence.ts';
import { type Examined, examine } from './examine.ts';
import { Generations } from './generations.ts';
import { Random } from './random.ts';
import { type ScenarioReport, scenarioReport, type TortureFailure } from './report.ts';
import { Reset } from './reset.ts';
import { type Scenario, type ScenarioName, scenarioNames } from './scenario.ts';
import { Upgrades } from './upgrade.ts';
import { Writes } from './writes.ts';

export interface TortureOptions extends Omit<BenchOptions, 'folder'> {
  readonly seed: number;
  readonly plan: readonly ScenarioPlan[];
  /** Whether scenarios run side by side: two boards at a time, else one. */
  readonly sideBySide: boolean;
  /** Folder for the evidence of failures; made when there is one. */
  readonly evidence: string;
}

export interface ScenarioPlan {
  readonly scenario: ScenarioName;
  readonly cuts: number;
  /** How many of the cuts are booted fully. */
  readonly boots: number;
}

const scenarios: Readonly<Record<ScenarioName, () => Scenario>> = {
  writes: () => new Writes(),
  reset: () => new Reset(),
  generations: () => new Generations(),
  commits: () => new Commits(),
  upgrade: () => new Upgrades(),
};

/** What a board can do of the mix. */
export interface Abilities {
  /** Generations, commits and upgrades take the helper. */
  readonly helper: boolean;
  /** Commits take a rung in memory. */
  readonly memory: boolean;
  /** Upgrades take a board that keeps its changes on a new base. */
  readonly upgrade: boolean;
}

/**
 * Shares cuts out: a fifth each in factory resets, while generations are made, tried and dropped, in commits, and in upgrades,
 * the rest while the board writes. One in five is booted fully; of the upgrades all, since what they come to shows only then.
 */
export function sharedOut(cuts: number, { helper, memory, upgrade }: Abilities): readonly ScenarioPlan[] {
  const fifth = Math.floor(cuts / 5);
  const shares = {
    reset: fifth,
    generations: helper ? fifth : 0,
    commits: helper && memory ? fifth : 0,
    upgrade: helper && upgrade ? fifth : 0,
  } as const;
  const writes = cuts - Object.values(shares).reduce((sum, share) => sum + share, 0);
  return scenarioNames
    .map((scenario) => ({ scenario, cuts: scenario === 'writes' ? writes : shares[scenario] }))
    .filter((one) => one.cuts > 0)
    .map((one) => ({ ...one, boots: one.scenario === 'upgrade' ? one.cuts : Math.ceil(one.cuts / 5) }));
}

/**
 * Runs it. Failures are in the report, with their evidence kept; nothing else is left behind.
 * @throws Failure when this machine cannot do it, OVL415 when the load itself fails on the board
 */
export async function torture(options: TortureOptions): Promise<readonly ScenarioReport[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'ovl-torture-'));
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const run = async (plan: ScenarioPlan): Promise<ScenarioReport> => {
    const folder = await mkdtemp(join(scratch, `${plan.scenario}-`));
    const bench = await Bench.open({ ...options, signal, folder });
    return new Run(scenarios[plan.scenario](), plan, bench, options).toItsEnd();
  };
  try {
    return await inLanes(options.plan, options.sideBySide ? 2 : 1, run, stop);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** So many at a time. The first that fails stops the others; all have ended when this returns or throws. */
async function inLanes<T, U>(
  list: readonly T[],
  lanes: number,
  run: (one: T) => Promise<U>,
  stop: AbortController,
): Promise<readonly U[]> {
  const results: U[] = [];
  const errors: unknown[] = [];
  const left = [...list.entries()];
  const lane = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined && errors.length === 0; next = left.shift())
      results[next[0]] = await run(next[1]);
  };
  const failed = (error: unknown): void => {
    errors.push(error);
    stop.abort();
  };
  await Promise.all(Array.from({ length: lanes }, () => lane().catch(failed)));
  if (errors.length > 0) throw errors[0];
  return results;
}

/** Sessions in a row that give no cut until a scenario is taken to have none. */
const fruitless = 3;

/** One scenario, session after session. */
class Run {
  readonly #scenario: Scenario;
  readonly #plan: ScenarioPlan;
  readonly #bench: Bench;
  readonly #options: TortureOptions;
  readonly #failures: TortureFailure[] = [];
  readonly #operations = new Map<string, number>();
  #cuts = 0;
  #boots = 0;

  constructor(scenario: Scenario, plan: ScenarioPlan, bench: Bench, options: TortureOptions) {
    this.#scenario = scenario;
    this.#plan = plan;
    this.#bench = bench;
    this.#options = options;
  }

  async toItsEnd(): Promise<ScenarioReport> {
    let barren = 0;
    for (let number = 1; this.#cuts < this.#plan.cuts && barren < fruitless; number += 1) {
      this.#bench.signal?.throwIfAborted();
      barren = (await this.#session(number)) === 0 ? barren + 1 : 0;
      this.#tell();
    }
    const operations = Object.fromEntries([...this.#operations].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const counts = { cuts: this.#cuts, boots: this.#boots, operations };
    const kind = this.#bench.storage.kind;
    return scenarioReport(this.#scenario.name, kind, counts, this.#failures);
  }

  /** @returns how many cuts it gave */
  async #session(number: number): Promise<number> {
    const bench = this.#bench;
    const random = new Random(`${this.#options.seed}/${this.#scenario.name}/${number}`);
    const cuts = Math.min(traySlots(bench.storage), this.#plan.cuts - this.#cuts);
    const taken = await this.#scenario.play({ bench, cuts, random });
    const due = Math.round((this.#plan.boots * (this.#cuts + taken.length)) / this.#plan.cuts);
    const boots = Math.min(taken.length, due - this.#boots);
    for (const { operation } of taken)
      this.#operations.set(operation, (this.#operations.get(operation) ?? 0) + 1);
    const examining = { boots, random: random.of('boots'), inside: this.#scenario.looksInside ?? false };
    for (const one of await examine(this.#scenario.examinedOn?.(bench) ?? bench, taken, examining))
      this.#failures.push(await this.#failure(one));
    this.#cuts += taken.length;
    this.#boots += boots;
    return taken.length;
  }

  async #failure(examined: Examined): Promise<TortureFailure> {
    const { judged, findings, by } = examined;
    const [scenario, seed] = [this.#scenario.name, this.#options.seed];
    const cut = this.#cuts + examined.index + 1;
    const name = `seed-${seed}-${scenario}-${cut}-${by}`;
    return {
      ...{ scenario, seed, cut, by },
      fault: findings[0]?.fault ?? 'mixed',
      reasons: findings.map(({ fault, reason }) => `${fault}: ${reason}`),
      doing: judged.doing,
      moment: judged.cut.moment,
      evidence: await keepEvidence(this.#options.evidence, name, examined),
    };
  }

  #tell(): void {
    const failed = this.#failures.length;
    const faults = failed === 0 ? 'nothing found' : `${failed} failed`;
    const { name } = this.#scenario;
    this.#options.onProgress?.(
      `${name}: ${this.#cuts} of ${this.#plan.cuts} cuts, ${this.#boots} full boots, ${faults}`,
    );
  }
}
