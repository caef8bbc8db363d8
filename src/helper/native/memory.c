/*
 * The engine's memory: blocks of some sizes, cut from chunks, and kept for the next of their size when they are freed. Nothing
 * is given back to the kernel but what is very large, since the process ends soon.
 *
 * The C library's allocator has the kernel set up and take down some fifty mappings for a start of the engine, a third of
 * its time. The first chunk is part of the program, so the engine has what it needs to start, which it does not look after.
 */
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "engine.h"

/* What the engine takes to start, the builtins and the larger of the two scripts, with room to spare. */
#define FIRST_CHUNK (384 * 1024)
#define CHUNK (256 * 1024)
/* From here on a block is a mapping of its own. */
#define LARGE (64 * 1024)

/* Classes: steps of 8 bytes up to 1 KiB, then four for each doubling. */
#define STEP 8
#define SMALL 1024
#define SMALL_CLASSES (SMALL / STEP)
#define CLASSES (SMALL_CLASSES + 4 * 6 + 1)

/* In front of each block, which the engine wants to begin on 8 bytes on 32-bit processors too. */
struct block {
	uint32_t size;	/* bytes after this header */
	uint32_t class; /* CLASSES for a mapping of its own */
};

/* What a free block holds. */
struct free_block {
	struct free_block *next;
};

static char first_chunk[FIRST_CHUNK] __attribute__((aligned(16)));
static char *chunk = first_chunk;
static size_t chunk_left = FIRST_CHUNK;
static struct free_block *free_blocks[CLASSES];

/* What stands first in each chunk but the first one: the chunk before it. */
struct chunk {
	union {
		struct chunk *before;
		char room[16];
	};
};

static struct chunk *last_chunk;

/* The class whose blocks have room for `size`, and how much they have. */
static size_t class_of(size_t size, size_t *room) {
	size_t class = SMALL_CLASSES, base = SMALL, quarter;

	if (size <= SMALL) {
		class = (size - 1) / STEP;
		*room = (class + 1) * STEP;
		return class;
	}
	while (size > base * 2) {
		base *= 2;
		class += 4;
	}
	quarter = (size - base - 1) / (base / 4);
	*room = base + (quarter + 1) * (base / 4);
	return class + quarter;
}

static void *map(size_t bytes) {
	void *place = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return place == MAP_FAILED ? NULL : place;
}

static struct block *cut(size_t bytes) {
	struct block *block;

	if (bytes > chunk_left) {
		/* What is left of the old chunk is lost: less than one block. */
		struct chunk *next = map(CHUNK);
		if (next == NULL) return NULL;
		next->before = last_chunk;
		last_chunk = next;
		chunk = (char *)(next + 1);
		chunk_left = CHUNK - sizeof(*next);
	}
	block = (struct block *)(void *)chunk;
	chunk += bytes;
	chunk_left -= bytes;
	return block;
}

static struct block *header_of(const void *memory) {
	return (struct block *)(uintptr_t)((const char *)memory - sizeof(struct block));
}

static void *start(JSMallocState *state, struct block *block, size_t size, size_t class) {
	block->size = (uint32_t)size;
	block->class = (uint32_t)class;
	state->malloc_count++;
	state->malloc_size += size;
	return block + 1;
}

static void *allocate(JSMallocState *state, size_t size) {
	size_t room, class;
	struct block *block;

	if (size > LARGE) {
		if (size > (size_t)1 << 30) return NULL;
		block = map(size + sizeof(*block));
		return block == NULL ? NULL : start(state, block, size, CLASSES);
	}
	class = class_of(size, &room);
	if (free_blocks[class] != NULL) {
		block = header_of(free_blocks[class]);
		free_blocks[class] = free_blocks[class]->next;
	} else {
		block = cut(room + sizeof(*block));
	}
	return block == NULL ? NULL : start(state, block, room, class);
}

static void release(JSMallocState *state, void *memory) {
	struct block *block;
	struct free_block *freed = memory;

	if (memory == NULL) return;
	block = header_of(memory);
	state->malloc_count--;
	state->malloc_size -= block->size;
	if (block->class == CLASSES) {
		munmap(block, block->size + sizeof(*block));
		return;
	}
	freed->next = free_blocks[block->class];
	free_blocks[block->class] = freed;
}

static size_t usable(const void *memory) { return header_of(memory)->size; }

/*
 * What was cut last can grow where it is: text that is put together, mostly. Not where a block of that size waits: one that always
 * grew would never come back to those of its size, and a process that goes on would grow with it.
 */
static int grow_last(JSMallocState *state, struct block *block, size_t size) {
	size_t room, class;

	if (size > LARGE || (char *)(block + 1) + block->size != chunk) return 0;
	class = class_of(size, &room);
	if (free_blocks[class] != NULL || room < block->size || room - block->size > chunk_left) return 0;
	chunk += room - block->size;
	chunk_left -= room - block->size;
	state->malloc_size += room - block->size;
	block->size = (uint32_t)room;
	block->class = (uint32_t)class;
	return 1;
}

static void *resize(JSMallocState *state, void *memory, size_t size) {
	size_t have;
	void *larger;

	if (memory == NULL) return size == 0 ? NULL : allocate(state, size);
	if (size == 0) {
		release(state, memory);
		return NULL;
	}
	have = usable(memory);
	/* Shrinking by less than half is not worth a copy. */
	if (size <= have && size > have / 2) return memory;
	if (grow_last(state, header_of(memory), size)) return memory;
	larger = allocate(state, size);
	if (larger == NULL) return NULL;
	memcpy(larger, memory, size < have ? size : have);
	release(state, memory);
	return larger;
}

static const JSMallocFunctions functions = {allocate, release, resize, usable};

void memory_forget(void) {
	uintptr_t start = (uintptr_t)first_chunk, page = (uintptr_t)getauxval(AT_PAGESZ);
	uintptr_t from = (start + page - 1) / page * page, to = (start + FIRST_CHUNK) / page * page;

	while (last_chunk != NULL) {
		struct chunk *one = last_chunk;
		last_chunk = one->before;
		munmap(one, CHUNK);
	}
	/* Where this fails the process is larger than it has to be, and works. */
	madvise((void *)from, to - from, MADV_DONTNEED);
}

JSRuntime *memory_runtime(void) { return JS_NewRuntime2(&functions, NULL); }
