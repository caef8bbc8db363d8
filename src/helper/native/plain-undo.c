/* What was done, and how each of it is undone: a boot that turns out not to be plain leaves everything as it was. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plain.h"
#include "sys.h"

/* A rung has a handful of mounts and moves. */
#define MOST 64

static struct {
	enum undo how;
	const char *path, *other;
} done[MOST];
static size_t count;

int plain_undo_later(enum undo how, const char *path, const char *other) {
	/* What cannot be remembered must not stay: plain_undo_all has one place more than is filled here. */
	int full = count >= MOST - 1;

	if (path == NULL || (how == UNDO_MOVE && other == NULL)) return -1;
	done[count].how = how;
	done[count].path = path;
	done[count++].other = other;
	return full ? plain_refuse("there is too much to be undone") : 0;
}

static int undo(enum undo how, const char *path, const char *other) {
	switch (how) {
	case UNDO_MOUNT:
		return umount2(path, 0);
	case UNDO_DIRECTORY:
		return rmdir(path);
	case UNDO_MOVE:
		return mount(path, other, "", MS_MOVE, NULL);
	default:
		/* The same pivot from the other side: the union's mount point is still there in the old root. */
		return syscall(SYS_pivot_root, path, other) < 0 || chdir("/") < 0 ? -1 : 0;
	}
}

static const char *const named[] = {"unmount", "remove", "move back", "pivot back from"};

int plain_undo_all(void) {
	char line[300];
	int all = 0;

	while (count > 0) {
		count--;
		if (undo(done[count].how, done[count].path, done[count].other) == 0) continue;
		all = -1;
		snprintf(line, sizeof(line), "overlay_helper: boot: cannot %s %s: %s", named[done[count].how], done[count].path,
				 sys_errno_name(errno));
		sys_tell(3, line);
	}
	return all;
}

static char kept[16 * 1024];
static size_t used;

const char *plain_keep(const char *format, ...) {
	char *text = kept + used;
	va_list values;
	int length;

	va_start(values, format);
	length = vsnprintf(text, sizeof(kept) - used, format, values);
	va_end(values);
	if ((size_t)length >= sizeof(kept) - used) {
		plain_refuse("the paths of this boot are too long");
		return NULL;
	}
	used += (size_t)length + 1;
	return text;
}

const char *plain_in_generation(const struct plain *boot, const char *text) {
	const char *found = strstr(text, GENERATION_WORD), *first;

	if (found == NULL) return text;
	if (boot->generation == 0) {
		plain_refuse("no generation is chosen yet");
		return NULL;
	}
	/* Each round takes one away: the number has no brace in it. */
	first = plain_keep("%.*s%ld%s", (int)(found - text), text, boot->generation, found + strlen(GENERATION_WORD));
	return first == NULL ? NULL : plain_in_generation(boot, first);
}
