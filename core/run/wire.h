/* wire.h: what a model server's answer says about itself: model, tokens, when to come back.
 *
 * The answers read are those of OpenAI's chat completions and responses, Anthropic's messages and
 * Gemini's generateContent, whole or streamed as server-sent events (Gemini: or as one array). They
 * are told apart by what is in them, not by the address, so an aggregator in between does not
 * matter; an answer of another kind says nothing, which is no error.
 *
 * The classes are those of orxaq_usage: fresh input without what came from or went into a cache,
 * output without reasoning. Numbers that are negative or absurd are not believed.
 *
 * Threads: one owner at a time.
 */
#ifndef ORX_RUN_WIRE_H
#define ORX_RUN_WIRE_H

#include "data/doc.h"
#include "plugin/frame.h"

typedef enum orx_token_class {
    ORX_TOKENS_INPUT,
    ORX_TOKENS_CACHE_READ,
    ORX_TOKENS_CACHE_WRITE,
    ORX_TOKENS_OUTPUT,
    ORX_TOKENS_REASONING,
    ORX_TOKEN_CLASSES
} orx_token_class;

typedef struct orx_wire {
    char model[128];                   /* that answered; "" = not stated */
    int64_t tokens[ORX_TOKEN_CLASSES]; /* -1 = not stated */
} orx_wire;

void orx_wire_init(orx_wire *w);

/* Whether it states any tokens. */
bool orx_wire_stated(const orx_wire *w);

/* Takes what one JSON value says: an answer, or the data of one event of a stream; later ones win.
 */
void orx_wire_read(orx_wire *w, const orx_node *doc);

/* Adds the tokens of one to those of another. */
void orx_wire_add(orx_wire *sum, const orx_wire *w);

/* The value of a Retry-After header in milliseconds from now: a number of seconds, or a date of RFC
 * 9110. -1 = it is neither; never more than a year. */
int64_t orx_wire_retry_after(orx_view value, int64_t wall_now_ns);

/* A body as it passes by. */
typedef struct orx_wire_body {
    orx_wire said;
    bool streamed;
    orx_framer framer; /* streamed */
    orx_str whole;     /* not streamed */
    bool too_long;     /* it was not kept */
} orx_wire_body;

/* The body must stay where it is until it is freed. */
void orx_wire_begin(orx_wire_body *b, orx_view content_type);
void orx_wire_bytes(orx_wire_body *b, orx_view bytes);
/* The end: `said` is complete. */
void orx_wire_end(orx_wire_body *b);
void orx_wire_free(orx_wire_body *b);

#endif
