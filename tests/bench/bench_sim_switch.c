/* bench_sim_switch.c: what one step of a simulated world costs.
 *
 * 32 processes on one host do the same thing over and over; the time is divided by what they did
 * together. Each row's bar leaves room for the simulation the project promises: 32 runners with
 * half a million events within a minute on one core, where an event costs some twenty steps.
 *
 *   sim_switch      every operation lets another process go on: two switches and a draw
 *   sim_disk        append 100 bytes to a log of one's own, one in 16 synced; preemption as usual
 *   sim_page        overwrite one of 1,000 pages of 4 KiB and sync: what a database does
 *   sim_timer       sleep for a drawn time
 *   sim_lock        take a lock that all 32 want, and give it back
 *   sim_program     start a program that prints a line, and wait for its end */
#include "bench.h"

#include "platform/files.h"
#include "platform/loop.h"
#include "platform/proc.h"
#include "platform/sim/sim.h"

#include <string.h>

enum { RUNNERS = 32, ROUNDS = 5, PAGES = 1000 };

typedef struct load {
    orx_sim *sim;
    int ops;
    int next; /* numbers the processes */
} load;

static orx_file *open_own(orx_platform *p, load *l, int flags) {
    char path[32];
    orx_file *f = NULL;
    (void)snprintf(path, sizeof path, "/file%d", l->next++);
    if (orx_file_open(p, path, flags | ORX_OPEN_WRITE | ORX_OPEN_CREATE, 0644, &f, NULL) < 0)
        abort();
    return f;
}

static int looks(orx_platform *p, void *user) {
    load *l = user;
    orx_file *f = open_own(p, l, 0);
    orx_file_info info;
    for (int i = 0; i < l->ops; i++)
        (void)orx_file_info_of(p, f, &info, NULL);
    orx_file_close(p, f);
    return 0;
}

static int appends(orx_platform *p, void *user) {
    load *l = user;
    orx_file *f = open_own(p, l, ORX_OPEN_APPEND);
    char line[100];
    memset(line, 'x', sizeof line);
    for (int i = 0; i < l->ops; i++) {
        (void)orx_file_write(p, f, 0, line, sizeof line, NULL);
        if (i % 16 == 0)
            (void)orx_file_sync(p, f, NULL);
    }
    orx_file_close(p, f);
    return 0;
}

static int writes_pages(orx_platform *p, void *user) {
    load *l = user;
    orx_file *f = open_own(p, l, 0);
    char page[4096];
    memset(page, 'x', sizeof page);
    for (int i = 0; i < l->ops; i++) {
        (void)orx_file_write(p, f, (int64_t)(i % PAGES) * 4096, page, sizeof page, NULL);
        (void)orx_file_sync(p, f, NULL);
    }
    orx_file_close(p, f);
    return 0;
}

static int sleeps(orx_platform *p, void *user) {
    load *l = user;
    for (int i = 0; i < l->ops; i++)
        orx_loop_sleep(p, (int64_t)orx_sim_draw(l->sim, 1000000));
    return 0;
}

static int locks(orx_platform *p, void *user) {
    load *l = user;
    orx_file *f = NULL;
    if (orx_file_open(p, "/lock", ORX_OPEN_WRITE | ORX_OPEN_CREATE, 0644, &f, NULL) < 0)
        abort();
    for (int i = 0; i < l->ops; i++) {
        (void)orx_file_lock(p, f, ORX_LOCK_EXCLUSIVE, true, NULL);
        orx_file_unlock(p, f);
    }
    orx_file_close(p, f);
    return 0;
}

static int echo(orx_sim_prog *prog, void *user) {
    (void)user;
    orx_sim_print(prog, ORX_STDOUT, orx_view_of("one line\n"));
    return 0;
}

static int starts(orx_platform *p, void *user) {
    load *l = user;
    const char *argv[] = {"echo", NULL};
    orx_proc_spec spec = {.argv = argv};
    for (int i = 0; i < l->ops; i++) {
        orx_proc_result result;
        orx_capture out = {.head_max = 100};
        if (orx_proc_run(p, &spec, &out, NULL, &result, NULL) < 0 || out.head.len != 9)
            abort();
        orx_capture_free(&out);
    }
    return 0;
}

/* Nanoseconds for each of the ops that every runner does. */
static double once(orx_sim_main fn, int ops, int preempt) {
    orx_sim *s = orx_sim_new(1);
    orx_sim_host *h = orx_sim_add_host(s, "bench");
    load l = {.sim = s, .ops = ops};
    if (preempt >= 0)
        orx_sim_set_preempt(s, (uint32_t)preempt);
    orx_sim_program(s, "echo", echo, NULL);
    for (int i = 0; i < RUNNERS; i++)
        orx_sim_spawn(orx_sim_add_process(h), fn, &l);
    double begin = bench_now();
    if (!orx_sim_run(s, 0))
        abort();
    double took = bench_now() - begin;
    orx_sim_free(s);
    return took * 1e9 / (double)ops / RUNNERS;
}

static bool measure(const char *name, orx_sim_main fn, int ops, int preempt, double bar) {
    double v[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        v[i] = once(fn, ops, preempt);
    return bench_at_most(name, bench_median(v, ROUNDS), "ns/op", bar);
}

int main(void) {
    bool pass = measure("sim_switch", looks, 20000, 10000, 500);
    pass &= measure("sim_disk", appends, 20000, -1, 1000);
    pass &= measure("sim_page", writes_pages, 5000, -1, 8000);
    pass &= measure("sim_timer", sleeps, 10000, -1, 1500);
    pass &= measure("sim_lock", locks, 10000, -1, 1000);
    pass &= measure("sim_program", starts, 500, -1, 30000);
    return pass ? 0 : 1;
}
