/* The helper's allocator, its text from values and its powers, against simple models of them; prints "ok". */
#include <stdint.h>
#include <string.h>

#include "engine.h"

static const JSMallocFunctions *memory;
static JSMallocState state;

/* memory.c gives its functions to the engine; here they are caught. */
JSRuntime *JS_NewRuntime2(const JSMallocFunctions *functions, void *opaque) {
	(void)opaque;
	memory = functions;
	return NULL;
}

_Noreturn void host_abort(void) { _Exit(70); }
_Noreturn void host_assertion(const char *what, const char *file, int line, const char *function) {
	fprintf(stderr, "%s (%s:%d, %s)\n", what, file, line, function);
	_Exit(70);
}

static uint32_t seed = 7;
static uint32_t chance(uint32_t below) {
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

#define BLOCKS 500
static struct {
	unsigned char *place, mark;
	size_t size;
} blocks[BLOCKS];

static void check_block(size_t i) {
	size_t at;

	assert(((uintptr_t)blocks[i].place & 7) == 0);
	assert(memory->js_malloc_usable_size(blocks[i].place) >= blocks[i].size);
	for (at = 0; at < blocks[i].size; at++) assert(blocks[i].place[at] == blocks[i].mark);
}

static size_t any_size(void) {
	static const uint32_t limits[] = {64, 1100, 40000, 70000, 300000};
	return 1 + chance(limits[chance(100) < 70 ? 0 : chance(5)]);
}

static void fill(size_t i, size_t size) {
	blocks[i].size = size;
	blocks[i].mark = (unsigned char)chance(256);
	memset(blocks[i].place, blocks[i].mark, size);
}

/* Blocks do not overlap, keep what is in them, and the count of bytes comes back to nothing. */
static void check_memory(void) {
	size_t round, i, at;

	for (round = 0; round < 60000; round++) {
		size_t size = any_size();
		i = chance(BLOCKS);
		if (blocks[i].place == NULL) {
			blocks[i].place = memory->js_malloc(&state, size);
			assert(blocks[i].place != NULL);
			fill(i, size);
		} else if (chance(2) == 0) {
			unsigned char *moved;
			check_block(i);
			moved = memory->js_realloc(&state, blocks[i].place, size);
			assert(moved != NULL);
			for (at = 0; at < size && at < blocks[i].size; at++) assert(moved[at] == blocks[i].mark);
			blocks[i].place = moved;
			fill(i, size);
		} else {
			check_block(i);
			memory->js_free(&state, blocks[i].place);
			blocks[i].place = NULL;
		}
	}
	for (i = 0; i < BLOCKS; i++) {
		if (blocks[i].place == NULL) continue;
		check_block(i);
		assert(memory->js_realloc(&state, blocks[i].place, 0) == NULL);
	}
	memory->js_free(&state, NULL);
	assert(state.malloc_count == 0 && state.malloc_size == 0);
	assert(memory->js_malloc(&state, (size_t)-100) == NULL);
	/* A thousand times the same does not take a thousand times the room. */
	for (round = 0; round < 1000; round++) {
		void *first = memory->js_malloc(&state, 5000), *again;
		memory->js_free(&state, first);
		again = memory->js_malloc(&state, 4900);
		assert(again == first);
		memory->js_free(&state, again);
	}
}

#undef snprintf
/* The C library's own is the model. */
#define SAME(size, ...) \
	do { \
		char ours[100], theirs[100]; \
		int length = host_format(ours, size, __VA_ARGS__); \
		assert(length == snprintf(theirs, size, __VA_ARGS__)); \
		assert(size == 0 || strcmp(ours, theirs) == 0); \
	} while (0)

static void check_format(void) {
	uint32_t round;

	for (round = 0; round < 3000; round++) {
		long long number = (long long)((uint64_t)chance(1 << 24) << chance(40)) * (chance(2) ? 1 : -1);
		size_t size = chance(99);
		int some = (int)chance(8);
		SAME(size, "%d|%u|%04x", (int)number, (unsigned)number, (unsigned)number);
		SAME(size, "<%5d>%08d%%%c", (int)number, (int)number, 'a' + some);
		SAME(size, "%lld.%09ld %llu", number, (long)number, (unsigned long long)number);
		SAME(size, "%zu %lu", (size_t)number, (unsigned long)number);
		SAME(size, "%s: %.*s", "text", some, "another");
		SAME(size, "%6s|%.3s|%s", "abc", "abcdef", "");
	}
	SAME(99, "%d %d %u", INT32_MIN, INT32_MAX, UINT32_MAX);
	SAME(99, "%lld %lld", (long long)INT64_MIN, (long long)INT64_MAX);
}

static void check_power(void) {
	int base, exponent;

	for (base = -12; base <= 12; base++)
		for (exponent = 0; exponent <= 14; exponent++) {
			double expected = 1;
			int times;
			for (times = 0; times < exponent; times++) expected *= base;
			assert(host_power(base, exponent) == expected);
			if (base != 0) assert(fabs(host_power(base, -exponent) * expected - 1) < 1e-12);
		}
	assert(isnan(host_power(2, 0.5)) && isnan(host_power(2, INFINITY)) && isnan(host_power(2, NAN)));
}

int main(void) {
	memory_runtime();
	check_memory();
	check_format();
	check_power();
	puts("ok");
	return 0;
}
