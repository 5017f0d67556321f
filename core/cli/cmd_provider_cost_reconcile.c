/* orxaq provider-cost-reconcile: the vendors' bills against our own books. */
#include "cli/provider_cost.h"

#include "money/reconcile.h"
#include "money/window.h"

#define DAY_NS (24 * (3600 * ORX_SEC))

static orx_node *row_node(orx_arena *a, const char *provider, const orx_reconciled *r) {
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"billed_nano_usd", r->billed},
                   {"metered_nano_usd", r->metered},
                   {"difference_nano_usd", r->difference},
                   {"unmetered_nano_usd", r->unmetered},
                   {"price_drift_nano_usd", r->drift},
                   {"rounding_nano_usd", r->rounding},
                   {"billed_tokens", r->billed_tokens},
                   {"metered_tokens", r->metered_tokens},
                   {"calls", r->calls},
                   {"unpriced_calls", r->unpriced}};
    char day[ORX_ISO_MAX];
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_iso_time(r->day_ns, day);
    orx_node_set_str(a, n, "day", orx_arena_printf(a, "%.10s", day));
    orx_node_set_str(a, n, "provider", provider);
    for (size_t i = 0; i < ORX_ARRAY_LEN(numbers); i++)
        orx_node_set_int(a, n, numbers[i].name, numbers[i].value);
    orx_node_set_bool(a, n, "complete", r->complete);
    orx_node_set_bool(a, n, "alarm", r->alarm);
    return n;
}

/* Negative amounts, too. */
static const char *usd(orx_cli *c, int64_t nano) {
    return nano < 0 ? orx_arena_printf(&c->arena, "-%s", orx_cli_usd(c, -nano))
                    : orx_cli_usd(c, nano);
}

static void add_row(orx_cli *c, orx_table *t, const char *provider, const orx_reconciled *r) {
    char day[ORX_ISO_MAX];
    orx_iso_time(r->day_ns, day);
    const char *cells[] = {orx_arena_printf(&c->arena, "%.10s", day),
                           provider,
                           usd(c, r->billed),
                           usd(c, r->metered),
                           usd(c, r->difference),
                           usd(c, r->unmetered),
                           usd(c, r->drift),
                           r->alarm      ? "ALARM"
                           : r->complete ? "ok"
                                         : "not complete"};
    orx_table_row(t, cells, r->alarm ? "31" : NULL);
}

typedef struct comparing {
    orx_cli *c;
    int64_t days;
    orx_table *table;
    orx_node *rows;
    int alarms;
} comparing;

/* Accounts of one vendor are one bill: whoever comes later is part of the first. */
static int compare(comparing *k, const orx_ingest_report *r, orx_err *err) {
    orx_arena *a = &k->c->arena;
    int64_t now = orx_wall_ns(k->c->p);
    orx_reconciled *rows = NULL;
    const orx_reconcile_spec spec = {.provider = r->provider,
                                     .metered_as = r->covers,
                                     .first_day_ns = orx_day_begin(now, 0) - (k->days - 1) * DAY_NS,
                                     .days = k->days,
                                     .now_ns = now,
                                     .lag_ns = DAY_NS};
    int rc = orx_reconcile(k->c->store, &spec, a, &rows, err);
    for (int64_t i = 0; i < k->days && rc >= 0; i++) {
        if (rows[i].billed == 0 && rows[i].calls == 0)
            continue;
        orx_node_push(k->rows, row_node(a, r->provider, &rows[i]));
        add_row(k->c, k->table, r->provider, &rows[i]);
        k->alarms += rows[i].alarm;
    }
    return rc < 0 ? rc : 0;
}

static int compare_all(comparing *k, orx_err *err) {
    orx_ingest_report *reports = NULL;
    int count = orx_ingest_reports(k->c->store, &k->c->arena, &reports, err);
    int rc = count < 0 ? count : 0;
    for (int i = 0; i < count && rc >= 0; i++)
        if (reports[i].ended_ns && strcmp(reports[i].source, reports[i].provider) == 0)
            rc = compare(k, &reports[i], err);
    return rc;
}

static void print(comparing *k) {
    orx_arena *a = &k->c->arena;
    if (!k->c->json) {
        orx_table_print(k->table);
        return;
    }
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_bool(a, n, "ok", k->alarms == 0);
    orx_node_set_int(a, n, "alarm_percent", ORX_RECONCILE_PERCENT);
    orx_node_set_int(a, n, "alarms", k->alarms);
    orx_node_set(a, n, "rows", k->rows);
    orx_cli_json(k->c, n);
}

int orx_cmd_provider_cost_reconcile(orx_cli *c, orx_err *err) {
    static const char *const titles[] = {"DAY",       "BILL",  "BILLED", "METERED", "DIFFERENCE",
                                         "UNMETERED", "DRIFT", "",       NULL};
    comparing k = {.c = c, .rows = orx_node_new(&c->arena, ORX_ARRAY)};
    int rc = orx_cost_number(c, "days", 1, 7, &k.days, err);
    if (rc >= 0)
        rc = orx_cli_config(c, err);
    if (rc >= 0)
        rc = orx_cli_store(c, ORX_STORE_READ_ONLY, err);
    if (rc < 0)
        return rc;
    k.table = orx_table_new(c, titles);
    rc = compare_all(&k, err);
    if (rc < 0)
        return rc;
    print(&k);
    return k.alarms ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}
