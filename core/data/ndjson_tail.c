#include "data/ndjson.h"

#include "data/ndjson_row.h"
#include "platform/files.h"

#include "base/vec.h"

#define BLOCK ((size_t)64 << 10)

typedef struct tail {
    orx_platform *p;
    orx_file *f;
    const char *path;
    orx_arena *arena;
    size_t wanted;
    ORX_VEC(const void *) rows; /* of orx_node, newest first */

    orx_str buf;
    int64_t end;   /* what lies before it is still to be read */
    size_t window; /* how much of it is read at a time */
    bool too_long; /* the line that ends behind `end` is longer than any row */
} tail;

static void take_line(tail *t, orx_view line) {
    bool skip = t->too_long || line.len > ORX_NDJSON_LINE_MAX || orx_ndjson_is_blank(line);
    t->too_long = false;
    const orx_node *row;
    if (!skip && orx_ndjson_row(t->arena, t->path, line, 1, &row, NULL) == 0)
        orx_vec_push(&t->rows, row);
}

/* Takes the lines of the window from behind. What is left at its front is the end of a line that
 * began before it. */
static void take_lines(tail *t, int64_t start) {
    size_t len = t->buf.len;
    bool found = false;
    while (t->rows.len < t->wanted) {
        const char *nl = len ? memrchr(t->buf.buf, '\n', len) : NULL;
        if (!nl)
            break;
        size_t at = (size_t)(nl - t->buf.buf);
        take_line(t, orx_view_mem(nl + 1, len - at - 1));
        len = at;
        found = true;
    }
    t->end = start + (int64_t)len;
    if (start == 0 && t->rows.len < t->wanted) {
        take_line(t, orx_view_mem(t->buf.buf, len));
        t->end = 0;
    } else if (found) {
        t->window = BLOCK;
    } else if (len > ORX_NDJSON_LINE_MAX) {
        t->too_long = true;
        t->end = start;
        t->window = BLOCK;
    } else {
        t->window *= 2;
    }
}

static int read_window(tail *t, orx_err *err) {
    int64_t start = t->end > (int64_t)t->window ? t->end - (int64_t)t->window : 0;
    size_t len = (size_t)(t->end - start);
    orx_str_clear(&t->buf);
    int64_t got = orx_file_read(t->p, t->f, start, orx_str_reserve(&t->buf, len), len, err);
    if (got < 0)
        return (int)got;
    if ((size_t)got < len)
        return orx_err_set(
            err, ORX_E_CONFLICT,
            "%s: expected %zu bytes at %lld, found %lld: somebody cut the file while "
            "it was read; try again",
            t->path, len, (long long)start, (long long)got);
    orx_str_commit(&t->buf, len);
    take_lines(t, start);
    return 0;
}

static int read_all(tail *t, orx_err *err) {
    orx_file_info info;
    int rc = orx_file_info_of(t->p, t->f, &info, err);
    if (rc < 0)
        return rc;
    if (info.kind != ORX_FILE_REGULAR)
        return orx_err_set(err, ORX_E_INVALID, "%s: expected a regular file", t->path);
    t->end = info.size;
    while (rc == 0 && t->end > 0 && t->rows.len < t->wanted)
        rc = read_window(t, err);
    return rc;
}

static int hand_out(tail *t, const orx_node ***ret_rows) {
    size_t n = t->rows.len;
    const orx_node **rows = orx_arena_zalloc(t->arena, n + 1, sizeof(void *));
    for (size_t i = 0; i < n; i++)
        rows[i] = t->rows.items[n - 1 - i];
    *ret_rows = rows;
    return (int)n;
}

int orx_ndjson_tail(orx_platform *p, const char *path, int count, orx_arena *arena,
                    const orx_node ***ret_rows, orx_err *err) {
    tail t = {.p = p,
              .path = path,
              .arena = arena,
              .wanted = count > 0 ? (size_t)count : 0,
              .window = BLOCK};
    orx_err why = ORX_ERR_INIT;
    int rc = orx_file_open(p, path, ORX_OPEN_READ, 0, &t.f, &why);
    if (rc == ORX_E_NOT_FOUND)
        return hand_out(&t, ret_rows);
    if (rc < 0)
        return orx_err_set(err, rc, "%s", why.msg);
    rc = read_all(&t, err);
    orx_file_close(p, t.f);
    if (rc == 0)
        rc = hand_out(&t, ret_rows);
    orx_vec_free(&t.rows);
    orx_str_free(&t.buf);
    return rc;
}
