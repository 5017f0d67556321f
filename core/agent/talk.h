/* talk.h: a conversation with a model.
 *
 * A talk is the list of messages that goes out with each request: the opening (what the tools are,
 * the task), then turns: what the model answered and the results of the tools it asked for. It only
 * grows, but for one thing: when the model's window fills up, the oldest results become one line
 * each (orx_talk_digest). The opening, everything a person or the runner said, what the model said,
 * and the last three turns are never touched.
 *
 * Two ways of saying the same. Models with tool calls get each result as a message of role TOOL
 * that names its call. The others write calls as text (text.h) and get results as what the user
 * says; their messages are joined where one role would speak twice in a row, which many chat
 * templates refuse.
 *
 * Stored as JSON, one array of messages per step: orx_talk_write, orx_talk_read.
 *
 * Threads: one owner at a time.
 */
#ifndef ORX_AGENT_TALK_H
#define ORX_AGENT_TALK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "data/doc.h"

#include <orxaq/provider.h>

/* Turns at the end whose results stay whole. */
#define ORX_TALK_FRESH 3

typedef struct orx_talk_call {
    orx_view id;
    orx_view name;
    orx_view arguments;
} orx_talk_call;

typedef struct orx_talk_message {
    int32_t role; /* ORXAQ_ROLE_* */
    orx_view text;
    orx_view call_id; /* TOOL */
    orx_view tool;    /* whose result it is; empty = it is none */
    bool digested;
    const orx_talk_call *calls; /* ASSISTANT */
    size_t call_count;
} orx_talk_message;

/* {0} is an empty talk. */
typedef struct orx_talk {
    orx_arena arena;
    ORX_VEC(orx_talk_message) messages;
} orx_talk;

void orx_talk_free(orx_talk *talk);

/* Everything is copied. */
void orx_talk_say(orx_talk *talk, int32_t role, orx_view text);
void orx_talk_answer(orx_talk *talk, orx_view text, const orx_talk_call *calls, size_t count);
/* call_id empty: told as text, see above. */
void orx_talk_result(orx_talk *talk, orx_view tool, orx_view call_id, orx_view text);

/* The messages as op TURN wants them; valid until the talk changes. In the arena. */
const orxaq_message *orx_talk_messages(const orx_talk *talk, orx_arena *arena, uint32_t *ret_count);

/* Bytes of all texts, names and arguments: what an estimate of tokens begins with. */
size_t orx_talk_bytes(const orx_talk *talk);

/* Makes one line of the oldest result that is still whole and longer than that line would be.
 * False when there is none, but for the last three turns'. */
bool orx_talk_digest(orx_talk *talk);

/* Appends the messages from `first` on as a JSON array. */
void orx_talk_write(const orx_talk *talk, size_t first, orx_str *out);

/* Appends the messages of such an array. ORX_E_CORRUPT when it is none. */
int orx_talk_read(orx_talk *talk, orx_view json, orx_err *err);

#endif
