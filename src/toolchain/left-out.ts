/**
 * Parts of the engine that its core refers to and that the helper's scripts cannot reach: modules, big integers, generators'
 * and typed arrays' way through bytecode. The linker has to keep what is referred to, so the functions in between are emptied
 * in the copy that is compiled: a tenth of the helper's flash. Whoever reaches one of them all the same gets an exception.
 *
 * In: the text of quickjs.c. Out: the same with those functions' bodies exchanged. The engine's version is pinned by digest,
 * so a function that is not found is a mistake of ours.
 */

/** What each function answers instead. */
const answers = {
  js_dynamic_import: 'JS_EXCEPTION',
  js_import_meta: 'JS_EXCEPTION',
  js_module_ns_autoinit: 'JS_EXCEPTION',
  js_create_module_function: '-1',
  js_resolve_export1: 'JS_RESOLVE_RES_EXCEPTION',
  get_exported_names: '-1',
  js_free_module_def: '',
  js_mark_module_def: '',
  js_generator_function_call: 'JS_EXCEPTION',
  JS_EvalObject: 'JS_EXCEPTION',
  JS_ReadModule: 'JS_EXCEPTION',
  JS_ReadTypedArray: 'JS_EXCEPTION',
  JS_ReadArrayBuffer: 'JS_EXCEPTION',
  JS_ReadSharedArrayBuffer: 'JS_EXCEPTION',
  JS_ReadDate: 'JS_EXCEPTION',
  JS_ReadObjectValue: 'JS_EXCEPTION',
  JS_ReadBigInt: 'JS_EXCEPTION',
  js_typed_array___speciesCreate: 'JS_EXCEPTION',
  js_bigint_add: 'NULL',
  js_bigint_mul: 'NULL',
  js_bigint_divrem: 'NULL',
  js_bigint_logic: 'NULL',
  js_bigint_shl: 'NULL',
  js_bigint_shr: 'NULL',
  js_bigint_from_string: 'NULL',
  js_bigint_to_string1: 'JS_EXCEPTION',
  js_compare_bigint: '-1',
} as const satisfies Readonly<Record<string, string>>;

/** quickjs.c without them. */
export function leaveOut(source: string): string {
  return Object.entries(answers).reduce((text, [name, answer]) => withoutBody(text, name, answer), source);
}

/** The engine's form: the head of a function begins, and its braces stand, at the left margin. */
function withoutBody(text: string, name: string, answer: string): string {
  const form = new RegExp(`^(static [^\\n;{}]*\\b${name}\\([^;{}]*\\)\\n\\{\\n).*?^\\}\\n`, 'ms');
  const emptied = text.replace(form, (_, head: string) => `${head}    return ${answer};\n}\n`);
  if (emptied === text) throw new Error(`the script engine has no function ${name}`);
  return emptied;
}
