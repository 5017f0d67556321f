/* Verdicts and the file they are kept in. */
#include "plugin/verdict.h"

#include "base/map.h"
#include "data/json.h"
#include "plugin/verdicts.h"

#include <stdlib.h>

#define ENTRIES_MAX 1000
#define PLACE_PARTS 5
#define FILE_MAX    ((size_t)4 << 20)

static orx_verdict *verdict_new(orx_arena *arena, const char *reason, bool keep, bool settled) {
    size_t len = strlen(reason);
    orx_verdict *verdict = orx_arena_alloc(arena, sizeof *verdict + len + 1);
    verdict->keep = keep;
    verdict->settled = settled;
    memcpy(verdict->reason, reason, len + 1);
    return verdict;
}

/* What is the same as long as nobody writes to the file. */
static char *place_of(orx_arena *arena, const orx_trusted_file *f) {
    return orx_arena_printf(arena, "%llu:%llu:%lld:%lld:%lld", (unsigned long long)f->info.device,
                            (unsigned long long)f->info.inode, (long long)f->info.size,
                            (long long)f->info.mtime_ns, (long long)f->info.ctime_ns);
}

/* What has to be the same for a verdict to count. */
static char *key_of(const orx_verdicts *v, orx_arena *arena, const orx_trusted_file *f) {
    return orx_arena_printf(arena, "%s:%s:%s", place_of(arena, f), f->sha256, v->build);
}

/* Keeps the digest that a key of ours holds: DEVICE:INODE:SIZE:WRITTEN:CHANGED:SHA256:BUILD. */
static void learn_digest(orx_verdicts *v, const char *key) {
    const char *at = key;
    for (int i = 0; i < PLACE_PARTS && at; i++)
        at = strchr(i ? at + 1 : at, ':');
    if (!at || strspn(at + 1, "0123456789abcdef") != ORX_SHA256_HEX - 1)
        return;
    orx_map_put(&v->digests, orx_view_mem(key, (size_t)(at - key)),
                orx_arena_dup(&v->arena, orx_view_mem(at + 1, ORX_SHA256_HEX - 1)));
}

static void load(orx_verdicts *v) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *root = NULL;
    if (!v->file || orx_read_file(v->p, v->file, FILE_MAX, &text, NULL) < 0 ||
        orx_json_parse(&arena, v->file, orx_str_view(&text), &orx_limits_config, &root, NULL) < 0)
        return;
    ORX_NODE_EACH(orx_node_get(root, "verdicts"), it) {
        const char *key = orx_node_str(orx_node_get(it, "file"), NULL);
        const char *reason = orx_node_str(orx_node_get(it, "reason"), NULL);
        bool settled = orx_node_bool(orx_node_get(it, "settled"), false);
        if (!key || !reason)
            continue;
        orx_map_put(&v->reasons, orx_view_of(key), verdict_new(&v->arena, reason, true, settled));
        if (settled)
            learn_digest(v, key);
    }
}

static void save(orx_verdicts *v) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_node *root = orx_node_new(&arena, ORX_OBJECT);
    orx_node *list = orx_node_new(&arena, ORX_ARRAY);
    orx_node_set(&arena, root, "verdicts", list);
    size_t skip = v->reasons.count > ENTRIES_MAX ? v->reasons.count - ENTRIES_MAX : 0;
    const orx_map_entry *e;
    for (size_t i = 0; (e = orx_map_next(&v->reasons, &i));) {
        const orx_verdict *verdict = e->value;
        if (skip > 0 || !verdict->keep) {
            skip -= skip > 0;
            continue;
        }
        orx_node *entry = orx_node_new(&arena, ORX_OBJECT);
        orx_node_set_str(&arena, entry, "file", e->key);
        orx_node_set_str(&arena, entry, "reason", verdict->reason);
        orx_node_set_bool(&arena, entry, "settled", verdict->settled);
        orx_node_push(list, entry);
    }
    orx_json_write(&text, root, ORX_JSON_OURS_PRETTY);
    orx_str_addc(&text, '\n');
    (void)orx_write_replace(v->p, v->file, orx_str_view(&text), 0600, NULL);
}

orx_verdicts *orx_verdicts_new(orx_platform *p, const char *file, const char *build) {
    orx_verdicts *v = orx_xcalloc(1, sizeof *v);
    v->p = p;
    v->file = orx_arena_strdup(&v->arena, file);
    v->build = orx_arena_strdup(&v->arena, build);
    load(v);
    return v;
}

void orx_verdicts_free(orx_verdicts *v) {
    if (!v)
        return;
    if (v->file && v->changed)
        save(v);
    orx_map_free(&v->reasons);
    orx_map_free(&v->digests);
    orx_arena_free(&v->arena);
    free(v);
}

const char *orx_verdicts_get(const orx_verdicts *v, const orx_trusted_file *file) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_verdict *verdict = orx_map_get(&v->reasons, orx_view_of(key_of(v, &arena, file)));
    return verdict ? verdict->reason : NULL;
}

bool orx_verdicts_digest(const orx_verdicts *v, orx_trusted_file *file) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *sha256 = orx_map_get(&v->digests, orx_view_of(place_of(&arena, file)));
    if (!sha256)
        return false;
    memcpy(file->sha256, sha256, sizeof file->sha256);
    file->settled = true;
    return true;
}

void orx_verdicts_settle(orx_verdicts *v, const orx_trusted_file *file) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *key = key_of(v, &arena, file);
    orx_verdict *verdict = orx_map_get(&v->reasons, orx_view_of(key));
    if (!verdict || verdict->settled || !file->settled)
        return;
    verdict->settled = true;
    v->changed = v->changed || verdict->keep;
    learn_digest(v, key);
}

void orx_verdicts_put(orx_verdicts *v, const orx_trusted_file *file, const char *reason,
                      bool keep) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *key = key_of(v, &arena, file);
    orx_map_put(&v->reasons, orx_view_of(key), verdict_new(&v->arena, reason, keep, file->settled));
    if (file->settled)
        learn_digest(v, key);
    v->changed = v->changed || keep;
}
