/*
 * Part of engine.c: loads a compiled script without making what nobody asks for. A function is a place in the bytecode until it is
 * called first, and a string is one until something that was made needs it. src/toolchain/lazy-functions.ts has the engine call
 * what is here. The bytecode stays where it is as long as the context.
 */

/* The script, of which there is one in a process. */
static BCReaderState loading;

/* In idx_to_atom: where the string is, as long as it was not made. No atom of a string has this bit. */
#define NOT_MADE (1U << 31)

/* An atom of the script by its number, for the caller to free; JS_ATOM_NULL with an exception pending. */
static JSAtom wanted_atom(BCReaderState *s, uint32_t index) {
	JSAtom atom = s->idx_to_atom[index];
	const uint8_t *ptr = s->ptr;
	JSString *text;

	if ((atom & NOT_MADE) == 0) return JS_DupAtom(s->ctx, atom);
	s->ptr = s->buf_start + (atom & ~NOT_MADE);
	text = JS_ReadString(s);
	s->ptr = ptr;
	if (text == NULL) return JS_ATOM_NULL;
	atom = JS_NewAtomStr(s->ctx, text);
	if (atom == JS_ATOM_NULL) return JS_ATOM_NULL;
	s->idx_to_atom[index] = atom;
	return JS_DupAtom(s->ctx, atom);
}

/* What stands in front of the functions: a version, and all strings. */
static int find_strings(BCReaderState *s) {
	uint8_t version;
	uint32_t index, length;

	if (bc_get_u8(s, &version) || bc_get_leb128(s, &s->idx_to_atom_count)) return -1;
	if (version != BC_VERSION) {
		JS_ThrowSyntaxError(s->ctx, "bytecode of version %d", version);
		return -1;
	}
	s->idx_to_atom = js_malloc(s->ctx, s->idx_to_atom_count * sizeof(s->idx_to_atom[0]) + 1);
	if (s->idx_to_atom == NULL) return -1;
	for (index = 0; index < s->idx_to_atom_count; index++) {
		s->idx_to_atom[index] = (JSAtom)(s->ptr - s->buf_start) | NOT_MADE;
		if (bc_get_leb128(s, &length)) return -1;
		s->ptr += (size_t)(length >> 1) << (length & 1);
	}
	return 0;
}

/* A function was found: remembers where the rest of it is, and goes on behind it. */
static int begin_function(BCReaderState *s, JSFunctionBytecode *b) {
	uint32_t length = 0;
	uint8_t byte;
	int at;

	for (at = 0; at < 4; at++) {
		if (bc_get_u8(s, &byte)) return -1;
		length |= (uint32_t)byte << (8 * at);
	}
	if ((size_t)(s->buf_end - s->ptr) < length) return bc_read_error_end(s);
	/* No code yet: the length of the code is zero. */
	b->byte_code_buf = (uint8_t *)s->ptr;
	b->read_only_bytecode = 1;
	s->ptr += length;
	return 0;
}

/* Makes the name, the code and the constants of a function that is called for the first time. */
static int finish_function(JSContext *ctx, JSFunctionBytecode *b) {
	BCReaderState *s = &loading;
	uint8_t *rest = b->byte_code_buf;
	uint32_t constants, length, at;
	JSValue *place;

	s->ptr = rest;
	if (bc_get_atom(s, &b->func_name) || bc_get_leb128(s, &constants) || bc_get_leb128(s, &length)) return -1;
	place = js_malloc(ctx, constants * sizeof(JSValue) + length);
	if (place == NULL) return -1;
	/* The collector looks at it while it is made. */
	for (at = 0; at < constants; at++) place[at] = JS_UNDEFINED;
	b->cpool = place;
	b->cpool_count = (int)constants;
	b->byte_code_buf = (uint8_t *)(place + constants);
	b->byte_code_len = (int)length;
	/* One that could not be made is no function any more. Without memory the helper ends. */
	if (JS_ReadFunctionBytecode(s, b, 0, length)) return -1;
	for (at = 0; at < constants; at++) {
		place[at] = JS_ReadObjectRec(s);
		if (JS_IsException(place[at])) {
			place[at] = JS_UNDEFINED;
			return -1;
		}
	}
	b->read_only_bytecode = 0;
	return 0;
}
