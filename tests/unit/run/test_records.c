/* Old records go, those of work that goes on stay, and the total is right. */
#include "run/records.h"

#include "platform/files.h"
#include "run/record.h"

#include "attempts.h"

#define DAY (ORX_SEC * 24 * 3600)

typedef struct world {
    journal *j;
    orx_config cfg;
    orx_arena arena;
} world;

static world world_of(journal *j) {
    world w = {.j = j};
    w.cfg.paths.state_dir = j->dir;
    w.cfg.recording.keep_days = 30;
    w.cfg.recording.keep_bytes = (int64_t)1 << 30;
    return w;
}

static const char *path(world *w, int64_t attempt, int64_t call) {
    return orx_record_path(&w->arena, w->j->dir, attempt, call);
}

static void put_file(world *w, const char *name, size_t bytes) {
    orx_str text = {0};
    char *folder = orx_arena_strdup(&w->arena, name);
    *strrchr(folder, '/') = '\0';
    assert_ok(orx_mkdirs(w->j->p, folder, true, &w->j->err), &w->j->err);
    memset(orx_str_reserve(&text, bytes + 1), 'x', bytes);
    orx_str_commit(&text, bytes);
    assert_ok(orx_write_replace(w->j->p, name, orx_str_view(&text), 0600, &w->j->err), &w->j->err);
    orx_str_free(&text);
}

/* The only call of the attempt has a record of so many bytes, as far as the journal knows. */
static void note(world *w, int64_t attempt, int64_t bytes) {
    assert_ok(orx_tx_begin(w->j->s, &w->j->err), &w->j->err);
    assert_ok(orx_records_note(w->j->s, attempt, bytes, &w->j->err), &w->j->err);
    assert_ok(orx_tx_commit(w->j->s, &w->j->err), &w->j->err);
}

/* A settled attempt, so many days ago, with a record; the ids of attempt and call are the same. */
static int64_t recorded(world *w, int days, int64_t bytes) {
    orx_sql *q;
    int64_t id = settled(w->j, "t", "worker", (went){.claim = ORX_CLAIM_DONE});
    put_file(w, path(w, id, id), 100);
    note(w, id, bytes);
    assert_ok(orx_tx_begin(w->j->s, &w->j->err), &w->j->err);
    assert_ok(orx_sql_get(w->j->s, "UPDATE attempt SET begun = ?2 WHERE id = ?1", &q, &w->j->err),
              &w->j->err);
    orx_sql_int(q, 1, id);
    orx_sql_int(q, 2, orx_wall_ns(w->j->p) - days * DAY);
    assert_true(orx_sql_run(q, &w->j->err) == 1);
    assert_ok(orx_task_reset(w->j->s, "primary", "t", "again", &w->j->err), &w->j->err);
    assert_ok(orx_tx_commit(w->j->s, &w->j->err), &w->j->err);
    return id;
}

static bool there(world *w, int64_t id) {
    return orx_exists(w->j->p, path(w, id, id));
}

static void prune(world *w) {
    assert_ok(orx_records_prune(w->j->s, &w->cfg, &w->j->err), &w->j->err);
}

static int64_t total(world *w) {
    return orx_counter_get(w->j->s, "records.bytes");
}

static void the_old_ones_go(void **state) {
    world w = world_of(*state);
    add_task(w.j, "t", "worker");
    int64_t a = recorded(&w, 40, 100);
    int64_t b = recorded(&w, 31, 100);
    int64_t c = recorded(&w, 29, 100);
    assert_int_equal(total(&w), 300);
    prune(&w);
    assert_false(there(&w, a));
    assert_false(there(&w, b));
    assert_true(there(&w, c));
    assert_int_equal(total(&w), 100);
    prune(&w);
    assert_true(there(&w, c));
    orx_arena_free(&w.arena);
}

static void too_much_goes_oldest_first(void **state) {
    world w = world_of(*state);
    add_task(w.j, "t", "worker");
    int64_t ids[4];
    for (int i = 0; i < 4; i++)
        ids[i] = recorded(&w, 1, (int64_t)400 << 20);
    prune(&w);
    assert_false(there(&w, ids[0]));
    assert_false(there(&w, ids[1]));
    assert_true(there(&w, ids[2]));
    assert_true(there(&w, ids[3]));
    assert_int_equal(total(&w), (int64_t)800 << 20);
    orx_arena_free(&w.arena);
}

static void all_parts_of_a_large_one_go(void **state) {
    world w = world_of(*state);
    add_task(w.j, "t", "worker");
    int64_t id = recorded(&w, 40, (int64_t)60 << 20);
    const char *part = orx_arena_printf(&w.arena, "%s.7", path(&w, id, id));
    const char *other = path(&w, id, 10 * id + 1);
    put_file(&w, part, 10);
    put_file(&w, other, 10);
    prune(&w);
    assert_false(there(&w, id));
    assert_false(orx_exists(w.j->p, part));
    assert_true(orx_exists(w.j->p, other));
    orx_arena_free(&w.arena);
}

static void work_that_goes_on_keeps_its_record(void **state) {
    world w = world_of(*state);
    int64_t attempt = 0;
    int64_t number = 0;
    const orx_intent intent = {.lane = "primary",
                               .task = "t",
                               .provider = "worker",
                               .repo = "/r",
                               .base = "",
                               .branch = "",
                               .fingerprint = ""};
    add_task(w.j, "t", "worker");
    assert_ok(orx_attempt_begin(w.j->s, &intent, &attempt, &number, &w.j->err), &w.j->err);
    int64_t call = made_call(w.j, attempt, "t", "worker", &(went){.claim = ORX_CLAIM_DONE});
    put_file(&w, path(&w, attempt, call), 100);
    note(&w, call, (int64_t)2 << 30);
    prune(&w);
    assert_true(orx_exists(w.j->p, path(&w, attempt, call)));
    orx_arena_free(&w.arena);
}

/* A crash: the call's end was never written, the record is there. */
static void what_a_crash_left_is_counted(void **state) {
    world w = world_of(*state);
    add_task(w.j, "t", "worker");
    int64_t id = settled(w.j, "t", "worker", (went){.claim = ORX_CLAIM_DONE});
    put_file(&w, path(&w, id, id), 123);
    assert_int_equal(total(&w), 0);
    assert_ok(orx_records_found(w.j->s, &w.cfg, id, &w.j->err), &w.j->err);
    assert_ok(orx_records_found(w.j->s, &w.cfg, id, &w.j->err), &w.j->err);
    assert_int_equal(total(&w), 123);
    orx_arena_free(&w.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(the_old_ones_go),
        JOURNAL_TEST(too_much_goes_oldest_first),
        JOURNAL_TEST(all_parts_of_a_large_one_go),
        JOURNAL_TEST(work_that_goes_on_keeps_its_record),
        JOURNAL_TEST(what_a_crash_left_is_counted),
    };
    return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
