#include "cli/microbench.h"

#include "cli/endpoint_files.h"
#include "cli/lanes.h"
#include "cli/run_lane.h"
#include "platform/files.h"
#include "platform/proc.h"

#include <stdlib.h>

#define PROGRAM_NS (60 * ORX_SEC)

/* ---- The suite ------------------------------------------------------------------------------- */

static bool is_name(const char *text) {
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
    return n > 0 && n <= 64 && !text[n];
}

static int read_task(orx_bench *b, const orx_node *n, const char *path, orx_err *err) {
    orx_bench_task t = {.id = orx_node_str(orx_node_get(n, "id"), ""),
                        .type = orx_node_str(orx_node_get(n, "task_type"), ""),
                        .prompt = orx_node_str(orx_node_get(n, "prompt"), ""),
                        .expected = orx_node_str(orx_node_get(n, "expected_regex"), "")};
    const char *missing = !orx_task_id_ok(orx_view_of(t.id)) || !is_name(t.id) ? "id"
                          : !is_name(t.type)                                   ? "task_type"
                          : !*t.prompt                                         ? "prompt"
                          : !*t.expected                                       ? "expected_regex"
                                                                               : NULL;
    if (missing)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s:%u: expected a task {id, task_type, prompt, expected_regex}; what "
                           "is wrong is %s",
                           path, n->line, missing);
    for (size_t i = 0; i < b->count; i++)
        if (strcmp(b->tasks[i].id, t.id) == 0)
            return orx_err_set(err, ORX_E_INVALID, "%s:%u: there are two tasks %s", path, n->line,
                               t.id);
    b->tasks[b->count++] = t;
    return 0;
}

/* One number of a sequence that the seed decides (splitmix64). */
static uint64_t draw(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static int by_draw(const void *a, const void *b) {
    const orx_bench_task *x = a;
    const orx_bench_task *y = b;
    return x->draw < y->draw ? -1 : x->draw > y->draw;
}

int orx_bench_suite(orx_bench *b, const char *path, orx_err *err) {
    const orx_node *doc = NULL;
    uint64_t state = (uint64_t)b->seed;
    int rc = orx_ep_read(b->c, path, &doc, err);
    if (rc < 0)
        return rc;
    const orx_node *list = doc->kind == ORX_OBJECT ? orx_node_get(doc, "tasks") : doc;
    if (!list || list->kind != ORX_ARRAY || !list->count || list->count > ORX_MICROBENCH_TASKS_MAX)
        return orx_err_set(err, ORX_E_INVALID, "%s: expected a list of 1 to %d tasks", path,
                           ORX_MICROBENCH_TASKS_MAX);
    b->tasks = orx_arena_zalloc(&b->c->arena, list->count, sizeof *b->tasks);
    ORX_NODE_EACH(list, n)
    if (rc == 0)
        rc = read_task(b, n, path, err);
    for (size_t i = 0; i < b->count; i++)
        b->tasks[i].draw = draw(&state);
    if (b->count)
        qsort(b->tasks, b->count, sizeof *b->tasks, by_draw);
    return rc;
}

/* ---- Programs -------------------------------------------------------------------------------- */

int orx_bench_program(orx_cli *c, const char *const *argv, bool *ret_well, orx_err *err) {
    const orx_child_env what = {0};
    orx_capture out = {.head_max = 1}, errs = {.head_max = 300};
    orx_proc_result result = {0};
    orx_proc_spec spec = {.argv = argv, .total_timeout_ns = PROGRAM_NS};
    int rc = orx_config_env_for_child(c->cfg, &what, &c->arena, &spec.env, err);
    if (rc == 0)
        rc = orx_proc_run(c->p, &spec, &out, &errs, &result, err);
    *ret_well = rc == 0 && result.end == ORX_PROC_EXITED && result.code == 0;
    if (rc == 0 && (result.end != ORX_PROC_EXITED || result.code > 1))
        rc = orx_err_set(err, ORX_E_IO, "%s failed: %s", argv[0], orx_str_cstr(&errs.head));
    orx_capture_free(&out);
    orx_capture_free(&errs);
    return rc;
}

static int make_repo(orx_bench *b, orx_err *err) {
    orx_cli *c = b->c;
    bool well = true;
    const char *const init[] = {"git", "init", "-q", "-b", "main", b->repo, NULL};
    const char *const commit[] = {
        "git",    "-C", b->repo, "-c",    "user.name=orxaq", "-c", "user.email=orxaq@localhost",
        "commit", "-q", "-m",    "begin", "--allow-empty",   NULL};
    if (orx_exists(c->p, orx_path_join(&c->arena, b->repo, ".git")))
        return 0;
    int rc = orx_mkdirs(c->p, b->repo, false, err);
    if (rc == 0)
        rc = orx_bench_program(c, init, &well, err);
    if (rc == 0 && well)
        rc = orx_bench_program(c, commit, &well, err);
    if (rc == 0 && !well)
        rc = orx_err_set(err, ORX_E_IO, "no repository could be made in %s", b->repo);
    return rc;
}

/* ---- The lane -------------------------------------------------------------------------------- */

static orx_node *task_node(const orx_bench *b, size_t at) {
    orx_arena *a = &b->c->arena;
    const orx_bench_task *t = &b->tasks[at];
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "id", t->id);
    orx_node_set_str(a, n, "owner", b->provider->name);
    orx_node_set_int(a, n, "priority", (int64_t)at + 1);
    orx_node_set_str(a, n, "title", orx_arena_printf(a, "%s (%s)", t->id, t->type));
    orx_node_set_str(a, n, "description",
                     orx_arena_printf(a,
                                      "%s\n\nWrite the answer, and nothing else, to the file "
                                      "%s/%s.txt.",
                                      t->prompt, b->answers, t->id));
    return n;
}

static orx_node *lane_node(const orx_bench *b, const char *tasks_file) {
    orx_arena *a = &b->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *checks = orx_node_new(a, ORX_ARRAY);
    orx_node_push(checks, orx_node_new_str(a, orx_view_of("true")));
    orx_node_set_str(a, n, "id", b->unit);
    orx_node_set_str(a, n, "owner", b->provider->name);
    orx_node_set_str(a, n, "description", "made by orxaq microbench-run");
    orx_node_set_str(a, n, "impl_repo", b->repo);
    orx_node_set_str(a, n, "test_repo", b->repo);
    orx_node_set_str(a, n, "tasks_file", tasks_file);
    orx_node_set_bool(a, n, "isolated_worktree", false);
    orx_node_set_bool(a, n, "routellm_enabled", false);
    orx_node_set_int(a, n, "max_attempts", 1);
    orx_node_set(a, n, "validate_commands", checks);
    return n;
}

static int write_files(orx_bench *b, const char *dir, const char **ret_lanes, orx_err *err) {
    orx_arena *a = &b->c->arena;
    const char *tasks_file = orx_path_join(a, dir, "tasks.json");
    orx_node *tasks = orx_node_new(a, ORX_ARRAY);
    orx_node *lanes = orx_node_new(a, ORX_ARRAY);
    *ret_lanes = orx_path_join(a, dir, "lane.spec.json");
    for (size_t i = 0; i < b->count; i++)
        orx_node_push(tasks, task_node(b, i));
    orx_node_push(lanes, lane_node(b, tasks_file));
    int rc = orx_ep_write(b->c, tasks_file, tasks, ORX_JSON_PY_INDENT, err);
    return rc < 0 ? rc : orx_ep_write(b->c, *ret_lanes, lanes, ORX_JSON_PY_INDENT, err);
}

/* From here on the configuration is that of the lane: one try for each task, and nobody else is
 * asked in its place. */
static int take_lane(orx_bench *b, const char *lanes_file, orx_err *err) {
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    orx_cli *c = b->c;
    const char *name = b->provider->name;
    const orx_flag_value flags[] = {{"lane", b->unit}};
    orx_config_options options = orx_cli_config_options(c);
    options.flags = flags;
    options.flag_count = ORX_ARRAY_LEN(flags);
    c->cfg->paths.lanes_file = lanes_file;
    c->cfg->lane = b->unit;
    int rc = orx_cli_take_lane(c, &options, &diags, err);
    if (rc < 0)
        return rc;
    c->cfg->retry.max_attempts = 1;
    c->cfg->retry.max_retryable = 0;
    c->cfg->recovery = false;
    c->cfg->run.router = NULL;
    b->provider = orx_config_provider(c->cfg, name);
    if (!b->provider || strcmp(b->provider->repo, b->repo) != 0)
        return orx_err_set(err, ORX_E_INVALID,
                           "provider %s works in a repository of its own (providers.%s.repo), "
                           "which a microbench does not touch",
                           name, name);
    return 0;
}

int orx_bench_run(orx_bench *b, orx_err *err) {
    orx_cli *c = b->c;
    orx_arena *a = &c->arena;
    const char *lanes_file = NULL;
    b->unit = orx_arena_printf(a, "microbench-%s", b->lane);
    const char *dir = orx_path_join(a, c->cfg->paths.lanes_runtime_dir, b->unit);
    b->repo = orx_path_join(a, dir, "repo");
    b->answers = orx_arena_printf(a, "answers/%lld", (long long)(orx_wall_ns(c->p) / ORX_MS));
    int rc = make_repo(b, err);
    if (rc == 0)
        rc = write_files(b, dir, &lanes_file, err);
    if (rc == 0)
        rc = take_lane(b, lanes_file, err);
    if (rc == 0)
        rc = orx_bench_begin(b, err);
    return rc < 0 ? rc : orx_cli_run(c, false, NULL, err);
}
