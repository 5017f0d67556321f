/* Rows of lanes, and the document around them. */
#include "lane/status.h"

#include "base/map.h"
#include "data/json.h"
#include "lane/capacity.h"
#include "lane/internal.h"
#include "platform/files.h"
#include "run/merges.h"

#define SMALL_FILE ((size_t)1 << 20)
#define TAIL       ((size_t)8 << 10)

typedef struct snapshot {
    const orx_lane_sources *from;
    orx_arena *a;
    orx_map units; /* of orx_unit_facts, by name */
    orx_node *rows;
    orx_node *health;
    orx_node *owners;
    orx_lane_buckets buckets;
    orx_node *errors;
    orx_node *suppressed;
    int64_t running;
    orx_map scalings; /* of orx_lane_scalings, by lane */
    orx_lane_scalings scaled;
} snapshot;

/* ---- Facts ----------------------------------------------------------------------------------- */

static orx_unit_facts facts_of(snapshot *s, const orx_lane *lane) {
    const orx_unit_facts *found = orx_map_get(&s->units, orx_view_of(lane->id));
    orx_unit_facts u = {.name = lane->id,
                        .kind = ORX_UNIT_LANE,
                        .cause = "",
                        .status = "",
                        .last_exit = "",
                        .beat_age_sec = -1};
    if (found)
        u = *found;
    u.owner = lane->owner;
    u.error = lane->problem ? lane->problem : "";
    u.held = u.held || !lane->enabled;
    return u;
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

static void add_id(orx_map *ids, const orx_node *task) {
    const char *id = orx_node_str(orx_node_get(task, "id"), "");
    if (*id)
        orx_map_put(ids, orx_view_of(id), (void *)task);
}

/* [K] a list, or an object with `tasks`. */
static bool read_ids(snapshot *s, const orx_lane *lane, orx_map *ids) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *root = NULL;
    if (orx_read_file(s->from->p, lane->tasks_file, orx_limits_data.max_bytes, &text, NULL) < 0 ||
        orx_doc_parse(s->a, lane->tasks_file, orx_str_view(&text), &orx_limits_data, &root, NULL) <
            0)
        return false;
    const orx_node *list = root->kind == ORX_OBJECT ? orx_node_get(root, "tasks") : root;
    if (!list || list->kind != ORX_ARRAY)
        return false;
    ORX_NODE_EACH(list, task)
    add_id(ids, task);
    return true;
}

/* How many of them are in the queue: looked up one by one, so that a queue's past costs nothing. */
static int64_t count_seen(snapshot *s, const orx_lane *lane, const orx_map *ids) {
    const orx_map_entry *e;
    orx_store *store = s->from->store;
    size_t at = 0;
    int64_t seen = 0;
    if (!store || orx_read_begin(store, NULL) < 0)
        return 0;
    while ((e = orx_map_next(ids, &at)))
        seen += orx_task_known(store, lane->id, e->key, NULL) == 1;
    orx_read_end(store);
    return seen;
}

/* [K] A task that nobody has seen yet is pending; one of another file counts for nothing but
 * extra_state_entries. */
static void put_tasks(snapshot *s, orx_node *n, const orx_lane *lane, const orx_unit_facts *u) {
    ORX_CLEANUP(orx_map_free) orx_map ids = {0};
    orx_task_counts c = u->counted ? u->tasks : (orx_task_counts){0};
    if (!u->counted && s->from->store)
        (void)orx_task_count(s->from->store, lane->id, &c, NULL);
    bool listed = !lane->problem && read_ids(s, lane, &ids);
    int64_t seen = listed ? count_seen(s, lane, &ids) : 0;
    int64_t missing = listed ? (int64_t)ids.count - seen : 0;
    orx_node *counts = orx_node_new(s->a, ORX_OBJECT);
    orx_node_set_int(s->a, counts, "pending", c.pending + missing);
    orx_node_set_int(s->a, counts, "in_progress", c.in_progress);
    orx_node_set_int(s->a, counts, "done", c.done);
    orx_node_set_int(s->a, counts, "blocked", c.blocked);
    orx_node_set_int(s->a, counts, "unknown", 0);
    orx_node_set(s->a, n, "state_counts", counts);
    orx_node_set_int(s->a, n, "task_total", listed ? (int64_t)ids.count : c.total);
    orx_node_set_int(s->a, n, "state_entries", c.total);
    orx_node_set_int(s->a, n, "missing_state_entries", missing);
    orx_node_set_int(s->a, n, "extra_state_entries", listed ? c.total - seen : 0);
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* The last line of a file, in the arena; "" = there is none. */
static const char *last_line(snapshot *s, const char *path) {
    ORX_CLEANUP(orx_str_free) orx_str tail = {0};
    (void)orx_read_tail(s->from->p, path, TAIL, &tail, NULL);
    return orx_arena_dup(s->a, orx_view_last_lines(orx_view_trim(orx_str_view(&tail)), 1));
}

static orx_node *none(snapshot *s) {
    return orx_node_new(s->a, ORX_NULL);
}

static void put_parsed(snapshot *s, orx_node *n, const char *key, const char *text) {
    const orx_node *parsed = NULL;
    if (!*text || orx_json_parse(s->a, key, orx_view_of(text), &orx_limits_data, &parsed, NULL) < 0)
        parsed = NULL;
    orx_node_set(s->a, n, key, parsed ? orx_node_copy(s->a, parsed) : none(s));
}

static const orx_node *read_meta(snapshot *s, const char *path) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *root = NULL;
    if (orx_read_file(s->from->p, path, SMALL_FILE, &text, NULL) < 0 ||
        orx_json_parse(s->a, "lane.json", orx_str_view(&text), &orx_limits_data, &root, NULL) < 0)
        return NULL;
    return root;
}

static void put_build(snapshot *s, orx_node *n, const orx_lane *lane, const orx_node *meta) {
    char expected[ORX_LANE_BUILD];
    const char *build = orx_node_str(orx_node_get(meta, "build_id"), "");
    orx_lane_build(s->from->p, s->from->lanes, lane, s->from->cfg, s->from->exe, expected);
    orx_node_set_str(s->a, n, "build_id", build);
    orx_node_set_str(s->a, n, "expected_build_id", expected);
    orx_node_set_bool(s->a, n, "build_current", strcmp(build, expected) == 0);
    orx_node_set(s->a, n, "meta",
                 meta ? orx_node_copy(s->a, meta) : orx_node_new(s->a, ORX_OBJECT));
}

static void put_files(snapshot *s, orx_node *n, const orx_lane *lane) {
    static const char *const files[][2] = {{"log_file", ORX_LANE_LOG_FILE},
                                           {"pid_file", ORX_LANE_PID_FILE},
                                           {"meta_file", ORX_LANE_META_FILE},
                                           {"events_file", ORX_LANE_EVENTS_FILE},
                                           {"pause_file", ORX_LANE_PAUSE_FILE}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(files); i++)
        orx_node_set_str(s->a, n, files[i][0], orx_lane_file(lane, files[i][1], s->a));
    orx_node_set_str(s->a, n, "latest_log_line",
                     last_line(s, orx_lane_file(lane, ORX_LANE_LOG_FILE, s->a)));
    put_parsed(s, n, "last_event", last_line(s, orx_lane_file(lane, ORX_LANE_EVENTS_FILE, s->a)));
    put_build(s, n, lane, read_meta(s, orx_lane_file(lane, ORX_LANE_META_FILE, s->a)));
}

/* ---- Capacity -------------------------------------------------------------------------------- */

static void put_capacity(snapshot *s, orx_node *n, const orx_lane *lane, bool running) {
    const orx_lane_bucket k = orx_lane_buckets_add(&s->buckets, lane, running, true);
    orx_node_set_str(s->a, n, "parallel_provider", k.provider);
    orx_node_set_str(s->a, n, "parallel_model", k.model);
    orx_node_set_str(s->a, n, "parallel_key", k.key);
}

/* Why the merge queue refused its branch; null when it did not. */
static void put_merge(snapshot *s, orx_node *n, const orx_lane *lane) {
    orx_merge_mark mark;
    orx_node *m = none(s);
    if (s->from->store && orx_merges_refused(s->from->store, lane->id, s->a, &mark, NULL) == 1) {
        m = orx_node_new(s->a, ORX_OBJECT);
        orx_node_set_str(s->a, m, "reason", mark.reason);
        orx_node_set_str(s->a, m, "text", mark.note);
        orx_node_set_str(s->a, m, "tip", mark.refused_tip);
    }
    orx_node_set(s->a, n, "merge_refused", m);
}

/* ---- One row --------------------------------------------------------------------------------- */

static orx_node *scaling_node(snapshot *s, const orx_lane_scalings *c) {
    orx_node *n = orx_node_new(s->a, ORX_OBJECT);
    orx_node_set_int(s->a, n, "scale_up", c->up);
    orx_node_set_int(s->a, n, "scale_down", c->down);
    orx_node_set_int(s->a, n, "scale_hold", c->hold);
    return n;
}

static void put_unit(snapshot *s, orx_node *n, const orx_unit_facts *u, orx_unit_word word) {
    orx_arena *a = s->a;
    orx_node_set_bool(a, n, "running", u->running);
    orx_node_set(a, n, "pid", u->running && u->pid > 0 ? orx_node_new_int(a, u->pid) : none(s));
    orx_node_set_str(a, n, "health", orx_unit_word_name(word));
    orx_node_set_bool(a, n, "paused", u->held);
    orx_node_set_str(a, n, "state", u->known ? orx_unit_state_name(u->state) : "unknown");
    orx_node_set_str(a, n, "cause", u->status && *u->status ? u->status : u->cause);
    orx_node_set_str(a, n, "last_exit", u->last_exit);
    orx_node_set(a, n, "limits", u->limits ? orx_node_copy(a, u->limits) : none(s));
    orx_node_set_int(a, n, "heartbeat_age_sec", u->beat_age_sec);
    orx_node_set_bool(a, n, "heartbeat_stale", word == ORX_WORD_STALE);
}

static void put_scaling(snapshot *s, orx_node *n, const orx_lane *lane) {
    static const orx_lane_scalings never = {0};
    const orx_lane_scalings *c = orx_map_get(&s->scalings, orx_view_of(lane->id));
    c = c ? c : &never;
    orx_node_set(s->a, n, "scaling_event_counts", scaling_node(s, c));
    orx_node_set_int(s->a, n, "scale_up_events", c->up);
    orx_node_set_int(s->a, n, "scale_down_events", c->down);
    orx_node_set_int(s->a, n, "scale_hold_events", c->hold);
    orx_node_set(s->a, n, "latest_scale_event", c->latest ? c->latest : none(s));
    s->scaled.up += c->up;
    s->scaled.down += c->down;
    s->scaled.hold += c->hold;
}

static void put_error(snapshot *s, orx_node *n, const orx_lane *lane) {
    orx_node_set_str(s->a, n, "error", lane->problem);
    orx_node_set_str(s->a, n, "source", "lane_config");
    orx_node_push(s->errors, orx_node_new_str(s->a, orx_view_of(orx_arena_printf(
                                                        s->a, "%s: %s", lane->id, lane->problem))));
}

static void add_to(snapshot *s, orx_node *n, const char *key, int64_t more) {
    orx_node_set_int(s->a, n, key, orx_node_int(orx_node_get(n, key), 0) + more);
}

static bool is_healthy(orx_unit_word word) {
    return word == ORX_WORD_OK || word == ORX_WORD_PAUSED || word == ORX_WORD_IDLE;
}

static void count(snapshot *s, const orx_lane *lane, const orx_unit_facts *u, orx_unit_word word) {
    orx_node *owner = (orx_node *)orx_node_get(s->owners, lane->owner);
    if (!owner) {
        owner = orx_node_new(s->a, ORX_OBJECT);
        orx_node_set(s->a, s->owners, lane->owner, owner);
    }
    add_to(s, owner, "total", 1);
    add_to(s, owner, "running", u->running);
    add_to(s, owner, "healthy", is_healthy(word));
    add_to(s, owner, "degraded", !is_healthy(word));
    add_to(s, s->health, orx_unit_word_name(word), 1);
    s->running += u->running;
}

static void add_row(snapshot *s, const orx_lane *lane) {
    orx_unit_facts u = facts_of(s, lane);
    orx_unit_word word = orx_unit_word_of(&u, s->from->facts->stale_sec);
    orx_node *n = orx_lane_node(lane, s->a);
    put_unit(s, n, &u, word);
    put_tasks(s, n, lane, &u);
    put_scaling(s, n, lane);
    if (lane->problem) {
        put_error(s, n, lane);
    } else {
        orx_node_set_str(s->a, n, "runtime_impl_repo", lane->impl_repo);
        orx_node_set_str(s->a, n, "runtime_test_repo", lane->test_repo);
        put_capacity(s, n, lane, u.running);
        put_files(s, n, lane);
        put_merge(s, n, lane);
    }
    count(s, lane, &u, word);
    orx_node_push(s->rows, n);
}

/* ---- The document ---------------------------------------------------------------------------- */

static orx_node *fleet_of(snapshot *s) {
    static const char *const parts[][2] = {{"timestamp", "timestamp"},
                                           {"summary", "probe.summary"},
                                           {"benchmark", "benchmark.summary"},
                                           {"sync", "sync"}};
    orx_node *n = orx_node_new(s->a, ORX_OBJECT);
    const orx_node *file = read_meta(s, s->from->cfg->paths.fleet_status_file);
    orx_node_set_str(s->a, n, "status_file", s->from->cfg->paths.fleet_status_file);
    orx_node_set_bool(s->a, n, "ok", file != NULL);
    if (!file)
        orx_node_set_str(s->a, n, "error", "fleet_status_missing");
    for (size_t i = 0; file && i < ORX_ARRAY_LEN(parts); i++) {
        const orx_node *part = orx_node_path(file, parts[i][1]);
        orx_node_set(s->a, n, parts[i][0], part ? orx_node_copy(s->a, part) : none(s));
    }
    return n;
}

/* What is wrong with the file as a whole. */
static void add_file_errors(snapshot *s) {
    for (const orx_diag *d = s->from->diags->first; !s->from->lanes->count && d; d = d->next)
        if (d->severity == ORX_DIAG_ERROR)
            orx_node_push(s->errors,
                          orx_node_new_str(s->a, orx_view_of(orx_arena_printf(s->a, "%s: %s",
                                                                              d->where, d->text))));
}

static void suppress(snapshot *s, const orx_lane *lane) {
    if (lane->problem)
        orx_node_push(s->suppressed,
                      orx_node_new_str(s->a, orx_view_of(orx_arena_printf(s->a, "%s: %s", lane->id,
                                                                          lane->problem))));
}

static orx_node *document(snapshot *s, const orx_lane *only) {
    orx_arena *a = s->a;
    char now[ORX_ISO_MAX];
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_iso_time(s->from->facts->wall_ns, now);
    orx_node_set_str(a, n, "timestamp", now);
    orx_node_set_str(a, n, "lanes_file", s->from->lanes->file);
    orx_node_set_int(a, n, "running_count", s->running);
    orx_node_set_int(a, n, "total_count", s->rows->count);
    orx_node_set(a, n, "lanes", s->rows);
    orx_node_set(a, n, "health_counts", s->health);
    orx_node_set(a, n, "owner_counts", s->owners);
    orx_node_set(a, n, "scaling_event_counts", scaling_node(s, &s->scaled));
    orx_node_set(a, n, "parallel_capacity",
                 orx_lane_buckets_node(&s->buckets, s->from->facts->wall_ns));
    orx_node_set(a, n, "local_model_fleet", fleet_of(s));
    orx_node_set_bool(a, n, "partial", s->errors->count > 0);
    orx_node_set_bool(a, n, "ok", s->errors->count == 0);
    orx_node_set(a, n, "errors", s->errors);
    orx_node_set_str(a, n, "requested_lane", only ? only->id : "all");
    orx_node_set(a, n, "suppressed_errors", s->suppressed);
    return n;
}

orx_node *orx_lanes_snapshot(const orx_lane_sources *from, const orx_lane *only, orx_arena *arena) {
    snapshot s = {.from = from,
                  .a = arena,
                  .rows = orx_node_new(arena, ORX_ARRAY),
                  .health = orx_node_new(arena, ORX_OBJECT),
                  .owners = orx_node_new(arena, ORX_OBJECT),
                  .buckets = {.p = from->p, .cfg = from->cfg, .store = from->store, .arena = arena},
                  .errors = orx_node_new(arena, ORX_ARRAY),
                  .suppressed = orx_node_new(arena, ORX_ARRAY)};
    for (size_t i = 0; i < from->facts->unit_count; i++)
        orx_map_put(&s.units, orx_view_of(from->facts->units[i].name),
                    (void *)&from->facts->units[i]);
    orx_lane_scalings_read(from->store, arena, &s.scalings);
    for (size_t i = 0; i < from->lanes->count; i++) {
        if (!only || only == &from->lanes->items[i])
            add_row(&s, &from->lanes->items[i]);
        else
            suppress(&s, &from->lanes->items[i]);
    }
    add_file_errors(&s);
    orx_node *doc = document(&s, only);
    orx_lane_buckets_free(&s.buckets);
    orx_map_free(&s.units);
    orx_map_free(&s.scalings);
    return doc;
}
