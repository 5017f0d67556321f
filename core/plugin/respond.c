#include "plugin/respond.h"

#include "plugin/registry.h"
#include "plugin/services.h"

/* Where the responder puts its answer. */
typedef struct answering {
    orxaq_reply table; /* first: what the responder holds */
    orx_str *out;
    size_t before; /* bytes of *out that were there */
    int given;
    const char *problem; /* the first thing that was wrong */
} answering;

static int32_t refuse(answering *a, int32_t code, const char *why) {
    if (!a->problem)
        a->problem = why;
    return code;
}

/* The text comes from the writer of the host, which lets no other than complete values pass; what
 * was put together in another way is at least text in braces. */
static int32_t on_json(const orxaq_reply *reply, orxaq_view text) {
    answering *a = (answering *)reply;
    orx_view bytes = orx_view_in(text);
    if (a->given++)
        return refuse(a, ORXAQ_E_INVALID, "more than one answer");
    if (bytes.len > ORX_JSON_BYTES_MAX)
        return refuse(a, ORXAQ_E_LIMIT, "more than 16 MiB");
    if (bytes.len < 2 || bytes.p[0] != '{' || bytes.p[bytes.len - 1] != '}' ||
        !orx_view_is_utf8(bytes))
        return refuse(a, ORXAQ_E_INVALID, "something that is no JSON object");
    orx_str_addv(a->out, bytes);
    return ORXAQ_OK;
}

int orx_respond(orx_instance *instance, const orx_node *question, orx_str *out, orx_err *err) {
    const orxaq_responder *responder = orx_plugin_responder(instance->plugin);
    const char *id = orx_plugin_descriptor(instance->plugin)->id;
    if (!responder)
        return orx_err_set(err, ORX_E_UNSUPPORTED, "plugin %s (%s) is no responder", id,
                           instance->name);
    answering a = {
        .table = {.struct_size = sizeof a.table, .json = on_json}, .out = out, .before = out->len};
    int rc = 0;
    orx_instance_enter(instance);
    int32_t code =
        responder->answer(instance->object, (const orxaq_value *)(const void *)question, &a.table);
    if (code < 0)
        rc = orx_instance_failed(instance, "answer", code, err);
    orx_instance_leave(instance);
    if (rc == 0 && (a.problem || !a.given))
        rc = orx_err_set(err, ORX_E_INVALID, "responder %s (%s) gave %s", id, instance->name,
                         a.problem ? a.problem : "no answer");
    if (rc < 0)
        orx_str_truncate(out, a.before);
    return rc;
}
