/* Files and directories. What is expected (nothing there, already there) is an answer; the rest is thrown. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"

/* mkdir(path, mode): false where something of that name exists already */
SYS_FUNCTION(mkdir) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0);
	mode_t mode = (mode_t)call_number(&call, 1, 0, 07777);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (mkdir(path, mode) == 0) return call_end(&call, JS_TRUE);
	if (errno == EEXIST) return call_end(&call, JS_FALSE);
	return call_end_rc(&call, -1, "mkdir", path);
}

/* rmdir(path) */
SYS_FUNCTION(rmdir) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	return call_end_rc(&call, rmdir(path), "rmdir", path);
}

/* unlink(path): false where there is nothing */
SYS_FUNCTION(unlink) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (unlink(path) == 0) return call_end(&call, JS_TRUE);
	if (errno == ENOENT) return call_end(&call, JS_FALSE);
	return call_end_rc(&call, -1, "unlink", path);
}

/* {mode, size}: mode has the type bits too; undefined where there is nothing */
static JSValue status(JSContext *ctx, JSValueConst *argv, int follow) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0);
	struct stat st;
	JSValue result;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if ((follow ? stat(path, &st) : lstat(path, &st)) < 0) {
		if (errno == ENOENT) return call_end(&call, JS_UNDEFINED);
		return call_end_rc(&call, -1, follow ? "stat" : "lstat", path);
	}
	result = JS_NewObject(ctx);
	if (JS_IsException(result) || JS_SetPropertyStr(ctx, result, "mode", JS_NewInt64(ctx, st.st_mode)) < 0 ||
		JS_SetPropertyStr(ctx, result, "size", JS_NewInt64(ctx, st.st_size)) < 0) {
		JS_FreeValue(ctx, result);
		return call_end(&call, JS_EXCEPTION);
	}
	return call_end(&call, result);
}

SYS_FUNCTION(stat) { return status(ctx, argv, 1); }
SYS_FUNCTION(lstat) { return status(ctx, argv, 0); }

/* readlink(path) */
SYS_FUNCTION(readlink) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0);
	char target[PATH_MAX];
	ssize_t length;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	length = readlink(path, target, sizeof(target));
	if (length < 0) return call_end_rc(&call, -1, "readlink", path);
	if (length == (ssize_t)sizeof(target)) return call_end_errno(&call, "readlink", path, ENAMETOOLONG);
	return call_end(&call, bytes_to_js(ctx, target, (size_t)length));
}

/* accessExecute(path): throws where the kernel would not execute it: no x bit, or mounted noexec */
SYS_FUNCTION(accessExecute) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	return call_end_rc(&call, access(path, X_OK), "access", path);
}

static int write_all(int fd, const char *data, size_t length) {
	while (length > 0) {
		ssize_t count = write(fd, data, length);
		if (count < 0 && errno == EINTR) continue;
		if (count < 0) return -1;
		data += count;
		length -= (size_t)count;
	}
	return 0;
}

/* writeFile(path, bytes, mode): a new file; EEXIST where the name is taken, symbolic links included */
SYS_FUNCTION(writeFile) {
	Call call = call_begin(ctx, argv);
	size_t length = 0;
	const char *path = call_path(&call, 0);
	const char *bytes = call_bytes(&call, 1, &length);
	mode_t mode = (mode_t)call_number(&call, 2, 0, 07777);
	int fd, number;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0) return call_end_rc(&call, -1, "open", path);
	if (write_all(fd, bytes, length) < 0) {
		number = errno;
		close(fd);
		return call_end_errno(&call, "write", path, number);
	}
	/* Some file systems report a full device only here. */
	return call_end_rc(&call, close(fd), "close", path);
}
