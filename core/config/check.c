#include "config/load.h"

#include "base/nearest.h"
#include "base/units.h"

static orx_config_value *value_of(orx_loader *l, const char *path) {
    return orx_map_get(&l->st->by_path, orx_view_of(path));
}

static void report(orx_loader *l, orx_severity severity, const char *path, const char *text) {
    orx_loader_report(l, severity, value_of(l, path)->where, path, text);
}

/* ---- What follows from other values -----------------------------------------------------------
 */

/* [K] QUEUE.claimed.json, for a queue file that has no state file of its own. */
static void derive_queue_state(orx_loader *l) {
    orx_config *cfg = l->cfg;
    orx_config_value *v = value_of(l, "paths.task_queue_state_file");
    if (cfg->paths.task_queue_file && !v->set) {
        v->u.s = orx_arena_printf(&l->st->arena, "%s.claimed.json", cfg->paths.task_queue_file);
        v->set = true;
        orx_value_fill(v, cfg);
    }
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All task owners that enabled providers serve, sorted, each once. */
static void derive_owners(orx_loader *l) {
    const orx_config *cfg = l->cfg;
    size_t room = 1, count = 0, kept = 0;
    for (size_t i = 0; i < cfg->provider_count; i++)
        room += 1 + cfg->providers[i].owners.count;
    const char **list = orx_arena_zalloc(&l->st->arena, room, sizeof *list);
    for (size_t i = 0; i < cfg->provider_count; i++) {
        const orx_provider_config *p = &cfg->providers[i];
        if (!p->enabled)
            continue;
        list[count++] = p->name;
        for (size_t k = 0; k < p->owners.count; k++)
            list[count++] = p->owners.items[k];
    }
    qsort(list, count, sizeof *list, by_text);
    for (size_t i = 0; i < count; i++)
        if (!kept || strcmp(list[kept - 1], list[i]) != 0)
            list[kept++] = list[i];
    list[kept] = NULL;
    l->st->owners = list;
}

/* [K] A part of a cap lies between nothing and all of it. */
static void derive_warning_ratio(orx_loader *l) {
    orx_config_value *v = value_of(l, "budget.warning_ratio");
    if (v->u.d > 0 && v->u.d < 1)
        return;
    report(l, ORX_DIAG_WARNING, v->path, "expected a number between 0 and 1; taken as 0.8");
    v->u.d = 0.8;
    orx_value_fill(v, l->cfg);
}

void orx_loader_derive(orx_loader *l) {
    derive_queue_state(l);
    derive_warning_ratio(l);
    derive_owners(l);
}

/* ---- Rules between values ---------------------------------------------------------------------
 */

/* One owner must mean one provider. */
static void check_owner_aliases(orx_loader *l) {
    orx_map taken = {0};
    const orx_config *cfg = l->cfg;
    for (size_t i = 0; i < cfg->provider_count; i++)
        orx_map_put(&taken, orx_view_of(cfg->providers[i].name), &cfg->providers[i]);
    for (size_t i = 0; i < cfg->provider_count; i++) {
        orx_provider_config *p = &cfg->providers[i];
        const char *path = orx_arena_printf(&l->st->arena, "providers.%s.owners", p->name);
        for (size_t k = 0; k < p->owners.count; k++) {
            const char *owner = p->owners.items[k];
            const orx_provider_config *other = orx_map_put(&taken, orx_view_of(owner), p);
            if (!orx_config_id_ok(orx_view_of(owner)))
                report(l, ORX_DIAG_ERROR, path, "an owner is a name like that of a provider");
            else if (other && other != p)
                orx_diag_add(l->diags, ORX_DIAG_ERROR, value_of(l, path)->where,
                             "%s: the owner %s belongs to the provider %s already", path, owner,
                             other->name);
        }
    }
    orx_map_free(&taken);
}

/* A secret under such a name would either reach everybody or nobody. */
static void check_secrets(orx_loader *l) {
    for (size_t i = 0; i < l->cfg->provider_count; i++) {
        const orx_provider_config *p = &l->cfg->providers[i];
        if (p->secret && orx_child_env_reserved(orx_view_of(p->secret)))
            report(l, ORX_DIAG_ERROR,
                   orx_arena_printf(&l->st->arena, "providers.%s.secret", p->name),
                   "this variable is given to every process and cannot hold a secret");
    }
}

static void check_owner_filter(orx_loader *l) {
    const orx_strings *filter = &l->cfg->run.owner_filter;
    for (size_t i = 0; i < filter->count; i++) {
        orx_nearest n = {0};
        bool known = false;
        for (const char *const *o = l->st->owners; *o && !known; o++) {
            known = !strcmp(*o, filter->items[i]);
            orx_nearest_try(&n, orx_view_of(filter->items[i]), *o);
        }
        if (known)
            continue;
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_str_adds(&text, "unknown owner ");
        orx_explain_quote(orx_view_of(filter->items[i]), &text);
        if (n.best)
            orx_str_addf(&text, "; did you mean %s?", n.best);
        report(l, ORX_DIAG_ERROR, "run.owner_filter", orx_str_cstr(&text));
    }
}

static void check_router_at(orx_loader *l, const char *path, const char *wanted) {
    orx_nearest n = {0};
    if (!wanted)
        return;
    for (size_t i = 0; i < l->cfg->router_count; i++) {
        if (!strcmp(l->cfg->routers[i].name, wanted))
            return;
        orx_nearest_try(&n, orx_view_of(wanted), l->cfg->routers[i].name);
    }
    orx_diag_add(l->diags, ORX_DIAG_ERROR, value_of(l, path)->where,
                 "%s: routers has no entry %s%s%s%s", path, wanted, n.best ? "; did you mean " : "",
                 n.best ? n.best : "", n.best ? "?" : "");
}

static void check_routers(orx_loader *l) {
    check_router_at(l, "run.router", l->cfg->run.router);
    check_router_at(l, "route.shadow", l->cfg->route.shadow);
}

/* Files that orxaq writes: two of them in one place would destroy each other. */
static const char *const outputs[] = {
    "paths.state_file",      "paths.heartbeat_file",        "paths.lock_file",
    "paths.log_file",        "paths.conversation_log_file", "paths.metrics_file",
    "paths.tasks_file",      "paths.metrics_summary_file",  "paths.task_queue_file",
    "paths.pricing_file",    "paths.task_queue_state_file", "paths.objective_file",
    "paths.runner_pid_file", "paths.supervisor_lock_file",  "paths.supervisor_pid_file",
    "paths.prices_file"};

static void check_outputs(orx_loader *l) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(outputs); i++) {
        const orx_config_value *a = value_of(l, outputs[i]);
        for (size_t k = 0; a->set && k < i; k++) {
            const orx_config_value *b = value_of(l, outputs[k]);
            if (b->set && !strcmp(a->u.s, b->u.s))
                orx_diag_add(l->diags, ORX_DIAG_ERROR, a->origin > b->origin ? a->where : b->where,
                             "%s and %s are the same file: %s", outputs[k], outputs[i], a->u.s);
        }
    }
}

static void check_author(orx_loader *l) {
    const char *author = l->cfg->git.author;
    const char *open = author ? strchr(author, '<') : NULL, *end = open ? strchr(open, '>') : NULL;
    if (author && (!open || open == author || !end || end[1] || strpbrk(author, "\r\n")))
        report(l, ORX_DIAG_ERROR, "git.author", "expected \"Name <mail>\"");
}

static void check_public_key(orx_loader *l) {
    const char *key = l->cfg->breakglass.public_key;
    const char *hex = key && !strncmp(key, "ed25519:", 8) ? key + 8 : "";
    if (key && (strlen(hex) != 64 || strspn(hex, "0123456789abcdef") != 64))
        report(l, ORX_DIAG_ERROR, "breakglass.public_key",
               "expected \"ed25519:\" and 64 hex digits, as `orxaq breakglass-key` shows them");
}

/* What would be unknown all the same, although somebody meant to know it. */
static void check_money(orx_loader *l) {
    const orx_config *cfg = l->cfg;
    orx_err why = ORX_ERR_INIT;
    if (cfg->money.unknown_price == ORX_UNKNOWN_PRICE_ASSUME && !cfg->money.assumed_price)
        report(l, ORX_DIAG_ERROR, "money.unknown_price",
               "assume needs money.assumed_price: USD for a million tokens");
    if (orx_zone_load(l->p, cfg->money.timezone, &l->st->arena, &l->cfg->money.zone, &why) < 0)
        report(l, ORX_DIAG_ERROR, "money.timezone", why.msg);
    for (size_t i = 0; i < cfg->provider_count; i++) {
        if (!cfg->providers[i].watts || cfg->money.kwh_price)
            continue;
        report(l, ORX_DIAG_WARNING, "money.kwh_price",
               "is not set, so what the calls of providers with watts cost stays unknown, unless "
               "paths.prices_file says what a kWh costs");
        return;
    }
}

void orx_loader_check(orx_loader *l) {
    const orx_config *cfg = l->cfg;
    check_owner_aliases(l);
    check_secrets(l);
    check_owner_filter(l);
    check_routers(l);
    check_outputs(l);
    check_author(l);
    check_public_key(l);
    check_money(l);
    orx_loader_check_caps(l);
    orx_loader_check_route(l);
    if (cfg->retry.backoff_max_ns < cfg->retry.backoff_base_ns)
        report(l, ORX_DIAG_WARNING, "retry.backoff_max",
               "is shorter than retry.backoff_base, so every wait is this long");
    if (cfg->routellm.enabled && cfg->run.router)
        report(l, ORX_DIAG_WARNING, "routellm.enabled",
               "has no effect: run.router plans who is called");
}
