#include "run/route_client.h"

#include "base/address.h"
#include "data/json.h"
#include "platform/http.h"
#include "platform/loop.h"
#include "run/text.h"

#include <stdlib.h>

#define ANSWER_MAX ((int64_t)64 << 10)
#define TEXT_MAX   ((size_t)256 << 10) /* of a task, sent */
#define MODEL_MAX  200
#define WAIT_NS    (200 * ORX_MS)

/* ---- The static choice ----------------------------------------------------------------------- */

/* Cuts the list to models that are served, unless none of them is. */
static bool filter(const orx_strings *available, orx_arena *arena, orx_strings *allowed) {
    const char **kept = orx_arena_zalloc(arena, allowed->count + 1, sizeof *kept);
    size_t n = 0;
    for (size_t i = 0; i < allowed->count; i++) {
        bool served = false;
        for (size_t k = 0; k < available->count && !served; k++)
            served = orx_routellm_same_model(orx_view_of(allowed->items[i]),
                                             orx_view_of(available->items[k]));
        if (served)
            kept[n++] = allowed->items[i];
    }
    if (!n)
        return false;
    *allowed = (orx_strings){kept, n};
    return true;
}

static const char *static_choice(const orx_routellm_decision *d) {
    const char *requested = orx_routellm_allowed(&d->allowed, d->requested);
    const char *fallback = orx_routellm_allowed(&d->allowed, d->policy_fallback);
    if (requested)
        return requested;
    if (fallback)
        return fallback;
    if (d->allowed.count)
        return d->allowed.items[0];
    return *d->requested ? d->requested : d->policy_fallback;
}

/* Scheme, host, port and path: what is behind a question mark may be a token. */
static const char *shown_url(const char *url, orx_arena *arena) {
    return orx_arena_dup(arena, orx_view_mem(url, strcspn(url, "?#")));
}

/* Why nobody is asked, NULL when somebody is. */
static const char *gate(const orx_routellm_policy *policy, const orx_routellm_question *q,
                        const char *url) {
    if (!q->on)
        return "router_disabled";
    if (!policy->enabled)
        return "policy_disabled";
    if (!policy->provider_enabled)
        return "provider_disabled";
    if (!*url)
        return "router_url_missing";
    if (q->local_only && !orx_address_is_private(orx_view_of(url)))
        return "router_not_local";
    return q->pinned ? "local_requested_model" : NULL;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

typedef struct asking {
    bool done;
    orx_http_result result;
    orx_str body;
} asking;

static void on_body(orx_http *http ORX_UNUSED, orx_view bytes, void *user) {
    asking *a = user;
    orx_str_addv(&a->body, bytes);
}

static void on_end(orx_http *http ORX_UNUSED, const orx_http_result *result, void *user) {
    asking *a = user;
    a->result = *result;
    a->done = true;
}

static void question_body(const orx_routellm_question *q, orx_str *out) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_view text = orx_view_mem(q->text.p, q->text.len < TEXT_MAX ? q->text.len : TEXT_MAX);
    char *copy = orx_arena_dup(&arena, text);
    if (q->secrets)
        orx_secrets_mask(q->secrets, copy, text.len);
    orx_node *n = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, n, "provider", q->provider);
    orx_node_set_str(&arena, n, "requested_model", q->requested);
    orx_node_set(&arena, n, "prompt", orx_node_new_str(&arena, orx_view_mem(copy, text.len)));
    orx_node_set_int(&arena, n, "prompt_tokens_est", orx_text_tokens(q->text));
    orx_node_set_int(&arena, n, "prompt_difficulty_score", orx_text_difficulty(q->text));
    orx_json_write(out, n, ORX_JSON_PY_LINE);
}

/* Waits for the end, which the request's own limit brings about, or a stop. */
static void wait_for(orx_platform *p, orx_http *http, const asking *a, const bool *stop) {
    bool stopped = false;
    while (!a->done) {
        if (stop && *stop && !stopped)
            orx_http_stop(http);
        stopped = stop && *stop;
        orx_loop_step(p, WAIT_NS);
    }
}

static int post(orx_platform *p, const orx_routellm_question *q, const char *url,
                int64_t timeout_ns, asking *a, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str body = {0};
    const orx_http_header headers[] = {
        {orx_view_of("content-type"), orx_view_of("application/json")},
        {orx_view_of("accept"), orx_view_of("application/json")},
        {orx_view_of("user-agent"), orx_view_of("orxaq")}};
    question_body(q, &body);
    const orx_http_spec spec = {.method = "POST",
                                .url = url,
                                .headers = headers,
                                .header_count = ORX_ARRAY_LEN(headers),
                                .body = orx_str_view(&body),
                                .plain_http = q->plain_http,
                                .connect_timeout_ns = timeout_ns,
                                .total_timeout_ns = timeout_ns,
                                .body_max = ANSWER_MAX,
                                .on_body = on_body,
                                .on_end = on_end,
                                .user = a};
    orx_http *http = NULL;
    int rc = orx_http_start(p, &spec, &http, err);
    if (rc == 0)
        wait_for(p, http, a, q->stop);
    orx_http_free(http);
    return rc;
}

/* ---- The answer ------------------------------------------------------------------------------ */

/* A model's name goes into the arguments of a program. */
static bool is_name(orx_view name) {
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!plain && (c == 0 || !strchr("._:/@+-", c)))
            return false;
    }
    return name.len && name.len <= MODEL_MAX && name.p[0] != '-';
}

/* The model that was chosen; NULL with the reason in *ret_error. */
static const char *read_answer(const asking *a, orx_arena *arena, const char **ret_error) {
    static const char *const keys[] = {"selected_model", "model", "target_model"};
    const orx_node *root = NULL;
    orx_err why = ORX_ERR_INIT;
    if (orx_json_parse(arena, "router", orx_str_view(&a->body), &orx_limits_config, &root, &why) <
        0) {
        *ret_error = orx_arena_printf(arena, "router_response_not_json: %s", why.msg);
        return NULL;
    }
    *ret_error = "router_response_not_object";
    if (root->kind != ORX_OBJECT)
        return NULL;
    *ret_error = "router_response_missing_model";
    for (size_t i = 0; i < ORX_ARRAY_LEN(keys); i++) {
        orx_view name = orx_view_trim(orx_view_of(orx_node_str(orx_node_get(root, keys[i]), "")));
        if (name.len && is_name(name))
            return orx_arena_dup(arena, name);
        if (name.len) {
            *ret_error = "router_response_unusable_model";
            return NULL;
        }
    }
    return NULL;
}

/* The model, or NULL with the reason. */
static const char *ask(orx_platform *p, const orx_routellm_question *q, const char *url,
                       int64_t timeout_ns, orx_arena *arena, const char **ret_error) {
    asking a = {0};
    orx_err why = ORX_ERR_INIT;
    const char *model = NULL;
    if (post(p, q, url, timeout_ns, &a, &why) < 0)
        *ret_error = orx_arena_strdup(arena, why.msg);
    else if (a.result.end != ORX_HTTP_DONE)
        *ret_error = orx_arena_strdup(arena, a.result.message);
    else if (a.result.status < 200 || a.result.status >= 300)
        *ret_error = orx_arena_printf(arena, "router_http_%d", a.result.status);
    else
        model = read_answer(&a, arena, ret_error);
    orx_str_free(&a.body);
    return model;
}

/* ---- Deciding -------------------------------------------------------------------------------- */

static void take_choice(orx_routellm_decision *d, const char *model, const char *error,
                        orx_arena *arena) {
    const char *allowed = model ? orx_routellm_allowed(&d->allowed, model) : NULL;
    if (allowed) {
        d->strategy = "routellm";
        d->reason = "router_selected_model";
        d->selected = allowed;
        return;
    }
    d->fallback_used = true;
    d->reason = model ? "router_model_disallowed_fallback" : "router_unavailable";
    if (model)
        d->notice = orx_arena_printf(arena, "router_model_not_allowed:%s", model);
    else
        d->error = error;
}

void orx_routellm_decide(orx_platform *p, const orx_routellm_policy *policy,
                         const orx_routellm_question *q, orx_arena *arena,
                         orx_routellm_decision *ret_decision) {
    const char *url = q->url && *q->url ? q->url : policy->url;
    orx_routellm_decision d = {.provider = q->provider,
                               .requested = q->requested,
                               .policy_fallback = policy->fallback,
                               .allowed = policy->allowed,
                               .strategy = "static_fallback",
                               .error = "",
                               .notice = "",
                               .router_enabled = q->on,
                               .url = shown_url(url, arena),
                               .timeout_ns = q->timeout_ns,
                               .local_only = q->local_only};
    if (q->local_only && q->available) {
        d.available = (int64_t)q->available->count;
        d.filtered = filter(q->available, arena, &d.allowed);
    }
    d.requested_allowed = orx_routellm_allowed(&d.allowed, d.requested) != NULL;
    d.selected = d.fallback = static_choice(&d);
    d.reason = gate(policy, q, url);
    if (!d.reason) {
        const char *error = "";
        int64_t begun = orx_mono_ns(p);
        const char *model = ask(p, q, url, q->timeout_ns, arena, &error);
        d.latency_ns = orx_mono_ns(p) - begun;
        take_choice(&d, model, error, arena);
    }
    *ret_decision = d;
}

/* ---- The record ------------------------------------------------------------------------------ */

static orx_node *list_node(const orx_strings *list, orx_arena *arena) {
    orx_node *n = orx_node_new(arena, ORX_ARRAY);
    for (size_t i = 0; i < list->count; i++)
        orx_node_push(n, orx_node_new_str(arena, orx_view_of(list->items[i])));
    return n;
}

static orx_node *seconds_node(int64_t ns, orx_arena *arena) {
    int64_t micro = ns / 1000;
    return orx_node_new_double(arena, (double)micro / 1e6);
}

orx_node *orx_routellm_decision_node(const orx_routellm_decision *d, orx_arena *arena) {
    orx_node *n = orx_node_new(arena, ORX_OBJECT);
    orx_node_set_str(arena, n, "provider", d->provider);
    orx_node_set_str(arena, n, "requested_model", d->requested);
    orx_node_set_str(arena, n, "selected_model", d->selected);
    orx_node_set_str(arena, n, "fallback_model", d->fallback);
    orx_node_set_str(arena, n, "policy_fallback_model", d->policy_fallback);
    orx_node_set(arena, n, "allowed_models", list_node(&d->allowed, arena));
    orx_node_set_bool(arena, n, "requested_model_allowed", d->requested_allowed);
    orx_node_set_str(arena, n, "strategy", d->strategy);
    orx_node_set_bool(arena, n, "router_enabled", d->router_enabled);
    orx_node_set_str(arena, n, "router_url", d->url);
    orx_node_set(arena, n, "router_timeout_sec", seconds_node(d->timeout_ns, arena));
    orx_node_set_bool(arena, n, "fallback_used", d->fallback_used);
    orx_node_set_str(arena, n, "reason", d->reason);
    orx_node_set_str(arena, n, "router_error", d->error);
    orx_node_set_str(arena, n, "router_notice", d->notice);
    orx_node_set(arena, n, "router_latency_sec", seconds_node(d->latency_ns, arena));
    orx_node_set_bool(arena, n, "local_only_mode", d->local_only);
    orx_node_set_int(arena, n, "local_available_models_count", d->available);
    orx_node_set_bool(arena, n, "allowed_models_filtered_by_availability", d->filtered);
    if (!d->endpoint)
        return n;
    orx_node_set_str(arena, n, "executor", "local_openai_compatible");
    orx_node_set_str(arena, n, "executor_endpoint", d->endpoint);
    orx_node_set_int(arena, n, "executor_endpoint_slot", d->endpoint_slot);
    orx_node_set_int(arena, n, "executor_endpoint_count", d->endpoint_count);
    return n;
}
