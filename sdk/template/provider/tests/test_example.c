/* test_example.c: what the driver asks for, and what it makes of what the program prints. */
#include <orxaq_test.h>

#include <stdio.h>

#define SETTINGS                                                                                   \
    "{\"command\": \"agent\", \"args\": [\"--jsonl\"], \"first_word\": 120000000000, "             \
    "\"api_key\": \"hidden\"}"

static const orxaq_task_args task = {.struct_size = sizeof task,
                                     .sandbox = ORXAQ_SANDBOX_HOST,
                                     .access = ORXAQ_ACCESS_WORKSPACE,
                                     .prompt = {"Do it.", 6},
                                     .model = {"big", 3},
                                     .repo = {"/repo", 5},
                                     .session = {"s-0", 3},
                                     .files_dir = {"/files", 6}};

/* A job that has just started its program. */
static orxaq_test *running(void) {
    orxaq_test *t = orxaq_test_new(SETTINGS);
    ORXAQ_CHECK(t->created == ORXAQ_OK);
    ORXAQ_CHECK(orxaq_test_open(t, ORXAQ_OP_TASK, &task) == ORXAQ_OK);
    ORXAQ_CHECK(orxaq_test_next(t) == ORXAQ_NEXT_EFFECT);
    ORXAQ_CHECK(t->effect.kind == ORXAQ_EFFECT_EXEC && t->effect.id == 1);
    return t;
}

static void out(orxaq_test *t, const char *line) {
    ORXAQ_CHECK(orxaq_test_frame(t, 1, ORXAQ_STREAM_OUT, line) == ORXAQ_OK);
}

static void asks_for_the_program(void) {
    orxaq_test *t = running();
    static const char *const words[] = {"agent", "--jsonl", "--model", "big", "--resume", "s-0"};
    const orxaq_exec *e = t->effect.exec;
    ORXAQ_CHECK(e->argc == sizeof words / sizeof *words);
    for (uint32_t i = 0; i < e->argc; i++)
        ORXAQ_CHECK(orxaq_view_is(e->argv[i], words[i]));
    ORXAQ_CHECK(orxaq_view_is(e->stdin_bytes, "Do it."));
    ORXAQ_CHECK(orxaq_view_is(e->cwd, "/repo"));
    ORXAQ_CHECK(e->first_byte_ns == 120000000000);
    ORXAQ_CHECK(e->env_count == 1 && e->env->secret != 0 && e->env->value.len == 0);
    ORXAQ_CHECK(orxaq_test_next(t) == ORXAQ_NEXT_WAIT);
    orxaq_test_free(t);
}

static void reads_a_good_run(void) {
    orxaq_test *t = running();
    out(t, "{\"type\": \"session\", \"id\": \"s-1\"}");
    out(t, "{\"type\": \"text\", \"text\": \"Looking.\"}");
    out(t, "{\"type\": \"usage\", \"input\": 1200, \"output\": 80}");
    out(t, "{\"type\": \"of a later version\"}");
    out(t, "{\"type\": \"result\", \"status\": \"done\", \"summary\": \"added\"}");
    orxaq_test_exit(t, 1, 0);
    ORXAQ_CHECK(orxaq_test_next(t) == ORXAQ_NEXT_DONE);
    ORXAQ_CHECK(strcmp(t->session, "s-1") == 0);
    ORXAQ_CHECK(strcmp(t->answer_text, "Looking.") == 0);
    ORXAQ_CHECK(t->usages == 1 && t->usage.input_tokens == 1200 && t->usage.output_tokens == 80);
    ORXAQ_CHECK(t->usage.cache_read_tokens == -1);
    ORXAQ_CHECK(t->outcome.kind == ORXAQ_KIND_OK && t->outcome.status == ORXAQ_STATUS_DONE);
    ORXAQ_CHECK(strcmp(t->summary, "added") == 0);
    orxaq_test_free(t);
}

static void a_limit_says_when_to_come_back(void) {
    orxaq_test *t = running();
    out(t, "{\"type\": \"error\", \"reason\": \"rate_limit\", \"retry_after\": 30, "
           "\"text\": \"slow down\"}");
    orxaq_test_exit(t, 1, 1);
    ORXAQ_CHECK(t->outcomes == 1 && t->outcome.kind == ORXAQ_KIND_RATE_LIMIT);
    ORXAQ_CHECK(t->outcome.retry_after_ms == 30000);
    ORXAQ_CHECK(strcmp(t->message, "slow down") == 0);
    orxaq_test_free(t);
}

static void an_exit_code_is_no_success(void) {
    orxaq_test *t = running();
    out(t, "no JSON at all");
    orxaq_test_frame(t, 1, ORXAQ_STREAM_ERR, "a warning");
    orxaq_test_exit(t, 1, 0);
    ORXAQ_CHECK(t->outcome.kind == ORXAQ_KIND_PROTOCOL);
    ORXAQ_CHECK(t->texts == 2 && t->answer_text[0] == '\0');
    orxaq_test_free(t);
}

static void ends_are_told_apart(void) {
    static const int32_t ends[][2] = {{ORXAQ_END_TOTAL, ORXAQ_KIND_TIMEOUT},
                                      {ORXAQ_END_IDLE, ORXAQ_KIND_NO_PROGRESS},
                                      {ORXAQ_END_SILENT, ORXAQ_KIND_NO_PROGRESS},
                                      {ORXAQ_END_CANCELLED, ORXAQ_KIND_KILLED},
                                      {ORXAQ_END_NOT_STARTED, ORXAQ_KIND_CRASHED}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        orxaq_test *t = running();
        orxaq_test_ended(t, 1, ends[i][0], "the host's sentence");
        ORXAQ_CHECK(t->outcome.kind == ends[i][1]);
        ORXAQ_CHECK(strcmp(t->message, "the host's sentence") == 0);
        orxaq_test_free(t);
    }
    orxaq_test *t = running();
    orxaq_test_error(t, 1, ORXAQ_E_DENIED, "refused");
    ORXAQ_CHECK(orxaq_test_next(t) == ORXAQ_NEXT_DONE && t->outcomes == 1);
    orxaq_test_free(t);
}

static void a_probe_finds_the_version(void) {
    static const orxaq_probe_args args = {.struct_size = sizeof args, .files_dir = {"/files", 6}};
    orxaq_test *t = orxaq_test_new(SETTINGS);
    ORXAQ_CHECK(orxaq_test_open(t, ORXAQ_OP_PROBE, &args) == ORXAQ_OK);
    ORXAQ_CHECK(orxaq_test_next(t) == ORXAQ_NEXT_EFFECT);
    out(t, "agent 1.2.3");
    orxaq_test_exit(t, 1, 0);
    ORXAQ_CHECK(t->probes == 1 && t->probe.ready == 1);
    ORXAQ_CHECK(strcmp(t->version, "agent 1.2.3") == 0 && t->outcome.kind == ORXAQ_KIND_OK);
    orxaq_test_free(t);
}

static void cancelled_before_it_began(void) {
    orxaq_test *t = orxaq_test_new(SETTINGS);
    ORXAQ_CHECK(orxaq_test_open(t, ORXAQ_OP_TASK, &task) == ORXAQ_OK);
    orxaq_test_cancel(t, ORXAQ_CANCEL_ASKED);
    ORXAQ_CHECK(orxaq_test_next(t) == ORXAQ_NEXT_DONE);
    ORXAQ_CHECK(orxaq_test_open(t, ORXAQ_OP_EMBED, &task) == ORXAQ_E_UNSUPPORTED);
    orxaq_test_free(t);
}

int main(void) {
    asks_for_the_program();
    reads_a_good_run();
    a_limit_says_when_to_come_back();
    an_exit_code_is_no_success();
    ends_are_told_apart();
    a_probe_finds_the_version();
    cancelled_before_it_began();
    puts("7 cases passed");
    return 0;
}
