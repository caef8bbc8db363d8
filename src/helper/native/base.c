/*
 * What comparing and cleaning an upper needs once its base has changed: digests of contents, and extended attributes.
 *
 * The digest is FNV-1a with 64 bits: quick on small processors, and good for telling versions of a file apart. It is no
 * protection against somebody who wants two files to look the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sys.h"

#define FNV_START 0xcbf29ce484222325ULL
#define FNV_PRIME 0x100000001b3ULL

static uint64_t add(uint64_t sum, const char *data, size_t length) {
	for (size_t at = 0; at < length; at++) sum = (sum ^ (unsigned char)data[at]) * FNV_PRIME;
	return sum;
}

static JSValue hex(JSContext *ctx, uint64_t sum) {
	char text[17];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)sum);
	return JS_NewString(ctx, text);
}

/* digest(bytes): 16 hexadecimal digits */
SYS_FUNCTION(digest) {
	Call call = call_begin(ctx, argv);
	size_t length = 0;
	const char *bytes = call_bytes(&call, 0, &length);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	return call_end(&call, hex(ctx, add(FNV_START, bytes, length)));
}

/* Zero, or an errno with the call that failed. */
static int add_file(int directory, const char *name, uint64_t *sum, const char **failed) {
	static char data[64 * 1024];
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), number = 0;

	*failed = "open";
	if (fd < 0) return errno;
	*failed = "read";
	for (;;) {
		ssize_t count = read(fd, data, sizeof(data));
		if (count < 0 && errno == EINTR) continue;
		if (count < 0) number = errno;
		if (count <= 0) break;
		*sum = add(*sum, data, (size_t)count);
	}
	close(fd);
	return number;
}

/* digestIn(directory, name): that of a regular file's content, or of a symbolic link's target; EINVAL for anything else */
SYS_FUNCTION(digestIn) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0), number = 0;
	const char *name = call_name(&call, 1), *failed = "stat";
	uint64_t sum = FNV_START;
	char target[PATH_MAX];
	struct stat st;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		number = errno;
	} else if (S_ISREG(st.st_mode)) {
		number = add_file(directory, name, &sum, &failed);
	} else if (S_ISLNK(st.st_mode)) {
		ssize_t length = readlinkat(directory, name, target, sizeof(target));
		failed = "readlink";
		if (length < 0)
			number = errno;
		else
			sum = add(sum, target, (size_t)length);
	} else {
		failed = "open";
		number = EINVAL;
	}
	if (number != 0) return call_end_errno(&call, failed, name, number);
	return call_end(&call, hex(ctx, sum));
}

/* setAttributeIn(directory, name, attribute, bytes) */
SYS_FUNCTION(setAttributeIn) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0);
	const char *name = call_name(&call, 1), *attribute = call_path(&call, 2);
	size_t length = 0;
	const char *bytes = call_bytes(&call, 3, &length);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	/* The working directory goes there, as in copy.c. */
	if (fchdir(directory) < 0) return call_end_rc(&call, -1, "fchdir", name);
	return call_end_rc(&call, lsetxattr(name, attribute, bytes, length, 0), "setxattr", name);
}

/* removeAttributeIn(directory, name, attribute): false where there is none */
SYS_FUNCTION(removeAttributeIn) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0);
	const char *name = call_name(&call, 1), *attribute = call_path(&call, 2);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (fchdir(directory) < 0) return call_end_rc(&call, -1, "fchdir", name);
	if (lremovexattr(name, attribute) == 0) return call_end(&call, JS_TRUE);
	if (errno == ENODATA || errno == EOPNOTSUPP) return call_end(&call, JS_FALSE);
	return call_end_rc(&call, -1, "removexattr", name);
}
