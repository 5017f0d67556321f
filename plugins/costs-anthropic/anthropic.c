/* Anthropic's bill: what the organization paid (cost_report) and used (usage_report/messages). Both
 * need an admin key. Amounts are decimal text in cents. Money for the priority tier is not in the
 * report. */
#include "costs.h"

/* {amount: "123.45" (cents), currency, description, cost_type, model, token_type, service_tier,
 * context_window, workspace_id} */
static void cost(costs_job *job, const orxaq_value *v) {
    const orxaq_json_service *json = job->c->json;
    if (!costs_amount(job, json->get(v, "amount"))) {
        costs_reject(job, "a cost without amount");
        return;
    }
    job->row.exponent = -2;
    job->row.currency = json->text(json->get(v, "currency"), orxaq_str("USD"));
    job->row.model = json->text(json->get(v, "model"), orxaq_str(""));
    costs_dim(job, "project", json->get(v, "workspace_id"));
    costs_dim(job, "item", json->get(v, "description"));
    costs_dim(job, "cost_type", json->get(v, "cost_type"));
    costs_dim(job, "token_type", json->get(v, "token_type"));
    costs_dim(job, "tier", json->get(v, "service_tier"));
    costs_dim(job, "context_window", json->get(v, "context_window"));
    costs_dim(job, "inference_geo", json->get(v, "inference_geo"));
    costs_dim(job, "speed", json->get(v, "speed"));
    costs_tell(job);
}

/* The classes are disjoint. */
static void used(costs_job *job, const orxaq_value *v) {
    const orxaq_json_service *json = job->c->json;
    orxaq_cost_row *row = &job->row;
    row->input_tokens = costs_count(job, json->get(v, "uncached_input_tokens"));
    row->output_tokens = costs_count(job, json->get(v, "output_tokens"));
    if (row->input_tokens < 0 && row->output_tokens < 0) {
        costs_reject(job, "usage without uncached_input_tokens and output_tokens");
        return;
    }
    row->cache_read_tokens = costs_count(job, json->get(v, "cache_read_input_tokens"));
    row->cache_write_5m_tokens =
        costs_count(job, json->get(v, "cache_creation.ephemeral_5m_input_tokens"));
    row->cache_write_1h_tokens =
        costs_count(job, json->get(v, "cache_creation.ephemeral_1h_input_tokens"));
    row->model = json->text(json->get(v, "model"), orxaq_str(""));
    costs_dim(job, "project", json->get(v, "workspace_id"));
    costs_dim(job, "key", json->get(v, "api_key_id"));
    costs_dim(job, "tier", json->get(v, "service_tier"));
    costs_dim(job, "context_window", json->get(v, "context_window"));
    costs_dim(job, "inference_geo", json->get(v, "inference_geo"));
    costs_dim(job, "speed", json->get(v, "speed"));
    costs_tell(job);
}

static const costs_report reports[] = {
    {.source = "cost_report",
     .path = "/organizations/cost_report",
     .setting = "costs",
     .width = "1d",
     .query = "&group_by%5B%5D=workspace_id&group_by%5B%5D=description",
     .result = cost},
    {.source = "usage_report/messages",
     .path = "/organizations/usage_report/messages",
     .setting = "usage",
     .query = "&group_by%5B%5D=workspace_id&group_by%5B%5D=model&group_by%5B%5D=service_tier"
              "&group_by%5B%5D=context_window",
     .result = used},
};

static const costs_buckets buckets = {
    .start = "starting_at", .end = "ending_at", .rfc3339 = 1, .reports = reports, .count = 2};

const costs_buckets *costs_buckets_of(const costs_job *job) {
    (void)job;
    return &buckets;
}

static void begin(costs_job *job) {
    costs_begin_buckets(job, &buckets);
}

static const costs_kind kind = {
    .auth_header = "x-api-key",
    .auth_prefix = "",
    .extra_name = "anthropic-version",
    .extra_value = "2023-06-01",
    .begin = begin,
};

#define KEY(key_, type_, default_, range_, help_)                                                  \
    {                                                                                              \
        .struct_size = sizeof(orxaq_config_key), .type = (type_), .key = (key_),                   \
        .default_value = (default_), .range = (range_), .help = (help_)                            \
    }

static const orxaq_config_key keys[] = {
    KEY("base_url", ORXAQ_CONFIG_STRING, "https://api.anthropic.com/v1", NULL,
        "Where the API begins."),
    KEY("admin_key", ORXAQ_CONFIG_SECRET, NULL, NULL,
        "An admin key (sk-ant-admin...) of the organization; keys for models cannot read bills. "
        "When it is not set, the variable ANTHROPIC_ADMIN_KEY counts."),
    KEY("providers", ORXAQ_CONFIG_STRINGS, "[claude]", NULL,
        "Whose calls are on this bill: names of configured providers."),
    KEY("costs", ORXAQ_CONFIG_BOOLEAN, "true", NULL, "Read what was paid, by day."),
    KEY("usage", ORXAQ_CONFIG_CHOICE, "1d", "off|1d|1h|1m",
        "Read what was used, in buckets of this width."),
};

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    return costs_create(host, settings, &kind, "admin_key", ret_instance);
}

static const char *const hosts[] = {"api.anthropic.com"};

static const orxaq_ingest ingest = {
    .struct_size = sizeof(orxaq_ingest),
    .host_count = 1,
    .provider = "anthropic",
    .hosts = hosts,
    .lag_ns = COSTS_DAY_NS,
    .job = &costs_jobs,
};

static const void *capability(const char *id) {
    return orxaq_view_is(orxaq_str(id), ORXAQ_INGEST_1) ? &ingest : NULL;
}

static const orxaq_plugin plugin = {
    .struct_size = sizeof(orxaq_plugin),
    .magic = ORXAQ_PLUGIN_MAGIC,
    .abi_major = ORXAQ_ABI_MAJOR,
    .abi_minor = ORXAQ_ABI_MINOR,
    .min_host_minor = 2,
    .config_count = sizeof keys / sizeof *keys,
    .layout = ORXAQ_LAYOUT_0_2,
    .id = "costs-anthropic",
    .name = "Anthropic costs",
    .version = ORXAQ_SDK_VERSION,
    .vendor = "orxaq",
    .licence = "MIT",
    .summary = "Reads what an Anthropic organization used and paid.",
    .config = keys,
    .capability = capability,
    .create = create,
    .destroy = costs_destroy,
};

ORXAQ_EXPORT int32_t orxaq_plugin_query(const orxaq_host_abi *host,
                                        const orxaq_plugin **ret_plugin) {
    *ret_plugin = &plugin;
    return orxaq_host_fits(host, plugin.min_host_minor);
}
