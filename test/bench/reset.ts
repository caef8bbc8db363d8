/**
 * How long a factory reset takes until it is durable, and whether that depends on how much it forgets: overlay_init's own
 * functions on a real ext4 in a file, on this machine's kernel.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { usedFunctions } from '../../src/render/library.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { loadShellLibrary } from '../../src/system/shell-library.ts';
import { requireTool } from '../../src/system/tools.ts';

export interface ResetRow {
  /** Files in the upper that is forgotten. */
  readonly files: number;
  /** Until the new state is durable and the request is taken back; a boot waits for this. */
  readonly durableUs: readonly number[];
  /** Deleting, which happens in the background. */
  readonly sweepUs: readonly number[];
  /** Sectors of 512 bytes that reached the storage until then: what no other load of the machine changes. */
  readonly durableSectors: readonly number[];
  readonly sweepSectors: readonly number[];
}

export interface ResetBenchOptions {
  /** An empty folder; the caller removes it. */
  readonly work: string;
  readonly rounds: number;
  readonly signal: AbortSignal;
}

const counts = [0, 100, 10_000] as const;

/**
 * Measures a reset of no, some and many files.
 * @throws ExecaError where a reset did not do what it should
 */
export async function benchReset({ work, rounds, signal }: ResetBenchOptions): Promise<readonly ResetRow[]> {
  const folder = join(work, 'reset');
  await mkdir(folder);
  const script = join(folder, 'functions.sh');
  await writeFile(script, await functions(folder));
  const program = join(packageRoot(), 'test/bench/reset.sh');
  const rows: ResetRow[] = [];
  for (const files of counts) {
    const words = [program, String(files), String(rounds), join(folder, 'sh'), script, folder];
    await writeFile(join(folder, 'sh'), `#!/bin/sh\nexec ${requireTool('busybox')} sh "$@"\n`, {
      mode: 0o755,
    });
    const { stdout } = await execa(
      requireTool('unshare'),
      ['--mount', '--propagation', 'private', requireTool('bash'), ...words],
      { cancelSignal: signal, stdin: 'ignore' },
    );
    const lines = stdout.split('\n').map((line) => line.split(' ').map(Number));
    rows.push({
      files,
      durableUs: lines.map(([durable = Number.NaN]) => durable),
      sweepUs: lines.map(([, sweep = Number.NaN]) => sweep),
      durableSectors: lines.map(([, , sectors = Number.NaN]) => sectors),
      sweepSectors: lines.map(([, , , sectors = Number.NaN]) => sectors),
    });
  }
  return rows;
}

/** A board has one storage; this machine has others, and what waits to be written to them is not the reset's. */
const syncOne = `sync() {\n  /bin/sync -f "$ovl_storage"\n}`;

/** What overlay_init calls, as it is inlined there; `say` speaks to nobody. */
async function functions(folder: string): Promise<string> {
  const library = await loadShellLibrary();
  const calls = [
    `ovl_storage=${folder}/overlay ovl_run=${folder}/run ovl_late='done'`,
    'case $1 in',
    '  reset) choose_generation 3 "$ovl_storage/overlaykit/reset" yes ;;',
    '  sweep) read_state && ovl_first_free=$ovl_next && sweep ;;',
    'esac',
  ].join('\n');
  const used = usedFunctions(library, calls).map(({ text }) => text);
  return [library.state, ...used, 'say() {\n  :\n}', syncOne, calls, ''].join('\n');
}
