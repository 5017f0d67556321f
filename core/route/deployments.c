/* Calls that are admitted to deployments and end. */
#include "route/internal.h"

/* ---- Looking --------------------------------------------------------------------------------- */

static bool by_calls_under_way(orx_gate gate) {
    return gate == ORX_GATE_IN_FLIGHT || gate == ORX_GATE_PROBING;
}

orx_gate orx_deployments_gate(orx_store *s, const orx_deployment_rows *rows,
                              const orx_deployment_ref *ref, int64_t tokens, int64_t *ret_wait_ns) {
    orx_deployment_row *row = orx_deployments_find(rows, ref->provider, ref->model);
    orx_deployment d = {.at = 0};
    int64_t in_flight = row ? row->in_flight : 0;
    if (row)
        d = row->d;
    orx_deployment_settle(&d, &ref->policy, rows->now);
    orx_gate gate =
        orx_deployment_gate(&d, &ref->policy, in_flight, tokens, rows->now, ret_wait_ns);
    if (!row || !by_calls_under_way(gate) ||
        orx_route_count_alive(s, ref->provider, ref->model, 0, &row->in_flight, NULL) < 0)
        return gate;
    return orx_deployment_gate(&d, &ref->policy, row->in_flight, tokens, rows->now, ret_wait_ns);
}

/* What it takes now that it was left alone for a while. */
static int64_t limit_now(const orx_deployment_row *row, const orx_deployment_policy *policy,
                         int64_t now) {
    orx_deployment d = row->d;
    orx_deployment_settle(&d, policy, now);
    return d.limit;
}

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static void add_capacity(orx_capacity *sum, const orx_deployment_row *row,
                         const orx_deployment_policy *policy, int64_t now) {
    sum->limit += limit_now(row, policy, now);
    sum->ceiling += policy->ceiling;
    sum->signals += row->d.signals;
    sum->last_signal = later(sum->last_signal, row->last_signal);
    sum->last_recovery = later(sum->last_recovery, row->last_recovery);
}

int orx_deployments_capacity(orx_store *s, const orx_config *cfg,
                             const orx_provider_config *provider, const char *model,
                             orx_capacity *ret_capacity, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_deployment_rows rows = {.items = NULL};
    orx_deployment_ref ref;
    orx_capacity sum = {0};
    orx_deployment_ref_of(cfg, provider, "", &arena, &ref);
    int rc = s ? orx_deployments_read(s, provider->name, &arena, &rows, err) : 0;
    if (rc == 0 && s)
        rc = orx_route_count_alive(s, provider->name, model, 0, &sum.running, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < rows.count; i++)
        if (!model || strcmp(rows.items[i].model, model) == 0)
            add_capacity(&sum, &rows.items[i], &ref.policy, rows.now);
    if (!sum.limit)
        sum.limit = sum.ceiling = ref.policy.ceiling;
    *ret_capacity = sum;
    return 0;
}

/* ---- A call begins --------------------------------------------------------------------------- */

/* Whether the call may be made; row is settled. */
static int look(orx_store *s, const orx_deployment_ref *ref, int64_t call, int64_t tokens,
                orx_deployment_row *row, orx_gate *ret_gate, int64_t *ret_wait_ns, orx_err *err) {
    int64_t now = row->d.at;
    *ret_gate =
        orx_deployment_gate(&row->d, &ref->policy, row->in_flight, tokens, now, ret_wait_ns);
    if (!by_calls_under_way(*ret_gate))
        return 0;
    int rc = orx_route_count_alive(s, ref->provider, ref->model, call, &row->in_flight, err);
    *ret_gate =
        orx_deployment_gate(&row->d, &ref->policy, row->in_flight, tokens, now, ret_wait_ns);
    return rc;
}

int orx_deployments_admit(orx_store *s, const orx_deployment_ref *ref, int64_t call, int64_t tokens,
                          orx_gate *ret_gate, int64_t *ret_wait_ns, orx_err *err) {
    orx_deployment_row row;
    bool there;
    orx_gate gate;
    int64_t wait = 0;
    int rc = orx_route_row_get(s, ref, call, &row, &there, err);
    if (rc < 0)
        return rc;
    int64_t now = orx_mono_ns(orx_store_platform(s));
    orx_deployment_settle(&row.d, &ref->policy, now);
    rc = look(s, ref, call, tokens, &row, &gate, &wait, err);
    if (rc < 0)
        return rc;
    if (gate != ORX_GATE_OPEN) {
        *ret_gate = gate;
        *ret_wait_ns = wait;
        return orx_err_set(err, ORX_E_BUSY, "%s takes no further call at present: %s", ref->name,
                           orx_gate_word(gate));
    }
    orx_projection_dirty(s, "capacity_state");
    if (there && !ref->policy.rpm && !ref->policy.tpm)
        return 0;
    orx_deployment_charge(&row.d, &ref->policy, tokens, now);
    row.ceiling = ref->policy.ceiling;
    return orx_route_row_put(s, &row, there, err);
}

/* ---- A call ends ----------------------------------------------------------------------------- */

static void take_notes(orx_deployment_row *row, const orx_deployment_end *end,
                       const orx_deployment_change *change, int64_t wall) {
    orx_signal_kind kind = orx_signal_of(end->kind);
    row->ceiling = end->ref->policy.ceiling;
    row->calls++;
    row->failures += kind != ORX_SIGNAL_NONE && kind != ORX_SIGNAL_GOOD;
    row->last_kind = end->kind;
    row->updated = wall;
    if (change->limit > 0)
        row->last_recovery = wall;
}

int orx_deployments_learn(orx_store *s, const orx_deployment_end *end, orx_err *err) {
    orx_deployment_row row;
    bool there;
    orx_platform *p = orx_store_platform(s);
    int rc = orx_route_row_get(s, end->ref, end->call, &row, &there, err);
    if (rc < 0)
        return rc;
    orx_signal signal = end->signal;
    signal.kind = orx_signal_of(end->kind);
    signal.in_flight = row.in_flight + 1;
    int64_t signals = row.d.signals;
    orx_deployment_change change =
        orx_deployment_learn(&row.d, &end->ref->policy, &signal, orx_mono_ns(p));
    take_notes(&row, end, &change, orx_wall_ns(p));
    if (row.d.signals != signals)
        row.last_signal = row.updated;
    rc = orx_route_row_put(s, &row, there, err);
    if (rc == 0 && (change.limit || change.opened || change.closed)) {
        const orx_capacity_change c = {end, &row, change};
        rc = orx_route_capacity_event(s, &c, err);
    }
    orx_projection_dirty(s, "capacity_state");
    return rc;
}
