/* What is done about a model server that is not well, and what is left alone. */
#include "fleet/model_watch.h"

#include "test.h"

static const orx_local_watch policy = {
    .restart_command = "", .cooldown_sec = 60, .cooldown_max_sec = 300, .max_attempts = 5};

#define WELL                                                                                       \
    { .listed = true, .tells = true, .loaded = "m", .answers = 1, .has_command = true }
#define UNLOADED                                                                                   \
    { .listed = true, .tells = true, .wanted = "m", .answers = -1 }
#define ABSENT                                                                                     \
    { .answers = -1, .has_command = true }
#define SILENT                                                                                     \
    { .listed = true, .tells = true, .loaded = "m", .has_command = true }

static void deed_is(orx_model_facts f, orx_model_memory m, orx_model_deed deed,
                    orx_model_status status) {
    orx_model_status got;
    assert_int_equal(orx_model_plan(&f, &m, &policy, 10000, &got), deed);
    if (deed == ORX_MODEL_NOTHING)
        assert_string_equal(orx_model_status_word(got), orx_model_status_word(status));
}

static void what_is_well_is_left_alone(void **state ORX_UNUSED) {
    orx_model_facts not_asked = WELL, nothing_wanted = UNLOADED, cannot_tell = UNLOADED,
                    at_work = UNLOADED;
    not_asked.answers = -1;
    nothing_wanted.wanted = NULL;
    cannot_tell.tells = false;
    at_work.busy = true; /* it may be loading just now */
    orx_model_facts well = WELL;
    const orx_model_facts all[] = {well, not_asked, nothing_wanted, cannot_tell, at_work};
    for (size_t i = 0; i < ORX_ARRAY_LEN(all); i++) {
        deed_is(all[i], (orx_model_memory){0}, ORX_MODEL_NOTHING, ORX_MODEL_HEALTHY);
        assert_string_equal(orx_model_trouble_word(orx_model_trouble_of(&all[i])), "");
    }
}

static void one_that_was_unloaded_is_loaded(void **state ORX_UNUSED) {
    orx_model_facts f = UNLOADED;
    deed_is(f, (orx_model_memory){.troubled = 1}, ORX_MODEL_LOAD, 0);
    f.answers = 0; /* asked while it was there still */
    deed_is(f, (orx_model_memory){.troubled = 1}, ORX_MODEL_LOAD, 0);
}

static void a_server_is_started_again_by_the_operators_command(void **state ORX_UNUSED) {
    const orx_model_facts both[] = {ABSENT, SILENT};
    for (size_t i = 0; i < ORX_ARRAY_LEN(both); i++) {
        orx_model_facts f = both[i];
        deed_is(f, (orx_model_memory){.troubled = 1}, ORX_MODEL_NOTHING, ORX_MODEL_DOWN_COOLDOWN);
        deed_is(f, (orx_model_memory){.troubled = 2}, ORX_MODEL_RESTART, 0);
        f.busy = true;
        deed_is(f, (orx_model_memory){.troubled = 9}, ORX_MODEL_NOTHING, ORX_MODEL_DOWN_BUSY);
        f.busy = false;
        f.has_command = false;
        deed_is(f, (orx_model_memory){.troubled = 9}, ORX_MODEL_NOTHING, ORX_MODEL_DOWN_NO_RESTART);
    }
}

/* Seconds since the last try, after so many. */
static void waits(int64_t attempts, int64_t age, bool tries) {
    orx_model_facts f = UNLOADED;
    deed_is(f, (orx_model_memory){.troubled = 1, .attempts = attempts, .tried_sec = 10000 - age},
            tries ? ORX_MODEL_LOAD : ORX_MODEL_NOTHING, ORX_MODEL_DOWN_COOLDOWN);
}

static void tries_wait_longer_each_time(void **state ORX_UNUSED) {
    waits(1, 59, false);
    waits(1, 60, true);
    waits(2, 119, false);
    waits(2, 120, true);
    waits(3, 239, false);
    waits(3, 240, true);
    waits(4, 299, false);
    waits(4, 300, true); /* the most */
    waits(1, -5, true);  /* of another clock */
    orx_model_facts f = UNLOADED;
    deed_is(f, (orx_model_memory){.troubled = 9, .attempts = 5, .tried_sec = 1}, ORX_MODEL_NOTHING,
            ORX_MODEL_GIVEN_UP);
}

static void what_passes_remember(void **state ORX_UNUSED) {
    orx_model_memory m = {.troubled = 3, .attempts = 1, .tried_sec = 100};
    orx_model_remember(&m, ORX_MODEL_LOAD, ORX_MODEL_RESTART_FAILED, &policy, 1000);
    assert_true(m.troubled == 3 && m.attempts == 2 && m.tried_sec == 1000);
    orx_model_remember(&m, ORX_MODEL_LOAD, ORX_MODEL_RESTARTED, &policy, 1200);
    assert_true(m.troubled == 0 && m.attempts == 3 && m.tried_sec == 1200);
    /* Well, but not for long enough. */
    orx_model_remember(&m, ORX_MODEL_NOTHING, ORX_MODEL_HEALTHY, &policy, 1300);
    assert_int_equal(m.attempts, 3);
    orx_model_remember(&m, ORX_MODEL_NOTHING, ORX_MODEL_DOWN_COOLDOWN, &policy, 9000);
    assert_int_equal(m.attempts, 3);
    orx_model_remember(&m, ORX_MODEL_NOTHING, ORX_MODEL_HEALTHY, &policy, 9000);
    assert_int_equal(m.attempts, 0);
}

static void two_words_are_fine(void **state ORX_UNUSED) {
    for (int s = ORX_MODEL_HEALTHY; s <= ORX_MODEL_GIVEN_UP; s++) {
        const char *word = orx_model_status_word((orx_model_status)s);
        bool fine = strcmp(word, "healthy") == 0 || strcmp(word, "restarted") == 0;
        assert_int_equal(orx_model_status_is_fine((orx_model_status)s), fine);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_well_is_left_alone),
        cmocka_unit_test(one_that_was_unloaded_is_loaded),
        cmocka_unit_test(a_server_is_started_again_by_the_operators_command),
        cmocka_unit_test(tries_wait_longer_each_time),
        cmocka_unit_test(what_passes_remember),
        cmocka_unit_test(two_words_are_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
