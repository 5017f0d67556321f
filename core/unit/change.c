/* Units that come, go, and are started with something else from now on. */
#include "unit/internal.h"

void orx_unit_spec_release(orx_unit_spec *spec) {
    if (spec->release)
        spec->release(spec->user);
    *spec = (orx_unit_spec){0};
}

void orx_kept_take_next(orx_kept *u) {
    if (!u->renewed)
        return;
    orx_unit_spec old = u->spec;
    u->spec = u->next;
    u->renewed = false;
    orx_unit_spec_release(&old);
}

static void set_next(orx_kept *u, const orx_unit_spec *spec) {
    if (u->renewed)
        orx_unit_spec_release(&u->next);
    u->next = *spec;
    u->renewed = true;
    if (!spec->drains && !spec->finite)
        u->next.policy.drain_timeout_ns = spec->policy.stop_timeout_ns;
    if (!u->m.alive)
        orx_kept_take_next(u);
}

/* It was switched off: it ends, and the next keeper does not start it either. */
static void switch_off(orx_kept *u) {
    if (u->will == ORX_WILL_RUN)
        u->will = ORX_WILL_NONE;
    u->unsaved = true;
    orx_kept_tell(u, ORX_UNIT_DRAIN, ORX_UNIT_EXIT_CLEAN);
}

static void begin_anew(orx_kept *u) {
    bool wanted = u->will == ORX_WILL_NONE || u->will == ORX_WILL_RUN;
    bool ending = u->m.state == ORX_UNIT_DRAINING || u->m.state == ORX_UNIT_STOPPING;
    if (u->m.state == ORX_UNIT_STOPPED || (ending && u->m.after == ORX_UNIT_STOPPED)) {
        if (wanted)
            orx_kept_tell(u, ORX_UNIT_START, ORX_UNIT_EXIT_CLEAN);
        return;
    }
    orx_kept_tell(u, ORX_UNIT_RENEW, ORX_UNIT_EXIT_CLEAN);
}

int orx_keeper_replace(orx_keeper *k, const orx_unit_spec *spec, orx_err *err) {
    orx_unit_spec copy = *spec;
    orx_kept *u = orx_keeper_find(k, spec->name);
    int rc = u ? orx_keeper_check_spec(spec, err)
               : orx_err_set(err, ORX_E_NOT_FOUND, "no unit is called \"%s\"", spec->name);
    if (rc == 0 && u->spec.kind != spec->kind)
        rc = orx_err_set(err, ORX_E_EXISTS, "a %s is called %s already",
                         orx_unit_kind_name(u->spec.kind), spec->name);
    if (rc < 0) {
        orx_unit_spec_release(&copy);
        return rc;
    }
    bool was_off = orx_kept_newest(u)->manual || u->retired;
    u->retired = false;
    k->needy += spec->needs && *spec->needs;
    set_next(u, spec);
    if (spec->manual && !was_off)
        switch_off(u);
    else if (!spec->manual && was_off)
        begin_anew(u);
    else
        orx_kept_tell(u, ORX_UNIT_RENEW, ORX_UNIT_EXIT_CLEAN);
    return 0;
}

void orx_keeper_retire(orx_keeper *k, const char *name) {
    orx_kept *u = orx_keeper_find(k, name);
    if (!u || u->retired)
        return;
    u->retired = true;
    orx_kept_tell(u, ORX_UNIT_DRAIN, ORX_UNIT_EXIT_CLEAN);
}

void orx_keeper_sweep(orx_keeper *k) {
    ORX_LIST_EACH(&k->units, it) {
        orx_kept *u = ORX_LIST_ITEM(it, orx_kept, link);
        if (u->retired && !u->m.alive && !u->earlier)
            orx_kept_free(u);
    }
}

bool orx_keeper_has_process(orx_keeper *k, const char *unit) {
    const orx_kept *u = orx_keeper_find(k, unit);
    return u && u->m.alive;
}
