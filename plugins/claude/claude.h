/* claude.h: the inside of the plugin "claude": the program Claude Code as a provider.
 *
 *   claude.c   settings, instance, descriptor
 *   words.c    the command line and the environment
 *   job.c      op task: one exec, its feeds
 *   record.c   what a line of output means while it runs
 *   usage.c    tokens and money
 *   end.c      how it ended: the classes of failure
 *   probe.c    ops probe and models
 *
 * The program is started as `claude -p --output-format stream-json` and prints one JSON object per
 * line. Only the last one, of type "result", says whether it worked: the exit code is 0 after an
 * interrupt, and `subtype` is "success" after every failure of the server. All that is known about
 * the program was seen on version 2.1.330; unknown types and members are passed over.
 *
 * Threads: the host's.
 */
#ifndef CLAUDE_H
#define CLAUDE_H

#include <orxaq/orxaq.h>

#define CLAUDE_ARGS_MAX 96
#define CLAUDE_ENV_MAX  80

/* The program reads at most 10 MiB from standard input (one byte more: "piped stdin input exceeds
 * 10MB"). */
#define CLAUDE_PROMPT_MAX ((uint64_t)10 * 1024 * 1024)

/* What is kept of standard error, for the message of a program that says nothing else. */
#define CLAUDE_STDERR_MAX 1024

/* An instance: services and settings. Texts belong to the settings tree. */
typedef struct claude {
    const orxaq_host *host;
    const orxaq_json_service *json;
    const orxaq_log_service *log; /* may be NULL */
    const orxaq_random_service *random;
    const orxaq_value *settings;
    uint64_t secret; /* 0 = none: the program's own login */
} claude;

/* Tokens of requests, in the counting of the server: output includes reasoning. */
typedef struct claude_tokens {
    int64_t input; /* without the two below */
    int64_t cache_read;
    int64_t cache_write;
    int64_t output;
    int64_t reasoning;
} claude_tokens;

/* One TASK. */
typedef struct claude_job {
    int32_t op;   /* first in both kinds of job */
    int32_t step; /* 0 not begun, 1 running, 2 over */
    claude *c;
    const orxaq_task_args *args;
    const orxaq_events *events;
    int streams; /* pieces of messages arrive, so that whole ones repeat them */
    int said;    /* something was answered */
    int acted;   /* a tool was called */
    int64_t requests;
    claude_tokens before; /* requests whose answer is complete */
    claude_tokens now;    /* the one that is being answered */
    char model[128];      /* that answered last */
    char error[32];       /* class of the last failed request, in the program's words */
    char *result;         /* the last record of type "result" */
    uint64_t result_len;
    char errors[CLAUDE_STDERR_MAX]; /* the end of standard error */
    uint64_t errors_len;
    orxaq_exec exec;
    orxaq_file tmp;
    orxaq_view argv[CLAUDE_ARGS_MAX];
    uint32_t argc;
    orxaq_env env[CLAUDE_ENV_MAX];
    uint32_t envc;
    char session[40]; /* made here for a new one */
    char tools[1024];
    char budget[32];
    char turns[24];
    char timeouts[2][24];
    char paths[2][1024];
} claude_job;

extern const orxaq_job claude_jobs;

/* ---- claude.c -------------------------------------------------------------------------------- */

/* Says why the running call is about to fail; returns code. */
int32_t claude_explain(const claude *c, int32_t code, const char *text);

/* A setting by its path; the text of one, empty when it is not set. */
const orxaq_value *claude_setting(const claude *c, const char *key);
orxaq_view claude_text(const claude *c, const char *key);

/* A member's text, or the empty view. */
orxaq_view claude_member(const claude *c, const orxaq_value *map, const char *path);

/* ---- words.c --------------------------------------------------------------------------------- */

/* Fills job->argv and job->env; 0 or a negative code, explained. */
int32_t claude_words(claude_job *job);

/* ---- record.c -------------------------------------------------------------------------------- */

/* Tells the host what a record says; the result is kept for the end. */
void claude_record(claude_job *job, orxaq_view line);

/* Text for people about the program itself. */
void claude_notice(const claude_job *job, orxaq_view text);

/* ---- usage.c --------------------------------------------------------------------------------- */

/* Takes the numbers of a streamed event (message_start, message_delta) and tells the sum so far. */
void claude_count(claude_job *job, const orxaq_value *event);

/* Tells what the result states about the whole run. */
void claude_usage(claude_job *job, const orxaq_value *result);

/* ---- end.c ----------------------------------------------------------------------------------- */

/* The outcome of a program that ended, from its result if it gave one. */
void claude_end(claude_job *job, const orxaq_feed *feed);

/* An outcome of this kind with this sentence. */
void claude_finish(const orxaq_events *events, int32_t kind, int32_t retry, const char *message);

/* ---- probe.c --------------------------------------------------------------------------------- */

/* A job for the ops PROBE and MODELS, and what claude_jobs does with it; freed by free(). */
int32_t claude_probe_open(claude *c, int32_t op, const orxaq_probe_args *args,
                          const orxaq_events *events, void **ret_job);
int32_t claude_probe_next(void *job, orxaq_effect *effect);
int32_t claude_probe_feed(void *job, const orxaq_feed *feed);
void claude_probe_cancel(void *job, int32_t reason);

#endif
