/**
 * Text in text: the engine has two ways, and indexOf gets the one that looks for the first character first, as split has it. The mount
 * table is searched for each path that a boot asks for.
 *
 * In: the text of quickjs.c, whose version is pinned by digest. Out: the same with that place exchanged.
 */
import { type Exchange, exchangeAll } from './exchange.ts';

const loop = `    if (len >= v_len && inc * (stop - start) >= 0) {
        for (i = start;; i += inc) {
`;
const exchange: Exchange = [
  loop,
  `    if (inc > 0) {
        ret = string_indexof(p, p1, start);
    } else ${loop.trimStart()}`,
];

/** quickjs.c with it. */
export function withSearch(source: string): string {
  return exchangeAll(source, [exchange], 'searches');
}
