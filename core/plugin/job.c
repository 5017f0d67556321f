/* The crank. */
#include "plugin/job.h"

#include "plugin/job_state.h"

#include <stdlib.h>

/* ---- Ending -------------------------------------------------------------------------------- */

static void over(orx_job *job) {
    orx_timer_cancel(job->p, job->deadline);
    job->deadline = NULL;
    job->phase = ORX_JOB_OVER;
    orx_job_make_result(job);
    job->done = true;
}

static void stop_all(orx_job *job) {
    orx_job_stop_runs(job);
    orx_job_stop_calls(job);
}

static void end(orx_job *job) {
    if (job->phase == ORX_JOB_RUNNING)
        job->phase = ORX_JOB_ENDING;
    stop_all(job);
    orx_job_settle(job);
}

void orx_job_settle(orx_job *job) {
    if (job->phase == ORX_JOB_ENDING && job->run_count == 0 && !job->cranking && !job->in_driver)
        over(job);
}

static void fail_with(orx_job *job, int32_t kind, const char *text) {
    if (!job->failed) {
        job->failed = true;
        job->result.kind = kind;
        job->result.message = orx_job_text(job, orxaq_str(text), ORX_ERR_MAX);
    }
    end(job);
}

void orx_job_fail(orx_job *job, int32_t kind, const orx_err *err) {
    fail_with(job, kind, err->msg);
}

void orx_job_fault(orx_job *job, const char *fmt, ...) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "plugin %s (%s) broke the rules of a job: ",
                 orx_plugin_descriptor(orx_instance_plugin(job->instance))->id,
                 orx_instance_name(job->instance));
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&text, fmt, ap);
    va_end(ap);
    job->result.fault = true;
    fail_with(job, ORXAQ_KIND_PROTOCOL, orx_str_cstr(&text));
}

/* The driver gave up with a code. */
static void driver_failed(orx_job *job, const char *what, int32_t code) {
    orx_err err = ORX_ERR_INIT;
    orx_instance_failed(job->instance, what, code, &err);
    orx_job_fail(job, ORXAQ_KIND_PROTOCOL, &err);
}

/* ---- Calls into the driver ------------------------------------------------------------------ */

static void enter(orx_job *job) {
    job->in_driver++;
    orx_instance_enter(job->instance);
}

static void leave(orx_job *job) {
    orx_instance_leave(job->instance);
    job->in_driver--;
}

static void tell_cancel(orx_job *job) {
    job->cancel_told = true;
    if (job->spec.tap)
        job->spec.tap->cancel(job->spec.tap->user, job->cancel_reason);
    enter(job);
    job->ops->cancel(job->object, job->cancel_reason);
    leave(job);
}

/* Asks for the next step. Returns ORXAQ_NEXT_*; ends the job itself on everything else. */
static int32_t ask(orx_job *job, orxaq_effect *effect) {
    *effect = (orxaq_effect){.struct_size = sizeof *effect};
    enter(job);
    int32_t answer = job->ops->next(job->object, effect);
    if (answer < 0)
        driver_failed(job, "next", answer);
    leave(job);
    if (answer > ORXAQ_NEXT_EFFECT)
        orx_job_fault(job, "next answered %d; expected DONE, WAIT, EFFECT or a negative code",
                      answer);
    return answer;
}

static void waiting(orx_job *job) {
    if (job->cancel_reason && job->run_count == 0)
        end(job);
    else if (job->cancel_reason)
        stop_all(job);
    else if (job->run_count == 0)
        orx_job_fault(job, "next answered WAIT although no effect is unfinished");
}

/* One turn of the crank; false when it has to rest until the next feed. */
static bool turn(orx_job *job) {
    orxaq_effect effect;
    if (job->cancel_reason && !job->cancel_told)
        tell_cancel(job);
    switch (ask(job, &effect)) {
    case ORXAQ_NEXT_EFFECT:
        if (++job->streak > ORX_JOB_STREAK_MAX)
            orx_job_fault(job, "%d effects in a row without a feed", ORX_JOB_STREAK_MAX);
        else if (orx_job_is_running(job))
            orx_job_perform(job, &effect);
        return orx_job_is_running(job);
    case ORXAQ_NEXT_WAIT:
        /* Cancelled meanwhile by an event's receiver: the driver still has to be told. */
        if (job->cancel_reason && !job->cancel_told && orx_job_is_running(job))
            return true;
        if (orx_job_is_running(job))
            waiting(job);
        return false;
    case ORXAQ_NEXT_DONE:
        end(job);
        return false;
    default:
        return false;
    }
}

void orx_job_crank(orx_job *job) {
    if (job->cranking || job->in_driver || !orx_job_is_running(job))
        return;
    job->cranking = true;
    while (orx_job_is_running(job) && turn(job)) {
    }
    job->cranking = false;
    orx_job_settle(job);
}

void orx_job_feed(orx_job *job, orxaq_feed *feed) {
    if (!orx_job_is_running(job))
        return;
    feed->struct_size = sizeof *feed;
    job->streak = 0;
    if (job->spec.tap && feed->kind != ORXAQ_FEED_FRAME)
        job->spec.tap->feed(job->spec.tap->user, feed);
    enter(job);
    int32_t code = job->ops->feed(job->object, feed);
    if (code < 0)
        driver_failed(job, "feed", code);
    leave(job);
    orx_job_crank(job);
    orx_job_settle(job);
}

void orx_job_feed_error(orx_job *job, uint32_t effect, const orx_err *err) {
    orxaq_feed feed = {.kind = ORXAQ_FEED_ERROR, .effect = effect, .data = orxaq_str(err->msg)};
    feed.code = err->code == ORX_E_UNSUPPORTED ? ORXAQ_E_UNSUPPORTED
                : err->code == ORX_E_DENIED    ? ORXAQ_E_DENIED
                : err->code == ORX_E_LIMIT     ? ORXAQ_E_LIMIT
                : err->code == ORX_E_NOT_FOUND ? ORXAQ_E_NOT_FOUND
                : err->code == ORX_E_CANCELLED ? ORXAQ_E_CANCELLED
                                               : ORXAQ_E_IO;
    orx_job_feed(job, &feed);
}

/* ---- Beginning ----------------------------------------------------------------------------- */

static const char *const *copy_list(orx_arena *arena, const char *const *list) {
    size_t count = 0;
    while (list && list[count])
        count++;
    const char **copy = orx_arena_zalloc(arena, count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = orx_arena_strdup(arena, list[i]);
    return copy;
}

/* The functions of the kind asked for; NULL = the plugin is none. */
static const orxaq_job *ops_of(const orx_job_spec *spec) {
    const orx_plugin *plugin = orx_instance_plugin(spec->instance);
    const orxaq_provider *provider = orx_plugin_provider(plugin);
    const orxaq_sink *sink = orx_plugin_sink(plugin);
    const orxaq_ingest *ingest = orx_plugin_ingest(plugin);
    switch (spec->kind) {
    case ORX_JOB_PROVIDER:
        return provider ? provider->job : NULL;
    case ORX_JOB_SINK:
        return sink ? sink->job : NULL;
    case ORX_JOB_INGEST:
    default:
        return ingest ? ingest->job : NULL;
    }
}

static int check_spec(const orx_job_spec *spec, orx_err *err) {
    const orx_plugin *plugin = orx_instance_plugin(spec->instance);
    const orxaq_provider *provider = orx_plugin_provider(plugin);
    static const char *const names[] = {"provider", "sink", "ingester"};
    bool provides = spec->kind == ORX_JOB_PROVIDER;
    if (!ops_of(spec))
        return orx_err_set(err, ORX_E_UNSUPPORTED, "plugin %s (%s) is no %s",
                           orx_plugin_descriptor(plugin)->id, orx_instance_name(spec->instance),
                           names[spec->kind]);
    bool known = spec->op > 0 && spec->op < 64;
    if (provides && !(known && (provider->ops & ORXAQ_OP_BIT(spec->op))))
        return orx_err_set(err, ORX_E_UNSUPPORTED, "plugin %s (%s) does not offer the op %s",
                           orx_plugin_descriptor(plugin)->id, orx_instance_name(spec->instance),
                           orx_provider_op_name(spec->op));
    if (!spec->args || !spec->files_dir || spec->files_dir[0] != '/')
        return orx_err_set(err, ORX_E_INVALID, "a job needs arguments and an absolute folder");
    return 0;
}

static void deadline_passed(void *user) {
    orx_job *job = user;
    job->deadline = NULL;
    orx_job_cancel(job, ORXAQ_CANCEL_DEADLINE);
}

static orx_job *job_new(orx_platform *p, const orx_job_spec *spec) {
    orx_job *job = orx_xcalloc(1, sizeof *job);
    job->table = orx_job_event_table;
    job->p = p;
    job->instance = spec->instance;
    job->ops = ops_of(spec);
    job->spec = *spec;
    job->spec.files_dir = orx_arena_strdup(&job->arena, spec->files_dir);
    job->spec.cwd = orx_arena_strdup(&job->arena, spec->cwd);
    job->spec.env = copy_list(&job->arena, spec->env);
    job->result.retry_after_ms = -1;
    job->spec.ca_file = orx_arena_strdup(&job->arena, spec->ca_file);
    job->spec.hosts = spec->hosts ? copy_list(&job->arena, spec->hosts) : NULL;
    orx_list_init(&job->runs);
    orx_list_init(&job->calls);
    orx_list_init(&job->replayed);
    return job;
}

int orx_job_start(orx_platform *p, const orx_job_spec *spec, orx_job **ret_job, orx_err *err) {
    int rc = check_spec(spec, err);
    if (rc < 0)
        return rc;
    orx_job *job = job_new(p, spec);
    enter(job);
    int32_t code = job->ops->open(orx_instance_object(spec->instance), spec->op, spec->args,
                                  &job->table, &job->object);
    if (code < 0)
        rc = orx_instance_failed(job->instance, "open", code, err);
    leave(job);
    if (rc >= 0 && !job->object)
        rc = orx_err_set(err, ORX_E_INVALID, "plugin %s (%s): open gave no job",
                         orx_plugin_descriptor(orx_instance_plugin(job->instance))->id,
                         orx_instance_name(job->instance));
    if (rc < 0) {
        job->object = NULL;
        orx_job_free(job);
        return rc;
    }
    *ret_job = job;
    if (spec->total_ns > 0)
        job->deadline = orx_timer_start(p, spec->total_ns, deadline_passed, job);
    orx_job_crank(job);
    return 0;
}

const bool *orx_job_done(const orx_job *job) {
    return &job->done;
}

const orx_job_result *orx_job_result_of(const orx_job *job) {
    return &job->result;
}

void orx_job_cancel(orx_job *job, int32_t reason) {
    if (job->cancel_reason || !orx_job_is_running(job))
        return;
    job->cancel_reason = reason;
    job->result.cancelled = reason;
    job->outcome_before_cancel = job->result.stated;
    orx_job_crank(job);
}

void orx_job_free(orx_job *job) {
    if (!job)
        return;
    orx_timer_cancel(job->p, job->deadline);
    job->phase = ORX_JOB_OVER;
    ORX_LIST_EACH(&job->runs, it)
    orx_run_free(ORX_LIST_ITEM(it, orx_run, link));
    orx_job_free_calls(job);
    orx_replay_free(job);
    if (job->object) {
        enter(job);
        job->ops->close(job->object);
        leave(job);
    }
    orx_vec_free(&job->ids);
    orx_arena_free(&job->arena);
    free(job);
}
