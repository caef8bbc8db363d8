/** The steps of the boot as cards: preparation, a card for each rung, and entering; and what leads from one to another. */
import type { MountPlan, Rung } from '../../shared/plan.ts';
import type { Step } from '../../shared/step.ts';
import { printable } from '../quote.ts';
import { stepLabel } from '../words.ts';
import { box, element, path, text, textWithRemark } from './element.ts';
import { columnsIn } from './look.ts';
import type { Drawing } from './stack.ts';

/** A line of a card: of a step's own, or a further one of its options. */
interface Row {
  readonly number?: number;
  readonly text: string;
  /** Mount options, less important than what is mounted. */
  readonly options?: string;
}

interface Card {
  readonly look: string;
  readonly title: string;
  readonly remark: string;
  readonly rows: readonly Row[];
  /** Whether the boot goes from here into the merged root. */
  readonly enters: boolean;
}

const rowHeight = 19;
const headHeight = 36;
const gap = 30;

/** Room for the lines that go down, on the left where a step fails and on the right where all is well. */
const margin = 34;

export function drawBoot(plan: MountPlan, x: number, y: number, width: number): Drawing {
  const columns = columnsIn(width - 2 * margin - 60);
  const cards = cardsOf(plan, columns);
  const left = x + margin;
  const right = x + width - margin;
  const places = tops(cards, y);
  const bottom = (index: number): number => (places[index] ?? y) + heightOf(cards[index]);
  const last = cards.length - 1;
  const drawn = cards.map((card, index) => drawCard(card, left, places[index] ?? y, right - left));
  const arrows = cards.flatMap((card, index): string[] => {
    const place = places[index] ?? y;
    if (index === 0) return [path('read', [x + width / 2, bottom(0)], [x + width / 2, (places[1] ?? y) - 2])];
    const next = places[index + 1] ?? y;
    return [
      ...(index < last - 1 ? fall(left, place, bottom(index), next, cards[index]) : []),
      ...(card.enters
        ? [
            path(
              'write',
              [right, place + 18],
              [right + 20, place + 18],
              [right + 20, (places[last] ?? y) + 18],
              [right + 2, (places[last] ?? y) + 18],
            ),
          ]
        : []),
    ];
  });
  return { height: bottom(last) - y, svg: [...arrows, ...drawn] };
}

/** From a rung to the one below it. */
function fall(left: number, from: number, end: number, to: number, card: Card | undefined): string[] {
  const why = card?.enters
    ? 'a step fails: what the rung has mounted is taken away again, and the next one is tried'
    : 'init cannot be executed: the next one is tried';
  return [
    path('down', [left, from + 18], [left - 20, from + 18], [left - 20, to + 18], [left - 2, to + 18]),
    text(left + 4, (end + to) / 2 + 4, 'note', why),
  ];
}

function cardsOf(plan: MountPlan, columns: number): readonly Card[] {
  let number = 0;
  const rows = (steps: readonly Step[]): readonly Row[] =>
    steps.flatMap((step) => {
      number += 1;
      return stepRows(step, number, columns);
    });
  return [
    { look: 'card', title: 'prepare', remark: 'before the ladder', rows: rows(plan.prepare), enters: false },
    ...plan.ladder.map((rung) => ({
      look: lookOf(rung),
      title: rung.name,
      remark: rung.outcome,
      rows: rows(rung.steps),
      enters: rung.steps.some(({ kind }) => kind === 'verify'),
    })),
    {
      look: 'merged',
      title: 'enter',
      remark: enterWords(plan),
      rows: enterRows(plan, columns),
      enters: false,
    },
  ];
}

function lookOf({ name }: Rung): string {
  return (
    {
      persistent: 'kept',
      previous: 'kept',
      committed: 'volatile',
      tmpfs: 'volatile',
      'read-only': 'read-only',
      rescue: 'rescue',
    } as const
  )[name];
}

/** Options stand behind their mount where there is room, else below it. */
function stepRows(step: Step, number: number, columns: number): readonly Row[] {
  const options = step.kind === 'mount' ? printable(step.options.join(', ')) : '';
  const [first = '', ...more] = wrap(stepLabel(step), columns);
  if (more.length === 0 && first.length + 3 + options.length <= columns)
    return [{ number, text: first, options }];
  return [
    { number, text: first },
    ...more.map((line) => ({ text: line })),
    ...wrap(options, columns).map((line) => ({ text: '', options: line })),
  ];
}

function enterWords({ helper }: MountPlan): string {
  return `once a rung is verified; by ${helper ? "overlay_helper, or by the board's own applets" : "the board's own applets"}`;
}

function enterRows({ handOver }: MountPlan, columns: number): readonly Row[] {
  const { carried, newRoot, oldRoot, how, init } = handOver;
  const way = how === 'pivot' ? `pivot_root: ${newRoot} becomes /` : `chroot into ${newRoot}`;
  return [
    `move ${carried.join(' ')} into ${newRoot}`,
    `${way}, the old root is at ${oldRoot}`,
    `execute ${init}`,
  ]
    .flatMap((line) => wrap(printable(line), columns))
    .map((line) => ({ text: line }));
}

function drawCard({ look, title, remark, rows }: Card, x: number, y: number, width: number): string {
  const lines = rows.flatMap((row, index) => {
    const baseline = y + headHeight + 14 + index * rowHeight;
    const line = textWithRemark(x + 48, baseline, row.text, row.options ?? '');
    if (row.number === undefined) return [line];
    return [
      element('circle', { cx: x + 28, cy: baseline - 4, r: 9, class: 'dot' }),
      text(x + 28, baseline, 'number', String(row.number)),
      line,
    ];
  });
  const head = [text(x + 16, y + 24, 'head', title), text(x + 130, y + 24, 'note', remark)];
  return element('g', {}, box(x, y, width, heightOf({ rows }), look), ...head, ...lines);
}

function heightOf(card: Pick<Card, 'rows'> | undefined): number {
  const rows = card?.rows.length ?? 0;
  return headHeight + (rows === 0 ? 2 : rows * rowHeight + 8);
}

function tops(cards: readonly Card[], y: number): readonly number[] {
  let at = y;
  return cards.map((card) => {
    const top = at;
    at += heightOf(card) + gap;
    return top;
  });
}

/** Breaks at blanks, and a word that is longer than a line anywhere. No lines for an empty text. */
export function wrap(line: string, columns: number): readonly string[] {
  const pieces = line.match(new RegExp(`\\S{1,${columns}}`, 'g')) ?? [];
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + piece.length <= columns)
      lines[lines.length - 1] = `${last} ${piece}`;
    else lines.push(piece);
  }
  return lines;
}
