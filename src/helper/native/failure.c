/* An errno as a JavaScript Error. Numbers differ between architectures (MIPS has its own), names do not. */
#include <errno.h>
#include <string.h>

#include "sys.h"

#define ROW(name) {name, #name}
static const struct {
	int number;
	const char *name;
} names[] = {
	ROW(EPERM),   ROW(ENOENT),  ROW(EINTR),  ROW(EIO),          ROW(ENXIO),  ROW(E2BIG),     ROW(ENOEXEC),
	ROW(EBADF),   ROW(EAGAIN),  ROW(ENOMEM), ROW(EACCES),       ROW(EFAULT), ROW(ENOTBLK),   ROW(EBUSY),
	ROW(EEXIST),  ROW(EXDEV),   ROW(ENODEV), ROW(ENOTDIR),      ROW(EISDIR), ROW(EINVAL),    ROW(ENFILE),
	ROW(EMFILE),  ROW(ENOTTY),  ROW(ETXTBSY), ROW(EFBIG),       ROW(ENOSPC), ROW(ESPIPE),    ROW(EROFS),
	ROW(EMLINK),  ROW(EPIPE),   ROW(ENOSYS), ROW(ENAMETOOLONG), ROW(ELOOP),  ROW(ENOTEMPTY), ROW(EOVERFLOW),
	ROW(ESTALE),  ROW(EDQUOT),  ROW(ENODATA), ROW(EOPNOTSUPP),  ROW(EUCLEAN), ROW(ELIBBAD), ROW(ERANGE),
};

const char *sys_errno_name(int number) {
	static char unknown[32];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == number) return names[i].name;
	snprintf(unknown, sizeof(unknown), "errno %d", number);
	return unknown;
}

/* Takes `value` in any case. */
static int set(JSContext *ctx, JSValueConst error, const char *name, JSValue value) {
	if (JS_IsException(value)) return -1;
	return JS_DefinePropertyValueStr(ctx, error, name, value, JS_PROP_C_W_E);
}

JSValue sys_throw(JSContext *ctx, const char *syscall, const char *path, int number) {
	char message[512];
	const char *code = sys_errno_name(number);
	JSValue error = JS_NewError(ctx);

	if (JS_IsException(error)) return JS_EXCEPTION;
	snprintf(message, sizeof(message), "%s %s: %s", syscall, path != NULL ? path : "", code);
	if (set(ctx, error, "message", bytes_to_js(ctx, message, strlen(message))) < 0 ||
		set(ctx, error, "errno", JS_NewInt32(ctx, number)) < 0 ||
		set(ctx, error, "code", JS_NewString(ctx, code)) < 0 ||
		set(ctx, error, "syscall", JS_NewString(ctx, syscall)) < 0 ||
		set(ctx, error, "path", path != NULL ? bytes_to_js(ctx, path, strlen(path)) : JS_UNDEFINED) < 0) {
		JS_FreeValue(ctx, error);
		return JS_EXCEPTION;
	}
	return JS_Throw(ctx, error);
}
