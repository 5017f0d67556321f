/* The queue file: every shape of it, entries that cannot be used, and claims that survive. The
 * numbers are those of the predecessor's acceptance cases. */
#include "queue.h"

#include "task/queue_file.h"

#include "data/json.h"

static const char *const owners[] = {"codex", "gemini", "claude", NULL};

static orx_queue_batch parse(world *w, const char *text) {
    const orx_task_load_options options = {.owners = owners, .dangling_ok = true};
    orx_queue_batch batch;
    orx_queue_parse(&w->arena, "q.ndjson", orx_view_of(text), &options, &batch);
    return batch;
}

static orx_queue_taken take(world *w, const char *text, const char *const *only) {
    orx_queue_batch batch = parse(w, text);
    orx_queue_taken taken;
    assert_ok(orx_queue_take(w->s, LANE, "q.ndjson", &batch, only, &w->arena, &taken, &w->err),
              &w->err);
    return taken;
}

static void every_shape_is_a_queue(void **state) {
    static const char *const shapes[] = {
        "[{\"id\": \"a\"}, {\"id\": \"b\"}]",
        "{\"tasks\": [{\"id\": \"a\"}, {\"id\": \"b\"}]}",
        "{\"id\": \"a\"}\n{\"id\": \"b\"}\n",
        "\n {\"id\": \"a\"}\n\n{\"id\": \"b\"}",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(shapes); i++) {
        orx_queue_batch batch = parse(*state, shapes[i]);
        assert_int_equal(batch.list.count, 2);
        assert_int_equal(batch.problem_count, 0);
        assert_string_equal(batch.list.items[0].id, "a");
        assert_string_equal(batch.list.items[1].id, "b");
    }
    assert_int_equal(parse(*state, "{\"id\": \"a\"}").list.count, 1);
}

/* What is appended to lines can be read alone; a document that grew cannot. */
static void lines_are_told_from_documents(void **state) {
    assert_true(parse(*state, "{\"id\": \"a\"}\n{\"id\": \"b\"}\n").lines);
    assert_false(parse(*state, "{\"tasks\": [\n{\"id\": \"a\"}\n]}").lines);
    assert_false(parse(*state, "[\n{\"id\": \"a\"}\n]\n").lines);
}

/* However many come at once, the event about them needs no file of its own. */
static void the_event_is_small(void **state) {
    world *w = *state;
    orx_str text = {0};
    for (int i = 0; i < 400; i++)
        orx_str_addf(&text, "{\"id\": \"task-with-a-long-name-that-somebody-thought-of-%d\"}\n", i);
    assert_int_equal(take(w, orx_str_cstr(&text), NULL).imported, 400);
    orx_str_free(&text);
    char bodies[96];
    (void)snprintf(bodies, sizeof bodies, "%s/state/bodies", w->dir);
    assert_false(orx_exists(w->p, bodies));
}

static void nothing_is_a_queue_too(void **state) {
    static const char *const empty[] = {"", "\n\n", "[]", "{\"tasks\": []}"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(empty); i++) {
        orx_queue_batch batch = parse(*state, empty[i]);
        assert_int_equal(batch.list.count, 0);
        assert_int_equal(batch.problem_count, 0);
    }
}

/* A61: an id of 181 is an entry error and others go on; owner bob is codex; priority "0" is 1. */
static void a61_fields_have_the_predecessors_defaults(void **state) {
    world *w = *state;
    orx_str text = {0};
    orx_str_adds(&text, "[{\"id\": \"");
    for (int i = 0; i < 181; i++)
        orx_str_addc(&text, 'x');
    orx_str_adds(&text, "\"}, {\"id\": \"a-b\", \"owner\": \"bob\", \"priority\": \"0\"},"
                        " {\"task\": \"gemini-fuzz\", \"validation_steps\": [\"run it\"]},"
                        " {\"id\": \"q-sweep\", \"priority\": 2.5, \"title\": \"t\"}]");
    orx_queue_batch batch = parse(w, orx_str_cstr(&text));
    orx_str_free(&text);
    assert_int_equal(batch.seen, 4);
    assert_int_equal(batch.problem_count, 1);
    assert_non_null(strstr(batch.problems[0], "q.ndjson:1:2: an entry needs an \"id\""));
    assert_int_equal(batch.list.count, 3);
    const orx_task *t = batch.list.items;
    assert_string_equal(t[0].owner, "codex");
    assert_int_equal(t[0].priority, 1);
    assert_string_equal(t[0].title, "a b");
    assert_string_equal(t[0].description, "a b");
    assert_string_equal(t[1].id, "gemini-fuzz");
    assert_string_equal(t[1].owner, "gemini");
    assert_int_equal(t[1].priority, 5);
    assert_string_equal(t[1].acceptance[0], "run it");
    assert_true(t[2].backlog);
    assert_int_equal(t[2].priority, 5);
}

/* Long texts are cut between characters, not refused. */
static void long_texts_are_cut(void **state) {
    orx_str text = {0};
    orx_str_adds(&text, "{\"id\": \"a\", \"title\": \"");
    for (int i = 0; i < 700; i++)
        orx_str_adds(&text, "\xC3\xA9");
    orx_str_adds(&text, "\"}");
    orx_queue_batch batch = parse(*state, orx_str_cstr(&text));
    orx_str_free(&text);
    assert_int_equal(strlen(batch.list.items[0].title), ORX_TASK_TITLE_MAX);
    assert_true((unsigned char)batch.list.items[0].title[ORX_TASK_TITLE_MAX - 1] == 0xA9);
}

static void bad_entries_never_stop_the_rest(void **state) {
    orx_queue_batch batch = parse(*state, "{\"id\": \"a\"}\n"
                                          "{\"id\": \n"
                                          "[1]\n"
                                          "{\"owner\": \"codex\"}\n"
                                          "{\"id\": \"../x\"}\n"
                                          "{\"id\": \"s\", \"depends_on\": [\"s\"]}\n"
                                          "{\"id\": \"a\", \"title\": \"again\"}\n"
                                          "{\"id\": \"b\", \"depends_on\": [\"unknown\", 3]}\n");
    assert_int_equal(batch.list.count, 2);
    assert_string_equal(batch.list.items[1].id, "b");
    assert_string_equal(batch.list.items[1].depends_on[0], "unknown");
    assert_null(batch.list.items[1].depends_on[1]);
    assert_int_equal(batch.problem_count, 5);
    assert_non_null(strstr(batch.problems[0], ":2:"));
    assert_non_null(strstr(batch.problems[4], "q.ndjson:6:1: task \"s\": it depends on itself"));
}

/* A list that is being written is not taken for lines: the next look sees it whole. */
static void half_a_list_is_one_problem(void **state) {
    orx_queue_batch batch = parse(*state, "[{\"id\": \"a\"},\n{\"id\": \"b\"");
    assert_int_equal(batch.list.count, 0);
    assert_int_equal(batch.problem_count, 1);
}

static void problems_are_bounded(void **state) {
    orx_str text = {0};
    for (int i = 0; i < 5000; i++)
        orx_str_adds(&text, "nonsense\n");
    orx_queue_batch batch = parse(*state, orx_str_cstr(&text));
    orx_str_free(&text);
    assert_int_equal(batch.problem_count, 5000);
    size_t kept = 0;
    while (batch.problems[kept])
        kept++;
    assert_int_equal(kept, ORX_QUEUE_PROBLEMS_MAX);
}

/* A60: filter codex imports codex, claims only codex; the second look imports none. */
static void a60_entries_are_taken_once(void **state) {
    static const char *const codex[] = {"codex", NULL};
    static const char queue[] = "{\"id\": \"codex-1\"}\n{\"id\": \"gemini-1\"}\n";
    world *w = *state;
    orx_queue_taken taken = take(w, queue, codex);
    assert_int_equal(taken.imported, 1);
    assert_string_equal(taken.ids[0], "codex-1");
    assert_int_equal(taken.skipped, 1);
    taken = take(w, queue, codex);
    assert_int_equal(taken.imported, 0);
    assert_int_equal(taken.skipped, 2);
    assert_int_equal(take(w, queue, NULL).imported, 1); /* whoever works for gemini takes it */
    assert_int_equal(counts(w).total, 2);
}

/* B3: a task from the queue and its state are there after a restart, and are not taken again. */
static void b3_imported_tasks_survive_a_restart(void **state) {
    world *w = *state;
    assert_int_equal(take(w, "{\"id\": \"a\", \"description\": \"do\"}\n", NULL).imported, 1);
    assert_string_equal(next(w), "a");
    finish(w, "a");
    close_store(w);
    open_store(w);
    assert_string_equal(row(w, "a").status, "done");
    assert_string_equal(row(w, "a").description, "do");
    assert_int_equal(take(w, "{\"id\": \"a\"}\n", NULL).imported, 0);
    /* The tasks file does not know it, which must not make it absent. */
    assert_int_equal(sync_text(w, "file", "[" T("b", "codex", "1", "") "]"), 1);
    assert_true(row(w, "a").present);
}

/* An id of the tasks file is not imported over. */
static void known_tasks_are_left_alone(void **state) {
    world *w = *state;
    assert_int_equal(sync_text(w, "file", "[" T("a", "codex", "1", "") "]"), 1);
    orx_queue_taken taken = take(w, "{\"id\": \"a\", \"title\": \"other\"}\n", NULL);
    assert_int_equal(taken.imported, 0);
    assert_string_equal(row(w, "a").title, "t");
}

/* Nothing is written when there is nothing to take. */
static void looking_writes_nothing(void **state) {
    world *w = *state;
    (void)take(w, "{\"id\": \"a\"}\n", NULL);
    int64_t last = orx_event_last(w->s);
    (void)take(w, "{\"id\": \"a\"}\nnonsense\n", NULL);
    assert_int_equal(orx_event_last(w->s), last);
}

/* B14 for entries that arrive one after the other: the circle is said, not waited in. */
static void b14_a_circle_is_found(void **state) {
    world *w = *state;
    orx_queue_taken taken = take(w, "{\"id\": \"a\", \"depends_on\": [\"b\"]}\n", NULL);
    assert_null(taken.waiting[0]);
    taken = take(w, "{\"id\": \"b\", \"depends_on\": [\"c\"]}\n{\"id\": \"d\"}\n", NULL);
    assert_null(taken.waiting[0]);
    taken = take(w, "{\"id\": \"c\", \"depends_on\": [\"d\", \"a\"]}\n", NULL);
    assert_string_equal(taken.waiting[0], "c");
    assert_null(taken.waiting[1]);
}

static int import_claims(world *w, const char *json) {
    const orx_node *root = NULL;
    assert_ok(
        orx_json_parse(&w->arena, "claims", orx_view_of(json), &orx_limits_data, &root, &w->err),
        &w->err);
    int n = orx_queue_import_claims(w->s, LANE, root, &w->err);
    assert_ok(n, &w->err);
    return n;
}

/* Both forms of the predecessor's file; what it names was taken there. */
static void the_predecessors_claims_count(void **state) {
    world *w = *state;
    assert_int_equal(import_claims(w, "{\"claimed\": {\"a\": \"2025-01-02T03:04:05.000006+00:00\","
                                      " \"../b\": \"x\"}, \"claimed_ids\": [\"c\", 4]}"),
                     2);
    assert_int_equal(import_claims(w, "{\"claimed_ids\": [\"z\"]}"), 0); /* only once */
    orx_queue_taken taken = take(w, "{\"id\": \"a\"}\n{\"id\": \"c\"}\n{\"id\": \"z\"}\n", NULL);
    assert_int_equal(taken.imported, 1);
    assert_string_equal(taken.ids[0], "z");
}

static const orx_node *shown(world *w, int64_t max) {
    orx_claims_shown what = {LANE, max};
    orx_str text = {0};
    const orx_node *root = NULL;
    assert_ok(orx_queue_render_claims(w->s, &what, &text, &w->err), &w->err);
    const char *copy = orx_arena_dup(&w->arena, orx_str_view(&text));
    orx_str_free(&text);
    assert_ok(
        orx_json_parse(&w->arena, "claims", orx_view_of(copy), &orx_limits_data, &root, &w->err),
        &w->err);
    return root;
}

/* [K] updated_at, claimed_count, claimed {id: time}; beyond the bound the newest are shown. */
static void claims_are_shown_as_before(void **state) {
    world *w = *state;
    assert_int_equal(import_claims(w, "{\"claimed\": {"
                                      "\"old\": \"2025-01-01T00:00:00.000000+00:00\","
                                      "\"mid\": \"2025-01-02T00:00:00.000000+00:00\","
                                      "\"new\": \"2025-01-03T00:00:00.000000+00:00\"}}"),
                     3);
    const orx_node *all = shown(w, 20000);
    assert_int_equal(orx_node_int(orx_node_get(all, "claimed_count"), -1), 3);
    assert_string_equal(orx_node_str(orx_node_get(all, "updated_at"), ""),
                        "2025-01-03T00:00:00.000000+00:00");
    const orx_node *two = orx_node_get(shown(w, 2), "claimed");
    assert_int_equal(two->count, 2);
    assert_null(orx_node_get(two, "old"));
    assert_string_equal(orx_node_str(orx_node_get(two, "mid"), ""),
                        "2025-01-02T00:00:00.000000+00:00");
}

/* 59: only what is not claimed, and of that owner. */
static void r59_how_much_waits_for_an_owner(void **state) {
    world *w = *state;
    static const char text[] =
        "{\"id\": \"codex-q-1\"}\n{\"id\": \"codex-q-2\"}\n{\"id\": \"gemini-q-1\"}\n";
    int64_t depth = -1;
    (void)take(w, "{\"id\": \"codex-q-1\"}", NULL);
    orx_queue_batch batch = parse(w, text);
    assert_ok(orx_queue_depth(w->s, LANE, &batch, "codex", &depth, &w->err), &w->err);
    assert_int_equal(depth, 1);
    assert_ok(orx_queue_depth(w->s, LANE, &batch, "gemini", &depth, &w->err), &w->err);
    assert_int_equal(depth, 1);
    assert_ok(orx_queue_depth(w->s, LANE, &batch, "claude", &depth, &w->err), &w->err);
    assert_int_equal(depth, 0);
    assert_ok(orx_queue_depth(w->s, "other", &batch, "codex", &depth, &w->err), &w->err);
    assert_int_equal(depth, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_shape_is_a_queue, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_a_queue_too, begin, end),
        cmocka_unit_test_setup_teardown(lines_are_told_from_documents, begin, end),
        cmocka_unit_test_setup_teardown(the_event_is_small, begin, end),
        cmocka_unit_test_setup_teardown(a61_fields_have_the_predecessors_defaults, begin, end),
        cmocka_unit_test_setup_teardown(long_texts_are_cut, begin, end),
        cmocka_unit_test_setup_teardown(bad_entries_never_stop_the_rest, begin, end),
        cmocka_unit_test_setup_teardown(half_a_list_is_one_problem, begin, end),
        cmocka_unit_test_setup_teardown(problems_are_bounded, begin, end),
        cmocka_unit_test_setup_teardown(a60_entries_are_taken_once, begin, end),
        cmocka_unit_test_setup_teardown(b3_imported_tasks_survive_a_restart, begin, end),
        cmocka_unit_test_setup_teardown(known_tasks_are_left_alone, begin, end),
        cmocka_unit_test_setup_teardown(r59_how_much_waits_for_an_owner, begin, end),
        cmocka_unit_test_setup_teardown(looking_writes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(b14_a_circle_is_found, begin, end),
        cmocka_unit_test_setup_teardown(the_predecessors_claims_count, begin, end),
        cmocka_unit_test_setup_teardown(claims_are_shown_as_before, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
