/* relaying.h: what a call has of its relay (relay.h).
 *
 * For one call: opens the door, gives the program stand-ins instead of keys, and takes down what
 * passes. At the end
 *
 *   - a failure that the program told vaguely, or not at all, is what the server said it was: with
 *     429 in its last request it is a rate limit, with 503 or 529 an overload, with the server's
 *     Retry-After;
 *   - the tokens that the server counted are booked when they are more than the program reported,
 *     who may not know of all its helpers; its report is booked otherwise. They are never added up,
 *     and the event usage.differs says when they are not the same;
 *   - every request is a line of the record (`relay`), all together are the event call.relayed.
 *
 * Without a relay all of this does nothing.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_RELAYING_H
#define ORX_RUN_RELAYING_H

#include "config/config.h"
#include "plugin/job.h"
#include "run/record.h"
#include "run/relay.h"
#include "store/store.h"

typedef struct orx_relaying {
    orx_relay_call *call; /* NULL = there is no relay, or the door is closed */
    bool used;            /* there was one */
    orx_record *record;
    void (*told)(void *user); /* after each request that stated tokens */
    void *user;
    orx_wire said; /* added up */
    int64_t requests;
    int64_t failed;  /* of them */
    int64_t counted; /* of them stated tokens */
    int last_status; /* of the last one */
    int64_t last_retry_after_ms;
} orx_relaying;

/* The relay of a provider whose configuration asks for one: *ret_relay is NULL otherwise. plugin is
 * asked where the provider's requests go (settings `base_url`, or its `public_url`). ORX_E_INVALID:
 * it has no such setting, or its model is spoken to by ourselves. */
int orx_relaying_open(orx_platform *p, const orx_config *cfg, const orx_provider_config *provider,
                      const orx_plugin *plugin, orx_relay **ret_relay, orx_err *err);

/* Begins for a call; relay may be NULL. */
void orx_relaying_begin(orx_relaying *y, orx_relay *relay, orx_record *record,
                        void (*told)(void *user), void *user);

/* Sets what the job hands out instead of keys, and takes out of its environment what holds one;
 * proxies are kept from the way to the relay. */
void orx_relaying_job(orx_relaying *y, orx_job_spec *spec, orx_arena *arena);

/* Closes the door. */
void orx_relaying_end(orx_relaying *y);

/* All tokens so far; -1 = none stated. */
int64_t orx_relaying_tokens(const orx_relaying *y);

/* Whether the program told only a part of what it was served: `reported` tokens, or -1, in all of
 * these reports. Running totals of a session cannot be told apart from what the calls before used.
 */
bool orx_relaying_saw_more(const orx_relaying *y, const orxaq_usage *usage, size_t count,
                           int64_t reported);

/* Makes a vague failure precise. */
void orx_relaying_outcome(const orx_relaying *y, orx_job_result *result);

/* The tokens as a report; false when there is none. Its views live as long as y. */
bool orx_relaying_usage(const orx_relaying *y, const char *model_asked, orxaq_usage *ret_usage);

typedef struct orx_relaying_about {
    const char *task;
    int64_t attempt;
    int64_t call;
    int64_t reported; /* all tokens that the program stated; -1 = none */
} orx_relaying_about;

/* The events. */
int orx_relaying_note(const orx_relaying *y, orx_store *s, const orx_relaying_about *about,
                      orx_err *err);

#endif
