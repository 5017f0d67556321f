/* One request and its answer. */
#include "unit/server.h"

#include "data/json.h"
#include "platform/local.h"
#include "platform/loop.h"

typedef struct call {
    orx_str in;
    bool done; /* an answer is there, or none will come */
    bool ended;
} call;

static void on_bytes(orx_conn *conn, orx_view bytes, void *user) {
    (void)conn;
    call *c = user;
    orx_view answer;
    orx_str_addv(&c->in, bytes);
    c->done = orx_frame_at(orx_str_view(&c->in), ORX_CONTROL_ANSWER_MAX, &answer, NULL) != 0;
}

static void on_end(orx_conn *conn, void *user) {
    (void)conn;
    call *c = user;
    c->ended = c->done = true;
}

/* The code that a name of orx_err_name stands for. */
static int code_of(const char *name) {
    for (int code = ORX_E_INVALID; code >= ORX_E_INTERNAL; code--)
        if (strcmp(orx_err_name(code), name) == 0)
            return code;
    return ORX_E_CHILD;
}

static int read_answer(const call *c, const char *path, orx_arena *arena,
                       const orx_node **ret_answer, orx_err *err) {
    orx_view text;
    const orx_node *root = NULL;
    int rc = orx_frame_at(orx_str_view(&c->in), ORX_CONTROL_ANSWER_MAX, &text, err);
    if (rc == 0)
        return orx_err_set(err, ORX_E_CHILD, "the supervisor at %s hung up", path);
    if (rc == 1)
        rc = orx_json_parse(arena, "answer of the supervisor", text, &orx_limits_data, &root, err);
    if (rc < 0)
        return rc;
    if (!orx_node_bool(orx_node_get(root, "ok"), false)) {
        const orx_node *e = orx_node_get(root, "error");
        return orx_err_set(err, code_of(orx_node_str(orx_node_get(e, "code"), "")), "%s",
                           orx_node_str(orx_node_get(e, "message"), "refused without a reason"));
    }
    if (ret_answer)
        *ret_answer = root;
    return 0;
}

int orx_control_call(orx_platform *p, const char *path, const orx_node *request, int64_t timeout_ns,
                     orx_arena *arena, const orx_node **ret_answer, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    ORX_CLEANUP(orx_str_free) orx_str frame = {0};
    call c = {0};
    orx_conn *conn = NULL;
    int rc = orx_local_connect(p, path, &conn, err);
    if (rc < 0)
        return rc;
    orx_json_write(&text, request, ORX_JSON_OURS);
    orx_frame_add(&frame, orx_str_view(&text));
    orx_conn_listen(conn, &(orx_conn_events){on_bytes, on_end, &c});
    rc = orx_conn_send(conn, orx_str_view(&frame), err);
    if (rc == 0 && orx_loop_until(p, &c.done, orx_mono_ns(p) + timeout_ns) < 0)
        rc = orx_err_set(err, ORX_E_TIMEOUT,
                         "the supervisor at %s does not answer; `orxaq logs supervisor` shows what "
                         "it does",
                         path);
    orx_conn_free(conn);
    if (rc == 0)
        rc = read_answer(&c, path, arena, ret_answer, err);
    orx_str_free(&c.in);
    return rc;
}
