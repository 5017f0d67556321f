/* Deployments as rows that all processes share, and the predecessor's files. */
#include "route/deployments.h"

#include "data/json.h"
#include "money/books.h"
#include "money/budget.h"
#include "platform/files.h"

#include <orxaq/event.h>

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEC ORX_SEC

typedef struct world {
    orx_platform *p;
    char dir[64];
    orx_store *s;
    orx_arena arena;
    orx_err err;
} world;

static void open_store(world *w) {
    static const orx_store_room *const rooms[] = {&orx_money_room, &orx_route_room, NULL};
    assert_ok(orx_store_open(w->p, w->dir, "primary", rooms, ORX_STORE_CREATE, &w->s, &w->err),
              &w->err);
}

static int setup(void **state) {
    world *w = calloc(1, sizeof *w);
    (void)snprintf(w->dir, sizeof w->dir, "/tmp/orxaq-route.XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    assert_ok(orx_platform_uv_new(&w->p, &w->err), &w->err);
    open_store(w);
    *state = w;
    return 0;
}

static int teardown(void **state) {
    world *w = *state;
    orx_store_close(w->s);
    orx_arena_free(&w->arena);
    (void)orx_remove_tree(w->p, w->dir, NULL);
    orx_platform_free(w->p);
    free(w);
    return 0;
}

static orx_deployment_ref ref_of(const char *name) {
    return (orx_deployment_ref){.name = name,
                                .provider = "p",
                                .model = strchr(name, '/') ? strchr(name, '/') + 1 : "",
                                .endpoint = "h:80",
                                .policy = {.ceiling = 2,
                                           .recovery = 3,
                                           .cooldown_ns = 5 * SEC,
                                           .cooldown_max_ns = 300 * SEC,
                                           .allowed_fails = 3}};
}

/* As a call begins: reservation and admission in one transaction. Returns the gate. */
static orx_gate begin(world *w, const orx_deployment_ref *ref, int64_t call) {
    orx_gate gate = ORX_GATE_OPEN;
    int64_t wait = 0;
    const orx_budget none = {0};
    orx_reservation r = {.call = call, .lane = "l", .provider = ref->provider, .model = ref->model};
    assert_ok(orx_tx_begin(w->s, &w->err), &w->err);
    int rc = orx_deployments_admit(w->s, ref, call, 10, &gate, &wait, &w->err);
    if (rc < 0) {
        assert_int_equal(rc, ORX_E_BUSY);
        orx_tx_rollback(w->s);
        return gate;
    }
    assert_ok(orx_budget_reserve(w->s, &none, &r, &w->err), &w->err);
    assert_ok(orx_tx_commit(w->s, &w->err), &w->err);
    return gate;
}

static void end(world *w, const orx_deployment_ref *ref, int64_t call, int kind, int64_t group) {
    int64_t reserved;
    const orx_deployment_end e = {
        .ref = ref,
        .lane = "l",
        .task = "t",
        .call = call,
        .kind = kind,
        .signal = {.group = group, .duration_ns = 1, .output_tokens = -1}};
    assert_ok(orx_tx_begin(w->s, &w->err), &w->err);
    assert_ok(orx_budget_release(w->s, call, &reserved, &w->err), &w->err);
    assert_ok(orx_deployments_learn(w->s, &e, &w->err), &w->err);
    assert_ok(orx_tx_commit(w->s, &w->err), &w->err);
}

static orx_gate gate_of(world *w, const orx_deployment_ref *ref) {
    orx_deployment_rows rows;
    int64_t wait;
    assert_ok(orx_deployments_read(w->s, NULL, &w->arena, &rows, &w->err), &w->err);
    return orx_deployments_gate(w->s, &rows, ref, 0, &wait);
}

static void run_sql(world *w, const char *text) {
    orx_sql *q;
    assert_ok(orx_tx_begin(w->s, &w->err), &w->err);
    assert_ok(orx_sql_get(w->s, text, &q, &w->err), &w->err);
    assert_true(orx_sql_run(q, &w->err) >= 0);
    assert_ok(orx_tx_commit(w->s, &w->err), &w->err);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static void the_last_place_is_taken_once(void **state) {
    world *w = *state;
    orx_deployment_ref a = ref_of("p/a");
    orx_deployment_ref b = ref_of("p/b");
    assert_int_equal(begin(w, &a, 1), ORX_GATE_OPEN);
    assert_int_equal(begin(w, &a, 2), ORX_GATE_OPEN);
    assert_int_equal(begin(w, &a, 3), ORX_GATE_IN_FLIGHT);
    assert_non_null(strstr(w->err.msg, "p/a takes no further call at present: in_flight_limit"));
    assert_int_equal(gate_of(w, &a), ORX_GATE_IN_FLIGHT);
    assert_int_equal(begin(w, &b, 4), ORX_GATE_OPEN);
    end(w, &a, 1, ORXAQ_KIND_OK, 1);
    assert_int_equal(begin(w, &a, 5), ORX_GATE_OPEN);
}

static void c39_calls_under_way_are_counted(void **state) {
    world *w = *state;
    orx_deployment_ref a = ref_of("p/a");
    static const int64_t expected[] = {1, 2, 1, 0};
    orx_deployment_rows rows;
    for (int i = 0; i < 4; i++) {
        if (i < 2)
            (void)begin(w, &a, i + 1);
        else
            end(w, &a, i - 1, ORXAQ_KIND_OK, 1);
        assert_ok(orx_deployments_read(w->s, NULL, &w->arena, &rows, &w->err), &w->err);
        assert_int_equal(orx_deployments_find(&rows, "p", "a")->in_flight, expected[i]);
    }
}

static void case_77_a_dead_process_holds_no_place(void **state) {
    world *w = *state;
    orx_deployment_ref a = ref_of("p/a");
    (void)begin(w, &a, 1);
    (void)begin(w, &a, 2);
    run_sql(w, "UPDATE reservation SET boot = 'another' WHERE call = 1");
    run_sql(w, "UPDATE reservation SET start = start + 1 WHERE call = 2");
    assert_int_equal(gate_of(w, &a), ORX_GATE_OPEN);
    assert_int_equal(begin(w, &a, 3), ORX_GATE_OPEN);
}

static void c75_the_other_one_is_next(void **state) {
    world *w = *state;
    orx_deployment_ref a = ref_of("p/a");
    orx_deployment_ref b = ref_of("p/b");
    orx_deployment_ref alone = ref_of("p/c");
    orx_deployment_rows rows;
    int64_t wait;
    end(w, &a, 1, ORXAQ_KIND_RATE_LIMIT, 2);
    assert_ok(orx_deployments_read(w->s, NULL, &w->arena, &rows, &w->err), &w->err);
    assert_int_equal(orx_deployments_gate(w->s, &rows, &a, 0, &wait), ORX_GATE_COOLDOWN);
    assert_in_range(wait, 1, 5 * SEC);
    assert_int_equal(orx_deployments_gate(w->s, &rows, &b, 0, &wait), ORX_GATE_OPEN);
    assert_int_equal(begin(w, &a, 2), ORX_GATE_COOLDOWN);
    end(w, &alone, 3, ORXAQ_KIND_RATE_LIMIT, 1);
    assert_int_equal(gate_of(w, &alone), ORX_GATE_OPEN);
}

static void it_is_still_so_after_a_restart(void **state) {
    world *w = *state;
    orx_deployment_ref a = ref_of("p/a");
    end(w, &a, 1, ORXAQ_KIND_RATE_LIMIT, 2);
    orx_store_close(w->s);
    open_store(w);
    assert_int_equal(gate_of(w, &a), ORX_GATE_COOLDOWN);
}

/* After a reboot the monotonic clock means nothing: one call may try. */
static void but_not_after_a_reboot(void **state) {
    world *w = *state;
    orx_deployment_ref a = ref_of("p/a");
    end(w, &a, 1, ORXAQ_KIND_RATE_LIMIT, 2);
    run_sql(w, "UPDATE deployment SET boot = 'another', cooldown_ns = 3600000000000000");
    assert_int_equal(gate_of(w, &a), ORX_GATE_OPEN);
    assert_int_equal(begin(w, &a, 2), ORX_GATE_OPEN);
    assert_int_equal(begin(w, &a, 3), ORX_GATE_PROBING);
}

static void the_wall_clock_changes_nothing(void **state) {
    world *w = *state;
    orx_deployment_ref a = ref_of("p/a");
    end(w, &a, 1, ORXAQ_KIND_RATE_LIMIT, 2);
    run_sql(w, "UPDATE deployment SET updated = updated + 9000000000000000, last_signal = 1");
    assert_int_equal(gate_of(w, &a), ORX_GATE_COOLDOWN);
    run_sql(w, "UPDATE deployment SET updated = 0");
    assert_int_equal(gate_of(w, &a), ORX_GATE_COOLDOWN);
}

static void requests_are_charged_across_processes(void **state) {
    world *w = *state;
    orx_deployment_ref a = ref_of("p/a");
    a.policy.rpm = 2;
    a.policy.ceiling = 9;
    assert_int_equal(begin(w, &a, 1), ORX_GATE_OPEN);
    orx_store_close(w->s);
    open_store(w);
    assert_int_equal(begin(w, &a, 2), ORX_GATE_OPEN);
    assert_int_equal(begin(w, &a, 3), ORX_GATE_RPM);
}

/* What a lone call would otherwise leave behind is its row. */
static void only_a_bucket_is_written_when_a_call_begins(void **state) {
    world *w = *state;
    orx_deployment_ref a = ref_of("p/a");
    orx_deployment_rows rows;
    (void)begin(w, &a, 1);
    run_sql(w, "UPDATE deployment SET calls = 7");
    (void)begin(w, &a, 2);
    end(w, &a, 2, ORXAQ_KIND_OK, 1);
    assert_ok(orx_deployments_read(w->s, "p", &w->arena, &rows, &w->err), &w->err);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.items[0].calls, 8);
    assert_string_equal(rows.items[0].endpoint, "h:80");
    assert_int_equal(rows.items[0].d.samples, 1);
}

static void many_deployments_are_found(void **state) {
    world *w = *state;
    orx_deployment_rows rows;
    run_sql(w, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)"
               " INSERT INTO deployment SELECT 'p' || (i % 3), printf('%05d', i), '', '', 0, 1, 0,"
               " 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 0, 1, i, 0, 0, 0, 0, 0 FROM n");
    assert_ok(orx_deployments_read(w->s, NULL, &w->arena, &rows, &w->err), &w->err);
    assert_int_equal(rows.count, 10000);
    assert_int_equal(orx_deployments_find(&rows, "p0", "00000")->calls, 0);
    assert_int_equal(orx_deployments_find(&rows, "p0", "09999")->calls, 9999);
    assert_int_equal(orx_deployments_find(&rows, "p1", "04711")->calls, 4711);
    assert_null(orx_deployments_find(&rows, "p1", "09999"));
    assert_null(orx_deployments_find(&rows, "p", "00000"));
    assert_ok(orx_deployments_read(w->s, "p1", &w->arena, &rows, &w->err), &w->err);
    assert_int_equal(rows.count, 3333);
    assert_int_equal(orx_deployments_find(&rows, "p1", "04711")->calls, 4711);
    assert_null(orx_deployments_find(&rows, "p0", "09999"));
}

/* ---- For lanes ------------------------------------------------------------------------------- */

static void running_and_limit(void **state) {
    world *w = *state;
    orx_capacity c;
    orx_config cfg = {.route = {.max_parallel = 2, .recovery = 3}};
    orx_provider_config p = {.name = "p"};
    orx_deployment_ref a = ref_of("p/a");
    orx_deployment_ref b = ref_of("p/b");
    assert_ok(orx_deployments_capacity(w->s, &cfg, &p, NULL, &c, &w->err), &w->err);
    assert_int_equal(c.running, 0);
    assert_int_equal(c.limit, 2);
    (void)begin(w, &a, 1);
    (void)begin(w, &a, 2);
    (void)begin(w, &b, 3);
    end(w, &a, 2, ORXAQ_KIND_OVERLOADED, 1);
    assert_ok(orx_deployments_capacity(w->s, &cfg, &p, "a", &c, &w->err), &w->err);
    assert_int_equal(c.running, 1);
    assert_int_equal(c.limit, 1);
    assert_ok(orx_deployments_capacity(w->s, &cfg, &p, NULL, &c, &w->err), &w->err);
    assert_int_equal(c.running, 2);
    assert_int_equal(c.limit, 3);
    p.max_parallel = 1;
    assert_ok(orx_deployments_capacity(w->s, &cfg, &p, "never", &c, &w->err), &w->err);
    assert_int_equal(c.running, 0);
    assert_int_equal(c.limit, 1);
    run_sql(w, "UPDATE reservation SET boot = 'another'");
    assert_ok(orx_deployments_capacity(w->s, &cfg, &p, NULL, &c, &w->err), &w->err);
    assert_int_equal(c.running, 0);
}

/* What a provider says of itself goes before what is said of all, and a cooldown that is longer
 * than the longest is not cut. */
static void a_provider_has_rules_of_its_own(void **state) {
    world *w = *state;
    const orx_config cfg = {.route = {.max_parallel = 2,
                                      .cooldown_ns = 5 * SEC,
                                      .cooldown_max_ns = 60 * SEC,
                                      .allowed_fails = 3}};
    orx_provider_config p = {.name = "p"};
    orx_deployment_ref ref;
    orx_deployment_ref_of(&cfg, &p, "m", &w->arena, &ref);
    assert_int_equal(ref.policy.cooldown_ns, 5 * SEC);
    assert_int_equal(ref.policy.cooldown_max_ns, 60 * SEC);
    assert_int_equal(ref.policy.allowed_fails, 3);
    p.cooldown_ns = 90 * SEC;
    p.allowed_fails = 1;
    orx_deployment_ref_of(&cfg, &p, "m", &w->arena, &ref);
    assert_int_equal(ref.policy.cooldown_ns, 90 * SEC);
    assert_int_equal(ref.policy.cooldown_max_ns, 90 * SEC);
    assert_int_equal(ref.policy.allowed_fails, 1);
}

/* ---- Two processes --------------------------------------------------------------------------- */

/* Takes places until there is none; the number of places taken is the exit code. */
static void take_places(const char *dir, int64_t first) {
    static const orx_store_room *const rooms[] = {&orx_money_room, &orx_route_room, NULL};
    world w = {.p = NULL};
    orx_deployment_ref a = ref_of("p/a");
    int taken = 0;
    a.policy.ceiling = 20;
    if (orx_platform_uv_new(&w.p, &w.err) < 0 ||
        orx_store_open(w.p, dir, "other", rooms, 0, &w.s, &w.err) < 0)
        _exit(99);
    for (int64_t i = 0; i < 20; i++)
        taken += begin(&w, &a, first + i) == ORX_GATE_OPEN;
    /* Whoever exits gives up its places: tell the parent first. */
    char path[128];
    (void)snprintf(path, sizeof path, "%s/taken-%lld", dir, (long long)first);
    FILE *f = fopen(path, "w");
    if (f)
        (void)fclose(f);
    while (access(dir, F_OK) == 0 && getppid() != 1) {
        char all[128];
        (void)snprintf(all, sizeof all, "%s/all", dir);
        if (access(all, F_OK) == 0)
            break;
        (void)usleep(1000);
    }
    _exit(taken);
}

static bool is_there(const char *dir, const char *name) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    return access(path, F_OK) == 0;
}

static void two_processes_share_the_places(void **state) {
    world *w = *state;
    pid_t pids[2];
    int taken = 0;
    orx_store_close(w->s);
    for (int i = 0; i < 2; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0)
            take_places(w->dir, 1 + 100 * i);
    }
    while (!is_there(w->dir, "taken-1") || !is_there(w->dir, "taken-101"))
        (void)usleep(1000);
    open_store(w);
    orx_deployment_ref a = ref_of("p/a");
    a.policy.ceiling = 20;
    assert_int_equal(gate_of(w, &a), ORX_GATE_IN_FLIGHT);
    char all[128];
    (void)snprintf(all, sizeof all, "%s/all", w->dir);
    FILE *f = fopen(all, "w");
    assert_non_null(f);
    (void)fclose(f);
    for (int i = 0; i < 2; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 20);
        taken += WEXITSTATUS(status);
    }
    assert_int_equal(taken, 20);
    assert_int_equal(gate_of(w, &a), ORX_GATE_OPEN);
}

/* ---- The predecessor's files ----------------------------------------------------------------- */

static const orx_node *file(world *w, const char *name, int line) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *root = NULL;
    const char *path = orx_arena_printf(&w->arena, "%s/artifacts/autonomy/%s", w->dir, name);
    assert_ok(orx_projection_flush(w->s, true, &w->err), &w->err);
    assert_ok(orx_read_file(w->p, path, 1 << 20, &text, &w->err), &w->err);
    orx_view v = orx_str_view(&text);
    for (int i = 0; line && i + 1 < line; i++) {
        const char *end = memchr(v.p, '\n', v.len);
        assert_non_null(end);
        v = orx_view_mem(end + 1, v.len - (size_t)(end + 1 - v.p));
    }
    if (line)
        v.len = (size_t)((const char *)memchr(v.p, '\n', v.len) - v.p);
    assert_ok(orx_json_parse(&w->arena, name, v, &orx_limits_data, &root, &w->err), &w->err);
    return root;
}

static void the_state_file_has_its_keys(void **state) {
    world *w = *state;
    static const char *const keys[] = {"provider",
                                       "model",
                                       "endpoint_key",
                                       "limit",
                                       "configured_limit",
                                       "enabled_lane_count",
                                       "scaling_eligible_lane_count",
                                       "running_count",
                                       "signal_total",
                                       "signal_count_last_cycle",
                                       "stable_cycles",
                                       "last_signal_at",
                                       "last_recovery_at",
                                       "endpoint_limit",
                                       "endpoint_limit_source",
                                       "updated_at"};
    orx_deployment_ref a = ref_of("p/a");
    orx_deployment_ref own = ref_of("p");
    own.endpoint = "";
    (void)begin(w, &a, 1);
    (void)begin(w, &a, 2);
    end(w, &a, 1, ORXAQ_KIND_OVERLOADED, 2);
    end(w, &own, 3, ORXAQ_KIND_OK, 1);
    const orx_node *root = file(w, "parallel_capacity_state.json", 0);
    assert_true(*orx_node_str(orx_node_get(root, "timestamp"), ""));
    const orx_node *rows = orx_node_get(root, "keys");
    const orx_node *row = orx_node_get(rows, "p::a::h:80");
    assert_non_null(orx_node_get(rows, "p::default"));
    assert_int_equal(rows->count, 2);
    for (size_t i = 0; i < ORX_ARRAY_LEN(keys); i++)
        if (!orx_node_get(row, keys[i]))
            fail_msg("no key %s", keys[i]);
    assert_int_equal(row->count, ORX_ARRAY_LEN(keys));
    assert_int_equal(orx_node_int(orx_node_get(row, "limit"), 0), 1);
    assert_int_equal(orx_node_int(orx_node_get(row, "running_count"), -1), 1);
    assert_int_equal(orx_node_int(orx_node_get(row, "signal_total"), -1), 1);
}

static void the_log_has_a_row_for_each_change(void **state) {
    world *w = *state;
    orx_deployment_ref a = ref_of("p/a");
    end(w, &a, 1, ORXAQ_KIND_OVERLOADED, 1);
    for (int64_t i = 2; i < 5; i++)
        end(w, &a, i, ORXAQ_KIND_OK, 1);
    const orx_node *row = file(w, "parallel_capacity.ndjson", 1);
    assert_string_equal(orx_node_str(orx_node_get(row, "event_type"), ""),
                        "parallel_capacity_plan");
    const orx_node *payload = orx_node_get(row, "payload");
    assert_string_equal(orx_node_str(orx_node_get(payload, "requested_lane"), ""), "l");
    const orx_node *group = orx_node_at(orx_node_get(payload, "groups"), 0);
    assert_string_equal(orx_node_str(orx_node_get(group, "parallel_key"), ""), "p::a::h:80");
    assert_string_equal(orx_node_str(orx_node_get(group, "decision"), ""), "decrease");
    assert_string_equal(orx_node_str(orx_node_get(group, "decision_reason"), ""),
                        "capacity_signal");
    const orx_node *signal = orx_node_at(orx_node_get(group, "signals"), 0);
    assert_string_equal(orx_node_str(orx_node_get(signal, "matched_term"), ""), "load");
    group = orx_node_at(orx_node_path(file(w, "parallel_capacity.ndjson", 2), "payload.groups"), 0);
    assert_string_equal(orx_node_str(orx_node_get(group, "decision_reason"), ""),
                        "recovery_window");
}

#define WORLD(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD(the_last_place_is_taken_once),
        WORLD(c39_calls_under_way_are_counted),
        WORLD(case_77_a_dead_process_holds_no_place),
        WORLD(c75_the_other_one_is_next),
        WORLD(it_is_still_so_after_a_restart),
        WORLD(but_not_after_a_reboot),
        WORLD(the_wall_clock_changes_nothing),
        WORLD(requests_are_charged_across_processes),
        WORLD(only_a_bucket_is_written_when_a_call_begins),
        WORLD(many_deployments_are_found),
        WORLD(running_and_limit),
        WORLD(a_provider_has_rules_of_its_own),
        WORLD(two_processes_share_the_places),
        WORLD(the_state_file_has_its_keys),
        WORLD(the_log_has_a_row_for_each_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
