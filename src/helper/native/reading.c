/* Reading files whose size and content nobody vouches for: every read has a bound. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "sys.h"

#define READ_MAX (16 * 1024 * 1024)

static int open_to_read(const char *path) {
	/* O_NONBLOCK: a FIFO must not stop the boot. */
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* Reads up to `size` bytes; less only at the end of the file. */
static ssize_t read_up_to(int fd, char *data, size_t size) {
	size_t length = 0;

	while (length < size) {
		ssize_t count = read(fd, data + length, size - length);
		if (count < 0 && errno == EINTR) continue;
		if (count < 0) return -1;
		if (count == 0) break;
		length += (size_t)count;
	}
	return (ssize_t)length;
}

/*
 * A file as it is, and a NUL after it, for the caller to free. Files of /proc have no size to ask for, so the memory grows with what is
 * read. Returns NULL with an exception pending.
 */
static char *whole_file(JSContext *ctx, const char *path, size_t limit, size_t *length) {
	size_t room = limit < 4096 ? limit : 4096, have = 0;
	int fd = open_to_read(path);
	char *data = NULL;

	if (fd < 0) {
		sys_throw(ctx, "open", path, errno);
		return NULL;
	}
	for (;;) {
		char *larger = js_realloc(ctx, data, room + 1);
		ssize_t count;
		if (larger == NULL) break;
		data = larger;
		/* One byte more than there is room for tells a file that fits from one that goes on. */
		count = read_up_to(fd, data + have, room + 1 - have);
		if (count < 0) {
			sys_throw(ctx, "read", path, errno);
			break;
		}
		have += (size_t)count;
		if (have <= room) {
			close(fd);
			data[have] = '\0';
			*length = have;
			return data;
		}
		if (room == limit) {
			sys_throw(ctx, "read", path, EFBIG);
			break;
		}
		room = room * 2 < limit ? room * 2 : limit;
	}
	js_free(ctx, data);
	close(fd);
	return NULL;
}

/* readFile(path, limit): a byte string; EFBIG where the file has more than `limit` bytes */
SYS_FUNCTION(readFile) {
	Call call = call_begin(ctx, argv);
	size_t length = 0;
	const char *path = call_path(&call, 0);
	size_t limit = (size_t)call_number(&call, 1, 0, READ_MAX);
	JSValue result;
	char *data;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	data = whole_file(ctx, path, limit, &length);
	if (data == NULL) return call_end(&call, JS_EXCEPTION);
	result = bytes_to_js(ctx, data, length);
	js_free(ctx, data);
	return call_end(&call, result);
}

/* readAt(path, offset, length): a byte string, shorter where the file ends before */
SYS_FUNCTION(readAt) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0);
	long long offset = call_number(&call, 1, 0, 1LL << 52);
	size_t size = (size_t)call_number(&call, 2, 0, READ_MAX);
	char *data = call_memory(&call, size + 1);
	int fd, number;
	ssize_t count;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	fd = open_to_read(path);
	if (fd < 0) return call_end_rc(&call, -1, "open", path);
	count = lseek(fd, (off_t)offset, SEEK_SET) < 0 ? -1 : read_up_to(fd, data, size);
	number = errno;
	close(fd);
	if (count < 0) return call_end_errno(&call, "read", path, number);
	return call_end(&call, bytes_to_js(ctx, data, (size_t)count));
}

/* The engine's JSON parser calls itself for each level without watching the stack: noise must not overflow it. */
static int nesting_within(const char *text, size_t length, int limit) {
	int depth = 0, quoted = 0;
	size_t i;

	for (i = 0; i < length; i++) {
		if (quoted) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				quoted = 0;
		} else if (text[i] == '"') {
			quoted = 1;
		} else if (text[i] == '[' || text[i] == '{') {
			if (++depth > limit) return 0;
		} else if (text[i] == ']' || text[i] == '}') {
			depth--;
		}
	}
	return 1;
}

/* readJson(path, limit, depth): the parsed value, with ordinary strings; SyntaxError where it is not JSON */
SYS_FUNCTION(readJson) {
	Call call = call_begin(ctx, argv);
	size_t length = 0;
	const char *path = call_path(&call, 0);
	size_t limit = (size_t)call_number(&call, 1, 0, READ_MAX);
	int depth = (int)call_number(&call, 2, 1, 1000);
	JSValue result;
	char *data;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	data = whole_file(ctx, path, limit, &length);
	if (data == NULL) return call_end(&call, JS_EXCEPTION);
	result = nesting_within(data, length, depth) ? JS_ParseJSON(ctx, data, length, "json")
												 : JS_ThrowSyntaxError(ctx, "nested more than %d levels deep", depth);
	js_free(ctx, data);
	return call_end(&call, result);
}
