/* The tables made at once are those the migrations make, word for word: a journal of today and one
 * that has grown up over the years must not differ in a column, a default or an index. */
#include "agent/steps.h"
#include "money/ingest_rows.h"
#include "platform/files.h"
#include "run/run.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct two {
    orx_platform *p;
    char dir[64];
    orx_err err;
} two;

static const orx_store_room *const rooms[] = {&orx_task_room,
                                              &orx_money_room,
                                              &orx_ingest_room,
                                              &orx_route_room,
                                              &orx_agent_room,
                                              &orx_run_room,
                                              NULL};

/* Everything of the schema that SQLite did not add by itself, and the version of each room. */
static void describe(orx_store *s, orx_str *out) {
    static const char *const texts[] = {
        ("SELECT type || ' ' || name || ': ' || sql FROM sqlite_schema WHERE sql IS NOT NULL"
         " ORDER BY type, name"),
        "SELECT 'version of ' || name || ': ' || version FROM store_room ORDER BY name",
        "SELECT 'sums: ' || count(*) FROM metric_sum",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++) {
        orx_err err = ORX_ERR_INIT;
        orx_sql *q = NULL;
        assert_ok(orx_sql_get(s, texts[i], &q, &err), &err);
        while (orx_sql_step(q, &err) == 1)
            orx_str_addf(out, "%.*s\n", ORX_VIEW_ARG(orx_sql_col_text(q, 0)));
    }
}

static void made_by(two *t, const char *name, bool whole, orx_str *out) {
    orx_store_room copies[ORX_ARRAY_LEN(rooms)];
    const orx_store_room *list[ORX_ARRAY_LEN(rooms)] = {NULL};
    char root[96];
    orx_store *s = NULL;
    for (size_t i = 0; rooms[i]; i++) {
        copies[i] = *rooms[i];
        if (!whole)
            copies[i].whole = NULL;
        list[i] = &copies[i];
    }
    (void)snprintf(root, sizeof root, "%s/%s", t->dir, name);
    assert_ok(orx_store_open(t->p, root, "primary", list, ORX_STORE_CREATE, &s, &t->err), &t->err);
    describe(s, out);
    orx_store_close(s);
}

/* The part of a line from shortly before a place on. */
static orx_view around(orx_view line, size_t at) {
    size_t from = at > 40 ? at - 40 : 0;
    size_t len = line.len - from;
    return orx_view_mem(line.p + from, len < 100 ? len : 100);
}

static void show_difference(orx_view whole, orx_view grown) {
    orx_view a;
    orx_view b;
    while (orx_view_split(&whole, '\n', &a) && orx_view_split(&grown, '\n', &b)) {
        size_t at = 0;
        if (orx_view_eq(a, b))
            continue;
        while (at < a.len && at < b.len && a.p[at] == b.p[at])
            at++;
        fail_msg(
            "%.30s: core/run/tables_whole.c has\n  ...%.*s\nbut the migrations make\n  ...%.*s",
            a.p, ORX_VIEW_ARG(around(a, at)), ORX_VIEW_ARG(around(b, at)));
    }
}

static void both_ways_lead_to_the_same_tables(void **state) {
    two *t = *state;
    ORX_CLEANUP(orx_str_free) orx_str whole = {0};
    ORX_CLEANUP(orx_str_free) orx_str grown = {0};
    assert_non_null(orx_run_room.whole);
    made_by(t, "whole", true, &whole);
    made_by(t, "grown", false, &grown);
    show_difference(orx_str_view(&whole), orx_str_view(&grown));
    assert_string_equal(orx_str_cstr(&whole), orx_str_cstr(&grown));
    assert_non_null(strstr(orx_str_cstr(&whole), "table attempt: CREATE TABLE attempt("));
    assert_non_null(strstr(orx_str_cstr(&whole), "version of run: "));
}

static int setup(void **state) {
    two *t = calloc(1, sizeof *t);
    (void)snprintf(t->dir, sizeof t->dir, "/tmp/orxaq-tables.XXXXXX");
    assert_non_null(mkdtemp(t->dir));
    assert_ok(orx_platform_uv_new(&t->p, &t->err), &t->err);
    *state = t;
    return 0;
}

static int teardown(void **state) {
    two *t = *state;
    (void)orx_remove_tree(t->p, t->dir, NULL);
    orx_platform_free(t->p);
    free(t);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_ways_lead_to_the_same_tables, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
