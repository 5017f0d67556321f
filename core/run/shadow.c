#include "run/shadow.h"

#include "platform/proc.h"

static void ended(orx_proc *proc ORX_UNUSED, const orx_proc_result *result ORX_UNUSED, void *user) {
    orx_runner *r = user;
    r->shadow_over = true;
}

static int start(orx_try *t, orx_err *err) {
    orx_runner *r = t->r;
    const char *const *env = NULL;
    const char *argv[12] = {r->setup.exe, "--root", r->cfg->root};
    size_t n = 3;
    if (r->cfg->config_file) {
        argv[n++] = "--config";
        argv[n++] = r->cfg->config_file;
    }
    argv[n++] = "route";
    argv[n++] = "shadow";
    argv[n++] = t->name;
    argv[n++] = "--router";
    argv[n++] = r->cfg->route.shadow;
    int rc = orx_run_env(r, NULL, &t->arena, &env, err);
    if (rc < 0)
        return rc;
    const orx_proc_spec spec = {.argv = argv,
                                .env = env,
                                .grace_ns = ORX_SEC,
                                .total_timeout_ns = r->cfg->route.shadow_ns,
                                .output_max = 1 << 20,
                                .on_exit = ended,
                                .user = r};
    r->shadow_over = false;
    return orx_proc_start(r->p, &spec, &r->shadow, err);
}

void orx_run_shadow(orx_try *t) {
    orx_runner *r = t->r;
    orx_err why = ORX_ERR_INIT;
    bool thinking = r->shadow && !r->shadow_over;
    if (!r->cfg->route.shadow || !r->setup.exe || t->routers_off || thinking)
        return;
    orx_proc_free(r->shadow);
    r->shadow = NULL;
    if (start(t, &why) < 0 && !r->told_shadow) {
        r->told_shadow = true;
        orx_run_tell(r, ORX_NOTE_PROBLEM, NULL, false, "route.shadow cannot be asked: %s", why.msg);
    }
}

void orx_run_shadow_end(orx_runner *r) {
    while (r->shadow && !r->shadow_over && !r->stop)
        (void)orx_loop_step(r->p, 200 * ORX_MS);
    orx_proc_free(r->shadow);
    r->shadow = NULL;
}
