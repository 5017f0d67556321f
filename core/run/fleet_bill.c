#include "run/fleet_bill.h"

#include "base/address.h"
#include "money/caps.h"
#include "platform/proc.h"
#include "run/bill.h"

/* ---- Whose server it is ---------------------------------------------------------------------- */

static bool is_at(const orx_provider_config *p, orx_view key) {
    ORX_CLEANUP(orx_str_free) orx_str own = {0};
    const char *url = orx_node_str(orx_node_get(p->settings, "base_url"), "");
    return orx_address_key(orx_view_of(url), &own) && orx_view_eq(orx_str_view(&own), key);
}

/* The provider at that address; one that nobody configured has no price and no watts. */
static const orx_provider_config *provider_at(const orx_config *cfg, const char *url) {
    static const orx_provider_config nobody = {
        .name = ORX_FLEET_LANE, .input_price = -1, .output_price = -1};
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    if (orx_address_key(orx_view_of(url), &key))
        for (size_t i = 0; i < cfg->provider_count; i++)
            if (is_at(&cfg->providers[i], orx_str_view(&key)))
                return &cfg->providers[i];
    return &nobody;
}

static const orx_provider_config *provider_of(const orx_config *cfg, const orx_fleet_call *c) {
    return c->provider ? c->provider : provider_at(cfg, c->base_url);
}

/* ---- Left over ------------------------------------------------------------------------------- */

/* The kind of work is not known any more. */
#define LOST "interrupted"

static bool is_gone(orx_store *s, orx_sql *q, int column) {
    orx_platform *p = orx_store_platform(s);
    return !orx_view_is(orx_sql_col_text(q, column + 2), orx_boot_id(p)) ||
           orx_pid_state_of(p, orx_sql_col_int(q, column), orx_sql_col_int(q, column + 1)) !=
               ORX_PID_ALIVE;
}

/* Whoever pays for a provider, also for one that is switched off. */
static const char *account_of(const orx_config *cfg, const char *provider) {
    for (size_t i = 0; i < cfg->provider_count; i++)
        if (strcmp(cfg->providers[i].name, provider) == 0 && cfg->providers[i].account)
            return cfg->providers[i].account;
    return provider;
}

static orx_spend lost_row(const orx_config *cfg, orx_sql *q, orx_arena *arena) {
    int64_t amount = orx_sql_col_int(q, 1);
    const char *provider = orx_arena_dup(arena, orx_sql_col_text(q, 4));
    const char *model = orx_arena_dup(arena, orx_sql_col_text(q, 5));
    return (orx_spend){.call = orx_sql_col_int(q, 0),
                       .wall_ns = orx_sql_col_int(q, 2),
                       .lane = orx_arena_dup(arena, orx_sql_col_text(q, 3)),
                       .task = LOST,
                       .provider = provider,
                       .account = account_of(cfg, provider),
                       .model_asked = model,
                       .model = model,
                       .requests = 1,
                       .cost = amount ? amount : -1,
                       .source = amount ? ORX_COST_ESTIMATED : ORX_COST_UNKNOWN,
                       .price = "reserved"};
}

/* The next one below *before: 1 = there is one. */
static int next_lost(orx_store *s, const orx_config *cfg, int64_t before, orx_arena *arena,
                     orx_spend *ret_row, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT call, amount, at, lane, provider, model, pid, start, boot"
                         " FROM reservation WHERE call < ?1 ORDER BY call DESC",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, before);
    while ((rc = orx_sql_step(q, err)) == 1 && !is_gone(s, q, 6))
        ;
    if (rc == 1)
        *ret_row = lost_row(cfg, q, arena);
    orx_sql_reset(q);
    return rc;
}

static int make_up_lost(orx_store *s, const orx_config *cfg, int *count, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_spend row = {.call = 0};
    int64_t reserved;
    int rc;
    while ((rc = next_lost(s, cfg, row.call, &arena, &row, err)) == 1) {
        rc = orx_budget_release(s, row.call, &reserved, err);
        if (rc == 0)
            rc = orx_books_put(s, &row, err);
        if (rc < 0)
            break;
        ++*count;
    }
    return rc;
}

int orx_fleet_left_over(orx_store *s, const orx_config *cfg, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_spend row;
    int count = 0;
    int rc = next_lost(s, cfg, 0, &arena, &row, err);
    if (rc <= 0)
        return rc;
    rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = make_up_lost(s, cfg, &count, err);
    if (rc == 0)
        rc = orx_tx_commit(s, err);
    else
        orx_tx_rollback(s);
    return rc < 0 ? rc : count;
}

/* ---- Before ---------------------------------------------------------------------------------- */

int orx_fleet_may_spend(orx_store *s, const orx_config *cfg, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_budget b = orx_budget_of(cfg, ORX_FLEET_LANE, &a);
    orx_reservation r = {.lane = ORX_FLEET_LANE, .model = ""};
    int rc = orx_fleet_left_over(s, cfg, err);
    return rc < 0 ? rc : orx_budget_ask(s, &b, &r, err);
}

/* What it comes to at most: no text has more tokens than bytes, but for those that say who speaks.
 * 0 = nobody knows. */
static int64_t bound_of(const orx_meter *meter, const orx_fleet_call *c, orx_arena *arena) {
    enum { FRAME = 64 };
    orx_report report = {.model = c->model, .begun_ns = c->begun_ns, .requests = 1};
    orx_bill bill = ORX_BILL_INIT;
    int64_t cost = 0;
    report.units.of[ORX_CLASS_INPUT] = c->prompt_bytes + FRAME;
    report.units.of[ORX_CLASS_OUTPUT] = c->max_tokens;
    report.units.of[ORX_CLASS_REQUEST] = 1;
    orx_meter_report(meter, &report, &bill);
    orx_meter_time(meter, c->begun_ns, c->timeout_ns, arena, &bill);
    (void)orx_bill_best(&bill, &cost);
    return cost > 0 ? cost : 0;
}

/* The lowest number that a request has, or 0. */
static int lowest(orx_store *s, int64_t *ret_call, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT min(0, coalesce((SELECT min(call) FROM spend), 0),"
                         " coalesce((SELECT min(call) FROM reservation), 0))",
                         &q, err);
    if (rc < 0)
        return rc;
    rc = orx_sql_step(q, err);
    if (rc == 1)
        *ret_call = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

static int reserve_one(orx_store *s, const orx_config *cfg, const orx_prices *prices,
                       const orx_budget *b, orx_fleet_call *c, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_provider_config *p = provider_of(cfg, c);
    const orx_meter meter = orx_bill_meter(cfg, p, prices);
    orx_reservation r = {.call = c->number,
                         .amount = bound_of(&meter, c, &a),
                         .lane = ORX_FLEET_LANE,
                         .provider = p->name,
                         .model = c->model};
    return orx_budget_reserve(s, b, &r, err);
}

int orx_fleet_reserve(orx_store *s, const orx_config *cfg, const orx_prices *prices,
                      orx_fleet_call *calls, size_t count, size_t *ret_count, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_budget b = orx_budget_of(cfg, ORX_FLEET_LANE, &a);
    int64_t number = 0;
    size_t n = 0;
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = lowest(s, &number, err);
    for (; rc == 0 && n < count; n += rc == 0) {
        calls[n].number = --number;
        calls[n].begun_ns = orx_wall_ns(orx_store_platform(s));
        rc = reserve_one(s, cfg, prices, &b, &calls[n], err);
    }
    if (rc < 0 && rc != ORX_E_LIMIT) {
        orx_tx_rollback(s);
        return rc;
    }
    int done = orx_tx_commit(s, rc == 0 ? err : NULL);
    if (done < 0)
        return done;
    *ret_count = n;
    return rc;
}

/* ---- After ----------------------------------------------------------------------------------- */

static int64_t or_estimate(int64_t tokens, int64_t bytes) {
    return tokens >= 0 ? tokens : (bytes + 3) / 4;
}

/* The row without what it costs. */
static orx_spend row_of(const orx_config *cfg, const char *work, const orx_fleet_call *c,
                        const char *provider, int64_t wall_ns) {
    return (orx_spend){.call = c->number,
                       .wall_ns = wall_ns,
                       .lane = ORX_FLEET_LANE,
                       .task = work,
                       .provider = provider,
                       .account = account_of(cfg, provider),
                       .model_asked = c->model,
                       .model = c->model,
                       .input = or_estimate(c->input, c->prompt_bytes),
                       .output = or_estimate(c->output, c->answer_bytes),
                       .requests = 1};
}

/* Silence is no discount, but who is paid by time has said all by ending. */
static void price_row(const orx_meter *meter, const orx_fleet_call *c, int64_t reserved,
                      orx_spend *row, orx_arena *arena) {
    orx_bill bill = ORX_BILL_INIT;
    orx_report report = {.model = c->model,
                         .begun_ns = c->begun_ns,
                         .requests = 1,
                         .guessed = c->input < 0 || c->output < 0};
    report.units.of[ORX_CLASS_INPUT] = row->input;
    report.units.of[ORX_CLASS_OUTPUT] = row->output;
    report.units.of[ORX_CLASS_REQUEST] = 1;
    orx_meter_report(meter, &report, &bill);
    orx_meter_time(meter, c->begun_ns, c->wall_ns, arena, &bill);
    row->source = orx_bill_best(&bill, &row->cost);
    row->price = bill.version ? bill.version : "";
    if (c->silent && !meter->watts && reserved > 0 && reserved > row->cost) {
        row->cost = reserved;
        row->source = ORX_COST_ESTIMATED;
        row->price = "reserved";
    }
}

static int settle(orx_store *s, const orx_config *cfg, const orx_prices *prices, const char *work,
                  const orx_fleet_call *c, orx_spend *row, orx_arena *arena, orx_err *err) {
    const orx_provider_config *p = provider_of(cfg, c);
    const orx_meter meter = orx_bill_meter(cfg, p, prices);
    int64_t reserved = 0;
    int rc = orx_budget_release(s, c->number, &reserved, err);
    if (rc < 0)
        return rc;
    *row = row_of(cfg, work, c, p->name, orx_wall_ns(orx_store_platform(s)));
    price_row(&meter, c, reserved, row, arena);
    return orx_books_put(s, row, err);
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

static int settle_all(orx_store *s, const orx_config *cfg, const orx_prices *prices,
                      const char *work, const orx_fleet_call *calls, size_t count, orx_err *err) {
    orx_spend sum = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        orx_spend row = {0};
        rc = settle(s, cfg, prices, work, &calls[i], &row, &a, err);
        sum.input += row.input;
        sum.output += row.output;
        sum.cost += row.cost > 0 ? row.cost : 0;
    }
    return rc < 0 ? rc : note(s, work, count, &sum, err);
}

int orx_fleet_bill(orx_store *s, const orx_config *cfg, const orx_prices *prices, const char *work,
                   const orx_fleet_call *calls, size_t count, orx_err *err) {
    int rc = count ? orx_tx_begin(s, err) : 0;
    if (rc < 0 || !count)
        return rc;
    rc = settle_all(s, cfg, prices, work, calls, count, err);
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}
