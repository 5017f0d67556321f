#include "config/load.h"

/* The environment being composed. Names map to values in the caller's arena. */
typedef struct composer {
    const orx_config *cfg;
    const orx_child_env *what;
    orx_arena *arena;
    orx_map vars;
} composer;

/* [K] What every child gets, so that nothing asks a person and output is plain. */
static const char *const overlay[] = {"CI=1",
                                      "TERM=dumb",
                                      "GIT_TERMINAL_PROMPT=0",
                                      "GIT_PAGER=cat",
                                      "PIP_NO_INPUT=1",
                                      "PIP_DISABLE_PIP_VERSION_CHECK=1",
                                      "NO_COLOR=1",
                                      "FORCE_COLOR=0",
                                      "PIP_PROGRESS_BAR=off",
                                      "CLICOLOR=0",
                                      "PYTHONUNBUFFERED=1",
                                      "DEBIAN_FRONTEND=noninteractive",
                                      NULL};

static const char *const passed[] = {"PATH", "HOME", "USER",   "SHELL", "LANG",
                                     "LC_*", "TZ",   "TMPDIR", "XDG_*", "SSL_CERT_*"};

static bool matches(const char *pattern, orx_view name) {
    size_t n = strlen(pattern);
    if (n && pattern[n - 1] == '*')
        return name.len >= n - 1 && !memcmp(pattern, name.p, n - 1);
    return orx_view_is(name, pattern);
}

static bool any_matches(const char *const *patterns, size_t count, orx_view name) {
    for (size_t i = 0; i < count; i++)
        if (matches(patterns[i], name))
            return true;
    return false;
}

static bool is_proxy(orx_view name) {
    return name.len > 6 &&
           orx_view_ieq((orx_view){name.p + name.len - 6, 6}, orx_view_of("_proxy"));
}

bool orx_child_env_reserved(orx_view name) {
    for (size_t i = 0; overlay[i]; i++)
        if (name.len < strlen(overlay[i]) && overlay[i][name.len] == '=' &&
            !memcmp(overlay[i], name.p, name.len))
            return true;
    return any_matches(passed, ORX_ARRAY_LEN(passed), name) || is_proxy(name);
}

/* Whether the name is some provider's secret that this child must not see. */
static bool withheld(const composer *c, orx_view name) {
    const orx_provider_config *own = c->what->provider;
    if (own && own->secret && orx_view_is(name, own->secret))
        return false;
    for (size_t i = 0; i < c->cfg->provider_count; i++) {
        const char *secret = c->cfg->providers[i].secret;
        if (secret && orx_view_is(name, secret))
            return true;
    }
    return false;
}

static bool allowed(const composer *c, orx_view name) {
    const orx_strings *all = &c->cfg->env_pass;
    const orx_provider_config *own = c->what->provider;
    if (withheld(c, name) || (own && own->secret && orx_view_is(name, own->secret)))
        return false; /* the own secret comes by itself, see add_secret */
    return any_matches(passed, ORX_ARRAY_LEN(passed), name) || is_proxy(name) ||
           any_matches(all->items, all->count, name) ||
           (own && any_matches(own->env_pass.items, own->env_pass.count, name));
}

static void put(composer *c, orx_view name, const char *value) {
    orx_map_put(&c->vars, name, orx_arena_strdup(c->arena, value));
}

/* ---- The layers --------------------------------------------------------------------------------
 */

static void add_passed(composer *c) {
    const struct orx_config_state *st = c->cfg->state;
    const orx_map_entry *e;
    for (size_t i = 0; (e = orx_map_next(&st->file, &i));) {
        orx_view name = {e->key, e->key_len};
        if (allowed(c, name))
            put(c, name, ((const orx_envvar *)e->value)->value);
    }
    for (size_t i = 0; (e = orx_map_next(&st->process, &i));) {
        orx_view name = {e->key, e->key_len};
        const char *value = e->value;
        if (allowed(c, name) && (*value || !orx_map_get(&c->vars, name)))
            put(c, name, value);
    }
}

static bool path_has(orx_view path, const char *dir) {
    orx_view part;
    while (orx_view_split(&path, ':', &part))
        if (orx_view_is(part, dir))
            return true;
    return false;
}

/* The operator's own PATH first, then what is missing in it: system programs never shadow a virtual
 * environment. */
static void add_path(composer *c) {
    ORX_CLEANUP(orx_str_free) orx_str path = {0};
    const char *own = orx_map_get(&c->vars, orx_view_of("PATH"));
    orx_str_adds(&path, own ? own : "");
    for (size_t i = 0; i < c->cfg->path_append.count; i++) {
        const char *dir = c->cfg->path_append.items[i];
        if (!path_has(orx_str_view(&path), dir))
            orx_str_addf(&path, "%s%s", path.len ? ":" : "", dir);
    }
    if (path.len)
        put(c, orx_view_of("PATH"), orx_str_cstr(&path));
}

static int add_lane(composer *c, orx_err *err) {
    ORX_NODE_EACH(c->what->lane_env ? c->what->lane_env : c->cfg->lane_env, it) {
        bool text = it->kind == ORX_STRING && !(it->u.s.len && memchr(it->u.s.p, 0, it->u.s.len));
        if (!orx_env_name_ok(it->key))
            return orx_err_set(
                err, ORX_E_INVALID,
                "env of the lane, entry %u: expected a name of letters, digits and _",
                (unsigned)it->line);
        if (!text)
            return orx_err_set(
                err, ORX_E_INVALID, "env of the lane, %.*s: expected a text, found %s",
                ORX_VIEW_ARG(it->key),
                it->kind == ORX_STRING ? "one with a NUL byte" : orx_kind_name(it->kind));
        if (!withheld(c, it->key))
            put(c, it->key, orx_arena_dup(c->arena, it->u.s));
    }
    return 0;
}

static int add_assignments(composer *c, const char *const *list, orx_err *err) {
    for (; list && *list; list++) {
        const char *equals = strchr(*list, '=');
        orx_view name = {*list, equals ? (size_t)(equals - *list) : 0};
        if (!equals || !orx_env_name_ok(name))
            return orx_err_set(
                err, ORX_E_INVALID,
                "expected NAME=value for a process's environment, found another form");
        put(c, name, equals + 1);
    }
    return 0;
}

static void add_secret(composer *c) {
    const orx_provider_config *own = c->what->provider;
    if (!own || !own->secret || orx_map_get(&c->vars, orx_view_of(own->secret)))
        return;
    const char *value = orx_config_secret(c->cfg, own);
    if (value)
        put(c, orx_view_of(own->secret), value);
}

/* ---- The result ---------------------------------------------------------------------------------
 */

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *const *as_list(composer *c) {
    const char **list = orx_arena_zalloc(c->arena, c->vars.count + 1, sizeof *list);
    const orx_map_entry *e;
    size_t count = 0;
    for (size_t i = 0; (e = orx_map_next(&c->vars, &i));)
        list[count++] = orx_arena_printf(c->arena, "%s=%s", e->key, (const char *)e->value);
    qsort(list, count, sizeof *list, by_text);
    return list;
}

int orx_config_env_for_child(const orx_config *cfg, const orx_child_env *what, orx_arena *arena,
                             const char *const **ret_env, orx_err *err) {
    composer c = {.cfg = cfg, .what = what, .arena = arena};
    add_passed(&c);
    add_path(&c);
    int rc = add_lane(&c, err);
    if (!rc)
        rc = add_assignments(&c, overlay, err);
    add_secret(&c);
    if (!rc)
        rc = add_assignments(&c, what->extra, err);
    if (!rc)
        *ret_env = as_list(&c);
    orx_map_free(&c.vars);
    return rc;
}
