/* Ops probe and models.
 *
 * Probe asks the program for its version and, unless the configuration brings a secret, whether it
 * is logged in. */
#include "claude.h"

#include <stdio.h>
#include <stdlib.h>

/* The dialect described in claude.h. An older program lacks the descriptor for the key; a newer
 * major version may say things otherwise. */
#define OLDEST_MAJOR 2
#define OLDEST_MINOR 1
#define NEWEST_MAJOR 2

#define ANSWER_MAX 4096

typedef struct probe_job {
    int32_t op;   /* first in both kinds of job */
    int32_t step; /* 0 begin, 1 the version, 2 the login, 3 over */
    claude *c;
    const orxaq_probe_args *args;
    const orxaq_events *events;
    orxaq_exec exec;
    orxaq_view argv[3];
    orxaq_env env[1];
    uint32_t effects;
    int32_t waiting; /* a program runs */
    char version[64];
    char answer[ANSWER_MAX];
    uint64_t answer_len;
} probe_job;

int32_t claude_probe_open(claude *c, int32_t op, const orxaq_probe_args *args,
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
    const orxaq_value *v = json->first(claude_setting(job->c, "models"));
    for (; v; v = json->next(v)) {
        const orxaq_model m = {.struct_size = sizeof m,
                               .loaded = -1,
                               .id = json->text(v, orxaq_str("")),
                               .family = orxaq_str("claude"),
                               .context_tokens = -1,
                               .output_tokens = -1,
                               .size_bytes = -1};
        (void)job->events->model(job->events, &m);
    }
    claude_finish(job->events, ORXAQ_KIND_OK, ORXAQ_RETRY_BY_KIND, "");
    job->step = 3;
    return ORXAQ_NEXT_DONE;
}

/* ---- probe -------------------------------------------------------------------------------------
 */

static int32_t run(probe_job *job, orxaq_effect *effect, const char *one, const char *two) {
    orxaq_view own = claude_text(job->c, "config_dir");
    if (!own.len)
        own = ORXAQ_HAS(job->args, state_dir) ? job->args->state_dir : orxaq_str("");
    job->argv[0] = claude_text(job->c, "program");
    job->argv[1] = orxaq_str(one);
    job->argv[2] = orxaq_str(two ? two : "");
    job->env[0] = (orxaq_env){.struct_size = sizeof(orxaq_env),
                              .has_value = 1,
                              .name = orxaq_str("CLAUDE_CONFIG_DIR"),
                              .value = own.len ? own : job->args->files_dir};
    job->exec = (orxaq_exec){.struct_size = sizeof(orxaq_exec),
                             .argc = two ? 3 : 2,
                             .env_count = 1,
                             .argv = job->argv,
                             .env = job->env,
                             .cwd = job->args->files_dir,
                             .stdout_framing = ORXAQ_FRAMING_RAW,
                             .stderr_framing = ORXAQ_FRAMING_NONE,
                             .max_frame = ANSWER_MAX,
                             .total_ns = INT64_C(30000000000)};
    job->answer_len = 0;
    effect->kind = ORXAQ_EFFECT_EXEC;
    effect->id = ++job->effects;
    effect->exec = &job->exec;
    job->waiting = 1;
    return ORXAQ_NEXT_EFFECT;
}

int32_t claude_probe_next(void *self, orxaq_effect *effect) {
    probe_job *job = self;
    if (job->step == 3)
        return ORXAQ_NEXT_DONE;
    if (job->op == ORXAQ_OP_MODELS)
        return list_models(job);
    if (job->waiting)
        return ORXAQ_NEXT_WAIT;
    if (job->step == 0) {
        job->step = 1;
        return run(job, effect, "--version", NULL);
    }
    return run(job, effect, "auth", "status");
}

static void tell(probe_job *job, int32_t ready, const char *account) {
    const orxaq_probe p = {.struct_size = sizeof p,
                           .ready = ready,
                           .program = orxaq_str("claude"),
                           .version = orxaq_str(job->version),
                           .account = orxaq_str(account)};
    (void)job->events->probe(job->events, &p);
}

static void over(probe_job *job, int32_t kind, const char *message) {
    job->step = 3;
    claude_finish(job->events, kind, ORXAQ_RETRY_BY_KIND, message);
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

static void on_version(probe_job *job) {
    char text[256];
    int major = 0;
    int minor = 0;
    if (!take_version(job, &major, &minor)) {
        tell(job, 0, "");
        over(job, ORXAQ_KIND_PROTOCOL,
             "the program does not print a version like 2.1.330: is it Claude Code?");
    } else if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR)) {
        tell(job, 0, "");
        (void)snprintf(text, sizeof text, "claude %s is not supported; expected %d.%d or newer",
                       job->version, OLDEST_MAJOR, OLDEST_MINOR);
        over(job, ORXAQ_KIND_PROTOCOL, text);
    } else {
        if (major > NEWEST_MAJOR && job->c->log) {
            (void)snprintf(
                text, sizeof text,
                "claude %s is newer than the versions this plugin was tested with (%d.x)",
                job->version, NEWEST_MAJOR);
            job->c->log->write(job->c->host, ORXAQ_LOG_WARNING, orxaq_str(text));
        }
        job->step = 2;
    }
}

static void on_login(probe_job *job) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *answer = NULL;
    char account[64] = "";
    int in = 0;
    if (json->parse(job->c->host, orxaq_view_of(job->answer, job->answer_len), &answer) ==
        ORXAQ_OK) {
        orxaq_view method = claude_member(job->c, answer, "authMethod");
        in = json->boolean(json->get(answer, "loggedIn"), 0);
        (void)snprintf(account, sizeof account, "%.*s", (int)(method.len < 60 ? method.len : 60),
                       method.data ? method.data : "");
    }
    tell(job, in, in ? account : "");
    over(job, in ? ORXAQ_KIND_OK : ORXAQ_KIND_AUTH,
         in ? ""
            : "claude is not logged in; set the provider's secret, or log in with the program");
}

static void on_ended(probe_job *job, const orxaq_feed *feed) {
    char text[512];
    job->waiting = 0;
    if (feed->kind == ORXAQ_FEED_ERROR || feed->reason != ORXAQ_END_BY_ITSELF) {
        (void)snprintf(text, sizeof text, "claude does not start: %.*s",
                       (int)(feed->data.len < 400 ? feed->data.len : 400),
                       feed->data.data ? feed->data.data : "");
        tell(job, 0, "");
        over(job, ORXAQ_KIND_CRASHED, text);
        return;
    }
    if (job->step == 1)
        on_version(job);
    else
        on_login(job);
    if (job->step == 2 && job->c->secret) {
        tell(job, 1,
             orxaq_view_is(claude_text(job->c, "credential"), "token") ? "token" : "api_key");
        over(job, ORXAQ_KIND_OK, "");
    }
}

int32_t claude_probe_feed(void *self, const orxaq_feed *feed) {
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

void claude_probe_cancel(void *self, int32_t reason) {
    probe_job *job = self;
    if (!job->waiting && job->step != 3)
        over(job, reason == ORXAQ_CANCEL_DEADLINE ? ORXAQ_KIND_TIMEOUT : ORXAQ_KIND_KILLED,
             "cancelled before it began");
}
