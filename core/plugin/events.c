/* What the driver says, checked and handed on. */
#include "plugin/job_state.h"

static orx_job *job_of(const orxaq_events *events) {
    return (orx_job *)events;
}

/* Remembers the first refused event, for the message if the job comes to nothing. */
static int32_t refuse(orx_job *job, const char *why) {
    if (!job->event_problem)
        job->event_problem = why;
    return ORXAQ_E_INVALID;
}

/* Whether an event may be given now, and its table is complete. */
static int32_t check(orx_job *job, const void *table, uint32_t least) {
    uint32_t size = 0;
    if (!job->in_driver || !orx_job_is_running(job))
        return ORXAQ_E_INVALID;
    if (!table || (uintptr_t)table % sizeof(void *) != 0)
        return refuse(job, "an event without a table");
    memcpy(&size, table, sizeof size);
    return size >= least ? ORXAQ_OK : refuse(job, "an event whose table is too short");
}

static bool sane(const orxaq_view *views, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!orx_view_sane(views[i], ORX_JOB_BYTES_MAX, true))
            return false;
    return true;
}

static bool within(int32_t value, int32_t low, int32_t high) {
    return value >= low && value <= high;
}

/* The beginning of each receiver: the job, the caller's table, the checks. */
#define RECEIVE(events, table)                                                                     \
    orx_job *job = job_of(events);                                                                 \
    int32_t code = check(job, (table), sizeof *(table));                                           \
    if (code < 0)                                                                                  \
        return code;                                                                               \
    const orx_job_events *to = job->spec.events;                                                   \
    const orx_job_tap *tap ORX_UNUSED = job->spec.tap

static int32_t on_text(const orxaq_events *events, const orxaq_text *text) {
    RECEIVE(events, text);
    if (!within(text->channel, ORXAQ_TEXT_ANSWER, ORXAQ_TEXT_NOTICE) || !sane(&text->text, 1))
        return refuse(job, "a text event with impossible members");
    orxaq_text copy = *text;
    copy.struct_size = sizeof copy;
    if (tap)
        tap->text(tap->user, &copy);
    if (to && to->text)
        to->text(to->user, &copy);
    return ORXAQ_OK;
}

static int32_t on_tool_call(const orxaq_events *events, const orxaq_tool_call *call) {
    RECEIVE(events, call);
    const orxaq_view views[] = {call->id, call->name, call->arguments, call->result};
    if (!within(call->phase, ORXAQ_TOOL_REQUESTED, ORXAQ_TOOL_FINISHED) ||
        !within(call->ok, -1, 1) || !sane(views, ORX_ARRAY_LEN(views)))
        return refuse(job, "a tool call event with impossible members");
    orxaq_tool_call copy = *call;
    copy.struct_size = sizeof copy;
    if (tap)
        tap->tool_call(tap->user, &copy);
    if (to && to->tool_call)
        to->tool_call(to->user, &copy);
    return ORXAQ_OK;
}

/* A number that cannot be is no number: what is booked must stay addable, whatever a program says.
 */
static int64_t count_or_unknown(int64_t value, int64_t max) {
    return value < 0 || value > max ? -1 : value;
}

static int32_t on_usage(const orxaq_events *events, const orxaq_usage *usage) {
    RECEIVE(events, usage);
    const orxaq_view views[] = {usage->key, usage->model_asked, usage->model_answered};
    if (!within(usage->scope, ORXAQ_SCOPE_REQUEST, ORXAQ_SCOPE_SESSION) ||
        !within(usage->mode, ORXAQ_USAGE_DELTA, ORXAQ_USAGE_TOTAL) ||
        !within(usage->provenance, ORXAQ_BY_VENDOR, ORXAQ_BY_ESTIMATION) ||
        !sane(views, ORX_ARRAY_LEN(views)))
        return refuse(job, "a usage event with impossible members");
    orxaq_usage copy = *usage;
    copy.struct_size = sizeof copy;
    copy.input_tokens = count_or_unknown(usage->input_tokens, ORX_JOB_TOKENS_MAX);
    copy.cache_read_tokens = count_or_unknown(usage->cache_read_tokens, ORX_JOB_TOKENS_MAX);
    copy.cache_write_tokens = count_or_unknown(usage->cache_write_tokens, ORX_JOB_TOKENS_MAX);
    copy.output_tokens = count_or_unknown(usage->output_tokens, ORX_JOB_TOKENS_MAX);
    copy.reasoning_tokens = count_or_unknown(usage->reasoning_tokens, ORX_JOB_TOKENS_MAX);
    copy.requests = count_or_unknown(usage->requests, ORX_JOB_TOKENS_MAX);
    copy.cost_nano_usd = count_or_unknown(usage->cost_nano_usd, ORX_JOB_COST_MAX);
    if (tap)
        tap->usage(tap->user, &copy);
    if (to && to->usage)
        to->usage(to->user, &copy);
    return ORXAQ_OK;
}

static int32_t on_session(const orxaq_events *events, const orxaq_session *session) {
    RECEIVE(events, session);
    if (!orx_view_sane(session->id, ORX_JOB_SESSION_MAX, false) || session->id.len == 0)
        return refuse(job, "a session event whose id is empty, too long or contains NUL");
    job->result.session = orx_job_text(job, session->id, ORX_JOB_SESSION_MAX);
    if (tap)
        tap->session(tap->user, job->result.session);
    if (to && to->session)
        to->session(to->user, job->result.session);
    return ORXAQ_OK;
}

static int32_t on_progress(const orxaq_events *events, const orxaq_progress *progress) {
    RECEIVE(events, progress);
    const orxaq_view views[] = {progress->unit, progress->note};
    if (progress->done < 0 || progress->total < 0 || !sane(views, ORX_ARRAY_LEN(views)))
        return refuse(job, "a progress event with impossible members");
    orxaq_progress copy = *progress;
    copy.struct_size = sizeof copy;
    if (tap)
        tap->progress(tap->user, &copy);
    if (to && to->progress)
        to->progress(to->user, &copy);
    return ORXAQ_OK;
}

static bool outcome_ok(const orxaq_outcome *o) {
    const orxaq_view views[] = {o->message, o->summary, o->commit, o->blocker};
    return within(o->kind, ORXAQ_KIND_OK, ORXAQ_KIND_LIMIT) &&
           within(o->retry, ORXAQ_RETRY_BY_KIND, ORXAQ_RETRY_YES) &&
           within(o->status, ORXAQ_STATUS_NONE, ORXAQ_STATUS_BLOCKED) &&
           within(o->stop, ORXAQ_STOPPED_NONE, ORXAQ_STOPPED_FILTER) &&
           within(o->http_status, 0, 999) && o->validation_count <= ORX_JOB_LIST_MAX &&
           o->next_action_count <= ORX_JOB_LIST_MAX && (o->validations || !o->validation_count) &&
           (o->next_actions || !o->next_action_count) && sane(views, ORX_ARRAY_LEN(views)) &&
           sane(o->validations, o->validation_count) && sane(o->next_actions, o->next_action_count);
}

static int32_t on_outcome(const orxaq_events *events, const orxaq_outcome *outcome) {
    orx_job *job = job_of(events);
    int32_t code = check(job, outcome, sizeof *outcome);
    if (code < 0)
        return code;
    if (!outcome_ok(outcome))
        return refuse(job, "an outcome with impossible members");
    if (job->result.stated)
        return refuse(job, "a second outcome");
    orx_job_keep_outcome(job, outcome);
    return ORXAQ_OK;
}

static int32_t on_probe(const orxaq_events *events, const orxaq_probe *probe) {
    RECEIVE(events, probe);
    const orxaq_view views[] = {probe->program, probe->version, probe->account};
    if (!sane(views, ORX_ARRAY_LEN(views)))
        return refuse(job, "a probe event with impossible members");
    orxaq_probe copy = *probe;
    copy.struct_size = sizeof copy;
    if (to && to->probe)
        to->probe(to->user, &copy);
    return ORXAQ_OK;
}

static int32_t on_model(const orxaq_events *events, const orxaq_model *model) {
    RECEIVE(events, model);
    const orxaq_view views[] = {model->id, model->family};
    if (model->id.len == 0 || !sane(views, ORX_ARRAY_LEN(views)))
        return refuse(job, "a model event with impossible members");
    orxaq_model copy = *model;
    copy.struct_size = sizeof copy;
    if (to && to->model)
        to->model(to->user, &copy);
    return ORXAQ_OK;
}

static int32_t on_embedding(const orxaq_events *events, const orxaq_embedding *embedding) {
    RECEIVE(events, embedding);
    if (embedding->count > 65536 || (embedding->count && !embedding->values))
        return refuse(job, "an embedding event with impossible members");
    orxaq_embedding copy = *embedding;
    copy.struct_size = sizeof copy;
    if (to && to->embedding)
        to->embedding(to->user, &copy);
    return ORXAQ_OK;
}

const orxaq_events orx_job_event_table = {
    .struct_size = sizeof(orxaq_events),
    .text = on_text,
    .tool_call = on_tool_call,
    .usage = on_usage,
    .session = on_session,
    .progress = on_progress,
    .outcome = on_outcome,
    .probe = on_probe,
    .model = on_model,
    .embedding = on_embedding,
};
