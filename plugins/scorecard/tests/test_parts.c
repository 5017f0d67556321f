/* Rounding, texts, objectives and weights, each alone. */
#include "scorecard.h"

#include "run/text.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

static double slowly(double x, int decimals) {
    char text[400];
    (void)snprintf(text, sizeof text, "%.*f", decimals, x);
    return strtod(text, NULL);
}

static void check(double x) {
    static const int decimals[] = {4, 6, 8};
    for (int i = 0; i < 3; i++) {
        double fast = sc_round(x, decimals[i]);
        double slow = slowly(x, decimals[i]);
        if (fast < slow || fast > slow)
            fail_msg("%.17g to %d: %.17g, expected %.17g", x, decimals[i], fast, slow);
    }
}

static void rounding_is_that_of_printf(void **state) {
    uint64_t seed = 11;
    (void)state;
    static const double odd[] = {0,      0.5,    0.00005, 0.0000005, 1.0000005,
                                 2.5e-7, 1e-300, 1e300,   1e15};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        check(odd[i]);
        check(-odd[i]);
    }
    for (int i = 0; i < 200000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double x = (double)(seed >> 11) / 9007199254740992.0;
        check(x);
        check((x - 0.5) * 1000);
        /* Halves and their neighbours. */
        check((double)(seed >> 44) / 1e6 + 0.5e-6);
        check((double)(seed >> 50) / 1024);
    }
}

static void r29_texts_read_as_they_do_elsewhere(void **state) {
    static const char *const texts[] = {
        "",
        "Implement helper.",
        "Rename one variable",
        "design a lock-free migration of the auth store",
        "- one\n  - two\n\t-three\n-- four\nfive - six",
        "Maybe, SOMEHOW? etc. etc etcetera quickly if possible? as needed",
        "best effort; anything whatever something \xc3\xa9t\xc3\xa9 a_b a-b 1 2 3 1 2 3",
        "?????????????????????????"};
    ORX_CLEANUP(orx_str_free) orx_str many = {0};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        orx_view text = orx_view_of(texts[i]);
        orxaq_view same = {text.p, text.len};
        assert_int_equal((int64_t)sc_text_difficulty(same), orx_text_difficulty(text));
        assert_int_equal((int64_t)sc_text_tokens(same), orx_text_tokens(text));
    }
    assert_int_equal((int64_t)sc_text_difficulty(orxaq_str("")), 0);
    assert_int_equal((int64_t)sc_text_difficulty(orxaq_str("Implement helper.")), 20);
    for (int i = 0; i < 400; i++)
        orx_str_adds(&many, "word ");
    assert_int_equal((int64_t)sc_text_difficulty((orxaq_view){many.buf, many.len}), 35);
    assert_int_equal((int64_t)sc_text_tokens(orxaq_str("123456")), 2);
    assert_int_equal((int64_t)sc_text_tokens(orxaq_str("1234567890")), 2);
    orx_str_clear(&many);
    for (int i = 0; i < 3000; i++)
        orx_str_addf(&many, "word%d and? ", i);
    orxaq_view same = {many.buf, many.len};
    assert_int_equal((int64_t)sc_text_difficulty(same), orx_text_difficulty(orx_str_view(&many)));
    /* Among many words the share of different ones is that of the first: 4,096 of 7,095. */
    for (int i = 0; i < 60000; i++)
        orx_str_addf(&many, "w%d ", i);
    assert_int_equal((int64_t)sc_text_difficulty((orxaq_view){many.buf, many.len}), 72);
}

static void r76_a_harder_task_reads_harder(void **state) {
    (void)state;
    assert_true(sc_text_difficulty(orxaq_str("Rename one variable")) <
                sc_text_difficulty(orxaq_str("design a lock-free migration of the auth store")));
}

static sc_markers markers(const char *text) {
    return sc_text_markers(orxaq_str(text));
}

static void words_are_found_whatever_their_case(void **state) {
    static const char *const low[] = {"a UNIT test",   "Tests", "flint",    "reformat",
                                      "documentation", "DOCS",  "readme.md"};
    static const char *const high[] = {"Architecture", "insecurity", "THREAT",
                                       "migrations",   "refactored", "redesign"};
    (void)state;
    for (size_t i = 0; i < sizeof low / sizeof low[0]; i++)
        assert_true(markers(low[i]).low && !markers(low[i]).high);
    for (size_t i = 0; i < sizeof high / sizeof high[0]; i++)
        assert_true(!markers(high[i]).low && markers(high[i]).high);
    static const char *const unclear[] = {"maybe",       "somehow",  "etc",       "whatever",
                                          "something",   "anything", "as needed", "if possible",
                                          "best effort", "quickly"};
    for (size_t i = 0; i < sizeof unclear / sizeof unclear[0]; i++)
        assert_int_equal((int64_t)sc_text_difficulty(orxaq_str(unclear[i])), 24);
    assert_false(markers("a unit  test, a test, desig").low);
    assert_false(markers("desig").high);
    assert_true(markers("docs of the design").low && markers("docs of the design").high);
    assert_false(markers("").low);
}

static sc_objective objective(double difficulty, double tokens, const char *prompt, int strong) {
    const sc_question q = {.prompt = orxaq_str(prompt),
                           .difficulty = difficulty,
                           .tokens = tokens,
                           .target = SC_NO_OBJECTIVE,
                           .strong = strong};
    return sc_objective_choose(&q, SC_NO_OBJECTIVE);
}

static void each_rule_of_the_objective_at_its_edge(void **state) {
    (void)state;
    assert_int_equal(objective(0, 0, "design", 1), SC_FOR_QUALITY);
    assert_int_equal(objective(60, 5000, "design", 0), SC_FOR_QUALITY);
    assert_int_equal(objective(59, 6000, "design", 0), SC_FOR_QUALITY);
    assert_int_equal(objective(59, 5999, "design", 0), SC_BALANCED);
    assert_int_equal(objective(99, 99999, "docs", 1), SC_COST_SPEED);
    assert_int_equal(objective(10, 10, "docs design", 0), SC_COST_SPEED);
    assert_int_equal(objective(60, 10, "docs design", 0), SC_FOR_QUALITY);
    assert_int_equal(objective(70, 5000, "", 1), SC_FOR_QUALITY);
    assert_int_equal(objective(70, 5000, "", 0), SC_BALANCED);
    assert_int_equal(objective(10, 9000, "", 1), SC_FOR_QUALITY);
    assert_int_equal(objective(30, 4000, "", 1), SC_COST_SPEED);
    assert_int_equal(objective(31, 4000, "", 1), SC_BALANCED);
    assert_int_equal(objective(30, 4001, "", 1), SC_BALANCED);
    const sc_question q = {.difficulty = 50, .tokens = 5000, .target = SC_NO_OBJECTIVE};
    assert_int_equal(sc_objective_choose(&q, SC_FOR_QUALITY), SC_FOR_QUALITY);
}

/* The table of the specification, 4.1. */
static void the_weights_of_each_profile(void **state) {
    static const double expected[2][SC_OBJECTIVES][SC_WEIGHTS] = {
        {{.445946, .486486, .067568}, {.333333, .363636, .303030}, {.125714, .274286, .600000}},
        {{.419178, .443836, .136986}, {.248780, .263415, .487805}, {.074561, .157895, .767544}}};
    (void)state;
    for (int strong = 0; strong < 2; strong++)
        for (int o = 0; o < SC_OBJECTIVES; o++) {
            double w[SC_WEIGHTS];
            sc_weights(sc_weights_default((sc_objective)o), strong, w);
            for (int i = 0; i < SC_WEIGHTS; i++)
                assert_true(w[i] >= expected[strong][o][i] && w[i] <= expected[strong][o][i]);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding_is_that_of_printf),
        cmocka_unit_test(r29_texts_read_as_they_do_elsewhere),
        cmocka_unit_test(r76_a_harder_task_reads_harder),
        cmocka_unit_test(words_are_found_whatever_their_case),
        cmocka_unit_test(each_rule_of_the_objective_at_its_edge),
        cmocka_unit_test(the_weights_of_each_profile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
