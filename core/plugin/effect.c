/* Effects: checked, then performed. */
#include "plugin/job_state.h"
#include "plugin/replay.h"

static bool new_id(orx_job *job, uint32_t id) {
    for (size_t i = 0; i < job->ids.len; i++)
        if (job->ids.items[i] == id)
            return false;
    orx_vec_push(&job->ids, id);
    return id != 0;
}

/* Whether the table that belongs to the kind is there and long enough. */
static bool has_table(const void *table, uint32_t least) {
    uint32_t size = 0;
    if (!table || (uintptr_t)table % sizeof(void *) != 0)
        return false;
    memcpy(&size, table, sizeof size);
    return size >= least;
}

/* Shows an effect that keeps the rules to whoever records, or looks up what it led to when the job
 * was recorded. */
static int note(orx_job *job, const orxaq_effect *effect, orxaq_feed *ret_first) {
    if (job->spec.tap)
        job->spec.tap->effect(job->spec.tap->user, effect);
    return job->spec.replay ? orx_replay_look_up(job, effect, ret_first) : 0;
}

static void append(orx_job *job, const orxaq_effect *effect) {
    orx_err err = ORX_ERR_INIT;
    orxaq_feed first;
    int known = note(job, effect, &first);
    if (job->spec.replay) {
        if (known > 0)
            orx_job_feed(job, &first);
        return;
    }
    if (orx_job_append(job, effect->append, &err) < 0) {
        orx_job_feed_error(job, effect->id, &err);
        return;
    }
    orxaq_feed feed = {.kind = ORXAQ_FEED_EXIT, .effect = effect->id};
    orx_job_feed(job, &feed);
}

/* Whether a program or request may begin now; says so to the driver, or faults it, when not. */
static bool may_begin(orx_job *job, uint32_t id, const char *what, const char *rule) {
    orx_err err = ORX_ERR_INIT;
    if (job->cancel_told) {
        orx_err_set(&err, ORX_E_CANCELLED, "the job is cancelled: nothing further is started");
        orx_job_feed_error(job, id, &err);
    } else if (rule) {
        orx_job_fault(job, "%s: %s", what, rule);
    } else if (job->run_count >= ORX_JOB_RUNNING_MAX) {
        orx_job_fault(job, "more than %d unfinished effects", ORX_JOB_RUNNING_MAX);
    } else {
        return true;
    }
    return false;
}

static void exec(orx_job *job, const orxaq_effect *effect) {
    orxaq_feed first;
    const char *rule = orx_exec_check(effect->exec);
    int known = rule ? 0 : note(job, effect, &first);
    if (known < 0 || !may_begin(job, effect->id, "exec", rule))
        return;
    if (job->spec.replay)
        orx_replay_begin(job, effect, known ? &first : NULL);
    else
        orx_job_exec(job, effect->id, effect->exec);
}

static void http(orx_job *job, const orxaq_effect *effect) {
    orxaq_feed first;
    const char *rule = orx_http_effect_check(effect->http);
    int known = rule ? 0 : note(job, effect, &first);
    if (known < 0 || !may_begin(job, effect->id, "http", rule))
        return;
    if (job->spec.replay)
        orx_replay_begin(job, effect, known ? &first : NULL);
    else
        orx_job_http(job, effect->id, effect->http);
}

static void write(orx_job *job, const orxaq_effect *effect) {
    orxaq_feed first;
    bool sane = orx_view_sane(effect->write->bytes, ORX_JOB_BYTES_MAX, true);
    if (sane)
        (void)note(job, effect, &first);
    if (!sane || !job->spec.replay)
        orx_job_write(job, effect->write);
}

void orx_job_perform(orx_job *job, const orxaq_effect *effect) {
    if (job->ids.len >= ORX_JOB_EFFECTS_MAX) {
        orx_job_fault(job, "more than %d effects", ORX_JOB_EFFECTS_MAX);
        return;
    }
    if (!new_id(job, effect->id)) {
        orx_job_fault(job, "effect id %u is 0 or was used before", effect->id);
        return;
    }
    if (effect->kind == ORXAQ_EFFECT_EXEC && has_table(effect->exec, sizeof(orxaq_exec)))
        exec(job, effect);
    else if (effect->kind == ORXAQ_EFFECT_HTTP && has_table(effect->http, sizeof(orxaq_http)))
        http(job, effect);
    else if (effect->kind == ORXAQ_EFFECT_WRITE && has_table(effect->write, sizeof(orxaq_write)))
        write(job, effect);
    else if (effect->kind == ORXAQ_EFFECT_APPEND && has_table(effect->append, sizeof(orxaq_append)))
        append(job, effect);
    else
        orx_job_fault(job, "effect of kind %d is unknown or has no (complete) table", effect->kind);
}
