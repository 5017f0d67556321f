/* How it ended: the result's record becomes an outcome. */
#include "claude.h"

#include <stdio.h>

void claude_finish(const orxaq_events *events, int32_t kind, int32_t retry, const char *message) {
    const orxaq_outcome o = {.struct_size = sizeof o,
                             .kind = kind,
                             .retry = retry,
                             .retry_after_ms = -1,
                             .message = orxaq_str(message)};
    (void)events->outcome(events, &o);
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Whether the text contains a part, in capitals or not; part is in small letters. */
static int has(orxaq_view text, const char *part) {
    size_t n = strlen(part);
    for (uint64_t i = 0; i + n <= text.len; i++) {
        size_t j = 0;
        while (j < n && lower(text.data[i + j]) == part[j])
            j++;
        if (j == n)
            return 1;
    }
    return 0;
}

/* ---- Failures ----------------------------------------------------------------------------------
 */

/* What a failed result says. */
typedef struct failure {
    orxaq_view error; /* the program's class of the request that failed */
    orxaq_view subtype;
    orxaq_view terminal; /* terminal_reason */
    orxaq_view stop;     /* stop_reason */
    orxaq_view text;
    int64_t status; /* HTTP; 0 = none */
    int32_t retry;  /* ORXAQ_RETRY_*, set on the way */
} failure;

static int is(orxaq_view v, const char *text) {
    return orxaq_view_is(v, text);
}

/* The program ended the work by its own rules. 0 = no. */
static int32_t kind_of_rule(const failure *f) {
    if (is(f->subtype, "error_max_turns") || is(f->subtype, "error_max_budget_usd"))
        return ORXAQ_KIND_LIMIT;
    if (is(f->terminal, "prompt_too_long") || is(f->terminal, "blocking_limit"))
        return ORXAQ_KIND_CONTEXT_TOO_LONG;
    if (is(f->terminal, "aborted_tools") || is(f->terminal, "aborted_streaming"))
        return ORXAQ_KIND_KILLED;
    return is(f->stop, "refusal") ? ORXAQ_KIND_REFUSED : 0;
}

/* The server said no, by a code. 0 = it did not. A server that is out of credit says so with many
 * codes, 429 among them. */
static int32_t kind_of_code(const failure *f) {
    if (is(f->error, "billing_error") || f->status == 402 || has(f->text, "credit balance"))
        return ORXAQ_KIND_QUOTA;
    if (is(f->error, "authentication_failed") || f->status == 401 || f->status == 403)
        return ORXAQ_KIND_AUTH;
    if (is(f->error, "rate_limit") || f->status == 429)
        return ORXAQ_KIND_RATE_LIMIT;
    if (is(f->error, "model_not_found") || f->status == 404)
        return ORXAQ_KIND_BAD_MODEL;
    if (f->status == 413)
        return ORXAQ_KIND_CONTEXT_TOO_LONG;
    if (is(f->error, "overloaded") || f->status >= 500)
        return ORXAQ_KIND_OVERLOADED;
    return 0;
}

/* No code tells these apart, so the words must; all were seen. 0 = none of them. */
static int32_t kind_of_text(const failure *f) {
    if (has(f->text, "context window limit") || has(f->text, "prompt is too long"))
        return ORXAQ_KIND_CONTEXT_TOO_LONG;
    if (is(f->error, "max_output_tokens") || has(f->text, "output token maximum"))
        return ORXAQ_KIND_PROTOCOL;
    if (has(f->text, "timed out") || has(f->text, "idle timeout"))
        return ORXAQ_KIND_TIMEOUT;
    return 0;
}

static int32_t kind_of(failure *f) {
    int32_t kind = kind_of_rule(f);
    kind = kind ? kind : kind_of_code(f);
    kind = kind ? kind : kind_of_text(f);
    if (kind || f->status)
        f->retry = kind ? ORXAQ_RETRY_BY_KIND : ORXAQ_RETRY_NO;
    else if (is(f->error, "server_error"))
        kind = ORXAQ_KIND_NETWORK;
    else if (is(f->error, "unknown")) {
        /* An answer that was not one: empty, cut, HTML, broken JSON. */
        kind = ORXAQ_KIND_PROTOCOL;
        f->retry = ORXAQ_RETRY_YES;
    }
    return kind ? kind : ORXAQ_KIND_CRASHED;
}

static void end_failed(claude_job *job, const orxaq_value *result) {
    const claude *c = job->c;
    orxaq_view errors = claude_member(c, result, "errors[0]");
    orxaq_view text = claude_member(c, result, "result");
    failure f = {
        .error = orxaq_str(job->error),
        .subtype = claude_member(c, result, "subtype"),
        .terminal = claude_member(c, result, "terminal_reason"),
        .stop = claude_member(c, result, "stop_reason"),
        .text = text.len ? text : errors,
        .status = c->json->integer(c->json->get(result, "api_error_status"), 0),
    };
    int32_t kind = kind_of(&f);
    const orxaq_outcome o = {
        .struct_size = sizeof o,
        .kind = kind,
        .retry = f.retry,
        .http_status = (int32_t)f.status,
        .retry_after_ms = -1, /* the program keeps it to itself */
        .message = f.text,
    };
    (void)job->events->outcome(job->events, &o);
}

/* ---- Success ----------------------------------------------------------------------------------
 */

#define LIST_MAX 256

static uint32_t take_list(const claude *c, const orxaq_value *list, orxaq_view out[LIST_MAX]) {
    uint32_t n = 0;
    for (const orxaq_value *v = c->json->first(list); v && n < LIST_MAX; v = c->json->next(v))
        out[n++] = c->json->text(v, orxaq_str(""));
    return n;
}

static void end_structured(claude_job *job, const orxaq_value *object) {
    const claude *c = job->c;
    orxaq_view validations[LIST_MAX];
    orxaq_view actions[LIST_MAX];
    orxaq_view status = claude_member(c, object, "status");
    const orxaq_outcome o = {
        .struct_size = sizeof o,
        .kind = ORXAQ_KIND_OK,
        .retry_after_ms = -1,
        .status = is(status, "done")      ? ORXAQ_STATUS_DONE
                  : is(status, "blocked") ? ORXAQ_STATUS_BLOCKED
                                          : ORXAQ_STATUS_PARTIAL,
        .summary = claude_member(c, object, "summary"),
        .commit = claude_member(c, object, "commit"),
        .blocker = claude_member(c, object, "blocker"),
        .validation_count = take_list(c, c->json->get(object, "validations"), validations),
        .validations = validations,
        .next_action_count = take_list(c, c->json->get(object, "next_actions"), actions),
        .next_actions = actions,
    };
    (void)job->events->outcome(job->events, &o);
}

/* The answer's words, when no piece of them arrived. */
static void tell_answer(claude_job *job, orxaq_view text) {
    const orxaq_text t = {.struct_size = sizeof t, .channel = ORXAQ_TEXT_ANSWER, .text = text};
    if (!job->said && text.len)
        (void)job->events->text(job->events, &t);
}

static void end_well(claude_job *job, const orxaq_value *result) {
    const claude *c = job->c;
    const orxaq_value *object = c->json->get(result, "structured_output");
    int forced = job->args->schema.len && c->json->boolean(claude_setting(c, "structured"), 0);
    orxaq_view text = claude_member(c, result, "result");
    if (c->json->kind(object) == ORXAQ_VALUE_MAP) {
        end_structured(job, object);
    } else if (forced) {
        claude_finish(job->events, ORXAQ_KIND_PROTOCOL, ORXAQ_RETRY_BY_KIND,
                      "the answer has not the form of the result's schema");
    } else if (!text.len && !job->said && !job->acted) {
        claude_finish(job->events, ORXAQ_KIND_PROTOCOL, ORXAQ_RETRY_YES,
                      "the model answered nothing");
    } else {
        tell_answer(job, text);
        claude_finish(job->events, ORXAQ_KIND_OK, ORXAQ_RETRY_BY_KIND, "");
    }
}

/* ---- No result ----------------------------------------------------------------------------------
 */

static int32_t kind_of_end(const orxaq_feed *feed) {
    switch (feed->reason) {
    case ORXAQ_END_TOTAL:
        return ORXAQ_KIND_TIMEOUT;
    case ORXAQ_END_IDLE:
    case ORXAQ_END_SILENT:
        return ORXAQ_KIND_NO_PROGRESS;
    case ORXAQ_END_OUTPUT_LIMIT:
        return ORXAQ_KIND_PROTOCOL;
    case ORXAQ_END_CANCELLED:
        return ORXAQ_KIND_KILLED;
    case ORXAQ_END_NOT_STARTED:
        return ORXAQ_KIND_CRASHED;
    default:
        break;
    }
    if (feed->signal || feed->code == 143 || feed->code == 129)
        return ORXAQ_KIND_KILLED;
    return feed->code == 0 ? ORXAQ_KIND_PROTOCOL : ORXAQ_KIND_CRASHED;
}

static void end_without(claude_job *job, const orxaq_feed *feed) {
    char text[CLAUDE_STDERR_MAX + 200];
    int by_itself = feed->kind == ORXAQ_FEED_EXIT && feed->reason == ORXAQ_END_BY_ITSELF;
    int32_t kind = feed->kind == ORXAQ_FEED_EXIT ? kind_of_end(feed) : ORXAQ_KIND_CRASHED;
    orxaq_view said = orxaq_view_of(job->errors, job->errors_len);
    if (feed->kind == ORXAQ_FEED_ERROR && feed->code == ORXAQ_E_NOT_FOUND)
        kind = ORXAQ_KIND_AUTH; /* the secret's variable or file is not there */
    if (!by_itself)
        said = feed->data;
    if (by_itself && !said.len)
        (void)snprintf(text, sizeof text, "claude ended with exit code %d without a result",
                       feed->code);
    else
        (void)snprintf(text, sizeof text, "%s%.*s", by_itself ? "claude gave no result: " : "",
                       (int)(said.len < CLAUDE_STDERR_MAX ? said.len : CLAUDE_STDERR_MAX),
                       said.data ? said.data : "");
    claude_finish(job->events, kind, ORXAQ_RETRY_BY_KIND, text);
}

/* The result decides, whatever the exit code or the reason of the end: it is the program's last
 * word about work that is there. */
void claude_end(claude_job *job, const orxaq_feed *feed) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *result = NULL;
    if (!job->result ||
        json->parse(job->c->host, orxaq_view_of(job->result, job->result_len), &result) != ORXAQ_OK)
        end_without(job, feed);
    else if (json->boolean(json->get(result, "is_error"), 1))
        end_failed(job, result);
    else
        end_well(job, result);
}
