/* services.h: what is run again and again, as units of the supervisor.
 *
 * A service is an entry of `services` in the configuration: a command, and an interval or a cron
 * expression (base/cron.h). Its unit is IDLE between runs and has no process then; its status says
 * when the next run is. Off services are units, too, so that an operator can run one once or start
 * it.
 *
 * When. An interval counts from the start of a run to that of the next, by the clock that cannot be
 * set; a new one runs at once. A cron expression is about local time. A change of the schedule
 * counts from when the supervisor first sees it. What was missed, because no supervisor was there
 * or because the run before took too long, is one run, not many: behind a gap of the supervisor at
 * once, behind a run that took too long at the next regular time. Two runs of a service never
 * overlap. What comes while an operator holds it back is not missed. A clock that is set back by
 * less than an hour brings no run a second time; one that is set back further is believed.
 *
 * A run is open from before its process exists until its end is in the journal. One that is open
 * without a process was cut off: it is made again, first of all after a crash of the supervisor.
 * One whose end could not be written down counts as cut off. A run that fails stays open, and the
 * unit's restart policy says when it is tried again; when it was tried too often the unit is FATAL
 * until its next regular time. Exit code 125 ends that, too: then a person has to start it.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_UNIT_SERVICES_H
#define ORX_UNIT_SERVICES_H

#include "unit/supervisor.h"

typedef struct orx_services orx_services;

/* Adds a unit for each service of the configuration, before the keeper begins. The office must
 * outlive them. *ret_services is set in any case. */
int orx_services_open(const orx_unit_office *office, orx_services **ret_services, orx_err *err);

/* After the keeper was freed. NULL is fine. */
void orx_services_close(orx_services *all);

/* How the last run ended; the numbers stand in the journal. */
typedef enum orx_service_outcome {
    ORX_SERVICE_NEVER = 0, /* it has not ended yet */
    ORX_SERVICE_OK = 1,
    ORX_SERVICE_FAILED = 2,
    ORX_SERVICE_FINAL = 3 /* and is not to be tried again */
} orx_service_outcome;

/* What the journal knows of a service. */
typedef struct orx_service_row {
    bool open; /* a run has begun and its end is not known */
    orx_service_outcome outcome;
    int64_t began_ns; /* wall; 0 = never, likewise below */
    int64_t ended_ns;
    int64_t next_ns; /* when the next regular run is due */
    int64_t runs;    /* begun */
} orx_service_row;

/* 1 and the row, or 0: it was never kept here. */
int orx_service_row_get(orx_store *s, const char *name, orx_service_row *ret_row, orx_err *err);

const char *orx_service_outcome_name(orx_service_outcome outcome); /* "never", "ok" ... */

#endif
