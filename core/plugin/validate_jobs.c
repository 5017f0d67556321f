/* Checks of the job machine, of leaks and of time. */
#include "plugin/validate_drive.h"

#include "platform/heap.h"
#include "plugin/company.h"

#define ROUNDS    50
#define CALL_MAX  (20 * ORX_MS)
#define DEPTH_MAX 40

/* One job from open to close under the drive's script. */
static int whole(const orx_drive *fresh, orx_drive *d, orx_err *err) {
    *d = *fresh;
    int rc = orx_drive_open(d, err);
    if (rc < 0)
        return rc;
    orx_drive_run(d);
    orx_drive_close(d);
    return 0;
}

static int unannounced(const orx_drive *fresh, orx_err *err) {
    orx_drive d = *fresh;
    uint64_t ops = d.ops == &d.t->plugin.view.job ? d.t->plugin.view.provider.ops
                                                  : ORXAQ_OP_BIT(ORXAQ_OP_FLUSH);
    d.op = 63;
    for (int32_t op = ORXAQ_OP_PROBE; op <= ORXAQ_OP_EMBED; op++)
        d.op = ops & ORXAQ_OP_BIT(op) ? d.op : op;
    if (d.ops != &d.t->plugin.view.job)
        d.op = 63;
    if (orx_drive_open(&d, NULL) < 0)
        return 0;
    return orx_fails(err,
                     "open accepts op %d, which is not announced; expected "
                     "ORXAQ_E_UNSUPPORTED",
                     d.op);
}

int orx_check_unannounced(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_PLAIN, unannounced, err);
}

static int ends(const orx_drive *fresh, orx_err *err) {
    orx_drive d;
    int rc = whole(fresh, &d, err);
    if (rc >= 0 && !d.over)
        rc = orx_fails(err, "op %d does not end: %d effects in %d steps", d.op, d.effects,
                       ORX_DRIVE_STEPS);
    return rc;
}

int orx_check_ends(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_PLAIN, ends, err);
}

static int outcome(const orx_drive *fresh, orx_err *err) {
    orx_drive d;
    int rc = whole(fresh, &d, err);
    if (rc >= 0 && d.over && d.outcomes != 1)
        rc = orx_fails(err, "op %d gave %d outcome events before DONE; expected exactly one", d.op,
                       d.outcomes);
    return rc;
}

int orx_check_outcome(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_PLAIN, outcome, err);
}

static int waits(const orx_drive *fresh, orx_err *err) {
    orx_drive d;
    int rc = whole(fresh, &d, err);
    if (rc >= 0 && d.idle_waits)
        rc = orx_fails(err,
                       "op %d answers WAIT while no effect is unfinished: nothing could ever "
                       "wake it",
                       d.op);
    return rc;
}

int orx_check_waits(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_PLAIN, waits, err);
}

static int effects(const orx_drive *fresh, orx_err *err) {
    orx_drive d;
    int rc = whole(fresh, &d, err);
    if (rc >= 0 && d.bad_effect)
        rc = orx_fails(err, "an effect of op %d breaks a rule of effect.h: %s", d.op, d.bad_effect);
    return rc;
}

int orx_check_effects(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_PLAIN, effects, err);
}

static int effect_ids(const orx_drive *fresh, orx_err *err) {
    orx_drive d;
    int rc = whole(fresh, &d, err);
    if (rc >= 0 && d.reused_id)
        rc = orx_fails(err, "op %d uses the id of an effect twice in one job", d.op);
    return rc;
}

int orx_check_effect_ids(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_PLAIN, effect_ids, err);
}

/* ---- Ends from outside ----------------------------------------------------------------------- */

/* After so many steps: cancel, let it finish, close. */
static int cancel_after(const orx_drive *fresh, int steps, orx_drive *d, orx_err *err) {
    *d = *fresh;
    int rc = orx_drive_open(d, err);
    if (rc < 0)
        return rc;
    for (int i = 0; i < steps; i++)
        (void)orx_drive_step(d);
    if (!d->over) {
        orx_drive_cancel(d);
        orx_drive_run(d);
        if (!d->over)
            rc = orx_fails(err, "op %d goes on for ever after cancel at step %d", d->op, steps);
    }
    orx_drive_close(d);
    return rc;
}

static int cancel_first(const orx_drive *fresh, orx_err *err) {
    orx_drive d;
    return cancel_after(fresh, 0, &d, err);
}

int orx_check_cancel_first(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_PLAIN, cancel_first, err);
}

static int cancel_anywhere(const orx_drive *fresh, orx_err *err) {
    int rc = 0;
    for (int steps = 1; steps <= DEPTH_MAX && rc >= 0; steps++) {
        orx_drive d;
        rc = cancel_after(fresh, steps, &d, err);
        if (!d.cancelled)
            break;
    }
    return rc;
}

int orx_check_cancel_anywhere(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_PLAIN, cancel_anywhere, err);
}

static int cancel_quiet(const orx_drive *fresh, orx_err *err) {
    int rc = 0;
    for (int steps = 1; steps <= DEPTH_MAX && rc >= 0; steps++) {
        orx_drive d;
        rc = cancel_after(fresh, steps, &d, err);
        if (rc >= 0 && d.ran_after_cancel)
            rc = orx_fails(err, "op %d starts a program or request after cancel", d.op);
        if (!d.cancelled)
            break;
    }
    return rc;
}

int orx_check_cancel_quiet(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_PLAIN, cancel_quiet, err);
}

static int close_after(const orx_drive *fresh, int steps, bool *ret_over, orx_err *err) {
    orx_drive d = *fresh;
    int rc = orx_drive_open(&d, err);
    for (int i = 0; i < steps && rc >= 0; i++)
        (void)orx_drive_step(&d);
    if (rc >= 0)
        orx_drive_close(&d);
    *ret_over = d.over;
    return rc;
}

static int close_first(const orx_drive *fresh, orx_err *err) {
    bool over;
    return close_after(fresh, 0, &over, err);
}

int orx_check_close_first(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_PLAIN, close_first, err);
}

static int close_anywhere(const orx_drive *fresh, orx_err *err) {
    int rc = 0;
    bool over = false;
    for (int steps = 1; steps <= DEPTH_MAX && rc >= 0 && !over; steps++)
        rc = close_after(fresh, steps, &over, err);
    return rc;
}

int orx_check_close_anywhere(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_PLAIN, close_anywhere, err);
}

/* ---- Unpleasant input ------------------------------------------------------------------------ */

static int fuzzed(const orx_drive *fresh, orx_err *err) {
    int rc = 0;
    orx_drive seeded = *fresh;
    for (uint64_t i = 1; i <= 20 && rc >= 0; i++) {
        orx_drive d;
        seeded.seed = i * 0x9e3779b97f4a7c15;
        rc = whole(&seeded, &d, err);
        if (rc >= 0 && !d.over)
            rc = orx_fails(err, "op %d does not end after random frames (seed %d)", d.op, (int)i);
    }
    return rc;
}

int orx_check_fuzzed(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_FUZZED, fuzzed, err);
}

int orx_check_large(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_LARGE, ends, err);
}

/* The job must end and must not call it a success. */
static int fails_well(const orx_drive *fresh, orx_err *err) {
    orx_drive d;
    int rc = whole(fresh, &d, err);
    if (rc < 0 || d.failures == 0)
        return rc;
    if (!d.over || d.idle_waits > 3)
        return orx_fails(err, "op %d does not end after the effect failed", d.op);
    if (d.outcomes && d.kind == ORXAQ_KIND_OK)
        return orx_fails(err, "op %d says OK although the effect failed", d.op);
    return 0;
}

int orx_check_error(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_ERROR, fails_well, err);
}

int orx_check_not_started(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_NOT_STARTED, fails_well, err);
}

int orx_check_killed(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_KILLED, fails_well, err);
}

int orx_check_status(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_REFUSED, fails_well, err);
}

/* ---- Leaks ----------------------------------------------------------------------------------- */

static int instance_rounds(orx_trial *t, int rounds, orx_err *err) {
    int rc = 0;
    for (int i = 0; i < rounds && rc >= 0; i++) {
        orx_instance *instance = NULL;
        rc = orx_trial_instance(t, 0, &instance, err);
        orx_instance_free(instance);
    }
    return rc;
}

int orx_check_leak_descriptor(orx_trial *t, orx_err *err) {
    int rc = orx_trial_plugin(t, err);
    orx_company before = orx_company_look(t->p);
    if (rc >= 0)
        rc = instance_rounds(t, 5, err);
    if (rc >= 0 && orx_company_look(t->p).descriptors > before.descriptors)
        rc = orx_fails(err, "an instance that was destroyed left a file open");
    return rc;
}

int orx_check_leak_thread(orx_trial *t, orx_err *err) {
    int rc = orx_trial_plugin(t, err);
    orx_company before = orx_company_look(t->p);
    if (rc >= 0)
        rc = instance_rounds(t, 5, err);
    if (rc >= 0 && orx_company_look(t->p).threads > before.threads)
        rc = orx_fails(err, "an instance that was destroyed left a thread running");
    return rc;
}

int orx_check_leak_instance(orx_trial *t, orx_err *err) {
    int rc = orx_trial_plugin(t, err);
    if (rc >= 0)
        rc = instance_rounds(t, ROUNDS, err); /* what is kept once for all is no leak */
    int64_t before = orx_heap_in_use();
    if (rc >= 0)
        rc = instance_rounds(t, ROUNDS, err);
    int64_t grown = orx_heap_in_use() - before;
    if (rc >= 0 && grown >= (int64_t)ROUNDS * 8)
        rc = orx_fails(err, "%d instances made and destroyed left %lld bytes behind", ROUNDS,
                       (long long)grown);
    return rc;
}

static int job_rounds(const orx_drive *fresh, orx_err *err) {
    orx_drive d;
    int rc = 0;
    int64_t before = 0;
    for (int i = 0; i < 2 * ROUNDS && rc >= 0; i++) {
        before = i == ROUNDS ? orx_heap_in_use() : before;
        rc = whole(fresh, &d, err);
    }
    int64_t grown = orx_heap_in_use() - before;
    if (rc >= 0 && grown >= (int64_t)ROUNDS * 8)
        rc = orx_fails(err, "%d jobs of op %d left %lld bytes behind after close", ROUNDS,
                       fresh->op, (long long)grown);
    return rc;
}

int orx_check_leak_job(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_PLAIN, job_rounds, err);
}

/* ---- Time ------------------------------------------------------------------------------------ */

static int calls_fast(const orx_drive *fresh, orx_err *err) {
    orx_drive d;
    int rc = whole(fresh, &d, err);
    if (rc >= 0 && d.longest_ns > CALL_MAX)
        rc = orx_fails(err, "one call of next or feed took %.1f ms; expected at most %d ms",
                       (double)d.longest_ns / 1e6, (int)(CALL_MAX / ORX_MS));
    return rc;
}

int orx_check_calls_fast(orx_trial *t, orx_err *err) {
    return orx_drive_each(t, ORX_SCRIPT_PLAIN, calls_fast, err);
}
