/* turn.h: one answer of a chat model, gathered.
 *
 * The op TURN of a provider (sdk/include/orxaq/provider.h) gives its answer in pieces, through the
 * callbacks of a job. A loop that lets a model work with tools wants the whole: what was said,
 * which tools are to be run, what it cost, how it ended. This gathers exactly that around one job:
 *
 *     const orxaq_turn_args args = {.struct_size = sizeof args, .messages = ..., .tools = ...};
 *     const orx_turn_spec spec = {.instance = instance, .args = &args, .files_dir = dir};
 *     rc = orx_turn_start(p, &spec, &turn, err);
 *     rc = orx_loop_until(p, orx_turn_done(turn), 0);
 *     const orx_turn_answer *a = orx_turn_answer_of(turn);
 *     if (a->result->kind == ORXAQ_KIND_OK && a->result->stop == ORXAQ_STOPPED_TOOLS)
 *         ... run a->calls, append the assistant's message and one TOOL message per call, again ...
 *     orx_turn_free(turn);
 *
 * A call's arguments are what the model wrote, which may be no JSON at all; whoever runs the tool
 * tells the model so. Retries, waiting and another candidate are the caller's decision, from the
 * result's kind and retry_after_ms. A failed turn has an answer too: text that came before the
 * failure, and usage, which was spent all the same.
 *
 * Limits: 4 MiB of text and of reasoning (the rest is left out, `cut` says so), 256 calls with 16
 * MiB of arguments together; a model beyond that ends the turn with kind PROTOCOL.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLUGIN_TURN_H
#define ORX_PLUGIN_TURN_H

#include "plugin/job.h"

typedef struct orx_turn orx_turn;

/* args and what it points to must live until orx_turn_free; the rest is copied. */
typedef struct orx_turn_spec {
    orx_instance *instance;
    const orxaq_turn_args *args;
    const char *files_dir; /* the job's private folder: absolute, exists */
    int64_t total_ns;      /* 0 = none, likewise below */
    int64_t idle_ns;
    int64_t first_byte_ns;
    bool plain_http;        /* as in orx_job_spec */
    const char *ca_file;    /* as in orx_job_spec */
    const orx_job_tap *tap; /* as in orx_job_spec */
    /* Each piece as it comes, for showing it; may be NULL. The turn may be cancelled in it. */
    void (*on_text)(void *user, const orxaq_text *text);
    void *user;
} orx_turn_spec;

/* Views are followed by a NUL that is not counted. */
typedef struct orx_turn_call {
    orx_view id;
    orx_view name;
    orx_view arguments;
} orx_turn_call;

typedef struct orx_turn_answer {
    const orx_job_result *result;
    orx_view text;
    orx_view reasoning;
    bool cut; /* text or reasoning were longer than what is here */
    const orx_turn_call *calls;
    size_t call_count;
    const orxaq_usage *usage; /* the last report of each scope and key */
    size_t usage_count;
} orx_turn_answer;

/* Begins the turn. Fails when the plugin offers none or refuses to begin. */
int orx_turn_start(orx_platform *p, const orx_turn_spec *spec, orx_turn **ret_turn, orx_err *err);

/* Becomes true when the answer is there. */
const bool *orx_turn_done(const orx_turn *turn);

/* Asks for the end, ORXAQ_CANCEL_*. */
void orx_turn_cancel(orx_turn *turn, int32_t reason);

/* Valid once done, until orx_turn_free. */
const orx_turn_answer *orx_turn_answer_of(orx_turn *turn);

/* Ends what still runs. NULL is fine. */
void orx_turn_free(orx_turn *turn);

#endif
