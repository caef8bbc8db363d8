/*
 * The least that a boot can cost: the mounts of the board files lab-tmpfs and lab-jffs2, one system call each, no shell, no
 * check. `store` is "tmpfs" or the MTD device that holds JFFS2.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PLAIN (MS_NOSUID | MS_NODEV)

#define UNION(place)                                                                                   \
	"lowerdir=/,upperdir=" place "/upper,workdir=" place "/work,redirect_dir=nofollow,index=off," \
	"nfs_export=off,xino=off,metacopy=off"

extern char **environ;

static void mount_union(const char *upperdir, const char *workdir, const char *options)
{
	mkdir(upperdir, 0755);
	mkdir(workdir, 0755);
	mount("overlay", "/mnt", "overlay", 0, options);
}

int main(int count, char **words)
{
	const char *store = getenv("store");

	if (count < 1 || store == NULL)
		return 1;
	mount("proc", "/proc", "proc", PLAIN | MS_NOEXEC, NULL);
	mount("tmpfs", "/run", "tmpfs", PLAIN, "size=20%,mode=0755");
	if (strcmp(store, "tmpfs") == 0) {
		mount("tmpfs", "/overlay", "tmpfs", 0, "size=32m,mode=0755");
		mount_union("/overlay/upper", "/overlay/work", UNION("/overlay"));
	} else {
		mount(store, "/overlay", "jffs2", MS_NOATIME, NULL);
		mount_union("/overlay/generations/1/upper", "/overlay/generations/1/work", UNION("/overlay/generations/1"));
	}
	mount("/proc", "/mnt/proc", NULL, MS_MOVE, NULL);
	mount("/dev", "/mnt/dev", NULL, MS_MOVE, NULL);
	mount("/run", "/mnt/run", NULL, MS_MOVE, NULL);
	mount("/overlay", "/mnt/overlay", NULL, MS_MOVE, NULL);
	chdir("/mnt");
	syscall(SYS_pivot_root, ".", "rom");
	chdir("/");
	words[0] = "/sbin/init";
	execve(words[0], words, environ);
	return 1;
}
