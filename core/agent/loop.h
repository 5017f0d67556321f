/* loop.h: a model at work with tools.
 *
 * One step is one request to the model and what its answer asks for: the talk goes out, tool calls
 * come back, each is understood (tools.h) and carried out, the results join the talk, and the whole
 * step is handed to be kept. So it goes on until
 *
 *     the model calls `finish`, or answers with a result      OK, `answer` is the result
 *     it only talks, also after being reminded twice          OK, `answer` is its text
 *     a request fails                                         the kind of that failure
 *     the same calls give the same results three times        NO_PROGRESS
 *     eight answers in a row hold no usable call              PROTOCOL
 *     the steps or the time are used up                       LIMIT, TIMEOUT
 *     the talk does not fit, whatever is left out             CONTEXT_TOO_LONG
 *
 * Nothing is tried again here when a request fails: the conversation is kept, and the caller's next
 * call goes on with it. Mistakes in calls cost a step and are answered with what was expected.
 *
 * Room. Tokens are estimated from bytes and corrected by what the model's server counted for the
 * request before. One result gets at most an eighth of the window, its beginning and its end. At
 * 80 % of the window results are made one line each, oldest first, until the talk is at 60 %; a
 * server that says the prompt is too long before that has the same effect once. What still does not
 * fit is not sent: many servers would silently drop its beginning, which is the task.
 *
 * The world is what the caller's functions make of it, so that all of this runs in a test with a
 * model made of paper.
 *
 * Threads: one at a time.
 */
#ifndef ORX_AGENT_LOOP_H
#define ORX_AGENT_LOOP_H

#include "agent/talk.h"
#include "agent/tools.h"
#include "plugin/turn.h"

typedef struct orx_agent_io {
    /* One request to the model. The answer is valid until the next one. Negative: no request could
     * be made; ORX_E_CANCELLED when asked to stop. */
    int (*ask)(void *user, const orxaq_turn_args *args, const orx_turn_answer **ret_answer,
               orx_err *err);
    /* One tool; as orx_toolbox_use. ORX_E_LIMIT, ORX_E_CHILD and ORX_E_TIMEOUT are told to the
     * model; any other failure ends the loop. */
    int (*use)(void *user, const orx_tool_request *request, orx_str *out, orx_err *err);
    /* A call is through: whether it was understood and worked, and what the model is told. May be
     * NULL. */
    void (*told)(void *user, const orx_talk_call *call, bool good, orx_view text);
    /* A step is complete: the messages of the talk from `first` on are new. */
    int (*keep)(void *user, const orx_talk *talk, size_t first, orx_err *err);
    /* Whether a text is the result that the task asks for. */
    bool (*is_result)(void *user, orx_view text);
    /* Nanoseconds left, 0 = none, negative = no limit; may be NULL. */
    int64_t (*time_left)(void *user);
    /* The model's window in tokens, 0 = not known; asked before each step, because a server may
     * load the model with the first. May be NULL. */
    int64_t (*window)(void *user);
    void *user;
} orx_agent_io;

typedef struct orx_agent_spec {
    const orx_tool_rules *rules;
    const char *model; /* "" = the server's choice */
    bool native;       /* the model has tool calls */
    int64_t max_steps;
    int64_t same_max; /* the same calls with the same results so often in a row end it; 0 = never */
    int64_t idle_ns;  /* passed on to the turns */
    const char *files_dir;
} orx_agent_spec;

typedef struct orx_agent_end {
    int32_t kind;  /* ORXAQ_KIND_* */
    int32_t retry; /* ORXAQ_RETRY_* */
    int64_t retry_after_ms;
    orx_str message; /* why, when the kind is not OK */
    orx_str answer;  /* when it is: the model's result, or its last words */
    int64_t steps;   /* complete ones */
} orx_agent_end;

/* Runs a talk that ends with something for the model to answer. Negative only when an io function
 * failed; the end is then of no use. Free the end in both cases. */
int orx_agent_run(const orx_agent_spec *spec, const orx_agent_io *io, orx_talk *talk,
                  orx_agent_end *ret_end, orx_err *err);

void orx_agent_end_free(orx_agent_end *end);

/* Appends what the model is told about its tools, the first message of every talk. */
void orx_agent_opening(const orx_agent_spec *spec, orx_str *out);

#endif
