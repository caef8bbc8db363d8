/* The tables of the native module: every function and constant that the helper's TypeScript sees. */
#include "sys.h"

#include <sys/mount.h>

#define CALL(name, arguments) JS_CFUNC_DEF(#name, arguments, sys_##name)
#define FLAG(name) JS_PROP_INT32_DEF(#name, name, JS_PROP_ENUMERABLE)

/* What a boot calls. */
static const JSCFunctionListEntry boot_table[] = {
	CALL(mount, 5), CALL(umount2, 2), CALL(pivotRoot, 2), CALL(chroot, 1), CALL(chdir, 1), CALL(fchdir, 1),
	CALL(openDirectory, 1), CALL(mkdir, 2), CALL(rmdir, 1), CALL(unlink, 1), CALL(lstat, 1),
	CALL(readlink, 1), CALL(accessExecute, 1), CALL(writeFile, 3), CALL(readFile, 2), CALL(readAt, 3),
	CALL(readJson, 3), CALL(execve, 3), CALL(reopenStdio, 1), CALL(log, 2), CALL(write, 2),
	CALL(getpid, 0), CALL(args, 0), CALL(environ, 0), CALL(uptime, 0), CALL(openIn, 2), CALL(close, 1),
	CALL(entries, 1), CALL(readIn, 3), CALL(writeIn, 4), CALL(syncFileSystem, 1), CALL(deviceAt, 1),
	CALL(setReadOnly, 1), CALL(leaveBehind, 2), CALL(exit, 1),
	FLAG(MS_BIND), FLAG(MS_MOVE), FLAG(MS_RDONLY), FLAG(MNT_DETACH),
};

/* What only the verbs of a running board call: each name costs the start of the engine as much as a call. */
static const JSCFunctionListEntry board_table[] = {
	CALL(statfs, 1), CALL(stat, 1), CALL(sync, 0), CALL(statIn, 2), CALL(makeDirectoryIn, 3),
	CALL(removeIn, 2), CALL(removeDirectoryIn, 2), CALL(renameIn, 4), CALL(linkIn, 4),
	CALL(syncDirectory, 1), CALL(lock, 2), CALL(copyIn, 4), CALL(copyAttributes, 2), CALL(loosenIn, 2),
	CALL(attributeIn, 3), CALL(equalIn, 4), CALL(sleep, 1), CALL(copyDevice, 3), CALL(zeroDevice, 2),
	CALL(eraseFlash, 3), CALL(tryIn, 2), CALL(timeIn, 5), CALL(digest, 1), CALL(digestIn, 2),
	CALL(setAttributeIn, 4), CALL(removeAttributeIn, 3), CALL(separateMounts, 0), CALL(send, 1),
	CALL(sendIn, 3), CALL(sent, 0), CALL(describeIn, 2),
};

#define LENGTH(table) (sizeof(table) / sizeof((table)[0]))

int sys_install(JSContext *ctx, int for_boot) {
	JSValue global = JS_GetGlobalObject(ctx);
	JSValue sys = JS_NewObject(ctx);
	int rc = -1;

	if (!JS_IsException(sys)) {
		JS_SetPropertyFunctionList(ctx, sys, boot_table, LENGTH(boot_table));
		if (!for_boot) JS_SetPropertyFunctionList(ctx, sys, board_table, LENGTH(board_table));
		rc = JS_SetPropertyStr(ctx, global, "sys", sys);
	}
	JS_FreeValue(ctx, global);
	return rc;
}
