/* Whatever a weights file of the plugin routellm holds, it is refused with a sentence, or the
 * router that comes of it plans for every candidate with scores between 0 and 1. The plugin is
 * linked in. An input that begins with '#' is the model in bytes and is put into a document with
 * the right checksum; any other is the document. */
#include "../../plugins/routellm/routellm.h"

#include "data/json.h"
#include "platform/sim/sim.h"
#include "plugin/registry.h"
#include "plugin/route.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check_plan(orx_instance *router, orx_arena *arena) {
    static const float vector[4] = {0.5F, -0.5F, 0.5F, 0.5F};
    const orxaq_task_features task = {.struct_size = sizeof task,
                                      .attempt = 1,
                                      .text = orxaq_str("rename the flag"),
                                      .embedding = vector,
                                      .embedding_count = 4};
    const orxaq_candidate list[] = {
        {.struct_size = sizeof list[0], .model = orxaq_str("tiny"), .cost_nano_usd = 1},
        {.struct_size = sizeof list[0], .model = orxaq_str("grand"), .cost_nano_usd = 9},
        {.struct_size = sizeof list[0], .model = orxaq_str("other"), .cost_nano_usd = -1}};
    const orxaq_budget budget = {.struct_size = sizeof budget};
    const orxaq_route_request request = {.struct_size = sizeof request,
                                         .candidate_count = 3,
                                         .task = &task,
                                         .candidates = list,
                                         .budget = &budget,
                                         .seed = 1};
    orx_plan plan;
    orx_err err = ORX_ERR_INIT;
    if (orx_route_select(router, &request, arena, &plan, &err) < 0) {
        FUZZ_CHECK(strstr(err.msg, "vectors of another program")); /* of another length than 4 */
        return;
    }
    FUZZ_CHECK(plan.count == 3);
    for (int i = 0; i < 3; i++)
        FUZZ_CHECK(!plan.scores[i].given ||
                   (plan.scores[i].score >= 0 && plan.scores[i].score <= 1));
}

static void load(orx_plugins *all, const orx_plugin *plugin, orx_view text, bool ours) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    orx_instance *router = NULL;
    const orx_node *root = NULL;
    if (orx_json_parse(&arena, "weights", text, &orx_limits_data, &root, NULL) < 0 ||
        (root->kind != ORX_OBJECT && root->kind != ORX_ARRAY))
        return;
    orx_node *settings = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set(&arena, settings, "weights", orx_node_copy(&arena, root));
    const orx_instance_spec spec = {
        .plugin = plugin, .name = "x", .settings = settings, .path = "settings"};
    if (orx_instance_new(all, &spec, &router, &err) == 0)
        check_plan(router, &arena);
    else
        FUZZ_CHECK(strstr(err.msg, "weights: ") && (!ours || strstr(err.msg, "no model")));
    orx_instance_free(router);
}

/* A document around the bytes, with their checksum and the router they name. */
static char *document_of(const uint8_t *bytes, size_t size) {
    char *text = malloc(256 + RL_BASE64(size));
    FUZZ_CHECK(text);
    int n = snprintf(text, 256,
                     "{\"format\":\"orxaq.routellm.weights\",\"version\":1,\"router\":\"%s\","
                     "\"crc64\":\"%016llx\",\"data\":\"",
                     rl_router_name(size ? bytes[0] : 0), (unsigned long long)rl_crc(bytes, size));
    rl_base64(bytes, size, text + n);
    memcpy(text + n + RL_BASE64(size), "\"}", 3);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    bool ours = size > 0 && data[0] == '#';
    char *text = ours ? document_of(data + 1, size - 1) : NULL;
    orx_sim *sim = orx_sim_new(1);
    orx_platform *p = orx_sim_platform(orx_sim_add_host(sim, "machine"));
    orx_sim_module(sim, "/plugin.so", ORXAQ_PLUGIN_SYMBOL,
                   (orx_module_fn)(void (*)(void))orxaq_plugin_query);
    orx_plugin plugin = {0};
    orx_plugins *all = orx_plugins_new(p, NULL);
    plugin.all = all;
    FUZZ_CHECK(orx_module_view_open(p, "/plugin.so", false, &arena, &plugin.view, NULL) == 0);
    load(all, &plugin, text ? orx_view_of(text) : orx_view_mem(data, size), ours);
    orx_plugins_free(all);
    orx_sim_free(sim);
    free(text);
    return 0;
}
