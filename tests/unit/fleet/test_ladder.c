/* router-check, router-lanes-status and the profiles of routers: cases 51 and 52. */
#include "fleet/check.h"
#include "fleet/profile.h"
#include "world.h"

static const char router[] =
    "router: {strategy: first_healthy, fallback_order: [L1, L0]}\n"
    "lanes:\n"
    "  L0: [near]\n"
    "  L1: [far, other, near, far]\n"
    "  L2: [gone]\n"
    "  L3: []\n"
    "providers:\n"
    "  - {name: near, base_url: '" SERVER "/models/', required: false}\n"
    "  - {name: far, base_url: '" SERVER "/refused', required: true}\n"
    "  - {name: other, base_url: '" SERVER "/500', kind: strange, api_key_env: GOOD_KEY}\n"
    "  - {name: unused, base_url: '" SERVER "/hang', required: true}\n";

typedef struct checked {
    orx_node *report;
    bool ok;
    int rc;
    orx_err err;
} checked;

static checked check(world *w, const orx_node *doc, const char *lane) {
    const orx_check c = {.source = {.config_path = "r.yaml"}, .timeout_ns = 5 * ORX_SEC};
    const orx_router_about about = {
        .root = "/r", .output = "/r/out.json", .profile = "", .lane = lane};
    checked k = {.err = ORX_ERR_INIT};
    k.rc = orx_router_check(w->p, &c, &about, doc, &w->a, &k.report, &k.ok, &k.err);
    return k;
}

static checked check_text(world *w, const char *text, const char *lane) {
    return check(w, world_doc(w, "r.yaml", text), lane);
}

static void r51_a_lane_is_looked_at_alone(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    checked k = check_text(&w, router, "L0");
    assert_ok(k.rc, &k.err);
    assert_int_equal(int_at(k.report, "summary.provider_total"), 1);
    assert_true(true_at(k.report, "summary.overall_ok") && k.ok);
    assert_string_equal(str_at(k.report, "providers[0].checked_url"), SERVER "/models");
    k = check_text(&w, router, "L1");
    assert_ok(k.rc, &k.err);
    assert_int_equal(int_at(k.report, "summary.required_down"), 1);
    assert_false(true_at(k.report, "summary.overall_ok") || k.ok);
    world_close(&w);
}

static void the_fallback_order_says_who_is_looked_at(void **state ORX_UNUSED) {
    static const char *const names[] = {"far", "other", "near"};
    static const char *const states[] = {"down", "skipped", "up"};
    world w;
    world_open(&w);
    checked k = check_text(&w, router, "");
    assert_ok(k.rc, &k.err);
    assert_int_equal(orx_node_get(k.report, "providers")->count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        const orx_node *row = orx_node_at(orx_node_get(k.report, "providers"), i);
        assert_string_equal(str_at(row, "name"), names[i]);
        assert_string_equal(str_at(row, "status"), states[i]);
    }
    /* An HTTP error keeps its time, others have none; neither says what the server said. */
    assert_int_equal(orx_node_path(k.report, "providers[0].latency_ms")->kind, ORX_NULL);
    assert_int_equal(orx_node_path(k.report, "providers[1].latency_ms")->kind, ORX_DOUBLE);
    assert_string_equal(str_at(k.report, "providers[1].error"), "HTTP 500");
    assert_null(strstr(orx_str_cstr(&w.seen), "uthorization"));
    assert_contains(orx_str_cstr(&w.seen), "User-Agent=orxaq-autonomy/router-check");
    world_close(&w);
}

static void without_a_ladder_everything_is_looked_at(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    checked k = check_text(&w,
                           "providers: [{name: a, base_url: '" SERVER "/ok'}, {name: b, "
                           "base_url: 'ftp://h', required: true}]",
                           "");
    assert_ok(k.rc, &k.err);
    assert_int_equal(int_at(k.report, "summary.provider_total"), 2);
    assert_string_equal(str_at(k.report, "providers[1].error"), "unsupported URL scheme");
    assert_int_equal(int_at(k.report, "summary.required_down"), 1);
    k = check_text(&w,
                   "lanes: {B: [b], A: [a]}\nproviders: [{name: a, base_url: '" SERVER
                   "/ok'}, {name: b, base_url: '" SERVER "/ok'}, {name: c, base_url: x}]",
                   "");
    assert_ok(k.rc, &k.err);
    assert_int_equal(int_at(k.report, "summary.provider_total"), 2);
    assert_string_equal(str_at(k.report, "providers[0].name"), "b");
    world_close(&w);
}

static void assert_refused(world *w, const char *text, const char *lane, const char *words) {
    checked k = check_text(w, text, lane);
    assert_true(k.rc < 0);
    assert_contains(k.err.msg, "r.yaml");
    assert_contains(k.err.msg, words);
}

/* [F] The predecessor looked at everything when there was no such lane, and found it in order. */
static void a_lane_that_is_not_there_is_refused(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    assert_refused(&w, router, "L9", "there is no lane L9; there are: L0, L1, L2, L3");
    assert_refused(&w, router, "L2", "providers defines none of those of lane L2");
    assert_refused(&w, router, "L3", "providers defines none of those of lane L3");
    assert_refused(&w, "providers: [{name: a, base_url: x}]", "L0", "there are: none");
    assert_refused(&w, "lanes: {A: [b]}\nproviders: [{name: a, base_url: x}]", "",
                   "providers defines none of those of the lanes");
    assert_refused(&w, "lanes: [a]\nproviders: [{name: a, base_url: x}]", "", "lanes is an array");
    assert_refused(&w, "lanes: {A: b}\nproviders: [{name: a, base_url: x}]", "",
                   "A is a string; expected a list of names");
    assert_refused(&w, "router: {fallback_order: [1]}\nproviders: [{name: a, base_url: x}]", "",
                   "fallback_order holds an integer");
    assert_refused(&w, "lanes: {A: [b]}", "", "providers is missing");
    assert_int_equal(w.arrived, 0);
    world_close(&w);
}

static void the_members_are_the_predecessors(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    checked k = check_text(&w, router, "L0");
    assert_members(k.report, "schema_version timestamp root config_path output_path profile "
                             "profile_result lane providers summary");
    assert_members(orx_node_path(k.report, "providers[0]"),
                   "name kind base_url checked_url required status latency_ms error ok");
    assert_members(orx_node_get(k.report, "summary"),
                   "provider_total provider_up provider_down provider_skipped required_total "
                   "required_down all_required_up overall_ok");
    assert_string_equal(str_at(k.report, "schema_version"), "router-check.v1");
    assert_string_equal(str_at(k.report, "providers[0].kind"), "openai_compat");
    world_close(&w);
}

/* ---- router-lanes-status --------------------------------------------------------------------- */

static checked lanes(world *w, const char *text) {
    const orx_check c = {.source = {.config_path = "r.yaml"}, .timeout_ns = 5 * ORX_SEC};
    checked k = {.err = ORX_ERR_INIT};
    k.rc =
        orx_router_lanes(w->p, &c, world_doc(w, "r.yaml", text), &w->a, &k.report, &k.ok, &k.err);
    return k;
}

static void a_lane_is_healthy_when_one_of_it_is_up(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    checked k = lanes(&w, router);
    assert_ok(k.rc, &k.err);
    assert_false(k.ok);
    assert_members(k.report, "schema_version timestamp config_path lanes summary");
    assert_members(orx_node_path(k.report, "lanes[0]"), "lane providers total up down healthy");
    assert_string_equal(str_at(k.report, "lanes[1].lane"), "L1");
    assert_int_equal(int_at(k.report, "lanes[1].total"), 4);
    assert_int_equal(int_at(k.report, "lanes[1].up"), 1);
    assert_true(true_at(k.report, "lanes[1].healthy"));
    assert_string_equal(str_at(k.report, "lanes[1].providers[2].status"), "up");
    assert_string_equal(str_at(k.report, "lanes[2].providers[0].status"), "unknown");
    assert_false(true_at(k.report, "lanes[2].healthy") || true_at(k.report, "lanes[3].healthy"));
    assert_int_equal(int_at(k.report, "summary.total_lanes"), 4);
    assert_int_equal(int_at(k.report, "summary.healthy_lanes"), 2);
    assert_int_equal(int_at(k.report, "summary.degraded_lanes"), 2);
    world_close(&w);
}

static void no_lanes_are_not_healthy(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    checked k = lanes(&w, "providers: [{name: a, base_url: '" SERVER "/ok'}]");
    assert_ok(k.rc, &k.err);
    assert_false(k.ok || true_at(k.report, "summary.all_healthy"));
    k = lanes(&w, "lanes: {A: [a]}\nproviders: [{name: a, base_url: '" SERVER "/ok'}]");
    assert_true(k.ok && true_at(k.report, "summary.all_healthy"));
    world_close(&w);
}

/* ---- Profiles -------------------------------------------------------------------------------- */

static int apply(world *w, const char *text, orx_node **ret, orx_err *err) {
    const orx_fleet_profile profile = {
        .name = "here", .source = "p/here.yaml", .doc = world_doc(w, "p.yaml", text)};
    return orx_profile_router(world_doc(w, "r.yaml", router), &profile, &w->a, ret, err);
}

static void r52_a_profile_says_what_is_required(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    orx_node *out = NULL;
    orx_err err = ORX_ERR_INIT;
    assert_ok(apply(&w, "required_providers: [near]", &out, &err), &err);
    assert_true(true_at(out, "providers[0].required"));
    for (uint32_t i = 1; i < 4; i++)
        assert_false(true_at(orx_node_at(orx_node_get(out, "providers"), i), "required"));
    assert_string_equal(str_at(out, "router.fallback_order[0]"), "L1");
    assert_string_equal(str_at(out, "lanes.L0[0]"), "near");
    assert_string_equal(str_at(out, "profile.name"), "here");
    assert_string_equal(str_at(out, "profile.source"), "p/here.yaml");
    assert_ok(apply(&w,
                    "required_providers: []\nrouter: {fallback_order: [L2]}\n"
                    "lanes: {L2: [unused]}",
                    &out, &err),
              &err);
    assert_false(true_at(out, "providers[1].required"));
    assert_string_equal(str_at(out, "router.fallback_order[0]"), "L2");
    assert_string_equal(str_at(out, "router.strategy"), "first_healthy");
    assert_null(orx_node_path(out, "lanes.L0"));
    checked k = check(&w, out, "");
    assert_ok(k.rc, &k.err);
    assert_string_equal(str_at(k.report, "providers[0].name"), "unused");
    world_close(&w);
}

static void r52_a_profile_with_strangers_names_them(void **state ORX_UNUSED) {
    static const char *const rows[][2] = {
        {"required_providers: [b, near, a, b]", "profile includes unknown providers: a, b"},
        {"required_providers: near", "p/here.yaml: required_providers is missing or no list"},
        {"{}", "required_providers is missing"},
        {"required_providers: [1]", "required_providers holds an integer"},
        {"{required_providers: [], lanes: []}", "lanes is no object"},
        {"{required_providers: [], router: {fallback_order: L0}}", "fallback_order is a string"},
    };
    world w;
    world_open(&w);
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        orx_node *out = NULL;
        orx_err err = ORX_ERR_INIT;
        assert_int_equal(apply(&w, rows[i][0], &out, &err), ORX_E_INVALID);
        assert_contains(err.msg, rows[i][1]);
        assert_null(out);
    }
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r51_a_lane_is_looked_at_alone),
        cmocka_unit_test(the_fallback_order_says_who_is_looked_at),
        cmocka_unit_test(without_a_ladder_everything_is_looked_at),
        cmocka_unit_test(a_lane_that_is_not_there_is_refused),
        cmocka_unit_test(the_members_are_the_predecessors),
        cmocka_unit_test(a_lane_is_healthy_when_one_of_it_is_up),
        cmocka_unit_test(no_lanes_are_not_healthy),
        cmocka_unit_test(r52_a_profile_says_what_is_required),
        cmocka_unit_test(r52_a_profile_with_strangers_names_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
