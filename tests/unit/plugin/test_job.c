/* The crank: steps, feeds, events, outcomes, cancelling, and drivers that break the rules. */
#include "jobs.h"
#include "test.h"

#include <stdlib.h>

static int setup(void **state) {
    world_setup(state);
    jobs_instance(*state, NULL, 0, NULL);
    return 0;
}

static int teardown(void **state) {
    jobs_instance_free();
    return world_teardown(state);
}

static int fresh(void **state) {
    jobs_reset();
    world_programs(*state, NULL, 0);
    return 0;
}

static const orx_job_result *run(world *w) {
    const orx_job_spec spec = jobs_spec(w);
    return jobs_run(w, &spec);
}

/* Runs and expects a fault whose message has this part. */
static void expect_fault(world *w, const char *part) {
    const orx_job_result *r = run(w);
    assert_true(r->fault);
    assert_int_equal(r->kind, ORXAQ_KIND_PROTOCOL);
    assert_int_equal(r->retry, ORXAQ_RETRY_NO);
    assert_contains(r->message, "plugin tame (x) broke the rules of a job: ");
    assert_contains(r->message, part);
}

/* ---- The ordinary way ---------------------------------------------------------------------- */

static void a_job_may_need_no_effect(void **state) {
    const orx_job_result *r = run(*state);
    assert_int_equal(r->kind, ORXAQ_KIND_OK);
    assert_true(r->stated);
    assert_false(r->fault);
    assert_int_equal(r->execs, 0);
    assert_string_equal(r->message, "");
    assert_null(r->session);
    assert_int_equal(tame.cancelled, 0);
}

static int32_t open_refuses(int32_t op, const void *args, const orxaq_events *events) {
    (void)op;
    (void)args;
    (void)events;
    return ORXAQ_E_UNSUPPORTED;
}

static void an_op_can_be_refused(void **state) {
    world *w = *state;
    orx_err err = ORX_ERR_INIT;
    orx_job *job = NULL;
    orx_job_spec spec = jobs_spec(w);
    tame.open = open_refuses;
    assert_int_equal(orx_job_start(w->p, &spec, &job, &err), ORX_E_UNSUPPORTED);
    assert_contains(err.msg, "plugin tame (x): open failed (unsupported)");
    spec.op = ORXAQ_OP_EMBED;
    assert_int_equal(orx_job_start(w->p, &spec, &job, &err), ORX_E_UNSUPPORTED);
    assert_contains(err.msg, "does not offer the op embed");
    spec.op = 77;
    assert_int_equal(orx_job_start(w->p, &spec, &job, &err), ORX_E_UNSUPPORTED);
    spec = jobs_spec(w);
    spec.files_dir = "relative";
    assert_int_equal(orx_job_start(w->p, &spec, &job, &err), ORX_E_INVALID);
    assert_null(job);
    assert_int_equal(tame.closed, 0);
}

static int32_t next_all_events(const orxaq_events *e, orxaq_effect *effect) {
    (void)effect;
    static const float vector[] = {1, 2, 3};
    const orxaq_text text = {sizeof text, ORXAQ_TEXT_ANSWER, 1, 0, orxaq_str("hi")};
    const orxaq_tool_call call = {
        .struct_size = sizeof call, .phase = ORXAQ_TOOL_STARTED, .ok = -1, .name = orxaq_str("sh")};
    const orxaq_usage usage = {.struct_size = sizeof usage,
                               .scope = ORXAQ_SCOPE_SESSION,
                               .mode = ORXAQ_USAGE_TOTAL,
                               .provenance = ORXAQ_BY_VENDOR,
                               .key = orxaq_str("s1"),
                               .input_tokens = 7,
                               .cost_nano_usd = -99};
    const orxaq_session session = {sizeof session, 0, orxaq_str("s1")};
    const orxaq_progress progress = {.struct_size = sizeof progress, .done = 3};
    const orxaq_probe probe = {.struct_size = sizeof probe, .ready = 1};
    const orxaq_model model = {.struct_size = sizeof model, .id = orxaq_str("m")};
    const orxaq_embedding embedding = {
        .struct_size = sizeof embedding, .count = 3, .values = vector};
    assert_int_equal(e->text(e, &text), ORXAQ_OK);
    assert_int_equal(e->tool_call(e, &call), ORXAQ_OK);
    assert_int_equal(e->usage(e, &usage), ORXAQ_OK);
    assert_int_equal(e->session(e, &session), ORXAQ_OK);
    assert_int_equal(e->progress(e, &progress), ORXAQ_OK);
    assert_int_equal(e->probe(e, &probe), ORXAQ_OK);
    assert_int_equal(e->model(e, &model), ORXAQ_OK);
    assert_int_equal(e->embedding(e, &embedding), ORXAQ_OK);
    jobs_outcome(e, ORXAQ_KIND_OK, "");
    return ORXAQ_NEXT_DONE;
}

static void events_reach_the_caller(void **state) {
    tame.next = next_all_events;
    const orx_job_result *r = run(*state);
    assert_string_equal(orx_str_cstr(&here.events),
                        "text:hi\ntool:sh\nusage:4:2:s1:7:-1\nsession:s1\nprogress:3\nprobe:1\n"
                        "model:m\nembedding:3\n");
    assert_string_equal(r->session, "s1");
}

static void nobody_has_to_listen(void **state) {
    orx_job_spec spec = jobs_spec(*state);
    static const orx_job_events deaf = {0};
    tame.next = next_all_events;
    spec.events = &deaf;
    assert_int_equal(jobs_run(*state, &spec)->kind, ORXAQ_KIND_OK);
    spec.events = NULL;
    assert_int_equal(jobs_run(*state, &spec)->kind, ORXAQ_KIND_OK);
}

static int32_t next_full_outcome(const orxaq_events *e, orxaq_effect *effect) {
    (void)effect;
    static const orxaq_view checks[] = {{"make test", 9}, {"make lint", 9}};
    static const orxaq_view actions[] = {{"rest", 4}};
    const orxaq_outcome outcome = {.struct_size = sizeof outcome,
                                   .kind = ORXAQ_KIND_RATE_LIMIT,
                                   .retry = ORXAQ_RETRY_YES,
                                   .status = ORXAQ_STATUS_PARTIAL,
                                   .stop = ORXAQ_STOPPED_LENGTH,
                                   .http_status = 429,
                                   .retry_after_ms = 2500,
                                   .message = orxaq_str("slow \xff down"),
                                   .summary = orxaq_str("half of it"),
                                   .commit = orxaq_str("abc"),
                                   .blocker = orxaq_str("quota"),
                                   .validations = checks,
                                   .next_actions = actions,
                                   .validation_count = 2,
                                   .next_action_count = 1};
    assert_int_equal(e->outcome(e, &outcome), ORXAQ_OK);
    return ORXAQ_NEXT_DONE;
}

static void an_outcome_is_copied_whole(void **state) {
    world *w = *state;
    orx_err err = ORX_ERR_INIT;
    orx_job_result r;
    const orx_job_spec spec = jobs_spec(w);
    tame.next = next_full_outcome;
    assert_ok(orx_job_run(w->p, &spec, &w->arena, &r, &err), &err);
    assert_int_equal(r.kind, ORXAQ_KIND_RATE_LIMIT);
    assert_int_equal(r.retry, ORXAQ_RETRY_YES);
    assert_int_equal(r.status, ORXAQ_STATUS_PARTIAL);
    assert_int_equal(r.stop, ORXAQ_STOPPED_LENGTH);
    assert_int_equal(r.http_status, 429);
    assert_int_equal(r.retry_after_ms, 2500);
    assert_string_equal(r.message, "slow \xef\xbf\xbd down");
    assert_string_equal(r.summary, "half of it");
    assert_string_equal(r.commit, "abc");
    assert_string_equal(r.blocker, "quota");
    assert_string_equal(r.validations[1], "make lint");
    assert_null(r.validations[2]);
    assert_string_equal(r.next_actions[0], "rest");
}

static int32_t next_long_summary(const orxaq_events *e, orxaq_effect *effect) {
    (void)effect;
    static char big[200000];
    memset(big, 'a', sizeof big);
    big[65535] = '\xc3'; /* a character across the limit */
    big[65536] = '\xa9';
    const orxaq_outcome outcome = {.struct_size = sizeof outcome,
                                   .summary = orxaq_view_of(big, sizeof big)};
    e->outcome(e, &outcome);
    return ORXAQ_NEXT_DONE;
}

static void long_texts_are_cut_between_characters(void **state) {
    tame.next = next_long_summary;
    assert_int_equal(strlen(run(*state)->summary), 65535);
}

/* ---- A driver that gives up or breaks the rules ---------------------------------------------- */

static int32_t next_gives_up(const orxaq_events *e, orxaq_effect *effect) {
    (void)e;
    (void)effect;
    const orxaq_log_service *log = tame_host->service(tame_host, ORXAQ_LOG_1);
    log->explain(tame_host, orxaq_str("no template for this op"));
    return ORXAQ_E_INVALID;
}

static void giving_up_is_explained_and_no_fault(void **state) {
    tame.next = next_gives_up;
    tame_host = NULL;
    jobs_instance(*state, NULL, 0, NULL);
    tame.next = next_gives_up;
    const orx_job_result *r = run(*state);
    assert_int_equal(r->kind, ORXAQ_KIND_PROTOCOL);
    assert_false(r->fault);
    assert_string_equal(r->message,
                        "plugin tame (x): next failed (invalid): no template for this op");
}

static int32_t next_done_silently(const orxaq_events *e, orxaq_effect *effect) {
    (void)e;
    (void)effect;
    return ORXAQ_NEXT_DONE;
}

static int32_t next_waits(const orxaq_events *e, orxaq_effect *effect) {
    (void)e;
    (void)effect;
    return ORXAQ_NEXT_WAIT;
}

static int32_t next_junk(const orxaq_events *e, orxaq_effect *effect) {
    (void)e;
    (void)effect;
    return 77;
}

static int32_t next_unknown_effect(const orxaq_events *e, orxaq_effect *effect) {
    (void)e;
    effect->kind = 99;
    effect->id = 1;
    return ORXAQ_NEXT_EFFECT;
}

static int32_t next_empty_effect(const orxaq_events *e, orxaq_effect *effect) {
    (void)e;
    effect->kind = ORXAQ_EFFECT_EXEC;
    effect->id = 1;
    return ORXAQ_NEXT_EFFECT;
}

static int32_t next_no_id(const orxaq_events *e, orxaq_effect *effect) {
    (void)e;
    effect->kind = ORXAQ_EFFECT_EXEC;
    effect->exec = &jobs_exec;
    return ORXAQ_NEXT_EFFECT;
}

static uint32_t write_id;

static int32_t next_writes_for_ever(const orxaq_events *e, orxaq_effect *effect) {
    (void)e;
    static const orxaq_write nowhere = {.struct_size = sizeof nowhere, .target = 5};
    effect->kind = ORXAQ_EFFECT_WRITE;
    effect->id = ++write_id;
    effect->write = &nowhere;
    return ORXAQ_NEXT_EFFECT;
}

static int32_t next_same_id(const orxaq_events *e, orxaq_effect *effect) {
    next_writes_for_ever(e, effect);
    effect->id = 3;
    return ORXAQ_NEXT_EFFECT;
}

static int32_t next_append_for_ever(const orxaq_events *e, orxaq_effect *effect) {
    (void)e;
    static const orxaq_append nowhere = {.struct_size = sizeof nowhere};
    effect->kind = ORXAQ_EFFECT_APPEND;
    effect->id = ++write_id;
    effect->append = &nowhere;
    return ORXAQ_NEXT_EFFECT;
}

static void broken_rules_are_faults(void **state) {
    const struct {
        int32_t (*next)(const orxaq_events *, orxaq_effect *);
        const char *part;
    } drivers[] = {
        {next_done_silently, "it ended without an outcome"},
        {next_waits, "WAIT although no effect is unfinished"},
        {next_junk, "next answered 77"},
        {next_unknown_effect, "effect of kind 99 is unknown"},
        {next_empty_effect, "effect of kind 1 is unknown or has no (complete) table"},
        {next_no_id, "effect id 0 is 0 or was used before"},
        {next_same_id, "effect id 3 is 0 or was used before"},
        {next_writes_for_ever, "1024 effects in a row without a feed"},
        {next_append_for_ever, "more than 4096 effects"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(drivers); i++) {
        fresh(state);
        write_id = 0;
        tame.next = drivers[i].next;
        expect_fault(*state, drivers[i].part);
    }
}

static int32_t next_twice(const orxaq_events *e, orxaq_effect *effect) {
    (void)effect;
    assert_int_equal(jobs_outcome(e, ORXAQ_KIND_AUTH, "first"), ORXAQ_OK);
    assert_int_equal(jobs_outcome(e, ORXAQ_KIND_OK, "second"), ORXAQ_E_INVALID);
    return ORXAQ_NEXT_DONE;
}

static void the_first_outcome_counts(void **state) {
    tame.next = next_twice;
    const orx_job_result *r = run(*state);
    assert_int_equal(r->kind, ORXAQ_KIND_AUTH);
    assert_string_equal(r->message, "first");
}

/* One bad event per call; each is refused. */
static int32_t next_bad_events(const orxaq_events *e, orxaq_effect *effect) {
    (void)effect;
    const orxaq_view nowhere = {NULL, 5}, huge = {"x", UINT64_MAX};
    const orxaq_text short_text = {.struct_size = 8};
    const orxaq_text bad_text[] = {
        {sizeof bad_text[0], 0, 0, 0, orxaq_str("x")},
        {sizeof bad_text[0], ORXAQ_TEXT_ANSWER, 0, 0, nowhere},
        {sizeof bad_text[0], ORXAQ_TEXT_ANSWER, 0, 0, huge},
    };
    const orxaq_usage no_scope = {.struct_size = sizeof no_scope, .mode = 1, .provenance = 1};
    const orxaq_session empty = {.struct_size = sizeof empty};
    const orxaq_progress backwards = {.struct_size = sizeof backwards, .done = -1};
    const orxaq_tool_call phase = {.struct_size = sizeof phase, .phase = 9};
    const orxaq_model nameless = {.struct_size = sizeof nameless};
    const orxaq_embedding vectorless = {.struct_size = sizeof vectorless, .count = 3};
    const orxaq_outcome bad[] = {
        {.struct_size = sizeof bad[0], .kind = ORXAQ_KIND_LIMIT + 1},
        {.struct_size = sizeof bad[0], .status = 4},
        {.struct_size = sizeof bad[0], .retry = -1},
        {.struct_size = sizeof bad[0], .http_status = 1000},
        {.struct_size = sizeof bad[0], .validation_count = 2},
        {.struct_size = sizeof bad[0], .next_action_count = 100000},
        {.struct_size = sizeof bad[0], .message = nowhere},
        {.struct_size = 16},
    };
    assert_int_equal(e->text(e, NULL), ORXAQ_E_INVALID);
    assert_int_equal(e->text(e, &short_text), ORXAQ_E_INVALID);
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad_text); i++)
        assert_int_equal(e->text(e, &bad_text[i]), ORXAQ_E_INVALID);
    assert_int_equal(e->usage(e, &no_scope), ORXAQ_E_INVALID);
    assert_int_equal(e->session(e, &empty), ORXAQ_E_INVALID);
    assert_int_equal(e->progress(e, &backwards), ORXAQ_E_INVALID);
    assert_int_equal(e->tool_call(e, &phase), ORXAQ_E_INVALID);
    assert_int_equal(e->model(e, &nameless), ORXAQ_E_INVALID);
    assert_int_equal(e->embedding(e, &vectorless), ORXAQ_E_INVALID);
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        assert_int_equal(e->outcome(e, &bad[i]), ORXAQ_E_INVALID);
    return ORXAQ_NEXT_DONE;
}

static void impossible_events_are_refused(void **state) {
    tame.next = next_bad_events;
    expect_fault(*state, "it ended without an outcome; refused was an event without a table");
    assert_string_equal(orx_str_cstr(&here.events), "");
}

static const orxaq_events *kept_events;

static int32_t next_keeps_events(const orxaq_events *e, orxaq_effect *effect) {
    kept_events = e;
    return jobs_next_one_exec(e, effect);
}

static void speaks_from_elsewhere(program *self) {
    (void)self;
    const orxaq_progress progress = {.struct_size = sizeof progress, .done = 1};
    assert_int_equal(kept_events->progress(kept_events, &progress), ORXAQ_E_INVALID);
}

static void events_count_only_inside_of_calls(void **state) {
    static const step steps[] = {{.what = STEP_EXIT}};
    program programs[] = {{.steps = steps, .before = speaks_from_elsewhere}};
    world_programs(*state, programs, 1);
    tame.next = next_keeps_events;
    assert_int_equal(run(*state)->kind, ORXAQ_KIND_OK);
    assert_null(strstr(orx_str_cstr(&here.events), "progress"));
    world_programs(*state, NULL, 0);
}

static int32_t feed_fails(const orxaq_events *e, const orxaq_feed *feed) {
    (void)e;
    return feed->kind == ORXAQ_FEED_FRAME ? ORXAQ_E_PROTOCOL : ORXAQ_OK;
}

static void a_driver_may_give_up_at_a_feed(void **state) {
    static const step steps[] = {{.what = STEP_OUT, .bytes = "garbage\n"}, {.what = STEP_HANG}};
    program programs[] = {{.steps = steps}};
    world_programs(*state, programs, 1);
    tame.next = jobs_next_one_exec;
    tame.feed = feed_fails;
    const orx_job_result *r = run(*state);
    assert_int_equal(r->kind, ORXAQ_KIND_PROTOCOL);
    assert_contains(r->message, "feed failed (protocol)");
    assert_true(programs[0].stopped);
    assert_true(programs[0].freed);
    world_programs(*state, NULL, 0);
}

/* ---- Cancelling ---------------------------------------------------------------------------- */

static const step hangs[] = {{.what = STEP_OUT, .bytes = "working\n"}, {.what = STEP_HANG}};

static void the_deadline_cancels(void **state) {
    program programs[] = {{.steps = hangs}};
    world_programs(*state, programs, 1);
    tame.next = jobs_next_one_exec;
    orx_job_spec spec = jobs_spec(*state);
    spec.total_ns = 20 * ORX_MS;
    const orx_job_result *r = jobs_run(*state, &spec);
    assert_int_equal(r->kind, ORXAQ_KIND_TIMEOUT);
    assert_int_equal(r->cancelled, ORXAQ_CANCEL_DEADLINE);
    assert_string_equal(r->message, "the time for the call was used up");
    assert_int_equal(tame.cancelled, 1);
    assert_true(programs[0].stopped);
    assert_contains(orx_str_cstr(&here.feeds), "EXIT 1 code=-1 signal=15 reason=5");
    world_programs(*state, NULL, 0);
}

static int32_t feed_cancels(const orxaq_events *e, const orxaq_feed *feed) {
    jobs_note_feed(e, feed);
    if (feed->kind == ORXAQ_FEED_FRAME)
        orx_job_cancel(here.job, ORXAQ_CANCEL_ASKED);
    return ORXAQ_OK;
}

static void cancelling_from_inside_a_call_works(void **state) {
    program programs[] = {{.steps = hangs}};
    world_programs(*state, programs, 1);
    tame.next = jobs_next_one_exec;
    tame.feed = feed_cancels;
    const orx_job_result *r = run(*state);
    assert_int_equal(r->kind, ORXAQ_KIND_KILLED);
    assert_int_equal(r->cancelled, ORXAQ_CANCEL_ASKED);
    assert_int_equal(tame.cancelled, 1);
    world_programs(*state, NULL, 0);
}

/* After cancel the driver writes a goodbye, and asks in vain for another program. */
static int polite_step;
static bool polite_cancelled;

static int32_t next_polite(const orxaq_events *e, orxaq_effect *effect) {
    static const orxaq_write bye = {.struct_size = sizeof bye, .target = 1, .bytes = {"bye", 3}};
    (void)e;
    if (polite_step == 0) {
        polite_step = 1;
        jobs_exec.flags = ORXAQ_EXEC_INPUT_OPEN;
        *effect = (orxaq_effect){
            .struct_size = sizeof *effect, .kind = ORXAQ_EFFECT_EXEC, .id = 1, .exec = &jobs_exec};
        return ORXAQ_NEXT_EFFECT;
    }
    if (polite_cancelled && polite_step == 1) {
        polite_step = 2;
        *effect = (orxaq_effect){
            .struct_size = sizeof *effect, .kind = ORXAQ_EFFECT_WRITE, .id = 2, .write = &bye};
        return ORXAQ_NEXT_EFFECT;
    }
    if (polite_step == 2) {
        polite_step = 3;
        *effect = (orxaq_effect){
            .struct_size = sizeof *effect, .kind = ORXAQ_EFFECT_EXEC, .id = 3, .exec = &jobs_exec};
        return ORXAQ_NEXT_EFFECT;
    }
    return ORXAQ_NEXT_WAIT;
}

static void polite_cancel(const orxaq_events *e, int32_t reason) {
    (void)e;
    (void)reason;
    polite_cancelled = true;
}

static void a_cancelled_driver_may_say_goodbye_but_start_nothing(void **state) {
    program programs[] = {{.steps = hangs}};
    world_programs(*state, programs, 1);
    polite_step = 0;
    polite_cancelled = false;
    tame.next = next_polite;
    tame.cancel = polite_cancel;
    orx_job_spec spec = jobs_spec(*state);
    spec.total_ns = 20 * ORX_MS;
    jobs_run(*state, &spec);
    assert_string_equal(orx_str_cstr(&programs[0].input), "bye");
    assert_contains(orx_str_cstr(&here.feeds), "ERROR 3 code=-7");
    assert_int_equal(((world *)*state)->started, 1);
    world_programs(*state, NULL, 0);
}

static void cancel_outcome(const orxaq_events *e, int32_t reason) {
    (void)reason;
    const orxaq_outcome outcome = {.struct_size = sizeof outcome,
                                   .kind = ORXAQ_KIND_CRASHED,
                                   .status = ORXAQ_STATUS_PARTIAL,
                                   .summary = orxaq_str("half"),
                                   .retry_after_ms = -1};
    e->outcome(e, &outcome);
}

static void what_a_cancelled_driver_knows_is_kept_but_not_its_kind(void **state) {
    program programs[] = {{.steps = hangs}};
    world_programs(*state, programs, 1);
    tame.next = jobs_next_one_exec;
    tame.cancel = cancel_outcome;
    orx_job_spec spec = jobs_spec(*state);
    spec.total_ns = 20 * ORX_MS;
    const orx_job_result *r = jobs_run(*state, &spec);
    assert_int_equal(r->kind, ORXAQ_KIND_TIMEOUT);
    assert_int_equal(r->status, ORXAQ_STATUS_PARTIAL);
    assert_string_equal(r->summary, "half");
    world_programs(*state, NULL, 0);
}

static int32_t next_early_outcome(const orxaq_events *e, orxaq_effect *effect) {
    static bool said;
    if (effect->id == 0 && !said) {
        said = true;
        jobs_outcome(e, ORXAQ_KIND_OK, "finished");
    }
    return jobs_next_one_exec(e, effect);
}

static void an_outcome_before_cancelling_stands(void **state) {
    program programs[] = {{.steps = hangs}};
    world_programs(*state, programs, 1);
    tame.next = next_early_outcome;
    orx_job_spec spec = jobs_spec(*state);
    spec.total_ns = 20 * ORX_MS;
    const orx_job_result *r = jobs_run(*state, &spec);
    assert_int_equal(r->kind, ORXAQ_KIND_OK);
    assert_string_equal(r->message, "finished");
    assert_int_equal(r->cancelled, ORXAQ_CANCEL_DEADLINE);
    world_programs(*state, NULL, 0);
}

static void a_second_cancel_changes_nothing(void **state) {
    world *w = *state;
    orx_err err = ORX_ERR_INIT;
    program programs[] = {{.steps = hangs}};
    world_programs(w, programs, 1);
    tame.next = jobs_next_one_exec;
    const orx_job_spec spec = jobs_spec(w);
    orx_job *job = NULL;
    assert_ok(orx_job_start(w->p, &spec, &job, &err), &err);
    orx_job_cancel(job, ORXAQ_CANCEL_ASKED);
    orx_job_cancel(job, ORXAQ_CANCEL_DEADLINE);
    assert_ok(orx_loop_until(w->p, orx_job_done(job), orx_mono_ns(w->p) + 10 * ORX_SEC), &err);
    orx_job_cancel(job, ORXAQ_CANCEL_DEADLINE);
    assert_int_equal(orx_job_result_of(job)->kind, ORXAQ_KIND_KILLED);
    assert_int_equal(tame.cancelled, 1);
    orx_job_free(job);
    world_programs(w, NULL, 0);
}

static void freeing_a_running_job_kills_its_programs(void **state) {
    world *w = *state;
    orx_err err = ORX_ERR_INIT;
    program programs[] = {{.steps = hangs, .ignores_stop = true}};
    world_programs(w, programs, 1);
    tame.next = jobs_next_one_exec;
    const orx_job_spec spec = jobs_spec(w);
    orx_job *job = NULL;
    assert_ok(orx_job_start(w->p, &spec, &job, &err), &err);
    assert_false(*orx_job_done(job));
    orx_job_free(job);
    assert_true(programs[0].freed);
    assert_int_equal(tame.closed, 1);
    orx_job_free(NULL);
    world_programs(w, NULL, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_job_may_need_no_effect),
        TEST(an_op_can_be_refused),
        TEST(events_reach_the_caller),
        TEST(nobody_has_to_listen),
        TEST(an_outcome_is_copied_whole),
        TEST(long_texts_are_cut_between_characters),
        TEST(giving_up_is_explained_and_no_fault),
        TEST(broken_rules_are_faults),
        TEST(the_first_outcome_counts),
        TEST(impossible_events_are_refused),
        TEST(events_count_only_inside_of_calls),
        TEST(a_driver_may_give_up_at_a_feed),
        TEST(the_deadline_cancels),
        TEST(cancelling_from_inside_a_call_works),
        TEST(a_cancelled_driver_may_say_goodbye_but_start_nothing),
        TEST(what_a_cancelled_driver_knows_is_kept_but_not_its_kind),
        TEST(an_outcome_before_cancelling_stands),
        TEST(a_second_cancel_changes_nothing),
        TEST(freeing_a_running_job_kills_its_programs),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
