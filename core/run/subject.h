/* subject.h: an event of the journal together with what it is about, for the files made from it.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_SUBJECT_H
#define ORX_RUN_SUBJECT_H

#include "store/store.h"

typedef struct orx_subject {
    orx_arena arena; /* for what is made of it; what is below lives as long as the event's row */
    const orx_node *body;
    const char *lane; /* "" when the event is about no attempt, likewise below */
    const char *task;
    const char *title;
    const char *owner;
    const char *repo;
    const char *commit;
    int64_t priority;
} orx_subject;

/* Unknown attempts and tasks give empty texts: a row of a log is never a reason to fail. To be
 * ended with orx_subject_free. */
void orx_subject_of(orx_store *s, const orx_event_row *e, orx_subject *ret_subject);
void orx_subject_free(orx_subject *u);

/* A text of the event's body, "" when it is not there. */
const char *orx_subject_text(const orx_subject *u, const char *key);

/* What an attempt.settled came to: "done", "blocked" or "partial"; NULL when nothing was worked on.
 */
const char *orx_subject_status(const orx_subject *u);

/* Appends the node as one line in the predecessor's style [K]. */
void orx_subject_row(orx_str *out, const orx_node *row);

#endif
