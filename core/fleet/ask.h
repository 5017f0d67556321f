/* ask.h: several servers are asked for their models, at the same time.
 *
 * Whoever wants to know which of fifty endpoints are there does not want to wait for the sum of
 * their time limits. A question is a GET, or a POST of JSON, that should be answered by JSON; up to
 * ORX_ASK_AT_ONCE of them are out together, the next starts when one is over, and the whole has a
 * deadline of its own, so that whatever the servers do there is an answer to every question in
 * time. What is kept of an answer is what reports need, and the document itself when the question
 * says so.
 *
 * Secrets. A question may carry a key: in a header, in a parameter of the address (what some
 * servers want), in a header or an address of the configuration's own. None of them appears in an
 * answer; for everything else that is shown there is orx_ask_shown. Over plain http they are not
 * sent to another machine, unless the configuration says so.
 *
 * Threads: the platform's thread; runs the loop.
 */
#ifndef ORX_FLEET_ASK_H
#define ORX_FLEET_ASK_H

#include "base/arena.h"
#include "data/doc.h"
#include "platform/platform.h"

typedef enum orx_ask_auth {
    ORX_ASK_OPEN,    /* no key is sent */
    ORX_ASK_BEARER,  /* Authorization: Bearer KEY */
    ORX_ASK_X_KEY,   /* x-api-key: KEY */
    ORX_ASK_IN_QUERY /* ?key=KEY; to Google's own servers as x-goog-api-key, which they take too */
} orx_ask_auth;

typedef struct orx_ask_header {
    const char *name;
    const char *value;
} orx_ask_header;

/* One question. Strings must live until orx_ask_all returned. */
typedef struct orx_ask {
    const char *url; /* without the key */
    orx_ask_auth auth;
    const char *key; /* NULL or "" = there is none, none is sent */
    const char *user_agent;
    const orx_ask_header *headers;
    size_t header_count;
    int64_t timeout_ns;
    bool plain_http; /* keys may go to another machine in the clear */
    bool skip;       /* do not ask; its answer stays all zero */
    bool keep;       /* the document of an answer that is ok is wanted */
    orx_view body;   /* JSON to POST; empty = GET */
} orx_ask;

/* A member of an answer that should be a list. */
typedef struct orx_ask_list {
    bool there;
    bool list;
    int64_t count; /* of its elements */
} orx_ask_list;

typedef struct orx_answer {
    bool ok;             /* 2xx with JSON that is no error */
    bool http;           /* it has the status of an error */
    bool object;         /* the JSON is an object, with these two members */
    int status;          /* 0 = no answer, or one that cannot be read */
    bool reached;        /* a server may have got the question, whatever came of it */
    int64_t latency_ns;  /* until the answer was there, or was given up */
    orx_ask_list data;   /* as OpenAI and Anthropic say it */
    orx_ask_list models; /* as Google and LM Studio do */
    const orx_node *doc; /* of one that is ok, when it was to be kept; in the arena */
    const char *text;    /* "" when ok: what went wrong, or the beginning of the error's body */
} orx_answer;

/* How many questions are out together, what of an answer is read, and how many characters of an
 * error are kept. */
#define ORX_ASK_AT_ONCE  64
#define ORX_ASK_BODY_MAX ((int64_t)4 << 20)
#define ORX_ASK_TEXT_MAX 300

/* The most questions of a report: with six seconds for each, and nobody there, a hundred seconds.
 */
#define ORX_ASK_COUNT_MAX 1000

/* Asks all, and returns when each has been answered or given up: after the longest of their limits
 * when they can be out together, else after that and count / ORX_ASK_AT_ONCE times as much. answers
 * has count elements; texts live in the arena. Nothing is an error here: what went wrong is an
 * answer. */
void orx_ask_all(orx_platform *p, const orx_ask *asks, size_t count, orx_arena *arena,
                 orx_answer *answers);

/* A text about a question (its address, what its server says) without the keys of the question. */
const char *orx_ask_shown(const orx_ask *ask, orx_view text, orx_arena *arena);

#endif
