/* ask_request.h: the request that a question (ask.h) is: its address, its headers, and where its
 * key goes. Threads: any. */
#ifndef ORX_FLEET_ASK_REQUEST_H
#define ORX_FLEET_ASK_REQUEST_H

#include "fleet/ask.h"
#include "platform/http.h"

/* Headers of a configuration's own. */
#define ORX_ASK_HEADERS_MAX 16

typedef struct orx_ask_request {
    const char *url;
    orx_http_header headers[ORX_ASK_HEADERS_MAX + 4];
    size_t count;
} orx_ask_request;

/* What it points to lives in the arena or belongs to the question. ORX_E_DENIED: a key would travel
 * in the clear; ORX_E_INVALID: the address is none. No key is in the message. */
int orx_ask_request_of(const orx_ask *ask, orx_arena *arena, orx_ask_request *q, orx_err *err);

#endif
