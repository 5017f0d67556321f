/* The paths in git's index, read without a git: gitformat-index(5). A prompt wants to know which
 * kinds of files there are, for every attempt; that is not worth a process.
 *
 * Versions 2 and 3 are read, the ones git writes unless it is told otherwise. Whatever else there
 * may be - names that are compressed (4), another file with the rest of the entries ("link"),
 * folders that stand for their files ("sdir"), rubbish - is git's to read: then the answer is 0. */
#include "git/internal.h"

enum { HEADER = 12, STAT = 40, MORE_FLAGS = 0x4000, EXTENSION = 8 };

static uint32_t number(const char *p) {
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* The length of the entry at the beginning, whose name is given then; 0 = this is none. The flags
 * follow the object's id, the name follows the flags, and NULs up to the next multiple of eight. */
static size_t entry(orx_view v, size_t id, bool may_have_more, orx_view *ret_name) {
    size_t at = STAT + id + 2;
    if (v.len <= at)
        return 0;
    bool more = (unsigned char)v.p[at - 2] & (MORE_FLAGS >> 8);
    if (more && !may_have_more)
        return 0;
    at += more ? 2 : 0;
    const char *end = v.len > at ? memchr(v.p + at, 0, v.len - at) : NULL;
    if (!end || end == v.p + at)
        return 0;
    *ret_name = (orx_view){v.p + at, (size_t)(end - v.p) - at};
    size_t len = (at + ret_name->len + 8) / 8 * 8;
    return len <= v.len ? len : 0;
}

/* Whether everything behind the entries may be left out: git marks so what it can do without. The
 * digest at the end is not looked at, since git puts a whole new file in the place of the old. */
static bool can_be_left_out(orx_view v, size_t id) {
    while (v.len >= id + EXTENSION) {
        size_t len = EXTENSION + (size_t)number(v.p + 4);
        if (v.p[0] < 'A' || v.p[0] > 'Z' || len > v.len - id)
            return false;
        v = (orx_view){v.p + len, v.len - len};
    }
    return v.len == id;
}

int orx_git_index_names(orx_view bytes, size_t id, size_t max, orx_str *out) {
    orx_view v = bytes;
    if (v.len < HEADER + id || memcmp(v.p, "DIRC", 4) != 0)
        return 0;
    uint32_t version = number(v.p + 4);
    uint32_t count = number(v.p + 8);
    size_t before = out->len;
    if (version != 2 && version != 3)
        return 0;
    v = (orx_view){v.p + HEADER, v.len - HEADER};
    for (uint32_t i = 0; i < count; i++) {
        orx_view name;
        size_t len = entry(v, id, version == 3, &name);
        if (!len) {
            orx_str_truncate(out, before);
            return 0;
        }
        if (out->len - before < max)
            orx_str_add(out, name.p, name.len + 1);
        v = (orx_view){v.p + len, v.len - len};
    }
    if (can_be_left_out(v, id))
        return 1;
    orx_str_truncate(out, before);
    return 0;
}
