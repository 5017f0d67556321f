/* Online, degraded and offline: how the state moves, who is preferred in it, and how long it
 * counts. */
#include "route/network_row.h"

#include "config/config.h"
#include "data/json.h"
#include "platform/files.h"
#include "route/deployments.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- The state ------------------------------------------------------------------------------- */

static void who_can_be_reached_decides(void **state ORX_UNUSED) {
    static const struct {
        int64_t reachable, asked;
        orx_network expected;
    } cases[] = {
        {0, 1, ORX_NETWORK_OFFLINE},  {1, 1, ORX_NETWORK_ONLINE}, {0, 2, ORX_NETWORK_OFFLINE},
        {1, 2, ORX_NETWORK_DEGRADED}, {2, 2, ORX_NETWORK_ONLINE}, {0, 9, ORX_NETWORK_OFFLINE},
        {1, 9, ORX_NETWORK_DEGRADED}, {2, 9, ORX_NETWORK_ONLINE}, {9, 9, ORX_NETWORK_ONLINE},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        assert_int_equal(orx_network_of(cases[i].reachable, cases[i].asked), cases[i].expected);
}

static orx_network look_of(char c) {
    return c == 'n' ? ORX_NETWORK_ONLINE : c == 'd' ? ORX_NETWORK_DEGRADED : ORX_NETWORK_OFFLINE;
}

/* Each look as a letter (n, d, f), and the state after each. */
static void states_are(const char *looks, const char *expected) {
    orx_network_machine m = {0};
    char got[64] = "";
    for (size_t i = 0; looks[i]; i++) {
        orx_network before = m.state;
        bool changed = orx_network_step(&m, look_of(looks[i]), false);
        assert_true(i == 0 || changed == (m.state != before));
        got[i] = "ndf"[m.state];
        got[i + 1] = '\0';
    }
    assert_string_equal(got, expected);
}

static void two_looks_move_it(void **state ORX_UNUSED) {
    states_are("nnn", "nnn");
    states_are("f", "f");     /* the first counts at once */
    states_are("nfn", "nnn"); /* one says nothing */
    states_are("nfnfnfn", "nnnnnnn");
    states_are("nff", "nnf");
    states_are("ffnn", "fffn"); /* back likewise */
    states_are("ffnfn", "fffff");
    states_are("ndf", "nnd"); /* both are worse: as bad as both say */
    states_are("nfd", "nnd");
    states_are("nfdd", "nndd");
    states_are("ndff", "nndd"); /* and then anew */
    states_are("ndfff", "nnddf");
    states_are("ffdn", "fffd"); /* better: as good as both say */
    states_are("ffnd", "fffd");
    states_are("ddnfnf", "dddddd"); /* better and worse by turns is neither */
    states_are("ddfnn", "ddddn");
}

static void a_person_may_decide_at_once(void **state ORX_UNUSED) {
    orx_network_machine m = {0};
    assert_false(orx_network_step(&m, ORX_NETWORK_ONLINE, false));
    assert_true(orx_network_step(&m, ORX_NETWORK_OFFLINE, true));
    assert_int_equal(m.state, ORX_NETWORK_OFFLINE);
    assert_false(orx_network_step(&m, ORX_NETWORK_ONLINE, false));
    assert_int_equal(m.differing, 1);
}

/* ---- The orders ------------------------------------------------------------------------------ */

static void each_state_has_its_orders(void **state ORX_UNUSED) {
    static const char *const expected[ORX_EFFORTS][ORX_NETWORKS] = {
        {"L0 L1 L2", "L0 L1", "L0 L1"},
        {"L1 L0 L2", "L1 L0", "L1 L0"},
        {"L2 L1 L3", "L1 L2", "L1 L0"},
        {"L3 L2 L1", "L2 L1", "L1"},
    };
    for (int e = 0; e < ORX_EFFORTS; e++)
        for (int n = 0; n < ORX_NETWORKS; n++)
            assert_string_equal(orx_network_order((orx_network)n, (orx_effort)e), expected[e][n]);
    assert_string_equal(orx_network_word(ORX_NETWORK_ONLINE), "online");
    assert_string_equal(orx_network_word(ORX_NETWORK_DEGRADED), "degraded");
    assert_string_equal(orx_network_word(ORX_NETWORK_OFFLINE), "offline");
}

static int rank(orx_effort effort, unsigned rungs) {
    return orx_network_rank(ORX_NETWORK_DEGRADED, effort, rungs);
}

static void a_rung_has_a_place_in_the_order(void **state ORX_UNUSED) {
    unsigned here = orx_rungs_at(ORX_PLACE_HERE), lan = orx_rungs_at(ORX_PLACE_LAN),
             hosted = orx_rungs_at(ORX_PLACE_HOSTED);
    assert_true(rank(ORX_EFFORT_LOW, here) < rank(ORX_EFFORT_LOW, lan));
    assert_true(rank(ORX_EFFORT_LOW, lan) < rank(ORX_EFFORT_LOW, hosted));
    assert_true(rank(ORX_EFFORT_MEDIUM, lan) < rank(ORX_EFFORT_MEDIUM, here));
    assert_true(rank(ORX_EFFORT_HIGH, hosted) < rank(ORX_EFFORT_HIGH, here));
    assert_true(rank(ORX_EFFORT_CRITICAL, hosted) < rank(ORX_EFFORT_CRITICAL, lan));
    /* On two rungs the better one counts; on none it is last. */
    assert_int_equal(rank(ORX_EFFORT_HIGH, ORX_RUNG(1) | ORX_RUNG(3)), 0);
    assert_int_equal(rank(ORX_EFFORT_HIGH, 0), 2);
}

static orx_effort effort(const char *text) {
    return orx_effort_of(orx_view_of(text));
}

static void words_say_how_hard(void **state ORX_UNUSED) {
    assert_int_equal(effort(""), ORX_EFFORT_LOW);
    assert_int_equal(effort("Rename a label"), ORX_EFFORT_LOW);
    assert_int_equal(effort("Add tests to the parser"), ORX_EFFORT_MEDIUM);
    assert_int_equal(effort("the latest encoded prefix"), ORX_EFFORT_LOW); /* begins of words */
    assert_int_equal(effort("Fix, then REVIEW it"), ORX_EFFORT_HIGH);
    assert_int_equal(effort("Architecture of the store"), ORX_EFFORT_HIGH);
    assert_int_equal(effort("review (security audit)"), ORX_EFFORT_CRITICAL);
    assert_int_equal(effort("a breaking change to the API"), ORX_EFFORT_CRITICAL);
    assert_int_equal(effort("secur"), ORX_EFFORT_LOW);
}

/* ---- Where providers are --------------------------------------------------------------------- */

static orx_arena arena;

static const orx_node *settings(const char *json) {
    orx_err err = ORX_ERR_INIT;
    const orx_node *doc = NULL;
    assert_ok(orx_json_parse(&arena, "s", orx_view_of(json), &orx_limits_config, &doc, &err), &err);
    return doc;
}

static void an_address_says_where(void **state ORX_UNUSED) {
    static const struct {
        const char *plugin, *settings;
        orx_place expected;
    } cases[] = {
        {"lmstudio", "{}", ORX_PLACE_HERE},
        {"lmstudio", "{\"base_url\": \"http://127.0.0.1:1234/v1\"}", ORX_PLACE_HERE},
        {"lmstudio", "{\"base_url\": \"http://[::1]:1234/v1\"}", ORX_PLACE_HERE},
        {"lmstudio", "{\"base_url\": \"http://localhost:1234/v1\"}", ORX_PLACE_HERE},
        {"lmstudio", "{\"base_url\": \"http://192.168.50.86:1234/v1\"}", ORX_PLACE_LAN},
        {"lmstudio", "{\"base_url\": \"https://gpu.example.com/v1\"}", ORX_PLACE_HOSTED},
        {"lmstudio", "{\"base_url\": \"http://127.0.0.1:4000\", \"local\": false}",
         ORX_PLACE_HOSTED},
        {"codex", "{}", ORX_PLACE_HOSTED},
        {"codex", "{\"base_url\": \"http://gpu-box:8080/v1\"}", ORX_PLACE_LAN},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        const orx_provider_config p = {
            .name = "p", .plugin = cases[i].plugin, .settings = settings(cases[i].settings)};
        assert_int_equal(orx_place_of(&p), cases[i].expected);
    }
}

static void the_ladder_goes_before_the_place(void **state ORX_UNUSED) {
    const orx_node *rungs = settings("{\"big\": 10}");
    const orx_provider_config big = {.name = "big", .plugin = "codex", .settings = settings("{}")};
    const orx_provider_config other = {.name = "o", .plugin = "codex", .settings = settings("{}")};
    assert_int_equal(orx_network_rungs(rungs, &big), ORX_RUNG(1) | ORX_RUNG(3));
    assert_int_equal(orx_network_rungs(rungs, &other), ORX_RUNG(2));
    assert_int_equal(orx_network_rungs(NULL, &big), ORX_RUNG(2));
}

/* ---- The row --------------------------------------------------------------------------------- */

typedef struct world {
    orx_platform *p;
    char dir[64];
    orx_store *s;
    orx_err err;
} world;

static int setup(void **state) {
    static const orx_store_room *const rooms[] = {&orx_route_room, NULL};
    world *w = calloc(1, sizeof *w);
    (void)snprintf(w->dir, sizeof w->dir, "/tmp/orxaq-network.XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    assert_ok(orx_platform_uv_new(&w->p, &w->err), &w->err);
    assert_ok(orx_store_open(w->p, w->dir, "primary", rooms, ORX_STORE_CREATE, &w->s, &w->err),
              &w->err);
    *state = w;
    return 0;
}

static int teardown(void **state) {
    world *w = *state;
    orx_store_close(w->s);
    (void)orx_remove_tree(w->p, w->dir, NULL);
    orx_platform_free(w->p);
    free(w);
    return 0;
}

static int look(world *w, int64_t reachable, bool at_once) {
    orx_network_row row;
    int rc = orx_network_look(w->s, reachable, 3, "{\"a\": 1}", at_once, &arena, &row, &w->err);
    assert_true(rc >= 0);
    return rc;
}

static orx_network_row row_of(world *w) {
    orx_network_row row;
    assert_ok(orx_network_read(w->s, &arena, &row, &w->err), &w->err);
    return row;
}

static void run_sql(world *w, const char *text) {
    orx_sql *q;
    assert_ok(orx_tx_begin(w->s, &w->err), &w->err);
    assert_ok(orx_sql_get(w->s, text, &q, &w->err), &w->err);
    orx_sql_str(q, 1, orx_boot_id(w->p));
    orx_sql_int(q, 2, orx_mono_ns(w->p));
    assert_true(orx_sql_run(q, &w->err) >= 0);
    assert_ok(orx_tx_commit(w->s, &w->err), &w->err);
}

static bool take_body(const orx_event_row *row, void *user) {
    (void)row;
    ++*(int *)user;
    return true;
}

static int events(world *w) {
    int n = 0;
    const orx_event_filter f = {.kind_prefix = "network.changed"};
    assert_ok(orx_event_each(w->s, &f, take_body, &n, &w->err), &w->err);
    return n;
}

static void what_was_seen_is_kept(void **state) {
    world *w = *state;
    assert_int_equal(row_of(w).m.looks, 0);
    assert_false(row_of(w).fresh);
    assert_int_equal(look(w, 3, false), 1);
    assert_int_equal(look(w, 0, false), 0);
    orx_network_row before = row_of(w);
    assert_int_equal(before.m.state, ORX_NETWORK_ONLINE);
    assert_int_equal(before.m.differing, 1);
    assert_int_equal(look(w, 1, false), 1);
    orx_network_row row = row_of(w);
    assert_int_equal(row.m.state, ORX_NETWORK_DEGRADED);
    assert_int_equal(row.m.looks, 3);
    assert_int_equal(row.reachable, 1);
    assert_int_equal(row.asked, 3);
    assert_true(row.since_ns == row.at_ns && row.since_ns > before.since_ns);
    assert_true(row.fresh);
    assert_string_equal(row.rungs, "{\"a\": 1}");
    assert_int_equal(events(w), 2);
    assert_int_equal(look(w, 0, true), 1);
    assert_int_equal(events(w), 3);
}

static void what_is_old_does_not_count(void **state) {
    world *w = *state;
    look(w, 0, false);
    assert_true(row_of(w).fresh);
    run_sql(w, "UPDATE network SET mono = ?2 - 299000000000 WHERE ?1 IS NOT NULL");
    assert_true(row_of(w).fresh);
    run_sql(w, "UPDATE network SET mono = ?2 - 301000000000 WHERE ?1 IS NOT NULL");
    assert_false(row_of(w).fresh);
    assert_int_equal(row_of(w).m.state, ORX_NETWORK_OFFLINE); /* shown all the same */
    run_sql(w, "UPDATE network SET mono = ?2 + 60000000000 WHERE ?1 IS NOT NULL");
    assert_false(row_of(w).fresh);
    run_sql(w, "UPDATE network SET mono = ?2, boot = 'another ' || ?1");
    assert_false(row_of(w).fresh);
    run_sql(w, "UPDATE network SET boot = ?1, mono = ?2, state = 77");
    assert_int_equal(row_of(w).m.state, ORX_NETWORK_ONLINE);
}

static int forget(void **state ORX_UNUSED) {
    orx_arena_free(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_can_be_reached_decides),
        cmocka_unit_test(two_looks_move_it),
        cmocka_unit_test(a_person_may_decide_at_once),
        cmocka_unit_test(each_state_has_its_orders),
        cmocka_unit_test(a_rung_has_a_place_in_the_order),
        cmocka_unit_test(words_say_how_hard),
        cmocka_unit_test(an_address_says_where),
        cmocka_unit_test(the_ladder_goes_before_the_place),
        cmocka_unit_test_setup_teardown(what_was_seen_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_old_does_not_count, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
