#include "fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const orx_store_room *const no_rooms[] = {NULL};

/* The tables under the test's hand. They forward to the real ones; one fixture at a time. */
static fixture *now;
static const struct orx_clock_ops *real_clock;
static const struct orx_file_ops *real_files;
static const struct orx_proc_ops *real_procs;
static struct orx_clock_ops clock_ops;
static struct orx_file_ops file_ops;
static struct orx_proc_ops proc_ops;

static int64_t wall(orx_platform *p) {
    return real_clock->wall_ns(p) + now->wall_shift;
}

static int64_t mono(orx_platform *p) {
    return real_clock->mono_ns(p) + now->mono_shift;
}

static const char *boot(orx_platform *p) {
    return now->boot ? now->boot : real_clock->boot_id(p);
}

static void self(orx_platform *p, int64_t *ret_pid, int64_t *ret_start) {
    (void)p;
    *ret_pid = now->pid;
    *ret_start = 1;
}

static orx_pid_state pid_state(orx_platform *p, int64_t pid, int64_t start) {
    (void)p;
    (void)start;
    return pid == now->dead_pid ? ORX_PID_GONE : ORX_PID_ALIVE;
}

static int is_network(orx_platform *p, const char *path, bool *ret_network, orx_err *err) {
    if (!now->network)
        return real_files->is_network(p, path, ret_network, err);
    *ret_network = true;
    return 0;
}

static bool fails(const char *op, const char *path) {
    if (!now->fail_op || strcmp(now->fail_op, op) != 0 ||
        (path && now->fail_path && !strstr(path, now->fail_path)))
        return false;
    return now->fail_after-- <= 0;
}

static int failure(const char *op, orx_err *err) {
    return orx_err_set(err, now->fail_code, "injected: %s", op);
}

static int open_file(orx_platform *p, const char *path, int flags, uint32_t mode, orx_file **ret_f,
                     orx_err *err) {
    return fails("open", path) ? failure("open", err)
                               : real_files->open(p, path, flags, mode, ret_f, err);
}

static int write_file(orx_platform *p, orx_file *f, int64_t offset, const void *buf, size_t len,
                      orx_err *err) {
    return fails("write", NULL) ? failure("write", err)
                                : real_files->write(p, f, offset, buf, len, err);
}

static int sync_file(orx_platform *p, orx_file *f, orx_err *err) {
    return fails("sync", NULL) ? failure("sync", err) : real_files->sync(p, f, err);
}

static int rename_file(orx_platform *p, const char *from, const char *to, orx_err *err) {
    return fails("rename", to) ? failure("rename", err) : real_files->rename(p, from, to, err);
}

static int truncate_file(orx_platform *p, orx_file *f, int64_t size, orx_err *err) {
    return fails("truncate", NULL) ? failure("truncate", err)
                                   : real_files->truncate(p, f, size, err);
}

static void take_over(orx_platform *p) {
    real_clock = p->clock;
    real_files = p->files;
    real_procs = p->procs;
    clock_ops = *p->clock;
    clock_ops.wall_ns = wall;
    clock_ops.mono_ns = mono;
    clock_ops.boot_id = boot;
    file_ops = *p->files;
    file_ops.is_network = is_network;
    file_ops.open = open_file;
    file_ops.write = write_file;
    file_ops.sync = sync_file;
    file_ops.rename = rename_file;
    file_ops.truncate = truncate_file;
    proc_ops.self = self;
    proc_ops.pid_state = pid_state;
    p->clock = &clock_ops;
    p->files = &file_ops;
    p->procs = &proc_ops;
}

int fixture_setup(void **state) {
    fixture *f = orx_xcalloc(1, sizeof *f);
    orx_err err = ORX_ERR_INIT;
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(f->dir, sizeof f->dir, "%s/orxaq-store-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(f->dir) || orx_platform_uv_new(&f->p, &err) < 0)
        return -1;
    (void)snprintf(f->root, sizeof f->root, "%s/root", f->dir);
    f->pid = 1000;
    now = f;
    take_over(f->p);
    *state = f;
    return 0;
}

int fixture_teardown(void **state) {
    fixture *f = *state;
    f->fail_op = NULL;
    (void)orx_remove_tree(f->p, f->dir, NULL);
    f->p->procs = real_procs;
    f->p->clock = real_clock;
    f->p->files = real_files;
    orx_platform_free(f->p);
    free(f);
    return 0;
}

orx_store *fixture_open(fixture *f, const char *origin, const orx_store_room *const *rooms) {
    orx_err err = ORX_ERR_INIT;
    orx_store *s = NULL;
    assert_ok(orx_store_open(f->p, f->root, origin, rooms, ORX_STORE_CREATE, &s, &err), &err);
    return s;
}

int64_t fixture_event(orx_store *s, const char *kind, const char *task, const char *json) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *body = NULL;
    int64_t seq = 0;
    if (json)
        assert_ok(orx_json_parse(&a, "body", orx_view_of(json), &orx_limits_data, &body, &err),
                  &err);
    orx_event e = {.kind = kind, .schema = 1, .task = task, .body = body};
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_ok(orx_event_append(s, &e, &seq, &err), &err);
    assert_ok(orx_tx_commit(s, &err), &err);
    return seq;
}

const char *fixture_path(fixture *f, const char *name) {
    static char paths[8][512];
    static size_t next;
    char *out = paths[next++ % 8];
    (void)snprintf(out, 512, "%s/%s", f->root, name);
    return out;
}

char *fixture_read(const char *path) {
    orx_str out = {0};
    FILE *in = fopen(path, "rb");
    char buf[4096];
    size_t n;
    while (in && (n = fread(buf, 1, sizeof buf, in)) > 0)
        orx_str_add(&out, buf, n);
    if (in)
        (void)fclose(in);
    return orx_str_steal(&out);
}

void fixture_write(const char *path, const char *text) {
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
    assert_int_equal(fclose(out), 0);
}

void fixture_poke(const char *path, long offset, const void *bytes, size_t len) {
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, offset), len);
    assert_int_equal(close(fd), 0);
}

long fixture_size(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

bool fixture_exists(const char *path) {
    return fixture_size(path) >= 0;
}

int fixture_count(const char *dir, const char *part) {
    DIR *d = opendir(dir);
    int n = 0;
    struct dirent *e;
    while (d && (e = readdir(d)))
        n += strstr(e->d_name, part) != NULL;
    if (d)
        (void)closedir(d);
    return n;
}

static sqlite3 *raw(fixture *f) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(fixture_path(f, "state/orxaq.db"), &db), SQLITE_OK);
    return db;
}

void fixture_sql(fixture *f, const char *sql) {
    sqlite3 *db = raw(f);
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    (void)sqlite3_close(db);
}

int64_t fixture_sql_int(fixture *f, const char *sql) {
    sqlite3 *db = raw(f);
    sqlite3_stmt *q = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(q, 0);
    (void)sqlite3_finalize(q);
    (void)sqlite3_close(db);
    return value;
}

int64_t store_int(orx_store *s, const char *sql) {
    orx_err err = ORX_ERR_INIT;
    orx_sql *q = NULL;
    assert_ok(orx_sql_get(s, sql, &q, &err), &err);
    int rc = orx_sql_step(q, &err);
    assert_ok(rc, &err);
    int64_t value = rc ? orx_sql_col_int(q, 0) : -1;
    orx_sql_reset(q);
    return value;
}
