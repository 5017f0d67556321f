/* health_doc.h: what was judged, as the documents that tools of the predecessor read [K].
 *
 * Pure, like the judge. Keys are the predecessor's; documents that carry the judgement have `ok`
 * and `findings` beside them.
 *
 * Threads: any; trees live in the arena.
 */
#ifndef ORX_UNIT_HEALTH_DOC_H
#define ORX_UNIT_HEALTH_DOC_H

#include "unit/health_watchdog.h"

/* The eight keys of `status`. */
orx_node *orx_health_status_doc(const orx_fleet_facts *f, orx_arena *a);

/* `health`, without health_file. */
orx_node *orx_health_doc(const orx_fleet_facts *f, const orx_health_report *r, orx_arena *a);

/* [{id, subject, severity, text, remedy}] */
orx_node *orx_health_findings_doc(const orx_health_report *r, orx_arena *a);

/* One process of a watchdog pass. */
orx_node *orx_health_process_doc(const char *id, const orx_watch_row *row, orx_arena *a);

/* A watchdog pass, without the files and times that the caller knows. */
orx_node *orx_health_watchdog_doc(const orx_fleet_facts *f, const orx_watch_row *supervisor,
                                  const orx_watch_row *runner, orx_arena *a);

/* Whether a full-autonomy pass is ok, and its document without the file's name. */
bool orx_health_autonomy_ok(const orx_health_report *r, bool preflight_clean);
orx_node *orx_health_autonomy_doc(const orx_fleet_facts *f, const orx_health_report *r,
                                  const orx_node *preflight, const orx_node *watchdog,
                                  orx_arena *a);

/* Parts of `monitor`. */
orx_node *orx_health_runtime_doc(const orx_fleet_facts *f, const orx_health_report *r,
                                 orx_arena *a);
orx_node *orx_health_progress_doc(const orx_fleet_facts *f, orx_arena *a);
orx_node *orx_health_lanes_doc(const orx_fleet_facts *f, const orx_health_report *r, orx_arena *a);

#endif
