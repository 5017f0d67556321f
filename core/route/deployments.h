/* deployments.h: the deployments of a root, shared by all lanes and processes.
 *
 * Each has a row in the journal's database with the state of its machine (deployment.h). What is
 * under way is not counted there: the reservation of a call (money/budget.h) is its token, written
 * with the call's row and taken away with its bill, so that no crash leaves a count wrong. Where
 * the count decides something, reservations of processes that are gone are left out.
 *
 * A call asks for admission in the transaction that writes its row, and what its end says is
 * learned in the one that ends it. So two processes never take the last place both, and neither
 * costs a commit of its own.
 *
 * When a limit or a breaker changes, the event route.capacity says so. The files [K]
 * parallel_capacity_state.json and parallel_capacity.ndjson are projections of rows and events.
 *
 * Cost: rows are found by provider and model. An attempt reads those of its provider once; a call
 * reads its own twice and writes it once, at its end, and at its begin only when the operator
 * stated requests or tokens for a minute.
 *
 * Threads: as the store.
 */
#ifndef ORX_ROUTE_DEPLOYMENTS_H
#define ORX_ROUTE_DEPLOYMENTS_H

#include "config/config.h"
#include "route/deployment.h"
#include "store/store.h"

extern const orx_store_room orx_route_room;

/* Which one is meant, and how it is to be treated. */
typedef struct orx_deployment_ref {
    const char *name;     /* for people: "PROVIDER/MODEL", or "PROVIDER" */
    const char *provider; /* provider and model as in the reservation of its calls */
    const char *model;    /* "" = the program's own */
    const char *endpoint; /* "host:port", "" = none */
    orx_deployment_policy policy;
} orx_deployment_ref;

/* Appends the key [K] of the capacity files: "provider::model", "provider::model::host:port";
 * "default" stands for no model. */
void orx_deployment_key(const char *provider, const char *model, const char *endpoint,
                        orx_str *out);

/* A model of a configured provider, "" = the program's own; texts in the arena or the config's. */
void orx_deployment_ref_of(const orx_config *cfg, const orx_provider_config *provider,
                           const char *model, orx_arena *arena, orx_deployment_ref *ret_ref);

/* How one stands. */
typedef struct orx_deployment_row {
    const char *provider;
    const char *model;
    const char *endpoint;
    orx_deployment d;    /* as it was left; not settled */
    int64_t in_flight;   /* calls under way, of all lanes */
    int64_t ceiling;     /* as of its last call */
    int64_t calls;       /* ended, ever */
    int64_t failures;    /* of those */
    int64_t last_kind;   /* ORXAQ_KIND_* that the last one ended with, -1 = none did */
    int64_t last_signal; /* wall time, 0 = never, likewise below */
    int64_t last_recovery;
    int64_t updated;
} orx_deployment_row;

typedef struct orx_deployment_rows {
    orx_deployment_row *items; /* by provider and model */
    size_t count;
    int64_t now; /* monotonic, when they were read */
} orx_deployment_rows;

/* Those of a provider that were ever called, or of all (NULL), in the arena. Times of another boot
 * are rebased (deployment.h). in_flight may count calls whose process is gone; verify leaves those
 * out. */
int orx_deployments_read(orx_store *s, const char *provider, orx_arena *arena,
                         orx_deployment_rows *ret_rows, orx_err *err);
int orx_deployments_verify(orx_store *s, orx_deployment_rows *rows, orx_err *err);

/* NULL = it was never called; then nothing is known against it either. */
orx_deployment_row *orx_deployments_find(const orx_deployment_rows *rows, const char *provider,
                                         const char *model);

/* Whether a call of so many tokens may be made now. Looks again into the store when calls under way
 * are what is in the way; when that fails their number stands as it was read. */
orx_gate orx_deployments_gate(orx_store *s, const orx_deployment_rows *rows,
                              const orx_deployment_ref *ref, int64_t tokens, int64_t *ret_wait_ns);

/* How many calls are under way to a provider's model (NULL = to all its models) and how many it
 * takes at present: [K] the running/effective_limit of lanes. The limits and signals of several
 * models are added up; what was never called takes the ceiling of its policy. */
typedef struct orx_capacity {
    int64_t running;
    int64_t limit;
    int64_t ceiling;
    int64_t signals;     /* to slow down, ever */
    int64_t last_signal; /* wall time, 0 = never, likewise below */
    int64_t last_recovery;
} orx_capacity;

/* s NULL: there is no journal, so nothing was ever called. */
int orx_deployments_capacity(orx_store *s, const orx_config *cfg,
                             const orx_provider_config *provider, const char *model,
                             orx_capacity *ret_capacity, orx_err *err);

/* Admits the call that is being written, whose reservation may be there already, and charges its
 * tokens. Inside a transaction. ORX_E_BUSY: it may not be made now; *ret_gate and *ret_wait_ns say
 * why and for how long. */
int orx_deployments_admit(orx_store *s, const orx_deployment_ref *ref, int64_t call, int64_t tokens,
                          orx_gate *ret_gate, int64_t *ret_wait_ns, orx_err *err);

/* What the end of a call says. */
typedef struct orx_deployment_end {
    const orx_deployment_ref *ref;
    const char *lane;
    const char *task;
    int64_t attempt;
    int64_t call;
    int kind;          /* ORXAQ_KIND_* */
    orx_signal signal; /* kind and in_flight are filled in */
} orx_deployment_end;

/* Learns from a call whose reservation is gone already. Inside a transaction. */
int orx_deployments_learn(orx_store *s, const orx_deployment_end *end, orx_err *err);

#endif
