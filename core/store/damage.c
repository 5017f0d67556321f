/* damage.c: what happens to a journal that cannot be trusted.
 *
 * It is never emptied, repaired or replaced by us. A writer that finds it beyond doubt broken moves
 * it (and its -wal) aside under a new name, notes that in the lock file, and refuses; every later
 * start is refused too, until the operator decides, because the lock file still says so. A journal
 * that merely ends too early is left where it is: putting its -wal back heals it.
 */
#include "store/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void orx_stamp(orx_store *s, char out[ORX_STAMP_MAX]) {
    time_t t = (time_t)(orx_wall_ns(s->p) / ORX_SEC);
    struct tm tm;
    if (!gmtime_r(&t, &tm) || strftime(out, ORX_STAMP_MAX, "%Y%m%dT%H%M%SZ", &tm) == 0)
        (void)snprintf(out, ORX_STAMP_MAX, "unknown-time");
}

static int move_aside(orx_store *s, const char *suffix, const char *to) {
    ORX_CLEANUP(orx_str_free) orx_str from = {0};
    ORX_CLEANUP(orx_str_free) orx_str target = {0};
    orx_str_addf(&from, "%s%s", s->db_path, suffix);
    orx_str_addf(&target, "%s%s", to, suffix);
    int rc = orx_there(s, orx_str_cstr(&from), true, NULL, NULL);
    return rc <= 0 ? rc : orx_rename(s->p, orx_str_cstr(&from), orx_str_cstr(&target), NULL);
}

/* The mark first, or a start after a crash would find nothing and begin an empty journal. The -wal
 * before the database: alone under the old name it could be taken for another one's. */
static int move_all(orx_store *s, const char *to) {
    int rc = orx_guard_mark(s, ORX_GUARD_DAMAGED);
    if (rc == 0)
        rc = move_aside(s, "-wal", to);
    if (rc == 0)
        rc = move_aside(s, "", to);
    return rc;
}

int orx_damage_move(orx_store *s, char **ret_to) {
    char when[ORX_STAMP_MAX];
    ORX_CLEANUP(orx_str_free) orx_str base = {0};
    orx_stamp(s, when);
    orx_str_addf(&base, "%s.damaged-%s", s->db_path, when);
    char *to = orx_free_name(s, orx_str_cstr(&base));
    int rc = move_all(s, to);
    if (rc < 0 || !ret_to)
        free(to);
    else
        *ret_to = to;
    if (rc < 0)
        return rc;
    ORX_CLEANUP(orx_str_free) orx_str shm = {0};
    orx_str_addf(&shm, "%s-shm", s->db_path);
    (void)orx_unlink(s->p, orx_str_cstr(&shm), NULL);
    (void)orx_sync_dir(s->p, s->dir, NULL);
    return 0;
}

int orx_damage_set_aside(orx_store *s, const char *what, orx_err *err) {
    ORX_CLEANUP(orx_freep) char *to = NULL;
    if (orx_damage_move(s, &to) < 0)
        return orx_err_set(err, ORX_E_CORRUPT,
                           "%s: the journal is damaged (%s) and could not be moved aside; it was "
                           "not changed: %s",
                           s->db_path, what, ORX_DAMAGE_ADVICE);
    return orx_err_set(err, ORX_E_CORRUPT,
                       "%s: the journal is damaged (%s). It was set aside, unchanged, as %s: %s",
                       s->db_path, what, to, ORX_DAMAGE_ADVICE);
}

int orx_damage_check_files(orx_store *s, const orx_guard_memory *memory, orx_err *err) {
    if (memory->condition == ORX_GUARD_DAMAGED)
        return orx_err_set(err, ORX_E_CORRUPT,
                           "%s: an earlier start found the journal damaged and set it aside "
                           "(orxaq.db.damaged-... beside it): %s",
                           s->db_path, ORX_DAMAGE_ADVICE);
    int there = memory->committed > 0 ? orx_there(s, s->db_path, true, NULL, err) : 1;
    if (there != 0)
        return there < 0 ? there : 0;
    return orx_err_set(err, ORX_E_CORRUPT, "%s is gone, but held at least %lld events: %s",
                       s->db_path, (long long)memory->committed, ORX_DAMAGE_ADVICE);
}

int orx_damage_check_end(orx_store *s, const orx_guard_memory *memory, int64_t last, orx_err *err) {
    if (last >= memory->committed)
        return 0;
    return orx_err_set(err, ORX_E_CORRUPT,
                       "%s ends at event %lld, but event %lld was committed: its -wal file is "
                       "missing or damaged, or an older copy was put in place. Nothing was "
                       "changed: put the missing file back, or %s",
                       s->db_path, (long long)last, (long long)memory->committed,
                       ORX_DAMAGE_ADVICE);
}
