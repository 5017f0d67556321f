/* The endpoints of local-only mode: what is configured below `local` becomes providers. */
#include "config/load.h"
#include "config/local.h"

#include "base/address.h"
#include "config/fleet_status.h"
#include "data/json.h"

/* An answer never gets the whole window: a prompt is in there, too. */
#define MOST_OF_WINDOW 0.95

#define ENDPOINTS_MAX 64
#define NAME_MAX_     100
#define TOKENS_LEAST  64

typedef struct pool {
    orx_loader *l;
    orx_fleet_status fleet;
    const char *urls[ENDPOINTS_MAX];
    size_t count;
} pool;

static const orx_config_value *value_of(const orx_loader *l, const char *path) {
    return orx_map_get(&l->st->by_path, orx_view_of(path));
}

/* ---- Which ones ------------------------------------------------------------------------------ */

static void add_url(pool *p, const char *given, const char *path, const char *where) {
    orx_view url = orx_view_trim(orx_view_of(given));
    while (url.len && url.p[url.len - 1] == '/')
        url.len--;
    if (!url.len)
        return;
    for (size_t i = 0; i < p->count; i++)
        if (orx_view_is(url, p->urls[i]))
            return;
    if (!orx_address_is_private(url))
        orx_diag_add(p->l->diags, ORX_DIAG_WARNING, where,
                     "%s: %s is not used: it is not in a private network, and run.local_only "
                     "allows no other",
                     path, given);
    else if (p->count < ENDPOINTS_MAX)
        p->urls[p->count++] = orx_arena_dup(&p->l->st->arena, url);
}

static void add_fleet(pool *p) {
    const orx_config *cfg = p->l->cfg;
    const char *where = orx_loader_label(p->l, cfg->paths.fleet_status_file);
    bool named = value_of(p->l, "local.base_urls")->origin != ORX_ORIGIN_DEFAULT ||
                 value_of(p->l, "local.base_url")->origin != ORX_ORIGIN_DEFAULT;
    if (named && !cfg->local.include_fleet)
        return;
    for (size_t i = 0; i < p->fleet.count; i++)
        add_url(p, p->fleet.items[i].url, "base_url", where);
}

/* [K] the list, the single one, the fleet; each once. */
static void add_all(pool *p) {
    const orx_config *cfg = p->l->cfg;
    const orx_strings *list = &cfg->local.base_urls;
    for (size_t i = 0; i < list->count; i++)
        add_url(p, list->items[i], "local.base_urls", value_of(p->l, "local.base_urls")->where);
    if (cfg->local.base_url)
        add_url(p, cfg->local.base_url, "local.base_url", value_of(p->l, "local.base_url")->where);
    add_fleet(p);
}

/* ---- How long an answer may be --------------------------------------------------------------- */

static bool same_endpoint(orx_view name, orx_view key) {
    ORX_CLEANUP(orx_str_free) orx_str own = {0};
    return orx_address_key(name, &own) && orx_view_eq(orx_str_view(&own), key);
}

/* host:port=N, split at comma, semicolon and white space. */
static int64_t by_items(const char *text, orx_view key) {
    static const char sep[] = ",; \t\r\n";
    int64_t n = 0;
    for (text += strspn(text, sep); *text; text += strspn(text, sep)) {
        size_t len = strcspn(text, sep);
        size_t name = strcspn(text, "=");
        int64_t value;
        if (name < len && same_endpoint(orx_view_mem(text, name), key) &&
            orx_view_to_i64(orx_view_mem(text + name + 1, len - name - 1), &value))
            n = value;
        text += len;
    }
    return n;
}

static int64_t by_object(const char *text, orx_view key) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *root = NULL;
    int64_t n = 0;
    if (orx_json_parse(&arena, "", orx_view_of(text), &orx_limits_config, &root, NULL) < 0)
        return 0;
    ORX_NODE_EACH(root, it)
    if (same_endpoint(it->key, key))
        n = orx_node_int(it, 0);
    return n;
}

static int64_t at_least(int64_t n) {
    return n > TOKENS_LEAST ? n : TOKENS_LEAST;
}

int64_t orx_config_answer_tokens(const orx_config *cfg, const char *url, int64_t context_tokens) {
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    const char *own = cfg->local.max_tokens_by_endpoint;
    double part = cfg->local.context_fraction;
    int64_t n = 0;
    if (own && orx_address_key(orx_view_of(url), &key))
        n = own[strspn(own, " \t\r\n")] == '{' ? by_object(own, orx_str_view(&key))
                                               : by_items(own, orx_str_view(&key));
    if (n > 0)
        return at_least(n);
    n = cfg->local.max_tokens;
    part = part < 0.1 ? 0.1 : part > MOST_OF_WINDOW ? MOST_OF_WINDOW : part;
    if (cfg->local.dynamic_max_tokens && context_tokens > 0 &&
        (double)context_tokens * part > (double)n)
        n = (int64_t)((double)context_tokens * part);
    int64_t most = (int64_t)((double)context_tokens * MOST_OF_WINDOW);
    return at_least(context_tokens > 0 && n > most ? most : n);
}

/* ---- As providers ---------------------------------------------------------------------------- */

static bool taken(const orx_provider_config *list, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return true;
    return false;
}

/* No configured provider can be called so, and it is the name of a folder. */
const char *orx_config_stand_in_name(const char *owner, const char *url, orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    (void)orx_address_key(orx_view_of(url), &key);
    if (key.len > NAME_MAX_)
        orx_str_truncate(&key, NAME_MAX_);
    for (size_t i = 0; i < key.len; i++)
        if (key.buf[i] == ':' || key.buf[i] == '[' || key.buf[i] == ']')
            key.buf[i] = '-';
    return orx_arena_printf(arena, "%s@%s", owner, orx_str_cstr(&key));
}

static const char *name_of(pool *p, const char *owner, const char *url,
                           const orx_provider_config *list, size_t count) {
    const char *first = orx_config_stand_in_name(owner, url, &p->l->st->arena);
    const char *name = first;
    for (int i = 2; taken(list, count, name); i++)
        name = orx_arena_printf(&p->l->st->arena, "%s-%d", first, i);
    return name;
}

static const orx_node *settings_of(pool *p, const char *url, int64_t context_tokens, bool has_key) {
    orx_arena *a = &p->l->st->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "base_url", url);
    orx_node_set_int(a, n, "max_tokens", orx_config_answer_tokens(p->l->cfg, url, context_tokens));
    if (!has_key) { /* [K] no secret, but some servers want to see one */
        orx_node *headers = orx_node_new(a, ORX_OBJECT);
        orx_node_set_str(a, headers, "authorization", "Bearer lm-studio");
        orx_node_set(a, n, "headers", headers);
    }
    return n;
}

int64_t orx_config_stand_in_calls(const orx_config *cfg, const orx_provider_config *owner,
                                  const orx_fleet_endpoint *known) {
    int64_t configured = owner->max_parallel ? owner->max_parallel : cfg->route.max_parallel;
    bool lower = known && known->parallel > 0 && known->parallel < configured;
    return lower ? known->parallel : owner->max_parallel;
}

static orx_provider_config endpoint(pool *p, const orx_provider_config *owner, const char *url,
                                    const char *name) {
    static const char *const none[] = {NULL};
    const orx_config *cfg = p->l->cfg;
    const orx_fleet_endpoint *known = orx_fleet_find(&p->fleet, url);
    orx_provider_config e = *owner;
    e.name = name;
    e.plugin = "lmstudio";
    e.stands_for = owner->name;
    e.secret = cfg->local.api_key;
    if (!orx_config_secret(cfg, &e))
        e.secret = NULL;
    e.context_tokens = known ? known->context_tokens : 0;
    e.max_parallel = orx_config_stand_in_calls(cfg, owner, known);
    e.settings = settings_of(p, url, e.context_tokens, e.secret != NULL);
    e.env_pass = e.owners = (orx_strings){none, 0};
    e.sandbox = ORX_SANDBOX_HOST;
    e.plain_http = true;
    e.relay = false;
    return e;
}

bool orx_config_is_pooled(const orx_provider_config *p) {
    return p->enabled && strcmp(p->plugin, "codex") == 0 && !orx_config_is_local(p);
}

/* Behind the provider whose tasks they do, so that the order by rank stays. */
static void insert(pool *p, size_t owners) {
    orx_config *cfg = p->l->cfg;
    size_t room = cfg->provider_count + owners * p->count + 1;
    orx_provider_config *list = orx_arena_zalloc(&p->l->st->arena, room, sizeof *list);
    size_t n = 0;
    for (size_t i = 0; i < cfg->provider_count; i++) {
        const orx_provider_config *owner = &cfg->providers[i];
        list[n++] = *owner;
        for (size_t k = 0; orx_config_is_pooled(owner) && k < p->count; k++) {
            list[n] = endpoint(p, owner, p->urls[k], name_of(p, owner->name, p->urls[k], list, n));
            n++;
        }
    }
    cfg->providers = list;
    cfg->provider_count = n;
}

static void read_fleet(pool *p) {
    orx_loader *l = p->l;
    orx_err why = ORX_ERR_INIT;
    const char *path = l->cfg->paths.fleet_status_file;
    if (orx_fleet_status_read(l->p, path, &l->st->arena, &p->fleet, &why) < 0)
        orx_diag_add(l->diags, ORX_DIAG_WARNING, orx_loader_label(l, path), "%s", why.msg);
}

void orx_loader_local(orx_loader *l) {
    pool p = {.l = l};
    size_t owners = 0;
    for (size_t i = 0; l->cfg->run.local_only && i < l->cfg->provider_count; i++)
        owners += orx_config_is_pooled(&l->cfg->providers[i]);
    if (!owners)
        return;
    read_fleet(&p);
    add_all(&p);
    insert(&p, owners);
}
