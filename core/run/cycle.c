/* What next: select, wait, recover from a deadlock, or end. */
#include "run/runner.h"

#include "base/units.h"
#include "data/json.h"
#include "platform/loop.h"
#include "run/bill.h"
#include "run/push.h"
#include "run/records.h"
#include "run/sinks.h"

#define HEARTBEAT_NS (15 * ORX_SEC)
#define PRUNE_EVERY  256 /* attempts; also at both ends of a run */

/* How long sinks may take what is left when the run ends, and when somebody waits for the end. */
#define DRAIN_NS         (10 * ORX_SEC)
#define DRAIN_STOPPED_NS (2 * ORX_SEC)

typedef struct cycle {
    orx_runner *r;
    orx_effective_run effective;
    bool waiting; /* for news, and said so */
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
    orx_projection_dirty(c->r->s, "stop_report");
}

/* A run that ends with an error is not at work any more either. */
static void failed(cycle *c, const orx_err *err) {
    orx_run_phase(c->r, "stopped", NULL, err ? err->msg : "");
    orx_projection_dirty(c->r->s, "stop_report");
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

/* No further task is to be begun. */
static bool drained(cycle *c) {
    if (!c->r->drain)
        return false;
    finish(c, ORX_RUN_TERMINATED, "stopped",
           "drained; nothing is lost, `orxaq run` goes on from here");
    return true;
}

/* Lets time pass until it is over, somebody stops us, or a source of tasks changed. */
static void pass(cycle *c, int64_t ns) {
    int64_t until = orx_mono_ns(c->r->p) + ns;
    while (!c->r->stop && !c->r->drain && !orx_sources_changed(c->r) &&
           orx_mono_ns(c->r->p) < until) {
        int64_t left = until - orx_mono_ns(c->r->p);
        orx_loop_step(c->r->p, left < ORX_SEC ? left : ORX_SEC);
    }
}

static void wait_for(cycle *c, const orx_task_counts *n, int64_t ns) {
    orx_run_phase(c->r, "idle", NULL, "waiting for a retry delay to pass");
    orx_run_beat_waiting(c->r, n);
    orx_run_tell(c->r, ORX_NOTE_WAITING, NULL, true, "next try in %.1f s",
                 (double)ns / (double)ORX_SEC);
    pass(c, ns);
}

/* In the journal as well: who reads it later sees that the run was kept on. */
static void note_continued(cycle *c, bool all_done) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    const orx_event e = {.kind = "run.continued", .schema = 1, .body = body};
    orx_node_set_str(&arena, body, "reason",
                     all_done ? "force_continuation_after_all_done"
                              : "force_continuation_when_stalled");
    orx_node_set_str(&arena, body, "text",
                     all_done ? "all tasks are done; the run goes on and waits for new ones"
                              : "no task can go on; the run goes on and waits for new ones");
    (void)orx_event_note(c->r->s, &e, NULL);
}

static void beat_news(cycle *c, const orx_task_counts *n, bool queue) {
    bool all_done = n->done == n->total;
    orx_run_beat_profile(c->r, queue      ? NULL
                               : all_done ? "force_continuation_after_all_done"
                                          : "force_continuation_when_stalled");
    if (!all_done)
        orx_run_beat_waiting(c->r, n);
    else if (queue)
        orx_run_beat_queue(c->r);
    if (!queue && c->effective.force_continuation)
        note_continued(c, all_done);
}

/* Nothing to do, but more may come: into the queue file, or from `orxaq tasks add`. Told once, and
 * nothing is written meanwhile. */
static void wait_for_news(cycle *c, const orx_task_counts *n, bool queue) {
    if (!c->waiting) {
        orx_run_phase(c->r, queue ? "queue_idle_wait" : "extra_high_wait", NULL,
                      "waiting for new tasks");
        beat_news(c, n, queue);
        orx_run_tell(c->r, ORX_NOTE_WAITING, NULL, true, "nothing to do; waiting for new tasks");
    }
    c->waiting = true;
    int64_t ns = c->r->cfg->run.idle_sleep_ns;
    pass(c, ns < ORX_SEC ? ORX_SEC : ns);
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
        orx_run_beat_report(c->r, report);
        orx_run_tell(c->r, ORX_NOTE_RECOVERED, NULL, true, "deadlock recovery: %s", text.buf);
    }
    return rc;
}

/* A run that could not even begin is an error, not a rest of work. */
static int nothing_usable(cycle *c, const orx_task_counts *n, orx_err *err) {
    const char *why = orx_run_first_problem(c->r);
    orx_run_phase(c->r, "stalled", NULL, why);
    orx_run_beat_waiting(c->r, n);
    return orx_err_set(err, ORX_E_UNSUPPORTED, "no task can be done: %s", why);
}

static int end_of_work(cycle *c, const orx_task_counts *n, orx_err *err) {
    if (n->done == n->total) {
        finish(c, ORX_RUN_ALL_DONE, "completed", "all tasks are done");
        return 0;
    }
    if (n->ready && !c->r->worked && orx_run_first_problem(c->r))
        return nothing_usable(c, n, err);
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "nothing more can be done: %lld done, %lld blocked", (long long)n->done,
                 (long long)n->blocked);
    if (n->held)
        orx_str_addf(&text, ", %lld waiting for those", (long long)n->held);
    if (n->ready)
        orx_str_addf(&text, ", %lld without a usable provider", (long long)n->ready);
    finish(c, ORX_RUN_LEFTOVER, "stalled", text.buf);
    orx_run_beat_waiting(c->r, n);
    return 0;
}

static void beat_recycle(cycle *c, const orx_task_counts *n, bool stalled, int count) {
    orx_runner *r = c->r;
    if (stalled) {
        orx_node_set_int(&r->beat_arena, r->beat, "pending", n->pending);
        orx_node_set_int(&r->beat_arena, r->beat, "blocked", n->blocked);
        orx_node_set_int(&r->beat_arena, r->beat, "reopened", count);
    } else {
        orx_node_set_int(&r->beat_arena, r->beat, "recycle_delay_sec",
                         r->cfg->run.continuous_recycle_delay_ns / ORX_SEC);
    }
}

/* Begins again with everything, or with what is not done. 1 = it did. */
static int recycle(cycle *c, const orx_task_counts *n, orx_err *err) {
    bool stalled = n->done < n->total;
    int64_t delay = c->r->cfg->run.continuous_recycle_delay_ns;
    int count = orx_task_recycle(c->r->s, c->r->lane, delay, stalled, err);
    if (count <= 0)
        return count;
    orx_run_phase(c->r, stalled ? "continuous_stalled_recycle" : "continuous_recycle", NULL,
                  "continuous run: beginning again");
    beat_recycle(c, n, stalled, count);
    orx_run_tell(c->r, ORX_NOTE_RECOVERED, NULL, true, "continuous run: %d task%s again in %.0f s",
                 count, count == 1 ? "" : "s", (double)delay / (double)ORX_SEC);
    return 1;
}

/* Nothing can be done now and time alone will not change that. */
static int out_of_work(cycle *c, orx_err *err) {
    orx_task_counts n;
    const orx_strings *filter = &c->r->cfg->run.owner_filter;
    int rc = orx_task_count_of(c->r->s, c->r->lane, filter->count ? filter->items : NULL, &n, err);
    if (rc < 0)
        return rc;
    bool persistent = c->effective.queue_persistent && c->r->cfg->paths.task_queue_file;
    if (c->effective.continuous && n.total) {
        rc = recycle(c, &n, err);
        if (rc != 0)
            return rc < 0 ? rc : 0;
    }
    if (persistent)
        wait_for_news(c, &n, true);
    else if (c->effective.continuous || c->effective.force_continuation)
        wait_for_news(c, &n, false);
    else
        return end_of_work(c, &n, err);
    return 0;
}

/* Nothing is ready. */
static int idle(cycle *c, orx_err *err) {
    orx_task_counts n;
    int rc = orx_task_count(c->r->s, c->r->lane, &n, err);
    if (rc < 0)
        return rc;
    int64_t wait = n.delayed ? orx_queue_next_wait(c->r->queue) : -1;
    if (wait >= 0) {
        wait_for(c, &n, wait);
        return 0;
    }
    rc = recover_deadlock(c, err);
    return rc < 0 ? rc : rc == 1 ? 0 : out_of_work(c, err);
}

/* ---- The budget ------------------------------------------------------------------------------ */

static void budget_text(const orx_budget *b, const orx_budget_state *st, orx_str *out) {
    orx_money_format(st->spent, out);
    orx_str_adds(out, " of today's budget of ");
    orx_money_format(b->cap, out);
    orx_str_adds(out, " USD are spent");
    if (!st->reserved)
        return;
    orx_str_adds(out, " and ");
    orx_money_format(st->reserved, out);
    orx_str_adds(out, " reserved for calls in flight");
}

static void warn(cycle *c, const orx_budget *b, const orx_budget_state *st) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    if (c->r->warned || st->word < ORX_BUDGET_WARNING)
        return;
    c->r->warned = true;
    budget_text(b, st, &text);
    orx_run_tell(c->r, ORX_NOTE_COST, NULL, false, "%s", text.buf);
}

/* What holds the rest may be calls of other lanes, which will be made up, or of processes that are
 * gone, which are made up here. */
static int wait_for_money(cycle *c, orx_err *err) {
    int rc = orx_bill_left_over(c->r->s, c->r->cfg, c->r->prices.prices, c->r->lane, err);
    orx_run_phase(c->r, "idle", NULL, "waiting for calls in flight: the budget is reserved");
    if (rc == 0)
        pass(c, ORX_SEC);
    return rc < 0 ? rc : 0;
}

/* 1 = something may be begun. What the budget did not allow last must fit first. */
static int may_spend(cycle *c, orx_err *err) {
    orx_runner *r = c->r;
    const orx_budget b = orx_run_budget(r);
    orx_budget_state st;
    if (b.cap <= 0)
        return 1;
    int rc = orx_budget_look(r->s, &b, &st, err);
    if (rc < 0)
        return rc;
    warn(c, &b, &st);
    bool fits = r->wanted <= b.cap - st.spent - st.reserved;
    if (!b.hard_stop || (!st.stop && fits)) {
        r->wanted = -1;
        return 1;
    }
    if (st.reserved)
        return wait_for_money(c, err);
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    budget_text(&b, &st, &text);
    if (r->wanted > 0) {
        orx_str_adds(&text, "; the next call may cost ");
        orx_money_format(r->wanted, &text);
    }
    orx_str_addf(&text, "; midnight (%s) lifts this, or a larger budget.daily",
                 r->cfg->money.timezone);
    finish(c, ORX_RUN_BUDGET, "budget_stop", text.buf);
    return 0;
}

static int one_cycle(cycle *c, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *id = NULL;
    orx_run_push(c->r, false);
    int rc = orx_sources_read(c->r, err);
    if (rc == 0)
        rc = orx_queue_next(c->r->queue, orx_run_unserved(c->r, &arena), &arena, &id, err);
    if (rc == ORX_E_NOT_FOUND)
        return idle(c, err);
    if (rc < 0)
        return rc;
    if (c->r->cycle >= c->effective.max_cycles) {
        finish(c, ORX_RUN_CYCLES, "max_cycles_reached",
               "the limit of attempts for one run is reached");
        orx_run_beat_profile(c->r, NULL);
        return 0;
    }
    rc = may_spend(c, err);
    if (rc != 1)
        return rc;
    c->waiting = false;
    c->r->cycle++;
    rc = orx_run_try(c->r, id, err);
    if (rc == 0 && c->r->cycle % PRUNE_EVERY == 0)
        rc = orx_records_prune(c->r->s, c->r->cfg, err);
    return rc == ORX_E_CANCELLED ? 0 : rc;
}

int orx_runner_run(orx_runner *r, orx_run_end *ret_end, orx_err *err) {
    if (r->setup.dry_run) {
        *ret_end = ORX_RUN_ALL_DONE;
        return orx_run_dry(r, err);
    }
    cycle c = {.r = r};
    orx_config_effective_run(r->cfg, &c.effective);
    orx_task_counts n;
    int rc = orx_task_count(r->s, r->lane, &n, err);
    if (rc < 0)
        return rc;
    orx_run_phase(r, "started", NULL, "");
    orx_run_beat_started(r, &c.effective, n.total);
    orx_run_tell(r, ORX_NOTE_STARTED, NULL, true, "%lld tasks: %lld done, %lld to do",
                 (long long)n.total, (long long)n.done, (long long)(n.total - n.done));
    c.beat = orx_timer_start(r->p, HEARTBEAT_NS, beat, &c);
    while (rc == 0 && !c.ended && !interrupted(&c) && !drained(&c))
        rc = one_cycle(&c, err);
    /* Whatever was killed in our hands failed; the next run finds out how far it had come. */
    if (rc < 0 && r->stop_now) {
        orx_run_tell(r, ORX_NOTE_PROBLEM, NULL, false, "%s", err ? err->msg : "killed");
        rc = 0;
        (void)interrupted(&c);
    }
    if (rc == 0)
        orx_run_push(r, true);
    orx_timer_cancel(r->p, c.beat);
    orx_run_sinks_drain(r, r->stop_now ? 0 : r->stop ? DRAIN_STOPPED_NS : DRAIN_NS);
    if (rc == 0)
        rc = orx_records_prune(r->s, r->cfg, err);
    if (rc == 0)
        *ret_end = c.end;
    else
        failed(&c, err);
    return rc;
}
