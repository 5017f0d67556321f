#include "unit/control.h"

#include "data/json.h"

enum { HEAD = 4 };

void orx_frame_add(orx_str *out, orx_view payload) {
    const unsigned char head[HEAD] = {
        (unsigned char)(payload.len >> 24), (unsigned char)(payload.len >> 16),
        (unsigned char)(payload.len >> 8), (unsigned char)payload.len};
    orx_str_add(out, head, HEAD);
    orx_str_addv(out, payload);
}

int orx_frame_at(orx_view bytes, size_t max, orx_view *ret_payload, orx_err *err) {
    size_t len = 0;
    if (bytes.len < HEAD)
        return 0;
    for (int i = 0; i < HEAD; i++)
        len = len << 8 | (unsigned char)bytes.p[i];
    if (len > max)
        return orx_err_set(err, ORX_E_LIMIT, "a message of %zu bytes, expected at most %zu", len,
                           max);
    if (bytes.len - HEAD < len)
        return 0;
    *ret_payload = (orx_view){bytes.p + HEAD, len};
    return 1;
}

bool orx_unit_wish_parse(const char *name, orx_unit_event *ret_wish) {
    for (int e = ORX_UNIT_START; e <= ORX_UNIT_RESUME; e++) {
        if (strcmp(orx_unit_event_name((orx_unit_event)e), name) != 0)
            continue;
        *ret_wish = (orx_unit_event)e;
        return true;
    }
    return false;
}

/* ---- Answers -------------------------------------------------------------------------------- */

orx_node *orx_unit_node(orx_arena *a, const orx_unit_view *unit) {
    char since[ORX_ISO_MAX] = "";
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    if (unit->since_wall_ns)
        orx_iso_time(unit->since_wall_ns, since);
    orx_node_set_str(a, n, "name", unit->name);
    orx_node_set_str(a, n, "kind", unit->kind);
    orx_node_set_str(a, n, "state", orx_unit_state_name(unit->state));
    orx_node_set_str(a, n, "cause", unit->cause);
    orx_node_set_str(a, n, "since", since);
    orx_node_set(a, n, "pid",
                 unit->pid ? orx_node_new_int(a, unit->pid) : orx_node_new(a, ORX_NULL));
    orx_node_set_str(a, n, "last_exit", unit->last_exit);
    orx_node_set_str(a, n, "status", unit->status);
    orx_node_set_int(a, n, "next_ms", unit->next_ns / ORX_MS);
    orx_node_set_int(a, n, "starts", unit->starts);
    orx_node_set_int(a, n, "failures", unit->failures);
    return n;
}

static void set_error(orx_arena *a, orx_node *n, const orx_err *err) {
    orx_node *e = orx_node_new(a, ORX_OBJECT);
    orx_node_set_bool(a, n, "ok", false);
    orx_node_set_str(a, e, "code", orx_err_name(err->code));
    orx_node_set_str(a, e, "message", err->msg);
    orx_node_set(a, n, "error", e);
}

typedef struct listing {
    orx_arena *arena;
    orx_node *units;
} listing;

static void list_unit(const orx_unit_view *unit, void *user) {
    listing *l = user;
    orx_node_push(l->units, orx_unit_node(l->arena, unit));
}

static void list_units(const orx_control *c, orx_arena *a, orx_node *n) {
    listing l = {a, orx_node_new(a, ORX_ARRAY)};
    c->each(list_unit, &l, c->user);
    orx_node_set(a, n, "units", l.units);
}

static int wish_for(const orx_control *c, const orx_node *request, orx_unit_event wish,
                    orx_err *err) {
    const char *unit = orx_node_str(orx_node_get(request, "unit"), NULL);
    if (!unit)
        return orx_err_set(err, ORX_E_INVALID, "expected \"unit\": the name of a unit");
    return c->ask(unit, wish, c->user, err);
}

static int perform(const orx_control *c, const orx_node *request, orx_arena *a, orx_node *n,
                   orx_err *err) {
    orx_unit_event wish;
    const char *op = orx_node_str(orx_node_get(request, "op"), "");
    if (strcmp(op, "ping") == 0)
        orx_node_set_int(a, n, "pid", c->pid);
    else if (strcmp(op, "units") == 0)
        list_units(c, a, n);
    else if (strcmp(op, "shutdown") == 0)
        c->shutdown(orx_node_bool(orx_node_get(request, "now"), false), c->user);
    else if (orx_unit_wish_parse(op, &wish))
        return wish_for(c, request, wish, err);
    else
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "expected \"op\": ping, units, start, stop, kill, drain, restart, "
                           "pause, resume or shutdown; is this client of another version?");
    return 0;
}

void orx_control_answer(const orx_control *c, orx_view request, orx_str *answer) {
    static const orx_doc_limits limits = {ORX_CONTROL_REQUEST_MAX, 4, 32};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_node *root = NULL;
    orx_node *n = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_bool(&a, n, "ok", true);
    int rc = orx_json_parse(&a, "request", request, &limits, &root, &err);
    if (rc == 0)
        rc = perform(c, root, &a, n, &err);
    if (rc < 0)
        set_error(&a, n, &err);
    orx_json_write(answer, n, ORX_JSON_OURS);
}
