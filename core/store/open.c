/* open.c: opening and closing a journal.
 *
 * A reader opens the file and compares versions; nothing is scanned. A writer takes longer the
 * first time (tables, migrations) and when there is reason to doubt: after a loss of power
 * (register.c) or when damage was met (guard.c) everything is checked once.
 */
#include "store/internal.h"

#include <stdio.h>

/* SQLite's unix VFS takes names of up to 512 bytes; -wal and -shm are appended. */
#define PATH_MAX_BYTES 500

/* ---- Names and folders ---------------------------------------------------------------------- */

static void name_files(orx_store *s, const char *root) {
    orx_str dir = {0};
    /* SQLite reads "file:..." as a URI. */
    bool plain = root[0] == '/' || strncmp(root, "file:", 5) != 0;
    orx_str_addf(&dir, "%s%s/state", plain ? "" : "./", root);
    s->root = orx_xmemdup0(dir.buf, dir.len - strlen("/state"));
    s->dir = orx_str_steal(&dir);
    orx_str_addf(&dir, "%s/orxaq.db", s->dir);
    s->db_path = orx_str_steal(&dir);
    orx_str_addf(&dir, "%s/orxaq.wlock", s->dir);
    s->wlock_path = orx_str_steal(&dir);
}

static int check_folder(orx_store *s, int flags, orx_err *err) {
    int rc = 0;
    if (flags & ORX_STORE_CREATE)
        rc = orx_folder_make(s, s->dir, err);
    if (rc < 0)
        return orx_err_wrap(err, "the journal's folder cannot be made");
    bool network = false;
    if (orx_is_network_fs(s->p, s->dir, &network, NULL) == 0 && network)
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "%s lies on a network file system, where the journal's locks do not "
                           "hold: choose a root on a local disk",
                           s->dir);
    return 0;
}

static int check_there(orx_store *s, int flags, orx_err *err) {
    int rc = (flags & ORX_STORE_CREATE) ? 1 : orx_there(s, s->db_path, true, NULL, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    return orx_err_set(err, ORX_E_NOT_FOUND, "%s does not exist: nothing has run in this root yet",
                       s->db_path);
}

/* ---- Opening -------------------------------------------------------------------------------- */

/* Everything, when there is a reason to doubt. */
static int check_if_doubtful(orx_store *s, const orx_guard_memory *memory, orx_err *err) {
    bool lost = false;
    int rc = orx_register_lost_power(s, &lost, err);
    if (rc < 0 || (!lost && memory->condition == ORX_GUARD_SOUND))
        return rc;
    rc = orx_check_pages(s, err);
    if (rc == 0)
        rc = orx_event_verify(s, NULL, err);
    if (rc == 0)
        rc = orx_guard_mark(s, ORX_GUARD_SOUND);
    return rc;
}

static int open_reader(orx_store *s, const orx_guard_memory *memory, orx_err *err) {
    int rc = orx_connect_reader(s, err);
    if (rc == 0)
        rc = orx_connect_set_up(s, err);
    if (rc == 0)
        rc = orx_migrate_prepare(s, err);
    if (rc == 0)
        rc = orx_migrate_rooms(s, err);
    int64_t last = 0;
    if (rc == 0)
        rc = orx_store_last(s, &last, err);
    return rc < 0 ? rc : orx_damage_check_end(s, memory, last, err);
}

/* Only a file that SQLite or the chain calls damaged is moved; whatever else fails leaves it. */
static int look_closely(orx_store *s, const orx_guard_memory *memory, int64_t *ret_last,
                        orx_err *err) {
    int rc = orx_connect_writer(s, err);
    if (rc == 0)
        rc = orx_connect_set_up(s, err);
    if (rc == 0)
        rc = orx_connect_set_wal(s, err);
    if (rc == 0)
        rc = orx_connect_settle(s, memory, err);
    if (rc == 0)
        rc = orx_migrate_prepare(s, err);
    if (rc == 0)
        rc = orx_migrate_rooms(s, err);
    if (rc == 0)
        rc = check_if_doubtful(s, memory, err);
    return rc < 0 ? rc : orx_store_last(s, ret_last, err);
}

static int open_writer(orx_store *s, const orx_guard_memory *memory, orx_err *err) {
    orx_err why = ORX_ERR_INIT;
    int64_t last = 0;
    int rc = look_closely(s, memory, &last, &why);
    if (rc == ORX_E_CORRUPT) { /* a second look, for a read that went wrong once */
        orx_disconnect(s);
        s->damaged = false;
        rc = look_closely(s, memory, &last, &why);
    }
    if (rc == ORX_E_CORRUPT) {
        orx_disconnect(s);
        return orx_damage_set_aside(s, why.msg, err);
    }
    if (rc < 0) {
        if (err)
            *err = why;
        return rc;
    }
    rc = orx_damage_check_end(s, memory, last, err);
    if (rc == 0)
        rc = orx_projector_open(s, err);
    if (rc == 0)
        rc = orx_register(s, err);
    if (rc < 0)
        return rc;
    orx_connect_freeze(s, false);
    orx_projector_start(s);
    return 0;
}

static int open_all(orx_store *s, int flags, orx_err *err) {
    orx_guard_memory memory = {0};
    int rc = check_folder(s, flags, err);
    bool make = (flags & ORX_STORE_CREATE) || (!s->read_only && orx_exists(s->p, s->db_path));
    if (rc == 0)
        rc = orx_guard_open(s, make, err);
    if (rc == 0)
        rc = orx_guard_read(s, &memory, err);
    if (rc == 0)
        rc = orx_damage_check_files(s, &memory, err);
    if (rc == 0)
        rc = check_there(s, flags, err);
    if (rc < 0)
        return rc;
    return s->read_only ? open_reader(s, &memory, err) : open_writer(s, &memory, err);
}

static void destroy(orx_store *s) {
    orx_tx_rollback(s);
    if (s->db && s->damaged)
        orx_connect_freeze(s, true);
    if (s->db)
        orx_disconnect(s);
    orx_notes_free(s);
    orx_projector_stop(s);
    orx_projector_free(s);
    orx_vfs_free(s->vfs);
    orx_file_close(s->p, s->wlock);
    orx_map_free(&s->settled);
    orx_sha256_end(&s->chain.digest, NULL);
    orx_str_free(&s->chain.record);
    orx_str_free(&s->chain.reference);
    orx_str_free(&s->body);
    free(s->root);
    free(s->dir);
    free(s->db_path);
    free(s->wlock_path);
    free(s->origin);
    free(s->boot);
    free(s);
}

static int check_arguments(const char *root, const char *origin, int flags, orx_err *err) {
    if (strlen(root) > PATH_MAX_BYTES - strlen("/state/orxaq.db"))
        return orx_err_set(err, ORX_E_LIMIT,
                           "the path of the root is too long for SQLite: %.64s...", root);
    if (!(flags & ORX_STORE_READ_ONLY) && !(origin && *origin))
        return orx_err_set(err, ORX_E_INTERNAL, "a writer of the journal needs an origin");
    return 0;
}

orx_store *orx_store_shell(orx_platform *p, const char *root) {
    orx_store *s = orx_xcalloc(1, sizeof *s);
    s->p = p;
    s->scope = "";
    s->boot = orx_xstrdup(orx_boot_id(p));
    s->damaged = true; /* closing it writes nothing */
    orx_sha256_begin(&s->chain.digest);
    name_files(s, root);
    return s;
}

int orx_store_open(orx_platform *p, const char *root, const char *origin,
                   const orx_store_room *const *rooms, int flags, orx_store **ret_store,
                   orx_err *err) {
    int rc = check_arguments(root, origin, flags, err);
    if (rc < 0)
        return rc;
    /* Nobody asks SQLite how much memory it has, and counting takes a lock at every allocation.
     * Refused, without harm, when this process has used SQLite before. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    orx_store *s = orx_xcalloc(1, sizeof *s);
    s->p = p;
    s->rooms = rooms;
    s->read_only = (flags & ORX_STORE_READ_ONLY) != 0;
    s->origin = origin && !s->read_only ? orx_xstrdup(origin) : NULL;
    s->scope =
        s->origin && orx_view_starts(orx_view_of(s->origin), ORX_ORIGIN_LANE) ? s->origin : "";
    s->boot = orx_xstrdup(orx_boot_id(p));
    orx_sha256_begin(&s->chain.digest);
    name_files(s, root);
    s->vfs = p->simulated ? orx_vfs_new(p, s->dir) : NULL;
    rc = open_all(s, s->read_only ? 0 : flags, err);
    if (rc < 0) {
        destroy(s);
        return rc;
    }
    *ret_store = s;
    return 0;
}

/* ---- Closing -------------------------------------------------------------------------------- */

/* 1 = signed off, 0 = somebody gave us more to write meanwhile. */
static int sign_off(orx_store *s, bool insist) {
    if (orx_tx_begin(s, NULL) < 0)
        return -1;
    int idle = orx_projector_idle(s, NULL);
    if (idle < 0 || (idle == 0 && !insist)) {
        orx_tx_rollback(s);
        return idle;
    }
    if (orx_register_leave(s, NULL) < 0) {
        orx_tx_rollback(s);
        return -1;
    }
    return orx_tx_commit(s, NULL) < 0 ? -1 : 1;
}

static void close_writer(orx_store *s) {
    enum { TRIES = 8 };
    orx_projector_stop(s);
    if (s->notes.list.len && orx_tx_begin(s, NULL) == 0)
        (void)orx_tx_commit(s, NULL);
    bool failed = false;
    for (int i = 0; i < TRIES; i++) {
        failed = orx_projection_flush(s, true, NULL) < 0;
        if (sign_off(s, failed || i == TRIES - 1) != 0)
            break;
    }
}

void orx_store_close(orx_store *s) {
    if (!s)
        return;
    orx_tx_rollback(s);
    if (!s->read_only && !s->damaged)
        close_writer(s);
    destroy(s);
}

orx_platform *orx_store_platform(orx_store *s) {
    return s->p;
}

const char *orx_store_root(orx_store *s) {
    return s->root;
}

const char *orx_store_lane(orx_store *s) {
    return *s->scope ? s->scope + strlen(ORX_ORIGIN_LANE) : NULL;
}
