/* support.h: a world of one host for the tests of the simulation, and short words for files. */
#ifndef ORX_TESTS_SIM_SUPPORT_H
#define ORX_TESTS_SIM_SUPPORT_H

#include "platform/files.h"
#include "platform/loop.h"
#include "platform/proc.h"
#include "platform/sim/sim.h"
#include "test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct world {
    orx_sim *sim;
    orx_sim_host *host;
    orx_platform *p; /* the host's first process */
} world;

static inline world world_new(uint64_t seed) {
    orx_sim *s = orx_sim_new(seed);
    orx_sim_host *h = orx_sim_add_host(s, "alpha");
    return (world){s, h, orx_sim_platform(h)};
}

/* Fails unless everything came to its end. */
static inline void world_run(const world *w) {
    if (orx_sim_run(w->sim, 0))
        return;
    orx_str why = {0};
    orx_sim_explain(w->sim, &why);
    fail_msg("deadlock:\n%s", orx_str_cstr(&why));
}

static inline void put(orx_platform *p, const char *path, const char *text) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_write_atomic(p, path, orx_view_of(text), 0644, &err), &err);
}

/* The content of a file, NULL when it does not exist; free it. */
static inline char *get(orx_platform *p, const char *path) {
    orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    int rc = orx_read_file(p, path, 1 << 24, &text, &err);
    if (rc == ORX_E_NOT_FOUND)
        return NULL;
    assert_ok(rc, &err);
    return orx_str_steal(&text);
}

static inline void assert_file(orx_platform *p, const char *path, const char *text) {
    char *found = get(p, path);
    if (!found)
        fail_msg("%s does not exist", path);
    assert_string_equal(found, text);
    free(found);
}

static inline orx_file *open_file(orx_platform *p, const char *path, int flags) {
    orx_file *f = NULL;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_file_open(p, path, flags, 0644, &f, &err), &err);
    return f;
}

static inline void write_at(orx_platform *p, orx_file *f, int64_t offset, const char *text) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_file_write(p, f, offset, text, strlen(text), &err), &err);
}

enum { RW = ORX_OPEN_READ | ORX_OPEN_WRITE | ORX_OPEN_CREATE };

#endif
