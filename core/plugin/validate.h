/* validate.h: the proof of a module, check by check, for `orxaq plugin validate FILE`.
 *
 * Each check (the table is in validate_table.c) proves one promise of sdk/include/orxaq and runs in
 * a process of its own, because a module under test may crash, hang, leak or fork. The parent runs
 * the command `orxaq plugin validate-internal CHECK FILE` for it, with a deadline; the child prints
 * one line, {"check":"ID","verdict":"passed|failed|skipped","reason":"..."}, and ends.
 *
 * A check may need another one: with a module that cannot be loaded the job machine cannot be
 * tried. It is then skipped, naming the one that failed, so that one fault gives one failure. A
 * check is skipped too when it is about a capability the module does not offer.
 *
 * Checks that measure time are tried again a few times and the best attempt counts: a busy machine
 * is not the module's fault.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLUGIN_VALIDATE_H
#define ORX_PLUGIN_VALIDATE_H

#include "plugin/plugin.h"

#define ORX_VALIDATE_DEADLINE_NS ((int64_t)5000000000)
#define ORX_VALIDATE_ATTEMPTS    5 /* of a check that measures time */

typedef struct orx_trial orx_trial;

enum {
    ORX_CHECK_TIMED = 1, /* measures time */
    ORX_CHECK_SILENT = 2 /* nothing but our own line may be printed, and the process ends well */
};

typedef struct orx_check {
    const char *id;     /* "load.opens" */
    const char *family; /* "load" */
    const char *proves; /* one sentence */
    const char *needs;  /* id of an earlier check that must have passed, or NULL */
    int flags;
    /* In the child. 0: passed; ORX_CHECK_SKIPPED: not applicable; negative: failed. err says why in
     * the last two cases. */
    int (*run)(orx_trial *t, orx_err *err);
} orx_check;

#define ORX_CHECK_SKIPPED 1

/* The checks in the order they are run; ends with a NULL id. */
extern const orx_check orx_checks[];

typedef enum orx_verdict_kind {
    ORX_VERDICT_PASSED,
    ORX_VERDICT_FAILED,
    ORX_VERDICT_SKIPPED
} orx_verdict_kind;

typedef struct orx_check_result {
    const orx_check *check;
    orx_verdict_kind verdict;
    const char *reason; /* "" when passed; in the arena */
    int64_t took_ns;
} orx_check_result;

/* Runs all checks on the module at an absolute path. command is the argv in front of CHECK and FILE
 * (NULL-terminated). *ret_results: one per row of orx_checks, in the arena. Fails only when the
 * command cannot be run; returns the number of failed checks otherwise. */
int orx_plugin_validate(orx_platform *p, const char *const *command, const char *path,
                        orx_arena *arena, orx_check_result **ret_results, orx_err *err);

/* The child's part: runs one check and appends its line to *out. ORX_E_USAGE for an unknown id; 0
 * when it passed or was skipped, ORX_E_INVALID when it failed. */
int orx_plugin_validate_one(orx_platform *p, const char *id, const char *path, orx_str *out,
                            orx_err *err);

#endif
