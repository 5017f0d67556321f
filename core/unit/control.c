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
    if (strcmp(name, "once") != 0)
        return false;
    *ret_wish = ORX_UNIT_ONCE;
    return true;
}

/* ---- Answers -------------------------------------------------------------------------------- */

/* null: none was set. */
static orx_node *limits_node(orx_arena *a, const orx_unit_view *unit) {
    const orx_unit_limits *l = &unit->limits;
    if (l->memory_max <= 0 && l->tasks_max <= 0)
        return orx_node_new(a, ORX_NULL);
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    if (l->memory_max > 0) {
        orx_node_set_int(a, n, "memory_max", l->memory_max);
        orx_node_set_str(a, n, "memory_by", unit->memory_grouped ? "cgroup" : "process");
    }
    if (l->tasks_max > 0) {
        orx_node_set_int(a, n, "tasks_max", l->tasks_max);
        orx_node_set_str(a, n, "tasks_by", unit->tasks_grouped ? "cgroup" : "nobody");
    }
    if (unit->limits_weak)
        orx_node_set_str(a, n, "why", unit->limits_weak);
    return n;
}

orx_node *orx_unit_node(orx_arena *a, const orx_unit_view *unit) {
    char since[ORX_ISO_MAX] = "";
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    if (unit->since_wall_ns)
        orx_iso_time(unit->since_wall_ns, since);
    orx_node_set_str(a, n, "name", unit->name);
    orx_node_set_str(a, n, "kind", unit->kind);
    if (unit->owner && *unit->owner)
        orx_node_set_str(a, n, "owner", unit->owner);
    orx_node_set_str(a, n, "state", orx_unit_state_name(unit->state));
    orx_node_set_str(a, n, "cause", unit->cause);
    orx_node_set_str(a, n, "since", since);
    orx_node_set(a, n, "pid",
                 unit->pid ? orx_node_new_int(a, unit->pid) : orx_node_new(a, ORX_NULL));
    orx_node_set(a, n, "cgroup",
                 unit->group ? orx_node_new_str(a, orx_view_of(unit->group))
                             : orx_node_new(a, ORX_NULL));
    orx_node_set(a, n, "limits", limits_node(a, unit));
    orx_node_set_str(a, n, "last_exit", unit->last_exit);
    orx_node_set_str(a, n, "status", unit->status);
    orx_node_set_int(a, n, "next_ms", unit->next_ns / ORX_MS);
    orx_node_set_int(a, n, "starts", unit->starts);
    orx_node_set_int(a, n, "failures", unit->failures);
    orx_node_set_bool(a, n, "held", unit->held);
    orx_node_set_bool(a, n, "manual", unit->manual);
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

typedef struct before_of {
    const char *name;
    bool found;
    orx_unit_state state;
} before_of;

static void note_before(const orx_unit_view *unit, void *user) {
    before_of *b = user;
    if (strcmp(unit->name, b->name) != 0)
        return;
    b->found = true;
    b->state = unit->state;
}

static void list_done(const orx_unit_view *unit, orx_unit_state before, int rc, const orx_err *err,
                      void *user) {
    listing *l = user;
    orx_node *n = orx_unit_node(l->arena, unit);
    orx_node_set_str(l->arena, n, "before", orx_unit_state_name(before));
    orx_node_set_bool(l->arena, n, "ok", rc == 0);
    if (rc < 0)
        set_error(l->arena, n, err);
    orx_node_push(l->units, n);
}

static int wish_for_all(const orx_control *c, const orx_node *request, orx_unit_event wish,
                        orx_arena *a, orx_node *n, orx_err *err) {
    const char *kind = orx_node_str(orx_node_get(request, "kind"), "");
    listing l = {a, orx_node_new(a, ORX_ARRAY)};
    int k = ORX_UNIT_RUNNER;
    while (k <= ORX_UNIT_SERVICE && strcmp(orx_unit_kind_name((orx_unit_kind)k), kind) != 0)
        k++;
    if (k > ORX_UNIT_SERVICE)
        return orx_err_set(err, ORX_E_INVALID, "expected \"kind\": runner, lane or service");
    c->ask_all((orx_unit_kind)k, wish, list_done, &l, c->user);
    orx_node_set(a, n, "units", l.units);
    return 0;
}

static int wish_for(const orx_control *c, const orx_node *request, orx_unit_event wish,
                    orx_arena *a, orx_node *n, orx_err *err) {
    if (orx_node_get(request, "kind"))
        return wish_for_all(c, request, wish, a, n, err);
    const char *unit = orx_node_str(orx_node_get(request, "unit"), NULL);
    if (!unit)
        return orx_err_set(err, ORX_E_INVALID, "expected \"unit\": the name of a unit");
    before_of b = {.name = unit};
    c->each(note_before, &b, c->user);
    int rc = c->ask(unit, wish, c->user, err);
    if (rc == 0 && b.found)
        orx_node_set_str(a, n, "before", orx_unit_state_name(b.state));
    return rc;
}

static void tell_who(const orx_control *c, orx_arena *a, orx_node *n) {
    orx_node_set_int(a, n, "pid", c->pid);
    if (c->overlay)
        orx_node_set_str(a, n, "overlay", c->overlay);
}

static int perform(const orx_control *c, const orx_node *request, orx_arena *a, orx_node *n,
                   orx_err *err) {
    orx_unit_event wish;
    const char *op = orx_node_str(orx_node_get(request, "op"), "");
    if (strcmp(op, "ping") == 0)
        tell_who(c, a, n);
    else if (strcmp(op, "units") == 0)
        list_units(c, a, n);
    else if (strcmp(op, "shutdown") == 0)
        c->shutdown(orx_node_bool(orx_node_get(request, "now"), false), c->user);
    else if (orx_unit_wish_parse(op, &wish))
        return wish_for(c, request, wish, a, n, err);
    else if (strcmp(op, "ensure") == 0)
        return wish_for(c, request, ORX_UNIT_EVENTS, a, n, err);
    else if (strcmp(op, "look") == 0)
        c->look(c->user);
    else
        return orx_err_set(
            err, ORX_E_UNSUPPORTED,
            "expected \"op\": ping, units, start, stop, kill, drain, restart, "
            "pause, resume, once, ensure, look or shutdown; is this client of another "
            "version?");
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
