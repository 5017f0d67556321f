/* One word for a unit [K]. */
#include "unit/health.h"

static const char *const words[] = {
    "ok", "paused", "idle", "unknown", "stopped", "stopped_unexpected", "stale", "error"};

_Static_assert(ORX_ARRAY_LEN(words) == ORX_WORDS, "a word without a name");

const char *orx_unit_word_name(orx_unit_word word) {
    return words[word];
}

bool orx_unit_word_is_fine(orx_unit_word word) {
    return word <= ORX_WORD_UNKNOWN;
}

static bool is_held(const orx_unit_facts *u) {
    return u->off || u->held || (u->known && u->state == ORX_UNIT_PAUSED);
}

/* What a supervisor says goes beyond whether there is a process: one that is between two states
 * will be judged when it has arrived. */
static bool is_on_its_way(const orx_unit_facts *u) {
    return u->known && (u->state == ORX_UNIT_STARTING || u->state == ORX_UNIT_STOPPING ||
                        u->state == ORX_UNIT_DRAINING);
}

static orx_unit_word word_without_process(const orx_unit_facts *u) {
    if (is_held(u))
        return ORX_WORD_PAUSED;
    if (u->known && u->state == ORX_UNIT_IDLE)
        return ORX_WORD_IDLE;
    if (is_on_its_way(u))
        return ORX_WORD_UNKNOWN;
    if (u->tasks.in_progress > 0)
        return ORX_WORD_STOPPED_UNEXPECTED;
    bool failed = u->known && (u->state == ORX_UNIT_FATAL || u->state == ORX_UNIT_BACKOFF);
    if (u->tasks.done > 0 && u->tasks.pending == 0 && u->tasks.blocked == 0 && !failed)
        return ORX_WORD_IDLE;
    return ORX_WORD_STOPPED;
}

orx_unit_word orx_unit_word_of(const orx_unit_facts *u, int64_t stale_sec) {
    if (*u->error)
        return ORX_WORD_ERROR;
    if (!u->running)
        return word_without_process(u);
    if (u->beat_age_sec > stale_sec)
        return ORX_WORD_STALE;
    /* One that told its supervisor that it is ready does not have to prove it by a file. */
    bool ready = u->known && u->state == ORX_UNIT_READY;
    return u->beat_age_sec < 0 && !ready ? ORX_WORD_UNKNOWN : ORX_WORD_OK;
}
