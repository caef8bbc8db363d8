/** The layers of the merged root, from what programs see down to what never changes, and which of them reads and writes meet. */
import { boardPaths } from '../../shared/helper-protocol.ts';
import type { MountPlan, Rung } from '../../shared/plan.ts';
import type { FindStorageStep, MountStep } from '../../shared/step.ts';
import { printable } from '../quote.ts';
import { addressWords, expectations } from '../words.ts';
import { box, path, text } from './element.ts';
import { cut } from './look.ts';

export interface Drawing {
  readonly height: number;
  readonly svg: readonly string[];
}

interface Slab {
  readonly look: string;
  readonly place: string;
  readonly fstype: string;
  readonly what: string;
}

const slabHeight = 62;
const gap = 20;

/** Room for the arrows. */
const gutter = 96;

/** Draws a rung that has a union, with its left upper corner at x, y. */
export function drawStack(plan: MountPlan, rung: Rung, x: number, y: number, width: number): Drawing {
  const slabs = slabsOf(plan, rung);
  const left = x + gutter;
  const top = (index: number): number => y + index * (slabHeight + gap);
  const middle = (index: number): number => top(index) + slabHeight / 2;
  const drawn = slabs.flatMap(({ look, place, fstype, what }, index) => [
    box(left, top(index), width - gutter, slabHeight, look),
    text(left + 16, top(index) + 26, 'path', cut(place, 40)),
    text(left + width - gutter - 16, top(index) + 26, 'mono end', fstype),
    text(left + 16, top(index) + 47, 'note', cut(what, 66)),
  ]);
  const [reads, writes] = [left - 72, left - 28];
  const below = slabs.slice(1).map((_, index) => index + 1);
  const arrows = [
    path('read stem', [left, middle(0) - 10], [reads, middle(0) - 10], [reads, middle(slabs.length - 1)]),
    ...below.map((index) => path('read', [reads, middle(index)], [left - 2, middle(index)])),
    path(
      'write',
      [left, middle(0) + 10],
      [writes, middle(0) + 10],
      [writes, top(1) + 14],
      [left - 2, top(1) + 14],
    ),
    text(reads, top(1) - 6, 'label', 'reads'),
    text(writes, top(1) - 6, 'label', 'writes'),
  ];
  return { height: slabs.length * (slabHeight + gap) - gap, svg: [...arrows, ...drawn] };
}

function slabsOf(plan: MountPlan, rung: Rung): readonly Slab[] {
  const mounts = rung.steps.filter((step) => step.kind === 'mount');
  const { newRoot, oldRoot } = plan.handOver;
  const storage = mounts.find(({ target }) => target === boardPaths.storage);
  const union = mounts.find(({ target }) => target === newRoot);
  const layers = mounts.filter((mount) => mount !== storage && mount !== union);
  return [
    {
      look: 'merged',
      place: '/',
      fstype: union?.fstype ?? '',
      what: 'the merged root: what every program of the board sees',
    },
    {
      look: storage?.fstype === 'tmpfs' ? 'volatile' : 'kept',
      place: printable(writablePlace(union)),
      fstype: storage?.fstype ?? '',
      what: `the writable layer, on ${storageWords(rung, storage)}`,
    },
    ...layers.map(({ target, fstype }) => ({
      look: 'read-only',
      place: printable(target),
      fstype,
      what: 'a further read-only layer',
    })),
    {
      look: 'read-only',
      place: oldRoot,
      fstype: plan.root.fstype,
      what: 'the read-only root: never changes',
    },
  ];
}

/** Every union system says in an option of its own where it writes. */
function writablePlace(union: MountStep | undefined): string {
  const option = union?.options.find((one) => /^(upperdir|sto)=/.test(one));
  return option?.slice(option.indexOf('=') + 1) ?? boardPaths.storage;
}

function storageWords({ steps }: Rung, storage: MountStep | undefined): string {
  const find = steps.find((step): step is FindStorageStep => step.kind === 'find-storage');
  if (find !== undefined) return printable(`${addressWords(find.address)}${expectations(find)}`);
  const limit = storage?.options.find((option) => option.startsWith('size='));
  return limit === undefined ? 'memory' : `memory, at most ${limit.slice('size='.length)}`;
}
