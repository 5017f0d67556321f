/* The loop with a model made of paper: each answer is written down here, and so is what every tool
 * says. */
#include "agent/loop.h"

#include "platform/tools_protocol.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWERS_MAX = 64 };

typedef struct paper {
    const char *text;
    const char *calls[7]; /* name, arguments, name, arguments ... */
    int32_t kind;
    int32_t stop;
    int64_t tokens; /* counted by the server */
} paper;

typedef struct world {
    const paper *answers;
    size_t count;
    size_t asked;
    bool repeat; /* the last answer for ever */
    int tool_rc;
    const char *tool_says; /* NULL: what it was asked */
    size_t result_size;    /* or so many bytes */
    int keep_rc;
    int64_t time_left;
    int64_t window;
    size_t kept;
    size_t last_bytes; /* of the talk as last sent */
    size_t digested;   /* messages of it */
    orx_str log;       /* every tool carried out */
    /* The answer given out. */
    orx_turn_answer answer;
    orx_turn_call calls[3];
    orx_job_result result;
    orxaq_usage usage;
    char big[70000];
    orx_talk talk;
    orx_agent_end end;
    orx_agent_spec spec;
    orx_err err;
} world;

static const orx_tool_rules rules = {.commands = ORX_COMMANDS_SHELL, .command_ns = ORX_SEC};

static int ask(void *user, const orxaq_turn_args *args, const orx_turn_answer **ret, orx_err *err) {
    world *w = user;
    (void)err;
    if (w->asked == w->count && !w->repeat)
        fail_msg("asked more often than %zu times", w->count);
    const paper *p = &w->answers[w->asked < w->count ? w->asked : w->count - 1];
    w->asked++;
    w->last_bytes = 0;
    w->digested = 0;
    for (uint32_t i = 0; i < args->message_count; i++) {
        w->last_bytes += args->messages[i].text.len;
        w->digested += args->messages[i].text.len &&
                       strstr(args->messages[i].text.data, "left out to save room") != NULL;
    }
    assert_int_equal(args->tool_count, w->spec.native ? 7 : 0);
    size_t n = 0;
    for (; n < 3 && p->calls[2 * n]; n++)
        w->calls[n] =
            (orx_turn_call){orx_view_of(n ? "id-2" : "id-1"), orx_view_of(p->calls[2 * n]),
                            orx_view_of(p->calls[2 * n + 1])};
    w->result = (orx_job_result){.kind = p->kind,
                                 .stop = p->stop,
                                 .retry_after_ms = p->kind ? 1500 : -1,
                                 .message = p->kind ? "as the server says" : ""};
    w->usage = (orxaq_usage){.scope = ORXAQ_SCOPE_REQUEST,
                             .mode = ORXAQ_USAGE_TOTAL,
                             .provenance = ORXAQ_BY_VENDOR,
                             .input_tokens = p->tokens};
    w->answer = (orx_turn_answer){.result = &w->result,
                                  .text = orx_view_of(p->text ? p->text : ""),
                                  .calls = w->calls,
                                  .call_count = n,
                                  .usage = &w->usage,
                                  .usage_count = p->tokens ? 1 : 0};
    *ret = &w->answer;
    return 0;
}

static int use(void *user, const orx_tool_request *r, orx_str *out, orx_err *err) {
    world *w = user;
    orx_str_addf(&w->log, "%u %.*s;", (unsigned)r->op, ORX_VIEW_ARG(r->fields[0]));
    if (w->tool_rc < 0)
        return orx_err_set(err, w->tool_rc, "the tool broke");
    if (w->result_size)
        orx_str_add(out, w->big, w->result_size);
    else if (w->tool_says)
        orx_str_adds(out, w->tool_says);
    else
        orx_str_addf(out, "result %zu", w->asked);
    return w->tool_rc == 0 ? 1 : 0;
}

static int keep(void *user, const orx_talk *talk, size_t first, orx_err *err) {
    world *w = user;
    assert_true(first < talk->messages.len);
    assert_int_equal(talk->messages.items[first].role, ORXAQ_ROLE_ASSISTANT);
    w->kept++;
    return w->keep_rc < 0 ? orx_err_set(err, w->keep_rc, "the disk is full") : 0;
}

static bool is_result(void *user, orx_view text) {
    (void)user;
    return orx_view_find(text, "\"status\"") >= 0;
}

static int64_t time_left(void *user) {
    return ((world *)user)->time_left;
}

static int64_t window(void *user) {
    return ((world *)user)->window;
}

static int setup(void **state) {
    world *w = calloc(1, sizeof *w);
    w->spec = (orx_agent_spec){.rules = &rules,
                               .model = "paper",
                               .native = true,
                               .max_steps = 50,
                               .same_max = 3,
                               .files_dir = "/"};
    w->time_left = -1;
    memset(w->big, 'x', sizeof w->big);
    orx_talk_say(&w->talk, ORXAQ_ROLE_SYSTEM, orx_view_of("tools"));
    orx_talk_say(&w->talk, ORXAQ_ROLE_USER, orx_view_of("task"));
    *state = w;
    return 0;
}

static int teardown(void **state) {
    world *w = *state;
    orx_talk_free(&w->talk);
    orx_agent_end_free(&w->end);
    orx_str_free(&w->log);
    free(w);
    return 0;
}

static int go(world *w, const paper *answers, size_t count) {
    const orx_agent_io io = {.ask = ask,
                             .use = use,
                             .keep = keep,
                             .is_result = is_result,
                             .time_left = time_left,
                             .window = window,
                             .user = w};
    w->answers = answers;
    w->count = count;
    return orx_agent_run(&w->spec, &io, &w->talk, &w->end, &w->err);
}

#define GO(w, answers)                                                                             \
    assert_ok(go((w), (answers), sizeof(answers) / sizeof(answers)[0]), &(w)->err)

static const char *last(const world *w, size_t back) {
    return w->talk.messages.items[w->talk.messages.len - 1 - back].text.p;
}

#define FINISH                                                                                     \
    { "finish", "{\"status\": \"done\", \"summary\": \"all\"}" }

/* ---- Ends ------------------------------------------------------------------------------------ */

static void it_works_until_finish(void **state) {
    world *w = *state;
    static const paper answers[] = {
        {.text = "first",
         .calls = {"read_file", "{\"path\": \"a\"}", "list_dir", "{\"path\": \"b\"}"}},
        {.calls = {"write_file", "{\"path\": \"a\", \"content\": \"x\"}"}},
        {.calls = {"finish", "{\"status\": \"done\", \"summary\": \"all\"}", "list_dir", "{}"}},
    };
    GO(w, answers);
    assert_int_equal(w->end.kind, ORXAQ_KIND_OK);
    assert_string_equal(w->end.answer.buf, "{\"status\": \"done\", \"summary\": \"all\"}");
    assert_string_equal(w->log.buf, "1 a;2 b;4 a;");
    assert_int_equal(w->kept, 3);
    assert_int_equal(w->end.steps, 3);
    /* system, task, answer + 2, answer + 1, answer + 2: every call has its result */
    assert_int_equal(w->talk.messages.len, 10);
    assert_contains(last(w, 0), "not carried out, because finish");
    assert_int_equal(w->talk.messages.items[3].role, ORXAQ_ROLE_TOOL);
    assert_string_equal(w->talk.messages.items[4].call_id.p, "id-2");
}

static void a_result_in_words_ends_it(void **state) {
    world *w = *state;
    static const paper answers[] = {{.text = "{\"status\": \"done\"}"}};
    GO(w, answers);
    assert_int_equal(w->end.kind, ORXAQ_KIND_OK);
    assert_string_equal(w->end.answer.buf, "{\"status\": \"done\"}");
    assert_int_equal(w->kept, 1);
}

static void words_are_answered_twice_with_a_reminder(void **state) {
    world *w = *state;
    static const paper answers[] = {
        {.text = "I would do this."},
        {.text = "cut", .stop = ORXAQ_STOPPED_LENGTH},
        {.calls = {"list_dir", "{}"}},
        {.text = ""},
        {.text = "Hm."},
        {.text = "I am done."},
    };
    GO(w, answers);
    assert_int_equal(w->end.kind, ORXAQ_KIND_OK);
    assert_string_equal(w->end.answer.buf, "I am done.");
    assert_contains(w->talk.messages.items[3].text.p, "You called no tool");
    assert_contains(w->talk.messages.items[5].text.p, "cut off at its limit");
}

static void a_failed_request_ends_it_and_keeps_what_was(void **state) {
    world *w = *state;
    static const paper answers[] = {
        {.calls = {"list_dir", "{}"}},
        {.kind = ORXAQ_KIND_RATE_LIMIT},
    };
    GO(w, answers);
    assert_int_equal(w->end.kind, ORXAQ_KIND_RATE_LIMIT);
    assert_int_equal(w->end.retry_after_ms, 1500);
    assert_string_equal(w->end.message.buf, "as the server says");
    assert_int_equal(w->kept, 1);
    assert_int_equal(w->talk.messages.len, 4);
}

static void steps_and_time_are_limited(void **state) {
    world *w = *state;
    static const paper answers[] = {
        {.calls = {"list_dir", "{\"path\": \"a\"}"}},
        {.calls = {"list_dir", "{\"path\": \"b\"}"}},
    };
    w->spec.max_steps = 2;
    GO(w, answers);
    assert_int_equal(w->end.kind, ORXAQ_KIND_LIMIT);
    assert_contains(w->end.message.buf, "max_steps");
    orx_agent_end_free(&w->end);
    w->time_left = 0;
    w->asked = 0;
    GO(w, answers);
    assert_int_equal(w->end.kind, ORXAQ_KIND_TIMEOUT);
    assert_int_equal(w->asked, 0);
}

/* ---- Mistakes -------------------------------------------------------------------------------- */

static void mistakes_come_back_as_errors(void **state) {
    world *w = *state;
    static const paper answers[] = {
        {.calls = {"read_file", "{\"path\": \"a"}, .stop = ORXAQ_STOPPED_LENGTH},
        {.calls = {"no_such_tool", "{}", "list_dir", "{}"}},
        {.calls = FINISH},
    };
    GO(w, answers);
    assert_int_equal(w->end.kind, ORXAQ_KIND_OK);
    assert_contains(w->talk.messages.items[3].text.p,
                    "error: read_file: the arguments are no JSON");
    assert_contains(w->talk.messages.items[3].text.p, "cut off at its limit of tokens");
    assert_contains(w->talk.messages.items[5].text.p, "error: there is no tool");
    /* What goes back to the server is JSON in any case. */
    assert_string_equal(w->talk.messages.items[2].calls[0].arguments.p,
                        "{\"malformed\":\"{\\\"path\\\": \\\"a\"}");
    assert_string_equal(w->talk.messages.items[4].calls[1].arguments.p, "{}");
    assert_string_equal(w->log.buf, "2 ;");
}

static void what_a_tool_refuses_is_an_error_too(void **state) {
    world *w = *state;
    static const paper answers[] = {{.calls = {"read_file", "{\"path\": \"a\"}"}},
                                    {.calls = FINISH}};
    w->tool_rc = 1;
    w->tool_says = "a: no such file";
    GO(w, answers);
    assert_string_equal(w->talk.messages.items[3].text.p, "error: a: no such file\n");
    static const int told[] = {ORX_E_CHILD, ORX_E_LIMIT, ORX_E_TIMEOUT};
    for (size_t i = 0; i < 3; i++) {
        orx_agent_end_free(&w->end);
        w->asked = 0;
        w->tool_rc = told[i];
        GO(w, answers);
        assert_string_equal(last(w, 2), "error: the tool broke\n");
    }
}

static void our_own_failures_end_everything(void **state) {
    world *w = *state;
    static const paper answers[] = {{.calls = {"list_dir", "{}"}}};
    w->tool_rc = ORX_E_CANCELLED;
    assert_int_equal(go(w, answers, 1), ORX_E_CANCELLED);
    assert_int_equal(w->kept, 0);
    orx_agent_end_free(&w->end);
    w->asked = 0;
    w->tool_rc = 0;
    w->keep_rc = ORX_E_NO_SPACE;
    assert_int_equal(go(w, answers, 1), ORX_E_NO_SPACE);
}

static void the_same_three_times_is_no_progress(void **state) {
    world *w = *state;
    static const paper answers[] = {{.calls = {"list_dir", "{}"}}};
    w->repeat = true;
    w->tool_says = "always the same";
    GO(w, answers);
    assert_int_equal(w->end.kind, ORXAQ_KIND_NO_PROGRESS);
    assert_int_equal(w->end.retry, ORXAQ_RETRY_NO);
    assert_int_equal(w->asked, 3);
    assert_int_equal(w->kept, 3);
    assert_contains(w->end.message.buf, " times in a row");
    assert_contains(w->talk.messages.items[5].text.p, "do something else");
    /* The same call with another result is progress. */
    orx_agent_end_free(&w->end);
    w->tool_says = NULL;
    w->spec.max_steps = 10;
    GO(w, answers);
    assert_int_equal(w->end.kind, ORXAQ_KIND_LIMIT);
}

static void mistakes_without_end_are_the_end(void **state) {
    world *w = *state;
    paper answers[8];
    char arguments[8][32];
    memset(answers, 0, sizeof answers);
    for (int i = 0; i < 8; i++) {
        (void)snprintf(arguments[i], sizeof arguments[i], "{\"wrong\": %d}", i);
        answers[i].calls[0] = i % 2 ? "read_file" : "search";
        answers[i].calls[1] = arguments[i];
    }
    GO(w, answers);
    assert_int_equal(w->end.kind, ORXAQ_KIND_PROTOCOL);
}

/* ---- Calls as text --------------------------------------------------------------------------- */

static void a_model_without_tool_calls_writes_them(void **state) {
    world *w = *state;
    static const paper answers[] = {
        {.text = "```tool\n{\"name\": \"list_dir\", \"arguments\": {\"path\": \"a\"}}\n```"},
        {.text = "```tool\n{\"name\": \"list_dir\", \"arguments\n```"},
        {.text = "<tool_call>{\"name\": \"finish\", \"arguments\": {\"status\": \"blocked\", "
                 "\"summary\": \"no\"}}</tool_call>"},
    };
    w->spec.native = false;
    GO(w, answers);
    assert_string_equal(w->end.answer.buf, "{\"status\":\"blocked\",\"summary\":\"no\"}");
    assert_int_equal(w->talk.messages.items[3].role, ORXAQ_ROLE_USER);
    assert_string_equal(w->talk.messages.items[3].text.p, "Result of list_dir:\nresult 1");
    assert_contains(w->talk.messages.items[5].text.p, "error: the block is no JSON object");
    assert_string_equal(w->log.buf, "2 a;");
}

/* Also a model that has them may fall back into it. */
static void text_calls_count_beside_native_ones(void **state) {
    world *w = *state;
    static const paper answers[] = {{.text = "<tool_call>{\"name\": \"list_dir\"}</tool_call>"},
                                    {.calls = FINISH}};
    GO(w, answers);
    assert_string_equal(w->log.buf, "2 ;");
    assert_int_equal(w->talk.messages.items[3].role, ORXAQ_ROLE_USER);
}

static void the_opening_explains_what_there_is(void **state) {
    world *w = *state;
    orx_str text = {0};
    orx_agent_opening(&w->spec, &text);
    assert_null(strstr(text.buf, "```tool"));
    w->spec.native = false;
    orx_str_clear(&text);
    orx_agent_opening(&w->spec, &text);
    assert_contains(text.buf, "```tool");
    assert_contains(text.buf, "apply_patch: ");
    orx_str_free(&text);
}

/* ---- Room ------------------------------------------------------------------------------------ */

static void fill(paper *answers, char (*arguments)[32], size_t count) {
    memset(answers, 0, count * sizeof *answers);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(arguments[i], 32, "{\"path\": \"%zu\"}", i);
        answers[i].calls[0] = "read_file";
        answers[i].calls[1] = arguments[i];
    }
    answers[count - 1].calls[0] = "finish";
    answers[count - 1].calls[1] = "{\"status\": \"done\", \"summary\": \"all\"}";
}

static void old_results_make_room_at_four_fifths(void **state) {
    world *w = *state;
    paper answers[20];
    char arguments[20][32];
    fill(answers, arguments, 20);
    w->result_size = 8000; /* 2000 tokens */
    w->window = 20000;     /* an eighth of it is 10000 bytes */
    GO(w, answers);
    assert_int_equal(w->end.kind, ORXAQ_KIND_OK);
    assert_true(w->digested > 5);
    assert_true(w->last_bytes / 4 < 16000);
    assert_true(w->last_bytes / 4 > 8000); /* not more than needed */
    assert_string_equal(w->talk.messages.items[1].text.p, "task");
    for (size_t i = w->talk.messages.len - 6; i < w->talk.messages.len - 2; i++)
        assert_false(w->talk.messages.items[i].digested);
}

static void without_a_known_window_nothing_is_left_out(void **state) {
    world *w = *state;
    paper answers[20];
    char arguments[20][32];
    fill(answers, arguments, 20);
    w->result_size = 8000;
    GO(w, answers);
    assert_int_equal(w->digested, 0);
}

/* Two bytes a token instead of four: the server's count is believed. */
static void the_count_of_the_server_is_believed(void **state) {
    world *w = *state;
    paper answers[8];
    char arguments[8][32];
    fill(answers, arguments, 8);
    w->result_size = 8000;
    w->window = 20000; /* 80 % of it: 64000 bytes by the first guess, 32000 by the count */
    for (int i = 0; i < 8; i++)
        answers[i].tokens = 4000 * i + 1500;
    GO(w, answers);
    assert_true(w->digested > 0);
}

static void one_result_does_not_fill_a_small_window(void **state) {
    world *w = *state;
    paper answers[3];
    char arguments[3][32];
    fill(answers, arguments, 3);
    w->window = 4096; /* 16 KiB, an eighth is 2 KiB */
    w->result_size = 16000;
    GO(w, answers);
    orx_view told = w->talk.messages.items[3].text;
    assert_in_range(told.len, 1500, 2200);
    assert_contains(told.p, "[13952 bytes left out, they do not fit; ask for a smaller part]");
    /* Nor is a character cut in two. */
    for (size_t i = 0; i < 16000; i += 2)
        memcpy(w->big + i, "\xc3\xa4", 2);
    w->window = 4095;
    w->asked = 0;
    orx_agent_end_free(&w->end);
    GO(w, answers);
    told = w->talk.messages.items[w->talk.messages.len - 3].text;
    assert_true(orx_view_is_utf8(told));
    assert_contains(told.p, "they do not fit");
}

static void what_cannot_fit_is_not_sent(void **state) {
    world *w = *state;
    static const paper answers[] = {{.calls = {"list_dir", "{}"}, .tokens = 30000}};
    orx_talk_say(&w->talk, ORXAQ_ROLE_USER, (orx_view){w->big, 60000});
    /* 15000 tokens by the guess are tried in a window of 10000; counted as 30000 they are not. */
    w->window = 10000;
    GO(w, answers);
    assert_int_equal(w->asked, 1);
    assert_int_equal(w->end.kind, ORXAQ_KIND_CONTEXT_TOO_LONG);
    assert_contains(w->end.message.buf, "the model's window of 10000");
    /* Twice as much as there is room for is no matter of guessing. */
    orx_agent_end_free(&w->end);
    w->asked = 0;
    w->window = 5000;
    GO(w, answers);
    assert_int_equal(w->asked, 0);
    assert_int_equal(w->end.kind, ORXAQ_KIND_CONTEXT_TOO_LONG);
}

static void a_prompt_that_is_too_long_is_shortened_once(void **state) {
    world *w = *state;
    paper answers[9];
    char arguments[9][32];
    fill(answers, arguments, 9);
    answers[6] = (paper){.kind = ORXAQ_KIND_CONTEXT_TOO_LONG};
    w->result_size = 8000;
    GO(w, answers);
    assert_int_equal(w->end.kind, ORXAQ_KIND_OK);
    assert_true(w->digested > 0);
    orx_agent_end_free(&w->end);
    static const paper always[] = {{.kind = ORXAQ_KIND_CONTEXT_TOO_LONG}};
    w->repeat = true;
    w->asked = 0;
    GO(w, always);
    assert_int_equal(w->end.kind, ORXAQ_KIND_CONTEXT_TOO_LONG);
    assert_true(w->asked <= 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(it_works_until_finish),
        TEST(a_result_in_words_ends_it),
        TEST(words_are_answered_twice_with_a_reminder),
        TEST(a_failed_request_ends_it_and_keeps_what_was),
        TEST(steps_and_time_are_limited),
        TEST(mistakes_come_back_as_errors),
        TEST(what_a_tool_refuses_is_an_error_too),
        TEST(our_own_failures_end_everything),
        TEST(the_same_three_times_is_no_progress),
        TEST(mistakes_without_end_are_the_end),
        TEST(a_model_without_tool_calls_writes_them),
        TEST(text_calls_count_beside_native_ones),
        TEST(the_opening_explains_what_there_is),
        TEST(old_results_make_room_at_four_fifths),
        TEST(without_a_known_window_nothing_is_left_out),
        TEST(the_count_of_the_server_is_believed),
        TEST(one_result_does_not_fill_a_small_window),
        TEST(what_cannot_fit_is_not_sent),
        TEST(a_prompt_that_is_too_long_is_shortened_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
