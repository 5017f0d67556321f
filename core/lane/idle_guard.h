/* idle_guard.h: lanes that stand still although models of one's own are there to do their work.
 *
 * config/local_model_idle_guard.json [K] says when a lane may be brought back; missing keys have
 * the shipped values, numbers below their floor are lifted to it. A cycle looks at every local lane
 * that has no process: whether its endpoint answers, whether somebody paused it and for how long,
 * and what there is to do. The best few with work are started.
 *
 * Nothing is changed for a lane that is not started, and nothing is started before enough endpoints
 * answer: the predecessor took pauses away and began tasks again first and looked afterwards. What
 * the crash breaker stopped stays stopped, and a pause that a person gave a reason for stays, too.
 *
 * Pure but for reading the file. Threads: any.
 */
#ifndef ORX_LANE_IDLE_GUARD_H
#define ORX_LANE_IDLE_GUARD_H

#include "config/config.h"
#include "data/doc.h"

typedef struct orx_idle_config {
    bool enabled;
    int64_t probe_interval_sec;
    int64_t scan_interval_sec;
    int64_t minimum_healthy;
    bool auto_unpause;
    int64_t stale_pause_sec;
    int64_t max_starts;
    bool allow_blocked_recovery;
    bool require_local_only;
    bool require_pending_work;
    bool queue_enables_start;
    bool recycle_on_idle;
    int64_t recycle_delay_sec;
    int64_t recycle_max;
    int64_t alert_cycles;
    bool revive_on_idle;
    int64_t revive_after;
    const orx_node *allow; /* lists of lane ids, or NULL */
    const orx_node *deny;
    const char *report_file; /* as written, relative to the root */
    const char *state_file;
    const char *history_file;
    const char *fleet_status_file; /* NULL = as configured */
} orx_idle_config;

/* file is the name for messages. ORX_E_INVALID with file and line: a key has the wrong type. Texts
 * live in the document. */
int orx_idle_read(const orx_node *doc, const char *file, orx_idle_config *ret_cfg, orx_err *err);

/* Whether the lists let a lane take part. */
bool orx_idle_lists(const orx_idle_config *g, const char *lane);

/* What is known of a lane, and what follows from it. */
typedef struct orx_idle_lane {
    const char *id;
    bool running;        /* it has a process, or is about to */
    bool fatal;          /* the crash breaker stopped it */
    bool endpoint_known; /* where its model is */
    bool endpoint_ok;    /* it answers */
    const char *pause;   /* the text of its pause, NULL = it is not paused */
    int64_t pause_age_sec;
    int64_t pending;
    int64_t in_progress;
    int64_t blocked;
    int64_t queued;     /* entries of its queue file that nobody took */
    int64_t recyclable; /* tasks of its backlog that may begin again */
    /* Filled by orx_idle_judge. */
    const char *skip;    /* why it is not started, NULL: it is to be */
    const char *unpause; /* stale_manual_pause, force_unpause, or NULL */
    bool recycle;
    int64_t score;
} orx_idle_lane;

/* [K] Judges each lane that does not run, and takes the best max_starts. Lanes are put in the order
 * of the starts: those to be started first, best score first, equals by id. healthy: how many
 * endpoints answer. Returns how many are to be started. */
size_t orx_idle_judge(const orx_idle_config *g, orx_idle_lane *lanes, size_t count, int64_t healthy,
                      bool force_unpause);

/* How many candidates there are: lanes to be started, or that would be if more could. */
size_t orx_idle_candidates(const orx_idle_lane *lanes, size_t count);

/* [K] Cycles in which nothing ran although enough endpoints answered, this one included. */
int64_t orx_idle_cycles(const orx_idle_config *g, int64_t before, int64_t running_after,
                        int64_t healthy);

#endif
