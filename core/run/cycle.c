/* What next: select, wait, recover from a deadlock, or end. */
#include "run/runner.h"

#include "base/units.h"
#include "data/json.h"
#include "money/rate.h"
#include "money/threshold.h"
#include "platform/loop.h"
#include "run/bill.h"
#include "run/deployments.h"
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

static int money_for_rest(cycle *c, orx_err *err);

/* Nothing is ready. */
static int idle(cycle *c, orx_err *err) {
    orx_task_counts n;
    int rc = orx_task_count(c->r->s, c->r->lane, &n, err);
    if (rc < 0)
        return rc;
    int64_t wait = orx_run_held_wait(c->r, n.delayed ? orx_queue_next_wait(c->r->queue) : -1);
    if (wait >= 0) {
        wait_for(c, &n, wait);
        return 0;
    }
    rc = money_for_rest(c, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    rc = recover_deadlock(c, err);
    return rc < 0 ? rc : rc == 1 ? 0 : out_of_work(c, err);
}

/* ---- The budget ------------------------------------------------------------------------------ */

static void budget_text(const orx_budget_state *st, orx_str *out) {
    orx_money_format(st->spent, out);
    orx_str_adds(out, " of ");
    orx_cap_name(st->cap, out);
    orx_str_adds(out, " of ");
    orx_money_format(st->limit, out);
    orx_str_adds(out, " USD are spent");
    if (st->billed) {
        orx_str_adds(out, ", ");
        orx_money_format(st->billed, out);
        orx_str_adds(out, " of them by the vendor's bill alone (`orxaq provider-cost-reconcile`),");
    }
    if (!st->reserved)
        return;
    orx_str_adds(out, " and ");
    orx_money_format(st->reserved, out);
    orx_str_adds(out, " reserved for calls in flight");
}

/* Once for each cap. */
static void warn(cycle *c, size_t i, const orx_budget_state *st) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    if (c->r->warned[i] || st->word < ORX_BUDGET_WARNING)
        return;
    c->r->warned[i] = true;
    budget_text(st, &text);
    orx_run_tell(c->r, ORX_NOTE_COST, NULL, false, "%s", text.buf);
}

static int warn_of_missing(cycle *c, orx_err *err) {
    orx_runner *r = c->r;
    int64_t missing = 0;
    if (r->told_missing || r->cfg->budget.on_missing_cost != ORX_MISSING_COST_WARN)
        return 0;
    int rc = orx_budget_missing(r->s, orx_run_budget(r), &missing, err);
    if (rc < 0 || !missing)
        return rc;
    r->told_missing = true;
    orx_run_tell(r, ORX_NOTE_COST, NULL, false,
                 "nobody knows what %lld of today's calls cost, so a cap may be passed without "
                 "anybody seeing it; enter their prices, or set budget.on_missing_cost: deny",
                 (long long)missing);
    return 0;
}

static int warn_of_caps(cycle *c, orx_err *err) {
    orx_runner *r = c->r;
    const orx_budget *b = orx_run_budget(r);
    int rc = warn_of_missing(c, err);
    for (size_t i = 0; rc == 0 && i < b->count; i++) {
        orx_budget_state st;
        if (orx_cap_is_of_unit(&b->caps[i]))
            continue;
        rc = orx_budget_look_at(r->s, b, &b->caps[i], NULL, &st, err);
        if (rc == 0)
            rc = orx_budget_tell(r->s, b, &st, false, err);
        if (rc == 0)
            warn(c, i, &st);
    }
    return rc;
}

/* What holds the rest may be calls of other lanes, which will be made up, or of processes that are
 * gone, which are made up here. */
static int wait_for_calls(cycle *c, orx_err *err) {
    int rc = orx_bill_left_over(c->r->s, c->r->cfg, c->r->prices.prices, c->r->lane, err);
    orx_run_phase(c->r, "idle", NULL, "waiting for calls in flight: the budget is reserved");
    if (rc == 0)
        pass(c, ORX_SEC);
    return rc < 0 ? rc : 0;
}

/* An hour is soon over. */
static int wait_for_time(cycle *c, const orx_budget_state *st) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_run_phase(c->r, "idle", NULL, "waiting: the hourly budget is used up");
    budget_text(st, &text);
    if (!c->r->told_hourly)
        orx_run_tell(c->r, ORX_NOTE_WAITING, NULL, false, "%s; waiting", text.buf);
    c->r->told_hourly = true;
    pass(c, ORX_SEC);
    return 0;
}

static void stop_for_money(cycle *c, const orx_reservation *wanted, const orx_budget_state *st) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    budget_text(st, &text);
    if (wanted->amount > 0) {
        orx_str_adds(&text, "; the next call may cost ");
        orx_money_format(wanted->amount, &text);
    }
    orx_str_adds(&text, "; ");
    orx_cap_lift(st->cap, wanted->amount, &text, c->r->cfg->money.timezone);
    finish(c, ORX_RUN_BUDGET, "budget_stop", text.buf);
}

/* What could make a refusal pass while somebody waits. */
typedef enum hope { HOPE_NONE, HOPE_TIME, HOPE_CALLS } hope;

typedef struct refusal {
    orx_reservation wanted;
    orx_budget_state st;
    hope hope;
    orx_err why;
} refusal;

/* 1 = refused, 0 = it fits by now. */
static int ask_for(cycle *c, const orx_reservation *wanted, refusal *ret, orx_err *err) {
    const orx_budget *b = orx_run_budget(c->r);
    *ret = (refusal){.wanted = *wanted};
    int rc = orx_budget_ask(c->r->s, b, &ret->wanted, &ret->why);
    const orx_cap *cap = ret->wanted.refused_by;
    if (rc < 0 && rc != ORX_E_LIMIT && err)
        *err = ret->why;
    if (rc != ORX_E_LIMIT || !cap)
        return rc == ORX_E_LIMIT ? 1 : rc;
    rc = orx_budget_look_at(c->r->s, b, cap, NULL, &ret->st, err);
    bool small = ret->wanted.amount <= ret->st.limit;
    ret->hope = ret->st.reserved && small            ? HOPE_CALLS
                : cap->span == ORX_CAP_HOUR && small ? HOPE_TIME
                                                     : HOPE_NONE;
    return rc < 0 ? rc : 1;
}

/* Waits when waiting helps, else ends the run. */
static int no_money(cycle *c, const refusal *f, orx_err *err) {
    if (f->hope == HOPE_CALLS)
        return wait_for_calls(c, err);
    if (f->hope == HOPE_TIME)
        return wait_for_time(c, &f->st);
    if (!f->wanted.refused_by) {
        finish(c, ORX_RUN_BUDGET, "budget_stop", f->why.msg);
        return 0;
    }
    stop_for_money(c, &f->wanted, &f->st);
    return orx_budget_tell(c->r->s, orx_run_budget(c->r), &f->st, true, err);
}

static int note_alarm(cycle *c, const orx_rate *rate, bool pauses, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_str(&a, body, "lane", c->r->lane);
    orx_node_set_int(&a, body, "nano_usd_per_hour", rate->now);
    orx_node_set_int(&a, body, "nano_usd_last_hour", rate->before);
    orx_node_set_bool(&a, body, "paused", pauses);
    orx_run_tell(c->r, ORX_NOTE_COST, NULL, false,
                 "the last five minutes cost %.2f USD per hour, the last hour %.2f%s",
                 (double)rate->now / 1e9, (double)rate->before / 1e9,
                 pauses ? "; waiting until that is over (budget.rate_alarm)" : "");
    const orx_event e = {.kind = "budget.rate", .schema = 1, .body = body};
    return orx_event_note(c->r->s, &e, err);
}

/* 1 = money goes no faster than it did, or that is only told. */
static int goes_steadily(cycle *c, orx_err *err) {
    orx_runner *r = c->r;
    orx_rate rate = {0};
    bool pauses = r->cfg->budget.rate_alarm == ORX_RATE_ALARM_PAUSE;
    int rc = r->cfg->budget.rate_alarm == ORX_RATE_ALARM_OFF
                 ? 0
                 : orx_rate_of(r->s, r->lane, &rate, err);
    if (rc == 0 && rate.alarm && !r->alarmed)
        rc = note_alarm(c, &rate, pauses, err);
    if (rc < 0)
        return rc;
    r->alarmed = rate.alarm;
    if (!rate.alarm || !pauses)
        return 1;
    orx_run_phase(r, "idle", NULL, "waiting: money went faster than in the last hour");
    pass(c, ORX_SEC);
    return 0;
}

/* 1 = something may be begun, as far as the caps go that are about everything. */
static int may_spend(cycle *c, orx_err *err) {
    const orx_reservation anything = {.lane = c->r->lane};
    refusal f = {.hope = HOPE_NONE};
    if (!orx_run_budget(c->r)->count)
        return goes_steadily(c, err);
    int rc = warn_of_caps(c, err);
    if (rc == 0)
        rc = ask_for(c, &anything, &f, err);
    if (rc == 0)
        c->r->told_hourly = false;
    return rc < 0 ? rc : rc == 1 ? no_money(c, &f, err) : goes_steadily(c, err);
}

/* Nothing else is ready: whether tasks are left that nobody may pay for, and what becomes of them.
 * Where one of them can hope, nothing ends. */
static int money_for_rest(cycle *c, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_reservation *wanted = NULL;
    refusal best = {.hope = HOPE_NONE};
    size_t count = orx_run_unpaid(c->r, &arena, &wanted);
    for (size_t i = 0; i < count; i++) {
        refusal f = {.hope = HOPE_NONE};
        int rc = ask_for(c, &wanted[i], &f, err);
        if (rc != 1)
            return rc < 0 ? rc : 1;
        if (i == 0 || f.hope > best.hope)
            best = f;
    }
    int rc = count ? no_money(c, &best, err) : 0;
    return rc < 0 || !count ? rc : 1;
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
    if (rc < 0)
        orx_run_tell_lacking(r);
    /* Whatever was killed in our hands failed; the next run finds out how far it had come. */
    if (rc < 0 && r->stop_now) {
        orx_run_tell(r, ORX_NOTE_PROBLEM, NULL, false, "%s", err ? err->msg : "killed");
        rc = 0;
        (void)interrupted(&c);
    }
    if (rc == 0)
        rc = warn_of_caps(&c, err);
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
