/** Boots every case on every storage, and sees to it that they are comparable. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BootRow,
  type CaseName,
  casesOn,
  caseTitles,
  programs,
  type Storage,
  temperatures,
} from './case.ts';
import { expectSameMounts, expectSmoothBoot } from './fair.ts';
import { type BenchImage, baseRoot, bundleImage, preparedBoard } from './images.ts';
import { mountTableText } from './markers.ts';
import { firstBoot, measure } from './measure.ts';
import { overlayrootFiles } from './overlayroot.ts';

export interface BootBenchOptions {
  /** An empty folder; the caller removes it. */
  readonly work: string;
  readonly storages: readonly Storage[];
  readonly runs: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * Measures every case on every storage, one board at a time.
 * @throws Error where two cases of one storage do not end with the same mount table
 */
export async function benchBoots(options: BootBenchOptions): Promise<readonly BootRow[]> {
  const base = await baseRoot(options.work);
  const rows: BootRow[] = [];
  for (const storage of options.storages) rows.push(...(await benchStorage(storage, base, options)));
  return rows;
}

async function benchStorage(
  storage: Storage,
  base: string,
  options: BootBenchOptions,
): Promise<readonly BootRow[]> {
  const { work, signal, say, runs } = options;
  const images = await imagesOf(storage, base);
  const prepared = await preparedStorage(storage, images.script, work, signal);
  const rows: BootRow[] = [];
  const tables = new Map<CaseName, string>();
  for (const temperature of temperatures) {
    for (const name of casesOn(storage)) {
      const image = await imageFor(name, images, options);
      const what = { ...image, exec: programs[name], temperature, store: storage.store, ...prepared, signal };
      const ticks: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        const report = await measure(what);
        ticks.push(report.ticks);
        expectSmoothBoot(name, report.log);
        // Debian's names other places for the same: fair.ts has nothing to hold them against.
        if (name !== 'control' && name !== 'overlayroot') tables.set(name, mountTableText(report.mounts));
      }
      say(`${storage.name}, ${temperature}: ${caseTitles[name]}: ${ticks.join(', ')} instructions`);
      rows.push({ storage: storage.name, temperature, case: name, ticks });
    }
  }
  expectSameMounts(storage.name, tables);
  return rows;
}

/** What only overlayroot needs is in no other image: it would lie in one block of flash with what the others read. */
async function imageFor(
  name: CaseName,
  images: { readonly script: BenchImage; readonly withHelper: BenchImage },
  { work, signal }: BootBenchOptions,
): Promise<BenchImage> {
  if (name === 'script-and-helper') return images.withHelper;
  if (name !== 'overlayroot') return images.script;
  const own = await mkdtemp(join(work, 'debian-'));
  return { board: images.script.board, image: await baseRoot(own, await overlayrootFiles(own, signal)) };
}

async function imagesOf(
  { name, boardFile }: Storage,
  base: string,
): Promise<{ script: BenchImage; withHelper: BenchImage }> {
  return {
    script: await bundleImage(base, await preparedBoard(boardFile, true), `${name}-script`),
    withHelper: await bundleImage(base, await preparedBoard(boardFile, false), `${name}-helper`),
  };
}

/** A board's usual boot is not its first: the storage has been formatted, the generation is there and confirmed. */
export async function preparedStorage(
  { name, store }: Storage,
  image: BenchImage,
  work: string,
  signal: AbortSignal,
): Promise<{ readonly storage?: string }> {
  if (name === 'tmpfs') return {};
  const storage = join(work, `${name}.img`);
  await firstBoot({ ...image, exec: programs.script, temperature: 'cold', store, storage, signal });
  return { storage };
}
