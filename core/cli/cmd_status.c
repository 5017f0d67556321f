/* orxaq status, and the summary at the end of a run. */
#include "cli/supervised.h"

#include "data/json.h"
#include "platform/files.h"
#include "run/attempt.h"

#include <stdio.h>

#define SUMMARY_ROWS 40

typedef struct runner_state {
    bool running;
    int64_t pid;
    int64_t age_sec; /* of the heartbeat; -1 = none */
    const char *phase;
    const char *task;
} runner_state;

/* The heartbeat, and whether the lane's lock is held: a pid in a file proves nothing. */
static void read_runner(orx_cli *c, runner_state *r) {
    *r = (runner_state){.age_sec = -1, .phase = "", .task = ""};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *root = NULL;
    int64_t at;
    if (orx_read_file(c->p, c->cfg->paths.heartbeat_file, 65536, &text, NULL) == 0 &&
        orx_json_parse(&c->arena, "heartbeat", orx_str_view(&text), &orx_limits_config, &root,
                       NULL) == 0) {
        r->phase = orx_node_str(orx_node_get(root, "phase"), "");
        r->task = orx_node_str(orx_node_get(root, "task_id"), "");
        r->pid = orx_node_int(orx_node_get(root, "pid"), 0);
        if (orx_iso_parse(orx_view_of(orx_node_str(orx_node_get(root, "timestamp"), "")), &at))
            r->age_sec = (orx_wall_ns(c->p) - at) / ORX_SEC;
    }
    orx_file *f = NULL;
    if (orx_file_open(c->p, c->cfg->paths.lock_file, ORX_OPEN_READ | ORX_OPEN_WRITE, 0, &f, NULL) <
        0)
        return;
    r->running = orx_file_lock(c->p, f, ORX_LOCK_EXCLUSIVE, false, NULL) == ORX_E_BUSY;
    orx_file_close(c->p, f);
}

/* [K] the predecessor's eight keys. */
static void print_json(orx_cli *c, const runner_state *r) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    int64_t supervisor = orx_supervisor_pid(c->p, c->cfg);
    orx_node_set_bool(a, n, "supervisor_running", supervisor != 0);
    orx_node_set(a, n, "supervisor_pid",
                 supervisor > 0 ? orx_node_new_int(a, supervisor) : orx_node_new(a, ORX_NULL));
    orx_node_set_bool(a, n, "runner_running", r->running);
    orx_node_set(a, n, "runner_pid",
                 r->running && r->pid ? orx_node_new_int(a, r->pid) : orx_node_new(a, ORX_NULL));
    orx_node_set_int(a, n, "heartbeat_age_sec", r->age_sec);
    orx_node_set_int(a, n, "heartbeat_stale_threshold_sec",
                     c->cfg->supervisor.heartbeat_stale_ns / ORX_SEC);
    orx_node_set_str(a, n, "state_file", c->cfg->paths.state_file);
    orx_node_set_str(a, n, "log_file", c->cfg->paths.log_file);
    orx_cli_json(c, n);
}

static void print_runner(orx_cli *c, const runner_state *r) {
    orx_cli_printf("root     %s\n", c->cfg->root);
    int64_t supervisor = orx_supervisor_pid(c->p, c->cfg);
    if (supervisor > 0)
        orx_cli_printf("supervisor %s (pid %lld)\n", orx_cli_paint(c, "32", "running"),
                       (long long)supervisor);
    if (r->running)
        orx_cli_printf("runner   %s (pid %lld): %s%s%s\n", orx_cli_paint(c, "32", "running"),
                       (long long)r->pid, r->phase, *r->task ? " " : "", r->task);
    else
        orx_cli_printf("runner   not running%s%s\n", *r->phase ? "; last phase: " : "", r->phase);
    if (r->age_sec >= 0)
        orx_cli_printf("heartbeat %s ago\n", orx_cli_duration(c, r->age_sec * ORX_SEC));
}

static void print_counts(orx_cli *c, const orx_task_counts *n) {
    orx_cli_printf(
        "tasks    %lld: %lld done, %lld in progress, %lld ready, %lld delayed, %lld waiting for "
        "others, %s\n",
        (long long)n->total, (long long)n->done, (long long)n->in_progress, (long long)n->ready,
        (long long)n->delayed, (long long)n->held,
        n->blocked
            ? orx_cli_paint(c, "31",
                            orx_arena_printf(&c->arena, "%lld blocked", (long long)n->blocked))
            : "none blocked");
    orx_cli_printf("journal  %lld events\n", (long long)orx_event_last(c->store));
}

int orx_cmd_status(orx_cli *c, orx_err *err) {
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    runner_state r;
    read_runner(c, &r);
    if (c->json) {
        print_json(c, &r);
        return ORX_EXIT_OK;
    }
    rc = orx_cli_store(c, ORX_STORE_READ_ONLY, err);
    if (rc < 0)
        return rc;
    orx_task_counts n;
    rc = orx_task_count(c->store, orx_run_lane(c->cfg), &n, err);
    if (rc < 0)
        return rc;
    print_runner(c, &r);
    print_counts(c, &n);
    return ORX_EXIT_OK;
}

/* ---- Summary --------------------------------------------------------------------------------- */

typedef struct summary {
    orx_cli *c;
    orx_table *table;
    int rows;
    int64_t hidden;
} summary;

static const char *model_of(orx_cli *c, const orx_attempt_row *a) {
    return orx_arena_printf(&c->arena, "%s%s%s", a->provider, *a->model ? "/" : "", a->model);
}

static bool add_task(const orx_task_row *t, void *user) {
    summary *s = user;
    if (s->rows++ >= SUMMARY_ROWS) {
        s->hidden++;
        return true;
    }
    orx_cli *c = s->c;
    orx_attempt_row a = {.model = "",
                         .commit = "",
                         .provider = t->owner,
                         .input_tokens = -1,
                         .output_tokens = -1,
                         .cost_nano_usd = -1};
    (void)orx_attempt_last(c->store, t->lane, t->id, &c->arena, &a, NULL);
    (void)orx_attempt_totals(c->store, t->lane, t->id, &a, NULL);
    bool spent = a.input_tokens >= 0 || a.output_tokens >= 0;
    const char *cells[] = {
        t->id,
        t->status,
        orx_arena_printf(&c->arena, "%lld", (long long)t->attempts),
        model_of(c, &a),
        spent ? orx_arena_printf(&c->arena, "%s/%s",
                                 orx_cli_count(c, a.input_tokens < 0 ? 0 : a.input_tokens),
                                 orx_cli_count(c, a.output_tokens < 0 ? 0 : a.output_tokens))
              : "-",
        a.unpriced || a.cost_nano_usd >= 0 ? orx_cli_sum(c, a.cost_nano_usd, a.unpriced) : "-",
        *a.commit ? orx_arena_printf(&c->arena, "%.10s", a.commit) : "-",
        a.ended_wall_ns ? orx_cli_duration(c, a.ended_wall_ns - a.begun_wall_ns) : "-",
    };
    const char *color = strcmp(t->status, "done") == 0      ? "32"
                        : strcmp(t->status, "blocked") == 0 ? "31"
                                                            : NULL;
    orx_table_row(s->table, cells, color);
    return true;
}

int orx_cli_summary(orx_cli *c, orx_err *err) {
    static const char *const titles[] = {
        "TASK", "STATE", "TRIES", "PROVIDER/MODEL", "TOKENS IN/OUT", "USD", "COMMIT", "TIME", NULL};
    summary s = {.c = c, .table = orx_table_new(c, titles)};
    int rc = orx_task_each(c->store, orx_run_lane(c->cfg), NULL, add_task, &s, err);
    if (rc < 0)
        return rc;
    orx_cli_printf("\n");
    orx_table_print(s.table);
    if (s.hidden)
        orx_cli_printf("... and %lld more: `%s tasks list`\n", (long long)s.hidden, c->program);
    return 0;
}
