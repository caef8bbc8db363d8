/* Mounts and roots. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys.h"

/* An errno means another thing for each use of mount(2): which one it was is said as mount(8) would be called. */
static const char *mount_call(const char *fstype, unsigned long flags) {
	static char called[48];

	if (flags & MS_MOVE) return "mount --move";
	if (flags & MS_BIND) return "mount --bind";
	snprintf(called, sizeof(called), "mount -t %s", fstype);
	return called;
}

/* mount(source, target, fstype, flags, data) */
SYS_FUNCTION(mount) {
	Call call = call_begin(ctx, argv);
	const char *source = call_path(&call, 0);
	const char *target = call_path(&call, 1);
	const char *fstype = call_path(&call, 2);
	unsigned long flags = (unsigned long)call_number(&call, 3, 0, UINT_MAX);
	const char *data = call_path(&call, 4);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	return call_end_rc(&call, mount(source, target, fstype, flags, data), mount_call(fstype, flags), target);
}

/* umount2(target, flags) */
SYS_FUNCTION(umount2) {
	Call call = call_begin(ctx, argv);
	const char *target = call_path(&call, 0);
	int flags = (int)call_number(&call, 1, 0, INT_MAX);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	return call_end_rc(&call, umount2(target, flags), "umount2", target);
}

/* separateMounts(): what is mounted from here on is seen by this process alone, and goes with it */
SYS_FUNCTION(separateMounts) {
	int rc = unshare(CLONE_NEWNS);

	if (rc < 0) return sys_throw(ctx, "unshare", NULL, errno);
	if (mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return sys_throw(ctx, "mount --make-rprivate", "/", errno);
	return JS_UNDEFINED;
}

/* pivotRoot(newRoot, putOld); no libc has a function for it */
SYS_FUNCTION(pivotRoot) {
	Call call = call_begin(ctx, argv);
	const char *new_root = call_path(&call, 0);
	const char *put_old = call_path(&call, 1);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	return call_end_rc(&call, (int)syscall(SYS_pivot_root, new_root, put_old), "pivot_root", new_root);
}

/* chroot(path) */
SYS_FUNCTION(chroot) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	return call_end_rc(&call, chroot(path), "chroot", path);
}

/* chdir(path) */
SYS_FUNCTION(chdir) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	return call_end_rc(&call, chdir(path), "chdir", path);
}

/* fchdir(fd): the way back out of a chroot */
SYS_FUNCTION(fchdir) {
	Call call = call_begin(ctx, argv);
	int fd = (int)call_number(&call, 0, 0, INT_MAX);

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	return call_end_rc(&call, fchdir(fd), "fchdir", NULL);
}

/* openDirectory(path): a descriptor for fchdir, closed by execve */
SYS_FUNCTION(openDirectory) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0);
	int fd;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) return call_end_rc(&call, -1, "open", path);
	return call_end(&call, JS_NewInt32(ctx, fd));
}

/* statfs(path): sizes in blocks of blockSize bytes; type is the file system's magic number */
SYS_FUNCTION(statfs) {
	Call call = call_begin(ctx, argv);
	const char *path = call_path(&call, 0);
	struct statfs fs;
	JSValue result;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (statfs(path, &fs) < 0) return call_end_rc(&call, -1, "statfs", path);
	result = JS_NewObject(ctx);
	if (JS_IsException(result) ||
		JS_SetPropertyStr(ctx, result, "type", JS_NewInt64(ctx, (unsigned int)fs.f_type)) < 0 ||
		JS_SetPropertyStr(ctx, result, "blockSize", JS_NewInt64(ctx, (int64_t)fs.f_bsize)) < 0 ||
		JS_SetPropertyStr(ctx, result, "blocks", JS_NewInt64(ctx, (int64_t)fs.f_blocks)) < 0 ||
		JS_SetPropertyStr(ctx, result, "free", JS_NewInt64(ctx, (int64_t)fs.f_bfree)) < 0 ||
		JS_SetPropertyStr(ctx, result, "available", JS_NewInt64(ctx, (int64_t)fs.f_bavail)) < 0 ||
		JS_SetPropertyStr(ctx, result, "files", JS_NewInt64(ctx, (int64_t)fs.f_files)) < 0 ||
		JS_SetPropertyStr(ctx, result, "freeFiles", JS_NewInt64(ctx, (int64_t)fs.f_ffree)) < 0) {
		JS_FreeValue(ctx, result);
		return call_end(&call, JS_EXCEPTION);
	}
	return call_end(&call, result);
}
