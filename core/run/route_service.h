/* route_service.h: the routing service: a responder plugin behind an HTTP server.
 *
 * What is answered is in route_answer.h, how requests come in and what limits they have in
 * platform/http_server.h. This file adds the policy file: it is looked at every second, and when it
 * has changed a new instance is made from it. One that cannot be used is told about, once, and the
 * old one goes on answering: half a file, seen while an editor writes it, stops nobody.
 *
 * There is no password. Whoever reaches the port can ask, and learns the names of models from it;
 * so it is 127.0.0.1 unless the operator says otherwise.
 *
 * Threads: the platform's thread. The service answers while the loop runs.
 */
#ifndef ORX_RUN_ROUTE_SERVICE_H
#define ORX_RUN_ROUTE_SERVICE_H

#include "plugin/instance.h"

typedef struct orx_route_service orx_route_service;

/* Texts and plugins must live as long as the service. */
typedef struct orx_route_service_spec {
    orx_plugins *plugins;
    const orx_plugin *plugin; /* a responder with the settings `policy` and `profile` */
    const char *policy_file;  /* absolute */
    const char *profile;      /* "fast", "strong" */
    const char *host;         /* a numeric address; NULL = 127.0.0.1 */
    int port;                 /* 0 = one that is free */
    /* A line for people: a policy was read again, or could not be. May be NULL. */
    void (*said)(void *user, const char *line);
    void *user;
} orx_route_service_spec;

/* Reads the policy and listens. */
int orx_route_service_open(orx_platform *p, const orx_route_service_spec *spec,
                           orx_route_service **ret_service, orx_err *err);

int orx_route_service_port(const orx_route_service *s);

/* Takes no more connections and lets requests end; *stopped is true when all have. */
void orx_route_service_stop(orx_route_service *s);
const bool *orx_route_service_stopped(const orx_route_service *s);

/* Ends it at once. NULL is fine. */
void orx_route_service_close(orx_route_service *s);

#endif
