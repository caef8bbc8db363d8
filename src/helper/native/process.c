/* The process itself: what it was called with, what it says, and what it becomes. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"

extern char **environ;

static int main_argc;
static char **main_argv;
static int kernel_log = -1;
static int exit_code = SYS_NO_EXIT_CODE;

static void open_kernel_log(void) {
	/* Kept open: /dev is somewhere else between moving it and changing the root. */
	if (kernel_log < 0) kernel_log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
}

void sys_start(int argc, char **argv) {
	main_argc = argc;
	main_argv = argv;
	open_kernel_log();
}

int sys_exit_code(void) { return exit_code; }

/* One write is one record; a second one would count against the kernel's rate limit. */
static int say(int fd, const char *data, size_t length) {
	return fd >= 0 && write(fd, data, length) == (ssize_t)length;
}

void sys_complain(const char *text) {
	char line[512];
	int length;

	open_kernel_log();
	length = snprintf(line, sizeof(line), "<3>overlay_helper: %s\n", text);
	if (length >= (int)sizeof(line)) length = sizeof(line) - 1;
	say(kernel_log, line, (size_t)length);
	say(2, line + 3, (size_t)length - 3);
}

/* log(level, text): false where there is no kernel log */
SYS_FUNCTION(log) {
	Call call = call_begin(ctx, argv);
	int level = (int)call_number(&call, 0, 0, 7);
	const char *text = call_path(&call, 1);
	char *line;
	int length;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	line = call_memory(&call, strlen(text) + 8);
	if (line == NULL) return call_end(&call, JS_EXCEPTION);
	length = snprintf(line, strlen(text) + 8, "<%d>%s\n", level, text);
	open_kernel_log();
	return call_end(&call, JS_NewBool(ctx, say(kernel_log, line, (size_t)length)));
}

/* write(fd, bytes): to standard output or error; false where that is closed or full */
SYS_FUNCTION(write) {
	Call call = call_begin(ctx, argv);
	size_t length = 0;
	int fd = (int)call_number(&call, 0, 1, 2);
	const char *bytes = call_bytes(&call, 1, &length);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	return call_end(&call, JS_NewBool(ctx, say(fd, bytes, length)));
}

/* execve(path, argv, env): returns only by throwing */
SYS_FUNCTION(execve) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0);
	char **words = call_list(&call, 1);
	char **env = call_list(&call, 2);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	return call_end_rc(&call, execve(path, words, env), "execve", path);
}

/* reopenStdio(path): standard input, output and error become this terminal, but not the controlling one */
SYS_FUNCTION(reopenStdio) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0);
	int fd, target, number, rc = 0;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	/* O_APPEND means nothing to a terminal, and keeps what is there where the console is a file or a pipe's log. */
	fd = open(path, O_RDWR | O_NOCTTY | O_APPEND | O_CLOEXEC);
	if (fd < 0) return call_end_rc(&call, -1, "open", path);
	for (target = 0; target <= 2 && rc >= 0; target++)
		/* dup2 onto itself would leave close-on-exec set. */
		rc = fd == target ? fcntl(fd, F_SETFD, 0) : dup2(fd, target);
	number = errno;
	if (fd > 2) close(fd);
	if (rc < 0) return call_end_errno(&call, "dup2", path, number);
	return call_end(&call, JS_UNDEFINED);
}

/* sync() */
SYS_FUNCTION(sync) {
	sync();
	return JS_UNDEFINED;
}

/* getpid() */
SYS_FUNCTION(getpid) { return JS_NewInt32(ctx, getpid()); }

/* A NULL-terminated list of strings as an array of byte strings. */
static JSValue list_to_js(JSContext *ctx, char **list, int count) {
	JSValue array = JS_NewArray(ctx);
	int i;

	for (i = 0; !JS_IsException(array) && i < count; i++) {
		JSValue item = bytes_to_js(ctx, list[i], strlen(list[i]));
		if (JS_IsException(item) || JS_SetPropertyUint32(ctx, array, (uint32_t)i, item) < 0) {
			JS_FreeValue(ctx, array);
			return JS_EXCEPTION;
		}
	}
	return array;
}

/* args(): the words this process was called with, its own name first */
SYS_FUNCTION(args) { return list_to_js(ctx, main_argv, main_argc); }

/* environ(): "NAME=value" */
SYS_FUNCTION(environ) {
	int count = 0;

	while (environ != NULL && environ[count] != NULL) count++;
	return list_to_js(ctx, environ, count);
}

/* uptime(): seconds since the kernel started, suspended time included */
SYS_FUNCTION(uptime) {
	struct timespec now = {0, 0};

	/* Kernels before 2.6.39 have no CLOCK_BOOTTIME; on a booting board the other clock says the same. */
	if (clock_gettime(CLOCK_BOOTTIME, &now) < 0) clock_gettime(CLOCK_MONOTONIC, &now);
	return JS_NewFloat64(ctx, (double)now.tv_sec + (double)now.tv_nsec / 1e9);
}

/* sleep(seconds): returns early where a signal that ends nothing comes */
SYS_FUNCTION(sleep) {
	Call call = call_begin(ctx, argv);
	unsigned int seconds = (unsigned int)call_number(&call, 0, 0, 3600);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	sleep(seconds);
	return call_end(&call, JS_UNDEFINED);
}

/* exit(code): ends the process. Where it may not end, and where everything has to be freed first, main does what is left. */
SYS_FUNCTION(exit) {
	Call call = call_begin(ctx, argv);
	int code = (int)call_number(&call, 0, 0, 255);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	exit_code = code;
#ifndef SANITIZED
	/* At once: the engine would take a tenth of the time of a start to take its functions apart. */
	if (getpid() != 1) _exit(code);
#endif
	return call_end(&call, JS_UNDEFINED);
}
