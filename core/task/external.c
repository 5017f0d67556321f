/* Dependencies done elsewhere: [K] the dependency-state file is another runner's state.json. */
#include "task/state.h"
#include "task/task.h"

/* Whether some task of the lane still waits for the id. */
static int waited_for(orx_store *s, const char *lane, const char *id, orx_err *err) {
    return orx_task_ask(s,
                        "SELECT 1 FROM task_dep WHERE lane = ?1 AND dep = ?2 AND open = 1 LIMIT 1",
                        lane, id, err);
}

static int close_one(orx_store *s, const char *lane, const orx_node *entry, orx_err *err) {
    const char *status = orx_node_str(orx_node_get(entry, "status"), "");
    if (strcmp(status, "done") != 0)
        return 0;
    int waited = waited_for(s, lane, entry->key.p, err);
    if (waited <= 0)
        return waited;
    int known = orx_task_known(s, lane, entry->key.p, err);
    if (known != 0)
        return known < 0 ? known : 0;
    bool own_tx = !orx_tx_active(s);
    int rc = own_tx ? orx_tx_begin(s, err) : 0;
    if (rc == 0)
        rc = orx_task_dependents(s, lane, entry->key.p, false, err);
    if (rc < 0 && own_tx)
        orx_tx_rollback(s);
    else if (own_tx && orx_tx_commit(s, err) < 0)
        rc = err ? err->code : ORX_E_IO;
    return rc;
}

int orx_task_external_done(orx_store *s, const char *lane, const orx_node *state_file,
                           orx_err *err) {
    int freed = 0;
    ORX_NODE_EACH(state_file, entry) {
        int rc = close_one(s, lane, entry, err);
        if (rc < 0)
            return rc;
        freed += rc;
    }
    return freed;
}
