/* bench_store.c: what the journal costs on top of SQLite.
 *
 * The same events go into two databases with the same tables and indexes: through orx_store (lock
 * file, canonical body, clocks, hash chain, head of the chain, the record in the lock file) and
 * through bare prepared statements that insert the ready row and update the origin. Both use WAL
 * and synchronous FULL. Rounds alternate and medians are compared, so that whatever else the
 * machine does falls on both.
 *
 * single: one event per durable commit. batch: many events in one transaction. open: a reader opens
 * a journal of a million events in a process of its own, for time and peak memory. */
#include "platform/files.h"
#include "store/internal.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Many short rounds: what else happens on the disk then falls on both alike. */
#define ROUNDS  61
#define SINGLES 40
#define BATCH   4000
#define MILLION 1000000

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char *what, const char *why) {
    (void)fprintf(stderr, "bench_store: %s: %s\n", what, why);
    exit(1);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, size_t n) {
    qsort(v, n, sizeof *v, by_value);
    return v[n / 2];
}

/* ---- Ours ----------------------------------------------------------------------------------- */

static const orx_store_room *const no_rooms[] = {NULL};

static void must(int rc, const orx_err *err, const char *what) {
    if (rc < 0)
        die(what, err->msg);
}

static void append(orx_store *s, const orx_node *body, int i) {
    orx_err err = ORX_ERR_INIT;
    char task[32];
    (void)snprintf(task, sizeof task, "task-%05d", i % 1000);
    orx_event e = {.kind = "attempt.exited",
                   .schema = 1,
                   .task = task,
                   .attempt = i % 1000 + 1,
                   .call = i + 1,
                   .body = body};
    must(orx_event_append(s, &e, NULL, &err), &err, "append");
}

static double ours(orx_store *s, const orx_node *body, int transactions, int events) {
    orx_err err = ORX_ERR_INIT;
    double start = now();
    for (int t = 0; t < transactions; t++) {
        must(orx_tx_begin(s, &err), &err, "begin");
        for (int i = 0; i < events; i++)
            append(s, body, t + i);
        must(orx_tx_commit(s, &err), &err, "commit");
    }
    return now() - start;
}

/* ---- Bare ----------------------------------------------------------------------------------- */

typedef struct bare {
    sqlite3 *db;
    sqlite3_stmt *begin;
    sqlite3_stmt *insert;
    sqlite3_stmt *head;
    sqlite3_stmt *commit;
    int64_t seq;
    orx_str body;
} bare;

static void sql(bare *b, const char *text) {
    char *why = NULL;
    if (sqlite3_exec(b->db, text, NULL, NULL, &why) != SQLITE_OK)
        die(text, why);
}

static sqlite3_stmt *prepare(bare *b, const char *text) {
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v3(b->db, text, -1, SQLITE_PREPARE_PERSISTENT, &q, NULL) != SQLITE_OK)
        die(text, sqlite3_errmsg(b->db));
    return q;
}

static void step(bare *b, sqlite3_stmt *q) {
    if (sqlite3_step(q) != SQLITE_DONE)
        die("step", sqlite3_errmsg(b->db));
    (void)sqlite3_reset(q);
}

static void bare_open(bare *b, const char *dir) {
    ORX_CLEANUP(orx_str_free) orx_str path = {0};
    orx_str_addf(&path, "%s/bare.db", dir);
    if (sqlite3_open_v2(orx_str_cstr(&path), &b->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        die("open", sqlite3_errmsg(b->db));
    sql(b, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF");
    for (int i = 0; i < orx_store_own_room.migration_count; i++)
        sql(b, orx_store_own_room.migrations[i]);
    sql(b, "INSERT INTO origin VALUES(1, 'primary', 0, zeroblob(32), 0, zeroblob(32))");
    b->begin = prepare(b, "BEGIN IMMEDIATE");
    b->commit = prepare(b, "COMMIT");
    b->insert = prepare(b, "INSERT INTO event(seq, origin, origin_seq, hlc, wall_ns, mono_ns, boot,"
                           " kind, schema, task, attempt, call, cause, body, hash)"
                           " VALUES(?1,1,?1,?2,?3,?4,1,?5,1,?6,?7,?8,NULL,?9,?10)");
    b->head = prepare(b, "UPDATE origin SET last_seq = ?1, last_hash = ?2 WHERE id = 1");
}

static void bare_close(bare *b) {
    (void)sqlite3_finalize(b->begin);
    (void)sqlite3_finalize(b->insert);
    (void)sqlite3_finalize(b->head);
    (void)sqlite3_finalize(b->commit);
    (void)sqlite3_close(b->db);
    orx_str_free(&b->body);
}

static void bare_insert(bare *b, const uint8_t *hash, int i) {
    char task[32];
    int n = snprintf(task, sizeof task, "task-%05d", i % 1000);
    b->seq++;
    (void)sqlite3_bind_int64(b->insert, 1, b->seq);
    (void)sqlite3_bind_int64(b->insert, 2, INT64_C(111411200000000) + b->seq);
    (void)sqlite3_bind_int64(b->insert, 3, INT64_C(1700000000000000000) + b->seq);
    (void)sqlite3_bind_int64(b->insert, 4, INT64_C(170000000000000) + b->seq);
    (void)sqlite3_bind_text(b->insert, 5, "attempt.exited", 14, SQLITE_STATIC);
    (void)sqlite3_bind_text(b->insert, 6, task, n, SQLITE_STATIC);
    (void)sqlite3_bind_int64(b->insert, 7, i % 1000 + 1);
    (void)sqlite3_bind_int64(b->insert, 8, i + 1);
    (void)sqlite3_bind_text(b->insert, 9, b->body.buf, (int)b->body.len, SQLITE_STATIC);
    (void)sqlite3_bind_blob(b->insert, 10, hash, ORX_SHA256_LEN, SQLITE_STATIC);
    step(b, b->insert);
}

static double bare_run(bare *b, int transactions, int events) {
    uint8_t hash[ORX_SHA256_LEN];
    memset(hash, 0x5a, sizeof hash);
    double start = now();
    for (int t = 0; t < transactions; t++) {
        step(b, b->begin);
        for (int i = 0; i < events; i++)
            bare_insert(b, hash, t + i);
        (void)sqlite3_bind_int64(b->head, 1, b->seq);
        (void)sqlite3_bind_blob(b->head, 2, hash, sizeof hash, SQLITE_STATIC);
        step(b, b->head);
        step(b, b->commit);
    }
    return now() - start;
}

/* ---- Comparing ------------------------------------------------------------------------------ */

static orx_node *sample_body(orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_int(a, n, "code", 0);
    orx_node_set_str(a, n, "outcome", "done");
    orx_node_set_str(a, n, "provider", "command");
    orx_node_set_int(a, n, "duration_ms", 12345);
    orx_node_set_str(a, n, "summary", "all tests of the part pass");
    return n;
}

static bool compare(const char *name, orx_store *s, bare *b, const orx_node *body, int transactions,
                    int events) {
    double mine[ROUNDS];
    double theirs[ROUNDS];
    for (int r = 0; r < ROUNDS; r++) {
        theirs[r] = bare_run(b, transactions, events);
        mine[r] = ours(s, body, transactions, events);
    }
    double count = (double)transactions * events;
    double m = median(mine, ROUNDS);
    double t = median(theirs, ROUNDS);
    bool pass = t / m >= 0.6;
    printf("store_%s %.0f events/s - PASS\n", name, count / m);
    printf("store_%s_bare_sqlite %.0f events/s - PASS\n", name, count / t);
    printf("store_%s_ratio %.2f of_bare_sqlite >=0.60 %s\n", name, t / m, pass ? "PASS" : "FAIL");
    return pass;
}

/* ---- Opening a large journal ---------------------------------------------------------------- */

/* The kernel's high-water mark of this program alone; getrusage would count the parent's, too. */
static long peak_kib(void) {
    char line[256];
    long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (f)
        (void)fclose(f);
    return kib;
}

/* In a process of its own: prints milliseconds and KiB. */
static int open_only(const char *root) {
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    orx_store *s = NULL;
    must(orx_platform_uv_new(&p, &err), &err, "platform");
    double start = now();
    must(orx_store_open(p, root, NULL, no_rooms, ORX_STORE_READ_ONLY, &s, &err), &err, "open");
    int64_t last = orx_event_last(s);
    double took = now() - start;
    orx_store_close(s);
    orx_platform_free(p);
    printf("%.3f %ld\n", took * 1e3, peak_kib());
    return last >= MILLION ? 0 : 1;
}

static bool read_child(const char *self, const char *root, double *ms, double *kib) {
    int fds[2];
    char text[64] = "";
    if (pipe(fds) < 0)
        return false;
    posix_spawn_file_actions_t fa;
    (void)posix_spawn_file_actions_init(&fa);
    (void)posix_spawn_file_actions_adddup2(&fa, fds[1], 1);
    char *argv[] = {(char *)self, (char *)root, NULL};
    pid_t pid;
    int rc = posix_spawn(&pid, self, &fa, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&fa);
    (void)close(fds[1]);
    ssize_t n = rc == 0 ? read(fds[0], text, sizeof text - 1) : -1;
    (void)close(fds[0]);
    int status = 1;
    if (rc != 0 || waitpid(pid, &status, 0) < 0 || status != 0 || n <= 0)
        return false;
    char *end;
    *ms = strtod(text, &end);
    *kib = strtod(end, NULL);
    return true;
}

static bool open_large(const char *self, orx_store *s, const char *root, const orx_node *body) {
    while (orx_event_last(s) < MILLION)
        (void)ours(s, body, 1, 10 * BATCH);
    double ms[ROUNDS];
    double kib[ROUNDS];
    for (int r = 0; r < ROUNDS; r++)
        if (!read_child(self, root, &ms[r], &kib[r]))
            die("open", "the child failed");
    double m = median(ms, ROUNDS);
    double k = median(kib, ROUNDS) / 1024;
    printf("store_open_million_events %.2f ms <=10 %s\n", m, m <= 10 ? "PASS" : "FAIL");
    printf("store_open_peak_memory %.1f MiB <=12 %s\n", k, k <= 12 ? "PASS" : "FAIL");
    return m <= 10 && k <= 12;
}

/* ---- Main ----------------------------------------------------------------------------------- */

static bool run(orx_platform *p, const char *self, const char *dir) {
    orx_err err = ORX_ERR_INIT;
    orx_store *s = NULL;
    bare b = {0};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *body = sample_body(&a);
    must(orx_store_open(p, dir, "primary", no_rooms, ORX_STORE_CREATE, &s, &err), &err, "open");
    bare_open(&b, dir);
    (void)ours(s, body, 1, 1); /* leaves the canonical body behind */
    orx_str_addv(&b.body, orx_str_view(&s->body));
    bool pass = compare("single", s, &b, body, SINGLES, 1);
    pass = compare("batch", s, &b, body, 1, BATCH) && pass;
    bare_close(&b);
    pass = open_large(self, s, dir, body) && pass;
    double start = now();
    int64_t count = 0;
    must(orx_event_verify(s, &count, &err), &err, "verify");
    printf("store_verify %.0f events/s - PASS\n", (double)count / (now() - start));
    orx_store_close(s);
    return pass;
}

int main(int argc, char **argv) {
    if (argc == 2)
        return open_only(argv[1]);
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    const char *tmp = getenv("TMPDIR");
    ORX_CLEANUP(orx_str_free) orx_str dir = {0};
    orx_str_addf(&dir, "%s/orxaq-bench-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(dir.buf))
        die(orx_str_cstr(&dir), "cannot be made");
    must(orx_platform_uv_new(&p, &err), &err, "platform");
    bool pass = run(p, argv[0], orx_str_cstr(&dir));
    (void)orx_remove_tree(p, orx_str_cstr(&dir), NULL);
    orx_platform_free(p);
    return pass ? 0 : 1;
}
