/* control.h: what a client and the supervisor say to each other.
 *
 * A conversation is frames both ways: four bytes of length, most significant first, then so many
 * bytes of JSON. A request is an object with "op"; each gets one answer, an object with "ok" and,
 * if that is false, "error": {"code", "message"}. A client may send several requests; they are
 * answered in order.
 *
 *     {"op": "ping"}                       {"ok": true, "pid": N}, and "overlay" when it has one
 *     {"op": "units"}                      {"ok": true, "units": [{"name", "kind", "state",
 * "cause", "since", "pid", "last_exit", "status", "next_ms", "starts", "failures", "held",
 * "manual"}]}
 *     {"op": "start", "unit": NAME}        also stop, kill, drain, restart, pause, resume
 *                                          and ensure, which starts what should run and does not;
 *                                          the answer has "before": the state it had
 *     {"op": "start", "kind": KIND}        the same for all units of a kind (a start or resume only
 *                                          for those that are not manual); the answer has "units":
 *                                          as above, each with "before", "ok" and maybe "error"
 *     {"op": "look"}                       what units are made of is read again
 *     {"op": "shutdown", "now": BOOL}      the supervisor ends its units, then itself
 *
 * Everything here only sees bytes; who listens and who is asked is somebody else's business, so it
 * can be fed with anything.
 *
 * Threads: any, on separate objects.
 */
#ifndef ORX_UNIT_CONTROL_H
#define ORX_UNIT_CONTROL_H

#include "base/arena.h"
#include "data/doc.h"
#include "unit/keeper.h"

/* The longest request and the longest answer. */
#define ORX_CONTROL_REQUEST_MAX ((size_t)4096)
#define ORX_CONTROL_ANSWER_MAX  ((size_t)16 << 20)

/* Appends a frame. */
void orx_frame_add(orx_str *out, orx_view payload);

/* Whether a whole frame lies at the front of bytes: 1 and the view of its payload, 0 when more has
 * to come, ORX_E_LIMIT when it would be longer than max. It takes 4 + payload.len bytes. */
int orx_frame_at(orx_view bytes, size_t max, orx_view *ret_payload, orx_err *err);

/* Those who are asked. */
typedef struct orx_control {
    /* Here and below the wish ORX_UNIT_EVENTS means: ensure. */
    int (*ask)(const char *unit, orx_unit_event wish, void *user, orx_err *err);
    void (*each)(void (*fn)(const orx_unit_view *unit, void *user), void *fn_user, void *user);
    void (*ask_all)(orx_unit_kind kind, orx_unit_event wish, orx_keeper_done_fn *done,
                    void *done_user, void *user);
    void (*look)(void *user);
    void (*shutdown)(bool now, void *user);
    void *user;
    int64_t pid;
    const char *overlay; /* of its configuration, or NULL */
} orx_control;

/* Answers one request: appends the JSON of the answer, without a frame. Whatever the request is,
 * there is an answer. */
void orx_control_answer(const orx_control *c, orx_view request, orx_str *answer);

/* A unit as the document of an answer. */
orx_node *orx_unit_node(orx_arena *arena, const orx_unit_view *unit);

/* The wish with that name (START to RESUME, ONCE); false when there is none. */
bool orx_unit_wish_parse(const char *name, orx_unit_event *ret_wish);

#endif
