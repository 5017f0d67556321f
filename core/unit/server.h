/* server.h: the supervisor's end of the control socket.
 *
 * Every connection is one conversation of control.h. Limits: ORX_CONTROL_CONNS connections at a
 * time, further ones are closed at once; a connection that says nothing for half a minute is
 * closed, as is one that breaks the framing.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_UNIT_SERVER_H
#define ORX_UNIT_SERVER_H

#include "unit/control.h"

#define ORX_CONTROL_CONNS 256

typedef struct orx_control_server orx_control_server;

/* Listens at path (whose folder exists) and answers through *control, which is copied. */
int orx_control_server_new(orx_platform *p, const char *path, const orx_control *control,
                           orx_control_server **ret_server, orx_err *err);

/* Closes everything after what is under way was sent, and removes the path. NULL is fine. */
void orx_control_server_free(orx_control_server *s);

/* ---- The other end (client.c) ---------------------------------------------------------------- */

/* Sends one request to the supervisor that listens at path and waits for its answer, at most
 * timeout_ns. The answer's "error" becomes an error here, with its code. ORX_E_NOT_FOUND with
 * *ret_answer untouched: nobody listens. ret_answer may be NULL. */
int orx_control_call(orx_platform *p, const char *path, const orx_node *request, int64_t timeout_ns,
                     orx_arena *arena, const orx_node **ret_answer, orx_err *err);

#endif
