#include "run/lane_lock.h"

#include "data/json.h"
#include "platform/files.h"
#include "platform/proc.h"

#define TEXT_MAX 4096

const char *orx_lane_lock_file(const orx_config *cfg, const char *lane, orx_arena *arena) {
    if (strcmp(lane, "primary") == 0)
        return cfg->paths.lock_file;
    return orx_arena_printf(arena, "%s/lane-%s.lock", cfg->paths.state_dir, lane);
}

void orx_lane_lock_text(orx_platform *p, const char *path, orx_str *out) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char now[ORX_ISO_MAX];
    int64_t pid;
    int64_t start;
    orx_iso_time(orx_wall_ns(p), now);
    orx_pid_self(p, &pid, &start);
    orx_node *n = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, n, "created_at", now);
    orx_node_set_str(&arena, n, "lock_file", path);
    orx_node_set_int(&arena, n, "pid", pid);
    orx_node_set_int(&arena, n, "start", start);
    orx_json_write(out, n, ORX_JSON_PY_INDENT);
    orx_str_addc(out, '\n');
}

/* Whoever holds the lock has written the text, or is about to. */
static orx_lane_holder read_text(orx_platform *p, const char *path) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *n = NULL;
    if (orx_read_file(p, path, TEXT_MAX, &text, NULL) < 0 ||
        orx_json_parse(&arena, "lock", orx_str_view(&text), &orx_limits_config, &n, NULL) < 0)
        return (orx_lane_holder){0};
    return (orx_lane_holder){.pid = orx_node_int(orx_node_get(n, "pid"), 0),
                             .start = orx_node_int(orx_node_get(n, "start"), 0)};
}

bool orx_lane_lock_held(orx_platform *p, const char *path, orx_lane_holder *ret_holder) {
    if (!orx_file_is_locked(p, path))
        return false;
    *ret_holder = read_text(p, path);
    return true;
}
