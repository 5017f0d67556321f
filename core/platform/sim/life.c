/* How programs begin, are stopped and end. */
#include "platform/sim/prog.h"

#include <signal.h>
#include <stdio.h>

#define GRACE_DEFAULT (5 * ORX_SEC)
/* How long a lifeline takes to be noticed. */
#define LIFELINE_MAX (5 * ORX_MS)

static void set_alarm(orx_sim_prog *g, orx_sim_alarm *a, int64_t delay) {
    int64_t due;
    if (__builtin_add_overflow(g->sim->now, delay, &due))
        due = INT64_MAX;
    orx_sim_alarm_set(&g->sim->alarms, a, due);
}

/* ---- Deadlines ---------------------------------------------------------------------------- */

static void deadline(orx_sim_prog *g, orx_proc_end end) {
    orx_sim_prog_decide(g, end);
    orx_sim_prog_stop(g, 0);
}

static void total_over(orx_sim_alarm *a) {
    deadline(ORX_LIST_ITEM(a, orx_sim_prog, total), ORX_PROC_TIMEOUT);
}

static void no_first_byte(orx_sim_alarm *a) {
    deadline(ORX_LIST_ITEM(a, orx_sim_prog, first_byte), ORX_PROC_SILENT);
}

/* Set once per idle span, not per byte: output in between moves it on here. */
static void idle_over(orx_sim_alarm *a) {
    orx_sim_prog *g = ORX_LIST_ITEM(a, orx_sim_prog, idle);
    int64_t left = g->last_output + g->spec.idle_timeout_ns - g->sim->now;
    if (left > 0)
        set_alarm(g, &g->idle, left);
    else
        deadline(g, ORX_PROC_IDLE);
}

static void grace_over(orx_sim_alarm *a) {
    orx_sim_prog_kill(ORX_LIST_ITEM(a, orx_sim_prog, grace));
}

static void lifeline_noticed(orx_sim_alarm *a) {
    orx_sim_prog_stop(ORX_LIST_ITEM(a, orx_sim_prog, lifeline), 0);
}

static void set_deadlines(orx_sim_prog *g) {
    g->began = g->last_output = g->sim->now;
    g->total.fire = total_over;
    g->idle.fire = idle_over;
    g->first_byte.fire = no_first_byte;
    if (g->spec.total_timeout_ns)
        set_alarm(g, &g->total, g->spec.total_timeout_ns);
    if (g->spec.idle_timeout_ns)
        set_alarm(g, &g->idle, g->spec.idle_timeout_ns);
    if (g->spec.first_byte_timeout_ns)
        set_alarm(g, &g->first_byte, g->spec.first_byte_timeout_ns);
}

static void cancel_alarms(orx_sim_prog *g) {
    orx_sim_alarm *const all[] = {&g->total, &g->idle, &g->first_byte, &g->grace, &g->lifeline};
    for (size_t i = 0; i < ORX_ARRAY_LEN(all); i++)
        orx_sim_alarm_cancel(&g->sim->alarms, all[i]);
}

/* ---- Beginning ---------------------------------------------------------------------------- */

static int run_program(orx_platform *p, void *user) {
    (void)p;
    orx_sim_prog *g = user;
    const orx_sim_program_entry *entry = orx_sim_prog_entry(g);
    return entry->fn(g, entry->user) & 0xff;
}

static void not_started(orx_sim_prog *g, int code, const char *why) {
    (void)snprintf(g->result.message, sizeof g->result.message, "%s: %s", g->argv[0], why);
    orx_sim_prog_decide(g, ORX_PROC_NOT_STARTED);
    orx_sim_task_end(g->task, ORX_SIM_RETURNED, code);
    orx_sim_task_reap(g->task);
}

void orx_sim_prog_launch(orx_sim_prog *g) {
    if (g->launched || g->ended)
        return;
    g->launched = true;
    set_deadlines(g);
    if (g->refused)
        not_started(g, 126, g->refused);
    else if (!orx_sim_prog_entry(g))
        not_started(g, 127, "no such program is registered in the simulation");
    else
        orx_sim_task_start(g->task, run_program, g);
}

/* ---- Stopping ----------------------------------------------------------------------------- */

void orx_sim_prog_decide(orx_sim_prog *g, orx_proc_end end) {
    if (!g->decided && !g->ended)
        g->result.end = end;
    g->decided = true;
}

void orx_sim_prog_stop(orx_sim_prog *g, int signum) {
    if (g->ended)
        return;
    if (!signum)
        signum = g->spec.first_signal ? g->spec.first_signal : SIGTERM;
    g->grace.fire = grace_over;
    if (!g->grace.at)
        set_alarm(g, &g->grace, g->spec.grace_ns ? g->spec.grace_ns : GRACE_DEFAULT);
    orx_sim_task_signal(g->task, signum);
}

void orx_sim_prog_kill(orx_sim_prog *g) {
    g->kill_all = true;
    if (!g->ended) {
        orx_sim_task_kill(g->task, SIGKILL);
        return;
    }
    /* The last leftover completes g, which may free it. */
    bool last = orx_list_empty(&g->leftovers);
    while (!last) {
        orx_sim_prog *left = ORX_LIST_ITEM(g->leftovers.next, orx_sim_prog, link);
        last = g->leftovers.next == g->leftovers.prev;
        orx_sim_prog_kill(left);
    }
}

void orx_sim_prog_signal(orx_sim_prog *g, int signum) {
    if (signum == SIGKILL) {
        /* The supervisor itself is gone, and with it the proof. */
        g->unproven = true;
        orx_sim_prog_kill(g);
    } else
        orx_sim_prog_stop(g, signum);
}

bool orx_sim_prog_caught(orx_sim_prog *g) {
    if (!g->trapped)
        return false;
    g->stopping = true;
    if (g->sleeping)
        orx_sim_wake(g->task);
    g->sleeping = false;
    return true;
}

/* ---- Ending ------------------------------------------------------------------------------- */

static void maybe_complete(orx_sim_prog *g) {
    if (!g->ended || g->complete || !orx_list_empty(&g->leftovers))
        return;
    g->complete = true;
    g->result.empty = !g->unproven;
    cancel_alarms(g);
    orx_sim_task_drop_pid(g->task);
    orx_sim_prog *tree = g->tree;
    if (g->owner) {
        orx_sim_post(g->owner, &g->event);
        return;
    }
    orx_sim_prog_free(g);
    if (tree)
        maybe_complete(tree);
}

void orx_sim_prog_ended(orx_sim_prog *g) {
    const orx_sim_task *t = g->task;
    g->ended = true;
    bool by_signal = t->fate == ORX_SIM_KILLED;
    g->result.code = by_signal ? -1 : t->code;
    g->result.signal = by_signal ? -t->code : 0;
    g->result.wall_ns = g->sim->now - g->began;
    cancel_alarms(g);
    maybe_complete(g);
}

void orx_sim_prog_free(orx_sim_prog *g) {
    if (g->freed)
        *g->freed = true;
    cancel_alarms(g);
    orx_list_remove(&g->link);
    orx_list_remove(&g->event.link);
    orx_sim_task_free(g->task);
    orx_str_free(&g->in.bytes);
    orx_str_free(&g->out[0].bytes);
    orx_str_free(&g->out[1].bytes);
    orx_str_free(&g->out[2].bytes);
    for (orx_sim_inode **n = g->writable; n && *n; n++)
        orx_sim_inode_unref(*n);
    orx_arena_free(&g->mem);
    free(g);
}

/* ---- When the starter goes ---------------------------------------------------------------- */

/* Goes over to the tree of the program that started it, and is stopped with it. */
static void leave_behind(orx_sim_prog *g, orx_sim_prog *tree) {
    g->tree = tree;
    orx_list_append(&tree->leftovers, &g->link);
    if (tree->kill_all)
        orx_sim_prog_kill(g);
    else
        orx_sim_prog_stop(g, 0);
}

static void disown(orx_sim_prog *g, orx_sim_task *starter, orx_sim_close how) {
    g->owner = NULL;
    g->freed = NULL;
    orx_list_remove(&g->link);
    orx_list_remove(&g->event.link);
    if (starter->fate == ORX_SIM_KILLED)
        orx_sim_keep(g->spec.user);
    orx_sim_prog_piped(g);
    if (g->complete)
        orx_sim_prog_free(g);
    else if (starter->prog)
        leave_behind(g, starter->prog);
    else if (how == ORX_SIM_FREED)
        orx_sim_prog_kill(g);
    else {
        g->lifeline.fire = lifeline_noticed;
        set_alarm(g, &g->lifeline, (int64_t)orx_sim_below(&g->sim->sched, LIFELINE_MAX));
    }
}

void orx_sim_children_close(orx_sim_task *t, orx_sim_close how) {
    ORX_LIST_EACH(&t->children, it) {
        orx_sim_prog *g = ORX_LIST_ITEM(it, orx_sim_prog, link);
        disown(g, t, how);
    }
}
