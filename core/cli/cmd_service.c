/* orxaq service: what the supervisor runs again and again, and one of them once, on or off. */
#include "cli/supervised.h"

#include "base/nearest.h"
#include "base/units.h"
#include "platform/loop.h"
#include "unit/services.h"

/* ---- Which one ------------------------------------------------------------------------------- */

static const orx_service_config *find(orx_cli *c, const char *name, orx_err *err) {
    orx_nearest near = {0};
    for (size_t i = 0; i < c->cfg->service_count; i++) {
        if (strcmp(c->cfg->services[i].name, name) == 0)
            return &c->cfg->services[i];
        orx_nearest_try(&near, orx_view_of(name), c->cfg->services[i].name);
    }
    (void)orx_err_set(err, ORX_E_NOT_FOUND,
                      "no service is called \"%.*s\"%s%s%s; `%s service` shows those there are",
                      ORX_UNIT_NAME_MAX, name, near.best ? "; did you mean " : "",
                      near.best ? near.best : "", near.best ? "?" : "", c->program);
    return NULL;
}

/* ---- How they are ---------------------------------------------------------------------------- */

typedef struct showing {
    orx_cli *c;
    bool live;
    const orx_node *units;
    bool kept; /* the journal has rows of services */
} showing;

/* A journal of an earlier version has no table of them. */
static bool has_rows(orx_cli *c) {
    orx_sql *q;
    if (!c->store || orx_sql_get(c->store,
                                 "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = "
                                 "'service'",
                                 &q, NULL) < 0)
        return false;
    bool any = orx_sql_step(q, NULL) == 1;
    orx_sql_reset(q);
    return any;
}

static int look(showing *s, orx_err *err) {
    int rc = orx_cli_units(s->c, &s->live, &s->units, err);
    if (rc == 0 && !s->c->store)
        rc = orx_cli_store(s->c, ORX_STORE_READ_ONLY, err);
    if (rc == ORX_E_NOT_FOUND)
        return 0;
    s->kept = rc == 0 && has_rows(s->c);
    return rc;
}

static const char *schedule_of(orx_cli *c, const orx_service_config *cfg) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    if (cfg->cron)
        return cfg->cron;
    orx_str_adds(&text, "every ");
    orx_duration_format(cfg->every_ns, &text);
    return orx_arena_dup(&c->arena, orx_str_view(&text));
}

static void set_time(orx_arena *a, orx_node *n, const char *key, int64_t wall_ns) {
    char text[ORX_ISO_MAX];
    if (!wall_ns)
        return;
    orx_iso_time(wall_ns, text);
    orx_node_set_str(a, n, key, text);
}

static orx_node *past_of(showing *s, const orx_service_config *cfg, bool awaits) {
    orx_arena *a = &s->c->arena;
    orx_service_row row = {0};
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    if (s->kept)
        (void)orx_service_row_get(s->c->store, cfg->name, &row, NULL);
    orx_node_set_int(a, n, "runs", row.runs);
    orx_node_set_bool(a, n, "open", row.open);
    orx_node_set_str(a, n, "outcome", orx_service_outcome_name(row.outcome));
    set_time(a, n, "began", row.began_ns);
    set_time(a, n, "ended", row.ended_ns);
    if (awaits)
        set_time(a, n, "next", row.next_ns);
    return n;
}

static orx_node *node_of(showing *s, const orx_service_config *cfg) {
    orx_arena *a = &s->c->arena;
    const orx_node *unit = orx_cli_unit_in(s->units, cfg->name);
    const char *state = orx_node_str(orx_node_get(unit, "state"), s->live ? "stopped" : "unknown");
    bool runs = strcmp(state, "stopped") != 0 && strcmp(state, "paused") != 0;
    orx_node *n = past_of(s, cfg, runs && (s->live || cfg->enabled));
    orx_node *command = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < cfg->command.count; i++)
        orx_node_push(command, orx_node_new_str(a, orx_view_of(cfg->command.items[i])));
    orx_node_set_str(a, n, "name", cfg->name);
    orx_node_set_bool(a, n, "enabled", cfg->enabled);
    orx_node_set_str(a, n, "schedule", schedule_of(s->c, cfg));
    orx_node_set(a, n, "command", command);
    orx_node_set_str(a, n, "state", state);
    static const char *const keys[] = {"cause", "status", "pid", "last_exit", "failures", "limits"};
    for (size_t i = 0; unit && i < ORX_ARRAY_LEN(keys); i++)
        orx_node_set(a, n, keys[i], orx_node_copy(a, orx_node_get(unit, keys[i])));
    return n;
}

static const char *text_of(const orx_node *n, const char *key) {
    const char *text = orx_node_str(orx_node_get(n, key), "");
    return *text ? text : "-";
}

/* "12 m ago", "in 3 m". */
static const char *when(orx_cli *c, const orx_node *n, const char *key) {
    int64_t at;
    if (!orx_iso_parse(orx_view_of(text_of(n, key)), &at))
        return "-";
    int64_t left = at - orx_wall_ns(c->p);
    return left > 0 ? orx_arena_printf(&c->arena, "in %s", orx_cli_duration(c, left))
                    : orx_arena_printf(&c->arena, "%s ago", orx_cli_duration(c, -left));
}

static void add_row(orx_cli *c, orx_table *table, const orx_node *n) {
    const char *state = text_of(n, "state");
    bool failed =
        strcmp(text_of(n, "outcome"), "failed") == 0 || strcmp(text_of(n, "outcome"), "final") == 0;
    const char *cells[] = {text_of(n, "name"),     state,
                           text_of(n, "schedule"), text_of(n, "outcome"),
                           when(c, n, "began"),    when(c, n, "next")};
    orx_table_row(table, cells, failed ? "31" : strcmp(state, "stopped") == 0 ? NULL : "32");
}

/* What it may take, where that does not hold as it should. */
static void note_limits(orx_cli *c, const orx_node *n) {
    const orx_node *limits = orx_node_get(n, "limits");
    const char *why = orx_node_str(orx_node_get(limits, "why"), "");
    if (!*why || c->quiet)
        return;
    if (strcmp(text_of(limits, "memory_by"), "process") == 0)
        orx_cli_complain("%s: memory_max holds for each of its processes alone: %s",
                         text_of(n, "name"), why);
    if (strcmp(text_of(limits, "tasks_by"), "nobody") == 0)
        orx_cli_complain("%s: tasks_max does not hold: %s", text_of(n, "name"), why);
}

static void print(showing *s, const orx_node *list) {
    static const char *const titles[] = {"SERVICE", "STATE", "SCHEDULE", "LAST RUN",
                                         "BEGAN",   "NEXT",  NULL};
    orx_table *table = orx_table_new(s->c, titles);
    ORX_NODE_EACH(list, n)
    add_row(s->c, table, n);
    if (!s->live && !s->c->quiet)
        orx_cli_complain("no supervisor is at work; `%s start` starts it", s->c->program);
    orx_table_print(table);
    ORX_NODE_EACH(list, each)
    note_limits(s->c, each);
}

/* One of them, or (NULL) all. */
static int show(orx_cli *c, const orx_service_config *only, orx_err *err) {
    showing s = {.c = c};
    int rc = look(&s, err);
    if (rc < 0)
        return rc;
    orx_node *list = orx_node_new(&c->arena, ORX_ARRAY);
    for (size_t i = 0; i < c->cfg->service_count; i++)
        if (!only || only == &c->cfg->services[i])
            orx_node_push(list, node_of(&s, &c->cfg->services[i]));
    if (!c->json) {
        print(&s, list);
        return ORX_EXIT_OK;
    }
    orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node_set_bool(&c->arena, n, "supervisor_running", s.live);
    orx_node_set(&c->arena, n, "services", list);
    orx_cli_json(c, n);
    return ORX_EXIT_OK;
}

/* ---- Wishes ---------------------------------------------------------------------------------- */

static int reach(orx_cli *c, orx_err *err) {
    bool started = false;
    int64_t pid = 0;
    int rc = orx_cli_ensure_supervisor(c, &started, &pid, err);
    if (rc == 0 && started && !c->quiet)
        orx_cli_complain("the supervisor was started (pid %lld)", (long long)pid);
    return rc;
}

static int once(orx_cli *c, const char *name, orx_err *err) {
    const orx_node *unit = NULL;
    int rc = reach(c, err);
    if (rc == 0)
        rc = orx_cli_call(c, "once", name, false, NULL, err);
    if (rc == 0 && orx_cli_option(c, "no-wait"))
        return ORX_EXIT_OK;
    if (rc == 0)
        rc = orx_cli_await_unit(c, name, ORX_UNIT_ONCE, &unit, err);
    if (rc < 0)
        return rc;
    const char *end = text_of(unit, "last_exit");
    bool well = strcmp(end, "exit 0") == 0;
    if (c->json)
        orx_cli_json(c, unit);
    else if (!well)
        orx_cli_complain("%s failed (%s); `%s logs %s` shows what it printed", name, end,
                         c->program, name);
    else if (!c->quiet)
        orx_cli_printf("%s ran: %s\n", name, end);
    return well ? ORX_EXIT_OK : ORX_EXIT_FAILED;
}

static int start(orx_cli *c, const char *name, orx_err *err) {
    int rc = reach(c, err);
    return rc < 0 ? rc : orx_cli_wish(c, name, ORX_UNIT_START, err);
}

/* Nobody keeps it: it is written down for who will. */
static int stop_in_journal(orx_cli *c, const char *name, orx_err *err) {
    int rc = orx_cli_store(c, ORX_STORE_CREATE, err);
    if (rc == 0)
        rc = orx_tx_begin(c->store, err);
    if (rc < 0)
        return rc;
    rc = orx_unit_rows_stop(c->store, name, ORX_UNIT_SERVICE, err);
    if (rc == 0)
        rc = orx_tx_commit(c->store, err);
    else
        orx_tx_rollback(c->store);
    if (rc == 0 && !c->quiet)
        orx_cli_printf("%s is stopped\n", name);
    return rc < 0 ? rc : ORX_EXIT_OK;
}

static int stop(orx_cli *c, const char *name, orx_err *err) {
    int rc = orx_cli_wish(c, name, ORX_UNIT_STOP, err);
    if (rc == ORX_E_NOT_FOUND && orx_supervisor_pid(c->p, c->cfg) == 0)
        rc = stop_in_journal(c, name, err);
    return rc;
}

int orx_cmd_service(orx_cli *c, orx_err *err) {
    const char *verb = c->arg_count > 1 ? c->args[1] : "status";
    const orx_service_config *cfg = NULL;
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    if (c->arg_count == 0 || (c->arg_count == 1 && strcmp(c->args[0], "list") == 0))
        return show(c, NULL, err);
    cfg = find(c, c->args[0], err);
    if (!cfg)
        return ORX_E_NOT_FOUND;
    if (strcmp(verb, "status") == 0)
        return show(c, cfg, err);
    if (strcmp(verb, "once") == 0)
        return once(c, cfg->name, err);
    if (strcmp(verb, "start") == 0)
        return start(c, cfg->name, err);
    if (strcmp(verb, "stop") == 0)
        return stop(c, cfg->name, err);
    return orx_err_set(err, ORX_E_USAGE,
                       "service %s: expected once, start, stop or status, found \"%.40s\"",
                       cfg->name, verb);
}

int orx_cmd_service_word(orx_cli *c, orx_err *err) {
    const char *dash = strrchr(c->command->name, '-');
    const char **args = orx_arena_zalloc(&c->arena, 3, sizeof *args);
    args[0] =
        orx_arena_dup(&c->arena, orx_view_mem(c->command->name, (size_t)(dash - c->command->name)));
    args[1] = dash + 1;
    c->args = args;
    c->arg_count = 2;
    return orx_cmd_service(c, err);
}
