/* local_chat.h: a short request to a model at an endpoint, for what measures and warms. Its answer
 * is looked at by who asked; nothing of it goes into a prompt. Threads: as ask.h. */
#ifndef ORX_FLEET_LOCAL_CHAT_H
#define ORX_FLEET_LOCAL_CHAT_H

#include "fleet/local_models.h"

typedef struct orx_local_chat {
    size_t endpoint;
    const char *model;
    const char *prompt;
    int64_t max_tokens;
    double temperature;
    int64_t timeout_ns;
} orx_local_chat;

typedef struct orx_local_said {
    bool ok;
    const char *error; /* "" when ok */
    int64_t latency_ns;
    const char *text;
    const orx_node *usage; /* or NULL */
    bool refused;          /* not asked, since it would not be paid for; error says why */
    bool silent;           /* a model may have worked, and says not for how much */
    int64_t number;        /* of what was reserved for it, and the time of that */
    int64_t begun_ns;
} orx_local_said;

/* All together, as far as they are paid for; said has count elements. */
void orx_local_chat_all(const orx_local_work *w, const orx_local_chat *chats, size_t count,
                        orx_local_said *said);

/* Milliseconds with three decimals [K]. */
double orx_local_ms(int64_t ns);

/* "http_503: ..." of a failed answer, "" of a good one. */
const char *orx_local_error(const orx_answer *a, orx_arena *arena);

#endif
