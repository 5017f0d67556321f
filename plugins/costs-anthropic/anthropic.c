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

const costs_kind costs_this = {
    .auth_header = "x-api-key",
    .auth_prefix = "",
    .extra_name = "anthropic-version",
    .extra_value = "2023-06-01",
    .secret = "admin_key",
    .buckets = &buckets,
    .begin = costs_begin_buckets,
};

static const orxaq_config_key keys[] = {
    COSTS_KEY("base_url", ORXAQ_CONFIG_STRING, "https://api.anthropic.com/v1", NULL,
              "Where the API begins."),
    COSTS_KEY(
        "admin_key", ORXAQ_CONFIG_SECRET, NULL, NULL,
        "An admin key (sk-ant-admin...) of the organization; keys for models cannot read bills. "
        "When it is not set, the variable ANTHROPIC_ADMIN_KEY counts."),
    COSTS_BUCKET_KEYS("[claude]"),
};

static const char *const hosts[] = {"api.anthropic.com"};

const orxaq_ingest costs_ingest = {
    .provider = "anthropic",
    .hosts = hosts,
    .host_count = 1,
    COSTS_INGEST,
};

const orxaq_plugin costs_plugin = {
    .id = "costs-anthropic",
    .name = "Anthropic costs",
    .summary = "Reads what an Anthropic organization used and paid.",
    .config = keys,
    .config_count = sizeof keys / sizeof *keys,
    COSTS_PLUGIN,
};
