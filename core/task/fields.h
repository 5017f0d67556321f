/* fields.h: what a task's fields mean when the file leaves them out, shared by the readers of the
 * tasks file and of the queue file.
 *
 * Threads: any.
 */
#ifndef ORX_TASK_FIELDS_H
#define ORX_TASK_FIELDS_H

#include "task/task.h"

/* Whether some provider serves the owner; with no list of owners, whether it is a name at all. */
bool orx_task_owner_known(const orx_task_load_options *options, const char *owner);

/* [K] The owner a task's id speaks of: "gemini-fuzz-parser" belongs to gemini when that is one of
 * the predecessor's three or a known owner; otherwise codex. In the arena. */
const char *orx_task_owner_of_id(orx_arena *arena, const orx_task_load_options *options,
                                 const char *id);

/* [K] The id with spaces for dashes, in the arena. */
const char *orx_task_title_of_id(orx_arena *arena, const char *id);

/* [K] An explicit `backlog` decides (bool, number, or boolean word); otherwise the words of labels,
 * tags, lane_type, queue, kind, id, title and description. terms as in orx_task_load_options. */
bool orx_task_is_backlog(const orx_node *task, const char *terms);

#endif
