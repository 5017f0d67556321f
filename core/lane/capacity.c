#include "lane/capacity.h"

#include "base/address.h"

/* ---- Buckets --------------------------------------------------------------------------------- */

static const char *model_of(const orx_lane *lane, const orx_provider_config *p) {
    const char *own = lane->model                          ? lane->model
                      : strcmp(lane->owner, "codex") == 0  ? lane->codex_model
                      : strcmp(lane->owner, "gemini") == 0 ? lane->gemini_model
                      : strcmp(lane->owner, "claude") == 0 ? lane->claude_model
                                                           : NULL;
    return own ? own : p ? p->model : NULL;
}

/* [K] owner, model and, for a server, its address. */
static orx_lane_bucket bucket_of(const orx_lane_buckets *b, const orx_lane *lane,
                                 const orx_provider_config *p, const char *server) {
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    ORX_CLEANUP(orx_str_free) orx_str address = {0};
    const char *model = model_of(lane, p);
    orx_deployment_ref ref = {.endpoint = ""};
    model = model ? model : "";
    if (server)
        (void)orx_address_key(orx_view_of(server), &address);
    else if (p)
        orx_deployment_ref_of(b->cfg, p, model, b->arena, &ref);
    if (address.len)
        ref.endpoint = orx_arena_dup(b->arena, orx_str_view(&address));
    orx_deployment_key(lane->owner, model, ref.endpoint, &key);
    return (orx_lane_bucket){.key = orx_arena_dup(b->arena, orx_str_view(&key)),
                             .provider = lane->owner,
                             .model = *model ? model : "default",
                             .endpoint = ref.endpoint};
}

static orx_lane_bucket *begin(orx_lane_buckets *b, const orx_lane_bucket *of,
                              const orx_provider_config *p, const char *server) {
    orx_lane_bucket *bucket = ORX_ARENA_NEW(b->arena, orx_lane_bucket);
    const char *model = strcmp(of->model, "default") == 0 ? "" : of->model;
    *bucket = *of;
    const orx_provider_config asked = server ? orx_lane_stand_in(b, p, server) : *p;
    bucket->known =
        orx_deployments_capacity(b->store, b->cfg, &asked, model, &bucket->capacity, NULL) == 0;
    orx_map_put(&b->by_key, orx_view_of(bucket->key), bucket);
    orx_vec_push(&b->list, bucket);
    return bucket;
}

orx_lane_bucket orx_lane_buckets_add(orx_lane_buckets *b, const orx_lane *lane, bool running,
                                     bool eligible) {
    const orx_provider_config *p = orx_config_provider(b->cfg, lane->owner);
    const char *server = orx_lane_server_of(b, lane, p);
    const orx_lane_bucket of = bucket_of(b, lane, p, server);
    if (!p || !lane->enabled)
        return of;
    orx_lane_bucket *bucket = orx_map_get(&b->by_key, orx_view_of(of.key));
    if (!bucket)
        bucket = begin(b, &of, p, server);
    bucket->lanes++;
    bucket->running += running;
    bucket->eligible += eligible;
    const orx_lane_member member = {lane->id, bucket};
    orx_vec_push(&b->members, member);
    return of;
}

void orx_lane_buckets_free(orx_lane_buckets *b) {
    orx_map_free(&b->by_key);
    orx_vec_free(&b->list);
    orx_vec_free(&b->members);
}

/* ---- Documents ------------------------------------------------------------------------------- */

static void put_time(orx_arena *a, orx_node *n, const char *key, int64_t wall_ns) {
    char text[ORX_ISO_MAX] = "";
    if (wall_ns)
        orx_iso_time(wall_ns, text);
    orx_node_set_str(a, n, key, text);
}

static void put_count(orx_arena *a, orx_node *n, const char *key, bool known, int64_t value) {
    orx_node_set(a, n, key, known ? orx_node_new_int(a, value) : orx_node_new(a, ORX_NULL));
}

static orx_node *new_group(const orx_lane_buckets *b, const orx_lane_bucket *k) {
    orx_arena *a = b->arena;
    const orx_capacity *c = &k->capacity;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "parallel_key", k->key);
    orx_node_set_str(a, n, "provider", k->provider);
    orx_node_set_str(a, n, "model", k->model);
    orx_node_set_str(a, n, "endpoint_key", k->endpoint);
    orx_node_set_int(a, n, "running_count", k->running);
    put_count(a, n, "calls", k->known, c->running);
    put_count(a, n, "configured_limit", k->known, c->ceiling);
    put_count(a, n, "effective_limit", k->known, c->limit);
    put_count(a, n, "signal_total", k->known, c->signals);
    put_time(a, n, "last_signal_at", c->last_signal);
    put_time(a, n, "last_recovery_at", c->last_recovery);
    return n;
}

static orx_node *new_block(const orx_lane_buckets *b, int64_t now_ns) {
    orx_node *n = orx_node_new(b->arena, ORX_OBJECT);
    put_time(b->arena, n, "timestamp", now_ns);
    orx_node_set_str(b->arena, n, "state_file", b->cfg->paths.capacity_state_file);
    orx_node_set_str(b->arena, n, "log_file", b->cfg->paths.capacity_log_file);
    return n;
}

orx_node *orx_lane_buckets_node(const orx_lane_buckets *b, int64_t now_ns) {
    orx_arena *a = b->arena;
    orx_node *n = new_block(b, now_ns);
    orx_node *groups = orx_node_new(a, ORX_ARRAY);
    orx_node *by_key = orx_node_new(a, ORX_OBJECT);
    bool ok = true;
    for (size_t i = 0; i < b->list.len; i++) {
        const orx_lane_bucket *k = b->list.items[i];
        const orx_capacity *c = &k->capacity;
        orx_node *g = new_group(b, k);
        orx_node_set_int(a, g, "lane_count", k->lanes);
        orx_node_set_bool(a, g, "at_limit", k->known && c->running >= c->limit);
        orx_node_set_bool(a, g, "over_limit", k->known && c->running > c->limit);
        orx_node_push(groups, g);
        orx_node_add(a, by_key, k->key, orx_node_copy(a, g));
        ok = ok && k->known;
    }
    orx_node_set(a, n, "groups", groups);
    orx_node_set(a, n, "by_key", by_key);
    orx_node_set_bool(a, n, "ok", ok);
    return n;
}

/* ---- The plan -------------------------------------------------------------------------------- */

static const char *reason_of(const orx_capacity *c) {
    if (c->running > c->limit)
        return "running_above_limit";
    if (c->limit >= c->ceiling)
        return "at_configured_limit";
    return c->last_recovery > c->last_signal ? "recovery_window" : "capacity_signal_hold";
}

static orx_node *plan_group(const orx_lane_buckets *b, const orx_lane_bucket *k) {
    orx_arena *a = b->arena;
    const orx_capacity *c = &k->capacity;
    orx_node *n = new_group(b, k);
    bool bounded = k->known && *k->endpoint;
    put_count(a, n, "limit", k->known, c->limit);
    put_count(a, n, "overflow_count", k->known, c->running > c->limit ? c->running - c->limit : 0);
    orx_node_set_int(a, n, "enabled_lane_count", k->lanes);
    orx_node_set_int(a, n, "scaling_eligible_lane_count", k->eligible);
    orx_node_set_int(a, n, "endpoint_limit", bounded ? c->ceiling : 0);
    orx_node_set_str(a, n, "endpoint_limit_source", bounded ? "config" : "");
    orx_node_set_str(a, n, "decision", k->known ? "hold" : "unknown");
    orx_node_set_str(a, n, "decision_reason", k->known ? reason_of(c) : "capacity_unreadable");
    return n;
}

static orx_node *member_node(const orx_lane_buckets *b, const orx_lane_bucket *k) {
    orx_node *n = orx_node_new(b->arena, ORX_OBJECT);
    orx_node_set_str(b->arena, n, "parallel_key", k->key);
    put_count(b->arena, n, "effective_limit", k->known, k->capacity.limit);
    return n;
}

orx_node *orx_lane_buckets_plan(const orx_lane_buckets *b, const char *operation,
                                const char *requested, int64_t now_ns) {
    orx_arena *a = b->arena;
    orx_node *n = new_block(b, now_ns);
    orx_node *groups = orx_node_new(a, ORX_OBJECT);
    for (size_t i = 0; i < b->list.len; i++)
        orx_node_add(a, groups, b->list.items[i]->key, plan_group(b, b->list.items[i]));
    orx_node *by_lane = orx_node_new(a, ORX_OBJECT);
    for (size_t i = 0; i < b->members.len; i++)
        orx_node_add(a, by_lane, b->members.items[i].lane,
                     member_node(b, b->members.items[i].bucket));
    orx_node_set_str(a, n, "operation", operation);
    orx_node_set_str(a, n, "requested_lane", requested);
    orx_node_set(a, n, "groups", groups);
    orx_node_set(a, n, "by_lane", by_lane);
    return n;
}
