/* services_internal.h: a service from inside; for the files of this room only.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_UNIT_SERVICES_INTERNAL_H
#define ORX_UNIT_SERVICES_INTERNAL_H

#include "base/cron.h"
#include "unit/services.h"

typedef struct orx_service {
    orx_services *all;
    const orx_service_config *cfg;
    orx_cron cron; /* of cfg->cron */
    orx_service_row row;
    const char *schedule; /* as text, to see that it changed */
    int64_t from_ns;      /* cron: times up to here are dealt with; wall */
    orx_wait wait;        /* interval: until the next run */
    int64_t seen_ns;      /* when this process first saw that wait; monotonic */
    char why[96];         /* why it does not run now */
    bool unsaved;         /* the row is behind */
} orx_service;

struct orx_services {
    const orx_unit_office *office;
    orx_arena arena;
    orx_service *items;
    size_t count;
};

/* ---- schedule.c: when it is due, from what the row says; nothing is written -------------------
 */

/* A schedule that begins now. */
void orx_service_schedule_anew(orx_service *s);
/* A run begins, and one that took as long as it took has ended. */
void orx_service_schedule_began(orx_service *s);
void orx_service_schedule_ended(orx_service *s);
/* Finds out when the next run is due, for row.next_ns and why. */
void orx_service_schedule_plan(orx_service *s);
/* Whether its time has come. */
bool orx_service_is_due(orx_service *s);

/* ---- service_rows.c ---------------------------------------------------------------------------
 */

/* Reads what the journal knows; 0 = nothing, or of another schedule, whose past is taken over and
 * whose times are not. */
int orx_service_load(orx_service *s, orx_err *err);
/* Writes its row and the event that explains it. */
int orx_service_save(orx_service *s, const char *kind, orx_err *err);

#endif
