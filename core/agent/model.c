#include "agent/model.h"

#include <orxaq/provider.h>

#define PATIENCE_NS (10 * ORX_SEC)

typedef struct look {
    const char *model;
    orx_model_facts *facts;
} look;

static bool is_it(const look *l, const orxaq_model *m) {
    bool chats = !m->abilities || (m->abilities & ORXAQ_MODEL_CHAT);
    if (*l->model)
        return orxaq_view_is(m->id, l->model);
    return chats && m->loaded == 1;
}

static void on_model(void *user, const orxaq_model *m) {
    const look *l = user;
    if (l->facts->known || !is_it(l, m))
        return;
    *l->facts = (orx_model_facts){
        .known = true,
        .loaded = m->loaded != 0,
        .context_tokens = m->loaded != 0 && m->context_tokens > 0 ? m->context_tokens : 0,
        .tools = m->abilities ? (m->abilities & ORXAQ_MODEL_TOOLS) != 0 : -1};
}

void orx_model_look(orx_platform *p, const orx_job_spec *spec, const char *model,
                    orx_model_facts *ret_facts) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    look l = {model, ret_facts};
    const orxaq_probe_args args = {.struct_size = sizeof args,
                                   .files_dir = orxaq_str(spec->files_dir),
                                   .state_dir = orxaq_str("")};
    const orx_job_events events = {.model = on_model, .user = &l};
    orx_job_spec job = *spec;
    orx_job_result result;
    *ret_facts = (orx_model_facts){.tools = -1};
    job.kind = ORX_JOB_PROVIDER;
    job.op = ORXAQ_OP_MODELS;
    job.args = &args;
    job.events = &events;
    job.total_ns = PATIENCE_NS;
    (void)orx_job_run(p, &job, &arena, &result, NULL);
}
