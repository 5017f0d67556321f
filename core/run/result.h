/* result.h: what an agent says it did.
 *
 * A result is the agent's claim: status, summary, commit, validations, next actions, blocker.
 * Programs with a result schema give it as data; from the others it is read tolerantly out of their
 * last words [K]: the whole text as a JSON object, else the first fenced block that holds an
 * object, else the last decodable object that has a "status", else the first one. A claim decides
 * nothing by itself: judge.h weighs it against evidence.
 *
 * Threads: any.
 */
#ifndef ORX_RUN_RESULT_H
#define ORX_RUN_RESULT_H

#include "base/arena.h"
#include "data/doc.h"

typedef enum orx_claim {
    ORX_CLAIM_NONE,
    ORX_CLAIM_DONE,
    ORX_CLAIM_PARTIAL,
    ORX_CLAIM_BLOCKED
} orx_claim;

typedef struct orx_result {
    orx_claim claim;
    const char *summary; /* never NULL, likewise below */
    const char *commit;
    const char *blocker;
    const char *const *validations;
    const char *const *next_actions;
} orx_result;

/* Word of a claim as in the result: "done", "partial", "blocked"; "" for none. */
const char *orx_claim_name(orx_claim claim);

/* Reads a result from text. Returns 1 when an object was found, 0 when not (then *ret_result has
 * claim NONE and the end of the text as summary). A missing status is blocked, an unknown one
 * partial, a next_actions that is no list becomes a list of one; actions are cut at 400 bytes. */
int orx_result_parse(orx_arena *arena, orx_view text, orx_result *ret_result);

/* From an object that is already parsed. */
void orx_result_of_node(orx_arena *arena, const orx_node *object, orx_result *ret_result);

/* An empty result with this claim. */
void orx_result_empty(orx_result *ret_result, orx_claim claim);

#endif
