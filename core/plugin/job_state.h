/* job_state.h: the insides of a running job, for this room only.
 *
 * job.c turns the crank; effect.c checks and dispatches; exec.c, files.c, env.c, http.c and
 * append.c perform effects, replay.c stands in for them; events.c receives what the driver says;
 * result.c makes the result.
 */
#ifndef ORX_PLUGIN_JOB_STATE_H
#define ORX_PLUGIN_JOB_STATE_H

#include "base/list.h"
#include "base/vec.h"
#include "platform/loop.h"
#include "plugin/frame.h"
#include "plugin/job.h"

#define ORX_JOB_EFFECTS_MAX 4096
#define ORX_JOB_STREAK_MAX  1024
#define ORX_JOB_RUNNING_MAX 8
#define ORX_JOB_TEXT_MAX    65536
#define ORX_JOB_LIST_MAX    256
#define ORX_JOB_SESSION_MAX 512
#define ORX_JOB_BYTES_MAX   ((uint64_t)64 << 20) /* stdin, one file, one event */

typedef enum orx_job_phase {
    ORX_JOB_RUNNING, /* the crank turns */
    ORX_JOB_ENDING,  /* the driver is no longer asked; programs are being stopped */
    ORX_JOB_OVER
} orx_job_phase;

struct orx_job {
    orxaq_events table; /* first: what the driver holds is the job */
    orx_platform *p;
    orx_instance *instance;
    const orxaq_job *ops;
    void *object; /* the driver's job */
    orx_arena arena;
    orx_job_spec spec; /* strings copied into the arena */
    orx_job_phase phase;
    bool cranking;
    int in_driver;     /* calls into the driver that are running */
    orx_list runs;     /* orx_job_run_state of exec effects that are not finished */
    orx_list calls;    /* orx_call of http effects that are not finished */
    orx_list replayed; /* the same when the job is replayed; see replay.c */
    int run_count;     /* all together */
    ORX_VEC(uint32_t) ids;
    int streak; /* effects since the last feed */
    orx_timer *deadline;
    int32_t cancel_reason;
    bool cancel_told;
    bool failed; /* kind and message were decided by us; the driver's outcome does not count */
    bool outcome_before_cancel;
    const char *event_problem; /* the first event that was refused, for a fault's message */
    orx_job_result result;
    bool done;
};

/* One program. */
typedef struct orx_run {
    orx_list link;
    orx_job *job;
    uint32_t id;
    orx_proc *proc;
    bool input_open;
    bool ended;
    int64_t started; /* monotonic */
    orx_str input;
    orx_framer out;
    orx_framer err;
    int32_t stream;    /* the one whose frames are being handed over */
    int64_t heard_ns;  /* since the start: when the bytes came that they are cut from */
    orxaq_file *after; /* paths in the job's arena */
    uint32_t after_count;
} orx_run;

/* ---- job.c --------------------------------------------------------------------------------- */

/* Feeds the driver and turns the crank; nothing once the job is ending. */
void orx_job_feed(orx_job *job, orxaq_feed *feed);
void orx_job_feed_error(orx_job *job, uint32_t effect, const orx_err *err);
void orx_job_crank(orx_job *job);

/* The driver broke the contract; the job ends with kind PROTOCOL. */
void orx_job_fault(orx_job *job, const char *fmt, ...) ORX_PRINTF(2, 3);

/* We cannot go on; the job ends with this kind and the error's message. */
void orx_job_fail(orx_job *job, int32_t kind, const orx_err *err);

/* Called when a program is gone. */
void orx_job_settle(orx_job *job);

/* Shows bytes to the tap. */
static inline void orx_job_tap_bytes(const orx_job *job, uint32_t effect, int32_t stream,
                                     orx_view bytes, int64_t elapsed_ns) {
    const orx_job_tap *tap = job->spec.tap;
    if (tap)
        tap->bytes(tap->user, effect, stream, bytes, elapsed_ns);
}

static inline bool orx_job_is_running(const orx_job *job) {
    return job->phase == ORX_JOB_RUNNING;
}

/* ---- The rest ------------------------------------------------------------------------------ */

/* effect.c: checks an effect and performs it. */
void orx_job_perform(orx_job *job, const orxaq_effect *effect);

/* exec.c */
void orx_job_exec(orx_job *job, uint32_t id, const orxaq_exec *exec);
void orx_job_stop_runs(orx_job *job);
void orx_job_write(orx_job *job, const orxaq_write *write);
void orx_run_free(orx_run *run);

/* http.c */
void orx_job_http(orx_job *job, uint32_t id, const orxaq_http *http);
void orx_job_stop_calls(orx_job *job);
void orx_job_free_calls(orx_job *job);

/* http_check.c: NULL, or the rule that is broken. */
const char *orx_http_effect_check(const orxaq_http *http);

/* exec_check.c: NULL, or the rule that is broken. */
const char *orx_exec_check(const orxaq_exec *exec);
bool orx_file_path_ok(orxaq_view path);
bool orx_view_sane(orxaq_view view, uint64_t max, bool nul);

/* env.c: the complete environment of a program. Free it with orx_env_free, which wipes it. */
int orx_job_env(orx_job *job, const orxaq_exec *exec, char ***ret_env, orx_err *err);
void orx_env_free(char **env);

/* files.c */
int orx_job_write_before(orx_job *job, const orxaq_exec *exec, orx_err *err);
void orx_job_feed_after(orx_run *run);

/* append.c */
int orx_job_append(orx_job *job, const orxaq_append *append, orx_err *err);

/* replay.c. What the record says about an effect that the driver asks for: 1 = the first feed is in
 * *ret_first, 0 = none came at once, negative = the record knows no such effect and the job ends.
 */
int orx_replay_look_up(orx_job *job, const orxaq_effect *effect, orxaq_feed *ret_first);
/* The effect is unfinished from here on; first may be NULL. */
void orx_replay_begin(orx_job *job, const orxaq_effect *effect, orxaq_feed *first);
void orx_replay_free(orx_job *job);

/* events.c */
extern const orxaq_events orx_job_event_table;

/* result.c */
void orx_job_keep_outcome(orx_job *job, const orxaq_outcome *outcome);
void orx_job_make_result(orx_job *job);
const char *orx_job_text(orx_job *job, orxaq_view text, size_t max);

#endif
