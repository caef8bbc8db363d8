/**
 * The engine says in an error's trace which function it was in, and the line only where the bytecode has a table of lines:
 * that is half as large again as the bytecode. So the copy of quickjs.c that is compiled says the offset in the function's
 * bytecode instead, and the table stays with the build (places.ts).
 *
 * In: the text of quickjs.c, whose version is pinned by digest. Out: the same, with "+OFFSET" behind a name.
 */

const before = 'b = p->u.func.function_bytecode;\n            if (b->has_debug) {\n';
const offset = 'dbuf_printf(&dbuf, "+%d", (int)(sf->cur_pc - b->byte_code_buf - 1));';

/** quickjs.c with them. */
export function withOffsets(source: string): string {
  const at = source.indexOf(before);
  if (at < 0 || source.includes(before, at + 1)) throw new Error('the script engine makes traces otherwise');
  const end = at + before.indexOf('\n') + 1;
  return `${source.slice(0, end)}            ${offset}\n${source.slice(end)}`;
}
