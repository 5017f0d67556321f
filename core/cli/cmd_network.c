/* orxaq network-watch: one look at whether models elsewhere can be reached, for all who route. */
#include "cli/endpoint_files.h"

#include "fleet/connectivity.h"
#include "fleet/reach.h"
#include "platform/files.h"
#include "route/deployments.h"
#include "route/network_row.h"

#include <orxaq/event.h>

#define CALLS_NS (60 * ORX_SEC) /* so long a call says something about the network */

typedef struct watching {
    orx_cli *c;
    const char *config;
    const char *output;
    orx_reaches reaches;
    orx_node *ladder; /* {PROVIDER: set of rungs} */
    orx_network_row row;
} watching;

/* ---- What there is to know ------------------------------------------------------------------- */

static int ask(watching *w, orx_err *err) {
    orx_cli *c = w->c;
    const orx_endpoint_source source = orx_ep_source(c, w->config);
    orx_endpoints list = {0};
    orx_connectivity_sum sum = {0};
    const orx_node *doc = NULL;
    int64_t timeout_ns = 0;
    int rc = orx_ep_timeout(c, 6, &timeout_ns, err);
    if (rc == 0)
        rc = orx_ep_read(c, w->config, &doc, err);
    if (rc == 0)
        rc = orx_endpoints_read(&source, doc, &c->arena, &list, err);
    if (rc == 0)
        orx_reach_add_report(
            &w->reaches,
            orx_connectivity_check(c->p, w->config, &list, timeout_ns, &c->arena, &sum), &c->arena);
    orx_vec_free(&list);
    return rc;
}

/* 1: it answered, whatever it said; 0: it could not be reached; -1: that says neither. */
static int says(int64_t kind) {
    switch (kind) {
    case ORXAQ_KIND_OK:
    case ORXAQ_KIND_AUTH:
    case ORXAQ_KIND_RATE_LIMIT:
    case ORXAQ_KIND_QUOTA:
    case ORXAQ_KIND_OVERLOADED:
    case ORXAQ_KIND_BAD_MODEL:
    case ORXAQ_KIND_CONTEXT_TOO_LONG:
    case ORXAQ_KIND_REFUSED:
        return 1;
    case ORXAQ_KIND_NETWORK:
        return 0;
    default:
        return -1;
    }
}

/* A program that knows its vendor's address by itself counts under its own name. */
static void add_call(watching *w, const orx_deployment_row *row) {
    const orx_provider_config *p = orx_config_provider(w->c->cfg, row->provider);
    int64_t age = orx_wall_ns(w->c->p) - row->updated;
    int there = says(row->last_kind);
    if (!p || orx_place_of(p) != ORX_PLACE_HOSTED || there < 0 || age < 0 || age > CALLS_NS)
        return;
    orx_reach_add(&w->reaches,
                  &(orx_reach){.name = p->name,
                               .address = *row->endpoint ? row->endpoint : row->provider,
                               .reachable = there > 0,
                               .why = there ? "" : "its last call did not reach it"});
}

static int add_calls(watching *w, orx_err *err) {
    orx_deployment_rows rows = {0};
    int rc = orx_deployments_read(w->c->store, NULL, &w->c->arena, &rows, err);
    for (size_t i = 0; i < rows.count; i++)
        add_call(w, &rows.items[i]);
    return rc;
}

/* ---- The ladder ------------------------------------------------------------------------------ */

static void add_rung(watching *w, const orx_node *lane) {
    orx_arena *a = &w->c->arena;
    unsigned n =
        lane->key.len == 2 && lane->key.p[0] == 'L' ? (unsigned)(lane->key.p[1] - '0') : ORX_RUNGS;
    if (n >= ORX_RUNGS)
        return;
    ORX_NODE_EACH(lane, name) {
        const char *provider = orx_node_str(name, "");
        int64_t had = orx_node_int(orx_node_get(w->ladder, provider), 0);
        if (orx_config_provider(w->c->cfg, provider))
            orx_node_set_int(a, w->ladder, provider, had | ORX_RUNG(n));
    }
}

/* What a profile made; without one the places say enough. A broken file is told of and left out. */
static void read_ladder(watching *w) {
    orx_err why = ORX_ERR_INIT;
    const char *path = orx_ep_path(w->c, "config/router.active.yaml");
    const orx_node *doc = NULL;
    w->ladder = orx_node_new(&w->c->arena, ORX_OBJECT);
    if (!orx_exists(w->c->p, path))
        return;
    if (orx_ep_read(w->c, path, &doc, &why) < 0)
        orx_cli_complain("%s", why.msg);
    ORX_NODE_EACH(orx_node_get(doc, "lanes"), lane)
    add_rung(w, lane);
}

/* ---- The look -------------------------------------------------------------------------------- */

static int take_in(watching *w, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str rungs = {0};
    bool now = orx_cli_option(w->c, "now") != NULL;
    if (!w->reaches.len)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s: expected at least one endpoint in another network: those of one's "
                           "own say nothing about the way to others",
                           w->config);
    orx_json_write(&rungs, w->ladder, ORX_JSON_PY_LINE);
    return orx_network_look(w->c->store, orx_reach_count(&w->reaches), (int64_t)w->reaches.len,
                            orx_arena_dup(&w->c->arena, orx_str_view(&rungs)), now, &w->c->arena,
                            &w->row, err);
}

static orx_node *server_nodes(const watching *w) {
    orx_arena *a = &w->c->arena;
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < w->reaches.len; i++) {
        const orx_reach *r = &w->reaches.items[i];
        orx_node *n = orx_node_new(a, ORX_OBJECT);
        orx_node_set_str(a, n, "name", r->name);
        orx_node_set_str(a, n, "address", r->address);
        orx_node_set_bool(a, n, "reachable", r->reachable);
        orx_node_set_str(a, n, "error", r->why);
        orx_node_push(list, n);
    }
    return list;
}

static orx_node *words(orx_arena *a, const char *order) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    orx_view rest = orx_view_of(order), word;
    while (rest.len) {
        (void)orx_view_split(&rest, ' ', &word);
        orx_node_push(list, orx_node_new_str(a, word));
    }
    return list;
}

static orx_node *order_nodes(const watching *w) {
    orx_arena *a = &w->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    for (int i = 0; i < ORX_EFFORTS; i++)
        orx_node_set(a, n, orx_effort_word((orx_effort)i),
                     words(a, orx_network_order(w->row.m.state, (orx_effort)i)));
    return n;
}

/* Where each provider of the configuration stands. */
static orx_node *provider_nodes(const watching *w) {
    orx_arena *a = &w->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    for (size_t i = 0; i < w->c->cfg->provider_count; i++) {
        const orx_provider_config *p = &w->c->cfg->providers[i];
        orx_node *one = orx_node_new(a, ORX_OBJECT);
        orx_node *rungs = orx_node_new(a, ORX_ARRAY);
        for (unsigned k = 0; k < ORX_RUNGS; k++)
            if (orx_network_rungs(w->ladder, p) & ORX_RUNG(k))
                orx_node_push(rungs,
                              orx_node_new_str(a, orx_view_of(orx_arena_printf(a, "L%u", k))));
        orx_node_set_str(a, one, "place", orx_place_word(orx_place_of(p)));
        orx_node_set(a, one, "lanes", rungs);
        if (p->enabled)
            orx_node_set(a, n, p->name, one);
    }
    return n;
}

static orx_node *document(const watching *w) {
    char now[ORX_ISO_MAX];
    orx_arena *a = &w->c->arena;
    orx_node *n = orx_network_node(&w->row, a);
    orx_iso_time(w->row.at_ns, now);
    orx_node_set_str(a, n, "schema_version", "network-state.v1");
    orx_node_set_str(a, n, "generated_at_utc", now);
    orx_node_set_str(a, n, "config_path", w->config);
    orx_node_set_str(a, n, "look",
                     orx_network_word(orx_network_of(w->row.reachable, w->row.asked)));
    orx_node_set_int(a, n, "differing_looks", w->row.m.differing);
    orx_node_set(a, n, "servers", server_nodes(w));
    orx_node_set(a, n, "orders", order_nodes(w));
    orx_node_set(a, n, "providers", provider_nodes(w));
    return n;
}

static void show(orx_cli *c, const orx_node *doc) {
    static const char *const titles[] = {"SERVER", "STATE", "WHAT", NULL};
    const char *state = orx_node_str(orx_node_get(doc, "state"), "");
    const char *look = orx_node_str(orx_node_get(doc, "look"), "");
    if (c->json || !c->terminal) {
        orx_ep_print(c, doc);
        return;
    }
    orx_table *t = orx_table_new(c, titles);
    ORX_NODE_EACH(orx_node_get(doc, "servers"), n) {
        bool there = orx_node_bool(orx_node_get(n, "reachable"), false);
        const char *const cells[] = {orx_node_str(orx_node_get(n, "name"), ""),
                                     there ? "reachable" : "not reachable",
                                     orx_node_str(orx_node_get(n, "error"), "")};
        orx_table_row(t, cells, there ? "32" : "31");
    }
    orx_table_print(t);
    orx_cli_printf("\n%s since %s\n", state, orx_node_str(orx_node_get(doc, "since"), ""));
    if (strcmp(state, look) != 0)
        orx_cli_printf("this look says %s; another one like it makes it so (--now: at once)\n",
                       look);
}

static int watch(watching *w, orx_err *err) {
    int rc = ask(w, err);
    if (rc == 0)
        rc = orx_cli_store(w->c, ORX_STORE_CREATE, err);
    if (rc == 0)
        rc = add_calls(w, err);
    read_ladder(w);
    if (rc == 0)
        rc = take_in(w, err);
    if (rc < 0)
        return rc;
    const orx_node *doc = document(w);
    rc = orx_ep_write(w->c, w->output, doc, ORX_JSON_PY_INDENT, err);
    if (rc < 0)
        return rc;
    show(w->c, doc);
    return w->c->strict && w->row.m.state != ORX_NETWORK_ONLINE ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}

int orx_cmd_network_watch(orx_cli *c, orx_err *err) {
    watching w = {.c = c};
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    w.config = orx_ep_path(c, orx_ep_option(c, "config", "config/litellm_swarm_router.json"));
    w.output = orx_ep_path(c, orx_ep_option(c, "output", "artifacts/network_state.json"));
    rc = watch(&w, err);
    orx_vec_free(&w.reaches);
    return rc;
}
