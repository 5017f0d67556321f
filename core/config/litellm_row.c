/* One row of model_list as an entry of `providers`. */
#include "config/litellm.h"

#include "base/address.h"
#include "base/units.h"

#define ENVIRON     "os.environ/"
#define DAY_SEC     86400
#define TOKENS_MOST 10000000
/* USD for one token; in nano-USD for a million of them this is well below 2^63. */
#define PRICE_MOST 0.001
#define MILLION    1e6
#define NANO       1e9

static const char row_members[] = "model_name|litellm_params|model_info";
static const char param_members[] =
    "model|custom_llm_provider|api_base|base_url|api_key|rpm|tpm|timeout|stream_timeout|weight|"
    "order|priority|max_parallel_requests|cooldown_time|max_tokens|input_cost_per_token|"
    "output_cost_per_token|provider|api_key_env|endpoint_id|required|plain_http|"
    "healthcheck_path|healthcheck_auth|healthcheck_headers";
static const char info_members[] =
    "id|mode|max_input_tokens|input_cost_per_token|output_cost_per_token|orxaq";

typedef struct reader {
    orx_litellm *m;
    orx_litellm_row *row;
    const orx_node *params;
    const orx_node *info;
    const orx_litellm_api *api; /* NULL = not known */
    const char *model;          /* as its server calls it */
    const char *base;
    const orx_node *base_node; /* NULL = the vendor's own */
    orx_node *settings;
    bool is_private;
    bool has_key;
} reader;

/* Of a number that is not negative. */
static int64_t rounded(double value) {
    return (int64_t)(value + 0.5);
}

static const char *path_of(const reader *r, const char *key) {
    return orx_arena_printf(r->m->arena, "%s.litellm_params.%s", r->row->at, key);
}

/* Says why the row is no deployment here. */
static bool left_out(const reader *r, const orx_node *node, const char *why) {
    orx_litellm_report(r->m, ORX_DIAG_WARNING, node, "%s is left out: %s", r->row->at, why);
    return false;
}

/* A text; *ret is "" when there is none. os.environ/NAME is the value of that variable. */
static bool read_text(const reader *r, const char *key, const char **ret, const orx_node **ret_at) {
    const orx_node *n = orx_litellm_get(r->params, key);
    *ret = "";
    if (ret_at)
        *ret_at = n;
    if (!n)
        return true;
    if (n->kind != ORX_STRING || memchr(n->u.s.p, 0, n->u.s.len)) {
        orx_litellm_report(r->m, ORX_DIAG_ERROR, n, "%s: expected a text, found %s",
                           path_of(r, key),
                           n->kind == ORX_STRING ? "one with a NUL byte" : orx_kind_name(n->kind));
        return false;
    }
    *ret = orx_arena_dup(r->m->arena, orx_view_trim(n->u.s));
    if (!orx_view_starts(n->u.s, ENVIRON))
        return true;
    const char *name = *ret + strlen(ENVIRON);
    const char *value = orx_config_env(r->m->l->cfg, name);
    if (value && *value) {
        *ret = value;
        return true;
    }
    orx_litellm_report(r->m, ORX_DIAG_ERROR, n, "%s: the variable is not set", path_of(r, key));
    return false;
}

/* ---- Which model, and whose API it has ------------------------------------------------------- */

/* The word before the first slash, when it is a prefix of LiteLLM's; else nothing. */
static orx_view prefix_of(const char *model) {
    orx_view rest = orx_view_of(model), word;
    if (!strchr(model, '/') || !orx_view_split(&rest, '/', &word))
        return (orx_view){"", 0};
    bool known = orx_litellm_api_find(word) || orx_litellm_api_foreign(word);
    return known && rest.len ? word : (orx_view){"", 0};
}

static bool read_model(reader *r) {
    const char *model = "", *stated = "", *ours = "";
    const orx_node *at = NULL;
    if (!read_text(r, "model", &model, &at) ||
        !read_text(r, "custom_llm_provider", &stated, NULL) ||
        !read_text(r, "provider", &ours, NULL))
        return false;
    if (!*model) {
        orx_litellm_report(r->m, ORX_DIAG_ERROR, at ? at : r->row->node,
                           "%s: expected PREFIX/MODEL, as openai/gpt-4o-mini", path_of(r, "model"));
        return false;
    }
    if (strchr(model, '*') || strchr(r->row->said, '*'))
        return left_out(r, at, "a pattern names no model; write one row for each");
    orx_view prefix = prefix_of(model);
    r->model = model + (prefix.len ? prefix.len + 1 : 0);
    if (*stated)
        prefix = orx_view_of(stated);
    else if (!prefix.len)
        prefix = orx_view_of(ours);
    if (orx_litellm_api_foreign(prefix))
        return left_out(r, at, "its vendor's API is another one than OpenAI's");
    r->api = prefix.len ? orx_litellm_api_find(prefix) : orx_litellm_api_guess(orx_view_of(model));
    return true;
}

/* What is asked of models here is to talk. */
static bool does_talk(const reader *r) {
    const orx_node *mode = orx_litellm_get(r->info, "mode");
    if (!mode ||
        (mode->kind == ORX_STRING && orx_word_index("chat|completion|responses", mode->u.s) >= 0))
        return true;
    return left_out(r, mode, "its model_info.mode is not chat");
}

/* ---- Where it is ----------------------------------------------------------------------------- */

static const char *without_end(const reader *r, const char *base, const char *end) {
    orx_view v = orx_view_of(base);
    if (orx_view_ends(v, end))
        v.len -= strlen(end);
    while (v.len && v.p[v.len - 1] == '/')
        v.len--;
    return orx_arena_dup(r->m->arena, v);
}

/* The part behind scheme://, or NULL: that is no address. */
static const char *host_of(const char *base) {
    const char *host = orx_view_starts(orx_view_of(base), "https://")  ? base + 8
                       : orx_view_starts(orx_view_of(base), "http://") ? base + 7
                                                                       : NULL;
    bool odd = host && (strpbrk(host, " \t\r\n@?#") || !*host);
    return odd ? NULL : host;
}

/* Whether an address is at the vendor's own server. */
static bool at_vendor(const reader *r, const char *base) {
    ORX_CLEANUP(orx_str_free) orx_str a = {0};
    ORX_CLEANUP(orx_str_free) orx_str b = {0};
    return r->api && r->api->base && orx_address_key(orx_view_of(base), &a) &&
           orx_address_key(orx_view_of(r->api->base), &b) &&
           orx_view_eq(orx_str_view(&a), orx_str_view(&b));
}

/* LiteLLM's files say where /chat/completions is, the predecessor's where the server is; and some
 * vendors have OpenAI's API below another path than their own. */
static const char *base_as_asked(const reader *r, const char *given) {
    const char *base = without_end(r, given, "/chat/completions");
    const char *host = host_of(base);
    bool bare = host && !strchr(host, '/');
    bool own_path = at_vendor(r, base) && orx_view_ends(orx_view_of(r->api->base), "/openai");
    if (own_path && !orx_view_ends(orx_view_of(base), "/openai"))
        return r->api->base;
    return bare && at_vendor(r, base) ? r->api->base
           : bare                     ? orx_arena_printf(r->m->arena, "%s/v1", base)
                                      : base;
}

static bool read_base(reader *r) {
    const char *base = "";
    if (!read_text(r, "api_base", &base, &r->base_node) ||
        (!*base && !read_text(r, "base_url", &base, &r->base_node)))
        return false;
    if (!*base && (!r->api || !r->api->base)) {
        orx_litellm_report(r->m, ORX_DIAG_ERROR, orx_node_get(r->params, "model"),
                           "%s: expected the address of its API, since the model's name does not "
                           "say whose it is",
                           path_of(r, "api_base"));
        return false;
    }
    if (*base && !host_of(base)) {
        orx_litellm_report(r->m, ORX_DIAG_ERROR, r->base_node,
                           "%s: expected an address like https://HOST/v1, without a user, a key or "
                           "a question in it",
                           path_of(r, "api_base"));
        return false;
    }
    r->base = *base ? base_as_asked(r, base) : r->api->base;
    r->is_private = orx_address_is_private(orx_view_of(r->base));
    return true;
}

/* ---- Its key --------------------------------------------------------------------------------- */

static void name_key(reader *r, const char *variable, const orx_node *from) {
    orx_litellm_put(r->m, r->row->entry, "secret",
                    orx_node_new_str(r->m->arena, orx_view_of(variable)), from);
    r->has_key = true;
}

/* A key that stands in the file becomes the value of a variable, so that it is kept from
 * everybody else as all keys are. */
static void keep_key(reader *r, const char *key, const orx_node *from) {
    struct orx_config_state *st = r->m->l->st;
    orx_envvar *v = ORX_ARENA_NEW(&st->arena, orx_envvar);
    v->name = orx_arena_printf(&st->arena, "LITELLM_KEY_AT_LINE_%u_%u", (unsigned)from->line,
                               (unsigned)from->column);
    v->value = key;
    v->line = from->line;
    orx_map_put(&st->file, orx_view_of(v->name), v);
    name_key(r, v->name, from);
    orx_litellm_report(r->m, ORX_DIAG_WARNING, from,
                       "%s: the key itself stands here, for everybody who can read the file; "
                       "expected " ENVIRON "NAME, with the key in that variable",
                       path_of(r, "api_key"));
}

/* Only the vendor gets the vendor's key without being asked. */
static bool read_key(reader *r) {
    const orx_node *key = orx_litellm_get(r->params, "api_key");
    const orx_node *named = orx_litellm_get(r->params, "api_key_env");
    if (named && named->kind == ORX_STRING && named->u.s.len) {
        name_key(r, orx_arena_dup(r->m->arena, named->u.s), named);
        return true;
    }
    if (key && key->kind == ORX_STRING && orx_view_starts(key->u.s, ENVIRON)) {
        name_key(r, orx_arena_dup(r->m->arena, key->u.s) + strlen(ENVIRON), key);
        return true;
    }
    const char *value = "";
    if (!read_text(r, "api_key", &value, NULL))
        return false;
    if (key && *value)
        keep_key(r, value, key);
    else if (r->api && r->api->secret && at_vendor(r, r->base))
        name_key(r, r->api->secret, orx_node_get(r->params, "model"));
    return true;
}

/* ---- Figures --------------------------------------------------------------------------------- */

/* Members that are the same here; what they may be the table of keys says. */
static void copy_members(const reader *r) {
    static const char *const same[][2] = {{"rpm", "rpm"},
                                          {"tpm", "tpm"},
                                          {"priority", "tier"},
                                          {"order", "tier"},
                                          {"max_parallel_requests", "max_parallel"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(same); i++) {
        const orx_node *n = orx_litellm_get(r->params, same[i][0]);
        if (n)
            orx_litellm_put(r->m, r->row->entry, same[i][1], orx_node_copy(r->m->arena, n), n);
    }
}

static bool read_weight(const reader *r) {
    const orx_node *n = orx_litellm_get(r->params, "weight");
    double value;
    if (!n)
        return true;
    if (!orx_litellm_number(r->m, n, path_of(r, "weight"), 1000000.0 / (double)r->m->weight_unit,
                            &value))
        return false;
    int64_t weight = rounded(value * (double)r->m->weight_unit);
    orx_litellm_put(r->m, r->row->entry, "weight", orx_node_new_int(r->m->arena, weight), n);
    return true;
}

static bool read_window(const reader *r) {
    const orx_node *n = orx_litellm_get(r->info, "max_input_tokens");
    if (n)
        orx_litellm_put(r->m, r->row->entry, "context_tokens", orx_node_copy(r->m->arena, n), n);
    n = orx_litellm_get(r->params, "max_tokens");
    double most;
    if (!n)
        return true;
    if (!orx_litellm_number(r->m, n, path_of(r, "max_tokens"), TOKENS_MOST, &most))
        return false;
    orx_litellm_put(r->m, r->settings, "max_tokens", orx_node_new_int(r->m->arena, (int64_t)most),
                    n);
    return true;
}

/* LiteLLM states USD for a token. */
static bool read_price(const reader *r, const char *key, const char *member) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *n = orx_litellm_get(r->params, key);
    double usd;
    if (!n)
        n = orx_litellm_get(r->info, key);
    if (!n)
        return true;
    if (!orx_litellm_number(r->m, n, path_of(r, key), PRICE_MOST, &usd))
        return false;
    orx_money_format(rounded(usd * MILLION * NANO), &text);
    orx_litellm_put(r->m, r->row->entry, member, orx_node_new_str(r->m->arena, orx_str_view(&text)),
                    n);
    return true;
}

/* ---- Waiting --------------------------------------------------------------------------------- */

static const orx_node *own_or_common(const reader *r, const char *key) {
    const orx_node *n = orx_litellm_get(r->params, key);
    return n ? n : orx_litellm_setting(r->m, key);
}

static const char *as_duration(const reader *r, double seconds) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_duration_format(rounded(seconds * 1000) * ORX_MS, &text);
    return orx_arena_dup(r->m->arena, orx_str_view(&text));
}

/* LiteLLM's timeout is that of a request; answers are streamed here, so it is for their begin. */
static bool read_timeout(const reader *r) {
    static const char *const keys[] = {"stream_timeout", "timeout", "request_timeout"};
    const orx_node *n = NULL;
    double seconds;
    for (size_t i = 0; i < ORX_ARRAY_LEN(keys) && !n; i++)
        n = own_or_common(r, keys[i]);
    if (!n)
        return true;
    if (!orx_litellm_number(r->m, n, path_of(r, "timeout"), DAY_SEC, &seconds))
        return false;
    const char *text = as_duration(r, seconds < 1 ? 1 : seconds);
    orx_litellm_put(r->m, r->settings, "first_byte_timeout",
                    orx_node_new_str(r->m->arena, orx_view_of(text)), n);
    return true;
}

/* The longer of how long one rests and how long nobody tries again; the shortest rest there is
 * when there should be none. */
static bool read_cooldown(const reader *r) {
    const orx_node *rest = own_or_common(r, "cooldown_time");
    const orx_node *pause = orx_litellm_setting(r->m, "retry_after");
    const orx_node *off = orx_litellm_setting(r->m, "disable_cooldowns");
    double seconds = 0, least = 0;
    if ((rest && !orx_litellm_number(r->m, rest, path_of(r, "cooldown_time"), DAY_SEC, &seconds)) ||
        (pause && !orx_litellm_number(r->m, pause, "retry_after", DAY_SEC, &least)))
        return false;
    const orx_node *from = orx_node_bool(off, false) ? off : least > seconds ? pause : rest;
    if (!from)
        return true;
    seconds = from == off ? 0 : least > seconds ? least : seconds;
    const char *text = as_duration(r, seconds < 0.001 ? 0.001 : seconds);
    orx_litellm_put(r->m, r->row->entry, "cooldown",
                    orx_node_new_str(r->m->arena, orx_view_of(text)), from);
    return true;
}

/* ---- The entry ------------------------------------------------------------------------------- */

static void put_text(const reader *r, orx_node *to, const char *key, const char *text,
                     const orx_node *from) {
    orx_litellm_put(r->m, to, key, orx_node_new_str(r->m->arena, orx_view_of(text)), from);
}

static bool is_http(const char *base) {
    return orx_view_starts(orx_view_of(base), "http://");
}

/* Without a key nothing but prompts goes to a machine of one's own; with one somebody has to say
 * that it may. */
static void put_plain_http(const reader *r) {
    const orx_node *said = orx_litellm_get(r->params, "plain_http");
    const orx_node *from = said ? said : orx_node_get(r->params, "model");
    if (said)
        orx_litellm_put(r->m, r->row->entry, "plain_http", orx_node_copy(r->m->arena, said), said);
    else if (is_http(r->base) && r->is_private && !r->has_key)
        orx_litellm_put(r->m, r->row->entry, "plain_http", orx_node_new_bool(r->m->arena, true),
                        from);
}

static void put_identity(const reader *r) {
    orx_node *entry = r->row->entry;
    const orx_node *model = orx_node_get(r->params, "model");
    put_text(r, entry, "plugin", "lmstudio", model);
    put_text(r, entry, "model", r->model, model);
    put_text(r, entry, "group", r->row->group, r->row->label);
    put_text(r, r->settings, "base_url", r->base, r->base_node ? r->base_node : model);
    put_text(r, r->settings, "api", r->is_private ? "auto" : "openai", model);
    if (!r->is_private)
        orx_litellm_put(r->m, r->settings, "local", orx_node_new_bool(r->m->arena, false), model);
    put_plain_http(r);
    orx_litellm_put(r->m, entry, "settings", r->settings, r->params);
}

static bool is_object_or_none(const reader *r, const char *key, bool needed) {
    const orx_node *n = orx_litellm_get(r->row->node, key);
    if (n ? n->kind == ORX_OBJECT : !needed)
        return true;
    orx_litellm_report(r->m, ORX_DIAG_ERROR, n ? n : r->row->node, "%s.%s: expected an object",
                       r->row->at, key);
    return false;
}

bool orx_litellm_row_read(orx_litellm *m, orx_litellm_row *row) {
    reader r = {.m = m,
                .row = row,
                .params = orx_litellm_get(row->node, "litellm_params"),
                .info = orx_litellm_get(row->node, "model_info"),
                .settings = orx_node_new(m->arena, ORX_OBJECT)};
    row->entry = orx_node_new(m->arena, ORX_OBJECT);
    if (!is_object_or_none(&r, "litellm_params", true) ||
        !is_object_or_none(&r, "model_info", false))
        return false;
    orx_litellm_unknown(m, row->node, row->at, row_members);
    orx_litellm_unknown(m, r.params, path_of(&r, "*"), param_members);
    orx_litellm_unknown(m, r.info, row->at, info_members);
    if (!does_talk(&r) || !read_model(&r) || !read_base(&r) || !read_key(&r))
        return false;
    copy_members(&r);
    bool ok = read_weight(&r) && read_window(&r) && read_timeout(&r) && read_cooldown(&r) &&
              read_price(&r, "input_cost_per_token", "input_price") &&
              read_price(&r, "output_cost_per_token", "output_price");
    put_identity(&r);
    return ok;
}

/* ---- What LiteLLM has no words for ----------------------------------------------------------- */

static bool is_member(const orx_litellm *m, const orx_litellm_row *row, const orx_node *n) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    const char *key = orx_arena_printf(m->arena, "providers.*.%.*s", ORX_VIEW_ARG(n->key));
    if (orx_config_key_find(orx_view_of(key)))
        return true;
    orx_explain_quote(n->key, &name);
    orx_litellm_report(m, ORX_DIAG_ERROR, n,
                       "%s.model_info.orxaq: expected members of an entry of providers, found %s",
                       row->at, orx_str_cstr(&name));
    return false;
}

void orx_litellm_row_own(const orx_litellm *m, const orx_litellm_row *row) {
    const orx_node *own = orx_litellm_get(orx_node_get(row->node, "model_info"), "orxaq");
    orx_node *settings = (orx_node *)orx_node_get(row->entry, "settings");
    if (own && own->kind != ORX_OBJECT)
        orx_litellm_report(m, ORX_DIAG_ERROR, own, "%s.model_info.orxaq: expected an object",
                           row->at);
    ORX_NODE_EACH(own && own->kind == ORX_OBJECT ? own : NULL, n) {
        if (!is_member(m, row, n))
            continue;
        bool more = orx_view_is(n->key, "settings") && n->kind == ORX_OBJECT;
        if (!more)
            orx_litellm_put(m, row->entry, n->key.p, orx_node_copy(m->arena, n), n);
        ORX_NODE_EACH(more ? n : NULL, it)
        orx_litellm_put(m, settings, it->key.p, orx_node_copy(m->arena, it), it);
    }
}
