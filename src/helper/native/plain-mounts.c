/* Mounts of a plain boot, and the mount table. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plain.h"
#include "protocol.h"
#include "sys.h"

/* A booting board has a dozen mounts; more than this is not plain. */
static char table[64 * 1024];
static size_t table_length;
static int was_read;

/*
 * The table is taken apart where it lies: blanks and line ends become NULs. A line of it:
 *   36 35 98:0 / /mnt rw,noatime shared:1 - ext4 /dev/root rw
 */
int plain_read_mounts(void) {
	ssize_t length = plain_read(AT_FDCWD, "/proc/self/mountinfo", 0, table, sizeof(table));
	size_t at;

	if (length < 0) return plain_failed("read", "the mount table");
	table_length = (size_t)length;
	for (at = 0; at < table_length; at++)
		if (table[at] == ' ') table[at] = '\0';
	was_read = 1;
	return 0;
}

/* The word behind this one in its line; NULL where the line ends. */
static const char *next(const char *word) {
	word += strcspn(word, "\n");
	return *word == '\n' || word + 1 >= table + table_length ? NULL : word + 1;
}

/* The line that begins at `at`; where the next one begins, or 0 where there is none. */
static size_t take_apart(size_t at, struct mounted *found) {
	const char *word = table + at, *end = memchr(word, '\n', table_length - at);
	int field;

	memset(found, 0, sizeof(*found));
	for (field = 0; word != NULL && word < end; field++, word = next(word)) {
		if (field == 2) found->number = word;
		if (field == 4) found->path = word;
		if (field > 5 && strcmp(word, "-") == 0) {
			found->fstype = next(word);
			break;
		}
	}
	return end == NULL ? 0 : (size_t)(end - table) + 1;
}

/* Whether a path is this one of the table, in which the kernel writes blanks and backslashes as octal (show_mountinfo). */
static int is_path(const char *shown, const char *path, int below) {
	for (; *path != '\0'; path++) {
		if (strchr(" \t\n\\", *path) != NULL) {
			char octal[5];
			snprintf(octal, sizeof(octal), "\\%c%c%c", '0' + (*path >> 6), '0' + (*path >> 3 & 7), '0' + (*path & 7));
			if (strncmp(shown, octal, 4) != 0) return 0;
			shown += 4;
		} else if (*shown++ != *path) {
			return 0;
		}
	}
	return below || *shown == '\0';
}

static int search(const char *path, int below, size_t *from, struct mounted *found) {
	while (*from < table_length) {
		size_t behind = take_apart(*from, found);
		*from = behind == 0 ? table_length : behind;
		if (found->path != NULL && found->fstype != NULL && is_path(found->path, path, below)) return 1;
	}
	return 0;
}

/* The kernel lists mounts in the order they were made: of several on one path the last is seen. */
int plain_mounted(const char *path, struct mounted *found) {
	struct mounted one;
	size_t from = 0;
	int any = 0;

	while (search(path, 0, &from, &one)) {
		*found = one;
		any = 1;
	}
	return any;
}

int plain_mounted_below(const char *path, size_t *from, struct mounted *found) { return search(path, 1, from, found); }

/* /proc comes first: the mount table is in it. */
static int is_mounted(const char *fstype, const char *target) {
	struct mounted found;

	if (strcmp(fstype, "proc") == 0) return plain_is_there(AT_FDCWD, "/proc/mounts", 0);
	if (!was_read && plain_read_mounts() < 0) return -1;
	return plain_mounted(target, &found);
}

/* /run/overlaykit, for the log, the status, and what the helper has counted. */
static int open_run(struct plain *boot) {
	if (mkdir(RUN_DIR, 0755) < 0 && errno != EEXIST) return plain_failed("make", RUN_DIR);
	boot->run = open(RUN_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return boot->run < 0 ? plain_failed("open", RUN_DIR) : 0;
}

/* One without our directory was never booted from, and may be half-made. */
static int open_storage(struct plain *boot, const char *target) {
	const char *notes = plain_keep("%s/overlaykit", target);

	if (notes == NULL) return -1;
	boot->notes = open(notes, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return boot->notes < 0 ? plain_refuse("the storage is new") : 0;
}

/* What every boot needs stays mounted when the boot turns out not to be plain. */
static int do_mount(struct plain *boot, const char *how, const char *words[5]) {
	const char *fstype = words[0], *source = words[1], *target = words[2], *number = words[3];
	const char *data = plain_in_generation(boot, words[4]);
	int storage = strchr(how, 's') != NULL;
	long flags = plain_number(&number);

	if (data == NULL || flags < 0) return plain_refuse("the options of %s make no sense", target);
	if (mount(storage ? boot->device : source, target, fstype, (unsigned long)flags, data) < 0)
		return plain_refuse("cannot mount %s on %s: %s", fstype, target, sys_errno_name(errno));
	if (strchr(how, 'k') == NULL && plain_undo_later(UNDO_MOUNT, target, NULL) < 0) return -1;
	return storage ? open_storage(boot, target) : 0;
}

/* mount HOW FSTYPE SOURCE TARGET FLAGS DATA: `u` in HOW is unless mounted, `k` keeps it, `s` takes the storage for its source. */
int plain_mount(struct plain *boot) {
	const char *how = plain_word(boot), *words[5];
	int i, there = 0;

	if (how == NULL) return -1;
	for (i = 0; i < 5; i++)
		if ((words[i] = plain_word(boot)) == NULL) return -1;
	if (strchr(how, 'u') != NULL && (there = is_mounted(words[0], words[2])) < 0) return -1;
	if (!there && do_mount(boot, how, words) < 0) return -1;
	return strcmp(words[2], "/run") == 0 ? open_run(boot) : 0;
}

static int make_directories(const char *path) {
	char place[PATH_MAX];
	size_t length = strlen(path), at;

	if (length >= sizeof(place)) return plain_refuse("%s is too long", path);
	for (at = 1; at <= length; at++) {
		if (path[at] != '/' && path[at] != '\0') continue;
		memcpy(place, path, at);
		place[at] = '\0';
		if (!plain_is_there(AT_FDCWD, place, S_IFDIR) && mkdir(place, 0755) < 0) return plain_failed("make", place);
	}
	return 0;
}

/* dirs COUNT PATH... */
int plain_directories(struct plain *boot) {
	const char *number = plain_word(boot), *path;
	long count = number == NULL ? -1 : plain_number(&number);

	for (; count > 0; count--) {
		if ((path = plain_word(boot)) == NULL || (path = plain_in_generation(boot, path)) == NULL) return -1;
		if (make_directories(path) < 0) return -1;
	}
	return count < 0 ? plain_refuse("dirs without a number") : 0;
}

/* switches: whoever writes one on the kernel command line wants something else. */
int plain_switches(struct plain *boot) {
	static const char word[] = " overlaykit=";
	static char line[32 * 1024];

	(void)boot;
	if (plain_read(AT_FDCWD, "/proc/cmdline", 0, line, sizeof(line)) < 0) return plain_failed("read", "/proc/cmdline");
	if (strncmp(line, word + 1, strlen(word + 1)) != 0 && strstr(line, word) == NULL) return 0;
	return plain_refuse("the kernel command line asks for something");
}
