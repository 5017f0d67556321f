/* command.h: a command line from a config file, taken apart without a shell.
 *
 * Words are split as a POSIX shell would split them without any expansion: single quotes keep
 * everything, double quotes keep everything but \" and \\, a backslash keeps the next character.
 * Leading NAME=value words become environment. Nothing is expanded and nothing is piped; a command
 * that needs a shell says `sh -c "..."`.
 *
 * Threads: any.
 */
#ifndef ORX_BASE_COMMAND_H
#define ORX_BASE_COMMAND_H

#include "base/arena.h"
#include "base/err.h"

typedef struct orx_command {
    const char *const *argv; /* NULL-terminated, at least one word */
    const char *const *env;  /* "NAME=value", NULL-terminated */
} orx_command;

/* ORX_E_INVALID for an unclosed quote, a trailing backslash, or no program; the message quotes the
 * command. */
int orx_command_parse(orx_arena *arena, const char *text, orx_command *ret_command, orx_err *err);

#endif
