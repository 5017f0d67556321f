/* Verdicts and the file they are kept in. */
#include "plugin/verdict.h"

#include "base/map.h"
#include "data/json.h"
#include "plugin/verdicts.h"

#include <stdlib.h>

#define ENTRIES_MAX 1000
#define FILE_MAX    ((size_t)4 << 20)

static orx_verdict *verdict_new(orx_arena *arena, const char *reason, bool keep) {
    size_t len = strlen(reason);
    orx_verdict *verdict = orx_arena_alloc(arena, sizeof *verdict + len + 1);
    verdict->keep = keep;
    memcpy(verdict->reason, reason, len + 1);
    return verdict;
}

/* What has to be the same for a verdict to count. */
static char *key_of(const orx_verdicts *v, orx_arena *arena, const orx_trusted_file *f) {
    return orx_arena_printf(arena, "%llu:%llu:%lld:%lld:%s:%s", (unsigned long long)f->info.device,
                            (unsigned long long)f->info.inode, (long long)f->info.size,
                            (long long)f->info.mtime_ns, f->sha256, v->build);
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
        if (key && reason)
            orx_map_put(&v->reasons, orx_view_of(key), verdict_new(&v->arena, reason, true));
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
    orx_arena_free(&v->arena);
    free(v);
}

const char *orx_verdicts_get(const orx_verdicts *v, const orx_trusted_file *file) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_verdict *verdict = orx_map_get(&v->reasons, orx_view_of(key_of(v, &arena, file)));
    return verdict ? verdict->reason : NULL;
}

void orx_verdicts_put(orx_verdicts *v, const orx_trusted_file *file, const char *reason,
                      bool keep) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_map_put(&v->reasons, orx_view_of(key_of(v, &arena, file)),
                verdict_new(&v->arena, reason, keep));
    v->changed = v->changed || keep;
}
