/*
 * What stands between start.c and Debian's overlayroot: an initramfs as it is when the real root has been mounted in it. It is in
 * memory, as always, with busybox and what /bench/initramfs holds; /proc, /sys, /dev and /run are mounted, which our own boots have to
 * do themselves. Then it takes the time anew and executes the rest of that initramfs's init.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

extern char **environ;

static int run(char *const *words)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		execve(words[0], words, environ);
		_exit(127);
	}
	return child < 0 || waitpid(child, &status, 0) < 0 || status != 0;
}

static int make(void)
{
	static const char *const places[] = { "/mnt/root", "/mnt/proc", "/mnt/sys", "/mnt/dev", "/mnt/run", "/mnt/tmp" };
	char *copy[] = { "/bin/busybox", "cp", "-a", "/bench/initramfs/.", "/mnt", NULL };
	char *busybox[] = { "/bin/busybox", "cp", "/bin/busybox", "/mnt/bin/busybox", NULL };

	if (mount("tmpfs", "/mnt", "tmpfs", 0, "size=48m") || run(copy) || run(busybox))
		return 1;
	for (size_t index = 0; index < sizeof places / sizeof *places; index++)
		mkdir(places[index], 0755);
	return symlink("busybox", "/mnt/bin/sh") || mount("/", "/mnt/root", NULL, MS_BIND, NULL) ||
	       mount("proc", "/mnt/proc", "proc", 0, NULL) || mount("sysfs", "/mnt/sys", "sysfs", 0, NULL) ||
	       mount("tmpfs", "/mnt/run", "tmpfs", 0, "mode=0755") || mount("/dev", "/mnt/dev", NULL, MS_MOVE, NULL);
}

int main(int count, char **words)
{
	static char stamp[64];
	char *init[] = { "/init", NULL };

	if (count < 1 || make() != 0 || chdir("/mnt") != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0) {
		perror(words[0]);
		return 1;
	}
	snprintf(stamp, sizeof stamp, "bench_start=%llu", __rdtsc());
	putenv(stamp);
	execve(init[0], init, environ);
	perror(init[0]);
	return 1;
}
