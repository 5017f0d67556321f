/* The lanes of a supervisor: what is in the file, and what of it is a unit. */
#include "lane/internal.h"

#include "base/mem.h"
#include "platform/loop.h"
#include "run/secrets.h"
#include "task/task.h"

#include <stdlib.h>

#define PAST_EVENTS 10000

void orx_lane_say(orx_lane_fleet *f, const char *fmt, ...) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&text, fmt, ap);
    va_end(ap);
    f->office->say(orx_str_cstr(&text), f->office->user);
}

/* ---- Specs ----------------------------------------------------------------------------------- */

static void drop_reading(orx_lane_reading *r) {
    if (!r || --r->uses > 0)
        return;
    orx_arena_free(&r->arena);
    free(r);
}

static void drop_kept(orx_lane_kept *kept) {
    if (--kept->uses > 0)
        return;
    (void)orx_map_remove(&kept->fleet->lanes, orx_view_of(kept->id));
    free(kept->id);
    free(kept->problem);
    free(kept->events_file);
    free(kept);
}

static void release(void *user) {
    orx_lane_spec *spec = user;
    if (spec->kept->running == spec)
        spec->kept->running = NULL;
    drop_kept(spec->kept);
    drop_reading(spec->reading);
    free(spec);
}

static void began(void *user) {
    orx_lane_spec *spec = user;
    orx_watched_begin(&spec->files);
    orx_watched_begin(&spec->others);
    spec->kept->running = spec;
    orx_lane_write_meta(spec);
}

/* The state of the primary queue changes with each of its tasks: that is news only for a lane that
 * waits for one. */
static bool is_waiting(const orx_lane_spec *spec) {
    orx_task_counts n = {0};
    return orx_task_count(spec->kept->fleet->office->store, spec->lane->id, &n, NULL) == 0 &&
           n.held > 0;
}

static bool work(int64_t idle_seq, void *user) {
    orx_lane_spec *spec = user;
    return spec->kept->news_seq > idle_seq || orx_watched_changed(&spec->files) ||
           (orx_watched_changed(&spec->others) && is_waiting(spec));
}

/* Not one of its tasks is open, and nothing that could bring more was touched since its runner
 * began (lane.json is written then). */
static bool rests(void *user) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_lane_spec *spec = user;
    orx_platform *p = spec->kept->fleet->office->p;
    orx_task_counts n = {0};
    orx_file_info meta;
    const char *file = orx_lane_file(spec->lane, ORX_LANE_META_FILE, &a);
    if (spec->lane->continuous || spec->kept->problem ||
        orx_task_count(spec->kept->fleet->office->store, spec->lane->id, &n, NULL) < 0 ||
        n.total == 0 || n.done < n.total || orx_stat(p, file, &meta, NULL) < 0 ||
        !orx_lane_meta_is_of(p, file, spec->build))
        return false;
    orx_watched_begin(&spec->files);
    orx_watched_begin(&spec->others);
    for (size_t i = 0; i < ORX_WATCHED_FILES; i++)
        if (spec->files.seen[i].mtime_ns >= meta.mtime_ns)
            return false;
    return true;
}

static orx_lane_spec *new_spec(orx_lane_fleet *f, orx_lane_kept *kept, const orx_lane *lane,
                               const char *build) {
    const orx_config *cfg = f->office->setup->cfg;
    orx_lane_spec *spec = orx_xcalloc(1, sizeof *spec);
    *spec = (orx_lane_spec){
        .kept = kept,
        .reading = f->reading,
        .lane = lane,
        .files = {.p = f->office->p,
                  .files = {lane->tasks_file, lane->task_queue_file, cfg->config_file,
                            cfg->env_file}},
        .others = {.p = f->office->p, .files = {lane->dependency_state_file}},
    };
    memcpy(spec->build, build, sizeof spec->build);
    kept->uses++;
    f->reading->uses++;
    return spec;
}

static orx_unit_spec unit_of(orx_lane_fleet *f, orx_lane_spec *spec) {
    const orx_lane *lane = spec->lane;
    orx_arena *a = &spec->reading->arena;
    orx_unit_spec unit = orx_unit_runner(f->office->p, f->office->setup, lane->id, a);
    unit.name = lane->id;
    unit.kind = ORX_UNIT_LANE;
    unit.owner = lane->owner;
    unit.heartbeat_file = lane->heartbeat_file;
    unit.log_file = orx_lane_file(lane, ORX_LANE_LOG_FILE, a);
    unit.pid_file = orx_lane_file(lane, ORX_LANE_PID_FILE, a);
    unit.limits = (orx_unit_limits){lane->memory_max, lane->tasks_max};
    unit.manual = !lane->enabled;
    unit.paused = spec->kept->flagged;
    unit.may_start = orx_lane_may_start;
    unit.rests = rests;
    unit.began = began;
    unit.work = work;
    unit.release = release;
    unit.user = spec;
    return unit;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static orx_lane_kept *new_kept(orx_lane_fleet *f, const orx_lane *lane) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_lane_kept *kept = orx_xcalloc(1, sizeof *kept);
    kept->fleet = f;
    kept->id = orx_xstrdup(lane->id);
    kept->events_file = orx_xstrdup(orx_lane_file(lane, ORX_LANE_EVENTS_FILE, &a));
    kept->flagged = orx_exists(f->office->p, orx_lane_file(lane, ORX_LANE_PAUSE_FILE, &a));
    (void)orx_mkdirs_unsynced(f->office->p, lane->runtime_dir, true, NULL);
    orx_lane_history_open(kept);
    orx_map_put(&f->lanes, orx_view_of(kept->id), kept);
    return kept;
}

/* It is gone when its last spec is, too. */
static void forget(orx_lane_kept *kept) {
    kept->now = NULL;
    if (!kept->there)
        return;
    kept->there = false;
    drop_kept(kept);
}

static void set_problem(orx_lane_kept *kept, const char *problem) {
    free(kept->problem);
    kept->problem = problem ? orx_xstrdup(problem) : NULL;
}

/* A key in a variable of the lane must not get into its log. */
static void keep_secrets(orx_lane_fleet *f, const orx_lane *lane) {
    ORX_NODE_EACH(lane->env, it)
    if (orx_lane_is_secret(it->key))
        orx_secrets_add(f->office->secrets, it->u.s);
}

static int hand_over(orx_lane_fleet *f, orx_lane_kept *kept, const orx_lane *lane,
                     const char *build, orx_err *err) {
    kept->spec = new_spec(f, kept, lane, build);
    const orx_unit_spec unit = unit_of(f, kept->spec);
    int rc = orx_keeper_replace(f->office->keeper, &unit, err);
    if (rc != ORX_E_NOT_FOUND)
        return rc;
    kept->spec = new_spec(f, kept, lane, build);
    const orx_unit_spec first = unit_of(f, kept->spec);
    return orx_keeper_add(f->office->keeper, &first, err);
}

int orx_lane_renew(orx_lane_kept *kept, orx_err *err) {
    return hand_over(kept->fleet, kept, kept->now, kept->spec->build, err);
}

/* Makes a unit of a lane, or gives its unit what changed. */
static void take_sound(orx_lane_fleet *f, const orx_lane *lane) {
    char build[ORX_LANE_BUILD];
    orx_err err = ORX_ERR_INIT;
    const orx_supervisor_setup *setup = f->office->setup;
    orx_lane_kept *kept = orx_map_get(&f->lanes, orx_view_of(lane->id));
    bool anew = !kept || !kept->there;
    orx_lane_build(f->office->p, &f->reading->lanes, lane, setup->cfg, setup->exe, build);
    if (!kept)
        kept = new_kept(f, lane);
    kept->uses += anew;
    kept->there = kept->seen = true;
    kept->now = lane;
    set_problem(kept, NULL);
    if (!anew && strcmp(build, kept->spec->build) == 0)
        return;
    keep_secrets(f, lane);
    if (hand_over(f, kept, lane, build, &err) == 0)
        return;
    orx_lane_say(f, "lane %s cannot be kept: %s", lane->id, err.msg);
    forget(kept);
}

/* Its runner goes on with what it has; the plan of the others does not count it any more. */
static void take_problem(orx_lane_fleet *f, const orx_lane *lane) {
    orx_lane_kept *kept = orx_map_get(&f->lanes, orx_view_of(lane->id));
    if (!kept || kept->seen || !kept->there)
        return;
    kept->seen = true;
    kept->now = lane;
    set_problem(kept, lane->problem);
}

static void retire_missing(orx_lane_fleet *f) {
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&f->lanes, &i))) {
        orx_lane_kept *kept = e->value;
        if (kept->seen || !kept->there)
            continue;
        orx_keeper_retire(f->office->keeper, kept->id);
        forget(kept);
    }
}

static void take_all(orx_lane_fleet *f) {
    const orx_lanes *lanes = &f->reading->lanes;
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&f->lanes, &i)))
        ((orx_lane_kept *)e->value)->seen = false;
    const orx_lane **order = orx_lanes_ordered(lanes, &f->reading->arena);
    orx_keeper_batch(f->office->keeper, true);
    for (size_t k = 0; k < lanes->count; k++)
        if (!order[k]->problem)
            take_sound(f, order[k]);
    for (size_t k = 0; k < lanes->count; k++)
        if (order[k]->problem)
            take_problem(f, order[k]);
    retire_missing(f);
    orx_keeper_batch(f->office->keeper, false);
}

static void say_diags(orx_lane_fleet *f, const orx_diags *diags) {
    for (const orx_diag *d = diags->first; d; d = d->next)
        orx_lane_say(f, "%s: %s%s", d->where,
                     d->severity == ORX_DIAG_ERROR ? "" : "warning: ", d->text);
}

static int read_lanes(orx_lane_fleet *f, bool tell, orx_err *err) {
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    orx_lane_reading *r = orx_xcalloc(1, sizeof *r);
    r->uses = 1;
    int rc = orx_lanes_load(f->office->p, f->office->setup->cfg, &r->arena, &diags, &r->lanes, err);
    if (rc == 0 && tell)
        say_diags(f, &diags);
    /* Half a file: whoever writes it is not done yet. */
    bool unreadable = rc < 0 || (r->lanes.there && !r->lanes.count && diags.errors);
    if (unreadable && f->reading) {
        drop_reading(r);
        return rc;
    }
    drop_reading(f->reading);
    f->reading = r;
    f->plan = NULL;
    take_all(f);
    return rc;
}

/* ---- When it changes ------------------------------------------------------------------------- */

static void look_at(orx_lane_fleet *f, int i, const char *path, bool *changed) {
    orx_file_info now = {0};
    orx_file_info *seen = &f->seen[i];
    (void)orx_stat(f->office->p, path, &now, NULL);
    *changed = *changed || now.inode != seen->inode || now.size != seen->size ||
               now.mtime_ns != seen->mtime_ns;
    *seen = now;
}

static bool has_changed(orx_lane_fleet *f) {
    static const char *const ends[] = {".json", ".yaml", ".yml"};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *file = f->office->setup->cfg->paths.lanes_file;
    size_t n = strlen(file);
    bool json = n > 5 && strcmp(file + n - 5, ".json") == 0;
    bool changed = false;
    look_at(f, 0, file, &changed);
    for (int i = 1; json && i < (int)ORX_ARRAY_LEN(ends); i++)
        look_at(f, i, orx_arena_printf(&a, "%.*s%s", (int)(n - 5), file, ends[i]), &changed);
    look_at(f, 3, f->office->setup->exe, &changed);
    return changed;
}

/* ---- The source ------------------------------------------------------------------------------ */

static void close_fleet(void *self) {
    orx_lane_fleet *f = self;
    size_t i = 0;
    const orx_map_entry *e;
    orx_lane_history_look(f);
    while ((e = orx_map_next(&f->lanes, &i)))
        forget(e->value);
    orx_map_free(&f->lanes);
    orx_arena_free(&f->plan_arena);
    drop_reading(f->reading);
    free(f);
}

static int open_fleet(const orx_unit_office *office, void **ret_self, orx_err *err) {
    orx_lane_fleet *f = orx_xcalloc(1, sizeof *f);
    f->office = office;
    (void)has_changed(f);
    int rc = read_lanes(f, true, err);
    if (rc < 0) {
        close_fleet(f);
        return rc;
    }
    /* Without any file to go on from, some of the past: a supervisor may have died before it wrote
     * the first line. */
    int64_t last = orx_event_last(office->store);
    if (!f->looked_seq && last > PAST_EVENTS)
        f->looked_seq = last - PAST_EVENTS;
    *ret_self = f;
    return 0;
}

static void look(void *self, bool again) {
    orx_lane_fleet *f = self;
    bool changed = has_changed(f);
    if (changed || again)
        (void)read_lanes(f, changed, NULL);
    orx_lanes_rescale(f);
    orx_lane_history_look(f);
    orx_lane_write_flags(f);
}

const orx_unit_source orx_lane_source = {.open = open_fleet, .look = look, .close = close_fleet};
