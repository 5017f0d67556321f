/* How it ended: the result's record becomes an outcome. */
#include "gemini.h"

#include <stdio.h>

void gemini_finish(const orxaq_events *events, int32_t kind, int32_t retry, const char *message) {
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

/* Where a part begins in the text, in capitals or not, or -1; part is in small letters. */
static int64_t find(orxaq_view text, const char *part) {
    size_t n = strlen(part);
    for (uint64_t i = 0; i + n <= text.len; i++) {
        size_t j = 0;
        while (j < n && lower(text.data[i + j]) == part[j])
            j++;
        if (j == n)
            return (int64_t)i;
    }
    return -1;
}

static int has(orxaq_view text, const char *part) {
    return find(text, part) >= 0;
}

/* ---- Failures ----------------------------------------------------------------------------------
 */

/* What a failed run says. */
typedef struct failure {
    orxaq_view text;
    int32_t code;   /* exit code */
    int32_t status; /* HTTP; 0 = none */
    int32_t retry;  /* ORXAQ_RETRY_*, set on the way */
} failure;

/* The status inside "[API Error: {...}]": the body of the server's answer. */
static int32_t status_in(const gemini *c, orxaq_view text) {
    const orxaq_value *body = NULL;
    int64_t at = find(text, "{");
    uint64_t end = text.len;
    if (at < 0)
        return 0;
    while (end > (uint64_t)at && text.data[end - 1] != '}')
        end--;
    if (c->json->parse(c->host, orxaq_view_of(text.data + at, end - (uint64_t)at), &body) !=
        ORXAQ_OK)
        return 0;
    int64_t status = c->json->integer(c->json->get(body, "error.code"), 0);
    return status >= 400 && status < 600 ? (int32_t)status : 0;
}

/* After a failed request the exit code is the status modulo 256. */
static int32_t status_of_code(int32_t code) {
    static const int32_t known[] = {400, 401, 402, 403, 413, 429, 500, 502, 503, 504, 529};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (code == known[i] % 256)
            return known[i];
    return 0;
}

/* The program's own codes, and those of the server. 0 = none. A used-up plan and a bad key come
 * with the codes of other things. */
static int32_t kind_of_code(const failure *f) {
    if (f->code == 53 || has(f->text, "max session turns"))
        return ORXAQ_KIND_LIMIT;
    if (has(f->text, "daily quota") || f->status == 402)
        return ORXAQ_KIND_QUOTA;
    if (f->code == 41 || f->status == 401 || f->status == 403 || has(f->text, "api_key_invalid") ||
        has(f->text, "api key not valid"))
        return ORXAQ_KIND_AUTH;
    if (f->status == 429)
        return ORXAQ_KIND_RATE_LIMIT;
    if (f->status == 413 || has(f->text, "maximum number of tokens"))
        return ORXAQ_KIND_CONTEXT_TOO_LONG;
    return f->status >= 500 ? ORXAQ_KIND_OVERLOADED : 0;
}

/* Where no code is given, the words; all were seen. 0 = none of them. An unknown model is a 404
 * whose code the program drops. */
static int32_t kind_of_text(failure *f) {
    if (f->status == 404 || has(f->text, "is not found") || has(f->text, "does not exist"))
        return ORXAQ_KIND_BAD_MODEL;
    if (has(f->text, "overloaded") || has(f->text, "try again later"))
        return ORXAQ_KIND_OVERLOADED;
    if (has(f->text, "safety settings"))
        return ORXAQ_KIND_REFUSED;
    if (has(f->text, "fetch failed") || has(f->text, "error: terminated"))
        return ORXAQ_KIND_NETWORK;
    if (has(f->text, "finish reason") || has(f->text, "empty response") ||
        has(f->text, "malformed function call") || has(f->text, "in json at") ||
        has(f->text, "json segment")) {
        f->retry = ORXAQ_RETRY_YES;
        return ORXAQ_KIND_PROTOCOL;
    }
    return 0;
}

static int32_t kind_of(failure *f) {
    int32_t kind = kind_of_code(f);
    kind = kind ? kind : kind_of_text(f);
    if (!kind && f->status)
        f->retry = ORXAQ_RETRY_NO; /* the request itself is wrong */
    return kind ? kind : ORXAQ_KIND_CRASHED;
}

/* "Suggested retry after 3s" in milliseconds, or -1. */
static int64_t retry_after(orxaq_view text) {
    static const char words[] = "suggested retry after ";
    int64_t at = find(text, words);
    double seconds = 0;
    double scale = 0;
    int digits = 0;
    if (at < 0)
        return -1;
    for (uint64_t i = (uint64_t)at + strlen(words); i < text.len; i++) {
        char c = text.data[i];
        if (c >= '0' && c <= '9' && seconds < 1e9) {
            seconds = scale > 0 ? seconds + (c - '0') * scale : seconds * 10 + (c - '0');
            scale /= 10;
            digits = 1;
        } else if (c == '.' && scale == 0) {
            scale = 0.1;
        } else {
            return c == 's' && digits ? (int64_t)(seconds * 1000) : -1;
        }
    }
    return -1;
}

static void end_failed(gemini_job *job, orxaq_view text, int32_t code) {
    failure f = {.text = text, .code = code, .status = status_in(job->c, text)};
    if (!f.status)
        f.status = status_of_code(code);
    int32_t kind = kind_of(&f);
    const orxaq_outcome o = {
        .struct_size = sizeof o,
        .kind = kind,
        .retry = f.retry,
        .http_status = f.status,
        .retry_after_ms = kind == ORXAQ_KIND_RATE_LIMIT ? retry_after(text) : -1,
        .message = text,
    };
    (void)job->events->outcome(job->events, &o);
}

/* ---- Success ----------------------------------------------------------------------------------
 */

/* A prompt that does not fit the model is not sent, and that is all the program says about it: a
 * success without tokens. (A text that the model's limit cut off cannot be told from a whole one.)
 */
static void end_well(gemini_job *job, const orxaq_value *result) {
    const orxaq_json_service *json = job->c->json;
    if (json->integer(json->get(result, "stats.total_tokens"), 0) <= 0)
        gemini_finish(job->events, ORXAQ_KIND_CONTEXT_TOO_LONG, ORXAQ_RETRY_BY_KIND,
                      "the program sent nothing: the prompt does not fit the model");
    else if (!job->said && !job->acted)
        gemini_finish(job->events, ORXAQ_KIND_PROTOCOL, ORXAQ_RETRY_YES,
                      "the model answered nothing");
    else
        gemini_finish(job->events, ORXAQ_KIND_OK, ORXAQ_RETRY_BY_KIND, "");
}

/* ---- No result ----------------------------------------------------------------------------------
 */

/* Why the host ended it; -1 when it ended by itself. */
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
        return feed->signal ? ORXAQ_KIND_KILLED : -1;
    }
}

static void end_without(gemini_job *job, const orxaq_feed *feed) {
    char text[GEMINI_STDERR_MAX + 200];
    orxaq_view said = orxaq_view_of(job->errors, job->errors_len);
    int32_t kind = feed->kind == ORXAQ_FEED_EXIT ? kind_of_end(feed) : ORXAQ_KIND_CRASHED;
    if (feed->kind == ORXAQ_FEED_ERROR && feed->code == ORXAQ_E_NOT_FOUND)
        kind = ORXAQ_KIND_AUTH; /* the secret's variable or file is not there */
    if (kind >= 0) {
        (void)snprintf(
            text, sizeof text, "%.*s",
            (int)(feed->data.len < GEMINI_STDERR_MAX ? feed->data.len : GEMINI_STDERR_MAX),
            feed->data.data ? feed->data.data : "");
        gemini_finish(job->events, kind, ORXAQ_RETRY_BY_KIND, text);
    } else if (feed->code != 0 && said.len) {
        end_failed(job, said, feed->code);
    } else {
        (void)snprintf(text, sizeof text, "gemini ended with exit code %d without a result",
                       feed->code);
        gemini_finish(job->events, feed->code ? ORXAQ_KIND_CRASHED : ORXAQ_KIND_PROTOCOL,
                      ORXAQ_RETRY_BY_KIND, text);
    }
}

/* The result decides, whatever the exit code: it is the program's last word about work that is
 * there. */
void gemini_end(gemini_job *job, const orxaq_feed *feed) {
    const gemini *c = job->c;
    const orxaq_value *result = NULL;
    if (!job->result ||
        c->json->parse(c->host, orxaq_view_of(job->result, job->result_len), &result) != ORXAQ_OK) {
        end_without(job, feed);
    } else if (orxaq_view_is(gemini_member(c, result, "status"), "success")) {
        end_well(job, result);
    } else {
        orxaq_view text = gemini_member(c, result, "error.message");
        end_failed(job, text.len ? text : orxaq_str(job->problem), feed->code);
    }
}
