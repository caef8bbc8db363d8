/* The arguments of one call from JavaScript: checked, turned into bytes, and freed together when the call ends. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "sys.h"

/* Linux takes 2 MiB of arguments and environment at most; this bounds the array before anything is allocated. */
#define LIST_MAX 65536

struct held {
	struct held *next;
	_Alignas(8) char data[];
};

Call call_begin(JSContext *ctx, JSValueConst *argv) {
	Call call = {.ctx = ctx, .argv = argv, .held = NULL, .failed = 0};
	int i;

	for (i = 0; i < ARGUMENTS_MOST; i++) call.strings[i] = JS_UNDEFINED;
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
	int i;

	for (i = 0; i < ARGUMENTS_MOST; i++) JS_FreeValue(call->ctx, call->strings[i]);
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

/* The bytes of a string, which is `*held` from here on: where the engine has one character for each it has them as they are. */
static const char *bytes_of(Call *call, JSValueConst value, size_t *length, JSValue *held) {
	const char *bytes;

	if (!JS_IsString(value)) {
		refuse(call, "not a string");
		return NULL;
	}
	*held = engine_string(call->ctx, value, &bytes, length);
	if (JS_IsException(*held))
		call->failed = 1;
	else if (bytes == NULL)
		refuse(call, "not a byte string");
	return bytes;
}

/* That of an argument. */
static const char *decode(Call *call, int index, size_t *length) {
	if (call->failed) return NULL;
	return bytes_of(call, call->argv[index], length, &call->strings[index]);
}

/* A NUL in a string for the kernel would cut it short without a word. */
static const char *whole(Call *call, const char *bytes, size_t length) {
	if (bytes == NULL || strlen(bytes) == length) return bytes;
	refuse(call, "has a NUL byte");
	return NULL;
}

const char *call_path(Call *call, int index) {
	size_t length = 0;
	const char *bytes = decode(call, index, &length);

	return whole(call, bytes, length);
}

const char *call_bytes(Call *call, int index, size_t *length) { return decode(call, index, length); }

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

/* One string of a list, copied: it may be made of several, and belongs to nobody then. */
static char *copied(Call *call, JSValueConst value) {
	JSValue held = JS_UNDEFINED;
	size_t length = 0;
	const char *bytes = bytes_of(call, value, &length, &held);
	char *copy = NULL;

	bytes = whole(call, bytes, length);
	if (bytes != NULL) copy = call_memory(call, length + 1);
	if (copy != NULL) memcpy(copy, bytes, length + 1);
	JS_FreeValue(call->ctx, held);
	return copy;
}

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
		list[i] = call->failed ? NULL : copied(call, item);
		JS_FreeValue(call->ctx, item);
		if (list[i] == NULL) return NULL;
	}
	if (list != NULL) list[count] = NULL;
	return list;
}
