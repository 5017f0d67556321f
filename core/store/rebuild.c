/* rebuild.c: `orxaq project rebuild`: every projection anew, whatever the disk holds. */
#include "store/internal.h"

static int rebuild_rows(orx_store *s, orx_rebuild_report *report, orx_err *err) {
    int result = 0;
    for (size_t i = 0; i < s->projector.count; i++) {
        orx_shown *item = &s->projector.items[i];
        if (item->def->kind == ORX_PROJECTION_FILE)
            continue;
        orx_err why = ORX_ERR_INIT;
        int rc = item->def->kind == ORX_PROJECTION_NDJSON
                     ? orx_project_rows_rebuild(s, item, report, &why)
                     : orx_project_folder_rebuild(s, item, report, &why);
        orx_projection_result(s, item, rc, &why);
        if (rc < 0 && result == 0) {
            result = rc;
            if (err)
                *err = why;
        }
    }
    return result;
}

int orx_projection_rebuild(orx_store *s, void (*fn)(const char *path, const char *note, void *user),
                           void *user, orx_err *err) {
    if (s->read_only)
        return orx_err_set(err, ORX_E_DENIED, "%s is open for reading only", s->db_path);
    if (s->in_tx || s->reading || s->projector.flushing)
        return orx_err_set(err, ORX_E_INTERNAL, "%s: projections inside a transaction", s->db_path);
    int rc = orx_lease_hold(s, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return orx_err_set(err, ORX_E_BUSY,
                           "%s: process %lld keeps the projections up to date; stop it first, or "
                           "let it write them",
                           s->db_path, (long long)orx_lease_holder(s));
    rc = orx_projector_look(s, err);
    if (rc < 0)
        return rc;
    orx_rebuild_report report = {.fn = fn, .user = user};
    s->projector.flushing = true;
    rc = orx_project_files(s, true, &report, err);
    int rows = rebuild_rows(s, &report, rc < 0 ? NULL : err);
    s->projector.flushing = false;
    if (rc < 0 || rows < 0)
        return rc < 0 ? rc : rows;
    return report.written;
}
