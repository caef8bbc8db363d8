/* What a plain boot says of itself: to the kernel log, to /run/overlaykit, to the ledger; word for word as overlay_init's settle. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plain.h"
#include "protocol.h"
#include "sys.h"

/* The storage is not waited for: an account that a power cut takes along is no loss. */
static int keep_ledger(const struct plain *boot, const char *account) {
	char name[16];
	int boots, fd, rc = 0;

	if (mkdirat(boot->notes, "boots", 0755) < 0 && errno != EEXIST) return plain_failed("make", "boots");
	boots = openat(boot->notes, "boots", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (boots < 0) return plain_failed("open", "boots");
	snprintf(name, sizeof(name), "%ld", boot->seq % 8);
	unlinkat(boots, name, 0);
	fd = openat(boots, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, account, strlen(account)) != (ssize_t)strlen(account)) rc = plain_failed("write", "the ledger");
	if (fd >= 0) close(fd);
	close(boots);
	return rc;
}

static int tell_afterwards(const struct plain *boot) {
	char text[80];

	snprintf(text, sizeof(text), "%ld %ld %ld\n", boot->seq, boot->generation, boot->first_free);
	return plain_write(boot->run, NOTE_PLAIN, text, 0);
}

int plain_account(struct plain *boot, const char *init) {
	char number[16] = "";
	const char *line = plain_keep("rung %s: %s\n", boot->rung, boot->outcome), *account, *status, *said;

	if (boot->generation != 0) snprintf(number, sizeof(number), "%ld", boot->generation);
	account = plain_keep("seq=%ld rung=%s generation=%s stamps:%s reasons: []\n", boot->seq, boot->rung,
						 boot->generation == 0 ? "-" : number, boot->stamps);
	status = plain_keep("{\"board\":\"%s\",\"plan\":\"%s\",\"rung\":\"%s\",\"generation\":\"%s\",\"reset\":\"\",\"release\":\"\","
						"\"storage\":\"%s\",\"repaired\":\"\",\"reasons\":[],\"notes\":[]}\n",
						boot->board, boot->digest, boot->rung, number, boot->device);
	said = plain_keep("overlaykit: rung %s: %s", boot->rung, boot->outcome);
	if (line == NULL || account == NULL || status == NULL || said == NULL) return -1;
	if (boot->run < 0) return plain_refuse("there is no " RUN_DIR);
	sys_tell(6, said);
	if (plain_write(boot->run, "log", line, 1) < 0) return -1;
	/* On a rung without generations nobody counts. */
	if (plain_write(boot->run, "ledger", strchr(account, ' ') + 1, 0) < 0) return -1;
	if (boot->generation != 0 && (tell_afterwards(boot) < 0 || keep_ledger(boot, account) < 0)) return -1;
	/* Last: it says that this system has booted. */
	if (plain_write(boot->run, "status.json", status, 0) < 0) return -1;
	said = plain_keep("overlay_helper: boot: rung %s: the root is %s, overlay_init executes %s", boot->rung, boot->fstype, init);
	if (said != NULL) sys_tell(6, said);
	return 0;
}
