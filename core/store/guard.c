/* guard.c: the lock file, and what it remembers.
 *
 * ROOT/state/orxaq.wlock is the lock in front of every transaction. Beside that it holds two
 * records of fixed length. The first is the number of an event that is known to be committed,
 * written after each commit while the lock is held and never synced: after a loss of power it is
 * old, but never ahead of the database. A journal that ends before it has lost committed events: a
 * -wal that was deleted, an old copy put in place. SQLite alone would open such a file without a
 * word. The second record says whether the database was found damaged.
 *
 * A record that does not carry its own checksum (torn by a loss of power, an empty file) counts as
 * absent.
 */
#include "store/internal.h"

#include <stdio.h>

#define RECORD 64

static uint64_t checksum(const char *p, size_t len) {
    /* FNV-1a, 64 bit. */
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)p[i]) * UINT64_C(1099511628211);
    return h;
}

static void format(char out[RECORD + 1], const char *name, int64_t value) {
    int n = snprintf(out, RECORD, "%s %020lld", name, (long long)value);
    uint64_t sum = checksum(out, (size_t)n);
    int m = snprintf(out + n, (size_t)(RECORD + 1 - n), " %016llx", (unsigned long long)sum);
    for (n += m; n < RECORD - 1; n++)
        out[n] = ' ';
    out[RECORD - 1] = '\n';
    out[RECORD] = '\0';
}

/* The value of the record called name at offset; 0 when there is no valid one. */
static int record_read(orx_store *s, int64_t offset, const char *name, int64_t *ret_value,
                       orx_err *err) {
    char have[RECORD];
    char want[RECORD + 1];
    int64_t n = orx_file_read(s->p, s->wlock, offset, have, RECORD, err);
    if (n < 0)
        return (int)n;
    size_t digits = strlen(name) + 1;
    int64_t value;
    *ret_value = 0;
    if (n < RECORD || !orx_view_to_i64(orx_view_mem(have + digits, 20), &value))
        return 0;
    format(want, name, value);
    if (memcmp(have, want, RECORD) == 0)
        *ret_value = value;
    return 0;
}

static int record_write(orx_store *s, int64_t offset, const char *name, int64_t value) {
    char record[RECORD + 1];
    format(record, name, value);
    return orx_file_write(s->p, s->wlock, offset, record, RECORD, NULL);
}

int orx_guard_open(orx_store *s, bool create, orx_err *err) {
    int flags = s->read_only ? ORX_OPEN_READ : ORX_OPEN_READ | ORX_OPEN_WRITE;
    int rc = orx_file_open(s->p, s->wlock_path, create ? flags | ORX_OPEN_CREATE : flags, 0644,
                           &s->wlock, err);
    return create ? rc : 0;
}

int orx_guard_read(orx_store *s, orx_guard_memory *ret_memory, orx_err *err) {
    int64_t condition = 0;
    *ret_memory = (orx_guard_memory){0};
    if (!s->wlock)
        return 0;
    int rc = record_read(s, 0, "committed", &ret_memory->committed, err);
    if (rc == 0)
        rc = record_read(s, RECORD, "condition", &condition, err);
    ret_memory->condition = (orx_guard_condition)condition;
    return rc;
}

void orx_guard_seal(orx_store *s, int64_t seq) {
    /* Failing only makes the check of the next start weaker. */
    (void)record_write(s, 0, "committed", seq);
}

int orx_guard_mark(orx_store *s, orx_guard_condition condition) {
    if (s->read_only || !s->wlock)
        return 0;
    int rc = record_write(s, RECORD, "condition", (int64_t)condition);
    return rc < 0 ? rc : orx_file_sync(s->p, s->wlock, NULL);
}
