/* A cap that is about nothing, or about something that is not there, would protect nothing. */
#include "base/nearest.h"
#include "config/load.h"

static void report(orx_loader *l, const orx_cap_config *c, const char *member, const char *text) {
    const char *path = orx_arena_printf(&l->st->arena, "caps.%s.%s", c->name, member);
    const orx_config_value *v = orx_map_get(&l->st->by_path, orx_view_of(path));
    orx_loader_report(l, ORX_DIAG_ERROR, v->where, path, text);
}

/* Where the entry stands: its first member that is given. */
static const char *place_of(orx_loader *l, const orx_cap_config *c) {
    const orx_node *all = orx_node_get(l->doc, "caps");
    const orx_node *entry = all ? orx_node_get(all, c->name) : NULL;
    return entry ? orx_loader_key_where(l, entry) : "caps";
}

static void check_subject(orx_loader *l, const orx_cap_config *c) {
    int count = (c->lane != NULL) + (c->provider != NULL) + (c->account != NULL);
    bool limits = c->hourly || c->daily || c->monthly;
    const char *path = orx_arena_printf(&l->st->arena, "caps.%s", c->name);
    if (count != 1)
        orx_loader_report(l, ORX_DIAG_ERROR, place_of(l, c), path,
                          "expected one of lane, provider and account");
    else if (!limits)
        orx_loader_report(l, ORX_DIAG_ERROR, place_of(l, c), path,
                          "expected an amount: hourly, daily or monthly");
}

/* Whether some provider has this name, or pays with this account. */
static void check_known(orx_loader *l, const orx_cap_config *c, const char *member,
                        const char *name) {
    orx_nearest near = {0};
    bool account = strcmp(member, "account") == 0;
    if (!name)
        return;
    for (size_t i = 0; i < l->cfg->provider_count; i++) {
        const orx_provider_config *p = &l->cfg->providers[i];
        const char *known = account ? p->account : p->name;
        if (strcmp(known, name) == 0)
            return;
        orx_nearest_try(&near, orx_view_of(name), known);
    }
    report(l, c, member,
           orx_arena_printf(&l->st->arena, "no provider %s %s%s%s%s",
                            account ? "has the account" : "is called", name,
                            near.best ? "; did you mean " : "", near.best ? near.best : "",
                            near.best ? "?" : ""));
}

void orx_loader_check_caps(orx_loader *l) {
    for (size_t i = 0; i < l->cfg->cap_count; i++) {
        const orx_cap_config *c = &l->cfg->caps[i];
        check_subject(l, c);
        check_known(l, c, "provider", c->provider);
        check_known(l, c, "account", c->account);
    }
}
