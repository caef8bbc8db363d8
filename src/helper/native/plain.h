/*
 * The plain boot: what every boot does in which nothing is wrong and nothing is asked for, without the script engine, which takes
 * longer to start than all of this takes to do (docs/decisions/0023). plain.c has the order of it.
 *
 * Everything here returns 0, or -1 once plain_refuse has been told why; overlay_init then does it, so nothing is repaired,
 * waited for or explained here. Words of the call are trusted as the script is that they stand in; files are not.
 */
#ifndef OVERLAYKIT_PLAIN_H
#define OVERLAYKIT_PLAIN_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

/* Stands for the number of the chosen generation (src/shared/step.ts). */
#define GENERATION_WORD "{generation}"

/* What the boot knows so far. */
struct plain {
	/* Words of the call that are not read yet; NULL ends them. */
	char **words;
	const char *board, *digest, *rung, *outcome;
	/* Number of the step, and when each step began, as overlay_init writes it: " 2=1.25 3=1.26". */
	int step;
	char stamps[600];
	/* Descriptors of /run/overlaykit and of the storage's overlaykit directory, or -1. */
	int run, notes;
	/* The storage device as mount(2) wants it; empty where there is none. */
	char device[300];
	/* The generation that boots once it is counted, else 0; the seq of the state in which it is; the lowest number that is free. */
	long generation, seq, first_free;
	/* Seconds until the background job begins, or -1 where the rung has none. */
	long later;
	/* File system of the merged root. */
	const char *fstype;
};

/* plain.c: overlay_helper boot ...; the exit code. */
int plain_boot(char **words);
/* plain.c: why the boot is not plain; always -1. The first reason counts. */
int plain_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* plain.c: the same for a system call that has just failed, with its errno. */
int plain_failed(const char *what, const char *path);
/* plain.c: the next word, or NULL with a reason. */
const char *plain_word(struct plain *boot);

/* plain-undo.c: remembers how to undo what was just done; paths have to stay as they are. */
enum undo { UNDO_MOUNT, UNDO_DIRECTORY, UNDO_MOVE, UNDO_PIVOT };
int plain_undo_later(enum undo how, const char *path, const char *other);
/* plain-undo.c: undoes all of it, the last first; 0 where everything could be. */
int plain_undo_all(void);
/* plain-undo.c: a text that stays until the process ends; NULL with a reason where there is no room. */
const char *plain_keep(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* plain-undo.c: the same, with the number of the generation in it where the text has GENERATION_WORD. */
const char *plain_in_generation(const struct plain *boot, const char *text);

/* plain-files.c: reads a file whole, with a NUL behind it; its length, or -1 with errno (EFBIG where it does not fit). */
ssize_t plain_read(int directory, const char *name, int flags, char *data, size_t size);
/* plain-files.c: makes the whole content of a file these bytes, on the storage when it returns; or appends them. */
int plain_write(int directory, const char *name, const char *text, int append);
/* plain-files.c: a number from decimal digits, at most nine; -1 where it is none. Moves on behind it. */
long plain_number(const char **text);
/* plain-files.c: whether something is there; a directory, where that is asked for; the file itself, not what a link points at. */
int plain_is_there(int directory, const char *path, mode_t type);

/* plain-mounts.c: what is mounted at a path, the topmost: "MAJOR:MINOR" and the file system's type. */
struct mounted {
	const char *number, *fstype, *path;
};
/* plain-mounts.c: reads the mount table; what plain_mounted has found before is gone. */
int plain_read_mounts(void);
int plain_mounted(const char *path, struct mounted *found);
/* plain-mounts.c: the mounts below a path that ends in "/", one at a call; *from is 0 for the first. */
int plain_mounted_below(const char *path, size_t *from, struct mounted *found);

/* The words of a call, each by the function that reads what follows it. */
int plain_mount(struct plain *boot);       /* plain-mounts.c */
int plain_directories(struct plain *boot); /* plain-mounts.c */
int plain_switches(struct plain *boot);    /* plain-mounts.c */
int plain_flash(struct plain *boot);       /* plain-device.c */
int plain_block(struct plain *boot);       /* plain-device.c */
int plain_tagged(struct plain *boot);      /* plain-device.c */
int plain_choose(struct plain *boot);      /* plain-state.c */
int plain_base(struct plain *boot);        /* plain-base.c */
int plain_identity(struct plain *boot);    /* plain-base.c */
int plain_verify(struct plain *boot);      /* plain-union.c */
int plain_later(struct plain *boot);       /* plain-later.c */
int plain_enter(struct plain *boot);       /* plain-enter.c */

/* plain-protect.c: the block devices under the read-only layers are made read-only; what cannot be costs nothing. */
void plain_protect(void);
/* plain-program.c: whether the kernel could execute a program, and the interpreters that it names. */
int plain_program(const char *path);
/* plain-account.c: says which rung the board runs on, word for word as overlay_init's settle. */
int plain_account(struct plain *boot, const char *init);
/* plain-later.c: leaves a process behind that begins the background job, where the rung has one. The last thing to be done. */
int plain_leave_behind(const struct plain *boot, const char *old_root);

#endif
