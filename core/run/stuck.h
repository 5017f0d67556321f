/* stuck.h: whether an agent gets anywhere.
 *
 * Three rules end what is only burning money, each with its own limit (`no_progress` in the
 * configuration, 0 = off):
 *
 *   same call   a call whose agent makes the same tool call so many times in a row: the same name
 *               and arguments and, where the driver tells results, the same results. A driver that
 *               tells no arguments is not judged by them.
 *   spend       a call that has used so many times what calls of its route (provider and model
 *               asked) usually use: their median, of money where the provider states costs and of
 *               tokens elsewhere, over the newest calls that ended well.
 *   same work   a task whose attempts, so many in a row, left exactly the same files behind.
 *               Attempts in which the agent did not get to an end are passed over.
 *
 * The first two end the call with kind NO_PROGRESS, the third blocks the task with the reason
 * "no_progress". Silence is not ours: agent.idle_timeout, kept by the platform.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_STUCK_H
#define ORX_RUN_STUCK_H

#include "base/digest.h"
#include "run/attempt.h"

/* The tool calls of one call so far. All zero to begin with. */
typedef struct orx_stuck {
    int64_t repeats; /* how many times in a row */
    uint8_t call[ORX_SHA256_LEN];
    uint8_t id[ORX_SHA256_LEN];
    uint8_t result[ORX_SHA256_LEN];
    int32_t phase; /* in which the driver announces calls; 0 = none seen */
    bool answered; /* result holds one */
} orx_stuck;

/* Takes in a tool call event. Returns how many times in a row this call has now been made; 0 for
 * events that announce no call. */
int64_t orx_stuck_tool_call(orx_stuck *k, const orxaq_tool_call *call);

/* What calls of a route usually use. */
typedef struct orx_usual {
    int64_t tokens; /* median of all classes together; -1 = too few calls stated any */
    int64_t cost_nano_usd;
} orx_usual;

/* Medians over the newest 31 calls of this route that ended well, or -1 where fewer than `least`
 * of them stated a number. Errors give -1 too. */
void orx_stuck_usual(orx_store *s, const char *provider, const char *model, int64_t least,
                     orx_usual *ret_usual);

/* Whether tokens or cost (-1 = not stated) are more than factor times the usual. Appends a sentence
 * that says so. */
bool orx_stuck_spends(const orx_usual *usual, int64_t factor, int64_t tokens, int64_t cost,
                      orx_str *why);

/* How many attempts in a row left this work: this one, and those of the task before it since its
 * last reset. work "" = not known: 0. */
int64_t orx_stuck_same_work(orx_store *s, const char *lane, const char *task, int64_t attempt,
                            const char *work);

#endif
