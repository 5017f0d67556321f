/* orxaq route explain: why an attempt asked whom, from the journal. What is printed is read from
 * the same document that --json prints. */
#include "cli/cli.h"

#include "cli/version.h"
#include "data/json.h"
#include "run/attempt.h"

typedef struct explaining {
    orx_cli *c;
    orx_attempt_row attempt;
    orx_call_row *calls;
    int call_count;
    const orx_node *plan; /* of route.planned, or NULL: there was nothing to decide */
    const orx_node *held; /* of a route.held after the attempt, or NULL */
    orx_node *left;       /* bodies of route.failover: what the attempt went on from, and why */
    orx_node *list;       /* of candidates, those of the plan first */
    int64_t ranks;
} explaining;

/* ---- Reading --------------------------------------------------------------------------------- */

static const orx_node *body_of(orx_cli *c, const orx_event_row *row) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *body = NULL;
    if (orx_event_body(c->store, row, &text, NULL) < 0 || !text.len ||
        orx_json_parse(&c->arena, "event", orx_str_view(&text), &orx_limits_data, &body, NULL) < 0)
        return NULL;
    return body;
}

static bool take_planned(const orx_event_row *row, void *user) {
    explaining *e = user;
    e->plan = body_of(e->c, row);
    return true;
}

static bool take_failover(const orx_event_row *row, void *user) {
    explaining *e = user;
    const orx_node *body = body_of(e->c, row);
    if (body)
        orx_node_push(e->left, orx_node_copy(&e->c->arena, body));
    return true;
}

static bool take_held(const orx_event_row *row, void *user) {
    explaining *e = user;
    if (row->wall_ns >= e->attempt.ended_wall_ns)
        e->held = body_of(e->c, row);
    return true;
}

/* Either an attempt, *ret_id then, or a task. */
static int question(const orx_cli *c, int64_t *ret_id, orx_err *err) {
    bool task = orx_cli_option(c, "task") != NULL;
    if (task == (c->arg_count > 0))
        return orx_err_set(
            err, ORX_E_USAGE,
            "give the number of an attempt (`%s attempt list` shows them), or --task "
            "with the id of a task for its newest",
            c->program);
    if (!task && (!orx_view_to_i64(orx_view_of(c->args[0]), ret_id) || *ret_id <= 0))
        return orx_err_set(err, ORX_E_USAGE,
                           "an attempt is named by its number, not \"%s\"; `%s attempt list` shows "
                           "them",
                           c->args[0], c->program);
    return 0;
}

/* The newest attempt of a task; its id stays 0 when there is none but the task waits. */
static int find_newest(explaining *e, const char *task, orx_err *err) {
    orx_cli *c = e->c;
    orx_attempt_row *rows = NULL;
    int n = orx_attempt_list(c->store, task, 1, &c->arena, &rows, err);
    if (n > 0)
        e->attempt = rows[0];
    const orx_event_filter f = {
        .kind_prefix = "route.held", .task = task, .limit = 1, .newest = true};
    int rc = n < 0 ? n : orx_event_each(c->store, &f, take_held, e, err);
    if (rc == 0 && !n && !e->held)
        return orx_err_set(err, ORX_E_NOT_FOUND, "task \"%s\" was never attempted", task);
    return rc;
}

static int read_attempt(explaining *e, int64_t id, orx_err *err) {
    orx_cli *c = e->c;
    int rc = id ? orx_attempt_get(c->store, id, &c->arena, &e->attempt, err)
                : find_newest(e, orx_cli_option(c, "task"), err);
    if (rc < 0 || !e->attempt.id)
        return rc;
    const orx_event_filter f = {.kind_prefix = "route.planned", .attempt = e->attempt.id};
    const orx_event_filter over = {.kind_prefix = "route.failover", .attempt = e->attempt.id};
    e->left = orx_node_new(&c->arena, ORX_ARRAY);
    rc = orx_event_each(c->store, &f, take_planned, e, err);
    if (rc == 0)
        rc = orx_event_each(c->store, &over, take_failover, e, err);
    e->call_count =
        rc < 0 ? rc : orx_attempt_calls(c->store, e->attempt.id, &c->arena, &e->calls, err);
    return e->call_count < 0 ? e->call_count : 0;
}

/* ---- Candidates ------------------------------------------------------------------------------ */

static orx_node *find(explaining *e, const char *deployment) {
    for (orx_node *n = e->list->u.child.first; n; n = n->next)
        if (strcmp(orx_node_str(orx_node_get(n, "deployment"), ""), deployment) == 0)
            return n;
    orx_node *n = orx_node_new(&e->c->arena, ORX_OBJECT);
    orx_node_set_str(&e->c->arena, n, "deployment", deployment);
    orx_node_push(e->list, n);
    return n;
}

/* The first word about a candidate stands. */
static void decide(explaining *e, orx_node *n, const char *state, const char *why) {
    if (orx_node_get(n, "state"))
        return;
    orx_node_set_str(&e->c->arena, n, "state", state);
    orx_node_set_str(&e->c->arena, n, "why", why);
}

static const char *name_of(explaining *e, const char *provider, const char *model) {
    return *model ? orx_arena_printf(&e->c->arena, "%s/%s", provider, model) : provider;
}

static const orx_call_row *call_of(explaining *e, const char *deployment) {
    for (int i = 0; i < e->call_count; i++)
        if (strcmp(name_of(e, e->calls[i].provider, e->calls[i].model_asked), deployment) == 0)
            return &e->calls[i];
    return NULL;
}

/* Why no call was made though its turn came, or NULL: it did not. */
static const char *why_not_called(const explaining *e, const char *deployment) {
    ORX_NODE_EACH(e->left, over) {
        if (strcmp(orx_node_str(orx_node_get(over, "from"), ""), deployment) == 0)
            return strcmp(orx_node_str(orx_node_get(over, "why"), ""), "budget") == 0
                       ? "the budget did not allow it"
                       : "it took no call";
    }
    return strcmp(e->attempt.reason, "capacity") == 0 ? "it took no call" : NULL;
}

/* list: of fallbacks, or "" */
static void add_ranked(explaining *e, const char *deployment, const char *list) {
    orx_node *n = find(e, deployment);
    const orx_call_row *call = call_of(e, deployment);
    if (orx_node_get(n, "state"))
        return;
    orx_node_set_int(&e->c->arena, n, "rank", ++e->ranks);
    if (*list)
        orx_node_set_str(&e->c->arena, n, "list", list);
    if (!call) {
        const char *why = why_not_called(e, deployment);
        decide(e, n, why ? "turned_away" : "not_asked", why ? why : "its turn did not come");
        return;
    }
    orx_node_set_int(&e->c->arena, n, "call", call->id);
    decide(e, n, "asked", call->kind < 0 ? "not ended" : orx_outcome_kind_name(call->kind));
}

static void add_steps(explaining *e, const orx_node *steps) {
    ORX_NODE_EACH(steps, step) {
        const char *deployment = orx_node_str(orx_node_get(step, "deployment"), "");
        const char *skipped = orx_node_str(orx_node_get(step, "skipped"), NULL);
        if (skipped)
            decide(e, find(e, deployment), "not_allowed", skipped);
        else
            add_ranked(e, deployment, orx_node_str(orx_node_get(step, "list"), ""));
    }
}

static void add_scored(explaining *e) {
    ORX_NODE_EACH(orx_node_get(e->plan, "candidates"), from) {
        orx_node *n = find(e, orx_node_str(orx_node_get(from, "deployment"), ""));
        const orx_node *score = orx_node_get(from, "score");
        const char *why = orx_node_str(orx_node_get(from, "why"), "");
        orx_node_set_int(&e->c->arena, n, "calls_before",
                         orx_node_int(orx_node_get(from, "calls"), 0));
        if (score)
            orx_node_set(&e->c->arena, n, "score", orx_node_copy(&e->c->arena, score));
        if (*why)
            orx_node_set_str(&e->c->arena, n, "score_why", why);
        decide(e, n, "not_chosen", "not in the plan of the router");
    }
}

static void add_left_out(explaining *e, const orx_node *filtered) {
    ORX_NODE_EACH(filtered, from) {
        orx_node *n = find(e, orx_node_str(orx_node_get(from, "deployment"), ""));
        const orx_node *wait = orx_node_get(from, "wait_ms");
        if (wait)
            orx_node_set_int(&e->c->arena, n, "wait_ms", orx_node_int(wait, 0));
        decide(e, n, "filtered", orx_node_str(orx_node_get(from, "why"), ""));
    }
}

static void add_dropped(explaining *e) {
    ORX_NODE_EACH(orx_node_get(e->plan, "dropped"), model) {
        const char *name = name_of(e, e->attempt.provider, orx_node_str(model, ""));
        decide(e, find(e, name), "filtered", "not_served");
    }
}

static void add_candidates(explaining *e) {
    const orx_node *plain = orx_node_get(e->plan, "static");
    if (e->plan) /* a router's plan in the order in which it was used */
        add_steps(e, orx_node_get(e->plan, "used"));
    if (e->plan)
        add_steps(e, plain ? plain : orx_node_get(e->plan, "plan"));
    if (e->plan)
        add_steps(e, orx_node_get(e->plan, "fallbacks"));
    for (int i = 0; i < e->call_count; i++)
        add_ranked(e, name_of(e, e->calls[i].provider, e->calls[i].model_asked), "");
    if (!e->plan && !e->call_count && e->attempt.id)
        add_ranked(e, e->attempt.provider, "");
    add_left_out(e, orx_node_get(e->plan, "filtered"));
    add_scored(e);
    add_dropped(e);
    if (!e->attempt.id)
        add_left_out(e, orx_node_get(e->held, "filtered"));
}

/* Where the deployments are configured, as far as they still are. */
static void add_sources(explaining *e) {
    for (orx_node *n = e->list->u.child.first; n; n = n->next) {
        orx_view rest = orx_view_of(orx_node_str(orx_node_get(n, "deployment"), ""));
        orx_view name;
        (void)orx_view_split(&rest, '/', &name);
        for (size_t i = 0; i < e->c->cfg->provider_count; i++) {
            const orx_provider_config *p = &e->c->cfg->providers[i];
            if (orx_view_is(name, p->name))
                orx_node_set_str(&e->c->arena, n, "source", p->where);
        }
    }
}

/* ---- The explanation ------------------------------------------------------------------------- */

static void copy(explaining *e, orx_node *to, const orx_node *from, const char *key) {
    const orx_node *value = orx_node_get(from, key);
    if (value)
        orx_node_set(&e->c->arena, to, key, orx_node_copy(&e->c->arena, value));
}

static void set_router(explaining *e, orx_node *n) {
    static const char *const members[] = {"wanted",       "reason", "objective", "propensity",
                                          "seed",         "error",  "decision",  "embedding",
                                          "switched_off", "network"};
    orx_arena *a = &e->c->arena;
    bool routed = orx_node_get(e->plan, "router") && !orx_node_get(e->plan, "static");
    orx_node_set_str(a, n, "decided_by", !e->plan ? "nobody" : routed ? "router" : "static");
    copy(e, n, e->plan, "router");
    copy(e, n, e->plan, "plugin");
    if (routed)
        copy(e, n, e->plan, "version");
    else
        orx_node_set_str(a, n, "version", ORX_VERSION);
    for (size_t i = 0; i < ORX_ARRAY_LEN(members); i++)
        copy(e, n, e->plan, members[i]);
}

static orx_node *explanation(explaining *e) {
    orx_arena *a = &e->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    const orx_attempt_row *at = &e->attempt;
    e->list = orx_node_new(a, ORX_ARRAY);
    add_candidates(e);
    add_sources(e);
    if (at->id) {
        orx_node_set_int(a, n, "attempt", at->id);
        orx_node_set_str(a, n, "task", at->task);
        orx_node_set_str(a, n, "lane", at->lane);
        orx_node_set_str(a, n, "verdict", at->verdict);
        orx_node_set_str(a, n, "verdict_reason", at->reason);
        set_router(e, n);
    } else {
        orx_node_set_str(a, n, "task", orx_cli_option(e->c, "task"));
    }
    orx_node_set(a, n, "candidates", e->list);
    if (e->held)
        orx_node_set(a, n, "held", orx_node_copy(a, e->held));
    return n;
}

/* ---- For people ------------------------------------------------------------------------------ */

static const char *text_of(const orx_node *n, const char *key) {
    return orx_node_str(orx_node_get(n, key), "");
}

/* Which vector the router went by, or why there was none. */
static void print_embedding(const orx_node *e) {
    const char *from = text_of(e, "from");
    if (!e)
        return;
    orx_cli_printf("embedding  %s, %lld numbers",
                   *text_of(e, "source") ? text_of(e, "source") : "from outside",
                   (long long)orx_node_int(orx_node_get(e, "dimensions"), 0));
    if (*from)
        orx_cli_printf(", from the %s", from);
    if (*text_of(e, "reason"))
        orx_cli_printf(": none, %s (%s)", text_of(e, "reason"), text_of(e, "problem"));
    orx_cli_printf("\n");
}

static void print_router(const orx_node *n) {
    const char *by = text_of(n, "decided_by");
    const orx_node *decision = orx_node_get(n, "decision");
    const orx_node *network = orx_node_get(n, "network");
    if (strcmp(by, "nobody") == 0)
        orx_cli_printf("decided    nothing: there was one candidate\n");
    else if (strcmp(by, "router") == 0)
        orx_cli_printf("decided    by router %s (%s %s): %s, objective %s, propensity %g\n",
                       text_of(n, "router"), text_of(n, "plugin"), text_of(n, "version"),
                       text_of(n, "reason"), text_of(n, "objective"),
                       orx_node_num(orx_node_get(n, "propensity"), 1));
    else
        orx_cli_printf("decided    by the static order: %s\n", text_of(n, "reason"));
    print_embedding(orx_node_get(n, "embedding"));
    if (*text_of(n, "wanted"))
        orx_cli_printf("asked for  %s\n", text_of(n, "wanted"));
    if (*text_of(n, "switched_off"))
        orx_cli_printf("because    routers were switched off: %s\n", text_of(n, "switched_off"));
    if (*text_of(n, "error"))
        orx_cli_printf("because    router %s could not: %s\n", text_of(n, "router"),
                       text_of(n, "error"));
    if (network)
        orx_cli_printf("network    %s since %s (%lld of %lld reachable); the task reads %s: %s\n",
                       text_of(network, "state"), text_of(network, "since"),
                       (long long)orx_node_int(orx_node_get(network, "reachable"), 0),
                       (long long)orx_node_int(orx_node_get(network, "asked"), 0),
                       text_of(network, "effort"), text_of(network, "order"));
    if (decision && *text_of(decision, "router_error"))
        orx_cli_printf("because    the routing service could not: %s\n",
                       text_of(decision, "router_error"));
}

static const char *number_cell(orx_cli *c, const orx_node *n, const char *key) {
    const orx_node *value = orx_node_get(n, key);
    return value ? orx_arena_printf(&c->arena, "%g", orx_node_num(value, 0)) : "-";
}

static const char *why_cell(orx_cli *c, const orx_node *n) {
    const orx_node *wait = orx_node_get(n, "wait_ms");
    const char *score = text_of(n, "score_why");
    const char *why = text_of(n, "why");
    if (wait)
        why = orx_arena_printf(&c->arena, "%s, for %s more", why,
                               orx_cli_duration(c, orx_node_int(wait, 0) * ORX_MS));
    if (!*score)
        score = text_of(n, "list");
    return *score ? orx_arena_printf(&c->arena, "%s (%s)", why, score) : why;
}

/* The last column is of use only where there are two files. */
static void print_candidates(orx_cli *c, const orx_node *list) {
    static const char *const more[] = {"RANK", "CANDIDATE", "SCORE", "WHAT", "WHY", "SOURCE", NULL};
    static const char *const titles[] = {"RANK", "CANDIDATE", "SCORE", "WHAT", "WHY", NULL};
    orx_table *t = orx_table_new(c, c->cfg->route.litellm_file ? more : titles);
    ORX_NODE_EACH(list, n) {
        const char *state = text_of(n, "state");
        const char *cells[] = {number_cell(c, n, "rank"),
                               text_of(n, "deployment"),
                               number_cell(c, n, "score"),
                               state,
                               why_cell(c, n),
                               text_of(n, "source")};
        orx_table_row(t, cells, strcmp(state, "asked") == 0 ? "32" : NULL);
    }
    orx_table_print(t);
}

static void print(orx_cli *c, const explaining *e, const orx_node *n) {
    const orx_attempt_row *at = &e->attempt;
    if (at->id) {
        orx_cli_printf("attempt    %lld: task %s, attempt %lld of it, lane %s\n", (long long)at->id,
                       at->task, (long long)at->number, at->lane);
        orx_cli_printf("result     %s%s%s\n", *at->verdict ? at->verdict : orx_step_name(at->step),
                       *at->reason ? ": " : "", at->reason);
        print_router(n);
    }
    if (e->held)
        orx_cli_printf(
            "waits      tasks of %s: nothing that could do them took a call for %s\n",
            text_of(e->held, "owner"),
            orx_cli_duration(c, orx_node_int(orx_node_get(e->held, "wait_ms"), 0) * ORX_MS));
    orx_cli_printf("\n");
    print_candidates(c, e->list);
}

int orx_cmd_route_explain(orx_cli *c, orx_err *err) {
    explaining e = {.c = c};
    int64_t id = 0;
    int rc = question(c, &id, err);
    if (rc == 0)
        rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_store(c, ORX_STORE_READ_ONLY, err);
    if (rc == 0)
        rc = read_attempt(&e, id, err);
    if (rc < 0)
        return rc;
    const orx_node *n = explanation(&e);
    if (c->json)
        orx_cli_json(c, n);
    else
        print(c, &e, n);
    return ORX_EXIT_OK;
}
