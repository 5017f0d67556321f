/* What operators want of units. */
#include "unit/internal.h"

static int no_such_unit(orx_keeper *k, const char *name, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str names = {0};
    ORX_LIST_EACH(&k->units, it)
    if (names.len < 300)
        orx_str_addf(&names, "%s%s", names.len ? ", " : "",
                     ORX_LIST_ITEM(it, orx_kept, link)->spec.name);
    return orx_err_set(err, ORX_E_NOT_FOUND, "no unit is called \"%.*s\"; there are: %s",
                       ORX_UNIT_NAME_MAX, name, orx_str_cstr(&names));
}

static bool is_start(orx_unit_event wish) {
    return wish == ORX_UNIT_START || wish == ORX_UNIT_RESTART || wish == ORX_UNIT_RESUME;
}

static bool is_off(const orx_kept *u) {
    return u->m.state == ORX_UNIT_STOPPED || u->m.state == ORX_UNIT_PAUSED;
}

static orx_unit_will will_of(orx_unit_event wish) {
    return is_start(wish) ? ORX_WILL_RUN : wish == ORX_UNIT_PAUSE ? ORX_WILL_PAUSE : ORX_WILL_STOP;
}

/* Starts what it needs and what nobody started. */
static void start_needs(orx_kept *u) {
    for (const char *const *n = u->spec.needs; n && *n; n++) {
        const orx_kept *other = orx_keeper_find(u->k, *n);
        if (other && other->m.state == ORX_UNIT_STOPPED)
            (void)orx_keeper_ask(u->k, *n, ORX_UNIT_START, NULL);
    }
}

/* What the operator wants of it otherwise stays as it is. */
static int run_once(orx_kept *u, orx_err *err) {
    if (u->spec.kind != ORX_UNIT_SERVICE)
        return orx_err_set(err, ORX_E_UNSUPPORTED, "%s is a %s; only a service can run once",
                           u->spec.name, orx_unit_kind_name(u->spec.kind));
    if (u->m.alive)
        return orx_err_set(err, ORX_E_BUSY, "%s runs already", u->spec.name);
    int rc = orx_kept_save(u, "unit.asked", ORX_UNIT_STATES, "once", err);
    if (rc == 0)
        orx_kept_tell(u, ORX_UNIT_ONCE, ORX_UNIT_EXIT_CLEAN);
    return rc;
}

int orx_keeper_ask(orx_keeper *k, const char *unit, orx_unit_event wish, orx_err *err) {
    orx_kept *u = orx_keeper_find(k, unit);
    if (!u || u->retired)
        return no_such_unit(k, unit, err);
    if (k->leaving)
        return orx_err_set(err, ORX_E_CONFLICT,
                           "the supervisor is ending; nothing is started, "
                           "stopped or paused any more");
    if (wish == ORX_UNIT_ONCE)
        return run_once(u, err);
    orx_unit_will before = u->will;
    u->will = will_of(wish);
    int rc = orx_kept_save(u, "unit.asked", ORX_UNIT_STATES, orx_unit_event_name(wish), err);
    if (rc < 0) {
        u->will = before;
        return rc;
    }
    if (is_start(wish) && is_off(u) && u->spec.let_go)
        u->spec.let_go(u->spec.user);
    orx_kept_tell(u, wish, ORX_UNIT_EXIT_CLEAN);
    if (is_start(wish))
        start_needs(u);
    return 0;
}

/* ---- Many at once ---------------------------------------------------------------------------- */

/* What somebody who asks for all does not mean. */
static bool is_meant(const orx_kept *u, orx_unit_kind kind, orx_unit_event wish) {
    return u->spec.kind == kind && !u->retired && !(orx_kept_newest(u)->manual && is_start(wish));
}

static void tell_done(orx_kept *u, orx_unit_state before, int rc, const orx_err *err,
                      orx_keeper_done_fn *done, void *user) {
    orx_unit_view view;
    orx_kept_view(u, &view);
    done(&view, before, rc, err, user);
}

void orx_keeper_ask_all(orx_keeper *k, orx_unit_kind kind, orx_unit_event wish,
                        orx_keeper_done_fn *done, void *user) {
    orx_keeper_batch(k, true);
    ORX_LIST_EACH(&k->units, it) {
        orx_kept *u = ORX_LIST_ITEM(it, orx_kept, link);
        orx_err err = ORX_ERR_INIT;
        orx_unit_state before = u->m.state;
        if (!is_meant(u, kind, wish))
            continue;
        int rc = orx_keeper_ask(k, u->spec.name, wish, &err);
        tell_done(u, before, rc, &err, done, user);
    }
    orx_keeper_batch(k, false);
}

static void ensure(orx_kept *u) {
    bool wanted = u->will == ORX_WILL_NONE || u->will == ORX_WILL_RUN;
    if (wanted && !orx_kept_newest(u)->manual && !u->k->leaving && u->m.state == ORX_UNIT_STOPPED)
        orx_kept_tell(u, ORX_UNIT_START, ORX_UNIT_EXIT_CLEAN);
}

int orx_keeper_ensure(orx_keeper *k, const char *unit, orx_err *err) {
    orx_kept *u = orx_keeper_find(k, unit);
    if (!u || u->retired)
        return no_such_unit(k, unit, err);
    ensure(u);
    return 0;
}

void orx_keeper_ensure_all(orx_keeper *k, orx_unit_kind kind, orx_keeper_done_fn *done,
                           void *user) {
    orx_keeper_batch(k, true);
    ORX_LIST_EACH(&k->units, it) {
        orx_kept *u = ORX_LIST_ITEM(it, orx_kept, link);
        orx_unit_state before = u->m.state;
        if (!is_meant(u, kind, ORX_UNIT_START))
            continue;
        ensure(u);
        tell_done(u, before, 0, NULL, done, user);
    }
    orx_keeper_batch(k, false);
}
