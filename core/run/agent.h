/* agent.h: a call of a provider that only answers turns: core/agent does the work of an agent.
 *
 * What the program of another provider brings along is put together here: the tool server in the
 * attempt's working tree, confined as the programs of `sandbox: host` are; the model, asked turn by
 * turn through the plugin; the conversation, kept step by step. Tokens are booked when an answer is
 * there, before its tools run, so a kill loses none; a step is kept when its tools have run.
 *
 * Going on. A call whose attempt before was cut off (a kill, a failed request, a stop) begins where
 * the last complete step ended, and one whose work did not prove itself gets the reason as the next
 * thing the user says: when the same model is asked, the work is in the tree, and agent.resume is
 * on. Otherwise the conversation begins anew.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_AGENT_H
#define ORX_RUN_AGENT_H

#include "plugin/job.h"
#include "run/record.h"
#include "run/runner.h"

typedef struct orx_agent_call {
    const orx_str *prompt;
    /* Told the model's window in tokens before anything is said; may put a shorter text into
     * *prompt. */
    int (*fit)(void *user, int64_t window, orx_err *err);
    const char *dir;              /* the call's private folder */
    int64_t total_ns;             /* 0 = none */
    const orx_job_events *events; /* text, usage, tool_call and spawned are heard */
    orx_record *record;
    bool (*ended)(void *user); /* whether a limit was passed that ends the call */
    void *user;
} orx_agent_call;

/* Whether this provider needs it: it answers turns and does no tasks. */
bool orx_run_needs_agent(const orx_instance *instance);

/* Runs the call. When `ended` said so, the result is marked as cancelled at a deadline, for the
 * caller to say why. The result's strings live in the attempt's arena; t->answer is then the
 * model's result and nothing else. Negative: it could not begin, or the journal could not be
 * written. */
int orx_run_agent(orx_try *t, const orx_agent_call *call, orx_job_result *ret_result, orx_err *err);

#endif
