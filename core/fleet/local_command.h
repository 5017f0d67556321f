/* local_command.h: commands of the operator's about a server of one's own: one that fetches a
 * model, one that starts the server again.
 *
 * A command is one line of the configuration. It is run without a shell, with the environment of a
 * validation, and what it prints is kept up to a bound.
 *
 * Threads: the platform's thread; runs the loop.
 */
#ifndef ORX_FLEET_LOCAL_COMMAND_H
#define ORX_FLEET_LOCAL_COMMAND_H

#include "fleet/local_models.h"

/* Splits a command line into words as a shell would, quotes and backslashes included, with nothing
 * expanded; {endpoint_id}, {base_url} and {model} in a word stand for these. NULL-terminated.
 * ORX_E_INVALID: a quote is not closed, or there is no word. */
int orx_local_command_words(const char *line, const char *endpoint_id, const char *base_url,
                            const char *model, orx_arena *arena, const char ***ret_argv,
                            orx_err *err);

typedef struct orx_local_command {
    const char *const *argv;
    const char *const *env;
    const char *cwd; /* NULL = ours */
    int64_t timeout_ns;
    size_t output_max; /* bytes of each stream */
} orx_local_command;

/* Runs it to its end. [K] n gets returncode (-1: it did not end by itself), stdout, stderr, and
 * error when it did not. True: it ended with 0. */
bool orx_local_command_run(const orx_local_work *w, const orx_local_command *command, orx_node *n,
                           orx_err *err);

#endif
