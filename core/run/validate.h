/* validate.h: the repository's own checks, as evidence.
 *
 * Commands run one after the other in the repository, without a shell and without any secret; the
 * first that fails ends the list. Only exit codes count: silence is no success and a text is no
 * failure. A command that runs tests ("make test", anything with pytest) may be tried again
 * `validation.retries` times. When make has no rule for exactly `make lint` or `make test`, the
 * predecessor's fallbacks are tried [K]; a rule that exists and fails is a failure.
 *
 * Threads: the platform's thread; waits inside the loop.
 */
#ifndef ORX_RUN_VALIDATE_H
#define ORX_RUN_VALIDATE_H

#include "config/config.h"
#include "platform/proc.h"

typedef struct orx_check {
    const char *command; /* as configured */
    const char *ran;     /* what decided: the command itself or a fallback */
    bool passed;
    bool timed_out;
    int code; /* exit code; -1 when ended by a signal */
    int tries;
    int64_t wall_ns;
    const char *output; /* end of both streams, bounded, valid UTF-8 */
} orx_check;

typedef struct orx_validation {
    bool passed;
    orx_check *checks; /* in order; after a failure no further ones */
    size_t count;
} orx_validation;

typedef struct orx_validate_spec {
    const orx_config *cfg;
    const char *repo;
    const char *const *env;     /* complete base environment, NULL-terminated */
    const orx_confine *confine; /* NULL = none */
    const bool *stop;           /* set from a signal: the running command is stopped; may be NULL */
    /* Called before each command; may be NULL. */
    void (*on_command)(const char *command, int index, int total, void *user);
    void *user;
} orx_validate_spec;

/* Runs the list. Returns 0 whenever there is an answer, also a failing one; ORX_E_CANCELLED when
 * stop was set. Everything in the result lives in the arena. */
int orx_validate(orx_platform *p, const orx_validate_spec *spec, orx_arena *arena,
                 orx_validation *ret_validation, orx_err *err);

#endif
