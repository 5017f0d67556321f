/* report.h: what people read after a run: a page per attempt, and one about how the run stopped.
 *
 * Task reports [K] are ARTIFACTS/<task>_<YYYYmmdd_HHMMSS>.md, one for each attempt that came to
 * something: done, partial or blocked. The predecessor wrote them before it judged, so that a
 * "done" which then failed validation had been reported as done; these follow the settlement. The
 * time in the name is UTC, and characters that do not belong in a file name are replaced: a name
 * made from the machine's time zone could not be made again.
 *
 * The stop report, ARTIFACTS/stop_report.md, is for whoever finds that nothing runs any more: why,
 * how far it came, what is blocked and what waits for it. `gh issue create --body-file` takes it as
 * it is.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_REPORT_H
#define ORX_RUN_REPORT_H

#include "store/store.h"

int orx_project_report(orx_store *s, void *user, const orx_event_row *event, orx_str *ret_name,
                       orx_str *out, orx_err *err);

/* user is the orx_runner; NULL (a rebuild while nothing runs) leaves out how the last run ended. */
int orx_project_stop_report(orx_store *s, void *user, orx_str *out, orx_err *err);

#endif
