/* bench_run.c: what an operator waits for.
 *
 * status: `orxaq status` on a root with 100,000 tasks and 1,000,000 events, as a whole process,
 * time and peak memory. version: `orxaq version` against a C program that does nothing. next: the
 * next of 100,000 ready tasks, chosen and marked with its commit, against a bare durable commit of
 * one small row in the same database. */
#include "bench.h"

#include "money/ingest_rows.h"
#include "platform/files.h"
#include "root.h"
#include "run/run.h"
#include "task/task.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define TASKS  100000
#define EVENTS 1000000
#define RUNS   21
#define NEXT   201

/* Runs a program to its end; *ret_kib is its peak memory. */
static double run(const char *const *argv, long *ret_kib) {
    pid_t pid;
    int status;
    struct rusage ru;
    posix_spawn_file_actions_t quiet;
    (void)posix_spawn_file_actions_init(&quiet);
    (void)posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1, 0);
    double begun = bench_now();
    if (posix_spawn(&pid, argv[0], &quiet, NULL, (char *const *)argv, environ) != 0 ||
        wait4(pid, &status, 0, &ru) < 0 || status != 0) {
        (void)fprintf(stderr, "bench_run: %s failed\n", argv[0]);
        exit(1);
    }
    double took = bench_now() - begun;
    (void)posix_spawn_file_actions_destroy(&quiet);
    *ret_kib = ru.ru_maxrss;
    return took;
}

static void make_tasks(orx_store *s) {
    orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    static const char *const nothing[] = {NULL};
    orx_task_list list = {orx_arena_zalloc(&arena, TASKS, sizeof(orx_task)), TASKS};
    for (int i = 0; i < TASKS; i++)
        list.items[i] = (orx_task){.id = orx_arena_printf(&arena, "task-%06d", i),
                                   .owner = "codex",
                                   .priority = i % 10,
                                   .title = "A task of the benchmark",
                                   .description = "Something to be done, described in a sentence.",
                                   .depends_on = nothing,
                                   .acceptance = nothing};
    check(orx_task_sync(s, "primary", "file", &list, &err), &err, "making tasks");
    orx_arena_free(&arena);
}

static void make_events(orx_store *s) {
    orx_err err = ORX_ERR_INIT;
    orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "verdict", "done");
    for (int i = 0; i < EVENTS; i++) {
        if (i % 5000 == 0)
            check(orx_tx_begin(s, &err), &err, "begin");
        const orx_event e = {.kind = "bench.event",
                             .schema = 1,
                             .task = "task-000001",
                             .attempt = i + 1,
                             .body = body};
        check(orx_event_append(s, &e, NULL, &err), &err, "event");
        if (i % 5000 == 4999)
            check(orx_tx_commit(s, &err), &err, "commit");
    }
    orx_arena_free(&arena);
}

/* Seconds for one durable commit of a small row. */
static double bare_commit(orx_store *s, int i) {
    orx_err err = ORX_ERR_INIT;
    double begun = bench_now();
    check(orx_tx_begin(s, &err), &err, "begin");
    check(orx_counter_add(s, "bench", i + 1, &err), &err, "counter");
    check(orx_tx_commit(s, &err), &err, "commit");
    return bench_now() - begun;
}

static double next_task(orx_store *s, orx_queue *q) {
    orx_err err = ORX_ERR_INIT;
    orx_arena arena = {0};
    const char *id = NULL;
    double begun = bench_now();
    check(orx_queue_next(q, NULL, &arena, &id, &err), &err, "next");
    check(orx_tx_begin(s, &err), &err, "begin");
    check(orx_task_select(s, "primary", id, NULL, &err), &err, "select");
    check(orx_tx_commit(s, &err), &err, "commit");
    double took = bench_now() - begun;
    orx_arena_free(&arena);
    return took;
}

static void bench_next(orx_store *s) {
    double bare[NEXT];
    double next[NEXT];
    orx_queue *q = orx_queue_new(s, "primary");
    for (int i = 0; i < NEXT; i++) {
        bare[i] = bare_commit(s, i);
        next[i] = next_task(s, q);
    }
    orx_queue_free(q);
    (void)bench_at_most("next_task_vs_commit", bench_median(next, NEXT) / bench_median(bare, NEXT),
                        "x", 3.0);
}

static void bench_status(const char *orxaq, const char *root) {
    const char *const argv[] = {orxaq, "--root", root, "status", NULL};
    double took[RUNS];
    long kib = 0;
    for (int i = 0; i < RUNS; i++)
        took[i] = run(argv, &kib);
    (void)bench_at_most("status_100k_tasks_1m_events", bench_median(took, RUNS) * 1e3, "ms", 10.0);
    (void)bench_at_most("status_peak_memory", (double)kib / 1024, "MiB", 12.0);
}

static void bench_version(const char *orxaq, const char *nothing) {
    const char *const ours[] = {orxaq, "version", NULL};
    const char *const empty[] = {nothing, NULL};
    double a[RUNS];
    double b[RUNS];
    long kib;
    for (int i = 0; i < RUNS; i++) {
        a[i] = run(ours, &kib);
        b[i] = run(empty, &kib);
    }
    (void)bench_at_most("version_vs_empty_program", bench_median(a, RUNS) / bench_median(b, RUNS),
                        "x", 6.0);
}

/* In a small process of its own: a spawned child's peak memory starts at that of its parent. */
static void bench_status_apart(const char *self, const char *orxaq, const char *root) {
    const char *const argv[] = {self, orxaq, root, NULL};
    pid_t pid;
    int status = 1;
    if (posix_spawn(&pid, self, NULL, NULL, (char *const *)argv, environ) != 0 ||
        waitpid(pid, &status, 0) < 0 || status != 0) {
        (void)fprintf(stderr, "bench_run: status was not measured\n");
        exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc == 3) {
        bench_status(argv[1], argv[2]);
        return 0;
    }
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    orx_store *s = NULL;
    char orxaq[4096];
    char empty[4096];
    char root[] = "/var/tmp/orxaq-bench.XXXXXX";
    (void)snprintf(orxaq, sizeof orxaq, "%s/bin/orxaq", bench_env("ORX_BUILD_DIR"));
    (void)snprintf(empty, sizeof empty, "%s/bench-parts/empty", bench_env("ORX_BUILD_DIR"));
    if (!mkdtemp(root))
        return 1;
    check(orx_platform_uv_new(&p, &err), &err, "platform");
    check(orx_store_open(p, root, "primary", rooms, ORX_STORE_CREATE, &s, &err), &err, "open");
    make_tasks(s);
    bench_next(s);
    make_events(s);
    orx_store_close(s);
    bench_status_apart("/proc/self/exe", orxaq, root);
    bench_version(orxaq, empty);
    (void)orx_remove_tree(p, root, NULL);
    orx_platform_free(p);
    return 0;
}
