/* salvage.h: `orxaq project recover`: a damaged journal made good from everything that is left.
 *
 * store/salvage.h brings what can be read of the damaged database itself. Here it is completed from
 * what lies beside it, each source for what it proves:
 *
 *     the tasks file          tasks whose rows are lost; they begin as pending
 *     state.json              how far each task was, where it knows later than the rows
 *     attempts                what they came to, of tasks whose rows are lost
 *     state/records           attempts and calls whose rows are lost, with outcome and usage
 *     commits with trailers   tasks that are done, whatever else says otherwise
 *
 * An attempt that may have been interrupted is left unsettled, so that the next run looks at its
 * repository as after any crash. A task is never done twice: a commit that carries its trailer, of
 * an attempt the journal does not know the end of, settles it.
 *
 * The damaged file is never changed. When the journal is sound nothing is done; when a runner holds
 * a lock, ORX_E_BUSY. It can be repeated after a crash at any point.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_SALVAGE_H
#define ORX_RUN_SALVAGE_H

#include "config/config.h"
#include "store/salvage.h"

typedef struct orx_run_salvaged {
    bool sound;                    /* nothing was wrong, nothing was done */
    int64_t events;                /* of a sound journal */
    orx_salvage_report store;      /* strings in the arena given */
    int64_t tasks;                 /* rows that are there now */
    int64_t tasks_from_file;       /* of them taken from the tasks file again */
    int64_t tasks_from_state;      /* whose state was taken from state.json */
    int64_t tasks_from_attempts;   /* whose last attempt says how they are */
    int64_t tasks_from_commits;    /* settled by a commit's trailer */
    const char *const *bare;       /* tasks known by name only: to be added again */
    int64_t attempts;              /* rows that are there now */
    int64_t attempts_from_records; /* of them restored */
    int64_t calls_from_records;
    int64_t attempts_from_commits;
    int64_t *lost_attempts;   /* ids of attempts of which nothing is left, ends with 0 */
    const char *const *notes; /* sources that could not be used, and why */
} orx_run_salvaged;

/* Lists and strings of *ret_report live in the arena. */
int orx_run_salvage(orx_platform *p, const orx_config *cfg, const orx_store_room *const *rooms,
                    orx_arena *arena, orx_run_salvaged *ret_report, orx_err *err);

#endif
