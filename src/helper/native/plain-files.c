/* Small files of the boot: read with a bound, written so that a power cut leaves the old or the new. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plain.h"
#include "sys.h"

int plain_is_there(int directory, const char *path, mode_t type) {
	struct stat st;

	if (fstatat(directory, path, &st, AT_SYMLINK_NOFOLLOW) < 0) return 0;
	return type == 0 || (st.st_mode & S_IFMT) == type;
}

ssize_t plain_read(int directory, const char *name, int flags, char *data, size_t size) {
	/* O_NONBLOCK: a FIFO must not stop the boot. */
	int fd = openat(directory, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | flags), number;
	size_t have = 0;
	ssize_t part = -1;

	if (fd < 0) return -1;
	/* One byte less than there is room for, where the NUL goes: a file that fills it all goes on. */
	while (have < size && (part = read(fd, data + have, size - have)) != 0) {
		if (part < 0 && errno == EINTR) continue;
		if (part < 0) break;
		have += (size_t)part;
	}
	number = part < 0 ? errno : EFBIG;
	close(fd);
	errno = number;
	if (part != 0) return -1;
	data[have] = '\0';
	return (ssize_t)have;
}

static int write_all(int fd, const char *text) {
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t part = write(fd, text, left);
		if (part < 0 && errno == EINTR) continue;
		if (part < 0) return -1;
		text += part;
		left -= (size_t)part;
	}
	return 0;
}

/* Nothing but a regular file: a device would do what devices do. */
static int is_regular(int fd) {
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) return 1;
	errno = EINVAL;
	return 0;
}

/* What is there is written over in place, not truncated first: a full file system may not give the block back. */
int plain_write(int directory, const char *name, const char *text, int append) {
	int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (append ? O_APPEND : 0);
	int fd = openat(directory, name, flags, 0644), failed;

	if (fd < 0) return plain_failed("open", name);
	failed = !is_regular(fd) || write_all(fd, text) < 0 || (!append && ftruncate(fd, (off_t)strlen(text)) < 0) ||
			 fsync(fd) < 0;
	if (failed) plain_failed("write", name);
	/* Who reads it back shall ask the storage, not the memory. */
	else
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (close(fd) < 0 && !failed) return plain_failed("close", name);
	return failed ? -1 : 0;
}

long plain_number(const char **text) {
	const char *start = *text;
	long value = 0;

	while (**text >= '0' && **text <= '9' && *text - start < 9) value = value * 10 + (*(*text)++ - '0');
	/* A tenth digit is no number's: mksh counts with 32 bits. */
	return *text == start || (**text >= '0' && **text <= '9') ? -1 : value;
}
