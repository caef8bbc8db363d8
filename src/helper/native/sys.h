/*
 * The native module `sys`: the system calls that the helper's TypeScript needs, and nothing else.
 *
 * In: JavaScript values. Out: JavaScript values, or an Error with errno, code (its name), syscall and path. Strings are
 * byte strings: one character is one byte, because paths, kernel words and the environment are bytes, not UTF-8.
 * Of the engine its public API is used (quickjs.h), and what engine.h has for byte strings.
 */
#ifndef OVERLAYKIT_SYS_H
#define OVERLAYKIT_SYS_H

#include <stddef.h>

#include "engine.h"

/* sys.c: puts functions and constants into the global object as `sys`, for a boot only those that one calls; -1 with an exception pending. */
int sys_install(JSContext *ctx, int for_boot);

/* process.c: what main was called with; opens the kernel log. Call once, before anything else. */
void sys_start(int argc, char **argv);

/* process.c: the exit code that the script asked for; SYS_NO_EXIT_CODE while it has not. */
#define SYS_NO_EXIT_CODE 70
int sys_exit_code(void);

/* process.c: one line to the kernel log and to standard error. */
void sys_complain(const char *text);

/* failure.c: throws an Error for an errno; always returns JS_EXCEPTION. `path` may be NULL. */
JSValue sys_throw(JSContext *ctx, const char *syscall, const char *path, int number);

/* failure.c: "ENOENT", or "errno N" for one without a name here, until the next call. */
const char *sys_errno_name(int number);

/* call.c: the arguments of one call from JavaScript, and everything that is freed when it ends. */
struct held;
#define ARGUMENTS_MOST 5
typedef struct {
	JSContext *ctx;
	JSValueConst *argv;
	JSValue strings[ARGUMENTS_MOST]; /* what call_path and call_bytes have given of each argument */
	struct held *held;
	int failed; /* an exception is pending; the system call must not be made */
} Call;

Call call_begin(JSContext *ctx, JSValueConst *argv);
const char *call_path(Call *call, int index);
const char *call_bytes(Call *call, int index, size_t *length);
char **call_list(Call *call, int index);
long long call_number(Call *call, int index, long long low, long long high);
void *call_memory(Call *call, size_t size);
/* A name inside a directory: "." and ".." too, but nothing with a slash, which would leave it. */
const char *call_name(Call *call, int index);
int call_descriptor(Call *call, int index);
/* Frees everything and hands `result` on. */
JSValue call_end(Call *call, JSValue result);
/* The same, with `undefined` where rc is not negative and the Error of errno where it is. */
JSValue call_end_rc(Call *call, int rc, const char *syscall, const char *path);
/* The same, always with the Error of `number`. */
JSValue call_end_errno(Call *call, const char *syscall, const char *path, int number);

#define SYS_FUNCTION(name) \
	JSValue sys_##name(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)

/* mounts.c */
SYS_FUNCTION(mount);
SYS_FUNCTION(umount2);
SYS_FUNCTION(pivotRoot);
SYS_FUNCTION(chroot);
SYS_FUNCTION(chdir);
SYS_FUNCTION(fchdir);
SYS_FUNCTION(openDirectory);
SYS_FUNCTION(separateMounts);
SYS_FUNCTION(statfs);
/* files.c */
SYS_FUNCTION(mkdir);
SYS_FUNCTION(rmdir);
SYS_FUNCTION(unlink);
SYS_FUNCTION(stat);
SYS_FUNCTION(lstat);
SYS_FUNCTION(readlink);
SYS_FUNCTION(accessExecute);
SYS_FUNCTION(writeFile);
/* reading.c */
SYS_FUNCTION(readFile);
SYS_FUNCTION(readAt);
SYS_FUNCTION(readJson);
/* directory.c */
SYS_FUNCTION(openIn);
SYS_FUNCTION(close);
SYS_FUNCTION(entries);
SYS_FUNCTION(statIn);
SYS_FUNCTION(makeDirectoryIn);
SYS_FUNCTION(removeIn);
SYS_FUNCTION(removeDirectoryIn);
SYS_FUNCTION(renameIn);
SYS_FUNCTION(linkIn);
/* durable.c */
SYS_FUNCTION(readIn);
SYS_FUNCTION(writeIn);
SYS_FUNCTION(syncDirectory);
SYS_FUNCTION(syncFileSystem);
SYS_FUNCTION(lock);
/* device.c */
SYS_FUNCTION(deviceAt);
SYS_FUNCTION(copyDevice);
SYS_FUNCTION(zeroDevice);
SYS_FUNCTION(eraseFlash);
SYS_FUNCTION(setReadOnly);
/* copy.c */
SYS_FUNCTION(copyIn);
SYS_FUNCTION(copyAttributes);
SYS_FUNCTION(loosenIn);
SYS_FUNCTION(attributeIn);
/* archive.c */
SYS_FUNCTION(send);
SYS_FUNCTION(sendIn);
SYS_FUNCTION(sent);
SYS_FUNCTION(describeIn);
/* equal.c */
SYS_FUNCTION(equalIn);
/* features.c */
SYS_FUNCTION(tryIn);
/* timing.c */
SYS_FUNCTION(timeIn);
/* base.c */
SYS_FUNCTION(digest);
SYS_FUNCTION(digestIn);
SYS_FUNCTION(setAttributeIn);
SYS_FUNCTION(removeAttributeIn);
/* later.c */
SYS_FUNCTION(leaveBehind);
/* process.c */
SYS_FUNCTION(execve);
SYS_FUNCTION(reopenStdio);
SYS_FUNCTION(sync);
SYS_FUNCTION(log);
SYS_FUNCTION(write);
SYS_FUNCTION(getpid);
SYS_FUNCTION(args);
SYS_FUNCTION(environ);
SYS_FUNCTION(uptime);
SYS_FUNCTION(sleep);
SYS_FUNCTION(exit);

#endif
