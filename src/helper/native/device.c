/* Raw devices: what a node is, a copy of its bytes, and making it blank. Nothing here decides whether that is right. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sys.h"

/* As in the kernel's mtd-abi.h, which C libraries do not bring along; its layout is the same for ever. */
struct mtd_info_user {
	uint8_t type;
	uint32_t flags, size, erasesize, writesize, oobsize;
	uint64_t padding;
};
struct erase_info_user {
	uint32_t start, length;
};
#define MEMGETINFO _IOR('M', 1, struct mtd_info_user)
#define MEMERASE _IOW('M', 2, struct erase_info_user)
#define MEMGETBADBLOCK _IOW('M', 11, int64_t)

#define CHUNK (64 * 1024)
#define SIZE_MAX_JS (1LL << 52)

/* {kind, major, minor}: kind is "block", "character" or "other"; undefined where there is nothing. Follows links. */
SYS_FUNCTION(deviceAt) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0), *kind;
	struct stat st;
	JSValue result;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (stat(path, &st) < 0) {
		if (errno == ENOENT || errno == ENOTDIR) return call_end(&call, JS_UNDEFINED);
		return call_end_rc(&call, -1, "stat", path);
	}
	kind = S_ISBLK(st.st_mode) ? "block" : S_ISCHR(st.st_mode) ? "character" : "other";
	result = JS_NewObject(ctx);
	if (JS_IsException(result) || JS_SetPropertyStr(ctx, result, "kind", JS_NewString(ctx, kind)) < 0 ||
		JS_SetPropertyStr(ctx, result, "major", JS_NewInt64(ctx, major(st.st_rdev))) < 0 ||
		JS_SetPropertyStr(ctx, result, "minor", JS_NewInt64(ctx, minor(st.st_rdev))) < 0) {
		JS_FreeValue(ctx, result);
		return call_end(&call, JS_EXCEPTION);
	}
	return call_end(&call, result);
}

/* Exactly `length` bytes; 0 with errno where there are fewer. */
static int read_exactly(int fd, char *data, size_t length) {
	size_t have = 0;

	while (have < length) {
		ssize_t count = read(fd, data + have, length - have);
		if (count < 0 && errno == EINTR) continue;
		if (count == 0) errno = ENODATA;
		if (count <= 0) return 0;
		have += (size_t)count;
	}
	return 1;
}

static int write_exactly(int fd, const char *data, size_t length) {
	while (length > 0) {
		ssize_t count = write(fd, data, length);
		if (count < 0 && errno == EINTR) continue;
		if (count < 0) return 0;
		data += count;
		length -= (size_t)count;
	}
	return 1;
}

/* What failed, or NULL. With `compare` the second one is read and held against the first. */
static const char *transfer(int from, int to, long long length, int compare, char *data, char *other) {
	if (lseek(from, 0, SEEK_SET) < 0 || lseek(to, 0, SEEK_SET) < 0) return "lseek";
	while (length > 0) {
		size_t part = length < CHUNK ? (size_t)length : CHUNK;
		if (!read_exactly(from, data, part)) return "read";
		if (!compare && !write_exactly(to, data, part)) return "write";
		if (compare && !read_exactly(to, other, part)) return "read";
		if (compare && memcmp(data, other, part) != 0) {
			errno = EIO;
			return "compare";
		}
		length -= (long long)part;
	}
	return NULL;
}

/*
 * copyDevice(path, length, copy): the first `length` bytes into a new file, on the storage and read back from there when
 * this returns. A copy that is not whole is removed again.
 */
SYS_FUNCTION(copyDevice) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0), *copy, *failed = NULL;
	long long length = call_number(&call, 1, 1, SIZE_MAX_JS);
	char *data, *other;
	int from, to, number;

	copy = call_path(&call, 2);
	data = call_memory(&call, CHUNK);
	other = call_memory(&call, CHUNK);
	if (call.failed) return call_end(&call, JS_EXCEPTION);
	from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0) return call_end_rc(&call, -1, "open", path);
	to = open(copy, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0) {
		number = errno;
		close(from);
		return call_end_errno(&call, "open", copy, number);
	}
	failed = transfer(from, to, length, 0, data, other);
	if (failed == NULL && fsync(to) < 0) failed = "fsync";
	if (failed == NULL) {
		/* The storage is asked, not the memory. */
		posix_fadvise(to, 0, 0, POSIX_FADV_DONTNEED);
		failed = transfer(from, to, length, 1, data, other);
	}
	number = errno;
	close(from);
	if (close(to) < 0 && failed == NULL) {
		failed = "close";
		number = errno;
	}
	if (failed == NULL) return call_end(&call, JS_UNDEFINED);
	unlink(copy);
	return call_end_errno(&call, failed, copy, number);
}

/* zeroDevice(path, length): O_EXCL on a block device fails with EBUSY where it, its disk or a partition of it is in use */
SYS_FUNCTION(zeroDevice) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0), *failed = NULL;
	long long length = call_number(&call, 1, 1, SIZE_MAX_JS);
	char *data = call_memory(&call, CHUNK);
	int fd, number;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	memset(data, 0, CHUNK);
	fd = open(path, O_WRONLY | O_EXCL | O_CLOEXEC);
	if (fd < 0) return call_end_rc(&call, -1, "open", path);
	while (length > 0 && failed == NULL) {
		size_t part = length < CHUNK ? (size_t)length : CHUNK;
		if (!write_exactly(fd, data, part)) failed = "write";
		length -= (long long)part;
	}
	if (failed == NULL && fsync(fd) < 0) failed = "fsync";
	number = errno;
	if (close(fd) < 0 && failed == NULL) {
		failed = "close";
		number = errno;
	}
	if (failed != NULL) return call_end_errno(&call, failed, path, number);
	return call_end(&call, JS_UNDEFINED);
}

static int is_erased(const char *data, size_t length) {
	size_t i;

	for (i = 0; i < length; i++)
		if ((unsigned char)data[i] != 0xff) return 0;
	return 1;
}

/* What failed, or NULL; counts the blocks that were erased. */
static const char *erase_block(int fd, long long at, unsigned size, char *data, long long *erased) {
	struct erase_info_user place = {.start = (unsigned)at, .length = size};
	int64_t offset = at;
	int bad = ioctl(fd, MEMGETBADBLOCK, &offset);

	/* Flash without bad blocks does not know the question. */
	if (bad > 0) return NULL;
	if (bad < 0 && errno != EOPNOTSUPP) return "ioctl MEMGETBADBLOCK";
	if (lseek(fd, at, SEEK_SET) < 0) return "lseek";
	/* A block that cannot be read, for its check bits are wrong, is not an erased one. */
	if (read_exactly(fd, data, size) && is_erased(data, size)) return NULL;
	if (ioctl(fd, MEMERASE, &place) < 0) return "ioctl MEMERASE";
	(*erased)++;
	return NULL;
}

/*
 * eraseFlash(path, size, block): the number of blocks that were not blank. Refuses (EINVAL) a partition of another size or
 * erase block. The first block goes last: a mark at the start of the partition stays until all the rest is done.
 */
SYS_FUNCTION(eraseFlash) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0), *failed = NULL;
	long long size = call_number(&call, 1, 1, 0xffffffffLL), at, erased = 0;
	unsigned block = (unsigned)call_number(&call, 2, 512, 64 * 1024 * 1024);
	char *data = call_memory(&call, block);
	struct mtd_info_user info;
	int fd, number;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) return call_end_rc(&call, -1, "open", path);
	if (ioctl(fd, MEMGETINFO, &info) < 0) {
		failed = "ioctl MEMGETINFO";
	} else if (info.size != size || info.erasesize != block || size % block != 0) {
		failed = "ioctl MEMGETINFO";
		errno = EINVAL;
	}
	for (at = size - block; at >= 0 && failed == NULL; at -= block) failed = erase_block(fd, at, block, data, &erased);
	number = errno;
	close(fd);
	if (failed != NULL) return call_end_errno(&call, failed, path, number);
	return call_end(&call, JS_NewInt64(ctx, erased));
}

/* setReadOnly(path): false where the block device was read-only already */
SYS_FUNCTION(setReadOnly) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0);
	int fd, on = 0, number;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) return call_end_rc(&call, -1, "open", path);
	if (ioctl(fd, BLKROGET, &on) == 0 && on != 0) {
		close(fd);
		return call_end(&call, JS_FALSE);
	}
	on = 1;
	if (ioctl(fd, BLKROSET, &on) < 0) {
		number = errno;
		close(fd);
		return call_end_errno(&call, "ioctl BLKROSET", path, number);
	}
	close(fd);
	return call_end(&call, JS_TRUE);
}
