/* Whether the merged root is fit to be entered, as far as it can be told from outside. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "plain.h"
#include "sys.h"

static const char sample[] = "overlaykit can write here\n";

static int write_sample(const char *file) {
	int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char again[sizeof(sample)];
	ssize_t length = 0;
	int rc = 0;

	if (fd < 0) return plain_failed("make", file);
	if (write(fd, sample, sizeof(sample) - 1) != (ssize_t)sizeof(sample) - 1)
		rc = plain_failed("write", file);
	else if ((length = pread(fd, again, sizeof(again), 0)) != (ssize_t)sizeof(sample) - 1 || memcmp(sample, again, sizeof(sample) - 1) != 0)
		rc = plain_refuse("%s does not read as it was written", file);
	/* Some file systems report a full device only here. */
	if (close(fd) < 0 && rc == 0) rc = plain_failed("write", file);
	if (unlink(file) < 0 && rc == 0) rc = plain_failed("remove", file);
	return rc;
}

/*
 * verify FSTYPE NEW_ROOT: the union is there, and can be written. A mount that says "rw" proves nothing: overlayfs mounts read-only
 * by itself when it cannot make its work directory.
 */
int plain_verify(struct plain *boot) {
	const char *fstype = plain_word(boot), *root = fstype == NULL ? NULL : plain_word(boot), *file;
	struct mounted found;

	if (root == NULL || (file = plain_keep("%s/.overlaykit-verify", root)) == NULL || plain_read_mounts() < 0) return -1;
	if (!plain_mounted(root, &found)) return plain_refuse("nothing is mounted at %s", root);
	if (strcmp(found.fstype, fstype) != 0) return plain_refuse("%s is %s; it should be %s", root, found.fstype, fstype);
	boot->fstype = fstype;
	/* One that a power cut left. On a read-only union unlink fails even where there is nothing, so look first. */
	if (plain_is_there(AT_FDCWD, file, 0) && unlink(file) < 0) return plain_failed("remove", file);
	return write_sample(file);
}
