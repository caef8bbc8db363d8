/*
 * What one thing costs, in nanoseconds. The clock is read here, so that nothing of the interpreter is in the time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"

#define CHANGED_BYTES 512

struct work {
	int directory;
	const char *name;
	long long size;
	int sync;
};

static char data[64 * 1024];

static long long now(void) {
	struct timespec time = {0, 0};

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (long long)time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Content that no file system can compress: with zeros, JFFS2 and UBIFS would have next to nothing to write. */
static void fill(void) {
	uint32_t word = 2463534242u;

	for (size_t at = 0; at < sizeof(data); at += sizeof(word)) {
		word ^= word << 13, word ^= word >> 17, word ^= word << 5;
		memcpy(data + at, &word, sizeof(word));
	}
}

static int finish(int fd, int rc, int sync) {
	int number;

	if (rc == 0 && sync) rc = fsync(fd);
	number = errno;
	if (close(fd) < 0 && rc == 0) return -1;
	errno = number;
	return rc;
}

/* The first `left` bytes of a file. */
static int put(int fd, long long left) {
	while (left > 0) {
		ssize_t count = write(fd, data, left < (long long)sizeof(data) ? (size_t)left : sizeof(data));
		if (count < 0 && errno == EINTR) continue;
		if (count < 0) return -1;
		left -= count;
	}
	return 0;
}

static int do_write(const struct work *work) {
	int fd = openat(work->directory, work->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : finish(fd, put(fd, work->size), work->sync);
}

static int do_change(const struct work *work) {
	int fd = openat(work->directory, work->name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -1 : finish(fd, put(fd, CHANGED_BYTES), work->sync);
}

static int do_read(const struct work *work) {
	static char into[64 * 1024];
	int fd = openat(work->directory, work->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), rc = 0;

	if (fd < 0) return -1;
	for (long long left = work->size; left > 0;) {
		ssize_t count = read(fd, into, left < (long long)sizeof(into) ? (size_t)left : sizeof(into));
		if (count < 0 && errno == EINTR) continue;
		if (count < 0) rc = -1;
		if (count <= 0) break;
		left -= count;
	}
	return finish(fd, rc, 0);
}

static int do_remove(const struct work *work) { return unlinkat(work->directory, work->name, 0); }

/* Some file systems have no fsync for directories. */
static int do_settle(const struct work *work) {
	return fsync(work->directory) < 0 && errno != EINVAL ? -1 : 0;
}

/* The names in a directory, and the status of each: at byte 16 of a record its length, at 19 the name. */
static int do_list(const struct work *work) {
	static char records[32 * 1024];
	int fd = openat(work->directory, work->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	long length;

	if (fd < 0) return -1;
	while ((length = syscall(SYS_getdents64, fd, records, sizeof(records))) > 0) {
		for (long at = 0; at < length;) {
			unsigned short size;
			struct stat status;
			/* What was removed meanwhile has none. */
			if (fstatat(fd, records + at + 19, &status, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
				return finish(fd, -1, 0);
			memcpy(&size, records + at + 16, sizeof(size));
			at += size;
		}
	}
	return finish(fd, length < 0 ? -1 : 0, 0);
}

/* Of the whole device: only pages that are on the storage can be dropped. */
static int do_drop(const struct work *work) {
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	(void)work;
	if (fd < 0) return -1;
	sync();
	return finish(fd, write(fd, "3\n", 2) == 2 ? 0 : -1, 0);
}

static const struct {
	const char *name, *syscall;
	int (*act)(const struct work *work);
} actions[] = {
	{"write", "write", do_write},    {"change", "write", do_change}, {"read", "read", do_read},
	{"remove", "unlink", do_remove}, {"settle", "fsync", do_settle}, {"list", "getdents", do_list},
	{"drop", "drop", do_drop},
};

/*
 * timeIn(directory, name, action, size, sync): nanoseconds of "write" a new file of `size` bytes, "change" the start of one
 * that is there, "read" its first `size` bytes, "remove" it, "list" a directory, "settle" the directory itself, or "drop"
 * what the kernel has cached. With `sync` writing ends when the storage has it.
 */
SYS_FUNCTION(timeIn) {
	Call call = call_begin(ctx, argv);
	struct work work = {call_descriptor(&call, 0), call_name(&call, 1), 0, 0};
	const char *action = call_path(&call, 2);

	work.size = call_number(&call, 3, 0, 1LL << 30);
	work.sync = (int)call_number(&call, 4, 0, 1);
	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (data[0] == 0) fill();
	for (size_t index = 0; index < sizeof(actions) / sizeof(actions[0]); index++) {
		long long start;
		if (strcmp(actions[index].name, action) != 0) continue;
		start = now();
		if (actions[index].act(&work) < 0) return call_end_rc(&call, -1, actions[index].syscall, work.name);
		return call_end(&call, JS_NewInt64(ctx, now() - start));
	}
	return call_end_errno(&call, "time", action, EINVAL);
}
