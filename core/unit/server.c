#include "unit/server.h"

#include "base/list.h"
#include "platform/local.h"
#include "platform/loop.h"

#include <stdlib.h>

#define SILENCE_NS (30 * ORX_SEC)

struct orx_control_server {
    orx_platform *p;
    orx_control control;
    orx_listener *listener;
    orx_list conns;
    size_t count;
};

typedef struct talk {
    orx_list link;
    orx_control_server *s;
    orx_conn *conn;
    orx_timer *silence;
    orx_str in;
} talk;

static void end_talk(talk *t) {
    orx_timer_cancel(t->s->p, t->silence);
    orx_conn_free(t->conn);
    orx_list_remove(&t->link);
    orx_str_free(&t->in);
    t->s->count--;
    free(t);
}

static void on_silence(void *user) {
    talk *t = user;
    t->silence = NULL;
    end_talk(t);
}

static void heard(talk *t) {
    orx_timer_cancel(t->s->p, t->silence);
    t->silence = orx_timer_start(t->s->p, SILENCE_NS, on_silence, t);
}

/* Answers one request; false when the client does not read its answers. */
static bool answer(talk *t, orx_view request) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    ORX_CLEANUP(orx_str_free) orx_str frame = {0};
    orx_control_answer(&t->s->control, request, &text);
    orx_frame_add(&frame, orx_str_view(&text));
    return orx_conn_send(t->conn, orx_str_view(&frame), NULL) == 0;
}

/* False when the conversation is over. */
static bool take_requests(talk *t) {
    size_t at = 0;
    orx_view request;
    int rc;
    while ((rc = orx_frame_at((orx_view){t->in.buf + at, t->in.len - at}, ORX_CONTROL_REQUEST_MAX,
                              &request, NULL)) == 1) {
        if (!answer(t, request))
            return false;
        at += 4 + request.len;
    }
    orx_str_drop(&t->in, at);
    return rc == 0;
}

static void on_bytes(orx_conn *conn, orx_view bytes, void *user) {
    (void)conn;
    talk *t = user;
    heard(t);
    orx_str_addv(&t->in, bytes);
    if (!take_requests(t))
        end_talk(t);
}

static void on_end(orx_conn *conn, void *user) {
    (void)conn;
    end_talk(user);
}

static void on_accept(orx_conn *conn, void *user) {
    orx_control_server *s = user;
    if (s->count >= ORX_CONTROL_CONNS) {
        orx_conn_free(conn);
        return;
    }
    talk *t = orx_xcalloc(1, sizeof *t);
    t->s = s;
    t->conn = conn;
    orx_list_append(&s->conns, &t->link);
    s->count++;
    heard(t);
    orx_conn_listen(conn, &(orx_conn_events){on_bytes, on_end, t});
}

int orx_control_server_new(orx_platform *p, const char *path, const orx_control *control,
                           orx_control_server **ret_server, orx_err *err) {
    orx_control_server *s = orx_xcalloc(1, sizeof *s);
    s->p = p;
    s->control = *control;
    orx_list_init(&s->conns);
    int rc = orx_local_listen(p, path, on_accept, s, &s->listener, err);
    if (rc < 0) {
        free(s);
        return rc;
    }
    *ret_server = s;
    return 0;
}

void orx_control_server_free(orx_control_server *s) {
    if (!s)
        return;
    orx_local_close(s->listener);
    ORX_LIST_EACH(&s->conns, it)
    end_talk(ORX_LIST_ITEM(it, talk, link));
    free(s);
}
