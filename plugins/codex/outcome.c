/* How it ended: errors to kinds, the final answer to a result. A class comes from codexErrorInfo or
 * from an HTTP status where there is one; `exec` gives words only, hence the table of words. */
#include "codex.h"

#include <stdlib.h>

#define LIST_MAX 64

void codex_finish(codex_job *job, const orxaq_outcome *outcome) {
    if (job->over)
        return;
    job->over = 1;
    (void)job->events->outcome(job->events, outcome);
}

static void finish_error(codex_job *job, int32_t kind, int32_t retry, int32_t http_status,
                         orxaq_view message) {
    const orxaq_outcome o = {
        .struct_size = sizeof o,
        .kind = kind,
        .retry = retry,
        .http_status = http_status,
        .retry_after_ms = kind == ORXAQ_KIND_RATE_LIMIT ? codex_retry_after_ms(message) : -1,
        .message = message,
    };
    codex_finish(job, &o);
}

void codex_finish_kind(codex_job *job, int32_t kind, int32_t retry, orxaq_view message) {
    finish_error(job, kind, retry, 0, message);
}

/* ---- A good end --------------------------------------------------------------------------- */

/* The texts of a list, at most LIST_MAX. */
static uint32_t take_list(const codex_job *job, const orxaq_value *list, orxaq_view *out) {
    const orxaq_json_service *json = job->c->json;
    uint32_t n = 0;
    for (const orxaq_value *v = json->first(list); v && n < LIST_MAX; v = json->next(v))
        out[n++] = json->text(v, orxaq_str(""));
    return n;
}

static int32_t status_of(orxaq_view word) {
    if (orxaq_view_is(word, "done"))
        return ORXAQ_STATUS_DONE;
    return orxaq_view_is(word, "blocked") ? ORXAQ_STATUS_BLOCKED : ORXAQ_STATUS_PARTIAL;
}

/* The result object, when the last message is one. 1 or 0. */
static int finish_result(codex_job *job) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *v = NULL;
    orxaq_view validations[LIST_MAX];
    orxaq_view actions[LIST_MAX];
    if (json->parse(job->c->host, codex_buf_view(&job->answer), &v) != ORXAQ_OK)
        return 0;
    orxaq_view status = json->text(json->get(v, "status"), orxaq_str(""));
    if (status.len == 0)
        return 0;
    const orxaq_outcome o = {
        .struct_size = sizeof o,
        .kind = ORXAQ_KIND_OK,
        .status = status_of(status),
        .retry_after_ms = -1,
        .summary = json->text(json->get(v, "summary"), orxaq_str("")),
        .commit = json->text(json->get(v, "commit"), orxaq_str("")),
        .blocker = json->text(json->get(v, "blocker"), orxaq_str("")),
        .validations = validations,
        .validation_count = take_list(job, json->get(v, "validations"), validations),
        .next_actions = actions,
        .next_action_count = take_list(job, json->get(v, "next_actions"), actions),
    };
    codex_finish(job, &o);
    return 1;
}

void codex_finish_answer(codex_job *job) {
    const orxaq_outcome plain = {
        .struct_size = sizeof plain, .kind = ORXAQ_KIND_OK, .retry_after_ms = -1};
    if (job->answer.len == 0)
        codex_finish_kind(job, ORXAQ_KIND_REFUSED, ORXAQ_RETRY_BY_KIND,
                          orxaq_str("the turn ended without an answer: the model refused"));
    else if (finish_result(job))
        return;
    else if (job->task->schema.len)
        codex_finish_kind(
            job, ORXAQ_KIND_PROTOCOL, ORXAQ_RETRY_BY_KIND,
            orxaq_str("the answer is not the result object that the schema asks for"));
    else
        codex_finish(job, &plain);
}

/* ---- Words -------------------------------------------------------------------------------- */

typedef struct rule {
    const char *words;
    int32_t kind;
    int32_t retry;
} rule;

/* The first that occurs. Statuses come before general words, because codex puts the server's text
 * behind them. A word without its first letter may begin a sentence or not. */
static const rule words_table[] = {
    {"Missing environment variable", ORXAQ_KIND_AUTH, ORXAQ_RETRY_NO},
    {"status 401", ORXAQ_KIND_AUTH, ORXAQ_RETRY_NO},
    {"status 403", ORXAQ_KIND_AUTH, ORXAQ_RETRY_NO},
    {"Not logged in", ORXAQ_KIND_AUTH, ORXAQ_RETRY_NO},
    {"Quota exceeded", ORXAQ_KIND_QUOTA, ORXAQ_RETRY_BY_KIND},
    {"usage limit", ORXAQ_KIND_QUOTA, ORXAQ_RETRY_BY_KIND},
    {"status 402", ORXAQ_KIND_QUOTA, ORXAQ_RETRY_BY_KIND},
    {"status: 429", ORXAQ_KIND_RATE_LIMIT, ORXAQ_RETRY_BY_KIND},
    {"status 429", ORXAQ_KIND_RATE_LIMIT, ORXAQ_RETRY_BY_KIND},
    {"rate limit exceeded", ORXAQ_KIND_RATE_LIMIT, ORXAQ_RETRY_BY_KIND},
    {"status 413", ORXAQ_KIND_CONTEXT_TOO_LONG, ORXAQ_RETRY_BY_KIND},
    {"ran out of room", ORXAQ_KIND_CONTEXT_TOO_LONG, ORXAQ_RETRY_BY_KIND},
    {"input_too_large", ORXAQ_KIND_CONTEXT_TOO_LONG, ORXAQ_RETRY_BY_KIND},
    {"Input exceeds the maximum length", ORXAQ_KIND_CONTEXT_TOO_LONG, ORXAQ_RETRY_BY_KIND},
    {"status 5", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND},
    {"status 408", ORXAQ_KIND_TIMEOUT, ORXAQ_RETRY_BY_KIND},
    {"status 404", ORXAQ_KIND_BAD_MODEL, ORXAQ_RETRY_NO},
    {"does not exist", ORXAQ_KIND_BAD_MODEL, ORXAQ_RETRY_NO},
    {"odel is not supported", ORXAQ_KIND_BAD_MODEL, ORXAQ_RETRY_NO},
    {"is not supported when using Codex with", ORXAQ_KIND_BAD_MODEL, ORXAQ_RETRY_NO},
    {"nsupported model", ORXAQ_KIND_BAD_MODEL, ORXAQ_RETRY_NO},
    {"nvalid model", ORXAQ_KIND_BAD_MODEL, ORXAQ_RETRY_NO},
    {"odel not found", ORXAQ_KIND_BAD_MODEL, ORXAQ_RETRY_NO},
    {"nknown model", ORXAQ_KIND_BAD_MODEL, ORXAQ_RETRY_NO},
    {"nrecognized model", ORXAQ_KIND_BAD_MODEL, ORXAQ_RETRY_NO},
    {"flagged", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_BY_KIND},
    {"content_filter", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_BY_KIND},
    {"max_output_tokens", ORXAQ_KIND_PROTOCOL, ORXAQ_RETRY_BY_KIND},
    {"network timeout", ORXAQ_KIND_TIMEOUT, ORXAQ_RETRY_BY_KIND},
    {"idle timeout", ORXAQ_KIND_TIMEOUT, ORXAQ_RETRY_BY_KIND},
    {"high demand", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND},
    {"at capacity", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND},
    {"stream disconnected", ORXAQ_KIND_NETWORK, ORXAQ_RETRY_BY_KIND},
    {"Connection failed", ORXAQ_KIND_NETWORK, ORXAQ_RETRY_BY_KIND},
};

static const rule *rule_for(orxaq_view text) {
    for (size_t i = 0; i < sizeof words_table / sizeof *words_table; i++)
        if (codex_has(text, words_table[i].words))
            return &words_table[i];
    return NULL;
}

/* What the table does not know will not be better next time: a bad request, a bad setting. */
void codex_finish_text(codex_job *job, orxaq_view text) {
    const rule *r = rule_for(text);
    codex_finish_kind(job, r ? r->kind : ORXAQ_KIND_CRASHED, r ? r->retry : ORXAQ_RETRY_NO,
                      text.len ? text : orxaq_str("codex gave no reason"));
}

/* ---- Classes ------------------------------------------------------------------------------ */

static const rule class_table[] = {
    {"unauthorized", ORXAQ_KIND_AUTH, ORXAQ_RETRY_NO},
    {"usageLimitExceeded", ORXAQ_KIND_QUOTA, ORXAQ_RETRY_BY_KIND},
    {"sessionBudgetExceeded", ORXAQ_KIND_LIMIT, ORXAQ_RETRY_BY_KIND},
    {"rateLimitExceeded", ORXAQ_KIND_RATE_LIMIT, ORXAQ_RETRY_BY_KIND},
    {"contextWindowExceeded", ORXAQ_KIND_CONTEXT_TOO_LONG, ORXAQ_RETRY_BY_KIND},
    {"modelNotFound", ORXAQ_KIND_BAD_MODEL, ORXAQ_RETRY_NO},
    {"internalServerError", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND},
    {"serverOverloaded", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND},
    {"flexUnavailable", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND},
    {"policyCapacityUnavailable", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND},
    {"cyberPolicy", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_BY_KIND},
    {"misalignmentPolicyViolation", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_BY_KIND},
    {"inferenceHookDenied", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_NO},
    {"tooManyDenials", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_BY_KIND},
    {"sandboxError", ORXAQ_KIND_CRASHED, ORXAQ_RETRY_NO},
};

static const rule *class_of(orxaq_view word) {
    for (size_t i = 0; i < sizeof class_table / sizeof *class_table; i++)
        if (orxaq_view_is(word, class_table[i].words))
            return &class_table[i];
    return NULL;
}

static int32_t kind_of_status(int64_t status) {
    if (status <= 0)
        return ORXAQ_KIND_NETWORK;
    if (status == 401 || status == 403)
        return ORXAQ_KIND_AUTH;
    if (status == 402)
        return ORXAQ_KIND_QUOTA;
    if (status == 404)
        return ORXAQ_KIND_BAD_MODEL;
    if (status == 408)
        return ORXAQ_KIND_TIMEOUT;
    if (status == 413)
        return ORXAQ_KIND_CONTEXT_TOO_LONG;
    if (status == 429)
        return ORXAQ_KIND_RATE_LIMIT;
    return status >= 500 ? ORXAQ_KIND_OVERLOADED : ORXAQ_KIND_CRASHED;
}

/* {"httpConnectionFailed": {"httpStatusCode": 401}}: the first member's status, -1 when it is not
 * of that shape, 0 when there was none. */
static int64_t status_in(const codex_job *job, const orxaq_value *info) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *inner = json->kind(info) == ORXAQ_VALUE_MAP ? json->first(info) : NULL;
    const orxaq_value *status = json->get(inner, "httpStatusCode");
    return status ? json->integer(status, 0) : -1;
}

void codex_finish_error(codex_job *job, const orxaq_value *error) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *info = json->get(error, "codexErrorInfo");
    orxaq_view text = json->text(json->get(error, "message"), codex_buf_view(&job->failure));
    const rule *r = class_of(json->text(info, orxaq_str("")));
    int64_t status = status_in(job, info);
    int32_t kind = kind_of_status(status);
    if (r)
        codex_finish_kind(job, r->kind, r->retry, text);
    else if (status >= 0)
        finish_error(job, kind, kind == ORXAQ_KIND_CRASHED ? ORXAQ_RETRY_NO : ORXAQ_RETRY_BY_KIND,
                     (int32_t)status, text);
    else
        codex_finish_text(job, text);
}

/* ---- No final event ----------------------------------------------------------------------- */

static int32_t kind_of_reason(int32_t reason) {
    switch (reason) {
    case ORXAQ_END_TOTAL:
        return ORXAQ_KIND_TIMEOUT;
    case ORXAQ_END_IDLE:
    case ORXAQ_END_SILENT:
        return ORXAQ_KIND_NO_PROGRESS;
    case ORXAQ_END_OUTPUT_LIMIT:
        return ORXAQ_KIND_PROTOCOL;
    case ORXAQ_END_CANCELLED:
        return ORXAQ_KIND_KILLED;
    default:
        return ORXAQ_KIND_CRASHED;
    }
}

static void finish_missing(codex_job *job, const orxaq_feed *exit) {
    codex_buf text = {0};
    codex_buf_add(&text, exit->data);
    codex_buf_adds(&text, "; the program is set by the setting `program` and is installed by "
                          "`npm install -g @openai/codex`");
    codex_finish_kind(job, ORXAQ_KIND_CRASHED, ORXAQ_RETRY_NO, codex_buf_view(&text));
    codex_buf_free(&text);
}

void codex_finish_exit(codex_job *job, const orxaq_feed *exit) {
    orxaq_view words =
        job->failure.len ? codex_buf_view(&job->failure) : codex_buf_view(&job->errors);
    if (exit->reason == ORXAQ_END_NOT_STARTED) {
        finish_missing(job, exit);
    } else if (exit->reason != ORXAQ_END_BY_ITSELF) {
        codex_finish_kind(job, kind_of_reason(exit->reason), ORXAQ_RETRY_BY_KIND, exit->data);
    } else if (rule_for(words)) {
        codex_finish_text(job, words);
    } else {
        codex_buf text = {0};
        codex_buf_adds(&text, "codex ended without a final event");
        codex_buf_adds(&text, words.len ? ": " : "");
        codex_buf_add(&text, words);
        codex_finish_kind(job, ORXAQ_KIND_CRASHED, ORXAQ_RETRY_BY_KIND, codex_buf_view(&text));
        codex_buf_free(&text);
    }
}

/* ---- Waiting ------------------------------------------------------------------------------ */

/* The unit behind the number in milliseconds; 0 when it is none. */
static double unit_ms(const char *unit) {
    if (strncmp(unit, "ms", 2) == 0)
        return 1;
    if (*unit == 's')
        return 1000;
    if (*unit == 'm')
        return 60 * 1000;
    return *unit == 'h' ? 3600 * 1000 : 0;
}

int64_t codex_retry_after_ms(orxaq_view text) {
    static const char words[] = "try again in ";
    char number[32];
    for (uint64_t i = 0; i + sizeof words <= text.len; i++) {
        if (memcmp(text.data + i, words, sizeof words - 1) != 0)
            continue;
        uint64_t at = i + sizeof words - 1;
        uint64_t len = text.len - at < sizeof number - 1 ? text.len - at : sizeof number - 1;
        char *end;
        memcpy(number, text.data + at, (size_t)len);
        number[len] = '\0';
        double n = strtod(number, &end);
        while (*end == ' ')
            end++;
        double ms = end == number ? 0 : n * unit_ms(end);
        if (ms > 0 && ms < 1e12)
            return (int64_t)(ms + 0.5);
    }
    return -1;
}
