/* Which model a routing service chooses, against simulated services. */
#include "run/route_client.h"

#include "data/json.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "platform/sim/http.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define URL "http://127.0.0.1:8788/route"

static const char *const listed[] = {"gpt-5-codex", "GPT-5-mini", NULL};

/* A decision and what the service was asked. */
typedef struct asked {
    orx_sim *sim;
    orx_platform *p;
    orx_arena arena;
    orx_routellm_policy policy;
    orx_routellm_question q;
    orx_routellm_decision d;
    int status;
    const char *answer;
    orx_sim_reply_how how;
    orx_str body;
    int requests;
} asked;

static void serve(const orx_sim_request *request, orx_sim_reply *reply, void *user) {
    asked *a = user;
    a->requests++;
    orx_str_clear(&a->body);
    orx_str_addv(&a->body, request->body);
    if (a->how == ORX_SIM_REPLY_REFUSED) {
        orx_sim_reply_end(reply, a->how);
        return;
    }
    if (a->status == 302)
        orx_sim_reply_header(reply, "location", "http://elsewhere.example/route");
    orx_sim_reply_head(reply, a->status);
    orx_sim_reply_wait(reply, 250 * ORX_MS);
    orx_sim_reply_body(reply, orx_view_of(a->answer));
    orx_sim_reply_end(reply, a->how);
}

static int setup(void **state) {
    asked *a = calloc(1, sizeof *a);
    a->sim = orx_sim_new(7);
    a->p = orx_sim_platform(orx_sim_add_host(a->sim, "alpha"));
    a->policy = orx_routellm_policy_none();
    a->policy.enabled = true;
    a->policy.allowed = (orx_strings){listed, 2};
    a->policy.fallback = "gpt-5-mini";
    a->q = (orx_routellm_question){.provider = "codex",
                                   .requested = "gpt-4o-mini",
                                   .text = orx_view_of("Rename a variable."),
                                   .on = true,
                                   .url = URL,
                                   .timeout_ns = 5 * ORX_SEC};
    a->status = 200;
    orx_sim_endpoint(a->sim, "http://127.0.0.1:8788", serve, a);
    *state = a;
    return 0;
}

static int teardown(void **state) {
    asked *a = *state;
    orx_arena_free(&a->arena);
    orx_str_free(&a->body);
    orx_sim_free(a->sim);
    free(a);
    return 0;
}

static void decide(asked *a, const char *answer) {
    a->answer = answer;
    orx_routellm_decide(a->p, &a->policy, &a->q, &a->arena, &a->d);
}

static void came_to(const asked *a, const char *model, const char *strategy, const char *reason,
                    bool fallback_used) {
    assert_string_equal(a->d.selected, model);
    assert_string_equal(a->d.strategy, strategy);
    assert_string_equal(a->d.reason, reason);
    assert_int_equal(a->d.fallback_used, fallback_used);
}

/* ---- Not asked ------------------------------------------------------------------------------- */

static void a38_routing_is_switched_off(void **state) {
    asked *a = *state;
    a->policy = orx_routellm_policy_none();
    a->q.on = false;
    decide(a, "");
    came_to(a, "gpt-4o-mini", "static_fallback", "router_disabled", false);
    assert_true(a->d.requested_allowed);
    assert_int_equal(a->requests, 0);
}

static void the_gates_in_their_order(void **state) {
    asked *a = *state;
    a->q.on = a->policy.enabled = a->policy.provider_enabled = false;
    a->q.url = NULL;
    decide(a, "");
    came_to(a, "GPT-5-mini", "static_fallback", "router_disabled", false);
    a->q.on = true;
    decide(a, "");
    came_to(a, "GPT-5-mini", "static_fallback", "policy_disabled", false);
    a->policy.enabled = true;
    decide(a, "");
    came_to(a, "GPT-5-mini", "static_fallback", "provider_disabled", false);
    a->policy.provider_enabled = true;
    decide(a, "");
    came_to(a, "GPT-5-mini", "static_fallback", "router_url_missing", false);
    a->q.url = URL;
    a->q.pinned = true;
    decide(a, "");
    came_to(a, "GPT-5-mini", "static_fallback", "local_requested_model", false);
    assert_int_equal(a->requests, 0);
}

static void a43_the_requested_model_is_not_allowed(void **state) {
    asked *a = *state;
    a->q.on = false;
    decide(a, "");
    came_to(a, "GPT-5-mini", "static_fallback", "router_disabled", false);
    assert_false(a->d.requested_allowed);
    a->policy.fallback = "not there";
    decide(a, "");
    assert_string_equal(a->d.selected, "gpt-5-codex");
    a->q.requested = "GPT-5-CODEX";
    decide(a, "");
    assert_string_equal(a->d.selected, "gpt-5-codex");
    assert_true(a->d.requested_allowed);
}

/* ---- No answer that could be used ------------------------------------------------------------ */

static void a39_the_router_is_down(void **state) {
    asked *a = *state;
    a->policy.allowed.count = 0;
    a->policy.fallback = "gpt-4o-mini";
    a->q.requested = "";
    a->how = ORX_SIM_REPLY_REFUSED;
    decide(a, "");
    came_to(a, "gpt-4o-mini", "static_fallback", "router_unavailable", true);
    assert_true(*a->d.error != 0);
    assert_string_equal(a->d.notice, "");
}

static void fails(asked *a, int status, const char *answer, const char *error) {
    a->status = status;
    decide(a, answer);
    came_to(a, "GPT-5-mini", "static_fallback", "router_unavailable", true);
    assert_contains(a->d.error, error);
}

static void a40_the_router_answers_nonsense(void **state) {
    asked *a = *state;
    fails(a, 200, "[]", "router_response_not_object");
    fails(a, 200, "{\"status\": \"ok\"}", "router_response_missing_model");
    fails(a, 200, "{\"model\": \" \", \"selected_model\": 7}", "router_response_missing_model");
    fails(a, 503, "{\"model\": \"gpt-5-mini\"}", "router_http_503");
    fails(a, 200, "model: gpt", "router_response_not_json");
    fails(a, 200, "{\"model\": \"--yolo\"}", "router_response_unusable_model");
    fails(a, 200, "{\"model\": \"a b\"}", "router_response_unusable_model");
}

static void a_redirect_is_not_followed(void **state) {
    asked *a = *state;
    fails(a, 302, "{\"model\": \"gpt-5-mini\"}", "router_http_302");
    assert_int_equal(a->requests, 1);
}

static void a_flood_is_cut_off(void **state) {
    asked *a = *state;
    size_t n = 200000;
    char *flood = malloc(n + 1);
    memset(flood, ' ', n);
    memcpy(flood, "{\"model\": \"gpt-5-codex\"", 23);
    flood[n - 1] = '}';
    flood[n] = '\0';
    decide(a, flood);
    came_to(a, "GPT-5-mini", "static_fallback", "router_unavailable", true);
    free(flood);
}

static void silence_ends_with_the_time_limit(void **state) {
    asked *a = *state;
    a->how = ORX_SIM_REPLY_STALL;
    decide(a, "{\"model\": ");
    came_to(a, "GPT-5-mini", "static_fallback", "router_unavailable", true);
    assert_in_range(a->d.latency_ns, 5 * ORX_SEC, 5 * ORX_SEC + ORX_SEC / 2);
}

static bool stopped;

static void stop_now(void *user) {
    (void)user;
    stopped = true;
}

static void a_stop_ends_the_wait(void **state) {
    asked *a = *state;
    a->how = ORX_SIM_REPLY_STALL;
    a->q.stop = &stopped;
    (void)orx_timer_start(a->p, ORX_SEC, stop_now, NULL);
    decide(a, "{");
    came_to(a, "GPT-5-mini", "static_fallback", "router_unavailable", true);
    assert_in_range(a->d.latency_ns, ORX_SEC, 2 * ORX_SEC);
}

static void an_address_elsewhere_needs_tls(void **state) {
    asked *a = *state;
    a->q.url = "http://router.example:8788/route";
    decide(a, "");
    came_to(a, "GPT-5-mini", "static_fallback", "router_unavailable", true);
    assert_contains(a->d.error, "plain http to router.example");
}

/* ---- A choice -------------------------------------------------------------------------------- */

static void a41_the_router_picks_an_allowed_model(void **state) {
    asked *a = *state;
    decide(a, "{\"selected_model\": \"\", \"model\": \" gpt-5-MINI \", \"target_model\": \"x\"}");
    came_to(a, "GPT-5-mini", "routellm", "router_selected_model", false);
    assert_string_equal(a->d.error, "");
    assert_in_range(a->d.latency_ns, 250 * ORX_MS, ORX_SEC);
    a->policy.allowed.count = 0;
    decide(a, "{\"target_model\": \"qwen/any.thing-7b:q4\"}");
    came_to(a, "qwen/any.thing-7b:q4", "routellm", "router_selected_model", false);
}

static void a42_the_router_picks_a_stranger(void **state) {
    asked *a = *state;
    a->policy.fallback = "";
    decide(a, "{\"selected_model\": \"rogue-model\"}");
    came_to(a, "gpt-5-codex", "static_fallback", "router_model_disallowed_fallback", true);
    assert_string_equal(a->d.notice, "router_model_not_allowed:rogue-model");
    assert_string_equal(a->d.error, "");
}

static const orx_node *parsed(asked *a, const orx_str *text) {
    orx_err err = ORX_ERR_INIT;
    const orx_node *root = NULL;
    assert_ok(orx_json_parse(&a->arena, "body", orx_str_view(text), &orx_limits_data, &root, &err),
              &err);
    return root;
}

static void the_question_is_about_the_task(void **state) {
    asked *a = *state;
    a->q.text = orx_view_of("Implement helper.");
    decide(a, "{\"model\": \"gpt-5-mini\"}");
    const orx_node *n = parsed(a, &a->body);
    assert_int_equal(n->count, 5);
    assert_string_equal(orx_node_str(orx_node_get(n, "provider"), ""), "codex");
    assert_string_equal(orx_node_str(orx_node_get(n, "requested_model"), ""), "gpt-4o-mini");
    assert_string_equal(orx_node_str(orx_node_get(n, "prompt"), ""), "Implement helper.");
    assert_int_equal(orx_node_int(orx_node_get(n, "prompt_tokens_est"), 0), 4);
    assert_int_equal(orx_node_int(orx_node_get(n, "prompt_difficulty_score"), 0), 20);
}

static void secrets_do_not_leave(void **state) {
    asked *a = *state;
    orx_secrets secrets = {0};
    orx_secrets_add(&secrets, orx_view_of("sk-abcdef123"));
    a->q.secrets = &secrets;
    a->q.text = orx_view_of("Use sk-abcdef123 here.");
    decide(a, "{\"model\": \"gpt-5-mini\"}");
    assert_contains(orx_str_cstr(&a->body), "Use ************ here.");
    orx_secrets_free(&secrets);
}

/* ---- Local-only ------------------------------------------------------------------------------ */

static void only_what_is_served_is_allowed(void **state) {
    asked *a = *state;
    static const char *const served[] = {"openai/gpt-5-mini", "llama", NULL};
    static const char *const strangers[] = {"llama", NULL};
    const orx_strings available = {served, 2};
    const orx_strings none = {strangers, 1};
    a->q.on = false;
    a->q.local_only = true;
    a->q.available = &available;
    decide(a, "");
    assert_true(a->d.filtered);
    assert_int_equal(a->d.allowed.count, 1);
    assert_int_equal(a->d.available, 2);
    a->q.available = &none;
    decide(a, "");
    assert_false(a->d.filtered);
    assert_int_equal(a->d.allowed.count, 2);
}

/* ---- The record ------------------------------------------------------------------------------ */

static void the_record_has_the_predecessors_keys(void **state) {
    asked *a = *state;
    static const char *const keys[] = {"provider",
                                       "requested_model",
                                       "selected_model",
                                       "fallback_model",
                                       "policy_fallback_model",
                                       "allowed_models",
                                       "requested_model_allowed",
                                       "strategy",
                                       "router_enabled",
                                       "router_url",
                                       "router_timeout_sec",
                                       "fallback_used",
                                       "reason",
                                       "router_error",
                                       "router_notice",
                                       "router_latency_sec",
                                       "local_only_mode",
                                       "local_available_models_count",
                                       "allowed_models_filtered_by_availability"};
    a->q.url = URL "?token=sesame";
    decide(a, "{\"model\": \"gpt-5-mini\"}");
    const orx_node *n = orx_routellm_decision_node(&a->d, &a->arena);
    assert_int_equal(n->count, ORX_ARRAY_LEN(keys));
    for (size_t i = 0; i < ORX_ARRAY_LEN(keys); i++)
        assert_non_null(orx_node_get(n, keys[i]));
    assert_string_equal(orx_node_str(orx_node_get(n, "router_url"), ""), URL);
    assert_true(orx_node_num(orx_node_get(n, "router_latency_sec"), 0) >= 0.25);
}

/* ---- The policy file ------------------------------------------------------------------------- */

static void policy_says(asked *a, const char *text) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_write_atomic(a->p, "/policy.json", orx_view_of(text), 0644, &err), &err);
    assert_ok(orx_routellm_policy_read(a->p, "/policy.json", "codex", &a->arena, &a->policy, &err),
              &err);
}

static void a_policy_is_read_as_the_predecessor_did(void **state) {
    asked *a = *state;
    policy_says(a,
                "{\"enabled\": \"Yes\", \"router\": {\"url\": \" http://r/ \", \"timeout_sec\": 2},"
                " \"providers\": {\"codex\": {\"allowed_models\": \"a;b,A , ,c\","
                " \"fallback_model\": \" b \"}}}");
    assert_true(a->policy.enabled);
    assert_true(a->policy.provider_enabled);
    assert_string_equal(a->policy.url, "http://r/");
    assert_int_equal(a->policy.timeout_ns, 2 * ORX_SEC);
    assert_string_equal(a->policy.fallback, "b");
    assert_int_equal(a->policy.allowed.count, 3);
    assert_string_equal(a->policy.allowed.items[2], "c");
    policy_says(a, "{\"enabled\": 1.5, \"providers\": {\"codex\": {\"enabled\": \"off\","
                   " \"allowed_models\": [\"x\", 7, \"X\"]}}}");
    assert_true(a->policy.enabled);
    assert_false(a->policy.provider_enabled);
    assert_int_equal(a->policy.allowed.count, 1);
    policy_says(a, "{\"enabled\": \"maybe\", \"providers\": {\"codex\": {\"enabled\": null}}}");
    assert_false(a->policy.enabled);
    assert_true(a->policy.provider_enabled);
    assert_int_equal(a->policy.allowed.count, 0);
}

static void a_policy_that_is_none(void **state) {
    asked *a = *state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_routellm_policy_read(a->p, "/absent", "codex", &a->arena, &a->policy, &err),
              &err);
    assert_false(a->policy.enabled);
    assert_true(a->policy.provider_enabled);
    assert_ok(orx_write_atomic(a->p, "/list", orx_view_of("[]"), 0644, &err), &err);
    assert_int_equal(orx_routellm_policy_read(a->p, "/list", "codex", &a->arena, &a->policy, &err),
                     ORX_E_INVALID);
    assert_contains(err.msg, "/list:1:1: expected an object");
}

#define ASKED(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        ASKED(a38_routing_is_switched_off),
        ASKED(the_gates_in_their_order),
        ASKED(a43_the_requested_model_is_not_allowed),
        ASKED(a39_the_router_is_down),
        ASKED(a40_the_router_answers_nonsense),
        ASKED(a_redirect_is_not_followed),
        ASKED(a_flood_is_cut_off),
        ASKED(silence_ends_with_the_time_limit),
        ASKED(a_stop_ends_the_wait),
        ASKED(an_address_elsewhere_needs_tls),
        ASKED(a41_the_router_picks_an_allowed_model),
        ASKED(a42_the_router_picks_a_stranger),
        ASKED(the_question_is_about_the_task),
        ASKED(secrets_do_not_leave),
        ASKED(only_what_is_served_is_allowed),
        ASKED(the_record_has_the_predecessors_keys),
        ASKED(a_policy_is_read_as_the_predecessor_did),
        ASKED(a_policy_that_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
