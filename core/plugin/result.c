/* How a job ended. */
#include "plugin/job_state.h"

/* Valid UTF-8 of at most max bytes, not cut inside a character. */
const char *orx_job_text(orx_job *job, orxaq_view text, size_t max) {
    ORX_CLEANUP(orx_str_free) orx_str clean = {0};
    size_t len = text.len < max ? (size_t)text.len : max;
    while (len < text.len && len > 0 && ((unsigned char)text.data[len] & 0xC0) == 0x80)
        len--;
    orx_str_add_utf8(&clean, orx_view_mem(text.data, len));
    return orx_arena_dup(&job->arena, orx_str_view(&clean));
}

static const char *const *texts(orx_job *job, const orxaq_view *list, uint32_t count) {
    const char **copy = orx_arena_zalloc(&job->arena, (size_t)count + 1, sizeof *copy);
    for (uint32_t i = 0; i < count; i++)
        copy[i] = orx_job_text(job, list[i], ORX_JOB_TEXT_MAX);
    return copy;
}

void orx_job_keep_outcome(orx_job *job, const orxaq_outcome *o) {
    orx_job_result *r = &job->result;
    r->stated = true;
    r->kind = o->kind;
    r->retry = o->retry;
    r->status = o->status;
    r->stop = o->stop;
    r->http_status = o->http_status;
    r->retry_after_ms = o->retry_after_ms < 0 ? -1 : o->retry_after_ms;
    r->message = orx_job_text(job, o->message, ORX_JOB_TEXT_MAX);
    r->summary = orx_job_text(job, o->summary, ORX_JOB_TEXT_MAX);
    r->commit = orx_job_text(job, o->commit, ORX_JOB_TEXT_MAX);
    r->blocker = orx_job_text(job, o->blocker, ORX_JOB_TEXT_MAX);
    r->validations = texts(job, o->validations, o->validation_count);
    r->next_actions = texts(job, o->next_actions, o->next_action_count);
}

/* A deadline or an operator ended it: that is the outcome, unless the driver was quicker. */
static void cancelled(orx_job *job) {
    orx_job_result *r = &job->result;
    if (job->outcome_before_cancel)
        return;
    bool deadline = job->cancel_reason == ORXAQ_CANCEL_DEADLINE;
    r->kind = deadline ? ORXAQ_KIND_TIMEOUT : ORXAQ_KIND_KILLED;
    r->retry = ORXAQ_RETRY_BY_KIND;
    r->message = deadline ? "the time for the call was used up" : "the call was cancelled";
}

static void no_outcome(orx_job *job) {
    orx_job_result *r = &job->result;
    r->fault = true;
    r->kind = ORXAQ_KIND_PROTOCOL;
    r->retry = ORXAQ_RETRY_NO;
    r->message = orx_arena_printf(
        &job->arena, "plugin %s (%s) broke the rules of a job: it ended without an outcome%s%s",
        orx_plugin_descriptor(orx_instance_plugin(job->instance))->id,
        orx_instance_name(job->instance), job->event_problem ? "; refused was " : "",
        job->event_problem ? job->event_problem : "");
}

/* Members that were never stated are empty, not NULL. */
static void fill(orx_job_result *r) {
    static const char *const none[] = {NULL};
    r->message = r->message ? r->message : "";
    r->summary = r->summary ? r->summary : "";
    r->commit = r->commit ? r->commit : "";
    r->blocker = r->blocker ? r->blocker : "";
    r->validations = r->validations ? r->validations : none;
    r->next_actions = r->next_actions ? r->next_actions : none;
}

void orx_job_make_result(orx_job *job) {
    if (job->failed)
        job->result.retry = job->result.fault ? ORXAQ_RETRY_NO : ORXAQ_RETRY_BY_KIND;
    else if (job->cancel_reason)
        cancelled(job);
    else if (!job->result.stated)
        no_outcome(job);
    fill(&job->result);
}
