/* record_replay.h: what today's driver makes of what was recorded.
 *
 * A record holds everything a driver was fed. Feeding it again, to the plugin as it is configured
 * now, shows whether a call would be read the same today: after an update of a plugin, or while
 * looking for the reason of a strange outcome. Nothing is run, requested or written
 * (plugin/replay.h).
 *
 * What is compared is what the driver reported: texts, tool calls, usage, sessions, progress, in
 * order, and the outcome. Behind a gap in the record only the outcome is.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_RECORD_REPLAY_H
#define ORX_RUN_RECORD_REPLAY_H

#include "config/config.h"
#include "plugin/plugin.h"

typedef struct orx_replay_setup {
    orx_platform *p;
    const orx_config *cfg;
    orx_plugins *plugins;
    int64_t attempt;
    int64_t call;
    /* What the driver reports now: "text", "usage" ... "outcome", and the members of a record's
     * line ("a":1,"b":2). */
    void (*event)(void *user, const char *kind, orx_view members);
    /* Something is not as it was recorded. A side that says nothing is empty. */
    void (*differs)(void *user, const char *what, orx_view recorded, orx_view now);
    void *user;
} orx_replay_setup;

typedef struct orx_replay_result {
    bool same;      /* nothing differed, and the record is whole */
    bool complete;  /* the record has its end */
    int64_t gap;    /* bytes of output that are missing in it */
    int64_t events; /* compared */
} orx_replay_result;

/* ORX_E_NOT_FOUND: no such record, or its provider is no longer configured. */
int orx_record_replay(const orx_replay_setup *setup, orx_replay_result *ret_result, orx_err *err);

#endif
