/**
 * What each part of overlay_init costs: the same boot with that part left out. Instructions are counted exactly, so the
 * difference is the part's, and nothing has to be sampled.
 */
import { renderOverlayInit } from '../../src/render/overlay-init.ts';
import { packageVersion } from '../../src/system/package-root.ts';
import { loadShellLibrary } from '../../src/system/shell-library.ts';
import type { PreparedBoard } from '../../src/toolchain/prepare-board.ts';
import { preparedStorage } from './boots.ts';
import type { Storage } from './case.ts';
import { baseRoot, bundleImage, preparedBoard } from './images.ts';
import { mountTableText } from './markers.ts';
import { measure } from './measure.ts';
import { type Part, parts, withBodies } from './parts.ts';

export interface WhyRow {
  readonly helper: boolean;
  readonly without: string;
  /** Instructions of one warm boot. */
  readonly ticks: number;
}

export interface WhyOptions {
  /** An empty folder; the caller removes it. */
  readonly work: string;
  readonly storage: Storage;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * One boot for each part.
 * @throws Error where a part is no longer in the library, or a boot without it does not end as the whole one does
 */
export async function benchParts({ work, storage, signal, say }: WhyOptions): Promise<readonly WhyRow[]> {
  const base = await baseRoot(work);
  const whole = await bundleImage(base, await preparedBoard(storage.boardFile, true), 'whole');
  const prepared = await preparedStorage(storage, whole, work, signal);
  const boot = { temperature: 'warm', store: storage.store, ...prepared, signal } as const;
  const rows: WhyRow[] = [];
  const add = (helper: boolean, without: string, ticks: number): void => {
    say(`${helper ? 'with helper' : 'alone'}, without ${without}: ${ticks} instructions`);
    rows.push({ helper, without, ticks });
  };
  const shell = await measure({ ...whole, ...boot, exec: '/bench/shell' });
  add(false, 'everything (a shell executes init)', shell.ticks);
  let mounts: string | undefined;
  for (const [index, part] of parts.entries()) {
    const board = await withoutPart(await preparedBoard(storage.boardFile, !part.helper), part, storage);
    const image = await bundleImage(base, board, `part-${index}`);
    const report = await measure({ ...image, ...boot, exec: '/sbin/overlay_init' });
    const table = mountTableText(report.mounts);
    mounts ??= table;
    // A script that is only read mounts nothing, /proc neither.
    if (table !== mounts && table !== '') throw new Error(`without ${part.what} other mounts are made`);
    add(part.helper, part.what, report.ticks);
  }
  return rows;
}

async function withoutPart(board: PreparedBoard, part: Part, storage: Storage): Promise<PreparedBoard> {
  const library = withBodies(await loadShellLibrary(), part.bodies);
  const origin = {
    boardFile: `${storage.boardFile}.yaml`,
    version: packageVersion(),
    planDigest: board.planDigest,
  };
  const { script } = renderOverlayInit(board.plan, library, origin);
  return { ...board, script: part.script?.(script) ?? script };
}
