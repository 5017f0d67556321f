#include "run/fleet_bill.h"

#include "base/address.h"
#include "money/caps.h"
#include "run/bill.h"

/* ---- Whose server it is ---------------------------------------------------------------------- */

static bool is_at(const orx_provider_config *p, orx_view key) {
    ORX_CLEANUP(orx_str_free) orx_str own = {0};
    const char *url = orx_node_str(orx_node_get(p->settings, "base_url"), "");
    return orx_address_key(orx_view_of(url), &own) && orx_view_eq(orx_str_view(&own), key);
}

/* The provider at that address; one that nobody configured has no price and no watts. */
static const orx_provider_config *provider_at(const orx_config *cfg, const char *url) {
    static const orx_provider_config nobody = {.name = ORX_FLEET_LANE};
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    if (orx_address_key(orx_view_of(url), &key))
        for (size_t i = 0; i < cfg->provider_count; i++)
            if (is_at(&cfg->providers[i], orx_str_view(&key)))
                return &cfg->providers[i];
    return &nobody;
}

/* ---- Before ---------------------------------------------------------------------------------- */

int orx_fleet_may_spend(orx_store *s, const orx_config *cfg, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_budget b = orx_budget_of(cfg, ORX_FLEET_LANE, &a);
    orx_reservation r = {.lane = ORX_FLEET_LANE, .model = ""};
    return orx_budget_ask(s, &b, &r, err);
}

/* ---- After ----------------------------------------------------------------------------------- */

static int64_t or_estimate(int64_t tokens, int64_t bytes) {
    return tokens >= 0 ? tokens : (bytes + 3) / 4;
}

static int lowest(orx_store *s, int64_t *ret_call, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT min(0, coalesce(min(call), 0)) FROM spend", &q, err);
    if (rc < 0)
        return rc;
    rc = orx_sql_step(q, err);
    if (rc == 1)
        *ret_call = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

static orx_spend spend_of(const orx_config *cfg, const orx_prices *prices, const char *work,
                          const orx_fleet_call *c, int64_t wall_ns, orx_arena *arena) {
    const orx_provider_config *p = provider_at(cfg, c->base_url);
    const orx_meter meter = orx_bill_meter(cfg, p, prices);
    orx_report report = {.model = c->model,
                         .begun_ns = wall_ns - c->wall_ns,
                         .requests = 1,
                         .guessed = c->input < 0 || c->output < 0};
    orx_bill bill = ORX_BILL_INIT;
    orx_spend row = {.wall_ns = wall_ns,
                     .lane = ORX_FLEET_LANE,
                     .task = work,
                     .provider = p->name,
                     .account = meter.account ? meter.account : p->name,
                     .model_asked = c->model,
                     .model = c->model,
                     .input = or_estimate(c->input, c->prompt_bytes),
                     .output = or_estimate(c->output, c->answer_bytes),
                     .requests = 1};
    report.units.of[ORX_CLASS_INPUT] = row.input;
    report.units.of[ORX_CLASS_OUTPUT] = row.output;
    report.units.of[ORX_CLASS_REQUEST] = 1;
    orx_meter_report(&meter, &report, &bill);
    orx_meter_time(&meter, wall_ns - c->wall_ns, c->wall_ns, arena, &bill);
    row.source = orx_bill_best(&bill, &row.cost);
    row.price = bill.version ? bill.version : "";
    return row;
}

static int note(orx_store *s, const char *work, size_t count, const orx_spend *sum, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_str(&a, body, "work", work);
    orx_node_set_int(&a, body, "calls", (int64_t)count);
    orx_node_set_int(&a, body, "input_tokens", sum->input);
    orx_node_set_int(&a, body, "output_tokens", sum->output);
    orx_node_set_int(&a, body, "cost_nano_usd", sum->cost);
    const orx_event e = {.kind = "fleet.billed", .schema = 1, .body = body};
    return orx_event_append(s, &e, NULL, err);
}

static int put_all(orx_store *s, const orx_config *cfg, const orx_prices *prices, const char *work,
                   const orx_fleet_call *calls, size_t count, orx_err *err) {
    int64_t wall_ns = orx_wall_ns(orx_store_platform(s));
    int64_t call = 0;
    orx_spend sum = {0};
    int rc = lowest(s, &call, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        orx_spend row = spend_of(cfg, prices, work, &calls[i], wall_ns, &a);
        row.call = --call;
        sum.input += row.input;
        sum.output += row.output;
        sum.cost += row.cost > 0 ? row.cost : 0;
        rc = orx_books_put(s, &row, err);
    }
    return rc < 0 ? rc : note(s, work, count, &sum, err);
}

int orx_fleet_bill(orx_store *s, const orx_config *cfg, const orx_prices *prices, const char *work,
                   const orx_fleet_call *calls, size_t count, orx_err *err) {
    int rc = count ? orx_tx_begin(s, err) : 0;
    if (rc < 0 || !count)
        return rc;
    rc = put_all(s, cfg, prices, work, calls, count, err);
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}
