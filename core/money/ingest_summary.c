/* summary.json: what bills come to. */
#include "money/ingest_summary.h"

#include "base/vec.h"
#include "data/json.h"
#include "money/figures.h"
#include "money/window.h"

#include <stdlib.h>

__extension__ typedef __int128 wide;

#define HOUR_NS (3600 * ORX_SEC)
#define DAY_NS  (24 * HOUR_NS)
#define WINDOWS 4
#define SERIES  24

typedef struct cell {
    int64_t nano;
    int64_t tokens;
    int64_t rows;
} cell;

typedef struct group {
    const char *name;
    cell sum;
} group;

typedef ORX_VEC(group) groups;

typedef struct adding {
    orx_arena *arena;
    int64_t now;
    orx_window windows[WINDOWS];
    cell window[WINDOWS];
    cell hours[SERIES];
    int64_t first_hour;
    groups providers;
    groups models;
    int64_t rows;
    int64_t latest; /* -1 = none */
    bool authoritative;
} adding;

/* ---- Shares ---------------------------------------------------------------------------------- */

int64_t orx_billed_latest(const orx_billed *row) {
    return row->start_ns < row->end_ns && row->at_ns < row->end_ns && row->at_ns > row->start_ns
               ? row->at_ns
               : row->end_ns;
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

int64_t orx_billed_share(const orx_billed *row, int64_t amount, int64_t from_ns, int64_t to_ns,
                         int64_t now_ns) {
    int64_t end = smaller(row->end_ns, now_ns);
    if (row->start_ns == row->end_ns)
        return row->end_ns <= now_ns && row->end_ns >= from_ns && row->end_ns < to_ns ? amount : 0;
    int64_t in = smaller(end, to_ns) - larger(row->start_ns, from_ns);
    if (in <= 0)
        return 0;
    return (int64_t)((wide)amount * in / (end - row->start_ns));
}

/* ---- Adding ---------------------------------------------------------------------------------- */

/* A sum beyond what fits stays at what fits. */
static void add_to(cell *c, int64_t nano, int64_t tokens, int64_t rows) {
    if (__builtin_add_overflow(c->nano, nano, &c->nano))
        c->nano = nano > 0 ? INT64_MAX : INT64_MIN;
    if (__builtin_add_overflow(c->tokens, tokens, &c->tokens))
        c->tokens = INT64_MAX;
    c->rows += rows;
}

static void add_share(adding *a, cell *c, const orx_billed *r, int64_t nano, int64_t from,
                      int64_t to) {
    bool touches = orx_billed_share(r, INT64_MAX / 2, from, to, a->now) != 0;
    if (touches)
        add_to(c, orx_billed_share(r, nano, from, to, a->now),
               orx_billed_share(r, orx_billed_total(r), from, to, a->now), 1);
}

static void add_group(adding *a, groups *all, orx_view name, const orx_billed *r, int64_t nano) {
    size_t i = 0;
    while (i < all->len && !orx_view_is(name, all->items[i].name))
        i++;
    if (i == all->len) {
        const group fresh = {.name = orx_arena_dup(a->arena, name)};
        orx_vec_push(all, fresh);
    }
    const orx_window *month = &a->windows[WINDOWS - 1];
    add_share(a, &all->items[i].sum, r, nano, month->from_ns, month->to_ns);
}

static bool add_row(const orx_billed *r, void *user) {
    adding *a = user;
    int64_t nano = 0;
    a->rows++;
    if ((r->has_amount && !orx_decimal_round(r->amount, &nano)) || r->start_ns > a->now)
        return true;
    int64_t latest = orx_billed_latest(r);
    if (latest <= a->now)
        a->latest = larger(a->latest, latest);
    a->authoritative = a->authoritative || !r->estimated;
    for (int i = 0; i < WINDOWS; i++)
        add_share(a, &a->window[i], r, nano, a->windows[i].from_ns, a->windows[i].to_ns);
    for (int i = 0; i < SERIES; i++)
        add_share(a, &a->hours[i], r, nano, a->first_hour + i * HOUR_NS,
                  a->first_hour + (i + 1) * HOUR_NS);
    add_group(a, &a->providers, r->provider, r, nano);
    add_group(a, &a->models, r->model.len ? r->model : orx_view_of("unknown"), r, nano);
    return true;
}

/* ---- The tree -------------------------------------------------------------------------------- */

static void put_windows(adding *s, orx_node *n) {
    static const char *const names[WINDOWS] = {"last_hour", "today", "last_7d", "last_30d"};
    orx_arena *a = s->arena;
    orx_node *money = orx_node_new(a, ORX_OBJECT);
    orx_node *tokens = orx_node_new(a, ORX_OBJECT);
    orx_node *rows = orx_node_new(a, ORX_OBJECT);
    for (int i = 0; i < WINDOWS; i++) {
        orx_node_set(a, money, names[i], orx_figure_usd(a, s->window[i].nano));
        orx_node_set_int(a, tokens, names[i], s->window[i].tokens);
        orx_node_set_int(a, rows, names[i], s->window[i].rows);
    }
    orx_node_set(a, n, "cost_windows_usd", money);
    orx_node_set(a, n, "cost_windows_tokens", tokens);
    orx_node_set(a, n, "cost_windows_responses", rows);
}

static int dearest_first(const void *x, const void *y) {
    const group *a = x;
    const group *b = y;
    if (a->sum.nano != b->sum.nano)
        return a->sum.nano > b->sum.nano ? -1 : 1;
    return strcmp(a->name, b->name);
}

static void put_groups(adding *s, orx_node *n, const char *key, groups *all) {
    orx_arena *a = s->arena;
    orx_node *map = orx_node_new(a, ORX_OBJECT);
    if (all->len)
        qsort(all->items, all->len, sizeof *all->items, dearest_first);
    for (size_t i = 0; i < all->len; i++) {
        const cell *c = &all->items[i].sum;
        orx_node *g = orx_node_new(a, ORX_OBJECT);
        if (c->rows == 0)
            continue;
        double per = c->tokens ? (double)c->nano / 1e3 / (double)c->tokens : 0;
        orx_node_set_int(a, g, "responses", c->rows);
        orx_node_set_int(a, g, "tokens_total", c->tokens);
        orx_node_set(a, g, "cost_usd_total", orx_figure_usd(a, c->nano));
        orx_node_set(a, g, "cost_per_million_tokens", orx_node_new_double(a, per));
        orx_node_set(a, map, all->items[i].name, g);
    }
    orx_node_set(a, n, key, map);
}

static void put_series(adding *s, orx_node *n) {
    orx_arena *a = s->arena;
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (int i = 0; i < SERIES; i++) {
        orx_node *row = orx_node_new(a, ORX_OBJECT);
        orx_node_set_str(a, row, "bucket_start", orx_figure_time(a, s->first_hour + i * HOUR_NS));
        orx_node_set(a, row, "cost_usd_total", orx_figure_usd(a, s->hours[i].nano));
        orx_node_set_int(a, row, "tokens_total", s->hours[i].tokens);
        orx_node_set_int(a, row, "responses", s->hours[i].rows);
        orx_node_push(list, row);
    }
    orx_node_set(a, n, "cost_series_hourly_24h", list);
}

static void put_freshness(adding *s, orx_node *n, int64_t stale_sec) {
    const orx_freshness f = {.latest_ns = s->latest < 0 ? 0 : s->latest,
                             .now_ns = s->now,
                             .stale_sec = stale_sec,
                             .files = 1,
                             .events = s->rows};
    orx_node_set(s->arena, n, "data_freshness", orx_figure_freshness(s->arena, &f));
}

static orx_node *provider_row(orx_arena *a, const orx_ingest_report *r) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *errors = orx_node_new(a, ORX_ARRAY);
    orx_node_set_str(a, n, "provider", r->provider);
    orx_node_set_str(a, n, "source", r->source);
    orx_node_set_bool(a, n, "ok", r->ok);
    orx_node_set_str(a, n, "status", r->status);
    if (*r->reason)
        orx_node_set_str(a, n, "reason", r->reason);
    orx_node_set_int(a, n, "records", r->records);
    orx_node_set_int(a, n, "pages", r->pages);
    orx_node_set_int(a, n, "items_seen", r->seen);
    orx_node_set_int(a, n, "items_rejected", r->rejected);
    orx_node_set_int(a, n, "http_calls", r->calls);
    for (size_t i = 0; r->errors[i]; i++)
        orx_node_push(errors, orx_node_new_str(a, orx_view_of(r->errors[i])));
    orx_node_set(a, n, "errors", errors);
    orx_node_set_str(a, n, "endpoint", r->endpoint);
    orx_node_set_str(a, n, "fetched_at", r->ended_ns ? orx_figure_time(a, r->ended_ns) : "");
    orx_node_set_str(a, n, "first_bucket", r->first_ns ? orx_figure_time(a, r->first_ns) : "");
    orx_node_set_str(a, n, "last_bucket_end", r->last_ns ? orx_figure_time(a, r->last_ns) : "");
    return n;
}

static int put_providers(orx_store *s, adding *sum, orx_node *n, orx_err *err) {
    orx_arena *a = sum->arena;
    orx_ingest_report *reports = NULL;
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    bool ok = false;
    int count = s ? orx_ingest_reports(s, a, &reports, err) : 0;
    for (int i = 0; i < count; i++) {
        orx_node_push(list, provider_row(a, &reports[i]));
        ok = ok || reports[i].ok;
    }
    orx_node_set_bool(a, n, "ok", ok);
    orx_node_set(a, n, "providers", list);
    return count < 0 ? count : 0;
}

static void begin(adding *a, int64_t now) {
    static const char *const names[WINDOWS] = {"1h", "today", "7d", "30d"};
    a->now = now;
    a->latest = -1;
    a->first_hour = now - now % HOUR_NS - (SERIES - 1) * HOUR_NS;
    for (int i = 0; i < WINDOWS; i++)
        (void)orx_window_named(orx_view_of(names[i]), now, NULL, &a->windows[i]);
}

int orx_cost_summary(orx_store *s, const orx_cost_files *files, int64_t now_ns, orx_arena *arena,
                     orx_node **ret_summary, orx_err *err) {
    adding sum = {.arena = arena};
    orx_node *n = orx_node_new(arena, ORX_OBJECT);
    begin(&sum, now_ns);
    int rc = s ? orx_billed_each(s, 0, INT64_MAX, add_row, &sum, err) : 0;
    orx_node_set_int(arena, n, "records_total", sum.rows);
    orx_node_set_str(arena, n, "currency", "USD");
    orx_node_set_str(arena, n, "source_of_truth",
                     sum.authoritative ? "authoritative_provider_api"
                                       : "estimated_local_telemetry");
    orx_node_set_str(arena, n, "attribution", "prorated");
    put_windows(&sum, n);
    put_groups(&sum, n, "provider_cost_30d", &sum.providers);
    put_groups(&sum, n, "model_cost_30d", &sum.models);
    put_series(&sum, n);
    put_freshness(&sum, n, files->stale_sec);
    orx_node_set_str(arena, n, "timestamp", orx_figure_time(arena, now_ns));
    orx_node_set_int(arena, n, "window_hours", files->window_hours);
    orx_node_set_str(arena, n, "output_records_file", files->records);
    orx_node_set_str(arena, n, "output_summary_file", files->summary);
    if (rc >= 0)
        rc = put_providers(s, &sum, n, err);
    orx_vec_free(&sum.providers);
    orx_vec_free(&sum.models);
    if (rc >= 0)
        *ret_summary = n;
    return rc < 0 ? rc : 0;
}

int orx_cost_summary_render(orx_store *s, void *user, orx_str *out, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    static const orx_cost_files usual = {
        .records = "artifacts/autonomy/provider_costs/records.ndjson",
        .summary = "artifacts/autonomy/provider_costs/summary.json",
        .window_hours = 720,
        .stale_sec = 900};
    orx_node *n = NULL;
    int rc = orx_cost_summary(s, user ? user : &usual, orx_wall_ns(orx_store_platform(s)), &arena,
                              &n, err);
    if (rc < 0)
        return rc;
    orx_json_write(out, n, ORX_JSON_PY_INDENT);
    orx_str_addc(out, '\n');
    return 0;
}
