#include "run/bill.h"

#include "base/vec.h"
#include "money/budget.h"
#include "platform/proc.h"
#include "run/fleet_bill.h"

#define LEFT_OVER_PAGE 256

/* ---- How it is paid for ---------------------------------------------------------------------- */

orx_meter orx_bill_meter(const orx_config *cfg, const orx_provider_config *provider,
                         const orx_prices *prices) {
    bool assume = cfg->money.unknown_price == ORX_UNKNOWN_PRICE_ASSUME;
    return (orx_meter){.provider = provider->name,
                       .account = provider->account,
                       .prices = prices,
                       .has_own = provider->has_price,
                       .own_input = provider->input_price,
                       .own_output = provider->output_price,
                       .tier = (orx_tier)provider->price_tier,
                       .assumed = assume ? cfg->money.assumed_price : -1,
                       .watts = provider->watts,
                       .kwh_price = cfg->money.kwh_price};
}

bool orx_bill_allows(const orx_config *cfg, const orx_meter *meter, const char *model,
                     int64_t wall_ns) {
    orx_rates rates;
    if (cfg->money.unknown_price != ORX_UNKNOWN_PRICE_DENY)
        return true;
    if (meter->watts)
        return orx_meter_kwh(meter, wall_ns) > 0;
    return orx_meter_rates(meter, model, wall_ns, &rates);
}

/* ---- The row --------------------------------------------------------------------------------- */

/* What the row of a call says that matters for its bill. Numbers nobody stated are -1. */
typedef struct row {
    int64_t attempt;
    const char *lane;
    const char *task;
    const char *provider;
    const char *model_asked;
    const char *model_answered;
    int64_t tokens[5]; /* input, cache read, cache write, output, reasoning */
    int64_t requests;
    int64_t prompt_tokens;
    int64_t answer_bytes;
    int64_t wall_ns;    /* how long it took */
    int64_t ended;      /* when the attempt ended, 0 = not yet */
    int64_t call_begun; /* the prices are those of that moment */
    int64_t reserved;   /* when money was set aside for it; 0 = none is */
    int64_t kind;       /* ORXAQ_KIND_*, -1 = it did not end */
    bool asked;
    bool by_estimation;
    bool booked;
    orx_bill bill;
} row;

static int64_t number(orx_sql *q, int column) {
    return orx_sql_col_is_null(q, column) ? -1 : orx_sql_col_int(q, column);
}

static void read_texts(orx_sql *q, orx_arena *arena, row *r) {
    const char **const texts[] = {&r->lane,        &r->task,           &r->provider,
                                  &r->model_asked, &r->model_answered, &r->bill.version};
    for (int i = 0; i < (int)ORX_ARRAY_LEN(texts); i++)
        *texts[i] = orx_arena_dup(arena, orx_sql_col_text(q, i));
}

static void read_numbers(orx_sql *q, row *r) {
    int64_t n[19];
    for (int i = 0; i < (int)ORX_ARRAY_LEN(n); i++)
        n[i] = number(q, 6 + i);
    r->attempt = n[0];
    memcpy(r->tokens, &n[1], sizeof r->tokens);
    r->requests = n[6];
    r->prompt_tokens = n[7];
    r->answer_bytes = n[8];
    r->wall_ns = n[9];
    r->ended = n[10];
    r->asked = n[11] != 0;
    r->bill.priced = (orx_amount){n[12], n[13]};
    r->bill.priced_reports = n[14];
    r->bill.unpriced_reports = n[15];
    r->bill.guessed = n[16] != 0;
    r->bill.stated = n[17];
    r->by_estimation = n[18] == ORXAQ_BY_ESTIMATION;
}

static int read_row(orx_store *s, int64_t call, orx_arena *arena, row *ret, orx_err *err) {
    orx_sql *q;
    row r = {.bill = ORX_BILL_INIT};
    int rc = orx_sql_get(
        s,
        "SELECT a.lane, a.task, c.provider, c.model_asked, c.model_answered, c.price, c.attempt,"
        " c.input_tokens, c.cache_read_tokens, c.cache_write_tokens, c.output_tokens,"
        " c.reasoning_tokens, c.requests, c.prompt_tokens, c.answer_bytes, c.wall_ns, a.ended,"
        " c.asked, c.priced_nano, c.priced_rest, c.priced_reports, c.unpriced_reports,"
        " c.guessed, c.stated_nano_usd, c.provenance, c.input_rate, c.output_rate, c.kind,"
        " c.booked, CASE c.begun WHEN 0 THEN a.begun ELSE c.begun END, coalesce(r.at, 0)"
        " FROM call c JOIN attempt a ON a.id = c.attempt LEFT JOIN reservation r ON r.call = c.id"
        " WHERE c.id = ?1",
        &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, call);
    rc = orx_sql_step(q, err);
    if (rc == 1) {
        read_texts(q, arena, &r);
        read_numbers(q, &r);
        r.bill.input_rate = orx_sql_col_int(q, 25);
        r.bill.output_rate = orx_sql_col_int(q, 26);
        r.kind = orx_sql_col_int(q, 27);
        r.booked = orx_sql_col_int(q, 28) != 0;
        r.call_begun = orx_sql_col_int(q, 29);
        r.reserved = orx_sql_col_int(q, 30);
        *ret = r;
    }
    orx_sql_reset(q);
    if (rc == 0)
        return orx_err_set(err, ORX_E_INTERNAL, "there is no call %lld", (long long)call);
    return rc < 0 ? rc : 0;
}

/* booked: the bill is made up. */
static int write_row(orx_store *s, int64_t call, const orx_bill *b, bool booked, orx_err *err) {
    orx_sql *q;
    int64_t cost;
    orx_cost_source source = orx_bill_best(b, &cost);
    int rc = orx_sql_get(s,
                         "UPDATE call SET priced_nano = ?2, priced_rest = ?3, priced_reports = ?4,"
                         " unpriced_reports = ?5, guessed = ?6, price = ?7, input_rate = ?8,"
                         " output_rate = ?9, cost_nano_usd = ?10, cost_source = ?11, booked = ?12"
                         " WHERE id = ?1",
                         &q, err);
    if (rc < 0)
        return rc;
    const int64_t n[] = {
        call, b->priced.nano, b->priced.rest, b->priced_reports, b->unpriced_reports, b->guessed};
    for (int i = 0; i < (int)ORX_ARRAY_LEN(n); i++)
        orx_sql_int(q, 1 + i, n[i]);
    orx_sql_str(q, 7, b->version ? b->version : "");
    orx_sql_int(q, 8, b->input_rate);
    orx_sql_int(q, 9, b->output_rate);
    if (cost >= 0)
        orx_sql_int(q, 10, cost);
    else
        orx_sql_null(q, 10);
    orx_sql_int(q, 11, (int64_t)source);
    orx_sql_int(q, 12, booked);
    int64_t changed = orx_sql_run(q, err);
    return changed < 0 ? (int)changed : 0;
}

static const char *model_of(const row *r) {
    return *r->model_answered ? r->model_answered : r->model_asked;
}

/* ---- Reports --------------------------------------------------------------------------------- */

static int64_t at_least_0(int64_t n) {
    return n > 0 ? n : 0;
}

static orx_units units_of(const int64_t tokens[5]) {
    static const orx_class classes[] = {ORX_CLASS_INPUT, ORX_CLASS_CACHE_READ,
                                        ORX_CLASS_CACHE_WRITE_5M, ORX_CLASS_OUTPUT,
                                        ORX_CLASS_REASONING};
    orx_units u = {{0}};
    for (int i = 0; i < (int)ORX_ARRAY_LEN(classes); i++)
        u.of[classes[i]] = at_least_0(tokens[i]);
    return u;
}

int orx_bill_add(orx_store *s, int64_t call, const orx_meter *meter, const orxaq_usage *u,
                 const int64_t more[7], orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    row r = {.provider = "", .model_asked = "", .model_answered = ""};
    int rc = read_row(s, call, &arena, &r, err);
    if (rc < 0)
        return rc;
    orx_report report = {.model = model_of(&r),
                         .begun_ns = r.call_begun,
                         .units = units_of(more),
                         .requests = at_least_0(more[5]),
                         .guessed = u->provenance == ORXAQ_BY_ESTIMATION};
    if (!report.requests && u->scope == ORXAQ_SCOPE_REQUEST)
        report.requests = 1;
    report.units.of[ORX_CLASS_REQUEST] = report.requests;
    orx_meter_report(meter, &report, &r.bill);
    return write_row(s, call, &r.bill, false, err);
}

int64_t orx_bill_so_far(const orx_meter *meter, const orxaq_usage *usage, size_t count,
                        const char *model, int64_t begun_ns) {
    orx_bill bill = ORX_BILL_INIT;
    for (size_t i = 0; i < count; i++) {
        const orxaq_usage *u = &usage[i];
        const int64_t tokens[5] = {u->input_tokens, u->cache_read_tokens, u->cache_write_tokens,
                                   u->output_tokens, u->reasoning_tokens};
        const orx_report report = {.model = model,
                                   .begun_ns = begun_ns,
                                   .units = units_of(tokens),
                                   .requests = at_least_0(u->requests)};
        if (u->scope != ORXAQ_SCOPE_SESSION)
            orx_meter_report(meter, &report, &bill);
    }
    return bill.priced_reports ? orx_amount_round(bill.priced) : -1;
}

/* ---- The end --------------------------------------------------------------------------------- */

/* Fills what nobody reported from the lengths of prompt and answer. True when there was such. */
static bool estimate(row *r, int64_t ret_missing[5]) {
    bool input = r->tokens[0] < 0 && r->tokens[1] < 0 && r->tokens[2] < 0;
    bool output = r->tokens[3] < 0 && r->tokens[4] < 0;
    const int64_t missing[5] = {input ? r->prompt_tokens : -1, -1, -1,
                                output ? (r->answer_bytes + 3) / 4 : -1, -1};
    memcpy(ret_missing, missing, sizeof missing);
    for (int i = 0; i < 5; i++)
        r->tokens[i] = missing[i] >= 0 ? missing[i] : at_least_0(r->tokens[i]);
    return input || output;
}

/* A call of before there were bills: all it used in one. */
static bool is_old(const row *r) {
    return !r->bill.priced_reports && !r->bill.unpriced_reports;
}

static void make_up(row *r, const orx_meter *meter, orx_arena *arena) {
    int64_t missing[5];
    int64_t stated[5];
    orx_report report = {.model = model_of(r), .begun_ns = r->call_begun};
    memcpy(stated, r->tokens, sizeof stated);
    if (is_old(r)) {
        report.units = units_of(stated);
        report.requests = at_least_0(r->requests);
        report.guessed = r->by_estimation;
        orx_meter_report(meter, &report, &r->bill);
    }
    if (estimate(r, missing)) {
        report.units = units_of(missing);
        report.requests = 1;
        report.guessed = true;
        orx_meter_report(meter, &report, &r->bill);
    }
    orx_meter_time(meter, r->call_begun, r->wall_ns, arena, &r->bill);
}

static int put_in_books(orx_store *s, int64_t call, const row *r, const orx_meter *meter,
                        int64_t wall_ns, orx_err *err) {
    int64_t cost;
    orx_cost_source source = orx_bill_best(&r->bill, &cost);
    const orx_spend spend = {.call = call,
                             .attempt = r->attempt,
                             .wall_ns = wall_ns,
                             .lane = r->lane,
                             .task = r->task,
                             .provider = r->provider,
                             .account = meter->account ? meter->account : r->provider,
                             .model_asked = r->model_asked,
                             .model = model_of(r),
                             .input = r->tokens[0],
                             .cache_read = r->tokens[1],
                             .cache_write = r->tokens[2],
                             .output = r->tokens[3],
                             .reasoning = r->tokens[4],
                             .requests = at_least_0(r->requests),
                             .cost = cost,
                             .source = source,
                             .price = r->bill.version ? r->bill.version : ""};
    return orx_books_put(s, &spend, err);
}

/* Whether a model may have worked for a call that ended like this; elsewhere the request was turned
 * away at the door. */
static bool may_have_worked(int64_t kind) {
    switch (kind) {
    case ORXAQ_KIND_AUTH:
    case ORXAQ_KIND_RATE_LIMIT:
    case ORXAQ_KIND_QUOTA:
    case ORXAQ_KIND_OVERLOADED:
    case ORXAQ_KIND_NETWORK:
    case ORXAQ_KIND_BAD_MODEL:
    case ORXAQ_KIND_CONTEXT_TOO_LONG:
    case ORXAQ_KIND_REFUSED:
        return false;
    default:
        return true;
    }
}

/* A call that reported nothing although it may have worked, or whose runner died, costs at least
 * what was reserved for it: a crash must not make money free. */
static void charge_reserved(row *r, int64_t reserved, bool reported, orx_arena *arena) {
    bool silent = r->kind == -1 || (!reported && may_have_worked(r->kind));
    int64_t cost;
    (void)orx_bill_best(&r->bill, &cost);
    if (!silent || reserved <= cost || reserved <= r->bill.priced.nano)
        return;
    r->bill.priced = (orx_amount){reserved, 0};
    r->bill.priced_reports = 1;
    r->bill.unpriced_reports = 0;
    r->bill.guessed = true;
    r->bill.stated = -1;
    r->bill.version = orx_arena_strdup(arena, "reserved");
}

static bool is_reported(const row *r) {
    bool any = r->bill.stated >= 0;
    for (int i = 0; i < 5; i++)
        any = any || r->tokens[i] >= 0;
    return any;
}

/* ended 0 = now */
static int end_at(orx_store *s, int64_t call, row *r, const orx_meter *meter, int64_t ended,
                  orx_arena *arena, orx_err *err) {
    int64_t at = ended ? ended : orx_wall_ns(orx_store_platform(s));
    int64_t reserved = 0;
    bool reported = is_reported(r);
    int rc = orx_budget_release(s, call, &reserved, err);
    if (rc < 0)
        return rc;
    if (r->asked)
        make_up(r, meter, arena);
    else
        r->bill.stated = at_least_0(r->bill.stated);
    if (r->asked)
        charge_reserved(r, reserved, reported, arena);
    rc = write_row(s, call, &r->bill, true, err);
    return rc < 0 || !r->asked ? rc : put_in_books(s, call, r, meter, at, err);
}

int orx_bill_end(orx_store *s, int64_t call, const orx_meter *meter, orx_arena *arena,
                 orx_billed *ret_billed, orx_err *err) {
    row r;
    int rc = read_row(s, call, arena, &r, err);
    if (rc == 0)
        rc = end_at(s, call, &r, meter, 0, arena, err);
    if (rc == 0) {
        ret_billed->source = orx_bill_best(&r.bill, &ret_billed->cost);
        ret_billed->price = r.bill.version;
    }
    return rc;
}

/* ---- Left over ------------------------------------------------------------------------------- */

/* The meter of a provider that may not be configured any more. */
static orx_meter meter_of(const orx_config *cfg, const orx_prices *prices, const char *provider) {
    for (size_t i = 0; i < cfg->provider_count; i++)
        if (strcmp(cfg->providers[i].name, provider) == 0)
            return orx_bill_meter(cfg, &cfg->providers[i], prices);
    const orx_provider_config gone = {.name = provider, .input_price = -1, .output_price = -1};
    return orx_bill_meter(cfg, &gone, prices);
}

typedef ORX_VEC(int64_t) calls_vec;

/* Whether the process that made a reservation is gone: column 2 and what follows. */
static bool owner_is_gone(orx_store *s, orx_sql *q) {
    orx_platform *p = orx_store_platform(s);
    if (orx_sql_col_is_null(q, 2))
        return false;
    return !orx_view_is(orx_sql_col_text(q, 4), orx_boot_id(p)) ||
           orx_pid_state_of(p, orx_sql_col_int(q, 2), orx_sql_col_int(q, 3)) != ORX_PID_ALIVE;
}

/* The next page of calls behind *after. Returns how many were looked at. */
static int find_left_over(orx_store *s, const char *lane, int64_t *after, calls_vec *calls,
                          orx_err *err) {
    orx_sql *q;
    int count = 0;
    int rc = orx_sql_get(s,
                         "SELECT c.id, a.lane = ?1 OR a.step = 5, r.pid, r.start, r.boot"
                         " FROM call c JOIN attempt a ON a.id = c.attempt"
                         " LEFT JOIN reservation r ON r.call = c.id"
                         " WHERE c.booked = 0 AND c.id > ?3 ORDER BY c.id LIMIT ?2",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, lane);
    orx_sql_int(q, 2, LEFT_OVER_PAGE);
    orx_sql_int(q, 3, *after);
    for (; (rc = orx_sql_step(q, err)) == 1; count++) {
        *after = orx_sql_col_int(q, 0);
        if (orx_sql_col_int(q, 1) || owner_is_gone(s, q))
            orx_vec_push(calls, *after);
    }
    return rc < 0 ? rc : count;
}

/* Nobody knows when a call without an end ended. It belongs to the day that granted its money: a
 * cap of the day before is passed otherwise, by an attempt that waited over midnight. */
static int64_t time_of(const row *r) {
    if (r->ended)
        return r->ended;
    return r->call_begun > r->reserved ? r->call_begun : r->reserved;
}

/* Several processes find the same calls: whoever comes first makes them up. */
static int end_one(orx_store *s, const orx_config *cfg, const orx_prices *prices, int64_t call,
                   int *count, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    row r = {.provider = "", .model_asked = "", .model_answered = ""};
    int rc = read_row(s, call, &arena, &r, err);
    if (rc < 0 || r.booked)
        return rc;
    ++*count;
    orx_meter meter = meter_of(cfg, prices, r.provider);
    return end_at(s, call, &r, &meter, time_of(&r), &arena, err);
}

static int end_page(orx_store *s, const orx_config *cfg, const orx_prices *prices,
                    const calls_vec *calls, int *count, orx_err *err) {
    int rc = calls->len ? orx_tx_begin(s, err) : 0;
    for (size_t i = 0; rc == 0 && i < calls->len; i++)
        rc = end_one(s, cfg, prices, calls->items[i], count, err);
    if (rc == 0 && calls->len)
        rc = orx_tx_commit(s, err);
    else
        orx_tx_rollback(s);
    return rc;
}

int orx_bill_left_over(orx_store *s, const orx_config *cfg, const orx_prices *prices,
                       const char *lane, orx_err *err) {
    int count = 0;
    int64_t after = 0;
    for (;;) {
        calls_vec calls = {0};
        int seen = find_left_over(s, lane, &after, &calls, err);
        int rc = seen < 0 ? seen : end_page(s, cfg, prices, &calls, &count, err);
        orx_vec_free(&calls);
        if (rc < 0)
            return rc;
        if (seen < LEFT_OVER_PAGE)
            break;
    }
    int lost = orx_fleet_left_over(s, cfg, err);
    return lost < 0 ? lost : count + lost;
}
