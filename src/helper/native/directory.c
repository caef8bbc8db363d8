/*
 * What lies in a directory, reached by a descriptor of it and one name: no symbolic link is followed, no mount is entered,
 * and a path may be as deep as it likes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys.h"

#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* linux/openat2.h, which C libraries do not bring. */
struct how {
	uint64_t flags, mode, resolve;
};
#define NO_OTHER_MOUNT 0x01

static int open_directory(int directory, const char *name) {
	struct stat above, below;
	int fd;

#ifdef SYS_openat2
	struct how how = {.flags = OPEN_FLAGS, .mode = 0, .resolve = NO_OTHER_MOUNT};
	fd = (int)syscall(SYS_openat2, directory, name, &how, sizeof(how));
	if (fd >= 0 || errno != ENOSYS) return fd;
#endif
	/* Before Linux 5.6 only a mount of another file system can be told. */
	fd = openat(directory, name, OPEN_FLAGS);
	if (fd < 0) return -1;
	if (fstat(directory, &above) == 0 && fstat(fd, &below) == 0 && above.st_dev == below.st_dev) return fd;
	close(fd);
	errno = EXDEV;
	return -1;
}

/* openIn(directory, name): a descriptor; ".." is the directory above. EXDEV where something is mounted there. */
SYS_FUNCTION(openIn) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0), fd;
	const char *name = call_name(&call, 1);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	fd = open_directory(directory, name);
	if (fd < 0) return call_end_rc(&call, -1, "open", name);
	return call_end(&call, JS_NewInt32(ctx, fd));
}

/* close(descriptor) */
SYS_FUNCTION(close) {
	Call call = call_begin(ctx, argv);
	int fd = call_descriptor(&call, 0);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	return call_end_rc(&call, close(fd), "close", NULL);
}

/* The kernel's struct linux_dirent64: inode and position of 8 bytes, length of the record, type, name. */
#define RECORD_LENGTH 16
#define RECORD_NAME 19

static int is_self_or_above(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

/* Adds the names of a buffer; -1 with an exception pending. */
static int add_names(JSContext *ctx, JSValueConst array, uint32_t *count, const char *data, size_t length) {
	size_t at = 0;

	while (at < length) {
		const char *name = data + at + RECORD_NAME;
		unsigned short size;
		memcpy(&size, data + at + RECORD_LENGTH, sizeof(size));
		at += size;
		if (is_self_or_above(name)) continue;
		JSValue item = bytes_to_js(ctx, name, strlen(name));
		if (JS_IsException(item) || JS_SetPropertyUint32(ctx, array, (*count)++, item) < 0) return -1;
	}
	return 0;
}

/* entries(directory): the names that come next, a few hundred at a time; none once all were given */
SYS_FUNCTION(entries) {
	static char data[32 * 1024];
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0);
	uint32_t count = 0;
	JSValue array;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	array = JS_NewArray(ctx);
	while (!JS_IsException(array) && count == 0) {
		long length = syscall(SYS_getdents64, directory, data, sizeof(data));
		if (length == 0) break;
		/* ENOENT: the directory was removed; nothing is in it any more. */
		if (length < 0 && errno == ENOENT) break;
		if (length < 0) {
			int number = errno;
			JS_FreeValue(ctx, array);
			return call_end_errno(&call, "getdents", NULL, number);
		}
		if (add_names(ctx, array, &count, data, (size_t)length) < 0) {
			JS_FreeValue(ctx, array);
			return call_end(&call, JS_EXCEPTION);
		}
	}
	return call_end(&call, array);
}

static int set_number(JSContext *ctx, JSValueConst object, const char *name, int64_t value) {
	return JS_SetPropertyStr(ctx, object, name, JS_NewInt64(ctx, value));
}

/* Inode numbers have 64 bits, numbers here 53. */
static int set_identity(JSContext *ctx, JSValueConst object, const struct stat *st) {
	char text[64];

	snprintf(text, sizeof(text), "%llu:%llu", (unsigned long long)st->st_dev, (unsigned long long)st->st_ino);
	if (JS_SetPropertyStr(ctx, object, "id", JS_NewString(ctx, text)) < 0) return -1;
	snprintf(text, sizeof(text), "%lld.%09ld", (long long)st->st_ctim.tv_sec, (long)st->st_ctim.tv_nsec);
	return JS_SetPropertyStr(ctx, object, "changed", JS_NewString(ctx, text));
}

/*
 * statIn(directory, name): {mode, uid, gid, size, allocated, links, id, changed, rdev}; undefined where there is nothing.
 * `allocated` is in bytes, `id` tells one file from every other, `changed` is the time of its last change, `rdev` is 0 for
 * a whiteout.
 */
SYS_FUNCTION(statIn) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0);
	const char *name = call_name(&call, 1);
	struct stat st;
	JSValue result;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT) return call_end(&call, JS_UNDEFINED);
		return call_end_rc(&call, -1, "stat", name);
	}
	result = JS_NewObject(ctx);
	if (JS_IsException(result) || set_number(ctx, result, "mode", st.st_mode) < 0 ||
		set_number(ctx, result, "uid", st.st_uid) < 0 || set_number(ctx, result, "gid", st.st_gid) < 0 ||
		set_number(ctx, result, "size", st.st_size) < 0 ||
		set_number(ctx, result, "allocated", (int64_t)st.st_blocks * 512) < 0 ||
		set_number(ctx, result, "links", (int64_t)st.st_nlink) < 0 ||
		set_number(ctx, result, "rdev", (int64_t)st.st_rdev) < 0 || set_identity(ctx, result, &st) < 0) {
		JS_FreeValue(ctx, result);
		return call_end(&call, JS_EXCEPTION);
	}
	return call_end(&call, result);
}

/* makeDirectoryIn(directory, name, mode): false where the name is taken; the mode is as given, whatever the umask */
SYS_FUNCTION(makeDirectoryIn) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0);
	const char *name = call_name(&call, 1);
	mode_t mode = (mode_t)call_number(&call, 2, 0, 07777);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (mkdirat(directory, name, mode) < 0) {
		if (errno == EEXIST) return call_end(&call, JS_FALSE);
		return call_end_rc(&call, -1, "mkdir", name);
	}
	if (fchmodat(directory, name, mode, 0) < 0) return call_end_rc(&call, -1, "chmod", name);
	return call_end(&call, JS_TRUE);
}

/* removeIn(directory, name): "removed", "missing", or "directory" where it is one and stays */
SYS_FUNCTION(removeIn) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0);
	const char *name = call_name(&call, 1);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (unlinkat(directory, name, 0) == 0) return call_end(&call, JS_NewString(ctx, "removed"));
	if (errno == ENOENT) return call_end(&call, JS_NewString(ctx, "missing"));
	if (errno == EISDIR) return call_end(&call, JS_NewString(ctx, "directory"));
	return call_end_rc(&call, -1, "unlink", name);
}

/* removeDirectoryIn(directory, name): false where something is in it; true once there is nothing of that name */
SYS_FUNCTION(removeDirectoryIn) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0);
	const char *name = call_name(&call, 1);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (unlinkat(directory, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return call_end(&call, JS_TRUE);
	if (errno == ENOTEMPTY || errno == EEXIST) return call_end(&call, JS_FALSE);
	return call_end_rc(&call, -1, "rmdir", name);
}

/* renameIn(directory, name, to directory, to name) */
SYS_FUNCTION(renameIn) {
	Call call = call_begin(ctx, argv);
	int from = call_descriptor(&call, 0);
	const char *name = call_name(&call, 1);
	int to = call_descriptor(&call, 2);
	const char *new_name = call_name(&call, 3);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	return call_end_rc(&call, renameat(from, name, to, new_name), "rename", name);
}

/* linkIn(directory, name, to directory, to name): false where there is nothing to link to, or it has links enough */
SYS_FUNCTION(linkIn) {
	Call call = call_begin(ctx, argv);
	int from = call_descriptor(&call, 0);
	const char *name = call_name(&call, 1);
	int to = call_descriptor(&call, 2);
	const char *new_name = call_name(&call, 3);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (linkat(from, name, to, new_name, 0) == 0) return call_end(&call, JS_TRUE);
	if (errno == ENOENT || errno == EMLINK) return call_end(&call, JS_FALSE);
	return call_end_rc(&call, -1, "link", name);
}
