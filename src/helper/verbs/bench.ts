/** `bench`: what the union of this boot costs, measured beside it; nothing of it stays. */
import { type BenchReport, benchDefaults, benchLimits, benchSchema } from '../../shared/bench-report.ts';
import { boardPaths } from '../../shared/helper-protocol.ts';
import { verbExit } from '../../shared/verb-exit.ts';
import { measureRounds, type Rounds } from '../bench-rounds.ts';
import { readUnion, scenePlace, withScene } from '../bench-scene.ts';
import { affordable } from '../bench-sizes.ts';
import { json } from '../json.ts';
import { readMounts } from '../mounts.ts';
import type { BoardPort } from '../storage-port.ts';
import { oneLine, WrongWords } from '../trouble.ts';
import { openWritable } from '../writable.ts';

interface Wanted {
  json: boolean;
  sync: boolean;
  dropCaches: boolean;
  budget: number;
  rounds: number;
  seconds: number;
}

export function bench(port: BoardPort, words: readonly string[]): number {
  const wanted = wantedOf(words);
  const until = port.uptime() + wanted.seconds;
  const writable = openWritable(port);
  port.close(writable.upper);
  const union = readUnion(port, writable.rung);
  const place = scenePlace(writable);
  const { sizes, left, memory } = affordable(port, place.path, wanted.budget, wanted.rounds);
  let rounds: Rounds | undefined;
  withScene(port, place, union, memory, (scene) => {
    rounds = measureRounds(port, scene, { ...wanted, sizes, until });
  });
  const { done = 0, written = 0, costs = [], left: late = [] } = rounds ?? {};
  const mounts = readMounts(port);
  const report: BenchReport = {
    schema: benchSchema,
    rung: writable.rung,
    kernel: oneLine(port.readFile('/proc/sys/kernel/osrelease', 256).split('\n')[0] ?? ''),
    union: union.fstype,
    storage: mounts.fstypeAt(boardPaths.storage) ?? '',
    base: mounts.fstypeAt(boardPaths.oldRoot) ?? '',
    volatile: writable.volatile,
    sync: wanted.sync,
    rounds: done,
    wanted: wanted.rounds,
    written,
    left: [...left, ...late],
    costs,
  };
  if (wanted.json) port.print(json(report));
  else for (const line of linesOf(report)) port.print(line);
  return verbExit.done;
}

function wantedOf(words: readonly string[]): Wanted {
  const wanted: Wanted = { json: false, sync: true, dropCaches: false, ...benchDefaults };
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === '--json') wanted.json = true;
    else if (word === '--no-sync') wanted.sync = false;
    else if (word === '--drop-caches') wanted.dropCaches = true;
    else if (word === '--budget' || word === '--rounds' || word === '--seconds') {
      const name = word.slice(2) as 'budget' | 'rounds' | 'seconds';
      at++;
      wanted[name] = count(words[at], benchLimits[name]);
    } else throw new WrongWords();
  }
  return wanted;
}

function count(word: string | undefined, most: number): number {
  const value = word === undefined || word === '' ? 0 : Number(word);
  if (value >= 1 && value <= most && value === Math.floor(value)) return value;
  throw new WrongWords();
}

/** Times as they came, in microseconds: `ovl bench` says what they mean. */
function linesOf({ costs, rounds, written, left, ...report }: BenchReport): readonly string[] {
  const times = (list: readonly number[]): string => list.map((time) => Math.ceil(time / 1000)).join(' ');
  return [
    `${report.union} over ${report.base} on ${report.storage}, rung ${report.rung}, Linux ${report.kernel}`,
    ...costs.map(
      ({ action, bytes, count: files, union, plain }) =>
        `${action} bytes=${bytes} count=${files} union-us: ${times(union)} plain-us: ${times(plain)}`,
    ),
    ...left.map((one) => `left-out ${one}`),
    `rounds ${rounds}, ${written} bytes written to ${report.storage}`,
  ];
}
