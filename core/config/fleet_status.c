#include "config/fleet_status.h"

#include "base/address.h"
#include "data/json.h"
#include "platform/files.h"

#define FILE_MAX ((size_t)16 << 20)

static orx_fleet_endpoint *by_key(const orx_fleet_status *s, orx_view key) {
    for (size_t i = 0; i < s->count; i++)
        if (orx_view_is(key, s->items[i].key))
            return &s->items[i];
    return NULL;
}

const orx_fleet_endpoint *orx_fleet_find(const orx_fleet_status *status, const char *url) {
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    if (!orx_address_key(orx_view_of(url), &key))
        return NULL;
    return by_key(status, orx_str_view(&key));
}

/* The entry of a row's base_url, made when it is new; NULL when there is none to be had. */
static orx_fleet_endpoint *entry(orx_fleet_status *s, orx_arena *arena, const orx_node *row) {
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    const char *url = orx_node_str(orx_node_get(row, "base_url"), "");
    if (!orx_address_key(orx_view_of(url), &key))
        return NULL;
    orx_fleet_endpoint *e = by_key(s, orx_str_view(&key));
    if (e || s->count == ORX_FLEET_MAX)
        return e;
    e = &s->items[s->count++];
    e->key = orx_arena_dup(arena, orx_str_view(&key));
    e->url = orx_arena_strdup(arena, url);
    return e;
}

static void take_parallel(orx_fleet_endpoint *e, const orx_node *row, const char *key) {
    int64_t n = orx_node_int(orx_node_get(row, key), 0);
    if (n > 0 && (!e->parallel || n < e->parallel))
        e->parallel = n;
}

static void read_probe(orx_fleet_status *s, orx_arena *arena, const orx_node *rows) {
    ORX_NODE_EACH(rows, row) {
        orx_fleet_endpoint *e = entry(s, arena, row);
        if (!e)
            continue;
        e->sick = !orx_node_bool(orx_node_get(row, "ok"), true);
        take_parallel(e, row, "max_parallel");
    }
}

static void read_scan(orx_fleet_status *s, orx_arena *arena, const orx_node *rows) {
    ORX_NODE_EACH(rows, row) {
        orx_fleet_endpoint *e = entry(s, arena, row);
        int64_t tokens = orx_node_int(orx_node_get(row, "max_context_tokens_success"), 0);
        if (e && tokens > 0)
            e->context_tokens = tokens;
        if (e)
            take_parallel(e, row, "recommended_parallel");
    }
}

int orx_fleet_status_read(orx_platform *p, const char *path, orx_arena *arena,
                          orx_fleet_status *ret_status, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena scratch = {0};
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    const orx_node *root = NULL;
    orx_fleet_status s = {0};
    int rc = orx_exists(p, path) ? orx_read_file(p, path, FILE_MAX, &bytes, err) : 1;
    if (rc == 0)
        rc = orx_json_parse(&scratch, path, orx_str_view(&bytes), &orx_limits_data, &root, err);
    if (rc < 0)
        return rc;
    s.items = orx_arena_zalloc(arena, ORX_FLEET_MAX, sizeof *s.items);
    read_probe(&s, arena, orx_node_path(root, "probe.endpoints"));
    read_scan(&s, arena, orx_node_path(root, "capability_scan.summary.by_endpoint"));
    read_scan(&s, arena, orx_node_path(root, "capability_scan.endpoints"));
    *ret_status = s;
    return 0;
}
