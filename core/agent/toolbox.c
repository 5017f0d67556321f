#include "agent/toolbox.h"

#include "platform/loop.h"

#include <stdlib.h>

#define STARTS_MAX  5
#define READY_NS    (60 * ORX_SEC)
#define STEP_NS     (200 * ORX_MS)
#define ERRORS_KEPT 2000
/* A reply is at most this long; more is not the server's. */
#define REPLY_MAX (ORX_TOOLS_RESULT_MAX + 4096U)

struct orx_toolbox {
    orx_platform *p;
    orx_toolbox_spec spec;
    orx_proc *proc; /* NULL = none runs */
    bool ended;
    orx_proc_result result;
    orx_str in;     /* what it has answered and nobody took yet */
    orx_str errors; /* the beginning of its standard error */
    uint32_t number;
    int starts;
};

/* ---- The process ----------------------------------------------------------------------------- */

static void on_output(orx_proc *proc ORX_UNUSED, orx_stream stream, orx_view bytes, void *user) {
    orx_toolbox *box = user;
    if (stream == ORX_STDOUT && box->in.len <= (size_t)2 * REPLY_MAX)
        orx_str_addv(&box->in, bytes);
    else if (stream == ORX_STDERR && box->errors.len < ERRORS_KEPT)
        orx_str_addv(&box->errors, bytes);
}

static void server_ended(orx_proc *proc ORX_UNUSED, const orx_proc_result *result, void *user) {
    orx_toolbox *box = user;
    box->result = *result;
    box->ended = true;
}

static void drop(orx_toolbox *box) {
    orx_proc_free(box->proc);
    box->proc = NULL;
    orx_str_clear(&box->in);
}

static int hold_and_release(orx_toolbox *box, const char *const *argv, orx_err *err) {
    int64_t pid;
    int64_t start;
    int rc = 0;
    orx_proc_identity(box->proc, &pid, &start);
    if (box->spec.spawned)
        rc = box->spec.spawned(box->spec.user, pid, start, argv, err);
    return rc < 0 ? rc : orx_proc_release(box->proc, err);
}

static int start(orx_toolbox *box, orx_err *err) {
    const char *const argv[] = {box->spec.program, box->spec.outputs,
                                box->spec.network ? "--network" : NULL, NULL};
    const orx_proc_spec spec = {.argv = argv,
                                .env = box->spec.env,
                                .cwd = box->spec.tree,
                                .input_open = true,
                                .hold = true,
                                .grace_ns = box->spec.grace_ns,
                                .confine = box->spec.confine,
                                .on_output = on_output,
                                .on_exit = server_ended,
                                .user = box};
    box->ended = false;
    box->starts++;
    orx_str_clear(&box->errors);
    int rc = orx_proc_start(box->p, &spec, &box->proc, err);
    if (rc == 0)
        rc = hold_and_release(box, argv, err);
    if (rc < 0)
        drop(box);
    return rc;
}

/* ---- Replies --------------------------------------------------------------------------------- */

static int explain_end(orx_toolbox *box, orx_err *err) {
    orx_view said = orx_view_trim(orx_str_view(&box->errors));
    if (*box->result.message)
        return orx_err_set(err, ORX_E_CHILD, "the tool server did not start: %s",
                           box->result.message);
    if (said.len)
        return orx_err_set(err, ORX_E_CHILD, "the tool server ended: %.*s", ORX_VIEW_ARG(said));
    return orx_err_set(err, ORX_E_CHILD, "the tool server ended (exit code %d, signal %d)",
                       box->result.code, box->result.signal);
}

/* 1 = a whole reply is there. */
static int look(orx_toolbox *box, orx_tools_head *head, orx_err *err) {
    if (box->in.len < sizeof *head)
        return 0;
    memcpy(head, box->in.buf, sizeof *head);
    if (head->magic != ORX_TOOLS_MAGIC || head->number != box->number || head->len > REPLY_MAX)
        return orx_err_set(err, ORX_E_CHILD, "the tool server answered something else");
    return box->in.len >= sizeof *head + head->len;
}

static int wait_for_reply(orx_toolbox *box, int64_t timeout_ns, orx_tools_head *head,
                          orx_err *err) {
    int64_t until = orx_mono_ns(box->p) + timeout_ns;
    for (;;) {
        int rc = look(box, head, err);
        if (rc != 0)
            return rc < 0 ? rc : 0;
        if (box->ended)
            return explain_end(box, err);
        if (box->spec.stopped && box->spec.stopped(box->spec.user))
            return orx_err_set(err, ORX_E_CANCELLED, "stopped while a tool ran");
        if (orx_mono_ns(box->p) >= until)
            return orx_err_set(err, ORX_E_TIMEOUT, "the tool server did not answer in time");
        orx_loop_step(box->p, STEP_NS);
    }
}

static int take_reply(orx_toolbox *box, int64_t timeout_ns, orx_str *out, orx_err *err) {
    orx_tools_head head = {0};
    int rc = wait_for_reply(box, timeout_ns, &head, err);
    if (rc < 0) {
        drop(box);
        return rc;
    }
    orx_str_add_utf8(out, orx_view_mem(box->in.buf + sizeof head, head.len));
    orx_str_drop(&box->in, sizeof head + head.len);
    return head.kind == ORX_TOOLS_OK;
}

/* The server's first reply says whether it can work. */
static int start_and_greet(orx_toolbox *box, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str said = {0};
    uint32_t number = box->number;
    int rc = start(box, err);
    if (rc < 0)
        return rc;
    box->number = 0;
    rc = take_reply(box, READY_NS, &said, err);
    box->number = number;
    if (rc == 0) {
        drop(box);
        return orx_err_set(err, ORX_E_CHILD, "the tool server cannot work: %s",
                           orx_str_cstr(&said));
    }
    return rc < 0 ? rc : 0;
}

/* ---- The whole ------------------------------------------------------------------------------- */

int orx_toolbox_new(orx_platform *p, const orx_toolbox_spec *spec, orx_toolbox **ret_box,
                    orx_err *err) {
    orx_toolbox *box = orx_xcalloc(1, sizeof *box);
    box->p = p;
    box->spec = *spec;
    int rc = start_and_greet(box, err);
    if (rc < 0) {
        orx_toolbox_free(box);
        return rc;
    }
    *ret_box = box;
    return 0;
}

static int send_request(orx_toolbox *box, uint32_t op, const orx_view *fields, size_t count,
                        orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str frame = {0};
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += sizeof(uint32_t) + fields[i].len;
    if (len > ORX_TOOLS_REQUEST_MAX || count > ORX_TOOLS_FIELDS_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "the request is longer than %u bytes",
                           ORX_TOOLS_REQUEST_MAX);
    const orx_tools_head head = {ORX_TOOLS_MAGIC, op, ++box->number, (uint32_t)len};
    orx_str_add(&frame, &head, sizeof head);
    for (size_t i = 0; i < count; i++) {
        uint32_t n = (uint32_t)fields[i].len;
        orx_str_add(&frame, &n, sizeof n);
        orx_str_addv(&frame, fields[i]);
    }
    return orx_proc_write(box->proc, orx_str_view(&frame), err);
}

int orx_toolbox_use(orx_toolbox *box, uint32_t op, const orx_view *fields, size_t count,
                    int64_t timeout_ns, orx_str *out, orx_err *err) {
    if (box->proc && box->ended)
        drop(box);
    if (!box->proc && box->starts == STARTS_MAX)
        return orx_err_set(err, ORX_E_CHILD, "the tool server ended %d times", STARTS_MAX);
    int rc = box->proc ? 0 : start_and_greet(box, err);
    if (rc == 0)
        rc = send_request(box, op, fields, count, err);
    return rc < 0 ? rc : take_reply(box, timeout_ns, out, err);
}

/* Asked first: the server ends by itself when its input does, and its commands with it. */
void orx_toolbox_free(orx_toolbox *box) {
    if (!box)
        return;
    if (box->proc && !box->ended) {
        int64_t grace = box->spec.grace_ns ? box->spec.grace_ns : 5 * ORX_SEC;
        orx_proc_stop(box->proc, false);
        (void)orx_loop_until(box->p, &box->ended, orx_mono_ns(box->p) + grace + 10 * ORX_SEC);
    }
    orx_proc_free(box->proc);
    orx_str_free(&box->in);
    orx_str_free(&box->errors);
    free(box);
}
