/* orxaq/responder.h: the capability "orxaq.responder/1": somebody who answers questions of others.
 *
 * A router's plan is for the host that asked. There are programs besides which want to be told what
 * a policy would choose, over HTTP, in a form of their own: the predecessor's `POST /route` is one.
 * A responder gives that answer. It is a plain function like a router: it reads one JSON object and
 * writes one, at once and without effects.
 *
 * The host does everything around it: listening, the limits of what is sent, refusing what is no
 * JSON object, the status of the answer, and making a new instance when the settings have changed.
 * So a responder never sees a byte of HTTP. What it does not understand in a question is for it to
 * read as if it were missing; a negative code means that no answer is possible, and the one who
 * asked is told just that.
 */
#ifndef ORXAQ_RESPONDER_H
#define ORXAQ_RESPONDER_H

#include <orxaq/host.h>

#define ORXAQ_RESPONDER_1 "orxaq.responder/1"

/* Where the answer goes. json: the text of one JSON object, as json.finish (host.h) gives it; it is
 * copied before the function returns [call]. To be called exactly once. It returns 0, or
 * ORXAQ_E_INVALID for what is no object, ORXAQ_E_LIMIT beyond 16 MiB. */
typedef struct orxaq_reply orxaq_reply;
struct orxaq_reply {
    uint32_t struct_size;
    uint32_t reserved;
    int32_t (*json)(const orxaq_reply *reply, orxaq_view text);
};

/* version: the form and the meaning of the answers, for those who ask whether they can use them; 1
 * to 64 bytes [plugin]. answer: question is a map [call]. Both are required. */
typedef struct orxaq_responder {
    uint32_t struct_size;
    uint32_t reserved;
    const char *version;
    int32_t (*answer)(void *instance, const orxaq_value *question, const orxaq_reply *reply);
} orxaq_responder;

#endif
