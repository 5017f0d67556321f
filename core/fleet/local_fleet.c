#include "fleet/local_fleet.h"

#include "base/address.h"
#include "fleet/url.h"

#include <ctype.h>

/* ---- Members --------------------------------------------------------------------------------- */

typedef struct reader {
    const char *path; /* of the file, for messages */
    orx_arena *arena;
    orx_err *err;
    int rc; /* the first failure; what follows is not read */
} reader;

static void wrong(reader *r, const orx_node *n, const char *key, const char *expected) {
    if (r->rc == 0)
        r->rc = orx_err_set(r->err, ORX_E_INVALID, "%s:%u:%u: %s: expected %s, found %s", r->path,
                            (unsigned)n->line, (unsigned)n->column, key, expected,
                            orx_kind_name(n->kind));
}

static const orx_node *member(const orx_node *row, const char *key) {
    const orx_node *n = orx_node_get(row, key);
    return n && n->kind != ORX_NULL ? n : NULL;
}

static const char *text(reader *r, const orx_node *row, const char *key, const char *otherwise) {
    const orx_node *n = member(row, key);
    if (!n)
        return otherwise;
    if (n->kind != ORX_STRING)
        wrong(r, n, key, "a text");
    return orx_arena_dup(r->arena, orx_view_trim(orx_view_of(orx_node_str(n, otherwise))));
}

static bool truth(reader *r, const orx_node *row, const char *key, bool otherwise) {
    const orx_node *n = member(row, key);
    if (n && n->kind != ORX_BOOL)
        wrong(r, n, key, "true or false");
    return orx_node_bool(n, otherwise);
}

static double number(reader *r, const orx_node *row, const char *key, double otherwise) {
    const orx_node *n = member(row, key);
    if (n && n->kind != ORX_INT && n->kind != ORX_DOUBLE)
        wrong(r, n, key, "a number");
    return orx_node_num(n, otherwise);
}

typedef struct range {
    int64_t otherwise;
    int64_t least;
    int64_t most;
} range;

static int64_t clamped(int64_t n, range at) {
    return n < at.least ? at.least : n > at.most ? at.most : n;
}

static int64_t integer(reader *r, const orx_node *row, const char *key, range at) {
    double n = number(r, row, key, (double)at.otherwise);
    if (!(n > (double)at.least))
        return at.least;
    return n < (double)at.most ? (int64_t)n : at.most;
}

static int64_t seconds(reader *r, const orx_node *row, const char *key, range at) {
    return integer(r, row, key, at) * ORX_SEC;
}

static orx_strings texts(reader *r, const orx_node *row, const char *key) {
    static const char *const none[] = {NULL};
    const orx_node *list = member(row, key);
    if (!list || list->kind != ORX_ARRAY) {
        if (list)
            wrong(r, list, key, "a list of texts");
        return (orx_strings){none, 0};
    }
    const char **items = orx_arena_zalloc(r->arena, list->count + 1, sizeof *items);
    size_t n = 0;
    ORX_NODE_EACH(list, it) {
        if (it->kind != ORX_STRING)
            wrong(r, it, key, "a list of texts");
        else if (*orx_node_str(it, ""))
            items[n++] = orx_arena_strdup(r->arena, orx_node_str(it, ""));
    }
    return (orx_strings){items, n};
}

/* ---- Endpoints ------------------------------------------------------------------------------- */

static const char *without_version(orx_arena *arena, const char *base) {
    orx_view v = orx_view_of(base);
    if (orx_view_ends(v, "/v1"))
        v.len -= 3;
    return orx_arena_dup(arena, v);
}

static bool known(const orx_local_fleet *f, const char *id) {
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->items[i].id, id) == 0)
            return true;
    return false;
}

static void read_endpoint(reader *r, orx_local_fleet *f, const orx_node *row) {
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    orx_local_endpoint e = {.id = text(r, row, "id", ""), .role = text(r, row, "role", "default")};
    e.base_url = orx_url_join(r->arena, text(r, row, "base_url", ""), "");
    e.enabled = truth(r, row, "enabled", true);
    e.plain_http = truth(r, row, "plain_http", false);
    e.max_parallel = integer(r, row, "max_parallel", (range){1, 1, 1024});
    if (r->rc < 0)
        return;
    if (!*e.id || known(f, e.id))
        r->rc =
            orx_err_set(r->err, ORX_E_INVALID, "%s:%u:%u: every endpoint needs an id of its own",
                        r->path, (unsigned)row->line, (unsigned)row->column);
    else if (!orx_address_key(orx_view_of(e.base_url), &key))
        r->rc = orx_err_set(r->err, ORX_E_INVALID,
                            "%s:%u:%u: base_url of %s: expected an address such as "
                            "http://127.0.0.1:1234/v1",
                            r->path, (unsigned)row->line, (unsigned)row->column, e.id);
    e.key = orx_arena_dup(r->arena, orx_str_view(&key));
    e.root_url = without_version(r->arena, e.base_url);
    f->items[f->count++] = e;
}

static void read_endpoints(reader *r, orx_local_fleet *f, const orx_node *doc) {
    const orx_node *list = member(doc, "endpoints");
    if (list && list->kind != ORX_ARRAY)
        wrong(r, list, "endpoints", "a list");
    f->items = orx_arena_zalloc(r->arena, ORX_LOCAL_ENDPOINTS_MAX, sizeof *f->items);
    if (list && list->count > ORX_LOCAL_ENDPOINTS_MAX && r->rc == 0)
        r->rc = orx_err_set(r->err, ORX_E_LIMIT, "%s: more than %d endpoints", r->path,
                            ORX_LOCAL_ENDPOINTS_MAX);
    ORX_NODE_EACH(list, row) {
        if (r->rc < 0)
            return;
        if (row->kind != ORX_OBJECT)
            wrong(r, row, "endpoints", "objects");
        else
            read_endpoint(r, f, row);
    }
}

/* ---- What is done with them ------------------------------------------------------------------ */

static const char bench_prompt[] = "Return compact JSON with keys: ok(boolean), lane_type(string), "
                                   "rationale(string <= 80 chars).";

static void read_bench(reader *r, orx_local_bench *b, const orx_node *doc) {
    const orx_node *n = orx_node_get(doc, "benchmark");
    b->timeout_ns = seconds(r, n, "timeout_sec", (range){15, 1, 600});
    b->max_tokens = integer(r, n, "max_tokens", (range){220, 64, 1 << 20});
    b->temperature = number(r, n, "temperature", 0);
    b->models_per_endpoint = integer(r, n, "models_per_endpoint", (range){3, 1, 64});
    b->prompt = text(r, n, "prompt", bench_prompt);
}

static void read_steps(reader *r, orx_local_scan *s, const orx_node *n) {
    static const int64_t usual[] = {1024, 4096, 8192, 16384};
    const orx_node *list = member(n, "context_token_steps");
    memcpy(s->steps, usual, sizeof usual);
    s->step_count = ORX_ARRAY_LEN(usual);
    if (!list)
        return;
    if (list->kind != ORX_ARRAY) {
        wrong(r, list, "context_token_steps", "a list of numbers");
        return;
    }
    s->step_count = 0;
    ORX_NODE_EACH(list, it) {
        if (s->step_count < ORX_LOCAL_STEPS_MAX)
            s->steps[s->step_count++] = clamped(orx_node_int(it, 0), (range){0, 256, 1 << 22});
    }
}

static void read_scan(reader *r, orx_local_scan *s, const orx_node *doc) {
    const orx_node *n = orx_node_get(doc, "capability_scan");
    s->enabled = truth(r, n, "enabled", true);
    s->timeout_ns = seconds(r, n, "timeout_sec", (range){25, 3, 600});
    s->max_parallel_probe = integer(r, n, "max_parallel_probe", (range){8, 1, ORX_ASK_AT_ONCE});
    s->success_rate = number(r, n, "success_rate_threshold", 0.8);
    s->latency_ratio = number(r, n, "latency_guard_ratio", 0.95);
    s->max_tokens = integer(r, n, "probe_max_tokens", (range){48, 8, 1 << 20});
    s->temperature = number(r, n, "probe_temperature", 0);
    s->prompt = text(r, n, "probe_prompt", "Reply with exactly OK.");
    s->preferred = texts(r, n, "preferred_models");
    s->complexity = texts(r, n, "complexity_preference");
    s->context_preferred = texts(r, n, "context_model_preference");
    s->context_max_tokens = integer(r, n, "context_probe_max_tokens", (range){8, 4, 1 << 20});
    read_steps(r, s, n);
}

static void read_watch(reader *r, orx_local_watch *w, const orx_node *doc) {
    const orx_node *n = orx_node_get(doc, "watchdog");
    w->restart_command = text(r, n, "restart_command", "");
    w->cooldown_sec = integer(r, n, "restart_cooldown_sec", (range){60, 1, 86400});
    w->cooldown_max_sec = integer(r, n, "restart_cooldown_max_sec", (range){1800, 1, 86400});
    w->grace_ns = seconds(r, n, "startup_grace_sec", (range){3, 0, 600});
    w->max_attempts = integer(r, n, "max_attempts", (range){5, 1, 1000});
    w->check_sec = integer(r, n, "check_interval_sec", (range){300, 0, 86400});
    w->timeout_ns = seconds(r, n, "timeout_sec", (range){25, 3, 600});
}

int orx_local_fleet_read(const char *config_path, const orx_node *doc, orx_arena *arena,
                         orx_local_fleet *ret_fleet, orx_err *err) {
    reader r = {.path = config_path, .arena = arena, .err = err};
    orx_local_fleet f = {.config_path = config_path, .api_key = ""};
    if (!doc || doc->kind != ORX_OBJECT)
        return orx_err_set(err, ORX_E_INVALID, "%s: expected an object with endpoints",
                           config_path);
    read_endpoints(&r, &f, doc);
    f.targets = texts(&r, doc, "target_models");
    f.download_command = text(&r, doc, "download_command_template", "");
    read_bench(&r, &f.bench, doc);
    read_scan(&r, &f.scan, doc);
    read_watch(&r, &f.watch, doc);
    if (r.rc == 0)
        *ret_fleet = f;
    return r.rc;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

orx_ask orx_local_ask(const orx_local_fleet *fleet, const orx_local_endpoint *e, const char *base,
                      const char *path, int64_t timeout_ns, orx_arena *arena) {
    bool keyed = *fleet->api_key != '\0';
    return (orx_ask){.url = orx_arena_printf(arena, "%s%s", base, path),
                     .auth = ORX_ASK_BEARER,
                     .key = keyed ? fleet->api_key : "lm-studio",
                     .user_agent = "orxaq-autonomy/local-model-fleet",
                     .timeout_ns = timeout_ns,
                     .plain_http = !keyed || e->plain_http,
                     .keep = true};
}

/* ---- Complexity ------------------------------------------------------------------------------ */

void orx_local_lower(const char *text, orx_str *out) {
    for (const char *p = text; *p; p++)
        orx_str_addc(out, (char)tolower((unsigned char)*p));
}

int orx_model_complexity(const char *model) {
    static const struct {
        const char *part;
        int points;
    } sizes[] = {{"70b", 35}, {"32b", 25}, {"14b", 15}, {"13b", 15}, {"7b", 8}};
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    int score = 35;
    orx_local_lower(model, &name);
    const char *s = orx_str_cstr(&name);
    if (strstr(s, "embed"))
        return 5;
    for (size_t i = 0; i < ORX_ARRAY_LEN(sizes); i++)
        if (strstr(s, sizes[i].part)) {
            score += sizes[i].points;
            break;
        }
    score += strstr(s, "coder") ? 8 : 0;
    score += strstr(s, "r1") || strstr(s, "reason") ? 12 : 0;
    return score > 100 ? 100 : score;
}

const char *orx_model_class(int score) {
    return score >= 85   ? "deep_research"
           : score >= 65 ? "complex"
           : score >= 45 ? "standard"
                         : "simple";
}
