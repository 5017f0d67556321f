/* orxaq units, start, stop, restart, pause, resume, ensure. */
#include "cli/by_hand.h"
#include "cli/supervised.h"

#include "data/json.h"
#include "platform/loop.h"
#include "unit/control.h"

#define LOOK_NS (20 * ORX_MS)

/* ---- units ----------------------------------------------------------------------------------- */

typedef struct units {
    orx_cli *c;
    orx_node *list;
} units;

/* From the journal. Without a supervisor nobody knows how things are: the last known state is told
 * as such. */
static void add_row(const orx_unit_view *unit, void *user) {
    units *u = user;
    orx_arena *a = &u->c->arena;
    orx_node *n = orx_unit_node(a, unit);
    orx_node_set_str(a, n, "last_state", orx_unit_state_name(unit->state));
    orx_node_set_str(a, n, "state", "unknown");
    orx_node_set(a, n, "pid", orx_node_new(a, ORX_NULL));
    orx_node_push(u->list, n);
}

static int from_journal(orx_cli *c, const orx_node **ret_units, orx_err *err) {
    units u = {c, orx_node_new(&c->arena, ORX_ARRAY)};
    *ret_units = u.list;
    int rc = orx_cli_store(c, ORX_STORE_READ_ONLY, err);
    if (rc == ORX_E_NOT_FOUND)
        return 0;
    bool any = false;
    if (rc == 0)
        rc = orx_unit_rows_known(c->store, &any, err);
    return rc == 0 && any ? orx_unit_rows_each(c->store, add_row, &u, err) : rc;
}

int orx_cli_units(orx_cli *c, bool *ret_live, const orx_node **ret_units, orx_err *err) {
    const orx_node *answer = NULL;
    int rc = orx_cli_call(c, "units", NULL, false, &answer, err);
    *ret_live = rc == 0;
    if (rc == ORX_E_NOT_FOUND)
        return from_journal(c, ret_units, err);
    if (rc == 0)
        *ret_units = orx_node_get(answer, "units");
    return rc;
}

static const char *since_of(orx_cli *c, const orx_node *n) {
    int64_t at;
    if (!orx_iso_parse(orx_view_of(orx_node_str(orx_node_get(n, "since"), "")), &at))
        return "-";
    int64_t ago = orx_wall_ns(c->p) - at;
    return orx_cli_duration(c, ago > 0 ? ago : 0);
}

static const char *text_of(const orx_node *n, const char *key) {
    const char *text = orx_node_str(orx_node_get(n, key), "");
    return *text ? text : "-";
}

/* What a person wants to know beside the state: why, how it ended, and when it goes on. */
static const char *why_of(orx_cli *c, const orx_node *n) {
    int64_t next = orx_node_int(orx_node_get(n, "next_ms"), 0);
    const char *last = orx_node_str(orx_node_get(n, "last_state"), "");
    const char *exit = orx_node_str(orx_node_get(n, "last_exit"), "");
    const char *state = orx_node_str(orx_node_get(n, "state"), "");
    bool failed = strcmp(state, "backoff") == 0 || strcmp(state, "fatal") == 0;
    if (*last)
        return orx_arena_printf(&c->arena, "was %s: %s", last, text_of(n, "cause"));
    if (next)
        return orx_arena_printf(&c->arena, "%s (%s), next start in %s", text_of(n, "cause"), exit,
                                orx_cli_duration(c, next * ORX_MS));
    if (failed && *exit)
        return orx_arena_printf(&c->arena, "%s (%s)", text_of(n, "cause"), exit);
    if (strcmp(state, "idle") == 0 && *orx_node_str(orx_node_get(n, "status"), ""))
        return text_of(n, "status");
    return text_of(n, "cause");
}

static const char *color_of(const char *state) {
    if (strcmp(state, "ready") == 0 || strcmp(state, "idle") == 0)
        return "32";
    if (strcmp(state, "fatal") == 0)
        return "31";
    return strcmp(state, "backoff") == 0 || strcmp(state, "unknown") == 0 ? "33" : NULL;
}

static void print_units(orx_cli *c, const orx_node *list) {
    static const char *const titles[] = {"UNIT", "KIND", "STATE", "SINCE", "PID", "WHY", NULL};
    orx_table *table = orx_table_new(c, titles);
    ORX_NODE_EACH(list, n) {
        int64_t pid = orx_node_int(orx_node_get(n, "pid"), 0);
        const char *state = text_of(n, "state");
        const char *cells[] = {text_of(n, "name"),
                               text_of(n, "kind"),
                               state,
                               since_of(c, n),
                               pid ? orx_arena_printf(&c->arena, "%lld", (long long)pid) : "-",
                               why_of(c, n)};
        orx_table_row(table, cells, color_of(state));
    }
    orx_table_print(table);
}

int orx_cmd_units(orx_cli *c, orx_err *err) {
    bool live = false;
    const orx_node *list = NULL;
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_units(c, &live, &list, err);
    if (rc < 0)
        return rc;
    if (c->json) {
        orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
        orx_node_set_bool(&c->arena, n, "supervisor_running", live);
        orx_node_set(&c->arena, n, "units", orx_node_copy(&c->arena, list));
        orx_cli_json(c, n);
        return ORX_EXIT_OK;
    }
    if (!live && !c->quiet)
        orx_cli_complain("no supervisor is at work; `%s start` starts it", c->program);
    print_units(c, list);
    return ORX_EXIT_OK;
}

/* ---- Wishes ---------------------------------------------------------------------------------- */

const orx_node *orx_cli_unit_in(const orx_node *list, const char *name) {
    ORX_NODE_EACH(list, n)
    if (strcmp(orx_node_str(orx_node_get(n, "name"), ""), name) == 0)
        return n;
    return NULL;
}

bool orx_cli_has_arrived(orx_unit_event wish, orx_unit_state state) {
    switch (state) {
    case ORX_UNIT_DRAINING:
    case ORX_UNIT_STOPPING:
        return false;
    case ORX_UNIT_STARTING:
    case ORX_UNIT_READY: /* a single run has arrived when it is over */
        return state == ORX_UNIT_READY &&
               (wish == ORX_UNIT_START || wish == ORX_UNIT_RESTART || wish == ORX_UNIT_RESUME);
    default:
        return true;
    }
}

/* Looks until it has. */
int orx_cli_await_unit(orx_cli *c, const char *unit, orx_unit_event wish, const orx_node **ret_unit,
                       orx_err *err) {
    for (;;) {
        const orx_node *answer = NULL;
        orx_unit_state state;
        int rc = orx_cli_call(c, "units", NULL, false, &answer, err);
        if (rc < 0)
            return rc;
        *ret_unit = orx_cli_unit_in(orx_node_get(answer, "units"), unit);
        if (!*ret_unit ||
            !orx_unit_state_parse(orx_node_str(orx_node_get(*ret_unit, "state"), ""), &state))
            return orx_err_set(err, ORX_E_CHILD, "the supervisor knows %s no more", unit);
        if (orx_cli_has_arrived(wish, state))
            return 0;
        orx_loop_sleep(c->p, LOOK_NS);
    }
}

static int report(orx_cli *c, const orx_node *unit) {
    const char *state = text_of(unit, "state");
    bool bad = strcmp(state, "fatal") == 0 || strcmp(state, "backoff") == 0;
    if (c->json)
        orx_cli_json(c, unit);
    else if (!c->quiet)
        orx_cli_printf("%s is %s: %s\n", text_of(unit, "name"), state, why_of(c, unit));
    return bad ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}

int orx_cli_wish(orx_cli *c, const char *unit, orx_unit_event wish, orx_err *err) {
    const orx_node *found = NULL;
    int rc = orx_cli_call(c, orx_unit_event_name(wish), unit, false, NULL, err);
    if (rc < 0)
        return rc;
    if (orx_cli_option(c, "no-wait"))
        return ORX_EXIT_OK;
    rc = orx_cli_await_unit(c, unit, wish, &found, err);
    return rc < 0 ? rc : report(c, found);
}

/* [K] one line with the pid, whether or not it was there before. */
static int start_supervisor(orx_cli *c, orx_err *err) {
    bool started = false;
    int64_t pid = 0;
    int rc = orx_cli_ensure_supervisor(c, &started, &pid, err);
    if (rc == 0 && !c->quiet && (!c->arg_count || started))
        orx_cli_complain("the supervisor %s (pid %lld)", started ? "was started" : "is at work",
                         (long long)pid);
    return rc;
}

/* Before a supervisor is started, which would start its units, whatever the name. */
static int check_unit(orx_cli *c, orx_err *err) {
    const char *name = c->arg_count ? c->args[0] : NULL;
    if (!name || (strcmp(name, "supervisor") != 0 && orx_cli_unit_log(c, name) != NULL))
        return 0;
    return orx_err_set(err, ORX_E_NOT_FOUND,
                       "no unit is called \"%.*s\"; `%s units` shows those there are",
                       ORX_UNIT_NAME_MAX, name, c->program);
}

static int begin_wish(orx_cli *c, orx_unit_event wish, orx_err *err) {
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = check_unit(c, err);
    if (rc == 0)
        rc = start_supervisor(c, err);
    if (rc < 0 || !c->arg_count)
        return rc < 0 ? rc : ORX_EXIT_OK;
    return orx_cli_wish(c, c->args[0], wish, err);
}

int orx_cmd_start(orx_cli *c, orx_err *err) {
    return begin_wish(c, ORX_UNIT_START, err);
}

int orx_cmd_restart(orx_cli *c, orx_err *err) {
    return begin_wish(c, ORX_UNIT_RESTART, err);
}

int orx_cmd_pause(orx_cli *c, orx_err *err) {
    return begin_wish(c, ORX_UNIT_PAUSE, err);
}

int orx_cmd_resume(orx_cli *c, orx_err *err) {
    return begin_wish(c, ORX_UNIT_RESUME, err);
}

/* ---- stop ------------------------------------------------------------------------------------ */

/* The lock is the last thing that a supervisor lets go; one whose lock file somebody removed at
 * least answers until it goes. */
static bool is_there(orx_cli *c) {
    return orx_supervisor_pid(c->p, c->cfg) != 0 ||
           orx_cli_call(c, "ping", NULL, false, NULL, NULL) == 0;
}

/* One that comes up or goes does not listen: it is told when it does, or is gone. */
static int shut_down(orx_cli *c, int64_t *ret_pid, orx_err *err) {
    bool now = orx_cli_option(c, "now") != NULL;
    for (;;) {
        int rc = orx_cli_reach_supervisor(c, ret_pid, err);
        if (rc == 0)
            rc = orx_cli_call(c, "shutdown", NULL, now, NULL, err);
        else if (rc == ORX_E_NOT_FOUND)
            return 0;
        if (rc != ORX_E_NOT_FOUND && rc != ORX_E_CHILD)
            return rc;
        orx_loop_sleep(c->p, LOOK_NS);
    }
}

static int stop_supervisor(orx_cli *c, orx_err *err) {
    int64_t pid = 0;
    int rc = shut_down(c, &pid, err);
    if (rc < 0)
        return rc;
    while (!orx_cli_option(c, "no-wait") && is_there(c))
        orx_loop_sleep(c->p, LOOK_NS);
    if (!c->quiet && !pid)
        orx_cli_complain("no supervisor is at work");
    else if (!c->quiet)
        orx_cli_complain("the supervisor (pid %lld) %s", (long long)pid,
                         orx_cli_option(c, "no-wait") ? "ends" : "ended");
    return ORX_EXIT_OK;
}

/* Whether somebody runs the unit by hand: who holds its lock is not the process of the supervisor.
 */
static bool is_by_hand(orx_cli *c, const char *name) {
    int64_t pid = 0;
    const orx_node *answer = NULL;
    if (!orx_cli_runs_by_hand(c, name, &pid))
        return false;
    if (orx_cli_call(c, "units", NULL, false, &answer, NULL) < 0)
        return true;
    const orx_node *unit = orx_cli_unit_in(orx_node_get(answer, "units"), name);
    return orx_node_int(orx_node_get(unit, "pid"), 0) == 0;
}

/* Behind the supervisor, which would start another one in its place. */
static int stop_by_hand(orx_cli *c, const char *name, orx_unit_event wish, orx_err *err) {
    int64_t asked = 0;
    int64_t limit = orx_cli_by_hand_time(c, wish);
    int64_t begun = orx_mono_ns(c->p);
    bool wait = !orx_cli_option(c, "no-wait");
    while (orx_cli_end_by_hand(c, name, wish, &asked) && wait) {
        if (limit && orx_mono_ns(c->p) - begun >= limit)
            return orx_err_set(err, ORX_E_CHILD,
                               "process %lld runs %s by hand and did not end; `%s stop %s --now` "
                               "ends it at once",
                               (long long)asked, name, c->program, name);
        orx_loop_sleep(c->p, LOOK_NS);
    }
    if (asked && !c->quiet)
        orx_cli_complain("process %lld, which ran %s by hand, %s", (long long)asked, name,
                         wait ? "ended" : "was asked to end");
    return ORX_EXIT_OK;
}

static int stop_unit(orx_cli *c, const char *name, orx_unit_event wish, orx_err *err) {
    int64_t pid = 0;
    bool by_hand = is_by_hand(c, name);
    int rc = orx_cli_reach_supervisor(c, &pid, err);
    bool alone = rc == ORX_E_NOT_FOUND && by_hand;
    if (rc == 0)
        rc = orx_cli_wish(c, name, wish, err);
    if (!by_hand || (rc < 0 && !alone))
        return rc;
    *err = (orx_err)ORX_ERR_INIT;
    int ended = stop_by_hand(c, name, wish, err);
    return alone || ended < 0 ? ended : rc;
}

int orx_cmd_stop(orx_cli *c, orx_err *err) {
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    if (!c->arg_count)
        return stop_supervisor(c, err);
    orx_unit_event wish = orx_cli_option(c, "now")     ? ORX_UNIT_KILL
                          : orx_cli_option(c, "drain") ? ORX_UNIT_DRAIN
                                                       : ORX_UNIT_STOP;
    return stop_unit(c, c->args[0], wish, err);
}
