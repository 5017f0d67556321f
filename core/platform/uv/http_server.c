/* HTTP servers of the real platform: the module with libmicrohttpd, loaded by the first of them. */
#include "platform/http_server.h"

#include "platform/http_server/door.h"
#include "platform/uv/internal.h"

static int open_engine(orx_uv *u, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str path = {0};
    orx_module *module = NULL;
    int rc = orx_uv_beside("orxaq-httpd.so", &path, err);
    /* Resident: the libraries behind libmicrohttpd leave work for the end of the process. */
    if (rc >= 0)
        rc = orx_module_open(&u->base, orx_str_cstr(&path), true, &module, err);
    if (rc < 0)
        return orx_err_wrap(err, "cannot serve HTTP");
    orx_server_module_fn fn =
        (orx_server_module_fn)orx_module_function(&u->base, module, ORX_SERVER_MODULE_SYMBOL);
    if (!fn)
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "%s is not orxaq's HTTP server module; install again",
                           orx_str_cstr(&path));
    const orx_server_door door = {.size = sizeof door,
                                  .spec_size = sizeof(orx_server_spec),
                                  .platform = &u->base,
                                  .sockets = orx_uv_watches};
    return fn(&door, &u->httpd, err);
}

static int start(orx_platform *p, const orx_server_spec *spec, orx_server **ret_server,
                 orx_err *err) {
    orx_uv *u = orx_uv_of(p);
    int rc = u->httpd ? 0 : open_engine(u, err);
    return rc < 0 ? rc : u->httpd->start(u->httpd, spec, ret_server, err);
}

const struct orx_server_ops orx_uv_servers = {.start = start};

void orx_uv_servers_close(orx_uv *u) {
    if (u->httpd)
        u->httpd->close(u->httpd);
    u->httpd = NULL;
}
