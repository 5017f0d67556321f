/* push.h: delivered commits go to the remote by themselves (git.auto_push).
 *
 * Between attempts the repositories that were worked in are looked at: what is ahead of the
 * upstream is pushed and verified, or pushed for the first time when there is a remote and no
 * upstream. A protected branch is left for codex/OWNER-REPOSITORY before anything is pushed. One
 * repository is pushed at most once in 30 s or git.auto_push_interval, whichever is longer; what is
 * then still here goes out when the run ends. Nothing is forced, no hook is skipped, no address
 * that git or a remote prints is used. A repository without a remote is left in peace.
 *
 * The event of a push (push.pushed) names the attempts whose commits went out with it, of this run.
 *
 * A push that fails is told and recorded (push.error) and tried again after the interval; it costs
 * no task anything.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_PUSH_H
#define ORX_RUN_PUSH_H

#include "run/runner.h"

/* Something may have been delivered: the repository is due for a look. With a commit, the attempt
 * is named by the event of the push that takes it out. */
void orx_run_push_note(orx_runner *r, orx_provider *provider, int64_t attempt, const char *commit);

/* Pushes what is due; with `all` without regard to the interval. Not while an attempt is open. */
void orx_run_push(orx_runner *r, bool all);

#endif
