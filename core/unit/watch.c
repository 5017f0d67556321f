/* Whether a unit gets on. */
#include "unit/internal.h"

static void look_at_beat(orx_kept *u, orx_file_info *ret_info) {
    *ret_info = (orx_file_info){0};
    if (u->spec.heartbeat_file)
        (void)orx_stat(u->k->p, u->spec.heartbeat_file, ret_info, NULL);
}

void orx_kept_watch_begin(orx_kept *u) {
    look_at_beat(u, &u->beat);
    u->quiet_ns = 0;
}

void orx_kept_progress(orx_kept *u) {
    u->quiet_ns = 0;
}

static bool beat_changed(orx_kept *u) {
    orx_file_info now;
    look_at_beat(u, &now);
    bool changed = now.inode != u->beat.inode || now.size != u->beat.size ||
                   now.mtime_ns != u->beat.mtime_ns || now.ctime_ns != u->beat.ctime_ns;
    u->beat = now;
    return changed;
}

void orx_kept_watch(orx_kept *u, int64_t passed_ns) {
    bool watched = u->m.state == ORX_UNIT_READY || u->m.state == ORX_UNIT_DRAINING;
    if (!u->spec.stale_ns || !watched || !u->proc)
        return;
    u->quiet_ns = beat_changed(u) ? 0 : u->quiet_ns + passed_ns;
    if (u->quiet_ns <= u->spec.stale_ns)
        return;
    orx_log_say(u->log, "supervisor: stale heartbeat: %s made no progress for %lld s; ending it",
                u->spec.name, (long long)(u->quiet_ns / ORX_SEC));
    u->quiet_ns = 0;
    orx_kept_tell(u, ORX_UNIT_HUNG, ORX_UNIT_EXIT_CLEAN);
}
