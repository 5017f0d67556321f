#include "lane/relations.h"

#include "base/map.h"

/* ---- Ids and files --------------------------------------------------------------------------- */

static const orx_node *node_of(const orx_lane *lane, const char *key) {
    const orx_node *n = orx_node_get(lane->entry, key);
    return n ? n : lane->entry;
}

static void check_ids(orx_lane_reader *r, orx_lanes *lanes, orx_map *by_id) {
    for (size_t i = 0; i < lanes->count; i++) {
        orx_lane *lane = &lanes->items[i];
        if (lane->problem && strcmp(lane->id, "(no id)") == 0)
            continue;
        const orx_lane *first = orx_map_get(by_id, orx_view_of(lane->id));
        r->lane = lane;
        if (first)
            orx_lane_complain(r, node_of(lane, "id"),
                              "lane %s: this id is used twice, first in %s; only the first counts",
                              lane->id, first->where);
        else
            orx_map_put(by_id, orx_view_of(lane->id), lane);
    }
}

/* Two lanes that write one file would destroy each other's. */
static void check_files(orx_lane_reader *r, orx_lanes *lanes) {
    orx_map taken = {0};
    for (size_t i = 0; i < lanes->count; i++) {
        orx_lane *lane = &lanes->items[i];
        const struct {
            const char *key;
            const char *path;
        } own[] = {{"state_file", lane->state_file},
                   {"heartbeat_file", lane->heartbeat_file},
                   {"lock_file", lane->lock_file},
                   {"conversation_log_file", lane->conversation_log_file},
                   {"metrics_file", lane->metrics_file},
                   {"metrics_summary_file", lane->metrics_summary_file},
                   {"task_queue_state_file", lane->task_queue_state_file},
                   {"worktree_root", lane->worktree_root}};
        r->lane = lane;
        for (size_t k = 0; !lane->problem && k < ORX_ARRAY_LEN(own); k++) {
            const orx_lane *other = orx_map_put(&taken, orx_view_of(own[k].path), lane);
            if (other && other != lane)
                orx_lane_complain(r, node_of(lane, own[k].key),
                                  "lane %s: %s is the same as one of lane %s: %s", lane->id,
                                  own[k].key, other->id, own[k].path);
        }
    }
    orx_map_free(&taken);
}

/* ---- Dependencies ---------------------------------------------------------------------------- */

static void check_names(orx_lane_reader *r, orx_lanes *lanes, const orx_map *by_id) {
    for (size_t i = 0; i < lanes->count; i++) {
        orx_lane *lane = &lanes->items[i];
        r->lane = lane;
        for (size_t k = 0; k < lane->depends_on.count; k++)
            if (!orx_map_get(by_id, orx_view_of(lane->depends_on.items[k])))
                orx_lane_complain(r, node_of(lane, "depends_on"),
                                  "lane %s: depends_on: there is no lane \"%.64s\"", lane->id,
                                  lane->depends_on.items[k]);
    }
}

/* Lanes whose dependencies are all off the list are taken off it, until none can be: what is left
 * waits for itself. */
static void check_circles(orx_lane_reader *r, orx_lanes *lanes, const orx_map *by_id) {
    bool *off = orx_arena_zalloc(r->arena, lanes->count + 1, sizeof *off);
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < lanes->count; i++) {
            const orx_lane *lane = &lanes->items[i];
            bool free = !off[i];
            for (size_t k = 0; free && k < lane->depends_on.count; k++) {
                const orx_lane *on = orx_map_get(by_id, orx_view_of(lane->depends_on.items[k]));
                free = !on || off[on - lanes->items];
            }
            off[i] = off[i] || free;
            again = again || free;
        }
    }
    for (size_t i = 0; i < lanes->count; i++) {
        r->lane = &lanes->items[i];
        if (!off[i])
            orx_lane_complain(r, node_of(r->lane, "depends_on"),
                              "lane %s: depends_on: it waits for itself, by way of %s", r->lane->id,
                              r->lane->depends_on.items[0]);
    }
}

void orx_lanes_relate(orx_lane_reader *r, orx_lanes *lanes) {
    orx_map by_id = {0};
    check_ids(r, lanes, &by_id);
    check_files(r, lanes);
    check_names(r, lanes, &by_id);
    check_circles(r, lanes, &by_id);
    orx_map_free(&by_id);
}

/* ---- Finding one ----------------------------------------------------------------------------- */

static int several(const orx_lanes *lanes, orx_view name, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str names = {0};
    for (size_t i = 0; i < lanes->count && names.len < 300; i++)
        if (orx_view_ieq(orx_view_of(lanes->items[i].id), name))
            orx_str_addf(&names, "%s%s", names.len ? ", " : "", lanes->items[i].id);
    return orx_err_set(err, ORX_E_CONFLICT,
                       "Ambiguous lane id '%.64s': it can be %s; write it "
                       "exactly",
                       name.p, orx_str_cstr(&names));
}

static int none(const orx_lanes *lanes, const char *name, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str names = {0};
    for (size_t i = 0; i < lanes->count && names.len < 300; i++)
        orx_str_addf(&names, "%s%s", names.len ? ", " : "", lanes->items[i].id);
    return orx_err_set(err, ORX_E_NOT_FOUND, "Unknown lane id '%.64s'; %s has %s%s", name,
                       lanes->label, names.len ? "" : "no lanes", orx_str_cstr(&names));
}

int orx_lanes_find(const orx_lanes *lanes, const char *name, const orx_lane **ret_lane,
                   orx_err *err) {
    orx_view wanted = orx_view_trim(orx_view_of(name));
    const orx_lane *alike = NULL;
    size_t count = 0;
    for (size_t i = 0; i < lanes->count; i++) {
        const orx_lane *lane = &lanes->items[i];
        if (orx_view_is(wanted, lane->id)) {
            *ret_lane = lane;
            return 0;
        }
        if (orx_view_ieq(orx_view_of(lane->id), wanted)) {
            alike = lane;
            count++;
        }
    }
    if (count > 1)
        return several(lanes, wanted, err);
    if (!count)
        return none(lanes, name, err);
    *ret_lane = alike;
    return 0;
}
