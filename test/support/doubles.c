/* The doubles of processors without an FPU against those of this one; prints "ok". */
#include <assert.h>
#include <stdio.h>
#include <string.h>

/* The routines are GCC's own names: renamed, so that this program's own doubles stay the processor's. */
#define __adddf3 soft_add
#define __subdf3 soft_subtract
#define __negdf2 soft_negate
#define __muldf3 soft_multiply
#define __divdf3 soft_divide
#define __eqdf2 soft_eq
#define __nedf2 soft_ne
#define __ledf2 soft_le
#define __ltdf2 soft_lt
#define __gedf2 soft_ge
#define __gtdf2 soft_gt
#define __unorddf2 soft_unordered
#define __floatundidf soft_from_u64
#define __floatdidf soft_from_i64
#define __floatunsidf soft_from_u32
#define __floatsidf soft_from_i32
#define __fixunsdfdi soft_to_u64
#define __fixdfdi soft_to_i64
#define __fixdfsi soft_to_i32
#define __fixunsdfsi soft_to_u32
#define __extendsfdf2 soft_from_single
#define __truncdfsf2 soft_to_single
#include "soft-double.c"

static uint64_t seed = 42;
static uint64_t any(void) {
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

/* Bits as they come, near one another, small whole numbers, and the ends of what there is. */
static double operand(double other) {
	static const uint64_t ends[] = {0, 1, 2, HIDDEN - 1, HIDDEN, HIDDEN + 1, INFINITE - 1, INFINITE, NOT_A_NUMBER,
									0x3ff0000000000000, 0x4330000000000000, 0x4340000000000000, 0x43e0000000000000,
									0x41dfffffffc00000, 0x36a0000000000000, 0x47efffffe0000000, 0x3810000000000000};
	uint64_t sign = any() & SIGN;
	switch (any() % 6) {
	case 0: return of_bits(sign | ends[any() % (sizeof(ends) / sizeof(ends[0]))]);
	case 1: return (double)(int32_t)any();
	case 2: return of_bits(bits_of(other) ^ (any() & any() & any() & (SIGN | 0x00300000000fffff)));
	case 3: return of_bits(sign | ((uint64_t)(BIAS - 70 + any() % 140) << 52) | (any() & (HIDDEN - 1) & any()));
	case 4: return of_bits(sign | ((any() % 60) << 52) | (any() & (HIDDEN - 1)));
	default: return of_bits(any());
	}
}

static void same(double ours, double theirs, const char *what, double a, double b) {
	if (bits_of(ours) == bits_of(theirs) || (ours != ours && theirs != theirs)) return;
	printf("%s %a %a: %a, should be %a\n", what, a, b, ours, theirs);
	__builtin_exit(1);
}

int main(void) {
	double b = 1;
	long round;

	for (round = 0; round < 6000000; round++) {
		double a = operand(b);
		float single;
		uint32_t word = (uint32_t)any();
		b = operand(a);
		same(soft_add(a, b), a + b, "+", a, b);
		same(soft_subtract(a, b), a - b, "-", a, b);
		same(soft_multiply(a, b), a * b, "*", a, b);
		same(soft_divide(a, b), a / b, "/", a, b);
		assert((soft_eq(a, b) == 0) == (a == b) && (soft_ne(a, b) != 0) == (a != b));
		assert((soft_lt(a, b) < 0) == (a < b) && (soft_le(a, b) <= 0) == (a <= b));
		assert((soft_gt(a, b) > 0) == (a > b) && (soft_ge(a, b) >= 0) == (a >= b));
		assert((soft_unordered(a, b) != 0) == (a != a || b != b));
		memcpy(&single, &word, sizeof(single));
		same(soft_from_single(single), (double)single, "single", (double)single, 0);
		same(soft_to_single(a), (float)a, "to single", a, 0);
		same(soft_from_i64((int64_t)seed), (double)(int64_t)seed, "i64", 0, 0);
		same(soft_from_u64(seed >> (word & 63)), (double)(seed >> (word & 63)), "u64", 0, 0);
		same(soft_from_i32((int32_t)word), (double)(int32_t)word, "i32", 0, 0);
		same(soft_from_u32(word), (double)word, "u32", 0, 0);
		if (a > -9e18 && a < 9e18) assert(soft_to_i64(a) == (int64_t)a);
		if (a > -1 && a < 1.8e19) assert(soft_to_u64(a) == (uint64_t)a);
		if (a > -2147483649.0 && a < 2147483648.0) assert(soft_to_i32(a) == (int32_t)a);
		if (a > -1 && a < 4294967296.0) assert(soft_to_u32(a) == (uint32_t)a);
	}
	assert(soft_to_i32(1e10) == INT32_MAX && soft_to_i32(-1e10) == INT32_MIN);
	assert(soft_to_i64(1e30) == INT64_MAX && soft_to_i64(-1e30) == INT64_MIN && soft_to_u64(-5) == 0);
	puts("ok");
	return 0;
}
