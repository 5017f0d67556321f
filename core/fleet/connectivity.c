#include "fleet/connectivity.h"

#include "fleet/url.h"

#include <math.h>

static orx_ask ask_of(orx_arena *arena, const orx_endpoint *e, int64_t timeout_ns) {
    return (orx_ask){.url = orx_url_join(arena, e->base, e->path),
                     .auth = e->auth,
                     .key = e->key,
                     .user_agent = "orxaq-autonomy/model-router-connectivity",
                     .headers = e->headers,
                     .header_count = e->header_count,
                     .timeout_ns = timeout_ns,
                     .plain_http = e->plain_http};
}

/* ---- One endpoint ---------------------------------------------------------------------------- */

static void put_shown(orx_arena *a, orx_node *n, const char *key, const orx_ask *ask,
                      const char *text) {
    orx_node_set_str(a, n, key, orx_ask_shown(ask, orx_view_of(text), a));
}

static void put_answer(orx_arena *a, orx_node *n, const orx_answer *answer) {
    const orx_ask_list *models = answer->data.list ? &answer->data : &answer->models;
    double ms = nearbyint((double)answer->latency_ns / 1e3) / 1e3;
    const char *error = answer->text;
    if (answer->http)
        error = orx_arena_printf(a, "http_%d:%s", answer->status, answer->text);
    orx_node_set_bool(a, n, "ok", answer->ok);
    orx_node_set_int(a, n, "status_code", answer->status);
    orx_node_set_int(a, n, "model_count", models->count);
    orx_node_set(a, n, "latency_ms", orx_node_new_double(a, ms));
    orx_node_set_str(a, n, "error", error);
}

static orx_node *row_of(orx_arena *a, const orx_endpoint *e, const orx_ask *ask,
                        const orx_answer *answer) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    bool configured = e->auth == ORX_ASK_OPEN || (e->key && *e->key);
    orx_node_set_str(a, n, "id", e->id);
    orx_node_set_str(a, n, "provider", e->provider);
    put_shown(a, n, "api_base", ask, e->base);
    orx_node_set_bool(a, n, "required", e->required);
    put_shown(a, n, "healthcheck_url", ask, ask->url);
    put_shown(a, n, "healthcheck_path", ask, e->path);
    orx_node_set(a, n, "model_names", e->models);
    put_answer(a, n, answer);
    orx_node_set_str(a, n, "auth_mode", e->auth_word);
    orx_node_set_bool(a, n, "auth_configured", configured);
    return n;
}

/* ---- All ------------------------------------------------------------------------------------- */

static void count(orx_connectivity_sum *s, const orx_endpoint *e, const orx_answer *answer) {
    s->total++;
    s->required += e->required;
    s->required_down += e->required && !answer->ok;
    s->optional_down += !e->required && !answer->ok;
}

/* [K] the counters stand at the top and again in summary. */
static void put_counters(orx_arena *a, orx_node *n, const orx_connectivity_sum *s) {
    int64_t optional = s->total - s->required;
    bool any = s->total > 0;
    orx_node_set_int(a, n, "endpoint_total", s->total);
    orx_node_set_int(a, n, "endpoint_required_total", s->required);
    orx_node_set_int(a, n, "endpoint_optional_total", optional);
    orx_node_set_int(a, n, "endpoint_healthy", s->required - s->required_down);
    orx_node_set_int(a, n, "endpoint_unhealthy", s->required_down);
    orx_node_set_int(a, n, "optional_endpoint_healthy", optional - s->optional_down);
    orx_node_set_int(a, n, "optional_endpoint_unhealthy", s->optional_down);
    orx_node_set_bool(a, n, "all_healthy", any && s->required_down == 0);
    orx_node_set_bool(a, n, "all_endpoints_healthy",
                      any && s->required_down + s->optional_down == 0);
}

static orx_node *report_of(orx_platform *p, const char *config_path, orx_arena *a, orx_node *rows,
                           const orx_connectivity_sum *s) {
    char now[ORX_ISO_MAX];
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *summary = orx_node_new(a, ORX_OBJECT);
    orx_iso_time(orx_wall_ns(p), now);
    orx_node_set_str(a, n, "schema_version", "model-router-connectivity.v1");
    orx_node_set_str(a, n, "generated_at_utc", now);
    orx_node_set_str(a, n, "config_path", config_path);
    orx_node_set_str(a, n, "router", "litellm");
    put_counters(a, n, s);
    put_counters(a, summary, s);
    orx_node_set(a, n, "summary", summary);
    orx_node_set(a, n, "endpoints", rows);
    return n;
}

orx_node *orx_connectivity_check(orx_platform *p, const char *config_path,
                                 const orx_endpoints *endpoints, int64_t timeout_ns,
                                 orx_arena *arena, orx_connectivity_sum *ret_sum) {
    size_t n = endpoints->len;
    orx_ask *asks = orx_arena_zalloc(arena, n + 1, sizeof *asks);
    orx_answer *answers = orx_arena_zalloc(arena, n + 1, sizeof *answers);
    orx_node *rows = orx_node_new(arena, ORX_ARRAY);
    orx_connectivity_sum sum = {0};
    for (size_t i = 0; i < n; i++)
        asks[i] = ask_of(arena, &endpoints->items[i], timeout_ns);
    orx_ask_all(p, asks, n, arena, answers);
    for (size_t i = 0; i < n; i++) {
        count(&sum, &endpoints->items[i], &answers[i]);
        orx_node_push(rows, row_of(arena, &endpoints->items[i], &asks[i], &answers[i]));
    }
    *ret_sum = sum;
    return report_of(p, config_path, arena, rows, &sum);
}
