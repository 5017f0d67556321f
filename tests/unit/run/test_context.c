/* The texts that every prompt of a run shares, from files that may be anything. */
#include "run/prompt.h"

#include "platform/files.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct ground {
    orx_platform *p;
    char dir[64];
    orx_arena arena;
    orx_config cfg;
    orx_prompt_context c;
    orx_err err;
} ground;

static int setup(void **state) {
    ground *g = calloc(1, sizeof *g);
    (void)snprintf(g->dir, sizeof g->dir, "/tmp/orxaq-context.XXXXXX");
    assert_non_null(mkdtemp(g->dir));
    assert_ok(orx_platform_uv_new(&g->p, &g->err), &g->err);
    *state = g;
    return 0;
}

static int teardown(void **state) {
    ground *g = *state;
    (void)orx_remove_tree(g->p, g->dir, NULL);
    orx_platform_free(g->p);
    orx_arena_free(&g->arena);
    free(g);
    return 0;
}

static const char *file(ground *g, const char *name, const char *text) {
    const char *path = orx_arena_printf(&g->arena, "%s/%s", g->dir, name);
    assert_ok(orx_write_atomic(g->p, path, orx_view_of(text), 0644, &g->err), &g->err);
    return path;
}

static int load(ground *g) {
    return orx_prompt_context_load(g->p, &g->cfg, &g->arena, &g->c, &g->err);
}

static const char *skill(ground *g, const char *key) {
    return orx_node_str(orx_node_get(g->c.skill, key), "(none)");
}

static void a64_a_skill_protocol_that_is_no_object(void **state) {
    ground *g = *state;
    g->cfg.paths.skill_protocol_file = file(g, "skill.json", "[\"x\"]\n");
    assert_int_equal(load(g), ORX_E_INVALID);
    assert_contains(g->err.msg, "skill.json:1:1: expected an object");
}

/* Whatever a file leaves out is the built-in one; so is an empty list of behaviours. */
static void missing_keys_are_built_in(void **state) {
    ground *g = *state;
    assert_ok(load(g), &g->err);
    assert_string_equal(skill(g, "name"), "orxaq-autonomy");
    assert_string_equal(skill(g, "version"), "2");
    g->cfg.paths.skill_protocol_file =
        file(g, "skill.json", "{\"version\": \"7\", \"required_behaviors\": [], \"name\": 4}");
    assert_ok(load(g), &g->err);
    assert_string_equal(skill(g, "version"), "7");
    assert_string_equal(skill(g, "name"), "orxaq-autonomy");
    assert_int_equal(orx_node_get(g->c.skill, "required_behaviors")->count, 14);
}

/* A root without the file has the same rules as one where `orxaq init` wrote it. */
static void the_built_in_protocol_is_the_shipped_one(void **state) {
    ground *g = *state;
    const char *source = getenv("ORX_SOURCE_DIR");
    if (!source)
        fail_msg("ORX_SOURCE_DIR is not set; run this test through ctest");
    assert_ok(load(g), &g->err);
    const orx_node *built_in = g->c.skill;
    g->cfg.paths.skill_protocol_file =
        orx_path_join(&g->arena, source, "config/skill_protocol.json");
    assert_ok(load(g), &g->err);
    assert_true(orx_node_equal(built_in, g->c.skill));
}

/* At most 8 snippets of 240 characters; entries without a text are none. */
static void a64_snippets_are_counted_and_cut(void **state) {
    ground *g = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_adds(&text, "{\"resources\": [{\"text\": \" \"}, 5, {\"content\": \"ok\"}");
    for (int i = 0; i < 10; i++)
        orx_str_addf(&text, ", {\"text\": \"%0300d\"}", i);
    orx_str_adds(&text, "]}");
    g->cfg.paths.mcp_context_file = file(g, "mcp.json", orx_str_cstr(&text));
    assert_ok(load(g), &g->err);
    assert_string_equal(g->c.snippets[0], "ok");
    assert_int_equal(strlen(g->c.snippets[1]), 240);
    assert_non_null(g->c.snippets[7]);
    assert_null(g->c.snippets[8]);
}

/* The predecessor made nothing of a context without `resources`, its own example among them. */
static void a_context_without_resources_is_told_by_key(void **state) {
    ground *g = *state;
    g->cfg.paths.mcp_context_file =
        file(g, "mcp.json", "{\"goal\": \"less\", \"constraints\": [\"a\", \"b\"], \"n\": 4}");
    assert_ok(load(g), &g->err);
    assert_string_equal(g->c.snippets[0], "goal: less");
    assert_string_equal(g->c.snippets[1], "constraints: a; b");
    assert_null(g->c.snippets[2]);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a64_a_skill_protocol_that_is_no_object),     T(missing_keys_are_built_in),
        T(the_built_in_protocol_is_the_shipped_one),   T(a64_snippets_are_counted_and_cut),
        T(a_context_without_resources_is_told_by_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
