#include "fleet/endpoints.h"

#include "fleet/url.h"

#define ENVIRON "os.environ/"

typedef struct reader {
    const orx_endpoint_source *source;
    orx_arena *arena;
    orx_endpoints *found;
} reader;

static int text_at(const reader *r, const orx_node *params, const char *key, const char **ret,
                   orx_err *err) {
    return orx_endpoint_text(r->source->config_path, params, key, "", r->arena, ret, err);
}

static int wrong(const reader *r, const orx_node *n, const char *what, const char *expected,
                 orx_err *err) {
    return orx_err_set(err, ORX_E_INVALID, "%s:%u: %s is %s; expected %s", r->source->config_path,
                       n->line, what, orx_kind_name(n->kind), expected);
}

static const char *lower(orx_arena *a, const char *text) {
    char *copy = orx_arena_strdup(a, text);
    for (char *c = copy; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    return copy;
}

/* ---- One endpoint ---------------------------------------------------------------------------- */

/* LiteLLM says os.environ/NAME where we say api_key_env: NAME; a key that stands there is used, and
 * never shown. */
static int key_of(const reader *r, const orx_node *params, orx_endpoint *e, orx_err *err) {
    const char *path = r->source->config_path;
    const char *api_key = "";
    int rc = orx_endpoint_variable(path, params, "api_key_env", r->arena, &e->key_env, err);
    if (rc == 0)
        rc = text_at(r, params, "api_key", &api_key, err);
    if (rc < 0)
        return rc;
    if (!*e->key_env && orx_view_starts(orx_view_of(api_key), ENVIRON))
        e->key_env = api_key + strlen(ENVIRON);
    else if (!*e->key_env && *api_key)
        e->key = api_key;
    const char *value = *e->key_env ? r->source->env(e->key_env, r->source->user) : NULL;
    if (value)
        e->key = orx_arena_dup(r->arena, orx_view_trim(orx_view_of(value)));
    return 0;
}

static int auth_of(const reader *r, const orx_node *params, orx_endpoint *e, orx_err *err) {
    static const struct {
        const char *word;
        orx_ask_auth auth;
    } words[] = {{"none", ORX_ASK_OPEN},
                 {"bearer", ORX_ASK_BEARER},
                 {"x-api-key", ORX_ASK_X_KEY},
                 {"query-key", ORX_ASK_IN_QUERY}};
    const char *word = "";
    int rc = text_at(r, params, "healthcheck_auth", &word, err);
    if (rc < 0)
        return rc;
    if (!*word)
        word = *e->key_env || e->key ? "bearer" : "none";
    e->auth_word = lower(r->arena, word);
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        if (strcmp(e->auth_word, words[i].word) == 0) {
            e->auth = words[i].auth;
            return 0;
        }
    return orx_err_set(err, ORX_E_INVALID,
                       "%s:%u: healthcheck_auth is another word than none, bearer, x-api-key or "
                       "query-key",
                       r->source->config_path, orx_node_get(params, "healthcheck_auth")->line);
}

/* The default of gemini is only for those who say nothing at all. */
static int path_of(const reader *r, const orx_node *params, orx_endpoint *e, orx_err *err) {
    bool gemini = strcmp(e->provider, "gemini") == 0;
    int rc = text_at(r, params, "healthcheck_path", &e->path, err);
    if (rc < 0)
        return rc;
    if (gemini && !orx_node_get(params, "healthcheck_path"))
        e->path = "/v1beta/models";
    else if (!*e->path)
        e->path = "/v1/models";
    else if (*e->path != '/')
        e->path = orx_arena_printf(r->arena, "/%s", e->path);
    return 0;
}

static int headers_of(const reader *r, const orx_node *params, orx_endpoint *e, orx_err *err) {
    const orx_node *list = orx_node_get(params, "healthcheck_headers");
    if (!list || list->kind == ORX_NULL)
        return 0;
    if (list->kind != ORX_OBJECT)
        return wrong(r, list, "healthcheck_headers", "an object of names and values", err);
    ORX_NODE_EACH(list, n) {
        orx_ask_header *h = &e->headers[e->header_count];
        if (e->header_count == ORX_ASK_HEADERS_MAX)
            return orx_err_set(err, ORX_E_LIMIT, "%s:%u: more than %d headers",
                               r->source->config_path, n->line, ORX_ASK_HEADERS_MAX);
        h->name = n->key.p;
        int rc = text_at(r, list, h->name, &h->value, err);
        if (rc < 0)
            return rc;
        e->header_count++;
    }
    return 0;
}

static int read_identity(const reader *r, const orx_node *params, orx_endpoint *e, orx_err *err) {
    const char *provider = "";
    int rc = text_at(r, params, "provider", &provider, err);
    if (rc == 0)
        rc = text_at(r, params, "endpoint_id", &e->id, err);
    if (rc < 0)
        return rc;
    e->base = orx_url_join(r->arena, e->base, "");
    e->provider = *provider ? lower(r->arena, provider) : "openai_compatible";
    if (!*e->id)
        e->id = e->provider;
    return 0;
}

/* 1 = it is an endpoint, 0 = it has no address. */
static int read_params(const reader *r, const orx_node *params, orx_endpoint *e, orx_err *err) {
    const char *path = r->source->config_path;
    int rc = text_at(r, params, "api_base", &e->base, err);
    if (rc < 0 || !*e->base)
        return rc;
    rc = read_identity(r, params, e, err);
    if (rc == 0)
        rc = key_of(r, params, e, err);
    if (rc == 0)
        rc = auth_of(r, params, e, err);
    if (rc == 0)
        rc = path_of(r, params, e, err);
    if (rc == 0)
        rc = headers_of(r, params, e, err);
    if (rc == 0)
        rc = orx_endpoint_truth(path, params, "required", true, &e->required, err);
    if (rc == 0)
        rc = orx_endpoint_truth(path, params, "plain_http", false, &e->plain_http, err);
    return rc < 0 ? rc : 1;
}

/* ---- Several --------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b) {
    return orx_view_eq(orx_view_of(a), orx_view_of(b));
}

static bool same_headers(const orx_endpoint *a, const orx_endpoint *b) {
    if (a->header_count != b->header_count)
        return false;
    for (size_t i = 0; i < a->header_count; i++)
        if (!same_text(a->headers[i].name, b->headers[i].name) ||
            !same_text(a->headers[i].value, b->headers[i].value))
            return false;
    return true;
}

static bool same(const orx_endpoint *a, const orx_endpoint *b) {
    return same_text(a->id, b->id) && same_text(a->provider, b->provider) &&
           same_text(a->base, b->base) && same_text(a->path, b->path) &&
           same_text(a->key_env, b->key_env) && same_text(a->key, b->key) && a->auth == b->auth &&
           a->required == b->required && a->plain_http == b->plain_http && same_headers(a, b);
}

static void add_model(orx_arena *arena, orx_node *models, const char *name) {
    ORX_NODE_EACH(models, n) {
        if (orx_view_is(n->u.s, name))
            return;
    }
    if (*name)
        orx_node_push(models, orx_node_new_str(arena, orx_view_of(name)));
}

static int take(const reader *r, orx_endpoint *e, const orx_node *row, const char *model,
                orx_err *err) {
    for (size_t i = 0; i < r->found->len; i++)
        if (same(&r->found->items[i], e)) {
            add_model(r->arena, r->found->items[i].models, model);
            return 0;
        }
    if (r->found->len == ORX_ASK_COUNT_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "%s:%u: more than %d endpoints",
                           r->source->config_path, row->line, ORX_ASK_COUNT_MAX);
    e->models = orx_node_new(r->arena, ORX_ARRAY);
    add_model(r->arena, e->models, model);
    orx_vec_push(r->found, *e);
    return 0;
}

static int read_row(const reader *r, const orx_node *row, orx_err *err) {
    const orx_node *params = orx_node_get(row, "litellm_params");
    const char *model = "";
    orx_endpoint e = {0};
    if (row->kind != ORX_OBJECT)
        return wrong(r, row, "a row of model_list", "an object", err);
    if (params && params->kind != ORX_OBJECT)
        return wrong(r, params, "litellm_params", "an object", err);
    int rc = text_at(r, row, "model_name", &model, err);
    if (rc == 0)
        rc = read_params(r, params, &e, err);
    return rc <= 0 ? rc : take(r, &e, row, model, err);
}

static int by_id(const void *a, const void *b) {
    const orx_endpoint *x = a;
    const orx_endpoint *y = b;
    int order = strcmp(x->id, y->id);
    if (order == 0)
        order = strcmp(x->base, y->base);
    return order ? order : strcmp(x->path, y->path);
}

int orx_endpoints_read(const orx_endpoint_source *source, const orx_node *doc, orx_arena *arena,
                       orx_endpoints *out, orx_err *err) {
    const reader r = {.source = source, .arena = arena, .found = out};
    const orx_node *list = orx_node_get(doc, "model_list");
    if (!list || list->kind != ORX_ARRAY)
        return orx_err_set(err, ORX_E_INVALID, "%s: model_list is missing or no list",
                           source->config_path);
    ORX_NODE_EACH(list, row) {
        int rc = read_row(&r, row, err);
        if (rc < 0)
            return rc;
    }
    if (!out->len)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s: no row of model_list has litellm_params.api_base, so there is "
                           "nothing to look at",
                           source->config_path);
    qsort(out->items, out->len, sizeof *out->items, by_id);
    return 0;
}
