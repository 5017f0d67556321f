/* gemini.h: the inside of the plugin "gemini": the program Gemini CLI as a provider.
 *
 *   gemini.c    settings, instance, descriptor
 *   setup.c     the program's settings file, its command line and environment
 *   job.c       op task: one exec, its feeds
 *   record.c    what a line of output means while it runs, and the tokens
 *   end.c       how it ended: the classes of failure
 *   probe.c     ops probe and models
 *   embed.c     op embed, which asks Google's API itself
 *
 * The program prints one JSON object per line (`--output-format stream-json`), the last of type
 * "result". It ends with exit code 0 after signals, blocked answers and prompts that it never sent,
 * so a run has worked only if the result says so, something was said or done, and tokens were used.
 * All that is known about it was seen on version 0.61.0; unknown types and members are passed over.
 *
 * Threads: the host's.
 */
#ifndef GEMINI_H
#define GEMINI_H

#include <orxaq/orxaq.h>

#define GEMINI_ARGS_MAX 64
#define GEMINI_ENV_MAX  80

/* The program cuts standard input off at 8 MiB, with a warning only. */
#define GEMINI_PROMPT_MAX ((uint64_t)8 * 1024 * 1024)

/* What is kept of the last words of standard error. */
#define GEMINI_STDERR_MAX 1024

/* An instance: services and settings. Texts belong to the settings tree. */
typedef struct gemini {
    const orxaq_host *host;
    const orxaq_json_service *json;
    const orxaq_log_service *log; /* may be NULL */
    const orxaq_random_service *random;
    const orxaq_value *settings;
    uint64_t secret; /* 0 = none: a login of the program's own */
} gemini;

/* One TASK. */
typedef struct gemini_job {
    int32_t op;   /* first in all kinds of job */
    int32_t step; /* 0 not begun, 1 running, 2 over */
    gemini *c;
    const orxaq_task_args *args;
    const orxaq_events *events;
    int32_t said;   /* something was answered */
    int32_t acted;  /* a tool was called */
    int32_t broken; /* the next piece of text belongs to another message */
    char model[128];
    char *result; /* the last record of type "result" */
    uint64_t result_len;
    char problem[GEMINI_STDERR_MAX]; /* the last record of type "error" */
    char errors[GEMINI_STDERR_MAX];  /* the end of standard error */
    uint64_t errors_len;
    orxaq_exec exec;
    orxaq_file files[3];
    char *settings_text;
    orxaq_view argv[GEMINI_ARGS_MAX];
    uint32_t argc;
    orxaq_env env[GEMINI_ENV_MAX];
    uint32_t envc;
    char session[40]; /* made here for a new one */
    char paths[3][1100];
} gemini_job;

extern const orxaq_job gemini_jobs;

/* ---- gemini.c -------------------------------------------------------------------------------- */

/* Says why the running call is about to fail; returns code. */
int32_t gemini_explain(const gemini *c, int32_t code, const char *text);

/* A setting by its path; the text of one, empty when it is not set. */
const orxaq_value *gemini_setting(const gemini *c, const char *key);
orxaq_view gemini_text(const gemini *c, const char *key);

/* A member's text, or the empty view. */
orxaq_view gemini_member(const gemini *c, const orxaq_value *map, const char *path);

/* ---- setup.c --------------------------------------------------------------------------------- */

/* Fills the job's files, argv and env; 0 or a negative code, explained. */
int32_t gemini_prepare(gemini_job *job);

/* ---- record.c -------------------------------------------------------------------------------- */

/* Tells the host what a record says; the result is kept for the end. */
void gemini_record(gemini_job *job, orxaq_view line);

/* Text for people about the program itself. */
void gemini_notice(const gemini_job *job, orxaq_view text);

/* ---- end.c ----------------------------------------------------------------------------------- */

/* The outcome of a program that ended, from its result if it gave one. */
void gemini_end(gemini_job *job, const orxaq_feed *feed);

/* An outcome of this kind with this sentence. */
void gemini_finish(const orxaq_events *events, int32_t kind, int32_t retry, const char *message);

/* ---- probe.c --------------------------------------------------------------------------------- */

/* A job for the ops PROBE and MODELS, and what gemini_jobs does with it; freed by free(). */
int32_t gemini_probe_open(gemini *c, int32_t op, const orxaq_probe_args *args,
                          const orxaq_events *events, void **ret_job);
int32_t gemini_probe_next(void *job, orxaq_effect *effect);
int32_t gemini_probe_feed(void *job, const orxaq_feed *feed);
void gemini_probe_cancel(void *job, int32_t reason);

/* ---- embed.c --------------------------------------------------------------------------------- */

/* The same for the op EMBED. */
int32_t gemini_embed_open(gemini *c, const orxaq_embed_args *args, const orxaq_events *events,
                          void **ret_job);
int32_t gemini_embed_next(void *job, orxaq_effect *effect);
int32_t gemini_embed_feed(void *job, const orxaq_feed *feed);
void gemini_embed_cancel(void *job, int32_t reason);
void gemini_embed_close(void *job);

#endif
