/* What has to fit the generation that boots: the base image under it, and the identity in it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "plain.h"
#include "protocol.h"
#include "sys.h"

#define LINE_BYTES 4096

/* Ends a text with its first line. */
static void first_line(char *text) { text[strcspn(text, "\n")] = '\0'; }

/* base POLICY: the upper fits this image, or nothing can be said about that. */
int plain_base(struct plain *boot) {
	static char base[LINE_BYTES], fits[LINE_BYTES];
	const char *policy = plain_word(boot), *place;

	if (policy == NULL || (place = plain_in_generation(boot, STORAGE "/generations/" GENERATION_WORD "/base")) == NULL) return -1;
	if (!plain_is_there(AT_FDCWD, BASE, 0)) return 0;
	if (plain_read(AT_FDCWD, BASE, 0, base, sizeof(base)) < 0) return plain_failed("read", BASE);
	if (plain_read(AT_FDCWD, place, O_NOFOLLOW, fits, sizeof(fits)) < 0) return plain_failed("read", place);
	first_line(base);
	first_line(fits);
	if (strcmp(base, fits) != 0) return plain_refuse("the generation was made on another base image");
	if (strcmp(policy, "review") != 0) return 0;
	/* Every boot says how many paths wait for somebody. */
	place = plain_keep("%s-report", place);
	if (place == NULL) return -1;
	return plain_is_there(AT_FDCWD, place, 0) ? plain_refuse("the new base image waits for a review") : 0;
}

/* identity: what is stored was brought into this generation. */
int plain_identity(struct plain *boot) {
	char marker[64], expected[64];

	if (boot->generation == 0) return plain_refuse("no generation is chosen yet");
	if (plain_read(boot->notes, "identity.generation", O_NOFOLLOW, marker, sizeof(marker)) < 0)
		return plain_failed("read", "identity.generation");
	first_line(marker);
	snprintf(expected, sizeof(expected), "generation %ld end", boot->generation);
	return strcmp(marker, expected) == 0 ? 0 : plain_refuse("the identity is to be brought into another generation");
}
