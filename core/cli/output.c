/* Everything that reaches stdout and stderr. */
#include "cli/cli.h"

#include "data/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define COLUMNS_MAX 12

void orx_cli_print(orx_view text) {
    if (text.len && fwrite(text.p, 1, text.len, stdout) != text.len && errno == EPIPE)
        exit(ORX_EXIT_OK);
}

void orx_cli_printf(const char *fmt, ...) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&s, fmt, ap);
    va_end(ap);
    orx_cli_print(orx_str_view(&s));
}

void orx_cli_complain(const char *fmt, ...) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&s, fmt, ap);
    va_end(ap);
    (void)fflush(stdout);
    (void)fprintf(stderr, "orxaq: %s\n", orx_str_cstr(&s));
}

void orx_cli_json(const orx_cli *c, const orx_node *n) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_json_write(&s, n, c->terminal ? ORX_JSON_OURS_PRETTY : ORX_JSON_OURS);
    orx_str_addc(&s, '\n');
    orx_cli_print(orx_str_view(&s));
}

const char *orx_cli_paint(orx_cli *c, const char *code, const char *text) {
    return c->color ? orx_arena_printf(&c->arena, "\x1b[%sm%s\x1b[0m", code, text) : text;
}

const char *orx_cli_count(orx_cli *c, int64_t n) {
    if (n < 0)
        return "-";
    if (n < 1000)
        return orx_arena_printf(&c->arena, "%lld", (long long)n);
    if (n < 999950)
        return orx_arena_printf(&c->arena, "%.1fk", (double)n / 1e3);
    return orx_arena_printf(&c->arena, "%.1fM", (double)n / 1e6);
}

const char *orx_cli_usd(orx_cli *c, int64_t nano_usd) {
    int64_t unit = INT64_C(1000000000);
    int decimals = 2;
    if (nano_usd < 0)
        return "unknown";
    for (int64_t small = unit; nano_usd && nano_usd < small && decimals < 9; small /= 10)
        decimals++;
    return orx_arena_printf(&c->arena, "%.*f", decimals, (double)nano_usd / (double)unit);
}

const char *orx_cli_money(orx_cli *c, int64_t nano_usd) {
    return nano_usd < 0 ? "unknown"
                        : orx_arena_printf(&c->arena, "%s USD", orx_cli_usd(c, nano_usd));
}

const char *orx_cli_sum(orx_cli *c, int64_t nano_usd, int64_t unpriced) {
    if (!unpriced)
        return orx_cli_usd(c, nano_usd);
    return nano_usd > 0 ? orx_arena_printf(&c->arena, ">= %s", orx_cli_usd(c, nano_usd))
                        : "unknown";
}

const char *orx_cli_duration(orx_cli *c, int64_t ns) {
    int64_t s = ns / ORX_SEC;
    if (ns < ORX_SEC)
        return orx_arena_printf(&c->arena, "%lld ms", (long long)(ns / ORX_MS));
    if (s < 60)
        return orx_arena_printf(&c->arena, "%.1f s", (double)ns / (double)ORX_SEC);
    if (s < 3600)
        return orx_arena_printf(&c->arena, "%lld m %02lld s", (long long)(s / 60),
                                (long long)(s % 60));
    return orx_arena_printf(&c->arena, "%lld h %02lld m", (long long)(s / 3600),
                            (long long)(s / 60 % 60));
}

/* ---- Tables ---------------------------------------------------------------------------------- */

typedef struct table_row {
    const char *cells[COLUMNS_MAX];
    const char *color;
    struct table_row *next;
} table_row;

struct orx_table {
    orx_cli *c;
    size_t columns;
    size_t width[COLUMNS_MAX];
    table_row *first;
    table_row **last;
};

/* Characters, not bytes. */
static size_t width_of(const char *text) {
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

orx_table *orx_table_new(orx_cli *c, const char *const *titles) {
    orx_table *t = ORX_ARENA_NEW(&c->arena, orx_table);
    t->c = c;
    t->last = &t->first;
    while (titles[t->columns] && t->columns < COLUMNS_MAX)
        t->columns++;
    orx_table_row(t, titles, "1");
    return t;
}

void orx_table_row(orx_table *t, const char *const *cells, const char *color) {
    table_row *row = ORX_ARENA_NEW(&t->c->arena, table_row);
    for (size_t i = 0; i < t->columns; i++) {
        row->cells[i] = orx_arena_strdup(&t->c->arena, cells[i] ? cells[i] : "");
        size_t w = width_of(row->cells[i]);
        if (w > t->width[i])
            t->width[i] = w;
    }
    row->color = color;
    *t->last = row;
    t->last = &row->next;
}

void orx_table_print(orx_table *t) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    for (const table_row *row = t->first; row; row = row->next) {
        for (size_t i = 0; i < t->columns; i++) {
            bool painted = row->color && (i == 0 || row == t->first);
            orx_str_adds(&out,
                         painted ? orx_cli_paint(t->c, row->color, row->cells[i]) : row->cells[i]);
            if (i + 1 == t->columns)
                break;
            size_t pad = t->width[i] - width_of(row->cells[i]) + 2;
            while (pad--)
                orx_str_addc(&out, ' ');
        }
        orx_str_addc(&out, '\n');
    }
    orx_cli_print(orx_str_view(&out));
}
