/* Google's bill. No API tells it to the key of a model: it is exported to BigQuery, and from there
 * to files, which are read here. */
#include "gemini.h"

#include "costs.h"

const costs_kind costs_this = {.begin = gemini_begin};

static const orxaq_config_key keys[] = {
    COSTS_KEY("files", ORXAQ_CONFIG_STRINGS, "[]", NULL,
              "The exported bill: files and folders, relative to the root. Of a folder all .csv, "
              ".json, .jsonl and .ndjson are read. Together they are the bill."),
    COSTS_KEY("services", ORXAQ_CONFIG_STRINGS, "[]", NULL,
              "Which services of the export count, as in service.description; empty = all."),
    COSTS_KEY("providers", ORXAQ_CONFIG_STRINGS, "[gemini]", NULL,
              "Whose calls are on this bill: names of configured providers."),
};

const orxaq_ingest costs_ingest = {.provider = "gemini", COSTS_INGEST};

const orxaq_plugin costs_plugin = {
    .id = "costs-gemini",
    .name = "Gemini costs",
    .summary = "Reads what Google billed from files of the billing export.",
    .config = keys,
    .config_count = sizeof keys / sizeof *keys,
    COSTS_PLUGIN,
};
