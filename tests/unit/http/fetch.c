#include "fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_head(orx_http *http, int status, const orx_http_header *headers, size_t count,
                    void *user) {
    fetch *f = user;
    assert_ptr_equal(http, f->http);
    assert_false(f->done);
    orx_str_addc(&f->calls, 'h');
    f->status = status;
    for (size_t i = 0; i < count; i++)
        orx_str_addf(&f->headers, "%.*s: %.*s\n", ORX_VIEW_ARG(headers[i].name),
                     ORX_VIEW_ARG(headers[i].value));
    if (f->at)
        f->at(f, 'h');
}

static void on_body(orx_http *http, orx_view bytes, void *user) {
    fetch *f = user;
    assert_ptr_equal(http, f->http);
    assert_false(f->done);
    assert_true(bytes.len > 0);
    if (!f->calls.len || f->calls.buf[f->calls.len - 1] != 'b')
        orx_str_addc(&f->calls, 'b');
    orx_str_addv(&f->body, bytes);
    if (f->at)
        f->at(f, 'b');
}

static void on_end(orx_http *http, const orx_http_result *result, void *user) {
    fetch *f = user;
    assert_ptr_equal(http, f->http);
    assert_false(f->done);
    orx_str_addc(&f->calls, 'e');
    f->result = *result;
    f->done = true;
    if (f->at)
        f->at(f, 'e');
}

void fetch_prepare(fetch *f, orx_platform *p, server *s, const char *path) {
    *f = (fetch){.p = p};
    (void)snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d%s", s ? server_port(s) : 1, path);
    f->spec = (orx_http_spec){.method = "GET",
                              .url = f->url,
                              .on_head = on_head,
                              .on_body = on_body,
                              .on_end = on_end,
                              .user = f};
}

void fetch_begin(fetch *f) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_http_start(f->p, &f->spec, &f->http, &err), &err);
    assert_int_equal(f->calls.len, 0); /* nothing is told before the loop runs */
}

void fetch_wait(fetch *f) {
    int64_t limit = orx_mono_ns(f->p) + 20 * ORX_SEC;
    if (orx_loop_until(f->p, &f->done, limit) < 0)
        fail_msg("%s: no end after 20 s; called so far: %s", f->url, orx_str_cstr(&f->calls));
    const char *calls = orx_str_cstr(&f->calls);
    assert_true(strcmp(calls, "hbe") == 0 || strcmp(calls, "he") == 0 || strcmp(calls, "e") == 0);
    assert_int_equal(f->result.body_bytes, f->body.len);
    if (strcmp(calls, "e") != 0)
        assert_int_equal(f->result.status, f->status);
    assert_true((f->result.message[0] == '\0') == (f->result.end == ORX_HTTP_DONE));
}

void fetch_free(fetch *f) {
    orx_http_free(f->http);
    f->http = NULL;
    orx_str_free(&f->calls);
    orx_str_free(&f->headers);
    orx_str_free(&f->body);
}

void fetch_run(fetch *f, orx_platform *p, server *s, const char *path) {
    fetch_prepare(f, p, s, path);
    fetch_begin(f);
    fetch_wait(f);
}

int net_setup(void **state) {
    net *n = calloc(1, sizeof *n);
    /* What the machine's environment says about proxies is not this test's business. */
    static const char *const proxies[] = {"http_proxy", "https_proxy", "all_proxy", "no_proxy",
                                          "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(proxies); i++)
        (void)unsetenv(proxies[i]);
    assert_ok(orx_platform_uv_new(&n->p, &n->err), &n->err);
    n->s = server_start();
    *state = n;
    return 0;
}

int net_teardown(void **state) {
    net *n = *state;
    orx_platform_free(n->p);
    server_stop(n->s);
    free(n);
    return 0;
}
