/* Whatever is asked of the routing service, there is an answer of the documented kinds, it is one
 * JSON object, and what it chose is on the list. The scorecard is linked in. The first byte of the
 * input chooses method and policy; with '#' in front the rest is a policy instead, which may be
 * refused, and the question is fixed. */
#include "run/route_answer.h"

#include "data/json.h"
#include "platform/sim/sim.h"
#include "plugin/registry.h"

#include "fuzz.h"

#include <string.h>

static const char lists[] =
    "{\"providers\":{\"codex\":{\"allowed_models\":[\"A\",\"b.c\",\"d\"],\"fallback_model\":\"d\"},"
    "\"x\":{\"allowed_models\":\"A;d\",\"respect_requested_model\":true},"
    "\"off\":{\"enabled\":false,\"allowed_models\":[\"d\"]},\"none\":{}},"
    "\"model_catalog\":{\"a\":{\"input_per_million\":1,\"speed_tps\":5,\"quality_score\":3},"
    "\"B.C\":{\"output_per_million\":2,\"max_context_tokens\":1000,\"local\":\"yes\"}}}";
static const char question[] = "{\"provider\":\"x\",\"prompt\":\"docs\",\"prompt_tokens_est\":9}";

/* With a list the answer is on it, whatever was asked for. */
static void check_choice(const orx_node *answer) {
    const char *model = orx_node_str(orx_node_get(answer, "model"), NULL);
    const orx_node *allowed = orx_node_get(answer, "allowed_models");
    FUZZ_CHECK(model && allowed);
    bool found = !allowed->count;
    ORX_NODE_EACH(allowed, it)
    found = found || strcmp(orx_node_str(it, ""), model) == 0;
    FUZZ_CHECK(found);
    FUZZ_CHECK(
        orx_node_equal(orx_node_get(answer, "model"), orx_node_get(answer, "selected_model")));
    const orx_node *rows = orx_node_get(answer, "candidate_scores");
    FUZZ_CHECK(!rows || (rows->count >= 1 && rows->count <= 6));
}

static void check_answer(const orx_route_asked *asked, const orx_route_answer *a) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *root = NULL;
    if (a->status == 501)
        return;
    FUZZ_CHECK(a->status == 200 || a->status == 400 || a->status == 404);
    FUZZ_CHECK(orx_json_parse(&arena, "answer", orx_str_view(&a->body), &orx_limits_data, &root,
                              NULL) >= 0);
    FUZZ_CHECK(root->kind == ORX_OBJECT);
    if (a->status == 200 && strcmp(asked->method, "POST") == 0)
        check_choice(root);
    else
        FUZZ_CHECK(orx_node_bool(orx_node_get(root, "ok"), false) == (a->status == 200));
}

static void ask(orx_instance *router, char how, orx_view bytes) {
    static const char *const methods[] = {"POST", "POST", "POST", "GET", "PUT"};
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    bool plain = how >= '0' && how <= '2';
    const orx_route_asked asked = {.router = router,
                                   .policy_file = "/policy.json",
                                   .profile = "fast",
                                   .method = how >= '0' && how <= '4' ? methods[how - '0'] : "POST",
                                   .target = plain || how > '4' ? orx_view_of("/route") : bytes,
                                   .body = bytes};
    orx_route_answer answer;
    orx_route_answer_to(&asked, &arena, &answer);
    check_answer(&asked, &answer);
    orx_str_free(&answer.body);
}

static void with_policy(orx_platform *p, orx_view policy, char how, orx_view bytes) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_plugin plugin = {0};
    orx_instance *router = NULL;
    const orx_node *root = NULL;
    orx_plugins *all = orx_plugins_new(p, NULL);
    plugin.all = all;
    FUZZ_CHECK(orx_module_view_open(p, "/plugin.so", false, &arena, &plugin.view, NULL) == 0);
    if (orx_json_parse(&arena, "policy", policy, &orx_limits_config, &root, NULL) >= 0 &&
        (root->kind == ORX_OBJECT || root->kind == ORX_ARRAY)) {
        orx_node *settings = orx_node_new(&arena, ORX_OBJECT);
        orx_node_set(&arena, settings, "policy", orx_node_copy(&arena, root));
        orx_node_set_str(&arena, settings, "profile", how & 1 ? "strong" : "fast");
        const orx_instance_spec spec = {
            .plugin = &plugin, .name = "x", .settings = settings, .path = "settings"};
        int rc = orx_instance_new(all, &spec, &router, NULL);
        FUZZ_CHECK(rc == 0 || root->kind == ORX_ARRAY);
    }
    if (router)
        ask(router, how, bytes);
    orx_instance_free(router);
    orx_plugins_free(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1)
        return 0;
    orx_view rest = orx_view_mem(data + 1, size - 1);
    bool is_policy = data[0] == '#';
    orx_sim *sim = orx_sim_new(1);
    orx_platform *p = orx_sim_platform(orx_sim_add_host(sim, "machine"));
    orx_sim_module(sim, "/plugin.so", ORXAQ_PLUGIN_SYMBOL,
                   (orx_module_fn)(void (*)(void))orxaq_plugin_query);
    with_policy(p, is_policy ? rest : orx_view_of(lists), is_policy ? '0' : (char)data[0],
                is_policy ? orx_view_of(question) : rest);
    orx_sim_free(sim);
    return 0;
}
