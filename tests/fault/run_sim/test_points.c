/* Dying at every durable operation of a whole run: before, in the middle of and after it. Without
 * an argument processes are killed; with "power" hosts lose power, in one of the three ways at each
 * operation, another one with the next seed; with "all" both happen, in every way. Then a new
 * runner is started on the same disk and brings the queue to its end; nothing is lost and nothing
 * is delivered twice.
 *
 * The run is made once. At each of its durable operations the whole world is copied by fork(2),
 * once for each way of dying; the copy dies there, goes on and is looked at, while the original
 * continues unharmed. So the way to an operation is walked once and not again for each of its
 * deaths, and as many copies live at a time as there are processors.
 *
 * ORX_POINTS_AT=N dies at operation N only and ORX_POINTS_SEED=N takes another run: for looking at
 * a finding, or for a longer search. */
#include "world.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEED = 7, STARTS_MAX = 5, WAYS = 6 };

/* One way of dying. */
typedef struct death {
    orx_sim_when when;
    bool power;
} death;

static const death ways[WAYS] = {{ORX_SIM_BEFORE, false}, {ORX_SIM_TORN, false},
                                 {ORX_SIM_AFTER, false},  {ORX_SIM_BEFORE, true},
                                 {ORX_SIM_TORN, true},    {ORX_SIM_AFTER, true}};

/* A copy of the world, and where it dies. */
typedef struct copy {
    pid_t pid; /* 0 = none */
    uint64_t op;
    const death *way;
} copy;

enum { COPIES_MAX = 64 };

typedef struct walk {
    run_world *w;
    bool kills;
    bool power;
    bool all; /* in every way */
    uint64_t seed;
    uint64_t only; /* this operation, 0 = all */
    copy copies[COPIES_MAX];
    size_t at_a_time;
    size_t living;
    uint64_t deaths;
    uint64_t bad;
    copy self; /* in a copy; way is NULL in the original */
} walk;

static uint64_t number(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

/* ---- In a copy ------------------------------------------------------------------------------ */

/* Starts runners until one comes to the end of the queue. */
static const char *go_on(run_world *w, char *buf, size_t size) {
    for (int i = 0; i < STARTS_MAX; i++) {
        if (!run_world_run(w))
            return "the world stands still";
        if (w->last.finished && w->last.end == ORX_RUN_LEFTOVER)
            return NULL;
    }
    (void)snprintf(buf, size, "the queue does not end: %s", w->last.err.msg);
    return buf;
}

/* After the death. */
static const char *live_on(walk *k, char *buf, size_t size) {
    run_world *w = k->w;
    orx_sim_crash_at(w->host, 0, ORX_SIM_BEFORE, false);
    if (orx_sim_fate_of(w->p, NULL) != ORX_SIM_KILLED)
        return "the runner did not die";
    const char *why = go_on(w, buf, size);
    return why ? why : run_world_problem(w, false);
}

static void complain(const walk *k, const copy *c, const char *why) {
    const death *way = c->way ? c->way : &ways[0];
    (void)fprintf(stderr, "ORX_POINTS_SEED=%llu ORX_POINTS_AT=%llu, when %d, power %d: %s\n",
                  (unsigned long long)k->seed, (unsigned long long)c->op, (int)way->when,
                  way->power, why);
}

static _Noreturn void end_of_copy(walk *k) {
    char buf[1024];
    const char *why = live_on(k, buf, sizeof buf);
    if (why)
        complain(k, &k->self, why);
    _exit(why ? 1 : 0);
}

/* ---- In the original ------------------------------------------------------------------------ */

static copy *place_of(walk *k, pid_t pid) {
    for (size_t i = 0; i < COPIES_MAX; i++)
        if (k->copies[i].pid == pid)
            return &k->copies[i];
    abort();
}

static void reap(walk *k) {
    int status = 0;
    pid_t pid = wait(&status);
    if (pid < 0)
        abort();
    copy *c = place_of(k, pid);
    if (!WIFEXITED(status))
        complain(k, c, "the copy was killed by a signal");
    k->bad += status != 0;
    *c = (copy){0};
    k->living--;
}

/* True in the copy. */
static bool split(walk *k, uint64_t op, const death *way) {
    while (k->living >= k->at_a_time)
        reap(k);
    copy c = {.op = op, .way = way};
    c.pid = fork();
    if (c.pid < 0)
        abort();
    if (c.pid == 0) {
        k->self = c;
        return true;
    }
    *place_of(k, 0) = c;
    k->living++;
    k->deaths++;
    return false;
}

static bool is_wanted(const walk *k, uint64_t op, size_t way) {
    if (!ways[way].power)
        return k->kills;
    return k->power && (k->all || (op + k->seed) % (WAYS / 2) == way % (WAYS / 2));
}

/* Called between the count of an operation and its beginning. */
static void at_step(const char *what, uint64_t op, uint64_t kind, void *user) {
    walk *k = user;
    (void)kind;
    if (strcmp(what, "op") != 0 || (k->only && op != k->only))
        return;
    for (size_t i = 0; i < WAYS; i++)
        if (is_wanted(k, op, i) && split(k, op, &ways[i])) {
            orx_sim_trace(k->w->sim, NULL, NULL);
            orx_sim_crash_at(k->w->host, op, ways[i].when, ways[i].power);
            return;
        }
}

static size_t processors(void) {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > COPIES_MAX ? COPIES_MAX : (size_t)n;
}

static void every_death_is_survived(void **state) {
    const char *mode = *state;
    bool all = strcmp(mode, "all") == 0;
    bool power = strcmp(mode, "power") == 0;
    uint64_t each = all ? WAYS : power ? 1 : WAYS / 2;
    walk k = {.kills = !power,
              .power = all || power,
              .all = all,
              .seed = number("ORX_POINTS_SEED", SEED),
              .only = number("ORX_POINTS_AT", 0),
              .at_a_time = processors()};
    k.w = run_world_new(k.seed, &run_queue_short);
    (void)fflush(stdout);
    orx_sim_trace(k.w->sim, at_step, &k);
    bool fine = run_world_run(k.w);
    if (k.self.way)
        end_of_copy(&k);
    while (k.living)
        reap(&k);
    uint64_t ops = orx_sim_durable_ops(k.w->host);
    print_message("%llu durable operations, %llu deaths\n", (unsigned long long)ops,
                  (unsigned long long)k.deaths);
    if (!fine || !k.w->last.finished)
        fail_msg("without a death: %s", k.w->last.err.msg);
    const char *why = run_world_problem(k.w, false);
    if (why)
        fail_msg("without a death: %s", why);
    run_world_free(k.w);
    assert_int_equal(k.bad, 0);
    assert_true(k.only ? k.deaths == each : k.deaths == ops * each && ops > 500);
}

int main(int argc, char **argv) {
    char kills[] = "kills";
    char *mode = argc > 1 ? argv[1] : kills;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_death_is_survived, mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
