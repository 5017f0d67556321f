/* Checks of settings, instances, routers and sinks; and the settings made up for them. */
#include "plugin/validate_drive.h"

#include "plugin/key.h"
#include "plugin/route.h"
#include "plugin/settings.h"

/* ---- Declared keys --------------------------------------------------------------------------- */

int orx_check_config_table(orx_trial *t, orx_err *err) {
    int rc = orx_trial_query(t, err);
    const orxaq_config_key *keys = rc < 0 ? NULL : t->raw->config;
    if (rc < 0 || t->raw->config_count == 0)
        return rc;
    if (!keys || t->raw->config_count > ORX_ABI_KEYS_MAX)
        return orx_fails(err,
                         "the descriptor counts %u config keys; expected at most %d that exist",
                         t->raw->config_count, ORX_ABI_KEYS_MAX);
    uint32_t size = keys->struct_size;
    bool fits = size >= sizeof *keys && size <= ORX_ABI_ELEMENT_MAX && size % sizeof(void *) == 0;
    for (uint32_t i = 0; i < t->raw->config_count && fits; i++)
        fits = ORXAQ_AT(orxaq_config_key, keys, i)->struct_size == size;
    return fits ? 0
                : orx_fails(err,
                            "config keys say they have %u bytes; expected one size for all, "
                            "%zu to %d",
                            size, sizeof *keys, ORX_ABI_ELEMENT_MAX);
}

static int check_keys(orx_trial *t, bool defaults, orx_err *err) {
    int rc = orx_trial_query(t, err);
    if (rc < 0)
        return rc;
    uint32_t count = t->raw->config_count;
    orxaq_config_key *keys = orx_arena_zalloc(&t->arena, count + 1, sizeof *keys);
    for (uint32_t i = 0; i < count; i++) {
        keys[i] = *ORXAQ_AT(orxaq_config_key, t->raw->config, i);
        keys[i].struct_size = sizeof keys[i];
        if (!defaults)
            keys[i].default_value = NULL;
    }
    return orx_settings_check_keys(keys, count, err);
}

int orx_check_config_keys(orx_trial *t, orx_err *err) {
    return check_keys(t, false, err);
}

int orx_check_config_defaults(orx_trial *t, orx_err *err) {
    return check_keys(t, true, err);
}

/* ---- Settings made up ------------------------------------------------------------------------ */

static orx_node *word_of(orx_arena *a, const char *words, int variant) {
    orx_view rest = orx_view_of(words), word = rest;
    for (int i = 0; i <= variant % 3 && rest.len; i++)
        (void)orx_view_split(&rest, '|', &word);
    return orx_node_new_str(a, word);
}

static orx_node *integer_of(orx_arena *a, const orxaq_config_key *key, int variant) {
    int64_t low = 0, high = 0;
    if (orx_key_range(key, &low, &high, NULL) < 0)
        return orx_node_new_int(a, 1);
    return orx_node_new_int(a, variant % 2 ? high : low);
}

/* Documents that have nothing to do with what the plugin expects. */
static orx_node *document_of(orx_arena *a, int variant) {
    orx_node *n = orx_node_new(a, variant % 3 == 1 ? ORX_ARRAY : ORX_OBJECT);
    if (variant % 3 == 1)
        orx_node_push(n, orx_node_new(a, ORX_NULL));
    if (variant % 3 == 2)
        orx_node_set_str(a, n, "\xc3\xa9t\xc3\xa9 {x}", "x");
    return n;
}

static orx_node *value_of(orx_arena *a, const orxaq_config_key *key, int variant) {
    orx_node *n = NULL;
    double low = 0, high = 0;
    switch (key->type) {
    case ORXAQ_CONFIG_INTEGER:
        return integer_of(a, key, variant);
    case ORXAQ_CONFIG_NUMBER:
        (void)orx_key_range_number(key, &low, &high, NULL);
        return orx_node_new_double(a, variant % 2 ? high : low);
    case ORXAQ_CONFIG_BOOLEAN:
        return orx_node_new_bool(a, variant % 2);
    case ORXAQ_CONFIG_CHOICE:
        return word_of(a, key->range, variant);
    case ORXAQ_CONFIG_STRINGS:
        n = orx_node_new(a, ORX_ARRAY);
        orx_node_push(n, word_of(a, key->range ? key->range : "x", variant));
        return n;
    case ORXAQ_CONFIG_STRING_MAP:
        return orx_node_new(a, ORX_OBJECT);
    case ORXAQ_CONFIG_PATH:
        return orx_node_new_str(a, orx_view_of("/trial/file"));
    case ORXAQ_CONFIG_SECRET:
        return orx_node_new_str(a, orx_view_of("env:ORXAQ_TRIAL"));
    case ORXAQ_CONFIG_DOCUMENT:
        return document_of(a, variant);
    case ORXAQ_CONFIG_STRING:
        return orx_node_new_str(a, orx_view_of(variant % 2 ? "\xc3\xa9t\xc3\xa9 {x}" : "x"));
    default: /* duration, size, money: the default, or the least that can be written */
        return key->default_value ? NULL : orx_node_new_int(a, 1);
    }
}

/* The map (or, for a list of maps, the one map in it) under a name, made if it is not there. */
static orx_node *map_under(orx_arena *a, orx_node *at, const char *name, bool list) {
    orx_node *next = (orx_node *)orx_node_get(at, name);
    if (!next) {
        next = orx_node_new(a, list ? ORX_ARRAY : ORX_OBJECT);
        orx_node_set(a, at, name, next);
        if (list)
            orx_node_push(next, orx_node_new(a, ORX_OBJECT));
    }
    ORX_NODE_EACH(list ? next : NULL, it) {
        return (orx_node *)it;
    }
    return next;
}

/* Puts a value at "a.b[].c"; a list of maps gets one element. */
static void put_value(orx_arena *a, orx_node *at, const char *path, orx_node *value) {
    orx_key_part parts[ORX_KEY_PARTS_MAX];
    int count = orx_key_split(path, parts, NULL);
    for (int i = 0; i < count; i++) {
        const char *name = orx_arena_dup(a, parts[i].name);
        if (i == count - 1)
            orx_node_set(a, at, name, value);
        else
            at = map_under(a, at, name, parts[i].list);
    }
}

int orx_trial_instance(orx_trial *t, int variant, orx_instance **ret_instance, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *settings = orx_node_new(&a, ORX_OBJECT);
    const orxaq_config_key *key;
    for (uint32_t i = 0; (key = orx_plugin_key(&t->plugin, i)); i++) {
        bool wanted = key->flags & ORXAQ_KEY_REQUIRED || (variant && (variant + (int)i) % 3);
        orx_node *value = wanted ? value_of(&a, key, variant + (int)i) : NULL;
        if (value)
            put_value(&a, settings, key->key, value);
    }
    const orx_instance_spec spec = {
        .plugin = &t->plugin, .name = "trial", .settings = settings, .path = "settings"};
    return orx_instance_new(t->all, &spec, ret_instance, err);
}

/* Settings made up at random may be refused, but only in an orderly way. */
int orx_check_config_survives(orx_trial *t, orx_err *err) {
    int rc = orx_trial_plugin(t, err);
    for (int variant = 1; variant <= 24 && rc >= 0; variant++) {
        orx_instance *instance = NULL;
        if (orx_trial_instance(t, variant, &instance, NULL) >= 0)
            orx_instance_free(instance);
    }
    return rc;
}

/* ---- Instances ------------------------------------------------------------------------------- */

int orx_check_create(orx_trial *t, orx_err *err) {
    orx_instance *instance = NULL;
    int rc = orx_trial_plugin(t, err);
    if (rc >= 0)
        rc = orx_trial_instance(t, 0, &instance, err);
    orx_instance_free(instance);
    return rc;
}

int orx_check_silent(orx_trial *t, orx_err *err) {
    return orx_check_create(t, err);
}

int orx_check_two(orx_trial *t, orx_err *err) {
    orx_instance *first = NULL, *second = NULL;
    int rc = orx_trial_plugin(t, err);
    if (rc >= 0)
        rc = orx_trial_instance(t, 0, &first, err);
    if (rc >= 0)
        rc = orx_trial_instance(t, 0, &second, err);
    if (rc >= 0 && orx_instance_object(first) == orx_instance_object(second))
        rc = orx_fails(err, "two instances are the same object; expected one for each create");
    orx_instance_free(first);
    if (rc >= 0 || second)
        orx_instance_free(second);
    return rc;
}

int orx_check_again(orx_trial *t, orx_err *err) {
    int rc = orx_trial_plugin(t, err);
    for (int i = 0; i < 20 && rc >= 0; i++) {
        orx_instance *instance = NULL;
        rc = orx_trial_instance(t, 0, &instance, err);
        orx_instance_free(instance);
    }
    return rc;
}

/* ---- Router and sink ------------------------------------------------------------------------- */

static int plan_once(orx_instance *instance, orx_arena *arena, orx_plan *plan, orx_err *err) {
    const orxaq_task_features task = {.struct_size = sizeof task,
                                      .attempt = 1,
                                      .last_kind = -1,
                                      .task_id = {"trial", 5},
                                      .owner = {"one", 3},
                                      .prompt_tokens = 100};
    orxaq_candidate two[2];
    for (int i = 0; i < 2; i++)
        two[i] = (orxaq_candidate){.struct_size = sizeof two[i],
                                   .deployment = orxaq_str(i ? "two" : "one"),
                                   .provider = orxaq_str(i ? "two" : "one"),
                                   .model = orxaq_str("m"),
                                   .context_tokens = -1,
                                   .input_price = -1,
                                   .output_price = -1,
                                   .limit = 1,
                                   .cost_nano_usd = -1};
    const orxaq_budget budget = {.struct_size = sizeof budget,
                                 .task_nano_usd = -1,
                                 .day_nano_usd = -1,
                                 .tokens = -1,
                                 .time_ns = -1};
    const orxaq_route_request request = {.struct_size = sizeof request,
                                         .candidate_count = 2,
                                         .task = &task,
                                         .candidates = two,
                                         .budget = &budget,
                                         .seed = 7,
                                         .deadline_ns = ORX_SEC};
    return orx_route_select(instance, &request, arena, plan, err);
}

static int check_router(orx_trial *t, int rounds, orx_err *err) {
    orx_instance *instance = NULL;
    int rc = orx_trial_plugin(t, err);
    if (rc >= 0 && !t->plugin.view.router.struct_size)
        return orx_skips(err, "the module is no router");
    if (rc >= 0)
        rc = orx_trial_instance(t, 0, &instance, err);
    orx_plan first = {0};
    for (int i = 0; i < rounds && rc >= 0; i++) {
        orx_plan plan = {0};
        rc = plan_once(instance, &t->arena, &plan, err);
        if (rc >= 0 && i > 0 &&
            (plan.count != first.count || plan.steps[0].candidate != first.steps[0].candidate))
            rc = orx_fails(err, "the same request with the same seed gives another plan");
        first = i ? first : plan;
    }
    orx_instance_free(instance);
    return rc;
}

int orx_check_router_plan(orx_trial *t, orx_err *err) {
    return check_router(t, 1, err);
}

int orx_check_router_repeatable(orx_trial *t, orx_err *err) {
    return check_router(t, 4, err);
}

int orx_check_sink_wants(orx_trial *t, orx_err *err) {
    static const char *const kinds[] = {"task.done", "call.settled", "x"};
    orx_instance *instance = NULL;
    int rc = orx_trial_plugin(t, err);
    const orxaq_sink *sink = &t->plugin.view.sink;
    if (rc >= 0 && !sink->struct_size)
        return orx_skips(err, "the module is no sink");
    if (rc >= 0)
        rc = orx_trial_instance(t, 0, &instance, err);
    for (size_t i = 0; i < ORX_ARRAY_LEN(kinds) * 4 && rc >= 0; i += 4) {
        orx_instance_enter(instance);
        int32_t first = sink->wants(orx_instance_object(instance), orxaq_str(kinds[i / 4]));
        for (int j = 0; j < 3 && rc >= 0; j++)
            if (sink->wants(orx_instance_object(instance), orxaq_str(kinds[i / 4])) != first)
                rc = orx_fails(err, "wants answers differently for the same kind of event");
        orx_instance_leave(instance);
    }
    orx_instance_free(instance);
    return rc;
}
