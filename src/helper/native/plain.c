/*
 * overlay_helper boot BOARD DIGEST RUNG OUTCOME STEP...: the plain boot in one process, as a child of overlay_init. It does what
 * overlay_init's functions do, and leaves the merged root as the root of PID 1, which then executes init.
 *
 * In: the plan as words, which src/render/plain-words.ts writes into overlay_init; the storage; the mounts as the kernel made
 * them. Out: BOOT_DONE; BOOT_LEFT once all is as it was found; anything else means that overlay_init has to look.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "plain.h"
#include "protocol.h"
#include "sys.h"

extern char **environ;

static char why[300];

int plain_refuse(const char *format, ...) {
	va_list values;

	if (why[0] != '\0') return -1;
	va_start(values, format);
	vsnprintf(why, sizeof(why), format, values);
	va_end(values);
	return -1;
}

int plain_failed(const char *what, const char *path) {
	return plain_refuse("cannot %s %s: %s", what, path, sys_errno_name(errno));
}

const char *plain_word(struct plain *boot) {
	if (*boot->words != NULL) return *boot->words++;
	plain_refuse("overlay_init has not said all that is to be done");
	return NULL;
}

/* By hand on a running system this would take the root away from everybody. */
static int expect_boot(void) {
	char **word = environ;

	if (getpid() == 1) return plain_refuse("PID 1 cannot end; overlay_init starts this as a child");
	while (*word != NULL && strcmp(*word, BOOT_WORD) != 0) word++;
	if (*word == NULL) return plain_refuse("only overlay_init can start it");
	if (plain_is_there(AT_FDCWD, STATUS, 0)) return plain_refuse("this system has booted already");
	return 0;
}

/* When a step begins, as the shell has it: hundredths, and there is no clock before /proc. */
static int stamp(struct plain *boot) {
	size_t length = strlen(boot->stamps);
	struct timespec now = {0, 0};
	int added;

	if (++boot->step == 1 && !plain_is_there(AT_FDCWD, "/proc/uptime", 0)) return 0;
	/* Kernels before 2.6.39 have no CLOCK_BOOTTIME; on a booting board the other clock says the same. */
	if (clock_gettime(CLOCK_BOOTTIME, &now) < 0) clock_gettime(CLOCK_MONOTONIC, &now);
	added = snprintf(boot->stamps + length, sizeof(boot->stamps) - length, " %d=%llu.%02d", boot->step,
					 (unsigned long long)now.tv_sec, (int)(now.tv_nsec / 10000000));
	return length + (size_t)added < sizeof(boot->stamps) ? 0 : plain_refuse("there are too many steps");
}

/* Those of the plan have a number; `switches`, `later` and `enter` are overlay_init's own. */
static const struct {
	const char *name;
	int (*run)(struct plain *boot);
	int numbered;
} steps[] = {
	{"mount", plain_mount, 1},   {"dirs", plain_directories, 1}, {"switches", plain_switches, 0},
	{"mtd", plain_flash, 1},     {"block", plain_block, 1},      {"tagged", plain_tagged, 1},
	{"choose", plain_choose, 1}, {"base", plain_base, 1},        {"identity", plain_identity, 1},
	{"verify", plain_verify, 1}, {"later", plain_later, 0},      {"enter", plain_enter, 0},
};

static int run_step(struct plain *boot, const char *name) {
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(steps[i].name, name) != 0) continue;
		if (steps[i].numbered && stamp(boot) < 0) return -1;
		return steps[i].run(boot);
	}
	return plain_refuse("overlay_init asks for %s, which this helper does not know", name);
}

static int take_rung(struct plain *boot) {
	const char **told[] = {&boot->board, &boot->digest, &boot->rung, &boot->outcome};
	size_t i;

	for (i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if ((*told[i] = plain_word(boot)) == NULL) return -1;
	while (*boot->words != NULL)
		if (run_step(boot, *boot->words++) < 0) return -1;
	/* The last step is `enter`, and nothing else says so. */
	return boot->fstype != NULL ? 0 : plain_refuse("overlay_init has not said all that is to be done");
}

/* What is open on the storage would keep it from being unmounted. */
static void close_all(struct plain *boot) {
	if (boot->notes >= 0) close(boot->notes);
	if (boot->run >= 0) close(boot->run);
}

int plain_boot(char **words) {
	static struct plain boot = {.run = -1, .notes = -1, .later = -1};
	char line[sizeof(why) + 64];
	int restored;

	umask(022);
	boot.words = words;
	if (expect_boot() == 0 && take_rung(&boot) == 0) return BOOT_DONE;
	close_all(&boot);
	restored = plain_undo_all();
	snprintf(line, sizeof(line), "overlay_helper: boot: overlay_init does it: %s", why);
	sys_tell(6, line);
	return restored == 0 ? BOOT_LEFT : 1;
}
