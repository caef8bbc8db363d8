/*
 * Arithmetic with doubles on processors that have none, for compilers whose own routines use an FPU (Debian's for MIPS): the
 * names are those that GCC calls. IEEE 754, round to nearest even; a NaN comes out as the quiet one. Not linked anywhere else.
 */
#include <stdint.h>

typedef union {
	double value;
	uint64_t bits;
} Double;

typedef union {
	float value;
	uint32_t bits;
} Single;

#define SIGN (1ULL << 63)
#define FRACTION_BITS 52
#define HIDDEN (1ULL << FRACTION_BITS)
#define INFINITE 0x7ff0000000000000ULL
#define NOT_A_NUMBER 0x7ff8000000000000ULL
#define BIAS 1023

static uint64_t bits_of(double value) {
	Double both = {.value = value};
	return both.bits;
}

static double of_bits(uint64_t bits) {
	Double both = {.bits = bits};
	return both.value;
}

static int is_nan(uint64_t bits) { return (bits & ~SIGN) > INFINITE; }
static int exponent_of(uint64_t bits) { return (int)(bits >> FRACTION_BITS) & 0x7ff; }

static int leading_zeros(uint64_t number) {
	int count = 0;

	if (number >> 32 == 0) count = 32, number <<= 32;
	while ((number & SIGN) == 0) count++, number <<= 1;
	return count;
}

/* Shifts right; what falls out leaves a one behind, so that rounding knows of it. */
static uint64_t shift_sticky(uint64_t number, int count) {
	if (count <= 0) return number;
	if (count > 63) return number != 0;
	return number >> count | (uint64_t)((number << (64 - count)) != 0);
}

/*
 * The double nearest to (-1)^sign * number * 2^(exponent - BIAS - 62), where bit 62 of `number` is its first, unless it is 0 or less
 * after rounding. Ten bits are below the fraction.
 */
static double pack(uint64_t sign, int exponent, uint64_t number) {
	uint64_t rest;

	if (number == 0) return of_bits(sign);
	if (exponent <= 0) {
		number = shift_sticky(number, 1 - exponent);
		exponent = 0;
	}
	rest = number & 0x3ff;
	number >>= 10;
	if (rest > 0x200 || (rest == 0x200 && (number & 1) != 0)) number++;
	/* The hidden one adds itself to the exponent; a carry does so twice. */
	if (exponent > 0) number += (uint64_t)(exponent - 1) << FRACTION_BITS;
	if (exponent >= 0x7ff || number >= INFINITE) return of_bits(sign | INFINITE);
	return of_bits(sign | number);
}

/* The same for a number whose first bit is anywhere. */
static double normalize(uint64_t sign, int exponent, uint64_t number) {
	int shift;

	if (number == 0) return of_bits(sign);
	shift = leading_zeros(number) - 1;
	if (shift < 0) return pack(sign, exponent + 1, shift_sticky(number, 1));
	return pack(sign, exponent - shift, number << shift);
}

/* A finite number that is not 0, with its first bit at bit 52 and the exponent that fits. */
static uint64_t unpack(uint64_t bits, int *exponent) {
	uint64_t fraction = bits & (HIDDEN - 1);
	int shift;

	*exponent = exponent_of(bits);
	if (*exponent != 0) return fraction | HIDDEN;
	shift = leading_zeros(fraction) - (63 - FRACTION_BITS);
	*exponent = 1 - shift;
	return fraction << shift;
}

static double add_bits(uint64_t a, uint64_t b) {
	uint64_t swap, larger, smaller;
	int exponent, other;

	if (is_nan(a) || is_nan(b)) return of_bits(NOT_A_NUMBER);
	if ((a & ~SIGN) < (b & ~SIGN)) swap = a, a = b, b = swap;
	if ((a & ~SIGN) == INFINITE) return of_bits((b & ~SIGN) == INFINITE && a != b ? NOT_A_NUMBER : a);
	if ((b & ~SIGN) == 0) return of_bits((a & ~SIGN) == 0 ? a & b : a);
	larger = unpack(a, &exponent) << 9;
	smaller = unpack(b, &other) << 9;
	smaller = shift_sticky(smaller, exponent - other);
	if (((a ^ b) & SIGN) == 0) return normalize(a & SIGN, exponent + 1, larger + smaller);
	if (larger == smaller) return of_bits(0);
	return normalize(a & SIGN, exponent + 1, larger - smaller);
}

double __adddf3(double a, double b) { return add_bits(bits_of(a), bits_of(b)); }
double __subdf3(double a, double b) { return add_bits(bits_of(a), bits_of(b) ^ SIGN); }
double __negdf2(double a) { return of_bits(bits_of(a) ^ SIGN); }

double __muldf3(double left, double right) {
	uint64_t a = bits_of(left), b = bits_of(right), sign = (a ^ b) & SIGN;
	uint64_t x, y, low, middle, high;
	int first, second;

	if (is_nan(a) || is_nan(b)) return of_bits(NOT_A_NUMBER);
	if ((a & ~SIGN) == INFINITE || (b & ~SIGN) == INFINITE)
		return of_bits((a & ~SIGN) == 0 || (b & ~SIGN) == 0 ? NOT_A_NUMBER : sign | INFINITE);
	if ((a & ~SIGN) == 0 || (b & ~SIGN) == 0) return of_bits(sign);
	x = unpack(a, &first) << 11;
	y = unpack(b, &second) << 11;
	/* 64 by 64 bits from four products; the upper 64 are what is wanted, the lower ones round. */
	low = (x & 0xffffffff) * (y & 0xffffffff);
	middle = (x >> 32) * (y & 0xffffffff) + (low >> 32);
	high = (x >> 32) * (y >> 32) + (middle >> 32);
	middle = (x & 0xffffffff) * (y >> 32) + (middle & 0xffffffff);
	high += middle >> 32;
	low = middle << 32 | (low & 0xffffffff);
	return normalize(sign, first + second - BIAS, high | (low != 0));
}

double __divdf3(double left, double right) {
	uint64_t a = bits_of(left), b = bits_of(right), sign = (a ^ b) & SIGN;
	uint64_t rest, divisor, quotient = 0;
	int first, second, bit;

	if (is_nan(a) || is_nan(b)) return of_bits(NOT_A_NUMBER);
	if ((a & ~SIGN) == INFINITE) return of_bits((b & ~SIGN) == INFINITE ? NOT_A_NUMBER : sign | INFINITE);
	if ((b & ~SIGN) == INFINITE) return of_bits(sign);
	if ((b & ~SIGN) == 0) return of_bits((a & ~SIGN) == 0 ? NOT_A_NUMBER : sign | INFINITE);
	if ((a & ~SIGN) == 0) return of_bits(sign);
	rest = unpack(a, &first);
	divisor = unpack(b, &second);
	/* By hand, a bit at a time: nobody divides in a loop here. */
	for (bit = 0; bit < 62; bit++) {
		quotient <<= 1;
		if (rest >= divisor) rest -= divisor, quotient |= 1;
		rest <<= 1;
	}
	return normalize(sign, first - second + BIAS + 1, quotient | (rest != 0));
}

/* -1, 0 or 1; 2 where one of them is not a number. */
static int order(double left, double right) {
	uint64_t a = bits_of(left), b = bits_of(right);

	if (is_nan(a) || is_nan(b)) return 2;
	if (((a | b) & ~SIGN) == 0 || a == b) return 0;
	if (((a ^ b) & SIGN) != 0) return (a & SIGN) != 0 ? -1 : 1;
	return (a < b) == ((a & SIGN) == 0) ? -1 : 1;
}

/* GCC compares what these give with 0; one that is not a number has to fail whatever was asked. */
int __eqdf2(double a, double b) { return order(a, b) != 0; }
int __nedf2(double a, double b) { return order(a, b) != 0; }
int __ledf2(double a, double b) { return order(a, b); }
int __ltdf2(double a, double b) { return order(a, b); }
int __gedf2(double a, double b) { return order(a, b) == 2 ? -1 : order(a, b); }
int __gtdf2(double a, double b) { return order(a, b) == 2 ? -1 : order(a, b); }
int __unorddf2(double a, double b) { return order(a, b) == 2; }

double __floatundidf(uint64_t number) { return normalize(0, BIAS + 62, number); }
double __floatdidf(int64_t number) {
	return number < 0 ? normalize(SIGN, BIAS + 62, 0 - (uint64_t)number) : __floatundidf((uint64_t)number);
}
double __floatunsidf(uint32_t number) { return __floatundidf(number); }
double __floatsidf(int32_t number) { return __floatdidf(number); }

/* Towards zero. What does not fit is undefined in C; here it is the nearest that fits. */
uint64_t __fixunsdfdi(double value) {
	uint64_t bits = bits_of(value), number = (bits & (HIDDEN - 1)) | HIDDEN;
	int shift = exponent_of(bits) - BIAS - FRACTION_BITS;

	if ((bits & SIGN) != 0 || shift < -FRACTION_BITS) return 0;
	if (shift > 63 - FRACTION_BITS) return UINT64_MAX;
	return shift < 0 ? number >> -shift : number << shift;
}

int64_t __fixdfdi(double value) {
	uint64_t bits = bits_of(value), number = __fixunsdfdi(of_bits(bits & ~SIGN));

	if ((bits & SIGN) != 0) return number >= SIGN ? INT64_MIN : -(int64_t)number;
	return number >= SIGN ? INT64_MAX : (int64_t)number;
}

int32_t __fixdfsi(double value) {
	int64_t number = __fixdfdi(value);

	if (number > INT32_MAX) return INT32_MAX;
	return number < INT32_MIN ? INT32_MIN : (int32_t)number;
}

uint32_t __fixunsdfsi(double value) {
	uint64_t number = __fixunsdfdi(value);

	return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

double __extendsfdf2(float value) {
	Single both = {.value = value};
	uint64_t sign = (uint64_t)(both.bits >> 31) << 63, fraction = both.bits & 0x7fffff;
	int exponent = (int)(both.bits >> 23) & 0xff;

	if (exponent == 0xff) return of_bits(fraction != 0 ? NOT_A_NUMBER : sign | INFINITE);
	if (exponent == 0) return normalize(sign, 1 - 127 + BIAS + 39, fraction);
	return of_bits(sign | (uint64_t)(exponent - 127 + BIAS) << FRACTION_BITS | fraction << 29);
}

float __truncdfsf2(double value) {
	uint64_t bits = bits_of(value), number, rest;
	Single both = {.bits = (uint32_t)(bits >> 32) & 0x80000000};
	int exponent = exponent_of(bits) - BIAS + 127;

	if (is_nan(bits)) {
		both.bits = 0x7fc00000;
	} else if (exponent >= 0xff) {
		both.bits |= 0x7f800000;
	} else if (exponent > -25) {
		/* Seven bits more than the fraction of a single has. */
		number = shift_sticky((bits & (HIDDEN - 1)) | HIDDEN, 22 + (exponent <= 0 ? 1 - exponent : 0));
		rest = number & 0x7f;
		number >>= 7;
		if (rest > 0x40 || (rest == 0x40 && (number & 1) != 0)) number++;
		if (exponent > 0) number += (uint64_t)(exponent - 1) << 23;
		both.bits |= (uint32_t)number;
	}
	return both.value;
}
