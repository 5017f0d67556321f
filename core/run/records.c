/* Keeping records, and not for ever. */
#include "run/records.h"

#include "base/vec.h"
#include "platform/files.h"
#include "run/record.h"

#include <stdlib.h>

#define PAGE    64
#define COUNTER "records.bytes"
#define DAY     (ORX_SEC * 24 * 3600)

/* ---- Files ----------------------------------------------------------------------------------- */

static const char *folder_of(orx_arena *arena, const char *state_dir, int64_t attempt) {
    return orx_arena_printf(arena, "%s/records/%06lld", state_dir, (long long)(attempt / 1000));
}

static int list(orx_platform *p, const char *folder, orx_arena *arena, char ***ret_names,
                orx_err *err) {
    *ret_names = orx_arena_zalloc(arena, 1, sizeof **ret_names);
    return orx_exists(p, folder) ? orx_list_dir(p, folder, arena, ret_names, err) : 0;
}

/* The number of a part from "12-3.rec.NUMBER", 0 for the first file, -1 for another name. */
static int64_t part_of(const char *name, const char *first) {
    size_t n = strlen(first);
    int64_t part = -1;
    if (strncmp(name, first, n) != 0)
        return -1;
    if (!name[n])
        return 0;
    if (name[n] != '.' || !orx_view_to_i64(orx_view_of(name + n + 1), &part))
        return -1;
    return part;
}

int orx_record_files(orx_platform *p, const char *state_dir, int64_t attempt, int64_t call,
                     orx_arena *arena, char ***ret_paths, int64_t *ret_bytes, orx_err *err) {
    enum { MOST = 4 };
    const char *folder = folder_of(arena, state_dir, attempt);
    const char *first =
        orx_arena_printf(arena, "%lld-%lld.rec", (long long)attempt, (long long)call);
    int64_t parts[MOST];
    size_t n = 0;
    char **names = NULL;
    int rc = list(p, folder, arena, &names, err);
    if (rc < 0)
        return rc;
    for (; *names && n < MOST; names++) {
        int64_t part = part_of(*names, first);
        size_t at = n;
        if (part < 0)
            continue;
        for (; at > 0 && parts[at - 1] > part; at--)
            parts[at] = parts[at - 1];
        parts[at] = part;
        n++;
    }
    char **paths = orx_arena_zalloc(arena, n + 1, sizeof *paths);
    int64_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        orx_file_info info = {0};
        const char *path = orx_record_path(arena, state_dir, attempt, call);
        paths[i] = parts[i] ? orx_arena_printf(arena, "%s.%lld", path, (long long)parts[i])
                            : orx_arena_strdup(arena, path);
        if (orx_lstat(p, paths[i], &info, NULL) == 0)
            bytes += info.size;
    }
    *ret_paths = paths;
    if (ret_bytes)
        *ret_bytes = bytes;
    return 0;
}

static int by_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int orx_record_calls(orx_platform *p, const char *state_dir, int64_t attempt, orx_arena *arena,
                     int64_t **ret_calls, orx_err *err) {
    char **names = NULL;
    int rc = list(p, folder_of(arena, state_dir, attempt), arena, &names, err);
    if (rc < 0)
        return rc;
    ORX_VEC(int64_t) calls = {0};
    const char *prefix = orx_arena_printf(arena, "%lld-", (long long)attempt);
    for (; *names; names++) {
        orx_view name = orx_view_of(*names);
        int64_t call = 0;
        if (!orx_view_starts(name, prefix) || !orx_view_ends(name, ".rec"))
            continue;
        size_t skip = strlen(prefix);
        if (orx_view_to_i64(orx_view_mem(name.p + skip, name.len - skip - 4), &call))
            orx_vec_push(&calls, call);
    }
    int64_t *copy = orx_arena_zalloc(arena, calls.len + 1, sizeof *copy);
    for (size_t i = 0; i < calls.len; i++)
        copy[i] = calls.items[i];
    int n = (int)calls.len;
    qsort(copy, calls.len, sizeof *copy, by_number);
    orx_vec_free(&calls);
    *ret_calls = copy;
    return n;
}

/* ---- What they take -------------------------------------------------------------------------- */

static int size_of(orx_store *s, int64_t call, int64_t *ret_bytes, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT record_bytes FROM call WHERE id = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, call);
    rc = orx_sql_step(q, err);
    *ret_bytes = rc == 1 ? orx_sql_col_int(q, 0) : 0;
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

int orx_records_note(orx_store *s, int64_t call, int64_t bytes, orx_err *err) {
    orx_sql *q;
    int64_t before = 0;
    int rc = size_of(s, call, &before, err);
    if (rc < 0 || before == bytes)
        return rc;
    rc = orx_sql_get(s, "UPDATE call SET record_bytes = ?2 WHERE id = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, call);
    orx_sql_int(q, 2, bytes);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : orx_counter_add(s, COUNTER, bytes - before, err);
}

int orx_records_found(orx_store *s, const orx_config *cfg, int64_t attempt, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_platform *p = orx_store_platform(s);
    int64_t *calls = NULL;
    int n = orx_record_calls(p, cfg->paths.state_dir, attempt, &arena, &calls, err);
    if (n <= 0)
        return n;
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    for (int i = 0; rc == 0 && i < n; i++) {
        char **paths = NULL;
        int64_t bytes = 0;
        rc = orx_record_files(p, cfg->paths.state_dir, attempt, calls[i], &arena, &paths, &bytes,
                              err);
        if (rc == 0)
            rc = orx_records_note(s, calls[i], bytes, err);
    }
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

/* ---- Pruning --------------------------------------------------------------------------------- */

typedef struct old {
    int64_t call;
    int64_t attempt;
    int64_t bytes;
    int64_t begun;
    bool settled;
    bool gone;
} old;

/* The oldest records behind this call. Returns how many. */
static int read_page(orx_store *s, int64_t after, old page[PAGE], orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT c.id, c.attempt, c.record_bytes, coalesce(a.begun, 0),"
                         " coalesce(a.step, 5) FROM call c LEFT JOIN attempt a ON a.id = c.attempt"
                         " WHERE c.record_bytes > 0 AND c.id > ?1 ORDER BY c.id LIMIT 64",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, after);
    int n = 0;
    while ((rc = orx_sql_step(q, err)) == 1)
        page[n++] = (old){orx_sql_col_int(q, 0), orx_sql_col_int(q, 1),      orx_sql_col_int(q, 2),
                          orx_sql_col_int(q, 3), orx_sql_col_int(q, 4) == 5, false};
    return rc < 0 ? rc : n;
}

/* One of a single file is removed without looking at its folder. */
static bool remove_files(orx_platform *p, const orx_config *cfg, const old *o) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *state = cfg->paths.state_dir;
    char *one[] = {(char *)orx_record_path(&arena, state, o->attempt, o->call), NULL};
    char **paths = one;
    if (o->bytes >= ORX_RECORD_HEAD_MAX &&
        orx_record_files(p, state, o->attempt, o->call, &arena, &paths, NULL, NULL) < 0)
        return false;
    for (; *paths; paths++)
        if (orx_unlink(p, *paths, NULL) < 0)
            return false;
    return true;
}

static int note_gone(orx_store *s, const old *page, int n, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    for (int i = 0; rc == 0 && i < n; i++)
        if (page[i].gone)
            rc = orx_records_note(s, page[i].call, 0, err);
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

/* Folders that were left empty; not the newest, where somebody may be about to write. */
static void remove_folders(orx_store *s, const orx_config *cfg, const old *page, int n) {
    orx_platform *p = orx_store_platform(s);
    orx_sql *q;
    if (orx_sql_get(s, "SELECT max(id) FROM attempt", &q, NULL) < 0)
        return;
    int64_t newest = orx_sql_step(q, NULL) == 1 ? orx_sql_col_int(q, 0) / 1000 : 0;
    orx_sql_reset(q);
    for (int i = 0; i < n; i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
        char **names = NULL;
        int64_t group = page[i].attempt / 1000;
        if (group >= newest || (i + 1 < n && page[i + 1].attempt / 1000 == group))
            continue;
        const char *folder = folder_of(&arena, cfg->paths.state_dir, page[i].attempt);
        if (orx_list_dir(p, folder, &arena, &names, NULL) == 0 && !*names)
            (void)orx_remove_tree(p, folder, NULL);
    }
}

/* Removes what is due of a page. 1 = the next page may hold more. */
static int prune_page(orx_store *s, const orx_config *cfg, old *page, int n, orx_err *err) {
    orx_platform *p = orx_store_platform(s);
    int64_t horizon = orx_wall_ns(p) - cfg->recording.keep_days * DAY;
    int64_t total = orx_counter_get(s, COUNTER);
    int found = 0;
    int i = 0;
    for (; i < n; i++) {
        old *o = &page[i];
        if (!o->settled)
            continue;
        if (o->begun >= horizon && total <= cfg->recording.keep_bytes)
            break;
        o->gone = remove_files(p, cfg, o);
        total -= o->gone ? o->bytes : 0;
        found += o->gone;
    }
    int rc = found ? note_gone(s, page, n, err) : 0;
    if (rc == 0 && found)
        remove_folders(s, cfg, page, n);
    return rc < 0 ? rc : i == n;
}

int orx_records_prune(orx_store *s, const orx_config *cfg, orx_err *err) {
    old page[PAGE];
    int64_t after = 0;
    for (;;) {
        int n = read_page(s, after, page, err);
        if (n <= 0)
            return n;
        int rc = prune_page(s, cfg, page, n, err);
        if (rc <= 0 || n < PAGE)
            return rc < 0 ? rc : 0;
        after = page[n - 1].call;
    }
}
