/*
 * The storage device of a plain boot: there at once, and as the board file says. Sizes that the board file does not give are "-".
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plain.h"
#include "sys.h"

static int words_of(struct plain *boot, const char **words, int count) {
	int i;

	for (i = 0; i < count; i++)
		if ((words[i] = plain_word(boot)) == NULL) return -1;
	return 0;
}

/* What overlay_init compares in decimal; "-" fits everything. */
static int is_within(unsigned long long size, const char *least, const char *most) {
	if (strcmp(least, "-") != 0 && size < strtoull(least, NULL, 10)) return 0;
	return strcmp(most, "-") == 0 || size <= strtoull(most, NULL, 10);
}

static int keep_device(struct plain *boot, const char *name, size_t length) {
	if (length >= sizeof(boot->device)) return plain_refuse("the storage has too long a name");
	memcpy(boot->device, name, length);
	boot->device[length] = '\0';
	return 0;
}

/* One line of /proc/mtd, `mtd5: 00360000 00010000 "rootfs_data"`, taken apart at three blanks. */
static int take_line(char *line, char *words[4]) {
	int i;

	for (i = 0; i < 4; i++) {
		words[i] = line;
		if (i == 3) return 1;
		line = strchr(line, ' ');
		if (line == NULL) return 0;
		*line++ = '\0';
	}
	return 0;
}

static int is_wanted(char *words[4], const char *key, const char *value) {
	size_t length = strlen(value);

	if (strcmp(key, "name") == 0)
		return words[3][0] == '"' && strncmp(words[3] + 1, value, length) == 0 && strcmp(words[3] + 1 + length, "\"") == 0;
	return strncmp(words[0], "mtd", 3) == 0 && strncmp(words[0] + 3, value, length) == 0 &&
		   strcmp(words[0] + 3 + length, ":") == 0;
}

/*
 * mtd KEY VALUE SIZE ERASE_BLOCK LEAST MOST, as overlay_init's find_mtd has them: hexadecimal as in /proc/mtd, bounds in pages of
 * 4096 bytes. A name that two partitions share is nobody's.
 */
int plain_flash(struct plain *boot) {
	static char table[64 * 1024];
	char *line, *rest = table, *words[4], *found[4] = {NULL};
	const char *asked[6];

	if (words_of(boot, asked, 6) < 0) return -1;
	if (plain_read(AT_FDCWD, "/proc/mtd", 0, table, sizeof(table)) < 0) return plain_failed("read", "/proc/mtd");
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (!take_line(line, words) || !is_wanted(words, asked[0], asked[1])) continue;
		if (found[0] != NULL) return plain_refuse("the flash has two such partitions");
		memcpy(found, words, sizeof(found));
	}
	if (found[0] == NULL) return plain_refuse("the flash has no such partition");
	if ((strcmp(asked[2], "-") != 0 && strcmp(asked[2], found[1]) != 0) ||
		(strcmp(asked[3], "-") != 0 && strcmp(asked[3], found[2]) != 0) ||
		!is_within(strtoull(found[1], NULL, 16) / 4096, asked[4], asked[5]))
		return plain_refuse("the partition has another size");
	return keep_device(boot, found[0], strlen(found[0]) - 1);
}

/* SIZE LEAST MOST in sectors of 512 bytes. */
static int use_block(struct plain *boot, const char *path, const char *const *sizes) {
	char node[PATH_MAX], text[64];
	const char *name = strrchr(path, '/'), *number = text;
	unsigned long long sectors;
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISBLK(st.st_mode)) return plain_refuse("%s is not there yet", path);
	if (keep_device(boot, path, strlen(path)) < 0) return -1;
	if (strcmp(sizes[0], "-") == 0 && strcmp(sizes[1], "-") == 0 && strcmp(sizes[2], "-") == 0) return 0;
	snprintf(node, sizeof(node), "/sys/class/block/%s/size", name == NULL ? path : name + 1);
	if (plain_read(AT_FDCWD, node, 0, text, sizeof(text)) < 0) return plain_failed("read", node);
	sectors = strtoull(number, NULL, 10);
	if ((strcmp(sizes[0], "-") != 0 && sectors != strtoull(sizes[0], NULL, 10)) || !is_within(sectors, sizes[1], sizes[2]))
		return plain_refuse("the storage has another size");
	return 0;
}

/* block PATH SIZE LEAST MOST */
int plain_block(struct plain *boot) {
	const char *asked[4];

	return words_of(boot, asked, 4) < 0 ? -1 : use_block(boot, asked[0], asked + 1);
}

/* Where the superblock of a file system has what, in bytes; both begin at 1024. A wide label is UTF-16. */
static const struct layout {
	const char *fstype, *magic;
	size_t magic_bytes, magic_at, uuid_at, label_at, label_bytes;
	int wide;
} layouts[] = {
	{"ext4", "\x53\xef", 2, 56, 104, 120, 16, 0},
	{"f2fs", "\x10\x20\xf5\xf2", 4, 0, 108, 124, 512, 1},
};

#define SUPERBLOCK 1024

static int has_label(const unsigned char *block, const struct layout *layout, const char *label) {
	size_t step = layout->wide ? 2 : 1, at;

	for (at = 0; at < layout->label_bytes; at += step, label++) {
		const unsigned char *unit = block + layout->label_at + at;
		if (unit[0] != (unsigned char)*label || (layout->wide && unit[1] != 0)) return 0;
		if (*label == '\0') return 1;
	}
	return *label == '\0';
}

static int has_uuid(const unsigned char *block, const struct layout *layout, const char *uuid) {
	const unsigned char *bytes = block + layout->uuid_at;
	char text[37];
	size_t length = 0, i;

	for (i = 0; i < 16; i++) {
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%02x", bytes[i]);
		if (i == 3 || i == 5 || i == 7 || i == 9) text[length++] = '-';
	}
	text[length] = '\0';
	return strcasecmp(text, uuid) == 0;
}

/* Whether the file system of a device is called so. A drive without a medium and a node that is not there are not. */
static int is_called(const char *path, const struct layout *layout, const char *tag) {
	static unsigned char block[SUPERBLOCK];
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : pread(fd, block, sizeof(block), SUPERBLOCK);

	if (fd >= 0) close(fd);
	if (length != (ssize_t)sizeof(block)) return 0;
	if (memcmp(block + layout->magic_at, layout->magic, layout->magic_bytes) != 0) return 0;
	if (strncmp(tag, "UUID=", 5) == 0) return has_uuid(block, layout, tag + 5);
	return strncmp(tag, "LABEL=", 6) == 0 && has_label(block, layout, tag + 6);
}

/* As the kernel writes an entry of a directory. */
struct entry {
	unsigned long long inode, offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

/* The one block device whose file system is called so; NULL where there is none, or several. */
static const char *find_tagged(const struct layout *layout, const char *tag) {
	static char data[4096] __attribute__((aligned(8)));
	static char path[300];
	int fd = open("/sys/class/block", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = 0;
	long length, at;

	while (fd >= 0 && (length = syscall(SYS_getdents64, fd, data, sizeof(data))) > 0) {
		for (at = 0; at < length; at += ((const struct entry *)(const void *)(data + at))->length) {
			const struct entry *entry = (const void *)(data + at);
			char node[300];
			if (entry->name[0] == '.') continue;
			snprintf(node, sizeof(node), "/dev/%s", entry->name);
			if (!is_called(node, layout, tag)) continue;
			memcpy(path, node, sizeof(path));
			count++;
		}
	}
	if (fd >= 0) close(fd);
	return count == 1 ? path : NULL;
}

/* tagged FSTYPE LABEL=...|UUID=... SIZE LEAST MOST */
int plain_tagged(struct plain *boot) {
	const char *asked[5], *path = NULL;
	size_t i;

	if (words_of(boot, asked, 5) < 0) return -1;
	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (strcmp(layouts[i].fstype, asked[0]) == 0) path = find_tagged(&layouts[i], asked[1]);
	if (path == NULL) return plain_refuse("not one block device has %s", asked[1]);
	return use_block(boot, path, asked + 2);
}
