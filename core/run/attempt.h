/* attempt.h: the rows of attempts, calls, evidence and usage.
 *
 * An attempt is one selection of a task. Its steps are transactions of their own, each with the
 * event that explains it, so that after a crash at any instruction the row says how far it got:
 *
 *     intent(base) -> spawned(pid, start) -> exited -> validated -> committed(sha) -> settled
 *
 * A call is one candidate tried inside an attempt; it has its own row, outcome and usage, also when
 * it failed. Usage is booked as differences to the last total of the same (provider, scope, key),
 * so a program that reports running sums is not counted twice, not even across restarts.
 *
 * Threads: as the store. Every function here runs its own transaction unless it says otherwise.
 */
#ifndef ORX_RUN_ATTEMPT_H
#define ORX_RUN_ATTEMPT_H

#include "git/git.h"
#include "money/budget.h"
#include "money/meter.h"
#include "route/deployments.h"
#include "run/judge.h"
#include "run/privilege.h"
#include "run/route_client.h"
#include "run/validate.h"
#include "store/store.h"

#include <orxaq/event.h>

typedef enum orx_step {
    ORX_STEP_INTENT,
    ORX_STEP_SPAWNED,
    ORX_STEP_EXITED,
    ORX_STEP_VALIDATED,
    ORX_STEP_COMMITTED,
    ORX_STEP_SETTLED
} orx_step;

const char *orx_step_name(orx_step step);

/* What is recorded before anything runs. */
typedef struct orx_intent {
    const char *lane;
    const char *task;
    const char *provider;
    const char *repo;
    const char *base;        /* sha, "" = unborn */
    const char *branch;      /* "" = detached */
    const char *fingerprint; /* of .git/config and hooks */
} orx_intent;

/* Selects the task and writes the attempt, in one transaction. *ret_attempt is its id (from 1,
 * unique in the root), *ret_number which attempt of the task it is. ORX_E_CONFLICT: the task is not
 * ready any more. */
int orx_attempt_begin(orx_store *s, const orx_intent *intent, int64_t *ret_attempt,
                      int64_t *ret_number, orx_err *err);

/* Whether the deployment takes the call; gate and wait_ns are filled in when it does not. */
typedef struct orx_admission {
    const orx_deployment_ref *deployment;
    int64_t tokens; /* of the prompt */
    orx_gate gate;
    int64_t wait_ns;
} orx_admission;

typedef struct orx_call_begin {
    int64_t attempt;
    int64_t begun_ns; /* wall time whose prices count for it; 0 = now */
    const char *task;
    const char *provider;
    const char *plugin;
    const char *model_asked;        /* "" = the program's default */
    const char *prompt_sha256;      /* hex */
    int64_t prompt_tokens;          /* estimate */
    int64_t difficulty;             /* of the prompt, 0..100 */
    orx_view prompt_excerpt;        /* its beginning, for the conversation log */
    const char *continues;          /* branch whose work is in the worktree again, or NULL */
    const orx_privilege *privilege; /* NULL = the least */
    const orx_budget *budget;       /* under which it is made; NULL = nothing is reserved */
    orx_reservation *reserve;       /* for it; its call is filled in */
    const orx_node *routing;  /* the decision that led to the attempt's first call, empty when there
                                 was nothing to decide; NULL for every other call */
    orx_admission *admission; /* NULL = its deployment is not asked */
} orx_call_begin;

/* Adds a call row, with the reservation of its cost; *ret_call is its id. ORX_E_LIMIT: the budget
 * does not allow it; ORX_E_BUSY: the deployment takes no further call at present. Then nothing was
 * written. */
int orx_attempt_call(orx_store *s, const orx_call_begin *c, int64_t *ret_call, orx_err *err);

/* The prompt of a call that has not been sent, in place of a longer one. */
typedef struct orx_call_prompt {
    int64_t attempt;
    int64_t call;
    const char *task;
    const char *sha256; /* hex */
    int64_t tokens;     /* estimate */
    int64_t left_out;   /* bytes */
} orx_call_prompt;

int orx_attempt_prompt(orx_store *s, const orx_call_prompt *said, orx_err *err);

/* The program exists (held): its supervisor's pid and start time are recorded before it runs. */
int orx_attempt_spawned(orx_store *s, int64_t attempt, int64_t call, int64_t pid, int64_t start,
                        orx_err *err);

typedef struct orx_call_end {
    const char *task;
    int kind; /* ORXAQ_KIND_* */
    int64_t retry_after_ms;
    const char *message;
    const char *session;
    const char *model_answered;
    orx_claim claim;
    int exit_code;
    int64_t wall_ns;
    int64_t answer_bytes;
    const char *answer_excerpt; /* its end, for the conversation log */
    int64_t record_bytes;       /* what the record (record.h) takes on the disk */
    bool not_asked;             /* no program ran and no request was sent: nothing can have cost */
    const orx_deployment_end *deployment; /* what its end says of it; NULL = nothing */
} orx_call_end;

/* The call is over; its usage is booked, its bill is made up and the attempt is `exited`. usage may
 * be NULL when count is 0. */
int orx_attempt_exited(orx_store *s, int64_t attempt, int64_t call, const orx_meter *meter,
                       const orx_call_end *end, const orxaq_usage *usage, size_t usage_count,
                       orx_err *err);

/* Books a usage report of a call, tokens and money: the difference to the last total for its key.
 * Inside or outside a transaction. */
int orx_usage_book(orx_store *s, int64_t call, const orx_meter *meter, const orxaq_usage *usage,
                   orx_err *err);

/* What the last total for the key of this report was, over all classes of tokens, and its cost:
 * what is not of this call although a running total says it. 0 for deltas and new keys, and on
 * errors. */
void orx_usage_before(orx_store *s, int64_t call, const char *provider, const orxaq_usage *usage,
                      int64_t *ret_tokens, int64_t *ret_cost);

/* Evidence: checks and what scope and diff came to. The attempt is `validated`. work: digest of
 * what the agent left, "" when it was not looked at. */
int orx_attempt_validated(orx_store *s, int64_t attempt, orx_evidence evidence, const char *note,
                          const char *work, const orx_validation *validation, orx_err *err);

/* The delivery commit exists. sha NULL: the agent's own commits count and HEAD is the delivery. */
int orx_attempt_committed(orx_store *s, int64_t attempt, const char *sha, orx_err *err);

/* Who wrote the attempt's plan. */
typedef enum orx_routing {
    ORX_ROUTING_STATIC, /* the static order, as configured */
    ORX_ROUTING_ROUTER,
    ORX_ROUTING_FALLBACK /* another model than was chosen, or the static order for want of a choice
                          */
} orx_routing;

typedef struct orx_settlement {
    int64_t attempt;
    const char *lane;
    const char *task;
    const orx_verdict *verdict;
    const char *summary; /* sanitised */
    const char *error;
    const char *commit;              /* delivered, and not yet written down; or NULL */
    const char *parked;              /* branch, or NULL */
    const char *const *next_actions; /* what the agent would do next, NULL-terminated, or NULL */
    orx_routing routing;
    const orx_routellm_decision *decided; /* about its model, or NULL */
    bool talked; /* a conversation of the task is kept (agent/steps.h); it goes with the end */
} orx_settlement;

/* What becomes of the task, the end of the attempt, and the event, in one transaction. */
int orx_attempt_settle(orx_store *s, const orx_settlement *st, orx_err *err);

/* ---- Reading --------------------------------------------------------------------------------- */

typedef struct orx_attempt_row {
    int64_t id;
    const char *lane;
    const char *task;
    int64_t number;
    const char *provider;
    const char *repo;
    const char *base;
    const char *branch;
    const char *fingerprint;
    orx_step step;
    int64_t pid;
    int64_t start;
    const char *boot;    /* of the process above */
    const char *commit;  /* "" = none */
    const char *parked;  /* "" = none */
    const char *verdict; /* "done", "retry", "retry_later", "blocked"; "" until settled */
    const char *reason;
    int64_t begun_wall_ns;
    int64_t ended_wall_ns; /* 0 = not yet */
    const char *model;     /* answered, else asked, of the last call */
    int64_t input_tokens;  /* all calls; -1 = nobody stated any */
    int64_t output_tokens;
    int64_t cost_nano_usd; /* as far as it is known; -1 = not at all */
    int64_t unpriced;      /* calls of which nobody knows what they cost */
} orx_attempt_row;

/* Attempts of a lane that are not settled, oldest first, in the arena. Returns how many. */
int orx_attempt_unsettled(orx_store *s, const char *lane, orx_arena *arena,
                          orx_attempt_row **ret_rows, orx_err *err);

/* The newest attempt of a task, or ORX_E_NOT_FOUND. */
int orx_attempt_last(orx_store *s, const char *lane, const char *task, orx_arena *arena,
                     orx_attempt_row *ret_row, orx_err *err);

/* The branch that the attempt before this one left work on, since the task's last reset; "" when
 * there is none, also on errors. In the arena. */
const char *orx_attempt_parked_before(orx_store *s, const orx_attempt_row *row, orx_arena *arena);

/* How many attempts of a task since its last reset were interrupted by our own end, or found no
 * program to run. They are counted in `attempts` [K] but are not the task's failures. 0 also on
 * errors. */
int64_t orx_attempt_interrupted(orx_store *s, const char *lane, const char *task);

/* The session in which the next call of the attempt can go on: that of the task's call before, when
 * the same provider made it, with the same model, since the task's last reset, and it ended in a
 * way that leaves the conversation usable: with an answer (which may not have proved itself), or
 * cut off by network, load, limits or time. "" = none. Errors give "" too: a new session is always
 * right. */
const char *orx_attempt_session(orx_store *s, const char *lane, const char *task, int64_t attempt,
                                const char *provider, const char *model, orx_arena *arena);

/* The call whose conversation (agent/steps.h) the next call of the attempt can go on with: under
 * the conditions of orx_attempt_session, and also when the call never ended because orxaq did. 0 =
 * none, also on errors; *ret_kind is how it ended, -1 = it did not. */
int64_t orx_attempt_conversation(orx_store *s, const char *lane, const char *task, int64_t attempt,
                                 const char *provider, const char *model, int *ret_kind);

/* How the last call of an attempt ended: ORXAQ_KIND_* (-1 = it did not) and the claim. */
int orx_attempt_last_call(orx_store *s, int64_t attempt, int *ret_kind, orx_claim *ret_claim,
                          orx_err *err);

/* Tokens and cost over all attempts of a task. */
int orx_attempt_totals(orx_store *s, const char *lane, const char *task, orx_attempt_row *ret_row,
                       orx_err *err);

/* ---- For people ------------------------------------------------------------------------------ */

/* One call as the journal knows it. Numbers nobody stated are -1. */
typedef struct orx_call_row {
    int64_t id;
    int64_t attempt;
    const char *provider;
    const char *plugin;
    const char *model_asked;
    const char *model_answered;
    const char *session;
    int kind; /* ORXAQ_KIND_*, -1 = it did not end */
    const char *message;
    int64_t exit_code;
    int64_t wall_ns;
    int64_t prompt_tokens; /* estimate */
    int64_t input_tokens;
    int64_t cache_read_tokens;
    int64_t cache_write_tokens;
    int64_t output_tokens;
    int64_t reasoning_tokens;
    int64_t cost_nano_usd;
    orx_cost_source cost_source;
    const char *price;    /* the version of the price it was computed with, "" = none */
    bool asked;           /* false: nothing ran and nothing was sent */
    int64_t record_bytes; /* 0 = there is no record */
} orx_call_row;

/* One attempt by its id, with totals; ORX_E_NOT_FOUND. */
int orx_attempt_get(orx_store *s, int64_t id, orx_arena *arena, orx_attempt_row *ret_row,
                    orx_err *err);

/* The calls of an attempt in order, in the arena. Returns how many. */
int orx_attempt_calls(orx_store *s, int64_t attempt, orx_arena *arena, orx_call_row **ret_rows,
                      orx_err *err);

/* The newest attempts of all lanes (of one task when it is not NULL), oldest of them first, with
 * totals, in the arena; limit 0 = all. Returns how many. */
int orx_attempt_list(orx_store *s, const char *task, int64_t limit, orx_arena *arena,
                     orx_attempt_row **ret_rows, orx_err *err);

#endif
