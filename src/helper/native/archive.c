/*
 * What an archive of a tree is made of: facts of a file that statIn does not tell, and its content, which goes to standard
 * output without passing through the engine. All that is sent is counted and summed up, so that the other side can tell
 * whether it has all of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sys.h"

#define TAR_BLOCK 512

/* XATTR_SIZE_MAX and XATTR_LIST_MAX are 64 KiB. One more byte for a list that has no end. */
static char names[64 * 1024 + 1], data[64 * 1024];

static uint64_t sent_bytes;
static uint32_t sent_crc = 0xffffffff;

/* CRC-32 as zlib has it, four bits at a time: the table is small, and storage is slower. */
static void add_to_sum(const char *bytes, size_t length) {
	static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4,
		0xa00ae278, 0xbdbdf21c};

	for (size_t at = 0; at < length; at++) {
		sent_crc ^= (unsigned char)bytes[at];
		sent_crc = (sent_crc >> 4) ^ table[sent_crc & 15];
		sent_crc = (sent_crc >> 4) ^ table[sent_crc & 15];
	}
	sent_bytes += length;
}

static int send_all(const char *bytes, size_t length) {
	add_to_sum(bytes, length);
	while (length > 0) {
		ssize_t count = write(1, bytes, length);
		if (count < 0 && errno == EAGAIN) {
			struct pollfd out = {.fd = 1, .events = POLLOUT};
			poll(&out, 1, -1);
			continue;
		}
		if (count < 0 && errno == EINTR) continue;
		if (count < 0) return -1;
		bytes += count;
		length -= (size_t)count;
	}
	return 0;
}

/* send(bytes): all of them to standard output */
SYS_FUNCTION(send) {
	Call call = call_begin(ctx, argv);
	size_t length = 0;
	const char *bytes = call_bytes(&call, 0, &length);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	return call_end_rc(&call, send_all(bytes, length), "write", NULL);
}

static int set(JSContext *ctx, JSValueConst object, const char *name, JSValue value) {
	if (JS_IsException(value)) return -1;
	return JS_SetPropertyStr(ctx, object, name, value);
}

/* sent(): {bytes, crc32}: what send and sendIn have sent until now */
SYS_FUNCTION(sent) {
	JSValue result = JS_NewObject(ctx);
	char text[9];

	(void)self;
	(void)argc;
	(void)argv;
	snprintf(text, sizeof(text), "%08x", (unsigned)(sent_crc ^ 0xffffffff));
	if (JS_IsException(result)) return result;
	if (set(ctx, result, "bytes", JS_NewInt64(ctx, (int64_t)sent_bytes)) < 0 ||
		set(ctx, result, "crc32", JS_NewString(ctx, text)) < 0) {
		JS_FreeValue(ctx, result);
		return JS_EXCEPTION;
	}
	return result;
}

static int has_changed(const struct stat *a, const struct stat *b) {
	return a->st_size != b->st_size || a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
		a->st_mtim.tv_nsec != b->st_mtim.tv_nsec || a->st_ctim.tv_sec != b->st_ctim.tv_sec ||
		a->st_ctim.tv_nsec != b->st_ctim.tv_nsec;
}

/* Sends exactly `size` bytes and the rest of the last block: what is missing by now as zeros. */
static int send_content(int fd, long long size, const char **failed) {
	long long left = size;

	while (left > 0) {
		size_t most = left < (long long)sizeof(data) ? (size_t)left : sizeof(data);
		ssize_t count = read(fd, data, most);
		if (count < 0 && errno == EINTR) continue;
		*failed = "read";
		if (count < 0) return -1;
		if (count == 0) {
			memset(data, 0, most);
			count = (ssize_t)most;
		}
		*failed = "write";
		if (send_all(data, (size_t)count) < 0) return -1;
		left -= count;
	}
	memset(data, 0, TAR_BLOCK);
	*failed = "write";
	return send_all(data, (size_t)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK));
}

/*
 * sendIn(directory, name, size): a regular file's first `size` bytes, filled up with zeros to whole blocks. True where
 * somebody wrote to it meanwhile.
 */
SYS_FUNCTION(sendIn) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0), fd, rc = -1, number, changed;
	const char *name = call_name(&call, 1), *failed = "open";
	long long size = call_number(&call, 2, 0, LLONG_MAX / 2);
	struct stat before, after;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) return call_end_rc(&call, -1, failed, name);
	if (fstat(fd, &before) == 0 && S_ISREG(before.st_mode)) {
		rc = send_content(fd, size, &failed);
	} else {
		errno = EINVAL;
	}
	number = errno;
	changed = rc < 0 || fstat(fd, &after) < 0 || has_changed(&before, &after) || before.st_size != size;
	close(fd);
	if (rc < 0) return call_end_errno(&call, failed, name, number);
	return call_end(&call, JS_NewBool(ctx, changed));
}

/* Names and values in turn, into an array; -1 with an exception pending, or 1 with errno and `failed`. */
static int add_attributes(JSContext *ctx, JSValueConst array, const char *name, const char **failed) {
	ssize_t length = llistxattr(name, names, sizeof(names) - 1);
	uint32_t count = 0;

	*failed = "listxattr";
	if (length < 0) return errno == EOPNOTSUPP ? 0 : 1;
	names[length] = '\0';
	*failed = "getxattr";
	for (const char *one = names; one < names + length; one += strlen(one) + 1) {
		ssize_t size = lgetxattr(name, one, data, sizeof(data));
		JSValue value;
		if (size < 0 && errno == ENODATA) continue;
		if (size < 0) return 1;
		value = bytes_to_js(ctx, one, strlen(one));
		if (JS_IsException(value) || JS_SetPropertyUint32(ctx, array, count++, value) < 0) return -1;
		value = bytes_to_js(ctx, data, (size_t)size);
		if (JS_IsException(value) || JS_SetPropertyUint32(ctx, array, count++, value) < 0) return -1;
	}
	return 0;
}

/*
 * describeIn(directory, name): {modified, major, minor, target, attributes}. Seconds since 1970, the numbers of a device, where
 * a symbolic link leads ("" for anything else), and extended attributes: name, value, name, value.
 */
SYS_FUNCTION(describeIn) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0), rc;
	const char *name = call_name(&call, 1), *failed = "stat";
	JSValue result, attributes;
	char target[PATH_MAX];
	ssize_t length = 0;
	struct stat st;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0) return call_end_rc(&call, -1, failed, name);
	if (S_ISLNK(st.st_mode)) length = readlinkat(directory, name, target, sizeof(target));
	if (length < 0) return call_end_rc(&call, -1, "readlink", name);
	/* No system call before Linux 6.13 takes a descriptor and a name for extended attributes. */
	if (fchdir(directory) < 0) return call_end_rc(&call, -1, "fchdir", name);
	attributes = JS_NewArray(ctx);
	if (JS_IsException(attributes)) return call_end(&call, attributes);
	rc = add_attributes(ctx, attributes, name, &failed);
	if (rc != 0) {
		int number = errno;
		JS_FreeValue(ctx, attributes);
		return rc < 0 ? call_end(&call, JS_EXCEPTION) : call_end_errno(&call, failed, name, number);
	}
	result = JS_NewObject(ctx);
	if (JS_IsException(result)) {
		JS_FreeValue(ctx, attributes);
		return call_end(&call, result);
	}
	if (set(ctx, result, "attributes", attributes) < 0 ||
		set(ctx, result, "modified", JS_NewInt64(ctx, st.st_mtim.tv_sec)) < 0 ||
		set(ctx, result, "major", JS_NewInt64(ctx, major(st.st_rdev))) < 0 ||
		set(ctx, result, "minor", JS_NewInt64(ctx, minor(st.st_rdev))) < 0 ||
		set(ctx, result, "target", bytes_to_js(ctx, target, (size_t)length)) < 0) {
		JS_FreeValue(ctx, result);
		return call_end(&call, JS_EXCEPTION);
	}
	return call_end(&call, result);
}
