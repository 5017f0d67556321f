/* job.h: one job of a plugin, driven to its end.
 *
 * The other side of sdk/include/orxaq/job.h: opens the job, turns the crank, performs the effects
 * through the platform and feeds back what happened, cut into frames. Deadlines, the environment,
 * confinement and secrets are decided by the caller and applied here; the driver cannot widen them.
 *
 * What a driver may do wrong is bounded and never breaks us: every effect is checked against the
 * rules of effect.h, frames are cut at their limit, events are copied and bounded, a job that makes
 * no progress (endless effects, WAIT with nothing to wait for, no outcome) is ended. Such a fault
 * gives an outcome of kind PROTOCOL whose message names plugin and rule, with `fault` set; the
 * caller always gets an outcome.
 *
 * Effects: exec runs through platform/proc.h; write feeds its standard input; append writes a file
 * of the instance's settings, with rotation; http is one request of platform/http.h, its secrets
 * put into the headers at the last moment and wiped behind it.
 *
 * A job runs inside the loop: start it, then wait with orx_loop_until(orx_job_done(job)), or use
 * orx_job_run. Events arrive as callbacks meanwhile.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLUGIN_JOB_H
#define ORX_PLUGIN_JOB_H

#include "platform/proc.h"
#include "plugin/instance.h"

typedef struct orx_job orx_job;

/* Numbers of usage beyond these are not believed and count as not stated: 10^12 tokens or requests,
 * 100,000 USD. */
#define ORX_JOB_TOKENS_MAX INT64_C(1000000000000)
#define ORX_JOB_COST_MAX   INT64_C(100000000000000)

/* What the caller wants to hear; each may be NULL. Public structs arrive complete (every member may
 * be read, views are bounded and non-NULL-safe) and are valid during the call. From a callback
 * orx_job_cancel may be called, orx_job_free not. */
typedef struct orx_job_events {
    void (*text)(void *user, const orxaq_text *text);
    void (*tool_call)(void *user, const orxaq_tool_call *call);
    void (*usage)(void *user, const orxaq_usage *usage);
    void (*session)(void *user, const char *id);
    void (*progress)(void *user, const orxaq_progress *progress);
    void (*probe)(void *user, const orxaq_probe *probe);
    void (*model)(void *user, const orxaq_model *model);
    void (*embedding)(void *user, const orxaq_embedding *embedding);
    /* A program exists and waits: record its identity. It runs when this returns 0; a negative
     * return ends the job (kind CRASHED, message from err). argv is NULL-terminated. */
    int (*spawned)(void *user, int64_t pid, int64_t start, const char *const *argv, orx_err *err);
    /* Every byte of a program, and of an HTTP answer's body, before framing: for logs. */
    void (*output)(void *user, orx_stream stream, orx_view bytes);
    /* A program and its tree have ended. */
    void (*exited)(void *user, const orx_proc_result *result);
    void *user;
} orx_job_events;

/* What a recorder sees: everything that passes between the driver and the world, and what the
 * driver reports, in its order, each before it takes effect. A job that is fed the same again does
 * the same again (replay.h). Secrets are handles here, as everywhere on the driver's side; what
 * comes back is as the world said it. All must be there. */
typedef struct orx_job_tap {
    /* Asked for by the driver, checked, about to be performed. */
    void (*effect)(void *user, const orxaq_effect *effect);
    /* About to be fed. Never a FRAME: those are cut from `bytes`. */
    void (*feed)(void *user, const orxaq_feed *feed);
    /* Output of a program or the body of an answer, before framing; ORXAQ_STREAM_*. */
    void (*bytes)(void *user, uint32_t effect, int32_t stream, orx_view bytes, int64_t elapsed_ns);
    /* The driver is about to be told of the end, ORXAQ_CANCEL_*. */
    void (*cancel)(void *user, int32_t reason);
    /* Reported by the driver, as to orx_job_events. */
    void (*text)(void *user, const orxaq_text *text);
    void (*tool_call)(void *user, const orxaq_tool_call *call);
    void (*usage)(void *user, const orxaq_usage *usage);
    void (*session)(void *user, const char *id);
    void (*progress)(void *user, const orxaq_progress *progress);
    void *user;
} orx_job_tap;

typedef enum orx_job_kind { ORX_JOB_PROVIDER, ORX_JOB_SINK, ORX_JOB_INGEST } orx_job_kind;

/* args, confine's lists, events and tap must live until orx_job_free; the rest is copied. Limits: 0
 * = none. They hold for the whole job (total_ns) or each program and request (the rest). A driver's
 * own limits can only shorten them, but for idle_ns: it knows how long its program may be silent,
 * and total_ns holds in any case. */
typedef struct orx_job_spec {
    orx_instance *instance;
    orx_job_kind kind;
    int32_t op;             /* ORXAQ_OP_* */
    const void *args;       /* the args struct of that op, struct_size set */
    const char *files_dir;  /* the job's private folder: absolute, exists, emptied by the caller */
    const char *cwd;        /* where programs start; NULL = files_dir */
    const char *const *env; /* complete environment of programs, "NAME=value"; NULL = empty */
    orx_confine confine;    /* what programs may touch */
    int64_t total_ns;       /* then the job is cancelled; the outcome is TIMEOUT */
    int64_t idle_ns;        /* a program is stopped that is silent for so long */
    int64_t first_byte_ns;  /* or from its start */
    int64_t output_max;     /* or that says more than this */
    int64_t grace_ns;       /* between the request to end and the kill; 0 = 5 s */
    bool plain_http;        /* requests may go to other machines without TLS */
    /* The machines that requests may go to, ending with NULL; this machine always may be asked.
     * NULL = any. */
    const char *const *hosts;
    const char *ca_file; /* trusted for requests instead of the system's; NULL = the system's */
    /* Appends what programs are given in the place of a secret; NULL = they are given the secret.
     * Requests of the job itself carry the secret in any case. */
    void (*stand_in)(void *user, orx_view secret, orx_str *out);
    void *stand_in_user;
    const orx_job_events *events;           /* may be NULL */
    const orx_job_tap *tap;                 /* may be NULL */
    const struct orx_replay_source *replay; /* replay.h; NULL = the world */
} orx_job_spec;

/* How it ended. Strings are UTF-8, bounded (64 KiB each) and never NULL unless marked. */
typedef struct orx_job_result {
    int32_t kind;   /* ORXAQ_KIND_* */
    int32_t retry;  /* ORXAQ_RETRY_* */
    int32_t status; /* ORXAQ_STATUS_*: what the agent claims */
    int32_t stop;   /* ORXAQ_STOPPED_* */
    int32_t http_status;
    int64_t retry_after_ms; /* -1 = not stated */
    const char *message;
    const char *summary;
    const char *commit;
    const char *blocker;
    const char *const *validations;  /* NULL-terminated */
    const char *const *next_actions; /* NULL-terminated */
    const char *session;             /* the last session id; NULL = none */
    bool fault;                      /* the driver broke the contract */
    bool stated;                     /* the driver gave the outcome itself */
    int32_t cancelled;               /* ORXAQ_CANCEL_*, 0 = not cancelled */
    int64_t execs;                   /* programs run */
    int64_t requests;                /* HTTP requests made */
    orx_proc_result last;            /* the last of them; meaningful when execs > 0 */
} orx_job_result;

/* Opens the job and takes the first steps. A driver that refuses the op gives an error here; all
 * that happens later is in the result. */
int orx_job_start(orx_platform *p, const orx_job_spec *spec, orx_job **ret_job, orx_err *err);

/* Becomes true when the job is over and nothing of it runs any more. */
const bool *orx_job_done(const orx_job *job);

/* Asks for the end, ORXAQ_CANCEL_*; the first reason counts. The job is done when its programs are
 * gone. Fine at any time. */
void orx_job_cancel(orx_job *job, int32_t reason);

/* Valid once done, until orx_job_free. */
const orx_job_result *orx_job_result_of(const orx_job *job);

/* Closes the job; programs still running are killed. NULL is fine. */
void orx_job_free(orx_job *job);

/* Start, wait for the end, copy the result's strings into the arena, free. */
int orx_job_run(orx_platform *p, const orx_job_spec *spec, orx_arena *arena,
                orx_job_result *ret_result, orx_err *err);

#endif
