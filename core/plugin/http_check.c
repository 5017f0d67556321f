/* The rules of effect.h for an HTTP request, without its address: that may come from the operator,
 * whose mistakes are no fault of the driver. */
#include "platform/http.h"

#include "plugin/job_state.h"
#include "plugin/view.h"

static const char *check_header(const orxaq_header *h) {
    if (h->struct_size < sizeof *h)
        return "a header's struct_size is too small";
    if (!orx_view_sane(h->name, 256, false) || !orx_view_sane(h->value, ORX_HTTP_HEAD_MAX, false))
        return "a header that is impossible or too long";
    orx_view name = orx_view_in(h->name);
    if (!orx_http_name_ok(name))
        return "a header's name is no token";
    if (orx_http_name_reserved(name))
        return "a header that is the host's own (Host, Content-Length ...)";
    if (!orx_http_value_ok(orx_view_in(h->value)))
        return "a header's value has control characters";
    return NULL;
}

static const char *check_headers(const orxaq_http *http) {
    const char *rule = NULL;
    if (http->header_count > ORX_HTTP_HEADERS_MAX)
        return "more than 256 headers";
    if (http->header_count && !http->headers)
        return "headers are counted but not there";
    for (uint32_t i = 0; i < http->header_count && !rule; i++)
        rule = check_header(ORXAQ_AT(orxaq_header, http->headers, i));
    return rule;
}

static bool method_ok(orxaq_view method) {
    for (uint64_t i = 0; method.len <= 16 && i < method.len; i++)
        if (method.data[i] < 'A' || method.data[i] > 'Z')
            return false;
    return method.len > 0 && method.len <= 16;
}

const char *orx_http_effect_check(const orxaq_http *http) {
    if (!orx_view_sane(http->method, 16, false) || !method_ok(http->method))
        return "the method is no word of 1 to 16 capital letters";
    if (!orx_view_sane(http->url, ORX_HTTP_URL_MAX, false) || http->url.len == 0)
        return "the URL is missing, impossible or longer than 8 KiB";
    if (!orx_view_sane(http->body, ORX_HTTP_SEND_MAX, true))
        return "the body is impossible or larger than 64 MiB";
    if (http->framing < ORXAQ_FRAMING_NONE || http->framing > ORXAQ_FRAMING_SSE)
        return "the framing is unknown";
    if (http->total_ns < 0 || http->idle_ns < 0 || http->first_byte_ns < 0)
        return "a limit is negative";
    return check_headers(http);
}
