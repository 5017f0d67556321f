/* fixture.h: a journal in a fresh directory, on the real platform with its clock, its process
 * identity and its files under the test's hand. */
#ifndef ORX_TEST_STORE_FIXTURE_H
#define ORX_TEST_STORE_FIXTURE_H

#include "data/json.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "platform/proc.h"
#include "store/store.h"

#include "test.h"

typedef struct fixture {
    orx_platform *p;
    char dir[256];  /* removed at the end */
    char root[300]; /* dir/root */
    /* The hand on the clock and on processes. */
    int64_t wall_shift;
    int64_t mono_shift;
    const char *boot; /* NULL = the real one */
    int64_t pid;      /* what this process claims to be */
    int64_t dead_pid; /* a pid that counts as gone */
    bool network;
    /* The next file operations called `fail_op` on a path containing fail_path fail with fail_code.
     */
    const char *fail_op;
    const char *fail_path;
    int fail_code;
    int fail_after; /* let so many pass first */
} fixture;

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Opens ROOT as `origin`, making it when missing. */
orx_store *fixture_open(fixture *f, const char *origin, const orx_store_room *const *rooms);

/* Appends one event in a transaction of its own; returns its seq. */
int64_t fixture_event(orx_store *s, const char *kind, const char *task, const char *json);

/* ROOT/name; the result lives until the next but seven calls. */
const char *fixture_path(fixture *f, const char *name);
/* The content of a file, "" when missing; to be freed. */
char *fixture_read(const char *path);
void fixture_write(const char *path, const char *text);
/* Overwrites bytes in the middle of a file. */
void fixture_poke(const char *path, long offset, const void *bytes, size_t len);
long fixture_size(const char *path);
bool fixture_exists(const char *path);
/* Names in a directory that contain part. */
int fixture_count(const char *dir, const char *part);

/* Runs SQL on the database file behind the store's back. */
void fixture_sql(fixture *f, const char *sql);
int64_t fixture_sql_int(fixture *f, const char *sql);

/* A value of the store's database through its own connection. */
int64_t store_int(orx_store *s, const char *sql);

extern const orx_store_room *const no_rooms[];

#endif
