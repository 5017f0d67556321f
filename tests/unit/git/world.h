/* world.h: one fresh directory with repositories, on one of three grounds:
 *
 *   WORLD_CLI   the real platform and the git program
 *   WORLD_TWIN  the real platform's files and the twin
 *   WORLD_SIM   the simulation and the twin
 *
 * The contract suites are written against this, once, and each is built for every ground.
 */
#ifndef ORX_TEST_GIT_WORLD_H
#define ORX_TEST_GIT_WORLD_H

#include "test.h"

#include "base/arena.h"
#include "git/git.h"
#include "git/sim/twin.h"
#include "platform/files.h"

#include <stdlib.h>
#include <string.h>

typedef enum world_kind { WORLD_CLI, WORLD_TWIN, WORLD_SIM } world_kind;

/* Which ground this program was built for. */
world_kind world_ground(void);

typedef struct world {
    world_kind kind;
    orx_platform *p;
    void *sim;
    char dir[256];
    orx_arena arena;
    orx_err err;
    const char *env[16]; /* for git: PATH, HOME in this directory */
    orx_git_options options;
    orx_git *open[32];
    size_t open_count;
} world;

int world_setup(void **state);
int world_teardown(void **state);

/* Paths are relative to the world's directory. */
const char *w_path(world *w, const char *rel);
void w_write(world *w, const char *rel, const char *text);
void w_write_bytes(world *w, const char *rel, orx_view bytes, uint32_t mode);
void w_remove(world *w, const char *rel);
bool w_exists(world *w, const char *rel);
/* NULL when there is no such file. */
const char *w_read(world *w, const char *rel);

/* A repository on the unborn branch main, and a bare one. */
void w_init(world *w, const char *rel);
void w_init_bare(world *w, const char *rel);
void w_origin(world *w, const char *rel, const char *remote);

/* Closed by the teardown. */
orx_git *w_open(world *w, const char *rel);
/* w_init, w_open, and one commit of a.txt = "one\n". */
orx_git *w_repo(world *w, const char *rel);
/* Everything, with orx_git_commit_all; the id lives in the arena. */
const char *w_commit(world *w, orx_git *g, const char *message);
const char *w_head(world *w, orx_git *g);

/* Runs a program to its end on the real platform and fails the test unless it ends with `code`.
 * Returns its standard output. args end with NULL. */
const char *w_run(world *w, int code, const char *dir, const char *const *args);
#define W_RUN(w, dir, ...) w_run((w), 0, (dir), (const char *const[]){__VA_ARGS__, NULL})
#define W_RUN_FAILS(w, code, dir, ...)                                                             \
    w_run((w), (code), (dir), (const char *const[]){__VA_ARGS__, NULL})

/* The entry of a path, or NULL. */
const orx_git_entry *w_entry(const orx_git_entry *entries, size_t count, const char *path);
orx_git_status w_status(world *w, orx_git *g);
orx_git_changes w_changes(world *w, orx_git *g, const char *base);

/* Asserts a call's code and that its message holds a word. */
#define assert_fails(w, want, word, call)                                                          \
    do {                                                                                           \
        (w)->err.msg[0] = '\0';                                                                    \
        int rc_ = (call);                                                                          \
        if (rc_ != (want))                                                                         \
            fail_msg("%s gave %d, expected %d: %s", #call, rc_, (want), (w)->err.msg);             \
        assert_contains((w)->err.msg, (word));                                                     \
    } while (0)

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

#endif
