/*
 * Stands in for overlay_helper: runs the real one (its own name and ".real") under ptrace and kills it after the nth system
 * call that changes anything, n being the word cut= in the environment. Ends as the real one does; killed, where that was.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int changes(const struct user_regs_struct *registers)
{
	switch (registers->orig_rax) {
	case SYS_open:
		return (registers->rsi & O_CREAT) != 0;
	case SYS_openat:
		return (registers->rdx & O_CREAT) != 0;
	case SYS_mount:
	case SYS_umount2:
	case SYS_pivot_root:
	case SYS_mkdir:
	case SYS_rmdir:
	case SYS_unlink:
	case SYS_write:
	case SYS_ftruncate:
	case SYS_fsync:
	case SYS_syncfs:
	case SYS_chdir:
		return 1;
	default:
		return 0;
	}
}

/* What became of the child; it is killed where its call is reached. */
static int follow(pid_t child, int cut)
{
	struct user_regs_struct registers;
	int status, inside = 0, count = 0;

	waitpid(child, &status, 0);
	ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD);
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, child, NULL, NULL) < 0 || waitpid(child, &status, 0) < 0)
			return -1;
		if (!WIFSTOPPED(status))
			return status;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		inside = !inside;
		if (inside)
			continue;
		ptrace(PTRACE_GETREGS, child, NULL, &registers);
		if (!changes(&registers) || ++count != cut)
			continue;
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		return status;
	}
}

int main(int count, char **words)
{
	const char *cut = getenv("cut");
	char real[256];
	pid_t child;
	int status;

	snprintf(real, sizeof real, "%s.real", words[0]);
	if (cut == NULL || count < 2 || strcmp(words[1], "boot") != 0) {
		execve(real, words, environ);
		return 127;
	}
	child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execve(real, words, environ);
		_exit(127);
	}
	status = follow(child, atoi(cut));
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	kill(getpid(), SIGKILL);
	return 1;
}
