/* bench_output.c: what an agent's output costs.
 *
 * Parsing. What real programs said (recorded sessions among the tests of the plugins, said again
 * and again up to 8 MB) goes from bytes as a pipe delivers them through framing, driver and host
 * into events: everything that happens to the output of a program but reading the pipe and writing
 * the record. The other side is yajl alone, with its default settings and a callback for every
 * token that counts and returns, over the same bytes, each line as the document that it is: one
 * that is broken must not spoil the next, and yajl cannot go on behind an error. (How fast it is
 * over all lines as one stream of values is told on stderr.) The two alternate, and the medians are
 * compared.
 *
 *   output_claude_vs_yajl   stream-json of claude: many small records, most are pieces of words
 *   output_codex_vs_yajl    `codex exec --json`: whole items. The recorded command is silent; it
 * gets the 1.5 KB of output that a failing build has output_command_vs_yajl  jsonl of a program
 * described by configuration: lines of 2 KB
 *
 * Volume. `orxaq run` does one task with an agent that writes 10 GB of lines (volume_agent.c); the
 * record of the call keeps 64 MiB of them.
 *
 *   output_10gb_peak        largest resident set of orxaq
 *   output_rate             bytes in a second, from the agent's pipe to the events; no bar
 *
 * `bench_output parse` and `bench_output volume [GB]` do one of the two.
 */
#include "bench.h"

#include "data/json.h"
#include "platform/files.h"
#include "plugin/replay.h"

#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yajl/yajl_parse.h>

enum { ROUNDS = 15, VOLUME_GB = 10 };

#define STREAM_BYTES ((size_t)8 << 20)
#define PIPE_BYTES   ((size_t)64 << 10)

static void check(int rc, const orx_err *err, const char *what) {
    if (rc >= 0)
        return;
    (void)fprintf(stderr, "bench_output: %s: %s\n", what, err->msg);
    exit(1);
}

/* ---- yajl alone ------------------------------------------------------------------------------ */

static int count(void *ctx) {
    ++*(uint64_t *)ctx;
    return 1;
}

static int count_bool(void *ctx, ORX_UNUSED int value) {
    return count(ctx);
}

static int count_number(void *ctx, ORX_UNUSED const char *p, ORX_UNUSED size_t len) {
    return count(ctx);
}

static int count_string(void *ctx, ORX_UNUSED const unsigned char *p, ORX_UNUSED size_t len) {
    return count(ctx);
}

static const yajl_callbacks callbacks = {count,        count_bool,   NULL,  NULL,
                                         count_number, count_string, count, count_string,
                                         count,        count,        count};

/* Each line is a document of its own. */
static double bare(orx_view text) {
    uint64_t tokens = 0;
    bool fine = true;
    orx_view line;
    double begun = bench_now();
    while (fine && orx_view_split(&text, '\n', &line)) {
        if (!line.len)
            continue;
        yajl_handle h = yajl_alloc(&callbacks, NULL, &tokens);
        fine = yajl_parse(h, (const unsigned char *)line.p, line.len) == yajl_status_ok &&
               yajl_complete_parse(h) == yajl_status_ok;
        yajl_free(h);
    }
    double took = bench_now() - begun;
    if (!fine || !tokens)
        abort();
    return took;
}

/* All lines as one stream of values. */
static double bare_stream(orx_view text) {
    uint64_t tokens = 0;
    yajl_status status = yajl_status_ok;
    double begun = bench_now();
    yajl_handle h = yajl_alloc(&callbacks, NULL, &tokens);
    yajl_config(h, yajl_allow_multiple_values, 1);
    for (size_t at = 0; status == yajl_status_ok && at < text.len; at += PIPE_BYTES) {
        size_t n = text.len - at < PIPE_BYTES ? text.len - at : PIPE_BYTES;
        status = yajl_parse(h, (const unsigned char *)text.p + at, n);
    }
    if (status == yajl_status_ok)
        status = yajl_complete_parse(h);
    yajl_free(h);
    double took = bench_now() - begun;
    if (status != yajl_status_ok || !tokens)
        abort();
    return took;
}

/* ---- A job ----------------------------------------------------------------------------------- */

typedef struct heard {
    uint64_t events;
    uint32_t exec; /* the effect whose output it is */
    bool version;  /* ... is asked for its version */
} heard;

static void on_text(void *user, ORX_UNUSED const orxaq_text *text) {
    ((heard *)user)->events++;
}

static void on_tool(void *user, ORX_UNUSED const orxaq_tool_call *call) {
    ((heard *)user)->events++;
}

static void on_usage(void *user, ORX_UNUSED const orxaq_usage *usage) {
    ((heard *)user)->events++;
}

/* Whatever the driver wants to run is started. */
static int perform(void *user, const orxaq_effect *effect, orxaq_feed *ret_feed,
                   ORX_UNUSED orx_err *err) {
    heard *h = user;
    const orxaq_exec *e = effect->exec;
    h->exec = effect->id;
    h->version = e->argc == 2 && orxaq_view_is(e->argv[1], "--version");
    *ret_feed = (orxaq_feed){.kind = ORXAQ_FEED_START};
    return 1;
}

static void answer(orx_job *job, const heard *h) {
    const orxaq_feed exit = {.kind = ORXAQ_FEED_EXIT, .effect = h->exec};
    orx_replay_bytes(job, h->exec, ORXAQ_STREAM_OUT, orx_view_of("codex-cli 0.153.0\n"), 0);
    orx_replay_feed(job, &exit);
}

static double through(orx_platform *p, orx_instance *instance, orx_view text) {
    orx_err err = ORX_ERR_INIT;
    heard h = {0};
    const orx_job_events events = {
        .text = on_text, .tool_call = on_tool, .usage = on_usage, .user = &h};
    const orx_replay_source source = {.perform = perform, .user = &h};
    const orxaq_task_args args = {
        .struct_size = sizeof args,
        .prompt = orxaq_str("say it"),
        .repo = orxaq_str("/"),
        .files_dir = orxaq_str("/"),
        .state_dir = orxaq_str("/"),
        .task_id = orxaq_str("task"),
    };
    const orx_job_spec spec = {.instance = instance,
                               .kind = ORX_JOB_PROVIDER,
                               .op = ORXAQ_OP_TASK,
                               .args = &args,
                               .files_dir = "/",
                               .events = &events,
                               .replay = &source};
    orx_job *job = NULL;
    check(orx_job_start(p, &spec, &job, &err), &err, "job");
    if (h.version)
        answer(job, &h);
    double begun = bench_now();
    for (size_t at = 0; at < text.len; at += PIPE_BYTES) {
        size_t n = text.len - at < PIPE_BYTES ? text.len - at : PIPE_BYTES;
        orx_replay_bytes(job, h.exec, ORXAQ_STREAM_OUT, orx_view_mem(text.p + at, n), 0);
    }
    double took = bench_now() - begun;
    if (*orx_job_done(job) || h.events < 1000) {
        (void)fprintf(stderr, "bench_output: only %llu events\n", (unsigned long long)h.events);
        exit(1);
    }
    orx_replay_end(job);
    orx_job_free(job);
    return took;
}

static void bench_parse(orx_platform *p, orx_plugins *plugins, const char *name,
                        const orx_node *settings, orx_view text) {
    orx_err err = ORX_ERR_INIT;
    const orx_plugin_ref ref = {.name = name};
    orx_instance_spec spec = {.name = name, .settings = settings};
    orx_instance *instance = NULL;
    double alone[ROUNDS];
    double stream[ROUNDS];
    double whole[ROUNDS];
    char row[64];
    check(orx_plugins_load(plugins, &ref, &spec.plugin, &err), &err, name);
    check(orx_instance_new(plugins, &spec, &instance, &err), &err, name);
    for (int i = 0; i < ROUNDS; i++) {
        alone[i] = bare(text);
        stream[i] = bare_stream(text);
        whole[i] = through(p, instance, text);
    }
    orx_instance_free(instance);
    double ratio = bench_median(alone, ROUNDS) / bench_median(whole, ROUNDS);
    double mb = (double)text.len / 1e6;
    (void)fprintf(stderr,
                  "bench_output: %s: yajl %.0f MB/s (as one stream %.0f), events %.0f MB/s\n", name,
                  mb / bench_median(alone, ROUNDS), mb / bench_median(stream, ROUNDS),
                  mb / bench_median(whole, ROUNDS));
    (void)snprintf(row, sizeof row, "output_%s_vs_yajl", name);
    (void)bench_at_least(row, ratio, "x", 0.5);
}

/* Puts the output of a build where a command that has ended said nothing. */
static void let_commands_speak(orx_str *text) {
    static const char silent[] = "\"aggregated_output\":\"\",\"exit_code\":0";
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_view rest = orx_str_view(text);
    int64_t at;
    while ((at = orx_view_find(rest, silent)) >= 0) {
        size_t behind = (size_t)at + sizeof silent - 1;
        orx_str_add(&out, rest.p, (size_t)at);
        orx_str_adds(&out, "\"aggregated_output\":\"");
        for (int i = 0; i < 15; i++)
            orx_str_addf(
                &out,
                "src/list.c:%d:9: error: expected ';' before 'return' [-Wsyntax]\\n   %d |  "
                "   return \\\"empty\\\";\\n",
                i + 40, i + 40);
        orx_str_adds(&out, "\",\"exit_code\":0");
        rest = orx_view_mem(rest.p + behind, rest.len - behind);
    }
    orx_str_addv(&out, rest);
    orx_str_clear(text);
    orx_str_addv(text, orx_str_view(&out));
}

/* A recorded session, said again and again. */
static void said(orx_platform *p, const char *path, orx_str *out) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str once = {0};
    const char *full = orx_path_join(&arena, bench_env("ORX_SOURCE_DIR"), path);
    check(orx_read_file(p, full, STREAM_BYTES, &once, &err), &err, path);
    let_commands_speak(&once);
    orx_str_clear(out);
    while (out->len < STREAM_BYTES)
        orx_str_addv(out, orx_str_view(&once));
}

static void lines(orx_str *out) {
    orx_str_clear(out);
    for (int i = 0; out->len < STREAM_BYTES; i++) {
        orx_str_addf(out, "{\"step\":%d,\"text\":\"", i);
        for (int k = 0; k < 24; k++)
            orx_str_adds(out, "The function returns a wrong value for an empty list; \\\"n\\\" is "
                              "one too many.\\n");
        orx_str_adds(out, "\",\"usage\":{\"input_tokens\":1200,\"output_tokens\":80},\"model\":"
                          "\"any\"}\n");
    }
}

static void parse_all(orx_platform *p) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    const char *const dirs[] = {orx_path_join(&arena, bench_env("ORX_BUILD_DIR"), "plugins"), NULL};
    const orx_plugin_setup ps = {.root = "/", .dirs = dirs};
    orx_plugins *plugins = orx_plugins_new(p, &ps);
    const orx_node *settings = NULL;
    said(p, "plugins/claude/tests/recorded/tool-edit.jsonl", &text);
    bench_parse(p, plugins, "claude", NULL, orx_str_view(&text));
    orx_node *codex = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, codex, "interface", "exec");
    said(p, "plugins/codex/tests/data/exec/tool-edit.jsonl", &text);
    bench_parse(p, plugins, "codex", codex, orx_str_view(&text));
    check(orx_json_parse(&arena, "settings", orx_view_of("{\"argv\":[\"x\"],\"output\":\"jsonl\"}"),
                         &orx_limits_data, &settings, &err),
          &err, "settings");
    lines(&text);
    bench_parse(p, plugins, "command", settings, orx_str_view(&text));
    orx_plugins_free(plugins);
}

/* ---- Volume ---------------------------------------------------------------------------------- */

static void place(orx_platform *p, const char *folder, const char *name, const char *text) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *path = orx_path_join(&arena, folder, name);
    check(orx_write_atomic(p, path, orx_view_of(text), 0644, &err), &err, path);
}

/* Runs a program to its end; *ret_kib is its peak memory. */
static double run(const char *const *argv, long *ret_kib) {
    pid_t pid;
    int status = 1;
    struct rusage ru;
    posix_spawn_file_actions_t quiet;
    (void)posix_spawn_file_actions_init(&quiet);
    (void)posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1, 0);
    double begun = bench_now();
    if (posix_spawnp(&pid, argv[0], &quiet, NULL, (char *const *)argv, environ) != 0 ||
        wait4(pid, &status, 0, &ru) < 0 || status != 0) {
        (void)fprintf(stderr, "bench_output: %s ended with status %d\n", argv[0], status);
        exit(1);
    }
    (void)posix_spawn_file_actions_destroy(&quiet);
    *ret_kib = ru.ru_maxrss;
    return bench_now() - begun;
}

static void volume(orx_platform *p, long gb) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    const char *build = bench_env("ORX_BUILD_DIR");
    char root[] = "/var/tmp/orxaq-bench.XXXXXX";
    char row[64];
    long kib = 0;
    if (!mkdtemp(root))
        exit(1);
    const char *orxaq = orx_path_join(&arena, build, "bin/orxaq");
    const char *repo = orx_path_join(&arena, root, "repo");
    const char *const init[] = {"git", "init", "-q", repo, NULL};
    const char *const commit[] = {"git",
                                  "-C",
                                  repo,
                                  "-c",
                                  "user.name=bench",
                                  "-c",
                                  "user.email=bench@localhost",
                                  "commit",
                                  "-q",
                                  "--allow-empty",
                                  "-m",
                                  "first",
                                  NULL};
    (void)run(init, &kib);
    (void)run(commit, &kib);
    check(orx_mkdirs(p, orx_path_join(&arena, root, "config"), false, &err), &err, root);
    place(p, root, "config/tasks.json",
          "[{\"id\": \"much\", \"owner\": \"worker\", \"priority\": 1, \"title\": \"Say much\", "
          "\"description\": \"Say much.\"}]\n");
    orx_str_addf(
        &text,
        "version: 1\nrepos: {impl: \"%s\", test: \"%s\"}\n"
        "agent: {output_max: 1TiB, timeout: 2h}\nvalidation: {commands: [\"true\"]}\n"
        "providers:\n  worker:\n    plugin: command\n"
        "    settings: {argv: [\"%s/bench-parts/volume_agent\", \"%ld\"], output: jsonl}\n",
        repo, repo, build, gb);
    place(p, root, "orxaq.yaml", orx_str_cstr(&text));
    const char *const argv[] = {orxaq, "--root", root, "--quiet", "run", NULL};
    double took = run(argv, &kib);
    (void)snprintf(row, sizeof row, "output_%ldgb_peak", gb);
    (void)bench_at_most(row, (double)kib / 1024, "MiB", 32);
    printf("output_rate %.0f MB/s - PASS\n", (double)gb * 1e3 / took);
    (void)orx_remove_tree(p, root, NULL);
}

/* In a small process of its own: a spawned child's peak memory starts at that of its parent. */
static void volume_apart(const char *gb) {
    const char *const argv[] = {"/proc/self/exe", "volume", gb, NULL};
    pid_t pid;
    int status = 1;
    (void)fflush(stdout);
    if (posix_spawn(&pid, argv[0], NULL, NULL, (char *const *)argv, environ) != 0 ||
        waitpid(pid, &status, 0) < 0 || status != 0)
        exit(1);
}

int main(int argc, char **argv) {
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    const char *what = argc > 1 ? argv[1] : "";
    (void)bench_env("ORX_BUILD_DIR"); /* before anything is made */
    (void)bench_env("ORX_SOURCE_DIR");
    check(orx_platform_uv_new(&p, &err), &err, "platform");
    if (strcmp(what, "volume") == 0)
        volume(p, argc > 2 ? strtol(argv[2], NULL, 10) : VOLUME_GB);
    else
        parse_all(p);
    orx_platform_free(p);
    if (!*what)
        volume_apart("10");
    return 0;
}
