/* jobs.h: running jobs of the tame plugin: what the caller heard and what the driver was fed, as
 * text. */
#ifndef JOBS_H
#define JOBS_H

#include "plugin/job.h"
#include "tame.h"
#include "world.h"

typedef struct heard {
    orx_str events; /* "text:hi\n" ... */
    orx_str feeds;  /* "START 1\n", "FRAME 1 out hi\n" ... */
    orx_job *job;   /* the one that runs, for cancelling from inside */
    orx_job_result result;
    int spawn_code;
} heard;

extern heard here;

/* The tame plugin with these keys (may be NULL) as an instance named "x"; replaces what was. */
orx_instance *jobs_instance(world *w, const orxaq_config_key *keys, uint32_t count,
                            const char *settings);
void jobs_instance_free(void);

/* Forgets what was heard, resets the hooks but keeps the descriptor. feed records by default. */
void jobs_reset(void);

/* A task spec with everything a job needs. */
orx_job_spec jobs_spec(world *w);
extern const orxaq_task_args jobs_args;

/* Runs it; the result is in here.result (strings in the world's arena) and returned. */
const orx_job_result *jobs_run(world *w, const orx_job_spec *spec);

/* Appends the feed to here.feeds. */
int32_t jobs_note_feed(const orxaq_events *events, const orxaq_feed *feed);

/* Gives an outcome of this kind. Returns what the event function returned. */
int32_t jobs_outcome(const orxaq_events *events, int32_t kind, const char *message);

/* Answers for `next` that most tests use: one exec of this program, then DONE with OK once its EXIT
 * or ERROR was fed. */
int32_t jobs_next_one_exec(const orxaq_events *events, orxaq_effect *effect);
extern orxaq_exec jobs_exec;

/* The same with one request: GET, framing RAW, its URL to be set. */
int32_t jobs_next_one_http(const orxaq_events *events, orxaq_effect *effect);
extern orxaq_http jobs_http;

#endif
