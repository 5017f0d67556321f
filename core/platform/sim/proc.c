/* Starting programs: the platform's table. */
#include "platform/proc.h"

#include "platform/sim/paths.h"
#include "platform/sim/prog.h"

#include <signal.h>

#define INPUT_MAX ((size_t)16 << 20)

static orx_sim_prog *prog_of(orx_proc *proc) {
    return ORX_LIST_ITEM(proc, orx_sim_prog, base);
}

/* ---- Making one from its spec -------------------------------------------------------------- */

/* A copy of a NULL-terminated list (NULL = empty) and its length. */
static char **copy_list(orx_arena *mem, const char *const *list, int *ret_count) {
    int n = 0;
    while (list && list[n])
        n++;
    char **out = orx_arena_zalloc(mem, (size_t)n + 1, sizeof *out);
    for (int i = 0; i < n; i++)
        out[i] = orx_arena_strdup(mem, list[i]);
    if (ret_count)
        *ret_count = n;
    return out;
}

/* Standard input from a file is read at the start: the simulation's programs cannot tell. */
static int read_input_file(orx_sim_prog *g, orx_sim_task *starter, const char *path, orx_err *err) {
    orx_sim_spot spot;
    int e = orx_sim_find(starter, path, true, &spot);
    if (e || !spot.node || spot.node->kind != ORX_FILE_REGULAR)
        return orx_err_set(err, ORX_E_NOT_FOUND, "cannot read %s as standard input", path);
    size_t len = (size_t)spot.node->bytes.size;
    if (len > ORX_ALLOC_MAX / 2)
        return orx_err_set(err, ORX_E_LIMIT, "%s is too long for standard input", path);
    char *to = orx_str_reserve(&g->in.bytes, len);
    orx_str_commit(&g->in.bytes, orx_sim_bytes_read(&spot.node->bytes, 0, to, len));
    return 0;
}

static int set_input(orx_sim_prog *g, orx_sim_task *starter, const orx_proc_spec *spec,
                     orx_err *err) {
    g->in.closed = !spec->input_open;
    if (spec->input_path)
        return read_input_file(g, starter, spec->input_path, err);
    orx_str_addv(&g->in.bytes, spec->input);
    return 0;
}

/* The directories it may write below; those that do not exist allow nothing. */
static void set_confinement(orx_sim_prog *g, orx_sim_task *starter, const orx_confine *c) {
    if (!c->landlock)
        return;
    size_t n = 0;
    while (c->writable && c->writable[n])
        n++;
    g->writable = orx_arena_zalloc(&g->mem, n + 1, sizeof(orx_sim_inode *));
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        orx_sim_spot spot;
        if (orx_sim_find(starter, c->writable[i], true, &spot) || !spot.node)
            continue;
        orx_sim_inode_ref(spot.node);
        g->writable[found++] = spot.node;
    }
}

static void set_cwd(orx_sim_prog *g, orx_sim_task *starter, const char *cwd) {
    orx_sim_spot spot;
    if (!cwd)
        cwd = starter->cwd ? starter->cwd : "/";
    orx_str path = {0};
    if (cwd[0] != '/')
        orx_str_addf(&path, "%s/", starter->cwd ? starter->cwd : "");
    orx_str_adds(&path, cwd);
    g->task->cwd = orx_str_steal(&path);
    if (orx_sim_find(g->task, ".", true, &spot) || spot.node->kind != ORX_FILE_DIRECTORY)
        g->refused = "cannot change to its working directory";
}

static orx_sim_prog *prog_new(orx_sim_task *starter, const orx_proc_spec *spec) {
    orx_sim_prog *g = orx_xcalloc(1, sizeof *g);
    g->base.platform = &starter->base;
    g->sim = starter->sim;
    g->owner = starter;
    g->parent = starter->prog;
    g->event.run = orx_sim_prog_deliver;
    g->began = g->sim->now;
    g->spec = *spec;
    g->argv = copy_list(&g->mem, spec->argv, &g->argc);
    g->env = copy_list(&g->mem, spec->env, NULL);
    orx_list_init(&g->leftovers);
    g->task = orx_sim_task_new(starter->host, starter);
    g->task->prog = g;
    set_cwd(g, starter, spec->cwd);
    set_confinement(g, starter, &spec->confine);
    orx_list_append(&starter->children, &g->link);
    return g;
}

/* ---- The table ---------------------------------------------------------------------------- */

static int proc_start(orx_platform *p, const orx_proc_spec *spec, orx_proc **ret_proc,
                      orx_err *err) {
    orx_sim_task *t = orx_sim_task_of(p);
    orx_sim *s = t->sim;
    orx_sim_maybe_yield(t);
    uint32_t chance = t->host->faults.spawn_fails;
    bool fails = chance && orx_sim_inside(t) && orx_sim_below(&s->faults, 10000) < chance;
    if (fails && orx_sim_below(&s->faults, 2))
        return orx_err_set(err, ORX_E_LIMIT, "cannot start %s: too many open files (EMFILE)",
                           spec->argv[0]);
    orx_sim_prog *g = prog_new(t, spec);
    if (fails)
        g->refused = "cannot be executed: permission denied";
    orx_sim_note(s, "start", g->task->number, (uint64_t)g->argc);
    orx_sim_task_begin(g->task);
    int rc = set_input(g, t, spec, err);
    if (rc < 0) {
        orx_sim_prog_free(g);
        return rc;
    }
    if (!spec->hold)
        orx_sim_prog_launch(g);
    *ret_proc = &g->base;
    return 0;
}

static void proc_identity(orx_proc *proc, int64_t *ret_pid, int64_t *ret_start) {
    const orx_sim_task *t = prog_of(proc)->task;
    *ret_pid = t->pid;
    *ret_start = t->start;
}

static int64_t proc_program(orx_proc *proc) {
    const orx_sim_prog *g = prog_of(proc);
    return g->launched ? g->task->pid : 0;
}

static int proc_release(orx_proc *proc, orx_err *err) {
    (void)err;
    orx_sim_prog_launch(prog_of(proc));
    return 0;
}

static int proc_signal(orx_proc *proc, int signum, orx_err *err) {
    orx_sim_prog *g = prog_of(proc);
    if (!g->launched && !g->ended)
        return orx_err_set(err, ORX_E_INVALID, "%s is held: it has run nothing yet", g->argv[0]);
    if (!g->ended)
        orx_sim_task_signal(g->task, signum);
    return 0;
}

static int proc_write(orx_proc *proc, orx_view bytes, orx_err *err) {
    orx_sim_prog *g = prog_of(proc);
    if (g->ended || g->in.closed)
        return 0;
    if (orx_sim_pipe_held(&g->in) + bytes.len > INPUT_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "%s does not read: %zu bytes wait for it already",
                           g->argv[0], orx_sim_pipe_held(&g->in));
    orx_sim_pipe_put(&g->in, bytes);
    orx_sim_prog_piped(g);
    return 0;
}

static void proc_close_input(orx_proc *proc) {
    orx_sim_prog *g = prog_of(proc);
    g->in.closed = true;
    orx_sim_prog_piped(g);
}

static void proc_stop(orx_proc *proc, bool now) {
    orx_sim_prog *g = prog_of(proc);
    if (g->complete)
        return;
    orx_sim_prog_decide(g, ORX_PROC_STOPPED);
    if (now)
        orx_sim_prog_kill(g);
    else
        orx_sim_prog_stop(g, 0);
}

static void proc_kill_all(orx_platform *p) {
    const orx_sim_task *t = orx_sim_task_of(p);
    ORX_LIST_EACH(&t->children, it)
    proc_stop(&ORX_LIST_ITEM(it, orx_sim_prog, link)->base, true);
}

static void proc_free(orx_proc *proc) {
    orx_sim_prog *g = prog_of(proc);
    if (g->complete) {
        orx_sim_prog_free(g);
        return;
    }
    g->owner = NULL;
    orx_list_remove(&g->link);
    orx_list_remove(&g->event.link);
    orx_sim_prog_kill(g);
}

/* ---- Other processes ----------------------------------------------------------------------- */

static orx_sim_task *find_task(orx_platform *p, int64_t pid, int64_t start) {
    const orx_sim_host *h = orx_sim_task_of(p)->host;
    if (pid <= 0 || pid >= ORX_SIM_PIDS)
        return NULL;
    orx_sim_task *t = h->pids[pid];
    return t && t->start == start ? t : NULL;
}

static orx_pid_state pid_state(orx_platform *p, int64_t pid, int64_t start) {
    return find_task(p, pid, start) ? ORX_PID_ALIVE : ORX_PID_GONE;
}

static int pid_kill(orx_platform *p, int64_t pid, int64_t start, int signum, orx_err *err) {
    orx_sim_task *t = find_task(p, pid, start);
    if (!t)
        return orx_err_set(err, ORX_E_NOT_FOUND, "there is no process %lld (started at %lld)",
                           (long long)pid, (long long)start);
    if (signum > 0 && signum < NSIG)
        orx_sim_task_send(t, signum);
    return 0;
}

static void proc_self(orx_platform *p, int64_t *ret_pid, int64_t *ret_start) {
    const orx_sim_task *t = orx_sim_task_of(p);
    *ret_pid = t->pid;
    *ret_start = t->start;
}

static void tell_starter(orx_platform *p, orx_view text) {
    orx_sim_prog *g = orx_sim_task_of(p)->prog;
    if (g)
        orx_sim_print(g, ORX_NOTES, text);
}

/* There are no groups here. */
static bool proc_grouped(orx_proc *proc) {
    (void)proc;
    return false;
}

/* Here a program whose supervisor is killed takes its tree along. */
static void adopt(orx_platform *p) {
    (void)p;
}

static int end_orphans(orx_platform *p) {
    (void)p;
    return 0;
}

const struct orx_proc_ops orx_sim_proc_ops = {
    .start = proc_start,
    .identity = proc_identity,
    .program = proc_program,
    .grouped = proc_grouped,
    .release = proc_release,
    .signal = proc_signal,
    .write = proc_write,
    .close_input = proc_close_input,
    .stop = proc_stop,
    .free = proc_free,
    .pid_state = pid_state,
    .pid_kill = pid_kill,
    .self = proc_self,
    .kill_all = proc_kill_all,
    .tell_starter = tell_starter,
    .adopt = adopt,
    .end_orphans = end_orphans,
};
