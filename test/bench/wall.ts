/**
 * How long people wait: a help text, `ovl check` and `ovl build` against a Node that does nothing. The commands take turns, so that
 * what else the machine does falls on all of them alike.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/system/package-root.ts';
import { buildDist } from '../../src/toolchain/dist.ts';
import { childrenMs } from './proc-stat.ts';

export interface WallRow {
  readonly command: string;
  /** Milliseconds of each round: on the clock, and of processors with all that it started. */
  readonly wallMs: readonly number[];
  readonly cpuMs: readonly number[];
}

export interface WallBenchOptions {
  /** An empty folder; the caller removes it. */
  readonly work: string;
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** Milliseconds that one command may take, and that all rounds may: after that the rounds so far count. */
const oneMs = 120_000;
const allMs = 300_000;

/** The first round, which fills the caches, does not count. */
export async function benchWall({ work, rounds, signal }: WallBenchOptions): Promise<readonly WallRow[]> {
  const ovl = await buildDist();
  const board = join(packageRoot(), 'board-configs', 'lab-jffs2.yaml');
  const commands: readonly (readonly [string, readonly string[]])[] = [
    ['node -e 0', ['-e', '0']],
    ['ovl status --help', [ovl, 'status', '--help']],
    ['ovl check BOARD', [ovl, 'check', board]],
    ['ovl build BOARD -o DIR', [ovl, 'build', board, '-o', join(work, 'out')]],
    ['ovl build --no-helper BOARD -o DIR', [ovl, 'build', '--no-helper', board, '-o', join(work, 'alone')]],
  ];
  for (const [name, args] of commands) timed(name, args, work);
  const rows = commands.map(([command]) => ({ command, wallMs: [] as number[], cpuMs: [] as number[] }));
  const end = Date.now() + allMs;
  for (let round = 0; round < rounds && Date.now() < end; round += 1) {
    for (const [index, [name, args]] of commands.entries()) {
      signal.throwIfAborted();
      const { wallMs, cpuMs } = timed(name, args, work);
      rows[index]?.wallMs.push(wallMs);
      rows[index]?.cpuMs.push(cpuMs);
    }
  }
  return rows;
}

/** Synchronous: nothing of ours runs meanwhile. */
function timed(
  name: string,
  args: readonly string[],
  cwd: string,
): { readonly wallMs: number; readonly cpuMs: number } {
  const [cpuBefore, before] = [childrenCpuMs(), process.hrtime.bigint()];
  const { status, error, stderr } = spawnSync(process.execPath, args, {
    cwd,
    timeout: oneMs,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const wallMs = Number(process.hrtime.bigint() - before) / 1e6;
  if (status !== 0) throw error ?? new Error(`"${name}" ended with ${status}:\n${stderr}`);
  return { wallMs, cpuMs: childrenCpuMs() - cpuBefore };
}

function childrenCpuMs(): number {
  return childrenMs(readFileSync('/proc/self/stat', 'latin1'));
}
