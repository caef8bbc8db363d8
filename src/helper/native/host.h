/*
 * What the engine and the native module get in place of the C library's: included before anything else by the build. The C
 * library's own bring floating point in text, tables of messages, streams and an allocator along, 30 KB that nobody asks for.
 */
#ifndef OVERLAYKIT_HOST_H
#define OVERLAYKIT_HOST_H

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * format.c: like the C library's, for %s %c %d %u %x and %% with the flag 0, a width, a precision of %s, and the sizes l, ll and
 * z. Anything else stands in the text as it is.
 */
int host_format_list(char *text, size_t size, const char *format, va_list values);
int host_format(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* format.c: whole exponents only, NaN for others; the engine's operator ** is all that asks for it. */
double host_power(double base, double exponent);

/* main.c: the engine has found its own data wrong. Ends the process; where it is PID 1, somebody else takes over. */
_Noreturn void host_assertion(const char *what, const char *file, int line, const char *function);
_Noreturn void host_abort(void);

#define vsnprintf host_format_list
#define snprintf host_format
#define pow host_power
#define __assert_fail host_assertion
#define abort host_abort

#endif
