/* The judge. */
#include "unit/health.h"

#include "route/network_row.h"

#include <stdarg.h>

typedef struct judging {
    const orx_fleet_facts *f;
    orx_arena *arena;
    orx_health_report *report;
    orx_health_finding *last;
} judging;

const char *orx_health_severity_name(orx_health_severity severity) {
    static const char *const names[] = {"note", "warn", "fail"};
    return names[severity];
}

static const char *text_of(judging *j, const char *fmt, va_list ap) ORX_PRINTF(2, 0);
static const char *text_of(judging *j, const char *fmt, va_list ap) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_vaddf(&text, fmt, ap);
    return orx_arena_dup(j->arena, orx_str_view(&text));
}

static void find(judging *j, const char *id, const char *subject, orx_health_severity severity,
                 const char *remedy, const char *fmt, ...) ORX_PRINTF(6, 7);
static void find(judging *j, const char *id, const char *subject, orx_health_severity severity,
                 const char *remedy, const char *fmt, ...) {
    orx_health_finding *n = ORX_ARENA_NEW(j->arena, orx_health_finding);
    va_list ap;
    va_start(ap, fmt);
    *n = (orx_health_finding){.id = id,
                              .subject = subject,
                              .severity = severity,
                              .remedy = remedy,
                              .text = text_of(j, fmt, ap)};
    va_end(ap);
    if (j->last)
        j->last->next = n;
    else
        j->report->first = n;
    j->last = n;
    j->report->failures += severity == ORX_HEALTH_FAILS;
    j->report->warnings += severity == ORX_HEALTH_WARNS;
}

/* ---- The supervisor -------------------------------------------------------------------------- */

static void judge_supervisor(judging *j) {
    const orx_fleet_facts *f = j->f;
    if (!f->supervisor_pid)
        find(j, "supervisor.absent", "supervisor", ORX_HEALTH_FAILS,
             "`orxaq start`; `orxaq process-watchdog` in a timer brings it back",
             "no supervisor is at work: nothing is started again when it fails");
    else if (!f->answers)
        find(j, "supervisor.silent", "supervisor", ORX_HEALTH_FAILS,
             "look at `orxaq logs supervisor`; if it hangs, end that process and `orxaq start`",
             "the supervisor holds its lock and does not answer");
    else
        find(j, "supervisor.present", "supervisor", ORX_HEALTH_NOTES, "",
             "the supervisor is at work");
}

/* ---- Units ----------------------------------------------------------------------------------- */

static const char *kind_of(const orx_unit_facts *u) {
    return u->kind == ORX_UNIT_LANE ? "lane" : u->kind == ORX_UNIT_SERVICE ? "service" : "runner";
}

static const char *start_it(judging *j, const orx_unit_facts *u) {
    return orx_arena_printf(j->arena, "`orxaq start %s`", u->name);
}

static const char *look_and_start(judging *j, const orx_unit_facts *u) {
    return orx_arena_printf(j->arena, "look at `orxaq logs %s`, then `orxaq start %s`", u->name,
                            u->name);
}

static const char *why(judging *j, const orx_unit_facts *u) {
    bool both = *u->cause && *u->last_exit;
    return orx_arena_printf(j->arena, "%s%s%s%s", u->cause, both ? " (" : "", u->last_exit,
                            both ? ")" : "");
}

/* Not running and not because anybody wants it so. */
static void find_down(judging *j, const orx_unit_facts *u, orx_health_severity severity) {
    bool interrupted = u->tasks.in_progress > 0;
    if (!u->known)
        find(j, interrupted ? "unit.interrupted" : "unit.down", u->name, severity,
             "`orxaq start` starts the supervisor, and that its units", "%s %s does not run%s",
             kind_of(u), u->name, interrupted ? "; a task was in progress" : "");
    else if (u->state == ORX_UNIT_FATAL)
        find(j, "unit.fatal", u->name, severity, look_and_start(j, u),
             "%s %s is not started again by itself: %s", kind_of(u), u->name, why(j, u));
    else if (u->state == ORX_UNIT_BACKOFF)
        find(j, "unit.backoff", u->name, severity,
             orx_arena_printf(j->arena, "look at `orxaq logs %s`", u->name),
             "%s %s failed: %s; next start in %lld s", kind_of(u), u->name, why(j, u),
             (long long)((u->next_ns + ORX_SEC - 1) / ORX_SEC));
    else
        find(j, "unit.stopped", u->name, severity, start_it(j, u), "%s %s is stopped%s%s",
             kind_of(u), u->name, *u->cause ? ": " : "", why(j, u));
}

/* One that is kept from being started says why as its status. */
static void find_idle(judging *j, const orx_unit_facts *u) {
    if (u->kind == ORX_UNIT_SERVICE)
        find(j, "unit.idle", u->name, ORX_HEALTH_NOTES, "", "service %s is between two runs%s%s",
             u->name, u->status && *u->status ? ": " : "", u->status ? u->status : "");
    else if (u->known && u->status && *u->status)
        find(j, "unit.waits", u->name, ORX_HEALTH_WARNS, "", "%s %s is not started: %s", kind_of(u),
             u->name, u->status);
    else
        find(j, "unit.idle", u->name, ORX_HEALTH_NOTES, "", "%s %s is idle: nothing is left to do",
             kind_of(u), u->name);
}

/* Switched off is how it is meant to be; held back is only for a while. */
static void find_paused(judging *j, const orx_unit_facts *u) {
    if (u->off)
        find(j, "unit.off", u->name, ORX_HEALTH_NOTES, "", "%s %s is switched off", kind_of(u),
             u->name);
    else
        find(j, "unit.paused", u->name, ORX_HEALTH_WARNS,
             orx_arena_printf(j->arena, "`orxaq %s %s` when it is to go on",
                              u->state == ORX_UNIT_PAUSED ? "resume" : "start", u->name),
             "%s %s is held back by the operator", kind_of(u), u->name);
}

static void find_word(judging *j, const orx_unit_facts *u, orx_unit_word word) {
    switch (word) {
    case ORX_WORD_OK:
        find(j, "unit.ok", u->name, ORX_HEALTH_NOTES, "", "%s %s is at work", kind_of(u), u->name);
        break;
    case ORX_WORD_IDLE:
        find_idle(j, u);
        break;
    case ORX_WORD_PAUSED:
        find_paused(j, u);
        break;
    case ORX_WORD_UNKNOWN:
        find(j, "unit.unknown", u->name, ORX_HEALTH_WARNS, "",
             u->running ? "%s %s is at work and has not shown progress yet"
                        : "%s %s is being started or stopped",
             kind_of(u), u->name);
        break;
    case ORX_WORD_STALE:
        find(j, "unit.stale", u->name, ORX_HEALTH_FAILS,
             orx_arena_printf(j->arena, "`orxaq restart %s`", u->name),
             "%s %s has shown no progress for %lld s", kind_of(u), u->name,
             (long long)u->beat_age_sec);
        break;
    case ORX_WORD_ERROR:
        find(j, "unit.error", u->name, ORX_HEALTH_FAILS, "`orxaq config check`", "%s %s: %s",
             kind_of(u), u->name, u->error);
        break;
    default:
        find_down(j, u, ORX_HEALTH_FAILS);
        break;
    }
}

/* A service that nobody started is switched off, which is no failure. */
static bool is_off(const orx_unit_facts *u) {
    return u->kind == ORX_UNIT_SERVICE && !u->running &&
           (!u->known || u->state == ORX_UNIT_STOPPED);
}

static void judge_units(judging *j) {
    orx_unit_word *words = orx_arena_zalloc(j->arena, j->f->unit_count + 1, sizeof *words);
    j->report->units = words;
    for (size_t i = 0; i < j->f->unit_count; i++) {
        const orx_unit_facts *u = &j->f->units[i];
        words[i] = is_off(u) ? ORX_WORD_PAUSED : orx_unit_word_of(u, j->f->stale_sec);
        if (is_off(u))
            find(j, "unit.off", u->name, ORX_HEALTH_NOTES, "", "service %s is switched off",
                 u->name);
        else
            find_word(j, u, words[i]);
    }
}

/* ---- The rest -------------------------------------------------------------------------------- */

static void judge_journal(judging *j) {
    const orx_fleet_facts *f = j->f;
    if (*f->journal_error)
        find(j, "journal.unreadable", "journal", ORX_HEALTH_FAILS,
             "`orxaq doctor`; `orxaq project recover` makes a new one from what is left",
             "the journal cannot be read: %s", f->journal_error);
    else if (!f->journal)
        find(j, "journal.absent", "journal", ORX_HEALTH_NOTES,
             "`orxaq init` prepares a root, `orxaq start` begins",
             "there is no journal yet: nothing was run here");
    if (f->from_future)
        find(j, "clock.jumped", "clock", ORX_HEALTH_WARNS, "look at the clock of this machine",
             "the heartbeat is dated in the future, so its age is not known");
}

static void judge_tasks(judging *j) {
    const orx_fleet_facts *f = j->f;
    int64_t n = f->runner.tasks.blocked;
    if (n <= 0)
        return;
    const char *id = f->blocked_count ? f->blocked[0] : "ID";
    find(j, "tasks.blocked", "tasks", ORX_HEALTH_WARNS,
         orx_arena_printf(j->arena,
                          "`orxaq tasks show %s` says why, `orxaq tasks reset %s` tries "
                          "again",
                          id, id),
         "%lld task%s blocked, first %s", (long long)n, n == 1 ? " is" : "s are", id);
}

static void judge_cap(judging *j, const orx_budget_state *b) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    ORX_CLEANUP(orx_str_free) orx_str lift = {0};
    if (!b->cap || (!b->stop && b->word != ORX_BUDGET_WARNING && b->word != ORX_BUDGET_EXCEEDED))
        return;
    orx_cap_name(b->cap, &name);
    orx_cap_lift(b->cap, 0, &lift, NULL);
    find(j, b->stop ? "budget.stop" : "budget.warning", "budget", ORX_HEALTH_WARNS,
         orx_arena_printf(j->arena, "`orxaq costs` shows where it went; %s", orx_str_cstr(&lift)),
         b->stop ? "%s is used up: no call under it begins" : "most of %s is used up",
         orx_str_cstr(&name));
}

static void judge_budgets(judging *j) {
    int64_t missing = j->f->missing_costs;
    for (size_t i = 0; i < j->f->budget_count; i++)
        judge_cap(j, &j->f->budgets[i]);
    if (missing > 0)
        find(j, "budget.missing", "budget", ORX_HEALTH_WARNS,
             "`orxaq costs` names the models; price them in config/prices.yaml, or allow it with "
             "budget.on_missing_cost",
             "nobody knows what %lld call%s of today cost: no call begins", (long long)missing,
             missing == 1 ? "" : "s");
}

static void judge_router(judging *j) {
    if (j->f->routers_off)
        find(j, "router.off", "router", ORX_HEALTH_WARNS,
             j->f->routers_configured ? "set route.kill_switch to false"
                                      : "`orxaq route on` lets them decide again",
             "routers are switched off (%s): the static order is used", j->f->routers_off);
}

/* Work goes on with what is left: no failure of ours. */
static void judge_network(judging *j) {
    const orx_network_row *n = j->f->network;
    if (!n)
        return;
    const char *seen = orx_arena_printf(j->arena, "%lld of %lld servers elsewhere can be reached",
                                        (long long)n->reachable, (long long)n->asked);
    if (n->m.state == ORX_NETWORK_OFFLINE)
        find(j, "network.offline", "network", ORX_HEALTH_WARNS,
             "look at the connection; `orxaq network-watch` looks again",
             "the network is offline (%s): only models of one's own are asked", seen);
    else if (n->m.state == ORX_NETWORK_DEGRADED)
        find(j, "network.degraded", "network", ORX_HEALTH_WARNS,
             "`orxaq network-watch` looks again and says who cannot be reached",
             "the network is degraded (%s): models of one's own are preferred", seen);
    else
        find(j, "network.online", "network", ORX_HEALTH_NOTES, "", "the network is online (%s)",
             seen);
}

static void judge_models(judging *j) {
    ORX_NODE_EACH(j->f->models, n) {
        const char *id = orx_arena_dup(j->arena, n->key);
        const char *status = orx_node_str(orx_node_get(n, "last_status"), "");
        if (strcmp(status, "healthy") == 0 || strcmp(status, "restarted") == 0)
            continue;
        find(j, "model.down", id, ORX_HEALTH_WARNS,
             "`orxaq model-watchdog` looks again and does what may be done",
             "the model server %s is degraded (%s): %s", id, status,
             orx_node_str(orx_node_get(n, "last_reason"), ""));
    }
}

void orx_health_judge(const orx_fleet_facts *f, orx_arena *arena, orx_health_report *ret_report) {
    judging j = {.f = f, .arena = arena, .report = ret_report};
    *ret_report = (orx_health_report){0};
    ret_report->runner = orx_unit_word_of(&f->runner, f->stale_sec);
    judge_supervisor(&j);
    find_word(&j, &f->runner, ret_report->runner);
    ret_report->processes_ok = ret_report->failures == 0;
    judge_journal(&j);
    judge_tasks(&j);
    judge_budgets(&j);
    judge_router(&j);
    judge_network(&j);
    judge_models(&j);
    judge_units(&j);
    ret_report->ok = ret_report->failures == 0;
}
