/*
 * Whether two files are the same to whoever opens them: type, owner, mode, content, and extended attributes but those that
 * the overlay notes for itself. Bounded memory, whatever their size.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sys.h"

#define OWN "trusted.overlay."
#define SLICE (32 * 1024)

/* XATTR_LIST_MAX and XATTR_SIZE_MAX; one more byte for a list that has no end. */
static char names[64 * 1024 + 1], values[2][64 * 1024];

static int open_file(int directory, const char *name, struct stat *st) {
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, st) == 0) return fd;
	if (fd >= 0) close(fd);
	return -1;
}

/* Fills the buffer as far as the file goes; -1 on failure. */
static ssize_t read_slice(int fd, char *data, off_t at) {
	size_t have = 0;

	while (have < SLICE) {
		ssize_t count = pread(fd, data + have, SLICE - have, at + (off_t)have);
		if (count < 0 && errno == EINTR) continue;
		if (count < 0) return -1;
		if (count == 0) break;
		have += (size_t)count;
	}
	return (ssize_t)have;
}

/* 1, 0, or -1 on failure. */
static int same_content(int one, int other) {
	for (off_t at = 0;; at += SLICE) {
		ssize_t length = read_slice(one, values[0], at);
		if (length < 0 || read_slice(other, values[1], at) != length) return length < 0 ? -1 : 0;
		if (memcmp(values[0], values[1], (size_t)length) != 0) return 0;
		if (length < SLICE) return 1;
	}
}

/* Whether the other file has every attribute of this one, with the same value. */
static int has_attributes_of(int one, int other) {
	ssize_t length = flistxattr(one, names, sizeof(names) - 1);

	if (length < 0) return errno == EOPNOTSUPP ? 1 : -1;
	names[length] = '\0';
	for (const char *name = names; name < names + length; name += strlen(name) + 1) {
		ssize_t size, found;
		if (strncmp(name, OWN, strlen(OWN)) == 0) continue;
		size = fgetxattr(one, name, values[0], sizeof(values[0]));
		found = fgetxattr(other, name, values[1], sizeof(values[1]));
		if (size < 0) return -1;
		if (found != size || memcmp(values[0], values[1], (size_t)size) != 0) return 0;
	}
	return 1;
}

static int same(int one, const struct stat *a, int other, const struct stat *b) {
	int rc;

	if (!S_ISREG(a->st_mode) || a->st_mode != b->st_mode || a->st_uid != b->st_uid || a->st_gid != b->st_gid ||
		a->st_size != b->st_size)
		return 0;
	rc = has_attributes_of(one, other);
	if (rc == 1) rc = has_attributes_of(other, one);
	return rc == 1 ? same_content(one, other) : rc;
}

/* For what has no content to be read: type, owner, mode, number, and where a link leads. -1 on failure. */
static int same_node(int directory, const char *name, const struct stat *a, int other, const char *other_name,
	const struct stat *b) {
	ssize_t length, found;

	if (a->st_mode != b->st_mode || a->st_uid != b->st_uid || a->st_gid != b->st_gid || a->st_rdev != b->st_rdev) return 0;
	if (!S_ISLNK(a->st_mode)) return 1;
	length = readlinkat(directory, name, values[0], sizeof(values[0]));
	found = readlinkat(other, other_name, values[1], sizeof(values[1]));
	if (length < 0 || found < 0) return -1;
	return length == found && memcmp(values[0], values[1], (size_t)length) == 0;
}

/* equalIn(directory, name, other directory, other name): whether both are the same and no directories */
SYS_FUNCTION(equalIn) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0), one, other, rc, number;
	const char *name = call_name(&call, 1);
	int other_directory = call_descriptor(&call, 2);
	const char *other_name = call_name(&call, 3);
	struct stat a, b;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (fstatat(directory, name, &a, AT_SYMLINK_NOFOLLOW) < 0) return call_end_rc(&call, -1, "stat", name);
	if (fstatat(other_directory, other_name, &b, AT_SYMLINK_NOFOLLOW) < 0)
		return call_end_rc(&call, -1, "stat", other_name);
	if (S_ISDIR(a.st_mode) || (S_ISREG(a.st_mode) && !S_ISREG(b.st_mode))) return call_end(&call, JS_FALSE);
	if (!S_ISREG(a.st_mode)) {
		rc = same_node(directory, name, &a, other_directory, other_name, &b);
		if (rc < 0) return call_end_rc(&call, -1, "readlink", name);
		return call_end(&call, JS_NewBool(ctx, rc));
	}
	one = open_file(directory, name, &a);
	if (one < 0) return call_end_rc(&call, -1, "open", name);
	other = open_file(other_directory, other_name, &b);
	rc = other < 0 ? -1 : same(one, &a, other, &b);
	number = errno;
	close(one);
	if (other >= 0) close(other);
	if (rc < 0) return call_end_errno(&call, other < 0 ? "open" : "read", other_name, number);
	return call_end(&call, JS_NewBool(ctx, rc));
}
