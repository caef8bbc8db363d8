/*
 * The background job of a plain boot. A process of this program waits, which takes hardly any memory and no program of the board's,
 * and then becomes overlay_init, which confirms, sweeps and records as after every other boot.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "protocol.h"
#include "sys.h"

#define WORDS_MOST 256
#define SECONDS_MOST (24 * 3600)

extern char **environ;

/*
 * The limit on processor time was for the boot. C libraries set it, and fork, in all threads there might be, which is 3 KB; this
 * process has one.
 */
static void be_a_process_of_its_own(void) {
	const uint64_t unlimited[] = {UINT64_MAX, UINT64_MAX};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (syscall(SYS_prlimit64, 0, RLIMIT_CPU, unlimited, NULL) < 0) {
#ifdef SYS_setrlimit
		/* Before Linux 2.6.36. As many seconds as each architecture takes for a number, which is enough. */
		const unsigned long long_enough[] = {INT_MAX, INT_MAX};
		syscall(SYS_setrlimit, RLIMIT_CPU, long_enough);
#endif
	}
	if (null >= 0) dup2(null, 0);
}

static void wait_for(long long seconds) {
	struct timespec left = {(time_t)seconds, 0};

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

/* leaveBehind(seconds, script): a process that waits, and then is the script. What this one has open is open there too. */
SYS_FUNCTION(leaveBehind) {
	static char script[PATH_MAX];
	Call call = call_begin(ctx, argv);
	long long seconds = call_number(&call, 0, 0, SECONDS_MOST);
	const char *path = call_path(&call, 1);
	pid_t child;

	if (call.failed) return call_end(&call, JS_EXCEPTION);
	if (strlen(path) >= sizeof(script)) return call_end_errno(&call, "fork", path, ENAMETOOLONG);
	memcpy(script, path, strlen(path) + 1);
	child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (child != 0) return call_end_rc(&call, (int)child, "fork", path);
	/* A minute is long for what the engine has taken, and nothing of it is needed any more. */
	memory_forget();
	be_a_process_of_its_own();
	wait_for(seconds);
	begin(script);
}
