/* A git index of any bytes, which an agent may have left: it is left to git with nothing said, or
 * its names come out whole, each a part of the file, and no more of them than were asked for. */
#include "fuzz.h"
#include "git/internal.h"

#include <string.h>

#define ID 20

static void try_with(orx_view bytes, size_t max) {
    static const char before[] = "before";
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_str_adds(&out, before);
    int rc = orx_git_index_names(bytes, ID, max, &out);
    FUZZ_CHECK(rc == 0 || rc == 1);
    FUZZ_CHECK(out.len >= sizeof before - 1 && memcmp(out.buf, before, sizeof before - 1) == 0);
    orx_view rest = {out.buf + sizeof before - 1, out.len - (sizeof before - 1)};
    if (rc == 0) {
        FUZZ_CHECK(rest.len == 0);
        return;
    }
    for (size_t given = 0; rest.len;) {
        const char *end = memchr(rest.p, 0, rest.len);
        FUZZ_CHECK(end && end > rest.p && given < max);
        size_t n = (size_t)(end - rest.p) + 1;
        FUZZ_CHECK(memmem(bytes.p, bytes.len, rest.p, n));
        given += n;
        rest = (orx_view){rest.p + n, rest.len - n};
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    orx_view bytes = orx_view_mem(data, size);
    try_with(bytes, SIZE_MAX);
    try_with(bytes, 10);
    return 0;
}
