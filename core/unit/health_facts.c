#include "unit/health_facts.h"

#include "base/map.h"
#include "data/json.h"
#include "money/caps.h"
#include "platform/files.h"
#include "route/network_row.h"
#include "route/switch.h"
#include "run/lane_lock.h"
#include "unit/server.h"
#include "unit/supervisor.h"

#define ANSWER_NS   (3 * ORX_SEC)
#define BEAT_MAX    ((size_t)1 << 20)
#define FUTURE_NS   (60 * ORX_SEC)
#define WATCHED_NS  (300 * ORX_SEC)
#define NOT_WRITTEN (-1)
#define PID_UNKNOWN (-1)
#define LANE_LOCK   "lane-"
#define LOCK_END    ".lock"

typedef struct gathering {
    orx_platform *p;
    const orx_health_sources *from;
    const orx_config *cfg;
    orx_arena *arena;
    orx_fleet_facts *f;
    orx_unit_facts *units;
    size_t count;
    size_t room;
    orx_map lanes; /* by id, to orx_health_lane */
    bool tasks;    /* the journal has tasks to count */
} gathering;

/* ---- Heartbeats ------------------------------------------------------------------------------ */

typedef struct beat {
    int64_t pid;
    int64_t age_sec;
    bool future;
    const char *phase;
    const char *task;
} beat;

static beat read_beat(gathering *g, const char *path) {
    beat b = {.age_sec = NOT_WRITTEN, .phase = "", .task = ""};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *n = NULL;
    int64_t at;
    if (orx_read_file(g->p, path, BEAT_MAX, &text, NULL) < 0 ||
        orx_json_parse(g->arena, "heartbeat", orx_str_view(&text), &orx_limits_config, &n, NULL) <
            0)
        return b;
    b.pid = orx_node_int(orx_node_get(n, "pid"), 0);
    b.phase = orx_node_str(orx_node_get(n, "phase"), "");
    b.task = orx_node_str(orx_node_get(n, "task_id"), "");
    if (!orx_iso_parse(orx_view_of(orx_node_str(orx_node_get(n, "timestamp"), "")), &at))
        return b;
    int64_t age = g->f->wall_ns - at;
    b.future = age < -FUTURE_NS;
    b.age_sec = b.future ? NOT_WRITTEN : age < 0 ? 0 : age / ORX_SEC;
    return b;
}

/* Only what its own process wrote says something of a unit. */
static int64_t own_age(const orx_unit_facts *u, const beat *b) {
    return u->running && b->pid == u->pid ? b->age_sec : NOT_WRITTEN;
}

/* ---- Units ----------------------------------------------------------------------------------- */

static const orx_health_lane *lane_called(gathering *g, const char *name) {
    return orx_map_get(&g->lanes, orx_view_of(name));
}

static const char *beat_of(gathering *g, const orx_unit_facts *u) {
    const orx_health_lane *lane = lane_called(g, u->name);
    if (u->kind == ORX_UNIT_RUNNER)
        return g->cfg->paths.heartbeat_file;
    if (lane && lane->heartbeat)
        return lane->heartbeat;
    return orx_arena_printf(g->arena, "%s/%s/heartbeat.json", g->cfg->paths.lanes_runtime_dir,
                            u->name);
}

/* A supervisor may have made a journal in which nobody ever looked for tasks. */
static bool has_tasks(orx_store *s) {
    orx_sql *q;
    if (!s || orx_sql_get(s, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'task'",
                          &q, NULL) < 0)
        return false;
    bool any = orx_sql_step(q, NULL) == 1;
    orx_sql_reset(q);
    return any;
}

static void count_tasks(gathering *g, orx_unit_facts *u) {
    if (g->tasks && u->kind != ORX_UNIT_SERVICE)
        u->counted = orx_task_count(g->from->store, u->name, &u->tasks, NULL) == 0;
}

/* What its process and its files say, once the supervisor or the journal told of it. */
static beat complete(gathering *g, orx_unit_facts *u) {
    beat b = {.age_sec = NOT_WRITTEN, .phase = "", .task = ""};
    count_tasks(g, u);
    u->beat_age_sec = NOT_WRITTEN;
    if (u->kind == ORX_UNIT_SERVICE) {
        u->running = u->known && u->pid > 0;
        return b;
    }
    b = read_beat(g, beat_of(g, u));
    orx_lane_holder holder;
    const char *lane = u->kind == ORX_UNIT_RUNNER ? "primary" : u->name;
    bool locked = orx_lane_lock_held(g->p, orx_lane_lock_file(g->cfg, lane, g->arena), &holder);
    u->running = (u->known && u->pid > 0) || locked;
    if (locked && u->pid <= 0)
        u->pid = holder.pid; /* run by hand */
    u->beat_age_sec = own_age(u, &b);
    return b;
}

static orx_unit_facts unit_called(const char *name, orx_unit_kind kind) {
    return (orx_unit_facts){.name = name,
                            .owner = "",
                            .kind = kind,
                            .cause = "",
                            .status = "",
                            .last_exit = "",
                            .error = ""};
}

static orx_unit_kind kind_of(const char *word) {
    for (int kind = ORX_UNIT_RUNNER; kind <= ORX_UNIT_SERVICE; kind++)
        if (strcmp(orx_unit_kind_name((orx_unit_kind)kind), word) == 0)
            return (orx_unit_kind)kind;
    return ORX_UNIT_LANE;
}

static orx_unit_facts *room_for_one(gathering *g) {
    if (g->count == g->room) {
        size_t room = g->room ? 2 * g->room : 16;
        orx_unit_facts *more = orx_arena_zalloc(g->arena, room, sizeof *more);
        if (g->count)
            memcpy(more, g->units, g->count * sizeof *more);
        g->units = more;
        g->room = room;
    }
    return &g->units[g->count++];
}

static void take_lane(orx_unit_facts *u, const orx_health_lane *lane) {
    if (!lane)
        return;
    u->owner = lane->owner;
    u->off = !lane->enabled;
    if (lane->problem)
        u->error = lane->problem;
}

/* The primary runner is completed at the end, when it is known whether anybody told of it. */
static void take_unit(gathering *g, const orx_unit_facts *u) {
    if (u->kind == ORX_UNIT_RUNNER) {
        g->f->runner = *u;
        return;
    }
    orx_unit_facts *to = room_for_one(g);
    *to = *u;
    if (u->kind == ORX_UNIT_LANE)
        take_lane(to, lane_called(g, u->name));
    (void)complete(g, to);
}

static void take_answer(gathering *g, const orx_node *n) {
    orx_unit_facts u = {
        .name = orx_node_str(orx_node_get(n, "name"), ""),
        .owner = orx_node_str(orx_node_get(n, "owner"), ""),
        .kind = kind_of(orx_node_str(orx_node_get(n, "kind"), "")),
        .known = true,
        .cause = orx_node_str(orx_node_get(n, "cause"), ""),
        .status = orx_node_str(orx_node_get(n, "status"), ""),
        .last_exit = orx_node_str(orx_node_get(n, "last_exit"), ""),
        .limits = orx_node_get(n, "limits"),
        .error = "",
        .next_ns = orx_node_int(orx_node_get(n, "next_ms"), 0) * ORX_MS,
        .pid = orx_node_int(orx_node_get(n, "pid"), 0),
    };
    /* [K] A lane that the operator stopped is paused, as is one that is switched off. */
    u.held = u.kind == ORX_UNIT_LANE && (orx_node_bool(orx_node_get(n, "held"), false) ||
                                         orx_node_bool(orx_node_get(n, "manual"), false));
    if (orx_unit_state_parse(orx_node_str(orx_node_get(n, "state"), ""), &u.state))
        take_unit(g, &u);
}

static void take_row(const orx_unit_view *v, void *user) {
    gathering *g = user;
    const orx_unit_facts u = {
        .name = orx_arena_strdup(g->arena, v->name),
        .owner = "",
        .kind = kind_of(v->kind),
        .state = v->state,
        .cause = orx_arena_strdup(g->arena, v->cause),
        .last_exit = orx_arena_strdup(g->arena, v->last_exit),
        .error = "",
        .status = orx_arena_strdup(g->arena, v->status),
        .held = v->state == ORX_UNIT_PAUSED || (strcmp(v->kind, "lane") == 0 && v->held),
    };
    take_unit(g, &u);
}

/* True when the supervisor told. One whose lock file somebody removed answers all the same. */
static bool ask_supervisor(gathering *g) {
    const orx_node *answer = NULL;
    orx_node *request = orx_node_new(g->arena, ORX_OBJECT);
    orx_node_set_str(g->arena, request, "op", "units");
    if (orx_control_call(g->p, orx_supervisor_socket(g->cfg, g->arena), request, ANSWER_NS,
                         g->arena, &answer, NULL) < 0)
        return false;
    if (!g->f->supervisor_pid)
        g->f->supervisor_pid = PID_UNKNOWN;
    ORX_NODE_EACH(orx_node_get(answer, "units"), n)
    take_answer(g, n);
    return true;
}

static void ask_journal(gathering *g) {
    orx_store *s = g->from->store;
    bool known = false;
    if (s && orx_unit_rows_known(s, &known, NULL) == 0 && known)
        (void)orx_unit_rows_each(s, take_row, g, NULL);
}

static bool is_known_already(const gathering *g, orx_view name) {
    for (size_t i = 0; i < g->count; i++)
        if (orx_view_is(name, g->units[i].name))
            return true;
    return false;
}

/* Lanes that somebody runs by hand: no supervisor knows them, but they hold their locks. */
static void ask_locks(gathering *g) {
    char **names = NULL;
    if (orx_list_dir(g->p, g->cfg->paths.state_dir, g->arena, &names, NULL) < 0)
        return;
    for (; *names; names++) {
        orx_view name = orx_view_of(*names);
        if (!orx_view_starts(name, LANE_LOCK) || !orx_view_ends(name, LOCK_END))
            continue;
        const size_t around = sizeof LANE_LOCK + sizeof LOCK_END - 2;
        name = (orx_view){name.p + sizeof LANE_LOCK - 1, name.len - around};
        if (is_known_already(g, name) ||
            !orx_file_is_locked(g->p, orx_path_join(g->arena, g->cfg->paths.state_dir, *names)))
            continue;
        orx_unit_facts lane = unit_called(orx_arena_dup(g->arena, name), ORX_UNIT_LANE);
        take_unit(g, &lane);
    }
}

static void index_lanes(gathering *g) {
    for (size_t i = 0; i < g->from->lane_count; i++) {
        orx_health_lane *lane = ORX_ARENA_NEW(g->arena, orx_health_lane);
        *lane = g->from->lanes[i];
        (void)orx_map_put(&g->lanes, orx_view_of(lane->id), lane);
    }
}

/* Those that nobody told of. */
static void add_lanes(gathering *g) {
    ORX_CLEANUP(orx_map_free) orx_map told = {0};
    for (size_t i = 0; i < g->count; i++)
        (void)orx_map_put(&told, orx_view_of(g->units[i].name), g);
    for (size_t i = 0; i < g->from->lane_count; i++) {
        const orx_unit_facts lane = unit_called(g->from->lanes[i].id, ORX_UNIT_LANE);
        if (!orx_map_put(&told, orx_view_of(lane.name), g))
            take_unit(g, &lane);
    }
}

/* ---- Tasks and money ------------------------------------------------------------------------- */

static void name_blocked(gathering *g) {
    orx_sql *q;
    int64_t n = g->f->runner.tasks.blocked;
    if (!g->from->store || n <= 0 ||
        orx_sql_get(g->from->store,
                    "SELECT id FROM task WHERE lane = ?1 AND status = 'blocked' AND present = 1"
                    " ORDER BY id LIMIT ?2",
                    &q, NULL) < 0)
        return;
    if (n > ORX_HEALTH_BLOCKED_MAX)
        n = ORX_HEALTH_BLOCKED_MAX;
    const char **ids = orx_arena_zalloc(g->arena, (size_t)n + 1, sizeof *ids);
    orx_sql_str(q, 1, g->f->runner.name);
    orx_sql_int(q, 2, n);
    while (orx_sql_step(q, NULL) == 1 && (int64_t)g->f->blocked_count < n)
        ids[g->f->blocked_count++] = orx_arena_dup(g->arena, orx_sql_col_text(q, 0));
    orx_sql_reset(q);
    g->f->blocked = ids;
}

static void look_at_budgets(gathering *g) {
    orx_store *s = g->from->store;
    const orx_budget b = orx_budget_of(g->cfg, NULL, g->arena);
    orx_budget_state *states = orx_arena_zalloc(g->arena, b.count + 1, sizeof *states);
    for (size_t i = 0; s && i < b.count; i++)
        if (!orx_cap_is_of_unit(&b.caps[i]) &&
            orx_budget_look_at(s, &b, &b.caps[i], NULL, &states[g->f->budget_count], NULL) == 0)
            g->f->budget_count++;
    g->f->budgets = states;
    if (s && b.deny_missing)
        (void)orx_budget_missing(s, &b, &g->f->missing_costs, NULL);
}

/* A switch without a router to turn off is no news. */
static void look_at_switch(gathering *g) {
    orx_route_switch sw;
    bool any = g->cfg->run.router || g->cfg->routellm.enabled;
    if (!any || orx_route_switch_read(g->from->store, g->cfg, g->arena, &sw, NULL) < 0 || !sw.off)
        return;
    g->f->routers_off = *sw.reason ? sw.reason : "no reason was given";
    g->f->routers_configured = sw.configured;
}

/* A pass that is long ago says nothing of now. */
static void look_at_models(gathering *g) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *path = orx_path_join(g->arena, g->cfg->paths.artifacts_dir,
                                     "local_models/model_watchdog_state.json");
    const orx_node *doc = NULL;
    int64_t at;
    if (orx_read_file(g->p, path, BEAT_MAX, &text, NULL) < 0 ||
        orx_json_parse(g->arena, path, orx_str_view(&text), &orx_limits_config, &doc, NULL) < 0 ||
        !orx_iso_parse(orx_view_of(orx_node_str(orx_node_get(doc, "last_run_at"), "")), &at))
        return;
    int64_t age = g->f->wall_ns - at;
    const orx_node *rows = orx_node_get(doc, "processes");
    if (age >= -FUTURE_NS && age < WATCHED_NS && rows && rows->kind == ORX_OBJECT)
        g->f->models = rows;
}

static void look_at_network(gathering *g) {
    orx_network_row *row = ORX_ARENA_NEW(g->arena, orx_network_row);
    if (orx_network_read(g->from->store, g->arena, row, NULL) == 0 && row->m.looks && row->fresh)
        g->f->network = row;
}

void orx_health_gather(orx_platform *p, const orx_health_sources *from, orx_arena *arena,
                       orx_fleet_facts *ret_facts) {
    const orx_config *cfg = from->cfg;
    orx_fleet_facts *f = ret_facts;
    gathering g = {.p = p, .from = from, .cfg = cfg, .arena = arena, .f = f};
    *f = (orx_fleet_facts){
        .wall_ns = orx_wall_ns(p),
        .root = cfg->root,
        .supervisor_pid = orx_supervisor_pid(p, cfg),
        .journal = from->store != NULL,
        .journal_error = from->journal_error ? from->journal_error : "",
        .stale_sec = cfg->supervisor.heartbeat_stale_ns / ORX_SEC,
        .state_file = cfg->paths.state_file,
        .log_file = cfg->paths.log_file,
    };
    f->runner = unit_called("primary", ORX_UNIT_RUNNER);
    g.tasks = has_tasks(from->store);
    index_lanes(&g);
    f->answers = ask_supervisor(&g);
    if (!f->answers)
        ask_journal(&g);
    ask_locks(&g);
    add_lanes(&g);
    beat b = complete(&g, &f->runner);
    f->file_age_sec = b.age_sec;
    f->from_future = b.future;
    f->phase = b.phase;
    f->task = b.task;
    f->units = g.units;
    f->unit_count = g.count;
    name_blocked(&g);
    look_at_budgets(&g);
    look_at_switch(&g);
    if (from->store)
        look_at_network(&g);
    look_at_models(&g);
    orx_map_free(&g.lanes);
}
