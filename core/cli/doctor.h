/* doctor.h: what `orxaq doctor` finds, and who looks for it.
 *
 * A finding is one line: whether it is fine, what was looked at, what was found, and what to do.
 * FAIL is for something configured that cannot work; WARN for what works worse than it could.
 * Nothing is changed by looking, and no secret is shown.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_DOCTOR_H
#define ORX_CLI_DOCTOR_H

#include "cli/cli.h"

typedef enum orx_health { ORX_HEALTH_OK, ORX_HEALTH_WARN, ORX_HEALTH_FAIL } orx_health;

typedef struct orx_finding {
    orx_health health;
    const char *what;
    const char *found;
    const char *advice; /* "" when nothing is to be done */
    struct orx_finding *next;
} orx_finding;

typedef struct orx_doctor {
    orx_cli *c;
    orx_finding *first;
    orx_finding *last;
    int warnings;
    int failures;
} orx_doctor;

/* Adds a finding; `what` and `advice` are copied, the text is formatted. */
void orx_doctor_add(orx_doctor *d, orx_health health, const char *what, const char *advice,
                    const char *fmt, ...) ORX_PRINTF(5, 6);

/* The three parts of the examination; the configuration is loaded. */
void orx_doctor_machine(orx_doctor *d);
void orx_doctor_root(orx_doctor *d);
void orx_doctor_providers(orx_doctor *d);

#endif
