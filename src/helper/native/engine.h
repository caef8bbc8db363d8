/* The script engine as the helper starts it. */
#ifndef OVERLAYKIT_ENGINE_H
#define OVERLAYKIT_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "quickjs.h"

/* engine.c: a context with the builtins that ../builtins.d.ts declares, and no others; NULL without memory. */
JSContext *engine_context(JSRuntime *runtime);

/* engine.c: finds the functions of a compiled script, which is trusted as the program itself is, and has to stay: they are made when they are called. */
JSValue engine_load(JSContext *ctx, const uint8_t *bytecode, size_t size);

/* engine.c: runs what was loaded, or hands its exception on. */
JSValue engine_run(JSContext *ctx, JSValue script);

/* engine.c: a byte string, one character for each byte. */
JSValue bytes_to_js(JSContext *ctx, const char *data, size_t length);

/*
 * engine.c: the bytes of a string, and a NUL, as long as what is returned is not freed; NULL where it has a character that is no byte.
 * An exception without memory.
 */
JSValue engine_string(JSContext *ctx, JSValueConst string, const char **bytes, size_t *length);

/* memory.c: a runtime with the allocator that is made for a process of some milliseconds. */
JSRuntime *memory_runtime(void);

/* memory.c: gives the engine's memory back to the kernel. Only in a process that never comes back to the engine. */
void memory_forget(void);

#endif
