/**
 * Instructions of the engine's bytecode that the helper's scripts have none of: what the language has beside what
 * src/helper is written in. The interpreter is one function, a sixth of the helper's code; what it would do for these is not linked,
 * nor what only they call.
 *
 * In: the text of quickjs.c. Out: the same, in which they are invalid: an exception for whoever reaches one all the same.
 */
import { type Exchange, exchangeAll } from './exchange.ts';

const left = [
  // eval, with, and variables that a script declares for others
  ...[
    'eval',
    'apply_eval',
    'with_get_var',
    'with_put_var',
    'with_delete_var',
    'with_make_ref',
    'with_get_ref',
  ],
  ...['make_arg_ref', 'make_var_ref_ref', 'make_var_ref', 'get_ref_value'],
  ...['check_var', 'get_var_undef', 'put_var', 'put_var_init', 'put_var_strict', 'delete_var'],
  ...['define_var', 'check_define_var', 'define_func'],
  // generators, and what waits
  ...['initial_yield', 'yield', 'yield_star', 'async_yield_star', 'await', 'return_async'],
  ...['for_await_of_start', 'for_await_of_next', 'iterator_check_object', 'iterator_get_value_done'],
  ...['iterator_next', 'iterator_call'],
  // private members, and super
  ...['private_symbol', 'check_brand', 'add_brand', 'private_in', 'get_super_value', 'put_super_value'],
  ...['get_private_field', 'put_private_field', 'define_private_field'],
  // for (name in object), name in object, delete, powers, numbers of any size, modules, regular expressions
  ...['for_in_start', 'for_in_next', 'in', 'delete', 'pow', 'push_bigint_i32', 'import', 'regexp'],
  ...['define_method_computed', 'define_class_computed', 'set_name_computed'],
] as const;

const lastRow = '        [ OP_COUNT ... 255 ] = &&case_default\n';

/** quickjs.c without them. */
export function leaveOutOpcodes(source: string): string {
  const rows = left.map((name) => `        [ OP_${name} ] = &&case_default,\n`).join('');
  const exchange: Exchange = [lastRow, rows + lastRow];
  return exchangeAll(source, [exchange], 'finds what an instruction does');
}

/**
 * Sees that a script has none of them.
 * @param dump what the engine's compiler says that it has made
 * @throws Error where one is there: whoever wrote that has to take it off the list
 */
export function expectOpcodes(dump: string): void {
  const missing = new Set<string>(left);
  for (const [, name = ''] of dump.matchAll(/^(?: *\d+: {2}| {8})(\w+)/gm)) {
    if (missing.has(name))
      throw new Error(`the helper's scripts have "${name}", which is left out of the engine`);
  }
}
