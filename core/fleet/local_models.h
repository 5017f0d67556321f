/* local_models.h: which models the servers of one's own have, and which of them are loaded.
 *
 * LM Studio lists what was downloaded at /v1/models, whether or not it is loaded; taking that for
 * loaded makes it load and evict models one after the other. Its own API says what is loaded, with
 * which window and how many requests at once. So each endpoint is asked all three lists at the same
 * time - /api/v1/models, /api/v0/models, /models below its base_url - and the best that came
 * counts; a server that knows only one of them costs no further waiting. All endpoints together
 * have one deadline, the longest time that a single one may take.
 *
 * Threads: the platform's thread; runs the loop.
 */
#ifndef ORX_FLEET_LOCAL_MODELS_H
#define ORX_FLEET_LOCAL_MODELS_H

#include "fleet/local_fleet.h"

#define ORX_LOCAL_MODELS_MAX 2000 /* of an endpoint; more are not read */

typedef struct orx_local_model {
    const char *id;
    int score;      /* orx_model_complexity */
    int loaded;     /* 1, 0, -1 = the server does not say */
    bool loading;   /* a load is under way */
    bool embeds;    /* it answers no chat */
    int64_t window; /* tokens, as it is loaded; 0 = not known, likewise below */
    int64_t parallel;
    int64_t window_max;
} orx_local_model;

/* What an endpoint said; models with the highest score first, equals by name backwards [K]. */
typedef struct orx_local_state {
    bool asked;
    bool ok;
    bool native; /* it says what is loaded */
    const char *error;
    int64_t latency_ns;
    orx_local_model *models;
    size_t count;
} orx_local_state;

/* How many calls of ours are under way to the server at host:port. */
typedef int64_t orx_local_in_flight_fn(const char *key, void *user);

struct orx_local_work;
struct orx_local_chat;
struct orx_local_said;

/* Asked before requests to models are made: how many of them, from the first on, may be. When that
 * is fewer than all, w->refused says why. Fills in said[].number. */
typedef size_t orx_local_reserve_fn(const struct orx_local_work *w,
                                    const struct orx_local_chat *chats, struct orx_local_said *said,
                                    size_t count);

/* Told of requests that were made, with what came of them. */
typedef void orx_local_spend_fn(const struct orx_local_work *w, const struct orx_local_chat *chats,
                                const struct orx_local_said *said, size_t count);

/* Everything that work on the fleet needs. */
typedef struct orx_local_work {
    orx_platform *p;
    const orx_local_fleet *fleet;
    orx_local_state *states; /* one for each endpoint */
    orx_arena *arena;
    orx_local_in_flight_fn *in_flight; /* NULL = nothing is under way */
    orx_local_reserve_fn *reserve;     /* who keeps the books; no model is asked without */
    orx_local_spend_fn *spend;
    orx_err *refused; /* code 0 until a request was not paid for; nothing is asked behind it */
    const char *what; /* the name of the work in them */
    void *user;
} orx_local_work;

/* Asks all enabled endpoints and fills w->states. */
void orx_local_look(orx_local_work *w, int64_t timeout_ns);

/* Whether a server is at work for us, or loads something: then nothing may be loaded there, and
 * nothing is measured. */
bool orx_local_busy(const orx_local_work *w, size_t endpoint);

/* The model of that name at an endpoint, whatever its case and the part before the slash; or NULL.
 */
const orx_local_model *orx_local_find(const orx_local_state *s, const char *model);

/* Whether a request to it loads nothing: it is loaded, or the server has no such thing. */
bool orx_local_is_ready(const orx_local_model *m);

/* The [K] section `probe`. */
orx_node *orx_local_probe_report(const orx_local_work *w);

/* "2026-11-23T20:15:04Z" [K]. */
const char *orx_local_now(const orx_local_work *w);

#endif
