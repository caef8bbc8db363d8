/* SHA-256 (FIPS 180-4) of a piece of memory: what tells one file of verbs from any other. */
#include <string.h>

#include "verbs.h"

#define BLOCK 64

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t constants[BLOCK] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* The same of the square roots of the first eight. */
static const uint32_t beginning[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static inline uint32_t turn(uint32_t value, int bits) { return value >> bits | value << (32 - bits); }

/* Byte by byte: the same on processors of either byte order, and on those that want words aligned. */
static uint32_t word_at(const uint8_t *data) {
	return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

static void put_word(uint8_t *data, uint32_t word) {
	for (int at = 0; at < 4; at++) data[at] = (uint8_t)(word >> (24 - 8 * at));
}

static void add_block(uint32_t state[8], const uint8_t *data) {
	uint32_t schedule[BLOCK];
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

	for (int at = 0; at < 16; at++) schedule[at] = word_at(data + 4 * at);
	for (int at = 16; at < BLOCK; at++) {
		uint32_t early = schedule[at - 15], late = schedule[at - 2];
		schedule[at] = schedule[at - 16] + schedule[at - 7] + (turn(early, 7) ^ turn(early, 18) ^ early >> 3) +
			(turn(late, 17) ^ turn(late, 19) ^ late >> 10);
	}
	/* In variables of their own: this is all that reading the verbs costs, and an array would have to go through memory. */
	for (int at = 0; at < BLOCK; at++) {
		uint32_t one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (g ^ (e & (f ^ g))) + constants[at] + schedule[at];
		uint32_t two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) | (c & (a | b)));
		h = g;
		g = f;
		f = e;
		e = d + one;
		d = c;
		c = b;
		b = a;
		a = one + two;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

void sha256(const uint8_t *data, size_t size, uint8_t digest[SHA256_BYTES]) {
	uint8_t last[2 * BLOCK] = {0};
	uint32_t state[8];
	size_t whole = size - size % BLOCK, rest = size % BLOCK;
	size_t end = rest < BLOCK - 8 ? BLOCK : 2 * BLOCK;

	memcpy(state, beginning, sizeof(state));
	for (size_t at = 0; at < whole; at += BLOCK) add_block(state, data + at);
	memcpy(last, data + whole, rest);
	last[rest] = 0x80;
	/* The length is in bits; what is digested here is far from 512 MiB. */
	put_word(last + end - 4, (uint32_t)(size << 3));
	for (size_t at = 0; at < end; at += BLOCK) add_block(state, last + at);
	for (int at = 0; at < 8; at++) put_word(digest + 4 * at, state[at]);
}
