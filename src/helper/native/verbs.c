/*
 * Finds and reads the verbs of a running board. The engine does not check bytecode, so not one byte of the file reaches it unless
 * all of them are those that this very program was built with.
 */
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol.h"
#include "script.h"
#include "sys.h"

static const uint8_t expected[SHA256_BYTES] = {VERBS_SHA256};

static char path[PATH_MAX];

/* Beside the program itself, wherever links or a copy have led to it. */
static int find(void) {
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof(VERBS_SUFFIX));

	if (length < 0) return -1;
	memcpy(path + length, VERBS_SUFFIX, sizeof(VERBS_SUFFIX));
	return 0;
}

/* Says what is wrong with the file, and what to do. */
static const uint8_t *refuse(const char *what) {
	char line[400];

	snprintf(line, sizeof(line), "%.160s %s; it holds the verbs of a running board: install it and overlay_helper from one bundle",
			 path, what);
	sys_complain(line);
	return NULL;
}

static const uint8_t *refuse_errno(const char *call) {
	char what[64];

	snprintf(what, sizeof(what), "cannot be read: %s %s", call, sys_errno_name(errno));
	return refuse(what);
}

/* Whether all of the file is there; reads it. */
static int fill(int fd, uint8_t *bytecode) {
	size_t done = 0;

	while (done < VERBS_SIZE) {
		ssize_t count = read(fd, bytecode + done, VERBS_SIZE - done);
		if (count < 0 && errno == EINTR) continue;
		if (count <= 0) return (int)count;
		done += (size_t)count;
	}
	return 1;
}

static const uint8_t *checked(const uint8_t *bytecode) {
	uint8_t found[SHA256_BYTES];

	sha256(bytecode, VERBS_SIZE, found);
	if (memcmp(found, expected, sizeof(found)) == 0) return bytecode;
	return refuse("is damaged, or of another overlay_helper");
}

/* Takes over a descriptor of the file, and closes it. */
static const uint8_t *read_all(int fd) {
	char what[96];
	struct stat st;
	uint8_t *bytecode;
	int rc;

	if (fstat(fd, &st) < 0) return refuse_errno("fstat");
	if (!S_ISREG(st.st_mode)) return refuse("is no regular file");
	if (st.st_size != VERBS_SIZE) {
		snprintf(what, sizeof(what), "has %lld bytes, and not %lld: it is cut short, or of another overlay_helper",
				 (long long)st.st_size, (long long)VERBS_SIZE);
		return refuse(what);
	}
	/* Not the file itself: nobody can change this after it was checked. */
	bytecode = mmap(NULL, VERBS_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (bytecode == MAP_FAILED) return refuse_errno("mmap");
	rc = fill(fd, bytecode);
	if (rc > 0) return checked(bytecode);
	if (rc < 0)
		refuse_errno("read");
	else
		refuse("became shorter while it was read");
	return NULL;
}

const uint8_t *verbs_read(void) {
	const uint8_t *bytecode;
	int fd;

	if (find() < 0) {
		memcpy(path, "/proc/self/exe", sizeof("/proc/self/exe"));
		return refuse_errno("readlink");
	}
	/* A FIFO must not keep anybody waiting. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) return refuse_errno("open");
	bytecode = read_all(fd);
	close(fd);
	return bytecode;
}
