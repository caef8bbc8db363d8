/** A plan as a diagram: the layers of the merged root, the mounts that init finds, and the boot with its fallbacks. */
import { simulate } from '../plan/simulate.ts';
import type { MountPlan, Rung } from '../shared/plan.ts';
import { printable } from './quote.ts';
import { element, picture, text } from './svg/element.ts';
import { drawBoot, wrap } from './svg/ladder.ts';
import { columnsIn, style } from './svg/look.ts';
import { type Drawing, drawStack } from './svg/stack.ts';

const width = 960;
const edge = 28;
const inner = width - 2 * edge;
const stackWidth = 540;

/** An SVG document. Pure: the same plan gives the same bytes. It refers to nothing outside itself. */
export function planSvg(plan: MountPlan): string {
  const best = plan.ladder.find((rung) => rung.steps.some(({ kind }) => kind === 'verify'));
  const top = 120;
  const above = best === undefined ? { height: 0, svg: [] } : drawMerged(plan, best, top);
  const bootTop = top + above.height + (best === undefined ? 0 : 60);
  const boot = drawBoot(plan, edge, bootTop, inner);
  const height = bootTop + boot.height + edge;
  const name = printable(plan.board.name);
  return picture(
    width,
    height,
    `Mount plan of the board ${name}`,
    style,
    element('rect', { x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 12, class: 'page' }),
    text(edge, 46, 'title', name),
    text(
      edge,
      70,
      'note',
      `${plan.root.fstype} root; ladder: ${plan.ladder.map((rung) => rung.name).join(' → ')}`,
    ),
    ...above.svg,
    text(edge, bootTop - 14, 'head', 'What happens at boot'),
    ...boot.svg,
  );
}

function drawMerged(plan: MountPlan, rung: Rung, top: number): Drawing {
  const stack = drawStack(plan, rung, edge, top, stackWidth);
  const mounts = drawMounts(plan, rung, edge + stackWidth + 40, top, inner - stackWidth - 40);
  const heading = `Where a file comes from, on the rung ${rung.name}`;
  return {
    height: Math.max(stack.height, mounts.height),
    svg: [text(edge, top - 14, 'head', heading), ...stack.svg, ...mounts.svg],
  };
}

/** The mount table of a rung: where, and what. */
function drawMounts(plan: MountPlan, rung: Rung, x: number, y: number, room: number): Drawing {
  const rows = simulate(plan, rung.name).flatMap(({ target, fstype }) =>
    wrap(printable(target), columnsIn(room - 100)).map((line, index) => ({
      line,
      fstype: index === 0 ? fstype : '',
    })),
  );
  const lines = rows.flatMap(({ line, fstype }, index) => [
    text(x, y + 14 + index * 22, 'mono', line),
    text(x + room, y + 14 + index * 22, 'dim end', fstype),
  ]);
  return { height: rows.length * 22, svg: [text(x, y - 14, 'head', 'Mounts that init finds'), ...lines] };
}
