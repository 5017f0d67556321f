#include "cli/endpoint_files.h"

#include "data/json.h"
#include "platform/files.h"
#include "route/network_row.h"

#define FILE_MAX ((size_t)4 << 20)

/* ---- Options and files ----------------------------------------------------------------------- */

const char *orx_ep_option(const orx_cli *c, const char *name, const char *otherwise) {
    const char *value = orx_cli_option(c, name);
    return value ? value : otherwise;
}

const char *orx_ep_path(orx_cli *c, const char *path) {
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    return *path == '/' ? path : orx_path_join(&c->arena, c->cfg->root, path);
}

int orx_ep_timeout(const orx_cli *c, int64_t otherwise, int64_t *ret_ns, orx_err *err) {
    const char *text = orx_cli_option(c, "timeout-sec");
    int64_t seconds = otherwise;
    if (text && (!orx_view_to_i64(orx_view_of(text), &seconds) || seconds > 600))
        return orx_err_set(err, ORX_E_USAGE,
                           "--timeout-sec is a whole number of seconds up to 600, not \"%s\"",
                           text);
    *ret_ns = (seconds < 1 ? 1 : seconds) * ORX_SEC;
    return 0;
}

/* A root of the predecessor, or one that was made by hand, lacks what came later. */
static int missing(orx_cli *c, const char *path, orx_err *err) {
    const char *config = orx_path_join(&c->arena, c->cfg->root, "config/");
    if (!orx_view_starts(orx_view_of(path), config))
        return orx_err_set(err, ORX_E_NOT_FOUND, "%s is missing", path);
    return orx_err_set(err, ORX_E_NOT_FOUND,
                       "%s is missing; `orxaq init %s` writes one, and leaves the files that are "
                       "there as they are",
                       path, c->cfg->root);
}

int orx_ep_read(orx_cli *c, const char *path, const orx_node **ret_doc, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    int rc = orx_read_file(c->p, path, FILE_MAX, &bytes, err);
    if (rc == ORX_E_NOT_FOUND)
        return missing(c, path, err);
    if (rc == 0)
        rc = orx_doc_parse(&c->arena, path, orx_str_view(&bytes), &orx_limits_config, ret_doc, err);
    return rc;
}

static const char *folder_of(orx_arena *a, const char *path) {
    const char *slash = strrchr(path, '/');
    return orx_arena_dup(a, orx_view_mem(path, slash > path ? (size_t)(slash - path) : 1));
}

int orx_ep_mkdir_for(orx_cli *c, const char *path, orx_err *err) {
    return orx_mkdirs(c->p, folder_of(&c->arena, path), false, err);
}

int orx_ep_write(orx_cli *c, const char *path, const orx_node *doc, orx_json_style style,
                 orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_json_write(&text, doc, style);
    orx_str_addc(&text, '\n');
    int rc = orx_ep_mkdir_for(c, path, err);
    return rc < 0 ? rc : orx_write_atomic(c->p, path, orx_str_view(&text), 0644, err);
}

static const char *variable(const char *name, void *user) {
    const orx_cli *c = user;
    return orx_config_env(c->cfg, name);
}

orx_endpoint_source orx_ep_source(orx_cli *c, const char *config_path) {
    return (orx_endpoint_source){.config_path = config_path, .env = variable, .user = c};
}

/* ---- Showing --------------------------------------------------------------------------------- */

void orx_ep_print(const orx_cli *c, const orx_node *n) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_json_write(&s, n, c->terminal ? ORX_JSON_OURS_PRETTY : ORX_JSON_PY_LINE);
    orx_str_addc(&s, '\n');
    orx_cli_print(orx_str_view(&s));
}

void orx_ep_print_summary(orx_cli *c, const orx_node *report, const char *output) {
    orx_node *n = orx_node_copy(&c->arena, orx_node_get(report, "summary"));
    orx_node_set_str(&c->arena, n, "output", output);
    orx_ep_print(c, n);
}

/* What a server said goes to a terminal as one short line without control characters. */
static const char *one_line(orx_cli *c, const char *text) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    size_t n = strlen(text);
    for (size_t i = 0, step; i < n && out.len < 120; i += step) {
        step = orx_utf8_len(text + i, n - i);
        bool control =
            step == 0 || (unsigned char)text[i] < 0x20 || text[i] == 0x7F ||
            (step == 2 && (unsigned char)text[i] == 0xC2 && (unsigned char)text[i + 1] < 0xA0);
        step = step ? step : 1;
        if (control)
            orx_str_addc(&out, ' ');
        else
            orx_str_add(&out, text + i, step);
    }
    return orx_arena_dup(&c->arena, orx_str_view(&out));
}

static void print_row(orx_cli *c, orx_table *t, const orx_node *row, const char *name_key) {
    const orx_node *ms = orx_node_get(row, "latency_ms");
    bool ok = orx_node_bool(orx_node_get(row, "ok"), false);
    bool required = orx_node_bool(orx_node_get(row, "required"), false);
    bool timed = ms && ms->kind == ORX_DOUBLE;
    const char *state = orx_node_str(orx_node_get(row, "status"), ok ? "up" : "down");
    const char *const cells[] = {
        one_line(c, orx_node_str(orx_node_get(row, name_key), "")), state, required ? "yes" : "no",
        timed ? orx_cli_duration(c, (int64_t)(orx_node_num(ms, 0) * 1e6)) : "-",
        one_line(c, orx_node_str(orx_node_get(row, "error"), ""))};
    orx_table_row(t, cells, ok ? "32" : required ? "31" : "33");
}

/* What network-watch found lately, or "": nobody watches. */
static const char *network_word(orx_cli *c) {
    orx_network_row row = {0};
    if (!c->store && orx_cli_store(c, ORX_STORE_READ_ONLY, NULL) < 0)
        return "";
    if (orx_network_read(c->store, &c->arena, &row, NULL) < 0 || !row.m.looks || !row.fresh)
        return "";
    return orx_network_word(row.m.state);
}

static void print_found(orx_cli *c, const orx_node *report, const char *output) {
    const char *network = network_word(c);
    orx_node *n = orx_node_copy(&c->arena, orx_node_get(report, "summary"));
    orx_node_set_str(&c->arena, n, "output", output);
    if (*network)
        orx_node_set_str(&c->arena, n, "network", network);
    orx_ep_print(c, n);
}

void orx_ep_show(orx_cli *c, const orx_node *report, const char *rows, const char *name_key,
                 const char *output) {
    static const char *const titles[] = {"ENDPOINT", "STATE", "REQUIRED", "TIME", "WHAT", NULL};
    if (c->json || !c->terminal) {
        print_found(c, report, output);
        return;
    }
    orx_table *t = orx_table_new(c, titles);
    ORX_NODE_EACH(orx_node_get(report, rows), row) {
        print_row(c, t, row, name_key);
    }
    orx_table_print(t);
    const char *network = network_word(c);
    if (*network)
        orx_cli_printf("\nthe network is %s\n", network);
    orx_cli_printf("\n%s\n", output);
}

/* ---- Profiles -------------------------------------------------------------------------------- */

static int find_profile(orx_cli *c, const orx_ep_making *m, const char **ret_path, orx_err *err) {
    static const char *const kinds[] = {"yaml", "json"};
    if (!*m->name)
        return orx_err_set(err, ORX_E_INVALID, "the name of the profile is blank");
    if (strchr(m->name, '/') || *m->name == '.')
        return orx_err_set(err, ORX_E_INVALID, "\"%s\" is no name of a profile", m->name);
    for (size_t i = 0; i < ORX_ARRAY_LEN(kinds); i++) {
        const char *path =
            orx_ep_path(c, orx_arena_printf(&c->arena, "%s/%s.%s", m->dir, m->name, kinds[i]));
        if (orx_exists(c->p, path)) {
            *ret_path = path;
            return 0;
        }
    }
    return orx_err_set(err, ORX_E_NOT_FOUND, "profile not found: %s", m->name);
}

static orx_node *required_of(orx_arena *a, const orx_node *doc) {
    orx_node *names = orx_node_new(a, ORX_ARRAY);
    ORX_NODE_EACH(orx_node_get(doc, "providers"), row) {
        bool required = false;
        (void)orx_endpoint_truth("", row, "required", false, &required, NULL);
        if (required && orx_node_get(row, "name"))
            orx_node_push(names, orx_node_copy(a, orx_node_get(row, "name")));
    }
    return names;
}

int orx_ep_apply(orx_cli *c, const orx_ep_making *m, orx_node **ret_result, orx_err *err) {
    const char *base = orx_ep_path(c, m->base);
    const char *active = orx_ep_path(c, m->active);
    orx_fleet_profile profile = {.name = m->name};
    const orx_node *doc = NULL;
    orx_node *applied = NULL;
    int rc = find_profile(c, m, &profile.source, err);
    if (rc == 0)
        rc = orx_ep_read(c, profile.source, &profile.doc, err);
    if (rc == 0)
        rc = orx_ep_read(c, base, &doc, err);
    if (rc == 0)
        rc = m->apply(doc, &profile, &c->arena, &applied, err);
    /* Not the form of reports: the order of lanes means something. */
    if (rc == 0)
        rc = orx_ep_write(c, active, applied, ORX_JSON_OURS_PRETTY, err);
    if (rc < 0)
        return rc;
    orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node_set_bool(&c->arena, n, "ok", true);
    orx_node_set_str(&c->arena, n, "profile", m->name);
    orx_node_set_str(&c->arena, n, "base_config", base);
    orx_node_set_str(&c->arena, n, "profile_path", profile.source);
    orx_node_set_str(&c->arena, n, "active_config", active);
    orx_node_set(&c->arena, n, "required_providers", required_of(&c->arena, applied));
    *ret_result = n;
    return 0;
}

static void print_failure(orx_cli *c, const orx_err *err) {
    orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node_set_bool(&c->arena, n, "ok", false);
    orx_node_set_str(&c->arena, n, "error", err->msg);
    orx_ep_print(c, n);
}

int orx_ep_apply_command(orx_cli *c, const orx_ep_making *m, orx_err *err) {
    orx_node *result = NULL;
    bool document = c->json || !c->terminal;
    int rc = orx_ep_apply(c, m, &result, err);
    if (rc < 0 && document)
        print_failure(c, err);
    if (rc < 0)
        return rc;
    if (document)
        orx_ep_print(c, result);
    else
        orx_cli_printf("%s is now that of profile %s\n", orx_ep_path(c, m->active), m->name);
    return ORX_EXIT_OK;
}
