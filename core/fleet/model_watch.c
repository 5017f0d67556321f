#include "fleet/model_watch.h"

#define PATIENCE 2 /* passes that agree before a server is started again */

const char *orx_model_trouble_word(orx_model_trouble trouble) {
    static const char *const words[] = {"", "server_absent", "model_silent", "model_unloaded"};
    return words[trouble];
}

const char *orx_model_status_word(orx_model_status status) {
    static const char *const words[] = {"healthy",       "restarted",       "restart_failed",
                                        "down_cooldown", "down_no_restart", "down_busy",
                                        "given_up"};
    return words[status];
}

bool orx_model_status_is_fine(orx_model_status status) {
    return status == ORX_MODEL_HEALTHY || status == ORX_MODEL_RESTARTED;
}

orx_model_trouble orx_model_trouble_of(const orx_model_facts *f) {
    if (!f->listed)
        return ORX_MODEL_ABSENT;
    if (f->loaded && f->answers == 0)
        return ORX_MODEL_SILENT;
    return f->tells && !f->loaded && f->wanted && !f->busy ? ORX_MODEL_UNLOADED : ORX_MODEL_WELL;
}

/* After n tries in a row. */
static int64_t wait_sec(const orx_local_watch *policy, int64_t n) {
    int64_t wait = policy->cooldown_sec;
    for (; n > 1 && wait < policy->cooldown_max_sec; n--)
        wait *= 2;
    return wait < policy->cooldown_max_sec ? wait : policy->cooldown_max_sec;
}

static bool is_cooling(const orx_model_memory *m, const orx_local_watch *policy, int64_t now_sec) {
    int64_t age = now_sec - m->tried_sec;
    return m->attempts && m->tried_sec && age >= 0 && age < wait_sec(policy, m->attempts);
}

orx_model_deed orx_model_plan(const orx_model_facts *f, const orx_model_memory *memory,
                              const orx_local_watch *policy, int64_t now_sec,
                              orx_model_status *ret_status) {
    orx_model_trouble trouble = orx_model_trouble_of(f);
    bool by_command = trouble == ORX_MODEL_ABSENT || trouble == ORX_MODEL_SILENT;
    bool unsure = by_command && memory->troubled < PATIENCE;
    *ret_status = trouble == ORX_MODEL_WELL                  ? ORX_MODEL_HEALTHY
                  : by_command && !f->has_command            ? ORX_MODEL_DOWN_NO_RESTART
                  : f->busy                                  ? ORX_MODEL_DOWN_BUSY
                  : memory->attempts >= policy->max_attempts ? ORX_MODEL_GIVEN_UP
                                                             : ORX_MODEL_DOWN_COOLDOWN;
    if (*ret_status != ORX_MODEL_DOWN_COOLDOWN || unsure || is_cooling(memory, policy, now_sec))
        return ORX_MODEL_NOTHING;
    return by_command ? ORX_MODEL_RESTART : ORX_MODEL_LOAD;
}

void orx_model_remember(orx_model_memory *memory, orx_model_deed deed, orx_model_status status,
                        const orx_local_watch *policy, int64_t now_sec) {
    bool fine = orx_model_status_is_fine(status);
    if (fine)
        memory->troubled = 0;
    if (deed != ORX_MODEL_NOTHING) {
        memory->attempts++;
        memory->tried_sec = now_sec;
    } else if (fine && !is_cooling(memory, policy, now_sec)) {
        memory->attempts = 0;
    }
}
