/* bench_attempt.c: orxaq's own time per attempt, and per task over many tasks.
 *
 * A runner on the real platform does a queue of tasks with an agent that does nothing
 * (noop_agent.c) and one validation command that does nothing, without git: the repository is the
 * twin of the simulation (core/git/sim), kept in memory (/dev/shm) so that none of its syncs
 * counts. Everything else is real: selection, prompt, orxaq-exec with the sandbox, plugin, record,
 * scope check, the durable transactions of the journal on a disk, projections.
 *
 * Each task changes one line of one file, so the work in the repository is the same from the first
 * task to the last.
 *
 * An attempt counts from the settlement of the one before to its own. After each of the first and
 * the last ones the same two programs are started bare (posix_spawn and wait), and their time is
 * taken off:
 *
 *   attempt_own_cpu   median processor time, user and system, of orxaq and of the two supervisors
 *                     (orxaq-exec) of an attempt
 *   attempt_own_wall  median time that passed, which includes waiting for the disk
 *
 * Over the whole queue only this process is looked at (getrusage, RUSAGE_SELF, user and system).
 * That is all that orxaq itself does, the kernel's work for its calls included: starting processes,
 * writing, syncing. Not in it is what the supervisors use from their start to their end; it is the
 * row below.
 *
 *   task_own_cpu      processor time of orxaq per task: the mean over all tasks, so what is done
 *                     only now and then (projections, checkpoints, pruning) is in it
 *   task_supervisors  what the two supervisors of a task use besides; the mean, no bar
 *   task_cpu_growth   median of the last tenth of the tasks against that of the first
 *   task_memory       how much memory grows with every thousand tasks
 *
 * `bench_attempt N` does N tasks instead of ten thousand: 1000 and 100000 show whether the rows are
 * flat.
 */
#include "bench.h"

#include "git/git.h"
#include "git/sim/twin.h"
#include "platform/files.h"
#include "run/run.h"

#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TASKS = 10000, TASKS_MIN = 1000, COMPARED = 150, SETTLED_IN = 2000 };

typedef struct moment {
    double wall;
    double self;     /* processor time of this process */
    double children; /* ... and of its children that ended */
} moment;

typedef struct measured {
    orx_arena arena;
    const char *agent;
    const char *nothing;
    const char *scratch; /* what the bare agent writes to */
    moment begun;
    double wall[COMPARED]; /* of the first ones, the bare programs taken off */
    double cpu[COMPARED];
    double bare;     /* sum of the processor time of the bare programs */
    double *self;    /* of each task */
    double children; /* sum, the bare programs not in it */
    double memory;   /* KiB when it had settled in, then what came since */
    int tasks;
    int count;
    int good;
} measured;

static void check(int rc, const orx_err *err, const char *what) {
    if (rc >= 0)
        return;
    (void)fprintf(stderr, "bench_attempt: %s: %s\n", what, err->msg);
    exit(1);
}

static double seconds_of(int who) {
    struct rusage u;
    (void)getrusage(who, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static moment now(void) {
    return (moment){bench_now(), seconds_of(RUSAGE_SELF), seconds_of(RUSAGE_CHILDREN)};
}

static void run_bare(const char *program, const char *argument) {
    const char *const argv[] = {program, argument, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = 1;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
    (void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
    if (posix_spawn(&pid, program, &actions, NULL, (char *const *)argv, environ) != 0 ||
        waitpid(pid, &status, 0) != pid || status != 0) {
        (void)fprintf(stderr, "bench_attempt: %s failed\n", program);
        exit(1);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
}

/* KiB of this process that are in memory and its own. */
static double resident(void) {
    char line[128] = "";
    char *rest = line;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || !fgets(line, sizeof line, f)) {
        perror("bench_attempt: /proc/self/statm");
        exit(1);
    }
    (void)fclose(f);
    (void)strtol(rest, &rest, 10); /* what is mapped */
    long pages = strtol(rest, &rest, 10);
    long shared = strtol(rest, &rest, 10);
    return (double)(pages - shared) * 4;
}

static void compare(measured *m, int i, const moment *end) {
    run_bare(m->agent, m->scratch);
    run_bare(m->nothing, NULL);
    moment bare = now();
    double cpu = bare.self - end->self + bare.children - end->children;
    m->wall[i] = (end->wall - m->begun.wall) - (bare.wall - end->wall);
    m->cpu[i] = end->self - m->begun.self + end->children - m->begun.children - cpu;
    m->bare += bare.children - end->children;
}

static void on_note(const orx_run_note *note, void *user) {
    measured *m = user;
    if (note->kind == ORX_NOTE_PROBLEM)
        (void)fprintf(stderr, "bench_attempt: %s\n", note->text);
    if (note->kind != ORX_NOTE_SETTLED || m->count == m->tasks)
        return;
    moment end = now();
    m->self[m->count] = end.self - m->begun.self;
    m->children += end.children - m->begun.children;
    /* The first one loads the plugin and opens the repository. */
    if (m->count > 0 && m->count <= COMPARED)
        compare(m, m->count - 1, &end);
    m->count++;
    m->good += note->good;
    if (m->count == SETTLED_IN || m->count == m->tasks) {
        m->memory = resident() - m->memory;
        (void)fprintf(stderr, "bench_attempt: %d tasks, %.0f KiB\n", m->count, resident());
    }
    m->begun = now();
}

/* ---- The root ------------------------------------------------------------------------------- */

static void place(orx_platform *p, const char *folder, const char *name, const char *text) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char *path = orx_path_join(&arena, folder, name);
    char *dir = orx_arena_strdup(&arena, path);
    *strrchr(dir, '/') = '\0';
    check(orx_mkdirs(p, dir, false, &err), &err, dir);
    check(orx_write_atomic(p, path, orx_view_of(text), 0644, &err), &err, path);
}

static void make_repository(orx_platform *p, const char *repo) {
    orx_err err = ORX_ERR_INIT;
    const orx_git_options options = {0};
    const orx_git_delivery d = {.message = orx_view_of("first\n")};
    char sha[ORX_GIT_SHA];
    orx_git *g = NULL;
    check(orx_git_twin_init(p, repo, false, &err), &err, repo);
    place(p, repo, "README", "a repository\n");
    check(orx_git_open(p, repo, &options, &g, &err), &err, repo);
    check(orx_git_commit_all(g, &d, sha, &err), &err, "first commit");
    orx_git_close(g);
}

static void make_root(orx_platform *p, const measured *m, const char *root, const char *repo) {
    ORX_CLEANUP(orx_str_free) orx_str tasks = {0};
    ORX_CLEANUP(orx_str_free) orx_str config = {0};
    for (int i = 0; i < m->tasks; i++)
        orx_str_addf(&tasks,
                     "%s{\"id\": \"task-%d\", \"owner\": \"worker\", \"priority\": 1, \"title\": "
                     "\"Task %d\", \"description\": \"Do it.\"}",
                     i ? ",\n" : "[", i, i);
    orx_str_adds(&tasks, "]\n");
    orx_str_addf(&config,
                 "version: 1\nrepos: {impl: \"%s\", test: \"%s\"}\n"
                 "run: {max_cycles: 1000000}\n"
                 "validation: {commands: [\"%s\"], retries: 0}\n"
                 "providers:\n  worker:\n    plugin: command\n"
                 "    settings: {argv: [\"%s\", work.txt], output: json}\n",
                 repo, repo, m->nothing, m->agent);
    place(p, root, "config/tasks.json", orx_str_cstr(&tasks));
    place(p, root, "orxaq.yaml", orx_str_cstr(&config));
    make_repository(p, repo);
}

/* ---- The run -------------------------------------------------------------------------------- */

static const orx_store_room *const rooms[] = {&orx_task_room, &orx_money_room, &orx_route_room,
                                              &orx_run_room, NULL};

static void run(orx_platform *p, measured *m, const char *root) {
    orx_err err = ORX_ERR_INIT;
    const orx_config_options options = {.root = root, .cwd = "/"};
    const char *const dirs[] = {orx_path_join(&m->arena, bench_env("ORX_BUILD_DIR"), "plugins"),
                                NULL};
    const orx_plugin_setup ps = {.root = root, .dirs = dirs};
    orx_config *cfg = NULL;
    orx_store *s = NULL;
    orx_runner *r = NULL;
    orx_run_end end = ORX_RUN_LEFTOVER;
    check(orx_config_load(p, &options, &cfg, NULL, &err), &err, "config");
    p->simulated = false; /* the journal is on a real disk; only git is the twin */
    check(orx_store_open(p, root, orx_run_lane(cfg), rooms, ORX_STORE_CREATE, &s, &err), &err,
          "store");
    p->simulated = true;
    orx_plugins *plugins = orx_plugins_new(p, &ps);
    const orx_run_setup setup = {
        .cfg = cfg, .store = s, .plugins = plugins, .listener = on_note, .user = m};
    check(orx_runner_new(p, &setup, &r, &err), &err, "runner");
    m->begun = now();
    check(orx_runner_run(r, &end, &err), &err, "run");
    orx_runner_free(r);
    orx_plugins_free(plugins);
    orx_store_close(s);
    orx_config_free(cfg);
}

static const char *fresh_dir(measured *m, const char *template) {
    char *dir = orx_arena_strdup(&m->arena, template);
    if (!mkdtemp(dir)) {
        perror(template);
        exit(1);
    }
    return dir;
}

static bool report(measured *m) {
    int tenth = m->tasks / 10;
    double sum = 0;
    for (int i = 0; i < m->tasks; i++)
        sum += m->self[i];
    double first = bench_median(m->self + 1, (size_t)tenth);
    double last = bench_median(m->self + m->tasks - tenth, (size_t)tenth);
    double supervisors = m->children / m->tasks - m->bare / COMPARED;
    (void)fprintf(stderr, "bench_attempt: median of the first tenth %.3g ms, of the last %.3g ms\n",
                  first * 1e3, last * 1e3);
    bool pass = m->count == m->tasks && m->good == m->tasks;
    if (!pass)
        (void)fprintf(stderr, "bench_attempt: %d of %d attempts, %d done\n", m->count, m->tasks,
                      m->good);
    pass &= bench_at_most("attempt_own_cpu", bench_median(m->cpu, COMPARED) * 1e3, "ms", 10);
    pass &= bench_at_most("attempt_own_wall", bench_median(m->wall, COMPARED) * 1e3, "ms", 10);
    pass &= bench_at_most("task_own_cpu", sum / m->tasks * 1e3, "ms", 5);
    printf("task_supervisors %.3g ms - PASS\n", supervisors * 1e3);
    pass &= bench_at_most("task_cpu_growth", last / first, "times", 1.1);
    if (m->tasks > SETTLED_IN)
        pass &=
            bench_at_most("task_memory", m->memory * 1000 / (m->tasks - SETTLED_IN), "KiB/1000", 1);
    return pass;
}

int main(int argc, char **argv) {
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    const char *build = bench_env("ORX_BUILD_DIR");
    measured *m = orx_xcalloc(1, sizeof *m);
    m->tasks = argc > 1 ? (int)strtol(argv[1], NULL, 10) : TASKS;
    if (m->tasks < TASKS_MIN) {
        (void)fprintf(stderr, "bench_attempt: expected a number of tasks, at least %d\n",
                      TASKS_MIN);
        return 2;
    }
    m->self = orx_xcalloc((size_t)m->tasks, sizeof *m->self);
    memset(m->self, 1, (size_t)m->tasks * sizeof *m->self); /* in memory from the beginning */
    check(orx_platform_uv_new(&p, &err), &err, "platform");
    p->simulated = true; /* makes orx_git_open take the twin */
    const char *root = fresh_dir(m, "/var/tmp/orxaq-bench.XXXXXX");
    const char *memory = fresh_dir(m, "/dev/shm/orxaq-bench.XXXXXX");
    m->agent = orx_path_join(&m->arena, build, "bench-parts/noop_agent");
    m->nothing = orx_path_join(&m->arena, build, "bench-parts/empty");
    m->scratch = orx_path_join(&m->arena, memory, "scratch");
    make_root(p, m, root, orx_path_join(&m->arena, memory, "repo"));
    run(p, m, root);
    (void)orx_remove_tree(p, root, NULL);
    (void)orx_remove_tree(p, memory, NULL);
    orx_platform_free(p);
    bool pass = report(m);
    orx_arena_free(&m->arena);
    free(m->self);
    free(m);
    return pass ? 0 : 1;
}
