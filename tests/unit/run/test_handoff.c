/* What the roles leave each other: who reads whom, what a row says, and how it is told. */
#include "run/handoff.h"

#include "attempts.h"

#include "data/ndjson.h"

#define DIR "artifacts/autonomy/handoffs"

/* The prompt's part for an owner; to be freed. */
static orx_str told(journal *j, const char *owner) {
    orx_str out = {0};
    orx_handoff_read(j->s, &(orx_handoff_reader){.dir = DIR, .owner = owner}, &out);
    return out;
}

static void tells(journal *j, const char *owner, const char *words) {
    orx_str out = told(j, owner);
    if (!strstr(orx_str_cstr(&out), words))
        fail_msg("\"%s\" is not in: %s", words, orx_str_cstr(&out));
    orx_str_free(&out);
}

static void tells_nothing(journal *j, const char *owner) {
    orx_str out = told(j, owner);
    assert_string_equal(orx_str_cstr(&out), "");
    orx_str_free(&out);
}

/* The last row of a file, in the arena. */
static const orx_node *last_row(journal *j, orx_arena *arena, const char *name) {
    const orx_node **rows = NULL;
    assert_ok(orx_projection_flush(j->s, true, &j->err), &j->err);
    int n = orx_ndjson_tail(j->p, orx_arena_printf(arena, "%s/" DIR "/%s", j->dir, name), 1, arena,
                            &rows, &j->err);
    assert_int_equal(n, 1);
    return rows[0];
}

static void says(const orx_node *row, const char *key, const char *text) {
    assert_string_equal(orx_node_str(orx_node_get(row, key), "(none)"), text);
}

/* A29 */
static void a29_what_codex_did_is_told_to_gemini(void **state) {
    journal *j = *state;
    static const char *const actions[] = {"cover the parser", NULL};
    add_task(j, "build-it", "codex");
    (void)settled(j, "build-it", "codex", (went){.summary = "parser built", .actions = actions});
    tells(j, "gemini", "build-it (codex, done)");
    tells(j, "gemini", "summary: parser built");
    tells(j, "gemini", "next: cover the parser");
    tells(j, "gemini", "commit: c0ffee");
    tells_nothing(j, "codex");
    tells_nothing(j, "claude");
}

/* A29 */
static void a29_what_blocks_gemini_is_told_to_codex_and_claude(void **state) {
    journal *j = *state;
    add_task(j, "test-it", "gemini");
    (void)settled(j, "test-it", "gemini",
                  (went){.verdict = ORX_VERDICT_BLOCKED,
                         .reason = "agent-blocked",
                         .error = "no fixture for dates"});
    tells(j, "codex", "test-it (gemini, blocked)");
    tells(j, "claude", "blocker: no fixture for dates");
    tells_nothing(j, "gemini");
}

static void other_owners_take_no_part(void **state) {
    journal *j = *state;
    add_task(j, "a", "worker");
    (void)settled(j, "a", "worker", (went){.summary = "s"});
    tells_nothing(j, "gemini");
    tells_nothing(j, "codex");
    tells_nothing(j, "worker");
}

/* The prompt's part for a lane that depends on two others; to be freed. */
static orx_str told_of_lanes(journal *j, const char *owner) {
    static const char *const lanes[] = {"build", "docs", NULL};
    const orx_strings after = {lanes, 2};
    orx_str out = {0};
    orx_handoff_read(j->s, &(orx_handoff_reader){.dir = DIR, .owner = owner, .lanes = &after},
                     &out);
    return out;
}

static int count_of(const orx_str *text, const char *words) {
    int n = 0;
    for (const char *at = orx_str_cstr(text); (at = strstr(at, words)); at++)
        n++;
    return n;
}

/* Whoever owns them; each once, also when it is in the inbox of the role. */
static void a_lane_is_told_of_those_it_depends_on(void **state) {
    journal *j = *state;
    static const char *const lanes[] = {"build", "docs", "other"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(lanes); i++) {
        add_task_of(j, lanes[i], lanes[i], "worker");
        (void)settled(j, lanes[i], "worker", (went){.lane = lanes[i], .summary = "s"});
    }
    add_task_of(j, "build", "by-codex", "codex");
    (void)settled(j, "by-codex", "codex", (went){.lane = "build", .summary = "made"});
    const char *const readers[] = {"worker", "codex", "gemini"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(readers); i++) {
        orx_str out = told_of_lanes(j, readers[i]);
        assert_int_equal(count_of(&out, "build (worker, done)"), 1);
        assert_int_equal(count_of(&out, "docs (worker, done)"), 1);
        assert_int_equal(count_of(&out, "by-codex (codex, done)"), 1);
        assert_int_equal(count_of(&out, "other ("), 0);
        orx_str_free(&out);
    }
}

/* Also when they are of several lanes; what had nothing to say takes no place. */
static void the_last_five_of_all_its_lanes_are_told(void **state) {
    journal *j = *state;
    char id[8];
    for (int i = 1; i <= 8; i++) {
        const char *lane = i % 2 ? "build" : "docs";
        bool waited = i == 5;
        (void)snprintf(id, sizeof id, "t%d", i);
        add_task_of(j, lane, id, "worker");
        (void)settled(j, id, "worker",
                      (went){.lane = lane,
                             .verdict = waited ? ORX_VERDICT_RETRY_LATER : ORX_VERDICT_DONE,
                             .reason = waited ? "rate_limit" : NULL,
                             .summary = "s"});
    }
    orx_str out = told_of_lanes(j, "worker");
    assert_int_equal(count_of(&out, "t2 ("), 0);
    assert_int_equal(count_of(&out, "t5 ("), 0);
    const char *third = strstr(out.buf, "t3 (");
    const char *fourth = strstr(out.buf, "t4 (");
    const char *last = strstr(out.buf, "t8 (");
    assert_true(third && fourth && last && third < fourth && fourth < last);
    orx_str_free(&out);
}

static void a_claim_that_failed_its_checks_is_not_done(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    add_task(j, "a", "claude");
    (void)settled(j, "a", "claude",
                  (went){.verdict = ORX_VERDICT_RETRY,
                         .reason = "validation-failed",
                         .claim = ORX_CLAIM_DONE,
                         .summary = "all done",
                         .error = "exit code 1"});
    const orx_node *row = last_row(j, &arena, "to_gemini.ndjson");
    says(row, "status", "partial");
    says(row, "blocker", "exit code 1");
    says(row, "commit", "");
}

static void waiting_and_interruption_are_no_notes(void **state) {
    journal *j = *state;
    add_task(j, "a", "codex");
    add_task(j, "b", "codex");
    (void)settled(j, "a", "codex",
                  (went){.verdict = ORX_VERDICT_RETRY_LATER, .reason = "rate_limit"});
    (void)settled(j, "b", "codex", (went){.verdict = ORX_VERDICT_RETRY, .reason = "interrupted"});
    tells_nothing(j, "gemini");
}

static char *letters(orx_arena *arena, const char *letter, size_t count) {
    orx_str text = {0};
    for (size_t i = 0; i < count; i++)
        orx_str_adds(&text, letter);
    char *copy = orx_arena_strdup(arena, text.buf);
    orx_str_free(&text);
    return copy;
}

/* Characters, not bytes, are counted. */
static void rows_are_cut(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *long_text = letters(&arena, "\xc3\xa4", 390);
    const char *const actions[] = {long_text, "short", NULL};
    add_task(j, "a", "codex");
    (void)settled(j, "a", "codex",
                  (went){.verdict = ORX_VERDICT_BLOCKED,
                         .reason = "partial",
                         .summary = long_text,
                         .error = long_text,
                         .actions = actions});
    const orx_node *row = last_row(j, &arena, "to_gemini.ndjson");
    says(row, "summary", letters(&arena, "\xc3\xa4", 320));
    says(row, "blocker", letters(&arena, "\xc3\xa4", 360));
    const orx_node *list = orx_node_get(row, "next_actions");
    assert_string_equal(orx_node_str(orx_node_at(list, 0), ""), letters(&arena, "\xc3\xa4", 180));
    assert_string_equal(orx_node_str(orx_node_at(list, 1), ""), "short");
    orx_str out = told(j, "gemini");
    const char *expected =
        orx_arena_printf(&arena, "summary: %s\n", letters(&arena, "\xc3\xa4", 220));
    assert_non_null(strstr(out.buf, expected));
    expected = orx_arena_printf(&arena, "next: %s; short\n", letters(&arena, "\xc3\xa4", 180));
    assert_non_null(strstr(out.buf, expected));
    orx_str_free(&out);
}

static void the_last_five_are_told(void **state) {
    journal *j = *state;
    char id[8];
    for (int i = 1; i <= 7; i++) {
        (void)snprintf(id, sizeof id, "t%d", i);
        add_task(j, id, "codex");
        (void)settled(j, id, "codex", (went){.summary = "s"});
    }
    orx_str out = told(j, "gemini");
    assert_null(strstr(out.buf, "t2 ("));
    const char *third = strstr(out.buf, "t3 (");
    const char *last = strstr(out.buf, "t7 (");
    assert_true(third && last && third < last);
    orx_str_free(&out);
}

/* When five do not fit the newest stay. */
static void the_whole_is_bounded(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char id[8];
    const char *big = letters(&arena, "\xe2\x82\xac", 300);
    const char *const actions[] = {big, big, NULL};
    for (int i = 1; i <= 5; i++) {
        (void)snprintf(id, sizeof id, "t%d", i);
        add_task(j, id, "codex");
        (void)settled(j, id, "codex", (went){.summary = big, .error = big, .actions = actions});
    }
    orx_str out = told(j, "gemini");
    assert_true(out.len > 0 && out.len <= 5000);
    assert_null(strstr(out.buf, "t1 ("));
    assert_non_null(strstr(out.buf, "t5 ("));
    orx_str_free(&out);
}

static void rows_of_a_predecessor_count_and_damage_does_not(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *dir = orx_arena_printf(&arena, "%s/" DIR, j->dir);
    const char *path = orx_path_join(&arena, dir, "to_codex.ndjson");
    assert_ok(orx_mkdirs(j->p, dir, false, &j->err), &j->err);
    assert_ok(orx_append_file(j->p, path,
                              orx_view_of("nonsense\n{\"task_id\": 7, \"next_actions\": \"x\"}\n"
                                          "{\"task_id\": \"old\", \"owner\": \"gemini\", "
                                          "\"status\": \"done\", \"summary\": \"before\"}\n"),
                              true, &j->err),
              &j->err);
    tells(j, "codex", "old (gemini, done)\n  summary: before\n");
    add_task(j, "new", "gemini");
    (void)settled(j, "new", "gemini", (went){.summary = "after"});
    tells(j, "codex", "summary: before");
    tells(j, "codex", "summary: after");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(a29_what_codex_did_is_told_to_gemini),
        JOURNAL_TEST(a29_what_blocks_gemini_is_told_to_codex_and_claude),
        JOURNAL_TEST(other_owners_take_no_part),
        JOURNAL_TEST(a_lane_is_told_of_those_it_depends_on),
        JOURNAL_TEST(the_last_five_of_all_its_lanes_are_told),
        JOURNAL_TEST(a_claim_that_failed_its_checks_is_not_done),
        JOURNAL_TEST(waiting_and_interruption_are_no_notes),
        JOURNAL_TEST(rows_are_cut),
        JOURNAL_TEST(the_last_five_are_told),
        JOURNAL_TEST(the_whole_is_bounded),
        JOURNAL_TEST(rows_of_a_predecessor_count_and_damage_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
