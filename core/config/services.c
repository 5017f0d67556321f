/* Services: what the supervisor runs again and again. The built-in ones exist without an entry. */
#include "base/cron.h"
#include "config/load.h"

#include <stdlib.h>

static const struct {
    const char *service;
    const char *member;
    const char *fallback;
} defaults[] = {
    {"local-idle-guard", "every", "30s"},
    {"local-idle-guard", "command", "orxaq,local-idle-guard"},
    {"local-idle-guard", "timeout", "15m"},
    {"model-watchdog", "every", "30s"},
    {"model-watchdog", "command", "orxaq,model-watchdog"},
    {"model-watchdog", "timeout", "15m"},
    {"network-watch", "every", "30s"},
    {"network-watch", "command", "orxaq,network-watch"},
    {"network-watch", "timeout", "5m"},
    {"process-watchdog", "every", "1m"},
    {"process-watchdog", "command", "orxaq,process-watchdog"},
    {"process-watchdog", "timeout", "5m"},
    {"remote-heartbeat", "every", "10s"},
    {"remote-heartbeat", "command", "orxaq,remote-heartbeat"},
    {"remote-heartbeat", "timeout", "5m"},
    {"routellm-serve", "every", "5s"},
    {"routellm-serve", "command",
     "orxaq,routellm-serve,--port=8788,--policy-file,config/routellm_policy.json"},
    {"routellm-serve", "timeout", "0"},
    {"provider-cost-ingest", "every", "10m"},
    {"provider-cost-ingest", "command", "orxaq,provider-cost-ingest"},
};

const char *const orx_builtin_services[] = {
    "local-idle-guard",     "model-watchdog",   "network-watch",  "process-watchdog",
    "provider-cost-ingest", "remote-heartbeat", "routellm-serve", NULL};

const char *orx_builtin_service_default(const char *name, const char *member) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(defaults); i++)
        if (!strcmp(defaults[i].service, name) && !strcmp(defaults[i].member, member))
            return defaults[i].fallback;
    return NULL;
}

static const orx_config_value *value_of(orx_loader *l, const orx_service_config *s,
                                        const char *member) {
    const char *path = orx_arena_printf(&l->st->arena, "services.%s.%s", s->name, member);
    return orx_map_get(&l->st->by_path, orx_view_of(path));
}

static void report(orx_loader *l, const orx_service_config *s, const char *member,
                   const char *text) {
    const orx_config_value *v = value_of(l, s, member);
    orx_loader_report(l, ORX_DIAG_ERROR, v->where, v->path, text);
}

static bool is_given(orx_loader *l, const orx_service_config *s, const char *member) {
    return value_of(l, s, member)->origin != ORX_ORIGIN_DEFAULT;
}

/* ---- What makes no sense --------------------------------------------------------------------- */

static void check_schedule(orx_loader *l, orx_service_config *s, const char *where) {
    orx_err err = ORX_ERR_INIT;
    orx_cron cron;
    if (s->cron && !is_given(l, s, "every"))
        s->every_ns = 0; /* of the built-in one */
    if (s->cron && s->every_ns)
        report(l, s, "cron", "expected either this or every, not both");
    else if (s->cron && orx_cron_parse(orx_view_of(s->cron), &cron, &err) < 0)
        report(l, s, "cron", err.msg);
    else if (!s->cron && s->every_ns < INT64_C(1000000000))
        orx_loader_report(l, ORX_DIAG_ERROR, where,
                          orx_arena_printf(&l->st->arena, "services.%s", s->name),
                          "expected when it is to run: every (at least 1s) or cron");
}

/* Units have one space of names. That of a lane is known only when the lanes are. */
static void check_name(orx_loader *l, const orx_service_config *s, const char *where) {
    if (strcmp(s->name, "primary") == 0 || strcmp(s->name, "supervisor") == 0)
        orx_loader_report(l, ORX_DIAG_ERROR, where, "services",
                          orx_arena_printf(&l->st->arena, "the name %s is taken", s->name));
}

static void check(orx_loader *l, orx_service_config *s, const orx_node *node) {
    const char *where = node ? orx_loader_key_where(l, node) : "services";
    check_name(l, s, where);
    check_schedule(l, s, where);
    if (!s->command.count)
        orx_loader_report(l, ORX_DIAG_ERROR, where,
                          orx_arena_printf(&l->st->arena, "services.%s", s->name),
                          "expected a command: [PROGRAM, ARGUMENT...]");
}

/* ---- Reading --------------------------------------------------------------------------------- */

static const orx_node *entry_of(const orx_node *const *nodes, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (orx_view_is(nodes[i]->key, name))
            return nodes[i];
    return NULL;
}

static void add(orx_loader *l, const char *name, const orx_node *node) {
    orx_service_config *s = &l->cfg->services[l->cfg->service_count++];
    s->name = name;
    orx_loader_entry(l, "services", name, node && node->kind == ORX_OBJECT ? node : NULL,
                     orx_builtin_service_default, s);
    check(l, s, node);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const orx_service_config *)a)->name, ((const orx_service_config *)b)->name);
}

void orx_loader_services(orx_loader *l) {
    orx_arena *arena = &l->st->arena;
    const orx_node *nodes[ORX_INSTANCES_MAX];
    size_t count = orx_loader_entries(l, "services", nodes);
    size_t ours = ORX_ARRAY_LEN(orx_builtin_services) - 1;
    l->cfg->services = orx_arena_zalloc(arena, count + ours, sizeof *l->cfg->services);
    for (size_t i = 0; i < ours; i++)
        add(l, orx_builtin_services[i], entry_of(nodes, count, orx_builtin_services[i]));
    for (size_t i = 0; i < count; i++)
        if (!orx_builtin_service_default(orx_arena_dup(arena, nodes[i]->key), "command"))
            add(l, orx_arena_dup(arena, nodes[i]->key), nodes[i]);
    qsort(l->cfg->services, l->cfg->service_count, sizeof *l->cfg->services, by_name);
}
