/* orxaq attempt replay: does today's driver read a record as it was read then? */
#include "cli/cli.h"

#include "data/json.h"
#include "run/record_replay.h"
#include "run/records.h"

typedef struct printing {
    orx_cli *c;
    orx_node *differences; /* for JSON */
    orx_node *usage;
    const orx_node *outcome;
    int64_t said;
} printing;

/* Members of a line as a tree. */
static orx_node *tree_of(printing *g, orx_view members) {
    orx_arena *a = &g->c->arena;
    const orx_node *n = NULL;
    const char *text = orx_arena_printf(a, "{%.*s}", ORX_VIEW_ARG(members));
    if (orx_json_parse(a, "record", orx_view_of(text), &orx_limits_data, &n, NULL) < 0)
        return orx_node_new_str(a, members);
    return orx_node_copy(a, n);
}

static void on_event(void *user, const char *kind, orx_view members) {
    printing *g = user;
    bool outcome = strcmp(kind, "outcome") == 0;
    g->said += !outcome;
    if (outcome)
        g->outcome = tree_of(g, members);
    else if (strcmp(kind, "usage") == 0 && g->usage->count < 1000)
        orx_node_push(g->usage, tree_of(g, members));
}

static void on_difference(void *user, const char *what, orx_view recorded, orx_view now) {
    printing *g = user;
    orx_arena *a = &g->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "what", what);
    orx_node_set(a, n, "recorded", orx_node_new_str(a, recorded));
    orx_node_set(a, n, "now", orx_node_new_str(a, now));
    orx_node_push(g->differences, n);
    if (g->c->json)
        return;
    orx_cli_printf("%s: %s differs\n", orx_cli_paint(g->c, "31", "!!"), what);
    orx_cli_printf("  recorded: %.*s\n", ORX_VIEW_ARG(recorded.len ? recorded : orx_view_of("-")));
    orx_cli_printf("  now:      %.*s\n", ORX_VIEW_ARG(now.len ? now : orx_view_of("-")));
}

static void print_tree(const char *title, const orx_node *n) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    if (!n)
        return;
    orx_json_write(&text, n, ORX_JSON_OURS);
    orx_cli_printf("%s%s\n", title, orx_str_cstr(&text));
}

static void print_text(printing *g, int64_t call, const orx_replay_result *r) {
    ORX_NODE_EACH(g->usage, u) {
        print_tree("usage    ", u);
    }
    print_tree("outcome  ", g->outcome);
    if (r->gap)
        orx_cli_printf("%lld bytes of output are not in the record: only the outcome was compared "
                       "behind them\n",
                       (long long)r->gap);
    if (!r->complete)
        orx_cli_printf("the record breaks off: the call did not end, or its end was lost\n");
    orx_cli_printf("call %lld: %s (%lld reports now, %lld compared)\n", (long long)call,
                   r->same ? orx_cli_paint(g->c, "32", "as recorded")
                           : orx_cli_paint(g->c, "31", "not as recorded"),
                   (long long)g->said, (long long)r->events);
}

static orx_node *result_node(printing *g, int64_t call, const orx_replay_result *r) {
    orx_arena *a = &g->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_int(a, n, "call", call);
    orx_node_set_bool(a, n, "same", r->same);
    orx_node_set_bool(a, n, "complete", r->complete);
    orx_node_set_int(a, n, "gap_bytes", r->gap);
    orx_node_set_int(a, n, "reports", g->said);
    orx_node_set_int(a, n, "compared", r->events);
    orx_node_set(a, n, "usage", g->usage);
    if (g->outcome)
        orx_node_set(a, n, "outcome", orx_node_copy(a, g->outcome));
    orx_node_set(a, n, "differences", g->differences);
    return n;
}

/* 1 = as recorded, 0 = not. */
static int replay_call(orx_cli *c, int64_t attempt, int64_t call, orx_node *list, orx_err *err) {
    printing g = {.c = c,
                  .differences = orx_node_new(&c->arena, ORX_ARRAY),
                  .usage = orx_node_new(&c->arena, ORX_ARRAY)};
    const orx_replay_setup setup = {.p = c->p,
                                    .cfg = c->cfg,
                                    .plugins = c->plugins,
                                    .attempt = attempt,
                                    .call = call,
                                    .event = on_event,
                                    .differs = on_difference,
                                    .user = &g};
    orx_replay_result result;
    int rc = orx_record_replay(&setup, &result, err);
    if (rc < 0)
        return rc;
    if (c->json)
        orx_node_push(list, result_node(&g, call, &result));
    else
        print_text(&g, call, &result);
    return result.same;
}

int orx_cmd_attempt_replay(orx_cli *c, orx_err *err) {
    int64_t id = 0;
    int64_t *calls = NULL;
    if (!orx_view_to_i64(orx_view_of(c->args[0]), &id) || id <= 0)
        return orx_err_set(err, ORX_E_USAGE,
                           "an attempt is named by its number, not \"%s\"; `%s attempt list` shows "
                           "them",
                           c->args[0], c->program);
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_plugins(c, err);
    int n =
        rc < 0 ? rc : orx_record_calls(c->p, c->cfg->paths.state_dir, id, &c->arena, &calls, err);
    if (n == 0)
        return orx_err_set(err, ORX_E_NOT_FOUND,
                           "attempt %lld has no record: it was removed with age or size "
                           "(recording.keep_days, recording.keep_bytes), or there was no such "
                           "attempt",
                           (long long)id);
    orx_node *list = orx_node_new(&c->arena, ORX_ARRAY);
    bool same = true;
    for (int i = 0; i < n; i++) {
        rc = replay_call(c, id, calls[i], list, err);
        if (rc < 0)
            return rc;
        same = same && rc;
    }
    if (c->json)
        orx_cli_json(c, list);
    return n < 0 ? n : same ? ORX_EXIT_OK : ORX_EXIT_FAILED;
}
