/** The picture at the end of the demo as an SVG document: layers from top to bottom, time from left to right. Pure. */
import { box, element, path, picture, text } from '../../render/svg/element.ts';
import { style } from '../../render/svg/look.ts';
import type { Moment, Story } from './story.ts';

const edge = 28;
const labels = 190;
const column = 150;
const slabHeight = 62;
const gap = 20;
const slabs = ['merged', 'storage', 'base'] as const;
const storyHeight = 74 + slabs.length * (slabHeight + gap) - gap;
const between = 40;

/** All stories, one below the other. */
export function storiesSvg(stories: readonly Story[]): string {
  const columns = Math.max(...stories.map(({ moments }) => moments.length));
  const width = 2 * edge + labels + columns * column;
  const height = 2 * edge + stories.length * (storyHeight + between) - between;
  return picture(
    width,
    height,
    'What each layer had in a file, at each moment of the demo',
    style,
    element('rect', { x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 12, class: 'page' }),
    ...stories.flatMap((story, index) => drawStory(story, edge + index * (storyHeight + between))),
  );
}

function drawStory({ board, file, layers, moments }: Story, y: number): readonly string[] {
  const top = (index: number): number => y + 74 + index * (slabHeight + gap);
  const width = labels + moments.length * column;
  const places = { merged: '/', storage: '/overlay', base: '/rom' } as const;
  const looks = {
    merged: 'merged',
    storage: layers.storage.startsWith('tmpfs') ? 'volatile' : 'kept',
    base: 'read-only',
  } as const;
  return [
    text(edge, y + 18, 'title', `${file} on ${board}`),
    ...moments.map(({ title }, index) => text(centre(index), y + 58, 'head middle', title)),
    ...slabs.flatMap((slab, index) => [
      box(edge, top(index), width, slabHeight, looks[slab]),
      text(edge + 16, top(index) + 26, 'path', places[slab]),
      text(edge + 16, top(index) + 47, 'note', layers[slab]),
    ]),
    ...moments.flatMap((moment, index) => drawMoment(moment, centre(index), top)),
  ];
}

function centre(index: number): number {
  return edge + labels + index * column + column / 2;
}

/** What each layer had, and an arrow from where the merged root took it. */
function drawMoment(moment: Moment, x: number, top: (index: number) => number): readonly string[] {
  const source = moment.storage === undefined ? 2 : 1;
  return [
    path('write', [x, top(source) + 18], [x, top(0) + slabHeight - 16]),
    ...slabs.flatMap((slab, index) =>
      moment[slab] === undefined ? [] : [text(x, top(index) + 36, 'path middle', moment[slab])],
    ),
  ];
}
