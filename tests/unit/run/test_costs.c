/* What attempts cost: from prices, from what programs state, from lengths, or nobody knows. */
#include "run/bill.h"

#include "attempts.h"

#define CENT (ORX_NANO_USD / 100)

/* Every price that the tests know, 10/20 for most: made for each test, freed with it. */
static orx_prices *prices_of(const char *json) {
    orx_err err = ORX_ERR_INIT;
    orx_prices *t = orx_prices_new();
    assert_ok(orx_prices_take_pricing(t, "config/pricing.json", orx_view_of(json), &err), &err);
    return t;
}

static orx_prices *ten_and_twenty(void) {
    return prices_of(
        "{\"models\": {\"m\": {\"input_per_million\": 10, \"output_per_million\": 20}}}");
}

/* The last row of response_metrics.ndjson. */
static const orx_node *metric(journal *j, orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    const orx_node *root = NULL;
    const char *path =
        orx_arena_printf(arena, "%s/artifacts/autonomy/response_metrics.ndjson", j->dir);
    assert_ok(orx_projection_flush(j->s, true, &j->err), &j->err);
    assert_ok(orx_read_file(j->p, path, 1 << 20, &bytes, &j->err), &j->err);
    while (bytes.len && bytes.buf[bytes.len - 1] == '\n')
        orx_str_truncate(&bytes, bytes.len - 1);
    const char *last = strrchr(bytes.buf, '\n');
    orx_view row = orx_view_of(orx_arena_strdup(arena, last ? last + 1 : bytes.buf));
    assert_ok(orx_json_parse(arena, "row", row, &orx_limits_data, &root, &j->err), &j->err);
    return root;
}

static const orx_node *summary_file(journal *j, orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    const orx_node *root = NULL;
    const char *path =
        orx_arena_printf(arena, "%s/artifacts/autonomy/response_metrics_summary.json", j->dir);
    assert_ok(orx_projection_flush(j->s, true, &j->err), &j->err);
    assert_ok(orx_read_file(j->p, path, 1 << 20, &bytes, &j->err), &j->err);
    assert_ok(
        orx_json_parse(arena, "summary", orx_str_view(&bytes), &orx_limits_data, &root, &j->err),
        &j->err);
    return root;
}

static void is(const orx_node *n, const char *key, double value) {
    const orx_node *at = orx_node_get(n, key);
    if (!at || at->kind == ORX_NULL)
        fail_msg("%s is not there", key);
    double got = orx_node_num(at, -1);
    if (got < value - 1e-12 || got > value + 1e-12)
        fail_msg("%s: got %.12f, expected %.12f", key, got, value);
}

static void says(const orx_node *n, const char *key, const char *text) {
    assert_string_equal(orx_node_str(orx_node_get(n, key), "(none)"), text);
}

static orx_spend_sum all_spent(journal *j) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_spend_sum *rows = NULL;
    int n = orx_books_sum(j->s, 0, INT64_MAX, ORX_SPEND_ALL, &arena, &rows, &j->err);
    assert_ok(n, &j->err);
    orx_spend_sum sum = n ? rows[0] : (orx_spend_sum){0};
    sum.key = "";
    return sum;
}

/* ---- The predecessor's cases ----------------------------------------------------------------- */

/* A36, C66: 10 and 20 per million, 1000 in, 500 out */
static void a36_cost_from_prices(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_prices *t = ten_and_twenty();
    add_task(j, "a", "codex");
    (void)settled(j, "a", "codex", (went){.input = 1000, .output = 500, .prices = t});
    const orx_node *row = metric(j, &arena);
    is(row, "cost_usd", 0.02);
    says(row, "cost_source", "exact_usage");
    assert_true(orx_node_bool(orx_node_get(row, "cost_exact"), false));
    is(row, "input_rate_per_million", 10);
    is(row, "output_rate_per_million", 20);
    orx_prices_free(t);
}

/* A36, C66: nobody reported tokens: 1000 and 500 by length */
static void a36_cost_from_estimates(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_prices *t = ten_and_twenty();
    add_task(j, "a", "codex");
    (void)settled(j, "a", "codex",
                  (went){.prompt_tokens = 1000, .answer_bytes = 2000, .prices = t});
    const orx_node *row = metric(j, &arena);
    is(row, "cost_usd", 0.02);
    says(row, "cost_source", "estimated_tokens");
    assert_false(orx_node_bool(orx_node_get(row, "cost_exact"), true));
    says(row, "usage_source", "none");
    orx_spend_sum sum = all_spent(j);
    assert_int_equal(sum.cost, 2 * CENT);
    assert_int_equal(sum.estimated, 1);
    orx_prices_free(t);
}

/* Half of it reported: the rest is estimated, and so is the cost. */
static void a36_half_a_report(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_prices *t = ten_and_twenty();
    add_task(j, "a", "codex");
    (void)settled(j, "a", "codex", (went){.input = 1000, .answer_bytes = 2000, .prices = t});
    const orx_node *row = metric(j, &arena);
    is(row, "cost_usd", 0.02);
    says(row, "cost_source", "estimated_tokens");
    orx_prices_free(t);
}

/* A37, C66: rates of zero, 321 and 123 by length */
static void a37_no_price_no_cost(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_prices *t =
        prices_of("{\"models\": {\"m\": {\"input_per_million\": 0,"
                  " \"output_per_million\": 0}, \"codex\": {\"input_per_million\": 5}}}");
    add_task(j, "a", "codex");
    (void)settled(j, "a", "codex", (went){.prompt_tokens = 321, .answer_bytes = 492, .prices = t});
    const orx_node *row = metric(j, &arena);
    assert_int_equal(orx_node_get(row, "cost_usd")->kind, ORX_NULL);
    says(row, "cost_source", "unpriced_model_estimated_tokens");
    is(row, "total_tokens", 444);
    add_task(j, "b", "codex");
    (void)settled(j, "b", "codex", (went){.input = 321, .output = 123, .prices = t});
    row = metric(j, &arena);
    assert_int_equal(orx_node_get(row, "cost_usd")->kind, ORX_NULL);
    says(row, "cost_source", "unpriced_model_exact_usage");
    orx_spend_sum sum = all_spent(j);
    assert_int_equal(sum.calls, 2);
    assert_int_equal(sum.unknown, 2);
    assert_int_equal(sum.cost, 0);
    assert_int_equal(sum.input + sum.output, 888);
    orx_prices_free(t);
}

/* R68, with its 1000 in and 500 out by length: the row that is named after the owner is no price of
 * a model that nobody knows; the same rates under the model's own name are. */
static void r68_the_owners_rate_is_no_price(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_prices *of_owner = prices_of("{\"models\": {\"codex\": {\"input_per_million\": 0.8,"
                                     " \"output_per_million\": 3.2}}}");
    orx_prices *of_model = prices_of("{\"models\": {\"m\": {\"input_per_million\": 0.8,"
                                     " \"output_per_million\": 3.2}}}");
    add_task(j, "a", "codex");
    (void)settled(j, "a", "codex",
                  (went){.prompt_tokens = 1000, .answer_bytes = 2000, .prices = of_owner});
    const orx_node *row = metric(j, &arena);
    assert_int_equal(orx_node_get(row, "cost_usd")->kind, ORX_NULL);
    says(row, "cost_source", "unpriced_model_estimated_tokens");
    add_task(j, "b", "codex");
    (void)settled(j, "b", "codex",
                  (went){.prompt_tokens = 1000, .answer_bytes = 2000, .prices = of_model});
    row = metric(j, &arena);
    is(row, "cost_usd", 0.0024);
    says(row, "cost_source", "estimated_tokens");
    assert_false(orx_node_bool(orx_node_get(row, "cost_exact"), true));
    orx_prices_free(of_owner);
    orx_prices_free(of_model);
}

/* ---- Which number counts --------------------------------------------------------------------- */

static void prices_beat_what_a_program_states(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_prices *t = ten_and_twenty();
    add_task(j, "a", "codex");
    (void)settled(j, "a", "codex",
                  (went){.input = 1000, .output = 500, .cost_nano_usd = 7 * CENT, .prices = t});
    is(metric(j, &arena), "cost_usd", 0.02);
    orx_prices_free(t);
}

static void what_a_program_states_beats_estimates(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_prices *t = ten_and_twenty();
    add_task(j, "a", "codex");
    (void)settled(j, "a", "codex",
                  (went){.prompt_tokens = 1000, .cost_nano_usd = 7 * CENT, .prices = t});
    const orx_node *row = metric(j, &arena);
    is(row, "cost_usd", 0.07);
    says(row, "cost_source", "stated_by_provider");
    assert_false(orx_node_bool(orx_node_get(row, "cost_exact"), true));
    orx_prices_free(t);
}

/* An attempt costs what all of its calls cost; the predecessor saw only the last. */
static void failed_calls_are_on_the_bill(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_prices *t = ten_and_twenty();
    int64_t attempt = 0;
    int64_t number = 0;
    const went first = {.input = 1000, .output = 500, .prices = t};
    const went second = {.input = 2000, .output = 1000, .prices = t};
    add_task(j, "a", "codex");
    const orx_intent intent = {.lane = "primary",
                               .task = "a",
                               .provider = "codex",
                               .repo = "/repo",
                               .base = "",
                               .branch = "",
                               .fingerprint = ""};
    const orx_verdict verdict = {ORX_VERDICT_BLOCKED, 0, "crashed"};
    assert_ok(orx_attempt_begin(j->s, &intent, &attempt, &number, &j->err), &j->err);
    (void)made_call(j, attempt, "a", "codex", &first);
    (void)made_call(j, attempt, "a", "gemini", &second);
    const orx_settlement st = {.attempt = attempt,
                               .lane = "primary",
                               .task = "a",
                               .verdict = &verdict,
                               .summary = "",
                               .error = ""};
    assert_ok(orx_attempt_settle(j->s, &st, &j->err), &j->err);
    const orx_node *row = metric(j, &arena);
    is(row, "cost_usd", 0.06);
    is(row, "total_tokens", 4500);
    const orx_node *sums = summary_file(j, &arena);
    is(sums, "cost_usd_total", 0.06);
    is(sums, "exact_cost_count", 1);
    is(sums, "exact_cost_coverage", 1);
    orx_prices_free(t);
}

/* One call of which nobody knows what it cost: the rest is shown, and that it is not all. */
static void a_part_that_is_unknown_is_said(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_prices *t = ten_and_twenty();
    int64_t attempt = 0;
    int64_t number = 0;
    const went known = {.input = 1000, .output = 500, .prices = t};
    const went unknown = {.input = 1000, .output = 500};
    add_task(j, "a", "codex");
    const orx_intent intent = {.lane = "primary",
                               .task = "a",
                               .provider = "codex",
                               .repo = "/repo",
                               .base = "",
                               .branch = "",
                               .fingerprint = ""};
    const orx_verdict verdict = {ORX_VERDICT_BLOCKED, 0, "crashed"};
    assert_ok(orx_attempt_begin(j->s, &intent, &attempt, &number, &j->err), &j->err);
    (void)made_call(j, attempt, "a", "codex", &unknown);
    (void)made_call(j, attempt, "a", "codex", &known);
    const orx_settlement st = {.attempt = attempt,
                               .lane = "primary",
                               .task = "a",
                               .verdict = &verdict,
                               .summary = "",
                               .error = ""};
    assert_ok(orx_attempt_settle(j->s, &st, &j->err), &j->err);
    const orx_node *row = metric(j, &arena);
    is(row, "cost_usd", 0.02);
    says(row, "cost_source", "partly_unpriced");
    assert_false(orx_node_bool(orx_node_get(row, "cost_exact"), true));
    is(summary_file(j, &arena), "exact_cost_count", 0);
    orx_prices_free(t);
}

/* ---- Reports one after the other ------------------------------------------------------------- */

static orxaq_usage report(int64_t input, int64_t output) {
    return (orxaq_usage){.struct_size = sizeof(orxaq_usage),
                         .scope = ORXAQ_SCOPE_REQUEST,
                         .mode = ORXAQ_USAGE_DELTA,
                         .provenance = ORXAQ_BY_VENDOR,
                         .input_tokens = input,
                         .cache_read_tokens = -1,
                         .cache_write_tokens = -1,
                         .output_tokens = output,
                         .reasoning_tokens = -1,
                         .requests = 1,
                         .cost_nano_usd = -1};
}

static int64_t begun_under(journal *j, const char *task, const orx_budget *budget,
                           int64_t reserved) {
    int64_t attempt = 0;
    int64_t number = 0;
    int64_t call = 0;
    const orx_intent intent = {.lane = "primary",
                               .task = task,
                               .provider = "local",
                               .repo = "/repo",
                               .base = "",
                               .branch = "",
                               .fingerprint = ""};
    assert_ok(orx_attempt_begin(j->s, &intent, &attempt, &number, &j->err), &j->err);
    orx_reservation wanted = {
        .amount = reserved, .lane = "primary", .provider = "local", .model = "m"};
    const orx_call_begin begun = {.attempt = attempt,
                                  .task = task,
                                  .provider = "local",
                                  .plugin = "lmstudio",
                                  .model_asked = "m",
                                  .prompt_sha256 = "00",
                                  .prompt_tokens = 10,
                                  .prompt_excerpt = orx_view_of("do it"),
                                  .budget = budget,
                                  .reserve = &wanted};
    int rc = orx_attempt_call(j->s, &begun, &call, &j->err);
    return rc < 0 ? rc : call;
}

static int64_t begun_call(journal *j, const char *task) {
    int64_t call = begun_under(j, task, NULL, 0);
    assert_true(call > 0);
    return call;
}

static int64_t number_of(journal *j, const char *sql, int64_t call) {
    orx_sql *q;
    assert_ok(orx_sql_get(j->s, sql, &q, &j->err), &j->err);
    orx_sql_int(q, 1, call);
    assert_int_equal(orx_sql_step(q, &j->err), 1);
    int64_t n = orx_sql_col_is_null(q, 0) ? -1 : orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return n;
}

/* Three steps of 0.4 nano-USD: one, not none, since a call is rounded once. */
static void steps_are_added_up_exactly(void **state) {
    journal *j = *state;
    orx_prices *t =
        prices_of("{\"models\": {\"m\": {\"input_per_million\": 0.0004}}}"); /* 400,000 n$/M */
    add_task(j, "a", "local");
    int64_t call = begun_call(j, "a");
    const orx_meter meter = {.provider = "local", .prices = t, .assumed = -1};
    for (int i = 0; i < 3; i++) {
        orxaq_usage u = report(1, 0);
        assert_ok(orx_usage_book(j->s, call, &meter, &u, &j->err), &j->err);
    }
    assert_int_equal(number_of(j, "SELECT cost_nano_usd FROM call WHERE id = ?1", call), 1);
    orx_prices_free(t);
}

/* A runner that died in the middle of a call: what was booked is on the bill, once. */
static void a_dead_call_is_made_up(void **state) {
    journal *j = *state;
    orx_prices *t = ten_and_twenty();
    const orx_config cfg = {.money = {.unknown_price = ORX_UNKNOWN_PRICE_WARN}};
    add_task(j, "a", "local");
    int64_t call = begun_call(j, "a");
    const orx_meter meter = {.provider = "local", .prices = t, .assumed = -1};
    orxaq_usage u = report(1000, 500);
    assert_ok(orx_usage_book(j->s, call, &meter, &u, &j->err), &j->err);
    assert_int_equal(all_spent(j).calls, 0);
    assert_int_equal(orx_bill_left_over(j->s, &cfg, t, "other", &j->err), 0);
    assert_int_equal(orx_bill_left_over(j->s, &cfg, t, "primary", &j->err), 1);
    assert_int_equal(orx_bill_left_over(j->s, &cfg, t, "primary", &j->err), 0);
    orx_spend_sum sum = all_spent(j);
    assert_int_equal(sum.calls, 1);
    assert_int_equal(sum.cost, 2 * CENT);
    assert_int_equal(sum.estimated, 0);
    orx_prices_free(t);
}

static void ended(journal *j, int64_t attempt, int64_t call, const orx_meter *meter, int kind) {
    const orx_call_end end = {.task = "a",
                              .kind = kind,
                              .retry_after_ms = -1,
                              .message = "",
                              .session = "",
                              .model_answered = "",
                              .answer_excerpt = ""};
    assert_ok(orx_attempt_exited(j->s, attempt, call, meter, &end, NULL, 0, &j->err), &j->err);
}

static const orx_cap cap = {
    .span = ORX_CAP_DAY, .name = "", .key = "budget.daily", .amount = ORX_NANO_USD};
static const orx_budget a_dollar = {
    .caps = &cap, .count = 1, .warning_ratio = 0.8, .hard_stop = true};

/* A crash frees no money: the call costs what was reserved for it, and is an estimate. */
static void a_dead_call_costs_what_was_reserved(void **state) {
    journal *j = *state;
    orx_prices *t = ten_and_twenty();
    orx_budget_state st;
    const orx_config cfg = {.money = {.unknown_price = ORX_UNKNOWN_PRICE_WARN}};
    add_task(j, "a", "local");
    assert_true(begun_under(j, "a", &a_dollar, 30 * CENT) > 0);
    assert_ok(orx_budget_look_at(j->s, &a_dollar, &a_dollar.caps[0], NULL, &st, &j->err), &j->err);
    assert_int_equal(st.spent, 0);
    assert_int_equal(st.reserved, 30 * CENT);
    assert_int_equal(orx_bill_left_over(j->s, &cfg, t, "primary", &j->err), 1);
    orx_spend_sum sum = all_spent(j);
    assert_int_equal(sum.cost, 30 * CENT);
    assert_int_equal(sum.estimated, 1);
    assert_ok(orx_budget_look_at(j->s, &a_dollar, &a_dollar.caps[0], NULL, &st, &j->err), &j->err);
    assert_int_equal(st.reserved, 0);
    orx_prices_free(t);
}

/* Silence is no discount either; but who was turned away at the door did not spend it. */
static void a_silent_call_costs_what_was_reserved(void **state) {
    journal *j = *state;
    orx_prices *t = ten_and_twenty();
    const orx_meter meter = {.provider = "local", .prices = t, .assumed = -1};
    add_task(j, "a", "local");
    add_task(j, "b", "local");
    int64_t call = begun_under(j, "a", &a_dollar, 30 * CENT);
    ended(j, 1, call, &meter, ORXAQ_KIND_TIMEOUT);
    assert_int_equal(number_of(j, "SELECT cost_nano_usd FROM call WHERE id = ?1", call), 30 * CENT);
    call = begun_under(j, "b", &a_dollar, 30 * CENT);
    ended(j, 2, call, &meter, ORXAQ_KIND_RATE_LIMIT);
    assert_int_equal(number_of(j, "SELECT cost_nano_usd FROM call WHERE id = ?1", call), 100000);
    orx_prices_free(t);
}

/* Refused: no call, no reservation, nothing in the books. */
static void a_call_that_does_not_fit_leaves_nothing(void **state) {
    journal *j = *state;
    orx_budget_state st;
    add_task(j, "a", "local");
    assert_int_equal(begun_under(j, "a", &a_dollar, 130 * CENT), ORX_E_LIMIT);
    assert_int_equal(number_of(j, "SELECT count(*) FROM call WHERE id > ?1", 0), 0);
    assert_ok(orx_budget_look_at(j->s, &a_dollar, &a_dollar.caps[0], NULL, &st, &j->err), &j->err);
    assert_int_equal(st.reserved, 0);
}

/* ---- How it is paid for ---------------------------------------------------------------------- */

static void a_call_that_asked_nobody_costs_nothing(void **state) {
    journal *j = *state;
    orx_prices *t = ten_and_twenty();
    add_task(j, "a", "local");
    int64_t call = begun_call(j, "a");
    const orx_meter meter = {.provider = "local", .prices = t, .assumed = -1};
    const orx_call_end end = {.task = "a",
                              .kind = ORXAQ_KIND_CRASHED,
                              .retry_after_ms = -1,
                              .message = "not installed",
                              .session = "",
                              .model_answered = "",
                              .answer_excerpt = "",
                              .not_asked = true};
    assert_ok(orx_attempt_exited(j->s, 1, call, &meter, &end, NULL, 0, &j->err), &j->err);
    assert_int_equal(number_of(j, "SELECT cost_nano_usd FROM call WHERE id = ?1", call), 0);
    assert_int_equal(all_spent(j).calls, 0);
    orx_prices_free(t);
}

static orx_bill of_report(const orx_meter *m, const char *model, int64_t input) {
    orx_bill bill = ORX_BILL_INIT;
    const orx_report r = {.model = model, .units = {{[ORX_CLASS_INPUT] = input}}, .requests = 1};
    orx_meter_report(m, &r, &bill);
    return bill;
}

static void an_assumed_price_is_an_estimate(void **state ORX_UNUSED) {
    orx_prices *t = ten_and_twenty();
    const orx_meter m = {.provider = "p", .prices = t, .assumed = 30 * ORX_NANO_USD};
    int64_t cost = 0;
    orx_bill bill = of_report(&m, "unheard-of", 1000);
    assert_int_equal(orx_bill_best(&bill, &cost), ORX_COST_ESTIMATED);
    assert_int_equal(cost, 3 * CENT);
    bill = of_report(&m, "m", 1000);
    assert_int_equal(orx_bill_best(&bill, &cost), ORX_COST_PRICED);
    assert_int_equal(cost, CENT);
    orx_prices_free(t);
}

/* Before every price; what is left out costs what its like costs. */
static void a_provider_may_state_its_own_prices(void **state ORX_UNUSED) {
    orx_prices *t = ten_and_twenty();
    const orx_meter m = {.provider = "p",
                         .prices = t,
                         .assumed = -1,
                         .has_own = true,
                         .own_input = 2 * ORX_NANO_USD,
                         .own_output = 0};
    orx_config cfg = {.money = {.unknown_price = ORX_UNKNOWN_PRICE_DENY}};
    int64_t cost = 0;
    orx_bill bill = of_report(&m, "m", 1000);
    assert_int_equal(orx_bill_best(&bill, &cost), ORX_COST_PRICED);
    assert_int_equal(cost, CENT / 5);
    assert_string_equal(bill.version, "configured");
    assert_true(orx_bill_allows(&cfg, &m, "unheard-of", 0));
    const orx_report cached = {.model = "m", .units = {{[ORX_CLASS_CACHE_READ] = 500}}};
    orx_meter_report(&m, &cached, &bill);
    assert_int_equal(orx_bill_best(&bill, &cost), ORX_COST_PRICED);
    assert_int_equal(cost, CENT / 5 + CENT / 10);
    const orx_provider_config gone = {.name = "p"};
    assert_false(orx_bill_meter(&cfg, &gone, t).has_own);
    orx_prices_free(t);
}

static void a_machine_of_ones_own_is_paid_by_time(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_prices *t = ten_and_twenty();
    const orx_meter m = {
        .provider = "p", .prices = t, .assumed = -1, .watts = 350, .kwh_price = 300000000};
    int64_t cost = 0;
    orx_bill bill = of_report(&m, "m", 1000);
    orx_meter_time(&m, 0, 3600 * ORX_SEC, &arena, &bill);
    assert_int_equal(orx_bill_best(&bill, &cost), ORX_COST_PRICED);
    assert_int_equal(cost, 105000000);
    assert_string_equal(bill.version, "350 W at 0.3 USD/kWh");
    orx_prices_free(t);
}

/* ---- When prices change ---------------------------------------------------------------------- */

#define NOON   INT64_C(1774778400000000000) /* 2026-03-29T10:00:00Z */
#define CHANGE "2026-03-29T10:00:00Z"

/* Until noon 10 and 20, from noon on 40 and 80; a kWh 0.30 and 0.10, that of `sun` 0.05 from then
 * on. */
static orx_prices *dear_from_noon(void) {
    orx_err err = ORX_ERR_INIT;
    orx_prices *t = orx_prices_new();
    const char *text = "version: 1\nprices:\n"
                       "  - {model: m, to: " CHANGE ", input: 10, output: 20}\n"
                       "  - {model: m, from: " CHANGE ", input: 40, output: 80}\n"
                       "kwh:\n"
                       "  - {to: " CHANGE ", price: 0.30}\n"
                       "  - {from: " CHANGE ", price: '0.10', source: contract}\n"
                       "  - {provider: sun, from: " CHANGE ", price: 0.05}\n";
    assert_ok(orx_prices_take_dated(t, "config/prices.yaml", orx_view_of(text), &err), &err);
    return t;
}

/* A call that began then, reported in two pieces and was over just now: what it came to. */
static int64_t cost_of_call(journal *j, const char *task, const orx_meter *meter, int64_t begun,
                            int64_t took, orxaq_usage *reports) {
    int64_t attempt = 0;
    int64_t number = 0;
    int64_t call = 0;
    const orx_intent intent = {.lane = "primary",
                               .task = task,
                               .provider = meter->provider,
                               .repo = "/repo",
                               .base = "",
                               .branch = "",
                               .fingerprint = ""};
    const orx_call_begin c = {.attempt = 1,
                              .begun_ns = begun,
                              .task = task,
                              .provider = meter->provider,
                              .plugin = "command",
                              .model_asked = "m",
                              .prompt_sha256 = "00",
                              .prompt_tokens = 1000};
    const orx_call_end end = {.task = task,
                              .kind = ORXAQ_KIND_OK,
                              .retry_after_ms = -1,
                              .message = "",
                              .session = "",
                              .model_answered = "",
                              .wall_ns = took,
                              .answer_excerpt = ""};
    add_task(j, task, meter->provider);
    assert_ok(orx_attempt_begin(j->s, &intent, &attempt, &number, &j->err), &j->err);
    orx_call_begin of = c;
    of.attempt = attempt;
    assert_ok(orx_attempt_call(j->s, &of, &call, &j->err), &j->err);
    if (reports)
        assert_ok(orx_usage_book(j->s, call, meter, &reports[0], &j->err), &j->err);
    assert_ok(orx_attempt_exited(j->s, attempt, call, meter, &end, reports ? &reports[1] : NULL,
                                 reports ? 1 : 0, &j->err),
              &j->err);
    return number_of(j, "SELECT cost_nano_usd FROM call WHERE id = ?1", call);
}

/* Whatever it reports, and whenever: it is 2 cents until noon, and 8 when it begins at noon. */
static void a_call_has_the_prices_of_its_begin(void **state) {
    journal *j = *state;
    orx_prices *t = dear_from_noon();
    const orx_meter m = {.provider = "p", .prices = t, .assumed = -1};
    orxaq_usage halves[2] = {report(500, 250), report(500, 250)};
    orxaq_usage some[2] = {report(500, -1), report(500, -1)};
    assert_int_equal(cost_of_call(j, "a", &m, NOON - 1, 60 * ORX_SEC, halves), 2 * CENT);
    assert_int_equal(cost_of_call(j, "b", &m, NOON, 60 * ORX_SEC, halves), 8 * CENT);
    /* What is estimated at its end is of its begin, too. */
    assert_int_equal(cost_of_call(j, "c", &m, NOON - 1, 60 * ORX_SEC, some), CENT);
    assert_int_equal(cost_of_call(j, "d", &m, NOON - 1, 60 * ORX_SEC, NULL), CENT);
    assert_int_equal(cost_of_call(j, "e", &m, NOON, 60 * ORX_SEC, NULL), 4 * CENT);
    orx_prices_free(t);
}

static void set_begun(journal *j, int64_t call, int64_t begun) {
    orx_sql *q;
    assert_ok(orx_tx_begin(j->s, &j->err), &j->err);
    assert_ok(orx_sql_get(j->s, "UPDATE call SET begun = ?2, prompt_tokens = 1000 WHERE id = ?1",
                          &q, &j->err),
              &j->err);
    orx_sql_int(q, 1, call);
    orx_sql_int(q, 2, begun);
    assert_int_equal(orx_sql_run(q, &j->err), 1);
    assert_ok(orx_tx_commit(j->s, &j->err), &j->err);
}

/* A bill made up by the next runner is that which the first one would have made. */
static void a_dead_call_has_the_prices_of_its_begin(void **state) {
    journal *j = *state;
    orx_prices *t = dear_from_noon();
    const orx_config cfg = {.money = {.unknown_price = ORX_UNKNOWN_PRICE_WARN}};
    for (int late = 0; late < 2; late++) {
        char task[2] = {(char)('a' + late), 0};
        add_task(j, task, "local");
        int64_t call = begun_call(j, task);
        assert_true(number_of(j, "SELECT begun FROM call WHERE id = ?1", call) > NOON);
        set_begun(j, call, late ? NOON : NOON - 1);
        assert_int_equal(orx_bill_left_over(j->s, &cfg, t, "primary", &j->err), 1);
        assert_int_equal(number_of(j, "SELECT cost_nano_usd FROM call WHERE id = ?1", call),
                         late ? 4 * CENT : CENT);
    }
    orx_prices_free(t);
}

/* Asked for before midnight, granted behind it, and then its runner died: it is of the new day. */
static void a_dead_call_is_of_the_day_that_granted_it(void **state) {
    journal *j = *state;
    orx_prices *t = ten_and_twenty();
    const orx_config cfg = {.money = {.unknown_price = ORX_UNKNOWN_PRICE_WARN}};
    orx_sql *q;
    add_task(j, "a", "local");
    int64_t call = begun_under(j, "a", &a_dollar, 30 * CENT);
    int64_t granted = number_of(j, "SELECT at FROM reservation WHERE call = ?1", call);
    set_begun(j, call, granted - 9 * ORX_SEC);
    assert_int_equal(orx_bill_left_over(j->s, &cfg, t, "primary", &j->err), 1);
    assert_ok(orx_sql_get(j->s, "SELECT at FROM spend", &q, &j->err), &j->err);
    assert_int_equal(orx_sql_step(q, &j->err), 1);
    assert_int_equal(orx_sql_col_int(q, 0), granted);
    orx_sql_reset(q);
    orx_prices_free(t);
}

/* An hour of 1 kW, most of it after noon. */
static void power_has_the_price_of_the_begin(void **state) {
    journal *j = *state;
    orx_prices *t = dear_from_noon();
    orx_meter m = {
        .provider = "p", .prices = t, .assumed = -1, .watts = 1000, .kwh_price = 70 * CENT};
    assert_int_equal(cost_of_call(j, "a", &m, NOON - 1, 3600 * ORX_SEC, NULL), 30 * CENT);
    assert_int_equal(cost_of_call(j, "b", &m, NOON, 3600 * ORX_SEC, NULL), 10 * CENT);
    m.provider = "sun";
    assert_int_equal(cost_of_call(j, "c", &m, NOON - 1, 3600 * ORX_SEC, NULL), 30 * CENT);
    assert_int_equal(cost_of_call(j, "d", &m, NOON, 3600 * ORX_SEC, NULL), 5 * CENT);
    m.prices = NULL;
    assert_int_equal(cost_of_call(j, "e", &m, NOON, 3600 * ORX_SEC, NULL), 70 * CENT);
    orx_prices_free(t);
}

static void half_a_bill_is_no_bill(void **state ORX_UNUSED) {
    orx_prices *t = ten_and_twenty();
    const orx_meter m = {.provider = "p", .prices = t, .assumed = -1};
    orx_bill bill = of_report(&m, "m", 1000);
    const orx_report other = {.model = "other", .units = {{[ORX_CLASS_INPUT] = 1}}};
    int64_t cost = 0;
    orx_meter_report(&m, &other, &bill);
    assert_int_equal(orx_bill_best(&bill, &cost), ORX_COST_UNKNOWN);
    assert_int_equal(cost, -1);
    bill.stated = 5;
    assert_int_equal(orx_bill_best(&bill, &cost), ORX_COST_STATED);
    assert_int_equal(cost, 5);
    orx_prices_free(t);
}

static void calls_without_a_price_can_be_denied(void **state ORX_UNUSED) {
    orx_prices *t = ten_and_twenty();
    orx_config cfg = {.money = {.unknown_price = ORX_UNKNOWN_PRICE_DENY}};
    orx_meter m = {.provider = "p", .prices = t, .assumed = -1};
    assert_true(orx_bill_allows(&cfg, &m, "m", 0));
    assert_false(orx_bill_allows(&cfg, &m, "other", 0));
    assert_false(orx_bill_allows(&cfg, &m, "", 0));
    m.watts = 100;
    assert_false(orx_bill_allows(&cfg, &m, "other", 0));
    m.kwh_price = 1;
    assert_true(orx_bill_allows(&cfg, &m, "other", 0));
    cfg.money.unknown_price = ORX_UNKNOWN_PRICE_WARN;
    m = (orx_meter){.provider = "p", .assumed = -1};
    assert_true(orx_bill_allows(&cfg, &m, "other", 0));
    orx_prices_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(a36_cost_from_prices),
        JOURNAL_TEST(a36_cost_from_estimates),
        JOURNAL_TEST(a36_half_a_report),
        JOURNAL_TEST(a37_no_price_no_cost),
        JOURNAL_TEST(r68_the_owners_rate_is_no_price),
        JOURNAL_TEST(prices_beat_what_a_program_states),
        JOURNAL_TEST(what_a_program_states_beats_estimates),
        JOURNAL_TEST(failed_calls_are_on_the_bill),
        JOURNAL_TEST(a_part_that_is_unknown_is_said),
        JOURNAL_TEST(steps_are_added_up_exactly),
        JOURNAL_TEST(a_dead_call_is_made_up),
        JOURNAL_TEST(a_call_that_asked_nobody_costs_nothing),
        JOURNAL_TEST(a_dead_call_costs_what_was_reserved),
        JOURNAL_TEST(a_dead_call_is_of_the_day_that_granted_it),
        JOURNAL_TEST(a_silent_call_costs_what_was_reserved),
        JOURNAL_TEST(a_call_that_does_not_fit_leaves_nothing),
        cmocka_unit_test(an_assumed_price_is_an_estimate),
        cmocka_unit_test(a_provider_may_state_its_own_prices),
        cmocka_unit_test(a_machine_of_ones_own_is_paid_by_time),
        JOURNAL_TEST(a_call_has_the_prices_of_its_begin),
        JOURNAL_TEST(a_dead_call_has_the_prices_of_its_begin),
        JOURNAL_TEST(power_has_the_price_of_the_begin),
        cmocka_unit_test(half_a_bill_is_no_bill),
        cmocka_unit_test(calls_without_a_price_can_be_denied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
