/* The life of a unit: every state against every event, and the policy of restarts. */
#include "base/mem.h"
#include "base/view.h"
#include "platform/platform.h"
#include "unit/machine.h"

#include "test.h"

#include <stdio.h>
#include <string.h>

static const orx_unit_policy usual = {
    .restart = ORX_RESTART_ALWAYS,
    .delay_ns = 5 * ORX_SEC,
    .max_delay_ns = 300 * ORX_SEC,
    .healthy_ns = 600 * ORX_SEC,
    .crash_limit = 5,
    .crash_window_ns = 600 * ORX_SEC,
    .start_timeout_ns = 60 * ORX_SEC,
    .drain_timeout_ns = 3600 * ORX_SEC,
    .stop_timeout_ns = 20 * ORX_SEC,
};

static orx_unit_output tell(orx_unit_machine *m, const orx_unit_policy *p, orx_unit_event event,
                            orx_unit_exit how, int64_t now) {
    const orx_unit_input in = {.event = event, .exit = how, .now_ns = now};
    return orx_unit_step(m, p, &in);
}

/* ---- Every pair ---------------------------------------------------------------------------- */

/* Which states come with a process. */
static bool has_process(orx_unit_state state) {
    return state == ORX_UNIT_READY || state == ORX_UNIT_DRAINING || state == ORX_UNIT_STOPPING;
}

/* What comes of each pair, in the order of the events: the next state as a letter and what is to be
 * done. "." = the event means nothing. A process that exits does so cleanly; one that ends as it
 * was asked to was asked by STOP. STARTING stands twice, without and with a process. */
typedef struct row {
    const char *name;
    orx_unit_state state;
    bool alive;
    const char *expected;
} row;

/*     start  stop   kill   drain  restart pause resume needs+ needs- up     exited deadln hung work
 * held renew once mended */
static const row rows[] = {
    {"stopped", ORX_UNIT_STOPPED, false,
     "S/check .      .      .      S/check P     .      .      .      .      .      .      .      "
     ".       .    .  S/check ."},
    {"starting, no process", ORX_UNIT_STARTING, false,
     "S      O      O      O      S/check P     S      S/spawn S      S      S      S      S      "
     ".       I    S  . ."},
    {"starting", ORX_UNIT_STARTING, true,
     "S      X/stop X/kill X/stop X/stop D/drain S     S      X/stop R      B      X/stop X/stop "
     ".       S    D/drain . ."},
    {"ready", ORX_UNIT_READY, true,
     "R      X/stop X/kill D/drain X/stop D/drain R    .      X/stop .      B      .      X/stop "
     ".       .    D/drain . ."},
    {"idle", ORX_UNIT_IDLE, false,
     "S/check O     O      O      S/check P     .      .      .      .      .      .      .      "
     "S/check .    S/check S/check ."},
    {"draining", ORX_UNIT_DRAINING, true,
     "D      X/stop X/kill D      X/stop D      D      .      .      .      O      X/stop X/stop "
     ".       .    .  . ."},
    {"stopping", ORX_UNIT_STOPPING, true,
     "X      X      X/kill X      X      X      X      .      .      .      O      X/kill .      "
     ".       .    .  . ."},
    {"backoff", ORX_UNIT_BACKOFF, false,
     "S/check O     O      O      S/check P     .      .      .      .      .      S/check .     "
     ".       .    .  S/check S/check"},
    {"fatal", ORX_UNIT_FATAL, false,
     "S/check O     O      O      S/check P     .      .      .      .      .      .      .      "
     "S/check .    .  S/check S/check"},
    {"paused", ORX_UNIT_PAUSED, false,
     "S/check O     O      O      S/check .     S/check .     .      .      .      .      .      "
     ".       .    .  S/check ."},
};

static const char letters[ORX_UNIT_STATES] = {
    [ORX_UNIT_STOPPED] = 'O', [ORX_UNIT_STARTING] = 'S', [ORX_UNIT_READY] = 'R',
    [ORX_UNIT_IDLE] = 'I',    [ORX_UNIT_DRAINING] = 'D', [ORX_UNIT_STOPPING] = 'X',
    [ORX_UNIT_BACKOFF] = 'B', [ORX_UNIT_FATAL] = 'F',    [ORX_UNIT_PAUSED] = 'P'};

static void describe(const orx_unit_machine *m, const orx_unit_output *out, char text[32]) {
    static const char *const words[] = {"check", "spawn", "drain", "stop", "kill"};
    const char *todo = "";
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        if (out->todo == 1U << i)
            todo = words[i];
    if (out->todo && !*todo)
        todo = "several";
    (void)snprintf(text, 32, "%c%s%s", letters[m->state], *todo ? "/" : "", todo);
    if (!out->known)
        (void)snprintf(text, 32, ".");
}

/* The next word of a row. */
static orx_view next_word(orx_view *rest) {
    orx_view word = {NULL, 0};
    while (word.len == 0 && orx_view_split(rest, ' ', &word))
        continue;
    return word;
}

static void every_pair_does_what_the_table_says(void **state) {
    (void)state;
    for (size_t r = 0; r < ORX_ARRAY_LEN(rows); r++) {
        orx_view rest = orx_view_of(rows[r].expected);
        for (int e = 0; e < ORX_UNIT_EVENTS; e++) {
            orx_unit_machine m = {.state = rows[r].state,
                                  .after = ORX_UNIT_STOPPED,
                                  .wanted = true,
                                  .alive = rows[r].alive};
            orx_unit_output out =
                tell(&m, &usual, (orx_unit_event)e, ORX_UNIT_EXIT_CLEAN, 1000 * ORX_SEC);
            char got[32];
            describe(&m, &out, got);
            orx_view word = next_word(&rest);
            if (!orx_view_is(word, got))
                fail_msg("%s + %s: expected %.*s, got %s", rows[r].name,
                         orx_unit_event_name((orx_unit_event)e), ORX_VIEW_ARG(word), got);
            if (m.state != ORX_UNIT_STARTING)
                assert_int_equal(m.alive, has_process(m.state));
        }
        assert_int_equal(next_word(&rest).len, 0);
    }
}

static void an_event_that_means_nothing_changes_nothing(void **state) {
    (void)state;
    for (int st = 0; st < ORX_UNIT_STATES; st++)
        for (int e = 0; e < ORX_UNIT_EVENTS; e++) {
            orx_unit_machine before;
            memset(&before, 0, sizeof before);
            before.state = (orx_unit_state)st;
            before.alive = has_process((orx_unit_state)st);
            orx_unit_machine m = before;
            orx_unit_output out = tell(&m, &usual, (orx_unit_event)e, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
            if (out.known)
                continue;
            assert_memory_equal(&m, &before, sizeof m);
            assert_int_equal(out.todo, 0);
            assert_int_equal(out.timer_ns, 0);
        }
}

/* What follows an exit, for each way to exit and each policy. */
static void exits_follow_the_policy(void **state) {
    (void)state;
    /* clean, idle, failed, abnormal, busy, unborn, final, lost, memory, tasks, dirty */
    static const char *const expected[] = {
        [ORX_RESTART_NO] = "OIFFFFFFFFB",         [ORX_RESTART_ON_SUCCESS] = "BIFFFFFFFFB",
        [ORX_RESTART_ON_FAILURE] = "OIBBBBFFBBB", [ORX_RESTART_ON_ABNORMAL] = "OIFBFFFFBFB",
        [ORX_RESTART_ALWAYS] = "BIBBBBFFBBB",
    };
    for (size_t r = 0; r < ORX_ARRAY_LEN(expected); r++)
        for (int how = 0; how < ORX_UNIT_EXITS; how++) {
            orx_unit_policy p = usual;
            p.restart = (orx_unit_restart)r;
            orx_unit_machine m = {.state = ORX_UNIT_READY, .alive = true, .wanted = true};
            orx_unit_output out = tell(&m, &p, ORX_UNIT_EXITED, (orx_unit_exit)how, 1000 * ORX_SEC);
            if (letters[m.state] != expected[r][how])
                fail_msg("%s, exit %d: expected %c, got %c", orx_unit_restart_name(p.restart), how,
                         expected[r][how], letters[m.state]);
            assert_int_equal(out.timer_ns > 0, m.state == ORX_UNIT_BACKOFF);
        }
}

static void exit_codes_have_their_meaning(void **state) {
    (void)state;
    assert_int_equal(orx_unit_exit_of(0), ORX_UNIT_EXIT_CLEAN);
    assert_int_equal(orx_unit_exit_of(1), ORX_UNIT_EXIT_FAILED);
    assert_int_equal(orx_unit_exit_of(75), ORX_UNIT_EXIT_BUSY);
    assert_int_equal(orx_unit_exit_of(125), ORX_UNIT_EXIT_FINAL);
    assert_int_equal(orx_unit_exit_of(255), ORX_UNIT_EXIT_FAILED);
}

/* ---- Courses of events --------------------------------------------------------------------- */

/* Starts it and brings it to READY. */
static int64_t bring_up(orx_unit_machine *m, const orx_unit_policy *p, int64_t now) {
    if (m->state != ORX_UNIT_STARTING)
        (void)tell(m, p, m->state == ORX_UNIT_BACKOFF ? ORX_UNIT_DEADLINE : ORX_UNIT_START,
                   ORX_UNIT_EXIT_CLEAN, now);
    orx_unit_output out = tell(m, p, ORX_UNIT_NEEDS_UP, ORX_UNIT_EXIT_CLEAN, now);
    assert_true(out.todo & ORX_UNIT_DO_SPAWN);
    (void)tell(m, p, ORX_UNIT_UP, ORX_UNIT_EXIT_CLEAN, now);
    assert_int_equal(m->state, ORX_UNIT_READY);
    return now;
}

/* Without jitter. */
static void case_25_waits_double_up_to_the_limit(void **state) {
    (void)state;
    static const int expected[] = {5, 10, 20, 40, 80, 160, 300, 300, 300};
    orx_unit_policy p = usual;
    p.crash_limit = 0;
    orx_unit_machine m = {0};
    int64_t now = ORX_SEC;
    for (size_t i = 0; i < ORX_ARRAY_LEN(expected); i++) {
        now = bring_up(&m, &p, now);
        orx_unit_output out = tell(&m, &p, ORX_UNIT_EXITED, ORX_UNIT_EXIT_FAILED, now + ORX_SEC);
        assert_int_equal(m.state, ORX_UNIT_BACKOFF);
        assert_int_equal(out.timer_ns, expected[i] * ORX_SEC);
        now += ORX_SEC + out.timer_ns;
    }
}

static void jitter_stays_between_the_delay_and_the_envelope(void **state) {
    (void)state;
    orx_unit_policy p = usual;
    p.jitter = true;
    for (int level = 0; level < 80; level++) {
        int64_t envelope = 5 * ORX_SEC;
        for (int i = 0; i < level && envelope < 300 * ORX_SEC; i++)
            envelope *= 2;
        envelope = envelope > 300 * ORX_SEC ? 300 * ORX_SEC : envelope;
        uint64_t random = 88172645463325252ULL;
        for (int i = 0; i < 200; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            int64_t wait = orx_unit_backoff(&p, level, random);
            assert_true(wait >= 5 * ORX_SEC && wait <= envelope);
        }
        /* Both ends are reached. */
        assert_int_equal(orx_unit_backoff(&p, level, 0), 5 * ORX_SEC);
        assert_int_equal(orx_unit_backoff(&p, level, (uint64_t)(envelope - 5 * ORX_SEC)), envelope);
    }
}

static void case_30_ten_healthy_minutes_make_up_for_failures(void **state) {
    (void)state;
    orx_unit_machine m = {0};
    int64_t now = ORX_SEC;
    for (int i = 0; i < 4; i++) {
        now = bring_up(&m, &usual, now);
        now += tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_FAILED, now).timer_ns;
    }
    assert_int_equal(m.level, 4);
    now = bring_up(&m, &usual, now) + 600 * ORX_SEC;
    orx_unit_output out = tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_ABNORMAL, now);
    assert_int_equal(m.state, ORX_UNIT_BACKOFF);
    assert_int_equal(out.timer_ns, 5 * ORX_SEC);
    /* A nanosecond less is not enough. */
    now = bring_up(&m, &usual, now + out.timer_ns) + 600 * ORX_SEC - 1;
    out = tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_ABNORMAL, now);
    assert_int_equal(out.timer_ns, 10 * ORX_SEC);
}

static void five_crashes_in_ten_minutes_are_the_end(void **state) {
    (void)state;
    orx_unit_machine m = {0};
    int64_t now = ORX_SEC;
    for (int i = 1; i <= 5; i++) {
        now = bring_up(&m, &usual, now);
        orx_unit_output out = tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_ABNORMAL, now);
        assert_int_equal(m.state, i < 5 ? ORX_UNIT_BACKOFF : ORX_UNIT_FATAL);
        now += out.timer_ns;
    }
    assert_string_equal(m.cause, "crash loop");
    assert_false(tell(&m, &usual, ORX_UNIT_DEADLINE, ORX_UNIT_EXIT_CLEAN, now).known);
    /* A person starts it: the count begins anew. */
    now = bring_up(&m, &usual, now);
    (void)tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_ABNORMAL, now);
    assert_int_equal(m.state, ORX_UNIT_BACKOFF);
}

static void slow_crashes_and_ends_in_order_are_no_loop(void **state) {
    (void)state;
    orx_unit_machine m = {0};
    int64_t now = ORX_SEC;
    for (int i = 0; i < 40; i++) {
        now = bring_up(&m, &usual, now) + 151 * ORX_SEC;
        now += tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_FAILED, now).timer_ns;
        assert_int_equal(m.state, ORX_UNIT_BACKOFF);
        for (int k = 0; k < 2; k++) {
            now = bring_up(&m, &usual, now);
            now +=
                tell(&m, &usual, ORX_UNIT_EXITED, k ? ORX_UNIT_EXIT_BUSY : ORX_UNIT_EXIT_CLEAN, now)
                    .timer_ns;
            assert_int_equal(m.state, ORX_UNIT_BACKOFF);
        }
    }
}

/* Three launches, then no more. */
static void case_26_a_cap_on_failures(void **state) {
    (void)state;
    orx_unit_policy p = usual;
    p.max_failures = 3;
    orx_unit_machine m = {0};
    int64_t now = ORX_SEC;
    for (int i = 1; i <= 3; i++) {
        now = bring_up(&m, &p, now);
        now += tell(&m, &p, ORX_UNIT_EXITED, ORX_UNIT_EXIT_FAILED, now).timer_ns;
        assert_int_equal(m.state, i < 3 ? ORX_UNIT_BACKOFF : ORX_UNIT_FATAL);
    }
    assert_string_equal(m.cause, "failed too often");
}

static void a_start_limit_counts_good_ends_too(void **state) {
    (void)state;
    orx_unit_policy p = usual;
    p.start_limit = 3;
    p.start_window_ns = 60 * ORX_SEC;
    orx_unit_machine m = {0};
    int64_t now = ORX_SEC;
    for (int i = 0; i < 3; i++) {
        now = bring_up(&m, &p, now);
        now += tell(&m, &p, ORX_UNIT_EXITED, ORX_UNIT_EXIT_CLEAN, now).timer_ns;
    }
    (void)tell(&m, &p, ORX_UNIT_DEADLINE, ORX_UNIT_EXIT_CLEAN, now);
    orx_unit_output out = tell(&m, &p, ORX_UNIT_NEEDS_UP, ORX_UNIT_EXIT_CLEAN, now);
    assert_int_equal(out.todo, 0);
    assert_int_equal(m.state, ORX_UNIT_FATAL);
    assert_false(m.alive);
}

static void a_hung_process_counts_as_a_crash(void **state) {
    (void)state;
    orx_unit_machine m = {0};
    int64_t now = bring_up(&m, &usual, ORX_SEC);
    orx_unit_output out = tell(&m, &usual, ORX_UNIT_HUNG, ORX_UNIT_EXIT_CLEAN, now);
    assert_int_equal(out.todo, ORX_UNIT_DO_STOP);
    assert_int_equal(out.timer_ns, 20 * ORX_SEC);
    out = tell(&m, &usual, ORX_UNIT_DEADLINE, ORX_UNIT_EXIT_CLEAN, now);
    assert_int_equal(out.todo, ORX_UNIT_DO_KILL);
    /* It ends with a good code after all; that it hung is what counts. */
    out = tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_CLEAN, now);
    assert_int_equal(m.state, ORX_UNIT_BACKOFF);
    assert_int_equal(m.crashes.count, 1);
    assert_true(out.timer_ns > 0);
}

static void too_late_in_starting_is_a_crash_too(void **state) {
    (void)state;
    orx_unit_machine m = {0};
    (void)tell(&m, &usual, ORX_UNIT_START, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    orx_unit_output out = tell(&m, &usual, ORX_UNIT_NEEDS_UP, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    assert_int_equal(out.timer_ns, 60 * ORX_SEC);
    (void)tell(&m, &usual, ORX_UNIT_DEADLINE, ORX_UNIT_EXIT_CLEAN, 61 * ORX_SEC);
    assert_int_equal(m.state, ORX_UNIT_STOPPING);
    (void)tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_ABNORMAL, 62 * ORX_SEC);
    assert_int_equal(m.state, ORX_UNIT_BACKOFF);
    assert_int_equal(m.crashes.count, 1);
}

static void the_operator_is_heard_while_it_ends(void **state) {
    (void)state;
    static const struct {
        orx_unit_event events[3]; /* ORX_UNIT_EVENTS = no more */
        orx_unit_state expected;
    } cases[] = {
        {{ORX_UNIT_STOP, ORX_UNIT_START, ORX_UNIT_EVENTS}, ORX_UNIT_STARTING},
        {{ORX_UNIT_STOP, ORX_UNIT_PAUSE, ORX_UNIT_EVENTS}, ORX_UNIT_PAUSED},
        {{ORX_UNIT_RESTART, ORX_UNIT_STOP, ORX_UNIT_EVENTS}, ORX_UNIT_STOPPED},
        {{ORX_UNIT_PAUSE, ORX_UNIT_RESUME, ORX_UNIT_EVENTS}, ORX_UNIT_STARTING},
        {{ORX_UNIT_PAUSE, ORX_UNIT_STOP, ORX_UNIT_RESUME}, ORX_UNIT_STOPPED},
        {{ORX_UNIT_DRAIN, ORX_UNIT_RESTART, ORX_UNIT_EVENTS}, ORX_UNIT_STARTING},
        {{ORX_UNIT_HUNG, ORX_UNIT_STOP, ORX_UNIT_EVENTS}, ORX_UNIT_STOPPED},
        {{ORX_UNIT_HUNG, ORX_UNIT_PAUSE, ORX_UNIT_EVENTS}, ORX_UNIT_PAUSED},
        {{ORX_UNIT_NEEDS_DOWN, ORX_UNIT_KILL, ORX_UNIT_EVENTS}, ORX_UNIT_STOPPED},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        orx_unit_machine m = {0};
        int64_t now = bring_up(&m, &usual, ORX_SEC);
        for (size_t k = 0; k < 3 && cases[i].events[k] != ORX_UNIT_EVENTS; k++)
            (void)tell(&m, &usual, cases[i].events[k], ORX_UNIT_EXIT_CLEAN, now);
        assert_true(m.alive);
        (void)tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_ABNORMAL, now);
        if (m.state != cases[i].expected)
            fail_msg("case %zu: expected %s, got %s", i, orx_unit_state_name(cases[i].expected),
                     orx_unit_state_name(m.state));
    }
}

static void a_pause_remembers_whether_it_ran(void **state) {
    (void)state;
    orx_unit_machine m = {0};
    (void)tell(&m, &usual, ORX_UNIT_PAUSE, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    (void)tell(&m, &usual, ORX_UNIT_RESUME, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    assert_int_equal(m.state, ORX_UNIT_STOPPED);
    (void)bring_up(&m, &usual, ORX_SEC);
    (void)tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_IDLE, ORX_SEC);
    assert_int_equal(m.state, ORX_UNIT_IDLE);
    (void)tell(&m, &usual, ORX_UNIT_PAUSE, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    assert_false(tell(&m, &usual, ORX_UNIT_WORK, ORX_UNIT_EXIT_CLEAN, ORX_SEC).known);
    (void)tell(&m, &usual, ORX_UNIT_RESUME, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    assert_int_equal(m.state, ORX_UNIT_STARTING);
}

/* What is not proven to be gone is not joined by a second one. */
static void an_unproven_end_is_fatal_also_when_it_was_asked_for(void **state) {
    (void)state;
    static const orx_unit_event ways[] = {ORX_UNIT_STOP, ORX_UNIT_RESTART, ORX_UNIT_HUNG,
                                          ORX_UNIT_PAUSE};
    for (size_t i = 0; i < ORX_ARRAY_LEN(ways); i++) {
        orx_unit_machine m = {0};
        (void)bring_up(&m, &usual, ORX_SEC);
        (void)tell(&m, &usual, ways[i], ORX_UNIT_EXIT_CLEAN, ORX_SEC);
        (void)tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_LOST, ORX_SEC);
        assert_int_equal(m.state, ORX_UNIT_FATAL);
    }
}

/* What changed waits for the end of the work in hand, however long that takes. */
static void renewing_has_no_deadline(void **state) {
    (void)state;
    orx_unit_machine m = {0};
    int64_t now = bring_up(&m, &usual, ORX_SEC);
    orx_unit_output out = tell(&m, &usual, ORX_UNIT_RENEW, ORX_UNIT_EXIT_CLEAN, now);
    assert_int_equal(m.state, ORX_UNIT_DRAINING);
    assert_int_equal(out.todo, ORX_UNIT_DO_DRAIN);
    assert_true(out.timer_ns < 0);
    (void)tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_CLEAN, now);
    assert_int_equal(m.state, ORX_UNIT_STARTING);
    assert_string_equal(m.cause, "its configuration changed");
    /* Whoever then wants it to end does not wait as long. */
    (void)bring_up(&m, &usual, now);
    (void)tell(&m, &usual, ORX_UNIT_RENEW, ORX_UNIT_EXIT_CLEAN, now);
    out = tell(&m, &usual, ORX_UNIT_DRAIN, ORX_UNIT_EXIT_CLEAN, now);
    assert_int_equal(out.timer_ns, usual.drain_timeout_ns);
    out = tell(&m, &usual, ORX_UNIT_DRAIN, ORX_UNIT_EXIT_CLEAN, now);
    assert_int_equal(out.timer_ns, 0);
}

static void one_that_may_not_start_is_idle(void **state) {
    (void)state;
    orx_unit_machine m = {0};
    (void)tell(&m, &usual, ORX_UNIT_START, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    (void)tell(&m, &usual, ORX_UNIT_HELD, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    assert_int_equal(m.state, ORX_UNIT_IDLE);
    assert_int_equal(m.starts.count, 0);
    (void)tell(&m, &usual, ORX_UNIT_WORK, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    assert_int_equal(m.state, ORX_UNIT_STARTING);
    (void)tell(&m, &usual, ORX_UNIT_NEEDS_UP, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    (void)tell(&m, &usual, ORX_UNIT_HELD, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    assert_int_equal(m.state, ORX_UNIT_STARTING);
}

static void a_single_run_leaves_it_as_it_was(void **state) {
    (void)state;
    static const orx_unit_exit ways[] = {ORX_UNIT_EXIT_CLEAN, ORX_UNIT_EXIT_IDLE,
                                         ORX_UNIT_EXIT_FAILED, ORX_UNIT_EXIT_ABNORMAL,
                                         ORX_UNIT_EXIT_FINAL};
    for (size_t i = 0; i < 2 * ORX_ARRAY_LEN(ways); i++) {
        orx_unit_state off = i % 2 ? ORX_UNIT_PAUSED : ORX_UNIT_STOPPED;
        orx_unit_machine m = {.state = off, .wanted = i % 2};
        (void)tell(&m, &usual, ORX_UNIT_ONCE, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
        assert_true(m.once);
        (void)bring_up(&m, &usual, ORX_SEC);
        assert_false(m.once);
        (void)tell(&m, &usual, ORX_UNIT_EXITED, ways[i / 2], ORX_SEC);
        assert_int_equal(m.state, off);
        assert_int_equal(m.wanted, i % 2);
    }
    /* Hung, it is off as well. */
    orx_unit_machine m = {0};
    (void)tell(&m, &usual, ORX_UNIT_ONCE, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    (void)bring_up(&m, &usual, ORX_SEC);
    (void)tell(&m, &usual, ORX_UNIT_HUNG, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    (void)tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_ABNORMAL, ORX_SEC);
    assert_int_equal(m.state, ORX_UNIT_STOPPED);
    /* Started meanwhile, it goes on. */
    (void)tell(&m, &usual, ORX_UNIT_ONCE, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    (void)bring_up(&m, &usual, ORX_SEC);
    (void)tell(&m, &usual, ORX_UNIT_START, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    (void)tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_IDLE, ORX_SEC);
    assert_int_equal(m.state, ORX_UNIT_IDLE);
    assert_true(m.wanted);
    (void)tell(&m, &usual, ORX_UNIT_STOP, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    (void)tell(&m, &usual, ORX_UNIT_ONCE, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    (void)bring_up(&m, &usual, ORX_SEC);
    (void)tell(&m, &usual, ORX_UNIT_RESTART, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    (void)tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    assert_int_equal(m.state, ORX_UNIT_STARTING);
    assert_false(m.lone);
}

/* Paused while it was off, run once, resumed meanwhile: it is off again, not on. */
static void resuming_a_single_run_turns_on_only_what_was_on(void **state) {
    (void)state;
    for (int on = 0; on < 2; on++) {
        orx_unit_machine m = {.state = ORX_UNIT_PAUSED, .wanted = on};
        (void)tell(&m, &usual, ORX_UNIT_ONCE, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
        (void)bring_up(&m, &usual, ORX_SEC);
        (void)tell(&m, &usual, ORX_UNIT_RESUME, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
        assert_int_equal(m.wanted, on);
        (void)tell(&m, &usual, ORX_UNIT_EXITED, ORX_UNIT_EXIT_IDLE, ORX_SEC);
        assert_int_equal(m.state, on ? ORX_UNIT_IDLE : ORX_UNIT_STOPPED);
    }
}

/* One that was given up begins anew when its time comes, unless somebody stopped it. */
static void work_revives_what_is_wanted(void **state) {
    (void)state;
    orx_unit_machine m = {.state = ORX_UNIT_FATAL, .wanted = true, .failures = 7};
    (void)tell(&m, &usual, ORX_UNIT_WORK, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    assert_int_equal(m.state, ORX_UNIT_STARTING);
    assert_int_equal(m.failures, 0);
    m = (orx_unit_machine){.state = ORX_UNIT_FATAL};
    (void)tell(&m, &usual, ORX_UNIT_WORK, ORX_UNIT_EXIT_CLEAN, ORX_SEC);
    assert_int_equal(m.state, ORX_UNIT_FATAL);
}

/* ---- Any course at all --------------------------------------------------------------------- */

typedef struct model {
    orx_unit_machine m;
    orx_unit_policy p;
    uint64_t seed;
    int64_t now;
    int64_t deadline; /* 0 = none */
    bool process;     /* exists */
    bool off;         /* the last wish was to stop */
    bool once;        /* ... or to run once */
} model;

static uint64_t draw(model *w, uint64_t bound) {
    w->seed ^= w->seed << 13;
    w->seed ^= w->seed >> 7;
    w->seed ^= w->seed << 17;
    return (w->seed >> 11) % bound;
}

static void check(const model *w, const orx_unit_output *out) {
    if (out->todo & ORX_UNIT_DO_SPAWN)
        assert_true(!w->off || w->once);
    if (out->todo & (ORX_UNIT_DO_DRAIN | ORX_UNIT_DO_STOP | ORX_UNIT_DO_KILL))
        assert_true(w->process);
    assert_int_equal(w->m.alive, w->process);
    if (w->m.state != ORX_UNIT_STARTING)
        assert_int_equal(w->process, has_process(w->m.state));
    if (w->m.state == ORX_UNIT_BACKOFF)
        assert_true(w->deadline > 0);
    assert_true(w->m.level <= 1000000);
    assert_true(!out->changed || w->m.cause);
}

static void feed(model *w, orx_unit_event event) {
    const orx_unit_input in = {event, (orx_unit_exit)draw(w, ORX_UNIT_EXITS), w->now,
                               draw(w, UINT64_C(1) << 50)};
    orx_unit_state before = w->m.state;
    if (event == ORX_UNIT_EXITED && w->process)
        w->process = false;
    if (event == ORX_UNIT_DEADLINE)
        w->deadline = 0;
    if (event == ORX_UNIT_STOP || event == ORX_UNIT_KILL || event == ORX_UNIT_DRAIN)
        w->off = true;
    if (event == ORX_UNIT_START || event == ORX_UNIT_RESTART)
        w->off = false;
    if (event == ORX_UNIT_ONCE)
        w->once = true;
    orx_unit_output out = orx_unit_step(&w->m, &w->p, &in);
    if (out.timer_ns > 0)
        w->deadline = w->now + out.timer_ns;
    else if (out.timer_ns < 0)
        w->deadline = 0;
    if (out.todo & ORX_UNIT_DO_SPAWN) {
        assert_false(w->process); /* never a second one */
        w->process = true;
    }
    assert_true(out.changed == (before != w->m.state) || out.changed);
    check(w, &out);
    if (out.todo & ORX_UNIT_DO_SPAWN)
        w->once = false; /* of one that is off, one run */
}

/* Time goes to the deadline now and then; otherwise anything may happen, also what cannot. */
static void random_step(model *w) {
    if (w->deadline && draw(w, 4) == 0) {
        w->now = w->deadline > w->now ? w->deadline : w->now;
        feed(w, ORX_UNIT_DEADLINE);
        return;
    }
    w->now += (int64_t)draw(w, 100) * ORX_SEC;
    orx_unit_event event = (orx_unit_event)draw(w, ORX_UNIT_EVENTS);
    if (event == ORX_UNIT_EXITED && !w->process)
        event = ORX_UNIT_NEEDS_UP;
    /* What it takes to get anywhere comes more often. */
    if (w->m.state == ORX_UNIT_STARTING && draw(w, 2))
        event = w->process ? ORX_UNIT_UP : ORX_UNIT_NEEDS_UP;
    feed(w, event);
}

static void any_course_keeps_the_promises(void **state) {
    (void)state;
    int seen[ORX_UNIT_STATES] = {0};
    for (uint64_t seed = 1; seed <= 300; seed++) {
        model w = {.p = usual, .seed = seed * 0x9E3779B97F4A7C15ULL, .now = ORX_SEC};
        w.p.restart = (orx_unit_restart)draw(&w, 5);
        w.p.jitter = draw(&w, 2) != 0;
        w.p.start_limit = (int)draw(&w, 2) * 5;
        w.p.start_window_ns = 100 * ORX_SEC;
        for (int i = 0; i < 1000; i++) {
            random_step(&w);
            seen[w.m.state]++;
        }
    }
    for (int i = 0; i < ORX_UNIT_STATES; i++)
        assert_true(seen[i] > 200);
}

/* Whatever happened before: told to stop, it stops when its process goes. */
static void a_stop_always_gets_there(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        model w = {.p = usual, .seed = seed * 0xD1B54A32D192ED03ULL, .now = ORX_SEC};
        for (uint64_t i = draw(&w, 200); i > 0; i--)
            random_step(&w);
        (void)tell(&w.m, &w.p, ORX_UNIT_STOP, ORX_UNIT_EXIT_CLEAN, w.now);
        if (w.process)
            (void)tell(&w.m, &w.p, ORX_UNIT_EXITED, ORX_UNIT_EXIT_CLEAN, w.now);
        assert_int_equal(w.m.state, ORX_UNIT_STOPPED);
        assert_false(w.m.wanted);
    }
}

static void names_go_both_ways(void **state) {
    (void)state;
    for (int i = 0; i < ORX_UNIT_STATES; i++) {
        orx_unit_state back = ORX_UNIT_STATES;
        assert_true(orx_unit_state_parse(orx_unit_state_name((orx_unit_state)i), &back));
        assert_int_equal(back, i);
    }
    orx_unit_state back = ORX_UNIT_IDLE;
    assert_false(orx_unit_state_parse("running", &back));
    assert_int_equal(back, ORX_UNIT_IDLE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_does_what_the_table_says),
        cmocka_unit_test(an_event_that_means_nothing_changes_nothing),
        cmocka_unit_test(exits_follow_the_policy),
        cmocka_unit_test(exit_codes_have_their_meaning),
        cmocka_unit_test(case_25_waits_double_up_to_the_limit),
        cmocka_unit_test(jitter_stays_between_the_delay_and_the_envelope),
        cmocka_unit_test(case_30_ten_healthy_minutes_make_up_for_failures),
        cmocka_unit_test(five_crashes_in_ten_minutes_are_the_end),
        cmocka_unit_test(slow_crashes_and_ends_in_order_are_no_loop),
        cmocka_unit_test(case_26_a_cap_on_failures),
        cmocka_unit_test(a_start_limit_counts_good_ends_too),
        cmocka_unit_test(a_hung_process_counts_as_a_crash),
        cmocka_unit_test(too_late_in_starting_is_a_crash_too),
        cmocka_unit_test(the_operator_is_heard_while_it_ends),
        cmocka_unit_test(a_pause_remembers_whether_it_ran),
        cmocka_unit_test(an_unproven_end_is_fatal_also_when_it_was_asked_for),
        cmocka_unit_test(renewing_has_no_deadline),
        cmocka_unit_test(one_that_may_not_start_is_idle),
        cmocka_unit_test(a_single_run_leaves_it_as_it_was),
        cmocka_unit_test(resuming_a_single_run_turns_on_only_what_was_on),
        cmocka_unit_test(work_revives_what_is_wanted),
        cmocka_unit_test(any_course_keeps_the_promises),
        cmocka_unit_test(a_stop_always_gets_there),
        cmocka_unit_test(names_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
