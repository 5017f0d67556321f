/* States of tasks from files: the predecessor's state.json at a lane's first start, and a
 * checkpoint that a person names. */
#include "run/runner.h"

#include "data/json.h"

static int read_document(orx_runner *r, const char *path, orx_arena *arena, const orx_node **ret,
                         orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    int rc = orx_read_file(r->p, path, orx_limits_data.max_bytes, &bytes, err);
    return rc < 0 ? rc
                  : orx_json_parse(arena, path, orx_str_view(&bytes), &orx_limits_data, ret, err);
}

static void tell_taken(orx_runner *r, int taken, const char *path) {
    orx_run_tell(r, ORX_NOTE_RECOVERED, NULL, true, "took over the state of %d task%s from %s",
                 taken, taken == 1 ? "" : "s", path);
}

int orx_run_import_state(orx_runner *r, orx_err *err) {
    const char *path = r->cfg->paths.state_file;
    if (!orx_exists(r->p, path))
        return 0;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *root = NULL;
    int rc = read_document(r, path, &arena, &root, err);
    if (rc == 0)
        rc = orx_task_import_state(r->s, r->lane, path, root, err);
    if (rc > 0)
        tell_taken(r, rc, path);
    return rc < 0 ? rc : 0;
}

/* {"run_id": .., "cycle": .., "state": {..}}, or the states themselves. */
static const orx_node *states_in(const orx_node *root) {
    bool framed = orx_node_get(root, "run_id") || orx_node_get(root, "cycle");
    return framed ? orx_node_get(root, "state") : root;
}

int orx_run_resume_checkpoint(orx_runner *r, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *root = NULL;
    int rc = read_document(r, path, &arena, &root, err);
    if (rc < 0)
        return rc;
    const orx_node *states = states_in(root);
    if (!states || states->kind != ORX_OBJECT)
        return orx_err_set(
            err, ORX_E_INVALID,
            "%s is no checkpoint: expected an object with run_id, cycle and an object "
            "`state`, or a copy of state.json",
            path);
    rc = orx_task_import_newer(r->s, r->lane, path, states, err);
    if (rc < 0)
        return rc;
    tell_taken(r, rc, path);
    return 0;
}
