#include "base/units.h"

typedef struct unit {
    const char *name;
    int64_t factor;
} unit;

#define NS_MS INT64_C(1000000)
#define NS_S  INT64_C(1000000000)

/* Largest first, so that formatting takes the first that divides. */
static const unit durations[] = {
    {"d", 86400 * NS_S}, {"h", 3600 * NS_S}, {"m", 60 * NS_S}, {"s", NS_S}, {"ms", NS_MS}};

static const unit sizes[] = {
    {"TiB", INT64_C(1) << 40}, {"GiB", INT64_C(1) << 30},      {"MiB", INT64_C(1) << 20},
    {"KiB", INT64_C(1) << 10}, {"TB", INT64_C(1000000000000)}, {"GB", INT64_C(1000000000)},
    {"MB", INT64_C(1000000)},  {"kB", INT64_C(1000)},          {"B", 1}};
#define BINARY_SIZES 4

static const unit money[] = {{"USD", INT64_C(1000000000)}};

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

/* What 0.DIGITS of factor is, rounded down; digits behind the ninth do not count. */
static int64_t fraction_of(orx_view digits, int64_t factor) {
    int64_t part = 0, scale = 1;
    for (size_t i = 0; i < digits.len && i < 9; i++) {
        part = part * 10 + (digits.p[i] - '0');
        scale *= 10;
    }
    /* factor * part / scale in two halves, neither of which can overflow. */
    return factor / scale * part + factor % scale * part / scale;
}

static bool combine(orx_view whole, orx_view fraction, int64_t factor, int64_t *ret) {
    int64_t value = 0;
    if (!orx_view_to_i64(whole, &value) || __builtin_mul_overflow(value, factor, &value) ||
        __builtin_add_overflow(value, fraction_of(fraction, factor), &value))
        return false;
    *ret = value;
    return true;
}

static bool factor_of(orx_view name, const unit *units, size_t count, int64_t bare, int64_t *ret) {
    if (!name.len) {
        *ret = bare;
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (orx_view_ieq(name, orx_view_of(units[i].name))) {
            *ret = units[i].factor;
            return true;
        }
    }
    return false;
}

static bool parse(orx_view text, const unit *units, size_t count, int64_t bare, int64_t *ret) {
    text = orx_view_trim(text);
    size_t i = 0;
    while (i < text.len && digit(text.p[i]))
        i++;
    orx_view whole = {text.p, i}, fraction = {text.p, 0};
    if (!whole.len)
        return false;
    if (i < text.len && text.p[i] == '.') {
        size_t from = ++i;
        while (i < text.len && digit(text.p[i]))
            i++;
        fraction = (orx_view){text.p + from, i - from};
        if (!fraction.len)
            return false;
    }
    int64_t factor;
    orx_view name = orx_view_trim((orx_view){text.p + i, text.len - i});
    return factor_of(name, units, count, bare, &factor) && combine(whole, fraction, factor, ret);
}

bool orx_duration_parse(orx_view text, int64_t *ret_ns) {
    return parse(text, durations, ORX_ARRAY_LEN(durations), NS_S, ret_ns);
}

bool orx_size_parse(orx_view text, int64_t *ret_bytes) {
    return parse(text, sizes, ORX_ARRAY_LEN(sizes), 1, ret_bytes);
}

bool orx_money_parse(orx_view text, int64_t *ret_nano_usd) {
    return parse(text, money, ORX_ARRAY_LEN(money), money[0].factor, ret_nano_usd);
}

bool orx_utc_offset_parse(orx_view text, int64_t *ret_seconds) {
    text = orx_view_trim(text);
    if (orx_view_ieq(text, orx_view_of("UTC")) || orx_view_ieq(text, orx_view_of("Z"))) {
        *ret_seconds = 0;
        return true;
    }
    bool colon = text.len == 6 && text.p[3] == ':';
    if ((text.len != 5 && !colon) || (text.p[0] != '+' && text.p[0] != '-'))
        return false;
    int64_t n = 0;
    for (size_t i = 1; i < text.len; i++) {
        if (colon && i == 3)
            continue;
        if (!digit(text.p[i]))
            return false;
        n = n * 10 + (text.p[i] - '0');
    }
    if (n / 100 > 14 || n % 100 > 59 || n % 100 % 15)
        return false;
    *ret_seconds = (n / 100 * 3600 + n % 100 * 60) * (text.p[0] == '-' ? -1 : 1);
    return true;
}

static bool format_exact(int64_t value, const unit *units, size_t count, orx_str *out) {
    for (size_t i = 0; i < count; i++) {
        if (value && value % units[i].factor == 0) {
            orx_str_addf(out, "%lld%s", (long long)(value / units[i].factor), units[i].name);
            return true;
        }
    }
    return false;
}

void orx_duration_format(int64_t ns, orx_str *out) {
    if (format_exact(ns, durations, ORX_ARRAY_LEN(durations), out))
        return;
    if (!ns) {
        orx_str_adds(out, "0s");
        return;
    }
    orx_str_addf(out, "%lld.%06lld", (long long)(ns / NS_MS), (long long)(ns % NS_MS));
    while (out->buf[out->len - 1] == '0')
        orx_str_truncate(out, out->len - 1);
    orx_str_adds(out, "ms");
}

void orx_size_format(int64_t bytes, orx_str *out) {
    if (!format_exact(bytes, sizes, BINARY_SIZES, out))
        orx_str_addf(out, "%lld", (long long)bytes);
}

void orx_money_format(int64_t nano_usd, orx_str *out) {
    int64_t whole = nano_usd / money[0].factor, rest = nano_usd % money[0].factor;
    orx_str_addf(out, "%lld", (long long)whole);
    if (!rest)
        return;
    orx_str_addf(out, ".%09lld", (long long)rest);
    while (out->buf[out->len - 1] == '0')
        orx_str_truncate(out, out->len - 1);
}
