/*
 * resident FOLDER FROM TO PROGRAM [WORD...]: the memory of a program at its end, from /proc/PID/smaps while it is stopped in
 * exit(2). rusage would also know what the process had before it executed the program. What is mapped between two addresses
 * is counted, FROM in it and TO not: an emulator has the memory of what it runs there, and its own elsewhere.
 *
 * The program runs in mounts of its own: at /mnt a union over FOLDER/lower, its upper in FOLDER/memory, so that overlay_helper verifies
 * what it would verify on a board. Prints "CODE RSS ANONYMOUS", in kB.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOPPED_AT_EXIT (SIGTRAP | PTRACE_EVENT_EXIT << 8)

/* A tmpfs takes an upper wherever FOLDER is; what is below it may be an overlay itself. */
static int make_union(const char *folder)
{
	static char options[4096];

	snprintf(options, sizeof options, "lowerdir=%s/lower,upperdir=upper,workdir=work", folder);
	return unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || chdir(folder) ||
	       mount("tmpfs", "memory", "tmpfs", 0, NULL) || chdir("memory") || mkdir("upper", 0755) ||
	       mkdir("work", 0755) || mount("overlay", "/mnt", "overlay", 0, options) || chdir("/");
}

static int print_memory(pid_t child, unsigned long code, unsigned long from, unsigned long to)
{
	char path[64], line[512];
	unsigned long start = 0, first, end, kib, resident = 0, anonymous = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/smaps", (int)child);
	file = fopen(path, "r");
	if (file == NULL)
		return 1;
	while (fgets(line, sizeof line, file) != NULL) {
		/* Only the first line of a mapping has two numbers; a word may begin like one. */
		if (sscanf(line, "%lx-%lx ", &first, &end) == 2)
			start = first;
		if (start < from || start >= to)
			continue;
		if (sscanf(line, "Rss: %lu", &kib) == 1)
			resident += kib;
		if (sscanf(line, "Anonymous: %lu", &kib) == 1)
			anonymous += kib;
	}
	fclose(file);
	printf("%lu %lu %lu\n", code >> 8, resident, anonymous);
	return resident == 0;
}

int main(int count, char **words)
{
	int status;
	unsigned long code, from, to;
	pid_t child;

	if (count < 5)
		return 2;
	from = strtoul(words[2], NULL, 16);
	to = strtoul(words[3], NULL, 16);
	if (make_union(words[1]) != 0) {
		perror("the union at /mnt");
		return 1;
	}
	child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execvp(words[4], words + 4);
		perror(words[4]);
		_exit(127);
	}
	/* The first stop is the one after execve. */
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
		return 1;
	ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
	ptrace(PTRACE_CONT, child, NULL, NULL);
	while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
		if (status >> 8 == STOPPED_AT_EXIT) {
			if (ptrace(PTRACE_GETEVENTMSG, child, NULL, &code) != 0 || print_memory(child, code, from, to) != 0)
				return 1;
			ptrace(PTRACE_CONT, child, NULL, NULL);
			waitpid(child, &status, 0);
			return 0;
		}
		ptrace(PTRACE_CONT, child, NULL, (void *)(long)WSTOPSIG(status));
	}
	return 1;
}
