/** Two bases, and uppers that were made on the first one, for the storage that exists in memory. */
import type { Tree } from './model-tree.ts';

export const [v1, v2] = ['1'.repeat(32), '2'.repeat(32)];
export const line = (identity: string): string => `overlaykit-base 1 ${identity}\n`;
export const status = { board: 'b', plan: 'p', rung: 'persistent', generation: '1', reset: '', reasons: [] };
export const planOf = (system: string) => ({
  ladder: [
    { steps: [{ kind: 'check-base', policy: 'review', system, lowerdirs: ['/'], safe: true, keep: [] }] },
  ],
});
export const whiteout = { mode: 0o020000, rdev: 0 };
const meta = 'META_dAfFgHE39ktF3HD2sr';

export const firstBase: Tree = {
  etc: { edited: '1', same: '1', deleted: '1', orphan: '1', gone: { a: '1', b: '1' } },
  meta: '1',
  lost: { x: '1' },
  dir: { old: '1' },
};
export const secondBase: Tree = {
  etc: { edited: '2', same: '1', deleted: '2', created: '2' },
  meta: '2',
  dir: { old: '1', fresh: '2' },
};

const origin = { 'trusted.overlay.origin': 'handle' };
const opaque = { 'trusted.overlay.opaque': 'y' };
export const overlay: Tree = {
  etc: {
    mode: 0o040755,
    attributes: origin,
    entries: {
      edited: { mode: 0o100644, attributes: origin, content: 'mine' },
      same: 'mine',
      deleted: whiteout,
      orphan: whiteout,
      created: 'mine',
      gone: { a: whiteout, b: whiteout, mine: 'mine' },
    },
  },
  meta: { mode: 0o100600, attributes: { 'trusted.overlay.metacopy': '', ...origin }, content: '\0' },
  found: {
    mode: 0o040755,
    attributes: { 'trusted.overlay.redirect': '/lost' },
    entries: { mine: 'mine', x: whiteout },
  },
  lost: whiteout,
  dir: { mode: 0o040755, attributes: opaque, entries: { mine: 'mine' } },
};
/** The same changes as mini_fo notes them. */
const miniFo: Tree = {
  [meta]: 'R /lost found\nD lost\nD dir\n',
  etc: {
    [meta]: 'D deleted\nD orphan\n',
    edited: 'mine',
    same: 'mine',
    created: 'mine',
    gone: { [meta]: 'D a\nD b\n', mine: 'mine' },
  },
  found: { mine: 'mine' },
  dir: { mine: 'mine' },
};

/** What is there once the upper is brought over. */
const cleanedOverlay: Tree = {
  etc: {
    edited: 'mine',
    same: 'mine',
    deleted: whiteout,
    created: 'mine',
    gone: { mine: 'mine' },
  },
  found: { mode: 0o040755, attributes: opaque, entries: { mine: 'mine' } },
  dir: { mode: 0o040755, attributes: opaque, entries: { mine: 'mine' } },
};
const cleanedMiniFo: Tree = {
  [meta]: 'D dir\n',
  etc: { [meta]: 'D deleted\n', edited: 'mine', same: 'mine', created: 'mine', gone: { mine: 'mine' } },
  found: { mine: 'mine' },
  dir: { mine: 'mine' },
};

export const systems = {
  overlay: {
    upper: overlay,
    cleaned: cleanedOverlay,
    done: [
      'detached /found',
      'orphan /etc/gone/a',
      'orphan /etc/gone/b',
      'orphan /etc/orphan',
      'orphan /found/x',
      'orphan /lost',
      'set-aside /meta',
    ],
  },
  mini_fo: {
    upper: miniFo,
    cleaned: cleanedMiniFo,
    done: [
      'detached /found',
      'orphan /etc/gone/a',
      'orphan /etc/gone/b',
      'orphan /etc/orphan',
      'orphan /lost',
    ],
  },
};
export const waiting = ['changed /etc/edited', 'deleted /etc/deleted', 'new /etc/created', 'opaque /dir'];

export type System = keyof typeof systems;
