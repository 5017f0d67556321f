#include "world.h"

#include "data/json.h"
#include "data/yaml.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- Modules ------------------------------------------------------------------------------- */

struct orx_module {
    const char *path;
    orxaq_plugin_query_fn query;
};

static orx_module known[64];
static size_t known_count;

static int module_open(orx_platform *p, const char *path, bool resident, orx_module **ret_m,
                       orx_err *err) {
    (void)p;
    (void)resident;
    for (size_t i = 0; i < known_count; i++) {
        if (strcmp(known[i].path, path) == 0) {
            *ret_m = &known[i];
            return 0;
        }
    }
    return orx_err_set(err, ORX_E_UNSUPPORTED, "%s: not a module", path);
}

static orx_module_fn module_function(orx_module *m, const char *name) {
    return strcmp(name, ORXAQ_PLUGIN_SYMBOL) == 0 ? (orx_module_fn)m->query : NULL;
}

static void module_close(orx_platform *p, orx_module *m) {
    (void)p;
    (void)m;
}

static const struct orx_module_ops modules = {module_open, module_function, module_close};

/* ---- Programs ------------------------------------------------------------------------------ */

typedef struct running {
    orx_proc head; /* first */
    program *script;
    orx_timer *timer;
    size_t at;
} running;

static world *current;

static void next_step(void *user);

static void plan(running *r) {
    r->timer = orx_timer_start(r->head.platform, 0, next_step, r);
}

static void end_with(running *r, orx_proc_end end, int code, int signal) {
    orx_proc_result result = {
        .end = end, .code = signal ? -1 : code, .signal = signal, .empty = true};
    if (end == ORX_PROC_NOT_STARTED)
        snprintf(result.message, sizeof result.message, "no such program");
    r->script->spec.on_exit(&r->head, &result, r->script->spec.user);
}

static bool may_go_on(const running *r) {
    const step *s = &r->script->steps[r->at];
    if (s->what == STEP_AWAIT_INPUT)
        return orx_view_find(orx_str_view(&r->script->input), s->bytes) >= 0;
    return s->what != STEP_AWAIT_EOF || r->script->input_closed;
}

static void next_step(void *user) {
    running *r = user;
    r->timer = NULL;
    const step *s = &r->script->steps[r->at];
    if (s->what == STEP_HANG || !may_go_on(r))
        return;
    r->at++;
    if (s->what == STEP_EXIT) {
        end_with(r, s->end, s->code, s->signal);
        return;
    }
    plan(r);
    if (s->what == STEP_OUT || s->what == STEP_ERR)
        r->script->spec.on_output(&r->head, s->what == STEP_OUT ? ORX_STDOUT : ORX_STDERR,
                                  orx_view_of(s->bytes), r->script->spec.user);
}

static void join(const char *const *list, char sep, char **out) {
    orx_str text = {0};
    for (; list && *list; list++) {
        orx_str_adds(&text, *list);
        orx_str_addc(&text, sep);
    }
    *out = orx_arena_strdup(&current->arena, orx_str_cstr(&text));
    orx_str_free(&text);
}

static int proc_start(orx_platform *p, const orx_proc_spec *spec, orx_proc **ret_proc,
                      orx_err *err) {
    if (current->started >= current->program_count)
        return orx_err_set(err, ORX_E_INTERNAL, "the test expected no further program: %s",
                           spec->argv[0]);
    program *script = &current->programs[current->started++];
    if (script->fails)
        return orx_err_set(err, ORX_E_IO, "orxaq-exec is missing");
    running *r = orx_xcalloc(1, sizeof *r);
    r->head.platform = p;
    r->script = script;
    script->spec = *spec;
    join(spec->argv, ' ', &script->argv);
    join(spec->env, '\n', &script->env);
    script->cwd = orx_arena_strdup(&current->arena, spec->cwd);
    orx_str_addv(&script->input, spec->input);
    script->input_closed = !spec->input_open;
    script->held = spec->hold;
    if (script->before)
        script->before(script);
    if (!spec->hold)
        plan(r);
    *ret_proc = &r->head;
    return 0;
}

static void proc_identity(orx_proc *proc, int64_t *ret_pid, int64_t *ret_start) {
    (void)proc;
    *ret_pid = 4711;
    *ret_start = 42;
}

static int proc_release(orx_proc *proc, orx_err *err) {
    (void)err;
    running *r = (running *)proc;
    r->script->released = true;
    plan(r);
    return 0;
}

static void wake(running *r) {
    if (!r->timer)
        plan(r);
}

static int proc_write(orx_proc *proc, orx_view bytes, orx_err *err) {
    running *r = (running *)proc;
    if (bytes.len > ((size_t)16 << 20))
        return orx_err_set(err, ORX_E_LIMIT, "more than 16 MiB are waiting");
    orx_str_addv(&r->script->input, bytes);
    wake(r);
    return 0;
}

static void proc_close_input(orx_proc *proc) {
    running *r = (running *)proc;
    r->script->input_closed = true;
    wake(r);
}

static void stopped(void *user) {
    running *r = user;
    r->timer = NULL;
    end_with(r, ORX_PROC_STOPPED, 0, 15);
}

static void proc_stop(orx_proc *proc, bool now) {
    running *r = (running *)proc;
    (void)now;
    if (r->script->stopped || r->script->ignores_stop) {
        r->script->stopped = true;
        return;
    }
    r->script->stopped = true;
    orx_timer_cancel(proc->platform, r->timer);
    r->timer = orx_timer_start(proc->platform, 0, stopped, r);
}

static void proc_free(orx_proc *proc) {
    running *r = (running *)proc;
    orx_timer_cancel(proc->platform, r->timer);
    r->script->freed = true;
    free(r);
}

static orx_pid_state proc_pid_state(orx_platform *p, int64_t pid, int64_t start) {
    (void)p;
    (void)pid;
    (void)start;
    return ORX_PID_GONE;
}

static int proc_pid_kill(orx_platform *p, int64_t pid, int64_t start, int signum, orx_err *err) {
    (void)p;
    (void)pid;
    (void)start;
    (void)signum;
    (void)err;
    return 0;
}

static void proc_self(orx_platform *p, int64_t *ret_pid, int64_t *ret_start) {
    (void)p;
    *ret_pid = 1;
    *ret_start = 1;
}

static void proc_kill_all(orx_platform *p) {
    (void)p;
}

static const struct orx_proc_ops procs = {.start = proc_start,
                                          .identity = proc_identity,
                                          .release = proc_release,
                                          .write = proc_write,
                                          .close_input = proc_close_input,
                                          .stop = proc_stop,
                                          .free = proc_free,
                                          .pid_state = proc_pid_state,
                                          .pid_kill = proc_pid_kill,
                                          .self = proc_self,
                                          .kill_all = proc_kill_all};

/* ---- The world ----------------------------------------------------------------------------- */

int world_setup(void **state) {
    orx_err err = ORX_ERR_INIT;
    world *w = orx_xcalloc(1, sizeof *w);
    const char *tmp = getenv("TMPDIR");
    char *dir = orx_arena_printf(&w->arena, "%s/orxaq-test.XXXXXX", tmp && *tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    assert_ok(orx_platform_uv_new(&w->p, &err), &err);
    orx_str real = {0};
    assert_ok(orx_realpath(w->p, dir, &real, &err), &err);
    w->dir = orx_arena_strdup(&w->arena, orx_str_cstr(&real));
    orx_str_free(&real);
    w->real_modules = w->p->modules;
    w->real_procs = w->p->procs;
    w->p->modules = &modules;
    w->p->procs = &procs;
    known_count = 0;
    current = w;
    orx_plugin_setup setup = world_plugin_setup(w);
    world_plugins(w, &setup);
    *state = w;
    return 0;
}

int world_teardown(void **state) {
    world *w = *state;
    orx_plugins_free(w->plugins);
    orx_remove_tree(w->p, w->dir, NULL);
    orx_platform_free(w->p);
    for (size_t i = 0; i < w->program_count; i++)
        orx_str_free(&w->programs[i].input);
    orx_str_free(&w->log);
    orx_str_free(&w->metrics);
    orx_arena_free(&w->arena);
    free(w);
    return 0;
}

static void log_line(void *user, int level, const char *instance, orx_view text) {
    world *w = user;
    orx_str_addf(&w->log, "%d %s %.*s\n", level, instance ? instance : "-", ORX_VIEW_ARG(text));
}

static void metric_line(void *user, orx_metric_kind kind, const char *instance, const char *name,
                        int64_t value) {
    world *w = user;
    orx_str_addf(&w->metrics, "%d %s %s %lld\n", (int)kind, instance, name, (long long)value);
}

orx_plugin_setup world_plugin_setup(world *w) {
    const char **dirs = orx_arena_zalloc(&w->arena, 2, sizeof *dirs);
    dirs[0] = w->dir;
    return (orx_plugin_setup){
        .root = w->dir, .dirs = dirs, .log = log_line, .metric = metric_line, .user = w};
}

void world_plugins(world *w, const orx_plugin_setup *setup) {
    orx_plugins_free(w->plugins);
    w->plugins = orx_plugins_new(w->p, setup);
}

const char *world_module(world *w, const char *name, orxaq_plugin_query_fn query) {
    const char *file = orx_arena_printf(&w->arena, "%s.so", name);
    const char *path = world_file(w, file, name);
    known[known_count++] = (orx_module){path, query};
    return path;
}

const orx_plugin *world_load(world *w, const char *name) {
    orx_err err = ORX_ERR_INIT;
    const orx_plugin *plugin = NULL;
    orx_plugin_ref ref = {.name = name};
    assert_ok(orx_plugins_load(w->plugins, &ref, &plugin, &err), &err);
    return plugin;
}

void world_programs(world *w, program *programs, size_t count) {
    for (size_t i = 0; i < w->program_count; i++)
        orx_str_free(&w->programs[i].input);
    w->programs = programs;
    w->program_count = count;
    w->started = 0;
}

const char *world_path(world *w, const char *name) {
    return orx_path_join(&w->arena, w->dir, name);
}

const char *world_file(world *w, const char *name, const char *text) {
    orx_err err = ORX_ERR_INIT;
    const char *path = world_path(w, name);
    assert_ok(orx_write_replace(w->p, path, orx_view_of(text), 0644, &err), &err);
    return path;
}

const char *world_read(world *w, const char *name) {
    orx_str text = {0};
    if (orx_read_file(w->p, world_path(w, name), 1 << 26, &text, NULL) < 0)
        return NULL;
    const char *copy = orx_arena_dup(&w->arena, orx_str_view(&text));
    orx_str_free(&text);
    return copy;
}

const orx_node *world_yaml(world *w, const char *text) {
    orx_err err = ORX_ERR_INIT;
    const orx_node *root = NULL;
    assert_ok(
        orx_yaml_parse(&w->arena, "test.yaml", orx_view_of(text), &orx_limits_config, &root, &err),
        &err);
    return root;
}
