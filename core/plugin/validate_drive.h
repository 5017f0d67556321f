/* validate_drive.h: a host for one job that performs nothing and keeps count.
 *
 * The checks of the job machine use it in place of the real driver of jobs (job.h): effects are
 * written down and answered from a script (a program prints lines, a server answers 200 with JSON),
 * and what breaks a rule is noted, not ended, so that each check can look at its own rule alone.
 * For the checks only.
 */
#ifndef ORX_PLUGIN_VALIDATE_DRIVE_H
#define ORX_PLUGIN_VALIDATE_DRIVE_H

#include "plugin/validate_trial.h"

#define ORX_DRIVE_STEPS   2000
#define ORX_DRIVE_RUNNING 8

/* How effects are answered. */
typedef enum orx_script {
    ORX_SCRIPT_PLAIN,       /* START, a few lines, EXIT 0 */
    ORX_SCRIPT_FUZZED,      /* START, many random frames, EXIT with a random code */
    ORX_SCRIPT_LARGE,       /* START, one frame of a MiB, EXIT 0 */
    ORX_SCRIPT_ERROR,       /* ERROR */
    ORX_SCRIPT_NOT_STARTED, /* EXIT 127 */
    ORX_SCRIPT_KILLED,      /* START, EXIT by a signal */
    ORX_SCRIPT_REFUSED      /* a server answers 500; a program does as in PLAIN */
} orx_script;

typedef struct orx_drive {
    orxaq_events events; /* first: what the driver holds is the drive */
    orx_trial *t;
    orx_instance *instance;
    const orxaq_job *ops;
    int32_t op;
    orx_script script;
    uint64_t seed;
    void *job;
    struct {
        uint32_t id;
        int stage;
        bool append;
        bool http;
    } running[ORX_DRIVE_RUNNING];
    int running_count;
    uint32_t ids[64];
    int id_count;
    /* What was seen. */
    int outcomes;
    int32_t kind; /* of the last outcome */
    int effects;
    int failures;           /* effects that were answered with a failure */
    int idle_waits;         /* WAIT with nothing to wait for */
    const char *bad_effect; /* the rule an effect broke */
    bool reused_id;
    bool cancelled;
    bool ran_after_cancel;
    bool over;
    int64_t longest_ns; /* call of next or feed */
} orx_drive;

/* Opens a job. */
int orx_drive_open(orx_drive *d, orx_err *err);
/* One call of next, and one feed when it waits; false when the job is over. */
bool orx_drive_step(orx_drive *d);
/* Steps until it is over, at most ORX_DRIVE_STEPS. */
void orx_drive_run(orx_drive *d);
void orx_drive_cancel(orx_drive *d);
void orx_drive_close(orx_drive *d);

/* A new instance with settings: variant 0 gives the required keys only, others random values. */
int orx_trial_instance(orx_trial *t, int variant, orx_instance **ret_instance, orx_err *err);

/* Calls fn for each op of each job table the module has, with a fresh drive on one instance. */
typedef int (*orx_drive_fn)(const orx_drive *fresh, orx_err *err);
int orx_drive_each(orx_trial *t, orx_script script, orx_drive_fn fn, orx_err *err);

int orx_check_config_table(orx_trial *t, orx_err *err);
int orx_check_config_keys(orx_trial *t, orx_err *err);
int orx_check_config_defaults(orx_trial *t, orx_err *err);
int orx_check_config_survives(orx_trial *t, orx_err *err);
int orx_check_create(orx_trial *t, orx_err *err);
int orx_check_two(orx_trial *t, orx_err *err);
int orx_check_again(orx_trial *t, orx_err *err);
int orx_check_silent(orx_trial *t, orx_err *err);
int orx_check_router_plan(orx_trial *t, orx_err *err);
int orx_check_router_repeatable(orx_trial *t, orx_err *err);
int orx_check_responder_answer(orx_trial *t, orx_err *err);
int orx_check_sink_wants(orx_trial *t, orx_err *err);
int orx_check_unannounced(orx_trial *t, orx_err *err);
int orx_check_ends(orx_trial *t, orx_err *err);
int orx_check_outcome(orx_trial *t, orx_err *err);
int orx_check_waits(orx_trial *t, orx_err *err);
int orx_check_effects(orx_trial *t, orx_err *err);
int orx_check_effect_ids(orx_trial *t, orx_err *err);
int orx_check_cancel_first(orx_trial *t, orx_err *err);
int orx_check_cancel_anywhere(orx_trial *t, orx_err *err);
int orx_check_cancel_quiet(orx_trial *t, orx_err *err);
int orx_check_close_first(orx_trial *t, orx_err *err);
int orx_check_close_anywhere(orx_trial *t, orx_err *err);
int orx_check_fuzzed(orx_trial *t, orx_err *err);
int orx_check_large(orx_trial *t, orx_err *err);
int orx_check_error(orx_trial *t, orx_err *err);
int orx_check_not_started(orx_trial *t, orx_err *err);
int orx_check_killed(orx_trial *t, orx_err *err);
int orx_check_status(orx_trial *t, orx_err *err);
int orx_check_leak_descriptor(orx_trial *t, orx_err *err);
int orx_check_leak_thread(orx_trial *t, orx_err *err);
int orx_check_leak_instance(orx_trial *t, orx_err *err);
int orx_check_leak_job(orx_trial *t, orx_err *err);
int orx_check_calls_fast(orx_trial *t, orx_err *err);

#endif
