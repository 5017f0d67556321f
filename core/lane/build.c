/* The build of a lane: what it is started with, as a digest. */
#include "lane/units.h"

#include "base/digest.h"
#include "data/json.h"
#include "platform/files.h"

static void add_node(orx_sha256 *d, const orx_node *n) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_json_write(&text, n, ORX_JSON_CANONICAL);
    orx_sha256_add(d, orx_str_cstr(&text), text.len + 1);
}

/* The file, not its content: another build is another file. */
static void add_program(orx_sha256 *d, orx_platform *p, const char *exe) {
    orx_file_info info = {0};
    if (orx_stat(p, exe, &info, NULL) < 0)
        return;
    const int64_t parts[] = {(int64_t)info.inode, info.size, info.mtime_ns};
    orx_sha256_add(d, parts, sizeof parts);
}

void orx_lane_build(orx_platform *p, const orx_lanes *lanes, const orx_lane *lane,
                    const orx_config *cfg, const char *exe, char out[ORX_LANE_BUILD]) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_config_lane overrides;
    uint8_t digest[ORX_SHA256_LEN];
    orx_sha256 d;
    orx_lane_overrides(lanes, lane, cfg, &a, &overrides);
    orx_sha256_begin(&d);
    add_node(&d, orx_lane_node(lane, &a));
    add_node(&d, overrides.doc);
    add_node(&d, lane->env);
    for (size_t i = 0; i < lane->depends_on.count; i++)
        orx_sha256_add(&d, lane->depends_on.items[i], strlen(lane->depends_on.items[i]) + 1);
    add_program(&d, p, exe);
    orx_sha256_end(&d, digest);
    orx_hex(digest, (ORX_LANE_BUILD - 1) / 2, out);
}

const char *orx_lane_file(const orx_lane *lane, const char *name, orx_arena *arena) {
    return orx_path_join(arena, lane->runtime_dir, name);
}
