/*
 * The script engine, with only those of its parts that the helper uses: the engine's own file is part of this one, so that its
 * functions can be put into a shorter list of builtins than its own. What no list mentions is not linked: a quarter of the
 * flash, a third of the time to start. The lists hold what ../builtins.d.ts declares; a test compares the two.
 */
#include "quickjs.c"

#include "engine.h"
#include "loading.h"

static const JSCFunctionListEntry object_own[] = {
	JS_CFUNC_MAGIC_DEF("entries", 1, js_object_keys, JS_ITERATOR_KIND_KEY_AND_VALUE),
};

/* toString and valueOf are what the engine itself calls to make a string of an object. */
static const JSCFunctionListEntry object_methods[] = {
	JS_CFUNC_DEF("toString", 0, js_object_toString),
	JS_CFUNC_DEF("valueOf", 0, js_object_valueOf),
};

static const JSCFunctionListEntry iterator_methods[] = {
	JS_CFUNC_DEF("[Symbol.iterator]", 0, js_iterator_proto_iterator),
};

static const JSCFunctionListEntry array_own[] = {
	JS_CFUNC_DEF("isArray", 1, js_array_isArray),
};

static const JSCFunctionListEntry array_methods[] = {
	JS_CFUNC_DEF("at", 1, js_array_at),
	JS_CFUNC_MAGIC_DEF("every", 1, js_array_every, special_every),
	JS_CFUNC_MAGIC_DEF("some", 1, js_array_every, special_some),
	JS_CFUNC_MAGIC_DEF("map", 1, js_array_every, special_map),
	JS_CFUNC_MAGIC_DEF("filter", 1, js_array_every, special_filter),
	JS_CFUNC_MAGIC_DEF("reduce", 1, js_array_reduce, special_reduce),
	JS_CFUNC_MAGIC_DEF("find", 1, js_array_find, ArrayFind),
	JS_CFUNC_DEF("indexOf", 1, js_array_indexOf),
	JS_CFUNC_DEF("includes", 1, js_array_includes),
	JS_CFUNC_MAGIC_DEF("join", 1, js_array_join, 0),
	JS_CFUNC_DEF("toString", 0, js_array_toString),
	JS_CFUNC_MAGIC_DEF("pop", 0, js_array_pop, 0),
	JS_CFUNC_MAGIC_DEF("push", 1, js_array_push, 0),
	JS_CFUNC_MAGIC_DEF("slice", 2, js_array_slice, 0),
	JS_CFUNC_MAGIC_DEF("values", 0, js_create_array_iterator, JS_ITERATOR_KIND_VALUE),
	JS_ALIAS_DEF("[Symbol.iterator]", "values"),
	JS_CFUNC_MAGIC_DEF("entries", 0, js_create_array_iterator, JS_ITERATOR_KIND_KEY_AND_VALUE),
};

static const JSCFunctionListEntry array_iterator_methods[] = {
	JS_ITERATOR_NEXT_DEF("next", 0, js_array_iterator_next, 0),
};

static const JSCFunctionListEntry number_own[] = {
	JS_CFUNC_DEF("isNaN", 1, js_number_isNaN),
};

static const JSCFunctionListEntry string_own[] = {
	JS_CFUNC_DEF("fromCharCode", 1, js_string_fromCharCode),
};

/* concat is what a template literal is compiled to. */
static const JSCFunctionListEntry string_methods[] = {
	JS_CFUNC_DEF("concat", 1, js_string_concat),
	JS_CFUNC_DEF("charCodeAt", 1, js_string_charCodeAt),
	JS_CFUNC_MAGIC_DEF("charAt", 1, js_string_charAt, 0),
	JS_CFUNC_DEF("codePointAt", 1, js_string_codePointAt),
	JS_CFUNC_MAGIC_DEF("indexOf", 1, js_string_indexOf, 0),
	JS_CFUNC_MAGIC_DEF("lastIndexOf", 1, js_string_indexOf, 1),
	JS_CFUNC_MAGIC_DEF("includes", 1, js_string_includes, 0),
	JS_CFUNC_MAGIC_DEF("startsWith", 1, js_string_includes, 1),
	JS_CFUNC_MAGIC_DEF("endsWith", 1, js_string_includes, 2),
	JS_CFUNC_DEF("split", 2, js_string_split),
	JS_CFUNC_DEF("slice", 2, js_string_slice),
	JS_CFUNC_DEF("toString", 0, js_string_toString),
};

static const JSCFunctionListEntry math_own[] = {
	JS_CFUNC_SPECIAL_DEF("floor", 1, f_f, floor),
	JS_CFUNC_SPECIAL_DEF("ceil", 1, f_f, ceil),
};

#define LIST(ctx, object, list) JS_SetPropertyFunctionList(ctx, object, list, countof(list))

/* A global constructor whose instances have the methods of `class_id`. */
static JSValueConst constructor(JSContext *ctx, const char *name, JSCFunction *function, int class_id) {
	return JS_NewGlobalCConstructor(ctx, name, function, 1, ctx->class_proto[class_id]);
}

static void add_objects(JSContext *ctx) {
	LIST(ctx, constructor(ctx, "Object", js_object_constructor, JS_CLASS_OBJECT), object_own);
	LIST(ctx, ctx->class_proto[JS_CLASS_OBJECT], object_methods);
	JS_NewGlobalCConstructor2(
		ctx, JS_NewCFunctionMagic(ctx, js_error_constructor, "Error", 1, JS_CFUNC_constructor_or_func_magic, -1), "Error",
		ctx->class_proto[JS_CLASS_ERROR]);
}

static void add_arrays(JSContext *ctx) {
	JSValueConst array;

	ctx->iterator_proto = JS_NewObject(ctx);
	LIST(ctx, ctx->iterator_proto, iterator_methods);
	LIST(ctx, ctx->class_proto[JS_CLASS_ARRAY], array_methods);
	array = constructor(ctx, "Array", js_array_constructor, JS_CLASS_ARRAY);
	ctx->array_ctor = JS_DupValue(ctx, array);
	LIST(ctx, array, array_own);
	ctx->array_proto_values = JS_GetProperty(ctx, ctx->class_proto[JS_CLASS_ARRAY], JS_ATOM_values);
	ctx->class_proto[JS_CLASS_ARRAY_ITERATOR] = JS_NewObjectProto(ctx, ctx->iterator_proto);
	LIST(ctx, ctx->class_proto[JS_CLASS_ARRAY_ITERATOR], array_iterator_methods);
}

static void add_primitives(JSContext *ctx) {
	/* Looking at a property of one that had no prototype would crash, and JSON decides what there is to look at. */
	static const int classes[] = {JS_CLASS_NUMBER, JS_CLASS_BOOLEAN, JS_CLASS_STRING, JS_CLASS_SYMBOL, JS_CLASS_BIG_INT};
	JSValue math = JS_NewObject(ctx);
	size_t i;

	for (i = 0; i < countof(classes); i++) ctx->class_proto[classes[i]] = JS_NewObject(ctx);
	LIST(ctx, constructor(ctx, "Number", js_number_constructor, JS_CLASS_NUMBER), number_own);
	LIST(ctx, constructor(ctx, "String", js_string_constructor, JS_CLASS_STRING), string_own);
	LIST(ctx, ctx->class_proto[JS_CLASS_STRING], string_methods);
	LIST(ctx, math, math_own);
	JS_DefinePropertyValueStr(ctx, ctx->global_obj, "Math", math, 0);
	JS_DefinePropertyValueStr(ctx, ctx->global_obj, "undefined", JS_UNDEFINED, 0);
}

JSContext *engine_context(JSRuntime *runtime) {
	JSContext *ctx = JS_NewContextRaw(runtime);

	if (ctx == NULL) return NULL;
	ctx->global_obj = JS_NewObject(ctx);
	ctx->global_var_obj = JS_NewObjectProto(ctx, JS_NULL);
	add_objects(ctx);
	add_arrays(ctx);
	add_primitives(ctx);
	return ctx;
}

JSValue engine_load(JSContext *ctx, const uint8_t *bytecode, size_t size) {
	loading = (BCReaderState){
		.ctx = ctx,
		.buf_start = bytecode,
		.ptr = bytecode,
		.buf_end = bytecode + size,
		.first_atom = JS_ATOM_END,
		.allow_bytecode = TRUE,
	};
	return find_strings(&loading) ? JS_EXCEPTION : JS_ReadObjectRec(&loading);
}

JSValue engine_run(JSContext *ctx, JSValue script) {
	if (JS_IsException(script)) return script;
	/* As JS_EvalFunction does, which would bring the loader of modules along. */
	return JS_CallFree(ctx, js_closure(ctx, script, NULL, NULL), ctx->global_obj, 0, NULL);
}

JSValue bytes_to_js(JSContext *ctx, const char *data, size_t length) {
	if (length > JS_STRING_LEN_MAX) return JS_ThrowInternalError(ctx, "string too long");
	return js_new_string8_len(ctx, data, (int)length);
}

JSValue engine_string(JSContext *ctx, JSValueConst string, const char **bytes, size_t *length) {
	/* One that was put together of several becomes one. */
	JSValue whole = JS_ToString(ctx, string);
	JSString *text;

	*bytes = NULL;
	*length = 0;
	if (JS_IsException(whole)) return whole;
	text = JS_VALUE_GET_STRING(whole);
	*length = text->len;
	if (!text->is_wide_char) *bytes = (const char *)text->u.str8;
	return whole;
}
