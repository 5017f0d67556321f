/* orxaq lanes-start, lanes-ensure, lanes-stop, and lane-start, lane-pause ... of one lane: clients
 * of the supervisor, which they start when there is none.
 *
 * What is reported is what became of each lane: the command waits until no lane it asked about is
 * on its way any more. Nobody waits for the task that a lane has in hand, unless it is to stop. */
#include "cli/by_hand.h"
#include "cli/lanes.h"
#include "cli/metrics.h"
#include "cli/supervised.h"

#include "base/map.h"
#include "data/json.h"
#include "lane/capacity.h"
#include "platform/loop.h"
#include "task/task.h"

#define LOOK_NS   (20 * ORX_MS)
#define TAIL      ((size_t)1200) /* [K] of a log that explains a failure */
#define TAIL_ROWS 8

/* One invocation. */
typedef struct doing {
    orx_cli *c;
    orx_diags diags;
    orx_lanes lanes;
    const orx_lane *only;         /* NULL = all */
    const orx_lane_verdict *plan; /* made when it is needed */
    orx_lane_scaling scaling;     /* made when it is needed, with the block that shows it */
    orx_node *scaling_node;
    bool fresh;       /* the supervisor was started by us */
    int64_t *by_hand; /* for each lane the runner that was asked to end, or 0 */
    orx_map asked;    /* the lanes asked about, as the supervisor answered; by name */
    orx_map units;    /* how all units are now */
    orx_node *out;
    orx_node *lists[8];
} doing;

/* The lists of the document, in the order in which they are written. */
enum { STARTED, ENSURED, RESTARTED, STOPPED, SKIPPED, SCALED_UP, SCALED_DOWN, FAILED };

static const char *const list_names[] = {"started", "ensured",   "restarted",   "stopped",
                                         "skipped", "scaled_up", "scaled_down", "failed"};

/* ---- Asking ---------------------------------------------------------------------------------- */

/* There may be thousands of them. */
static void index_units(orx_map *map, const orx_node *units) {
    orx_map_free(map);
    *map = (orx_map){0};
    ORX_NODE_EACH(units, n)
    (void)orx_map_put(map, orx_view_of(orx_node_str(orx_node_get(n, "name"), "")), (void *)n);
}

static const orx_node *unit_in(const orx_map *units, const char *name) {
    return orx_map_get(units, orx_view_of(name));
}

static orx_unit_state state_of(const orx_node *unit, const char *key) {
    orx_unit_state state = ORX_UNIT_STOPPED;
    (void)orx_unit_state_parse(orx_node_str(orx_node_get(unit, key), ""), &state);
    return state;
}

static int read_all(doing *d, orx_err *err) {
    int rc = orx_cli_lanes(d->c, &d->diags, &d->lanes, err);
    return rc < 0 ? rc : orx_cli_lane_named(d->c, &d->lanes, &d->only, err);
}

/* The supervisor with what is in the lanes file now. */
static int reach(doing *d, orx_err *err) {
    int64_t pid = 0;
    int rc = orx_cli_ensure_supervisor(d->c, &d->fresh, &pid, err);
    if (rc == 0 && d->fresh && !d->c->quiet)
        orx_cli_complain("the supervisor was started (pid %lld)", (long long)pid);
    return rc < 0 ? rc : orx_cli_call(d->c, "look", NULL, false, NULL, err);
}

/* One lane as the list of one, with how it was before. */
static int ask_one(doing *d, const char *op, orx_err *err) {
    orx_arena *a = &d->c->arena;
    const orx_node *answer = NULL;
    int rc = orx_cli_call(d->c, op, d->only->id, false, &answer, err);
    if (rc < 0)
        return rc;
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "name", d->only->id);
    orx_node_set_str(a, n, "before", orx_node_str(orx_node_get(answer, "before"), ""));
    orx_node_push(list, n);
    index_units(&d->asked, list);
    return 0;
}

static int ask(doing *d, const char *op, orx_err *err) {
    const orx_node *answer = NULL;
    if (d->only)
        return ask_one(d, op, err);
    int rc = orx_cli_call_kind(d->c, op, ORX_UNIT_LANE, &answer, err);
    if (rc == 0)
        index_units(&d->asked, orx_node_get(answer, "units"));
    return rc;
}

static bool have_arrived(const doing *d, orx_unit_event wish) {
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&d->asked, &i))) {
        const orx_node *unit = unit_in(&d->units, e->key);
        if (!unit || (wish == ORX_UNIT_START && state_of(unit, "state") == ORX_UNIT_DRAINING))
            continue;
        if (!orx_cli_has_arrived(wish, state_of(unit, "state")))
            return false;
    }
    return true;
}

static int await(doing *d, orx_unit_event wish, orx_err *err) {
    for (;;) {
        const orx_node *answer = NULL;
        int rc = orx_cli_call(d->c, "units", NULL, false, &answer, err);
        if (rc < 0)
            return rc;
        index_units(&d->units, orx_node_get(answer, "units"));
        if (orx_cli_option(d->c, "no-wait") || have_arrived(d, wish))
            return 0;
        orx_loop_sleep(d->c->p, LOOK_NS);
    }
}

/* ---- The document ---------------------------------------------------------------------------- */

static orx_node *item(doing *d, int list, const orx_lane *lane) {
    orx_arena *a = &d->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "id", lane->id);
    orx_node_set_str(a, n, "owner", lane->owner);
    orx_node_push(d->lists[list], n);
    return n;
}

static void put_unit(doing *d, orx_node *n, const orx_node *unit) {
    static const char *const keys[] = {"state", "pid", "cause", "status"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(keys); i++) {
        const orx_node *value = orx_node_get(unit, keys[i]);
        if (value)
            orx_node_set(&d->c->arena, n, keys[i], orx_node_copy(&d->c->arena, value));
    }
}

static void skip(doing *d, const orx_lane *lane, const char *reason, const char *text) {
    orx_node *n = item(d, SKIPPED, lane);
    orx_node_set_str(&d->c->arena, n, "reason", reason);
    if (text && *text)
        orx_node_set_str(&d->c->arena, n, "reason_text", text);
}

static orx_node *fail(doing *d, const orx_lane *lane, const char *source, const char *error) {
    orx_node *n = item(d, FAILED, lane);
    orx_node_set_str(&d->c->arena, n, "error", error);
    orx_node_set_str(&d->c->arena, n, "source", source);
    return n;
}

/* What its log ends with. */
static const char *log_tail(orx_cli *c, const char *unit) {
    ORX_CLEANUP(orx_str_free) orx_str tail = {0};
    const char *path = orx_cli_unit_log(c, unit);
    if (path)
        (void)orx_read_tail(c->p, path, TAIL, &tail, NULL);
    return orx_arena_dup(&c->arena, orx_view_last_lines(orx_str_view(&tail), TAIL_ROWS));
}

/* ---- What became of them --------------------------------------------------------------------- */

static void skip_idle(doing *d, const orx_lane *lane, const orx_node *unit) {
    orx_cli *c = d->c;
    const char *why = orx_node_str(orx_node_get(unit, "status"), "");
    orx_task_counts n = {0};
    if (!d->plan)
        d->plan = orx_cli_lanes_plan(c, &d->lanes, d->only);
    const orx_lane_verdict *v = &d->plan[lane - d->lanes.items];
    bool counted = c->store && orx_task_count(c->store, lane->id, &n, NULL) == 0 && n.total > 0;
    if (*why)
        skip(d, lane, v->start ? "held_back" : v->code, why);
    else if (counted && n.done == n.total)
        skip(d, lane, "completed_non_continuous", "all of its tasks are done");
    else if (counted && n.blocked && !n.pending && !n.in_progress)
        skip(d, lane, "blocked_terminal_non_continuous", "what is left of its tasks is blocked");
    else
        skip(d, lane, "idle", "nothing to do");
}

static void fail_unit(doing *d, const orx_lane *lane, const orx_node *unit) {
    orx_arena *a = &d->c->arena;
    orx_node *n = fail(d, lane, "lane_runtime",
                       orx_arena_printf(a, "exited immediately: %s (%s)",
                                        orx_node_str(orx_node_get(unit, "cause"), ""),
                                        orx_node_str(orx_node_get(unit, "last_exit"), "")));
    put_unit(d, n, unit);
    orx_node_set_str(a, n, "log_tail", log_tail(d->c, lane->id));
}

/* Somebody runs it by hand: nothing is started beside that. */
static bool runs_by_hand(doing *d, const orx_lane *lane, bool ensure) {
    int64_t pid = 0;
    if (!orx_cli_runs_by_hand(d->c, lane->id, &pid))
        return false;
    orx_node *n = item(d, ensure ? ENSURED : SKIPPED, lane);
    orx_node_set_int(&d->c->arena, n, "pid", pid);
    orx_node_set_str(&d->c->arena, n, "reason", "already_running");
    orx_node_set_str(&d->c->arena, n, "reason_text", "somebody runs it by hand");
    return true;
}

static bool was_at_work(orx_unit_state before) {
    return before == ORX_UNIT_READY || before == ORX_UNIT_DRAINING;
}

static const orx_lane_scaling *scaling_of(doing *d) {
    if (!d->scaling_node)
        d->scaling = orx_cli_lanes_scaling(d->c, &d->lanes, d->only, &d->scaling_node);
    return &d->scaling;
}

static const orx_lane_slot *slot_of(doing *d, const orx_lane *lane) {
    return &scaling_of(d)->slots[lane - d->lanes.items];
}

/* [K] the further lanes of a group that run now are told apart. */
static void started(doing *d, const orx_lane *lane, const orx_node *unit) {
    put_unit(d, item(d, STARTED, lane), unit);
    if (slot_of(d, lane)->slot > 1)
        put_unit(d, item(d, SCALED_UP, lane), unit);
}

/* It runs; or it lost its place in its group, and ends with the task it has in hand. */
static void ensured(doing *d, const orx_lane *lane, const orx_node *unit) {
    bool down = slot_of(d, lane)->code && state_of(unit, "state") == ORX_UNIT_DRAINING;
    orx_node *n = item(d, down ? SCALED_DOWN : ENSURED, lane);
    put_unit(d, n, unit);
    if (down)
        orx_node_set_str(&d->c->arena, n, "reason", "scale_down_npv_gate");
}

/* A lane that was to run, ensure: as long as nobody held it back. */
static void judge_start(doing *d, const orx_lane *lane, const orx_node *asked, const orx_node *unit,
                        bool ensure) {
    orx_unit_state before = state_of(asked, "before");
    orx_unit_state now = state_of(unit, "state");
    bool held = orx_node_bool(orx_node_get(unit, "held"), false);
    if (ensure && held)
        skip(d, lane, "manually_paused", "stopped or paused; `lane-start` starts it");
    else if (now == ORX_UNIT_FATAL || (now == ORX_UNIT_BACKOFF && before != ORX_UNIT_BACKOFF))
        fail_unit(d, lane, unit);
    else if (now == ORX_UNIT_BACKOFF)
        skip(d, lane, "backoff", "it failed, and is started again when the wait is over");
    else if (now == ORX_UNIT_IDLE && runs_by_hand(d, lane, ensure))
        return;
    else if (now == ORX_UNIT_IDLE)
        skip_idle(d, lane, unit);
    else if (now == ORX_UNIT_STOPPED || now == ORX_UNIT_PAUSED)
        skip(d, lane, "stopped", orx_node_str(orx_node_get(unit, "cause"), ""));
    else if (ensure && !d->fresh && before != ORX_UNIT_STOPPED)
        ensured(d, lane, unit);
    else if (!ensure && was_at_work(before) && !d->fresh)
        skip(d, lane, "already_running", NULL);
    else
        started(d, lane, unit);
}

static void judge_stop(doing *d, const orx_lane *lane, const orx_node *asked,
                       const orx_node *unit) {
    bool ran = was_at_work(state_of(asked, "before")) ||
               state_of(asked, "before") == ORX_UNIT_STARTING ||
               state_of(asked, "before") == ORX_UNIT_STOPPING;
    orx_unit_state now = state_of(unit, "state");
    int64_t pid = 0;
    if (orx_cli_runs_by_hand(d->c, lane->id, &pid) && !orx_cli_option(d->c, "no-wait"))
        fail(d, lane, "lane_runtime",
             orx_arena_printf(&d->c->arena, "process %lld runs it by hand and did not end",
                              (long long)pid));
    else if (!lane->enabled && !ran && !d->by_hand[lane - d->lanes.items])
        skip(d, lane, "disabled", "enabled: false");
    else if (now == ORX_UNIT_STOPPED || orx_cli_option(d->c, "no-wait"))
        put_unit(d, item(d, STOPPED, lane), unit);
    else
        put_unit(d, fail(d, lane, "lane_runtime", orx_node_str(orx_node_get(unit, "cause"), "")),
                 unit);
}

typedef enum deed { START, ENSURE, STOP } deed;

static void judge(doing *d, const orx_lane *lane, deed what) {
    const orx_node *asked = unit_in(&d->asked, lane->id);
    const orx_node *unit = unit_in(&d->units, lane->id);
    if (lane->problem)
        fail(d, lane, "lane_config", lane->problem);
    else if (what == STOP && asked && unit)
        judge_stop(d, lane, asked, unit);
    else if (what != STOP && !lane->enabled && (!d->only || what == ENSURE))
        skip(d, lane, "disabled", "enabled: false");
    else if (asked && unit)
        judge_start(d, lane, asked, unit, what == ENSURE);
    else
        fail(d, lane, "lane_runtime",
             "the supervisor does not keep it; `logs supervisor` says why");
}

/* ---- Showing --------------------------------------------------------------------------------- */

static bool is_running(const doing *d, const orx_lane *lane) {
    orx_unit_state now = state_of(unit_in(&d->units, lane->id), "state");
    return was_at_work(now) || now == ORX_UNIT_STARTING || now == ORX_UNIT_STOPPING;
}

static orx_node *capacity_node(doing *d, const char *operation) {
    orx_lane_buckets b = {
        .p = d->c->p, .cfg = d->c->cfg, .store = d->c->store, .arena = &d->c->arena};
    for (size_t i = 0; i < d->lanes.count; i++) {
        const orx_lane *lane = &d->lanes.items[i];
        if (!lane->problem && (!d->only || d->only == lane))
            (void)orx_lane_buckets_add(&b, lane, is_running(d, lane), !slot_of(d, lane)->code);
    }
    orx_node *n = orx_lane_buckets_plan(&b, operation, d->only ? d->only->id : "all_enabled",
                                        orx_wall_ns(d->c->p));
    orx_lane_buckets_free(&b);
    return n;
}

/* [K] what lanes share: places in groups, calls to providers, the money of the day. */
static void put_shared(doing *d, deed what) {
    orx_arena *a = &d->c->arena;
    orx_err err = ORX_ERR_INIT;
    orx_node *budget = NULL;
    if (orx_cli_day_budget(d->c, &budget, &err) < 0)
        orx_cli_complain("the budget of the day is not known: %s", err.msg);
    orx_node_set(a, d->out, "swarm_daily_budget", budget ? budget : orx_node_new(a, ORX_NULL));
    orx_node_set(a, d->out, "parallel_capacity",
                 capacity_node(d, what == ENSURE ? "ensure" : "start"));
    (void)scaling_of(d);
    orx_node_set(a, d->out, "scaling", d->scaling_node);
}

static bool prints_all(const doing *d, deed what) {
    return d->c->json || (!d->c->terminal && what != ENSURE);
}

static bool put_document(doing *d, deed what) {
    static const char *const used[] = {
        [START] = "started skipped scaled_up failed",
        [ENSURE] = "started ensured restarted skipped scaled_up scaled_down failed",
        [STOP] = "stopped skipped failed"};
    orx_arena *a = &d->c->arena;
    char now[ORX_ISO_MAX];
    orx_iso_time(orx_wall_ns(d->c->p), now);
    orx_node_set_str(a, d->out, "timestamp", now);
    orx_node_set_str(a, d->out, "requested_lane",
                     d->only        ? d->only->id
                     : what == STOP ? "all"
                                    : "all_enabled");
    for (size_t i = 0; i < ORX_ARRAY_LEN(list_names); i++) {
        if (!strstr(used[what], list_names[i]))
            continue;
        orx_node_set_int(a, d->out, orx_arena_printf(a, "%s_count", list_names[i]),
                         d->lists[i]->count);
        orx_node_set(a, d->out, list_names[i], d->lists[i]);
    }
    /* [K] what is wrong with others is no concern of who named one. */
    int errors = d->only ? 0 : d->diags.errors;
    bool ok = d->lists[FAILED]->count == 0 && errors == 0;
    orx_node_set_int(a, d->out, "config_error_count", errors);
    orx_node_set(a, d->out, "config_errors",
                 errors ? orx_cli_lane_errors(d->c, &d->diags) : orx_node_new(a, ORX_ARRAY));
    orx_node_set_bool(a, d->out, "ok", ok);
    if (what != STOP && prints_all(d, what))
        put_shared(d, what);
    return ok;
}

static void print_py(const orx_node *n) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_json_write(&text, n, ORX_JSON_PY_INDENT);
    orx_str_addc(&text, '\n');
    orx_cli_print(orx_str_view(&text));
}

/* [K] what lanes-ensure prints unless all is asked for. */
static void print_short(doing *d) {
    static const char *const keys[] = {"ensured_count", "started_count", "restarted_count",
                                       "failed_count", "ok"};
    orx_arena *a = &d->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    for (size_t i = 0; i < ORX_ARRAY_LEN(keys); i++)
        orx_node_set(a, n, keys[i], orx_node_copy(a, orx_node_get(d->out, keys[i])));
    print_py(n);
}

static void print_list(doing *d, int list) {
    static const char *const colors[] = {"32", "32", "32", NULL, "33", "32", "33", "31"};
    ORX_NODE_EACH(d->lists[list], n) {
        const char *word = orx_cli_paint(d->c, colors[list] ? colors[list] : "2", list_names[list]);
        const char *text = orx_node_str(orx_node_get(n, "reason_text"), "");
        if (!*text)
            text = orx_node_str(orx_node_get(n, "reason"), "");
        if (!*text)
            text = orx_node_str(orx_node_get(n, "error"), "");
        orx_cli_printf("%s %s%s%s\n", orx_node_str(orx_node_get(n, "id"), ""), word,
                       *text ? ": " : "", text);
    }
}

static void show(doing *d, deed what) {
    if (prints_all(d, what))
        print_py(d->out);
    else if (!d->c->terminal)
        print_short(d);
    else
        for (int i = STARTED; i <= FAILED; i++)
            print_list(d, i);
    for (const orx_diag *g = d->diags.first; !d->only && g; g = g->next)
        if (g->severity == ORX_DIAG_ERROR)
            orx_cli_complain("%s: %s", g->where, g->text);
}

/* ---- The commands ---------------------------------------------------------------------------- */

static doing begin(orx_cli *c) {
    doing d = {.c = c, .out = orx_node_new(&c->arena, ORX_OBJECT)};
    for (size_t i = 0; i < ORX_ARRAY_LEN(d.lists); i++)
        d.lists[i] = orx_node_new(&c->arena, ORX_ARRAY);
    return d;
}

static void finish(doing *d) {
    orx_map_free(&d->asked);
    orx_map_free(&d->units);
    orx_diags_free(&d->diags);
}

static int end(doing *d, deed what, orx_err *err ORX_UNUSED) {
    for (size_t i = 0; i < d->lanes.count; i++)
        if (!d->only || d->only == &d->lanes.items[i])
            judge(d, &d->lanes.items[i], what);
    bool ok = put_document(d, what);
    show(d, what);
    return ok ? ORX_EXIT_OK : ORX_EXIT_FAILED;
}

/* A supervisor for nothing is not started. */
static bool has_any(const doing *d) {
    for (size_t i = 0; i < d->lanes.count; i++)
        if (!d->lanes.items[i].problem && (!d->only || d->only == &d->lanes.items[i]))
            return true;
    return false;
}

static int run_lanes(orx_cli *c, deed what, orx_err *err) {
    doing d = begin(c);
    int rc = read_all(&d, err);
    if (rc == 0 && has_any(&d)) {
        rc = reach(&d, err);
        if (rc == 0)
            rc = ask(&d, what == ENSURE ? "ensure" : "start", err);
        if (rc == 0)
            rc = await(&d, ORX_UNIT_START, err);
    }
    rc = rc < 0 ? rc : end(&d, what, err);
    finish(&d);
    return rc;
}

int orx_cmd_lanes_start(orx_cli *c, orx_err *err) {
    return run_lanes(c, START, err);
}

int orx_cmd_lanes_ensure(orx_cli *c, orx_err *err) {
    return run_lanes(c, ENSURE, err);
}

/* Nobody keeps them: it is written down for who will. */
static int stop_in_journal(doing *d, orx_err *err) {
    orx_arena *a = &d->c->arena;
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    int rc = d->c->store ? 0 : orx_cli_store(d->c, ORX_STORE_CREATE, err);
    if (rc == 0)
        rc = orx_tx_begin(d->c->store, err);
    for (size_t i = 0; rc == 0 && i < d->lanes.count; i++) {
        const orx_lane *lane = &d->lanes.items[i];
        if (lane->problem || !lane->enabled || (d->only && d->only != lane))
            continue;
        rc = orx_unit_rows_stop(d->c->store, lane->id, ORX_UNIT_LANE, err);
    }
    if (rc == 0)
        rc = orx_tx_commit(d->c->store, err);
    else if (d->c->store)
        orx_tx_rollback(d->c->store);
    for (size_t i = 0; i < d->lanes.count; i++) {
        orx_node *n = orx_node_new(a, ORX_OBJECT);
        orx_node_set_str(a, n, "name", d->lanes.items[i].id);
        orx_node_set_str(a, n, "before", "stopped");
        orx_node_set_str(a, n, "state", "stopped");
        orx_node_push(list, n);
    }
    index_units(&d->asked, list);
    index_units(&d->units, list);
    return rc;
}

static bool ask_by_hand(doing *d) {
    bool any = false;
    for (size_t i = 0; i < d->lanes.count; i++) {
        const orx_lane *lane = &d->lanes.items[i];
        if (!lane->problem && (!d->only || d->only == lane))
            any = orx_cli_end_by_hand(d->c, lane->id, ORX_UNIT_STOP, &d->by_hand[i]) || any;
    }
    return any;
}

/* Behind what the supervisor keeps, runners that others started. */
static void stop_by_hand(doing *d) {
    int64_t timeout = orx_cli_by_hand_time(d->c, ORX_UNIT_STOP);
    int64_t begun = orx_mono_ns(d->c->p);
    while (ask_by_hand(d) && !orx_cli_option(d->c, "no-wait") &&
           (!timeout || orx_mono_ns(d->c->p) - begun < timeout))
        orx_loop_sleep(d->c->p, LOOK_NS);
}

int orx_cmd_lanes_stop(orx_cli *c, orx_err *err) {
    doing d = begin(c);
    int64_t pid = 0;
    int rc = read_all(&d, err);
    d.by_hand = orx_arena_zalloc(&c->arena, d.lanes.count + 1, sizeof *d.by_hand);
    if (rc == 0 && has_any(&d)) {
        rc = orx_cli_reach_supervisor(c, &pid, err);
        if (rc == 0)
            rc = orx_cli_call(c, "look", NULL, false, NULL, err);
        if (rc == 0)
            rc = ask(&d, "stop", err);
        if (rc == 0)
            rc = await(&d, ORX_UNIT_STOP, err);
        if (rc == ORX_E_NOT_FOUND && orx_supervisor_pid(c->p, c->cfg) == 0)
            rc = stop_in_journal(&d, err);
        if (rc == 0)
            stop_by_hand(&d);
    }
    rc = rc < 0 ? rc : end(&d, STOP, err);
    finish(&d);
    return rc;
}

/* ---- One lane, one wish ---------------------------------------------------------------------- */

static int wish(orx_cli *c, orx_unit_event wish, orx_err *err) {
    doing d = begin(c);
    int rc = read_all(&d, err);
    if (rc == 0 && d.only->problem)
        rc = orx_err_set(err, ORX_E_INVALID, "lane %s: %s", d.only->id, d.only->problem);
    if (rc == 0)
        rc = reach(&d, err);
    if (rc == 0)
        rc = orx_cli_wish(c, d.only->id, wish, err);
    finish(&d);
    return rc;
}

int orx_cmd_lane_pause(orx_cli *c, orx_err *err) {
    return wish(c, ORX_UNIT_PAUSE, err);
}

/* Also of one that was stopped: START does both. */
int orx_cmd_lane_resume(orx_cli *c, orx_err *err) {
    return wish(c, ORX_UNIT_START, err);
}

int orx_cmd_lane_drain(orx_cli *c, orx_err *err) {
    return wish(c, ORX_UNIT_DRAIN, err);
}
