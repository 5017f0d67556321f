/* text.h: tool calls as text, for models that have none of their own.
 *
 * The model is told to write a call as a block of its answer:
 *
 *     ```tool
 *     {"name": "read_file", "arguments": {"path": "src/a.c"}}
 *     ```
 *
 * Several blocks are several calls. <tool_call>{...}</tool_call> means the same: many models were
 * trained on it and write it whatever they are told, also when their server should have taken it
 * out. Blocks of other kinds are text.
 *
 * Threads: any.
 */
#ifndef ORX_AGENT_TEXT_H
#define ORX_AGENT_TEXT_H

#include "agent/talk.h"

/* At most this many calls of one answer are understood. */
#define ORX_TEXT_CALLS_MAX 64

/* Finds the calls of an answer; they live in the arena. One whose JSON is broken, or that names no
 * tool, has an empty name and the broken text as arguments, so that the model can be told. */
size_t orx_text_calls(orx_view answer, orx_arena *arena, const orx_talk_call **ret_calls);

/* Appends how to call tools this way. */
void orx_text_explain(orx_str *out);

#endif
