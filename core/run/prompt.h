/* prompt.h: what the agent is told.
 *
 * Sections in the predecessor's order [K]: objective, skill protocol, role text, handoff, context
 * snippets, task, repository state, previous attempt, rules, result contract, role constraints.
 * Each is left out when it has nothing to say. The prompt states the validation commands that will
 * really be run, says that committing is optional because the core delivers, and marks text that
 * came from agents or files as quoted material.
 *
 * Bounds: every section but the task has a cap in bytes, the whole is at most ORX_PROMPT_MAX. When
 * it is longer than the budget that the caller gives, parts give way in this order, each no further
 * than needed: context snippets and handoff (all of it or nothing), role text, objective (down to
 * ORX_PROMPT_LEAST each). The rest is never cut: task, state, previous attempt, rules, result. The
 * prompt never travels in argv (the driver passes it on standard input or in a file).
 *
 * Threads: any.
 */
#ifndef ORX_RUN_PROMPT_H
#define ORX_RUN_PROMPT_H

#include "base/str.h"
#include "config/config.h"
#include "data/doc.h"
#include "task/task.h"

/* More than any of the supported programs reads (claude: 10 MiB), so that it is the driver, who
 * knows its program, that says no. */
#define ORX_PROMPT_MAX   ((size_t)12 << 20)
#define ORX_PROMPT_LEAST ((size_t)4096)

/* The texts that are the same for every task of a run; loaded once. */
typedef struct orx_prompt_context {
    const char *objective; /* NULL = none */
    const orx_node *skill; /* name, version, description, required_behaviors, filetype_policy */
    const char *const *snippets; /* of the MCP context: "text" each; NULL-terminated */
    const char *snippets_source;
} orx_prompt_context;

/* Loads objective, skill protocol and MCP context. A missing skill protocol file means the built-in
 * protocol; a missing objective is none. A malformed file is an error naming it. */
int orx_prompt_context_load(orx_platform *p, const orx_config *cfg, orx_arena *arena,
                            orx_prompt_context *ret_context, orx_err *err);

typedef struct orx_prompt_input {
    const orx_prompt_context *context;
    const char *role_text; /* start-up prompt of the provider, or NULL */
    const char *handoff;   /* or NULL */
    const orx_task_row *task;
    const char *repo;         /* absolute */
    const char *file_profile; /* "Top file types: ..." */
    const char *const *hints; /* repository state, NULL-terminated */
    int64_t attempt;          /* from 1 */
    const char *parked;       /* branch that keeps the previous attempt's work, or NULL */
    bool restored;            /* the worktree already contains that work */
    const orx_strings *validations;
    bool result_by_schema; /* the program forces the result schema itself */
    size_t budget;         /* bytes it should have at most, see above; 0 = ORX_PROMPT_MAX */
} orx_prompt_input;

/* Appends the prompt; what cannot give way may make it longer than the budget. ORX_E_LIMIT when it
 * is longer than ORX_PROMPT_MAX: it is appended all the same, to be looked at and not to be sent.
 */
int orx_prompt_build(const orx_prompt_input *in, orx_str *out, orx_err *err);

#endif
