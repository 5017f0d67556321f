/* project.h: the predecessor's files that show what a runner does.
 *
 * heartbeat.json [K] is written from what the runner is doing: at once after a quiet second, else
 * when the second since the last one is over, and at the end. A file per phase would cost short
 * attempts more syncs than their own steps do. conversations.ndjson and response_metrics.ndjson [K]
 * grow with the journal. All keys are the predecessor's.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_PROJECT_H
#define ORX_RUN_PROJECT_H

#include "store/store.h"

/* How long heartbeat.json may lag behind a change of phase. */
#define ORX_HEARTBEAT_EVERY_NS ORX_SEC

/* user is the orx_runner; without one (a rebuild while nothing runs) nothing is known and the file
 * says phase "stopped". */
int orx_project_heartbeat(orx_store *s, void *user, orx_str *out, orx_err *err);

int orx_project_conversation(orx_store *s, void *user, const orx_event_row *event, orx_str *out,
                             orx_err *err);

/* The row that an attempt.settled stands for in response_metrics.ndjson, in the arena; NULL when
 * the books know nothing of its attempt. */
orx_node *orx_metrics_node(orx_store *s, const orx_event_row *event, orx_arena *arena);

int orx_project_metrics(orx_store *s, void *user, const orx_event_row *event, orx_str *out,
                        orx_err *err);

#endif
