#include "driver.h"

#include "machine.h"
#include "plugin/instance.h"
#include "plugin/job.h"
#include "plugin/registry.h"
#include "records.h"

enum mood {
    MOOD_CALM,
    MOOD_FEED_FAILS, /* feed answers with an error */
    MOOD_DONE_EARLY, /* the driver has its outcome before the program's end */
    MOOD_CANCELLED,  /* the caller cancels */
    MOOD_LATE,       /* the deadline of the call passes */
    MOOD_CHATTY,     /* what arrives is handed on in every kind of event */
    MOOD_BUSY,       /* it is written back, and another program is asked for */
    MOOD_BROKEN      /* an effect that does not exist */
};

typedef struct driver {
    enum mood mood;
    size_t when;
    int32_t framing;
    uint64_t max;
    const orxaq_events *events;
    records out, err;
    orx_str last; /* the frame before */
    size_t frames;
    uint32_t asked; /* effects */
    bool due;       /* the mood's moment has come */
    bool acted;
    bool exited;
    orxaq_view argv[2];
    orxaq_exec exec;
    orxaq_write write;
} driver;

/* ---- The driver ----------------------------------------------------------------------------- */

static int32_t job_open(void *instance, int32_t op, const void *args, const orxaq_events *events,
                        void **ret_job) {
    (void)op, (void)args;
    driver *d = instance;
    d->events = events;
    *ret_job = d;
    return ORXAQ_OK;
}

static int32_t run(driver *d, orxaq_effect *effect) {
    d->argv[0] = orxaq_str("agent");
    d->argv[1] = orxaq_str("--text");
    d->exec = (orxaq_exec){.struct_size = sizeof d->exec,
                           .flags = d->mood == MOOD_BUSY ? ORXAQ_EXEC_INPUT_OPEN : 0,
                           .argc = 2,
                           .argv = d->argv,
                           .stdout_framing = d->framing,
                           .stderr_framing = d->framing,
                           .max_frame = d->max};
    effect->kind = ORXAQ_EFFECT_EXEC;
    effect->exec = &d->exec;
    effect->id = ++d->asked;
    return ORXAQ_NEXT_EFFECT;
}

static int32_t answer(driver *d) {
    const orxaq_outcome outcome = {.struct_size = sizeof outcome,
                                   .message = {d->last.buf, d->last.len},
                                   .summary = {d->last.buf, d->last.len},
                                   .retry_after_ms = -1};
    FUZZ_CHECK(d->events->outcome(d->events, &outcome) == ORXAQ_OK);
    FUZZ_CHECK(d->events->outcome(d->events, &outcome) < 0);
    return ORXAQ_NEXT_DONE;
}

/* Effects of the moods; each asks at most twice. */
static int32_t interfere(driver *d, orxaq_effect *effect) {
    if (d->mood == MOOD_DONE_EARLY)
        return answer(d);
    effect->id = ++d->asked;
    if (d->mood == MOOD_BROKEN) {
        effect->kind = (int32_t)d->when + 4;
        return ORXAQ_NEXT_EFFECT;
    }
    if (d->acted) {
        d->asked--;
        d->due = false;
        return run(d, effect);
    }
    d->acted = true;
    d->write = (orxaq_write){.struct_size = sizeof d->write,
                             .target = 1,
                             .bytes = {d->last.buf, d->last.len},
                             .eof = d->when & 1};
    effect->kind = ORXAQ_EFFECT_WRITE;
    effect->write = &d->write;
    return ORXAQ_NEXT_EFFECT;
}

static int32_t job_next(void *job, orxaq_effect *effect) {
    driver *d = job;
    if (!d->asked)
        return run(d, effect);
    if (d->exited)
        return answer(d);
    return d->due ? interfere(d, effect) : ORXAQ_NEXT_WAIT;
}

static void chat(driver *d, const orxaq_feed *feed) {
    const orxaq_text text = {
        .struct_size = sizeof text, .channel = (int32_t)(d->frames % 5), .text = feed->data};
    const orxaq_session session = {.struct_size = sizeof session, .id = feed->data};
    const orxaq_usage usage = {.struct_size = sizeof usage,
                               .scope = ORXAQ_SCOPE_TURN,
                               .mode = ORXAQ_USAGE_DELTA,
                               .provenance = ORXAQ_BY_VENDOR,
                               .key = feed->data,
                               .input_tokens = -7};
    const orxaq_tool_call call = {.struct_size = sizeof call,
                                  .phase = ORXAQ_TOOL_REQUESTED,
                                  .name = feed->name,
                                  .arguments = feed->data};
    bool channel_ok = text.channel >= ORXAQ_TEXT_ANSWER && text.channel <= ORXAQ_TEXT_NOTICE;
    FUZZ_CHECK((d->events->text(d->events, &text) == ORXAQ_OK) == channel_ok);
    (void)d->events->session(d->events, &session);
    FUZZ_CHECK(d->events->usage(d->events, &usage) == ORXAQ_OK);
    FUZZ_CHECK(d->events->tool_call(d->events, &call) == ORXAQ_OK);
}

static int32_t on_frame(driver *d, const orxaq_feed *feed) {
    uint64_t most = d->max ? d->max : ORXAQ_FRAME_MAX;
    FUZZ_CHECK(feed->data.len <= most && feed->name.len <= most);
    FUZZ_CHECK(feed->stream == ORXAQ_STREAM_OUT || feed->stream == ORXAQ_STREAM_ERR);
    orx_view data = orx_view_mem(feed->data.data, (size_t)feed->data.len);
    records_add(feed->stream == ORXAQ_STREAM_OUT ? &d->out : &d->err, data,
                orx_view_mem(feed->name.data, (size_t)feed->name.len),
                (feed->flags & ORXAQ_FEED_CUT) != 0);
    orx_str_clear(&d->last);
    orx_str_addv(&d->last, data);
    bool moment = d->frames++ == d->when;
    d->due =
        moment && (d->mood == MOOD_DONE_EARLY || d->mood == MOOD_BUSY || d->mood == MOOD_BROKEN);
    if (d->mood == MOOD_CHATTY)
        chat(d, feed);
    return moment && d->mood == MOOD_FEED_FAILS ? ORXAQ_E_PROTOCOL : ORXAQ_OK;
}

static int32_t job_feed(void *job, const orxaq_feed *feed) {
    driver *d = job;
    FUZZ_CHECK(feed->struct_size >= sizeof *feed && !d->exited);
    FUZZ_CHECK(feed->effect >= 1 && feed->effect <= d->asked && feed->elapsed_ns >= 0);
    if (feed->kind == ORXAQ_FEED_FRAME)
        return on_frame(d, feed);
    FUZZ_CHECK(feed->kind == ORXAQ_FEED_START || feed->kind == ORXAQ_FEED_EXIT);
    d->exited = feed->kind == ORXAQ_FEED_EXIT && feed->effect == 1;
    return ORXAQ_OK;
}

static void job_cancel(void *job, int32_t reason) {
    const driver *d = job;
    FUZZ_CHECK(d->mood == MOOD_CANCELLED ? reason == ORXAQ_CANCEL_ASKED
               : d->mood == MOOD_LATE    ? reason == ORXAQ_CANCEL_DEADLINE
                                         : false);
}

static void job_close(void *job) {
    (void)job;
}

/* ---- Its module ----------------------------------------------------------------------------- */

static driver *born; /* what create gives out */

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    (void)host, (void)settings;
    *ret_instance = born;
    return ORXAQ_OK;
}

static void destroy(void *instance) {
    (void)instance;
}

static void make_plugin(orx_plugin *plugin) {
    plugin->view.descriptor = (orxaq_plugin){
        .struct_size = sizeof(orxaq_plugin), .id = "fuzz", .create = create, .destroy = destroy};
    plugin->view.job = (orxaq_job){.struct_size = sizeof(orxaq_job),
                                   .open = job_open,
                                   .next = job_next,
                                   .feed = job_feed,
                                   .cancel = job_cancel,
                                   .close = job_close};
    plugin->view.provider = (orxaq_provider){.struct_size = sizeof(orxaq_provider),
                                             .ops = ORXAQ_OP_BIT(ORXAQ_OP_TASK),
                                             .job = &plugin->view.job};
}

/* ---- The caller ----------------------------------------------------------------------------- */

static int spawned(void *user, int64_t pid, int64_t start, const char *const *argv, orx_err *err) {
    (void)user, (void)err;
    FUZZ_CHECK(pid > 0 && start > 0 && argv[0] && !strcmp(argv[1], "--text") && !argv[2]);
    return 0;
}

static void heard_session(void *user, const char *id) {
    (void)user;
    FUZZ_CHECK(*id && orx_view_is_utf8(orx_view_of(id)));
}

static void heard_usage(void *user, const orxaq_usage *usage) {
    (void)user;
    FUZZ_CHECK(usage->input_tokens == -1);
}

static void interrupt(orx_job *job, machine *m, const driver *d, size_t piece) {
    if (piece == d->when && d->mood == MOOD_CANCELLED)
        orx_job_cancel(job, ORXAQ_CANCEL_ASKED);
    if (piece == d->when && d->mood == MOOD_LATE)
        machine_fire(m);
}

/* The program says the text in pieces; returns whether it came to the end of it. */
static bool say(machine *m, orx_job *job, const driver *d, orx_view text, uint8_t pieces, bool both,
                orx_str said[2]) {
    size_t at = 0, i = 0;
    for (; at < text.len && machine_alive(m, 0); i++) {
        interrupt(job, m, d, i);
        if (!machine_alive(m, 0))
            return false;
        bool to_err = both && i % 2 == 1;
        size_t n = piece_length(pieces, i, text.len - at);
        machine_output(m, to_err ? ORX_STDERR : ORX_STDOUT, orx_view_mem(text.p + at, n));
        orx_str_add(&said[to_err], text.p + at, n);
        at += n;
    }
    return at == text.len && machine_alive(m, 0);
}

static void check_frames(const driver *d, const orx_str said[2]) {
    records out = {0}, err = {0};
    records_of(d->framing, (size_t)d->max, orx_str_view(&said[0]), &out);
    records_of(d->framing, (size_t)d->max, orx_str_view(&said[1]), &err);
    records_check_same(d->framing, &out, &d->out);
    records_check_same(d->framing, &err, &d->err);
    records_free(&out);
    records_free(&err);
}

static void check_text(const char *text) {
    FUZZ_CHECK(text && orx_view_is_utf8(orx_view_of(text)));
}

static void check_result(const driver *d, const orx_job_result *r) {
    FUZZ_CHECK(r->kind >= ORXAQ_KIND_OK && r->kind <= ORXAQ_KIND_PROTOCOL && r->execs >= 1);
    FUZZ_CHECK(r->fault == (d->mood == MOOD_BROKEN && d->frames > d->when));
    check_text(r->message);
    check_text(r->summary);
    if (d->mood == MOOD_CALM || d->mood == MOOD_CHATTY)
        FUZZ_CHECK(r->kind == ORXAQ_KIND_OK && r->stated && !r->cancelled);
    if (d->mood == MOOD_FEED_FAILS && d->frames > d->when)
        FUZZ_CHECK(r->kind == ORXAQ_KIND_PROTOCOL && !r->stated);
}

static void run_job(machine *m, driver *d, orx_instance *instance, orx_view text, uint8_t pieces,
                    uint8_t what) {
    const orx_job_events events = {
        .spawned = what & 128 ? spawned : NULL, .session = heard_session, .usage = heard_usage};
    const orxaq_task_args args = {.struct_size = sizeof args};
    const orx_job_spec spec = {.instance = instance,
                               .op = ORXAQ_OP_TASK,
                               .args = &args,
                               .files_dir = "/files",
                               .total_ns = ORX_SEC,
                               .events = &events};
    orx_str said[2] = {{0}, {0}};
    orx_job *job = NULL;
    FUZZ_CHECK(orx_job_start(&m->base, &spec, &job, NULL) == 0);
    bool whole = say(m, job, d, text, pieces, (what & 64) != 0, said);
    machine_end_all(m);
    FUZZ_CHECK(*orx_job_done(job) && !machine_alive(m, 0));
    if (whole && (d->mood == MOOD_CALM || d->mood == MOOD_CHATTY || d->mood == MOOD_BUSY))
        check_frames(d, said);
    check_result(d, orx_job_result_of(job));
    orx_job_free(job);
    orx_str_free(&said[0]);
    orx_str_free(&said[1]);
}

void drive_job(int32_t framing, size_t max, orx_view text, uint8_t pieces, uint8_t what) {
    driver d = {
        .mood = (enum mood)(what & 7), .when = (what >> 3) & 7, .framing = framing, .max = max};
    machine m;
    machine_init(&m);
    orx_plugins *all = orx_plugins_new(&m.base, NULL);
    orx_plugin plugin = {.all = all};
    make_plugin(&plugin);
    born = &d;
    const orx_instance_spec spec = {.plugin = &plugin, .name = "x"};
    orx_instance *instance = NULL;
    FUZZ_CHECK(orx_instance_new(all, &spec, &instance, NULL) == 0);
    run_job(&m, &d, instance, text, pieces, what);
    orx_instance_free(instance);
    orx_plugins_free(all);
    machine_check_left(&m);
    records_free(&d.out);
    records_free(&d.err);
    orx_str_free(&d.last);
}
