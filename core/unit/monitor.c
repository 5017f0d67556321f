/* The document of `monitor`. */
#include "unit/monitor.h"

#define RECENT_MAX 20
#define DAY_NS     (86400 * ORX_SEC)

/* Each part that could fail for itself, and how it did; "" = it did not. */
typedef struct source {
    const char *name;
    const char *error;
} source;

static void set_text(orx_arena *a, orx_node *list, const char *text) {
    orx_node_push(list, orx_node_new_str(a, orx_view_of(text)));
}

/* ---- Repositories ---------------------------------------------------------------------------- */

static const char *sync_state(const orx_monitor_repo *r) {
    if (*r->error)
        return "unknown";
    if (!*r->upstream)
        return "no_upstream";
    if (!r->compared)
        return "unknown";
    if (r->ahead && r->behind)
        return "diverged";
    return r->ahead ? "ahead" : r->behind ? "behind" : "synced";
}

/* [K] behind, diverged or without upstream is not ok; ahead and dirty are. */
static const char *error_of_repo(const orx_monitor_repo *r) {
    const char *state = sync_state(r);
    if (*r->error)
        return r->error;
    if (strcmp(state, "behind") == 0)
        return "sync_behind";
    if (strcmp(state, "diverged") == 0)
        return "sync_diverged";
    return strcmp(state, "no_upstream") == 0 ? "sync_no_upstream" : "";
}

static orx_node *repo_doc(const orx_monitor_repo *r, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    const char *error = error_of_repo(r);
    orx_node_set_str(a, n, "path", r->path);
    orx_node_set_bool(a, n, "ok", !*error);
    orx_node_set_str(a, n, "error", error);
    orx_node_set_str(a, n, "branch", r->branch);
    orx_node_set_str(a, n, "head", r->head);
    orx_node_set_bool(a, n, "dirty", r->changed_files > 0);
    orx_node_set_int(a, n, "changed_files", r->changed_files);
    orx_node_set_str(a, n, "upstream", r->upstream);
    orx_node_set_int(a, n, "ahead", r->ahead);
    orx_node_set_int(a, n, "behind", r->behind);
    orx_node_set_str(a, n, "sync_state", sync_state(r));
    return n;
}

static orx_node *repos_doc(const orx_monitor_parts *p, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set(a, n, "implementation", repo_doc(&p->implementation, a));
    orx_node_set(a, n, "tests", repo_doc(&p->tests, a));
    return n;
}

/* ---- Notes ----------------------------------------------------------------------------------- */

static orx_node *copy_or(orx_arena *a, const orx_node *n, orx_kind otherwise) {
    return n ? orx_node_copy(a, n) : orx_node_new(a, otherwise);
}

static orx_node *handoffs_doc(const orx_monitor_parts *p, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "dir", p->handoff_dir);
    orx_node_set_int(a, n, "to_codex_events", p->to_codex.events);
    orx_node_set_int(a, n, "to_gemini_events", p->to_gemini.events);
    orx_node_set(a, n, "latest_to_codex", copy_or(a, p->to_codex.latest, ORX_OBJECT));
    orx_node_set(a, n, "latest_to_gemini", copy_or(a, p->to_gemini.latest, ORX_OBJECT));
    return n;
}

/* ---- Conversations --------------------------------------------------------------------------- */

static void count_sources(const orx_talks *t, orx_node *n, orx_arena *a) {
    int64_t errors = 0;
    int64_t missing = 0;
    int64_t recoverable = 0;
    int64_t fallbacks = 0;
    for (size_t i = 0; i < t->source_count; i++) {
        errors += *t->sources[i].error != '\0';
        missing += t->sources[i].missing;
        recoverable += t->sources[i].recoverable_missing;
        fallbacks += t->sources[i].fallback_used;
    }
    orx_node_set_int(a, n, "source_error_count", errors);
    orx_node_set_int(a, n, "source_missing_count", missing);
    orx_node_set_int(a, n, "source_recoverable_missing_count", recoverable);
    orx_node_set_int(a, n, "source_fallback_count", fallbacks);
}

static orx_node *talks_doc(const orx_monitor_parts *p, orx_arena *a) {
    static const char *const kept[] = {"ok",      "total_events", "owner_counts",
                                       "partial", "errors",       "sources"};
    const orx_talks *t = p->talks;
    const orx_node *whole = orx_talks_doc(t, p->facts->wall_ns, a);
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *recent = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < ORX_ARRAY_LEN(kept); i++)
        orx_node_set(a, n, kept[i], copy_or(a, orx_node_get(whole, kept[i]), ORX_NULL));
    size_t from = t->event_count > RECENT_MAX ? t->event_count - RECENT_MAX : 0;
    for (size_t i = from; i < t->event_count; i++)
        orx_node_push(recent, orx_node_copy(a, t->events[i].node));
    orx_node_set(a, n, "recent_events", recent);
    orx_node_set(
        a, n, "latest",
        copy_or(a, t->event_count ? t->events[t->event_count - 1].node : NULL, ORX_OBJECT));
    count_sources(t, n, a);
    return n;
}

static const char *error_of_talks(const orx_node *talks) {
    return orx_node_str(orx_node_first(orx_node_get(talks, "errors")), "");
}

/* ---- Lanes and capacity ---------------------------------------------------------------------- */

static orx_node *lanes_doc(const orx_monitor_parts *p, orx_arena *a) {
    return p->lanes ? orx_node_copy(a, p->lanes) : orx_health_lanes_doc(p->facts, p->report, a);
}

static orx_node *capacity_doc(const orx_node *lanes, orx_arena *a) {
    const orx_node *found = orx_node_get(lanes, "parallel_capacity");
    if (found)
        return orx_node_copy(a, found);
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set(a, n, "groups", orx_node_new(a, ORX_ARRAY));
    return n;
}

static orx_node *fleet_doc(const orx_node *lanes, orx_arena *a) {
    const orx_node *found = orx_node_get(lanes, "local_model_fleet");
    if (found)
        return orx_node_copy(a, found);
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_bool(a, n, "ok", false);
    orx_node_set_str(a, n, "error", "fleet_status_missing");
    return n;
}

static const char *error_of_lanes(const orx_node *lanes) {
    return orx_node_str(orx_node_first(orx_node_get(lanes, "errors")), "");
}

/* How often places of lanes changed, as the lanes say it; null when that could not be read. */
static void add_scalings(orx_node *runtime, const orx_node *lanes, orx_arena *a) {
    static const char *const words[] = {"scale_up", "scale_down", "scale_hold"};
    const orx_node *counts = orx_node_get(lanes, "scaling_event_counts");
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        orx_node_set(a, runtime, orx_arena_printf(a, "lane_%s_events", words[i]),
                     copy_or(a, orx_node_get(counts, words[i]), ORX_NULL));
}

/* The counts about capacity and endpoints, beside those of processes. */
static void add_capacity(orx_node *runtime, const orx_node *capacity, const orx_node *fleet,
                         orx_arena *a) {
    int64_t at = 0;
    int64_t over = 0;
    int64_t total = 0;
    ORX_NODE_EACH(orx_node_get(capacity, "groups"), g) {
        at += orx_node_bool(orx_node_get(g, "at_limit"), false);
        over += orx_node_bool(orx_node_get(g, "over_limit"), false);
        total++;
    }
    orx_node_set_int(a, runtime, "parallel_capacity_group_count", total);
    orx_node_set_int(a, runtime, "parallel_capacity_groups_at_limit", at);
    orx_node_set_int(a, runtime, "parallel_capacity_groups_over_limit", over);
    orx_node_set_bool(a, runtime, "local_model_fleet_ok",
                      orx_node_bool(orx_node_get(fleet, "ok"), false));
    orx_node_set_int(a, runtime, "local_model_endpoint_total",
                     orx_node_int(orx_node_path(fleet, "summary.endpoint_total"), 0));
    orx_node_set_int(a, runtime, "local_model_endpoint_healthy",
                     orx_node_int(orx_node_path(fleet, "summary.endpoint_healthy"), 0));
}

/* ---- Progress -------------------------------------------------------------------------------- */

static orx_node *progress_doc(const orx_monitor_parts *p, orx_arena *a) {
    orx_node *n = orx_health_progress_doc(p->facts, a);
    orx_node *errors = orx_node_new(a, ORX_ARRAY);
    char from[ORX_ISO_MAX];
    char to[ORX_ISO_MAX];
    orx_iso_time(p->facts->wall_ns - DAY_NS, from);
    orx_iso_time(p->facts->wall_ns, to);
    if (*p->done.error)
        set_text(a, errors, p->done.error);
    orx_node_set_int(a, n, "completed_last_24h", p->done.tasks);
    orx_node_set_int(a, n, "completed_last_24h_unique_tasks", p->done.tasks);
    orx_node_set(a, n, "completed_last_24h_by_owner", copy_or(a, p->done.by_owner, ORX_OBJECT));
    orx_node_set_str(a, n, "completed_last_24h_window_start", from);
    orx_node_set_str(a, n, "completed_last_24h_window_end", to);
    orx_node_set_int(a, n, "completed_last_24h_sources_scanned", p->done.sources);
    orx_node_set(a, n, "completed_last_24h_errors", errors);
    return n;
}

/* ---- Units ----------------------------------------------------------------------------------- */

static orx_node *unit_row(const orx_unit_facts *u, orx_unit_word word, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "name", u->name);
    orx_node_set_str(a, n, "kind", orx_unit_kind_name(u->kind));
    orx_node_set_str(a, n, "owner", u->owner);
    orx_node_set_str(a, n, "state", u->known ? orx_unit_state_name(u->state) : "unknown");
    orx_node_set_str(a, n, "health", orx_unit_word_name(word));
    orx_node_set_bool(a, n, "running", u->running);
    orx_node_set_int(a, n, "heartbeat_age_sec", u->beat_age_sec);
    orx_node_set_int(a, n, "tasks_total", u->tasks.total);
    orx_node_set_int(a, n, "tasks_done", u->tasks.done);
    orx_node_set_int(a, n, "tasks_in_progress", u->tasks.in_progress);
    orx_node_set_int(a, n, "tasks_blocked", u->tasks.blocked);
    return n;
}

static orx_node *units_doc(const orx_monitor_parts *p, orx_arena *a) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    orx_node_push(list, unit_row(&p->facts->runner, p->report->runner, a));
    for (size_t i = 0; i < p->facts->unit_count; i++)
        orx_node_push(list, unit_row(&p->facts->units[i], p->report->units[i], a));
    return list;
}

/* ---- Diagnostics ----------------------------------------------------------------------------- */

static orx_node *diagnostics_doc(const source *sources, size_t count, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *errors = orx_node_new(a, ORX_ARRAY);
    orx_node *rows = orx_node_new(a, ORX_OBJECT);
    for (size_t i = 0; i < count; i++) {
        orx_node *row = orx_node_new(a, ORX_OBJECT);
        orx_node_set_bool(a, row, "ok", !*sources[i].error);
        orx_node_set_str(a, row, "error", sources[i].error);
        orx_node_set(a, rows, sources[i].name, row);
        if (*sources[i].error)
            set_text(a, errors, orx_arena_printf(a, "%s: %s", sources[i].name, sources[i].error));
    }
    orx_node_set_bool(a, n, "ok", errors->count == 0);
    orx_node_set(a, n, "errors", errors);
    orx_node_set(a, n, "sources", rows);
    return n;
}

static orx_node *diagnose(const orx_monitor_parts *p, const orx_node *lanes, const orx_node *talks,
                          orx_arena *a) {
    const source sources[] = {
        {"lanes", error_of_lanes(lanes)},
        {"conversations", error_of_talks(talks)},
        {"completed_last_24h", p->done.error},
        {"response_metrics", p->metrics_error},
        {"implementation_repo", error_of_repo(&p->implementation)},
        {"tests_repo", error_of_repo(&p->tests)},
        {"logs", p->log_error},
        {"handoffs", *p->to_codex.error ? p->to_codex.error : p->to_gemini.error},
    };
    return diagnostics_doc(sources, ORX_ARRAY_LEN(sources), a);
}

orx_node *orx_monitor_doc(const orx_monitor_parts *p, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *lanes = lanes_doc(p, a);
    orx_node *talks = talks_doc(p, a);
    orx_node *capacity = capacity_doc(lanes, a);
    orx_node *fleet = fleet_doc(lanes, a);
    orx_node *runtime = orx_health_runtime_doc(p->facts, p->report, a);
    char now[ORX_ISO_MAX];
    orx_iso_time(p->facts->wall_ns, now);
    add_scalings(runtime, lanes, a);
    add_capacity(runtime, capacity, fleet, a);
    orx_node_set_str(a, n, "timestamp", now);
    orx_node_set_str(a, n, "root", p->facts->root);
    orx_node_set_bool(a, n, "ok", p->report->ok);
    orx_node_set(a, n, "status", orx_health_status_doc(p->facts, a));
    orx_node_set(a, n, "runtime", runtime);
    orx_node_set(a, n, "progress", progress_doc(p, a));
    orx_node_set(a, n, "units", units_doc(p, a));
    orx_node_set(a, n, "findings", orx_health_findings_doc(p->report, a));
    orx_node_set(a, n, "diagnostics", diagnose(p, lanes, talks, a));
    orx_node_set(a, n, "lanes", lanes);
    orx_node_set(a, n, "parallel_capacity", capacity);
    orx_node_set(a, n, "local_model_fleet", fleet);
    orx_node_set(a, n, "response_metrics", copy_or(a, p->metrics, ORX_OBJECT));
    orx_node_set(a, n, "conversations", talks);
    orx_node_set(a, n, "repos", repos_doc(p, a));
    orx_node_set(a, n, "handoffs", handoffs_doc(p, a));
    orx_node_set_str(a, n, "latest_log_line", p->log_line);
    return n;
}
