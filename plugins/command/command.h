/* command.h: the inside of the plugin "command": any agent program, by configuration.
 *
 *   command.c  settings, instance, descriptor
 *   job.c      the job: one exec, its feeds, the outcome
 *   record.c   what a line or a document of output means
 *   words.c    the argv template
 *
 * Threads: the host's.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <orxaq/orxaq.h>

#define COMMAND_ARGS_MAX 256
#define COMMAND_ENV_MAX  64

/* More of the agent's next actions are left out. */
#define COMMAND_ACTIONS_MAX 20

enum { PROMPT_STDIN, PROMPT_FILE, PROMPT_ARGUMENT };
enum { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_JSONL };

/* The longest prompt that may go into argv: the kernel takes 128 KiB per argument. */
#define COMMAND_ARGUMENT_MAX ((uint64_t)100 * 1024)

/* An instance: its services and its settings, read once. Texts belong to the settings tree. */
typedef struct command {
    const orxaq_host *host;
    const orxaq_json_service *json;
    const orxaq_log_service *log; /* may be NULL */
    const orxaq_value *settings;
    int prompt;
    int output;
    int exit_is_claim; /* exit code 0 means done; no result object is expected */
    int32_t stop;      /* ORXAQ_STOP_* */
    int usage_adds;    /* each usage record is added, instead of replacing the last */
    orxaq_view text_path;
    orxaq_view usage_path;
    orxaq_view tool_path;
    orxaq_view session_path;
    orxaq_view model_path;
    orxaq_view result_path;
} command;

/* One TASK. */
typedef struct command_job {
    int32_t op; /* first in both kinds of job */
    command *c;
    const orxaq_task_args *args;
    const orxaq_events *events;
    int step;     /* 0 not begun, 1 running, 2 over */
    int resulted; /* a result object was seen */
    int32_t status;
    orxaq_exec exec;
    orxaq_view argv[COMMAND_ARGS_MAX];
    orxaq_env env[COMMAND_ENV_MAX];
    orxaq_file prompt_file;
    char *built[COMMAND_ARGS_MAX]; /* words made from the template */
    uint32_t built_count;
    char *whole; /* OUTPUT_JSON: the document so far */
    uint64_t whole_len;
    char *result_text; /* the strings of the result, copied: summary, commit, blocker */
    orxaq_view summary;
    orxaq_view commit;
    orxaq_view blocker;
    orxaq_view next_actions[COMMAND_ACTIONS_MAX];
    uint32_t next_action_count;
} command_job;

extern const orxaq_job command_jobs;

/* ---- words.c --------------------------------------------------------------------------------- */

/* Fills job->argv from the template; returns the count or a negative code, explained. {model}
 * {repo} {prompt} {prompt_file} {schema_file} {session} {files_dir} {state_dir} {task} are
 * replaced; the words
 * "{model_args}" and "{session_args}" stand for the lists of these settings, left out when there is
 * no model or no session. */
int32_t command_words(command_job *job);

/* ---- record.c -------------------------------------------------------------------------------- */

/* Tells the host what a JSON record holds: text, usage, session, result. */
void command_record(command_job *job, const orxaq_value *record);

/* ---- probe.c --------------------------------------------------------------------------------- */

int32_t command_probe_open(command *c, const orxaq_probe_args *args, const orxaq_events *events,
                           void **ret_job);
int32_t command_probe_next(void *job, orxaq_effect *effect);
int32_t command_probe_feed(void *job, const orxaq_feed *feed);
void command_probe_cancel(void *job, int32_t reason);

/* ---- command.c ------------------------------------------------------------------------------- */

/* Says why the running call is about to fail; returns code. */
int32_t command_explain(const command *c, int32_t code, const char *text);

/* The value at a settings path; texts, integers and kinds through c->json. */
const orxaq_value *command_setting(const command *c, const char *key);

#endif
