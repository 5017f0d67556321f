#include "money_world.h"

#include "platform/files.h"

#include <stdio.h>
#include <stdlib.h>

int money_setup(void **state) {
    static const orx_store_room *const rooms[] = {&orx_money_room, NULL};
    world *w = calloc(1, sizeof *w);
    (void)snprintf(w->dir, sizeof w->dir, "/tmp/orxaq-money.XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    assert_ok(orx_platform_uv_new(&w->p, &w->err), &w->err);
    assert_ok(orx_store_open(w->p, w->dir, "primary", rooms, ORX_STORE_CREATE, &w->s, &w->err),
              &w->err);
    *state = w;
    return 0;
}

int money_teardown(void **state) {
    world *w = *state;
    orx_store_close(w->s);
    (void)orx_remove_tree(w->p, w->dir, NULL);
    orx_platform_free(w->p);
    orx_arena_free(&w->arena);
    free(w);
    return 0;
}
