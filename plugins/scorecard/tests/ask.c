#include "ask.h"

#include "data/json.h"
#include "drive.h"
#include "plugin/respond.h"

#include <stdlib.h>

const char ask_t[] =
    "providers:\n"
    "  x: {allowed_models: [A, B, C], default_objective: cost_speed, fallback_model: A}\n"
    "model_catalog:\n"
    "  A: {input_per_million: 0.1, output_per_million: 0.2, speed_tps: 250, quality_score: 50,\n"
    "      max_context_tokens: 16000, local: true}\n"
    "  B: {input_per_million: 0.5, output_per_million: 1.0, speed_tps: 140, quality_score: 72,\n"
    "      max_context_tokens: 32000, local: true}\n"
    "  C: {input_per_million: 2, output_per_million: 4, speed_tps: 70, quality_score: 95,\n"
    "      max_context_tokens: 128000}\n";

int ask_setup(void **state) {
    return drive_setup(state, "scorecard");
}

void ask_shipped(drive *d, const char *variant, const char *profile) {
    const char *source = getenv("ORX_SOURCE_DIR");
    assert_non_null(source);
    drive_instance(d, orx_arena_printf(&d->w->arena,
                                       "policy: %s/config/routellm_policy%s%s.json\nprofile: %s",
                                       source, *variant ? "." : "", variant, profile));
}

void ask_policy(drive *d, const char *policy, const char *profile) {
    const char *path = world_file(d->w, "policy.yaml", policy);
    drive_instance(d, orx_arena_printf(&d->w->arena, "policy: %s\nprofile: %s", path, profile));
}

const orx_node *ask(drive *d, const char *question) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_node *asked = NULL;
    const orx_node *answer = NULL;
    assert_ok(orx_json_parse(&d->w->arena, "question", orx_view_of(question), &orx_limits_config,
                             &asked, &err),
              &err);
    assert_ok(orx_respond(d->instance, asked, &text, &err), &err);
    assert_ok(orx_json_parse(&d->w->arena, "answer", orx_str_view(&text), &orx_limits_data, &answer,
                             &err),
              &err);
    return answer;
}

const orx_node *ask_for(drive *d, const char *provider, double difficulty, int tokens,
                        const char *prompt) {
    return ask(d, orx_arena_printf(&d->w->arena,
                                   "{\"provider\": \"%s\", \"prompt_difficulty_score\": %g, "
                                   "\"prompt_tokens_est\": %d, \"prompt\": \"%s\"}",
                                   provider, difficulty, tokens, prompt));
}

static const orx_node *member(const orx_node *answer, const char *path) {
    const orx_node *n = orx_node_path(answer, path);
    if (!n)
        fail_msg("the answer has no %s", path);
    return n;
}

const char *answered(const orx_node *answer, const char *path) {
    const orx_node *n = member(answer, path);
    assert_int_equal(n->kind, ORX_STRING);
    return orx_node_str(n, NULL);
}

double figure(const orx_node *answer, const char *path) {
    const orx_node *n = member(answer, path);
    assert_true(n->kind == ORX_DOUBLE || n->kind == ORX_INT);
    return orx_node_num(n, 0);
}

bool truth(const orx_node *answer, const char *path) {
    const orx_node *n = member(answer, path);
    assert_int_equal(n->kind, ORX_BOOL);
    return orx_node_bool(n, false);
}

double score_of(const orx_node *answer, const char *model) {
    ORX_NODE_EACH(orx_node_get(answer, "candidate_scores"), row)
    if (strcmp(orx_node_str(orx_node_get(row, "model"), ""), model) == 0)
        return figure(row, "score");
    fail_msg("the answer has no row for %s", model);
    return 0;
}
