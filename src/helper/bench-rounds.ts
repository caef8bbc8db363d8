/**
 * The rounds of `bench`: everything once through the union and once without it, in turns, and the other one first in the
 * next round, so that what drifts hits both.
 */
import type { BenchAction, BenchCost } from '../shared/bench-report.ts';
import { type BaseParts, findBase } from './bench-base.ts';
import type { Scene } from './bench-scene.ts';
import { changedBytes, small } from './bench-sizes.ts';
import type { BoardPort, TimedAction } from './storage-port.ts';
import { attempt } from './trouble.ts';

export interface BenchWish {
  readonly sizes: readonly number[];
  readonly rounds: number;
  /** Time at which no further thing is begun, in seconds of uptime. */
  readonly until: number;
  readonly sync: boolean;
  readonly dropCaches: boolean;
}

export interface Rounds {
  readonly done: number;
  /** Bytes of files. */
  readonly written: number;
  readonly left: readonly string[];
  readonly costs: readonly BenchCost[];
}

interface Cost {
  readonly action: BenchAction;
  readonly bytes: number;
  readonly count: number;
  readonly union: number[];
  readonly plain: number[];
}

/** One of the two sides: a descriptor, or where it stands among the two of a directory of the base. */
interface Side {
  readonly name: 'union' | 'plain';
  readonly directory: number;
}

export function measureRounds(port: BoardPort, scene: Scene, wish: BenchWish): Rounds {
  const rounds = new Measurement(port, scene, wish);
  try {
    rounds.fillBase();
    for (let round = 0; round < wish.rounds && rounds.hasTime(0); round++) rounds.measure(round % 2 === 1);
    return rounds.result();
  } finally {
    rounds.close();
  }
}

class Measurement {
  private readonly costs: Cost[] = [];
  private readonly left: string[] = [];
  private done = 0;
  private written = 0;
  private readonly port: BoardPort;
  private readonly scene: Scene;
  private readonly wish: BenchWish;
  private readonly base: BaseParts;

  constructor(port: BoardPort, scene: Scene, wish: BenchWish) {
    this.port = port;
    this.scene = scene;
    this.wish = wish;
    this.base = findBase(port, scene.base.union, scene.base.plain);
  }

  /** Files that are in the base of every round's union. */
  fillBase(): void {
    const { lower } = this.scene;
    for (const size of this.wish.sizes) this.port.timeIn(lower, `f${size}`, 'write', size, 0);
    for (const name of numbered('w')) this.port.timeIn(lower, name, 'write', 0, 0);
  }

  measure(plainFirst: boolean): void {
    const { scene } = this;
    scene.withUnion((directory) => {
      const sides = ordered(
        { name: 'union', directory },
        { name: 'plain', directory: scene.plain },
        plainFirst,
      );
      for (const size of this.wish.sizes) if (this.hasTime(size)) this.measureFile(sides, size);
      this.measureSmall(sides);
    });
    for (const cold of this.wish.dropCaches ? [true, false] : [false]) this.measureBase(plainFirst, cold);
    this.done++;
  }

  /** Whether there is time left, for a file of so many bytes too, going by the last smaller one. */
  hasTime(size: number): boolean {
    const left = this.wish.until - this.port.uptime();
    if (left <= 0) return false;
    let seconds = 0;
    for (const { action, bytes, union, plain } of this.costs)
      if (action === 'copy-up' && bytes <= size)
        seconds = (((union.at(-1) ?? 0) + (plain.at(-1) ?? 0)) / 1e9) * (size / bytes);
    if (seconds <= left) return true;
    const why = `files of ${size} bytes: no time for them in every round`;
    if (!this.left.includes(why)) this.left.push(why);
    return false;
  }

  result(): Rounds {
    return { done: this.done, written: this.written, left: this.left, costs: this.costs };
  }

  close(): void {
    for (const both of this.base.directories.slice(1)) for (const one of both) this.port.close(one);
  }

  private measureBase(plainFirst: boolean, cold: boolean): void {
    const { port, scene, base } = this;
    const sides = ordered({ name: 'union', directory: 0 }, { name: 'plain', directory: 1 }, plainFirst);
    const time = (action: 'base-read' | 'base-walk', bytes: number, once: (side: number) => number): void => {
      // Who comes first finds the processor's caches cold, and they are not what is asked for.
      if (!cold) for (const { directory } of sides) once(directory);
      for (const { name, directory } of sides) {
        if (cold) port.timeIn(scene.plain, '.', 'drop', 0, 0);
        const count = bytes > 0 ? 1 : base.directories.length;
        this.note(cold ? `${action}-cold` : action, bytes, count, name, once(directory));
      }
    };
    const { file } = base;
    if (file !== undefined)
      time('base-read', file.bytes, (side) =>
        port.timeIn(file.directories[side] ?? -1, file.name, 'read', file.bytes, 0),
      );
    time('base-walk', 0, (side) => {
      let sum = 0;
      for (const both of base.directories) sum += port.timeIn(both[side] ?? -1, '.', 'list', 0, 0);
      return sum;
    });
  }

  private measureFile(sides: readonly Side[], size: number): void {
    const name = `f${size}`;
    for (const side of sides) {
      this.time('copy-up', size, side, name, side.name === 'union' ? 'change' : 'write');
      this.written += side.name === 'union' ? size + changedBytes : size;
    }
    for (const side of sides) this.once('read', size, side, name, 'read', 0);
    for (const side of sides) this.time('read', size, side, name, 'read');
    if (size === this.wish.sizes[0]) {
      for (const side of sides) this.time('rewrite', size, side, name, 'change');
      this.written += 2 * changedBytes;
    }
    for (const { directory } of sides) this.port.removeIn(directory, name);
  }

  private measureSmall(sides: readonly Side[]): void {
    this.port.syncFileSystem(this.scene.plain);
    for (const side of sides) this.timeAll('create', small.bytes, side, 'n', 'write');
    this.written += 2 * small.count * small.bytes;
    for (const side of sides) this.timeAll('delete', small.bytes, side, 'n', 'remove');
    // The base of the union has them already.
    for (const name of numbered('w')) this.port.timeIn(this.scene.plain, name, 'write', 0, 0);
    this.port.syncFileSystem(this.scene.plain);
    for (const side of sides) this.timeAll('whiteout', 0, side, 'w', 'remove');
  }

  private time(action: BenchAction, bytes: number, side: Side, name: string, does: TimedAction): void {
    this.note(
      action,
      bytes,
      1,
      side.name,
      this.once(action, bytes, side, name, does, this.wish.sync ? 1 : 0),
    );
  }

  /** @throws Error that says what failed, and on which side */
  private once(
    action: BenchAction,
    bytes: number,
    { name: side, directory }: Side,
    name: string,
    does: TimedAction,
    sync: 0 | 1,
  ): number {
    const where = side === 'union' ? 'through the union' : 'on the storage itself';
    return attempt(`${action} of ${name} ${where}`, () =>
      this.port.timeIn(directory, name, does, bytes, sync),
    );
  }

  /** Each of the small files, and the directory they lie in where writing is waited for. */
  private timeAll(action: BenchAction, bytes: number, side: Side, letter: string, does: TimedAction): void {
    const sync = this.wish.sync ? 1 : 0;
    let time = 0;
    for (const name of numbered(letter)) time += this.once(action, bytes, side, name, does, sync);
    if (this.wish.sync) time += this.port.timeIn(side.directory, '.', 'settle', 0, 0);
    this.note(action, bytes, small.count, side.name, time);
  }

  private note(action: BenchAction, bytes: number, count: number, side: Side['name'], time: number): void {
    let cost = this.costs.find((one) => one.action === action && one.bytes === bytes);
    if (cost === undefined) {
      cost = { action, bytes, count, union: [], plain: [] };
      this.costs.push(cost);
    }
    cost[side].push(time);
  }
}

function ordered(union: Side, plain: Side, plainFirst: boolean): readonly Side[] {
  return plainFirst ? [plain, union] : [union, plain];
}

function numbered(letter: string): readonly string[] {
  const names: string[] = [];
  for (let index = 0; index < small.count; index++) names.push(`${letter}${index}`);
  return names;
}
