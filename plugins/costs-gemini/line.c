/* The fields of a record as one line of the bill. */
#include "export.h"

#include <stdio.h>

#include "costs.h"

#define DIM_MAX 1024

/* FNV-1a; only equality within one reading counts. */
static uint64_t mix(uint64_t h, const void *bytes, uint64_t len) {
    const unsigned char *p = bytes;
    for (uint64_t i = 0; i < len; i++)
        h = (h ^ p[i]) * UINT64_C(1099511628211);
    return h;
}

/* With its length, so that no two lists of texts look the same. */
static uint64_t mix_text(uint64_t h, orxaq_view v) {
    h = mix(h, &v.len, sizeof v.len);
    return mix(h, v.data, v.len);
}

static void find_group(export_line *line) {
    uint64_t h = mix(UINT64_C(14695981039346656037), &line->day_ns, sizeof line->day_ns);
    h = mix_text(h, line->service);
    h = mix_text(h, line->sku);
    h = mix_text(h, line->project);
    line->group = mix_text(h, line->type);
    line->has_group = 1;
}

static orxaq_view text_of(const export_reader *r, const char *name) {
    const export_field *f = export_get(r, name, NULL);
    return f ? f->text : orxaq_str("");
}

/* The first problem counts. */
static void blame(const export_reader *r, export_line *line, const char *name, const char *what) {
    orxaq_view v = text_of(r, name);
    if (!*line->problem)
        (void)snprintf(line->problem, sizeof line->problem, "line %llu, column %s: \"%.*s\" %s",
                       (unsigned long long)r->record_line, name, (int)(v.len < 40 ? v.len : 40),
                       v.len ? v.data : "", what);
}

/* A time and short texts: what the identity is made of. */
static int take_group(const export_reader *r, export_line *line) {
    static const char *const names[] = {"service_description", "sku_id", "sku_description",
                                        "project_id"};
    orxaq_view *const to[] = {&line->service, &line->sku, &line->sku_text, &line->project};
    int64_t start = 0;
    if (!costs_time(text_of(r, "usage_start_time"), &start)) {
        blame(r, line, "usage_start_time", "is no time");
        return 0;
    }
    line->day_ns = start - start % COSTS_DAY_NS;
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
        *to[i] = text_of(r, names[i]);
        if (to[i]->len > DIM_MAX) {
            blame(r, line, names[i], "is longer than 1024 bytes");
            return 0;
        }
    }
    line->type = text_of(r, "cost_type");
    if (orxaq_view_is(line->type, "regular"))
        line->type.len = 0;
    if (line->type.len > 64) {
        blame(r, line, "cost_type", "is longer than 64 bytes");
        return 0;
    }
    find_group(line);
    return 1;
}

static void take_credit(const export_reader *r, export_line *line, orxaq_view text,
                        const char *name) {
    if (text.len == 0 || orxaq_view_is(text, "[]"))
        return;
    if (!costs_is_decimal(text))
        blame(r, line, name, "is no amount; credits of CSV are one number, their sum");
    else if (line->credit_count == EXPORT_CREDITS_MAX)
        blame(r, line, name, "is one of more than 64 credits");
    else
        line->credits[line->credit_count++] = text;
}

static void take_credits(const export_reader *r, export_line *line) {
    const export_field *f = NULL;
    take_credit(r, line, text_of(r, "credits"), "credits");
    while ((f = export_get(r, "credits_amount", f)) != NULL)
        take_credit(r, line, f->text, "credits_amount");
}

static int is_usd(orxaq_view v) {
    return v.len == 3 && (v.data[0] | 0x20) == 'u' && (v.data[1] | 0x20) == 's' &&
           (v.data[2] | 0x20) == 'd';
}

void export_line_of(const export_reader *r, export_line *line) {
    line->problem[0] = 0;
    line->credit_count = 0;
    line->has_group = 0;
    line->digest = mix(UINT64_C(14695981039346656037), r->record.data, r->record.len);
    if (!take_group(r, line))
        return;
    line->cost = text_of(r, "cost");
    line->amount = text_of(r, "usage_amount");
    line->unit = text_of(r, "usage_unit");
    if (!costs_is_decimal(line->cost))
        blame(r, line, "cost", "is no amount");
    if (!is_usd(text_of(r, "currency")))
        blame(r, line, "currency", "is not USD: only USD is taken, nothing is converted");
    take_credits(r, line);
}
