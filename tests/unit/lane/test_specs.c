/* The lanes file: every field checked with its place, and what becomes of a spec. */
#include "lane/lane.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static orx_lanes lanes;
static orx_diags found;

static void read_lanes(fixture *fx, const char *name, const char *text) {
    orx_diags_free(&found);
    spit(fx, name, text);
    if (!fx->cfg)
        load_clean(fx);
    assert_ok(orx_lanes_load(fx->p, fx->cfg, &fx->arena, &found, &lanes, &fx->err), &fx->err);
}

static void expect_problem(const char *where, const char *text) {
    for (const orx_diag *d = found.first; d; d = d->next)
        if (strcmp(d->where, where) == 0 && strstr(d->text, text))
            return;
    fail_msg("no \"%s\" at %s; first: %s: %s", text, where, found.first ? found.first->where : "-",
             found.first ? found.first->text : "-");
}

static const orx_lane *lane_of(const char *id) {
    orx_err err = ORX_ERR_INIT;
    const orx_lane *lane = NULL;
    assert_ok(orx_lanes_find(&lanes, id, &lane, &err), &err);
    return lane;
}

static void no_file(void **state) {
    fixture *fx = *state;
    load_clean(fx);
    assert_ok(orx_lanes_load(fx->p, fx->cfg, &fx->arena, &found, &lanes, &fx->err), &fx->err);
    assert_false(lanes.there);
    assert_int_equal(lanes.count, 0);
    assert_null(found.first);
}

/* 55, 57: defaults, and values below their floor. */
static void case_55_57_defaults(void **state) {
    fixture *fx = *state;
    read_lanes(fx, "config/lanes.json",
               "[{\"id\": \"lane-a\", \"owner\": \"CODEX\", \"continuous_recycle_delay_sec\": 1},\n"
               " {\"id\": \"b\", \"owner\": \"codex\", \"continuous_recycle_delay_sec\": 123}]");
    assert_null(found.first);
    const orx_lane *a = lane_of("lane-a");
    const char *dir = in_root(fx, "artifacts/autonomy/lanes/lane-a");
    assert_string_equal(a->owner, "codex");
    assert_string_equal(a->runtime_dir, dir);
    assert_string_equal(a->task_queue_file, orx_path_join(&fx->arena, dir, "task_queue.ndjson"));
    assert_string_equal(a->worktree_root, orx_path_join(&fx->arena, dir, "worktrees"));
    assert_string_equal(a->worktree_base_ref, "origin/main");
    assert_true(a->isolated_worktree);
    assert_true(a->enabled);
    assert_int_equal(a->continuous_recycle_delay_sec, 10);
    assert_int_equal(lane_of("b")->continuous_recycle_delay_sec, 123);
}

/* 54: what lies under artifacts/autonomy follows the artifacts folder. */
static void case_54_moved_artifacts(void **state) {
    fixture *fx = *state;
    put_env("ORXAQ_AUTONOMY_ARTIFACTS_DIR", "/var/elsewhere");
    read_lanes(
        fx, "config/lanes.json",
        "{\"version\": 1, \"lanes\": [\n"
        "{\"id\": \"a\", \"owner\": \"codex\", \"handoff_dir\": \"artifacts/autonomy/handoffs\","
        " \"state_file\": \"artifacts/autonomyx/s.json\"},\n"
        "{\"id\": \"b\", \"owner\": \"codex\", \"handoff_dir\": \"custom/handoffs/\","
        " \"impl_repo\": \"../../up\", \"test_repo\": \".\"}]}");
    assert_null(found.first);
    assert_string_equal(lane_of("a")->handoff_dir, "/var/elsewhere/handoffs");
    assert_string_equal(lane_of("a")->state_file, in_root(fx, "artifacts/autonomyx/s.json"));
    assert_string_equal(lane_of("b")->handoff_dir, in_root(fx, "custom/handoffs"));
    assert_string_equal(lane_of("b")->test_repo, fx->root);
    assert_non_null(strstr(lane_of("b")->impl_repo, "/up"));
    assert_null(strstr(lane_of("b")->impl_repo, ".."));
}

/* 56: what the profile forces. */
static void case_56_extra_high(void **state) {
    fixture *fx = *state;
    read_lanes(fx, "config/lanes.json",
               "[{\"id\": \"a\", \"owner\": \"codex\", \"execution_profile\": \"extra-high\","
               " \"max_cycles\": 21, \"continuous\": false,"
               " \"env\": {\"ORXAQ_TASK_QUEUE_PERSISTENT_MODE\": \"0\"}}]");
    const orx_lane *a = lane_of("a");
    assert_true(a->continuous);
    assert_true(a->max_cycles >= 1000000000);
    assert_int_equal(a->execution_profile, ORX_PROFILE_EXTRA_HIGH);
    assert_string_equal(orx_node_str(orx_node_get(a->env, "ORXAQ_AUTONOMY_EXECUTION_PROFILE"), ""),
                        "extra_high");
    assert_string_equal(
        orx_node_str(orx_node_get(a->env, "ORXAQ_AUTONOMY_ASSUME_TRUE_FULL_AUTONOMY"), ""), "1");
    assert_string_equal(orx_node_str(orx_node_get(a->env, "ORXAQ_TASK_QUEUE_PERSISTENT_MODE"), ""),
                        "0");
}

/* 58: one bad lane hides none of the others. */
static void case_58_unknown_owner(void **state) {
    fixture *fx = *state;
    read_lanes(fx, "config/lanes.json",
               "[{\"id\": \"lane-a\", \"owner\": \"codex\"},\n"
               " {\"id\": \"lane-b\", \"owner\": \"unsupported-owner\"}]");
    assert_int_equal(found.errors, 1);
    expect_problem("config/lanes.json:2:28", "unknown owner \"unsupported-owner\"");
    assert_null(lane_of("lane-a")->problem);
    assert_string_equal(lane_of("lane-b")->owner, "unsupported-owner");
    assert_non_null(lane_of("lane-b")->problem);
}

/* 59: names. */
static void case_59_names(void **state) {
    fixture *fx = *state;
    const orx_lane *lane = NULL;
    read_lanes(
        fx, "config/lanes.json",
        "[{\"id\": \"lane-b\", \"owner\": \"codex\"}, {\"id\": \"Lane\", \"owner\": \"codex\"},"
        " {\"id\": \"lane\", \"owner\": \"codex\"}]");
    assert_string_equal(lane_of("LANE-B")->id, "lane-b");
    assert_string_equal(lane_of("lane")->id, "lane");
    assert_int_equal(orx_lanes_find(&lanes, "LANE", &lane, &fx->err), ORX_E_CONFLICT);
    assert_contains(fx->err.msg, "Lane, lane");
    assert_int_equal(orx_lanes_find(&lanes, "zz", &lane, &fx->err), ORX_E_NOT_FOUND);
    assert_contains(fx->err.msg, "Unknown lane id 'zz'");
    assert_null(lane);
}

typedef struct wrong {
    const char *member;
    const char *says;
} wrong;

static const wrong wrongs[] = {
    {"\"id\": \"../../evil\"", "cannot be the id"},
    {"\"id\": \"\"", "cannot be the id"},
    {"\"id\": \"primary\"", "orxaq's own"},
    {"\"id\": 7", "expected \"id\""},
    {"\"id\": \"x\", \"owner\": [1]", "expected \"owner\""},
    {"\"id\": \"x\", \"enabled\": \"false\"", "enabled: expected true or false"},
    {"\"id\": \"x\", \"continuous\": 1", "continuous: expected true or false"},
    {"\"id\": \"x\", \"validate_commands\": \"make test\"", "validate_commands: expected a list"},
    {"\"id\": \"x\", \"exclusive_paths\": [1]", "exclusive_paths: expected a text"},
    {"\"id\": \"x\", \"max_cycles\": \"many\"", "max_cycles: expected a whole number"},
    {"\"id\": \"x\", \"memory_max\": -1", "memory_max: expected a size such as 512MiB"},
    {"\"id\": \"x\", \"memory_max\": \"much\"", "memory_max: expected a size such as 512MiB"},
    {"\"id\": \"x\", \"memory_max\": true", "memory_max: expected a size such as 512MiB"},
    {"\"id\": \"x\", \"tasks_max\": \"8\"", "tasks_max: expected a whole number, or 0"},
    {"\"id\": \"x\", \"tasks_max\": -8", "tasks_max: expected a whole number, or 0"},
    {"\"id\": \"x\", \"env\": {\"A B\": \"1\"}", "env: expected a name"},
    {"\"id\": \"x\", \"env\": {\"A\": [1]}", "env.A: expected a text"},
    {"\"id\": \"x\", \"env\": []", "env: expected an object"},
    {"\"id\": \"x\", \"router\": \"nobody\"", "no entry \"nobody\""},
    {"\"id\": \"x\", \"depends_on\": [\"y\"]", "there is no lane \"y\""},
    {"\"id\": \"x\", \"depends_on\": [\"x\"]", "waits for itself"},
};

/* 60: each is an error of the lane, with its line. */
static void case_60_wrong_fields(void **state) {
    fixture *fx = *state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(wrongs); i++) {
        bool owner = strstr(wrongs[i].member, "owner") != NULL;
        read_lanes(fx, "config/lanes.json",
                   orx_arena_printf(&fx->arena,
                                    "[\n{%s%s},\n{\"id\": \"good\", \"owner\": \"codex\"}]",
                                    owner ? "" : "\"owner\": \"codex\", ", wrongs[i].member));
        assert_int_equal(lanes.count, 2);
        assert_null(lanes.items[1].problem);
        const char *problem = lanes.items[0].problem ? lanes.items[0].problem : "no problem";
        if (!strstr(problem, wrongs[i].says))
            fail_msg("%s: %s", wrongs[i].member, problem);
        assert_non_null(strstr(problem, "config/lanes.json:2:"));
    }
}

static void case_60_twice(void **state) {
    fixture *fx = *state;
    read_lanes(fx, "config/lanes.json",
               "[{\"id\": \"a\", \"owner\": \"codex\"},\n{\"id\": \"a\", \"owner\": \"codex\"}]");
    expect_problem("config/lanes.json:2:8", "used twice, first in config/lanes.json:1:2");
    assert_null(lanes.items[0].problem);
    assert_non_null(lanes.items[1].problem);
    read_lanes(fx, "config/lanes.json",
               "[{\"id\": \"a\", \"owner\": \"codex\", \"state_file\": \"s\"},\n"
               "{\"id\": \"b\", \"owner\": \"codex\", \"state_file\": \"s\"}]");
    expect_problem("config/lanes.json:2:45", "is the same as one of lane a");
}

static void circles(void **state) {
    fixture *fx = *state;
    read_lanes(fx, "config/lanes.json",
               "[{\"id\": \"a\", \"owner\": \"codex\", \"depends_on\": [\"b\"]},"
               "{\"id\": \"b\", \"owner\": \"codex\", \"depends_on\": [\"a\"]},"
               "{\"id\": \"c\", \"owner\": \"codex\"}, {\"id\": \"d\", \"owner\": \"codex\","
               " \"depends_on\": [\"c\"]}]");
    assert_non_null(lane_of("a")->problem);
    assert_non_null(lane_of("b")->problem);
    assert_null(lane_of("c")->problem);
    assert_null(lane_of("d")->problem);
}

/* A file that cannot be read is no lanes and one error. */
static void bad_files(void **state) {
    fixture *fx = *state;
    read_lanes(fx, "config/lanes.json", "[{\"id\": \"a\", ");
    assert_true(lanes.there);
    assert_int_equal(lanes.count, 0);
    assert_int_equal(found.errors, 1);
    assert_contains(found.first->text, "lanes_file: ");
    read_lanes(fx, "config/lanes.json", "{\"lanes\": 1}");
    expect_problem("config/lanes.json:1:11", "expected a list of lanes");
    read_lanes(fx, "config/lanes.json", "[1]");
    expect_problem("config/lanes.json:1:2", "expected a lane");
}

static void the_same_in_yaml(void **state) {
    fixture *fx = *state;
    read_lanes(fx, "config/lanes.yaml",
               "lanes:\n  - id: a\n    owner: codex\n    exclusive_paths: [src/text]\n"
               "    max_cycles: lots\n");
    assert_string_equal(lanes.label, "config/lanes.yaml");
    expect_problem("config/lanes.yaml:5:17", "max_cycles: expected a whole number");
    assert_string_equal(lane_of("a")->exclusive_paths.items[0], "src/text");
}

/* Those of the configuration, unless the lane has its own; 0 is one, too. */
static void what_a_lane_may_take(void **state) {
    fixture *fx = *state;
    spit(fx, "orxaq.yaml", "limits: {memory_max: 2GiB, tasks_max: 100}\n");
    read_lanes(
        fx, "config/lanes.json",
        "[{\"id\": \"a\", \"owner\": \"codex\"},\n"
        " {\"id\": \"b\", \"owner\": \"codex\", \"memory_max\": \"512MiB\", \"tasks_max\": 7},\n"
        " {\"id\": \"c\", \"owner\": \"codex\", \"memory_max\": 4096, \"tasks_max\": 0}]");
    assert_null(found.first);
    assert_int_equal(lane_of("a")->memory_max, INT64_C(2) << 30);
    assert_int_equal(lane_of("a")->tasks_max, 100);
    assert_int_equal(lane_of("b")->memory_max, 512 << 20);
    assert_int_equal(lane_of("b")->tasks_max, 7);
    assert_int_equal(lane_of("c")->memory_max, 4096);
    assert_int_equal(lane_of("c")->tasks_max, 0);
}

static void ten_thousand(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (int i = 0; i < ORX_LANES_MAX; i++)
        orx_str_addf(&text,
                     "%s{\"id\": \"l%d\", \"owner\": \"codex\", \"exclusive_paths\": [\"d%d\"]}",
                     i ? ",\n" : "[", i, i);
    orx_str_addc(&text, ']');
    read_lanes(fx, "config/lanes.json", orx_str_cstr(&text));
    assert_null(found.first);
    assert_int_equal(lanes.count, ORX_LANES_MAX);
    orx_str_truncate(&text, text.len - 1);
    orx_str_adds(&text, ", {\"id\": \"more\", \"owner\": \"codex\"}]");
    read_lanes(fx, "config/lanes.json", orx_str_cstr(&text));
    assert_int_equal(lanes.count, 0);
    assert_contains(found.first->text, "at most 10000 lanes");
}

static void unknown_keys_are_warnings(void **state) {
    fixture *fx = *state;
    read_lanes(fx, "config/lanes.json",
               "[{\"id\": \"a\", \"owner\": \"codex\", \"exclusive_path\": []}]");
    assert_int_equal(found.errors, 0);
    assert_int_equal(found.warnings, 1);
    assert_contains(found.first->text, "did you mean exclusive_paths?");
}

/* ---- As a configuration ---------------------------------------------------------------------- */

static orx_config *config_of(fixture *fx, const char *id) {
    orx_config *cfg = NULL;
    orx_config_lane *overrides = ORX_ARENA_NEW(&fx->arena, orx_config_lane);
    orx_lane_overrides(&lanes, lane_of(id), fx->cfg, &fx->arena, overrides);
    orx_config_options options = fx->options;
    options.lane = overrides;
    assert_ok(orx_config_load(fx->p, &options, &cfg, &fx->diags, &fx->err), &fx->err);
    return cfg;
}

static const char two_lanes[] =
    "[{\"id\": \"a\", \"owner\": \"codex\", \"codex_model\": \"m1\", \"codex_cmd\": "
    "\"/opt/codex\",\n"
    "\"gemini_cmd\": \"/opt/gemini\", \"gemini_fallback_models\": \"x; y,z\",\n"
    "\"validate_commands\": [\"true\"], \"env\": {\"COLOUR\": \"red\","
    " \"ORXAQ_AUTONOMY_LOCAL_ONLY\": 1},\n"
    "\"exclusive_paths\": [\"src/text/\"], \"max_attempts\": 3, \"worktree_base_ref\": "
    "\"trunk\"},\n"
    " {\"id\": \"b\", \"owner\": \"codex\", \"isolated_worktree\": false}]";

/* 61, 62: program, model and environment of the lane beat those of the root. */
static void case_61_62_overrides(void **state) {
    fixture *fx = *state;
    put_env("ORXAQ_AUTONOMY_CODEX_MODEL", "of-the-root");
    put_env("COLOUR", "blue");
    read_lanes(fx, "config/lanes.json", two_lanes);
    assert_null(found.first);
    orx_config *cfg = config_of(fx, "a");
    const orx_provider_config *codex = orx_config_provider(cfg, "codex");
    const orx_provider_config *gemini = orx_config_provider(cfg, "gemini");
    assert_string_equal(codex->model, "m1");
    assert_string_equal(orx_config_provider(fx->cfg, "codex")->model, "of-the-root");
    assert_string_equal(orx_node_str(orx_node_get(codex->settings, "program"), ""), "/opt/codex");
    assert_string_equal(orx_node_str(orx_node_path(gemini->settings, "program[0]"), ""),
                        "/opt/gemini");
    assert_int_equal(gemini->models.count, 3);
    assert_true(cfg->run.local_only);
    assert_string_equal(cfg->run.owner_filter.items[0], "codex");
    assert_int_equal(cfg->retry.max_attempts, 3);
    assert_string_equal(orx_config_get(cfg, "retry.max_attempts")->where, "config/lanes.json:4:51");
    assert_string_equal(cfg->git.base, "trunk");
    assert_int_equal(cfg->git.isolation, ORX_ISOLATION_WORKTREE);
    assert_string_equal(cfg->paths.artifacts_dir, in_root(fx, "artifacts/autonomy/lanes/a"));
    assert_string_equal(cfg->paths.supervisor_lock_file, fx->cfg->paths.supervisor_lock_file);
    const char *const *env = NULL;
    const orx_child_env what = {0};
    assert_ok(orx_config_env_for_child(cfg, &what, &fx->arena, &env, &fx->err), &fx->err);
    bool red = false;
    for (; *env; env++)
        red = red || strcmp(*env, "COLOUR=red") == 0;
    assert_true(red);
    orx_config_free(cfg);
}

/* The claim is the scope of the lane, and is forbidden to lanes without one. */
static void claims_are_scopes(void **state) {
    fixture *fx = *state;
    read_lanes(fx, "config/lanes.json", two_lanes);
    orx_config *a = config_of(fx, "a");
    orx_config *b = config_of(fx, "b");
    assert_int_equal(a->scope.allowed_paths.count, 2);
    assert_string_equal(a->scope.allowed_paths.items[0], "src/text");
    assert_string_equal(a->scope.allowed_paths.items[1], "src/text/**");
    assert_int_equal(a->scope.forbidden_paths.count, 0);
    assert_int_equal(b->scope.allowed_paths.count, 0);
    assert_int_equal(b->scope.forbidden_paths.count, 2);
    assert_int_equal(b->git.isolation, ORX_ISOLATION_IN_PLACE);
    orx_config_free(a);
    orx_config_free(b);
}

/* A flag is about this run and beats the lane. */
static void flags_win(void **state) {
    fixture *fx = *state;
    read_lanes(fx, "config/lanes.json", two_lanes);
    put_flag(fx, "max-attempts", "5");
    fx->options.flag_count = 1;
    orx_config *cfg = config_of(fx, "a");
    assert_int_equal(cfg->retry.max_attempts, 5);
    orx_config_free(cfg);
}

/* ---- The plan -------------------------------------------------------------------------------- */

static bool nothing_is_done(const char *lane, void *user) {
    (void)lane;
    return *(bool *)user;
}

static const orx_lane_verdict *plan_of(fixture *fx, bool done) {
    const orx_lane_plan_input input = {
        .p = fx->p, .cfg = fx->cfg, .is_done = nothing_is_done, .user = &done};
    return orx_lanes_plan(&lanes, &input, &fx->arena);
}

#define LANE(id, more) "{\"id\": \"" id "\", \"owner\": \"codex\", \"impl_repo\": \".\"" more "}"

static void the_plan(void **state) {
    fixture *fx = *state;
    spit(fx, "config/tasks.json", "[]");
    read_lanes(
        fx, "config/lanes.json",
        "[" LANE("late", ", \"priority\": 2, \"exclusive_paths\": [\"src/text\"]") "," LANE("first", ", \"priority\": 1, \"exclusive_paths\": [\"src\"]") "," LANE(
            "after",
            ", \"exclusive_paths\": [\"src/x\"], \"depends_on\": [\"first\"],"
            " \"priority\": 3") "," LANE("off",
                                         ", \"enabled\": false") "," LANE("docs",
                                                                          ", \"exclusive_paths\": "
                                                                          "[\"docs\"]") ","
                                                                                        "{\"id\": "
                                                                                        "\"gone\", "
                                                                                        "\"owner\":"
                                                                                        " \"codex\""
                                                                                        ", "
                                                                                        "\"impl_"
                                                                                        "repo\": "
                                                                                        "\"nowhere"
                                                                                        "\"}," LANE("broken", ", \"max_cycles\": []") "," LANE(
                                                                                            "taskle"
                                                                                            "ss",
                                                                                            ", "
                                                                                            "\"task"
                                                                                            "s_"
                                                                                            "file\""
                                                                                            ": "
                                                                                            "\"none"
                                                                                            ".json"
                                                                                            "\"") "," LANE("direct",
                                                                                                           ", \"isolated_worktree\": false") "," LANE("direct2",
                                                                                                                                                      ", \"isolated_worktree\": false") "]");
    static const char *const codes[] = {
        "claim_conflict", "ready",       "waits_for_lane",     "disabled", "ready",
        "missing_repo",   "lane_config", "missing_tasks_file", "ready",    "checkout_conflict"};
    /* A folder is no repository. */
    assert_string_equal(plan_of(fx, false)[1].code, "no_repository");
    assert_string_equal(plan_of(fx, false)[1].text,
                        orx_arena_printf(&fx->arena, "%s is no git repository", fx->root));
    spit(fx, ".git/HEAD", "ref: refs/heads/main\n");
    const orx_lane_verdict *v = plan_of(fx, false);
    for (size_t i = 0; i < ORX_ARRAY_LEN(codes); i++)
        if (strcmp(v[i].code, codes[i]) != 0 || v[i].start != (strcmp(codes[i], "ready") == 0))
            fail_msg("%s: %s: %s", v[i].lane->id, v[i].code, v[i].text);
    assert_ptr_equal(v[0].other, lane_of("first"));
    assert_contains(v[0].text, "\"src/text\" overlaps with \"src\" of lane first");
    assert_ptr_equal(v[9].other, lane_of("direct"));
    assert_string_equal(plan_of(fx, true)[2].code, "ready");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(no_file),
        TEST(case_55_57_defaults),
        TEST(case_54_moved_artifacts),
        TEST(case_56_extra_high),
        TEST(case_58_unknown_owner),
        TEST(case_59_names),
        TEST(case_60_wrong_fields),
        TEST(case_60_twice),
        TEST(circles),
        TEST(bad_files),
        TEST(the_same_in_yaml),
        TEST(what_a_lane_may_take),
        TEST(ten_thousand),
        TEST(unknown_keys_are_warnings),
        TEST(case_61_62_overrides),
        TEST(claims_are_scopes),
        TEST(flags_win),
        TEST(the_plan),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    orx_diags_free(&found);
    return rc;
}
