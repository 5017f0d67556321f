/* OpenAI's bill: what the organization paid (costs) and used (usage/completions). Both need a key
 * of an administrator. Usage and costs need not agree; costs are what the invoice says. */
#include "costs.h"

/* {amount: {value: 0.06 or "0.06", currency}, line_item, project_id} */
static void cost(costs_job *job, const orxaq_value *v) {
    const orxaq_json_service *json = job->c->json;
    if (!costs_amount(job, json->get(v, "amount.value"))) {
        costs_reject(job, "a cost without amount.value");
        return;
    }
    job->row.currency = json->text(json->get(v, "amount.currency"), orxaq_str("usd"));
    costs_dim(job, "project", json->get(v, "project_id"));
    costs_dim(job, "item", json->get(v, "line_item"));
    costs_dim(job, "key", json->get(v, "api_key_id"));
    costs_dim(job, "organization", json->get(v, "organization_id"));
    costs_tell(job);
}

/* a - b, where b is a part of a; -1 = not stated. */
static int64_t rest(int64_t a, int64_t b) {
    if (a < 0 || b < 0)
        return a;
    return a > b ? a - b : 0;
}

/* input_tokens holds the cached and the audio tokens, output_tokens the audio ones. */
static void used(costs_job *job, const orxaq_value *v) {
    const orxaq_json_service *json = job->c->json;
    int64_t input = costs_count(job, json->get(v, "input_tokens"));
    int64_t output = costs_count(job, json->get(v, "output_tokens"));
    orxaq_cost_row *row = &job->row;
    if (input < 0 && output < 0) {
        costs_reject(job, "usage without input_tokens and output_tokens");
        return;
    }
    row->cache_read_tokens = costs_count(job, json->get(v, "input_cached_tokens"));
    row->audio_input_tokens = costs_count(job, json->get(v, "input_audio_tokens"));
    row->audio_output_tokens = costs_count(job, json->get(v, "output_audio_tokens"));
    row->input_tokens = rest(rest(input, row->cache_read_tokens), row->audio_input_tokens);
    row->output_tokens = rest(output, row->audio_output_tokens);
    row->requests = costs_count(job, json->get(v, "num_model_requests"));
    row->model = json->text(json->get(v, "model"), orxaq_str(""));
    costs_dim(job, "project", json->get(v, "project_id"));
    costs_dim(job, "user", json->get(v, "user_id"));
    costs_dim(job, "key", json->get(v, "api_key_id"));
    costs_dim(job, "batch", json->get(v, "batch"));
    costs_dim(job, "tier", json->get(v, "service_tier"));
    costs_tell(job);
}

static const costs_report reports[] = {
    {.source = "costs",
     .path = "/organization/costs",
     .setting = "costs",
     .width = "1d",
     .most = 180,
     .query = "&group_by=project_id&group_by=line_item",
     .result = cost},
    {.source = "usage/completions",
     .path = "/organization/usage/completions",
     .setting = "usage",
     .query = "&group_by=project_id&group_by=model&group_by=batch&group_by=service_tier",
     .result = used},
};

static const costs_buckets buckets = {
    .start = "start_time", .end = "end_time", .reports = reports, .count = 2};

const costs_kind costs_this = {
    .auth_header = "authorization",
    .auth_prefix = "Bearer ",
    .secret = "admin_key",
    .buckets = &buckets,
    .begin = costs_begin_buckets,
};

static const orxaq_config_key keys[] = {
    COSTS_KEY("base_url", ORXAQ_CONFIG_STRING, "https://api.openai.com/v1", NULL,
              "Where the API begins."),
    COSTS_KEY("admin_key", ORXAQ_CONFIG_SECRET, NULL, NULL,
              "An admin key with the right to read usage; keys for models cannot read bills. "
              "When it is not set, the variable OPENAI_ADMIN_KEY counts."),
    COSTS_BUCKET_KEYS("[codex]"),
};

static const char *const hosts[] = {"api.openai.com"};

const orxaq_ingest costs_ingest = {
    .provider = "openai",
    .hosts = hosts,
    .host_count = 1,
    COSTS_INGEST,
};

const orxaq_plugin costs_plugin = {
    .id = "costs-openai",
    .name = "OpenAI costs",
    .summary = "Reads what an OpenAI organization used and paid.",
    .config = keys,
    .config_count = sizeof keys / sizeof *keys,
    COSTS_PLUGIN,
};
