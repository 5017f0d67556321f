/* graph.h: the rules that hold between tasks of one list: no dangling dependency, no cycle.
 *
 * A task that waits for itself, directly or around corners, would wait for ever without a word, and
 * so would one that waits for a misspelt id. Both are refused when the list is loaded.
 * Threads: any. */
#ifndef ORX_TASK_GRAPH_H
#define ORX_TASK_GRAPH_H

#include "base/map.h"
#include "task/task.h"

/* ids maps every id of the list to its orx_task. ORX_E_INVALID names the task, its line and the
 * path of the cycle, or the unknown id with the nearest known one. */
int orx_task_check_graph(orx_arena *arena, const char *name, const orx_task_list *list,
                         const orx_map *ids, bool dangling_ok, orx_err *err);

#endif
