/* orxaq provider-cost-ingest: the bills of all configured vendors, fetched and stored. */
#include "cli/provider_cost.h"

#include "money/bill_day.h"
#include "money/ingest_files.h"
#include "money/ingest_summary.h"
#include "platform/files.h"

#include <stdlib.h>

#define SOURCES_MAX 64

/* The vendors that the predecessor knew [K]: the variable with the key of an administrator, and for
 * an endpoint of its generic kind those with the address and the key, and how the key is shown. */
static const struct {
    const char *provider;
    const char *key;
    const char *endpoint;
    const char *endpoint_keys[2]; /* the first that is set */
    const char *auth;
    const char *owner; /* whose calls are on that bill */
} registry[] = {{"openai",
                 "OPENAI_ADMIN_KEY",
                 "ORXAQ_COST_OPENAI_USAGE_URL",
                 {"OPENAI_API_KEY"},
                 "bearer",
                 "codex"},
                {"anthropic",
                 "ANTHROPIC_ADMIN_KEY",
                 "ORXAQ_COST_ANTHROPIC_USAGE_URL",
                 {"ANTHROPIC_API_KEY"},
                 "x-api-key",
                 "claude"},
                {"gemini",
                 NULL,
                 "ORXAQ_COST_GEMINI_USAGE_URL",
                 {"GEMINI_API_KEY", "GOOGLE_API_KEY"},
                 "query-key",
                 "gemini"}};

typedef struct flags {
    int64_t window_hours;
    int64_t page_size;
    int64_t max_pages;
    int64_t timeout_sec;
    int64_t retries;
    int64_t backoff_sec;
    int64_t stale_sec;
} flags;

int orx_cost_number(orx_cli *c, const char *name, int64_t least, int64_t otherwise, int64_t *ret,
                    orx_err *err) {
    const char *text = orx_cli_option(c, name);
    *ret = otherwise;
    if (!text || (orx_view_to_i64(orx_view_of(text), ret) && *ret >= least && *ret <= 100000000))
        return 0;
    return orx_err_set(err, ORX_E_USAGE, "--%s takes a whole number from %lld on, not \"%s\"", name,
                       (long long)least, text);
}

static int take_flags(orx_cli *c, flags *f, orx_err *err) {
    const struct {
        const char *name;
        int64_t least;
        int64_t otherwise;
        int64_t *to;
    } all[] = {{"window-hours", 1, 720, &f->window_hours},
               {"page-size", 1, 200, &f->page_size},
               {"max-pages", 1, 20, &f->max_pages},
               {"timeout-sec", 1, 20, &f->timeout_sec},
               {"retries", 0, 2, &f->retries},
               {"retry-backoff-sec", 1, 2, &f->backoff_sec},
               {"stale-threshold-sec", 1, 900, &f->stale_sec}};
    int rc = 0;
    for (size_t i = 0; i < ORX_ARRAY_LEN(all) && rc >= 0; i++)
        rc = orx_cost_number(c, all[i].name, all[i].least, all[i].otherwise, all[i].to, err);
    return rc;
}

const char *orx_cost_path(orx_cli *c, const char *option, const char *name) {
    const char *given = orx_cli_option(c, option);
    if (given && *given == '/')
        return given;
    if (given)
        return orx_path_join(&c->arena, c->cfg->root, given);
    return orx_path_join(&c->arena, c->cfg->paths.artifacts_dir, name);
}

/* ---- One source ------------------------------------------------------------------------------ */

static const char *key_of(const char *provider) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(registry); i++)
        if (strcmp(registry[i].provider, provider) == 0)
            return registry[i].key;
    return NULL;
}

static void count_secret(void *user, orx_view value) {
    int *count = user;
    *count += value.len > 0;
}

static bool has_key(orx_instance *instance) {
    int count = 0;
    orx_instance_each_secret(instance, count_secret, &count);
    return count > 0;
}

static int note(orx_cli *c, orx_instance *instance, const char *status, const char *reason,
                orx_err *err) {
    orx_ingest_report report = orx_ingest_skipped(
        orx_instance_name(instance),
        orx_ingest_provider(orx_instance_plugin(instance), orx_instance_settings(instance)),
        reason);
    report.status = status;
    return orx_ingest_note(c->store, &report, err);
}

static int fetch(orx_cli *c, const flags *f, orx_instance *instance, const orx_ingest_files *files,
                 orx_err *err) {
    orx_ingest_report report;
    orx_ingest_spec spec = {
        .instance = instance,
        .files_dir = orx_arena_printf(&c->arena, "%s/ingest", c->cfg->paths.state_dir),
        .window_ns = f->window_hours * 3600 * ORX_SEC,
        .page_items = f->page_size,
        .max_pages = f->max_pages,
        .timeout_ns = f->timeout_sec * ORX_SEC,
        .retries = f->retries,
        .backoff_ns = f->backoff_sec * ORX_SEC,
    };
    if (files) {
        spec.files = files->list.items;
        spec.file_count = (uint32_t)files->list.len;
        spec.page_items = 0; /* pages are requests; these are read to their end */
        spec.max_pages = INT64_MAX;
    }
    int rc = orx_mkdirs(c->p, spec.files_dir, true, err);
    return rc < 0 ? rc : orx_ingest_run(c->p, c->store, &spec, &c->arena, &report, err);
}

/* A reader that is handed files. One that is missing is how this source is, not the end of all. */
static int run_files(orx_cli *c, const flags *f, orx_instance *instance, const orx_node *names,
                     orx_err *err) {
    orx_ingest_files files = {0};
    orx_err why = ORX_ERR_INIT;
    int rc = orx_ingest_files_read(c->p, c->cfg->root, names, &files, &why);
    if (rc < 0)
        rc = note(c, instance, "failed", why.msg, err);
    else if (files.list.len == 0)
        rc = note(c, instance, "skipped", "endpoint_not_configured", err);
    else
        rc = fetch(c, f, instance, &files, err);
    orx_ingest_files_free(&files);
    return rc;
}

static int run_source(orx_cli *c, const flags *f, orx_instance *instance, orx_err *err) {
    const orx_node *names = orx_node_get(orx_instance_settings(instance), "files");
    if (names)
        return run_files(c, f, instance, names, err);
    if (!has_key(instance))
        return note(c, instance, "skipped", "api_key_missing", err);
    return fetch(c, f, instance, NULL, err);
}

/* The first account of a vendor has the vendor's name, the others are numbered. */
static const char *source_name(orx_cli *c, const char *provider, const char **seen, size_t count) {
    int same = 0;
    for (size_t i = 0; i < count; i++)
        same += strcmp(seen[i], provider) == 0;
    return same ? orx_arena_printf(&c->arena, "%s-%d", provider, same + 1) : provider;
}

/* 1 = the entry is a reader of bills and was run. */
static int run_entry(orx_cli *c, const flags *f, size_t index, const char **seen, size_t *count,
                     orx_err *err) {
    const orx_plugin_config *e = &c->cfg->plugins[index];
    const orx_plugin_ref ref = {
        .name = e->path ? NULL : e->name, .path = e->path, .sha256 = e->sha256, .where = e->where};
    const orx_plugin *plugin = NULL;
    orx_instance *instance = NULL;
    int rc = orx_plugins_load(c->plugins, &ref, &plugin, err);
    if (rc < 0 || !orx_plugin_ingest(plugin) || *count == SOURCES_MAX)
        return rc < 0 ? rc : 0;
    const char *provider = orx_ingest_provider(plugin, e->settings);
    const char *key = key_of(provider);
    const orx_instance_spec spec = {
        .plugin = plugin,
        .name = source_name(c, provider, seen, *count),
        .settings = e->settings,
        .file = c->cfg->config_file,
        .path = orx_arena_printf(&c->arena, "plugins[%zu].settings", index),
        .secret = key ? orx_arena_printf(&c->arena, "env:%s", key) : NULL};
    rc = orx_instance_new(c->plugins, &spec, &instance, err);
    if (rc < 0)
        return rc;
    seen[(*count)++] = provider;
    rc = run_source(c, f, instance, err);
    orx_instance_free(instance);
    return rc < 0 ? rc : 1;
}

static bool was_run(const char *provider, const char *const *seen, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(seen[i], provider) == 0)
            return true;
    return false;
}

/* ---- Endpoints of the predecessor ------------------------------------------------------------ */

static const char *variable(orx_cli *c, const char *name) {
    const char *value = name ? orx_config_env(c->cfg, name) : NULL;
    return value && value[strspn(value, " \t")] ? value : NULL;
}

static int skip(orx_cli *c, const char *provider, const char *reason, orx_err *err) {
    const orx_ingest_report skipped = orx_ingest_skipped(provider, provider, reason);
    return orx_ingest_note(c->store, &skipped, err);
}

/* The reader of plain records, set up as the variables say. */
static int run_reader(orx_cli *c, const flags *f, size_t which, const char *key, orx_err *err) {
    const orx_plugin_ref ref = {.name = "costs-generic", .where = registry[which].endpoint};
    orx_node *settings = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node *owners = orx_node_new(&c->arena, ORX_ARRAY);
    orx_instance *instance = NULL;
    const char *provider = registry[which].provider;
    orx_node_set_str(&c->arena, settings, "provider", provider);
    orx_node_set_str(&c->arena, settings, "base_url",
                     orx_config_env(c->cfg, registry[which].endpoint));
    orx_node_set_str(&c->arena, settings, "auth", registry[which].auth);
    orx_node_push(owners, orx_node_new_str(&c->arena, orx_view_of(registry[which].owner)));
    orx_node_set(&c->arena, settings, "providers", owners);
    orx_instance_spec spec = {.name = provider,
                              .settings = settings,
                              .file = registry[which].endpoint,
                              .path = "settings",
                              .secret = orx_arena_printf(&c->arena, "env:%s", key)};
    int rc = orx_plugins_load(c->plugins, &ref, &spec.plugin, err);
    if (rc >= 0)
        rc = orx_instance_new(c->plugins, &spec, &instance, err);
    if (rc >= 0)
        rc = run_source(c, f, instance, err);
    orx_instance_free(instance);
    return rc;
}

static int run_endpoint(orx_cli *c, const flags *f, size_t which, orx_err *err) {
    const char *provider = registry[which].provider;
    const char *const *keys = registry[which].endpoint_keys;
    if (!variable(c, registry[which].endpoint))
        return skip(c, provider, "endpoint_not_configured", err);
    const char *key = variable(c, keys[0]) ? keys[0] : keys[1];
    if (!variable(c, key))
        return skip(c, provider, "api_key_missing", err);
    return run_reader(c, f, which, key, err);
}

static int run_all(orx_cli *c, const flags *f, orx_err *err) {
    const char *seen[SOURCES_MAX];
    size_t count = 0;
    int rc = orx_ingest_forget_skipped(c->store, err);
    for (size_t i = 0; i < c->cfg->plugin_count && rc >= 0; i++)
        if (c->cfg->plugins[i].enabled)
            rc = run_entry(c, f, i, seen, &count, err);
    for (size_t i = 0; i < ORX_ARRAY_LEN(registry) && rc >= 0; i++)
        if (!was_run(registry[i].provider, seen, count))
            rc = run_endpoint(c, f, i, err);
    return rc < 0 ? rc : 0;
}

/* ---- All of it ------------------------------------------------------------------------------- */

/* Only one at a time: fetches of a source have an order. */
static int take_lock(orx_cli *c, orx_file **ret_lock, orx_err *err) {
    const char *path = orx_path_join(&c->arena, c->cfg->paths.state_dir, "ingest.lock");
    int rc = orx_file_open(c->p, path, ORX_OPEN_WRITE | ORX_OPEN_CREATE, 0600, ret_lock, err);
    if (rc >= 0)
        rc = orx_file_lock(c->p, *ret_lock, ORX_LOCK_EXCLUSIVE, false, err);
    return rc;
}

static int write_files(orx_cli *c, const flags *f, orx_node **ret_summary, orx_err *err) {
    orx_cost_files *files = orx_arena_zalloc(&c->arena, 1, sizeof *files);
    *files = (orx_cost_files){
        .records = orx_cost_path(c, "output-records", "provider_costs/records.ndjson"),
        .summary = orx_cost_path(c, "output-summary", "provider_costs/summary.json"),
        .window_hours = f->window_hours,
        .stale_sec = f->stale_sec};
    int rc = orx_store_set_projection(c->store, ORX_COST_RECORDS, files->records, files, err);
    if (rc >= 0)
        rc = orx_store_set_projection(c->store, ORX_COST_SUMMARY, files->summary, files, err);
    orx_projection_dirty(c->store, ORX_COST_RECORDS);
    orx_projection_dirty(c->store, ORX_COST_SUMMARY);
    if (rc >= 0)
        rc = orx_projection_flush(c->store, true, err);
    return rc < 0
               ? rc
               : orx_cost_summary(c->store, files, orx_wall_ns(c->p), &c->arena, ret_summary, err);
}

/* What the bills say of today counts against caps. */
static int take_today(orx_cli *c, orx_err *err) {
    orx_ingest_report *reports = NULL;
    int count = orx_ingest_reports(c->store, &c->arena, &reports, err);
    int rc = count < 0 ? count : 0;
    for (int i = 0; i < count && rc >= 0; i++) {
        const orx_ingest_report *r = &reports[i];
        const orx_day_bill bill = {.vendor = r->provider,
                                   .metered_as = r->covers,
                                   .whole = r->ok && strcmp(r->status, "partial") != 0};
        if (r->ended_ns && strcmp(r->source, r->provider) == 0)
            rc = orx_bill_day_take(c->store, c->cfg->money.zone, &bill, err);
    }
    return rc;
}

/* Fetches and writes; *ret_summary is what was written. */
static int ingest(orx_cli *c, orx_node **ret_summary, orx_err *err) {
    flags f;
    orx_file *lock = NULL;
    int rc = take_flags(c, &f, err);
    if (rc >= 0)
        rc = orx_cli_config(c, err);
    if (rc >= 0)
        rc = orx_cli_store(c, ORX_STORE_CREATE, err);
    if (rc >= 0)
        rc = orx_cli_plugins(c, err);
    if (rc >= 0)
        rc = take_lock(c, &lock, err);
    if (rc >= 0)
        rc = run_all(c, &f, err);
    if (rc >= 0)
        rc = take_today(c, err);
    if (rc >= 0)
        rc = write_files(c, &f, ret_summary, err);
    if (lock)
        orx_file_close(c->p, lock);
    return rc;
}

int orx_cmd_provider_cost_ingest(orx_cli *c, orx_err *err) {
    orx_node *summary = NULL;
    int rc = ingest(c, &summary, err);
    if (rc < 0)
        return rc;
    orx_cli_json(c, summary);
    return orx_node_bool(orx_node_get(summary, "ok"), false) ? ORX_EXIT_OK : ORX_EXIT_FAILED;
}

int orx_cmd_provider_cost_ingest_check(orx_cli *c, orx_err *err) {
    orx_node *summary = NULL;
    int rc = ingest(c, &summary, err);
    return rc < 0 ? rc : orx_cost_health(c, err);
}
