/*
 * /sbin/init of a measured boot: takes the time, says how many ticks have passed since start.c took it, what is mounted
 * now and what was said on the way, and ends the board.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>
#include <x86intrin.h>

static void copy_mountinfo(void)
{
	char buffer[4096];
	ssize_t length;
	int file = open("/proc/self/mountinfo", O_RDONLY);

	while (file >= 0 && (length = read(file, buffer, sizeof buffer)) > 0)
		fwrite(buffer, 1, (size_t)length, stdout);
}

/* The kernel log as records, "LEVEL,NUMBER,TIME,FLAGS;TEXT"; those of overlay_init and overlay_helper only. */
static void copy_log(void)
{
	char record[8192];
	ssize_t length;
	int file = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);

	while (file >= 0 && (length = read(file, record, sizeof record - 1)) > 0) {
		record[length] = '\0';
		if (strstr(record, ";overlaykit: ") != NULL || strstr(record, ";overlay_helper: ") != NULL)
			fwrite(record, 1, (size_t)length, stdout);
	}
}

int main(void)
{
	unsigned long long now = __rdtsc();
	const char *start = getenv("bench_start");

	if (start == NULL)
		return 1;
	printf("\nBENCH BEGIN %llu\n", now - strtoull(start, NULL, 10));
	copy_mountinfo();
	printf("BENCH LOG\n");
	copy_log();
	printf("BENCH END\n");
	fflush(stdout);
	/*
	 * After a first boot JFFS2 goes on erasing in the background, and overlay_init's job confirms the boot. Waiting
	 * costs a virtual board nothing.
	 */
	if (getenv("settle") != NULL)
		sleep(150);
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
