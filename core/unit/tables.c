/* The tables of this room. */
#include "unit/keeper.h"

#include "base/mem.h"

/* One row per unit that was ever kept here. will: orx_unit_will. The wait of BACKOFF is stored as
 * every wait is (store.h). */
static const char *const migrations[] = {
    "CREATE TABLE unit("
    " name TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, cause TEXT NOT NULL,"
    " since_ns INTEGER NOT NULL, will INTEGER NOT NULL, level INTEGER NOT NULL,"
    " failures INTEGER NOT NULL, starts INTEGER NOT NULL, last_exit TEXT NOT NULL,"
    " status TEXT NOT NULL, pid INTEGER NOT NULL, start INTEGER NOT NULL, boot TEXT NOT NULL,"
    " delay_ns INTEGER NOT NULL, wall_ns INTEGER NOT NULL, mono_ns INTEGER NOT NULL"
    ") WITHOUT ROWID;",
    /* One row per service that was ever kept here (services.h). */
    "CREATE TABLE service("
    " name TEXT PRIMARY KEY, schedule TEXT NOT NULL, open INTEGER NOT NULL,"
    " outcome INTEGER NOT NULL, began_ns INTEGER NOT NULL, ended_ns INTEGER NOT NULL,"
    " from_ns INTEGER NOT NULL, next_ns INTEGER NOT NULL, runs INTEGER NOT NULL,"
    " delay_ns INTEGER NOT NULL, wall_ns INTEGER NOT NULL, mono_ns INTEGER NOT NULL,"
    " boot TEXT NOT NULL) WITHOUT ROWID;",
    /* The cgroup of its process; '' = none. */
    "ALTER TABLE unit ADD COLUMN cgroup TEXT NOT NULL DEFAULT '';",
    /* The repository for want of which its last process failed; '' = none. */
    "ALTER TABLE unit ADD COLUMN lacks TEXT NOT NULL DEFAULT '';",
};

const orx_store_room orx_unit_room = {
    .name = "unit",
    .migrations = migrations,
    .migration_count = ORX_ARRAY_LEN(migrations),
};
