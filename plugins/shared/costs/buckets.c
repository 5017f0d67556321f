/* Paged reports of buckets: {data: [{start, end, results: [...]}], has_more, next_page}. */
#include "costs.h"

#define SECOND_NS INT64_C(1000000000)

typedef struct width {
    const char *word;
    int64_t ns;
    int most; /* buckets of a page */
} width;

static const width widths[] = {
    {"1d", COSTS_DAY_NS, 31}, {"1h", COSTS_HOUR_NS, 168}, {"1m", 60 * SECOND_NS, 1440}};

static const width *width_named(orxaq_view word) {
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (orxaq_view_is(word, widths[i].word))
            return &widths[i];
    return NULL;
}

/* NULL: the report is switched off. */
static const width *width_of(const costs_job *job, const costs_report *r) {
    if (r->setting && !r->width)
        return width_named(costs_text_setting(job->c, r->setting));
    if (r->setting && !costs_flag_setting(job->c, r->setting))
        return NULL;
    return width_named(orxaq_str(r->width));
}

static int64_t floor_to(int64_t ns, int64_t unit) {
    return ns - ns % unit;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

static void answer(costs_job *job, const orxaq_value *body);

static void add_moment(costs_job *job, const costs_buckets *all, int64_t ns) {
    costs_bytes text = {0};
    if (all->rfc3339)
        costs_add_time(&text, ns);
    else
        costs_add_int(&text, ns / SECOND_NS);
    costs_add_query(&job->url, costs_view(&text));
    costs_free(&text);
}

/* An end that is the present is left out: a moment later than the server's clock is an error, and
 * today's bucket is wanted as far as it goes. */
static int wants_end(const orxaq_fetch_args *a) {
    return a->to_ns < a->now_ns - COSTS_HOUR_NS;
}

static void ask(costs_job *job, const costs_buckets *all, const costs_report *r, const width *w) {
    const orxaq_fetch_args *a = job->args;
    int most = r->most ? r->most : w->most;
    if (a->page_items > 0 && a->page_items < most)
        most = (int)a->page_items;
    if (job->limit <= 0 || job->limit > most)
        job->limit = most;
    costs_clear(&job->url);
    costs_add(&job->url, job->c->base);
    costs_adds(&job->url, r->path);
    costs_adds(&job->url, "?");
    costs_adds(&job->url, all->start);
    costs_adds(&job->url, "=");
    add_moment(job, all, floor_to(a->from_ns, w->ns));
    if (wants_end(a)) {
        costs_adds(&job->url, "&");
        costs_adds(&job->url, all->end);
        costs_adds(&job->url, "=");
        add_moment(job, all, a->to_ns);
    }
    costs_adds(&job->url, "&bucket_width=");
    costs_adds(&job->url, w->word);
    costs_adds(&job->url, "&limit=");
    costs_add_int(&job->url, job->limit);
    costs_adds(&job->url, r->query);
    if (job->token.len) {
        costs_adds(&job->url, "&page=");
        costs_add_query(&job->url, costs_view(&job->token));
    }
    costs_ask(job, answer);
}

/* Goes on with the report in hand, or the next one that is wanted; else the fetch is at its end. */
static void go_on(costs_job *job, const costs_buckets *all) {
    for (; job->stage < all->count; job->stage++) {
        const costs_report *r = &all->reports[job->stage];
        const width *w = width_of(job, r);
        if (w) {
            ask(job, all, r, w);
            return;
        }
    }
    if (costs_page(job, 0))
        costs_finish(job, ORXAQ_KIND_OK, ORXAQ_RETRY_BY_KIND, "");
}

void costs_begin_buckets(costs_job *job) {
    costs_resume(job);
    go_on(job, job->c->kind->buckets);
}

/* ---- Answers --------------------------------------------------------------------------------- */

static int read_moment(const costs_job *job, const costs_buckets *all, const orxaq_value *value,
                       int64_t *ret_ns) {
    const orxaq_json_service *json = job->c->json;
    if (all->rfc3339)
        return costs_time(json->text(value, orxaq_str("")), ret_ns);
    int64_t seconds = json->integer(value, -1);
    if (seconds < 0 || seconds > INT64_C(7258118400)) /* the year 2200 */
        return 0;
    *ret_ns = seconds * SECOND_NS;
    return 1;
}

static void take_bucket(costs_job *job, const costs_buckets *all, const costs_report *r,
                        const orxaq_value *bucket) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *results = json->get(bucket, "results");
    int64_t start = 0, end = 0;
    if (json->kind(results) != ORXAQ_VALUE_LIST ||
        !read_moment(job, all, json->get(bucket, all->start), &start) ||
        !read_moment(job, all, json->get(bucket, all->end), &end) || end < start) {
        costs_reject(job, "a bucket without a start, an end and results");
        return;
    }
    for (const orxaq_value *v = json->first(results); v; v = json->next(v)) {
        costs_row(job, r->source, start, end);
        if (json->kind(v) == ORXAQ_VALUE_MAP)
            r->result(job, v);
        else
            costs_reject(job, "a result that is no object");
    }
}

/* Everything of this report has been told. */
static void next_report(costs_job *job, const costs_buckets *all, const costs_report *r,
                        const width *w) {
    const orxaq_cost_sink *sink = job->args->sink;
    (void)sink->covered(sink, orxaq_str(r->source), floor_to(job->args->from_ns, w->ns),
                        job->args->to_ns);
    costs_clear(&job->token);
    job->seen_count = 0;
    job->limit = 0;
    do
        job->stage++;
    while (job->stage < all->count && !width_of(job, &all->reports[job->stage]));
    if (job->stage >= all->count || costs_page(job, 1))
        go_on(job, all);
}

static void answer(costs_job *job, const orxaq_value *body) {
    const orxaq_json_service *json = job->c->json;
    const costs_buckets *all = job->c->kind->buckets;
    const costs_report *r = &all->reports[job->stage];
    const orxaq_value *data = json->get(body, "data");
    if (json->kind(data) != ORXAQ_VALUE_LIST) {
        costs_finish(job, ORXAQ_KIND_PROTOCOL, ORXAQ_RETRY_NO,
                     "the answer has no list \"data\": it is not the documented report");
        return;
    }
    for (const orxaq_value *v = json->first(data); v; v = json->next(v))
        take_bucket(job, all, r, v);
    if (!json->boolean(json->get(body, "has_more"), 0)) {
        next_report(job, all, r, width_of(job, r));
        return;
    }
    orxaq_view token = json->text(json->get(body, "next_page"), orxaq_str(""));
    if (!token.len || token.len > 2048)
        costs_finish(job, ORXAQ_KIND_PROTOCOL, ORXAQ_RETRY_NO,
                     "has_more is true, but next_page is no token of 1 to 2048 bytes");
    else if (costs_take_token(job, token) && costs_page(job, 1))
        go_on(job, all);
}
