/* Ops probe and models.
 *
 * Probe asks the program for its version. Whether a login of its own still holds only a request
 * could tell, so without a secret the account is what the configuration says. */
#include "gemini.h"

#include <stdio.h>
#include <stdlib.h>

/* The dialect described in gemini.h: 0.x from 61 on. Nothing is known about others. */
#define OLDEST_MINOR 61

#define ANSWER_MAX  4096
#define PROGRAM_MAX 24

typedef struct probe_job {
    int32_t op;   /* first in all kinds of job */
    int32_t step; /* 0 begin, 1 the program runs, 2 over */
    gemini *c;
    const orxaq_probe_args *args;
    const orxaq_events *events;
    orxaq_exec exec;
    orxaq_view argv[PROGRAM_MAX];
    orxaq_env env[2];
    char version[64];
    char answer[ANSWER_MAX];
    uint64_t answer_len;
} probe_job;

int32_t gemini_probe_open(gemini *c, int32_t op, const orxaq_probe_args *args,
                          const orxaq_events *events, void **ret_job) {
    probe_job *job = calloc(1, sizeof *job);
    if (!job)
        return ORXAQ_E_MEMORY;
    job->op = op;
    job->c = c;
    job->args = args;
    job->events = events;
    *ret_job = job;
    return ORXAQ_OK;
}

/* ---- models ------------------------------------------------------------------------------------
 */

static int32_t list_models(probe_job *job) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *v = json->first(gemini_setting(job->c, "models"));
    for (; v; v = json->next(v)) {
        const orxaq_model m = {.struct_size = sizeof m,
                               .loaded = -1,
                               .id = json->text(v, orxaq_str("")),
                               .family = orxaq_str("gemini"),
                               .context_tokens = -1,
                               .output_tokens = -1,
                               .size_bytes = -1};
        (void)job->events->model(job->events, &m);
    }
    gemini_finish(job->events, ORXAQ_KIND_OK, ORXAQ_RETRY_BY_KIND, "");
    job->step = 2;
    return ORXAQ_NEXT_DONE;
}

/* ---- probe -------------------------------------------------------------------------------------
 */

static int32_t run(probe_job *job, orxaq_effect *effect) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *v = json->first(gemini_setting(job->c, "program"));
    uint32_t n = 0;
    for (; v && n + 1 < PROGRAM_MAX; v = json->next(v))
        job->argv[n++] = json->text(v, orxaq_str(""));
    job->argv[n++] = orxaq_str("--version");
    /* It looks around its home even then. */
    job->env[0] = (orxaq_env){.struct_size = sizeof(orxaq_env),
                              .has_value = 1,
                              .name = orxaq_str("GEMINI_CLI_HOME"),
                              .value = job->args->files_dir};
    job->env[1] = (orxaq_env){.struct_size = sizeof(orxaq_env),
                              .has_value = 1,
                              .name = orxaq_str("GEMINI_CLI_NO_RELAUNCH"),
                              .value = orxaq_str("true")};
    job->exec = (orxaq_exec){.struct_size = sizeof(orxaq_exec),
                             .argc = n,
                             .env_count = 2,
                             .argv = job->argv,
                             .env = job->env,
                             .cwd = job->args->files_dir,
                             .stdout_framing = ORXAQ_FRAMING_RAW,
                             .stderr_framing = ORXAQ_FRAMING_NONE,
                             .max_frame = ANSWER_MAX,
                             .total_ns = INT64_C(60000000000)};
    effect->kind = ORXAQ_EFFECT_EXEC;
    effect->id = 1;
    effect->exec = &job->exec;
    job->step = 1;
    return ORXAQ_NEXT_EFFECT;
}

int32_t gemini_probe_next(void *self, orxaq_effect *effect) {
    probe_job *job = self;
    if (job->step == 2)
        return ORXAQ_NEXT_DONE;
    if (job->op == ORXAQ_OP_MODELS)
        return list_models(job);
    return job->step == 0 ? run(job, effect) : ORXAQ_NEXT_WAIT;
}

static void tell(probe_job *job, int32_t ready, const char *account) {
    const orxaq_probe p = {.struct_size = sizeof p,
                           .ready = ready,
                           .program = orxaq_str("gemini"),
                           .version = orxaq_str(job->version),
                           .account = orxaq_str(account)};
    (void)job->events->probe(job->events, &p);
}

static void over(probe_job *job, int32_t kind, const char *message) {
    job->step = 2;
    gemini_finish(job->events, kind, ORXAQ_RETRY_BY_KIND, message);
}

/* The leading "2.1.330" of the answer; 0 when there is none. */
static int take_version(probe_job *job, int *ret_major, int *ret_minor) {
    size_t n = 0;
    while (n < job->answer_len && n + 1 < sizeof job->version &&
           ((job->answer[n] >= '0' && job->answer[n] <= '9') || job->answer[n] == '.'))
        n++;
    memcpy(job->version, job->answer, n);
    job->version[n] = '\0';
    char *rest = NULL;
    long major = strtol(job->version, &rest, 10);
    long minor = *rest == '.' ? strtol(rest + 1, NULL, 10) : -1;
    if (n == 0 || minor < 0 || major > 10000 || minor > 10000)
        return 0;
    *ret_major = (int)major;
    *ret_minor = (int)minor;
    return 1;
}

static const char *account_of(const gemini *c) {
    if (!orxaq_view_is(gemini_text(c, "auth"), "api_key"))
        return orxaq_view_is(gemini_text(c, "auth"), "login") ? "login" : "vertex";
    return c->secret ? "api_key" : "";
}

static void on_version(probe_job *job) {
    char text[256];
    int major = 0;
    int minor = 0;
    const char *account = account_of(job->c);
    if (!take_version(job, &major, &minor)) {
        tell(job, 0, "");
        over(job, ORXAQ_KIND_PROTOCOL,
             "the program does not print a version like 0.61.0: is it Gemini CLI?");
    } else if (major == 0 && minor < OLDEST_MINOR) {
        tell(job, 0, "");
        (void)snprintf(text, sizeof text, "gemini %s is not supported; expected 0.%d or newer",
                       job->version, OLDEST_MINOR);
        over(job, ORXAQ_KIND_PROTOCOL, text);
    } else if (!*account) {
        tell(job, 0, "");
        over(job, ORXAQ_KIND_AUTH, "gemini has no key; set the provider's secret");
    } else {
        if (major > 0 && job->c->log) {
            (void)snprintf(text, sizeof text,
                           "gemini %s is newer than the versions this plugin was tested with (0.x)",
                           job->version);
            job->c->log->write(job->c->host, ORXAQ_LOG_WARNING, orxaq_str(text));
        }
        tell(job, 1, account);
        over(job, ORXAQ_KIND_OK, "");
    }
}

static void on_ended(probe_job *job, const orxaq_feed *feed) {
    char text[512];
    if (feed->kind == ORXAQ_FEED_EXIT && feed->reason == ORXAQ_END_BY_ITSELF) {
        on_version(job);
        return;
    }
    (void)snprintf(text, sizeof text, "gemini does not start: %.*s",
                   (int)(feed->data.len < 400 ? feed->data.len : 400),
                   feed->data.data ? feed->data.data : "");
    tell(job, 0, "");
    over(job, ORXAQ_KIND_CRASHED, text);
}

int32_t gemini_probe_feed(void *self, const orxaq_feed *feed) {
    probe_job *job = self;
    if (feed->kind == ORXAQ_FEED_FRAME && feed->stream == ORXAQ_STREAM_OUT) {
        uint64_t room = sizeof job->answer - job->answer_len;
        uint64_t n = feed->data.len < room ? feed->data.len : room;
        memcpy(job->answer + job->answer_len, feed->data.data, (size_t)n);
        job->answer_len += n;
    } else if (feed->kind == ORXAQ_FEED_EXIT || feed->kind == ORXAQ_FEED_ERROR) {
        on_ended(job, feed);
    }
    return ORXAQ_OK;
}

void gemini_probe_cancel(void *self, int32_t reason) {
    probe_job *job = self;
    if (job->step == 0)
        over(job, reason == ORXAQ_CANCEL_DEADLINE ? ORXAQ_KIND_TIMEOUT : ORXAQ_KIND_KILLED,
             "cancelled before it began");
}
