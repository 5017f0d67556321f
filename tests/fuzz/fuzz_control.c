/* Whatever comes over the control socket: frames are found whole or not at all, every request gets
 * one answer that is JSON with "ok", and nobody is asked for what was not said. The input is the
 * stream of a client; its first byte says in pieces of which size it arrives. */
#include "data/json.h"
#include "unit/control.h"

#include "fuzz.h"

#include <string.h>

static int on_ask(const char *unit, orx_unit_event wish, void *user, orx_err *err) {
    FUZZ_CHECK(unit && (wish == ORX_UNIT_EVENTS || wish <= ORX_UNIT_RESUME));
    ++*(int *)user;
    return *unit ? 0 : orx_err_set(err, ORX_E_NOT_FOUND, "no unit is called \"%s\"", unit);
}

static void on_each(void (*fn)(const orx_unit_view *unit, void *user), void *fn_user, void *user) {
    (void)user;
    const orx_unit_view view = {
        .name = "one", .kind = "runner", .cause = "", .last_exit = "", .status = "\xff\"\n"};
    fn(&view, fn_user);
}

static void on_ask_all(orx_unit_kind kind, orx_unit_event wish, orx_keeper_done_fn *done,
                       void *done_user, void *user) {
    const orx_unit_view view = {
        .name = "two", .kind = "lane", .cause = "\xff", .last_exit = "", .status = ""};
    FUZZ_CHECK(kind >= ORX_UNIT_RUNNER && kind <= ORX_UNIT_SERVICE);
    FUZZ_CHECK(wish == ORX_UNIT_EVENTS || wish <= ORX_UNIT_RESUME);
    done(&view, ORX_UNIT_IDLE, 0, NULL, done_user);
    ++*(int *)user;
}

static void on_look(void *user) {
    (void)user;
}

static void on_shutdown(bool now, void *user) {
    (void)now;
    ++*(int *)user;
}

static void answer(orx_view request) {
    int asked = 0;
    const orx_control c = {.ask = on_ask,
                           .each = on_each,
                           .ask_all = on_ask_all,
                           .look = on_look,
                           .shutdown = on_shutdown,
                           .user = &asked,
                           .pid = 1};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *root = NULL;
    orx_control_answer(&c, request, &text);
    FUZZ_CHECK(
        orx_json_parse(&arena, "answer", orx_str_view(&text), &orx_limits_data, &root, NULL) == 0);
    const orx_node *ok = orx_node_get(root, "ok");
    FUZZ_CHECK(ok && ok->kind == ORX_BOOL && asked <= 1);
    FUZZ_CHECK(ok->u.b == (orx_node_get(root, "error") == NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1)
        return 0;
    ORX_CLEANUP(orx_str_free) orx_str in = {0};
    size_t piece = (size_t)data[0] + 1;
    for (size_t at = 1; at < size; at += piece) {
        orx_str_add(&in, data + at, size - at < piece ? size - at : piece);
        orx_view request;
        int rc;
        while ((rc = orx_frame_at(orx_str_view(&in), ORX_CONTROL_REQUEST_MAX, &request, NULL)) ==
               1) {
            FUZZ_CHECK(request.len <= ORX_CONTROL_REQUEST_MAX && in.len >= request.len + 4);
            answer(request);
            orx_str_drop(&in, request.len + 4);
        }
        if (rc < 0)
            return 0;
    }
    FUZZ_CHECK(in.len < ORX_CONTROL_REQUEST_MAX + 4);
    /* The rest as a request without a frame. */
    answer((orx_view){(const char *)data + 1, size - 1});
    return 0;
}
