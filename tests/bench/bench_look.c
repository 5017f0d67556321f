/* bench_look.c: what it takes to look at a root that has been at work for long.
 *
 * 16 lanes with 100 tasks each in their files and 20,000 tasks of the past; 200,000 attempts with
 * their calls, rows in the books, sums and events, so that response_metrics.ndjson has 200,000
 * rows; and 1 GB of logs, the present one and four older ones of every lane and of the runner. A
 * supervisor is at work, all lanes are stopped. status, health and lanes-status, as JSON, are
 * measured as whole processes.
 *
 * Tasks are synced and events appended as runners do it. Attempts and calls are written by one
 * statement each, into the columns that a settlement leaves; all sums are then made anew by the
 * functions that mend them, and the files are written by the projections of the store, but for the
 * report per task, which nobody here reads. Logs are sparse but for their last lines: nobody has to
 * write a gigabyte so that nobody reads it.
 */
#include "bench.h"

#include "money/ingest_rows.h"
#include "platform/files.h"
#include "root.h"
#include "run/run.h"
#include "run/summary.h"
#include "task/task.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LANES = 16, OPEN = 100, PAST = 1250, ATTEMPTS = 200000, OLD_LOGS = 4, RUNS = 41 };
enum { LOGS = (LANES + 1) * (OLD_LOGS + 1) };

#define LOG_BYTES (INT64_C(1000000000) / LOGS)

/* ---- The journal ----------------------------------------------------------------------------- */

/* The tasks of a lane: those in its file, or these after those of the past. */
static void sync_tasks(orx_store *s, const char *lane, int from, int count) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    static const char *const nothing[] = {NULL};
    orx_task_list list = {orx_arena_zalloc(&arena, (size_t)count, sizeof(orx_task)), (size_t)count};
    for (int i = 0; i < count; i++)
        list.items[i] = (orx_task){.id = orx_arena_printf(&arena, "task-%d", from + i),
                                   .owner = "worker",
                                   .title = "A task of the benchmark",
                                   .description = "Something to be done, in a sentence.",
                                   .depends_on = nothing,
                                   .acceptance = nothing};
    check(orx_task_sync(s, lane, "file", &list, &err), &err, "tasks");
}

static void sql(orx_store *s, const char *text, int64_t n) {
    orx_err err = ORX_ERR_INIT;
    orx_sql *q = NULL;
    check(orx_sql_get(s, text, &q, &err), &err, text);
    if (n)
        orx_sql_int(q, 1, n);
    check((int)orx_sql_run(q, &err) < 0 ? -1 : 0, &err, text);
}

/* A third of a minute apart, up to now; one of ten was not done at once. */
static void make_attempts(orx_store *s) {
    int64_t now = orx_wall_ns(orx_store_platform(s));
    sql(s,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)"
        " INSERT INTO attempt(id, lane, task, number, provider, repo, base, branch, fingerprint,"
        " step, evidence, sha, verdict, reason, begun, ended) SELECT i, 'lane-' || (1 + i % 16),"
        " 'task-' || (i / 160), 1 + (i % 10 = 0), 'worker', '/srv/repo',"
        " '0123456789012345678901234567890123456789', 'main', 'f', 5, 1,"
        " '9876543210987654321098765432109876543210', CASE i % 10 WHEN 0 THEN 'retry' ELSE 'done'"
        " END, '', ?1 - (200000 - i) * 20000000000, ?1 - (200000 - i) * 20000000000 + 9000000000"
        " FROM n",
        now);
    sql(s,
        "INSERT INTO call(id, attempt, provider, plugin, model_asked, model_answered,"
        " prompt_sha256, prompt_tokens, kind, claim, wall_ns, answer_bytes, input_tokens,"
        " output_tokens, requests, cost_nano_usd, provenance, difficulty, priced_nano,"
        " priced_reports, price, cost_source, booked) SELECT id, id, 'worker', 'command', 'm',"
        " 'm' || id % 4, 'f', 2500, 0, 1, 8000000000, 900, 10000, 1000, 1, 20000000, 2, 40,"
        " 20000000, 1, 'prices.yaml#0123456789ab m', 3, 1 FROM attempt",
        0);
    sql(s,
        "INSERT INTO spend SELECT c.id, a.id, a.ended, a.lane, a.task, c.provider, c.provider,"
        " c.model_asked, c.model_answered, c.input_tokens, 0, 0, c.output_tokens, 0, 1,"
        " c.cost_nano_usd, c.cost_source, c.price FROM call c JOIN attempt a ON a.id = c.attempt",
        0);
}

static void make_events(orx_store *s) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "verdict", "done");
    orx_node_set_str(&arena, body, "reason", "");
    orx_node_set_str(&arena, body, "summary", "What the task asked for is done and was checked.");
    for (int i = 1; i <= ATTEMPTS; i++) {
        char task[32];
        (void)snprintf(task, sizeof task, "task-%d", i / (10 * LANES));
        const orx_event e = {
            .kind = "attempt.settled", .schema = 1, .task = task, .attempt = i, .body = body};
        check(orx_event_append(s, &e, NULL, &err), &err, "event");
    }
}

static void make_journal(orx_platform *p, const char *root) {
    orx_err err = ORX_ERR_INIT;
    orx_store *s = NULL;
    char lane[16];
    check(orx_store_open(p, root, "primary", rooms, ORX_STORE_CREATE, &s, &err), &err, root);
    for (int i = 1; i <= LANES; i++) {
        (void)snprintf(lane, sizeof lane, "lane-%d", i);
        sync_tasks(s, lane, 0, PAST);
        sync_tasks(s, lane, PAST, OPEN);
    }
    check(orx_tx_begin(s, &err), &err, "begin");
    make_attempts(s);
    make_events(s);
    sql(s,
        "UPDATE store_projection SET cursor = (SELECT max(seq) FROM event) WHERE name = 'reports'",
        0);
    check(orx_books_anew(s, &err), &err, "books");
    check(orx_summary_anew(s, &err), &err, "summary");
    check(orx_tx_commit(s, &err), &err, "commit");
    orx_store_close(s);
}

/* ---- The root -------------------------------------------------------------------------------- */

static void place(orx_platform *p, const char *path, const char *text) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    char *dir = orx_arena_strdup(&arena, path);
    *strrchr(dir, '/') = '\0';
    check(orx_mkdirs(p, dir, false, &err), &err, dir);
    check(orx_write_replace(p, path, orx_view_of(text), 0644, &err), &err, path);
}

static void place_lanes(orx_platform *p, orx_arena *a, const char *root) {
    ORX_CLEANUP(orx_str_free) orx_str lanes = {0};
    for (int i = 1; i <= LANES; i++) {
        ORX_CLEANUP(orx_str_free) orx_str tasks = {0};
        orx_str_addf(&lanes,
                     "%s{\"id\": \"lane-%d\", \"owner\": \"worker\", \"enabled\": false, "
                     "\"tasks_file\": \"config/lanes/lane-%d.json\"}",
                     i > 1 ? "," : "[", i, i);
        for (int k = 0; k < OPEN; k++)
            orx_str_addf(&tasks,
                         "%s{\"id\": \"task-%d\", \"owner\": \"worker\", \"priority\": 0, "
                         "\"title\": \"A task of the benchmark\", "
                         "\"description\": \"Something to be done, in a sentence.\"}",
                         k ? "," : "[", PAST + k);
        orx_str_adds(&tasks, "]\n");
        place(p, orx_arena_printf(a, "%s/config/lanes/lane-%d.json", root, i),
              orx_str_cstr(&tasks));
    }
    orx_str_adds(&lanes, "]\n");
    place(p, orx_path_join(a, root, "config/lanes.json"), orx_str_cstr(&lanes));
}

/* A log of its full size that ends in a line. */
static void place_log(orx_platform *p, const char *path) {
    static const char line[] = "\n[2026-01-31T12:00:00.123456+00:00] the last line of a log\n";
    place(p, path, "");
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || pwrite(fd, line, sizeof line - 1, LOG_BYTES - (off_t)sizeof line) < 0) {
        perror(path);
        exit(1);
    }
    (void)close(fd);
}

static void place_logs(orx_platform *p, orx_arena *a, const char *root) {
    for (int i = 0; i <= LANES; i++) {
        const char *log =
            i ? orx_arena_printf(a, "%s/artifacts/autonomy/lanes/lane-%d/runner.log", root, i)
              : orx_path_join(a, root, "artifacts/autonomy/runner.log");
        place_log(p, log);
        for (int k = 1; k <= OLD_LOGS; k++)
            place_log(p, orx_arena_printf(a, "%s.%d", log, k));
    }
}

static void make_root(orx_platform *p, orx_arena *a, const char *root) {
    orx_err err = ORX_ERR_INIT;
    check(orx_mkdirs(p, orx_path_join(a, root, "repo/.git"), false, &err), &err, root);
    place(p, orx_path_join(a, root, "config/tasks.json"), "[]\n");
    place(p, orx_path_join(a, root, "orxaq.yaml"),
          "version: 1\nrepos: {impl: repo, test: repo}\nproviders:\n"
          "  worker: {plugin: command, settings: {argv: [\"true\"]}}\n");
    place_lanes(p, a, root);
    place_logs(p, a, root);
    make_journal(p, root);
}

/* ---- Looking --------------------------------------------------------------------------------- */

static pid_t begin(const char *const *argv) {
    posix_spawn_file_actions_t quiet;
    pid_t pid;
    (void)posix_spawn_file_actions_init(&quiet);
    (void)posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1, 0);
    if (posix_spawn(&pid, argv[0], &quiet, NULL, (char *const *)argv, environ) != 0) {
        (void)fprintf(stderr, "bench_look: %s cannot be started\n", argv[0]);
        exit(1);
    }
    (void)posix_spawn_file_actions_destroy(&quiet);
    return pid;
}

/* A supervisor that answers. */
static pid_t begin_supervisor(const char *orxaq, const char *root) {
    enum { TRIES = 600 };
    const struct timespec pause = {0, 50000000};
    const char *const supervise[] = {orxaq, "--root", root, "--quiet", "supervise", NULL};
    const char *const units[] = {orxaq, "--root", root, "--quiet", "units", NULL};
    pid_t supervisor = begin(supervise);
    for (int i = 0; i < TRIES; i++) {
        int status = 0;
        if (waitpid(begin(units), &status, 0) > 0 && status == 0)
            return supervisor;
        (void)nanosleep(&pause, NULL);
    }
    (void)fprintf(stderr, "bench_look: the supervisor does not answer\n");
    exit(1);
}

/* Seconds; whatever the command thinks of the root. */
static double run(const char *const *argv) {
    int status = 0;
    double begun = bench_now();
    if (waitpid(begin(argv), &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) > 1) {
        (void)fprintf(stderr, "bench_look: orxaq %s failed\n", argv[3]);
        exit(1);
    }
    return bench_now() - begun;
}

static bool look(const char *orxaq, const char *root, const char *what, const char *name) {
    const char *const argv[] = {orxaq, "--root", root, what, "--json", NULL};
    double took[RUNS];
    for (int i = 0; i < RUNS; i++)
        took[i] = run(argv);
    return bench_at_most(name, bench_median(took, RUNS) * 1e3, "ms", 15);
}

/* The rows that are measured against are there. */
static void count_rows(orx_platform *p, orx_arena *a, const char *root) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    const char *path = orx_path_join(a, root, "artifacts/autonomy/response_metrics.ndjson");
    int rows = 0;
    check(orx_read_file(p, path, (size_t)1 << 30, &text, &err), &err, path);
    for (size_t i = 0; i < text.len; i++)
        rows += text.buf[i] == '\n';
    (void)fprintf(stderr, "bench_look: %d rows of metrics, %zu MB\n", rows, text.len >> 20);
    if (rows != ATTEMPTS)
        exit(1);
}

int main(void) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    char root[] = "/var/tmp/orxaq-bench.XXXXXX";
    const char *orxaq = orx_path_join(&arena, bench_env("ORX_BUILD_DIR"), "bin/orxaq");
    if (!mkdtemp(root))
        return 1;
    check(orx_platform_uv_new(&p, &err), &err, "platform");
    double begun = bench_now();
    make_root(p, &arena, root);
    (void)fprintf(stderr, "bench_look: made in %.1f s\n", bench_now() - begun);
    count_rows(p, &arena, root);
    pid_t supervisor = begin_supervisor(orxaq, root);
    bool good = look(orxaq, root, "status", "status_200k_metrics_1gb_logs");
    good = look(orxaq, root, "health", "health_200k_metrics_1gb_logs") && good;
    good = look(orxaq, root, "lanes-status", "lanes_status_200k_metrics_1gb_logs") && good;
    (void)kill(supervisor, SIGTERM);
    (void)waitpid(supervisor, NULL, 0);
    (void)orx_remove_tree(p, root, NULL);
    orx_platform_free(p);
    return good ? 0 : 1;
}
