#include "run/usage_sum.h"

#include "plugin/job.h"

static void add_class(int64_t *sum, int64_t more) {
    if (more < 0)
        return;
    *sum = (*sum < 0 ? 0 : *sum) + more;
    if (*sum > ORX_JOB_COST_MAX)
        *sum = ORX_JOB_COST_MAX;
}

void orx_usage_merge(orxaq_usage *have, const orxaq_usage *u) {
    if (u->mode == ORXAQ_USAGE_TOTAL) {
        orxaq_view key = have->key;
        orxaq_view asked = have->model_asked;
        orxaq_view answered = have->model_answered;
        *have = *u;
        have->key = key;
        have->model_asked = asked;
        have->model_answered = answered;
        return;
    }
    add_class(&have->input_tokens, u->input_tokens);
    add_class(&have->cache_read_tokens, u->cache_read_tokens);
    add_class(&have->cache_write_tokens, u->cache_write_tokens);
    add_class(&have->output_tokens, u->output_tokens);
    add_class(&have->reasoning_tokens, u->reasoning_tokens);
    add_class(&have->requests, u->requests);
    add_class(&have->cost_nano_usd, u->cost_nano_usd);
}

void orx_usage_add_up(const orxaq_usage *usage, size_t count, int64_t *ret_tokens,
                      int64_t *ret_cost) {
    int64_t tokens = -1;
    int64_t cost = -1;
    for (size_t i = 0; i < count; i++) {
        const orxaq_usage *u = &usage[i];
        add_class(&tokens, u->input_tokens);
        add_class(&tokens, u->cache_read_tokens);
        add_class(&tokens, u->cache_write_tokens);
        add_class(&tokens, u->output_tokens);
        add_class(&tokens, u->reasoning_tokens);
        add_class(&cost, u->cost_nano_usd);
    }
    *ret_tokens = tokens;
    *ret_cost = cost;
}
