/* The arguments of one call from JavaScript: checked, turned into bytes, and freed together when the call ends. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "sys.h"

/* Linux takes 2 MiB of arguments and environment at most; this bounds the array before anything is allocated. */
#define LIST_MAX 65536

struct held {
	struct held *next;
	max_align_t data[];
};

Call call_begin(JSContext *ctx, JSValueConst *argv) {
	Call call = {.ctx = ctx, .argv = argv, .held = NULL, .failed = 0};
	return call;
}

void *call_memory(Call *call, size_t size) {
	struct held *held;

	if (call->failed) return NULL;
	held = js_malloc(call->ctx, sizeof(*held) + size);
	if (held == NULL) {
		call->failed = 1;
		return NULL;
	}
	held->next = call->held;
	call->held = held;
	return held->data;
}

JSValue call_end(Call *call, JSValue result) {
	while (call->held != NULL) {
		struct held *held = call->held;
		call->held = held->next;
		js_free(call->ctx, held);
	}
	return result;
}

JSValue call_end_errno(Call *call, const char *syscall, const char *path, int number) {
	/* `path` may be one of the strings that call_end frees. */
	JSValue result = sys_throw(call->ctx, syscall, path, number);
	return call_end(call, result);
}

JSValue call_end_rc(Call *call, int rc, const char *syscall, const char *path) {
	int number = errno;

	return rc < 0 ? call_end_errno(call, syscall, path, number) : call_end(call, JS_UNDEFINED);
}

static void refuse(Call *call, const char *why) {
	JS_ThrowTypeError(call->ctx, "%s", why);
	call->failed = 1;
}

/* The engine hands out UTF-8; a byte string has characters up to U+00FF only, at most two bytes each. */
static char *decode(Call *call, JSValueConst value, size_t *length) {
	size_t size, in, out = 0;
	const char *text;
	char *bytes;

	if (call->failed) return NULL;
	if (!JS_IsString(value)) {
		refuse(call, "not a string");
		return NULL;
	}
	text = JS_ToCStringLen(call->ctx, &size, value);
	if (text == NULL) {
		call->failed = 1;
		return NULL;
	}
	bytes = call_memory(call, size + 1);
	for (in = 0; bytes != NULL && in < size; in++) {
		unsigned char byte = (unsigned char)text[in];
		if (byte > 0xC3) {
			refuse(call, "not a byte string");
			bytes = NULL;
		} else if (byte >= 0xC2) {
			in++;
			bytes[out++] = (char)(((byte & 0x03) << 6) | ((unsigned char)text[in] & 0x3F));
		} else {
			bytes[out++] = (char)byte;
		}
	}
	JS_FreeCString(call->ctx, text);
	if (bytes == NULL) return NULL;
	bytes[out] = '\0';
	*length = out;
	return bytes;
}

/* A string for the kernel. A NUL in it would cut it short without a word. */
static char *decode_text(Call *call, JSValueConst value) {
	size_t length;
	char *bytes = decode(call, value, &length);

	if (bytes != NULL && strlen(bytes) != length) {
		refuse(call, "has a NUL byte");
		return NULL;
	}
	return bytes;
}

const char *call_path(Call *call, int index) { return decode_text(call, call->argv[index]); }

const char *call_bytes(Call *call, int index, size_t *length) {
	return decode(call, call->argv[index], length);
}

long long call_number(Call *call, int index, long long low, long long high) {
	double number = 0;

	if (call->failed) return low;
	if (!JS_IsNumber(call->argv[index]) || JS_ToFloat64(call->ctx, &number, call->argv[index]) < 0 ||
		!(number >= (double)low && number <= (double)high) || number != (double)(long long)number) {
		refuse(call, "not a whole number in range");
		return low;
	}
	return (long long)number;
}

const char *call_name(Call *call, int index) {
	const char *name = call_path(call, index);

	if (name != NULL && (name[0] == '\0' || strchr(name, '/') != NULL)) {
		refuse(call, "not a name");
		return NULL;
	}
	return name;
}

int call_descriptor(Call *call, int index) { return (int)call_number(call, index, 0, INT_MAX); }

char **call_list(Call *call, int index) {
	int64_t count = 0, i;
	JSValue length;
	char **list;

	if (call->failed) return NULL;
	if (!JS_IsObject(call->argv[index])) {
		refuse(call, "not an array");
		return NULL;
	}
	length = JS_GetPropertyStr(call->ctx, call->argv[index], "length");
	if (JS_IsException(length) || JS_ToInt64(call->ctx, &count, length) < 0) {
		JS_FreeValue(call->ctx, length);
		call->failed = 1;
		return NULL;
	}
	JS_FreeValue(call->ctx, length);
	if (count < 0 || count > LIST_MAX) {
		refuse(call, "an array that is too long");
		return NULL;
	}
	list = call_memory(call, ((size_t)count + 1) * sizeof(*list));
	for (i = 0; list != NULL && i < count; i++) {
		JSValue item = JS_GetPropertyUint32(call->ctx, call->argv[index], (uint32_t)i);
		if (JS_IsException(item)) call->failed = 1;
		list[i] = decode_text(call, item);
		JS_FreeValue(call->ctx, item);
		if (list[i] == NULL) return NULL;
	}
	if (list != NULL) list[count] = NULL;
	return list;
}

JSValue bytes_to_js(JSContext *ctx, const char *data, size_t length) {
	size_t in, out = 0;
	JSValue result;
	char *text = js_malloc(ctx, 2 * length + 1);

	if (text == NULL) return JS_EXCEPTION;
	for (in = 0; in < length; in++) {
		unsigned char byte = (unsigned char)data[in];
		if (byte < 0x80) {
			text[out++] = (char)byte;
		} else {
			text[out++] = (char)(0xC0 | (byte >> 6));
			text[out++] = (char)(0x80 | (byte & 0x3F));
		}
	}
	result = JS_NewStringLen(ctx, text, out);
	js_free(ctx, text);
	return result;
}
