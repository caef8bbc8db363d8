/*
 * The block devices under the read-only layers are made read-only themselves: a mount that is read-only keeps programs out, this
 * keeps out who writes to the device behind its back. What overlay_helper enter does (../protect.ts), in the same words.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "plain.h"
#include "protocol.h"
#include "sys.h"

/* 0: no block device (tmpfs, a bind of one). 7: loop devices stay read-only for whoever uses them next. 31: flash. */
static int is_left(const char *number) {
	return strncmp(number, "0:", 2) == 0 || strncmp(number, "7:", 2) == 0 || strncmp(number, "31:", 3) == 0;
}

/* Where a device stands in /sys. */
static int place_of(const char *number, char *place, size_t size) {
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/sys/dev/block/%s", number);
	length = readlink(link, place, size - 1);
	if (length < 0) return 0;
	place[length] = '\0';
	return 1;
}

static int make_read_only(const char *node, const char *number) {
	int fd = open(node, O_RDONLY | O_NONBLOCK | O_CLOEXEC), on = 0, rc;
	char is[32] = "";
	struct stat st;

	if (fd < 0) return 0;
	if (fstat(fd, &st) == 0 && S_ISBLK(st.st_mode)) snprintf(is, sizeof(is), "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	if (strcmp(is, number) != 0) {
		errno = ENXIO;
		close(fd);
		return 0;
	}
	rc = ioctl(fd, BLKROGET, &on) == 0 && on != 0;
	on = 1;
	rc = rc || ioctl(fd, BLKROSET, &on) == 0;
	close(fd);
	return rc;
}

static int protect(const char *number, const char *storage) {
	char place[PATH_MAX], other[PATH_MAX], node[300];
	size_t length;

	if (!place_of(number, place, sizeof(place))) return 0;
	length = strlen(place);
	/* Read-only on a whole disk is read-only on its partitions (bdev_read_only). */
	if (storage != NULL && !is_left(storage) && place_of(storage, other, sizeof(other)) && strncmp(other, place, length) == 0 &&
		other[length] == '/')
		return 1;
	snprintf(node, sizeof(node), "/dev/%s", strrchr(place, '/') == NULL ? place : strrchr(place, '/') + 1);
	return make_read_only(node, number);
}

static void protect_or_say(const char *number, const char *storage) {
	char line[200];

	if (is_left(number) || (storage != NULL && strcmp(number, storage) == 0) || protect(number, storage)) return;
	snprintf(line, sizeof(line), "overlay_helper: enter: block device %s stays writable: %s", number, sys_errno_name(errno));
	sys_tell(5, line);
}

void plain_protect(void) {
	const char *storage = NULL;
	struct mounted found;
	size_t from = 0;

	if (plain_mounted(STORAGE, &found)) storage = found.number;
	if (plain_mounted("/", &found)) protect_or_say(found.number, storage);
	while (plain_mounted_below(RUN_DIR "/layers/", &from, &found)) protect_or_say(found.number, storage);
}
