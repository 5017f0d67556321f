/* Records: what was written is read back, secrets are not in it, its size has a limit, and one that
 * breaks off is told from a whole one. */
#include "run/record.h"

#include "platform/files.h"
#include "run/record_args.h"
#include "run/record_read.h"
#include "run/records.h"

#include "journal.h"

#define MIB ((int64_t)1 << 20)

static const orx_record_about about = {.attempt = 1234,
                                       .call = 7,
                                       .number = 2,
                                       .lane = "primary",
                                       .task = "t1",
                                       .provider = "codex",
                                       .plugin = "codex",
                                       .model = "m",
                                       .repo = "/repo",
                                       .base = "b",
                                       .branch = "main",
                                       .fingerprint = "f",
                                       .prompt_sha256 = "00",
                                       .prompt_tokens = 3};

static orx_record *begin(journal *j, const char *secret) {
    orx_secrets secrets = {0};
    if (secret)
        orx_secrets_add(&secrets, orx_view_of(secret));
    return orx_record_begin(j->p, j->dir, &about, &secrets);
}

static const orx_job_tap *open_task(orx_record *r, const char *prompt) {
    const orxaq_task_args args = {
        .struct_size = sizeof args, .prompt = orxaq_str(prompt), .schema = orxaq_str("{}")};
    return orx_record_job(r, ORXAQ_OP_TASK, &args);
}

static void out(const orx_job_tap *tap, const char *text) {
    tap->bytes(tap->user, 1, ORXAQ_STREAM_OUT, orx_view_of(text), 5);
}

static int64_t finish(orx_record *r) {
    const orx_record_end end = {.kind = ORXAQ_KIND_OK, .session = "s", .model = "m1"};
    int64_t bytes = orx_record_finish(r, &end);
    assert_null(orx_record_problem(r));
    orx_record_free(r);
    return bytes;
}

static void start_exec(const orx_job_tap *tap) {
    const orxaq_view argv[] = {orxaq_str("codex"), orxaq_str("--key=hunter2hunter2")};
    const orxaq_exec exec = {.struct_size = sizeof exec, .argc = 2, .argv = argv};
    const orxaq_effect effect = {
        .struct_size = sizeof effect, .kind = ORXAQ_EFFECT_EXEC, .id = 1, .exec = &exec};
    tap->effect(tap->user, &effect);
    const orxaq_feed feed = {.kind = ORXAQ_FEED_START, .effect = 1};
    tap->feed(tap->user, &feed);
}

static void end_exec(const orx_job_tap *tap) {
    const orxaq_feed feed = {.kind = ORXAQ_FEED_EXIT, .effect = 1, .code = 3};
    tap->feed(tap->user, &feed);
}

static orx_record_reader *open_reader(journal *j) {
    orx_record_reader *r = NULL;
    assert_ok(orx_record_open(j->p, j->dir, 1234, 7, &r, &j->err), &j->err);
    return r;
}

/* Everything in the files of the record, as it lies on the disk. */
static void raw_files(journal *j, orx_str *all) {
    orx_arena arena = {0};
    char **paths = NULL;
    assert_ok(orx_record_files(j->p, j->dir, 1234, 7, &arena, &paths, NULL, &j->err), &j->err);
    for (; *paths; paths++) {
        orx_str one = {0};
        assert_ok(orx_read_file(j->p, *paths, (size_t)64 << 20, &one, &j->err), &j->err);
        orx_str_addv(all, orx_str_view(&one));
        orx_str_free(&one);
    }
    orx_arena_free(&arena);
}

static void what_was_written_is_read(void **state) {
    journal *j = *state;
    orx_record *r = begin(j, NULL);
    const orx_job_tap *tap = open_task(r, "do it\n\"now\"");
    const orxaq_text said = {.channel = ORXAQ_TEXT_ANSWER, .text = orxaq_str("hi")};
    start_exec(tap);
    out(tap, "line one\nline");
    tap->text(tap->user, &said);
    end_exec(tap);
    int64_t bytes = finish(r);

    static const char *const kinds[] = {"begin", "open", "effect", "feed",
                                        "out",   "text", "feed",   "end"};
    orx_record_reader *reader = open_reader(j);
    orx_record_entry e;
    for (size_t i = 0; i < ORX_ARRAY_LEN(kinds); i++) {
        assert_int_equal(orx_record_next(reader, &e, &j->err), 1);
        assert_string_equal(e.kind, kinds[i]);
        if (i == 0)
            assert_string_equal(orx_record_str(&e, "task"), "t1");
        if (i == 1)
            assert_true(orx_view_is(e.data, "do it\n\"now\"{}"));
        if (i == 4)
            assert_true(orx_view_is(e.data, "line one\nline"));
        if (i == 5)
            assert_true(
                orx_view_is(e.members, "\"channel\":\"answer\",\"delta\":0,\"text\":\"hi\""));
        if (i == 6)
            assert_int_equal(orx_record_int(&e, "code"), 3);
    }
    assert_int_equal(orx_record_next(reader, &e, &j->err), 0);
    assert_true(orx_record_is_complete(reader));
    orx_record_close(reader);
    orx_arena arena = {0};
    orx_file_info info;
    assert_ok(orx_stat(j->p, orx_record_path(&arena, j->dir, 1234, 7), &info, &j->err), &j->err);
    assert_int_equal(info.size, bytes);
    assert_int_equal(info.mode & 0777, 0600);
    orx_arena_free(&arena);
}

static void arguments_come_back(void **state) {
    journal *j = *state;
    const orxaq_past_call past = {
        .struct_size = sizeof past, .id = orxaq_str("c1"), .arguments = orxaq_str("{\"a\":1}")};
    const orxaq_message messages[] = {
        {.struct_size = sizeof *messages, .role = ORXAQ_ROLE_USER, .text = orxaq_str("do")},
        {.struct_size = sizeof *messages,
         .role = ORXAQ_ROLE_ASSISTANT,
         .calls = &past,
         .call_count = 1}};
    const orxaq_turn_args args = {.struct_size = sizeof args,
                                  .message_count = 2,
                                  .messages = messages,
                                  .model = orxaq_str("m"),
                                  .temperature = 0.5};
    orx_record *r = begin(j, NULL);
    (void)orx_record_job(r, ORXAQ_OP_TURN, &args);
    (void)finish(r);
    orx_record_reader *reader = open_reader(j);
    orx_record_entry e;
    orx_arena arena = {0};
    int32_t op = 0;
    const void *read = NULL;
    assert_int_equal(orx_record_next(reader, &e, &j->err), 1);
    assert_int_equal(orx_record_next(reader, &e, &j->err), 1);
    assert_ok(orx_args_read(&arena, e.line, e.data, &op, &read, &j->err), &j->err);
    const orxaq_turn_args *back = read;
    assert_int_equal(op, ORXAQ_OP_TURN);
    assert_int_equal(back->message_count, 2);
    assert_true(orxaq_view_eq(back->messages[0].text, orxaq_str("do")));
    assert_int_equal(back->messages[1].call_count, 1);
    assert_true(orxaq_view_eq(back->messages[1].calls[0].arguments, orxaq_str("{\"a\":1}")));
    assert_true(back->temperature > 0.49 && back->temperature < 0.51);
    orx_arena_free(&arena);
    orx_record_close(reader);
}

static void secrets_are_nowhere(void **state) {
    journal *j = *state;
    orx_record *r = begin(j, "hunter2hunter2");
    const orx_job_tap *tap = open_task(r, "the key is hunter2hunter2, use it");
    const orxaq_text said = {.channel = ORXAQ_TEXT_ANSWER,
                             .text = orxaq_str("I saw hunter2hunter2")};
    start_exec(tap);
    /* Cut anywhere, also in single bytes, with a false start in front. */
    out(tap, "a hunter2hu");
    out(tap, "nter2 b hunter2hunter2hun");
    tap->bytes(tap->user, 1, ORXAQ_STREAM_ERR, orx_view_of("other stream"), 5);
    out(tap, "ter2hunter");
    for (const char *c = "hunter2hunter2"; *c; c++)
        tap->bytes(tap->user, 1, ORXAQ_STREAM_OUT, orx_view_mem(c, 1), 5);
    out(tap, " hunter2");
    tap->text(tap->user, &said);
    end_exec(tap);
    (void)finish(r);
    ORX_CLEANUP(orx_str_free) orx_str all = {0};
    raw_files(j, &all);
    assert_null(strstr(all.buf, "hunter2hunter2"));
    assert_non_null(strstr(all.buf, "the key is **************, use it"));
    assert_non_null(strstr(all.buf, "--key=**************"));
    /* What only looked like the beginning of one is all there. */
    ORX_CLEANUP(orx_str_free) orx_str said_out = {0};
    orx_record_reader *reader = open_reader(j);
    orx_record_entry e;
    while (orx_record_next(reader, &e, &j->err) == 1)
        if (strcmp(e.kind, "out") == 0 && orx_record_int(&e, "s") == ORXAQ_STREAM_OUT)
            orx_str_addv(&said_out, e.data);
    orx_record_close(reader);
    assert_string_equal(said_out.buf, "a ************** b **************hunter2hunter"
                                      "************** hunter2");
}

static void one_that_breaks_off_is_read_up_to_there(void **state) {
    journal *j = *state;
    orx_record *r = begin(j, NULL);
    const orx_job_tap *tap = open_task(r, "do it");
    start_exec(tap);
    out(tap, "all of this");
    end_exec(tap);
    (void)finish(r);
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str all = {0};
    raw_files(j, &all);
    const char *path = orx_record_path(&arena, j->dir, 1234, 7);
    for (size_t len = 0; len < all.len; len++) {
        orx_record_reader *reader = NULL;
        orx_record_entry e;
        int rc;
        assert_ok(orx_write_replace(j->p, path, orx_view_mem(all.buf, len), 0600, &j->err),
                  &j->err);
        reader = open_reader(j);
        while ((rc = orx_record_next(reader, &e, &j->err)) == 1) {
            if (strcmp(e.kind, "out") == 0)
                assert_true(orx_view_is(e.data, "all of this"));
        }
        assert_int_equal(rc, 0);
        assert_false(orx_record_is_complete(reader));
        orx_record_close(reader);
    }
}

/* Every 64 KiB piece begins with its number. */
static void say_piece(const orx_job_tap *tap, int number) {
    static char piece[1 << 16];
    memset(piece, 'x', sizeof piece);
    (void)snprintf(piece, sizeof piece, "%d ", number);
    tap->bytes(tap->user, 1, ORXAQ_STREAM_OUT, orx_view_mem(piece, sizeof piece), 5);
}

static void endless_output_keeps_beginning_and_end(void **state) {
    journal *j = *state;
    enum { PIECES = 2000 }; /* 125 MiB */
    orx_record *r = begin(j, NULL);
    const orx_job_tap *tap = open_task(r, "talk");
    start_exec(tap);
    for (int i = 0; i < PIECES; i++)
        say_piece(tap, i);
    end_exec(tap);
    int64_t bytes = finish(r);
    assert_true(bytes <= 64 * MIB);
    assert_true(bytes > 40 * MIB);
    orx_record_reader *reader = open_reader(j);
    orx_record_entry e;
    int64_t kept = 0;
    int64_t next = 0;
    int gaps = 0;
    while (orx_record_next(reader, &e, &j->err) == 1) {
        if (e.gap) {
            gaps++;
            next += e.gap >> 16;
        }
        if (strcmp(e.kind, "out") != 0)
            continue;
        assert_int_equal(strtol(e.data.p, NULL, 10), next);
        next++;
        kept += (int64_t)e.data.len;
    }
    assert_int_equal(gaps, 1);
    assert_int_equal(next, PIECES);
    assert_int_equal(kept + orx_record_gap(reader), (int64_t)PIECES << 16);
    assert_true(orx_record_is_complete(reader));
    orx_record_close(reader);
}

static void a_record_takes_the_place_of_its_namesake(void **state) {
    journal *j = *state;
    orx_record *r = begin(j, NULL);
    const orx_job_tap *tap = open_task(r, "talk");
    start_exec(tap);
    for (int i = 0; i < 500; i++)
        say_piece(tap, i);
    (void)finish(r);
    (void)finish(begin(j, NULL));
    ORX_CLEANUP(orx_str_free) orx_str all = {0};
    raw_files(j, &all);
    assert_true(all.len < 2000);
}

static void what_cannot_be_written_harms_nobody(void **state) {
    journal *j = *state;
    orx_arena arena = {0};
    const char *folder = orx_path_join(&arena, j->dir, "records");
    assert_ok(orx_write_new(j->p, folder, orx_view_of("in the way"), 0600, &j->err), &j->err);
    orx_record *r = begin(j, "hunter2hunter2");
    const orx_job_tap *tap = open_task(r, "do it");
    start_exec(tap);
    for (int i = 0; i < 100; i++)
        say_piece(tap, i);
    end_exec(tap);
    const orx_record_end end = {.kind = ORXAQ_KIND_OK, .session = "", .model = ""};
    assert_int_equal(orx_record_finish(r, &end), 0);
    assert_non_null(orx_record_problem(r));
    orx_record_free(r);
    orx_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(what_was_written_is_read),
        JOURNAL_TEST(arguments_come_back),
        JOURNAL_TEST(secrets_are_nowhere),
        JOURNAL_TEST(one_that_breaks_off_is_read_up_to_there),
        JOURNAL_TEST(endless_output_keeps_beginning_and_end),
        JOURNAL_TEST(a_record_takes_the_place_of_its_namesake),
        JOURNAL_TEST(what_cannot_be_written_harms_nobody),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
