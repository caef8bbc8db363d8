/**
 * Parts of the engine that its core refers to and that the helper's scripts cannot reach: modules, big integers, generators'
 * and typed arrays' way through bytecode, "arguments", for-in, private names, and the classes that nothing is made of. The linker has to keep what is referred to, so the functions in between are emptied
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
  js_build_arguments: 'JS_EXCEPTION',
  js_build_mapped_arguments: 'JS_EXCEPTION',
  build_for_in_iterator: 'JS_EXCEPTION',
  JS_StringToBigInt: 'JS_EXCEPTION',
  js_call_bound_function: 'JS_EXCEPTION',
  js_c_function_data_call: 'JS_EXCEPTION',
  js_instantiate_prototype: 'JS_EXCEPTION',
  js_for_in_next: '-1',
  JS_AddBrand: '-1',
  JS_CheckBrand: '-1',
  JS_ToBigInt64Free: '-1',
  js_arguments_define_own_property: '-1',
  js_map_finalizer: '',
  js_map_mark: '',
  js_map_iterator_finalizer: '',
  js_map_iterator_mark: '',
  js_array_buffer_finalizer: '',
  js_typed_array_finalizer: '',
  js_typed_array_mark: '',
  js_regexp_finalizer: '',
  js_generator_finalizer: '',
  js_generator_mark: '',
  js_bound_function_finalizer: '',
  js_bound_function_mark: '',
  js_for_in_iterator_finalizer: '',
  js_for_in_iterator_mark: '',
  js_c_function_data_finalizer: '',
  js_c_function_data_mark: '',
  js_regexp_string_iterator_finalizer: '',
  js_regexp_string_iterator_mark: '',
  async_func_free: '',
  js_weakref_free: '',
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
