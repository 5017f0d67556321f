/* The tables behind the capabilities, checked and copied. */
#include "plugin/registry.h"

static int check_size(const char *what, const void *table, size_t least, orx_err *err) {
    uint32_t size;
    if ((uintptr_t)table % sizeof(void *) != 0)
        return orx_err_set(err, ORX_E_INVALID, "the table %s is not aligned", what);
    memcpy(&size, table, sizeof size);
    if (size < least || size > ORX_ABI_TABLE_MAX)
        return orx_err_set(err, ORX_E_INVALID,
                           "the table %s says it has %u bytes; expected %zu to %d", what, size,
                           least, ORX_ABI_TABLE_MAX);
    return 0;
}

static int missing(const char *what, const char *member, orx_err *err) {
    return orx_err_set(err, ORX_E_INVALID, "the table %s has no function %s", what, member);
}

static int check_job(const char *what, const orxaq_job *raw, orxaq_job *copy, orx_err *err) {
    if (!raw)
        return orx_err_set(err, ORX_E_INVALID, "the table %s has no job table", what);
    int rc = check_size("orxaq_job", raw, sizeof *copy, err);
    if (rc < 0)
        return orx_err_wrap(err, "%s", what);
    const char *name = !raw->open     ? "open"
                       : !raw->next   ? "next"
                       : !raw->feed   ? "feed"
                       : !raw->cancel ? "cancel"
                       : !raw->close  ? "close"
                                      : NULL;
    if (name)
        return missing("orxaq_job", name, err);
    *copy = *raw;
    copy->struct_size = sizeof *copy;
    return 0;
}

static int check_provider(orx_module_view *view, const orxaq_provider *raw, orx_err *err) {
    int rc = check_size(ORXAQ_PROVIDER_1, raw, sizeof *raw, err);
    if (rc >= 0 && !raw->features)
        rc = missing(ORXAQ_PROVIDER_1, "features", err);
    if (rc >= 0)
        rc = check_job(ORXAQ_PROVIDER_1, raw->job, &view->job, err);
    if (rc < 0)
        return rc;
    uint64_t known = 0;
    for (int op = ORXAQ_OP_PROBE; op <= ORXAQ_OP_EMBED; op++)
        known |= ORXAQ_OP_BIT(op);
    if (!(raw->ops & known))
        return orx_err_set(err, ORX_E_INVALID, "%s announces no op", ORXAQ_PROVIDER_1);
    view->provider = *raw;
    view->provider.struct_size = sizeof *raw;
    view->provider.ops &= known;
    view->provider.job = &view->job;
    return 0;
}

static int check_router(orx_module_view *view, const orxaq_router *raw, orx_err *err) {
    int rc = check_size(ORXAQ_ROUTER_1, raw, sizeof *raw, err);
    if (rc >= 0 && !raw->select)
        rc = missing(ORXAQ_ROUTER_1, "select", err);
    if (rc < 0)
        return rc;
    view->router = *raw;
    view->router.struct_size = sizeof *raw;
    return 0;
}

static int check_sink(orx_module_view *view, const orxaq_sink *raw, orx_err *err) {
    int rc = check_size(ORXAQ_SINK_1, raw, sizeof *raw, err);
    if (rc >= 0 && !raw->wants)
        rc = missing(ORXAQ_SINK_1, "wants", err);
    if (rc >= 0)
        rc = check_job(ORXAQ_SINK_1, raw->job, &view->sink_job, err);
    if (rc < 0)
        return rc;
    view->sink = *raw;
    view->sink.struct_size = sizeof *raw;
    view->sink.job = &view->sink_job;
    return 0;
}

static const char *ingest_problem(const orxaq_ingest *raw) {
    if (!raw->provider || !*raw->provider || strlen(raw->provider) > 64)
        return "names no provider of 1 to 64 bytes";
    if (raw->host_count > 64 || (raw->host_count && !raw->hosts))
        return "has more than 64 hosts, or counts hosts that are not there";
    for (uint32_t i = 0; i < raw->host_count; i++)
        if (!raw->hosts[i] || !*raw->hosts[i] || strlen(raw->hosts[i]) > 253)
            return "has a host that is no name of 1 to 253 bytes";
    return raw->lag_ns < 0 ? "has a lag below 0" : NULL;
}

static int check_ingest(orx_module_view *view, const orxaq_ingest *raw, orx_err *err) {
    int rc = check_size(ORXAQ_INGEST_1, raw, sizeof *raw, err);
    const char *problem = rc >= 0 ? ingest_problem(raw) : NULL;
    if (problem)
        rc = orx_err_set(err, ORX_E_INVALID, "the table %s %s", ORXAQ_INGEST_1, problem);
    if (rc >= 0)
        rc = check_job(ORXAQ_INGEST_1, raw->job, &view->ingest_job, err);
    if (rc < 0)
        return rc;
    view->ingest = *raw;
    view->ingest.struct_size = sizeof *raw;
    view->ingest.job = &view->ingest_job;
    return 0;
}

static int check_responder(orx_module_view *view, const orxaq_responder *raw, orx_err *err) {
    int rc = check_size(ORXAQ_RESPONDER_1, raw, sizeof *raw, err);
    if (rc >= 0 && !raw->answer)
        rc = missing(ORXAQ_RESPONDER_1, "answer", err);
    if (rc >= 0 && (!raw->version || !*raw->version || strnlen(raw->version, 65) > 64))
        rc = orx_err_set(err, ORX_E_INVALID, "the table %s has no version of 1 to 64 bytes",
                         ORXAQ_RESPONDER_1);
    if (rc < 0)
        return rc;
    view->responder = *raw;
    view->responder.struct_size = sizeof *raw;
    return 0;
}

/* A module that answers for ids it does not have would have tables of another shape read: so this
 * comes first. */
static int check_unknown(const orx_module_view *view, orx_err *err) {
    static const char *const ids[] = {
        "",           "orxaq.nothing/1", ORXAQ_PROVIDER_1 "x", ORXAQ_ROUTER_1 "1",
        "orxaq.sink", "ORXAQ.PROVIDER/1"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(ids); i++)
        if (view->descriptor.capability(ids[i]))
            return orx_err_set(err, ORX_E_INVALID,
                               "the module has a table for the unknown capability \"%s\"; expected "
                               "NULL for every id that is not exactly its own",
                               ids[i]);
    return 0;
}

int orx_tables_check(orx_module_view *view, orx_err *err) {
    const orxaq_plugin *d = &view->descriptor;
    const void *provider = d->capability(ORXAQ_PROVIDER_1), *router = d->capability(ORXAQ_ROUTER_1),
               *sink = d->capability(ORXAQ_SINK_1), *ingest = d->capability(ORXAQ_INGEST_1),
               *responder = d->capability(ORXAQ_RESPONDER_1);
    int rc = check_unknown(view, err);
    if (rc >= 0 && provider)
        rc = check_provider(view, provider, err);
    if (rc >= 0 && router)
        rc = check_router(view, router, err);
    if (rc >= 0 && sink)
        rc = check_sink(view, sink, err);
    if (rc >= 0 && ingest)
        rc = check_ingest(view, ingest, err);
    if (rc >= 0 && responder)
        rc = check_responder(view, responder, err);
    return rc < 0 ? rc : 0;
}
