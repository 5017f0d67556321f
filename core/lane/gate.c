/* Whether a lane may start now. */
#include "lane/internal.h"

#include "platform/loop.h"
#include "run/lane_lock.h"
#include "task/task.h"

#define PLAN_NS ORX_SEC

static bool is_done(const char *lane, void *user) {
    const orx_lane_fleet *f = user;
    orx_task_counts n = {0};
    return orx_task_count(f->office->store, lane, &n, NULL) == 0 && n.total > 0 &&
           n.done == n.total;
}

orx_lane_plan_input orx_lane_input(orx_lane_fleet *f, const orx_lane *only) {
    return (orx_lane_plan_input){.p = f->office->p,
                                 .cfg = f->office->setup->cfg,
                                 .is_done = is_done,
                                 .user = f,
                                 .only = only};
}

static const orx_lane_verdict *make_plan(orx_lane_fleet *f, const orx_lane *only) {
    const orx_lane_plan_input input = orx_lane_input(f, only);
    orx_arena_free(&f->plan_arena);
    return orx_lanes_plan(&f->reading->lanes, &input, &f->plan_arena);
}

/* The verdict on one lane. Many ask within one tick, so the plan of all is kept for a moment; one
 * that is not enabled but asked for by name is a case of its own. */
static const orx_lane_verdict *verdict_on(orx_lane_fleet *f, const orx_lane *lane) {
    size_t at = (size_t)(lane - f->reading->lanes.items);
    int64_t now = orx_mono_ns(f->office->p);
    if (lane->enabled && f->plan && now - f->plan_ns < PLAN_NS)
        return &f->plan[at];
    const orx_lane_verdict *plan = make_plan(f, lane->enabled ? NULL : lane);
    f->plan = lane->enabled ? plan : NULL;
    f->plan_ns = now;
    return &plan[at];
}

/* A lane that excludes this one and has a process still: its entry was another when it began, or
 * somebody started it by name. */
static const char *rival_of(orx_lane_fleet *f, const orx_lane_kept *kept) {
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&f->lanes, &i))) {
        const orx_lane_kept *other = e->value;
        const char *code;
        const char *text;
        if (other == kept || !other->running ||
            !orx_lanes_exclude(kept->now, other->running->lane, &f->plan_arena, &code, &text) ||
            !orx_keeper_has_process(f->office->keeper, other->id))
            continue;
        return orx_arena_printf(&f->plan_arena, "waits for the end of lane %s: %s", other->id,
                                text);
    }
    return NULL;
}

/* Somebody runs it by hand. */
static const char *holder_of(orx_lane_fleet *f, const orx_lane_kept *kept) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_lane_holder holder;
    const char *lock = orx_lane_lock_file(f->office->setup->cfg, kept->id, &a);
    if (!orx_lane_lock_held(f->office->p, lock, &holder))
        return NULL;
    return orx_arena_printf(&f->plan_arena, "process %lld runs it already", (long long)holder.pid);
}

bool orx_lane_may_start(void *user, const char **ret_why) {
    const orx_lane_kept *kept = ((const orx_lane_spec *)user)->kept;
    orx_lane_fleet *f = kept->fleet;
    if (kept->problem || !kept->now) {
        *ret_why = kept->problem ? kept->problem : "it is no more in the lanes file";
        return false;
    }
    const orx_lane_verdict *v = verdict_on(f, kept->now);
    const char *rival = v->start ? rival_of(f, kept) : NULL;
    if (v->start && !rival)
        rival = holder_of(f, kept);
    if (v->start && !rival)
        return true;
    *ret_why = rival ? rival : v->text;
    return false;
}
