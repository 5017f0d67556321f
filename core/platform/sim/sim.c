/* The simulation and its hosts: making, setting up, freeing. */
#include "platform/sim/sim.h"

#include "base/digest.h"
#include "platform/sim/world.h"

#include <stdio.h>
#include <stdlib.h>

/* Numbers of the streams that are not a task's. */
enum { STREAM_SCHED = 1, STREAM_FAULTS, STREAM_TESTS, STREAM_TASKS = 1000 };

enum { PREEMPT_DEFAULT = 1250 };

orx_sim *orx_sim_new(uint64_t seed) {
    orx_sim *s = orx_xcalloc(1, sizeof *s);
    s->seed = seed;
    orx_sim_rng_seed(&s->sched, seed, STREAM_SCHED);
    orx_sim_rng_seed(&s->faults, seed, STREAM_FAULTS);
    orx_sim_rng_seed(&s->tests, seed, STREAM_TESTS);
    s->streams = STREAM_TASKS;
    s->preempt = PREEMPT_DEFAULT;
    s->trace = orx_sim_mix(seed);
    orx_list_init(&s->hosts);
    return s;
}

static void free_host(orx_sim_host *h) {
    while (!orx_list_empty(&h->tasks))
        orx_sim_task_free(ORX_LIST_ITEM(h->tasks.next, orx_sim_task, link));
    orx_sim_disk_free(&h->disk);
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&h->env, &i)))
        free(e->value);
    orx_map_free(&h->env);
    orx_vec_free(&h->environ);
    free(h->pids);
    free(h->name);
    free(h);
}

void orx_sim_free(orx_sim *s) {
    if (!s)
        return;
    if (s->current)
        orx_sim_misuse("orx_sim_free was called from inside a coroutine");
    ORX_LIST_EACH(&s->hosts, it)
    orx_sim_kill_all(ORX_LIST_ITEM(it, orx_sim_host, link));
    ORX_LIST_EACH(&s->hosts, it)
    free_host(ORX_LIST_ITEM(it, orx_sim_host, link));
    orx_sim_programs_free(s);
    orx_sim_modules_free(s);
    orx_sim_endpoints_free(s);
    orx_sim_alarms_free(&s->alarms);
    orx_vec_free(&s->runnable);
    orx_sim_cos_free(&s->cos);
    free(s);
}

uint64_t orx_sim_draw(orx_sim *s, uint64_t bound) {
    return orx_sim_below(&s->tests, bound);
}

int64_t orx_sim_now(const orx_sim *s) {
    return s->now;
}

void orx_sim_set_preempt(orx_sim *s, uint32_t per_10000) {
    s->preempt = per_10000;
}

void orx_sim_trace(orx_sim *s, orx_sim_trace_fn fn, void *user) {
    s->trace_fn = fn;
    s->trace_user = user;
}

void orx_sim_trace_hash(const orx_sim *s, char out[65]) {
    const uint64_t parts[] = {s->trace, s->steps, (uint64_t)s->now};
    orx_sha256_hex(orx_view_mem(parts, sizeof parts), out);
}

/* ---- Hosts -------------------------------------------------------------------------------- */

orx_sim_host *orx_sim_add_host(orx_sim *s, const char *name) {
    orx_sim_host *h = orx_xcalloc(1, sizeof *h);
    h->sim = s;
    h->name = orx_xstrdup(name);
    h->number = ++s->host_count;
    h->pids = orx_xcalloc(ORX_SIM_PIDS, sizeof(orx_sim_task *));
    orx_list_init(&h->tasks);
    orx_list_append(&s->hosts, &h->link);
    orx_sim_disk_init(&h->disk, h->number);
    orx_sim_boot(h);
    orx_vec_push(&h->environ, NULL);
    h->first = orx_sim_task_new(h, NULL);
    return h;
}

orx_platform *orx_sim_platform(orx_sim_host *h) {
    return &h->first->base;
}

orx_platform *orx_sim_add_process(orx_sim_host *h) {
    return &orx_sim_task_new(h, NULL)->base;
}

void orx_sim_set_env(orx_sim_host *h, const char *name, const char *value) {
    char *old = orx_map_remove(&h->env, orx_view_of(name));
    if (value) {
        orx_str text = {0};
        orx_str_adds(&text, name);
        orx_str_addc(&text, '=');
        orx_str_adds(&text, value);
        (void)orx_map_put(&h->env, orx_view_of(name), orx_str_steal(&text));
    }
    free(old);
    h->environ.len = 0;
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&h->env, &i)))
        orx_vec_push(&h->environ, e->value);
    orx_vec_push(&h->environ, NULL);
}

void orx_sim_set_faults(orx_sim_host *h, const orx_sim_faults *faults) {
    h->faults = *faults;
}

/* ---- Crashes ------------------------------------------------------------------------------ */

uint64_t orx_sim_durable_ops(const orx_sim_host *h) {
    return h->durable_ops;
}

void orx_sim_crash_at(orx_sim_host *h, uint64_t op, orx_sim_when when, bool power) {
    h->plan = (orx_sim_plan){.op = op, .when = when, .host = true, .power = power};
}

void orx_sim_kill_at(orx_sim_host *h, uint64_t op, orx_sim_when when) {
    h->plan = (orx_sim_plan){.op = op, .when = when};
}
