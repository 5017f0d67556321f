/* fallbacks.h: who is asked when the plan comes to nothing; for the files of plans only.
 *
 * Behind the plan proper, whoever wrote it, stand three lists of the operator's, and how a call
 * ended says which one is for it:
 *
 *     route.context_fallbacks   the prompt did not fit: a model with a larger window
 *     route.content_fallbacks   the model or its filter declined: another vendor
 *     route.fallbacks           anything else, when everybody in the plan was asked
 *
 * A list is entered when a call ends like that, and goes on to its own next entry; where a list is
 * empty the plan goes on as it would without it. So an attempt has one loop over one array, each
 * entry is asked at most once, and route.deadline bounds all of it. When nothing in the plan takes
 * a call at all, the attempt begins with a list: that for long prompts when what fits is what is
 * missing, else the general one.
 *
 * Work that fell short is no matter for these lists: that is what escalations are for.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_FALLBACKS_H
#define ORX_RUN_FALLBACKS_H

#include "run/runner.h"

/* The list for the tasks of an owner: its own, else that of `route`. */
const orx_strings *orx_run_list_names(const orx_config *cfg, const orx_provider_config *owner,
                                      orx_run_list list);

/* Adds the lists to t->plan, without who may not be asked or takes no call at present. */
void orx_run_fallbacks_add(orx_try *t);

/* The list to go on in after entry i ended like this (ORXAQ_KIND_*). */
orx_run_list orx_run_list_after(const orx_run_plan *plan, size_t i, int kind);

/* Whether entries of one list come after those of another by themselves. */
bool orx_run_list_follows(orx_run_list now, orx_run_list next);

/* "plan", "fallback", "context_fallback", "content_fallback" */
const char *orx_run_list_word(orx_run_list list);

#endif
