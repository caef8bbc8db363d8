/*
 * One file as it is: content with its holes, owner, mode, extended attributes, times. Bounded memory, whatever its size.
 *
 * No system call before Linux 6.13 takes a descriptor and a name for extended attributes, so the working directory goes to
 * where they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sys.h"

/* The answer of copyIn and copyAttributes. */
#define CHANGED 1 /* somebody wrote to the file meanwhile */
#define FLAGGED 2 /* immutable or append-only, which the copy is not */

/* linux/fs.h, which C libraries do not bring. The kernel reads and writes an int, although the number says long. */
#define GET_FLAGS _IOR('f', 1, long)
#define SET_FLAGS _IOW('f', 2, long)
#define IMMUTABLE_OR_APPEND 0x30

struct place {
	int directory;
	const char *name;
};

/* XATTR_SIZE_MAX and XATTR_LIST_MAX are 64 KiB. One more byte for a list that has no end. */
static char names[64 * 1024 + 1], data[64 * 1024];

static int is_flagged(int fd) {
	int flags[2] = {0, 0};

	return ioctl(fd, GET_FLAGS, flags) == 0 && (flags[0] & IMMUTABLE_OR_APPEND) != 0;
}

static int all_zero(const char *bytes, size_t length) {
	return length == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

static int write_at(int fd, const char *bytes, size_t length, off_t at) {
	while (length > 0) {
		ssize_t count = pwrite(fd, bytes, length, at);
		if (count < 0 && errno == EINTR) continue;
		if (count < 0) return -1;
		bytes += count;
		at += count;
		length -= (size_t)count;
	}
	return 0;
}

/* Copies what lies between two offsets; 1 at the end of the file, -1 on failure. */
static int copy_range(int from, int to, off_t at, off_t end, int sparse, const char **failed) {
	while (at < end) {
		off_t left = end - at;
		ssize_t count = pread(from, data, left < (off_t)sizeof(data) ? (size_t)left : sizeof(data), at);
		if (count < 0 && errno == EINTR) continue;
		if (count == 0) return 1;
		*failed = count < 0 ? "read" : "write";
		if (count < 0) return -1;
		/* Where the file system does not tell its holes. */
		if (!(sparse && all_zero(data, (size_t)count)) && write_at(to, data, (size_t)count, at) < 0) return -1;
		at += count;
	}
	return 0;
}

static int copy_data(int from, int to, const struct stat *st, const char **failed) {
	int sparse = (long long)st->st_blocks * 512 < (long long)st->st_size;
	off_t at = 0;

	/* What is appended meanwhile is not waited for. */
	for (int rc = 0; rc == 0 && at < st->st_size;) {
		off_t end = -1, start = lseek(from, at, SEEK_DATA);
		if (start < 0 && errno == ENXIO) break;
		if (start >= 0) end = lseek(from, start, SEEK_HOLE);
		/* Linux before 3.1 knows neither. */
		if (end < 0) start = at;
		if (end < 0 || end > st->st_size) end = st->st_size;
		rc = copy_range(from, to, start, end, sparse, failed);
		if (rc < 0) return -1;
		at = end;
	}
	*failed = "truncate";
	return ftruncate(to, st->st_size);
}

static int has_changed(const struct stat *before, const struct stat *after) {
	return before->st_size != after->st_size || before->st_mtim.tv_sec != after->st_mtim.tv_sec ||
		before->st_mtim.tv_nsec != after->st_mtim.tv_nsec || before->st_ctim.tv_sec != after->st_ctim.tv_sec ||
		before->st_ctim.tv_nsec != after->st_ctim.tv_nsec;
}

/* Returns bits of the answer, or -1. `st` becomes the state of the file once it was read. */
static int copy_regular(struct place from, struct place to, struct stat *st, const char **failed) {
	int source, target, bits = -1, number;

	*failed = "open";
	source = openat(from.directory, from.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (source < 0) return -1;
	target = openat(to.directory, to.name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (target >= 0 && fstat(source, st) == 0 && copy_data(source, target, st, failed) == 0) {
		struct stat after;
		bits = is_flagged(source) ? FLAGGED : 0;
		if (fstat(source, &after) < 0 || has_changed(st, &after)) bits |= CHANGED;
	}
	number = errno;
	close(source);
	if (target >= 0 && close(target) < 0 && bits >= 0) {
		number = errno;
		*failed = "close";
		bits = -1;
	}
	errno = number;
	return bits;
}

static int copy_link(struct place from, struct place to, const char **failed) {
	ssize_t length = readlinkat(from.directory, from.name, data, PATH_MAX + 1);

	*failed = "readlink";
	if (length < 0) return -1;
	data[length] = '\0';
	*failed = "symlink";
	return symlinkat(data, to.directory, to.name);
}

static int enter(struct place place, const char **failed) {
	*failed = "fchdir";
	return fchdir(place.directory);
}

/* All of them: access control lists, capabilities, and what the overlay notes there. */
static int copy_xattrs(struct place from, struct place to, const char **failed) {
	ssize_t length, size;

	if (enter(from, failed) < 0) return -1;
	*failed = "listxattr";
	length = llistxattr(from.name, names, sizeof(names) - 1);
	if (length < 0) return errno == EOPNOTSUPP ? 0 : -1;
	names[length] = '\0';
	for (const char *name = names; name < names + length; name += strlen(name) + 1) {
		if (enter(from, failed) < 0) return -1;
		*failed = "getxattr";
		size = lgetxattr(from.name, name, data, sizeof(data));
		if (size < 0 && errno == ENODATA) continue;
		if (size < 0 || enter(to, failed) < 0) return -1;
		*failed = "setxattr";
		if (lsetxattr(to.name, name, data, (size_t)size, 0) < 0) return -1;
	}
	return 0;
}

/* Changing the owner takes setuid and capabilities away, so it comes first; the times come last. */
static int copy_attributes(struct place from, struct place to, const struct stat *st, const char **failed) {
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	*failed = "chown";
	if (fchownat(to.directory, to.name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0) return -1;
	*failed = "chmod";
	if (!S_ISLNK(st->st_mode) && fchmodat(to.directory, to.name, st->st_mode & 07777, 0) < 0) return -1;
	if (copy_xattrs(from, to, failed) < 0) return -1;
	*failed = "utimensat";
	return utimensat(to.directory, to.name, times, AT_SYMLINK_NOFOLLOW);
}

static int copy_node(struct place from, struct place to, const char **failed) {
	struct stat st;
	int bits;

	*failed = "stat";
	if (fstatat(from.directory, from.name, &st, AT_SYMLINK_NOFOLLOW) < 0) return -1;
	if (S_ISREG(st.st_mode)) {
		bits = copy_regular(from, to, &st, failed);
	} else if (S_ISLNK(st.st_mode)) {
		bits = copy_link(from, to, failed);
	} else {
		*failed = "mknod";
		bits = mknodat(to.directory, to.name, (st.st_mode & S_IFMT) | 0600, st.st_rdev);
	}
	if (bits < 0 || copy_attributes(from, to, &st, failed) < 0) return -1;
	return bits;
}

/*
 * copyIn(directory, name, to directory, to name): a copy of anything but a directory, under a name that is free. Returns
 * 1 where the file changed meanwhile, plus 2 where it is immutable or append-only; that the copy is not.
 */
SYS_FUNCTION(copyIn) {
	Call call = call_begin(ctx, argv);
	struct place from = {call_descriptor(&call, 0), call_name(&call, 1)};
	struct place to = {call_descriptor(&call, 2), call_name(&call, 3)};
	const char *failed;
	int bits;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	bits = copy_node(from, to, &failed);
	if (bits < 0) return call_end_rc(&call, -1, failed, from.name);
	return call_end(&call, JS_NewInt32(ctx, bits));
}

/* copyAttributes(directory, to directory): owner, mode, extended attributes, times. Returns 2 as copyIn does, or 0. */
SYS_FUNCTION(copyAttributes) {
	Call call = call_begin(ctx, argv);
	struct place from = {call_descriptor(&call, 0), "."}, to = {call_descriptor(&call, 1), "."};
	const char *failed = "stat";
	struct stat st;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (fstat(from.directory, &st) < 0 || copy_attributes(from, to, &st, &failed) < 0)
		return call_end_rc(&call, -1, failed, NULL);
	return call_end(&call, JS_NewInt32(ctx, is_flagged(from.directory) ? FLAGGED : 0));
}

/* loosenIn(directory, name): takes the immutable and append-only flags away; file systems without flags have none */
SYS_FUNCTION(loosenIn) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0);
	const char *name = call_name(&call, 1);
	int flags[2] = {0, 0}, fd, rc = 0, number;
	struct stat st;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	/* Opening a device would ask its driver. */
	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0) return call_end_rc(&call, -1, "stat", name);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) return call_end(&call, JS_UNDEFINED);
	fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) return call_end_rc(&call, -1, "open", name);
	if (ioctl(fd, GET_FLAGS, flags) == 0 && (flags[0] & IMMUTABLE_OR_APPEND) != 0) {
		flags[0] &= ~IMMUTABLE_OR_APPEND;
		rc = ioctl(fd, SET_FLAGS, flags);
	}
	number = errno;
	close(fd);
	if (rc < 0) return call_end_errno(&call, "ioctl", name, number);
	return call_end(&call, JS_UNDEFINED);
}

/* attributeIn(directory, name, attribute): an extended attribute of the file itself; undefined where it has none */
SYS_FUNCTION(attributeIn) {
	Call call = call_begin(ctx, argv);
	struct place place = {call_descriptor(&call, 0), call_name(&call, 1)};
	const char *attribute = call_path(&call, 2), *failed;
	ssize_t size = -1;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (enter(place, &failed) == 0) {
		failed = "getxattr";
		size = lgetxattr(place.name, attribute, data, sizeof(data));
		if (size < 0 && (errno == ENODATA || errno == EOPNOTSUPP)) return call_end(&call, JS_UNDEFINED);
	}
	if (size < 0) return call_end_rc(&call, -1, failed, place.name);
	return call_end(&call, bytes_to_js(ctx, data, (size_t)size));
}
