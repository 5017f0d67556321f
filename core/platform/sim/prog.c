/* What a program can do inside its coroutine. */
#include "platform/sim/prog.h"

#include <stdlib.h>

int orx_sim_argc(const orx_sim_prog *g) {
    return g->argc;
}

const char *orx_sim_argv(const orx_sim_prog *g, int i) {
    return i >= 0 && i < g->argc ? g->argv[i] : NULL;
}

const char *orx_sim_getenv(const orx_sim_prog *g, const char *name) {
    return g->task->base.clock->env(&g->task->base, name);
}

const char *orx_sim_cwd(const orx_sim_prog *g) {
    return g->task->cwd;
}

orx_platform *orx_sim_prog_platform(orx_sim_prog *g) {
    return &g->task->base;
}

void orx_sim_sleep(orx_sim_prog *g, int64_t ns) {
    orx_sim *s = g->sim;
    int64_t due = s->now + (ns > 0 ? ns : 0);
    g->sleeping = true;
    while (g->sleeping && s->now < due)
        orx_sim_park_until(g->task, due, "its sleep to end", NULL);
    g->sleeping = false;
}

void orx_sim_trap(orx_sim_prog *g, bool on) {
    g->trapped = on;
}

bool orx_sim_stopping(const orx_sim_prog *g) {
    return g->stopping;
}

_Noreturn void orx_sim_die(orx_sim_prog *g, int signum) {
    orx_sim_task_kill(g->task, signum);
    orx_sim_misuse("orx_sim_die was called from outside the program");
}

void orx_sim_use(orx_sim_prog *g, int64_t cpu_ns, int64_t rss_bytes) {
    g->result.cpu_user_ns = cpu_ns;
    g->result.max_rss_bytes = rss_bytes;
}

uint64_t orx_sim_prog_draw(orx_sim_prog *g, uint64_t bound) {
    return orx_sim_below(&g->task->rng, bound);
}

/* ---- The registry ------------------------------------------------------------------------- */

void orx_sim_program(orx_sim *s, const char *name, orx_sim_program_fn fn, void *user) {
    orx_sim_program_entry *entry = orx_xmalloc(sizeof *entry);
    *entry = (orx_sim_program_entry){fn, user};
    free(orx_map_put(&s->programs, orx_view_of(name), entry));
}

const orx_sim_program_entry *orx_sim_prog_entry(const orx_sim_prog *g) {
    const char *slash = strrchr(g->argv[0], '/');
    return orx_map_get(&g->sim->programs, orx_view_of(slash ? slash + 1 : g->argv[0]));
}

void orx_sim_programs_free(orx_sim *s) {
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&s->programs, &i)))
        free(e->value);
    orx_map_free(&s->programs);
}

/* ---- What the rest of its process asks ------------------------------------------------------ */

const char *const *orx_sim_prog_environ(const orx_sim_prog *g) {
    return (const char *const *)g->env;
}

static bool is_writable(const orx_sim_prog *g, const orx_sim_inode *n) {
    if (!g->writable)
        return true;
    for (; n; n = n->parent)
        for (orx_sim_inode **w = g->writable; *w; w++)
            if (*w == n)
                return true;
    return false;
}

bool orx_sim_prog_may_write(const orx_sim_prog *g, const orx_sim_inode *n) {
    for (; g; g = g->parent)
        if (!is_writable(g, n))
            return false;
    return true;
}
