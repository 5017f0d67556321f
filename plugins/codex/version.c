/* What a version of the program can do. The shapes of its events are not promised to be stable, so
 * only a range is known: what lies below is refused, what lies above is used and said to be new. */
#include "codex.h"

static const codex_version oldest = {0, 152, 0};
static const codex_version newest_tried = {0, 169, 0};
static const codex_version first_server = {0, 152, 0};

static int compare(const codex_version *a, const codex_version *b) {
    int64_t d = a->major != b->major   ? a->major - b->major
                : a->minor != b->minor ? a->minor - b->minor
                                       : a->patch - b->patch;
    return (d > 0) - (d < 0);
}

/* The number at *at, at most 9 digits; 0 when there is none. */
static int number(orxaq_view text, uint64_t *at, int64_t *ret_number) {
    uint64_t begin = *at;
    int64_t n = 0;
    while (*at < text.len && *at - begin < 9 && text.data[*at] >= '0' && text.data[*at] <= '9')
        n = n * 10 + (text.data[(*at)++] - '0');
    *ret_number = n;
    return *at > begin;
}

static int point(orxaq_view text, uint64_t *at) {
    if (*at >= text.len || text.data[*at] != '.')
        return 0;
    ++*at;
    return 1;
}

int codex_version_parse(orxaq_view text, codex_version *ret_version) {
    for (uint64_t i = 0; i < text.len; i++) {
        codex_version v;
        uint64_t at = i;
        if (i > 0 && text.data[i - 1] != ' ' && text.data[i - 1] != 'v')
            continue;
        if (number(text, &at, &v.major) && point(text, &at) && number(text, &at, &v.minor) &&
            point(text, &at) && number(text, &at, &v.patch)) {
            *ret_version = v;
            return 1;
        }
    }
    return 0;
}

int codex_version_known(const codex_version *v) {
    if (compare(v, &oldest) < 0)
        return CODEX_TOO_OLD;
    return compare(v, &newest_tried) > 0 ? CODEX_NEWER : CODEX_TRIED;
}

int codex_version_has_server(const codex_version *v) {
    return compare(v, &first_server) >= 0;
}

static void add(codex_buf *out, const codex_version *v) {
    codex_buf_addi(out, v->major);
    codex_buf_adds(out, ".");
    codex_buf_addi(out, v->minor);
    codex_buf_adds(out, ".");
    codex_buf_addi(out, v->patch);
}

void codex_version_complain(const codex_version *v, codex_buf *out) {
    codex_buf_adds(out, "unsupported version: this is codex ");
    add(out, v);
    codex_buf_adds(out, ", and the driver knows ");
    add(out, &oldest);
    codex_buf_adds(out, " to ");
    add(out, &newest_tried);
    codex_buf_adds(out, codex_version_known(v) == CODEX_TOO_OLD
                            ? "; install a newer one (npm install -g @openai/codex)"
                            : "; it is used all the same");
}
