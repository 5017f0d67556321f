/* Op probe: is the program there, and which version is it?
 *
 * Without `version_args` the program is not started, because nobody knows what it would do: the
 * shell is asked where it is. A program that is named relative to the repository is only named. */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>

#define ANSWER_MAX 512

typedef struct probe_job {
    int32_t op;   /* first in both kinds of job */
    int32_t step; /* 0 begin, 1 a program runs, 2 over */
    command *c;
    const orxaq_probe_args *args;
    const orxaq_events *events;
    orxaq_exec exec;
    orxaq_view argv[COMMAND_ARGS_MAX];
    uint32_t argc;
    int asks_version;
    char answer[ANSWER_MAX];
    uint64_t answer_len;
} probe_job;

int32_t command_probe_open(command *c, const orxaq_probe_args *args, const orxaq_events *events,
                           void **ret_job) {
    probe_job *job = calloc(1, sizeof *job);
    if (!job)
        return ORXAQ_E_MEMORY;
    job->op = ORXAQ_OP_PROBE;
    job->c = c;
    job->args = args;
    job->events = events;
    *ret_job = job;
    return ORXAQ_OK;
}

/* ---- The program ----------------------------------------------------------------------------- */

static orxaq_view program_of(const probe_job *job) {
    const orxaq_json_service *json = job->c->json;
    return json->text(json->first(command_setting(job->c, "argv")), orxaq_str(""));
}

/* A name is looked for in PATH, and a path from the root is one from everywhere. */
static int is_relative(orxaq_view program) {
    if (program.len && program.data[0] == '/')
        return 0;
    return program.len == 0 || memchr(program.data, '/', (size_t)program.len) != NULL ||
           program.data[0] == '{';
}

static void add_word(probe_job *job, orxaq_view word) {
    if (job->argc < COMMAND_ARGS_MAX)
        job->argv[job->argc++] = word;
}

static void fill_words(probe_job *job) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *v = json->first(command_setting(job->c, "version_args"));
    job->asks_version = v != NULL;
    if (!v) {
        add_word(job, orxaq_str("sh"));
        add_word(job, orxaq_str("-c"));
        add_word(job, orxaq_str("command -v -- \"$1\""));
        add_word(job, orxaq_str("sh"));
    }
    add_word(job, program_of(job));
    for (; v; v = json->next(v))
        add_word(job, json->text(v, orxaq_str("")));
}

/* ---- What is told ---------------------------------------------------------------------------- */

/* The first line that says something. */
static orxaq_view first_line(const probe_job *job) {
    uint64_t begin = 0;
    uint64_t end;
    while (begin < job->answer_len && (unsigned char)job->answer[begin] <= ' ')
        begin++;
    for (end = begin; end < job->answer_len && (unsigned char)job->answer[end] >= ' ';)
        end++;
    return orxaq_view_of(job->answer + begin, end - begin);
}

static void over(probe_job *job, int32_t ready, orxaq_view version, int32_t kind,
                 orxaq_view message) {
    int found = ready && !job->asks_version && first_line(job).len > 0;
    const orxaq_probe p = {.struct_size = sizeof p,
                           .ready = ready,
                           .program = found ? first_line(job) : program_of(job),
                           .version = version,
                           .account = orxaq_str("")};
    const orxaq_outcome o = {
        .struct_size = sizeof o, .kind = kind, .retry_after_ms = -1, .message = message};
    (void)job->events->probe(job->events, &p);
    (void)job->events->outcome(job->events, &o);
    job->step = 2;
}

static void say_ready(probe_job *job, orxaq_view version) {
    over(job, 1, version, ORXAQ_KIND_OK, orxaq_str(""));
}

static void on_ended(probe_job *job, const orxaq_feed *feed) {
    char text[256];
    int by_itself = feed->kind == ORXAQ_FEED_EXIT && feed->reason == ORXAQ_END_BY_ITSELF;
    if (by_itself && feed->code == 0 && feed->signal == 0) {
        say_ready(job, job->asks_version ? first_line(job) : orxaq_str(""));
    } else if (by_itself && !job->asks_version) {
        over(job, 0, orxaq_str(""), ORXAQ_KIND_CRASHED,
             orxaq_str("there is no such program; install it, or name it by its full path"));
    } else if (by_itself) {
        (void)snprintf(text, sizeof text, "asked for its version it ended with exit code %d",
                       (int)feed->code);
        over(job, 0, orxaq_str(""), ORXAQ_KIND_CRASHED, orxaq_str(text));
    } else {
        over(job, 0, orxaq_str(""), ORXAQ_KIND_CRASHED, feed->data);
    }
}

/* ---- The job --------------------------------------------------------------------------------- */

int32_t command_probe_next(void *self, orxaq_effect *effect) {
    probe_job *job = self;
    if (job->step == 0 && is_relative(program_of(job)))
        say_ready(job, orxaq_str("(in the repository, not looked at)"));
    if (job->step != 0)
        return job->step == 1 ? ORXAQ_NEXT_WAIT : ORXAQ_NEXT_DONE;
    fill_words(job);
    job->exec = (orxaq_exec){.struct_size = sizeof(orxaq_exec),
                             .argc = job->argc,
                             .argv = job->argv,
                             .cwd = job->args->files_dir,
                             .stdout_framing = ORXAQ_FRAMING_RAW,
                             .stderr_framing = ORXAQ_FRAMING_NONE,
                             .total_ns = INT64_C(30000000000)};
    effect->kind = ORXAQ_EFFECT_EXEC;
    effect->id = 1;
    effect->exec = &job->exec;
    job->step = 1;
    return ORXAQ_NEXT_EFFECT;
}

int32_t command_probe_feed(void *self, const orxaq_feed *feed) {
    probe_job *job = self;
    if (feed->kind == ORXAQ_FEED_FRAME && feed->stream == ORXAQ_STREAM_OUT) {
        uint64_t room = sizeof job->answer - job->answer_len;
        uint64_t n = feed->data.len < room ? feed->data.len : room;
        if (n)
            memcpy(job->answer + job->answer_len, feed->data.data, (size_t)n);
        job->answer_len += n;
    } else if (feed->kind == ORXAQ_FEED_EXIT || feed->kind == ORXAQ_FEED_ERROR) {
        on_ended(job, feed);
    }
    return ORXAQ_OK;
}

void command_probe_cancel(void *self, int32_t reason) {
    probe_job *job = self;
    if (job->step == 0)
        over(job, 0, orxaq_str(""),
             reason == ORXAQ_CANCEL_DEADLINE ? ORXAQ_KIND_TIMEOUT : ORXAQ_KIND_KILLED,
             orxaq_str("cancelled before it began"));
}
