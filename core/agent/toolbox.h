/* toolbox.h: the core's end of libexec/orxaq-tools.
 *
 * A toolbox is one tool server: a child under orxaq-exec that works in one tree, confined as its
 * caller says, and carries out one request after the other (platform/tools_protocol.h). It is
 * started when it is made, so that a machine that cannot confine it is known before a model is
 * asked. Should it end, which a command may bring about, the request under way fails and the next
 * one starts it again, a few times.
 *
 * Threads: the platform's thread; the functions wait inside the loop.
 */
#ifndef ORX_AGENT_TOOLBOX_H
#define ORX_AGENT_TOOLBOX_H

#include "base/str.h"
#include "platform/proc.h"
#include "platform/tools_protocol.h"

typedef struct orx_toolbox orx_toolbox;

/* Everything must live until orx_toolbox_free. */
typedef struct orx_toolbox_spec {
    const char *program; /* orxaq-tools, absolute */
    const char *tree;    /* where it works, absolute */
    const char *outputs; /* folder for long results; exists, and is among what may be written */
    const char *const *env;
    orx_confine confine;
    bool network; /* commands may use it */
    int64_t grace_ns;
    /* As in job.h: a server exists and waits; may be NULL. */
    int (*spawned)(void *user, int64_t pid, int64_t start, const char *const *argv, orx_err *err);
    /* Whether waiting should end; may be NULL. */
    bool (*stopped)(void *user);
    void *user;
} orx_toolbox_spec;

/* Starts the server and waits until it is ready. ORX_E_CHILD with its own words when it cannot be:
 * no Landlock, no way to keep commands off the network. */
int orx_toolbox_new(orx_platform *p, const orx_toolbox_spec *spec, orx_toolbox **ret_box,
                    orx_err *err);

/* Sends a request and waits for its reply, at most timeout_ns. 1 = it worked, 0 = it did not; the
 * text in *out (appended, valid UTF-8) is for the model either way. Negative: ORX_E_CANCELLED when
 * stopped, ORX_E_LIMIT when the request is too big, ORX_E_CHILD when the server ended or answered
 * nonsense, ORX_E_TIMEOUT; the server is then gone. */
int orx_toolbox_use(orx_toolbox *box, uint32_t op, const orx_view *fields, size_t count,
                    int64_t timeout_ns, orx_str *out, orx_err *err);

/* Ends the server and all it started, and waits for that. NULL is fine. */
void orx_toolbox_free(orx_toolbox *box);

#endif
