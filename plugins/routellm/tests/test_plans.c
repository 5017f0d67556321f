/* The plugin as the runner sees it: settings, weights, plans. */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

#define ALL "tiny=1000000 small=2000000 medium=4000000 good=8000000 large=16000000 grand=32000000"

static const orxaq_task_features a_task = {.struct_size = sizeof a_task,
                                           .attempt = 1,
                                           .last_kind = -1,
                                           .prompt_tokens = 100,
                                           .text = {"do something", 12}};

static orxaq_task_features task_of(const synth_task *t) {
    orxaq_task_features task = a_task;
    task.text = (orxaq_view){t->text, t->len};
    return task;
}

/* Mean true probability of those chosen first, and their mean cost, over the tasks of the test. */
static void judge(rig *r, double *ret_quality, double *ret_cost) {
    double quality = 0;
    double cost = 0;
    for (int i = 0; i < r->world->test_count; i++) {
        orx_plan plan;
        const orxaq_task_features task = task_of(&r->world->test[i]);
        assert_true(*rig_plan(r, &task, ALL, &plan) != '!');
        int m = (int)plan.steps[0].candidate;
        quality += synth_p(r->world, &r->world->test[i], m);
        cost += r->world->cost[m];
    }
    *ret_quality = quality / r->world->test_count;
    *ret_cost = cost / r->world->test_count;
}

static void hard_tasks_go_to_the_strong(void **state) {
    rig *r = *state;
    for (int router = 0; router < RL_RANDOM; router++) {
        double quality[3];
        double cost[3];
        for (int i = 0; i < 3; i++) {
            assert_null(rig_settings(r, "{\"weights\": %s, \"share\": %g}", rig_weights(r, router),
                                     i * 0.5));
            judge(r, &quality[i], &cost[i]);
        }
        if (quality[0] > quality[1] || quality[1] > quality[2] || cost[0] >= cost[1] ||
            cost[1] >= cost[2])
            fail_msg("%s: quality %.3f %.3f %.3f, cost %.0f %.0f %.0f", rl_router_name(router),
                     quality[0], quality[1], quality[2], cost[0], cost[1], cost[2]);
        /* A draw gets half of the way with half of the tasks; who has learned gets further. */
        double way = (quality[1] - quality[0]) / (quality[2] - quality[0]);
        double paid = (cost[1] - cost[0]) / (cost[2] - cost[0]);
        if (router == RL_MF && way < paid + 0.1)
            fail_msg("%.3f of the way for %.3f of the money", way, paid);
    }
}

static void every_candidate_is_in_the_plan_and_scored(void **state) {
    rig *r = *state;
    orx_plan plan;
    assert_null(rig_settings(r, "{\"weights\": %s}", rig_weights(r, RL_MF)));
    const char *text = rig_plan(r, &a_task, "stranger=5 " ALL, &plan);
    assert_int_equal(plan.count, 7);
    assert_contains(text, "stranger");
    assert_string_equal(plan.scores[0].why, "not_learned");
    assert_true(plan.scores[0].score > 0.499 && plan.scores[0].score < 0.501);
    for (int i = 1; i < 7; i++) {
        assert_string_equal(plan.scores[i].why, "learned");
        assert_true(plan.scores[i].score > 0 && plan.scores[i].score < 1);
    }
    assert_true(plan.scores[6].score > plan.scores[1].score);
    assert_string_equal(plan.reason, "mf_cheapest_good");
    assert_true(plan.propensity >= 1);
}

static void r73_a_task_names_its_threshold(void **state) {
    rig *r = *state;
    orx_plan plan;
    orxaq_task_features task = a_task;
    assert_null(rig_settings(r, "{\"weights\": %s}", rig_weights(r, RL_MF)));
    task.model_wanted = orxaq_str("router-mf-0");
    assert_memory_equal(rig_plan(r, &task, ALL, &plan), "grand", 5);
    assert_string_equal(plan.reason, "mf_strong");
    task.model_wanted = orxaq_str("router-mf-1");
    assert_memory_equal(rig_plan(r, &task, ALL, &plan), "tiny", 4);
    assert_string_equal(plan.reason, "mf_weaker");
    task.model_wanted = orxaq_str("router-mf-1.2");
    assert_contains(rig_plan(r, &task, ALL, &plan), "no number between 0 and 1");
    task.model_wanted = orxaq_str("router-bert-0.2");
    assert_contains(rig_plan(r, &task, ALL, &plan), "none of the routers");
    task.model_wanted = orxaq_str("router-sw-0.2");
    assert_contains(rig_plan(r, &task, ALL, &plan), "those of another router");
    task.model_wanted = orxaq_str("medium"); /* not ours to decide */
    assert_true(*rig_plan(r, &task, ALL, &plan) != '!');
}

static void chance_needs_no_weights(void **state) {
    rig *r = *state;
    orx_plan plan;
    int strong = 0;
    assert_null(rig_settings(r, "{\"model\": \"router-random-0.7\"}"));
    for (int i = 0; i < 400; i++) {
        orxaq_candidate list[2] = {{.struct_size = sizeof list[0], .model = orxaq_str("cheap")},
                                   {.struct_size = sizeof list[0], .model = orxaq_str("dear")}};
        list[0].cost_nano_usd = 1;
        list[1].cost_nano_usd = 2;
        const orxaq_budget budget = {.struct_size = sizeof budget};
        const orxaq_route_request request = {.struct_size = sizeof request,
                                             .candidate_count = 2,
                                             .task = &a_task,
                                             .candidates = list,
                                             .budget = &budget,
                                             .seed = (uint64_t)i};
        orx_err err = ORX_ERR_INIT;
        assert_ok(orx_route_select(r->instance, &request, &r->arena, &plan, &err), &err);
        int took = plan.steps[0].candidate == 1;
        strong += took;
        assert_true(plan.propensity > (took ? 0.299 : 0.699) &&
                    plan.propensity < (took ? 0.301 : 0.701));
    }
    assert_true(strong > 90 && strong < 150);
}

/* Everybody's own rate of success decides as long as there is nothing better. */
static void without_weights_the_own_rate_counts(void **state) {
    rig *r = *state;
    orx_plan plan;
    orxaq_task_features task = a_task;
    assert_null(rig_settings(r, "{}"));
    assert_memory_equal(rig_plan(r, &task, ALL, &plan), "tiny", 4);
    assert_string_equal(plan.reason, "untrained_cheapest_good");
    assert_string_equal(plan.scores[0].why, "not_learned");
    task.model_wanted = orxaq_str("router-mf-0.3");
    assert_contains(rig_plan(r, &task, ALL, &plan), "nothing was learned yet");
}

static void settings_that_cannot_be_are_refused(void **state) {
    rig *r = *state;
    const char *mf = rig_weights(r, RL_MF);
    assert_contains(rig_settings(r, "{\"share\": 0.3}"), "no calibration");
    assert_contains(rig_settings(r, "{\"weights\": %s, \"share\": 0.3, \"cost\": 1}", mf),
                    "five ways to say the same");
    assert_contains(rig_settings(r, "{\"weights\": %s, \"model\": \"router-sw-0.3\"}", mf),
                    "those of another router");
    assert_contains(rig_settings(r, "{\"weights\": %s, \"model\": \"mf\"}", mf), "router-mf-0.3");
    assert_contains(rig_settings(r, "{\"model\": \"router-mf-0.3\"}"), "`weights`");
    assert_contains(rig_settings(r, "{\"weights\": {}}"), "no weights document");
    assert_contains(rig_settings(r, "{\"weights\": [1]}"), "no weights document");
    assert_contains(
        rig_settings(r, "{\"weights\": {\"format\": \"orxaq.routellm.weights\", \"version\": 3}}"),
        "newer version");
    assert_null(rig_settings(r, "{\"weights\": %s, \"cost\": 0.004}", mf));
    assert_null(rig_settings(r, "{\"weights\": %s, \"quality\": 0.6}", mf));
    assert_contains(rig_settings(r, "{\"keep\": 0.95}"), "do not say what quality costs");
    assert_contains(rig_settings(r, "{\"weights\": %s, \"keep\": 0.9, \"share\": 0.1}", mf),
                    "five ways to say the same");
    assert_contains(rig_settings(r, "{\"weights\": %s, \"keep\": 0.95}", rig_weights(r, RL_RANDOM)),
                    "do not say what quality costs");
}

/* The more is to be kept, the dearer is the first; and so much is kept, of tasks of other families
 * than those that were learned from. */
static void keep_says_what_may_be_lost(void **state) {
    rig *r = *state;
    orx_plan plan;
    orxaq_task_features task = a_task;
    double quality[2];
    double cost[2];
    const char *mf = rig_weights(r, RL_MF);
    for (int i = 0; i < 2; i++) {
        assert_null(rig_settings(
            r, i ? "{\"weights\": %s, \"keep\": 0.95}" : "{\"weights\": %s, \"share\": 1}", mf));
        judge(r, &quality[i], &cost[i]);
    }
    assert_true(quality[1] > 0.9 * quality[0] && cost[1] < 0.7 * cost[0]);
    assert_null(rig_settings(r, "{\"weights\": %s, \"keep\": 0}", mf));
    assert_memory_equal(rig_plan(r, &task, ALL, &plan), "tiny", 4);
    assert_string_equal(plan.reason, "mf_best_value");
    assert_string_equal(plan.objective, "keep");
    assert_null(rig_settings(r, "{\"weights\": %s, \"keep\": 1}", mf));
    assert_memory_not_equal(rig_plan(r, &task, ALL, &plan), "tiny", 4);
    task.model_wanted = orxaq_str("router-mf-1"); /* a task's own word comes first */
    assert_memory_equal(rig_plan(r, &task, ALL, &plan), "tiny", 4);
    assert_string_equal(plan.reason, "mf_weaker");
}

/* ---- Exploration ----------------------------------------------------------------------------- */

typedef struct attempts {
    int explored;
    int decisions;
    double weight; /* sum of 1 / propensity of what was explored */
} attempts;

/* Decisions with different seeds. `usual` is what is first without exploration. */
static attempts decide_often(rig *r, const orxaq_task_features *task, const char *usual) {
    attempts t = {.decisions = 4000};
    for (r->seed = 0; r->seed < (uint64_t)t.decisions; r->seed++) {
        orx_plan plan;
        assert_true(*rig_plan(r, task, ALL, &plan) != '!');
        assert_int_equal(plan.count, 6);
        bool other = strcmp(plan.steps[0].model, usual) != 0;
        assert_int_equal(other, strcmp(plan.reason, "mf_explored") == 0);
        assert_true(plan.propensity > 0 && plan.propensity <= (other ? 0.05 : 1));
        t.explored += other;
        t.weight += other ? 1 / plan.propensity : 0;
        if (r->seed % 100 == 0)
            orx_arena_reset(&r->scratch, 0);
    }
    return t;
}

static void exploration_is_bounded_and_states_its_chance(void **state) {
    rig *r = *state;
    orx_plan plan;
    orxaq_task_features task = a_task;
    task.priority = 5;
    const char *mf = rig_weights(r, RL_MF);
    assert_null(rig_settings(r, "{\"weights\": %s, \"quality\": 0.6}", mf));
    rig_plan(r, &task, ALL, &plan);
    const char *usual = orx_arena_strdup(&r->arena, plan.steps[0].model);
    attempts t = decide_often(r, &task, usual);
    assert_int_equal(t.explored, 0);
    assert_null(rig_settings(
        r, "{\"weights\": %s, \"quality\": 0.6, \"explore\": 0.05, \"explore_reach\": 1}", mf));
    t = decide_often(r, &task, usual);
    assert_in_range(t.explored, 150, 250); /* 5 % */
    /* Weighted with 1 / propensity, what was drawn stands for all decisions, once per model. */
    assert_true(t.weight > 0.5 * t.decisions && t.weight < 6.0 * t.decisions);
    assert_contains(rig_settings(r, "{\"weights\": %s, \"explore\": 0.06}", mf), "explore");
}

static void nothing_is_tried_on_protected_tasks(void **state) {
    rig *r = *state;
    orx_plan plan;
    orxaq_task_features task = a_task;
    assert_null(rig_settings(r,
                             "{\"weights\": %s, \"quality\": 0.6, \"explore\": 0.05, "
                             "\"explore_reach\": 1, \"protected\": [\"a\", \"codex\"], "
                             "\"protected_priority\": 2}",
                             rig_weights(r, RL_MF)));
    task.priority = 2;
    rig_plan(r, &task, ALL, &plan);
    const char *usual = orx_arena_strdup(&r->arena, plan.steps[0].model);
    assert_int_equal(decide_often(r, &task, usual).explored, 0);
    task.priority = 3;
    assert_true(decide_often(r, &task, usual).explored > 0);
    task.owner = orxaq_str("codex");
    assert_int_equal(decide_often(r, &task, usual).explored, 0);
    task.owner = orxaq_str("other");
    task.attempt = 2;
    assert_int_equal(decide_often(r, &task, usual).explored, 0);
}

/* ---- Drift ----------------------------------------------------------------------------------- */

static void feed_back(rig *r) {
    const orxaq_route_feedback feedback = {.struct_size = sizeof feedback, .verified = 1};
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_route_feedback(r->instance, &feedback, &err), &err);
}

/* So many decisions on tasks of the world, each heard of. */
static void decide_world(rig *r, int count, const synth_task *only) {
    for (int i = 0; i < count; i++) {
        orx_plan plan;
        const orxaq_task_features task =
            task_of(only ? only : &r->world->train[i % r->world->train_count]);
        rig_plan(r, &task, ALL, &plan);
        feed_back(r);
        if (i % 100 == 0)
            orx_arena_reset(&r->scratch, 0);
    }
}

static void a_share_that_drifts_is_told_once(void **state) {
    rig *r = *state;
    const char *mf = rig_weights(r, RL_MF);
    const synth_task *hard = &r->world->train[0];
    for (int i = 0; i < r->world->train_count; i++)
        if (r->world->train[i].difficulty > hard->difficulty)
            hard = &r->world->train[i];
    orx_str_truncate(&r->log, 0);
    assert_null(rig_settings(r, "{\"weights\": %s, \"share\": 0.3}", mf));
    decide_world(r, 1500, NULL);
    assert_string_equal(orx_str_cstr(&r->log), "");
    /* Now everything is hard; a new process goes on where the last one was. */
    decide_world(r, 30, hard);
    assert_null(rig_settings(r, "{\"weights\": %s, \"share\": 0.3}", mf));
    assert_string_equal(orx_str_cstr(&r->log), "");
    decide_world(r, 400, hard);
    const char *told = orx_str_cstr(&r->log);
    assert_contains(told, "drift: the strong model got ");
    assert_null(strstr(strstr(told, "drift: ") + 1, "drift: "));
}

/* Weights of six models and few rows, so that every byte can be tried. */
static const char *little_weights(rig *r) {
    synth *world = synth_new(5, 12, 1);
    rl_set set = {0};
    rl_model model;
    synth_record(world, 2, &set);
    assert_int_equal(rl_train(RL_LINEAR, &set, 1, &model), 0);
    char *text = rl_weights_text(&model);
    const char *kept = orx_arena_strdup(&r->arena, text);
    free(text);
    rl_model_free(&model);
    rl_set_free(&set);
    synth_free(world);
    return kept;
}

/* "trained" and what stands behind it is read by people only. */
static bool for_people(const char *text, size_t at) {
    const char *begin = strstr(text, "\"trained\": {");
    const char *end = strchr(begin, '}');
    return text + at > begin && text + at < end;
}

static void every_damaged_byte_is_found_or_means_nothing(void **state) {
    rig *r = *state;
    orx_plan plan;
    const char *good = little_weights(r);
    char *text = orx_arena_strdup(&r->arena, good);
    size_t refused = 0;
    size_t tried = 0;
    assert_null(rig_settings(r, "{\"weights\": %s}", good));
    const char *expected = rig_plan(r, &a_task, ALL, &plan);
    double score = plan.scores[2].score;
    for (size_t i = 0; good[i]; i++) {
        text[i] = (char)(good[i] ^ (i % 2 ? 0x01 : 0x20));
        tried++;
        const char *problem = rig_parse(r, text) ? rig_settings(r, "{\"weights\": %s}", text) : "";
        if (problem) {
            refused++;
        } else {
            assert_string_equal(rig_plan(r, &a_task, ALL, &plan), expected);
            assert_true(plan.scores[2].score >= score && plan.scores[2].score <= score);
            /* A blank, a digit's case: the same document. */
            assert_true(for_people(good, i) || good[i] == ' ' || good[i] == '\n');
        }
        text[i] = good[i];
    }
    assert_true(refused > tried * 9 / 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hard_tasks_go_to_the_strong),
        cmocka_unit_test(every_candidate_is_in_the_plan_and_scored),
        cmocka_unit_test(r73_a_task_names_its_threshold),
        cmocka_unit_test(chance_needs_no_weights),
        cmocka_unit_test(without_weights_the_own_rate_counts),
        cmocka_unit_test(settings_that_cannot_be_are_refused),
        cmocka_unit_test(keep_says_what_may_be_lost),
        cmocka_unit_test(exploration_is_bounded_and_states_its_chance),
        cmocka_unit_test(nothing_is_tried_on_protected_tasks),
        cmocka_unit_test(a_share_that_drifts_is_told_once),
        cmocka_unit_test(every_damaged_byte_is_found_or_means_nothing),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
