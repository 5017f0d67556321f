/* The connectivity report: cases 43 to 47 and 78, and the members that other tools read. */
#include "fleet/connectivity.h"
#include "world.h"

#include <stdio.h>

typedef struct looked {
    orx_node *report;
    orx_connectivity_sum sum;
} looked;

static looked look(world *w, const char *text) {
    const orx_endpoint_source source = {.config_path = "f.yaml", .env = world_env};
    orx_endpoints list = {0};
    orx_err err = ORX_ERR_INIT;
    looked l = {0};
    assert_ok(orx_endpoints_read(&source, world_doc(w, "f.yaml", text), &w->a, &list, &err), &err);
    l.report = orx_connectivity_check(w->p, "/r/f.yaml", &list, 6 * ORX_SEC, &w->a, &l.sum);
    orx_vec_free(&list);
    return l;
}

/* One endpoint whose server does what the path says. */
static looked look_at(world *w, const char *path, const char *more) {
    return look(w, orx_arena_printf(&w->a,
                                    "model_list:\n  - {model_name: m, litellm_params: {api_base: "
                                    "'" SERVER "', healthcheck_path: '%s'%s}}\n",
                                    path, more));
}

static void r43_the_shipped_file_names_six_endpoints(void **state ORX_UNUSED) {
    static const char *const ids[] = {"claude-primary",  "gemini-primary",  "lmstudio-node-1",
                                      "lmstudio-node-2", "lmstudio-node-3", "openai-primary"};
    static char text[65536];
    char path[1024];
    world w;
    world_open(&w);
    (void)snprintf(path, sizeof path, "%s/config/litellm_swarm_router.json",
                   getenv("ORX_SOURCE_DIR"));
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    (void)fclose(f);
    looked l = look(&w, text);
    assert_int_equal(l.sum.total, 6);
    assert_int_equal(int_at(l.report, "endpoint_required_total"), 1);
    for (uint32_t i = 0; i < 6; i++) {
        const orx_node *row = orx_node_at(orx_node_get(l.report, "endpoints"), i);
        assert_string_equal(str_at(row, "id"), ids[i]);
        assert_int_equal(true_at(row, "required"), i == 2);
    }
    assert_string_equal(str_at(l.report, "endpoints[0].auth_mode"), "x-api-key");
    assert_string_equal(str_at(l.report, "endpoints[1].healthcheck_url"),
                        "https://generativelanguage.googleapis.com/v1beta/models");
    world_close(&w);
}

static const char two[] =
    "model_list:\n"
    "  - {litellm_params: {api_base: '" SERVER "', endpoint_id: a, healthcheck_path: /ok}}\n"
    "  - {litellm_params: {api_base: '" SERVER "', endpoint_id: b, healthcheck_path: /500}}\n";

static void r44_required_and_optional_are_counted_apart(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    looked l = look(&w, two);
    assert_int_equal(l.sum.required_down, 1);
    for (int i = 0; i < 2; i++) {
        const orx_node *n = i ? orx_node_get(l.report, "summary") : l.report;
        assert_int_equal(int_at(n, "endpoint_total"), 2);
        assert_int_equal(int_at(n, "endpoint_healthy"), 1);
        assert_int_equal(int_at(n, "endpoint_unhealthy"), 1);
        assert_int_equal(int_at(n, "endpoint_optional_total"), 0);
        assert_false(true_at(n, "all_healthy") || true_at(n, "all_endpoints_healthy"));
    }
    l = look_at(&w, "/500", ", required: false");
    assert_int_equal(l.sum.required_down, 0);
    assert_int_equal(int_at(l.report, "optional_endpoint_unhealthy"), 1);
    assert_int_equal(int_at(l.report, "endpoint_unhealthy"), 0);
    assert_true(true_at(l.report, "all_healthy"));
    assert_false(true_at(l.report, "all_endpoints_healthy"));
    l = look_at(&w, "/ok", "");
    assert_true(true_at(l.report, "all_healthy") && true_at(l.report, "all_endpoints_healthy"));
    world_close(&w);
}

static void r45_the_status_begins_the_error(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    looked l = look_at(&w, "/503", "");
    assert_false(true_at(l.report, "endpoints[0].ok"));
    assert_int_equal(int_at(l.report, "endpoints[0].status_code"), 503);
    assert_string_equal(str_at(l.report, "endpoints[0].error"), "http_503:sorry");
    world_close(&w);
}

static void r46_an_answer_that_is_no_json_has_no_status(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    looked l = look_at(&w, "/garbage", "");
    assert_false(true_at(l.report, "endpoints[0].ok"));
    assert_int_equal(int_at(l.report, "endpoints[0].status_code"), 0);
    assert_true(*str_at(l.report, "endpoints[0].error"));
    world_close(&w);
}

/* [F] The predecessor never counted `models`. */
static void r47_models_are_counted_in_both_lists(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    assert_int_equal(int_at(look_at(&w, "/ok", "").report, "endpoints[0].model_count"), 1);
    assert_int_equal(int_at(look_at(&w, "/models", "").report, "endpoints[0].model_count"), 2);
    assert_int_equal(int_at(look_at(&w, "/500", "").report, "endpoints[0].model_count"), 0);
    world_close(&w);
}

static void r78_nothing_to_look_at_is_not_healthy(void **state ORX_UNUSED) {
    const orx_endpoints none = {0};
    orx_connectivity_sum sum = {.total = 9};
    world w;
    world_open(&w);
    const orx_node *n = orx_connectivity_check(w.p, "/r/f.json", &none, ORX_SEC, &w.a, &sum);
    assert_int_equal(sum.total, 0);
    assert_false(true_at(n, "all_healthy") || true_at(n, "summary.all_endpoints_healthy"));
    assert_int_equal(orx_node_get(n, "endpoints")->count, 0);
    world_close(&w);
}

/* [F] The predecessor wrote Gemini's key into healthcheck_url. */
static void r78_no_key_is_in_the_report(void **state ORX_UNUSED) {
    static const char *const more[] = {
        ", api_key_env: GOOD_KEY",
        ", api_key_env: GOOD_KEY, healthcheck_auth: x-api-key",
        ", api_key_env: GOOD_KEY, healthcheck_auth: query-key",
        ", api_key: '" KEY "'",
        ", healthcheck_headers: {X-Token: '" KEY "'}",
    };
    world w;
    world_open(&w);
    for (size_t i = 0; i < ORX_ARRAY_LEN(more); i++) {
        looked l = look_at(&w, "/401", more[i]);
        assert_int_equal(int_at(l.report, "endpoints[0].status_code"), 401);
        assert_no_key(world_text(&w, l.report));
    }
    assert_contains(orx_str_cstr(&w.seen), "key=sk-Zed%2F31415%2B926");
    looked l = look_at(&w, "/401?key=sk-Zed%2F31415%2B926", "");
    assert_no_key(world_text(&w, l.report));
    assert_string_equal(str_at(l.report, "endpoints[0].healthcheck_path"), "/401?key=[REDACTED]");
    l = look(&w, "model_list: [{litellm_params: {api_base: "
                 "'http://me:sk-Zed%2F31415%2B926@127.0.0.1:1234'}}]");
    assert_no_key(world_text(&w, l.report));
    assert_string_equal(str_at(l.report, "endpoints[0].api_base"),
                        "http://[REDACTED]@127.0.0.1:1234");
    world_close(&w);
}

static void the_members_are_the_predecessors(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    looked l = look_at(&w, "/ok", ", api_key_env: MISSING, provider: openai");
    assert_members(l.report,
                   "schema_version generated_at_utc config_path router endpoint_total "
                   "endpoint_required_total endpoint_optional_total endpoint_healthy "
                   "endpoint_unhealthy optional_endpoint_healthy optional_endpoint_unhealthy "
                   "all_healthy all_endpoints_healthy summary endpoints");
    assert_members(orx_node_get(l.report, "summary"),
                   "endpoint_total endpoint_required_total endpoint_optional_total "
                   "endpoint_healthy endpoint_unhealthy optional_endpoint_healthy "
                   "optional_endpoint_unhealthy all_healthy all_endpoints_healthy");
    const orx_node *row = orx_node_path(l.report, "endpoints[0]");
    assert_members(row, "id provider api_base required healthcheck_url healthcheck_path "
                        "model_names ok status_code model_count latency_ms error auth_mode "
                        "auth_configured");
    assert_string_equal(str_at(l.report, "schema_version"), "model-router-connectivity.v1");
    assert_string_equal(str_at(l.report, "router"), "litellm");
    assert_string_equal(str_at(l.report, "config_path"), "/r/f.yaml");
    assert_string_equal(str_at(row, "error"), "");
    assert_string_equal(str_at(row, "auth_mode"), "bearer");
    assert_false(true_at(row, "auth_configured"));
    assert_true(true_at(row, "ok"));
    assert_int_equal(orx_node_get(row, "latency_ms")->kind, ORX_DOUBLE);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r43_the_shipped_file_names_six_endpoints),
        cmocka_unit_test(r44_required_and_optional_are_counted_apart),
        cmocka_unit_test(r45_the_status_begins_the_error),
        cmocka_unit_test(r46_an_answer_that_is_no_json_has_no_status),
        cmocka_unit_test(r47_models_are_counted_in_both_lists),
        cmocka_unit_test(r78_nothing_to_look_at_is_not_healthy),
        cmocka_unit_test(r78_no_key_is_in_the_report),
        cmocka_unit_test(the_members_are_the_predecessors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
