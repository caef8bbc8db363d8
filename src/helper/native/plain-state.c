/*
 * The generation of a plain boot: the active one, of a state that is whole in both slots, with nothing asked for. The line of a
 * slot is src/shared/state.ts's.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plain.h"
#include "protocol.h"
#include "sys.h"

/* The highest number that a line can hold: nine digits. */
#define NUMBER_MOST 999999999L
#define SLOT_BYTES 512

enum { SEQ, ACTIVE, PREVIOUS, TRYING, ATTEMPTS, NEXT, RESET, NUMBERS };
static const char *const names[NUMBERS] = {"seq", "active", "previous", "trying", "attempts", "next", "reset"};

/* -1 is "-" in the line. */
struct state {
	long number[NUMBERS];
};

enum slot { MISSING, WHOLE, NOT_WHOLE };

static void write_line(const struct state *state, char *line, size_t size) {
	int length = snprintf(line, size, "overlaykit-state 1"), i;
	unsigned long sum = 0;

	for (i = 0; i < NUMBERS; i++) {
		long number = state->number[i];
		char *end = line + length;
		if (number < 0)
			length += snprintf(end, size - (size_t)length, " %s=-", names[i]);
		else
			length += snprintf(end, size - (size_t)length, " %s=%ld", names[i], number);
		sum = (sum * 31 + (unsigned long)(number + 1)) % 65521;
	}
	snprintf(line + length, size - (size_t)length, " end=%d.%lu\n", length, sum);
}

static int take_text(const char **at, const char *text) {
	size_t length = strlen(text);

	if (strncmp(*at, text, length) != 0) return 0;
	*at += length;
	return 1;
}

/* What reads as a state has to be written the same: that compares the check number, the length, and every blank. */
static int parse(const char *text, struct state *state) {
	char again[SLOT_BYTES];
	const char *at = text;
	int i;

	if (!take_text(&at, "overlaykit-state 1")) return 0;
	for (i = 0; i < NUMBERS; i++) {
		if (!take_text(&at, " ") || !take_text(&at, names[i]) || !take_text(&at, "=")) return 0;
		state->number[i] = take_text(&at, "-") ? -1 : plain_number(&at);
	}
	if (state->number[SEQ] < 0 || state->number[ACTIVE] < 0 || state->number[ATTEMPTS] < 0 || state->number[NEXT] < 0) return 0;
	write_line(state, again, sizeof(again));
	return strncmp(text, again, strlen(again)) == 0;
}

static enum slot read_slot(int directory, const char *name, struct state *state) {
	/* What is behind the first line may be the rest of a longer one. */
	char text[SLOT_BYTES + 1];
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t length;

	if (fd < 0) return errno == ENOENT ? MISSING : NOT_WHOLE;
	length = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, text, SLOT_BYTES) : -1;
	close(fd);
	if (length < 0) return NOT_WHOLE;
	text[length] = '\0';
	return parse(text, state) ? WHOLE : NOT_WHOLE;
}

/* Sets the state that counts and the slot that is written next; a damaged slot is worth a word, which overlay_init has. */
static int read_state(const struct plain *boot, struct state *state, const char **into, enum slot *before) {
	struct state other;
	enum slot a = read_slot(boot->notes, "state.a", state), b = read_slot(boot->notes, "state.b", &other);

	if (a == NOT_WHOLE || b == NOT_WHOLE || (a == MISSING && b == MISSING))
		return plain_refuse("the state is not whole in both slots");
	*into = "state.b";
	*before = b;
	if (a == MISSING || (b == WHOLE && other.number[SEQ] > state->number[SEQ])) {
		*state = other;
		*into = "state.a";
		*before = a;
	}
	return state->number[SEQ] < NUMBER_MOST - 1 ? 0 : plain_refuse("the numbers of the state are used up");
}

static int expect_nothing_asked(const struct plain *boot, const char *request) {
	if (plain_is_there(boot->notes, "reset-paths", 0)) return plain_refuse("the changes below some paths are to be forgotten");
	if (request[0] == '\0' || !plain_is_there(AT_FDCWD, request, 0)) return 0;
	return plain_refuse("%s asks for a reset", request);
}

static int expect_directories(long generation) {
	char path[80];
	int upper, work;

	snprintf(path, sizeof(path), STORAGE "/generations/%ld/upper", generation);
	upper = plain_is_there(AT_FDCWD, path, S_IFDIR);
	snprintf(path, sizeof(path), STORAGE "/generations/%ld/work", generation);
	work = plain_is_there(AT_FDCWD, path, S_IFDIR);
	return upper && work ? 0 : plain_refuse("generation %ld is not whole", generation);
}

/* Should this process end after it, overlay_init does not count the boot again. */
static int note_counted(const struct plain *boot, long seq) {
	char text[24];

	snprintf(text, sizeof(text), "%ld\n", seq);
	return plain_write(boot->run, NOTE_COUNTED, text, 0);
}

static int sync_all(int fd) {
	if (syscall(SYS_syncfs, fd) == 0) return 0;
	/* Linux before 2.6.39. */
	if (errno != ENOSYS) return plain_failed("synchronize", STORAGE);
	sync();
	return 0;
}

static int count_attempt(struct plain *boot, struct state *state, const char *into, enum slot before) {
	char line[SLOT_BYTES];

	state->number[SEQ]++;
	state->number[ATTEMPTS]++;
	if (note_counted(boot, state->number[SEQ]) < 0) return -1;
	write_line(state, line, sizeof(line));
	if (plain_write(boot->notes, into, line, 0) < 0) return -1;
	/* A file that was not there is found after a power cut only where its directory is on the storage too. */
	return before == MISSING ? sync_all(boot->notes) : 0;
}

/* choose LIMIT REQUEST_FILE: the attempt is durable when this returns. An empty REQUEST_FILE is none. */
int plain_choose(struct plain *boot) {
	const char *number = plain_word(boot), *request = number == NULL ? NULL : plain_word(boot), *into;
	long limit = request == NULL ? -1 : plain_number(&number);
	struct state state;
	enum slot before;

	if (limit < 0 || boot->run < 0 || boot->notes < 0) return plain_refuse("there is nothing to choose from");
	if (read_state(boot, &state, &into, &before) < 0 || expect_nothing_asked(boot, request) < 0) return -1;
	if (state.number[TRYING] >= 0) return plain_refuse("a generation is being tried");
	if (state.number[ATTEMPTS] >= limit) return plain_refuse("it was tried too often");
	if (expect_directories(state.number[ACTIVE]) < 0 || count_attempt(boot, &state, into, before) < 0) return -1;
	boot->generation = state.number[ACTIVE];
	boot->seq = state.number[SEQ];
	boot->first_free = state.number[NEXT];
	return 0;
}
