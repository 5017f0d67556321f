/* embedder.h: vectors from op `embed` of a provider, for the router that learned with them.
 *
 * What was asked before comes from the journal (vectors.h). The rest is asked for some texts at a
 * time, each time kept and entered into the books like other requests that are no work on a task
 * (fleet_bill.h), so that what breaks off has lost nothing. No provider is asked past the money,
 * past local-only mode or without a price where prices are demanded.
 *
 * Threads: the platform's thread; waits inside the loop.
 */
#ifndef ORX_RUN_EMBEDDER_H
#define ORX_RUN_EMBEDDER_H

#include "config/config.h"
#include "money/price.h"
#include "plugin/instance.h"
#include "run/vectors.h"

typedef struct orx_embedder {
    const char *source; /* "PROVIDER/MODEL" */
    const char *model;
    const orx_provider_config *provider;
    orx_instance *instance;
} orx_embedder;

/* Whom a source means. ORX_E_NOT_FOUND: it names no enabled provider, or no model; ORX_E_DENIED:
 * local-only mode forbids it; ORX_E_UNSUPPORTED: its plugin makes no vectors. What the embedder
 * points to lives in the arena and the configuration. */
int orx_embedder_open(const orx_config *cfg, orx_plugins *plugins, const char *source,
                      orx_arena *arena, orx_embedder *ret_embedder, orx_err *err);

/* NULL is fine, and so is one that was not opened. */
void orx_embedder_close(orx_embedder *e);

typedef struct orx_embedding_job {
    orx_platform *p;
    orx_store *s;
    const orx_config *cfg;
    const orx_prices *prices; /* or NULL */
    uint32_t dimensions;      /* that vectors must have, kept ones too; 0 = all the same */
    int64_t total_ns;         /* for everything; 0 = a minute for each request */
    const bool *stop;         /* ends the waiting when it becomes true; or NULL */
} orx_embedding_job;

/* The vectors of different texts, in the arena; *ret_asked is how many of them the provider was
 * asked for. ORX_E_TIMEOUT: not within total_ns. ORX_E_LIMIT: the caps allow no request.
 * ORX_E_DENIED: there is no price. ORX_E_CONFLICT: vectors of other dimensions came. ORX_E_CHILD:
 * the provider failed. ORX_E_CANCELLED: stop. */
int orx_embed(const orx_embedding_job *job, const orx_embedder *e, const orx_view *texts,
              size_t count, orx_arena *arena, orx_vector *ret_vectors, size_t *ret_asked,
              orx_err *err);

#endif
