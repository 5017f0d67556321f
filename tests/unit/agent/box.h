/* box.h: a tree, a folder beside it that must not change, and a tool server in the tree. */
#ifndef ORX_TEST_BOX_H
#define ORX_TEST_BOX_H

#include "agent/toolbox.h"
#include "platform/files.h"
#include "platform/loop.h"

#include "test.h"

typedef struct box {
    orx_platform *p;
    orx_arena arena;
    char *dir;     /* fresh, removed in the end */
    char *tree;    /* dir/tree, where the server works */
    char *outputs; /* dir/outputs */
    char *outside; /* dir/outside, holds secret.txt */
    orx_toolbox *tools;
    orx_toolbox_spec spec;
    bool stop;
    int spawned;
    orx_err err;
} box;

/* For cmocka_unit_test_setup_teardown: *state is a box whose server runs, under Landlock where
 * there is any. */
int box_setup(void **state);
int box_teardown(void **state);

/* Ends the server and starts another as spec says. */
void box_restart(box *b);

/* One request; the fields end with NULL. ok: it works; no: it is refused. The text is in the arena.
 */
const char *ok(box *b, uint32_t op, ...) __attribute__((sentinel));
const char *no(box *b, uint32_t op, ...) __attribute__((sentinel));

/* Files below dir ("tree/a.c"). */
char *at(box *b, const char *path);
void spit(box *b, const char *path, const char *text);
const char *slurp(box *b, const char *path);
bool there(box *b, const char *path);

/* A text of n bytes in the arena. */
char *many(box *b, char c, size_t n);

bool have_landlock(void);

#define TEST(name) cmocka_unit_test_setup_teardown(name, box_setup, box_teardown)

#endif
