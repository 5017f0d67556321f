/* Lanes whose tasks are done by a server of one's own. */
#include "lane/capacity.h"

#include "base/address.h"

static const char *env_of(const orx_lane *lane, const char *name) {
    return orx_node_str(orx_node_get(lane->env, name), NULL);
}

/* [K] trimmed, in any case. */
static bool is_on(const char *text) {
    static const char *const words[] = {"1", "true", "yes", "on"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        if (orx_view_ieq(orx_view_trim(orx_view_of(text)), orx_view_of(words[i])))
            return true;
    return false;
}

/* One that may be asked, without what is at its end and means nothing; NULL = it may not. */
static const char *usable(orx_view given, orx_arena *arena) {
    orx_view url = orx_view_trim(given);
    while (url.len && url.p[url.len - 1] == '/')
        url.len--;
    return url.len && orx_address_is_private(url) ? orx_arena_dup(arena, url) : NULL;
}

/* [K] split at comma, semicolon and white space. */
static const char *first_of(const char *text, orx_arena *arena) {
    static const char separators[] = ",; \t\r\n";
    const char *found = NULL;
    for (text += strspn(text, separators); *text && !found; text += strspn(text, separators)) {
        size_t len = strcspn(text, separators);
        found = usable((orx_view){text, len}, arena);
        text += len;
    }
    return found;
}

static const orx_fleet_status *fleet_of(orx_lane_buckets *b) {
    if (!b->fleet_read)
        (void)orx_fleet_status_read(b->p, b->cfg->paths.fleet_status_file, b->arena, &b->fleet,
                                    NULL);
    b->fleet_read = true;
    return &b->fleet;
}

static const char *first_configured(const orx_config *cfg, orx_arena *arena) {
    const char *found = NULL;
    for (size_t i = 0; !found && i < cfg->local.base_urls.count; i++)
        found = usable(orx_view_of(cfg->local.base_urls.items[i]), arena);
    return found;
}

/* The lane's own variables go before the root's configuration, name by name; where both name none
 * there is the fleet. */
const char *orx_lane_server_of(orx_lane_buckets *b, const orx_lane *lane,
                               const orx_provider_config *owner) {
    const orx_config *cfg = b->cfg;
    const char *mode = env_of(lane, "ORXAQ_AUTONOMY_LOCAL_ONLY");
    const char *list = env_of(lane, "ORXAQ_LOCAL_OPENAI_BASE_URLS");
    const char *one = env_of(lane, "ORXAQ_LOCAL_OPENAI_BASE_URL");
    bool on = mode ? is_on(mode) : cfg->run.local_only;
    if (!owner || !on || !orx_config_is_pooled(owner))
        return NULL;
    const char *found = list ? first_of(list, b->arena) : first_configured(cfg, b->arena);
    one = one ? one : cfg->local.base_url;
    if (!found && one)
        found = usable(orx_view_of(one), b->arena);
    for (size_t i = 0; !found && i < fleet_of(b)->count; i++)
        found = usable(orx_view_of(fleet_of(b)->items[i].url), b->arena);
    return found;
}

orx_provider_config orx_lane_stand_in(orx_lane_buckets *b, const orx_provider_config *owner,
                                      const char *url) {
    orx_provider_config e = *owner;
    e.name = orx_config_stand_in_name(owner->name, url, b->arena);
    e.stands_for = owner->name;
    e.max_parallel = orx_config_stand_in_calls(b->cfg, owner, orx_fleet_find(fleet_of(b), url));
    return e;
}
