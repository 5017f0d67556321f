#include "fleet/check_list.h"

#include "fleet/url.h"

#include <math.h>

/* ---- Reading --------------------------------------------------------------------------------- */

static int read_texts(const orx_check *c, const orx_listing_rules *rules, const orx_node *row,
                      orx_arena *arena, orx_listed *l, orx_err *err) {
    const struct {
        const char *key;
        const char *otherwise;
        const char **to;
    } texts[] = {{"name", "", &l->name},
                 {"base_url", "", &l->base},
                 {"kind", "openai_compat", &l->kind},
                 {"lane", rules->lane, &l->lane},
                 {"models_path", rules->path, &l->path}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++) {
        int rc = orx_endpoint_text(c->source.config_path, row, texts[i].key, texts[i].otherwise,
                                   arena, texts[i].to, err);
        if (rc < 0)
            return rc;
    }
    if (!*l->name || !*l->base)
        return orx_err_set(err, ORX_E_INVALID, "%s:%u: a provider needs name and base_url",
                           c->source.config_path, row->line);
    return 0;
}

static int read_row(const orx_check *c, const orx_listing_rules *rules, const orx_node *row,
                    orx_arena *arena, orx_listed *ret, orx_err *err) {
    const char *file = c->source.config_path;
    orx_listed l = {.status = "skipped", .error = "", .url = "", .key_env = "", .latency_ns = -1};
    int rc = read_texts(c, rules, row, arena, &l, err);
    if (rc == 0 && rules->with_keys)
        rc = orx_endpoint_variable(file, row, "api_key_env", arena, &l.key_env, err);
    if (rc == 0)
        rc = orx_endpoint_truth(file, row, "required", false, &l.required, err);
    if (rc == 0)
        rc = orx_endpoint_truth(file, row, "plain_http", false, &l.plain_http, err);
    if (rc < 0)
        return rc;
    l.base = orx_url_join(arena, l.base, "");
    l.base_shown = l.base;
    if (!rules->with_keys || !*l.path)
        l.path = rules->path;
    *ret = l;
    return 0;
}

int orx_listing_read(const orx_check *c, const orx_listing_rules *rules, const orx_node *list,
                     orx_arena *arena, orx_listing *out, orx_err *err) {
    if (!list || list->kind != ORX_ARRAY || !list->count)
        return orx_err_set(err, ORX_E_INVALID, "%s: providers is missing, empty or no list",
                           c->source.config_path);
    if (list->count > ORX_ASK_COUNT_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "%s: more than %d providers", c->source.config_path,
                           ORX_ASK_COUNT_MAX);
    ORX_NODE_EACH(list, row) {
        orx_listed l;
        int rc = read_row(c, rules, row, arena, &l, err);
        if (rc < 0)
            return rc;
        orx_vec_push(out, l);
    }
    return 0;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

typedef struct manner {
    orx_ask_auth auth;
    bool models; /* the answer has its list there, not in data */
    bool as_is;  /* the address is complete */
    bool known;
} manner;

static manner manner_of(const char *kind) {
    if (strcmp(kind, "openai") == 0 || strcmp(kind, "openai_compat") == 0)
        return (manner){.auth = ORX_ASK_BEARER, .known = true};
    if (strcmp(kind, "anthropic") == 0)
        return (manner){.auth = ORX_ASK_X_KEY, .known = true};
    if (strcmp(kind, "gemini") == 0)
        return (manner){.auth = ORX_ASK_IN_QUERY, .models = true, .as_is = true, .known = true};
    return (manner){.auth = ORX_ASK_OPEN};
}

/* False: a required provider whose key is not there is down without being asked. */
static bool take_key(const orx_check *c, orx_listed *l, const manner *m, orx_arena *arena,
                     orx_ask *ask) {
    static const orx_ask_header anthropic = {"anthropic-version", "2023-06-01"};
    const char *value = *l->key_env ? c->source.env(l->key_env, c->source.user) : NULL;
    orx_view key = orx_view_trim(orx_view_of(value));
    if (!key.len && *l->key_env && l->required) {
        l->status = "down";
        l->error = orx_arena_printf(arena, "missing API key env var: %s", l->key_env);
        return false;
    }
    if (!key.len)
        return true;
    ask->key = orx_arena_dup(arena, key);
    ask->auth = m->auth;
    if (m->auth == ORX_ASK_X_KEY) {
        ask->headers = &anthropic;
        ask->header_count = 1;
    }
    return true;
}

/* One that cannot be asked has its status without an answer. Without keys it does not matter how
 * they would be sent. */
static bool can_ask(const orx_check *c, const orx_listing_rules *rules, orx_listed *l,
                    orx_arena *arena, orx_ask *ask) {
    manner m = manner_of(l->kind);
    bool as_is = rules->with_keys && m.as_is;
    ask->url = as_is ? l->base : orx_url_join(arena, l->base, l->path);
    l->base_shown = orx_ask_shown(ask, orx_view_of(l->base), arena);
    if (rules->with_keys && !m.known) {
        l->error = "unsupported kind";
        return false;
    }
    if (rules->with_keys && !take_key(c, l, &m, arena, ask))
        return false;
    l->url = orx_ask_shown(ask, orx_view_of(ask->url), arena);
    return true;
}

/* With keys the kind says where the list is; without, an object is refused only when it has both
 * members and neither is a list. */
static bool is_listing(const orx_listing_rules *rules, const orx_listed *l, const orx_answer *a) {
    if (rules->with_keys) {
        const orx_ask_list *where = manner_of(l->kind).models ? &a->models : &a->data;
        return a->object && (!where->there || where->list);
    }
    return !a->data.there || !a->models.there || a->data.list || a->models.list;
}

static void judge(const orx_listing_rules *rules, orx_listed *l, const orx_answer *a,
                  orx_arena *arena) {
    bool up = a->ok && is_listing(rules, l, a);
    l->status = up ? "up" : l->required ? "down" : "skipped";
    if (up || (a->http && !rules->with_keys))
        l->latency_ns = a->latency_ns;
    if (!up && a->ok)
        l->error = "the answer is no list of models";
    else if (a->http && rules->with_keys)
        l->error = orx_arena_printf(arena, "HTTP %d: %s", a->status, a->text);
    else if (a->http)
        l->error = orx_arena_printf(arena, "HTTP %d", a->status);
    else
        l->error = a->text;
}

void orx_listing_ask(orx_platform *p, const orx_check *c, const orx_listing_rules *rules,
                     orx_listing *list, orx_arena *arena) {
    orx_ask *asks = orx_arena_zalloc(arena, list->len + 1, sizeof *asks);
    orx_answer *answers = orx_arena_zalloc(arena, list->len + 1, sizeof *answers);
    for (size_t i = 0; i < list->len; i++) {
        asks[i] = (orx_ask){.timeout_ns = c->timeout_ns,
                            .user_agent = rules->user_agent,
                            .plain_http = list->items[i].plain_http};
        asks[i].skip = !can_ask(c, rules, &list->items[i], arena, &asks[i]);
    }
    orx_ask_all(p, asks, list->len, arena, answers);
    for (size_t i = 0; i < list->len; i++)
        if (!asks[i].skip)
            judge(rules, &list->items[i], &answers[i], arena);
}

/* ---- For reports ----------------------------------------------------------------------------- */

bool orx_listed_up(const orx_listed *l) {
    return strcmp(l->status, "up") == 0;
}

orx_node *orx_listed_latency(orx_arena *arena, const orx_listed *l) {
    if (l->latency_ns < 0)
        return orx_node_new(arena, ORX_NULL);
    return orx_node_new_double(arena, nearbyint((double)l->latency_ns / 1e3) / 1e3);
}
