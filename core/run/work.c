/* What an attempt left in the working tree, as one digest: equal digests are equal work. */
#include "run/runner.h"

#include "base/digest.h"

#include <stdio.h>

/* Larger trees of changes are not compared. */
#define FILE_MAX ((size_t)16 << 20)
#define WORK_MAX ((size_t)64 << 20)

static void add_entry(orx_sha256 *d, const orx_git_entry *e, orx_view content) {
    char head[96];
    int n = snprintf(head, sizeof head, "%d %o %zu ", (int)e->kind, (unsigned)e->mode, content.len);
    orx_sha256_add(d, head, (size_t)n);
    orx_sha256_add(d, e->path, strlen(e->path) + 1);
    orx_sha256_add(d, content.p, content.len);
}

/* The bytes of a changed file, or what a link points to; nothing for what is no file (a deleted
 * one, a repository inside). */
static int content_of(orx_try *t, const orx_git_entry *e, orx_str *out) {
    const char *path = orx_path_join(&t->arena, orx_git_root(t->provider->git), e->path);
    orx_file_info info;
    if (e->kind == ORX_GIT_DELETED || orx_lstat(t->r->p, path, &info, NULL) < 0)
        return 0;
    if (info.kind == ORX_FILE_SYMLINK) {
        (void)orx_realpath(t->r->p, path, out, NULL); /* a broken link is just a link */
        return 0;
    }
    return info.kind == ORX_FILE_REGULAR ? orx_read_file(t->r->p, path, FILE_MAX, out, NULL) : 0;
}

int orx_run_work(orx_try *t, const orx_git_changes *changes, char ret_hex[ORX_SHA256_HEX]) {
    orx_sha256 d;
    uint8_t digest[ORX_SHA256_LEN];
    size_t total = 0;
    int rc = 0;
    orx_sha256_begin(&d);
    for (size_t i = 0; rc == 0 && i < changes->count; i++) {
        ORX_CLEANUP(orx_str_free) orx_str content = {0};
        rc = content_of(t, &changes->entries[i], &content);
        total += content.len;
        if (total > WORK_MAX)
            rc = ORX_E_LIMIT;
        add_entry(&d, &changes->entries[i], orx_str_view(&content));
    }
    orx_sha256_end(&d, digest);
    if (rc < 0)
        ret_hex[0] = '\0';
    else
        orx_hex(digest, sizeof digest, ret_hex);
    return rc;
}
