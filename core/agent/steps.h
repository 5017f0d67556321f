/* steps.h: conversations in the journal.
 *
 * One row per complete step of a call: its messages (talk.h) as JSON. Step 0 is the opening. A call
 * that was interrupted, by a kill or by a failed request, is gone on with by a later one: the rows
 * move to the later call, so each is there once. They go when the task is done.
 *
 * Threads: as the store. Everything that writes does so inside the caller's transaction.
 */
#ifndef ORX_AGENT_STEPS_H
#define ORX_AGENT_STEPS_H

#include "agent/talk.h"
#include "store/store.h"

/* To be among the rooms of every store. */
extern const orx_store_room orx_agent_room;

/* Adds the messages of a talk from `first` on as the next step of a call. *ret_step is its number.
 */
int orx_steps_add(orx_store *s, int64_t call, const orx_talk *talk, size_t first, int64_t *ret_step,
                  orx_err *err);

/* Appends all steps of a call to the talk. Returns how many there were. */
int64_t orx_steps_load(orx_store *s, int64_t call, orx_talk *talk, orx_err *err);

int orx_steps_move(orx_store *s, int64_t from, int64_t to, orx_err *err);

int orx_steps_drop(orx_store *s, int64_t call, orx_err *err);

#endif
