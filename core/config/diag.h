/* diag.h: a list of problems found in input that a person wrote.
 *
 * Reading a configuration reports everything that is wrong with it, not only the first thing, so
 * that one look at the output is enough to mend it. Each entry says where (FILE:LINE:COLUMN, a
 * variable's name, a flag), and what was expected, what was found and what to do. Values that may
 * be secrets are never quoted. The list is bounded: after ORX_DIAG_MAX entries the rest is only
 * counted.
 *
 * {0} is an empty list. Threads: one owner at a time.
 */
#ifndef ORX_CONFIG_DIAG_H
#define ORX_CONFIG_DIAG_H

#include "base/arena.h"
#include "base/err.h"

#define ORX_DIAG_MAX 100

typedef enum orx_severity { ORX_DIAG_WARNING, ORX_DIAG_ERROR } orx_severity;

typedef struct orx_diag {
    orx_severity severity;
    const char *where; /* "config/orxaq.yaml:12:5", "ORXAQ_AUTONOMY_MAX_CYCLES", "--max-cycles" */
    const char *text;
    struct orx_diag *next;
} orx_diag;

typedef struct orx_diags {
    orx_arena arena; /* holds the entries */
    orx_diag *first; /* in the order found */
    orx_diag *last;
    int warnings; /* all of them, also those beyond ORX_DIAG_MAX */
    int errors;
} orx_diags;

/* Adds an entry. d may be NULL. */
void orx_diag_add(orx_diags *d, orx_severity severity, const char *where, const char *fmt, ...)
    ORX_PRINTF(4, 5);

/* Releases the list and makes it empty. NULL is fine. Fits ORX_CLEANUP. */
void orx_diags_free(orx_diags *d);

/* Fails with ORX_E_INVALID and the first error ("WHERE: TEXT (and N more)") when there is one, else
 * returns 0. */
int orx_diags_result(const orx_diags *d, orx_err *err);

#endif
