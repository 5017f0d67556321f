/* [K] The predecessor's capacity files.
 *
 * It guessed at capacity by looking for words like 429 in the last lines of logs, so pids and
 * fractions of seconds lowered limits, and old lines did again and again. Here every signal is the
 * end of one call. What its keys mean is the same as far as there is such a thing; lanes are
 * counted by their calls under way. */
#include "route/internal.h"

#include "data/json.h"

static int64_t at_least(int64_t least, int64_t n) {
    return n > least ? n : least;
}

static void set_time(orx_arena *a, orx_node *n, const char *key, int64_t wall) {
    char text[ORX_ISO_MAX] = "";
    if (wall)
        orx_iso_time(wall, text);
    orx_node_set_str(a, n, key, text);
}

/* What the state file and a group of the plan have in common. */
static orx_node *group_of(orx_arena *a, const orx_deployment_row *row, int64_t running,
                          int64_t signals_now) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    const struct {
        const char *key;
        int64_t value;
    } counts[] = {{"limit", row->d.limit},
                  {"configured_limit", row->ceiling},
                  {"enabled_lane_count", at_least(1, running)},
                  {"scaling_eligible_lane_count", at_least(1, running)},
                  {"running_count", running},
                  {"signal_total", row->d.signals},
                  {"signal_count_last_cycle", signals_now},
                  {"endpoint_limit", *row->endpoint ? row->ceiling : 0}};
    orx_node_set_str(a, n, "provider", row->provider);
    orx_node_set_str(a, n, "model", *row->model ? row->model : "default");
    orx_node_set_str(a, n, "endpoint_key", row->endpoint);
    for (size_t i = 0; i < ORX_ARRAY_LEN(counts); i++)
        orx_node_set_int(a, n, counts[i].key, counts[i].value);
    set_time(a, n, "last_signal_at", row->last_signal);
    set_time(a, n, "last_recovery_at", row->last_recovery);
    orx_node_set_str(a, n, "endpoint_limit_source", *row->endpoint ? "config" : "");
    return n;
}

/* ---- The state ------------------------------------------------------------------------------- */

static orx_node *state_of(orx_arena *a, const orx_deployment_row *row) {
    bool signalled = row->last_signal && row->last_signal == row->updated;
    orx_node *n = group_of(a, row, row->in_flight, signalled);
    orx_node_set_int(a, n, "stable_cycles", row->d.stable);
    set_time(a, n, "updated_at", row->updated);
    return n;
}

int orx_route_render_state(orx_store *s, void *user ORX_UNUSED, orx_str *out, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_deployment_rows rows;
    int rc = orx_deployments_read(s, NULL, &arena, &rows, err);
    if (rc == 0)
        rc = orx_deployments_verify(s, &rows, err);
    if (rc < 0)
        return rc;
    orx_node *root = orx_node_new(&arena, ORX_OBJECT);
    orx_node *keys = orx_node_new(&arena, ORX_OBJECT);
    for (size_t i = 0; i < rows.count; i++) {
        ORX_CLEANUP(orx_str_free) orx_str key = {0};
        const orx_deployment_row *row = &rows.items[i];
        orx_deployment_key(row->provider, row->model, row->endpoint, &key);
        orx_node_set(&arena, keys, orx_arena_dup(&arena, orx_str_view(&key)),
                     state_of(&arena, row));
    }
    set_time(&arena, root, "timestamp", orx_wall_ns(orx_store_platform(s)));
    orx_node_set(&arena, root, "keys", keys);
    orx_json_write(out, root, ORX_JSON_PY_INDENT);
    orx_str_addc(out, '\n');
    return 0;
}

/* ---- What changed ---------------------------------------------------------------------------- */

static orx_node *signals_of(orx_arena *a, const orx_deployment_end *end) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    if (orx_signal_of(end->kind) == ORX_SIGNAL_GOOD)
        return list;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "lane_id", end->lane);
    orx_node_set_str(a, n, "matched_term", orx_signal_word(orx_signal_of(end->kind)));
    orx_node_set_str(a, n, "sample",
                     orx_arena_printf(a, "call %lld of task %s", (long long)end->call, end->task));
    orx_node_push(list, n);
    return list;
}

/* [K] decision and its reason. */
static void set_decision(orx_arena *a, orx_node *n, int64_t by) {
    static const char *const words[3][2] = {{"decrease", "capacity_signal"},
                                            {"hold", "capacity_signal_hold"},
                                            {"increase", "recovery_window"}};
    const char *const *word = words[1 + (by > 0) - (by < 0)];
    orx_node_set_str(a, n, "decision", word[0]);
    orx_node_set_str(a, n, "decision_reason", word[1]);
}

static void set_breaker(orx_arena *a, orx_node *body, const orx_capacity_change *c) {
    if (!c->change.opened && !c->change.closed)
        return;
    orx_node_set_str(a, body, "breaker", c->change.opened ? "open" : "closed");
    if (c->change.opened)
        orx_node_set_int(a, body, "cooldown_ms", c->row->d.cooldown_ns / ORX_MS);
}

int orx_route_capacity_event(orx_store *s, const orx_capacity_change *c, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    const orx_deployment_row *row = c->row;
    int64_t running = row->in_flight + 1;
    orx_node *signals = signals_of(&arena, c->end);
    orx_node *group = group_of(&arena, row, running, signals->count);
    orx_deployment_key(row->provider, row->model, row->endpoint, &key);
    orx_node_set_str(&arena, group, "parallel_key", orx_str_cstr(&key));
    orx_node_set_int(&arena, group, "effective_limit", row->d.limit);
    orx_node_set_int(&arena, group, "overflow_count", at_least(0, running - row->d.limit));
    orx_node_set_int(&arena, group, "signal_count", signals->count);
    orx_node_set(&arena, group, "signals", signals);
    set_decision(&arena, group, c->change.limit);
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "deployment", c->end->ref->name);
    orx_node_set_str(&arena, body, "lane", c->end->lane);
    orx_node_set_str(&arena, body, "why", orx_signal_word(orx_signal_of(c->end->kind)));
    set_breaker(&arena, body, c);
    orx_node_set(&arena, body, "group", group);
    const orx_event e = {.kind = "route.capacity",
                         .schema = 1,
                         .task = c->end->task,
                         .attempt = c->end->attempt,
                         .call = c->end->call,
                         .body = body};
    return orx_event_append(s, &e, NULL, err);
}

/* ---- The log --------------------------------------------------------------------------------- */

/* Where the state lies beside the log, as far as one can tell from here. */
#define STATE_FILE "parallel_capacity_state.json"

static orx_node *payload_of(orx_arena *a, const orx_node *body) {
    orx_node *payload = orx_node_new(a, ORX_OBJECT);
    orx_node *groups = orx_node_new(a, ORX_ARRAY);
    orx_node_push(groups, orx_node_copy(a, orx_node_get(body, "group")));
    orx_node_set_str(a, payload, "operation", "ensure");
    orx_node_set_str(a, payload, "requested_lane", orx_node_str(orx_node_get(body, "lane"), ""));
    orx_node_set_str(a, payload, "state_file", STATE_FILE);
    orx_node_set(a, payload, "groups", groups);
    return payload;
}

int orx_route_capacity_row(orx_store *s, void *user ORX_UNUSED, const orx_event_row *event,
                           orx_str *out, orx_err *err) {
    if (!orx_view_is(event->kind, "route.capacity"))
        return 0;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *body = NULL;
    int rc = orx_event_body(s, event, &text, err);
    if (rc == 0)
        rc = orx_json_parse(&arena, "route.capacity", orx_str_view(&text), &orx_limits_data, &body,
                            err);
    if (rc < 0)
        return rc;
    if (!orx_node_get(body, "group"))
        return 0;
    orx_node *row = orx_node_new(&arena, ORX_OBJECT);
    set_time(&arena, row, "timestamp", event->wall_ns);
    orx_node_set_str(&arena, row, "event_type", "parallel_capacity_plan");
    orx_node_set(&arena, row, "payload", payload_of(&arena, body));
    orx_json_write(out, row, ORX_JSON_PY_LINE);
    orx_str_addc(out, '\n');
    return 0;
}
