/* load.h: reading a tasks document out of a string, for tests. */
#ifndef ORX_TEST_TASK_LOAD_H
#define ORX_TEST_TASK_LOAD_H

#include "data/json.h"
#include "task/task.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const three_owners[] = {"codex", "gemini", "claude", NULL};

/* A task that has to be there. */
static inline const orx_task *task_at(const orx_task_list *list, size_t i) {
    if (!list->items || i >= list->count)
        abort();
    return &list->items[i];
}

/* Parses text and loads it; the code of whichever step failed. */
static inline int load_text(orx_arena *arena, const char *text, const char *const *owners,
                            bool dangling_ok, orx_task_list *list, orx_err *err) {
    const orx_node *root = NULL;
    int rc = orx_json_parse(arena, "tasks.json", orx_view_of(text), &orx_limits_data, &root, err);
    const orx_task_load_options options = {.owners = owners, .dangling_ok = dangling_ok};
    return rc < 0 ? rc : orx_task_load(arena, "tasks.json", root, &options, list, err);
}

#define TASK(id, more)                                                                             \
    "{\"id\": \"" id "\", \"owner\": \"codex\", \"priority\": 1, \"title\": \"t\", "               \
    "\"description\": \"d\"" more "}"

#endif
