/* lessons.h: what happened, as rows to learn from.
 *
 * A row is an object: `text` (and `title`) of the task, `model` ("PROVIDER/MODEL", or "PROVIDER"
 * for the program's own), `acceptance` (a list, of those that have it), `label` from 0 (did not
 * pass) to 1 (passed), `attempt` from 1, `cost` in nano-USD when it is known, `propensity` (0 to 1)
 * when it is known how probable it was that a router chose this model for this task. With `other`
 * the row is a preference: label 1 = the answer of `model` was preferred, 0 = that of `other`, 0.5
 * = neither.
 *
 * From the journal: one row for each attempt whose last call did work that was judged. It passed
 * when the attempt is done; it did not when a validation failed, nothing was changed, or what was
 * changed is out of scope. An attempt that says nothing about the model - a rate limit, a network
 * that was down, a machine that was too slow - is none. That a task needed several attempts is in
 * the rows of those attempts, with their numbers.
 *
 * Imported: a file of JSON lines with the same members, or with those of preference data as
 * RouteLLM and its arena have it: `prompt`, `model_a`, `model_b` and `winner` ("model_a",
 * "model_b", "tie").
 *
 * Every fifth text, by its digest, is kept aside: no training sees it, and reports are about it.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_LESSONS_H
#define ORX_RUN_LESSONS_H

#include "data/doc.h"
#include "store/store.h"

#define ORX_LESSONS_MAX 2000000

/* Appends the journal's rows to the array `rows`, in the order of the attempts. Returns how many.
 */
int64_t orx_lessons_recorded(orx_store *s, orx_arena *arena, orx_node *rows, orx_err *err);

/* Appends those of a file's text. A line that is no row is an error that names NAME:LINE. Returns
 * how many. */
int64_t orx_lessons_imported(orx_arena *arena, const char *name, orx_view text, orx_node *rows,
                             orx_err *err);

/* Whether a row's text is kept aside. */
bool orx_lesson_aside(const orx_node *row);

#endif
