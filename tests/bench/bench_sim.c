/* bench_sim.c: a fleet in two processes.
 *
 * 32 runners on 16 hosts, in two simulated worlds that run beside each other in processes of
 * their own (a simulation has one thread), each with a root, a repository and a queue of its own,
 * make at least a thousand attempts each and write half a million journal events together. Their
 * provider has six models, of which most are too busy at any time, so that an attempt is some three
 * calls; a busy one is not left alone, since otherwise most attempts would find but one to ask.
 * Meanwhile disks fail, programs do not start, operations are slow, clocks jump,
 * processes are killed and hosts lose power. A runner that ended is started again, as a supervisor
 * would. In the end every task must be done and every chain must verify; then the time counts. */
#include "bench.h"

#include "git/git.h"
#include "git/sim/twin.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "platform/proc.h"
#include "platform/sim/sim.h"
#include "run/run.h"

#include <orxaq/orxaq.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    WORLDS = 2,
    HOSTS = 8, /* of a world */
    PER_HOST = 2,
    RUNNERS = HOSTS * PER_HOST, /* of a world */
    TASKS = 12,
    TRIES = 83,    /* of each task until its check passes */
    BUSY = 63,     /* percent of the calls that a model refuses */
    BUSY_EXIT = 9, /* how the agent says so */
    FILES = 8,     /* in each repository */
    ATTEMPTS_MIN = 1000,
    EVENTS_MIN = 500000,
    SEED = 1, /* of the first world */
    WINDOWS_MAX = 100000
};

#define WINDOW (ORX_SEC * 20 * 60)
#define MODULE "/opt/orxaq/plugins/command.so"

static const char config_text[] = "version: 1\n"
                                  "repos: {impl: ../repo, test: ../repo}\n"
                                  "retry: {flat_delay: 2s, max_attempts: 100000}\n"
                                  "run: {max_cycles: 1000000}\n"
                                  "journal: {keep_days: 36500}\n"
                                  "validation: {commands: [check], retries: 0}\n"
                                  "route: {cooldown: 0s}\n"
                                  "providers:\n"
                                  "  worker:\n"
                                  "    plugin: command\n"
                                  "    models: [m1, m2, m3, m4, m5, m6]\n"
                                  "    settings: {argv: [agent, '{model}'], output: json,\n"
                                  "      exit_codes: {'9': rate_limit}}\n";

/* An attempt is hundreds of operations, and one failed read or write ends a run: disks fail in one
 * window of eight, processes and hosts in one of 64, so that the world gets on. */
static const orx_sim_faults usual = {.spawn_fails = 50, .slow = 20, .clock_jump = 5};
static const orx_sim_faults rough = {
    .io_error = 1, .no_space = 1, .spawn_fails = 50, .slow = 20, .clock_jump = 5};
static const orx_sim_faults storm = {.io_error = 1,
                                     .no_space = 1,
                                     .spawn_fails = 50,
                                     .slow = 20,
                                     .clock_jump = 5,
                                     .kill = 1,
                                     .crash = 1};

static const orx_sim_faults *weather_of(int window) {
    return window % 64 == 0 ? &storm : window % 8 == 0 ? &rough : &usual;
}

typedef struct fleet fleet;

typedef struct one {
    fleet *all;
    orx_platform *p;
    orx_sim_host *host;
    char root[64];
    char repo[64];
    int tries[TASKS]; /* of the agent */
    bool done;
    int starts;
    int64_t attempts;
    orx_err err;
} one;

struct fleet {
    orx_sim *sim;
    orx_platform *desk; /* where the supervisor sits; no faults */
    orx_sim_host *hosts[HOSTS];
    one runners[RUNNERS];
};

static void must(int rc, const orx_err *err, const char *what) {
    if (rc >= 0)
        return;
    (void)fprintf(stderr, "bench_sim: %s: %s\n", what, err->msg);
    exit(1);
}

/* ---- Programs ------------------------------------------------------------------------------- */

static int put(orx_platform *p, const char *path, const char *text) {
    int rc = -1;
    for (int i = 0; rc < 0 && i < 5; i++)
        rc = orx_write_replace(p, path, orx_view_of(text), 0644, NULL);
    return rc;
}

static int task_of(const orx_str *prompt) {
    const char *at = strstr(orx_str_cstr(prompt), "id: task-");
    return at ? (int)strtol(at + 9, NULL, 10) % TASKS : 0;
}

/* Is mostly too busy; else gives up or, each fourth time, does the task wrong, until the last of
 * its tries. */
static int agent(orx_sim_prog *prog, void *user) {
    fleet *f = user;
    ORX_CLEANUP(orx_str_free) orx_str prompt = {0};
    char name[32];
    char text[32];
    one *o = &f->runners[strtol(orx_sim_cwd(prog) + strlen("/srv/"), NULL, 10) % RUNNERS];
    orx_sim_read_input(prog, &prompt);
    int task = task_of(&prompt);
    orx_sim_sleep(prog, ORX_SEC / 5);
    if (orx_sim_prog_draw(prog, 100) < BUSY)
        return BUSY_EXIT;
    orx_sim_sleep(prog, (int64_t)(1 + orx_sim_prog_draw(prog, 20)) * ORX_SEC);
    bool good = ++o->tries[task] >= TRIES;
    if (!good && o->tries[task] % 4) {
        orx_sim_printf(prog, ORX_STDOUT, "{\"status\": \"partial\", \"summary\": \"not yet\"}\n");
        return 0;
    }
    (void)snprintf(name, sizeof name, "file-%d.txt", task % FILES);
    (void)snprintf(text, sizeof text, "%s %d\n", good ? "good" : "bad", task);
    if (put(orx_sim_prog_platform(prog), name, text) < 0)
        return 1;
    orx_sim_printf(prog, ORX_STDOUT,
                   "{\"status\": \"done\", \"summary\": \"task %d\", \"usage\": "
                   "{\"input_tokens\": 10, \"output_tokens\": 5}}\n",
                   task);
    return 0;
}

/* The working tree must hold nothing bad. */
static int check(orx_sim_prog *prog, void *user ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_platform *p = orx_sim_prog_platform(prog);
    const orx_git_options options = {0};
    orx_git_status status;
    orx_git *g = NULL;
    int rc = orx_git_open(p, ".", &options, &g, NULL);
    if (rc == 0)
        rc = orx_git_status_of(g, &arena, &status, NULL);
    orx_git_close(g);
    for (size_t i = 0; rc == 0 && i < status.count; i++) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        if (orx_read_file(p, status.entries[i].path, 4096, &text, NULL) == 0 &&
            orx_view_starts(orx_str_view(&text), "bad"))
            rc = 1;
    }
    return rc < 0 ? 2 : rc;
}

/* ---- Hosts and roots ------------------------------------------------------------------------ */

static void place(orx_platform *p, const char *folder, const char *name, const char *text) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char *path = orx_path_join(&arena, folder, name);
    char *dir = orx_arena_strdup(&arena, path);
    *strrchr(dir, '/') = '\0';
    must(orx_mkdirs(p, dir, false, &err), &err, dir);
    must(orx_write_atomic(p, path, orx_view_of(text), 0644, &err), &err, path);
}

static void place_queue(orx_platform *p, const char *root) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (int i = 0; i < TASKS; i++)
        orx_str_addf(&text,
                     "%s{\"id\": \"task-%d\", \"owner\": \"worker\", \"priority\": %d, "
                     "\"title\": \"Task %d\", \"description\": \"Do it.\"}",
                     i ? ",\n" : "[", i, i, i);
    orx_str_adds(&text, "]\n");
    place(p, root, "config/tasks.json", orx_str_cstr(&text));
}

static void place_repository(orx_platform *p, const char *repo) {
    orx_err err = ORX_ERR_INIT;
    const orx_git_options options = {0};
    const orx_git_delivery d = {.message = orx_view_of("first\n")};
    char sha[ORX_GIT_SHA];
    orx_git *g = NULL;
    must(orx_git_twin_init(p, repo, false, &err), &err, repo);
    place(p, repo, "README", "a repository\n");
    must(orx_git_open(p, repo, &options, &g, &err), &err, repo);
    must(orx_git_commit_all(g, &d, sha, &err), &err, "first commit");
    orx_git_close(g);
}

static void add_host(fleet *f, int n) {
    char name[16];
    (void)snprintf(name, sizeof name, "host-%d", n);
    orx_sim_host *h = f->hosts[n] = orx_sim_add_host(f->sim, name);
    orx_platform *outside = orx_sim_add_process(h);
    orx_sim_set_env(h, "HOME", "/srv");
    orx_sim_set_env(h, "PATH", "/usr/bin");
    place(outside, "/tmp", "nothing", "");
    place(outside, "/", &MODULE[1], "linked into the simulation\n");
    for (int i = n * PER_HOST; i < (n + 1) * PER_HOST; i++) {
        one *o = &f->runners[i];
        o->all = f;
        o->host = h;
        o->p = orx_sim_add_process(h);
        (void)snprintf(o->root, sizeof o->root, "/srv/%d/project", i);
        (void)snprintf(o->repo, sizeof o->repo, "/srv/%d/repo", i);
        place(outside, o->root, "orxaq.yaml", config_text);
        place(outside, o->root, "config/objective.md", "Make it good.\n");
        place_queue(outside, o->root);
        place_repository(outside, o->repo);
    }
    orx_sim_settle(h);
}

static fleet *fleet_new(uint64_t seed) {
    fleet *f = orx_xcalloc(1, sizeof *f);
    f->sim = orx_sim_new(seed);
    orx_sim_module(f->sim, MODULE, ORXAQ_PLUGIN_SYMBOL, (orx_module_fn)orxaq_plugin_query);
    orx_sim_program(f->sim, "agent", agent, f);
    orx_sim_program(f->sim, "check", check, f);
    f->desk = orx_sim_add_process(orx_sim_add_host(f->sim, "desk"));
    for (int i = 0; i < HOSTS; i++)
        add_host(f, i);
    return f;
}

/* ---- Runners -------------------------------------------------------------------------------- */

static const orx_store_room *const rooms[] = {&orx_task_room, &orx_money_room, &orx_route_room,
                                              &orx_run_room, NULL};
static const char *const plugin_dirs[] = {"/opt/orxaq/plugins", NULL};

static int run_once(one *o, const orx_config *cfg, orx_store *s) {
    const orx_plugin_setup ps = {.root = o->root, .dirs = plugin_dirs};
    orx_plugins *plugins = orx_plugins_new(o->p, &ps);
    const orx_run_setup setup = {.cfg = cfg, .store = s, .plugins = plugins};
    orx_runner *r = NULL;
    orx_run_end end;
    int rc = orx_runner_new(o->p, &setup, &r, &o->err);
    if (rc == 0)
        rc = orx_runner_run(r, &end, &o->err);
    orx_runner_free(r);
    orx_plugins_free(plugins);
    o->done = rc == 0 && end == ORX_RUN_ALL_DONE;
    return rc;
}

static int runner(orx_platform *p, void *user) {
    one *o = user;
    const orx_config_options options = {.root = o->root, .cwd = "/"};
    orx_config *cfg = NULL;
    orx_store *s = NULL;
    int rc = orx_config_load(p, &options, &cfg, NULL, &o->err);
    if (rc == 0)
        rc = orx_store_open(p, o->root, orx_run_lane(cfg), rooms, ORX_STORE_CREATE, &s, &o->err);
    if (rc == 0)
        rc = run_once(o, cfg, s);
    orx_store_close(s);
    orx_config_free(cfg);
    return rc == 0 ? 0 : 1;
}

/* Starts what does not run and is not done; false when there is nothing of the kind. */
static bool supervise(fleet *f) {
    bool more = false;
    for (int i = 0; i < RUNNERS; i++) {
        one *o = &f->runners[i];
        orx_sim_fate fate = orx_sim_fate_of(o->p, NULL);
        if (fate != ORX_SIM_RUNNING && !o->done) {
            o->starts++;
            o->err = (orx_err)ORX_ERR_INIT;
            orx_sim_spawn(o->p, runner, o);
        }
        more = more || !o->done;
    }
    return more;
}

/* A window of time passes for all, also when every runner has ended: locks that somebody left must
 * get old. */
static void live(fleet *f) {
    for (int w = 0; supervise(f); w++) {
        if (w == WINDOWS_MAX) {
            (void)fprintf(stderr, "bench_sim: the fleet does not end: %s\n", f->runners[0].err.msg);
            exit(1);
        }
        for (int i = 0; i < HOSTS; i++)
            orx_sim_set_faults(f->hosts[i], weather_of(w + i));
        orx_loop_sleep(f->desk, WINDOW);
    }
}

/* ---- What came of it ------------------------------------------------------------------------ */

typedef struct sums {
    int64_t events;
    int64_t attempts;
    int64_t least; /* attempts of one runner */
    int64_t starts;
} sums;

static int64_t attempts_of(orx_store *s) {
    orx_err err = ORX_ERR_INIT;
    orx_sql *q;
    must(orx_sql_get(s, "SELECT count(*) FROM attempt", &q, &err), &err, "attempts");
    must(orx_sql_step(q, &err), &err, "attempts");
    int64_t n = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return n;
}

static void look(one *o, sums *all) {
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = orx_sim_add_process(o->host);
    orx_store *s = NULL;
    orx_task_counts n;
    int64_t events = 0;
    must(orx_store_open(p, o->root, "checker", rooms, ORX_STORE_CREATE, &s, &err), &err, o->root);
    must(orx_event_verify(s, &events, &err), &err, o->root);
    must(orx_task_count(s, "primary", &n, &err), &err, o->root);
    if (n.done != TASKS || n.total != TASKS) {
        (void)fprintf(stderr, "bench_sim: %s: %lld of %d tasks are done\n", o->root,
                      (long long)n.done, TASKS);
        exit(1);
    }
    o->attempts = attempts_of(s);
    orx_store_close(s);
    all->events += events;
    all->attempts += o->attempts;
    all->starts += o->starts;
    if (!all->least || o->attempts < all->least)
        all->least = o->attempts;
}

/* ---- Two worlds ----------------------------------------------------------------------------- */

typedef struct world {
    pid_t pid;
    int out; /* a sums comes from here */
} world;

static void live_whole(uint64_t seed, int to) {
    sums all = {0};
    fleet *f = fleet_new(seed);
    live(f);
    for (int i = 0; i < RUNNERS; i++)
        look(&f->runners[i], &all);
    orx_sim_free(f->sim);
    free(f);
    exit(write(to, &all, sizeof all) == (ssize_t)sizeof all ? 0 : 1);
}

static void begin_world(world *w, uint64_t seed) {
    int fds[2];
    if (pipe(fds) != 0 || (w->pid = fork()) < 0) {
        perror("bench_sim");
        exit(2);
    }
    if (w->pid == 0)
        live_whole(seed, fds[1]);
    (void)close(fds[1]);
    w->out = fds[0];
}

static void end_world(const world *w, sums *all) {
    sums its;
    int status = 1;
    bool good = read(w->out, &its, sizeof its) == (ssize_t)sizeof its;
    if (waitpid(w->pid, &status, 0) != w->pid || status != 0 || !good)
        exit(1);
    all->events += its.events;
    all->attempts += its.attempts;
    all->starts += its.starts;
    if (!all->least || its.least < all->least)
        all->least = its.least;
}

int main(void) {
    world worlds[WORLDS];
    sums all = {0};
    double begun = bench_now();
    for (int i = 0; i < WORLDS; i++)
        begin_world(&worlds[i], SEED + (uint64_t)i);
    for (int i = 0; i < WORLDS; i++)
        end_world(&worlds[i], &all);
    double took = bench_now() - begun;
    struct rusage u;
    (void)getrusage(RUSAGE_CHILDREN, &u);
    printf("%lld starts, %lld attempts, %.0f MiB peak of a world\n", (long long)all.starts,
           (long long)all.attempts, (double)u.ru_maxrss / 1024);
    bool pass =
        bench_at_least("fleet_attempts_per_runner", (double)all.least, "attempts", ATTEMPTS_MIN);
    pass &= bench_at_least("fleet_events", (double)all.events, "events", EVENTS_MIN);
    pass &= bench_at_most("fleet_32_runners", took, "s", 60.0);
    return pass ? 0 : 1;
}
