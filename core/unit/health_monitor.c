/* The parts of `monitor` that are about processes and tasks. */
#include "unit/health_doc.h"

static bool is_lane(const orx_unit_facts *u) {
    return u->kind == ORX_UNIT_LANE;
}

static void count_one(orx_arena *a, orx_node *object, const char *key) {
    orx_node_set_int(a, object, key, orx_node_int(orx_node_get(object, key), 0) + 1);
}

/* ---- Lanes ----------------------------------------------------------------------------------- */

static orx_node *health_counts(const orx_fleet_facts *f, const orx_health_report *r, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    for (size_t i = 0; i < f->unit_count; i++)
        if (is_lane(&f->units[i]))
            count_one(a, n, orx_unit_word_name(r->units[i]));
    return n;
}

static const char *owner_of(const orx_unit_facts *u) {
    return *u->owner ? u->owner : "unknown";
}

/* [K] of those that are not healthy, "unknown" too is degraded. */
static bool is_healthy(orx_unit_word word) {
    return word == ORX_WORD_OK || word == ORX_WORD_PAUSED || word == ORX_WORD_IDLE;
}

static orx_node *counts_of_owner(const orx_fleet_facts *f, const orx_health_report *r,
                                 const char *owner, orx_arena *a) {
    int64_t total = 0;
    int64_t running = 0;
    int64_t healthy = 0;
    for (size_t i = 0; i < f->unit_count; i++) {
        const orx_unit_facts *u = &f->units[i];
        if (!is_lane(u) || strcmp(owner_of(u), owner) != 0)
            continue;
        total++;
        running += u->running;
        healthy += is_healthy(r->units[i]);
    }
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_int(a, n, "total", total);
    orx_node_set_int(a, n, "running", running);
    orx_node_set_int(a, n, "healthy", healthy);
    orx_node_set_int(a, n, "degraded", total - healthy);
    return n;
}

static orx_node *owner_counts(const orx_fleet_facts *f, const orx_health_report *r, orx_arena *a) {
    orx_node *all = orx_node_new(a, ORX_OBJECT);
    for (size_t i = 0; i < f->unit_count; i++) {
        const char *owner = owner_of(&f->units[i]);
        if (is_lane(&f->units[i]) && !orx_node_get(all, owner))
            orx_node_set(a, all, owner, counts_of_owner(f, r, owner, a));
    }
    return all;
}

static orx_node *lane_row(const orx_unit_facts *u, orx_unit_word word, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *counts = orx_node_new(a, ORX_OBJECT);
    orx_node_set_int(a, counts, "pending", u->tasks.pending);
    orx_node_set_int(a, counts, "in_progress", u->tasks.in_progress);
    orx_node_set_int(a, counts, "done", u->tasks.done);
    orx_node_set_int(a, counts, "blocked", u->tasks.blocked);
    orx_node_set_str(a, n, "id", u->name);
    orx_node_set_str(a, n, "owner", owner_of(u));
    orx_node_set_bool(a, n, "running", u->running);
    orx_node_set(a, n, "pid",
                 u->running && u->pid > 0 ? orx_node_new_int(a, u->pid)
                                          : orx_node_new(a, ORX_NULL));
    orx_node_set_str(a, n, "health", orx_unit_word_name(word));
    orx_node_set_str(a, n, "state", u->known ? orx_unit_state_name(u->state) : "unknown");
    orx_node_set_int(a, n, "heartbeat_age_sec", u->beat_age_sec);
    orx_node_set_bool(a, n, "heartbeat_stale", word == ORX_WORD_STALE);
    orx_node_set(a, n, "state_counts", counts);
    orx_node_set_int(a, n, "task_total", u->tasks.total);
    if (*u->error)
        orx_node_set_str(a, n, "error", u->error);
    return n;
}

orx_node *orx_health_lanes_doc(const orx_fleet_facts *f, const orx_health_report *r, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *rows = orx_node_new(a, ORX_ARRAY);
    orx_node *errors = orx_node_new(a, ORX_ARRAY);
    int64_t running = 0;
    int64_t total = 0;
    for (size_t i = 0; i < f->unit_count; i++) {
        const orx_unit_facts *u = &f->units[i];
        if (!is_lane(u))
            continue;
        total++;
        running += u->running;
        orx_node_push(rows, lane_row(u, r->units[i], a));
        if (*u->error)
            orx_node_push(
                errors,
                orx_node_new_str(a, orx_view_of(orx_arena_printf(a, "%s: %s", u->name, u->error))));
    }
    bool whole = errors->count == 0;
    orx_node_set_int(a, n, "running_count", running);
    orx_node_set_int(a, n, "total_count", total);
    orx_node_set(a, n, "lanes", rows);
    orx_node_set(a, n, "health_counts", health_counts(f, r, a));
    orx_node_set(a, n, "owner_counts", owner_counts(f, r, a));
    orx_node_set_bool(a, n, "partial", !whole);
    orx_node_set_bool(a, n, "ok", whole);
    orx_node_set(a, n, "errors", errors);
    return n;
}

/* ---- Runtime --------------------------------------------------------------------------------- */

orx_node *orx_health_runtime_doc(const orx_fleet_facts *f, const orx_health_report *r,
                                 orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    int64_t running = 0;
    int64_t fine = 0;
    int64_t degraded = 0;
    for (size_t i = 0; i < f->unit_count; i++) {
        if (!is_lane(&f->units[i]))
            continue;
        running += f->units[i].running;
        fine += is_healthy(r->units[i]);
        degraded += !is_healthy(r->units[i]);
    }
    orx_node_set_bool(a, n, "primary_runner_running", f->runner.running);
    orx_node_set_int(a, n, "lane_agents_running", running);
    orx_node_set_int(a, n, "effective_agents_running", running + f->runner.running);
    orx_node_set_int(a, n, "lane_operational_count", fine);
    orx_node_set_int(a, n, "lane_degraded_count", degraded);
    orx_node_set(a, n, "lane_health_counts", health_counts(f, r, a));
    orx_node_set(a, n, "lane_owner_health", owner_counts(f, r, a));
    return n;
}

/* ---- Progress -------------------------------------------------------------------------------- */

static orx_node *counts_doc(const orx_task_counts *t, int64_t unknown, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_int(a, n, "pending", t->pending);
    orx_node_set_int(a, n, "in_progress", t->in_progress);
    orx_node_set_int(a, n, "done", t->done);
    orx_node_set_int(a, n, "blocked", t->blocked);
    orx_node_set_int(a, n, "unknown", unknown);
    return n;
}

static void add_counts(orx_task_counts *to, const orx_task_counts *t) {
    to->total += t->total;
    to->pending += t->pending;
    to->in_progress += t->in_progress;
    to->done += t->done;
    to->blocked += t->blocked;
}

/* [K] Of lanes their names stand in lists of tasks. */
static void push_lane(orx_node *list, const orx_unit_facts *u, int64_t count, orx_arena *a) {
    const char *name = orx_arena_printf(a, "lane:%s", u->name);
    if (is_lane(u) && count > 0)
        orx_node_push(list, orx_node_new_str(a, orx_view_of(name)));
}

static orx_node *active_tasks(const orx_fleet_facts *f, orx_arena *a) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    if (f->runner.running && *f->task)
        orx_node_push(list, orx_node_new_str(a, orx_view_of(f->task)));
    for (size_t i = 0; i < f->unit_count; i++)
        push_lane(list, &f->units[i], f->units[i].tasks.in_progress, a);
    return list;
}

static orx_node *blocked_tasks(const orx_fleet_facts *f, orx_arena *a) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < f->blocked_count; i++)
        orx_node_push(list, orx_node_new_str(a, orx_view_of(f->blocked[i])));
    for (size_t i = 0; i < f->unit_count; i++)
        push_lane(list, &f->units[i], f->units[i].tasks.blocked, a);
    return list;
}

orx_node *orx_health_progress_doc(const orx_fleet_facts *f, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_task_counts lanes = {0};
    orx_task_counts all = f->runner.tasks;
    int64_t unknown = *f->journal_error ? 1 : 0;
    bool merged = false;
    for (size_t i = 0; i < f->unit_count; i++) {
        if (!is_lane(&f->units[i]))
            continue;
        add_counts(&lanes, &f->units[i].tasks);
        merged = true;
    }
    add_counts(&all, &lanes);
    orx_node_set(a, n, "counts", counts_doc(&all, unknown, a));
    orx_node_set(a, n, "active_tasks", active_tasks(f, a));
    orx_node_set(a, n, "blocked_tasks", blocked_tasks(f, a));
    orx_node_set_str(a, n, "source", merged ? "merged_states" : "primary_state");
    if (merged) {
        orx_node_set_int(a, n, "lane_task_total", lanes.total);
        orx_node_set(a, n, "primary_state_counts", counts_doc(&f->runner.tasks, unknown, a));
        orx_node_set(a, n, "lane_state_counts", counts_doc(&lanes, 0, a));
    }
    return n;
}
