/* What next: select, wait, recover from a deadlock, or end. */
#include "run/runner.h"

#include "data/json.h"
#include "platform/loop.h"
#include "run/sinks.h"

#define HEARTBEAT_NS (15 * ORX_SEC)

/* How long sinks may take what is left when the run ends, and when somebody waits for the end. */
#define DRAIN_NS         (10 * ORX_SEC)
#define DRAIN_STOPPED_NS (2 * ORX_SEC)

typedef struct cycle {
    orx_runner *r;
    int64_t max_cycles;
    orx_file_info external; /* the dependency-state file as last read */
    orx_timer *beat;
    bool ended;
    orx_run_end end;
} cycle;

static void beat(void *user) {
    cycle *c = user;
    orx_projection_dirty(c->r->s, "heartbeat");
    c->beat = orx_timer_start(c->r->p, HEARTBEAT_NS, beat, c);
}

/* Ends the run. */
static void finish(cycle *c, orx_run_end end, const char *phase, const char *text) {
    c->ended = true;
    c->end = end;
    orx_run_phase(c->r, phase, NULL, text);
    orx_run_tell(c->r, ORX_NOTE_ENDED, NULL, end == ORX_RUN_ALL_DONE, "%s", text);
}

static bool interrupted(cycle *c) {
    if (!c->r->stop)
        return false;
    bool by_keyboard = c->r->stop_signal == 2;
    finish(c, by_keyboard ? ORX_RUN_INTERRUPTED : ORX_RUN_TERMINATED, "stopped",
           by_keyboard ? "interrupted; nothing is lost, `orxaq run` goes on from here"
                       : "terminated; nothing is lost, `orxaq run` goes on from here");
    return true;
}

/* Another runner's state file may have news about dependencies. Missing or bad = ignored [K]. */
static int read_external(cycle *c, orx_err *err) {
    const char *path = c->r->cfg->paths.dependency_state_file;
    orx_file_info info;
    if (!path || orx_stat(c->r->p, path, &info, NULL) < 0 ||
        (info.mtime_ns == c->external.mtime_ns && info.size == c->external.size &&
         info.inode == c->external.inode))
        return 0;
    c->external = info;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    const orx_node *root = NULL;
    if (orx_read_file(c->r->p, path, orx_limits_data.max_bytes, &bytes, NULL) < 0 ||
        orx_json_parse(&arena, path, orx_str_view(&bytes), &orx_limits_data, &root, NULL) < 0)
        return 0;
    int rc = orx_task_external_done(c->r->s, c->r->lane, root, err);
    return rc < 0 ? rc : 0;
}

static void wait_for(cycle *c, int64_t ns) {
    orx_run_phase(c->r, "idle", NULL, "waiting for a retry delay to pass");
    orx_run_tell(c->r, ORX_NOTE_WAITING, NULL, true, "next try in %.1f s",
                 (double)ns / (double)ORX_SEC);
    int64_t until = orx_mono_ns(c->r->p) + ns;
    while (!c->r->stop && orx_mono_ns(c->r->p) < until) {
        int64_t left = until - orx_mono_ns(c->r->p);
        orx_loop_step(c->r->p, left < ORX_SEC ? left : ORX_SEC);
    }
}

/* 1 = something was reopened. */
static int recover_deadlock(cycle *c, orx_err *err) {
    if (!c->r->cfg->recovery)
        return 0;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *report = NULL;
    int rc = orx_task_recover_deadlock(c->r->s, c->r->lane, c->r->retry.max_attempts, &arena,
                                       &report, err);
    if (rc == 1) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_json_write(&text, report, ORX_JSON_OURS);
        orx_run_phase(c->r, "deadlock_recovery", NULL, "blocked tasks get another try");
        orx_run_tell(c->r, ORX_NOTE_RECOVERED, NULL, true, "deadlock recovery: %s", text.buf);
    }
    return rc;
}

static void end_of_work(cycle *c, const orx_task_counts *n) {
    if (n->done == n->total) {
        finish(c, ORX_RUN_ALL_DONE, "completed", "all tasks are done");
        return;
    }
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "nothing more can be done: %lld done, %lld blocked", (long long)n->done,
                 (long long)n->blocked);
    if (n->held)
        orx_str_addf(&text, ", %lld waiting for those", (long long)n->held);
    if (n->ready)
        orx_str_addf(&text, ", %lld without a usable provider", (long long)n->ready);
    finish(c, ORX_RUN_LEFTOVER, "stalled", text.buf);
}

/* Nothing is ready. */
static int idle(cycle *c, orx_err *err) {
    orx_task_counts n;
    int rc = orx_task_count(c->r->s, c->r->lane, &n, err);
    if (rc < 0)
        return rc;
    int64_t wait = n.delayed ? orx_queue_next_wait(c->r->queue) : -1;
    if (wait >= 0 && !c->r->setup.dry_run) {
        wait_for(c, wait);
        return 0;
    }
    rc = c->r->setup.dry_run ? 0 : recover_deadlock(c, err);
    if (rc == 0)
        end_of_work(c, &n);
    return rc < 0 ? rc : 0;
}

/* A dry run says what would come and changes nothing. */
static int plan(cycle *c, const char *id, orx_err *err) {
    orx_try t = {.r = c->r, .model = "", .problem = "", .note = ""};
    int rc = orx_task_get(c->r->s, c->r->lane, id, &t.arena, &t.task, err);
    if (rc == 0) {
        t.number = t.task.attempts + 1;
        orx_run_tell(c->r, ORX_NOTE_SELECTED, &t, true, "%s (%s) would be next", t.task.title,
                     t.task.owner);
        finish(c, ORX_RUN_ALL_DONE, "completed", "dry run: nothing was changed");
    }
    orx_arena_free(&t.arena);
    return rc;
}

static int one_cycle(cycle *c, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *id = NULL;
    int rc = read_external(c, err);
    if (rc == 0)
        rc = orx_queue_next(c->r->queue, orx_run_unserved(c->r, &arena), &arena, &id, err);
    if (rc == ORX_E_NOT_FOUND)
        return idle(c, err);
    if (rc < 0)
        return rc;
    if (c->r->setup.dry_run)
        return plan(c, id, err);
    if (c->r->cycle >= c->max_cycles) {
        finish(c, ORX_RUN_CYCLES, "max_cycles_reached",
               "the limit of attempts for one run is reached");
        return 0;
    }
    c->r->cycle++;
    rc = orx_run_try(c->r, id, err);
    return rc == ORX_E_CANCELLED ? 0 : rc;
}

int orx_runner_run(orx_runner *r, orx_run_end *ret_end, orx_err *err) {
    orx_effective_run effective;
    orx_config_effective_run(r->cfg, &effective);
    cycle c = {.r = r, .max_cycles = effective.max_cycles};
    orx_task_counts n;
    int rc = orx_task_count(r->s, r->lane, &n, err);
    if (rc < 0)
        return rc;
    orx_run_phase(r, "started", NULL, "");
    orx_run_tell(r, ORX_NOTE_STARTED, NULL, true, "%lld tasks: %lld done, %lld to do",
                 (long long)n.total, (long long)n.done, (long long)(n.total - n.done));
    c.beat = orx_timer_start(r->p, HEARTBEAT_NS, beat, &c);
    while (rc == 0 && !c.ended && !interrupted(&c))
        rc = one_cycle(&c, err);
    orx_timer_cancel(r->p, c.beat);
    orx_run_sinks_drain(r, r->stop ? DRAIN_STOPPED_NS : DRAIN_NS);
    if (rc == 0)
        *ret_end = c.end;
    return rc;
}
