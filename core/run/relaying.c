/* What a call has of its relay. */
#include "run/relaying.h"

#include "data/doc.h"

#include <orxaq/provider.h>
#include <stdlib.h>

#define SECRET_LEAST 6

/* ---- Where requests go ----------------------------------------------------------------------- */

static const orxaq_config_key *key_named(const orx_plugin *plugin, const char *name) {
    const orxaq_config_key *key;
    for (uint32_t i = 0; (key = orx_plugin_key(plugin, i)); i++)
        if (strcmp(key->key, name) == 0)
            return key;
    return NULL;
}

/* As configured, else where the plugin says that its program goes by itself. */
static const char *endpoint_of(const orx_provider_config *provider, const orx_plugin *plugin) {
    static const char *const names[] = {"base_url", "public_url"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++) {
        const orxaq_config_key *key = key_named(plugin, names[i]);
        const char *set = orx_node_str(orx_node_get(provider->settings, names[i]), "");
        if (key && *set)
            return set;
        if (key && key->default_value)
            return key->default_value;
    }
    return NULL;
}

int orx_relaying_open(orx_platform *p, const orx_config *cfg, const orx_provider_config *provider,
                      const orx_plugin *plugin, orx_relay **ret_relay, orx_err *err) {
    const orxaq_provider *ops = orx_plugin_provider(plugin);
    const char *endpoint = endpoint_of(provider, plugin);
    *ret_relay = NULL;
    if (!provider->relay)
        return 0;
    if (!ops || !(ops->ops & ORXAQ_OP_BIT(ORXAQ_OP_TASK)))
        return orx_err_set(
            err, ORX_E_INVALID,
            "providers.%s.relay: requests of the plugin %s are made by orxaq itself, "
            "so there is nothing to put a relay between; take it out",
            provider->name, provider->plugin);
    if (!key_named(plugin, "base_url") || !endpoint)
        return orx_err_set(err, ORX_E_INVALID,
                           "providers.%s.relay: the plugin %s has no setting base_url by which its "
                           "program could be led to a relay; take it out",
                           provider->name, provider->plugin);
    const orx_relay_spec spec = {.upstream = endpoint,
                                 .plain_http = provider->plain_http,
                                 .ca_file = provider->ca_file,
                                 .first_byte_ns = cfg->agent.first_byte_timeout_ns,
                                 .idle_ns = cfg->agent.idle_timeout_ns};
    int rc = orx_relay_open(p, &spec, ret_relay, err);
    return rc < 0 ? orx_err_wrap(err, "providers.%s.relay", provider->name) : 0;
}

/* ---- While the call runs --------------------------------------------------------------------- */

static void on_relayed(void *user, const orx_relayed *q) {
    orx_relaying *y = user;
    bool counted = orx_wire_stated(q->said);
    y->requests++;
    y->counted += counted;
    y->failed += q->status < 200 || q->status > 299 || q->end != ORX_HTTP_DONE;
    y->last_status = q->status;
    y->last_retry_after_ms = q->retry_after_ms;
    orx_wire_add(&y->said, q->said);
    orx_record_relayed(y->record, q);
    if (counted && y->told)
        y->told(y->user);
}

void orx_relaying_begin(orx_relaying *y, orx_relay *relay, orx_record *record,
                        void (*told)(void *user), void *user) {
    *y = (orx_relaying){.record = record, .told = told, .user = user, .last_retry_after_ms = -1};
    orx_wire_init(&y->said);
    if (!relay)
        return;
    y->call = orx_relay_call_begin(relay, on_relayed, y);
    y->used = true;
}

void orx_relaying_end(orx_relaying *y) {
    orx_relay_call_end(y->call);
    y->call = NULL;
}

static void stand_in(void *user, orx_view secret, orx_str *out) {
    orx_relaying *y = user;
    orx_relay_stand_in(y->call, secret, out);
}

/* ---- The environment ------------------------------------------------------------------------- */

typedef struct cleaning {
    const char **list;
    size_t count;
} cleaning;

/* Takes out every variable that holds the secret, whatever it is called. */
static void take_out(void *user, orx_view secret) {
    cleaning *c = user;
    size_t kept = 0;
    secret = orx_view_trim(secret);
    for (size_t i = 0; i < c->count; i++) {
        const char *value = strchr(c->list[i], '=') + 1;
        if (secret.len < SECRET_LEAST || !memmem(value, strlen(value), secret.p, secret.len))
            c->list[kept++] = c->list[i];
    }
    c->count = kept;
}

static bool is_named(const char *variable, const char *name) {
    size_t n = strcspn(variable, "=");
    return orx_view_ieq(orx_view_mem(variable, n), orx_view_of(name));
}

static bool has_proxy(const cleaning *c) {
    static const char *const names[] = {"http_proxy", "https_proxy", "all_proxy"};
    for (size_t i = 0; i < c->count; i++)
        for (size_t j = 0; j < ORX_ARRAY_LEN(names); j++)
            if (is_named(c->list[i], names[j]))
                return true;
    return false;
}

/* A program that sends everything to a proxy would look for the relay on the proxy's machine. */
static void spare_the_relay(cleaning *c, orx_arena *arena) {
    static const char *const names[] = {"no_proxy", "NO_PROXY"};
    const char *old = "";
    size_t kept = 0;
    if (!has_proxy(c))
        return;
    for (size_t i = 0; i < c->count; i++) {
        if (is_named(c->list[i], "no_proxy"))
            old = strchr(c->list[i], '=') + 1;
        else
            c->list[kept++] = c->list[i];
    }
    c->count = kept;
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        c->list[c->count++] =
            orx_arena_printf(arena, "%s=%s%s127.0.0.1", names[i], old, *old ? "," : "");
}

void orx_relaying_job(orx_relaying *y, orx_job_spec *spec, orx_arena *arena) {
    size_t n = 0;
    if (!y->call)
        return;
    while (spec->env && spec->env[n])
        n++;
    cleaning c = {.list = orx_arena_zalloc(arena, n + 3, sizeof *c.list), .count = n};
    for (size_t i = 0; i < n; i++)
        c.list[i] = spec->env[i];
    orx_instance_each_secret(spec->instance, take_out, &c);
    spare_the_relay(&c, arena);
    c.list[c.count] = NULL;
    spec->env = c.list;
    spec->stand_in = stand_in;
    spec->stand_in_user = y;
}

/* ---- After ----------------------------------------------------------------------------------- */

int64_t orx_relaying_tokens(const orx_relaying *y) {
    int64_t sum = -1;
    for (int i = 0; y->used && i < ORX_TOKEN_CLASSES; i++)
        if (y->said.tokens[i] >= 0)
            sum = (sum < 0 ? 0 : sum) + y->said.tokens[i];
    return sum;
}

bool orx_relaying_saw_more(const orx_relaying *y, const orxaq_usage *usage, size_t count,
                           int64_t reported) {
    for (size_t i = 0; i < count; i++)
        if (usage[i].scope == ORXAQ_SCOPE_SESSION)
            return false;
    return orx_relaying_tokens(y) > reported;
}

/* Failures that a program states for want of better words. */
static bool is_vague(int32_t kind) {
    return kind == ORXAQ_KIND_OVERLOADED || kind == ORXAQ_KIND_NETWORK ||
           kind == ORXAQ_KIND_TIMEOUT || kind == ORXAQ_KIND_NO_PROGRESS ||
           kind == ORXAQ_KIND_CRASHED || kind == ORXAQ_KIND_PROTOCOL ||
           kind == ORXAQ_KIND_RATE_LIMIT;
}

void orx_relaying_outcome(const orx_relaying *y, orx_job_result *result) {
    int status = y->last_status;
    bool limited = status == 429;
    bool overloaded = status == 503 || status == 529;
    if (!y->used || !is_vague(result->kind) || (!limited && !overloaded))
        return;
    result->kind = limited ? ORXAQ_KIND_RATE_LIMIT : ORXAQ_KIND_OVERLOADED;
    result->retry = ORXAQ_RETRY_BY_KIND;
    if (!result->http_status)
        result->http_status = status;
    if (y->last_retry_after_ms >= 0)
        result->retry_after_ms = y->last_retry_after_ms;
}

bool orx_relaying_usage(const orx_relaying *y, const char *model_asked, orxaq_usage *ret_usage) {
    const int64_t *n = y->said.tokens;
    if (!y->counted)
        return false;
    *ret_usage = (orxaq_usage){.struct_size = sizeof *ret_usage,
                               .scope = ORXAQ_SCOPE_PROCESS,
                               .mode = ORXAQ_USAGE_DELTA,
                               .provenance = ORXAQ_BY_VENDOR,
                               .key = orxaq_str("relay"),
                               .model_asked = orxaq_str(model_asked),
                               .model_answered = orxaq_str(y->said.model),
                               .input_tokens = n[ORX_TOKENS_INPUT],
                               .cache_read_tokens = n[ORX_TOKENS_CACHE_READ],
                               .cache_write_tokens = n[ORX_TOKENS_CACHE_WRITE],
                               .output_tokens = n[ORX_TOKENS_OUTPUT],
                               .reasoning_tokens = n[ORX_TOKENS_REASONING],
                               .requests = y->counted,
                               .cost_nano_usd = -1};
    return true;
}

static void put_tokens(const orx_relaying *y, orx_arena *a, orx_node *body) {
    static const char *const names[] = {"input_tokens", "cache_read_tokens", "cache_write_tokens",
                                        "output_tokens", "reasoning_tokens"};
    for (int i = 0; i < ORX_TOKEN_CLASSES; i++)
        if (y->said.tokens[i] >= 0)
            orx_node_set_int(a, body, names[i], y->said.tokens[i]);
}

static int note(orx_store *s, const orx_relaying_about *about, const char *kind,
                const orx_node *body, orx_err *err) {
    const orx_event e = {.kind = kind,
                         .schema = 1,
                         .task = about->task,
                         .attempt = about->attempt,
                         .call = about->call,
                         .body = body};
    return orx_event_note(s, &e, err);
}

static int note_difference(const orx_relaying *y, orx_store *s, const orx_relaying_about *about,
                           orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    int64_t served = orx_relaying_tokens(y);
    if (about->reported < 0 || served < 0 || about->reported == served)
        return 0;
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_int(&a, body, "reported_tokens", about->reported);
    orx_node_set_int(&a, body, "served_tokens", served);
    return note(s, about, "usage.differs", body, err);
}

int orx_relaying_note(const orx_relaying *y, orx_store *s, const orx_relaying_about *about,
                      orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    if (!y->used)
        return 0;
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_int(&a, body, "requests", y->requests);
    orx_node_set_int(&a, body, "failed", y->failed);
    orx_node_set_int(&a, body, "last_status", y->last_status);
    if (y->last_retry_after_ms >= 0)
        orx_node_set_int(&a, body, "last_retry_after_ms", y->last_retry_after_ms);
    if (*y->said.model)
        orx_node_set_str(&a, body, "model", y->said.model);
    put_tokens(y, &a, body);
    int rc = note(s, about, "call.relayed", body, err);
    return rc < 0 ? rc : note_difference(y, s, about, err);
}
