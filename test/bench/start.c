/*
 * PID 1 of a measured boot: takes the time and executes what is measured (exec=PATH on the kernel command line), so that
 * nothing has to be changed in it. As /bench/warm it first reads what the cases read, so that only their own work is
 * counted; as /bench/cold only busybox, which a board's init reads in any case.
 *
 * The virtual board counts instructions, and its time stamp counter is that count (one tick each). The stamp reaches
 * init in the environment (bench_start=), which every case hands on.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <x86intrin.h>

static const char *const programs[] = {
	"/sbin/overlay_init", "/sbin/overlay_helper", "/etc/overlaykit/plan.json",
	"/bench/ten-lines", "/bench/floor", "/sbin/init",
};

static const char *const places[] = {
	"/bin/sh", "/bin/mount", "/bin/mkdir", "/bin/rm", "/sbin/pivot_root",
	"/proc", "/sys", "/dev", "/run", "/overlay", "/mnt", "/rom",
};

#define COUNT(array) (sizeof array / sizeof *array)

extern char **environ;

static void read_whole(const char *path)
{
	char buffer[65536];
	int file = open(path, O_RDONLY);
	while (file >= 0 && read(file, buffer, sizeof buffer) > 0) {
	}
	if (file >= 0)
		close(file);
}

int main(int count, char **words)
{
	static char stamp[64];
	struct stat status;
	char *arguments[] = { getenv("exec"), NULL };

	if (count < 1 || arguments[0] == NULL)
		return 1;
	read_whole("/bin/busybox");
	if (strcmp(words[0], "/bench/warm") == 0) {
		for (size_t index = 0; index < COUNT(programs); index++)
			read_whole(programs[index]);
		for (size_t index = 0; index < COUNT(places); index++)
			stat(places[index], &status);
	}
	snprintf(stamp, sizeof stamp, "bench_start=%llu", __rdtsc());
	putenv(stamp);
	execve(arguments[0], arguments, environ);
	perror(arguments[0]);
	return 1;
}
