#include "run/route_service.h"

#include "platform/files.h"
#include "platform/http_server.h"
#include "platform/loop.h"
#include "run/route_answer.h"

#include <stdlib.h>

#define LOOK_NS     ORX_SEC
#define CONNECTIONS 256
#define RECEIVE_NS  (10 * ORX_SEC) /* a question is small and its sender near */
#define IDLE_NS     (60 * ORX_SEC)
#define ARENA_KEPT  ((size_t)256 << 10)

struct orx_route_service {
    orx_platform *p;
    orx_route_service_spec spec;
    orx_instance *router;
    orx_file_info seen; /* of the policy, when it was last read */
    orx_server *server;
    orx_timer *look;
    orx_arena arena; /* of one request */
    bool stopped;
};

/* ---- The policy ------------------------------------------------------------------------------ */

static bool same_file(const orx_file_info *a, const orx_file_info *b) {
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

static int make_router(orx_route_service *s, orx_instance **ret_router, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *settings = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, settings, "policy", s->spec.policy_file);
    orx_node_set_str(&arena, settings, "profile", s->spec.profile);
    const orx_instance_spec spec = {.plugin = s->spec.plugin,
                                    .name = "service",
                                    .settings = settings,
                                    .path = "routellm-serve"};
    return orx_instance_new(s->spec.plugins, &spec, ret_router, err);
}

/* What the file looks like is taken down before it is read: a change in between is seen the next
 * time. */
static int reload(orx_route_service *s, orx_err *err) {
    orx_file_info seen = {0};
    orx_instance *router = NULL;
    int rc = orx_stat(s->p, s->spec.policy_file, &seen, err);
    s->seen = seen;
    if (rc == 0)
        rc = make_router(s, &router, err);
    if (rc < 0)
        return rc;
    orx_instance_free(s->router);
    s->router = router;
    return 0;
}

static void tell(const orx_route_service *s, const char *line) {
    if (s->spec.said)
        s->spec.said(s->spec.user, line);
}

static void look(void *user) {
    orx_route_service *s = user;
    orx_file_info now = {0};
    orx_err err = ORX_ERR_INIT;
    (void)orx_stat(s->p, s->spec.policy_file, &now, NULL); /* missing: all zeros */
    s->look = orx_timer_start(s->p, LOOK_NS, look, s);
    if (same_file(&now, &s->seen))
        return;
    if (reload(s, &err) == 0) {
        tell(s, "the policy has changed and was read again");
        return;
    }
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    orx_str_addf(&line, "the policy as it was stays in use: %s", err.msg);
    tell(s, orx_str_cstr(&line));
}

/* ---- Requests -------------------------------------------------------------------------------- */

static void on_request(orx_exchange *x, const orx_served *request, void *user) {
    orx_route_service *s = user;
    const orx_route_asked asked = {.router = s->router,
                                   .policy_file = s->spec.policy_file,
                                   .profile = s->spec.profile,
                                   .method = request->method,
                                   .target = request->target,
                                   .body = request->body};
    orx_route_answer a;
    orx_route_answer_to(&asked, &s->arena, &a);
    const orx_http_header headers[] = {
        {orx_view_of("Content-Type"), orx_view_of(a.content_type)},
        {orx_view_of("Server"), orx_view_of("local-routellm-router/2.0")}};
    orx_exchange_answer(x, a.status, headers, ORX_ARRAY_LEN(headers), orx_str_view(&a.body));
    orx_str_free(&a.body);
    orx_arena_reset(&s->arena, ARENA_KEPT);
}

static void on_stopped(orx_server *server ORX_UNUSED, void *user) {
    orx_route_service *s = user;
    s->stopped = true;
}

static int listen_there(orx_route_service *s, orx_err *err) {
    const orx_server_spec spec = {.host = s->spec.host,
                                  .port = s->spec.port,
                                  .connections = CONNECTIONS,
                                  .receive_ns = RECEIVE_NS,
                                  .idle_ns = IDLE_NS,
                                  .on_request = on_request,
                                  .on_stopped = on_stopped,
                                  .user = s};
    return orx_server_start(s->p, &spec, &s->server, err);
}

/* ---- Life ------------------------------------------------------------------------------------ */

int orx_route_service_open(orx_platform *p, const orx_route_service_spec *spec,
                           orx_route_service **ret_service, orx_err *err) {
    orx_route_service *s = orx_xcalloc(1, sizeof *s);
    s->p = p;
    s->spec = *spec;
    int rc = reload(s, err);
    if (rc == 0)
        rc = listen_there(s, err);
    if (rc < 0) {
        orx_route_service_close(s);
        return rc;
    }
    s->look = orx_timer_start(p, LOOK_NS, look, s);
    *ret_service = s;
    return 0;
}

int orx_route_service_port(const orx_route_service *s) {
    return orx_server_port(s->server);
}

void orx_route_service_stop(orx_route_service *s) {
    orx_server_stop(s->server);
}

const bool *orx_route_service_stopped(const orx_route_service *s) {
    return &s->stopped;
}

void orx_route_service_close(orx_route_service *s) {
    if (!s)
        return;
    orx_timer_cancel(s->p, s->look);
    orx_server_free(s->server);
    orx_instance_free(s->router);
    orx_arena_free(&s->arena);
    free(s);
}
