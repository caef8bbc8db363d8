/**
 * The state on the storage: one line in each of two slots (docs/decisions/0005). The helper reads and writes it, tests
 * judge it, the shell has its own reading of the same line in rootfs-scripts/state.sh.
 */

export const stateVersion = '1';

/** The highest number that a line can hold: nine digits, because mksh counts with 32 bits. */
export const maxNumber = 999_999_999;

/** Numbers of generations; undefined is "-" in the line. */
export interface State {
  readonly seq: number;
  readonly active: number;
  readonly previous: number | undefined;
  readonly trying: number | undefined;
  /** Boots since the last confirmation. */
  readonly attempts: number;
  /** The next free number. */
  readonly next: number;
  /** The generation that the last factory reset has made. */
  readonly reset: number | undefined;
}

export type SlotContent =
  | { readonly kind: 'state'; readonly state: State }
  | { readonly kind: 'damaged' }
  | { readonly kind: 'newer'; readonly version: string };

const order = ['seq', 'active', 'previous', 'trying', 'attempts', 'next', 'reset'] as const;

/** The line of a slot, with its line end. */
export function stateLine(state: State): string {
  const words = order.map((name) => `${name}=${state[name] === undefined ? '-' : String(state[name])}`);
  const body = `overlaykit-state ${stateVersion} ${words.join(' ')}`;
  return `${body} end=${body.length}.${checkNumber(order.map((name) => state[name]))}\n`;
}

/** Reads what a slot holds; any text is taken. */
export function parseSlot(text: string): SlotContent {
  const end = text.indexOf('\n');
  const line = end === -1 ? text : text.slice(0, end);
  const words = line.split(' ');
  if (words[0] !== 'overlaykit-state' || end === -1) return { kind: 'damaged' };
  const version = words[1] ?? '';
  if (version !== stateVersion) return isNumber(version) ? { kind: 'newer', version } : { kind: 'damaged' };
  const content = stateOf(words.slice(2, -1));
  // What reads as a state has to be written the same: that compares the check number, the length, and every blank.
  return content.kind === 'state' && stateLine(content.state) === `${line}\n` ? content : { kind: 'damaged' };
}

/**
 * The state that counts: the whole slot with the higher seq. A newer version in either slot beats everything, `damaged`
 * comes out only where no slot is whole, undefined where there is none.
 */
export function chooseSlot(a: SlotContent | undefined, b: SlotContent | undefined): SlotContent | undefined {
  if (a?.kind === 'state' && b?.kind === 'state') return a.state.seq >= b.state.seq ? a : b;
  if (a?.kind === 'newer' || b?.kind === 'newer') return a?.kind === 'newer' ? a : b;
  if (a?.kind === 'state') return a;
  if (b?.kind === 'state') return b;
  return a ?? b;
}

function stateOf(words: readonly string[]): SlotContent {
  const values: Record<string, number | undefined> = {};
  for (const [index, name] of order.entries()) {
    const word = words[index] ?? '';
    if (word.slice(0, name.length + 1) !== `${name}=`) return { kind: 'damaged' };
    const value = word.slice(name.length + 1);
    if (value !== '-' && !isNumber(value)) return { kind: 'damaged' };
    values[name] = value === '-' ? undefined : Number(value);
  }
  const { seq, active, previous, trying, attempts, next, reset } = values;
  if (words.length !== order.length) return { kind: 'damaged' };
  if (seq === undefined || active === undefined || attempts === undefined || next === undefined)
    return { kind: 'damaged' };
  return { kind: 'state', state: { seq, active, previous, trying, attempts, next, reset } };
}

/** Decimal digits, at most nine: mksh counts with 32 bits. */
function isNumber(text: string): boolean {
  if (text.length === 0 || text.length > 9) return false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character < '0' || character > '9') return false;
  }
  return true;
}

/**
 * The check number: a polynomial over the words' numbers, modulo 65521, "-" counting as 0 and a number as one more than
 * itself. A shell computes it with its own arithmetic, in 32 bits, without starting a program.
 */
export function checkNumber(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((sum, value) => (sum * 31 + (value === undefined ? 0 : value + 1)) % 65521, 0);
}
