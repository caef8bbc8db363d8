/**
 * The table of lines that the helper does not carry: from a function of a script and an offset in its bytecode to a line of
 * the source. The engine's compiler says which column of the bundled script an offset belongs to, the bundle's source map
 * which line that is. Kept where the helper is built, and in the package beside the prebuilt ones.
 *
 * In: a script with its map. Out: JSON.
 */
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { cacheDir } from '../system/cache.ts';
import { packageRoot } from '../system/package-root.ts';
import { runScriptCompiler } from './bytecode.ts';
import { expectOpcodes } from './left-out-opcodes.ts';
import type { Bundled } from './script.ts';

/** By function: offsets that go up, and "FILE:LINE" from each of them on. */
export type Places = Readonly<Record<string, readonly (readonly [offset: number, place: string])[]>>;

/** By script, as HELPER_SCRIPT names it. */
export type PlacesOfScripts = Readonly<Record<string, Places>>;

export const placesFile = 'places.json';

/**
 * Compiles a script once more, with its lines; one that the board's engine could not run does not get further.
 * @throws Failure OVL455 where the compiler of scripts does not take it or cannot be started
 */
export async function placesOf(qjsc: string, { script, map }: Bundled): Promise<Places> {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-places-'));
  try {
    await writeFile(join(folder, 'script.js'), script);
    const args = ['-c', '-o', 'script.c', 'script.js'];
    const dump = await runScriptCompiler(qjsc, args, folder);
    expectOpcodes(dump);
    return readDump(dump, new SourceMap(JSON.parse(map)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The compiler was built to say what it has made: a head for each function, its code, and rows of offset, line, column. */
export function readDump(dump: string, map: SourceMap): Places {
  const places: Record<string, [number, string][]> = {};
  let rows: [number, string][] = [];
  for (const line of dump.split('\n')) {
    const head = /^\S+:\d+:\d+: function: (\S+)$/.exec(line);
    if (head !== null) {
      rows = [];
      places[head[1] ?? ''] = rows;
    }
    const row = /^ *(\d+) +(\d+) +(\d+)$/.exec(line);
    if (row === null) continue;
    const [offset = 0, number = 0, column = 0] = row.slice(1).map(Number);
    const place = placeAt(map, number, column);
    if (place !== undefined && rows.at(-1)?.[1] !== place) rows.push([offset, place]);
  }
  return places;
}

function placeAt(map: SourceMap, line: number, column: number): string | undefined {
  const found = map.findEntry(line - 1, column - 1);
  if (!('originalSource' in found)) return undefined;
  return `${basename(found.originalSource)}:${found.originalLine + 1}`;
}

/** Keeps the table of one script in the cache, for whoever is told a place of it. */
export async function keepPlaces(name: string, places: Places): Promise<void> {
  const path = cachedPlaces(name);
  await mkdir(dirname(path), { recursive: true });
  const work = `${path}.${process.pid}`;
  try {
    await writeFile(work, JSON.stringify(places));
    await rename(work, path);
  } catch (error) {
    await rm(work, { force: true });
    throw error;
  }
}

/** The table of a script, from the package or from the cache; undefined where this helper was built elsewhere. */
export async function findPlaces(name: string): Promise<Places | undefined> {
  const carried = await readTable<PlacesOfScripts>(join(packageRoot(), 'prebuilt', placesFile));
  return carried?.[name] ?? (await readTable<Places>(cachedPlaces(name)));
}

async function readTable<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

function cachedPlaces(name: string): string {
  return join(cacheDir(), 'places', `${name}.json`);
}

/** "copy-tree.ts:93" for "fill+33"; undefined where the table has no such function. */
export function placeIn(places: Places, name: string, offset: number): string | undefined {
  return places[name]?.findLast(([from]) => from <= offset)?.[1];
}
