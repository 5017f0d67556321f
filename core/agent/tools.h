/* tools.h: the tools a model is offered, and what its calls mean.
 *
 * One table says everything about a tool: name, help, parameters. From it come the JSON schemas
 * that are sent, the text for models without tool calls, and the check of the arguments that come
 * back. Arguments are what a model wrote: often no JSON, or the wrong one. Each mistake becomes a
 * sentence that names what was expected, for the model to try again; nothing is guessed that could
 * mean something else. Numbers and truth values in quotes are taken for what they are.
 *
 * Commands. With ORX_COMMANDS_SHELL a line is given to /bin/sh -c, inside the confinement of the
 * tool server. With ORX_COMMANDS_LISTED it is taken apart without a shell (base/command.h) and has
 * to begin with the words of an entry of the operator's list. With ORX_COMMANDS_OFF the tool is not
 * offered.
 *
 * Threads: any.
 */
#ifndef ORX_AGENT_TOOLS_H
#define ORX_AGENT_TOOLS_H

#include "base/arena.h"
#include "base/str.h"

#include <orxaq/provider.h>

typedef enum orx_commands {
    ORX_COMMANDS_SHELL,
    ORX_COMMANDS_LISTED,
    ORX_COMMANDS_OFF
} orx_commands;

typedef struct orx_tool_rules {
    orx_commands commands;
    const char *const *listed; /* NULL-terminated; may be NULL */
    int64_t command_ns;        /* longest time for one command, at least a second */
} orx_tool_rules;

/* A call understood: what to ask the tool server, or the end. */
typedef struct orx_tool_request {
    bool finish; /* the model says that it is done; nothing to carry out */
    uint32_t op; /* ORX_TOOLS_* */
    orx_view *fields;
    size_t count;
    int64_t timeout_ns; /* for the server's answer */
} orx_tool_request;

/* The tools as op TURN wants them; *ret_count of them, in the arena. */
const orxaq_tool *orx_tools_offer(const orx_tool_rules *rules, orx_arena *arena,
                                  uint32_t *ret_count);

/* Appends the same for a person's eyes: a line and a schema for each. */
void orx_tools_describe(const orx_tool_rules *rules, orx_str *out);

/* Understands one call; the request lives in the arena. False: *out (appended) says what is wrong
 * with it, for the model. */
bool orx_tools_understand(const orx_tool_rules *rules, orx_view name, orx_view arguments,
                          orx_arena *arena, orx_tool_request *ret_request, orx_str *out);

#endif
