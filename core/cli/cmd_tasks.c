/* orxaq tasks: list, show, add, reset. */
#include "cli/cli.h"

#include "platform/files.h"
#include "platform/terminal.h"
#include "run/attempt.h"
#include "run/lane_lock.h"

/* ---- list ------------------------------------------------------------------------------------ */

static orx_node *texts(orx_arena *a, const char *const *list) {
    orx_node *n = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; list && list[i]; i++)
        orx_node_push(n, orx_node_new_str(a, orx_view_of(list[i])));
    return n;
}

static orx_node *task_node(orx_arena *a, const orx_task_row *t) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "id", t->id);
    orx_node_set_str(a, n, "lane", t->lane);
    orx_node_set_str(a, n, "owner", t->owner);
    orx_node_set_int(a, n, "priority", t->priority);
    orx_node_set_str(a, n, "title", t->title);
    if (*t->model)
        orx_node_set_str(a, n, "model", t->model);
    orx_node_set_str(a, n, "status", t->status);
    orx_node_set_bool(a, n, "backlog", t->backlog);
    orx_node_set_bool(a, n, "listed", t->present);
    orx_node_set_int(a, n, "attempts", t->attempts);
    orx_node_set_int(a, n, "retryable_failures", t->retryable_failures);
    orx_node_set_int(a, n, "waiting_on", t->waiting_on);
    orx_node_set(a, n, "depends_on", texts(a, t->depends_on));
    orx_node_set_str(a, n, "not_before", t->not_before);
    orx_node_set_str(a, n, "last_update", t->last_update);
    orx_node_set_str(a, n, "last_summary", t->last_summary);
    orx_node_set_str(a, n, "last_error", t->last_error);
    return n;
}

typedef struct listing {
    orx_cli *c;
    orx_node *json;
    orx_table *table;
} listing;

static const char *color_of(const char *status) {
    if (strcmp(status, "done") == 0)
        return "32";
    return strcmp(status, "blocked") == 0 ? "31" : NULL;
}

static const char *waits_for(orx_cli *c, const orx_task_row *t) {
    if (!t->present)
        return "no longer listed";
    if (strcmp(t->status, "pending") != 0)
        return "";
    if (t->waiting_on)
        return orx_arena_printf(&c->arena, "%lld task%s", (long long)t->waiting_on,
                                t->waiting_on == 1 ? "" : "s");
    return t->not_before;
}

static bool list_task(const orx_task_row *t, void *user) {
    listing *l = user;
    orx_cli *c = l->c;
    if (c->json) {
        orx_node_push(l->json, task_node(&c->arena, t));
        return true;
    }
    const char *cells[] = {t->id,
                           t->status,
                           t->owner,
                           orx_arena_printf(&c->arena, "%lld", (long long)t->priority),
                           orx_arena_printf(&c->arena, "%lld", (long long)t->attempts),
                           waits_for(c, t),
                           orx_arena_printf(&c->arena, "%.60s", t->title)};
    orx_table_row(l->table, cells, color_of(t->status));
    return true;
}

static int check_status(const char *status, orx_err *err) {
    static const char *const words[] = {"pending", "in_progress", "done", "blocked"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        if (strcmp(status, words[i]) == 0)
            return 0;
    return orx_err_set(err, ORX_E_USAGE,
                       "--status is pending, in_progress, done or blocked, not \"%s\"", status);
}

static int open_reading(orx_cli *c, orx_err *err) {
    int rc = orx_cli_config(c, err);
    return rc < 0 ? rc : orx_cli_store(c, ORX_STORE_READ_ONLY, err);
}

int orx_cmd_tasks_list(orx_cli *c, orx_err *err) {
    static const char *const titles[] = {"TASK",  "STATE",     "OWNER", "PRIORITY",
                                         "TRIES", "WAITS FOR", "TITLE", NULL};
    const char *status = orx_cli_option(c, "status");
    int rc = status ? check_status(status, err) : 0;
    if (rc == 0)
        rc = open_reading(c, err);
    if (rc < 0)
        return rc;
    listing l = {
        .c = c, .json = orx_node_new(&c->arena, ORX_ARRAY), .table = orx_table_new(c, titles)};
    rc = orx_task_each(c->store, NULL, status, list_task, &l, err);
    if (rc < 0)
        return rc;
    if (c->json)
        orx_cli_json(c, l.json);
    else
        orx_table_print(l.table);
    return ORX_EXIT_OK;
}

/* ---- show ------------------------------------------------------------------------------------ */

static void show_lines(const char *title, const char *const *list) {
    for (size_t i = 0; list && list[i]; i++)
        orx_cli_printf("%-12s %s\n", i ? "" : title, list[i]);
}

static void show_task(orx_cli *c, const orx_task_row *t) {
    orx_cli_printf("%-12s %s\n%-12s %s\n%-12s %s, priority %lld%s\n%-12s %s, %lld attempt%s\n",
                   "task", orx_cli_paint(c, "1", t->id), "title", t->title, "owner", t->owner,
                   (long long)t->priority, t->backlog ? ", backlog" : "", "state", t->status,
                   (long long)t->attempts, t->attempts == 1 ? "" : "s");
    if (*t->model)
        orx_cli_printf("%-12s %s\n", "model", t->model);
    if (*t->not_before)
        orx_cli_printf("%-12s %s\n", "not before", t->not_before);
    show_lines("depends on", t->depends_on);
    show_lines("acceptance", t->acceptance);
    if (*t->last_summary)
        orx_cli_printf("%-12s %s\n", "summary", t->last_summary);
    if (*t->last_error)
        orx_cli_printf("%-12s %s\n", "error", t->last_error);
    orx_cli_printf("\n%s\n", t->description);
}

static void show_attempt(orx_cli *c, const orx_attempt_row *a) {
    orx_cli_printf("\n%-12s #%lld (id %lld) by %s%s%s: %s%s%s\n", "last attempt",
                   (long long)a->number, (long long)a->id, a->provider, *a->model ? "/" : "",
                   a->model, *a->verdict ? a->verdict : orx_step_name(a->step),
                   *a->reason ? ", " : "", a->reason);
    if (*a->commit)
        orx_cli_printf("%-12s %s in %s\n", "commit", a->commit, a->repo);
    if (*a->parked)
        orx_cli_printf("%-12s %s in %s\n", "parked work", a->parked, a->repo);
    if (a->input_tokens >= 0 || a->output_tokens >= 0)
        orx_cli_printf("%-12s %s in, %s out\n", "tokens", orx_cli_count(c, a->input_tokens),
                       orx_cli_count(c, a->output_tokens));
}

static void set_number(orx_arena *a, orx_node *n, const char *key, int64_t value) {
    if (value < 0)
        orx_node_set(a, n, key, orx_node_new(a, ORX_NULL));
    else
        orx_node_set_int(a, n, key, value);
}

/* null = nobody stated any. */
static void set_spent(orx_arena *a, orx_node *n, const orx_attempt_row *row) {
    set_number(a, n, "input_tokens", row->input_tokens);
    set_number(a, n, "output_tokens", row->output_tokens);
    set_number(a, n, "cost_nano_usd", row->cost_nano_usd);
}

static orx_node *attempt_node(orx_arena *a, const orx_attempt_row *row) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_int(a, n, "id", row->id);
    orx_node_set_int(a, n, "number", row->number);
    orx_node_set_str(a, n, "provider", row->provider);
    orx_node_set_str(a, n, "model", row->model);
    orx_node_set_str(a, n, "verdict", row->verdict);
    orx_node_set_str(a, n, "reason", row->reason);
    orx_node_set_str(a, n, "commit", row->commit);
    orx_node_set_str(a, n, "parked", row->parked);
    set_spent(a, n, row);
    return n;
}

static void set_attempts(orx_cli *c, orx_node *n, const orx_task_row *t) {
    orx_attempt_row last = {0};
    orx_attempt_row all = {0};
    if (orx_attempt_last(c->store, t->lane, t->id, &c->arena, &last, NULL) < 0 ||
        orx_attempt_totals(c->store, t->lane, t->id, &all, NULL) < 0)
        return;
    orx_node_set(&c->arena, n, "last_attempt", attempt_node(&c->arena, &last));
    orx_node *spent = orx_node_new(&c->arena, ORX_OBJECT);
    set_spent(&c->arena, spent, &all);
    orx_node_set(&c->arena, n, "spent", spent);
}

int orx_cmd_tasks_show(orx_cli *c, orx_err *err) {
    orx_task_row t = {.model = "", .not_before = "", .last_summary = "", .last_error = ""};
    orx_attempt_row a = {0};
    int rc = open_reading(c, err);
    if (rc == 0)
        rc = orx_task_get(c->store, orx_run_lane(c->cfg), c->args[0], &c->arena, &t, err);
    if (rc < 0)
        return rc;
    if (c->json) {
        orx_node *n = task_node(&c->arena, &t);
        orx_node_set_str(&c->arena, n, "description", t.description);
        orx_node_set(&c->arena, n, "acceptance", texts(&c->arena, t.acceptance));
        set_attempts(c, n, &t);
        orx_cli_json(c, n);
        return ORX_EXIT_OK;
    }
    show_task(c, &t);
    if (orx_attempt_last(c->store, t.lane, t.id, &c->arena, &a, NULL) == 0)
        show_attempt(c, &a);
    return ORX_EXIT_OK;
}

/* ---- add ------------------------------------------------------------------------------------- */

/* All values given for an option that may be repeated. */
static orx_node *all_given(orx_cli *c, const char *name) {
    orx_node *n = orx_node_new(&c->arena, ORX_ARRAY);
    for (size_t i = 0; i < c->option_count; i++)
        if (strcmp(c->options[i].name, name) == 0)
            orx_node_push(n, orx_node_new_str(&c->arena, orx_view_of(c->options[i].value)));
    return n;
}

static const char *given_or(orx_cli *c, const char *name, const char *otherwise) {
    const char *v = orx_cli_option(c, name);
    return v ? v : otherwise;
}

/* The task as a document, so that it goes through the same checks as a tasks file. */
static orx_node *document(orx_cli *c) {
    orx_arena *a = &c->arena;
    char *title = orx_arena_strdup(a, c->args[0]);
    for (char *p = title; *p; p++)
        if (*p == '-')
            *p = ' ';
    const char *shown = given_or(c, "title", title);
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "id", c->args[0]);
    orx_node_set_str(a, n, "owner", given_or(c, "owner", "codex"));
    orx_node_set_str(a, n, "priority", given_or(c, "priority", "5"));
    orx_node_set_str(a, n, "title", shown);
    orx_node_set_str(a, n, "description", given_or(c, "description", shown));
    if (orx_cli_option(c, "model"))
        orx_node_set_str(a, n, "model", orx_cli_option(c, "model"));
    orx_node_set(a, n, "depends_on", all_given(c, "after"));
    orx_node_set(a, n, "acceptance", all_given(c, "accept"));
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    orx_node_push(list, n);
    return list;
}

/* Dependencies of an added task must exist now: nobody would notice a misspelt one. */
static int check_dependencies(orx_cli *c, const orx_task *t, orx_err *err) {
    for (size_t i = 0; t->depends_on[i]; i++) {
        orx_task_row row;
        int rc =
            orx_task_get(c->store, orx_run_lane(c->cfg), t->depends_on[i], &c->arena, &row, err);
        if (rc < 0)
            return orx_err_wrap(err, "--after");
    }
    return 0;
}

int orx_cmd_tasks_add(orx_cli *c, orx_err *err) {
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_store(c, ORX_STORE_CREATE, err);
    if (rc == 0 && orx_exists(c->p, c->cfg->paths.tasks_file))
        rc = orx_run_load_tasks(c->p, c->cfg, c->store, err);
    if (rc < 0)
        return rc;
    const orx_task_load_options options = {.owners = orx_config_owners(c->cfg),
                                           .dangling_ok = true};
    orx_task_list list;
    orx_task_row row;
    rc = orx_task_load(&c->arena, "command line", document(c), &options, &list, err);
    if (rc < 0)
        return rc;
    const char *lane = orx_run_lane(c->cfg);
    /* One that is known by its name only gets its description, and keeps its state. */
    if (orx_task_get(c->store, lane, c->args[0], &c->arena, &row, NULL) == 0 && row.present)
        return orx_err_set(err, ORX_E_EXISTS, "a task \"%s\" exists already (%s)", row.id,
                           row.status);
    rc = check_dependencies(c, &list.items[0], err);
    if (rc == 0)
        rc = orx_task_sync(c->store, lane, "cli", &list, err);
    if (rc < 0)
        return rc;
    if (!c->quiet)
        orx_cli_printf("added %s\n", c->args[0]);
    return ORX_EXIT_OK;
}

/* ---- reset ----------------------------------------------------------------------------------- */

typedef struct resetting {
    orx_cli *c;
    orx_node *ids;
} resetting;

static bool collect(const orx_task_row *t, void *user) {
    resetting *r = user;
    if (strcmp(t->status, "done") != 0 && t->present)
        orx_node_push(r->ids, orx_node_new_str(&r->c->arena, orx_view_of(t->id)));
    return true;
}

static int reset_all(orx_cli *c, const orx_node *ids, orx_err *err) {
    int rc = orx_tx_begin(c->store, err);
    ORX_NODE_EACH(ids, id) {
        if (rc == 0)
            rc = orx_task_reset(c->store, orx_run_lane(c->cfg), id->u.s.p, "reset by the operator",
                                err);
        const orx_event e = {.kind = "task.reset", .schema = 1, .task = id->u.s.p};
        if (rc == 0)
            rc = orx_event_append(c->store, &e, NULL, err);
    }
    if (rc < 0) {
        orx_tx_rollback(c->store);
        return rc;
    }
    return orx_tx_commit(c->store, err);
}

/* A task that is running must not be reset under the runner's hands, nor one whose run was killed
 * before that is put right. */
static int refuse_running(orx_cli *c, const orx_node *ids, orx_err *err) {
    const char *lock = orx_lane_lock_file(c->cfg, orx_run_lane(c->cfg), &c->arena);
    orx_lane_holder holder;
    const char *first = orx_lane_lock_held(c->p, lock, &holder)
                            ? "stop the run first"
                            : "its run was killed, and `orxaq run` puts that right first";
    ORX_NODE_EACH(ids, id) {
        orx_task_row row;
        int rc = orx_task_get(c->store, orx_run_lane(c->cfg), id->u.s.p, &c->arena, &row, err);
        if (rc < 0)
            return rc;
        if (strcmp(row.status, "in_progress") == 0)
            return orx_err_set(err, ORX_E_CONFLICT, "task \"%s\" is in progress; %s", row.id,
                               first);
    }
    return 0;
}

int orx_cmd_tasks_reset(orx_cli *c, orx_err *err) {
    bool all = orx_cli_option(c, "all") != NULL;
    if (all == (c->arg_count > 0))
        return orx_err_set(err, ORX_E_USAGE, "name the tasks to reset, or use --all");
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_store(c, 0, err);
    if (rc < 0)
        return rc;
    resetting r = {.c = c, .ids = orx_node_new(&c->arena, ORX_ARRAY)};
    if (all)
        rc = orx_task_each(c->store, orx_run_lane(c->cfg), NULL, collect, &r, err);
    for (int i = 0; i < c->arg_count; i++)
        orx_node_push(r.ids, orx_node_new_str(&c->arena, orx_view_of(c->args[i])));
    if (rc == 0)
        rc = refuse_running(c, r.ids, err);
    if (rc == 0)
        rc = reset_all(c, r.ids, err);
    if (rc < 0)
        return rc;
    if (!c->quiet)
        orx_cli_printf("reset %u task%s\n", r.ids->count, r.ids->count == 1 ? "" : "s");
    return ORX_EXIT_OK;
}

/* ---- the whole queue ------------------------------------------------------------------------- */

static bool collect_every(const orx_task_row *t, void *user) {
    resetting *r = user;
    if (t->present)
        orx_node_push(r->ids, orx_node_new_str(&r->c->arena, orx_view_of(t->id)));
    return true;
}

/* Only a person, or somebody who says so, throws away what was reached. */
static int ask(orx_cli *c, uint32_t tasks, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str answer = {0};
    if (orx_cli_option(c, "yes"))
        return 0;
    const char *question =
        orx_arena_printf(&c->arena,
                         "Every one of the %u tasks of %s would be pending again, those that are "
                         "done too. Go on? [y/N] ",
                         tasks, c->cfg->root);
    if (!orx_terminal_ask(question, 16, &answer))
        return orx_err_set(err, ORX_E_USAGE,
                           "nobody can be asked whether %u tasks are to be reset; --yes says so",
                           tasks);
    orx_view said = orx_view_trim(orx_str_view(&answer));
    if (orx_view_is(said, "y") || orx_view_is(said, "yes"))
        return 0;
    return orx_err_set(err, ORX_E_CANCELLED, "nothing was reset");
}

int orx_cmd_reset(orx_cli *c, orx_err *err) {
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_store(c, 0, err);
    resetting r = {.c = c, .ids = orx_node_new(&c->arena, ORX_ARRAY)};
    if (rc == 0)
        rc = orx_task_each(c->store, orx_run_lane(c->cfg), NULL, collect_every, &r, err);
    if (rc == 0 && orx_file_is_locked(c->p, c->cfg->paths.lock_file))
        rc = orx_err_set(err, ORX_E_BUSY,
                         "the primary runner is at work; `orxaq stop primary` ends it first");
    if (rc == 0)
        rc = refuse_running(c, r.ids, err);
    if (rc == 0)
        rc = ask(c, r.ids->count, err);
    if (rc == 0)
        rc = reset_all(c, r.ids, err);
    if (rc < 0)
        return rc;
    if (!c->quiet)
        orx_cli_printf("reset %u task%s; %s follows\n", r.ids->count, r.ids->count == 1 ? "" : "s",
                       c->cfg->paths.state_file);
    return ORX_EXIT_OK;
}
