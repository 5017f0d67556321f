#include "rig.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void on_log(void *user, int level, const char *instance, orx_view text) {
    rig *r = user;
    (void)level;
    orx_str_addf(&r->log, "%s: %.*s\n", instance ? instance : "", (int)text.len, text.p);
}

int rig_setup(void **state) {
    rig *r = calloc(1, sizeof *r);
    orx_err err = ORX_ERR_INIT;
    assert_non_null(r);
    r->sim = orx_sim_new(1);
    orx_platform *p = orx_sim_platform(orx_sim_add_host(r->sim, "machine"));
    orx_sim_module(r->sim, "/routellm.so", ORXAQ_PLUGIN_SYMBOL,
                   (orx_module_fn)(void (*)(void))orxaq_plugin_query);
    const orx_plugin_setup setup = {.log = on_log, .user = r};
    r->all = orx_plugins_new(p, &setup);
    r->plugin.all = r->all;
    assert_ok(orx_module_view_open(p, "/routellm.so", false, &r->arena, &r->plugin.view, &err),
              &err);
    r->world = synth_new(7, 2000, 120);
    synth_record(r->world, 3, &r->set);
    *state = r;
    return 0;
}

int rig_teardown(void **state) {
    rig *r = *state;
    orx_instance_free(r->instance);
    orx_plugins_free(r->all);
    orx_sim_free(r->sim);
    rl_set_free(&r->set);
    synth_free(r->world);
    orx_arena_free(&r->arena);
    orx_arena_free(&r->scratch);
    orx_str_free(&r->log);
    free(r);
    return 0;
}

const char *rig_weights(rig *r, int router) {
    rl_model model;
    assert_int_equal(rl_train(router, &r->set, 1, &model), 0);
    char *text = rl_weights_text(&model);
    assert_non_null(text);
    const char *kept = orx_arena_strdup(&r->arena, text);
    free(text);
    rl_model_free(&model);
    return kept;
}

const orx_node *rig_parse(rig *r, const char *text) {
    const orx_node *root = NULL;
    if (orx_json_parse(&r->arena, "document", orx_view_of(text), &orx_limits_data, &root, NULL) < 0)
        return NULL;
    return root;
}

const char *rig_settings(rig *r, const char *format, ...) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    va_list args;
    va_start(args, format);
    orx_str_vaddf(&text, format, args);
    va_end(args);
    orx_instance_free(r->instance);
    r->instance = NULL;
    const orx_node *settings = rig_parse(r, orx_str_cstr(&text));
    assert_non_null(settings);
    const orx_instance_spec spec = {
        .plugin = &r->plugin, .name = "learned", .settings = settings, .path = "settings"};
    if (orx_instance_new(r->all, &spec, &r->instance, &err) == 0)
        return NULL;
    return orx_arena_strdup(&r->arena, err.msg);
}

#define MAX 80

static uint32_t read_offers(rig *r, const char *offered, orxaq_candidate *list) {
    uint32_t count = 0;
    orx_view rest = orx_view_of(offered);
    orx_view one;
    while (orx_view_split(&rest, ' ', &one)) {
        orx_view name = {0};
        assert_true(orx_view_split(&one, '=', &name) && count < MAX);
        const char *cost = orx_arena_printf(&r->scratch, "%.*s", (int)one.len, one.p);
        list[count++] = (orxaq_candidate){.struct_size = sizeof list[0],
                                          .deployment = orxaq_str("none"),
                                          .model = {name.p, name.len},
                                          .input_price = -1,
                                          .output_price = -1,
                                          .success_ppm = -1,
                                          .cost_nano_usd = strtoll(cost, NULL, 10)};
    }
    return count;
}

const char *rig_plan(rig *r, const orxaq_task_features *task, const char *offered,
                     orx_plan *ret_plan) {
    orx_err err = ORX_ERR_INIT;
    orxaq_candidate list[MAX];
    const orxaq_budget budget = {.struct_size = sizeof budget};
    const orxaq_route_request request = {.struct_size = sizeof request,
                                         .candidate_count = read_offers(r, offered, list),
                                         .task = task,
                                         .candidates = list,
                                         .budget = &budget,
                                         .seed = r->seed};
    if (orx_route_select(r->instance, &request, &r->scratch, ret_plan, &err) < 0)
        return orx_arena_printf(&r->scratch, "!%s", err.msg);
    const char *text = "";
    for (size_t i = 0; i < ret_plan->count; i++)
        text =
            orx_arena_printf(&r->scratch, "%s%s%s", text, i ? " " : "", ret_plan->steps[i].model);
    return text;
}
