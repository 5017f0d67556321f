/* orxaq bootstrap: everything between a configured root and agents at work, step by step.
 *
 * Workspace, startup packet, preflight, supervisor, keepalive, editor. Each step finds out whether
 * it is done already, so the command may be given again at any time. The first four have to
 * succeed; what is wrong with the last two is told and changes nothing else. */
#include "cli/health_view.h"
#include "cli/ide.h"
#include "cli/keepalive.h"
#include "cli/packet.h"
#include "cli/preflight.h"
#include "cli/supervised.h"

typedef struct steps {
    orx_cli *c;
    orx_arena *a;
    const orx_editor *editor; /* NULL = none is wanted */
    const char *editor_name;
    const char *workspace;
    const char *packet;
    bool reused; /* the workspace was there */
    orx_node *preflight;
    orx_node *list; /* {name, state, text, remedy} */
    orx_node *doc;
} steps;

/* state: "done", "kept" (it was so already), "skipped", "failed", "warned" (failed, and the rest
 * goes on). */
static void tell(steps *s, const char *name, const char *state, const char *text,
                 const char *remedy) {
    orx_node *n = orx_node_new(s->a, ORX_OBJECT);
    orx_node_set_str(s->a, n, "name", name);
    orx_node_set_str(s->a, n, "state", state);
    orx_node_set_str(s->a, n, "text", text);
    orx_node_set_str(s->a, n, "remedy", remedy);
    orx_node_push(s->list, n);
}

/* ---- The steps ------------------------------------------------------------------------------- */

static int make_workspace(steps *s, orx_err *err) {
    s->workspace = orx_cli_workspace(s->c, "workspace");
    s->reused = orx_exists(s->c->p, s->workspace);
    int rc = s->reused ? 0 : orx_cli_write_workspace(s->c, s->workspace, err);
    if (rc < 0)
        return rc;
    orx_node_set_str(s->a, s->doc, "workspace", s->workspace);
    orx_node_set_bool(s->a, s->doc, "workspace_reused", s->reused);
    tell(s, "workspace", s->reused ? "kept" : "done", s->workspace, "");
    return 0;
}

static int make_packet(steps *s, orx_err *err) {
    int rc = orx_cli_write_packet(s->c, s->workspace, &s->packet, err);
    if (rc < 0)
        return rc;
    orx_node_set_str(s->a, s->doc, "startup_packet", s->packet);
    tell(s, "packet", "done", s->packet, "");
    return 0;
}

/* What is wrong, in one line, and what to do about the first of it. */
static const char *first_of(const orx_node *preflight, const char *list, const char *key) {
    ORX_NODE_EACH(orx_node_get(preflight, list), n) {
        if (!key)
            return orx_node_str(n, "");
        if (!orx_node_bool(orx_node_get(n, "ok"), true))
            return orx_node_str(orx_node_get(n, key), "");
    }
    return "";
}

/* Allowed, and all the same nothing begins in a checkout that somebody is at work in. */
static bool is_in_the_way(const steps *s) {
    int64_t changes = 0;
    ORX_NODE_EACH(orx_node_get(s->preflight, "checks"), n)
    changes += orx_node_int(orx_node_get(n, "changes"), 0);
    return changes > 0 && s->c->cfg->git.isolation == ORX_ISOLATION_IN_PLACE;
}

static void tell_preflight(steps *s, bool clean) {
    const char *error = first_of(s->preflight, "runtime_errors", NULL);
    const char *remedy = first_of(s->preflight, "runtime_recommendations", NULL);
    if (clean && is_in_the_way(s))
        tell(s, "preflight", "warned",
             "a repository has uncommitted changes; the primary runner waits until they are gone",
             "commit or stash them, or give it a worktree of its own (git.isolation: worktree)");
    else if (clean)
        tell(s, "preflight", "done", "everything that the tasks need is there", "");
    else
        tell(s, "preflight", "failed", *error ? error : first_of(s->preflight, "checks", "message"),
             *remedy ? remedy : "`orxaq preflight` shows every check");
}

/* 1 = a run can begin, 0 = it cannot. */
static int check(steps *s, orx_err *err) {
    bool allow_dirty = !orx_cli_option(s->c, "require-clean");
    int rc = orx_cli_preflight(s->c, allow_dirty, &s->preflight, err);
    if (rc < 0)
        return rc;
    bool clean = orx_node_bool(orx_node_get(s->preflight, "clean"), false);
    orx_node_set(s->a, s->doc, "preflight", s->preflight);
    tell_preflight(s, clean);
    return clean;
}

/* 1 = it is there, 0 = it did not come up. */
static int start(steps *s) {
    orx_err err = ORX_ERR_INIT;
    bool started = false;
    int64_t pid = 0;
    if (orx_cli_ensure_supervisor(s->c, &started, &pid, &err) < 0) {
        const char *why = orx_arena_strdup(s->a, err.msg);
        orx_node_set_str(s->a, s->doc, "error", why);
        tell(s, "supervisor", "failed", why, "look at `orxaq logs supervisor`");
        return 0;
    }
    tell(s, "supervisor", started ? "done" : "kept",
         orx_arena_printf(s->a, "%s (pid %lld)", started ? "started" : "at work", (long long)pid),
         "");
    return 1;
}

static void keep_alive(steps *s) {
    orx_err err = ORX_ERR_INIT;
    const char *name = "";
    bool wanted = !orx_cli_option(s->c, "skip-keepalive");
    int rc = wanted ? orx_cli_install_keepalive(s->c, &name, &err) : 0;
    const char *why = rc < 0 ? orx_arena_strdup(s->a, err.msg) : "";
    orx_node *n = orx_node_new(s->a, ORX_OBJECT);
    orx_node_set_bool(s->a, n, "requested", wanted);
    orx_node_set_bool(s->a, n, "active", wanted && rc == 0);
    orx_node_set_str(s->a, n, "label", name);
    orx_node_set_str(s->a, n, "error", why);
    orx_node_set(s->a, s->doc, "keepalive", n);
    if (!wanted)
        tell(s, "keepalive", "skipped", "none is wanted", "");
    else if (rc < 0)
        tell(s, "keepalive", "warned", why,
             "`orxaq install-keepalive` tries again; until then `orxaq process-watchdog` in a "
             "timer of your own starts a supervisor that is gone");
    else
        tell(s, "keepalive", "done", name, "");
}

static void open_editor(steps *s) {
    orx_err err = ORX_ERR_INIT;
    const char *opened = "";
    int64_t pid = 0;
    orx_node *n = orx_node_new(s->a, ORX_OBJECT);
    int rc = 0;
    if (s->editor)
        rc = orx_cli_open_editor(s->c, s->editor, s->workspace, &opened, &pid, &err);
    orx_node_set_str(s->a, n, "requested", s->editor_name);
    orx_node_set_str(
        s->a, n, "result",
        *opened ? orx_arena_printf(s->a, "opened with: %s (pid=%lld)", opened, (long long)pid)
                : "");
    orx_node_set_str(s->a, n, "error", rc < 0 ? orx_arena_strdup(s->a, err.msg) : "");
    orx_node_set(s->a, s->doc, "ide", n);
    if (!s->editor)
        tell(s, "ide", "skipped", "none is wanted", "");
    else if (rc < 0)
        tell(s, "ide", "warned", orx_node_str(orx_node_get(n, "error"), ""),
             "`orxaq bootstrap --ide none` asks for none");
    else
        tell(s, "ide", "done", opened, "");
}

/* ---- Telling --------------------------------------------------------------------------------- */

static void print_steps(orx_cli *c, const orx_node *list) {
    static const struct {
        const char *state;
        const char *word;
        const char *color;
    } words[] = {{"done", "ok   ", "32"},
                 {"kept", "kept ", "32"},
                 {"skipped", "-    ", "2"},
                 {"warned", "warn ", "33"},
                 {"failed", "FAIL ", "31"}};
    ORX_NODE_EACH(list, n) {
        const char *state = orx_node_str(orx_node_get(n, "state"), "");
        const char *remedy = orx_node_str(orx_node_get(n, "remedy"), "");
        for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
            if (strcmp(words[i].state, state) == 0)
                orx_cli_printf("%s %-11s %s\n", orx_cli_paint(c, words[i].color, words[i].word),
                               orx_node_str(orx_node_get(n, "name"), ""),
                               orx_node_str(orx_node_get(n, "text"), ""));
        if (*remedy)
            orx_cli_printf("      -> %s\n", remedy);
    }
}

/* reason "" = all is well. */
static int end(steps *s, const char *reason) {
    orx_cli *c = s->c;
    orx_node_set_bool(s->a, s->doc, "ok", !*reason);
    if (*reason)
        orx_node_set_str(s->a, s->doc, "reason", reason);
    orx_node_set(s->a, s->doc, "steps", s->list);
    if (orx_cli_wants_json(c))
        orx_cli_json_kept(s->doc);
    else
        print_steps(c, s->list);
    return *reason ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}

static int begin(orx_cli *c, steps *s, orx_err *err) {
    const char *name = orx_cli_option(c, "ide");
    *s = (steps){.c = c, .a = &c->arena, .editor_name = name ? name : "vscode"};
    s->list = orx_node_new(s->a, ORX_ARRAY);
    s->doc = orx_node_new(s->a, ORX_OBJECT);
    if (strcmp(s->editor_name, "none") != 0 && orx_cli_editor(s->editor_name, &s->editor, NULL) < 0)
        return orx_err_set(err, ORX_E_USAGE, "--ide is vscode, cursor, pycharm or none, not \"%s\"",
                           s->editor_name);
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = make_workspace(s, err);
    return rc < 0 ? rc : make_packet(s, err);
}

int orx_cmd_bootstrap(orx_cli *c, orx_err *err) {
    orx_look look;
    steps s;
    int rc = begin(c, &s, err);
    if (rc == 0)
        rc = check(&s, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return end(&s, "preflight_failed");
    if (!start(&s))
        return end(&s, "start_failed");
    keep_alive(&s);
    open_editor(&s);
    rc = orx_cli_look(c, &look, err);
    if (rc < 0)
        return rc;
    orx_node_set(s.a, s.doc, "supervisor", orx_health_status_doc(&look.facts, s.a));
    orx_node_set(s.a, s.doc, "prompts", orx_cli_prompts_doc(c));
    return end(&s, "");
}
