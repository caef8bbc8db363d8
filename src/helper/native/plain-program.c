/* Whether the kernel could execute a program: the file itself, and the interpreters it names. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plain.h"
#include "sys.h"

/* The kernel gives up with ELOOP after five interpreters (bprm->depth). */
#define INTERPRETERS_MOST 5
/* What the kernel reads of a file to tell what it is (BINPRM_BUF_SIZE since Linux 5.1; it was 128). */
#define HEAD_BYTES 256
#define HEADERS_MOST 128
#define HEADER_BYTES 128
#define SEGMENT_LOAD 1
#define SEGMENT_INTERPRETER 3

/* Where the fields lie that are read here, for 32 and 64 bit files (elf.h). */
struct layout {
	size_t word, headers_at, header_size, header_count, offset, size;
};
static const struct layout narrow = {4, 28, 42, 44, 4, 16}, wide = {8, 32, 54, 56, 8, 32};

struct program {
	const char *path;
	int fd;
	unsigned long long bytes;
	unsigned char head[HEAD_BYTES];
	size_t head_bytes;
	int big_endian;
};

static unsigned long long number_at(const struct program *program, const unsigned char *bytes, size_t length) {
	unsigned long long value = 0;
	size_t i;

	for (i = 0; i < length; i++) value = value << 8 | bytes[program->big_endian ? i : length - 1 - i];
	return value;
}

static int damaged(const struct program *program) { return plain_refuse("%s is a damaged ELF program", program->path); }

/* The name of the interpreter into `next`. */
static int read_name(const struct program *program, unsigned long long offset, unsigned long long length, char *next) {
	if (length < 2 || length > PATH_MAX) return damaged(program);
	if (pread(program->fd, next, (size_t)length - 1, (off_t)offset) != (ssize_t)length - 1) return damaged(program);
	next[length - 1] = '\0';
	return 0;
}

static int elf_interpreter(struct program *program, char *next) {
	static unsigned char headers[HEADERS_MOST * HEADER_BYTES];
	const struct layout *layout = program->head[4] == 2 ? &wide : &narrow;
	unsigned long long at, count, size, i;

	program->big_endian = program->head[5] == 2;
	if (program->head_bytes < 64) return damaged(program);
	at = number_at(program, program->head + layout->headers_at, layout->word);
	count = number_at(program, program->head + layout->header_count, 2);
	size = number_at(program, program->head + layout->header_size, 2);
	if (count > HEADERS_MOST || size < layout->size + layout->word || size > HEADER_BYTES || at > program->bytes) return damaged(program);
	if (pread(program->fd, headers, (size_t)(count * size), (off_t)at) != (ssize_t)(count * size)) return damaged(program);
	for (i = 0; i < count; i++) {
		const unsigned char *header = headers + i * size;
		unsigned long long type = number_at(program, header, 4);
		unsigned long long offset = number_at(program, header + layout->offset, layout->word);
		unsigned long long length = number_at(program, header + layout->size, layout->word);
		if (type != SEGMENT_LOAD && type != SEGMENT_INTERPRETER) continue;
		/* The kernel would map it all the same, and the program would die of SIGBUS later. */
		if (offset > program->bytes || length > program->bytes - offset) return damaged(program);
		if (type == SEGMENT_INTERPRETER && read_name(program, offset, length, next) < 0) return -1;
	}
	return 0;
}

/* The kernel takes the first word after "#!", up to a blank or the end of the line. */
static int script_interpreter(const struct program *program, char *next) {
	const char *word = (const char *)program->head + 2;
	size_t length;

	word += strspn(word, " \t");
	length = strcspn(word, " \t\n");
	if (length == 0) return plain_refuse("%s names no interpreter", program->path);
	memcpy(next, word, length);
	next[length] = '\0';
	return 0;
}

static int open_program(struct program *program) {
	struct stat st;
	ssize_t length;

	/* A device would do what devices do when it is opened. */
	if (stat(program->path, &st) < 0) return plain_failed("look at", program->path);
	if (!S_ISREG(st.st_mode) || st.st_size == 0) return plain_refuse("%s is no file, or empty", program->path);
	if (access(program->path, X_OK) < 0) return plain_failed("execute", program->path);
	program->bytes = (unsigned long long)st.st_size;
	program->fd = open(program->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (program->fd < 0) return plain_failed("open", program->path);
	length = read(program->fd, program->head, sizeof(program->head) - 1);
	program->head_bytes = length < 0 ? 0 : (size_t)length;
	program->head[program->head_bytes] = '\0';
	return length < 0 ? plain_failed("read", program->path) : 0;
}

/* Sets `next` to the interpreter, or to nothing. */
static int look_at(struct program *program, char *next) {
	const char *head = (const char *)program->head;

	next[0] = '\0';
	if (memcmp(head, "\x7f" "ELF", 4) == 0) return elf_interpreter(program, next);
	if (memcmp(head, "#!", 2) == 0) return script_interpreter(program, next);
	/* The flat format of processors without an MMU names no interpreter. */
	if (memcmp(head, "bFLT", 4) == 0) return 0;
	return plain_refuse("%s is neither an ELF program nor a script", program->path);
}

int plain_program(const char *path) {
	static char names[2][PATH_MAX];
	int depth;

	for (depth = 0; path[0] != '\0'; depth++) {
		struct program program = {.path = path, .fd = -1};
		int rc = depth > INTERPRETERS_MOST ? plain_refuse("interpreters call one another in a circle") : open_program(&program);
		if (rc == 0) rc = look_at(&program, names[depth % 2]);
		if (program.fd >= 0) close(program.fd);
		if (rc < 0) return -1;
		path = names[depth % 2];
	}
	return 0;
}
