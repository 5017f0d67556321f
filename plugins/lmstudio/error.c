/* What statuses and error bodies mean. Codes decide where the server gives them; the words below
 * are for the servers that only give words. */
#include "lmstudio.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Retry-After ----------------------------------------------------------------------------- */

/* Days since 1970 of a date, by the usual count of eras (Howard Hinnant, "days_from_civil"). */
static int64_t days_of(int64_t y, int64_t m, int64_t d) {
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static int64_t number_at(const char *text, int digits) {
    int64_t n = 0;
    for (int i = 0; i < digits; i++) {
        if (!isdigit((unsigned char)text[i]))
            return -1;
        n = n * 10 + (text[i] - '0');
    }
    return n;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, IMF-fixdate) in seconds since 1970, or -1. */
static int64_t date_of(orxaq_view v) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (v.len != 29 || memcmp(v.data + 25, " GMT", 4) != 0)
        return -1;
    const char *t = v.data;
    int64_t month = -1;
    for (int64_t i = 0; i < 12; i++)
        if (memcmp(t + 8, months + 3 * i, 3) == 0)
            month = i + 1;
    int64_t day = number_at(t + 5, 2), year = number_at(t + 12, 4), hour = number_at(t + 17, 2);
    int64_t minute = number_at(t + 20, 2), second = number_at(t + 23, 2);
    if (month < 0 || day < 1 || year < 1970 || hour < 0 || minute < 0 || second < 0)
        return -1;
    return days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
}

int64_t lm_retry_after(orxaq_view value, int64_t now_ns) {
    char copy[32];
    if (value.len == 0 || value.len >= sizeof copy)
        return -1;
    int64_t date = date_of(value);
    if (date >= 0) {
        int64_t left = date - now_ns / 1000000000;
        return left > 0 ? left * 1000 : 0;
    }
    memcpy(copy, value.data, (size_t)value.len);
    copy[value.len] = '\0';
    /* strtod would also take hexadecimal digits, exponents and words. */
    int plain = strspn(copy, "0123456789.") == value.len && isdigit((unsigned char)copy[0]);
    char *end;
    double seconds = strtod(copy, &end);
    int good = plain && *end == '\0' && seconds < 1e9;
    return good ? (int64_t)(seconds * 1000) : -1;
}

/* ---- Words ----------------------------------------------------------------------------------- */

static int holds(orxaq_view text, const char *word) {
    size_t n = strlen(word);
    for (uint64_t i = 0; i + n <= text.len; i++) {
        size_t k = 0;
        while (k < n && tolower((unsigned char)text.data[i + k]) == word[k])
            k++;
        if (k == n)
            return 1;
    }
    return 0;
}

/* LM Studio, llama.cpp, vLLM, Ollama and others say a prompt is too long in words only. */
static int says_too_long(orxaq_view text) {
    static const char *const words[] = {
        "context length",          "context window", "maximum context",    "available context size",
        "context_length_exceeded", "context size",   "prompt is too long", "too many tokens"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (holds(text, words[i]))
            return 1;
    return 0;
}

/* ---- Kinds ----------------------------------------------------------------------------------- */

/* What the server's code word means, or -1. */
static int32_t kind_of_code(orxaq_view code) {
    static const struct {
        const char *code;
        int32_t kind;
    } codes[] = {
        {"context_length_exceeded", ORXAQ_KIND_CONTEXT_TOO_LONG},
        {"exceed_context_size_error", ORXAQ_KIND_CONTEXT_TOO_LONG}, /* llama.cpp */
        {"request_too_large", ORXAQ_KIND_CONTEXT_TOO_LONG},
        {"model_not_found", ORXAQ_KIND_BAD_MODEL},
        {"model_not_allowed", ORXAQ_KIND_BAD_MODEL},
        {"invalid_api_key", ORXAQ_KIND_AUTH},
        {"authentication_error", ORXAQ_KIND_AUTH},
        {"insufficient_quota", ORXAQ_KIND_QUOTA},
        {"billing_hard_limit_reached", ORXAQ_KIND_QUOTA},
        {"rate_limit_exceeded", ORXAQ_KIND_RATE_LIMIT},
        {"rate_limit_error", ORXAQ_KIND_RATE_LIMIT},
        {"server_is_overloaded", ORXAQ_KIND_OVERLOADED},
        {"overloaded_error", ORXAQ_KIND_OVERLOADED},
        {"server_error", ORXAQ_KIND_OVERLOADED},
        {"content_filter", ORXAQ_KIND_REFUSED},
        {"content_policy_violation", ORXAQ_KIND_REFUSED},
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (orxaq_view_is(code, codes[i].code))
            return codes[i].kind;
    return -1;
}

static int32_t kind_of_status(int status) {
    switch (status) {
    case 401:
    case 403:
        return ORXAQ_KIND_AUTH;
    case 402:
        return ORXAQ_KIND_QUOTA;
    case 404:
        return ORXAQ_KIND_BAD_MODEL;
    case 408:
    case 409:
        return ORXAQ_KIND_OVERLOADED;
    case 413:
        return ORXAQ_KIND_CONTEXT_TOO_LONG;
    case 429:
        return ORXAQ_KIND_RATE_LIMIT;
    default:
        return status >= 500 ? ORXAQ_KIND_OVERLOADED : ORXAQ_KIND_PROTOCOL;
    }
}

/* The error of a body: an object, a bare text, or members beside others. */
typedef struct found {
    orxaq_view message;
    orxaq_view code;
    orxaq_view type;
} found;

static found find_error(const orxaq_json_service *json, const orxaq_value *body) {
    const orxaq_value *error = json->get(body, "error");
    const orxaq_value *at = json->kind(error) == ORXAQ_VALUE_MAP ? error : body;
    orxaq_view none = {0};
    return (found){.message = json->kind(error) == ORXAQ_VALUE_STRING
                                  ? json->text(error, none)
                                  : json->text(json->get(at, "message"), none),
                   .code = json->text(json->get(at, "code"), none),
                   .type = json->text(json->get(at, "type"), none)};
}

static int32_t kind_of(int status, const found *f) {
    int32_t kind = kind_of_code(f->code);
    if (kind < 0)
        kind = kind_of_code(f->type);
    /* "server_error" and the like say less than a status does. */
    if (kind < 0 || (kind == ORXAQ_KIND_OVERLOADED && status >= 400 && status < 500))
        kind = kind_of_status(status);
    int vague = kind == ORXAQ_KIND_PROTOCOL || kind == ORXAQ_KIND_OVERLOADED;
    return vague && says_too_long(f->message) ? ORXAQ_KIND_CONTEXT_TOO_LONG : kind;
}

void lm_fail_with(lm_job *job, int status, orxaq_view body) {
    const orxaq_json_service *json = job->lm->json;
    const orxaq_value *tree = NULL;
    char plain[96];
    found f = {0};
    if (body.len && json->parse(job->lm->host, body, &tree) == ORXAQ_OK)
        f = find_error(json, tree);
    if (f.message.len == 0) {
        (void)snprintf(plain, sizeof plain,
                       status >= 300 && status < 400
                           ? "the server answered %d and points elsewhere; correct base_url"
                           : "the server answered with status %d",
                       status);
        f.message = orxaq_str(plain);
    }
    lm_finish(job, kind_of(status, &f), ORXAQ_STOPPED_NONE, f.message);
}

void lm_fail(lm_job *job) {
    lm_fail_with(job, job->status, lm_view(&job->text));
}
