/*
 * What a union asks of the file system of its upper (fs/overlayfs/super.c): each tried in a directory made for it, because no
 * file system tells. The names "a" and "b" in that directory are ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sys.h"

/* linux/fs.h and fcntl.h, of which old C libraries have not all. */
#define EXCHANGE 2
#define WHITEOUT 4
#ifndef O_TMPFILE
#define O_TMPFILE (020000000 | O_DIRECTORY)
#endif

static int make(int directory, const char *name) {
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : close(fd);
}

static int rename_with(int directory, unsigned int flags) {
#ifdef SYS_renameat2
	return (int)syscall(SYS_renameat2, directory, "a", directory, "b", flags);
#else
	(void)directory, (void)flags;
	errno = ENOSYS;
	return -1;
#endif
}

static int is_whiteout(int directory, const char *name) {
	struct stat status;

	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return -1;
	if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0)) return 0;
	errno = ENOTSUP;
	return -1;
}

static int try_whiteout(int directory) {
	if (mknodat(directory, "a", S_IFCHR | 0600, makedev(0, 0)) < 0) return -1;
	return is_whiteout(directory, "a");
}

static int try_rename_whiteout(int directory) {
	if (make(directory, "a") < 0 || rename_with(directory, WHITEOUT) < 0) return -1;
	return is_whiteout(directory, "a");
}

static int try_exchange(int directory) {
	if (make(directory, "a") < 0 || make(directory, "b") < 0) return -1;
	return rename_with(directory, EXCHANGE);
}

static int try_tmpfile(int directory) {
	int fd = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : close(fd);
}

static int try_attribute(int directory, const char *name) {
	int fd = openat(directory, "a", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), rc, number;

	if (fd < 0) return -1;
	rc = fsetxattr(fd, name, "y", 1, 0);
	number = errno;
	close(fd);
	errno = number;
	return rc;
}

static int try_trusted(int directory) { return try_attribute(directory, "trusted.overlay.feature"); }
static int try_user(int directory) { return try_attribute(directory, "user.overlay.feature"); }

/* The type in a directory's own record: struct linux_dirent64 has it before the name, at byte 18. */
static int try_type(int directory) {
	char records[4096];
	long length;
	int fd;

	if (make(directory, "a") < 0) return -1;
	fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) return -1;
	length = syscall(SYS_getdents64, fd, records, sizeof(records));
	close(fd);
	for (long at = 0; at < length;) {
		unsigned short size;
		memcpy(&size, records + at + 16, sizeof(size));
		if (strcmp(records + at + 19, "a") == 0 && records[at + 18] == S_IFREG >> 12) return 0;
		at += size;
	}
	if (length >= 0) errno = ENOTSUP;
	return -1;
}

static const struct {
	const char *name, *syscall;
	int (*attempt)(int directory);
} features[] = {
	{"whiteout", "mknod", try_whiteout},
	{"rename-whiteout", "rename", try_rename_whiteout},
	{"exchange", "rename", try_exchange},
	{"tmpfile", "open", try_tmpfile},
	{"trusted-xattr", "setxattr", try_trusted},
	{"user-xattr", "setxattr", try_user},
	{"d-type", "getdents", try_type},
};

/* tryIn(directory, feature): returns where the file system can do it, throws where not. Nothing stays in the directory. */
SYS_FUNCTION(tryIn) {
	Call call = call_begin(ctx, argv);
	int directory = call_descriptor(&call, 0);
	const char *name = call_name(&call, 1);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	for (size_t index = 0; index < sizeof(features) / sizeof(features[0]); index++) {
		int rc, number;
		if (strcmp(features[index].name, name) != 0) continue;
		rc = features[index].attempt(directory);
		number = errno;
		unlinkat(directory, "a", 0);
		unlinkat(directory, "b", 0);
		errno = number;
		return call_end_rc(&call, rc, features[index].syscall, name);
	}
	return call_end_errno(&call, "try", name, EINVAL);
}
