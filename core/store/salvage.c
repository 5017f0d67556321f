/* salvage.c: the way from a damaged journal to a new one in its place. */
#include "store/salvaging.h"

#include "base/str.h"

#include <stdlib.h>

#define LOST_SHOWN 200

/* ---- Is it damaged? -------------------------------------------------------------------------- */

/* 0 = sound, ORX_E_CORRUPT = damaged, what is wrong in *why; anything else is an error. A reader
 * changes nothing. */
static int look(orx_salvage *sv, const char *root, const orx_store_room *const *rooms,
                int64_t *ret_events, orx_err *why) {
    orx_store *s = NULL;
    int rc = orx_store_open(sv->p, root, NULL, rooms, ORX_STORE_READ_ONLY, &s, why);
    if (rc < 0)
        return rc;
    rc = orx_store_check(s, why);
    if (rc == 0 && ret_events)
        *ret_events = orx_event_last(s);
    orx_store_close(s);
    return rc;
}

static bool there(orx_salvage *sv, const char *suffix) {
    return orx_exists(sv->p, orx_arena_printf(&sv->arena, "%s%s", sv->shell->db_path, suffix));
}

/* The newest of those that were set aside: their names end in the time. */
static int newest_aside(orx_salvage *sv, orx_err *err) {
    char **names = NULL;
    int rc = orx_list_dir(sv->p, sv->shell->dir, &sv->arena, &names, err);
    for (; rc == 0 && *names; names++) {
        orx_view name = orx_view_of(*names);
        if (orx_view_starts(name, "orxaq.db.damaged-") && !orx_view_ends(name, "-wal") &&
            !orx_view_ends(name, "-shm"))
            sv->report.source = orx_arena_printf(&sv->arena, "%s/%s", sv->shell->dir, *names);
    }
    return rc;
}

/* What lies in the journal's place is moved aside, whatever it is; else an earlier start did so. */
static int find_source(orx_salvage *sv, orx_err *err) {
    ORX_CLEANUP(orx_freep) char *to = NULL;
    int rc = orx_guard_mark(sv->shell, ORX_GUARD_DAMAGED);
    if (rc < 0)
        return orx_err_set(err, rc, "%s cannot be written", sv->shell->wlock_path);
    if (!there(sv, "") && !there(sv, "-wal"))
        return newest_aside(sv, err);
    rc = orx_damage_move(sv->shell, &to);
    if (rc < 0)
        return orx_err_set(err, rc, "%s could not be moved aside", sv->shell->db_path);
    if (orx_exists(sv->p, to))
        sv->report.source = orx_arena_strdup(&sv->arena, to);
    return 0;
}

/* ---- The new one ----------------------------------------------------------------------------- */

static void replace(char **text, const char *by) {
    free(*text);
    *text = orx_xstrdup(by);
}

/* Files beside the database (segments, bodies) are those of the root. */
static int open_fresh(orx_salvage *sv, const char *origin, const orx_store_room *const *rooms,
                      orx_err *err) {
    sv->scratch = orx_arena_printf(&sv->arena, "%s/recover", sv->shell->dir);
    int rc = orx_remove_tree(sv->p, sv->scratch, err);
    if (rc == 0)
        rc = orx_mkdirs(sv->p, sv->scratch, true, err);
    if (rc == 0)
        rc = orx_store_open(sv->p, sv->scratch, origin, rooms, ORX_STORE_CREATE, &sv->fresh, err);
    if (rc < 0)
        return rc;
    orx_projector_stop(sv->fresh);
    replace(&sv->fresh->root, sv->shell->root);
    replace(&sv->fresh->dir, sv->shell->dir);
    return 0;
}

static int fill_inside(orx_salvage *sv, orx_err *err) {
    /* Rows of the old journal bring their numbers with them. */
    int rc = orx_store_script(sv->fresh, "DELETE FROM origin; DELETE FROM store_boot;", err);
    if (rc == 0)
        rc = orx_salvage_copy_tables(sv, err);
    if (rc == 0)
        rc = orx_salvage_events(sv, err);
    return rc < 0 ? rc : orx_register_names(sv->fresh, err);
}

static int fill(orx_salvage *sv, orx_err *err) {
    int rc = sv->report.source ? orx_salvage_open_copy(sv, err) : 0;
    if (rc == 0)
        rc = orx_tx_begin(sv->fresh, err);
    if (rc < 0)
        return rc;
    rc = fill_inside(sv, err);
    if (rc == 0)
        return orx_tx_commit(sv->fresh, err);
    orx_tx_rollback(sv->fresh);
    return rc;
}

static int begin(orx_salvage *sv, const char *origin, const orx_store_room *const *rooms,
                 orx_err *err) {
    orx_guard_memory memory = {0};
    int rc = orx_guard_open(sv->shell, true, err);
    if (rc == 0)
        rc = orx_guard_read(sv->shell, &memory, err);
    sv->report.committed = memory.committed;
    if (rc == 0)
        rc = find_source(sv, err);
    if (rc == 0)
        rc = open_fresh(sv, origin, rooms, err);
    return rc < 0 ? rc : fill(sv, err);
}

int orx_salvage_begin(orx_platform *p, const char *root, const char *origin,
                      const orx_store_room *const *rooms, int64_t *ret_events,
                      orx_salvage **ret_salvage, orx_err *err) {
    orx_err why = ORX_ERR_INIT;
    orx_salvage *sv = orx_xcalloc(1, sizeof *sv);
    sv->p = p;
    sv->shell = orx_store_shell(p, root);
    int rc = look(sv, root, rooms, ret_events, &why);
    if (rc < 0 && rc != ORX_E_CORRUPT && err)
        *err = why;
    if (rc == ORX_E_CORRUPT) {
        sv->report.found = orx_arena_strdup(&sv->arena, why.msg);
        rc = begin(sv, origin, rooms, err);
        if (rc == 0) {
            *ret_salvage = sv;
            return 1;
        }
    }
    orx_salvage_free(sv);
    return rc;
}

/* ---- What came of it ------------------------------------------------------------------------- */

orx_store *orx_salvage_store(orx_salvage *sv) {
    return sv->fresh;
}

const orx_salvage_report *orx_salvage_report_of(const orx_salvage *sv) {
    return &sv->report;
}

bool orx_salvage_damaged(const orx_salvage *sv, const char *table) {
    for (size_t i = 0; i < sv->report.tables.len; i++)
        if (strcmp(sv->report.tables.items[i].name, table) == 0)
            return true;
    return false;
}

bool orx_salvage_old(const orx_salvage *sv) {
    return !sv->report.source || !sv->old || sv->report.committed > sv->report.last;
}

static orx_node *lost_node(orx_salvage *sv) {
    orx_arena *a = &sv->arena;
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < sv->report.lost.len && i < LOST_SHOWN; i++) {
        orx_node *range = orx_node_new(a, ORX_ARRAY);
        orx_node_push(range, orx_node_new_int(a, sv->report.lost.items[i].first));
        orx_node_push(range, orx_node_new_int(a, sv->report.lost.items[i].last));
        orx_node_push(list, range);
    }
    return list;
}

static orx_node *tables_node(orx_salvage *sv) {
    orx_node *list = orx_node_new(&sv->arena, ORX_ARRAY);
    for (size_t i = 0; i < sv->report.tables.len; i++)
        orx_node_push(list,
                      orx_node_new_str(&sv->arena, orx_view_of(sv->report.tables.items[i].name)));
    return list;
}

static int tell(orx_salvage *sv, const orx_node *more, orx_err *err) {
    orx_arena *a = &sv->arena;
    orx_node *body = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, body, "found", sv->report.found);
    orx_node_set_str(a, body, "source", sv->report.source ? sv->report.source : "");
    orx_node_set_int(a, body, "events", sv->report.events);
    orx_node_set_int(a, body, "wrong", sv->report.wrong);
    orx_node_set_int(a, body, "exported", sv->report.exported);
    orx_node_set(a, body, "lost", lost_node(sv));
    orx_node_set(a, body, "damaged_tables", tables_node(sv));
    ORX_NODE_EACH(more, m) {
        orx_node_set(a, body, m->key.p, orx_node_copy(a, m));
    }
    const orx_event e = {.kind = "journal.recovered", .schema = 1, .body = body};
    int64_t above = sv->report.committed > sv->report.last ? sv->report.committed : sv->report.last;
    int rc = orx_chain_skip(sv->fresh, above, err);
    return rc < 0 ? rc : orx_event_append(sv->fresh, &e, NULL, err);
}

static int close_inside(orx_salvage *sv, const orx_node *more, orx_err *err) {
    int rc = tell(sv, more, err);
    if (rc == 0)
        rc = orx_store_script(sv->fresh, "UPDATE store_projection SET dirty = dirty + 1", err);
    return rc < 0 ? rc : orx_register_leave(sv->fresh, err);
}

/* All of it in the file itself, then no more connection. */
static int close_fresh(orx_salvage *sv, const orx_node *more, int64_t *ret_last, orx_err *err) {
    int rc = orx_tx_begin(sv->fresh, err);
    if (rc < 0)
        return rc;
    rc = close_inside(sv, more, err);
    if (rc < 0) {
        orx_tx_rollback(sv->fresh);
        return rc;
    }
    rc = orx_tx_commit(sv->fresh, err);
    if (rc == 0)
        rc = orx_store_last(sv->fresh, ret_last, err);
    orx_sql_cache_free(sv->fresh);
    if (rc == 0 && sqlite3_wal_checkpoint_v2(sv->fresh->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                             NULL) != SQLITE_OK)
        rc = orx_err_set(err, ORX_E_IO, "%s: the new journal cannot be completed",
                         sv->fresh->db_path);
    return rc;
}

int orx_salvage_finish(orx_salvage *sv, const orx_node *more, orx_err *err) {
    int64_t last = 0;
    int rc = close_fresh(sv, more, &last, err);
    if (rc < 0)
        return rc;
    const char *made = orx_arena_strdup(&sv->arena, sv->fresh->db_path);
    sv->fresh->damaged = true; /* closing it writes nothing */
    orx_store_close(sv->fresh);
    sv->fresh = NULL;
    rc = orx_rename(sv->p, made, sv->shell->db_path, err);
    if (rc == 0)
        rc = orx_sync_dir(sv->p, sv->shell->dir, err);
    if (rc < 0)
        return rc;
    orx_guard_seal(sv->shell, last);
    rc = orx_guard_mark(sv->shell, ORX_GUARD_SOUND);
    return rc < 0 ? orx_err_set(err, rc, "%s cannot be written", sv->shell->wlock_path) : 0;
}

void orx_salvage_free(orx_salvage *sv) {
    if (!sv)
        return;
    (void)sqlite3_close(sv->old);
    orx_vfs_free(sv->vfs);
    if (sv->fresh)
        sv->fresh->damaged = true;
    orx_store_close(sv->fresh);
    if (sv->scratch)
        (void)orx_remove_tree(sv->p, sv->scratch, NULL);
    orx_store_close(sv->shell);
    orx_vec_free(&sv->report.lost);
    orx_vec_free(&sv->report.tables);
    orx_arena_free(&sv->arena);
    free(sv);
}
