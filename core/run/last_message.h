/* last_message.h: what codex said last about a task, as a file.
 *
 * ARTIFACTS/<task>_codex_result.json [K] holds the result that the last call of a task to codex
 * ended with: an object with status, summary, commit, validations, next_actions and blocker, or the
 * words themselves when there was no such object in them. An attempt begins without the file, so
 * what is there is never older than the task's last attempt.
 *
 * It is a copy for scripts that read it; nothing here does. A file that cannot be written is told
 * about and left.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_LAST_MESSAGE_H
#define ORX_RUN_LAST_MESSAGE_H

#include "run/runner.h"

/* An attempt begins. Does nothing unless the task's owner is served by the plugin codex. */
void orx_last_message_forget(orx_try *t);

/* A call has ended. Does nothing unless it was one to the plugin codex that ended well. */
void orx_last_message_keep(orx_try *t);

#endif
