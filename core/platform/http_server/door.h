/* door.h: between the platform and the module orxaq-httpd.so.
 *
 * libmicrohttpd is linked by the module alone. The platform opens the module when the first server
 * is started, calls the one function it exports, and gets an engine, which starts servers. The
 * module in turn is lent the watching of sockets (watch.h).
 *
 * Both sides come from one build and are installed together; the sizes at the beginning notice when
 * somebody mixed two.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLATFORM_HTTP_SERVER_DOOR_H
#define ORX_PLATFORM_HTTP_SERVER_DOOR_H

#include "platform/http_server.h"
#include "platform/watch.h"

typedef struct orx_server_door {
    uint32_t size;      /* sizeof(orx_server_door) */
    uint32_t spec_size; /* sizeof(orx_server_spec) */
    orx_platform *platform;
    orx_watch_ops sockets;
} orx_server_door;

typedef struct orx_server_engine orx_server_engine;
struct orx_server_engine {
    int (*start)(orx_server_engine *e, const orx_server_spec *spec, orx_server **ret_server,
                 orx_err *err);
    /* Frees every server and the engine. */
    void (*close)(orx_server_engine *e);
};

/* The exported function. door is copied. */
typedef int (*orx_server_module_fn)(const orx_server_door *door, orx_server_engine **ret_engine,
                                    orx_err *err);
#define ORX_SERVER_MODULE_SYMBOL "orx_server_module"

__attribute__((visibility("default"))) int
orx_server_module(const orx_server_door *door, orx_server_engine **ret_engine, orx_err *err);

#endif
