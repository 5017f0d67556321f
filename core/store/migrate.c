/* migrate.c: versions of tables, room by room.
 *
 * store_room holds the version each room has reached. Version N of a room is what its first N
 * scripts make, or, when there is nothing of the room yet, its script for the whole. All that is
 * missing runs in one transaction together with the new versions: nobody sees a journal that is
 * made in part, whatever happens. Scripts that were released are never edited.
 */
#include "store/internal.h"

/* "ORXQ": tells our database from any other SQLite file. */
#define APPLICATION_ID 1330795601

static const char *const own_scripts[] = {
    /* 1 */
    "CREATE TABLE origin(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    "  last_seq INTEGER NOT NULL, last_hash BLOB NOT NULL,"  /* the newest event's */
    "  base_seq INTEGER NOT NULL, base_hash BLOB NOT NULL);" /* before the oldest kept one */
    "CREATE TABLE event(seq INTEGER PRIMARY KEY, origin INTEGER NOT NULL,"
    "  origin_seq INTEGER NOT NULL, hlc INTEGER NOT NULL, wall_ns INTEGER NOT NULL,"
    "  mono_ns INTEGER NOT NULL, boot INTEGER NOT NULL, kind TEXT NOT NULL,"
    "  schema INTEGER NOT NULL, task TEXT, attempt INTEGER, call INTEGER, cause INTEGER,"
    "  body TEXT, hash BLOB NOT NULL);"
    "CREATE INDEX event_task ON event(task) WHERE task IS NOT NULL;"
    "CREATE INDEX event_attempt ON event(attempt) WHERE attempt IS NOT NULL;"
    "CREATE TABLE store_boot(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE store_body(sha256 TEXT PRIMARY KEY, bytes INTEGER NOT NULL,"
    "  last_seq INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE store_segment(first_seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL,"
    "  bytes INTEGER NOT NULL, last_wall_ns INTEGER NOT NULL, file TEXT, sha256 BLOB);"
    "CREATE TABLE store_counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE store_writer(id INTEGER PRIMARY KEY, pid INTEGER NOT NULL,"
    "  start INTEGER NOT NULL, boot TEXT NOT NULL);"
    "CREATE TABLE store_projection(name TEXT PRIMARY KEY, path TEXT, dirty INTEGER NOT NULL,"
    "  done INTEGER NOT NULL, shown_seq INTEGER NOT NULL, cursor INTEGER NOT NULL, size INTEGER,"
    "  mtime_ns INTEGER, inode INTEGER, base INTEGER NOT NULL, sha256 BLOB, previous BLOB)"
    "  WITHOUT ROWID;"
    "CREATE TABLE store_lease(id INTEGER PRIMARY KEY CHECK(id = 1), token INTEGER NOT NULL,"
    "  pid INTEGER NOT NULL, start INTEGER NOT NULL, boot TEXT NOT NULL,"
    "  until_ns INTEGER NOT NULL);",
    /* 2: a lease for each lane; whoever held the one of version 1 takes it again. */
    "DROP TABLE store_lease;"
    "CREATE TABLE store_lease(scope TEXT PRIMARY KEY, token INTEGER NOT NULL,"
    "  pid INTEGER NOT NULL, start INTEGER NOT NULL, boot TEXT NOT NULL,"
    "  until_ns INTEGER NOT NULL) WITHOUT ROWID;",
    /* 3: of units, lanes, bills and the like there are few events among those of tasks. */
    "CREATE INDEX event_apart ON event(kind, seq) WHERE task IS NULL AND attempt IS NULL;",
};

const orx_store_room orx_store_own_room = {
    .name = "store",
    .migrations = own_scripts,
    .migration_count = (int)ORX_ARRAY_LEN(own_scripts),
};

static int make_ours(orx_store *s, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = orx_store_script(s,
                          "PRAGMA application_id = 1330795601;"
                          "CREATE TABLE IF NOT EXISTS store_room(name TEXT PRIMARY KEY,"
                          "  version INTEGER NOT NULL) WITHOUT ROWID;",
                          err);
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

int orx_migrate_prepare(orx_store *s, orx_err *err) {
    int64_t id = 0;
    int64_t tables = 0;
    /* One view: another process may be making the database right now. */
    int rc = orx_read_begin(s, err);
    if (rc == 0)
        rc = orx_store_int(s, "PRAGMA application_id", 0, &id, err);
    if (rc == 0 && id != APPLICATION_ID)
        rc = orx_store_int(s, "SELECT count(*) FROM sqlite_schema", 0, &tables, err);
    orx_read_end(s);
    if (rc < 0 || id == APPLICATION_ID)
        return rc;
    if (tables > 0)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s is a SQLite database of another program: move it away or choose "
                           "another root",
                           s->db_path);
    if (s->read_only)
        return orx_err_set(err, ORX_E_NOT_FOUND, "%s is empty: nothing has run in this root yet",
                           s->db_path);
    return make_ours(s, err);
}

static int version_of(orx_store *s, const orx_store_room *room, int64_t *ret_version,
                      orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT version FROM store_room WHERE name = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, room->name);
    rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    int64_t version = rc ? orx_sql_col_int(q, 0) : 0;
    orx_sql_reset(q);
    if (version > room->migration_count)
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "%s was written by a newer orxaq: room %s has version %lld there, this "
                           "orxaq knows %d. Use the newer one",
                           s->db_path, room->name, (long long)version, room->migration_count);
    *ret_version = version;
    return 0;
}

/* Inside a transaction. */
static int reach(orx_store *s, const orx_store_room *room, const char *script, int64_t version,
                 orx_err *err) {
    int rc = orx_store_script(s, script, err);
    if (rc < 0)
        return orx_err_wrap(err, "migration %lld of room %s", (long long)version, room->name);
    orx_sql *q;
    rc = orx_sql_get(s,
                     "INSERT INTO store_room(name, version) VALUES(?1, ?2)"
                     " ON CONFLICT(name) DO UPDATE SET version = excluded.version",
                     &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, room->name);
    orx_sql_int(q, 2, version);
    return orx_store_done(q, err);
}

static int bring_up(orx_store *s, const orx_store_room *room, orx_err *err) {
    int64_t version = 0;
    int rc = version_of(s, room, &version, err);
    if (rc == 0 && version == 0 && room->whole)
        return reach(s, room, room->whole, room->migration_count, err);
    for (; rc == 0 && version < room->migration_count; version++)
        rc = reach(s, room, room->migrations[version], version + 1, err);
    return rc;
}

static int bring_all_up(orx_store *s, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = bring_up(s, &orx_store_own_room, err);
    for (const orx_store_room *const *r = s->rooms; rc == 0 && r && *r; r++)
        rc = bring_up(s, *r, err);
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

/* 1 = the room is behind. */
static int is_behind(orx_store *s, const orx_store_room *room, orx_err *err) {
    int64_t version = 0;
    int rc = version_of(s, room, &version, err);
    if (rc < 0 || version == room->migration_count)
        return rc;
    if (!s->read_only)
        return 1;
    if (version == 0 && room == &orx_store_own_room)
        return orx_err_set(err, ORX_E_NOT_FOUND,
                           "%s is being made: nothing has run in this root yet", s->db_path);
    return orx_err_set(err, ORX_E_UNSUPPORTED,
                       "%s was written by an older orxaq: room %s has version %lld there, "
                       "this orxaq needs %d. Run `orxaq run` once to bring it up to date",
                       s->db_path, room->name, (long long)version, room->migration_count);
}

int orx_migrate_rooms(orx_store *s, orx_err *err) {
    int rc = is_behind(s, &orx_store_own_room, err);
    for (const orx_store_room *const *r = s->rooms; rc == 0 && r && *r; r++)
        rc = is_behind(s, *r, err);
    return rc == 1 ? bring_all_up(s, err) : rc;
}
