/* shadow.h: a second router that decides, too, and is only written down.
 *
 * With route.shadow every decision is put to that router as well when its attempt is over: the
 * event route.shadowed says whom it would have asked. It never comes near the work. It is asked in
 * a process of its own (`orxaq route shadow`, over simulate.h), beside whatever the runner does
 * next, so one that is slow, hangs, crashes or eats memory delays no call and changes none; after
 * route.shadow_timeout it is ended, and while one is still thinking the next decision is left out.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_SHADOW_H
#define ORX_RUN_SHADOW_H

#include "run/runner.h"

/* Begins to ask it about an attempt that is settled. Nothing without route.shadow, or while routers
 * are off. That it cannot be asked is told once and is no error. */
void orx_run_shadow(orx_try *t);

/* At the end of a run: lets the last one finish, but for a stop. */
void orx_run_shadow_end(orx_runner *r);

#endif
