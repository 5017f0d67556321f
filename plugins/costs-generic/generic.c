/* Costs from any address that tells them as records: the predecessor's requests and pages. */
#include "generic.h"

#include "costs.h"

#define SECOND_NS  INT64_C(1000000000)
#define PAGE_ITEMS 200
#define TOKEN_MAX  2048

/* ---- Asking ---------------------------------------------------------------------------------- */

static void answer(costs_job *job, const orxaq_value *body);

/* The part of text before any of these characters. */
static orxaq_view before(orxaq_view text, const char *any) {
    uint64_t n = 0;
    while (n < text.len && !strchr(any, text.data[n]))
        n++;
    return orxaq_view_of(text.data, n);
}

static orxaq_view behind(orxaq_view text, uint64_t count) {
    return count < text.len ? orxaq_view_of(text.data + count, text.len - count)
                            : orxaq_view_of(text.data, 0);
}

/* A parameter's name and "=", with the mark that goes in front. */
static void begin_param(costs_job *job, const char *name) {
    int first = before(costs_view(&job->url), "?").len == job->url.len;
    costs_adds(&job->url, first ? "?" : "&");
    costs_adds(&job->url, name);
}

static int has_param(orxaq_view query, const char *name) {
    for (; query.len; query = behind(query, before(query, "&").len + 1))
        if (orxaq_view_is(before(query, "=&"), name))
            return 1;
    return 0;
}

static void add_number(costs_job *job, orxaq_view query, const char *name, int64_t value) {
    if (has_param(query, name))
        return;
    begin_param(job, name);
    costs_adds(&job->url, "=");
    costs_add_int(&job->url, value);
}

/* What the operator's address has already, as it is; a cursor of its own only until there is one.
 */
static void add_own(costs_job *job, orxaq_view query) {
    for (; query.len; query = behind(query, before(query, "&").len + 1)) {
        orxaq_view param = before(query, "&");
        if (!param.len || (job->token.len && orxaq_view_is(before(param, "="), "cursor")))
            continue;
        begin_param(job, "");
        costs_add(&job->url, param);
    }
}

static void ask(costs_job *job) {
    orxaq_view whole = before(costs_text_setting(job->c, "base_url"), "#");
    orxaq_view path = before(whole, "?");
    orxaq_view query = behind(whole, path.len + 1);
    int most = job->args->page_items > 0 && job->args->page_items < 100000
                   ? (int)job->args->page_items
                   : PAGE_ITEMS;
    if (job->limit <= 0 || job->limit > most)
        job->limit = most;
    costs_clear(&job->url);
    costs_add(&job->url, path);
    add_own(job, query);
    add_number(job, query, "start_time", job->args->from_ns / SECOND_NS);
    add_number(job, query, "end_time", job->args->to_ns / SECOND_NS);
    add_number(job, query, "limit", job->limit);
    if (job->token.len) {
        begin_param(job, "cursor=");
        costs_add_query(&job->url, costs_view(&job->token));
    }
    costs_ask(job, answer);
}

static void begin(costs_job *job) {
    costs_resume(job);
    if (job->c->base.len)
        ask(job);
    else
        costs_finish(job, ORXAQ_KIND_PROTOCOL, ORXAQ_RETRY_NO,
                     "base_url is missing: the address that is asked for costs");
}

/* ---- Answers --------------------------------------------------------------------------------- */

/* The first of the operator's paths, then of the usual ones, that is taken. */
static const orxaq_value *first_of(costs_job *job, const orxaq_value *body, const char *setting,
                                   const char *const *usual, size_t count,
                                   int (*takes)(costs_job *job, const orxaq_value *v)) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *own = json->first(json->get(job->c->settings, setting));
    for (; own; own = json->next(own)) {
        const orxaq_value *v = json->get(body, json->text(own, orxaq_str("")).data);
        if (takes(job, v))
            return v;
    }
    for (size_t i = 0; i < count; i++) {
        const orxaq_value *v = json->get(body, usual[i]);
        if (takes(job, v))
            return v;
    }
    return NULL;
}

static int is_list(costs_job *job, const orxaq_value *v) {
    return job->c->json->kind(v) == ORXAQ_VALUE_LIST;
}

/* A token may be a number: an offset is one. */
static orxaq_view token_of(costs_job *job, const orxaq_value *v) {
    return job->c->json->kind(v) == ORXAQ_VALUE_STRING ? generic_text(job->c->json, v)
                                                       : costs_decimal(job, v);
}

static int is_token(costs_job *job, const orxaq_value *v) {
    return token_of(job, v).len > 0;
}

static const orxaq_value *items_of(costs_job *job, const orxaq_value *body) {
    static const char *const usual[] = {"data",    "items",         "results",     "usage",
                                        "records", "billing.items", "billing.data"};
    if (is_list(job, body))
        return body;
    return first_of(job, body, "items", usual, sizeof usual / sizeof *usual, is_list);
}

static orxaq_view next_of(costs_job *job, const orxaq_value *body) {
    static const char *const usual[] = {"next_cursor", "next_page",
                                        "cursor",      "pagination.next_cursor",
                                        "paging.next", "meta.next_cursor"};
    return token_of(job,
                    first_of(job, body, "next", usual, sizeof usual / sizeof *usual, is_token));
}

static void finish(costs_job *job) {
    const orxaq_cost_sink *sink = job->args->sink;
    (void)sink->covered(sink, orxaq_str("usage"), job->args->from_ns, job->args->to_ns);
    if (costs_page(job, 0))
        costs_finish(job, ORXAQ_KIND_OK, ORXAQ_RETRY_BY_KIND, "");
}

static void answer(costs_job *job, const orxaq_value *body) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *items = items_of(job, body);
    if (!items) {
        costs_finish(job, ORXAQ_KIND_PROTOCOL, ORXAQ_RETRY_NO,
                     "the answer has no list of items (data, items, results, usage, records): name "
                     "its path in the setting items");
        return;
    }
    for (const orxaq_value *v = json->first(items); v; v = json->next(v))
        generic_record(job, v);
    orxaq_view token = next_of(job, body);
    if (!token.len)
        finish(job);
    else if (token.len > TOKEN_MAX)
        costs_finish(job, ORXAQ_KIND_PROTOCOL, ORXAQ_RETRY_NO,
                     "the token of the next page is longer than 2048 bytes");
    else if (costs_take_token(job, token) && costs_page(job, 1))
        ask(job);
}

/* ---- The module ------------------------------------------------------------------------------ */

static const char *check(void *instance);

const costs_kind costs_this = {.auth_header = "authorization",
                               .auth_prefix = "Bearer ",
                               .secret = "key",
                               .begin = begin,
                               .check = check};

static const costs_kind x_api_key = {.auth_header = "x-api-key",
                                     .auth_prefix = "",
                                     .extra_name = "anthropic-version",
                                     .extra_value = "2023-06-01",
                                     .begin = begin};

/* The predecessor put this key into the query, where logs of proxies find it. Whoever takes it
 * there takes it in this header, too. */
static const costs_kind query_key = {
    .auth_header = "x-goog-api-key", .auth_prefix = "", .begin = begin};

/* How the key is shown is the operator's choice, so the kind is chosen here. */
static void choose(costs *c) {
    orxaq_view auth = costs_text_setting(c, "auth");
    if (orxaq_view_is(auth, "x-api-key"))
        c->kind = &x_api_key;
    else if (orxaq_view_is(auth, "query-key"))
        c->kind = &query_key;
}

static const char *check(void *instance) {
    costs *c = instance;
    const orxaq_json_service *json = c->json;
    const orxaq_value *v = json->first(json->get(c->settings, "fields"));
    if (!costs_text_setting(c, "provider").len || costs_text_setting(c, "provider").len > 64)
        return "provider must be a name of 1 to 64 bytes";
    for (; v; v = json->next(v))
        if (!generic_is_field(json->name(v)))
            return "fields has a name that is no field: model, window_start, window_end, "
                   "input_tokens, output_tokens, cache_tokens, total_tokens, total_cost_usd, "
                   "currency, provider, record_id, source_of_truth, unit_price_input_per_million "
                   "and unit_price_output_per_million are";
    choose(c);
    return NULL;
}

static const orxaq_config_key keys[] = {
    COSTS_KEY("base_url", ORXAQ_CONFIG_STRING, NULL, NULL,
              "The address that is asked; start_time, end_time and limit are added unless they "
              "stand in it."),
    COSTS_KEY("provider", ORXAQ_CONFIG_STRING, "generic", NULL,
              "Whose bill it is, where the items do not say so themselves."),
    COSTS_KEY("key", ORXAQ_CONFIG_SECRET, NULL, NULL, "The key that the endpoint wants."),
    COSTS_KEY("auth", ORXAQ_CONFIG_CHOICE, "bearer", "bearer|x-api-key|query-key",
              "How the key is shown: as Authorization: Bearer, as x-api-key with "
              "anthropic-version, or as x-goog-api-key (query-key; never in the address)."),
    COSTS_KEY("providers", ORXAQ_CONFIG_STRINGS, "[]", NULL,
              "Whose calls are on this bill: names of configured providers."),
    COSTS_KEY("items", ORXAQ_CONFIG_STRINGS, "[]", NULL,
              "Paths to the list of items, tried before data, items, results, usage, records, "
              "billing.items and billing.data."),
    COSTS_KEY("next", ORXAQ_CONFIG_STRINGS, "[]", NULL,
              "Paths to the token of the next page, tried before next_cursor, next_page, cursor, "
              "pagination.next_cursor, paging.next and meta.next_cursor."),
    COSTS_KEY("fields", ORXAQ_CONFIG_STRING_MAP, NULL, NULL,
              "Paths in an item by field, tried before the usual names: model, window_start, "
              "window_end, input_tokens, total_cost_usd, record_id ..."),
    COSTS_KEY("dimensions", ORXAQ_CONFIG_STRING_MAP, NULL, NULL,
              "Paths in an item by dimension: what tells two lines of one model and time apart."),
};

const orxaq_ingest costs_ingest = {.provider = "generic", COSTS_INGEST};

const orxaq_plugin costs_plugin = {
    COSTS_PLUGIN,
    .id = "costs-generic",
    .name = "Costs of any endpoint",
    .summary = "Reads costs from an address that tells them as records.",
    .config = keys,
    .config_count = sizeof keys / sizeof *keys,
};
