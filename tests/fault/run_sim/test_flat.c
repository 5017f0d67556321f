/* However many tasks are done already and however many wait: what the database does for an attempt
 * stays the same. SQLite counts its own steps, so the test is as exact on a busy machine. */
#include "world.h"

#include "base/map.h"
#include "platform/files.h"
#include "test.h"

#include <sqlite3.h>
#include <stdlib.h>

/* What looks at all tasks takes three times the steps. Windows of the newest calls, of which the
 * widest is 200, take less than twice. */
enum { FEW = 110, MANY = 330, SLACK = 40 };

/* One statement in one run. */
typedef struct cost {
    int64_t steps; /* the most of one execution */
    int64_t times;
} cost;

/* Where the trace of every connection goes; connections have no user of their own. */
static orx_map *watched;

static int on_statement(unsigned what, void *user, void *statement, void *ns) {
    (void)what;
    (void)user;
    (void)ns;
    orx_view text = orx_view_of(sqlite3_sql(statement));
    cost *c = orx_map_get(watched, text);
    if (!c) {
        c = orx_xcalloc(1, sizeof *c);
        (void)orx_map_put(watched, text, c);
    }
    int64_t steps = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
    c->steps = steps > c->steps ? steps : c->steps;
    c->times++;
    return 0;
}

static int on_open(sqlite3 *db, char **ret_why, const struct sqlite3_api_routines *api) {
    (void)ret_why;
    (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, on_statement, NULL);
}

static void place_tasks(run_world *w, int count) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (int i = 0; i < count; i++)
        orx_str_addf(&text,
                     "%s{\"id\": \"task-%03d\", \"owner\": \"worker\", \"priority\": 1, "
                     "\"title\": \"Task\", \"description\": \"Do it.\"}",
                     i ? ",\n" : "[", i);
    orx_str_adds(&text, "]\n");
    orx_platform *outside = orx_sim_add_process(w->host);
    if (orx_write_atomic(outside, ROOT "/config/tasks.json", orx_str_view(&text), 0644, &err) < 0)
        fail_msg("%s", err.msg);
    orx_sim_settle(w->host);
}

/* A queue of so many tasks to its end; what each statement cost is in *ret. */
static void run_queue_of(int count, orx_map *ret) {
    watched = ret;
    run_world *w = run_world_new(1, &run_queue_long);
    place_tasks(w, count);
    assert_true(run_world_run(w));
    if (!w->last.finished)
        fail_msg("the runner failed: %s", w->last.err.msg);
    assert_int_equal(w->last.end, ORX_RUN_ALL_DONE);
    assert_int_equal(run_world_done(w), count);
    run_world_free(w);
}

/* What is about all tasks by its nature: files that show them, the queue as it is loaded, checks of
 * the whole journal. None of them belongs to an attempt. */
static bool is_about_all(orx_view sql) {
    static const char *const marks[] = {
        "SELECT id, attempts, deadlock_recoveries",            /* state.json */
        "(SELECT group_concat(dep, ', ')",                     /* the stop report */
        "SELECT id, title, last_error FROM task",              /* likewise */
        "SELECT id FROM task WHERE lane = ?1 AND source = ?2", /* reading the file of tasks */
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(marks); i++)
        if (orx_view_find(sql, marks[i]) >= 0)
            return true;
    return false;
}

static void free_costs(orx_map *map) {
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(map, &i)))
        free(e->value);
    orx_map_free(map);
}

static void no_statement_grows_with_the_queue(void **state) {
    (void)state;
    orx_map few = {0};
    orx_map many = {0};
    size_t i = 0;
    int often = 0;
    int grown = 0;
    const orx_map_entry *e;
    assert_int_equal(sqlite3_auto_extension((void (*)(void))on_open), SQLITE_OK);
    run_queue_of(FEW, &few);
    run_queue_of(MANY, &many);
    sqlite3_reset_auto_extension();
    while ((e = orx_map_next(&many, &i))) {
        const cost *b = e->value;
        const cost *a = orx_map_get(&few, orx_view_of(e->key));
        if (!a || is_about_all(orx_view_of(e->key)))
            continue;
        often += b->times >= MANY;
        if (b->steps > 2 * a->steps + SLACK) {
            print_error("%lld steps with %d tasks, %lld with %d: %s\n", (long long)a->steps, FEW,
                        (long long)b->steps, MANY, e->key);
            grown++;
        }
    }
    assert_int_equal(grown, 0);
    assert_true(often > 20); /* the statements of every attempt were seen */
    free_costs(&few);
    free_costs(&many);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_statement_grows_with_the_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
