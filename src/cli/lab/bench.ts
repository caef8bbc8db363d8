/** `ovl bench --lab`: a board file, booted in a virtual board, and its union measured there. */
import { type BenchWish, benchDeadline, benchWords, readBench } from '../../device/helper/bench.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { bootBoard, type Machine } from '../../lab/index.ts';
import type { BenchReport } from '../../shared/bench-report.ts';
import { boardPaths } from '../../shared/helper-protocol.ts';
import { verbExit } from '../../shared/verb-exit.ts';
import { prepareBoard } from '../../toolchain/prepare-board.ts';
import { orThrow } from '../board-file.ts';
import type { Context } from '../command.ts';
import { withRootImage } from './root-image.ts';

export interface LabBench {
  readonly report: BenchReport;
  readonly diagnostics: readonly Diagnostic[];
}

/** Longest time in milliseconds until init has started; an emulated board on a busy machine needs most of it. */
const bootMs = 120_000;

/** Exit codes of a helper that has measured nothing, because it must not or cannot now. */
const refusals: readonly number[] = [verbExit.refused, verbExit.busy];

/** @throws Failure OVL1xx to OVL4xx for the board file and the lab, OVL620 to OVL624 for what the helper says */
export async function benchInLab(
  file: string,
  machine: Machine,
  wish: BenchWish,
  context: Context,
): Promise<LabBench> {
  const { value: prepared, diagnostics } = orThrow(await prepareBoard(file, { withoutHelper: false }));
  const { name } = prepared.checked.board;
  if (!prepared.plan.helper) throw failed('OVL620', name, 'the board file says helper: { enabled: false }');
  return withRootImage(prepared, machine, undefined, context, async (rootImage) => {
    const { signal } = context;
    const lifetimeMs = bootMs + benchDeadline(wish);
    const boot = await bootBoard({
      ...{ board: prepared.checked.board, rootImage, machine, lifetimeMs, signal },
      onProgress: context.say,
    });
    try {
      await boot.run('true', { timeoutMs: bootMs, signal });
      context.say(`‣ ${name} has booted; measuring`);
      const line = [boardPaths.helper, ...benchWords(wish)].join(' ');
      const { exitCode, output } = await boot.run(line, { timeoutMs: benchDeadline(wish), signal });
      if (exitCode !== verbExit.done)
        throw failed(refusals.includes(exitCode) ? 'OVL622' : 'OVL623', name, output.trim().slice(-1000));
      const report = output.split('\n').find((one) => one.startsWith('{')) ?? '';
      return { report: readBench(report, name), diagnostics };
    } finally {
      await boot.cut();
    }
  });
}

function failed(code: 'OVL620' | 'OVL622' | 'OVL623', name: string, because: string): Failure {
  const [message, fix] = {
    OVL620: [`${name} has no ${boardPaths.helper}`, 'let the board file have a helper'],
    OVL622: [`${name} refuses "bench"`, 'ovl bench --help'],
    OVL623: [`"bench" failed on ${name}`, 'ovl lab BOARD --shell'],
  }[code] as [string, string];
  return new Failure({ code, severity: 'error', message, because, fix, boardState: 'unchanged' });
}
