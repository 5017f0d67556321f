/* Reading a cron expression. */
#include "base/cron.h"

#include "base/mem.h"

typedef struct field {
    const char *name;
    int least;
    int most;
    const char *words; /* three letters each, from `least` on; NULL = numbers only */
} field;

static const field fields[] = {
    {"minute", 0, 59, NULL},
    {"hour", 0, 23, NULL},
    {"day of the month", 1, 31, NULL},
    {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    {"day of the week", 0, 7, "sunmontuewedthufrisat"},
};
enum { FIELDS = ORX_ARRAY_LEN(fields) };

static int wrong(const field *f, orx_view item, const char *expected, orx_err *err) {
    return orx_err_set(err, ORX_E_INVALID, "%s \"%.*s\": expected %s", f->name,
                       (int)(item.len < 40 ? item.len : 40), item.p, expected);
}

static int out_of_range(const field *f, orx_view item, orx_err *err) {
    return orx_err_set(err, ORX_E_INVALID, "%s \"%.*s\": expected %d to %d%s", f->name,
                       (int)(item.len < 40 ? item.len : 40), item.p, f->least, f->most,
                       f->words ? ", or a name of three letters" : "");
}

static bool take_number(orx_view v, int64_t *ret) {
    return v.len && v.len <= 4 && v.p[0] != '+' && v.p[0] != '-' && orx_view_to_i64(v, ret);
}

static bool take_word(const field *f, orx_view v, int64_t *ret) {
    size_t n = f->words && v.len == 3 ? strlen(f->words) / 3 : 0;
    for (size_t i = 0; i < n; i++) {
        if (!orx_view_ieq(v, orx_view_mem(f->words + 3 * i, 3)))
            continue;
        *ret = f->least + (int64_t)i;
        return true;
    }
    return false;
}

static int take_value(const field *f, orx_view item, orx_view v, int64_t *ret, orx_err *err) {
    if (take_word(f, v, ret) || (take_number(v, ret) && *ret >= f->least && *ret <= f->most))
        return 0;
    return out_of_range(f, item, err);
}

/* What stands before the step. */
static int take_range(const field *f, orx_view item, orx_view range, int64_t *from, int64_t *to,
                      orx_err *err) {
    *from = f->least;
    *to = f->most;
    if (orx_view_is(range, "*"))
        return 0;
    const char *dash = range.len ? memchr(range.p, '-', range.len) : NULL;
    orx_view first = {range.p, dash ? (size_t)(dash - range.p) : range.len};
    int rc = take_value(f, item, first, from, err);
    *to = *from;
    if (rc == 0 && dash)
        rc = take_value(f, item, (orx_view){dash + 1, range.len - first.len - 1}, to, err);
    if (rc == 0 && *to < *from)
        rc = wrong(f, item, "a range that does not run backwards", err);
    return rc;
}

static int take_step(const field *f, orx_view item, orx_view text, int64_t from, int64_t to,
                     int64_t *step, orx_err *err) {
    if (from == to)
        return wrong(f, item, "a range before the step, such as 5-59/15", err);
    if (!take_number(text, step) || *step < 1 || *step > to - from)
        return wrong(f, item, "a step of at least 1 that is no wider than its range", err);
    return 0;
}

static int take_item(const field *f, orx_view item, uint64_t *set, orx_err *err) {
    int64_t from = 0;
    int64_t to = 0;
    int64_t step = 1;
    const char *slash = item.len ? memchr(item.p, '/', item.len) : NULL;
    orx_view range = {item.p, slash ? (size_t)(slash - item.p) : item.len};
    int rc = take_range(f, item, range, &from, &to, err);
    if (rc == 0 && slash)
        rc = take_step(f, item, (orx_view){slash + 1, item.len - range.len - 1}, from, to, &step,
                       err);
    for (; rc == 0 && from <= to; from += step)
        *set |= UINT64_C(1) << from;
    return rc;
}

static int take_field(const field *f, orx_view text, uint64_t *set, orx_err *err) {
    /* By hand: a comma at the end is an item that is missing. */
    for (;;) {
        const char *comma = text.len ? memchr(text.p, ',', text.len) : NULL;
        orx_view item = {text.p, comma ? (size_t)(comma - text.p) : text.len};
        int rc = take_item(f, item, set, err);
        if (rc < 0 || !comma)
            return rc;
        text = (orx_view){comma + 1, text.len - item.len - 1};
    }
}

static orx_view next_word(orx_view *rest) {
    while (rest->len && (*rest->p == ' ' || *rest->p == '\t'))
        *rest = (orx_view){rest->p + 1, rest->len - 1};
    orx_view word = {rest->p, 0};
    while (word.len < rest->len && word.p[word.len] != ' ' && word.p[word.len] != '\t')
        word.len++;
    *rest = (orx_view){rest->p + word.len, rest->len - word.len};
    return word;
}

static const char *expand(orx_view text) {
    static const char *const names[][2] = {{"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},
                                           {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
                                           {"@monthly", "0 0 1 * *"},  {"@yearly", "0 0 1 1 *"},
                                           {"@annually", "0 0 1 1 *"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        if (orx_view_ieq(text, orx_view_of(names[i][0])))
            return names[i][1];
    return NULL;
}

/* A weekday comes in every month; a day of the month may be in none of them. */
static bool ever_comes(const orx_cron *c) {
    static const unsigned lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!c->any_weekday)
        return true;
    for (int m = 1; m <= 12; m++)
        if (c->months >> m & 1 && c->days & ((UINT32_C(2) << lengths[m - 1]) - 2))
            return true;
    return false;
}

static int finish(const uint64_t sets[FIELDS], const orx_view words[FIELDS], orx_view text,
                  orx_cron *ret_cron, orx_err *err) {
    const orx_cron c = {
        .minutes = sets[0],
        .hours = (uint32_t)sets[1],
        .days = (uint32_t)sets[2],
        .months = (uint32_t)sets[3],
        .weekdays = (uint32_t)((sets[4] | sets[4] >> 7) & 0x7f),
        .any_day = words[2].p[0] == '*',
        .any_weekday = words[4].p[0] == '*',
    };
    if (!ever_comes(&c))
        return orx_err_set(err, ORX_E_INVALID,
                           "\"%.*s\": none of its months has such a day, so it never comes",
                           ORX_VIEW_ARG(text));
    *ret_cron = c;
    return 0;
}

int orx_cron_parse(orx_view text, orx_cron *ret_cron, orx_err *err) {
    uint64_t sets[FIELDS] = {0};
    orx_view words[FIELDS];
    text = orx_view_trim(text);
    const char *full = expand(text);
    if (text.len > ORX_CRON_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "a cron expression of %zu bytes, expected at most %d",
                           text.len, ORX_CRON_MAX);
    orx_view rest = full ? orx_view_of(full) : text;
    for (size_t i = 0; i < FIELDS; i++) {
        words[i] = next_word(&rest);
        if (!words[i].len || words[i].p[0] == '@')
            return orx_err_set(err, ORX_E_INVALID,
                               "\"%.*s\": expected five fields (minute, hour, day of the month, "
                               "month, day of the week), or @hourly, @daily, @weekly, @monthly, "
                               "@yearly",
                               ORX_VIEW_ARG(text));
        int rc = take_field(&fields[i], words[i], &sets[i], err);
        if (rc < 0)
            return rc;
    }
    if (next_word(&rest).len)
        return orx_err_set(err, ORX_E_INVALID, "\"%.*s\": expected five fields, there are more",
                           ORX_VIEW_ARG(text));
    return finish(sets, words, text, ret_cron, err);
}
