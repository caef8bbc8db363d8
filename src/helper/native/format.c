/* Text from values, and powers: the little of the C library's that the engine asks for (host.h). */
#include <string.h>

/* What is between "%" and the letter. */
struct directive {
	size_t width, precision;
	int zero, longs;
};

struct out {
	char *text;
	size_t size, length;
};

static void put(struct out *out, char byte) {
	/* The length counts on beyond the end, as everybody expects who makes room and asks again. */
	if (out->length + 1 < out->size) out->text[out->length] = byte;
	out->length++;
}

static void pad(struct out *out, const struct directive *directive, size_t length) {
	size_t i;

	for (i = length; i < directive->width; i++) put(out, directive->zero ? '0' : ' ');
}

static void put_text(struct out *out, const struct directive *directive, const char *text) {
	size_t length = 0, i;

	if (text == NULL) text = "(null)";
	while (length < directive->precision && text[length] != '\0') length++;
	pad(out, directive, length);
	for (i = 0; i < length; i++) put(out, text[i]);
}

static void put_number(struct out *out, const struct directive *directive, unsigned long long value, unsigned base, int minus) {
	char digits[24];
	size_t count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	if (minus && directive->zero) put(out, '-');
	pad(out, directive, count + (minus ? 1 : 0));
	if (minus && !directive->zero) put(out, '-');
	while (count > 0) put(out, digits[--count]);
}

static size_t digits_of(const char **format) {
	size_t number = 0;

	while (**format >= '0' && **format <= '9') number = number * 10 + (size_t)(*(*format)++ - '0');
	return number;
}

int host_format_list(char *text, size_t size, const char *format, va_list values) {
	struct out out = {text, size, 0};

	while (*format != '\0') {
		struct directive directive = {0, (size_t)-1, 0, 0};
		const char *start = format;
		long long number;
		if (*format++ != '%') {
			put(&out, *start);
			continue;
		}
		if (*format == '0') directive.zero = 1;
		directive.width = digits_of(&format);
		if (*format == '.') {
			format++;
			if (*format == '*') {
				int precision = va_arg(values, int);
				directive.precision = precision < 0 ? (size_t)-1 : (size_t)precision;
				format++;
			} else {
				directive.precision = digits_of(&format);
			}
		}
		for (; *format == 'l' || *format == 'z'; format++)
			directive.longs += *format == 'l' ? 1 : (int)(sizeof(size_t) / sizeof(long));
		switch (*format) {
		case 's':
			put_text(&out, &directive, va_arg(values, const char *));
			break;
		case 'c':
			put(&out, (char)va_arg(values, int));
			break;
		case 'd':
			number = directive.longs > 1	? va_arg(values, long long)
					 : directive.longs == 1 ? va_arg(values, long)
											: va_arg(values, int);
			put_number(&out, &directive, number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number, 10,
					   number < 0);
			break;
		case 'u':
		case 'x':
			put_number(&out, &directive,
					   directive.longs > 1	  ? va_arg(values, unsigned long long)
					   : directive.longs == 1 ? va_arg(values, unsigned long)
											  : va_arg(values, unsigned int),
					   *format == 'x' ? 16 : 10, 0);
			break;
		case '%':
			put(&out, '%');
			break;
		default:
			while (start < format) put(&out, *start++);
			continue;
		}
		format++;
	}
	if (size > 0) text[out.length < size ? out.length : size - 1] = '\0';
	return (int)out.length;
}

int host_format(char *text, size_t size, const char *format, ...) {
	va_list values;
	int length;

	va_start(values, format);
	length = host_format_list(text, size, format, values);
	va_end(values);
	return length;
}

double host_power(double base, double exponent) {
	double result = 1, factor = exponent < 0 ? 1 / base : base;
	double left = exponent < 0 ? -exponent : exponent;

	if (left != floor(left) || left > 9007199254740992.0) return NAN;
	while (left > 0) {
		double half = floor(left / 2);
		if (half * 2 != left) result *= factor;
		factor *= factor;
		left = half;
	}
	return result;
}
