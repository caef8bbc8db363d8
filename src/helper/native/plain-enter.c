/* From the old root with a union mounted in it into the merged root: this process and, with it, PID 1. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plain.h"
#include "sys.h"

/* One of the carried mounts lies in another one that was moved already, and moved along with it. */
static int lies_in(const char *path, const char *directory) {
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static int make_place(const char *here) {
	struct stat st;

	if (lstat(here, &st) == 0) {
		/* A symbolic link could lead out of the merged root: from here, links still start at the old one. */
		return S_ISDIR(st.st_mode) ? 0 : plain_refuse("%s is not a directory", here);
	}
	if (errno != ENOENT) return plain_failed("look at", here);
	if (mkdir(here, 0755) < 0) return plain_failed("make", here);
	return plain_undo_later(UNDO_DIRECTORY, here, NULL);
}

/* Makes the directory in the merged root where it is missing, and those above it; its path, or NULL. */
static const char *mount_point(const char *root, const char *path) {
	const char *slash = path;

	while (slash != NULL) {
		const char *here, *end = strchr(slash + 1, '/');
		here = plain_keep("%s%.*s", root, end == NULL ? (int)strlen(path) : (int)(end - path), path);
		if (here == NULL || make_place(here) < 0) return NULL;
		if (end == NULL) return here;
		slash = end;
	}
	return NULL;
}

static int move(const char *from, const char *to) {
	if (mount(from, to, "", MS_MOVE, NULL) < 0) return plain_refuse("cannot move %s to %s: %s", from, to, sys_errno_name(errno));
	return plain_undo_later(UNDO_MOVE, to, from);
}

/* The carried mounts that are really there; a kernel without sysfs has no /sys to carry. */
static int carry(const char *root, char *const *paths) {
	char *const *one, *const *before;
	struct mounted found;

	for (one = paths; *one != NULL; one++) {
		const char *to;
		int along = 0;
		if (!plain_mounted(*one, &found)) continue;
		for (before = paths; before < one; before++)
			along = along || (lies_in(*one, *before) && plain_mounted(*before, &found));
		if (along) continue;
		if ((to = mount_point(root, *one)) == NULL || move(*one, to) < 0) return -1;
	}
	return 0;
}

static int pivot(const char *root, const char *old_root) {
	const char *place = mount_point(root, old_root), *back = plain_keep("%s%s", old_root, root);

	if (place == NULL || back == NULL) return -1;
	if (syscall(SYS_pivot_root, root, place) < 0) return plain_failed("pivot to", root);
	if (plain_undo_later(UNDO_PIVOT, old_root, back) < 0) return -1;
	return chdir("/") < 0 ? plain_failed("change to the directory", "/") : 0;
}

/*
 * enter NEW_ROOT OLD_ROOT INIT PROTECT CARRIED...: the last step. init is looked at from inside, where its links and those of its
 * interpreters lead to where they lead the kernel.
 */
int plain_enter(struct plain *boot) {
	const char *words[4];
	int i;

	for (i = 0; i < 4; i++)
		if ((words[i] = plain_word(boot)) == NULL) return -1;
	if (boot->fstype == NULL) return plain_refuse("the merged root was not verified");
	if (strcmp(words[3], "yes") == 0) plain_protect();
	if (carry(words[0], boot->words) < 0 || pivot(words[0], words[1]) < 0) return -1;
	while (*boot->words != NULL) boot->words++;
	if (plain_program(words[2]) < 0 || plain_account(boot, words[2]) < 0) return -1;
	return plain_leave_behind(boot, words[1]);
}
