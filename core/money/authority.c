#include "money/authority.h"

#include "data/doc.h"

static const char *text_of(const orx_node *n, const char *key) {
    return orx_node_str(orx_node_get(n, key), "");
}

/* How the readers ended that did not get all. */
static orx_node *errors_of(const orx_node *summary, orx_arena *a) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    ORX_NODE_EACH(orx_node_get(summary, "providers"), r) {
        const orx_node *first = orx_node_first(orx_node_get(r, "errors"));
        bool ok = orx_node_bool(orx_node_get(r, "ok"), false);
        if (strcmp(text_of(r, "status"), "skipped") == 0 || (ok && !first))
            continue;
        const char *why = first ? orx_node_str(first, "") : text_of(r, "reason");
        const char *text = orx_arena_printf(a, "%s: %s%s%s", text_of(r, "source"),
                                            text_of(r, "status"), *why ? ": " : "", why);
        orx_node_push(list, orx_node_new_str(a, orx_view_of(text)));
    }
    return list;
}

static orx_node *list_of(const char *text, orx_arena *a) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    orx_node_push(list, orx_node_new_str(a, orx_view_of(text)));
    return list;
}

static orx_node *block_of(const orx_node *summary, const orx_node *errors,
                          const orx_cost_files *files, orx_arena *a) {
    static const char *const kept[] = {"records_total",          "currency",
                                       "source_of_truth",        "attribution",
                                       "cost_windows_usd",       "cost_windows_tokens",
                                       "cost_windows_responses", "provider_cost_30d",
                                       "model_cost_30d",         "cost_series_hourly_24h",
                                       "data_freshness",         "providers"};
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    bool any = orx_node_int(orx_node_get(summary, "records_total"), 0) > 0;
    for (size_t i = 0; i < ORX_ARRAY_LEN(kept); i++)
        orx_node_set(a, n, kept[i], orx_node_copy(a, orx_node_get(summary, kept[i])));
    orx_node_set_bool(a, n, "ok", any && !errors->count);
    orx_node_set_bool(a, n, "partial", any && errors->count);
    orx_node_set(a, n, "errors", orx_node_copy(a, errors));
    orx_node_set(a, n, "records_files", list_of(files->records, a));
    orx_node_set_str(a, n, "summary_file", files->summary);
    return n;
}

int orx_authority_put(orx_store *s, const orx_cost_files *files, int64_t now_ns, orx_node *doc,
                      orx_arena *arena, orx_err *err) {
    orx_node *summary = NULL;
    int rc = orx_cost_summary(s, files, now_ns, arena, &summary, err);
    if (rc < 0)
        return rc;
    orx_node *errors = errors_of(summary, arena);
    bool stated = strcmp(text_of(summary, "source_of_truth"), "authoritative_provider_api") == 0;
    orx_node_set_bool(arena, doc, "authoritative_cost_available", stated);
    orx_node_set_int(arena, doc, "authoritative_cost_records_total",
                     orx_node_int(orx_node_get(summary, "records_total"), 0));
    orx_node_set(arena, doc, "authoritative_cost_files", list_of(files->records, arena));
    orx_node_set_str(arena, doc, "authoritative_cost_summary_file", files->summary);
    orx_node_set(arena, doc, "authoritative_cost_errors", errors);
    orx_node_set(arena, doc, "authoritative_cost", block_of(summary, errors, files, arena));
    return 0;
}
