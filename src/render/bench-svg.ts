/** Costs of a union as a chart: a bar for each ratio on a logarithmic scale, with its range, and what others have published. */
import { printable } from './quote.ts';
import { box, element, path, picture, text } from './svg/element.ts';
import { columnsIn, cut, style } from './svg/look.ts';

export interface CostBar {
  readonly name: string;
  /** Of the union's time to the time without it. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** What stands behind the bar: the times. */
  readonly remark: string;
  readonly noise: boolean;
}

export interface CostChart {
  readonly title: string;
  readonly note: string;
  readonly bars: readonly CostBar[];
  readonly remarks: readonly string[];
}

const width = 960;
const edge = 28;
const rowHeight = 30;
/** Where bars begin and end; names are left of them, times right. */
const left = 310;
const right = 700;
const top = 128;

/** An SVG document. Pure: the same figures give the same bytes. */
export function costSvg({ title, note, bars, remarks }: CostChart): string {
  const scale = scaleOf(bars);
  const bottom = top + bars.length * rowHeight;
  const height = bottom + 44 + remarks.length * 20 + edge;
  return picture(
    width,
    height,
    printable(title),
    style,
    element('rect', { x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 12, class: 'page' }),
    text(edge, 46, 'title', printable(cut(title, 70))),
    text(edge, 70, 'note', printable(cut(note, 130))),
    text(edge, 98, 'note', 'how many times as long through the union; the line is the range of the ratio'),
    ...scale.marks.flatMap((mark) => drawMark(mark, scale.at(mark), bottom)),
    ...bars.flatMap((bar, index) => drawBar(bar, top + index * rowHeight, scale.at)),
    ...remarks.map((one, index) => text(edge, bottom + 44 + index * 20, 'note', printable(cut(one, 140)))),
  );
}

interface Scale {
  readonly at: (ratio: number) => number;
  readonly marks: readonly number[];
}

/** As far as the ranges go, and half and double at the least; every power of two on it while they are few. */
function scaleOf(bars: readonly CostBar[]): Scale {
  const finite = bars.flatMap(({ low, high }) => [low, high]).filter((value) => value > 0);
  const from = Math.floor(Math.log2(Math.min(0.5, ...finite)));
  const to = Math.ceil(Math.log2(Math.max(2, ...finite)));
  const step = Math.ceil((to - from) / 10);
  const marks = Array.from({ length: to - from + 1 }, (_, index) => from + index).filter(
    (power) => power % step === 0,
  );
  return {
    at: (ratio) => left + ((Math.log2(Math.max(ratio, 2 ** from)) - from) / (to - from)) * (right - left),
    marks: marks.map((power) => 2 ** power),
  };
}

function drawMark(mark: number, x: number, bottom: number): readonly string[] {
  const label = mark < 1 ? `1/${1 / mark}` : String(mark);
  return [
    element('path', {
      d: `M${Math.round(x)} ${top - 8}L${Math.round(x)} ${bottom}`,
      stroke: mark === 1 ? '#475569' : '#e2e8f0',
    }),
    text(Math.round(x), bottom + 18, 'number', label),
  ];
}

function drawBar(bar: CostBar, y: number, at: Scale['at']): readonly string[] {
  const [none, end] = [at(1), at(bar.ratio)];
  const look = bar.noise ? 'read-only' : bar.ratio > 1 ? 'volatile' : 'kept';
  const middle = y + rowHeight / 2 - 2;
  return [
    text(left - 12, y + 17, 'end', printable(cut(bar.name, columnsIn(left - edge)))),
    box(Math.min(none, end), y + 4, Math.max(Math.abs(end - none), 2), rowHeight - 12, look),
    path('read stem', [at(bar.low), middle], [at(bar.high), middle]),
    text(
      right + 16,
      y + 17,
      'mono',
      printable(`${bar.ratio.toFixed(2)}  ${bar.noise ? 'noise' : bar.remark}`),
    ),
  ];
}
