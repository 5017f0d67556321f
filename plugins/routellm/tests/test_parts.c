/* The parts of the plugin that compute: names, thresholds, the rule, calibration, bytes. */
#include "rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse(const char *text, int *router, double *threshold) {
    return rl_name_parse(text, strlen(text), router, threshold);
}

static void r73_names_with_a_router_and_a_threshold(void **state) {
    static const char *const strangers[] = {"router-bert-0.5", "router-", "router-MF-0.5"};
    static const char *const bad[] = {"router-mf-1.2",   "router-mf-",    "router-mf--0.1",
                                      "router-mf-nan",   "router-mf-0x1", "router-mf-0.5 ",
                                      "router-mf-1e-1-", "router-mf",     "router-mf-+0.5"};
    int router = -1;
    double threshold = -1;
    (void)state;
    assert_int_equal(parse("router-mf-0.11593", &router, &threshold), 1);
    assert_int_equal(router, RL_MF);
    assert_true(fabs(threshold - 0.11593) < 1e-15);
    assert_int_equal(parse("router-sw_ranking-1", &router, &threshold), 1);
    assert_int_equal(router, RL_SW);
    assert_int_equal(parse("gpt-5-codex", &router, &threshold), 0);
    for (size_t i = 0; i < ORX_ARRAY_LEN(strangers); i++)
        assert_int_equal(parse(strangers[i], &router, &threshold), -1);
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        if (parse(bad[i], &router, &threshold) != -2)
            fail_msg("%s was read", bad[i]);
}

/* ---- The rule -------------------------------------------------------------------------------- */

static void a_win_rate_equal_to_the_threshold_takes_the_strong(void **state) {
    (void)state;
    rl_rule rule = {.threshold = rl_win_rate(2, 1)};
    const rl_arm weak = {.logit = 1, .cost = 1, .index = 0};
    const rl_arm strong = {.logit = 2, .cost = 9, .index = 1, .strong = 1};
    rl_arm arms[2] = {weak, strong};
    rl_choose(&rule, arms, 2);
    assert_int_equal(arms[0].index, 1);
    rule.threshold = nextafter(rule.threshold, 2);
    arms[0] = weak;
    arms[1] = strong;
    rl_choose(&rule, arms, 2);
    assert_int_equal(arms[0].index, 0);
}

static void of_many_the_cheapest_that_is_good_enough(void **state) {
    (void)state;
    const rl_rule rule = {.threshold = -1, .target = 0.9, .reach = 0.02};
    rl_arm arms[] = {{.logit = rl_logit(0.50), .cost = 1, .index = 0},
                     {.logit = rl_logit(0.89), .cost = 4, .index = 1},
                     {.logit = rl_logit(0.93), .cost = 9, .index = 2},
                     {.logit = rl_logit(0.99), .cost = HUGE_VAL, .index = 3}};
    rl_choose(&rule, arms, 4);
    assert_int_equal(arms[0].index, 1);
    assert_int_equal(arms[1].index, 2);
    assert_int_equal(arms[2].index, 3);
    assert_int_equal(arms[3].index, 0);
}

/* Half as probable for a tenth of the money: it depends on what a pass is worth. */
static void what_is_left_of_the_worth_decides(void **state) {
    (void)state;
    const rl_arm arms[] = {{.logit = rl_logit(0.4), .cost = 1, .index = 0},
                           {.logit = rl_logit(0.8), .cost = 10, .index = 1, .strong = 1},
                           {.logit = rl_logit(0.8), .cost = 11, .index = 2},
                           {.logit = rl_logit(0.99), .cost = HUGE_VAL, .index = 3},
                           {.logit = rl_logit(0.98), .cost = HUGE_VAL, .index = 4}};
    rl_rule rule = {.threshold = -1, .worth = 22, .target = 0.5};
    assert_int_equal(rl_pick(&rule, arms, 5), 0); /* 9 - 0.2 of 22 is more than 0.4 of it */
    rule.worth = 23;
    assert_int_equal(rl_pick(&rule, arms, 5), 1);
    assert_int_equal(rl_pick(&rule, arms + 3, 2), 0); /* nothing is known: the better one */
    rule.threshold = 0;                               /* asked for by name */
    assert_int_equal(rl_pick(&rule, arms, 3), 1);
}

/* ---- Calibration ----------------------------------------------------------------------------- */

/* What is held out makes the threshold with its one half and checks it with the other. */
static void r74_thirty_percent_are_thirty_percent(void **state) {
    (void)state;
    synth *world = synth_new(3, 52000, 1);
    rl_set set = {0};
    rl_model model;
    synth_record(world, 1, &set);
    for (int router = 0; router < RL_ROUTERS; router++) {
        if (router == RL_SW) /* remembers texts, so that each of 10,000 takes its time */
            continue;
        assert_int_equal(rl_train(router, &set, 1, &model), 0);
        const rl_calibration *c = &model.calibration;
        assert_in_range(c->count, 5000, UINT32_MAX);
        assert_in_range(c->checked, 5000, UINT32_MAX);
        assert_in_range(c->count + c->checked, 10000, 11000); /* of those held out, and no others */
        if (fabs(c->check - 0.30) > 0.02)
            fail_msg("%s: %.4f at 30 %%", rl_router_name(router), c->check);
        for (int i = 1; i < RL_THRESHOLDS; i++)
            assert_true(c->threshold[i] <= c->threshold[i - 1]);
        rl_model_free(&model);
    }
    rl_set_free(&set);
    synth_free(world);
}

static void targets_are_rows_of_the_table(void **state) {
    (void)state;
    rl_calibration c = {.there = 1};
    double share;
    for (int i = 0; i < RL_THRESHOLDS; i++) {
        c.threshold[i] = 1 - i / 100.0;
        c.cost[i] = 10 + i;
        c.quality[i] = 0.5 + i / 250.0;
    }
    assert_true(fabs(rl_target_threshold(&c, RL_TARGET_SHARE, 0.3, &share) - 0.7) < 1e-12);
    assert_true(fabs(rl_target_threshold(&c, RL_TARGET_COST, 30.5, &share) - 0.8) < 1e-12);
    assert_true(fabs(share - 0.2) < 1e-12);
    assert_true(fabs(rl_target_threshold(&c, RL_TARGET_QUALITY, 0.7, &share) - 0.5) < 0.011);
    rl_target_threshold(&c, RL_TARGET_QUALITY, 0.99, &share);
    assert_true(share == 1);
    rl_target_threshold(&c, RL_TARGET_COST, 1, &share);
    assert_true(share == 0);
}

/* The table says what keeping so much of the strong model's passes costs, and that is true of tasks
 * that it was not made from. */
static void keeping_more_costs_more(void **state) {
    rig *r = *state;
    rl_model model;
    assert_int_equal(rl_train(RL_MF, &r->set, 1, &model), 0);
    const rl_worths *w = &model.calibration.worths;
    assert_int_equal(w->there, 1);
    for (uint32_t i = 1; i < RL_WORTHS; i++)
        assert_true(w->worth[i] > w->worth[i - 1] && w->cost[i] >= w->cost[i - 1] &&
                    w->quality[i] >= w->quality[i - 1]);
    assert_true(w->quality[0] < 0.9 * w->alone && w->quality[RL_WORTHS - 1] >= w->alone);
    assert_int_equal(rl_worths_row(w, 0), 0);
    assert_int_equal(rl_worths_row(w, 2), RL_WORTHS - 1);
    uint32_t row = rl_worths_row(w, 0.95);
    assert_true(w->quality[row] >= 0.95 * w->alone && w->quality[row - 1] < 0.95 * w->alone);
    assert_true(w->cost[row] < 0.8 * model.cost[model.calibration.strong]);
    rl_model_free(&model);
}

/* Nobody knows what quality costs then; chance does not know what it is. */
static void without_costs_nothing_is_worth_anything(void **state) {
    rig *r = *state;
    rl_model model;
    assert_int_equal(rl_train(RL_RANDOM, &r->set, 1, &model), 0);
    assert_true(model.calibration.there && !model.calibration.worths.there);
    rl_model_free(&model);
    for (uint32_t i = 0; i < r->set.row_count; i++)
        r->set.rows[i].cost = -1;
    assert_int_equal(rl_train(RL_LINEAR, &r->set, 1, &model), 0);
    assert_true(model.calibration.there && !model.calibration.worths.there);
    rl_model_free(&model);
}

/* A file of before there was that table. */
static void the_older_bytes_are_read(void **state) {
    rig *r = *state;
    unsigned char *bytes;
    size_t len;
    rl_model model;
    rl_model back;
    assert_int_equal(rl_train(RL_LINEAR, &r->set, 1, &model), 0);
    model.calibration.worths.there = 0;
    assert_int_equal(rl_pack(&model, &bytes, &len), 0);
    assert_int_equal(rl_unpack(bytes, len, &back), 0);
    assert_true(back.calibration.there && !back.calibration.worths.there);
    assert_true(back.calibration.threshold[30] <= model.calibration.threshold[30] &&
                back.calibration.threshold[30] >= model.calibration.threshold[30]);
    free(bytes);
    rl_model_free(&back);
    rl_model_free(&model);
}

/* Everything has one win rate: then it is all or nothing, whichever is nearer. */
static void ties_go_to_the_nearer_side(void **state) {
    (void)state;
    const double same[] = {0.5, 0.5, 0.5, 0.5};
    assert_true(rl_share_threshold(same, 4, 0.3) > 0.5);
    assert_true(rl_share_threshold(same, 4, 0.7) <= 0.5);
    assert_true(rl_share_threshold(same, 0, 0.7) >= 1);
}

/* ---- Embedding ------------------------------------------------------------------------------- */

static float cosine(const char *a, const char *b) {
    float x[RL_DIMS];
    float y[RL_DIMS];
    rl_embed("", 0, a, strlen(a), x);
    rl_embed("", 0, b, strlen(b), y);
    return rl_dot(x, y, RL_DIMS);
}

static void texts_alike_lie_near(void **state) {
    (void)state;
    assert_true(cosine("rename the flag", "Rename, the FLAG!") > 0.999F);
    assert_true(cosine("rename the flag", "rename the option") >
                cosine("rename the flag", "prove that the allocator never fragments") + 0.2F);
    assert_true(cosine("", "...") < 0.001F);
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

static void base64_is_written_one_way_only(void **state) {
    static const char *const bad[] = {
        "A", "AAA", "AB==", "AAB=", "====", "A===", "AA=A", "AA-A", "AA==AAAA"};
    unsigned char out[16];
    char text[16];
    size_t n = 0;
    (void)state;
    rl_base64((const unsigned char *)"orxaq", 5, text);
    assert_string_equal(text, "b3J4YXE=");
    assert_int_equal(rl_unbase64(text, 8, out, &n), 0);
    assert_int_equal(n, 5);
    assert_memory_equal(out, "orxaq", 5);
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        if (rl_unbase64(bad[i], strlen(bad[i]), out, &n) == 0)
            fail_msg("%s was read", bad[i]);
    assert_true(rl_crc("123456789", 9) == 0x995dc9bbdf1939fa);
}

static void scores(const rl_model *m, double logits[RL_MODELS_MAX]) {
    static const char text[] = "make the importer faster";
    float vector[RL_DIMS];
    float features[RL_FEATURES];
    double *work = calloc(rl_work_size(m), sizeof *work);
    assert_non_null(work);
    rl_embed("", 0, text, sizeof text - 1, vector);
    rl_features("", 0, text, sizeof text - 1, 1, features);
    const rl_input input = {.vector = vector, .features = features, .seed = 4};
    memset(logits, 0, RL_MODELS_MAX * sizeof *logits);
    rl_score(m, &input, work, logits);
    free(work);
}

static void a_model_comes_back_as_it_was(void **state) {
    rig *r = *state;
    for (int router = 0; router < RL_ROUTERS; router++) {
        double before[RL_MODELS_MAX];
        double after[RL_MODELS_MAX];
        unsigned char *bytes;
        unsigned char *again;
        size_t len;
        size_t again_len;
        rl_model model;
        rl_model back;
        assert_int_equal(rl_train(router, &r->set, 1, &model), 0);
        assert_int_equal(rl_pack(&model, &bytes, &len), 0);
        assert_int_equal(rl_unpack(bytes, len, &back), 0);
        scores(&model, before);
        scores(&back, after);
        for (uint32_t m = 0; m < model.model_count; m++) {
            assert_string_equal(model.names[m], back.names[m]);
            assert_true(fabs(before[m] - after[m]) < (router == RL_SW ? 0.05 : 1e-12));
        }
        assert_memory_equal(&model.calibration, &back.calibration, sizeof back.calibration);
        rl_model_free(&back);
        rl_model_free(&model);
        /* The same rows and the same seed give the same bytes. */
        assert_int_equal(rl_train(router, &r->set, 1, &model), 0);
        assert_int_equal(rl_pack(&model, &again, &again_len), 0);
        assert_true(len == again_len && memcmp(bytes, again, len) == 0);
        rl_model_free(&model);
        free(bytes);
        free(again);
    }
}

/* Who made vectors that came from outside is part of the model. */
static void the_source_of_vectors_comes_back(void **state) {
    (void)state;
    static const float vectors[2][3] = {{0.1F, 0.9F, 0.2F}, {0.9F, -0.1F, 0.3F}};
    for (int named = 0; named < 2; named++) {
        rl_set set = {0};
        rl_model model;
        rl_model back;
        unsigned char *bytes;
        size_t len;
        for (int i = 0; i < 40; i++) {
            char text[16];
            const rl_sample s = {.text = text,
                                 .text_len = (size_t)snprintf(text, sizeof text, "text %d", i / 2),
                                 .model = i % 2 ? "big" : "small",
                                 .model_len = i % 2 ? 3 : 5,
                                 .label = i % 2,
                                 .cost = -1,
                                 .vector = vectors[i / 2 % 2],
                                 .vector_len = 3};
            assert_int_equal(rl_set_add(&set, &s), RL_ADDED);
        }
        assert_int_equal(rl_train(RL_MF, &set, 1, &model), 0);
        assert_string_equal(rl_model_embedding(&model), "");
        if (named)
            model.source = strdup("den/nomic");
        assert_int_equal(rl_pack(&model, &bytes, &len), 0);
        assert_int_equal(rl_unpack(bytes, len, &back), 0);
        assert_int_equal(back.dims, 3);
        assert_string_equal(rl_model_embedding(&back), named ? "den/nomic" : "");
        rl_model_free(&back);
        assert_int_equal(rl_unpack(bytes, len - 1, &back), RL_DAMAGED);
        rl_model_free(&model);
        rl_set_free(&set);
        free(bytes);
    }
}

static void floats_come_as_base64(void **state) {
    (void)state;
    static const unsigned char bytes[] = {0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}; /* 1, -2 */
    static float out[RL_DIMS_MAX];
    static char text[RL_BASE64(4 * (RL_DIMS_MAX + 1)) + 1];
    static unsigned char many[4 * (RL_DIMS_MAX + 1)];
    rl_base64(bytes, sizeof bytes, text);
    assert_int_equal(rl_floats(text, strlen(text), out), 2);
    assert_true(out[0] == 1 && out[1] == -2);
    assert_int_equal(rl_floats(text, strlen(text) - 1, out), 0);
    assert_int_equal(rl_floats(text, 0, out), 0);
    rl_base64(bytes, 7, text);
    assert_int_equal(rl_floats(text, strlen(text), out), 0);
    rl_base64(many, 4 * (size_t)RL_DIMS_MAX, text);
    assert_int_equal(rl_floats(text, strlen(text), out), RL_DIMS_MAX);
    rl_base64(many, sizeof many, text);
    assert_int_equal(rl_floats(text, strlen(text), out), 0);
}

/* A little model: six models, few remembered texts. */
static unsigned char *little(int router, size_t *ret_len) {
    synth *world = synth_new(5, 12, 1);
    rl_set set = {0};
    rl_model model;
    unsigned char *bytes;
    synth_record(world, 2, &set);
    assert_int_equal(rl_train(router, &set, 1, &model), 0);
    assert_int_equal(rl_pack(&model, &bytes, ret_len), 0);
    rl_model_free(&model);
    rl_set_free(&set);
    synth_free(world);
    return bytes;
}

/* Without the checksum, as somebody who can compute one would do it: refused, or a model that gives
 * numbers. */
static void damaged_bytes_are_refused_or_harmless(void **state) {
    (void)state;
    for (int router = 0; router < RL_ROUTERS; router++) {
        size_t len;
        size_t refused = 0;
        unsigned char *bytes = little(router, &len);
        for (size_t i = 0; i < len * 3; i++) {
            static const unsigned char masks[] = {0x01, 0x80, 0xff};
            double logits[RL_MODELS_MAX];
            rl_model back;
            bytes[i / 3] ^= masks[i % 3];
            if (rl_unpack(bytes, len, &back) == 0) {
                scores(&back, logits);
                rl_model_free(&back);
            } else {
                refused++;
            }
            bytes[i / 3] ^= masks[i % 3];
        }
        for (size_t i = 0; i < len; i++) {
            rl_model back;
            assert_int_equal(rl_unpack(bytes, i, &back), RL_DAMAGED);
        }
        assert_true(refused > 50);
        free(bytes);
    }
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static void rows_that_say_nothing_are_refused(void **state) {
    (void)state;
    static const float vector[3] = {1, 0, NAN};
    rl_set set = {0};
    rl_sample s = {.title = "", .text = "do", .text_len = 2, .model = "a", .model_len = 1};
    s.label = 1.5;
    assert_int_equal(rl_set_add(&set, &s), RL_BAD_LABEL);
    s.label = (double)NAN;
    assert_int_equal(rl_set_add(&set, &s), RL_BAD_LABEL);
    s.label = 1;
    s.other = "a";
    s.other_len = 1;
    assert_int_equal(rl_set_add(&set, &s), RL_BAD_MODEL);
    s.other_len = 0;
    s.model_len = 0;
    assert_int_equal(rl_set_add(&set, &s), RL_BAD_MODEL);
    s.model_len = 1;
    assert_int_equal(rl_set_add(&set, &s), RL_ADDED);
    s.text = "do it";
    s.text_len = 5;
    s.vector = vector;
    s.vector_len = 3;
    assert_int_equal(rl_set_add(&set, &s), RL_BAD_VECTOR);
    rl_set_free(&set);
    s.vector_len = 3;
    assert_int_equal(rl_set_add(&set, &s), RL_BAD_VECTOR);
    s.vector_len = 2;
    assert_int_equal(rl_set_add(&set, &s), RL_ADDED);
    rl_set_free(&set);
}

/* A model that passes what others fail has to come out on top, from outcomes and from preferences.
 */
static void preferences_teach_as_outcomes_do(void **state) {
    (void)state;
    for (int router = 0; router < RL_RANDOM; router++) {
        rl_set set = {0};
        rl_model model;
        double logits[RL_MODELS_MAX];
        for (int i = 0; i < 300; i++) {
            char text[32];
            int n = snprintf(text, sizeof text, "make the importer %d", i);
            const rl_sample s = {.title = "",
                                 .text = text,
                                 .text_len = (size_t)n,
                                 .model = "better",
                                 .model_len = 6,
                                 .other = "worse",
                                 .other_len = 5,
                                 .label = i % 5 != 0,
                                 .attempt = 1,
                                 .cost = -1};
            assert_int_equal(rl_set_add(&set, &s), RL_ADDED);
        }
        rl_set_hold_out(&set, 1);
        assert_int_equal(rl_train(router, &set, 1, &model), 0);
        scores(&model, logits);
        double win = rl_win_rate(logits[0], logits[1]);
        assert_true(win > 0.7 && win < 0.9);
        rl_model_free(&model);
        rl_set_free(&set);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r73_names_with_a_router_and_a_threshold),
        cmocka_unit_test(a_win_rate_equal_to_the_threshold_takes_the_strong),
        cmocka_unit_test(of_many_the_cheapest_that_is_good_enough),
        cmocka_unit_test(r74_thirty_percent_are_thirty_percent),
        cmocka_unit_test(targets_are_rows_of_the_table),
        cmocka_unit_test(what_is_left_of_the_worth_decides),
        cmocka_unit_test(keeping_more_costs_more),
        cmocka_unit_test_setup_teardown(without_costs_nothing_is_worth_anything, rig_setup,
                                        rig_teardown),
        cmocka_unit_test(the_older_bytes_are_read),
        cmocka_unit_test(ties_go_to_the_nearer_side),
        cmocka_unit_test(texts_alike_lie_near),
        cmocka_unit_test(base64_is_written_one_way_only),
        cmocka_unit_test(a_model_comes_back_as_it_was),
        cmocka_unit_test(the_source_of_vectors_comes_back),
        cmocka_unit_test(floats_come_as_base64),
        cmocka_unit_test(damaged_bytes_are_refused_or_harmless),
        cmocka_unit_test(rows_that_say_nothing_are_refused),
        cmocka_unit_test(preferences_teach_as_outcomes_do),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
