/* bench_plugins.c: what 64 plugins cost.
 *
 * The modules are copies of the shipped command.so, each under an id of its own, in a folder of
 * their own. validate_64: nothing is known about any of them; from orx_plugins_prepare until all
 * are proven by the probe (`orxaq plugin probe-internal`). load_64: the verdicts are on file; a new
 * process reads them, finds, trusts (owner, mode, digest), loads and registers all 64. Both are the
 * median of several rounds. The disk's cache is warm. What counts is the time that passed; the
 * processor time of loading, which says how much of that was the work of others, is told beside it.
 */
#include "bench.h"

#include "base/arena.h"
#include "platform/files.h"
#include "plugin/plugin.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PLUGINS = 64, ROUNDS = 9 };

static void check(int rc, const orx_err *err, const char *what) {
    if (rc >= 0)
        return;
    (void)fprintf(stderr, "bench_plugins: %s: %s\n", what, err->msg);
    exit(1);
}

/* Puts id in the place of every string "command" of a module; both have seven letters. */
static void rename_plugin(orx_str *module, const char *id) {
    static const char old[] = "\0command";
    size_t n = sizeof old;
    for (size_t at = 0; at + n <= module->len; at++)
        if (memcmp(module->buf + at, old, n) == 0)
            memcpy(module->buf + at + 1, id, n - 2);
}

static void make_modules(orx_platform *p, const char *dir) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str module = {0};
    const char *from = orx_path_join(&arena, bench_env("ORX_BUILD_DIR"), "plugins/command.so");
    check(orx_read_file(p, from, (size_t)16 << 20, &module, &err), &err, from);
    for (int i = 0; i < PLUGINS; i++) {
        ORX_CLEANUP(orx_str_free) orx_str copy = {0};
        const char *id = orx_arena_printf(&arena, "bench%02d", i);
        orx_str_addv(&copy, orx_str_view(&module));
        rename_plugin(&copy, id);
        const char *to = orx_arena_printf(&arena, "%s/%s.so", dir, id);
        check(orx_write_atomic(p, to, orx_str_view(&copy), 0755, &err), &err, to);
    }
}

/* The references, in the arena. */
static const orx_plugin_ref *references(orx_arena *arena, const char *dir) {
    orx_plugin_ref *refs = orx_arena_zalloc(arena, PLUGINS, sizeof *refs);
    for (int i = 0; i < PLUGINS; i++)
        refs[i].path = orx_arena_printf(arena, "%s/bench%02d.so", dir, i);
    return refs;
}

static orx_plugins *plugins_new(orx_platform *p, orx_arena *arena, const char *dir) {
    const char **probe = orx_arena_zalloc(arena, 4, sizeof *probe);
    probe[0] = orx_path_join(arena, bench_env("ORX_BUILD_DIR"), "bin/orxaq");
    probe[1] = "plugin";
    probe[2] = "probe-internal";
    const orx_plugin_setup setup = {
        .root = dir, .cache_file = orx_path_join(arena, dir, "verdicts.json"), .probe = probe};
    return orx_plugins_new(p, &setup);
}

/* Seconds for proving all of them; the verdicts stay on file. */
static double validate_all(orx_platform *p, const char *dir) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_plugin_ref *refs = references(&arena, dir);
    (void)orx_unlink(p, orx_path_join(&arena, dir, "verdicts.json"), NULL);
    double begun = bench_now();
    orx_plugins *all = plugins_new(p, &arena, dir);
    orx_plugins_prepare(all, refs, PLUGINS);
    orx_plugins_free(all);
    return bench_now() - begun;
}

static double cpu_seconds(void) {
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* In a process that has loaded none: prints its seconds, of the processor and of the clock. */
static int load_all(orx_platform *p, const char *dir) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_plugin_ref *refs = references(&arena, dir);
    const orx_plugin *plugin = NULL;
    double begun = bench_now();
    double cpu = cpu_seconds();
    orx_plugins *all = plugins_new(p, &arena, dir);
    for (int i = 0; i < PLUGINS; i++)
        check(orx_plugins_load(all, &refs[i], &plugin, &err), &err, refs[i].path);
    cpu = cpu_seconds() - cpu;
    double took = bench_now() - begun;
    if (strcmp(orx_plugin_descriptor(plugin)->id, "bench63") != 0)
        return 1;
    orx_plugins_free(all);
    printf("%.9f %.9f\n", cpu, took);
    return 0;
}

static double load_apart(const char *dir, double *ret_wall) {
    int ends[2];
    char text[64] = "";
    if (pipe(ends) != 0)
        exit(1);
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(ends[1], 1);
        (void)execl("/proc/self/exe", "bench_plugins", dir, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    int status = 1;
    ssize_t n = read(ends[0], text, sizeof text - 1);
    (void)close(ends[0]);
    if (n <= 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        (void)fprintf(stderr, "bench_plugins: loading failed\n");
        exit(1);
    }
    char *rest = NULL;
    double cpu = strtod(text, &rest);
    *ret_wall = strtod(rest, NULL);
    return cpu;
}

int main(int argc, char **argv) {
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    (void)bench_env("ORX_BUILD_DIR"); /* before anything is made */
    check(orx_platform_uv_new(&p, &err), &err, "platform");
    if (argc == 2) {
        int code = load_all(p, argv[1]);
        orx_platform_free(p);
        return code;
    }
    char dir[] = "/var/tmp/orxaq-bench.XXXXXX";
    double first[ROUNDS];
    double again[ROUNDS];
    double wall[ROUNDS];
    if (!mkdtemp(dir))
        return 1;
    make_modules(p, dir);
    for (int i = 0; i < ROUNDS; i++) {
        first[i] = validate_all(p, dir);
        again[i] = load_apart(dir, &wall[i]);
    }
    (void)orx_remove_tree(p, dir, NULL);
    orx_platform_free(p);
    bool pass = bench_at_most("validate_64_plugins", bench_median(first, ROUNDS) * 1e3, "ms", 500);
    pass &= bench_at_most("load_64_plugins", bench_median(wall, ROUNDS) * 1e3, "ms", 20);
    printf("loading: %.1f ms of processor time\n", bench_median(again, ROUNDS) * 1e3);
    return pass ? 0 : 1;
}
