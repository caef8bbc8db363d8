/** From the old root to init in the merged root, each way in a virtual board, instructions counted. */
import { file, symlink } from '../../src/lab/roots/root-file.ts';
import { storages, temperatures } from './case.ts';
import { type WayName, type WayRow, wayNames, wayTitles } from './helper-case.ts';
import { type BenchImage, baseRoot, bundleImage, compiled, preparedBoard } from './images.ts';
import { type LogRecord, mountTableText } from './markers.ts';
import { measure } from './measure.ts';

export interface WaysOptions {
  /** An empty folder; the caller removes it. */
  readonly work: string;
  readonly runs: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * Boots every way, one board at a time.
 * @throws Error where the helper does not enter, or the C program that stands for it leaves other mounts
 */
export async function benchWays({ work, runs, signal, say }: WaysOptions): Promise<readonly WayRow[]> {
  const image = await wayImage(work);
  const rows: WayRow[] = [];
  const tables = new Map<WayName, string>();
  for (const temperature of temperatures) {
    for (const way of wayNames) {
      const what = { ...image, exec: `/bench/enter-${way}`, temperature, store: 'tmpfs', signal };
      const ticks: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        const report = await measure(what);
        ticks.push(report.ticks);
        expectEntered(way, report.log);
        tables.set(way, mountTableText(report.mounts));
      }
      say(`${temperature}: ${wayTitles[way]}: ${ticks.join(', ')} instructions`);
      rows.push({ way, temperature, ticks });
    }
  }
  expectHelpersMounts(tables);
  return rows;
}

async function wayImage(work: string): Promise<BenchImage> {
  const base = await baseRoot(work, [
    file('/bench/enter', await compiled('enter', work), 0o755),
    ...wayNames.map((way) => symlink(`/bench/enter-${way}`, 'enter')),
    file('/bench/chroot', await compiled('into', work), 0o755),
    symlink('/bench/pivot', 'chroot'),
  ]);
  return bundleImage(base, await preparedBoard(storages.tmpfs.boardFile, false), 'ways');
}

/**
 * A helper that gave back to overlay_init reaches init too, by another way.
 * @throws Error with what was said
 */
export function expectEntered(way: WayName, log: readonly LogRecord[]): void {
  const entered = log.some(({ text }) => text.startsWith('overlay_helper: enter: '));
  if (entered === (way === 'helper') && log.every(({ level }) => level > 4)) return;
  throw new Error(
    [`"${wayTitles[way]}" did not enter as it should:`, ...log.map(({ text }) => text)].join('\n'),
  );
}

/** @throws Error with both mount tables */
export function expectHelpersMounts(tables: ReadonlyMap<WayName, string>): void {
  const [helper, moves] = [tables.get('helper'), tables.get('moves')];
  if (helper !== undefined && helper !== '' && helper === moves) return;
  throw new Error(`the helper's mounts:\n${helper}\nand not those of the C program:\n${moves}`);
}
