/* model_watch.h: what is to be done about a model server of one's own, decided without doing it.
 *
 * A pass looks at each server, decides, does what was decided and looks again. Three things go
 * wrong:
 *
 *     absent    the server does not answer at all
 *     silent    its model is loaded and does not answer, although nothing of ours is asked there
 *     unloaded  no model for chats is loaded
 *
 * One that is unloaded gets a model again: the one it had, else the first that should be there. It
 * is never done beside another model, while the server is at work or while it loads something, so
 * nobody's model is evicted. One that is absent or silent is started again only by the operator's
 * command, and only when two passes in a row found it so; without a command it is told and left
 * alone. A model that is silent may work for somebody else: it is never unloaded.
 *
 * Each try in a row waits twice as long as the one before, from cooldown up to cooldown_max, and
 * after max_attempts nothing is tried any more until the server is well by itself.
 *
 * Pure. Threads: any.
 */
#ifndef ORX_FLEET_MODEL_WATCH_H
#define ORX_FLEET_MODEL_WATCH_H

#include "fleet/local_fleet.h"

/* How a server was found. */
typedef struct orx_model_facts {
    bool listed;        /* it says which models it has */
    bool tells;         /* and which are loaded */
    bool busy;          /* calls of ours are under way, or it loads something */
    const char *loaded; /* a model for chats, or NULL */
    const char *wanted; /* what would be loaded where none is, or NULL */
    int answers;        /* the loaded one: 1, 0, -1 = it was not asked */
    bool has_command;
} orx_model_facts;

/* What is known from the passes before. */
typedef struct orx_model_memory {
    int64_t troubled;  /* passes in a row that found something wrong */
    int64_t attempts;  /* in a row, since it was well */
    int64_t tried_sec; /* wall, 0 = never */
} orx_model_memory;

typedef enum orx_model_trouble {
    ORX_MODEL_WELL,
    ORX_MODEL_ABSENT,
    ORX_MODEL_SILENT,
    ORX_MODEL_UNLOADED
} orx_model_trouble;

/* "", "server_absent", "model_silent", "model_unloaded" */
const char *orx_model_trouble_word(orx_model_trouble trouble);
orx_model_trouble orx_model_trouble_of(const orx_model_facts *f);

typedef enum orx_model_deed { ORX_MODEL_NOTHING, ORX_MODEL_LOAD, ORX_MODEL_RESTART } orx_model_deed;

/* [K] for the first five; healthy and restarted are fine. */
typedef enum orx_model_status {
    ORX_MODEL_HEALTHY,
    ORX_MODEL_RESTARTED,       /* it is well again by what this pass did */
    ORX_MODEL_RESTART_FAILED,  /* it is not */
    ORX_MODEL_DOWN_COOLDOWN,   /* too early to try, or to be sure */
    ORX_MODEL_DOWN_NO_RESTART, /* nothing may be tried */
    ORX_MODEL_DOWN_BUSY,       /* calls of ours are under way there */
    ORX_MODEL_GIVEN_UP         /* tried too often */
} orx_model_status;

const char *orx_model_status_word(orx_model_status status);
bool orx_model_status_is_fine(orx_model_status status);

/* What is to be done now; *ret_status is how it stands when that is nothing. memory counts this
 * pass already (troubled). A time in the future is one of another clock: nothing is waited for. */
orx_model_deed orx_model_plan(const orx_model_facts *f, const orx_model_memory *memory,
                              const orx_local_watch *policy, int64_t now_sec,
                              orx_model_status *ret_status);

/* What to remember of a pass that ended like this. The tries in a row are over when the server was
 * well for as long as the next of them would have waited: one whose model is taken away again and
 * again is not loaded for ever. */
void orx_model_remember(orx_model_memory *memory, orx_model_deed deed, orx_model_status status,
                        const orx_local_watch *policy, int64_t now_sec);

#endif
