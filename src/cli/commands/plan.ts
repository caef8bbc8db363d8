/** `ovl plan`: what the board will do at boot: in words, as JSON, as a diagram, and as the mount table that comes of it. */
import { type SimulatedMount, simulate } from '../../plan/simulate.ts';
import { planSvg } from '../../render/svg.ts';
import { planWords } from '../../render/words.ts';
import type { MountPlan } from '../../shared/plan.ts';
import { prepareBoard } from '../../toolchain/prepare-board.ts';
import { boardArgument, orThrow } from '../board-file.ts';
import type { CommandBody } from '../command.ts';
import { usageFailure } from '../usage.ts';

export const plan: CommandBody = {
  examples: [
    { line: 'ovl plan my.yaml', what: 'the steps of the boot and of each fallback, in words' },
    { line: 'ovl plan --table my.yaml', what: 'the mounts that init will find, for each rung of the ladder' },
    {
      line: 'ovl plan --svg my.yaml > plan.svg',
      what: 'a diagram of the layers, the steps and the fallbacks',
    },
    { line: 'ovl plan --json my.yaml', what: 'both, for programs' },
  ],
  arguments: [boardArgument],
  options: [
    { flags: '--table', what: 'print the mount table that each rung comes to' },
    { flags: '--svg', what: 'print a diagram' },
  ],
  exits: ['invalid', 'host'],
  run: async ({ words, flag }) => {
    if (flag('svg') && flag('table')) {
      throw usageFailure('OVL005', '--svg and --table are two forms of one answer', 'one of the two');
    }
    const { value, diagnostics } = orThrow(await prepareBoard(words[0] ?? ''));
    const tables = tablesOf(value.plan);
    const digest = value.planDigest;
    const body = flag('table') ? tables.map(tableText).join('\n') : planWords(value.plan);
    const head = `${value.plan.board.name}, plan ${digest.slice(0, 12)}\n\n`;
    return {
      text: flag('svg') ? planSvg(value.plan) : `${head}${body}`,
      data: {
        digest,
        plan: value.plan,
        tables: Object.fromEntries(tables.map((one) => [one.rung, one.mounts])),
      },
      diagnostics,
    };
  },
};

interface Table {
  readonly rung: string;
  readonly mounts: readonly SimulatedMount[];
}

/** One table for each rung that ends with a running board; the rescue shell has no mounts of its own. */
function tablesOf(mountPlan: MountPlan): readonly Table[] {
  return mountPlan.ladder
    .filter((rung) => rung.name !== 'rescue')
    .map((rung) => ({ rung: rung.name, mounts: simulate(mountPlan, rung.name) }));
}

function tableText({ rung, mounts }: Table): string {
  const rows = mounts.map(({ target, fstype, source, options }) => [
    target,
    fstype,
    source ?? '-',
    options.join(',') || '-',
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `rung ${rung}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
