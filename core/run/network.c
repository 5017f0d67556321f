#include "run/network.h"

#include "data/json.h"
#include "route/network_row.h"

/* Whoever looks does so every half a minute or so. */
#define AGAIN_NS (5 * ORX_SEC)

int orx_run_network_read(orx_try *t, orx_err *err) {
    orx_network_row *row = ORX_ARENA_NEW(&t->arena, orx_network_row);
    int rc = orx_network_read(t->r->s, &t->arena, row, err);
    bool counts = rc == 0 && row->m.looks && row->fresh && row->m.state != ORX_NETWORK_ONLINE;
    t->network = counts ? row : NULL;
    return rc;
}

bool orx_run_network_shuts(const orx_try *t, const orx_provider_config *p, int64_t *ret_wait_ns) {
    if (!t->network || t->network->m.state != ORX_NETWORK_OFFLINE ||
        orx_place_of(p) != ORX_PLACE_HOSTED)
        return false;
    *ret_wait_ns = AGAIN_NS;
    return true;
}

/* ---- The order ------------------------------------------------------------------------------- */

static orx_effort effort_of(const orx_try *t) {
    orx_effort title = orx_effort_of(orx_view_of(t->task.title));
    orx_effort text = orx_effort_of(orx_view_of(t->task.description));
    return title > text ? title : text;
}

static const orx_node *rungs_of(orx_try *t) {
    const orx_node *rungs = NULL;
    (void)orx_json_parse(&t->arena, "network", orx_view_of(t->network->rungs), &orx_limits_data,
                         &rungs, NULL);
    return rungs;
}

static int rank_of(const orx_try *t, const orx_node *rungs, orx_effort effort,
                   const orx_run_step *step) {
    unsigned own = orx_network_rungs(rungs, step->provider->cfg);
    int rank = orx_network_rank(t->network->m.state, effort, own);
    return step->escalation ? rank + ORX_RUNGS + 1 : rank;
}

/* Equals stay as they were. True: something moved. */
static bool sort(orx_run_step *steps, int *ranks, size_t count) {
    bool moved = false;
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && ranks[k] < ranks[k - 1]; k--) {
            orx_run_step step = steps[k];
            int rank = ranks[k];
            steps[k] = steps[k - 1];
            ranks[k] = ranks[k - 1];
            steps[k - 1] = step;
            ranks[k - 1] = rank;
            moved = true;
        }
    return moved;
}

void orx_run_network_order(orx_try *t) {
    orx_run_plan *plan = &t->plan;
    if (!t->network || plan->count < 2)
        return;
    int *ranks = orx_arena_zalloc(&t->arena, plan->count, sizeof *ranks);
    const orx_node *rungs = rungs_of(t);
    orx_effort effort = effort_of(t);
    for (size_t i = 0; i < plan->count; i++)
        ranks[i] = rank_of(t, rungs, effort, &plan->steps[i]);
    if (!sort(plan->steps, ranks, plan->count))
        return;
    plan->reordered = true;
    plan->decision.selected = plan->steps[0].model;
    plan->decision.reason =
        orx_arena_printf(&t->arena, "network_%s", orx_network_word(t->network->m.state));
    if (!plan->routed)
        plan->reason = plan->decision.reason;
}

orx_node *orx_run_network_node(const orx_try *t, orx_arena *arena) {
    if (!t->network)
        return NULL;
    orx_effort effort = effort_of(t);
    orx_node *n = orx_network_node(t->network, arena);
    orx_node_set_str(arena, n, "effort", orx_effort_word(effort));
    orx_node_set_str(arena, n, "order", orx_network_order(t->network->m.state, effort));
    return n;
}
