/* codex.h: the inside of the plugin "codex": OpenAI's Codex CLI as a provider.
 *
 * The program can be driven in two ways. `codex exec --json` takes the prompt on standard input and
 * prints one JSON object per line. `codex app-server` speaks JSON-RPC over standard input and
 * output; it alone has text as it is written, usage of requests in a turn that failed, errors with
 * a class, and a polite interrupt, so it is taken where the version has it. A job is at most three
 * programs, one after the other:
 *
 *     codex --version  ->  codex app-server (or exec)
 *     codex --version  ->  codex login status            op probe
 *     codex debug models --bundled                       op models
 *
 *   codex.c     descriptor and instance
 *   settings.c  the settings
 *   job.c       the job machine: which program next, and its end
 *   argv.c      command lines and environment
 *   version.c   what a version can do
 *   exec.c      the records of `codex exec --json`
 *   server.c    the messages of `codex app-server`
 *   item.c      what both call an item: a message, a command, an edit
 *   outcome.c   errors to kinds, the final answer to a result
 *   probe.c     the answers of the small ops
 *   buf.c       text that grows
 *
 * Threads: the host's.
 */
#ifndef CODEX_H
#define CODEX_H

#include <orxaq/orxaq.h>

/* Codex refuses longer prompts (in characters), after it has begun a thread. */
#define CODEX_PROMPT_MAX ((uint64_t)1048576)

#define CODEX_ARGS_MAX 192
#define CODEX_ENV_MAX  8

/* ---- buf.c -------------------------------------------------------------------------------- */

/* Text that grows, at most CODEX_BUF_MAX; zeroed is empty. After a failure (no memory, too long)
 * `broken` is set and the text stays as it was. data ends with a NUL that is not counted. */
#define CODEX_BUF_MAX ((uint64_t)24 << 20)

typedef struct codex_buf {
    char *data;
    uint64_t len;
    uint64_t cap;
    int broken;
} codex_buf;

void codex_buf_add(codex_buf *buf, orxaq_view text);
void codex_buf_adds(codex_buf *buf, const char *text);
void codex_buf_addi(codex_buf *buf, int64_t number);
/* A TOML basic string with its quotes. */
void codex_buf_add_toml(codex_buf *buf, orxaq_view text);
void codex_buf_clear(codex_buf *buf);
void codex_buf_free(codex_buf *buf);
orxaq_view codex_buf_view(const codex_buf *buf);

/* Whether text contains the words; case counts. */
int codex_has(orxaq_view text, const char *words);

/* ---- settings.c --------------------------------------------------------------------------- */

enum { CODEX_AUTO, CODEX_EXEC, CODEX_SERVER };

/* An instance: its services, and its settings read once. Texts belong to the settings tree. */
typedef struct codex {
    const orxaq_host *host;
    const orxaq_json_service *json;
    const orxaq_log_service *log; /* may be NULL */
    const orxaq_value *settings;
    uint64_t key;  /* secret handle, 0 = none */
    int interface; /* CODEX_AUTO ... */
    int ephemeral;
    int network;
    int user_config;
    int project_docs;
    orxaq_view program;
    orxaq_view base_url;
    orxaq_view public_url;
    orxaq_view model_provider;
    orxaq_view home;
    orxaq_view sandbox;
    orxaq_view effort;
    orxaq_view web_search;
    int64_t stream_idle_ns;
    int64_t idle_ns;
} codex;

#define CODEX_KEY_COUNT 19
extern const orxaq_config_key codex_keys[CODEX_KEY_COUNT];

void codex_read_settings(codex *c);

/* Whether orxaq defines the endpoint; otherwise codex uses its own login or a provider of its
 * config.toml. */
int codex_own_endpoint(const codex *c);

/* Says why the running call is about to fail; returns code. */
int32_t codex_explain(const codex *c, int32_t code, const char *text);

/* ---- version.c ---------------------------------------------------------------------------- */

typedef struct codex_version {
    int64_t major;
    int64_t minor;
    int64_t patch;
} codex_version;

/* Reads "codex-cli 0.169.0"; 1 or 0. */
int codex_version_parse(orxaq_view text, codex_version *ret_version);

enum { CODEX_TOO_OLD, CODEX_TRIED, CODEX_NEWER };

/* How far we know this version. */
int codex_version_known(const codex_version *v);

/* Whether its app-server speaks the protocol of server.c. */
int codex_version_has_server(const codex_version *v);

/* "unsupported codex 0.9.0: ..." for people. */
void codex_version_complain(const codex_version *v, codex_buf *out);

/* ---- The job ------------------------------------------------------------------------------ */

/* Which program runs, or is to be started next. */
enum {
    CODEX_NOTHING,
    CODEX_RUN_VERSION,
    CODEX_RUN_LOGIN,
    CODEX_RUN_MODELS,
    CODEX_RUN_EXEC,
    CODEX_RUN_SERVER
};

typedef struct codex_job {
    codex *c;
    int32_t op;
    const orxaq_task_args *task;   /* op TASK */
    const orxaq_probe_args *probe; /* PROBE, MODELS */
    const orxaq_events *events;

    int begun;
    int over; /* the outcome was told */
    int cancelled;
    int want;         /* the program to start next */
    int runs;         /* the program that runs */
    uint32_t id;      /* of its effect */
    uint32_t last_id; /* the last one given away */
    codex_version version;
    codex_buf text;    /* version, login, models: standard output */
    codex_buf errors;  /* the last line of standard error */
    codex_buf answer;  /* the last message of the agent */
    codex_buf failure; /* the program's own words for what went wrong */

    int fresh;     /* a new thread although a session was to be resumed: it is gone */
    int completed; /* exec: turn.completed was seen; likewise below */
    int failed;
    int lost_session;

    codex_buf thread; /* server: ids of ours */
    codex_buf turn;
    codex_buf streamed; /* id of the message whose pieces were told */
    codex_buf out;      /* to be written */
    codex_buf sent;     /* being written */
    int out_end;
    int64_t requests;
    int64_t seen_tokens;
    codex_buf model; /* that the thread runs with */

    orxaq_exec exec;
    orxaq_write write;
    orxaq_view argv[CODEX_ARGS_MAX];
    codex_buf words[CODEX_ARGS_MAX];
    uint32_t argc;
    orxaq_env env[CODEX_ENV_MAX];
    orxaq_file schema_file;
    int no_memory;
} codex_job;

extern const orxaq_job codex_jobs;

void codex_say(const codex_job *job, int32_t channel, int delta, orxaq_view text);

/* Tells the outcome, once; later calls do nothing. */
void codex_finish(codex_job *job, const orxaq_outcome *outcome);
void codex_finish_kind(codex_job *job, int32_t kind, int32_t retry, orxaq_view message);

/* ---- argv.c ------------------------------------------------------------------------------- */

/* Fills job->exec for the program job->want. 0 or a negative code, explained. */
int32_t codex_command(codex_job *job);

/* The sandbox mode of a task in codex's words; NULL when the settings contradict the host. */
const char *codex_sandbox_mode(const codex_job *job);

/* ---- exec.c, server.c, item.c ------------------------------------------------------------- */

void codex_exec_record(codex_job *job, const orxaq_value *record);
/* The program ended. */
void codex_exec_ended(codex_job *job, const orxaq_feed *exit);

/* The first messages, which go in with the start. */
void codex_server_greet(codex_job *job);
void codex_server_message(codex_job *job, const orxaq_value *message);
void codex_server_interrupt(codex_job *job);

/* An item that began (done 0) or ended; types in both spellings. */
void codex_item(codex_job *job, const orxaq_value *item, int done);

/* Running totals of a thread, as codex counts them: cached and written are part of input, reasoning
 * is part of output; -1 = not stated. */
typedef struct codex_tokens {
    int64_t input;
    int64_t cached;
    int64_t written;
    int64_t output;
    int64_t reasoning;
} codex_tokens;

void codex_tell_usage(const codex_job *job, orxaq_view thread, const codex_tokens *t);

/* ---- outcome.c ---------------------------------------------------------------------------- */

/* The turn ended well: the outcome from the last message. */
void codex_finish_answer(codex_job *job);

/* From the program's own words (exec), the last resort. */
void codex_finish_text(codex_job *job, orxaq_view text);

/* From codexErrorInfo, which says the class in most cases, and the words beside it. */
void codex_finish_error(codex_job *job, const orxaq_value *error);

/* The program ended without its final event. */
void codex_finish_exit(codex_job *job, const orxaq_feed *exit);

/* "try again in 2s", "in 1.5s", "in 300ms", "in 2m": milliseconds, or -1. */
int64_t codex_retry_after_ms(orxaq_view text);

/* ---- probe.c ------------------------------------------------------------------------------ */

void codex_version_ended(codex_job *job, const orxaq_feed *exit);
void codex_login_ended(codex_job *job, const orxaq_feed *exit);
void codex_models_ended(codex_job *job, const orxaq_feed *exit);

#endif
