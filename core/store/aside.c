/* aside.c: what both kinds of projection need around a file: digests, and keeping aside
 * what somebody else wrote. */
#include "store/internal.h"

#include "data/json.h"

#define CHUNK ((size_t)1 << 16)

int orx_digest_file(orx_store *s, const char *path, int64_t size, uint8_t ret_sha[ORX_SHA256_LEN],
                    orx_err *err) {
    orx_file *f;
    int rc = orx_file_open(s->p, path, ORX_OPEN_READ, 0, &f, err);
    if (rc < 0)
        return rc;
    ORX_CLEANUP(orx_freep) char *buf = orx_xmalloc(CHUNK);
    orx_sha256 d;
    orx_sha256_begin(&d);
    int64_t at = 0;
    int64_t n = 0;
    while (size < 0 || at < size) {
        size_t want = size < 0 || size - at > (int64_t)CHUNK ? CHUNK : (size_t)(size - at);
        n = orx_file_read(s->p, f, at, buf, want, err);
        if (n <= 0)
            break;
        orx_sha256_add(&d, buf, (size_t)n);
        at += n;
    }
    orx_sha256_end(&d, n < 0 ? NULL : ret_sha);
    orx_file_close(s->p, f);
    return n < 0 ? (int)n : 0;
}

char *orx_foreign_name(orx_store *s, const char *path) {
    char when[ORX_STAMP_MAX];
    ORX_CLEANUP(orx_str_free) orx_str base = {0};
    orx_stamp(s, when);
    orx_str_addf(&base, "%s.foreign-%s", path, when);
    return orx_free_name(s, orx_str_cstr(&base));
}

static orx_node *about(orx_arena *a, const orx_shown *item) {
    orx_node *body = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, body, "name", item->def->name);
    orx_node_set_str(a, body, "path", item->path);
    return body;
}

int orx_foreign_report(orx_store *s, const orx_shown *item, const char *note, const char *kept,
                       orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *body = about(&a, item);
    orx_node_set_str(&a, body, "note", note);
    if (kept)
        orx_node_set_str(&a, body, "kept", kept);
    orx_event e = {.kind = "projection.foreign", .schema = 1, .body = body};
    return orx_event_append(s, &e, NULL, err);
}

void orx_projection_result(orx_store *s, orx_shown *item, int rc, const orx_err *why) {
    bool news = rc < 0 && !item->failing;
    item->failing = rc < 0;
    if (!news)
        return;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *body = about(&a, item);
    orx_node_set_str(&a, body, "error", why->msg);
    orx_event e = {.kind = "projection.failed", .schema = 1, .body = body};
    (void)orx_event_note(s, &e, NULL);
}
