/* The table at the end of a run. */
#include "cli/cli.h"

#include "run/attempt.h"

#define SUMMARY_ROWS 40

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
