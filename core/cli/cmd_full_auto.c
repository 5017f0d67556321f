/* orxaq full-auto: one task done in a worktree of its own, from the command line.
 *
 * A full-auto run is a lane that nobody has to write down: its spec and its queue of one task are
 * made in the lanes' runtime folder, and from there on everything is what a lane has - worktree,
 * branch, files, journal, budget, recovery. So `discover` and `prepare` are all that is new here,
 * and `run` is the runner of that lane. The task in the queue of the root is not touched: what came
 * of it lies on the branch until somebody merges it. */
#include "cli/lanes.h"
#include "cli/run_lane.h"

#include "cli/health_view.h"
#include "data/json.h"
#include "git/git.h"
#include "platform/files.h"
#include "run/base.h"

#define PROMPT_MAX ((size_t)256 << 10)
#define FREE_TASK  "prompt" /* the task that is only a prompt file */

typedef struct plan {
    orx_cli *c;
    orx_arena *a;
    const char *task;
    const char *lane;
    const char *dir;
    const char *lanes_file;
    const char *tasks_file;
    const char *base_ref;
    const char *worktree; /* "" = none: in place, or a repository of the provider's own */
    const char *branch;
    char base[ORX_GIT_SHA];
    bool isolated;
    bool made; /* the worktree, by this call */
} plan;

/* ---- The task -------------------------------------------------------------------------------- */

static int read_tasks(orx_cli *c, const orx_node **ret_list, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *doc = NULL;
    const char *path = c->cfg->paths.tasks_file;
    int rc = orx_read_file(c->p, path, orx_limits_data.max_bytes, &text, err);
    if (rc == 0)
        rc = orx_doc_parse(&c->arena, path, orx_str_view(&text), &orx_limits_data, &doc, err);
    if (rc < 0)
        return rc;
    const orx_node *list = doc && doc->kind == ORX_OBJECT ? orx_node_get(doc, "tasks") : doc;
    if (!list || list->kind != ORX_ARRAY)
        return orx_err_set(err, ORX_E_INVALID, "%s: a list of tasks was expected", path);
    *ret_list = list;
    return 0;
}

static int task_from_file(plan *x, orx_node **ret_task, orx_err *err) {
    const orx_node *list = NULL;
    int rc = read_tasks(x->c, &list, err);
    if (rc < 0)
        return rc;
    ORX_NODE_EACH(list, n)
    if (strcmp(orx_node_str(orx_node_get(n, "id"), ""), x->task) == 0) {
        *ret_task = orx_node_copy(x->a, n);
        return 0;
    }
    return orx_err_set(err, ORX_E_NOT_FOUND,
                       "%s has no task \"%s\"; `orxaq full-auto discover` lists them, and "
                       "--prompt-file makes a new one",
                       x->c->cfg->paths.tasks_file, x->task);
}

static int task_from_prompt(plan *x, const char *file, orx_node **ret_task, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *owner = orx_cli_option(x->c, "owner");
    const char *path = *file == '/' ? file : orx_path_join(x->a, x->c->cfg->root, file);
    int rc = orx_read_file(x->c->p, path, PROMPT_MAX, &text, err);
    if (rc < 0)
        return orx_err_wrap(err, "--prompt-file");
    orx_view prompt = orx_view_trim(orx_str_view(&text));
    if (!prompt.len)
        return orx_err_set(err, ORX_E_INVALID, "--prompt-file: %s is empty", path);
    orx_node *n = orx_node_new(x->a, ORX_OBJECT);
    orx_node_set_str(x->a, n, "id", x->task);
    orx_node_set_str(x->a, n, "owner", owner ? owner : "codex");
    orx_node_set_int(x->a, n, "priority", 1);
    orx_node_set_str(x->a, n, "title", x->task);
    orx_node_set(x->a, n, "description", orx_node_new_str(x->a, prompt));
    *ret_task = n;
    return 0;
}

/* ---- Where ----------------------------------------------------------------------------------- */

/* [K] What a lane's worktree is called; "" = its runner finds a place. */
static const char *role_of(const plan *x, const char *repo) {
    const orx_config *cfg = x->c->cfg;
    bool impl = strcmp(repo, cfg->repos.impl) == 0;
    bool test = strcmp(repo, cfg->repos.test) == 0;
    return impl && test ? "shared" : impl ? "impl" : test ? "test" : "";
}

static int locate(plan *x, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    const char *task = orx_cli_option(x->c, "task");
    const char *base = orx_cli_option(x->c, "base-ref");
    if (!task && !orx_cli_option(x->c, "prompt-file"))
        return orx_err_set(err, ORX_E_USAGE,
                           "which task? --task ID or --prompt-file FILE; `orxaq full-auto "
                           "discover` lists the tasks");
    x->task = task ? task : FREE_TASK;
    orx_git_safe_name(orx_view_of(x->task), "task", &name);
    x->lane = orx_arena_printf(x->a, "full-auto-%.40s", orx_str_cstr(&name));
    x->dir = orx_path_join(x->a, x->c->cfg->paths.lanes_runtime_dir, x->lane);
    x->lanes_file = orx_path_join(x->a, x->dir, "full_auto.json");
    x->tasks_file = orx_path_join(x->a, x->dir, "full_auto_tasks.json");
    x->base_ref = base ? base : x->c->cfg->git.base ? x->c->cfg->git.base : "HEAD";
    x->isolated = !orx_cli_option(x->c, "no-worktree-isolation");
    x->branch = orx_run_lane_branch(x->lane, x->a);
    x->worktree = "";
    return 0;
}

/* ---- Preparing ------------------------------------------------------------------------------- */

static int write_doc(plan *x, const char *path, orx_node *entry, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_node *list = orx_node_new(x->a, ORX_ARRAY);
    orx_node_push(list, entry);
    orx_json_write(&text, list, ORX_JSON_PY_INDENT);
    orx_str_addc(&text, '\n');
    return orx_write_replace(x->c->p, path, orx_str_view(&text), 0644, err);
}

static int write_spec(plan *x, const orx_node *task, orx_err *err) {
    orx_node *n = orx_node_new(x->a, ORX_OBJECT);
    orx_node_set_str(x->a, n, "id", x->lane);
    orx_node_set_str(x->a, n, "owner", orx_node_str(orx_node_get(task, "owner"), ""));
    orx_node_set_str(x->a, n, "description", "made by orxaq full-auto");
    orx_node_set_str(x->a, n, "impl_repo", x->c->cfg->repos.impl);
    orx_node_set_str(x->a, n, "test_repo", x->c->cfg->repos.test);
    orx_node_set_str(x->a, n, "tasks_file", x->tasks_file);
    orx_node_set_bool(x->a, n, "isolated_worktree", x->isolated);
    orx_node_set_str(x->a, n, "worktree_base_ref", x->base_ref);
    return write_doc(x, x->lanes_file, n, err);
}

/* The worktree where the lane's runner will look for it. One that is there stays. */
static int make_worktree(plan *x, const orx_provider_config *p, orx_err *err) {
    orx_git *git = NULL;
    const char *role = role_of(x, p->repo);
    int rc = orx_cli_open_repo(x->c, p->repo, &git, err);
    if (rc == 0)
        rc = orx_git_resolve(git, x->base_ref, x->base, err);
    if (rc < 0)
        rc = orx_err_wrap(err, "--base-ref %s in %s", x->base_ref, p->repo);
    if (rc == 0 && x->isolated && *role) {
        x->worktree = orx_arena_printf(x->a, "%s/worktrees/%s", x->dir, role);
        rc = orx_git_worktree_add(git, x->worktree, x->branch, x->base, err);
        x->made = rc == 0;
        rc = rc == ORX_E_EXISTS ? 0 : rc;
    }
    orx_git_close(git);
    return rc;
}

static int prepare(plan *x, orx_err *err) {
    const char *prompt = orx_cli_option(x->c, "prompt-file");
    orx_node *task = NULL;
    int rc = prompt ? task_from_prompt(x, prompt, &task, err) : task_from_file(x, &task, err);
    if (rc < 0)
        return rc;
    const char *owner = orx_node_str(orx_node_get(task, "owner"), "");
    const orx_provider_config *p = orx_config_provider(x->c->cfg, owner);
    if (!p)
        return orx_err_set(err, ORX_E_INVALID, "no provider serves the owner \"%s\" of task %s",
                           owner, x->task);
    rc = orx_mkdirs(x->c->p, orx_path_join(x->a, x->dir, "worktrees"), false, err);
    if (rc == 0)
        rc = make_worktree(x, p, err);
    if (rc == 0)
        rc = write_doc(x, x->tasks_file, task, err);
    return rc < 0 ? rc : write_spec(x, task, err);
}

static orx_node *document(plan *x) {
    orx_node *n = orx_node_new(x->a, ORX_OBJECT);
    orx_node_set_bool(x->a, n, "ok", true);
    orx_node_set_str(x->a, n, "task", x->task);
    orx_node_set_str(x->a, n, "lane", x->lane);
    orx_node_set_str(x->a, n, "base_ref", x->base_ref);
    orx_node_set_str(x->a, n, "base", x->base);
    orx_node_set_str(x->a, n, "branch", x->isolated ? x->branch : "");
    orx_node_set_str(x->a, n, "worktree", x->worktree);
    orx_node_set_bool(x->a, n, "worktree_reused", *x->worktree && !x->made);
    orx_node_set_str(x->a, n, "lanes_file", x->lanes_file);
    return n;
}

static int begin(orx_cli *c, plan *x, orx_err *err) {
    *x = (plan){.c = c, .a = &c->arena};
    int rc = orx_cli_config(c, err);
    return rc < 0 ? rc : locate(x, err);
}

int orx_cmd_full_auto_prepare(orx_cli *c, orx_err *err) {
    plan x;
    int rc = begin(c, &x, err);
    if (rc == 0)
        rc = prepare(&x, err);
    if (rc < 0)
        return rc;
    if (c->json || !c->terminal)
        orx_cli_json_kept(document(&x));
    else
        orx_cli_printf("%s of %s at %.12s%s%s\n", x.made ? "worktree made" : "prepared", x.task,
                       x.base, *x.worktree ? ": " : "", x.worktree);
    return ORX_EXIT_OK;
}

/* ---- Running --------------------------------------------------------------------------------- */

/* From here on everything is that of the lane. */
static int take_lane(plan *x, orx_err *err) {
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    const orx_flag_value flags[] = {{"lane", x->lane}};
    orx_config_options options = orx_cli_config_options(x->c);
    options.flags = flags;
    options.flag_count = ORX_ARRAY_LEN(flags);
    x->c->cfg->paths.lanes_file = x->lanes_file;
    x->c->cfg->lane = x->lane;
    return orx_cli_take_lane(x->c, &options, &diags, err);
}

int orx_cmd_full_auto_run(orx_cli *c, orx_err *err) {
    plan x;
    int rc = begin(c, &x, err);
    if (rc == 0)
        rc = prepare(&x, err);
    if (rc == 0)
        rc = take_lane(&x, err);
    if (rc == 0)
        rc = orx_cli_run(c, false, NULL, err);
    if (rc >= 0 && x.isolated && !c->quiet && !c->json)
        orx_cli_printf("what came of it is on %s; `git merge %s` brings it back\n", x.branch,
                       x.branch);
    return rc;
}

int orx_cmd_full_auto_dry_run(orx_cli *c, orx_err *err) {
    plan x;
    int rc = begin(c, &x, err);
    if (rc == 0 && !orx_exists(c->p, x.lanes_file))
        rc = orx_err_set(err, ORX_E_NOT_FOUND,
                         "%s is not prepared; `orxaq full-auto prepare` with the same options does "
                         "that",
                         x.task);
    if (rc == 0)
        rc = take_lane(&x, err);
    return rc < 0 ? rc : orx_cli_run(c, true, NULL, err);
}

/* ---- Discovering ----------------------------------------------------------------------------- */

static const char *status_of(orx_cli *c, const char *id) {
    orx_task_row row;
    if (c->store && orx_task_get(c->store, orx_run_lane(c->cfg), id, &c->arena, &row, NULL) == 0)
        return row.status;
    return "pending";
}

static orx_node *row_of(orx_cli *c, const orx_node *task) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    const char *id = orx_node_str(orx_node_get(task, "id"), "");
    const char *owner = orx_node_str(orx_node_get(task, "owner"), "");
    const orx_provider_config *p = orx_config_provider(c->cfg, owner);
    orx_node_set_str(a, n, "id", id);
    orx_node_set_str(a, n, "owner", owner);
    orx_node_set_str(a, n, "title", orx_node_str(orx_node_get(task, "title"), ""));
    orx_node_set_str(a, n, "status", status_of(c, id));
    orx_node_set_str(a, n, "provider", p ? p->name : "");
    orx_node_set_str(a, n, "repo", p ? p->repo : "");
    return n;
}

static void print_rows(orx_cli *c, const orx_node *rows) {
    static const char *const titles[] = {"TASK", "STATUS", "OWNER", "TITLE", NULL};
    static const char *const keys[] = {"id", "status", "owner", "title"};
    orx_table *t = orx_table_new(c, titles);
    ORX_NODE_EACH(rows, n) {
        const char *cells[ORX_ARRAY_LEN(keys)];
        for (size_t i = 0; i < ORX_ARRAY_LEN(keys); i++)
            cells[i] = orx_node_str(orx_node_get(n, keys[i]), "");
        orx_table_row(t, cells, NULL);
    }
    orx_table_print(t);
}

int orx_cmd_full_auto_discover(orx_cli *c, orx_err *err) {
    const orx_node *list = NULL;
    orx_node *doc = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node *rows = orx_node_new(&c->arena, ORX_ARRAY);
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = read_tasks(c, &list, err);
    if (rc < 0)
        return rc;
    (void)orx_cli_store(c, ORX_STORE_READ_ONLY, NULL);
    ORX_NODE_EACH(list, task)
    orx_node_push(rows, row_of(c, task));
    orx_node_set_bool(&c->arena, doc, "ok", true);
    orx_node_set_str(&c->arena, doc, "tasks_file", c->cfg->paths.tasks_file);
    orx_node_set_str(&c->arena, doc, "base_ref", c->cfg->git.base ? c->cfg->git.base : "HEAD");
    orx_node_set(&c->arena, doc, "tasks", rows);
    if (c->json || !c->terminal)
        orx_cli_json_kept(doc);
    else
        print_rows(c, rows);
    return ORX_EXIT_OK;
}
