/*
 * The background job of a plain boot. A process of this program waits, which takes hardly any memory and no program of the board's,
 * and then becomes overlay_init, which confirms, sweeps and records as after every other boot.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "plain.h"
#include "protocol.h"
#include "sys.h"

#define WORDS_MOST 256

extern char **environ;

/* later SECONDS */
int plain_later(struct plain *boot) {
	const char *number = plain_word(boot);

	boot->later = number == NULL ? -1 : plain_number(&number);
	return boot->later < 0 ? plain_refuse("later without a number") : 0;
}

/* The limit on processor time was for the boot. */
static void be_a_process_of_its_own(void) {
	const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setrlimit(RLIMIT_CPU, &unlimited);
	if (null >= 0) dup2(null, 0);
}

static void wait_for(long seconds) {
	struct timespec left = {seconds, 0};

	while (nanosleep(&left, &left) < 0 && errno == EINTR) continue;
}

/* overlay_init is the old root's, its shell the merged root's: one whose shell does not work has proved nothing. */
_Noreturn static void begin(const char *script) {
	static char *words[WORDS_MOST + 2];
	char *const arguments[] = {(char *)script, NULL};
	char line[300];
	size_t count = 0;
	char **word;

	for (word = environ; *word != NULL && count < WORDS_MOST; word++)
		if (strcmp(*word, BOOT_WORD) != 0) words[count++] = *word;
	words[count++] = (char *)LATER_WORD;
	words[count] = NULL;
	execve(script, arguments, words);
	snprintf(line, sizeof(line), "%s cannot be executed, and this boot is not confirmed: %s", script, sys_errno_name(errno));
	sys_complain(line);
	_exit(1);
}

int plain_leave_behind(const struct plain *boot, const char *old_root) {
	const char *script = plain_keep("%s" OVERLAY_INIT, old_root);
	pid_t child;

	if (script == NULL || boot->later < 0) return script == NULL ? -1 : 0;
	child = fork();
	if (child < 0) return plain_failed("begin", "the background job");
	if (child > 0) return 0;
	be_a_process_of_its_own();
	wait_for(boot->later);
	begin(script);
}
