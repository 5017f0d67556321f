/* Tokens and money.
 *
 * The program states its tokens four times, and no two of them mean the same:
 *
 *   stream_event                     per request, as the server sent it; complete at its end
 *   assistant.message.usage          the numbers of the request's *start*, once per block: not used
 *   result.usage                     this run, but without a request that a limit cut off
 *   result.modelUsage                per model and with money, over the whole session: a resumed
 *                                    run repeats what the runs before it used
 *   result.model_usage_since_last_result   the same for this run alone
 *
 * So the sum of the stream is told while it runs, which is also all there is when the program dies,
 * and the last of the list takes its place at the end. Versions without it: `usage`, or the stream
 * when that has seen more, and the session's money as the total of a session.
 *
 * `input_tokens` is what no cache was part of; `output_tokens` includes the reasoning. Money is a
 * sum by the program's own price list and is made up for models it does not know (costBasis). */
#include "claude.h"

#define NANO 1000000000.0

static void add(claude_tokens *sum, const claude_tokens *more) {
    sum->input += more->input;
    sum->cache_read += more->cache_read;
    sum->cache_write += more->cache_write;
    sum->output += more->output;
    sum->reasoning += more->reasoning;
}

static int64_t all(const claude_tokens *t) {
    return t->input + t->cache_read + t->cache_write + t->output;
}

/* The larger of what we have and a member; bounded, so that sums cannot overflow. */
static void take(const claude *c, const orxaq_value *map, const char *path, int64_t *value) {
    int64_t n = c->json->integer(c->json->get(map, path), 0);
    if (n > *value && n < INT64_C(1) << 40)
        *value = n;
}

/* Numbers of the API, which grow in the course of an answer. */
static void take_usage(const claude *c, const orxaq_value *map, claude_tokens *t) {
    take(c, map, "input_tokens", &t->input);
    take(c, map, "cache_read_input_tokens", &t->cache_read);
    take(c, map, "cache_creation_input_tokens", &t->cache_write);
    take(c, map, "output_tokens", &t->output);
    take(c, map, "output_tokens_details.thinking_tokens", &t->reasoning);
}

static void tell(const claude_job *job, const claude_tokens *t, int64_t cost) {
    int64_t reasoning = t->reasoning < t->output ? t->reasoning : t->output;
    const orxaq_usage u = {
        .struct_size = sizeof u,
        .scope = ORXAQ_SCOPE_PROCESS,
        .mode = ORXAQ_USAGE_TOTAL,
        .provenance = ORXAQ_BY_VENDOR,
        .key = orxaq_str("run"),
        .model_asked = job->args->model,
        .model_answered = orxaq_str(job->model),
        .input_tokens = t->input,
        .cache_read_tokens = t->cache_read,
        .cache_write_tokens = t->cache_write,
        .output_tokens = t->output - reasoning,
        .reasoning_tokens = reasoning,
        .requests = job->requests,
        .cost_nano_usd = cost,
    };
    (void)job->events->usage(job->events, &u);
}

static claude_tokens streamed(const claude_job *job) {
    claude_tokens sum = job->before;
    add(&sum, &job->now);
    return sum;
}

void claude_count(claude_job *job, const orxaq_value *event) {
    const claude *c = job->c;
    orxaq_view type = claude_member(c, event, "type");
    if (orxaq_view_is(type, "message_start")) {
        job->before = streamed(job);
        job->now = (claude_tokens){0};
        job->requests++;
        take_usage(c, c->json->get(event, "message.usage"), &job->now);
    } else if (orxaq_view_is(type, "message_delta")) {
        take_usage(c, c->json->get(event, "usage"), &job->now);
    } else {
        return;
    }
    claude_tokens sum = streamed(job);
    tell(job, &sum, -1);
}

/* Sums over the models of a map; the money only if it is by the price list for all of them. */
static claude_tokens sum_models(const claude *c, const orxaq_value *models, int64_t *ret_cost) {
    const orxaq_json_service *json = c->json;
    claude_tokens sum = {0};
    double usd = 0;
    int known = json->count(models) > 0;
    for (const orxaq_value *m = json->first(models); m; m = json->next(m)) {
        claude_tokens t = {0};
        take(c, m, "inputTokens", &t.input);
        take(c, m, "cacheReadInputTokens", &t.cache_read);
        take(c, m, "cacheCreationInputTokens", &t.cache_write);
        take(c, m, "outputTokens", &t.output);
        take(c, m, "thinkingTokens", &t.reasoning);
        add(&sum, &t);
        known = known && orxaq_view_is(claude_member(c, m, "costBasis"), "list");
        usd += json->number(json->get(m, "costUSD"), 0);
    }
    *ret_cost = known && usd >= 0 && usd < 1e6 ? (int64_t)(usd * NANO + 0.5) : -1;
    return sum;
}

/* The money of a session as a total of its own: the host books the difference to the last run. */
static void tell_session_cost(const claude_job *job, orxaq_view session, int64_t cost) {
    const orxaq_usage u = {
        .struct_size = sizeof u,
        .scope = ORXAQ_SCOPE_SESSION,
        .mode = ORXAQ_USAGE_TOTAL,
        .provenance = ORXAQ_BY_VENDOR,
        .key = session,
        .model_asked = job->args->model,
        .model_answered = orxaq_str(job->model),
        .input_tokens = -1,
        .cache_read_tokens = -1,
        .cache_write_tokens = -1,
        .output_tokens = -1,
        .reasoning_tokens = -1,
        .requests = -1,
        .cost_nano_usd = cost,
    };
    if (cost >= 0)
        (void)job->events->usage(job->events, &u);
}

void claude_usage(claude_job *job, const orxaq_value *result) {
    const claude *c = job->c;
    const orxaq_value *run = c->json->get(result, "model_usage_since_last_result");
    int64_t cost = -1;
    if (c->json->kind(run) == ORXAQ_VALUE_MAP) {
        claude_tokens t = sum_models(c, run, &cost);
        if (job->requests || all(&t))
            tell(job, &t, cost);
        return;
    }
    claude_tokens stated = {0};
    claude_tokens seen = streamed(job);
    take_usage(c, c->json->get(result, "usage"), &stated);
    (void)sum_models(c, c->json->get(result, "modelUsage"), &cost);
    orxaq_view session = claude_member(c, result, "session_id");
    if (session.len) {
        tell_session_cost(job, session, cost);
        cost = -1;
    }
    if (job->requests || all(&stated))
        tell(job, all(&stated) >= all(&seen) ? &stated : &seen, cost);
}
