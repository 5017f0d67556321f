/* orxaq project recover: a damaged journal made good, and what of it is lost. */
#include "cli/cli.h"

#include "run/salvage.h"

#define SHOWN 20

/* ---- For people ------------------------------------------------------------------------------ */

static void print_lost_events(const orx_salvage_report *r) {
    int64_t n = 0;
    for (size_t i = 0; i < r->lost.len; i++)
        n += r->lost.items[i].last - r->lost.items[i].first + 1;
    if (!n) {
        orx_cli_printf("lost       no event\n");
        return;
    }
    orx_cli_printf("lost       %lld event%s:", (long long)n, n == 1 ? "" : "s");
    for (size_t i = 0; i < r->lost.len && i < SHOWN; i++) {
        const orx_salvage_range *g = &r->lost.items[i];
        if (g->first == g->last)
            orx_cli_printf(" %lld", (long long)g->first);
        else
            orx_cli_printf(" %lld-%lld", (long long)g->first, (long long)g->last);
    }
    orx_cli_printf("%s\n", r->lost.len > SHOWN ? " ..." : "");
}

static void print_tables(const orx_salvage_report *r) {
    for (size_t i = 0; i < r->tables.len; i++) {
        const orx_salvage_table *t = &r->tables.items[i];
        if (t->gone)
            orx_cli_printf("table      %s: could not be read at all\n", t->name);
        else
            orx_cli_printf("table      %s: %lld rows read, not all could be\n", t->name,
                           (long long)t->rows);
    }
}

static void print_lost_attempts(const orx_run_salvaged *r) {
    if (!r->lost_attempts[0])
        return;
    orx_cli_printf("attempts   of which nothing is left, not even a record:");
    int n = 0;
    for (; r->lost_attempts[n] && n < SHOWN; n++)
        orx_cli_printf(" %lld", (long long)r->lost_attempts[n]);
    orx_cli_printf("%s\n", r->lost_attempts[n] ? " ..." : "");
}

static void print_text(orx_cli *c, const orx_run_salvaged *r) {
    const orx_salvage_report *s = &r->store;
    orx_cli_printf("found      %s\n", s->found);
    orx_cli_printf("read       %s (left as it is)\n", s->source ? s->source : "no damaged file");
    orx_cli_printf("events     %lld read, %lld of them moved to state/segments",
                   (long long)s->events, (long long)s->exported);
    if (s->wrong)
        orx_cli_printf(", %lld left out because their hash is wrong", (long long)s->wrong);
    orx_cli_printf("\n");
    print_lost_events(s);
    print_tables(s);
    orx_cli_printf("tasks      %lld; from the tasks file again %lld, state from state.json %lld, "
                   "from attempts %lld, done by a commit's trailers %lld\n",
                   (long long)r->tasks, (long long)r->tasks_from_file,
                   (long long)r->tasks_from_state, (long long)r->tasks_from_attempts,
                   (long long)r->tasks_from_commits);
    orx_cli_printf("attempts   %lld; from records %lld (%lld calls), from commits %lld\n",
                   (long long)r->attempts, (long long)r->attempts_from_records,
                   (long long)r->calls_from_records, (long long)r->attempts_from_commits);
    print_lost_attempts(r);
    for (size_t i = 0; r->bare[i] && i < SHOWN; i++)
        orx_cli_printf("task       %s is known by its name only: add it again\n", r->bare[i]);
    for (size_t i = 0; r->notes[i]; i++)
        orx_cli_printf("note       %s\n", r->notes[i]);
    orx_cli_printf("%s: `%s run` goes on from here\n",
                   orx_cli_paint(c, "32", "a new journal is in place"), c->program);
}

/* ---- For programs ---------------------------------------------------------------------------- */

static orx_node *list_of(orx_arena *a, const char *const *texts) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (; *texts; texts++)
        orx_node_push(list, orx_node_new_str(a, orx_view_of(*texts)));
    return list;
}

static void add_store(orx_arena *a, orx_node *n, const orx_salvage_report *s) {
    orx_node *lost = orx_node_new(a, ORX_ARRAY);
    orx_node *tables = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < s->lost.len; i++) {
        orx_node *range = orx_node_new(a, ORX_ARRAY);
        orx_node_push(range, orx_node_new_int(a, s->lost.items[i].first));
        orx_node_push(range, orx_node_new_int(a, s->lost.items[i].last));
        orx_node_push(lost, range);
    }
    for (size_t i = 0; i < s->tables.len; i++) {
        orx_node *t = orx_node_new(a, ORX_OBJECT);
        orx_node_set_str(a, t, "name", s->tables.items[i].name);
        orx_node_set_int(a, t, "rows", s->tables.items[i].rows);
        orx_node_set_bool(a, t, "gone", s->tables.items[i].gone);
        orx_node_push(tables, t);
    }
    orx_node_set_str(a, n, "found", s->found);
    orx_node_set_str(a, n, "source", s->source ? s->source : "");
    orx_node_set_int(a, n, "events", s->events);
    orx_node_set_int(a, n, "events_wrong", s->wrong);
    orx_node_set_int(a, n, "events_exported", s->exported);
    orx_node_set(a, n, "events_lost", lost);
    orx_node_set(a, n, "damaged_tables", tables);
}

static void print_json(orx_cli *c, const orx_run_salvaged *r) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *lost = orx_node_new(a, ORX_ARRAY);
    orx_node_set_bool(a, n, "sound", r->sound);
    if (!r->sound) {
        add_store(a, n, &r->store);
        for (size_t i = 0; r->lost_attempts[i]; i++)
            orx_node_push(lost, orx_node_new_int(a, r->lost_attempts[i]));
        orx_node_set_int(a, n, "tasks", r->tasks);
        orx_node_set_int(a, n, "tasks_from_file", r->tasks_from_file);
        orx_node_set_int(a, n, "tasks_from_state", r->tasks_from_state);
        orx_node_set_int(a, n, "tasks_from_attempts", r->tasks_from_attempts);
        orx_node_set_int(a, n, "tasks_from_commits", r->tasks_from_commits);
        orx_node_set(a, n, "tasks_by_name_only", list_of(a, r->bare));
        orx_node_set_int(a, n, "attempts", r->attempts);
        orx_node_set_int(a, n, "attempts_from_records", r->attempts_from_records);
        orx_node_set_int(a, n, "calls_from_records", r->calls_from_records);
        orx_node_set_int(a, n, "attempts_from_commits", r->attempts_from_commits);
        orx_node_set(a, n, "attempts_lost", lost);
        orx_node_set(a, n, "notes", list_of(a, r->notes));
    }
    orx_cli_json(c, n);
}

int orx_cmd_project_recover(orx_cli *c, orx_err *err) {
    orx_run_salvaged r = {.sound = true};
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_run_salvage(c->p, c->cfg, orx_cli_rooms, &c->arena, &r, err);
    if (rc < 0)
        return rc;
    if (c->json)
        print_json(c, &r);
    else if (r.sound)
        orx_cli_printf("the journal is sound (%lld events): nothing to recover\n",
                       (long long)r.events);
    else
        print_text(c, &r);
    return ORX_EXIT_OK;
}
