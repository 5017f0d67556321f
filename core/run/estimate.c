#include "run/estimate.h"

#include "run/runner.h"

const char *orx_estimate_word(orx_estimate_basis basis) {
    static const char *const words[] = {"unknown", "reserve", "calls"};
    return words[basis];
}

static int64_t number(orx_sql *q, int column) {
    return orx_sql_col_is_null(q, column) ? -1 : orx_sql_col_int(q, column);
}

/* A token class that nobody stated makes no sum unknown that others stated. */
static bool by_calls(orx_runner *r, orx_run_estimate *e) {
    orx_sql *q;
    static const char text[] =
        "SELECT count(*), CAST(avg(nullif(coalesce(input_tokens, 0) +"
        " coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0), 0)) AS INTEGER),"
        " CAST(avg(nullif(coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0), 0))"
        " AS INTEGER), min(cost_nano_usd), max(cost_nano_usd) FROM"
        " (SELECT * FROM call WHERE provider = ?1 AND model_asked = ?2 AND booked = 1"
        "  AND asked = 1 ORDER BY id DESC LIMIT 31)";
    if (orx_sql_get(r->s, text, &q, NULL) < 0)
        return false;
    orx_sql_str(q, 1, e->provider);
    orx_sql_str(q, 2, e->model);
    bool any = orx_sql_step(q, NULL) == 1 && orx_sql_col_int(q, 0) > 0;
    if (any) {
        e->basis = ORX_ESTIMATE_CALLS;
        e->calls = orx_sql_col_int(q, 0);
        e->input = number(q, 1);
        e->output = number(q, 2);
        e->low = number(q, 3);
        e->high = number(q, 4);
    }
    orx_sql_reset(q);
    return any;
}

void orx_run_estimate_of(orx_runner *r, const orx_provider_config *provider,
                         orx_run_estimate *ret_estimate) {
    orx_run_estimate *e = ret_estimate;
    orx_provider who = {.cfg = provider};
    const orx_run_step step = {.provider = &who, .model = provider->model ? provider->model : ""};
    *e = (orx_run_estimate){.task = e->task,
                            .title = e->title,
                            .provider = provider->name,
                            .model = step.model,
                            .input = -1,
                            .output = -1,
                            .low = -1,
                            .high = -1};
    if (by_calls(r, e))
        return;
    int64_t reserve = orx_run_reserve_amount(r, &step);
    if (reserve > 0) {
        e->basis = ORX_ESTIMATE_RESERVE;
        e->low = 0;
        e->high = reserve;
    }
}
