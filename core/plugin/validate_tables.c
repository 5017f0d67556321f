/* Checks of the capability tables. */
#include "plugin/validate_trial.h"

static const char *const known_ids[] = {ORXAQ_PROVIDER_1, ORXAQ_ROUTER_1, ORXAQ_SINK_1,
                                        ORXAQ_INGEST_1, ORXAQ_RESPONDER_1};

static int expect_null(orx_trial *t, const char *id, orx_err *err) {
    if (!t->raw->capability(id))
        return 0;
    return orx_fails(err,
                     "the module has a table for the capability \"%s\"; expected NULL for every "
                     "id that is not exactly its own",
                     id);
}

int orx_check_unknown_id(orx_trial *t, orx_err *err) {
    static const char *const ids[] = {"", "orxaq.nothing/1", "orxaq.provider/99", "x"};
    int rc = orx_trial_query(t, err);
    for (size_t i = 0; i < ORX_ARRAY_LEN(ids) && rc >= 0; i++)
        rc = expect_null(t, ids[i], err);
    return rc;
}

int orx_check_exact_id(orx_trial *t, orx_err *err) {
    int rc = orx_trial_query(t, err);
    for (size_t i = 0; i < ORX_ARRAY_LEN(known_ids) && rc >= 0; i++) {
        const char *id = known_ids[i];
        const char *wrong[] = {orx_arena_printf(&t->arena, "%sx", id),
                               orx_arena_printf(&t->arena, "%s0", id),
                               orx_arena_printf(&t->arena, " %s", id),
                               orx_arena_printf(&t->arena, "%.*s", (int)strlen(id) - 2, id),
                               orx_arena_printf(&t->arena, "O%s", id + 1)};
        for (size_t j = 0; j < ORX_ARRAY_LEN(wrong) && rc >= 0; j++)
            rc = expect_null(t, wrong[j], err);
    }
    return rc;
}

int orx_check_table_stable(orx_trial *t, orx_err *err) {
    int rc = orx_trial_query(t, err);
    for (size_t i = 0; i < ORX_ARRAY_LEN(known_ids) && rc >= 0; i++) {
        const void *first = t->raw->capability(known_ids[i]);
        for (int j = 0; j < 3 && rc >= 0; j++)
            if (t->raw->capability(known_ids[i]) != first)
                rc = orx_fails(err,
                               "asked again for %s, the module gives another table; expected "
                               "the same constant one each time",
                               known_ids[i]);
    }
    return rc;
}

/* ---- What is in them ------------------------------------------------------------------------- */

static int check_size(const char *what, const void *table, size_t least, orx_err *err) {
    if (!table)
        return 0;
    if ((uintptr_t)table % sizeof(void *) != 0)
        return orx_fails(err, "the table %s is not aligned", what);
    uint32_t size;
    memcpy(&size, table, sizeof size);
    if (size >= least && size <= ORX_ABI_TABLE_MAX)
        return 0;
    return orx_fails(err, "the table %s says it has %u bytes; expected %zu to %d", what, size,
                     least, ORX_ABI_TABLE_MAX);
}

int orx_check_table_sizes(orx_trial *t, orx_err *err) {
    int rc = orx_trial_query(t, err);
    if (rc < 0)
        return rc;
    const orxaq_provider *provider = t->raw->capability(ORXAQ_PROVIDER_1);
    const orxaq_sink *sink = t->raw->capability(ORXAQ_SINK_1);
    const orxaq_ingest *ingest = t->raw->capability(ORXAQ_INGEST_1);
    rc = check_size(ORXAQ_PROVIDER_1, provider, sizeof *provider, err);
    if (rc >= 0)
        rc = check_size(ORXAQ_ROUTER_1, t->raw->capability(ORXAQ_ROUTER_1), sizeof(orxaq_router),
                        err);
    if (rc >= 0)
        rc = check_size(ORXAQ_SINK_1, sink, sizeof *sink, err);
    if (rc >= 0)
        rc = check_size(ORXAQ_INGEST_1, ingest, sizeof *ingest, err);
    if (rc >= 0)
        rc = check_size(ORXAQ_RESPONDER_1, t->raw->capability(ORXAQ_RESPONDER_1),
                        sizeof(orxaq_responder), err);
    if (rc >= 0 && provider)
        rc = check_size("orxaq_job of " ORXAQ_PROVIDER_1, provider->job, sizeof(orxaq_job), err);
    if (rc >= 0 && sink)
        rc = check_size("orxaq_job of " ORXAQ_SINK_1, sink->job, sizeof(orxaq_job), err);
    if (rc >= 0 && ingest)
        rc = check_size("orxaq_job of " ORXAQ_INGEST_1, ingest->job, sizeof(orxaq_job), err);
    return rc;
}

static int check_member(const char *table, const char *member, bool there, orx_err *err) {
    return there ? 0 : orx_fails(err, "the table %s has no %s", table, member);
}

static int check_job(const char *table, const orxaq_job *job, orx_err *err) {
    int rc = check_member(table, "job table", job != NULL, err);
    if (rc >= 0)
        rc = check_member(table, "function open in its job table", job->open != NULL, err);
    if (rc >= 0)
        rc = check_member(table, "function next in its job table", job->next != NULL, err);
    if (rc >= 0)
        rc = check_member(table, "function feed in its job table", job->feed != NULL, err);
    if (rc >= 0)
        rc = check_member(table, "function cancel in its job table", job->cancel != NULL, err);
    if (rc >= 0)
        rc = check_member(table, "function close in its job table", job->close != NULL, err);
    return rc;
}

int orx_check_table_members(orx_trial *t, orx_err *err) {
    int rc = orx_trial_query(t, err);
    if (rc < 0)
        return rc;
    const orxaq_provider *provider = t->raw->capability(ORXAQ_PROVIDER_1);
    const orxaq_router *router = t->raw->capability(ORXAQ_ROUTER_1);
    const orxaq_sink *sink = t->raw->capability(ORXAQ_SINK_1);
    const orxaq_ingest *ingest = t->raw->capability(ORXAQ_INGEST_1);
    const orxaq_responder *responder = t->raw->capability(ORXAQ_RESPONDER_1);
    if (provider)
        rc = check_member(ORXAQ_PROVIDER_1, "function features", provider->features != NULL, err);
    if (rc >= 0 && provider)
        rc = check_job(ORXAQ_PROVIDER_1, provider->job, err);
    if (rc >= 0 && router)
        rc = check_member(ORXAQ_ROUTER_1, "function select", router->select != NULL, err);
    if (rc >= 0 && sink)
        rc = check_member(ORXAQ_SINK_1, "function wants", sink->wants != NULL, err);
    if (rc >= 0 && sink)
        rc = check_job(ORXAQ_SINK_1, sink->job, err);
    if (rc >= 0 && ingest)
        rc = check_member(ORXAQ_INGEST_1, "provider", ingest->provider != NULL, err);
    if (rc >= 0 && ingest)
        rc = check_job(ORXAQ_INGEST_1, ingest->job, err);
    if (rc >= 0 && responder)
        rc = check_member(ORXAQ_RESPONDER_1, "function answer", responder->answer != NULL, err);
    if (rc >= 0 && responder)
        rc = check_member(ORXAQ_RESPONDER_1, "version", responder->version != NULL, err);
    return rc;
}

int orx_check_table_ops(orx_trial *t, orx_err *err) {
    int rc = orx_trial_query(t, err);
    if (rc < 0)
        return rc;
    const orxaq_provider *provider = t->raw->capability(ORXAQ_PROVIDER_1);
    if (!provider)
        return orx_skips(err, "the module is no provider");
    uint64_t known = 0;
    for (int op = ORXAQ_OP_PROBE; op <= ORXAQ_OP_EMBED; op++)
        known |= ORXAQ_OP_BIT(op);
    return provider->ops & known ? 0 : orx_fails(err, "%s announces no op", ORXAQ_PROVIDER_1);
}
