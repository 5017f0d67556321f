/* Reading records. */
#include "run/record_read.h"

#include "data/json.h"
#include "platform/files.h"
#include "run/records.h"

#include <stdlib.h>

#define BLOCK           ((size_t)1 << 16)
#define RECORD_LINE_MAX ((size_t)16 << 20)
#define DATA_MAX        ((int64_t)64 << 20)

struct orx_record_reader {
    orx_platform *p;
    orx_arena arena; /* paths */
    char **paths;    /* the files still to be read */
    orx_file *f;
    int64_t at; /* read from it so far */
    orx_str buf;
    size_t pos;  /* in buf: where the present entry begins */
    size_t used; /* bytes of the present entry */
    orx_arena entry;
    int64_t raw; /* bytes of output seen */
    int64_t gap;
    bool complete;
    bool broken;
};

static const orx_doc_limits limits = {
    .max_bytes = RECORD_LINE_MAX, .max_depth = 16, .max_nodes = 200000};

static int open_next(orx_record_reader *r, orx_err *err) {
    orx_file_close(r->p, r->f);
    r->f = NULL;
    r->at = 0;
    return orx_file_open(r->p, *r->paths++, ORX_OPEN_READ | ORX_OPEN_NOFOLLOW, 0, &r->f, err);
}

int orx_record_open(orx_platform *p, const char *state_dir, int64_t attempt, int64_t call,
                    orx_record_reader **ret_reader, orx_err *err) {
    orx_record_reader *r = orx_xcalloc(1, sizeof *r);
    r->p = p;
    int rc = orx_record_files(p, state_dir, attempt, call, &r->arena, &r->paths, NULL, err);
    if (rc == 0 && !*r->paths)
        rc = orx_err_set(err, ORX_E_NOT_FOUND,
                         "attempt %lld has no record of call %lld: it was removed with age or size "
                         "(recording.keep_days, recording.keep_bytes), or never made",
                         (long long)attempt, (long long)call);
    if (rc == 0)
        rc = open_next(r, err);
    if (rc < 0)
        orx_record_close(r);
    else
        *ret_reader = r;
    return rc;
}

/* Reads until so many bytes are there: 1, or 0 when the file ends before. */
static int need(orx_record_reader *r, size_t bytes, orx_err *err) {
    while (r->buf.len - r->pos < bytes) {
        char *to = orx_str_reserve(&r->buf, BLOCK);
        int64_t n = orx_file_read(r->p, r->f, r->at, to, BLOCK, err);
        if (n <= 0)
            return (int)n;
        orx_str_commit(&r->buf, (size_t)n);
        r->at += n;
    }
    return 1;
}

/* The length of the line at the front with its end; 0 = there is no whole line. */
static int read_line(orx_record_reader *r, size_t *ret_len, orx_err *err) {
    size_t seen = 0;
    *ret_len = 0;
    while (seen < RECORD_LINE_MAX) {
        size_t have = r->buf.len - r->pos;
        const char *from = r->buf.buf + r->pos;
        const char *end = have > seen ? memchr(from + seen, '\n', have - seen) : NULL;
        if (end) {
            *ret_len = (size_t)(end - from) + 1;
            return 1;
        }
        seen = have;
        int rc = need(r, seen + 1, err);
        if (rc <= 0)
            return rc;
    }
    return 0;
}

/* {"k":"KIND","t":N,MEMBERS} */
static orx_view members_of(orx_view line) {
    int64_t at = orx_view_find(line, "\"t\":");
    const char *comma = at < 0 ? NULL : memchr(line.p + at, ',', line.len - (size_t)at);
    if (!comma)
        return (orx_view){0};
    const char *end = line.p + line.len;
    while (end > comma && end[-1] != '}')
        end--;
    return end > comma + 1 ? orx_view_mem(comma + 1, (size_t)(end - 1 - (comma + 1)))
                           : (orx_view){0};
}

/* A line that is none, or whose bytes are not all there, ends the record. */
static int parse(orx_record_reader *r, size_t line, orx_record_entry *e, orx_err *err) {
    const orx_node *n = NULL;
    orx_view text = orx_view_mem(r->buf.buf + r->pos, line);
    if (orx_json_parse(&r->entry, "record", text, &limits, &n, NULL) < 0)
        return 0;
    int64_t bytes = orx_node_int(orx_node_get(n, "bytes"), 0);
    if (bytes < 0 || bytes > DATA_MAX)
        return 0;
    r->used = line + (size_t)bytes + (bytes ? 1 : 0);
    int rc = need(r, r->used, err);
    if (rc <= 0)
        return rc;
    *e = (orx_record_entry){.kind = orx_node_str(orx_node_get(n, "k"), ""),
                            .t = orx_node_int(orx_node_get(n, "t"), 0),
                            .line = n,
                            .members = members_of(orx_view_mem(r->buf.buf + r->pos, line)),
                            .data = orx_view_mem(r->buf.buf + r->pos + line, (size_t)bytes)};
    return 1;
}

static void note(orx_record_reader *r, orx_record_entry *e) {
    r->complete = strcmp(e->kind, "end") == 0;
    if (strcmp(e->kind, "out") == 0)
        r->raw += (int64_t)e->data.len;
    if (strcmp(e->kind, "part") != 0)
        return;
    e->gap = orx_record_int(e, "raw") - r->raw;
    e->gap = e->gap > 0 ? e->gap : 0;
    r->gap += e->gap;
    r->raw += e->gap;
}

int orx_record_next(orx_record_reader *r, orx_record_entry *ret_entry, orx_err *err) {
    r->pos += r->used;
    r->used = 0;
    if (r->pos >= BLOCK) {
        orx_str_drop(&r->buf, r->pos);
        r->pos = 0;
    }
    orx_arena_free(&r->entry);
    while (!r->broken) {
        size_t line = 0;
        int rc = read_line(r, &line, err);
        if (rc > 0)
            rc = parse(r, line, ret_entry, err);
        if (rc > 0)
            note(r, ret_entry);
        if (rc != 0)
            return rc;
        r->broken = r->buf.len > r->pos || !*r->paths;
        if (!r->broken && (rc = open_next(r, err)) < 0)
            return rc;
    }
    return 0;
}

bool orx_record_is_complete(const orx_record_reader *r) {
    return r->complete;
}

int64_t orx_record_gap(const orx_record_reader *r) {
    return r->gap;
}

void orx_record_close(orx_record_reader *r) {
    if (!r)
        return;
    orx_file_close(r->p, r->f);
    orx_str_free(&r->buf);
    orx_arena_free(&r->entry);
    orx_arena_free(&r->arena);
    free(r);
}

const char *orx_record_str(const orx_record_entry *e, const char *key) {
    return orx_node_str(orx_node_get(e->line, key), "");
}

int64_t orx_record_int(const orx_record_entry *e, const char *key) {
    return orx_node_int(orx_node_get(e->line, key), 0);
}
