#include "money/decimal.h"

#include "base/units.h"

#define TEXT_MAX     128
#define EXPONENT_MAX 200
#define NANO_DIGITS  9
#define PART_DIGITS  15

/* The digits of a number, and how many of them stand before the point. */
typedef struct digits {
    char of[TEXT_MAX];
    int count;
    int before;
    bool negative;
} digits;

static bool is_digit(orx_view t, size_t at) {
    return at < t.len && t.p[at] >= '0' && t.p[at] <= '9';
}

static size_t take_digits(orx_view t, size_t at, digits *d) {
    for (; is_digit(t, at); at++)
        d->of[d->count++] = (char)(t.p[at] - '0');
    return at;
}

/* "e-05" and the like up to the end. */
static bool take_exponent(orx_view t, size_t at, int *exponent) {
    int value = 0;
    if (at == t.len)
        return true;
    if (t.p[at] != 'e' && t.p[at] != 'E')
        return false;
    bool minus = at + 1 < t.len && t.p[at + 1] == '-';
    at += (size_t)1 + (minus || (at + 1 < t.len && t.p[at + 1] == '+'));
    if (!is_digit(t, at))
        return false;
    for (; is_digit(t, at) && value <= EXPONENT_MAX; at++)
        value = value * 10 + (t.p[at] - '0');
    *exponent += minus ? -value : value;
    return at == t.len && value <= EXPONENT_MAX;
}

static bool read_digits(orx_view t, int exponent, digits *d) {
    size_t at = t.len && (t.p[0] == '-' || t.p[0] == '+');
    d->negative = at && t.p[0] == '-';
    at = take_digits(t, at, d);
    d->before = d->count;
    if (at < t.len && t.p[at] == '.') {
        at = take_digits(t, at + 1, d);
        if (d->count == d->before)
            return false;
    }
    if (d->count == 0 || !take_exponent(t, at, &exponent))
        return false;
    d->before += exponent + NANO_DIGITS;
    return true;
}

static int digit_at(const digits *d, int at) {
    return at >= 0 && at < d->count ? d->of[at] : 0;
}

/* The digits before the point; those far to the left are zeros, or it does not fit. */
static bool whole_of(const digits *d, int64_t *ret) {
    int64_t n = 0;
    int end = d->before < 0 ? 0 : d->before;
    for (int i = 0; i < end; i++)
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit_at(d, i), &n))
            return false;
    *ret = n;
    return true;
}

/* Whether the digits from `at` on are more than half of one, or half of an odd one. */
static bool rounds_up(const digits *d, int at, int64_t last) {
    bool more = false;
    for (int i = at + 1 > 0 ? at + 1 : 0; i < d->count; i++)
        more = more || d->of[i];
    int first = digit_at(d, at);
    return first > 5 || (first == 5 && (more || last % 2));
}

bool orx_decimal_parse(orx_view text, int exponent, orx_decimal *ret) {
    digits d = {0};
    int64_t nano = 0;
    int64_t part = 0;
    if (text.len > TEXT_MAX || exponent < -EXPONENT_MAX || exponent > EXPONENT_MAX ||
        !read_digits(text, exponent, &d) || !whole_of(&d, &nano))
        return false;
    for (int i = 0; i < PART_DIGITS; i++)
        part = part * 10 + digit_at(&d, d.before + i);
    part += rounds_up(&d, d.before + PART_DIGITS, part);
    orx_decimal value = {nano, part};
    if (part == ORX_DECIMAL_PARTS) {
        value.part = 0;
        if (__builtin_add_overflow(nano, 1, &value.nano))
            return false;
    }
    if (d.negative) {
        value.nano = -value.nano - (value.part > 0);
        value.part = value.part ? ORX_DECIMAL_PARTS - value.part : 0;
    }
    *ret = value;
    return true;
}

bool orx_decimal_add(orx_decimal *sum, orx_decimal more) {
    int64_t part = sum->part + more.part;
    int64_t carry = part >= ORX_DECIMAL_PARTS;
    int64_t nano;
    if (__builtin_add_overflow(sum->nano, more.nano, &nano) ||
        __builtin_add_overflow(nano, carry, &nano))
        return false;
    *sum = (orx_decimal){nano, part - carry * ORX_DECIMAL_PARTS};
    return true;
}

bool orx_decimal_round(orx_decimal d, int64_t *ret_nano) {
    int64_t twice = d.part * 2;
    bool up = twice > ORX_DECIMAL_PARTS || (twice == ORX_DECIMAL_PARTS && d.nano % 2);
    int64_t nano;
    if (__builtin_add_overflow(d.nano, up, &nano))
        return false;
    *ret_nano = nano;
    return true;
}

void orx_decimal_format(int64_t nano, orx_str *out) {
    if (nano == INT64_MIN) {
        orx_str_adds(out, "-9223372036.854775808");
        return;
    }
    if (nano < 0)
        orx_str_addc(out, '-');
    orx_money_format(nano < 0 ? -nano : nano, out);
}
