/* Money over time: calls that report what they used only at their end, or never, on a clock that is
 * the simulation's. */
#include "world.h"

#include "platform/files.h"
#include "platform/proc.h"

#include "test.h"

#include <stdio.h>

#define CENT   INT64_C(10000000) /* nano-USD */
#define MINUTE (60 * ORX_SEC)

/* Every call of m-1 costs 6 cents a minute: 6,000 tokens at 10 USD a million. */
static const char prices[] = "version: 1\nprices:\n  - {model: m-1, input: 10, output: 0}\n";

static const char config[] =
    "version: 1\n"
    "repos: {impl: ../repo, test: ../repo}\n"
    "retry: {flat_delay: 2s, max_attempts: 1, backoff_base: 1s}\n"
    "recovery: off\n"
    "agent: {grace: 1s, timeout: 2h, idle_timeout: 2h, first_byte_timeout: 2h}\n"
    "validation: {commands: [check], retries: 0}\n"
    "providers:\n"
    "  worker:\n"
    "    plugin: command\n"
    "    model: m-1\n"
    "    settings: {argv: [slow], output: jsonl, text_path: say, usage_mode: delta}\n";

static void says_usage(orx_sim_prog *prog, int tokens) {
    orx_sim_printf(
        prog, ORX_STDOUT,
        "{\"usage\": {\"input_tokens\": %d, \"output_tokens\": 0}, \"model\": \"m-1\"}\n", tokens);
}

/* Does as the task is called: "minute" works one and says what it used, "long" works ten, "mute"
 * too and dies without a word, "telling" says at once what it used and works ten. */
static int slow(orx_sim_prog *prog, void *user ORX_UNUSED) {
    ORX_CLEANUP(orx_str_free) orx_str prompt = {0};
    orx_platform *p = orx_sim_prog_platform(prog);
    orx_sim_read_input(prog, &prompt);
    const char *text = orx_str_cstr(&prompt);
    bool minute = strstr(text, "\nid: minute") != NULL;
    bool telling = strstr(text, "\nid: telling") != NULL;
    if (telling)
        says_usage(prog, 6000);
    orx_sim_sleep(prog, (minute ? 1 : 10) * MINUTE);
    if (strstr(text, "\nid: mute"))
        return 1;
    if (!telling)
        says_usage(prog, minute ? 6000 : 60000);
    if (orx_write_replace(p, minute ? "minute.txt" : "long.txt", orx_view_of("good\n"), 0644,
                          NULL) < 0)
        return 1;
    orx_sim_printf(prog, ORX_STDOUT, "{\"status\": \"done\", \"summary\": \"done\"}\n");
    return 0;
}

static void place(orx_platform *p, const char *path, const char *text) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_write_atomic(p, path, orx_view_of(text), 0644, &err), &err);
}

/* First a task that takes a minute, so that the pace is known, then this one. */
static run_world *world_of(const char *task, const char *budget) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    run_world *w = run_world_new(1, &run_queue_short);
    orx_platform *outside = orx_sim_add_process(w->host);
    orx_sim_program(w->sim, "slow", slow, NULL);
    orx_str_addf(&text, "%sbudget: %s\n", config, budget);
    place(outside, ROOT "/orxaq.yaml", orx_str_cstr(&text));
    place(outside, ROOT "/config/prices.yaml", prices);
    orx_str_clear(&text);
    orx_str_addf(&text,
                 "[{\"id\": \"minute\", \"owner\": \"worker\", \"priority\": 1, \"title\": \"A\","
                 " \"description\": \"Do it.\"},"
                 " {\"id\": \"%s\", \"owner\": \"worker\", \"priority\": 2, \"title\": \"B\","
                 " \"description\": \"Do it.\"}]\n",
                 task);
    place(outside, ROOT "/config/tasks.json", orx_str_cstr(&text));
    return w;
}

/* How the call of a task ended. */
typedef struct told {
    int64_t cost;
    int64_t source;
    int64_t wall_ns;
    char message[200];
} told;

static told call_of(run_world *w, const char *task) {
    orx_err err = ORX_ERR_INIT;
    orx_sql *q;
    told t = {0};
    orx_platform *p;
    orx_store *s = run_world_look(w, &p);
    assert_non_null(s);
    assert_ok(orx_sql_get(s,
                          "SELECT c.cost_nano_usd, c.cost_source, c.wall_ns, c.message FROM call c"
                          " JOIN attempt a ON a.id = c.attempt WHERE a.task = ?1",
                          &q, &err),
              &err);
    orx_sql_str(q, 1, task);
    assert_int_equal(orx_sql_step(q, &err), 1);
    t.cost = orx_sql_col_int(q, 0);
    t.source = orx_sql_col_int(q, 1);
    t.wall_ns = orx_sql_col_int(q, 2);
    (void)snprintf(t.message, sizeof t.message, "%.*s", ORX_VIEW_ARG(orx_sql_col_text(q, 3)));
    orx_sql_reset(q);
    orx_store_close(s);
    return t;
}

static told run_it(const char *task, const char *budget) {
    ORX_CLEANUP(orx_str_free) orx_str why = {0};
    run_world *w = world_of(task, budget);
    bool fine = run_world_run(w);
    orx_sim_explain(w->sim, &why);
    if (!fine || !w->last.finished)
        fail_msg("the runner failed: %s\n%s", w->last.err.msg, orx_str_cstr(&why));
    told first = call_of(w, "minute");
    assert_int_equal(first.cost, 6 * CENT);
    told t = call_of(w, task);
    run_world_free(w);
    return t;
}

/* 6 cents were reserved, and the attempt may cost 20: after 200 seconds that is used up. */
static void a_refused_extension_ends_a_silent_call(void **state ORX_UNUSED) {
    told t = run_it("long", "{call_reserve: 0.06, attempt: 0.20}");
    assert_contains(t.message, "the budget of an attempt does not allow it to cost more");
    assert_in_range(t.wall_ns, 195 * ORX_SEC, 210 * ORX_SEC);
    assert_int_equal(t.cost, 20 * CENT);
    assert_int_equal(t.source, ORX_COST_ESTIMATED);
}

/* With room the reservation grows with the time, and who dies silently is booked at it. */
static void the_reservation_grows_with_the_time(void **state ORX_UNUSED) {
    told t = run_it("mute", "{call_reserve: 0.06, daily: 100}");
    assert_in_range(t.wall_ns, 10 * MINUTE, 10 * MINUTE + ORX_SEC);
    assert_in_range(t.cost, 60 * CENT, 120 * CENT);
    assert_int_equal(t.source, ORX_COST_ESTIMATED);
}

/* Where there is room the report at the end counts, not the guess. */
static void the_report_replaces_the_guess(void **state ORX_UNUSED) {
    told t = run_it("long", "{call_reserve: 0.06, daily: 100}");
    assert_int_equal(t.cost, 60 * CENT);
    assert_int_equal(t.source, ORX_COST_PRICED);
}

/* Who says what it used is not judged by the clock. */
static void who_tells_is_not_judged_by_time(void **state ORX_UNUSED) {
    told t = run_it("telling", "{call_reserve: 0.06, attempt: 0.20}");
    assert_string_equal(t.message, "");
    assert_int_equal(t.cost, 6 * CENT);
    assert_int_equal(t.source, ORX_COST_PRICED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_extension_ends_a_silent_call),
        cmocka_unit_test(the_reservation_grows_with_the_time),
        cmocka_unit_test(the_report_replaces_the_guess),
        cmocka_unit_test(who_tells_is_not_judged_by_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
