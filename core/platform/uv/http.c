/* Requests of the real platform: the module with libcurl, loaded by the first of them. */
#include "platform/http.h"

#include "platform/http_client/door.h"
#include "platform/uv/internal.h"

static int open_engine(orx_uv *u, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str path = {0};
    orx_module *module = NULL;
    int rc = orx_uv_beside("orxaq-http.so", &path, err);
    /* Resident: libcurl may still have a thread that resolves a name, and OpenSSL leaves work for
     * the end of the process. */
    if (rc >= 0)
        rc = orx_module_open(&u->base, orx_str_cstr(&path), true, &module, err);
    if (rc < 0)
        return orx_err_wrap(err, "cannot make HTTP requests");
    orx_http_module_fn fn =
        (orx_http_module_fn)orx_module_function(&u->base, module, ORX_HTTP_MODULE_SYMBOL);
    if (!fn)
        return orx_err_set(err, ORX_E_UNSUPPORTED, "%s is not orxaq's HTTP module; install again",
                           orx_str_cstr(&path));
    const orx_http_door door = {.size = sizeof door,
                                .spec_size = sizeof(orx_http_spec),
                                .platform = &u->base,
                                .sockets = orx_uv_watches};
    return fn(&door, &u->http, err);
}

static int start(orx_platform *p, const orx_http_spec *spec, const orx_http_place *place,
                 orx_http **ret_http, orx_err *err) {
    orx_uv *u = orx_uv_of(p);
    int rc = u->http ? 0 : open_engine(u, err);
    return rc < 0 ? rc : u->http->start(u->http, spec, place, ret_http, err);
}

static void pause_request(orx_http *http, bool on) {
    orx_uv_of(http->platform)->http->pause(http, on);
}

static void stop(orx_http *http) {
    orx_uv_of(http->platform)->http->stop(http);
}

static void free_request(orx_http *http) {
    orx_uv_of(http->platform)->http->free(http);
}

const struct orx_http_ops orx_uv_https = {
    .start = start, .pause = pause_request, .stop = stop, .free = free_request};

void orx_uv_http_close(orx_uv *u) {
    if (u->http)
        u->http->close(u->http);
    u->http = NULL;
}
