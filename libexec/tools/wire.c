/* Requests and replies. The core is trusted, a stream out of step is not. */
#include "tools.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* 1 = all bytes came, 0 = the input ended before the first, -1 = in between. */
static int read_all(void *to, size_t len) {
    size_t have = 0;
    while (have < len) {
        ssize_t n = read(STDIN_FILENO, (char *)to + have, len - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return have ? -1 : 0;
        have += (size_t)n;
    }
    return 1;
}

static bool write_all(const void *from, size_t len) {
    size_t done = 0;
    while (done < len) {
        ssize_t n = write(STDOUT_FILENO, (const char *)from + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static bool take_fields(tools_request *r, size_t len) {
    size_t at = 0;
    r->fields = orx_xcalloc(ORX_TOOLS_FIELDS_MAX, sizeof *r->fields);
    while (at < len) {
        uint32_t n;
        if (len - at < sizeof n || r->count == ORX_TOOLS_FIELDS_MAX)
            return false;
        memcpy(&n, r->payload + at, sizeof n);
        at += sizeof n;
        if (n > len - at)
            return false;
        r->fields[r->count++] = orx_view_mem(r->payload + at, n);
        at += n;
    }
    return true;
}

int tools_receive(tools_request *ret_request) {
    orx_tools_head head;
    int rc = read_all(&head, sizeof head);
    if (rc <= 0)
        return rc;
    if (head.magic != ORX_TOOLS_MAGIC || head.len > ORX_TOOLS_REQUEST_MAX)
        return -1;
    tools_request r = {.op = head.kind, .number = head.number};
    r.payload = orx_xmalloc(head.len);
    if ((head.len && read_all(r.payload, head.len) != 1) || !take_fields(&r, head.len)) {
        tools_request_free(&r);
        return -1;
    }
    *ret_request = r;
    return 1;
}

void tools_request_free(tools_request *request) {
    free(request->payload);
    free(request->fields);
    *request = (tools_request){0};
}

bool tools_reply(uint32_t number, bool ok, orx_view text) {
    const orx_tools_head head = {ORX_TOOLS_MAGIC, ok ? ORX_TOOLS_OK : ORX_TOOLS_FAILED, number,
                                 (uint32_t)text.len};
    return write_all(&head, sizeof head) && write_all(text.p, text.len);
}

orx_view tools_field(const tools_request *r, size_t i) {
    return i < r->count ? r->fields[i] : (orx_view){"", 0};
}

int64_t tools_number(const tools_request *r, size_t i, int64_t otherwise) {
    int64_t value = otherwise;
    (void)orx_view_to_i64(tools_field(r, i), &value);
    return value;
}

bool tools_fail(orx_str *out, const char *fmt, ...) {
    va_list ap;
    orx_str_clear(out);
    va_start(ap, fmt);
    orx_str_vaddf(out, fmt, ap);
    va_end(ap);
    return false;
}
