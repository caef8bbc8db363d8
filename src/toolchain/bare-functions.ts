/**
 * Function objects of the engine get three properties when they are made: length, name and prototype. The helper's scripts ask
 * for none of them, and a start makes some hundred functions: a tenth of what it costs. The copy of quickjs.c that is compiled
 * makes none, and an error's trace takes the name from the bytecode. Classes keep theirs.
 *
 * In: the text of quickjs.c, whose version is pinned by digest. Out: the same with those places exchanged.
 */
import { type Exchange, exchangeAll } from './exchange.ts';

const exchanges: readonly Exchange[] = [
  [
    `                           JS_AtomToString(ctx, name), JS_PROP_CONFIGURABLE);
}

static BOOL js_class_has_bytecode(`,
    `                           JS_AtomToString(ctx, name), JS_PROP_CONFIGURABLE);
}
#define js_function_set_properties(ctx, function, name, length) ((void)(name))

static BOOL js_class_has_bytecode(`,
  ],
  ['    } else if (b->has_prototype) {\n', '    } else if (0) {\n'],
  [
    `    prs = find_own_property(&pr, JS_VALUE_GET_OBJ(func), JS_ATOM_name);
    if (!prs)
        return NULL;
`,
    `    prs = find_own_property(&pr, JS_VALUE_GET_OBJ(func), JS_ATOM_name);
    if (!prs) {
        JSObject *p = JS_VALUE_GET_OBJ(func);
        JSAtom name = js_class_has_bytecode(p->class_id) ? p->u.func.function_bytecode->func_name : JS_ATOM_NULL;
        return name == JS_ATOM_NULL ? NULL : JS_AtomToCString(ctx, name);
    }
`,
  ],
];

/** quickjs.c with them. */
export function withBareFunctions(source: string): string {
  return exchangeAll(source, exchanges, 'makes functions');
}
