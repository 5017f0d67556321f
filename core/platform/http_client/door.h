/* door.h: between the platform and the module orxaq-http.so.
 *
 * libcurl is linked by the module alone. The platform opens the module when the first request is
 * made, calls the one function it exports, and gets an engine: the functions behind
 * platform/http.h. The module in turn is lent the one thing it cannot reach through the platform's
 * tables: being told when a socket can be read or written.
 *
 * Both sides come from one build and are installed together; the sizes at the beginning notice when
 * somebody mixed two.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLATFORM_HTTP_CLIENT_DOOR_H
#define ORX_PLATFORM_HTTP_CLIENT_DOOR_H

#include "platform/http.h"
#include "platform/loop.h"
#include "platform/watch.h"

typedef struct orx_http_door {
    uint32_t size;      /* sizeof(orx_http_door) */
    uint32_t spec_size; /* sizeof(orx_http_spec) */
    orx_platform *platform;
    orx_watch_ops sockets;
} orx_http_door;

typedef struct orx_http_engine orx_http_engine;
struct orx_http_engine {
    int (*start)(orx_http_engine *e, const orx_http_spec *spec, const orx_http_place *place,
                 orx_http **ret_http, orx_err *err);
    void (*pause)(orx_http *http, bool on);
    void (*stop)(orx_http *http);
    void (*free)(orx_http *http);
    /* Drops every request without a callback and frees the engine. */
    void (*close)(orx_http_engine *e);
};

/* The exported function. door is copied. */
typedef int (*orx_http_module_fn)(const orx_http_door *door, orx_http_engine **ret_engine,
                                  orx_err *err);
#define ORX_HTTP_MODULE_SYMBOL "orx_http_module"

__attribute__((visibility("default"))) int
orx_http_module(const orx_http_door *door, orx_http_engine **ret_engine, orx_err *err);

#endif
