/**
 * Loading a script, the engine makes all of its functions and strings, of which a verb needs a part: it was half of what a start
 * cost. So its compiler writes the length of each function in front of it, and the copy of quickjs.c that is compiled for the
 * board only remembers where a function is until it is called (src/helper/native/loading.h).
 *
 * In: the text of quickjs.c, whose version is pinned by digest. Out: the same for the compiler, and for the board.
 */
import { type Exchange, exchangeAll } from './exchange.ts';

/** The name and both numbers move behind the length: where they stood there is a function without. */
const writing: readonly Exchange[] = [
  ['    bc_put_atom(s, b->func_name);\n', '    bc_put_atom(s, JS_ATOM_NULL);\n'],
  // -s has taken the name away.
  [
    '        JSClosureVar *cv = &b->closure_var[i];\n        bc_put_atom(s, cv->var_name);\n',
    '        JSClosureVar *cv = &b->closure_var[i];\n',
  ],
  [
    `    bc_put_leb128(s, b->cpool_count);
    bc_put_leb128(s, b->byte_code_len);
`,
    `    bc_put_leb128(s, 0);
    bc_put_leb128(s, 0);
`,
  ],
  [
    `    if (JS_WriteFunctionBytecode(s, b->byte_code_buf, b->byte_code_len))
        goto fail;
`,
    `    size_t length_at = s->dbuf.size;
    for(i = 0; i < 4; i++)
        bc_put_u8(s, 0);
    bc_put_atom(s, b->func_name);
    bc_put_leb128(s, b->cpool_count);
    bc_put_leb128(s, b->byte_code_len);
    if (JS_WriteFunctionBytecode(s, b->byte_code_buf, b->byte_code_len))
        goto fail;
`,
  ],
  [
    `        if (JS_WriteObjectRec(s, b->cpool[i]))
            goto fail;
    }
    return 0;
`,
    `        if (JS_WriteObjectRec(s, b->cpool[i]))
            goto fail;
    }
    if (s->dbuf.error)
        goto fail;
    for(i = 0; i < 4; i++)
        s->dbuf.buf[length_at + i] = (s->dbuf.size - length_at - 4) >> (8 * i);
    return 0;
`,
  ],
];

const reading: readonly Exchange[] = [
  // As many strings as a boot makes: growing the list leaves the shorter one behind.
  [
    '        new_size = max_int(211, rt->atom_size * 3 / 2);\n',
    '        new_size = max_int(640, rt->atom_size * 3 / 2);\n',
  ],
  [
    'static void free_function_bytecode(JSRuntime *rt, JSFunctionBytecode *b);\n',
    `static void free_function_bytecode(JSRuntime *rt, JSFunctionBytecode *b);
static int finish_function(JSContext *ctx, JSFunctionBytecode *b);
`,
  ],
  [
    '} BCReaderState;\n',
    `} BCReaderState;
static JSAtom wanted_atom(BCReaderState *s, uint32_t index);
static int begin_function(BCReaderState *s, JSFunctionBytecode *b);
`,
  ],
  [
    '        atom = JS_DupAtom(s->ctx, s->idx_to_atom[idx]);\n',
    `        *patom = atom = wanted_atom(s, idx);
        if (atom == JS_ATOM_NULL)
            return s->error_state = -1;
`,
  ],
  [
    '        bc_buf = (void *)((uint8_t*)b + byte_code_offset);\n        if (bc_get_buf',
    '        bc_buf = b->byte_code_buf;\n        if (bc_get_buf',
  ],
  [
    `    {
        bc_read_trace(s, "bytecode {\\n");
`,
    `    if (begin_function(s, b))
        goto fail;
    b->realm = JS_DupContext(ctx);
    return obj;
    {
        bc_read_trace(s, "bytecode {\\n");
`,
  ],
  [
    '    b = p->u.func.function_bytecode;\n\n    if (unlikely(argc < b->arg_count',
    `    b = p->u.func.function_bytecode;
    if (unlikely(b->read_only_bytecode) && finish_function(caller_ctx, b))
        return JS_EXCEPTION;

    if (unlikely(argc < b->arg_count`,
  ],
  [
    '        JS_FreeValueRT(rt, b->cpool[i]);\n\n    for(i = 0; i < b->closure_var_count; i++) {\n        JSClosureVar *cv = &b->closure_var[i];\n        JS_FreeAtomRT',
    `        JS_FreeValueRT(rt, b->cpool[i]);
    js_free_rt(rt, b->cpool);

    for(i = 0; i < b->closure_var_count; i++) {
        JSClosureVar *cv = &b->closure_var[i];
        JS_FreeAtomRT`,
  ],
  [
    '    ret = get_leb128(pval, s->ptr, s->buf_end);\n    if (unlikely(ret < 0))\n        return bc_read_error_end(s);\n    s->ptr += ret;\n    return 0;\n}\n\nstatic int bc_get_sleb128',
    `    /* Nearly all have one byte. */
    if (likely(s->ptr < s->buf_end && *s->ptr < 0x80)) {
        *pval = *s->ptr++;
        return 0;
    }
    ret = get_leb128(pval, s->ptr, s->buf_end);
    if (unlikely(ret < 0))
        return bc_read_error_end(s);
    s->ptr += ret;
    return 0;
}

static int bc_get_sleb128`,
  ],
  [
    `            int var_idx;
            if (bc_get_atom(s, &cv->var_name))
                goto fail;
`,
    '            int var_idx;\n',
  ],
];

/**
 * Each function looks for the variables that it uses in a list of all that any uses. Those of the script itself, the function
 * that the script calls, are found at once: it is remembered where the reference to each is, and that keeps it. The build with
 * sanitizers has to take all apart in the end, and looks in the list.
 */
const finding: readonly Exchange[] = [
  [
    `    list_for_each(el, &sf->var_ref_list) {
        var_ref = list_entry(el, JSVarRef, var_ref_link);
        if (var_ref->pvalue == pvalue) {
            var_ref->header.ref_count++;
`,
    `#ifndef SANITIZED
    static JSVarRef *known[1024];
    BOOL is_script = !is_arg && var_idx < countof(known) && sf->prev_frame != NULL &&
        sf->prev_frame->prev_frame == NULL;
    if (is_script && known[var_idx] != NULL && known[var_idx]->pvalue == pvalue) {
        known[var_idx]->header.ref_count++;
        return known[var_idx];
    }
    /* One that nobody has asked for yet is not in the list either. */
    if (!is_script || known[var_idx] != NULL)
#endif
    list_for_each(el, &sf->var_ref_list) {
        var_ref = list_entry(el, JSVarRef, var_ref_link);
        if (var_ref->pvalue == pvalue) {
            var_ref->header.ref_count++;
`,
  ],
  [
    `    var_ref->pvalue = pvalue;
    return var_ref;
}

static JSValue js_closure2(`,
    `    var_ref->pvalue = pvalue;
#ifndef SANITIZED
    if (is_script) {
        if (known[var_idx] != NULL)
            free_var_ref(ctx->rt, known[var_idx]);
        known[var_idx] = var_ref;
        var_ref->header.ref_count++;
    }
#endif
    return var_ref;
}

static JSValue js_closure2(`,
  ],
];

/** quickjs.c for the compiler of scripts. */
export function writingLazily(source: string): string {
  return exchangeAll(source, writing, 'writes functions');
}

/** quickjs.c for the board. */
export function readingLazily(source: string): string {
  return exchangeAll(source, [...reading, ...finding], 'reads functions');
}
