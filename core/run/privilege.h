/* privilege.h: how much the agent of one call may do, decided before the call and recorded with it.
 *
 * Least privilege is the rule: the program works confined, as its provider's `sandbox` says. A
 * valid grant (grant.h) lifts that for the providers and tasks it names: the driver is told
 * ORXAQ_ACCESS_ELEVATED, which it translates into its program's own switches, and the host confines
 * nothing but the operator's key. The decision is made anew for every call, and a call is ended
 * with its grant, by time or by revocation. It is part of the event call.begun, which is on disk
 * before anything runs; the audit log [K] is a projection of it.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_PRIVILEGE_H
#define ORX_RUN_PRIVILEGE_H

#include "platform/proc.h"
#include "run/grant.h"
#include "run/subject.h"

struct orx_try;

typedef struct orx_privilege {
    bool elevated;
    const char *reason;    /* "default_non_admin", "breakglass_denied:CODE", ... */
    const char *file;      /* the grant's; "" when none was looked at */
    const orx_node *grant; /* when elevated */
    const orx_node *args;  /* the policy's arguments, when elevated */
    int64_t left_ns;       /* until the grant ends, when elevated */
} orx_privilege;

/* Decides for the current step of the attempt. Never an error: in doubt the answer is no. */
void orx_run_privilege(struct orx_try *t, orx_privilege *ret_privilege);

/* Whether the grant of the running, elevated call was revoked meanwhile. Looks at most once a
 * second; *last_ns is when, 0 in the beginning. */
bool orx_privilege_revoked(const struct orx_try *t, int64_t *last_ns);

/* The confinement of an elevated call, in place of the usual one. */
void orx_privilege_confine(orx_platform *p, const orx_config *cfg, orx_arena *arena,
                           orx_confine *ret_confine);

/* The folder of the operator's key when there is one on this machine, else NULL. */
const char *orx_operator_hidden(orx_platform *p, const orx_config *cfg, orx_arena *arena);

/* What call.begun says of it; NULL when there is nothing to say. */
orx_node *orx_privilege_node(const orx_privilege *privilege, orx_arena *arena);

/* [K] The audit row of an event call.begun, in the subject's arena. */
orx_node *orx_privilege_decision(orx_subject *u, const orx_event_row *e);

/* Rows of privilege_escalations.ndjson. */
int orx_project_privilege(orx_store *s, void *user, const orx_event_row *e, orx_str *out,
                          orx_err *err);

#endif
