/* What a unit may take: limits of its cgroup, or of its processes where there is none. */
#include "unit/internal.h"

#include "platform/cgroup.h"

#include <stdio.h>

static bool is_limited(const orx_kept *u) {
    return u->spec.limits.memory_max > 0 || u->spec.limits.tasks_max > 0;
}

static const char *why_weak(const orx_keeper *k) {
    if (!k->setup.groups || k->group_refused)
        return "it has no cgroup of its own";
    return k->setup.ungrouped ? k->setup.ungrouped : "its cgroup does not take limits";
}

void orx_kept_limits_view(const orx_kept *u, orx_unit_view *view) {
    const orx_keeper *k = u->k;
    const orx_unit_limits *l = &orx_kept_newest(u)->limits;
    bool grouped = k->setup.groups && !k->group_refused;
    view->limits = *l;
    view->memory_grouped = l->memory_max > 0 && grouped && k->setup.memory_groups;
    view->tasks_grouped = l->tasks_max > 0 && grouped && k->setup.tasks_groups;
    bool weak =
        (l->memory_max > 0 && !view->memory_grouped) || (l->tasks_max > 0 && !view->tasks_grouped);
    view->limits_weak = weak ? why_weak(k) : NULL;
}

/* Said once: it is the same for all. */
static void tell_weak(orx_kept *u) {
    orx_unit_view view;
    orx_kept_limits_view(u, &view);
    if (!view.limits_weak || u->k->limits_told)
        return;
    u->k->limits_told = true;
    if (view.limits.memory_max > 0 && !view.memory_grouped)
        orx_keeper_problem(u->k, "%s: memory_max holds for each of its processes alone: %s",
                           u->spec.name, view.limits_weak);
    if (view.limits.tasks_max > 0 && !view.tasks_grouped)
        orx_keeper_problem(u->k, "%s: tasks_max does not hold: %s", u->spec.name, view.limits_weak);
}

/* A group that refuses a limit refuses it to all: from then on it is as if it could not. */
static void limit(orx_kept *u, const char *file, int64_t value, bool *can) {
    orx_err err = ORX_ERR_INIT;
    if (!*can || !u->group || orx_cgroup_limit(u->k->p, u->group, file, value, &err) == 0)
        return;
    if (value <= 0)
        return;
    *can = false;
    orx_keeper_problem(u->k, "%s: its cgroup cannot be limited: %s", u->spec.name, err.msg);
}

void orx_kept_limits_begin(orx_kept *u, orx_confine *confine) {
    const orx_unit_limits *l = &u->spec.limits;
    u->oom_kills = u->group ? orx_cgroup_count(u->k->p, u->group, "memory.events", "oom_kill") : 0;
    u->refusals = u->group ? orx_cgroup_count(u->k->p, u->group, "pids.events", "max") : 0;
    u->met_memory = u->met_tasks = false;
    limit(u, "memory.max", l->memory_max, &u->k->setup.memory_groups);
    limit(u, "pids.max", l->tasks_max, &u->k->setup.tasks_groups);
    if (!is_limited(u))
        return;
    if (l->memory_max > 0 && !(u->group && u->k->setup.memory_groups))
        confine->max_data_bytes = (uint64_t)l->memory_max;
    tell_weak(u);
}

/* Counters only grow. Whether one did. */
static bool has_grown(const orx_kept *u, const char *file, const char *key, int64_t *seen) {
    int64_t now = orx_cgroup_count(u->k->p, u->group, file, key);
    bool grown = now > *seen;
    *seen = now;
    return grown;
}

static void tell_met(orx_kept *u, const char *what) {
    orx_log_say(u->log, "supervisor: %s: %s", u->spec.name, what);
    orx_keeper_problem(u->k, "%s: %s", u->spec.name, what);
    if (orx_kept_save(u, "unit.limited", ORX_UNIT_STATES, NULL, NULL) < 0)
        u->unsaved = true;
}

void orx_kept_limits_look(orx_kept *u) {
    if (!u->group || !is_limited(u))
        return;
    bool memory = has_grown(u, "memory.events", "oom_kill", &u->oom_kills);
    bool tasks = has_grown(u, "pids.events", "max", &u->refusals);
    u->met_memory = u->met_memory || memory;
    u->met_tasks = u->met_tasks || tasks;
    if (memory)
        tell_met(u,
                 "a process of it was killed, for it and what it started take all of memory_max");
    if (tasks)
        tell_met(u, "it could start no more processes, for it has as many as tasks_max");
}

orx_unit_exit orx_kept_limits_judge(const orx_kept *u, orx_unit_exit how) {
    bool failed = how == ORX_UNIT_EXIT_FAILED || how == ORX_UNIT_EXIT_ABNORMAL;
    if (!failed || u->lacks)
        return how;
    return u->met_memory ? ORX_UNIT_EXIT_MEMORY : u->met_tasks ? ORX_UNIT_EXIT_TASKS : how;
}
