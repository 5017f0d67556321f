/* embedding.h: the vector of a task, for a router that learned with vectors from outside.
 *
 * A router of the plugin routellm says which vectors its scores come from ("embedding" in its
 * README). Before it is asked about a task, its vector is taken from the journal or from the
 * provider it names, and no later than route.embed_timeout. What cannot be had is no error: the
 * router is asked without it, and when it cannot do without, the static order is used and its
 * reason is the code here:
 *
 *     embedding_timeout      not in time
 *     embedding_failed       the provider failed, or is not there
 *     embedding_dimensions   the vector that came has not as many numbers as those learned from
 *     embedding_budget       a cap does not allow the request, or it has no price and needs one
 *     embedding_unavailable  nobody can be asked: no source in the weights, no such provider, one
 *                            that local-only mode forbids, a plugin that makes no vectors, or the
 *                            network is offline
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_EMBEDDING_H
#define ORX_RUN_EMBEDDING_H

#include "data/doc.h"
#include "run/embedder.h"
#include "run/secrets.h"

#define ORX_EMBEDDING_BUILT_IN "built-in"
#define ORX_EMBEDDING_NONE     "none"

/* What a router goes by. */
typedef struct orx_embedding_need {
    const char *source; /* PROVIDER/MODEL, "" = from outside and nobody said whose, "built-in",
                           "none"; NULL = the router does not say */
    uint32_t dimensions;
} orx_embedding_need;

/* Asks the router, in the arena. One that does not know the question says nothing. */
orx_embedding_need orx_embedding_needed(orx_instance *router, orx_arena *arena);

/* Whether vectors have to be had from outside. */
bool orx_embedding_is_outside(const orx_embedding_need *need);

/* What of a task is made a vector: title, text and acceptance (NULL-terminated, or NULL), without
 * secrets, at most 8,000 bytes, in the arena. Nothing of a prompt. */
orx_view orx_embedding_text(const char *title, const char *text, const char *const *acceptance,
                            const orx_secrets *secrets, orx_arena *arena);

struct orx_try;

/* What a task's decision had. */
typedef struct orx_embedding {
    orx_embedding_need need;
    orx_vector vector;
    const char *from;    /* "journal" or "provider"; NULL = there is no vector from outside */
    const char *reason;  /* a code from above, or NULL */
    const char *problem; /* in words */
    int64_t took_ns;
} orx_embedding;

/* Gets the vector of the task for the router that decides about it. */
void orx_embedding_get(struct orx_try *t, const orx_embedding_need *need,
                       orx_embedding *ret_embedding);

/* As it stands in route.planned; NULL when the router looks at no vector. */
orx_node *orx_embedding_node(const orx_embedding *e, orx_arena *arena);

#endif
