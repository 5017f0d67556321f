#include "unit/health_watchdog.h"

const char *orx_watch_status_name(orx_watch_status status) {
    static const char *const names[] = {"healthy", "restarted", "down_cooldown", "down_no_restart",
                                        "restart_failed"};
    return names[status];
}

bool orx_watch_is_fine(orx_watch_status status) {
    return status == ORX_WATCH_HEALTHY || status == ORX_WATCH_RESTARTED;
}

orx_watch_deeds orx_watch_plan(const orx_fleet_facts *f, const orx_health_report *r) {
    return (orx_watch_deeds){
        .start_supervisor = {.planned = !f->supervisor_pid, .error = ""},
        .restart_runner = {.planned = r->runner == ORX_WORD_STALE && f->runner.known && f->answers,
                           .error = ""},
        .runner_pid_before = f->runner.running ? f->runner.pid : 0,
    };
}

/* The text of what the judge found about a subject: nobody judges twice. */
static const char *found_about(const orx_health_report *r, const char *subject) {
    for (const orx_health_finding *n = r->first; n; n = n->next)
        if (strcmp(n->subject, subject) == 0)
            return n->text;
    return "";
}

/* How what could not be set right is called. */
static orx_watch_status status_of_failure(const orx_watch_deed *deed) {
    if (!deed->planned)
        return ORX_WATCH_DOWN_NO_RESTART;
    return deed->cooling ? ORX_WATCH_DOWN_COOLDOWN : ORX_WATCH_RESTART_FAILED;
}

static void judge_supervisor(const orx_fleet_facts *f, const orx_health_report *r,
                             const orx_watch_deed *deed, orx_watch_row *row) {
    *row = (orx_watch_row){.pid = f->supervisor_pid > 0 ? f->supervisor_pid : 0,
                           .detail = found_about(r, "supervisor")};
    if (f->supervisor_pid && f->answers) {
        bool ours = deed->planned && !deed->cooling && !*deed->error;
        row->status = ours ? ORX_WATCH_RESTARTED : ORX_WATCH_HEALTHY;
    } else {
        row->status = status_of_failure(deed);
        if (*deed->error)
            row->detail = deed->error;
    }
}

static const char *detail_of_runner(const orx_fleet_facts *f, const orx_health_report *r,
                                    orx_arena *arena) {
    const char *found = found_about(r, f->runner.name);
    if (r->runner == ORX_WORD_IDLE)
        return orx_arena_printf(arena, "runner idle: %s",
                                *f->phase ? f->phase : "nothing is left to do");
    if (r->runner == ORX_WORD_PAUSED)
        return "runner paused by the operator";
    if (r->runner == ORX_WORD_UNKNOWN && f->runner.running)
        return "runner is at work; no heartbeat yet";
    return found;
}

static void judge_runner(const orx_fleet_facts *f, const orx_health_report *r,
                         const orx_watch_deeds *deeds, orx_arena *arena, orx_watch_row *row) {
    const orx_unit_facts *u = &f->runner;
    const orx_watch_deed *deed = &deeds->restart_runner;
    *row = (orx_watch_row){.pid = u->running ? u->pid : 0, .detail = detail_of_runner(f, r, arena)};
    if (orx_unit_word_is_fine(r->runner)) {
        bool acted = (deed->planned || deeds->start_supervisor.planned) && u->running &&
                     u->pid != deeds->runner_pid_before;
        row->status = acted ? ORX_WATCH_RESTARTED : ORX_WATCH_HEALTHY;
        return;
    }
    if (u->known && u->state == ORX_UNIT_BACKOFF && !u->running) {
        row->status = ORX_WATCH_DOWN_COOLDOWN;
        return;
    }
    row->status = status_of_failure(deed);
    if (*deed->error)
        row->detail = deed->error;
}

void orx_watch_judge(const orx_fleet_facts *f, const orx_health_report *r,
                     const orx_watch_deeds *deeds, orx_arena *arena, orx_watch_row *ret_supervisor,
                     orx_watch_row *ret_runner) {
    judge_supervisor(f, r, &deeds->start_supervisor, ret_supervisor);
    judge_runner(f, r, deeds, arena, ret_runner);
}
