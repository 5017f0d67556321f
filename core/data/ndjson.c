#include "data/ndjson.h"

#include "data/json.h"
#include "data/json_reader.h"
#include "data/ndjson_row.h"
#include "platform/files.h"

static const orx_doc_limits row_limits = {ORX_NDJSON_LINE_MAX, ORX_DOC_DEPTH_MAX, 1000000};

bool orx_ndjson_is_blank(orx_view line) {
    return orx_view_trim(line).len == 0;
}

int orx_ndjson_row(orx_arena *arena, const char *name, orx_view line, uint32_t number,
                   const orx_node **ret_row, orx_err *err) {
    const orx_node *row = NULL;
    int rc = orx_json_parse_line(arena, name, line, number, &row_limits, &row, err);
    if (rc < 0)
        return rc;
    if (row->kind != ORX_OBJECT)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s:%u:%u: expected an object in every line, found %s", name, row->line,
                           row->column, orx_kind_name(row->kind));
    *ret_row = row;
    return 0;
}

/* A row torn by a crash ends without a newline. What is appended next must not become its rest. */
static int ends_torn(orx_platform *p, const char *path, bool *ret_torn, orx_err *err) {
    orx_file *f = NULL;
    orx_err why = ORX_ERR_INIT;
    int rc = orx_file_open(p, path, ORX_OPEN_READ, 0, &f, &why);
    if (rc == ORX_E_NOT_FOUND)
        return 0;
    if (rc < 0)
        return orx_err_set(err, rc, "%s", why.msg);
    orx_file_info info;
    char last = '\n';
    rc = orx_file_info_of(p, f, &info, err);
    if (rc == 0 && info.size > 0)
        rc = orx_file_read(p, f, info.size - 1, &last, 1, err) < 0 ? ORX_E_IO : 0;
    orx_file_close(p, f);
    if (rc == 0)
        *ret_torn = last != '\n';
    return rc;
}

int orx_ndjson_append(orx_platform *p, const char *path, const orx_node *n, bool sync,
                      orx_err *err) {
    if (n->kind != ORX_OBJECT)
        return orx_err_set(err, ORX_E_INVALID, "%s: expected an object to append, found %s", path,
                           orx_kind_name(n->kind));
    bool torn = false;
    int rc = ends_torn(p, path, &torn, err);
    if (rc < 0)
        return rc;
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    if (torn)
        orx_str_addc(&line, '\n');
    orx_json_write(&line, n, ORX_JSON_PY_LINE);
    if (line.len > ORX_NDJSON_LINE_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "%s: expected a row of at most %zu bytes, found %zu",
                           path, ORX_NDJSON_LINE_MAX, line.len);
    orx_str_addc(&line, '\n');
    return orx_append_file(p, path, orx_str_view(&line), sync, err);
}

int orx_ndjson_each(orx_arena *arena, const char *name, orx_view text, orx_ndjson_fn fn, void *user,
                    ORX_UNUSED orx_err *err) {
    orx_view rest = text.p ? text : orx_view_of("");
    orx_view line;
    int good = 0;
    for (uint32_t number = 1; orx_view_split(&rest, '\n', &line); number++) {
        if (orx_ndjson_is_blank(line))
            continue;
        orx_err why = ORX_ERR_INIT;
        const orx_node *row = NULL;
        if (orx_ndjson_row(arena, name, line, number, &row, &why) == 0)
            good++;
        else if (!rest.p)
            orx_err_wrap(&why, "torn row (no newline at the end)");
        if (!fn(number, row, row ? NULL : why.msg, user))
            break;
    }
    return good;
}
