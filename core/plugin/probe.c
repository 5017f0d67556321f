/* What the probing child does. */
#include "data/json.h"
#include "platform/module.h"
#include "platform/proc.h"
#include "plugin/company.h"
#include "plugin/registry.h"

/* A module that says yes to any major version would one day be fed tables it cannot read. */
static int check_refuses_future(orx_platform *p, const orx_module_view *view, orx_err *err) {
    orx_module_fn found = orx_module_function(p, view->module, ORXAQ_PLUGIN_SYMBOL);
    orxaq_plugin_query_fn query = (orxaq_plugin_query_fn)(void (*)(void))found;
    const orxaq_host_abi future = {.struct_size = sizeof future,
                                   .abi_major = ORXAQ_ABI_MAJOR + 1000,
                                   .min_minor = 1,
                                   .max_minor = 1000,
                                   .fingerprint = ORXAQ_FINGERPRINT};
    const orxaq_plugin *raw = NULL;
    if (query(&future, &raw) != ORXAQ_OK)
        return 0;
    return orx_err_set(err, ORX_E_INVALID,
                       "the module accepts a host of ABI %u.1000 although it was built for %d.%d; "
                       "return orxaq_host_fits(host, ...)",
                       future.abi_major, ORXAQ_ABI_MAJOR, ORXAQ_ABI_MINOR);
}

static int probe_one(orx_platform *p, const char *path, orx_arena *arena, const char **ret_id,
                     orx_err *err) {
    orx_company before = orx_company_look(p);
    orx_module_view view;
    int rc = orx_module_view_open(p, path, false, arena, &view, err);
    if (rc < 0)
        return rc;
    *ret_id = orx_arena_strdup(arena, view.descriptor.id);
    rc = check_refuses_future(p, &view, err);
    orx_company after = orx_company_look(p);
    if (rc >= 0 && after.children > before.children)
        rc = orx_err_set(err, ORX_E_INVALID, "the module started a process while being loaded");
    if (rc >= 0 && after.threads > before.threads)
        rc = orx_err_set(err, ORX_E_INVALID, "the module started a thread while being loaded");
    /* Not closed: code of it may still run, and this process ends soon. */
    return rc < 0 ? orx_err_wrap(err, "%s", path) : 0;
}

int orx_plugin_probe(orx_platform *p, const char *const *paths,
                     void (*emit)(void *user, orx_view line), void *user) {
    int good = 0;
    int64_t pid, start, now_pid;
    orx_pid_self(p, &pid, &start);
    for (; *paths; paths++) {
        ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
        ORX_CLEANUP(orx_str_free) orx_str line = {0};
        orx_err err = ORX_ERR_INIT;
        const char *id = NULL;
        int rc = probe_one(p, *paths, &arena, &id, &err);
        orx_pid_self(p, &now_pid, &start);
        if (now_pid != pid)
            return good; /* a copy of us that the module forked off: only the original speaks */
        orx_node *verdict = orx_node_new(&arena, ORX_OBJECT);
        orx_node_set_str(&arena, verdict, "path", *paths);
        orx_node_set_bool(&arena, verdict, "ok", rc >= 0);
        orx_node_set_str(&arena, verdict, rc < 0 ? "reason" : "id", rc < 0 ? err.msg : id);
        orx_json_write(&line, verdict, ORX_JSON_OURS);
        orx_str_addc(&line, '\n');
        emit(user, orx_str_view(&line));
        good += rc >= 0;
    }
    return good;
}
