/* Small files that have to survive a power cut, and what makes them do so. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"

/* Nothing but a regular file: a FIFO would hang, a device would do what devices do. */
static int open_file(int directory, const char *name, int flags) {
	int fd = openat(directory, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
	struct stat st;

	if (fd < 0) return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/* readIn(directory, name, limit): the first `limit` bytes; undefined where there is nothing */
SYS_FUNCTION(readIn) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0), fd, number = 0;
	const char *name = call_name(&call, 1);
	size_t limit = (size_t)call_number(&call, 2, 0, 1024 * 1024), have = 0;
	char *data = call_memory(&call, limit + 1);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	fd = open_file(directory, name, O_RDONLY);
	if (fd < 0 && errno == ENOENT) return call_end(&call, JS_UNDEFINED);
	if (fd < 0) return call_end_rc(&call, -1, "open", name);
	while (have < limit) {
		ssize_t count = read(fd, data + have, limit - have);
		if (count < 0 && errno == EINTR) continue;
		if (count < 0) number = errno;
		if (count <= 0) break;
		have += (size_t)count;
	}
	close(fd);
	if (number != 0) return call_end_errno(&call, "read", name, number);
	return call_end(&call, bytes_to_js(ctx, data, have));
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

/*
 * writeIn(directory, name, bytes, append): makes the file's whole content these bytes, or appends them, and returns once
 * they are on the storage.
 *
 * What is there is written over in place, not truncated first: a full file system may not give the block back.
 */
SYS_FUNCTION(writeIn) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0), fd, number;
	const char *name = call_name(&call, 1), *failed = NULL;
	size_t length = 0;
	const char *bytes = call_bytes(&call, 2, &length);
	int append = (int)call_number(&call, 3, 0, 1);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	fd = open_file(directory, name, O_WRONLY | O_CREAT | (append ? O_APPEND : 0));
	if (fd < 0) return call_end_rc(&call, -1, "open", name);
	if (write_all(fd, bytes, length) < 0)
		failed = "write";
	else if (!append && ftruncate(fd, (off_t)length) < 0)
		failed = "truncate";
	else if (fsync(fd) < 0)
		failed = "fsync";
	number = errno;
	/* Who reads it back shall ask the storage, not the memory. */
	if (failed == NULL) posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (close(fd) < 0 && failed == NULL) {
		failed = "close";
		number = errno;
	}
	if (failed != NULL) return call_end_errno(&call, failed, name, number);
	return call_end(&call, JS_UNDEFINED);
}

/* syncDirectory(directory): what was made, renamed and removed in it is on the storage */
SYS_FUNCTION(syncDirectory) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	/* Some file systems have no fsync for directories; syncFileSystem does it there. */
	if (fsync(directory) < 0 && errno != EINVAL) return call_end_rc(&call, -1, "fsync", NULL);
	return call_end(&call, JS_UNDEFINED);
}

/* syncFileSystem(descriptor): everything that was written to the file system is on the storage */
SYS_FUNCTION(syncFileSystem) {
	Call call = call_begin(ctx, argv);
	int fd = call_descriptor(&call, 0), rc;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	rc = syncfs(fd);
	if (rc < 0 && errno == ENOSYS) {
		/* Linux before 2.6.39. */
		sync();
		rc = 0;
	}
	return call_end_rc(&call, rc, "syncfs", NULL);
}

#define LOCK_PAUSE_MS 20

/* lock(directory, milliseconds): false where another process has it for longer than that; ends with this process */
SYS_FUNCTION(lock) {
	Call call = call_begin(ctx, argv);
	int fd = call_descriptor(&call, 0);
	int left = (int)call_number(&call, 1, 0, 60 * 1000);
	const struct timespec pause = {0, LOCK_PAUSE_MS * 1000L * 1000L};

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR) return call_end_rc(&call, -1, "flock", NULL);
		if (left <= 0) return call_end(&call, JS_FALSE);
		nanosleep(&pause, NULL);
		left -= LOCK_PAUSE_MS;
	}
	return call_end(&call, JS_TRUE);
}
