#include "data/zone.h"

#include "base/units.h"
#include "platform/files.h"

#include <string.h>

#define FILE_MAX    ((size_t)256 * 1024)
#define CHANGES_MAX 4096
#define NAME_MAX_   64
#define HEADER      44
#define OFFSET_MAX  INT64_C(93600) /* 26 hours: as much as RFC 9636 allows */

/* ---- The file -------------------------------------------------------------------------------- */

/* The counts of a header, in their order. */
typedef struct counts {
    size_t isut;
    size_t isstd;
    size_t leap;
    size_t time;
    size_t type;
    size_t chars;
} counts;

static uint64_t big_endian(const char *p, size_t len) {
    uint64_t n = 0;
    for (size_t i = 0; i < len; i++)
        n = n << 8 | (unsigned char)p[i];
    return n;
}

/* Takes a header off the bytes. */
static bool take_header(orx_view *v, counts *ret, char *ret_version) {
    size_t n[6];
    if (v->len < HEADER || memcmp(v->p, "TZif", 4) != 0)
        return false;
    for (size_t i = 0; i < ORX_ARRAY_LEN(n); i++)
        n[i] = (size_t)big_endian(v->p + 20 + 4 * i, 4);
    *ret = (counts){n[0], n[1], n[2], n[3], n[4], n[5]};
    *ret_version = v->p[4];
    *v = orx_view_mem(v->p + HEADER, v->len - HEADER);
    return n[3] <= CHANGES_MAX && n[4] > 0 && n[4] <= 256 && n[5] <= 4096 && n[2] <= 4096 &&
           n[0] <= 256 && n[1] <= 256;
}

/* width: bytes of a moment */
static size_t body_size(const counts *n, size_t width) {
    return n->time * width + n->time + n->type * 6 + n->chars + n->leap * (width + 4) + n->isstd +
           n->isut;
}

static bool offset_of(const char *type, int64_t *ret_ns) {
    int32_t seconds = (int32_t)big_endian(type, 4);
    *ret_ns = seconds * ORX_SEC;
    return seconds >= -OFFSET_MAX && seconds <= OFFSET_MAX;
}

/* Moments before and after what nanoseconds can say are at their ends. */
static int64_t moment_of(const char *p, size_t width) {
    int64_t seconds =
        width == 8 ? (int64_t)big_endian(p, 8) : (int64_t)(int32_t)(uint32_t)big_endian(p, 4);
    if (seconds < INT64_MIN / ORX_SEC)
        return INT64_MIN;
    return seconds > INT64_MAX / ORX_SEC ? INT64_MAX : seconds * ORX_SEC;
}

static bool read_body(const char *p, const counts *n, size_t width, orx_arena *arena, orx_zone *z) {
    const char *index = p + n->time * width;
    const char *types = index + n->time;
    orx_zone_change *all = orx_arena_zalloc(arena, n->time + 1, sizeof *all);
    for (size_t i = 0; i < n->time; i++) {
        size_t type = (unsigned char)index[i];
        all[i].at_ns = moment_of(p + i * width, width);
        bool rises = i == 0 || all[i].at_ns > all[i - 1].at_ns || all[i].at_ns == INT64_MIN;
        if (type >= n->type || !rises || !offset_of(types + 6 * type, &all[i].offset_ns))
            return false;
    }
    z->changes = all;
    z->count = n->time;
    return offset_of(types, &z->first_ns);
}

static bool read_rule(orx_view footer, orx_zone *z) {
    size_t end = 1;
    while (end < footer.len && footer.p[end] != '\n')
        end++;
    if (footer.len < 2 || footer.p[0] != '\n' || end == footer.len)
        return false;
    z->has_rule = end > 1;
    return !z->has_rule || orx_zone_rule_parse(orx_view_mem(footer.p + 1, end - 1), &z->rule);
}

/* Since version 2 there is a second body, with moments of 64 bits, and the rule behind it. */
static bool read_file(orx_view v, orx_arena *arena, orx_zone *z) {
    counts n;
    char version = 0;
    if (!take_header(&v, &n, &version) || v.len < body_size(&n, 4))
        return false;
    if (version == '\0')
        return read_body(v.p, &n, 4, arena, z);
    size_t old = body_size(&n, 4);
    v = orx_view_mem(v.p + old, v.len - old);
    if (!take_header(&v, &n, &version) || v.len < body_size(&n, 8) ||
        !read_body(v.p, &n, 8, arena, z))
        return false;
    size_t size = body_size(&n, 8);
    return read_rule(orx_view_mem(v.p + size, v.len - size), z);
}

int orx_zone_read(orx_view bytes, const char *name, orx_arena *arena, const orx_zone **ret_zone,
                  orx_err *err) {
    orx_zone *z = ORX_ARENA_NEW(arena, orx_zone);
    *z = (orx_zone){.name = orx_arena_strdup(arena, name)};
    if (!read_file(bytes, arena, z))
        return orx_err_set(err, ORX_E_CORRUPT, "the file of time zone %s is damaged", name);
    *ret_zone = z;
    return 0;
}

/* ---- The database ---------------------------------------------------------------------------- */

static bool is_name(const char *name) {
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/", name[i]))
            return false;
    return len > 0 && len <= NAME_MAX_ && name[0] != '/' && name[len - 1] != '/';
}

static int read_named(orx_platform *p, const char *name, orx_arena *arena,
                      const orx_zone **ret_zone, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    const char *own = orx_env(p, "TZDIR");
    const char *dir = own && *own == '/' ? own : "/usr/share/zoneinfo";
    if (orx_read_file(p, orx_arena_printf(arena, "%s/%s", dir, name), FILE_MAX, &bytes, NULL) < 0)
        return orx_err_set(err, ORX_E_NOT_FOUND,
                           "there is no time zone %s in %s: names are like Europe/Berlin; a "
                           "distance from UTC such as +02:00 needs no database (package tzdata)",
                           name, dir);
    return orx_zone_read(orx_str_view(&bytes), name, arena, ret_zone, err);
}

int orx_zone_load(orx_platform *p, const char *name, orx_arena *arena, const orx_zone **ret_zone,
                  orx_err *err) {
    int64_t seconds;
    if (!orx_utc_offset_parse(orx_view_of(name), &seconds)) {
        if (is_name(name))
            return read_named(p, name, arena, ret_zone, err);
        return orx_err_set(err, ORX_E_INVALID,
                           "expected UTC, a distance from it such as +02:00, or the name of a "
                           "time zone such as Europe/Berlin");
    }
    orx_zone *z = ORX_ARENA_NEW(arena, orx_zone);
    *z = (orx_zone){.name = orx_arena_strdup(arena, name), .first_ns = seconds * ORX_SEC};
    *ret_zone = z;
    return 0;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

/* How many changes were at or before a moment. */
static size_t changes_until(const orx_zone *z, int64_t utc_ns) {
    size_t low = 0;
    size_t high = z->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (z->changes[middle].at_ns <= utc_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

orx_zone_span orx_zone_span_of(const orx_zone *z, int64_t utc_ns) {
    orx_zone_span span = {INT64_MIN, INT64_MAX, z ? z->first_ns : 0};
    if (!z || (!z->count && !z->has_rule))
        return span;
    size_t n = changes_until(z, utc_ns);
    if (n > 0)
        span = (orx_zone_span){z->changes[n - 1].at_ns, INT64_MAX, z->changes[n - 1].offset_ns};
    if (n < z->count) {
        span.to_ns = z->changes[n].at_ns;
        return span;
    }
    if (!z->has_rule)
        return span;
    orx_zone_span by_rule = orx_zone_rule_span(&z->rule, utc_ns);
    if (by_rule.from_ns < span.from_ns)
        by_rule.from_ns = span.from_ns;
    return by_rule;
}

int64_t orx_zone_offset(const orx_zone *z, int64_t utc_ns) {
    return orx_zone_span_of(z, utc_ns).offset_ns;
}

/* No clock is further from UTC than the 26 hours that files may say. */
int64_t orx_zone_instant(const orx_zone *z, int64_t local_ns) {
    int64_t t = local_ns - OFFSET_MAX * ORX_SEC;
    for (;;) {
        orx_zone_span span = orx_zone_span_of(z, t);
        int64_t shows = local_ns - span.offset_ns;
        int64_t at = shows > span.from_ns ? shows : span.from_ns;
        if (at < span.to_ns || span.to_ns == INT64_MAX)
            return at;
        t = span.to_ns;
    }
}
