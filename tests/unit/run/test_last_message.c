/* What codex said last about a task is a file of the task's name; of others there is none. */
#include "run/last_message.h"

#include "../store/fixture.h"

typedef struct scene {
    fixture *f;
    orx_config cfg;
    orx_provider_config provider_cfg;
    orx_provider provider;
    orx_run_step step;
    orx_runner r;
    orx_try t;
} scene;

static void begin(scene *s, fixture *f, const char *plugin, const char *task) {
    *s = (scene){.f = f};
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_mkdirs(f->p, f->root, false, &err), &err);
    s->cfg.paths.artifacts_dir = f->root;
    s->provider_cfg = (orx_provider_config){.name = "coder", .plugin = plugin};
    s->provider.cfg = &s->provider_cfg;
    s->step.provider = &s->provider;
    s->r = (orx_runner){.p = f->p, .cfg = &s->cfg};
    s->t = (orx_try){.r = &s->r, .provider = &s->provider, .step = &s->step};
    s->t.task.id = task;
    s->t.facts.kind = ORXAQ_KIND_OK;
    orx_result_empty(&s->t.result, ORX_CLAIM_NONE);
}

static void end(scene *s) {
    orx_str_free(&s->t.answer);
    orx_arena_free(&s->t.arena);
}

static bool is_there(fixture *f, const char *name) {
    return fixture_exists(fixture_path(f, name));
}

static void expect_file(fixture *f, const char *name, const char *text) {
    ORX_CLEANUP(orx_freep)
    char *have = fixture_read(fixture_path(f, name));
    assert_string_equal(have, text);
}

static void the_result_is_an_object(void **state) {
    static const char *const checks[] = {"make test", NULL};
    scene s;
    begin(&s, *state, "codex", "fix-1");
    s.t.result.claim = ORX_CLAIM_DONE;
    s.t.result.summary = "it works";
    s.t.result.validations = checks;
    orx_last_message_keep(&s.t);
    expect_file(*state, "fix-1_codex_result.json",
                "{\"blocker\": \"\", \"commit\": \"\", \"next_actions\": [], \"status\": \"done\","
                " \"summary\": \"it works\", \"validations\": [\"make test\"]}\n");
    end(&s);
}

static void words_stay_words(void **state) {
    scene s;
    begin(&s, *state, "codex", "talk");
    orx_str_adds(&s.t.answer, "I could not.");
    orx_last_message_keep(&s.t);
    expect_file(*state, "talk_codex_result.json", "I could not.");
    end(&s);
}

static void an_attempt_begins_without_it(void **state) {
    scene s;
    begin(&s, *state, "codex", "again");
    s.t.result.claim = ORX_CLAIM_PARTIAL;
    orx_last_message_keep(&s.t);
    assert_true(is_there(*state, "again_codex_result.json"));
    orx_last_message_forget(&s.t);
    assert_false(is_there(*state, "again_codex_result.json"));
    orx_last_message_forget(&s.t); /* nothing there is nothing to say */
    s.t.facts.kind = ORXAQ_KIND_NETWORK;
    orx_last_message_keep(&s.t);
    assert_false(is_there(*state, "again_codex_result.json"));
    end(&s);
}

static void others_have_none(void **state) {
    scene s;
    begin(&s, *state, "command", "other");
    s.t.result.claim = ORX_CLAIM_DONE;
    orx_last_message_keep(&s.t);
    assert_false(is_there(*state, "other_codex_result.json"));
    end(&s);
}

/* The predecessor put the id into the path as it was. */
static void a_name_stays_in_the_folder(void **state) {
    scene s;
    begin(&s, *state, "codex", "../../up/x");
    s.t.result.claim = ORX_CLAIM_DONE;
    orx_last_message_keep(&s.t);
    assert_true(is_there(*state, "-.-..-up-x_codex_result.json"));
    end(&s);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(the_result_is_an_object), T(words_stay_words),           T(an_attempt_begins_without_it),
        T(others_have_none),        T(a_name_stays_in_the_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
