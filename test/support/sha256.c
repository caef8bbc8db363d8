/* sha256 FILE: prints the digest that the helper's own sha256.c makes of each beginning of a file of at most 1 KiB. */
#include <stdio.h>

#include "verbs.h"

int main(int count, char **words) {
	static uint8_t data[1024];
	uint8_t digest[SHA256_BYTES];
	FILE *file = count == 2 ? fopen(words[1], "r") : NULL;
	size_t size;

	if (file == NULL) return 1;
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	for (size_t length = 0; length <= size; length++) {
		sha256(data, length, digest);
		for (int at = 0; at < SHA256_BYTES; at++) printf("%02x", digest[at]);
		printf("\n");
	}
	return 0;
}
