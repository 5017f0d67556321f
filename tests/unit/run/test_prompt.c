#include "run/prompt.h"

#include "data/json.h"

#include "test.h"

#include <string.h>

static const char *const acceptance[] = {"it works", NULL};
static const char *const commands[] = {"make lint", "cargo test", NULL};
static const orx_strings validations = {commands, 2};
static const char *const no_hints[] = {NULL};

static orx_task_row task(void) {
    return (orx_task_row){.id = "t-1",
                          .owner = "codex",
                          .title = "The title",
                          .description = "The description.",
                          .acceptance = acceptance,
                          .last_summary = "",
                          .last_error = ""};
}

static orx_prompt_input input(const orx_prompt_context *c, const orx_task_row *t) {
    return (orx_prompt_input){.context = c,
                              .task = t,
                              .repo = "/repo",
                              .file_profile = "Top file types: c:3.",
                              .hints = no_hints,
                              .attempt = 1,
                              .validations = &validations};
}

static size_t at(const orx_str *s, const char *what) {
    int64_t pos = orx_view_find(orx_str_view(s), what);
    if (pos < 0)
        fail_msg("\"%s\" is not in the prompt:\n%s", what, s->buf);
    return (size_t)pos;
}

/* The predecessor's order: objective, protocol, role, handoff, context, task, state, previous,
 * rules, result, constraints. */
static void a27_a28_sections_in_order(void **state) {
    (void)state;
    orx_arena a = {0};
    const orx_node *skill = NULL;
    orx_err err = ORX_ERR_INIT;
    assert_ok(
        orx_json_parse(&a, "s",
                       orx_view_of("{\"name\": \"proto\", \"version\": \"9\","
                                   " \"description\": \"how\", \"required_behaviors\": [\"b1\"],"
                                   " \"filetype_policy\": \"care\"}"),
                       &orx_limits_config, &skill, &err),
        &err);
    const char *const snippets[] = {"ctx", NULL};
    const orx_prompt_context c = {"The objective.", skill, snippets, "mcp.json"};
    orx_task_row t = task();
    t.owner = "gemini";
    t.last_error = "it broke";
    t.last_summary = "tried";
    const char *const hints[] = {"A merge is in progress.", NULL};
    orx_prompt_input in = input(&c, &t);
    in.role_text = "role text";
    in.handoff = "handoff text";
    in.hints = hints;
    in.attempt = 2;
    in.parked = "orxaq/parked/7";
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    assert_ok(orx_prompt_build(&in, &s, &err), &err);
    const char *order[] = {"The objective.", "proto v9",          "- b1",
                           "role text",      "handoff text",      "- ctx",
                           "id: t-1",        "The description.",  "- it works",
                           "A merge",        "This is attempt 2", "it broke",
                           "orxaq/parked/7", "# Rules",           "# Result",
                           "test-owner"};
    for (size_t i = 0; i + 1 < sizeof order / sizeof *order; i++)
        if (at(&s, order[i]) >= at(&s, order[i + 1]))
            fail_msg("%s must stand before %s", order[i], order[i + 1]);
    orx_arena_free(&a);
}

/* The predecessor always told agents to run make lint and make test. */
static void the_real_validation_commands_are_named(void **state) {
    (void)state;
    const orx_prompt_context c = {0};
    orx_task_row t = task();
    orx_prompt_input in = input(&c, &t);
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    assert_ok(orx_prompt_build(&in, &s, NULL), &(orx_err){0});
    (void)at(&s, "    make lint\n    cargo test\n");
    assert_int_equal(orx_view_find(orx_str_view(&s), "make test"), -1);
}

static void a_first_attempt_has_no_past(void **state) {
    (void)state;
    const orx_prompt_context c = {0};
    orx_task_row t = task();
    orx_prompt_input in = input(&c, &t);
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    assert_ok(orx_prompt_build(&in, &s, NULL), &(orx_err){0});
    assert_int_equal(orx_view_find(orx_str_view(&s), "Previous attempt"), -1);
    assert_int_equal(orx_view_find(orx_str_view(&s), "# Objective"), -1);
    assert_int_equal(orx_view_find(orx_str_view(&s), "# Handoff"), -1);
}

static void long_parts_are_cut_and_say_so(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str big = {0};
    while (big.len < 200000)
        orx_str_adds(&big, "objective ");
    const orx_prompt_context c = {.objective = big.buf};
    orx_task_row t = task();
    t.last_error = big.buf;
    orx_prompt_input in = input(&c, &t);
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    assert_ok(orx_prompt_build(&in, &s, NULL), &(orx_err){0});
    (void)at(&s, "further bytes left out]");
    assert_true(s.len < 80000);
    assert_true(orx_view_is_utf8(orx_str_view(&s)));
}

static char *filled(orx_str *s, size_t len, char with) {
    memset(orx_str_reserve(s, len), with, len);
    orx_str_commit(s, len);
    return s->buf;
}

static size_t count(const orx_str *s, char c) {
    size_t n = 0;
    for (size_t i = 0; i < s->len; i++)
        n += s->buf[i] == c;
    return n;
}

/* A prompt with something of every part that may give way; how much of each is shown is counted by
 * letters that stand nowhere else. */
typedef struct full {
    orx_str objective, role, handoff, prompt;
    orx_task_row task;
} full;

static size_t build_full(full *f, size_t budget) {
    const char *const snippets[] = {"~~~~~~~~~~", NULL};
    const orx_prompt_context c = {filled(&f->objective, 20000, '^'), NULL, snippets, NULL};
    f->task = task();
    orx_prompt_input in = input(&c, &f->task);
    in.role_text = filled(&f->role, 10000, '%');
    in.handoff = filled(&f->handoff, 1000, '@');
    in.budget = budget;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_prompt_build(&in, &f->prompt, &err), &err);
    assert_true(orx_view_find(orx_str_view(&f->prompt), "The description.") > 0);
    assert_true(orx_view_find(orx_str_view(&f->prompt), "# Result") > 0);
    return f->prompt.len;
}

static void full_free(full *f) {
    orx_str_free(&f->objective);
    orx_str_free(&f->role);
    orx_str_free(&f->handoff);
    orx_str_free(&f->prompt);
}

/* What is left of each part at a budget. */
static void shows(size_t budget, size_t snippets, size_t handoff, size_t role, size_t objective) {
    full f = {0};
    size_t len = build_full(&f, budget);
    assert_int_equal(count(&f.prompt, '~'), snippets);
    assert_int_equal(count(&f.prompt, '@'), handoff);
    assert_int_equal(count(&f.prompt, '%'), role);
    assert_int_equal(count(&f.prompt, '^'), objective);
    if (budget && objective > ORX_PROMPT_LEAST)
        assert_true(len <= budget);
    full_free(&f);
}

static void parts_give_way_in_order_and_no_further_than_needed(void **state) {
    (void)state;
    full f = {0};
    size_t all = build_full(&f, 0);
    full_free(&f);
    const size_t notes = 256; /* set aside for what is said about cut parts */
    shows(0, 10, 1000, 10000, 20000);
    shows(all, 10, 1000, 10000, 20000);
    shows(all - 1, 0, 0, 10000, 20000);
    shows(all - 2010 + notes, 0, 0, 9000, 20000);
    shows(all - 10000 + notes, 0, 0, ORX_PROMPT_LEAST,
          20000 - (10000 - 10 - 1000 - (10000 - ORX_PROMPT_LEAST)));
    shows(1, 0, 0, ORX_PROMPT_LEAST, ORX_PROMPT_LEAST);
}

static void what_cannot_give_way_may_pass_the_budget(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str big = {0};
    const orx_prompt_context c = {0};
    orx_task_row t = task();
    t.description = filled(&big, 1000000, '^');
    orx_prompt_input in = input(&c, &t);
    in.budget = 1000;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    assert_ok(orx_prompt_build(&in, &s, NULL), &(orx_err){0});
    assert_int_equal(count(&s, '^'), 1000000);
}

static void what_nobody_reads_is_refused_and_can_be_looked_at(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str big = {0};
    const orx_prompt_context c = {0};
    orx_task_row t = task();
    t.description = filled(&big, ORX_PROMPT_MAX, '^');
    orx_prompt_input in = input(&c, &t);
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    assert_int_equal(orx_prompt_build(&in, &s, &err), ORX_E_LIMIT);
    assert_contains(err.msg, "\"t-1\"");
    assert_int_equal(count(&s, '^'), ORX_PROMPT_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a27_a28_sections_in_order),
        cmocka_unit_test(the_real_validation_commands_are_named),
        cmocka_unit_test(a_first_attempt_has_no_past),
        cmocka_unit_test(long_parts_are_cut_and_say_so),
        cmocka_unit_test(parts_give_way_in_order_and_no_further_than_needed),
        cmocka_unit_test(what_cannot_give_way_may_pass_the_budget),
        cmocka_unit_test(what_nobody_reads_is_refused_and_can_be_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
