/*
 * The least that a way into the merged root can cost, by its own name: /bench/chroot changes root and executes init,
 * /bench/pivot moves the mounts and pivots first, as overlay_helper does.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

static int pivot(void)
{
	return mount("/proc", "/mnt/proc", NULL, MS_MOVE, NULL) || mount("/dev", "/mnt/dev", NULL, MS_MOVE, NULL) ||
	       mount("/run", "/mnt/run", NULL, MS_MOVE, NULL) ||
	       mount("/overlay", "/mnt/overlay", NULL, MS_MOVE, NULL) || chdir("/mnt") ||
	       syscall(SYS_pivot_root, ".", "rom") || chdir("/");
}

int main(int count, char **words)
{
	if (count < 1)
		return 1;
	if (strcmp(words[0], "/bench/pivot") == 0 ? pivot() != 0 : chdir("/mnt") || chroot(".") || chdir("/"))
		return 1;
	words[0] = "/sbin/init";
	execve(words[0], words, environ);
	return 1;
}
