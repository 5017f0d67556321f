#include "git/sim/memory.h"

#include "base/map.h"
#include "git/sim/internal.h"
#include "platform/platform.h"

#include <stdio.h>
#include <stdlib.h>

enum { COMMITS_MAX = 256, COMMIT_BYTES_MAX = 1 << 20, FILES_MAX = 4096 };

typedef struct seen_file {
    orx_file_info info;
    char id[ORX_GIT_SHA];
} seen_file;

struct orx_twin_memory {
    orx_map commits; /* id -> orx_str */
    size_t commit_bytes;
    orx_map files; /* path -> seen_file */
};

static orx_twin_memory *memory_of(orx_git *g) {
    if (!g->memory)
        g->memory = orx_xcalloc(1, sizeof *g->memory);
    return g->memory;
}

static void free_commits(orx_twin_memory *m) {
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&m->commits, &i))) {
        orx_str_free(e->value);
        free(e->value);
    }
    orx_map_free(&m->commits);
    m->commit_bytes = 0;
}

static void free_files(orx_twin_memory *m) {
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&m->files, &i)))
        free(e->value);
    orx_map_free(&m->files);
}

void orx_twin_forget(orx_git *g) {
    if (!g->memory)
        return;
    free_commits(g->memory);
    free_files(g->memory);
    free(g->memory);
    g->memory = NULL;
}

orx_view orx_twin_known_commit(const orx_git *g, const char *id) {
    const orx_str *text = g->memory ? orx_map_get(&g->memory->commits, orx_view_of(id)) : NULL;
    return text ? orx_str_view(text) : (orx_view){0};
}

void orx_twin_keep_commit(orx_git *g, const char *id, orx_view text) {
    orx_twin_memory *m = memory_of(g);
    if (text.len > COMMIT_BYTES_MAX || orx_map_get(&m->commits, orx_view_of(id)))
        return;
    if (m->commits.count == COMMITS_MAX || m->commit_bytes + text.len > COMMIT_BYTES_MAX)
        free_commits(m);
    orx_str *kept = orx_xcalloc(1, sizeof *kept);
    orx_str_addv(kept, text);
    m->commit_bytes += text.len;
    (void)orx_map_put(&m->commits, orx_view_of(id), kept);
}

bool orx_twin_known_file(const orx_git *g, const char *path, const orx_file_info *info,
                         char ret_id[ORX_GIT_SHA]) {
    const seen_file *f = g->memory ? orx_map_get(&g->memory->files, orx_view_of(path)) : NULL;
    if (!f || f->info.inode != info->inode || f->info.device != info->device ||
        f->info.size != info->size || f->info.mtime_ns != info->mtime_ns ||
        f->info.ctime_ns != info->ctime_ns)
        return false;
    memcpy(ret_id, f->id, sizeof f->id);
    return true;
}

void orx_twin_keep_file(orx_git *g, const char *path, const orx_file_info *info, const char *id) {
    orx_twin_memory *m = memory_of(g);
    int64_t now = orx_wall_ns(g->p);
    seen_file *f = orx_map_remove(&m->files, orx_view_of(path));
    free(f);
    if (info->mtime_ns >= now || info->ctime_ns >= now)
        return;
    if (m->files.count == FILES_MAX)
        free_files(m);
    f = orx_xcalloc(1, sizeof *f);
    f->info = *info;
    (void)snprintf(f->id, sizeof f->id, "%s", id);
    (void)orx_map_put(&m->files, orx_view_of(path), f);
}
