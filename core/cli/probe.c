#include "cli/probe.h"

#include "platform/files.h"
#include "plugin/job.h"
#include "plugin/view.h"

#define PROBE_NS     (30 * ORX_SEC)
#define OUTPUT_BYTES ((int64_t)1 << 20)

typedef struct probing {
    orx_arena *arena;
    orx_probed *found;
} probing;

static const char *kept(orx_arena *arena, orxaq_view v) {
    return orx_arena_dup(arena, orx_view_in(v));
}

static void on_probe(void *user, const orxaq_probe *probe) {
    probing *p = user;
    p->found->told = true;
    p->found->ready = probe->ready == 1;
    p->found->program = kept(p->arena, probe->program);
    p->found->version = kept(p->arena, probe->version);
    p->found->account = kept(p->arena, probe->account);
}

/* A folder of its own below the state folder would change the root. */
static int make_scratch(orx_cli *c, const char **ret_dir, orx_err *err) {
    uint64_t bits;
    const char *tmp = orx_config_env(c->cfg, "TMPDIR");
    orx_random(c->p, &bits, sizeof bits);
    *ret_dir = orx_arena_printf(&c->arena, "%s/orxaq-probe-%016llx",
                                tmp && *tmp == '/' ? tmp : "/tmp", (unsigned long long)bits);
    return orx_mkdirs(c->p, *ret_dir, true, err);
}

/* The provider's own folder, where a login may be kept, when a call made one already. */
static const char *state_dir(orx_cli *c, const orx_provider_config *p) {
    const char *dir =
        orx_arena_printf(&c->arena, "%s/providers/%s", c->cfg->paths.state_dir, p->name);
    return orx_exists(c->p, dir) ? dir : "";
}

static int run(orx_cli *c, const orx_provider_config *p, orx_instance *instance, const char *dir,
               probing *found, orx_job_result *result, orx_err *err) {
    const orx_child_env child = {.provider = p};
    const orxaq_probe_args args = {.struct_size = sizeof args,
                                   .files_dir = orxaq_str(dir),
                                   .state_dir = orxaq_str(state_dir(c, p))};
    const orx_job_events events = {.probe = on_probe, .user = found};
    orx_job_spec spec = {
        .instance = instance,
        .kind = ORX_JOB_PROVIDER,
        .op = ORXAQ_OP_PROBE,
        .args = &args,
        .files_dir = dir,
        .total_ns = PROBE_NS,
        .output_max = OUTPUT_BYTES,
        .plain_http = p->plain_http,
        .ca_file = p->ca_file,
        .events = &events,
    };
    int rc = orx_config_env_for_child(c->cfg, &child, &c->arena, &spec.env, err);
    return rc < 0 ? rc : orx_job_run(c->p, &spec, &c->arena, result, err);
}

bool orx_cli_can_probe(const orx_instance *instance) {
    return (orx_instance_ops(instance) & ORXAQ_OP_BIT(ORXAQ_OP_PROBE)) != 0;
}

int orx_cli_probe(orx_cli *c, const orx_provider_config *p, orx_instance *instance,
                  orx_probed *ret_found, orx_err *err) {
    const char *dir = NULL;
    orx_job_result result = {0};
    orx_probed found = {.program = "", .version = "", .account = "", .message = ""};
    probing asking = {&c->arena, &found};
    int rc = make_scratch(c, &dir, err);
    if (rc == 0)
        rc = run(c, p, instance, dir, &asking, &result, err);
    if (dir)
        (void)orx_remove_tree(c->p, dir, NULL);
    if (rc < 0)
        return rc;
    found.ready = found.ready && result.kind == ORXAQ_KIND_OK;
    found.forbidden = !found.ready && result.kind == ORXAQ_KIND_AUTH;
    if (result.message)
        found.message = result.message;
    *ret_found = found;
    return 0;
}
