/* The bytecode of the verbs of a running board: a file of its own beside the program, which a boot never opens. */
#ifndef OVERLAYKIT_VERBS_H
#define OVERLAYKIT_VERBS_H

#include <stddef.h>
#include <stdint.h>

/* verbs.c: the bytecode, VERBS_SIZE bytes (script.h); NULL after a complaint where the file is not the one that was built with this program. It
 * stays, as the engine wants it. */
const uint8_t *verbs_read(void);

/* sha256.c */
#define SHA256_BYTES 32
void sha256(const uint8_t *data, size_t size, uint8_t digest[SHA256_BYTES]);

#endif
