/* How long calls may take: each, and all of an attempt together. */
#include "run/runner.h"

static int64_t shorter_of(int64_t a, int64_t b) {
    return a && (!b || a < b) ? a : b;
}

/* What is left for all calls of the attempt; 0 = any time. Who is called at the very end has a
 * second all the same. */
static int64_t time_left(const orx_try *t) {
    int64_t most = t->r->cfg->route.deadline_ns;
    int64_t left = most - (orx_mono_ns(t->r->p) - t->begun_ns);
    return !most ? 0 : left < ORX_SEC ? ORX_SEC : left;
}

int64_t orx_run_time_limit(const orx_try *t) {
    const orx_run_step *step = t->step;
    int64_t own = step->provider->cfg->timeout_ns;
    int64_t total = own ? own : t->r->cfg->agent.timeout_ns;
    return shorter_of(time_left(t), shorter_of(step->timeout_ns, total));
}

bool orx_run_is_over_time(orx_try *t) {
    int64_t most = t->r->cfg->route.deadline_ns;
    if (!most || orx_mono_ns(t->r->p) - t->begun_ns < most)
        return false;
    if (t->facts.kind != ORXAQ_KIND_OK)
        t->problem =
            orx_arena_printf(&t->arena, "%s; route.deadline is over, so nobody else is asked",
                             t->problem ? t->problem : orx_kind_word(t->facts.kind));
    return true;
}
