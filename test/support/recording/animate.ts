/**
 * A recording as one SVG document that plays by itself, again and again. Text stays text. Where nothing may move, and where
 * nothing can play it, it shows the last screen.
 */
import { element, escapeXml } from '../../../src/render/svg/element.ts';
import type { Piece, Recording } from './screen.ts';

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly title: string;
  /** Seconds that the last screen stands before it starts again. */
  readonly rest: number;
}

const [cellWidth, cellHeight, edge, bar] = [8.43, 17, 18, 34];

export function animate(recording: Recording, screen: Screen): string {
  const end = Math.max(0, ...recording.flatMap((line) => line.map(({ at }) => at)));
  const clock = new Clock(end + screen.rest);
  const width = Math.ceil(screen.columns * cellWidth) + 2 * edge;
  const height = screen.rows * cellHeight + bar + edge;
  const lines = recording.flatMap((versions, row) =>
    versions.flatMap(({ at, pieces }, index) => {
      const until = versions[index + 1]?.at;
      return pieces.length === 0 ? [] : [drawLine(pieces, row, clock.shown(at, until))];
    }),
  );
  const scroll = clock.scrolled(recording, screen.rows);
  const inner = { x: 0, y: bar, width, height: screen.rows * cellHeight };
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
  };
  return `${[
    `<svg${Object.entries(attributes)
      .map(([key, value]) => ` ${key}="${value}"`)
      .join('')}>`,
    element('title', {}, escapeXml(screen.title)),
    element('style', {}, `${look}${clock.style}`),
    element('rect', { width, height, rx: 10, class: 'page' }),
    ...[0, 1, 2].map((index) => element('circle', { cx: 22 + index * 20, cy: 17, r: 6, class: 'button' })),
    element('clipPath', { id: 'screen' }, element('rect', inner)),
    '<g clip-path="url(#screen)">',
    `<g class="${scroll}" xml:space="preserve">`,
    ...lines,
    '</g></g></svg>',
  ].join('\n')}\n`;
}

function drawLine(pieces: readonly Piece[], row: number, when: string): string {
  const length = pieces.reduce((sum, { text }) => sum + [...text].length, 0);
  const attributes = {
    x: edge,
    y: bar + row * cellHeight + 13,
    ...(when === '' ? {} : { class: when }),
    // Columns stand below each other whatever the font is.
    textLength: Math.round(length * cellWidth * 10) / 10,
  };
  const content = pieces.map(({ text, bold }) =>
    bold ? element('tspan', { class: 'bold' }, escapeXml(text)) : escapeXml(text),
  );
  return element('text', attributes, ...content);
}

const look = `
.page{fill:#0f172a}.button{fill:#334155}
text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:14px;fill:#e2e8f0;white-space:pre}
.bold{font-weight:700;fill:#fff}
.gone{visibility:hidden}
`;

/** Collects the animations: a class for every span of time in which something is to be seen. */
class Clock {
  readonly #length: number;
  readonly #classes = new Map<string, string>();
  #still = '';

  /** @param length seconds until it starts again */
  constructor(length: number) {
    this.#length = length;
  }

  get style(): string {
    const animations = [...this.#classes].map(
      ([frames, name]) =>
        `@keyframes ${name}{${frames}}.${name}{animation:${name} ${this.#length.toFixed(2)}s step-end infinite}`,
    );
    return `${this.#still}@media (prefers-reduced-motion:no-preference){\n${animations.join('\n')}\n}\n`;
  }

  /** Classes of what is to be seen from a time on, and until another where there is one. */
  shown(from: number, until: number | undefined): string {
    const start = from <= 0 ? '' : `0%{visibility:hidden}`;
    if (until === undefined)
      return start === '' ? '' : this.#name(`${start}${this.#at(from)}{visibility:visible}`);
    return `gone ${this.#name(`${start}${this.#at(from)}{visibility:visible}${this.#at(until)}{visibility:hidden}`)}`;
  }

  /** The class of the whole text: it moves up when a line does not fit any more, and stands at its end without a clock. */
  scrolled(recording: Recording, rows: number): string {
    const up = (line: number): string =>
      `{transform:translateY(${-Math.max(0, line + 1 - rows) * cellHeight}px)}`;
    const frames = recording.flatMap((versions, line) => {
      const first = versions[0]?.at;
      return first === undefined || line < rows ? [] : [`${this.#at(first)}${up(line)}`];
    });
    const name = this.#name(`0%${up(0)}${frames.join('')}`);
    this.#still = `.end${up(recording.length - 1)}\n`;
    return `end ${name}`;
  }

  #at(seconds: number): string {
    return `${((100 * Math.max(0, seconds)) / this.#length).toFixed(2)}%`;
  }

  #name(frames: string): string {
    const known = this.#classes.get(frames);
    if (known !== undefined) return known;
    const name = `a${this.#classes.size}`;
    this.#classes.set(frames, name);
    return name;
  }
}
