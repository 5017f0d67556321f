/* A lane's spec as a document in the shape of the config file. */
#include "lane/lane.h"

#include "platform/platform.h"

typedef struct builder {
    orx_arena *arena;
    const orx_config *cfg;
    const orx_lane *lane;
    orx_node *doc;
} builder;

/* The object that is a member of another, made when missing. */
static orx_node *object_in(builder *b, orx_node *object, const char *name) {
    for (orx_node *n = object->u.child.first; n; n = n->next)
        if (orx_view_is(n->key, name))
            return n;
    orx_node *made = orx_node_new(b->arena, ORX_OBJECT);
    orx_node_set(b->arena, object, name, made);
    return made;
}

/* The object at a path of the document, made when missing; *path moves to the last part. */
static orx_node *parent_of(builder *b, const char **path) {
    orx_node *at = b->doc;
    const char *dot;
    while ((dot = strchr(*path, '.'))) {
        char *name = orx_arena_dup(b->arena, (orx_view){*path, (size_t)(dot - *path)});
        at = object_in(b, at, name);
        *path = dot + 1;
    }
    return at;
}

/* Sets a value; it gets the place of the lane's member `key`, or of the lane itself. */
static void set(builder *b, const char *path, const char *key, orx_node *value) {
    const orx_node *from = key ? orx_node_get(b->lane->entry, key) : NULL;
    if (!from)
        from = b->lane->entry;
    value->line = from->line;
    value->column = from->column;
    orx_node *object = parent_of(b, &path);
    orx_node_set(b->arena, object, path, value);
}

/* NULL is "none". */
static void set_text(builder *b, const char *path, const char *key, const char *text) {
    set(b, path, key,
        text ? orx_node_new_str(b->arena, orx_view_of(text)) : orx_node_new(b->arena, ORX_NULL));
}

static void set_bool(builder *b, const char *path, const char *key, bool value) {
    set(b, path, key, orx_node_new_bool(b->arena, value));
}

static void set_int(builder *b, const char *path, const char *key, int64_t value) {
    set(b, path, key, orx_node_new_int(b->arena, value));
}

static orx_node *list_node(builder *b, const orx_strings *list) {
    orx_node *n = orx_node_new(b->arena, ORX_ARRAY);
    for (size_t i = 0; i < list->count; i++)
        orx_node_push(n, orx_node_new_str(b->arena, orx_view_of(list->items[i])));
    return n;
}

/* ---- Parts ----------------------------------------------------------------------------------- */

static void put_paths(builder *b) {
    const orx_lane *l = b->lane;
    const struct {
        const char *path;
        const char *key;
        const char *value;
    } paths[] = {
        {"repos.impl", "impl_repo", l->impl_repo},
        {"repos.test", "test_repo", l->test_repo},
        {"paths.tasks_file", "tasks_file", l->tasks_file},
        {"paths.objective_file", "objective_file", l->objective_file},
        {"paths.codex_schema", "schema_file", l->schema_file},
        {"paths.skill_protocol_file", "skill_protocol_file", l->skill_protocol_file},
        {"paths.pricing_file", "pricing_file", l->pricing_file},
        {"paths.routellm_policy_file", "routellm_policy_file", l->routellm_policy_file},
        {"paths.mcp_context_file", "mcp_context_file", l->mcp_context_file},
        {"paths.dependency_state_file", "dependency_state_file", l->dependency_state_file},
        {"paths.handoff_dir", "handoff_dir", l->handoff_dir},
        {"paths.artifacts_dir", "artifacts_dir", l->artifacts_dir},
        {"paths.state_file", "state_file", l->state_file},
        {"paths.heartbeat_file", "heartbeat_file", l->heartbeat_file},
        {"paths.lock_file", "lock_file", l->lock_file},
        {"paths.conversation_log_file", "conversation_log_file", l->conversation_log_file},
        {"paths.metrics_file", "metrics_file", l->metrics_file},
        {"paths.metrics_summary_file", "metrics_summary_file", l->metrics_summary_file},
        {"paths.task_queue_file", "task_queue_file", l->task_queue_file},
        {"paths.task_queue_state_file", "task_queue_state_file", l->task_queue_state_file},
        {"paths.worktrees_dir", "worktree_root", l->worktree_root},
        {"paths.log_file", NULL, orx_arena_printf(b->arena, "%s/runner.log", l->runtime_dir)},
        {"paths.runner_pid_file", NULL, orx_arena_printf(b->arena, "%s/lane.pid", l->runtime_dir)},
        /* The root's own, which do not follow the lane's artifacts folder. */
        {"paths.lanes_runtime_dir", NULL, b->cfg->paths.lanes_runtime_dir},
        {"paths.supervisor_lock_file", NULL, b->cfg->paths.supervisor_lock_file},
        {"paths.supervisor_pid_file", NULL, b->cfg->paths.supervisor_pid_file},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(paths); i++)
        set_text(b, paths[i].path, paths[i].key, paths[i].value);
}

static bool waits_for_queue(const builder *b) {
    const orx_node *n = orx_node_get(b->lane->env, "ORXAQ_TASK_QUEUE_PERSISTENT_MODE");
    return n && orx_view_is(n->u.s, "1");
}

static void put_run(builder *b) {
    const orx_lane *l = b->lane;
    const char *profiles[] = {"standard", "high", "extra_high"};
    set_text(b, "lane", "id", l->id);
    orx_node *owner = orx_node_new(b->arena, ORX_ARRAY);
    orx_node_push(owner, orx_node_new_str(b->arena, orx_view_of(l->owner)));
    set(b, "run.owner_filter", "owner", owner);
    set_int(b, "run.max_cycles", "max_cycles", l->max_cycles);
    set_int(b, "retry.max_attempts", "max_attempts", l->max_attempts);
    set_bool(b, "run.continuous", "continuous", l->continuous);
    set_int(b, "run.continuous_recycle_delay", "continuous_recycle_delay_sec",
            l->continuous_recycle_delay_sec);
    set_text(b, "run.execution_profile", "execution_profile", profiles[l->execution_profile]);
    if (l->router)
        set_text(b, "run.router", "router", l->router);
    /* A lane without work has no process; the supervisor sees the queue file change. */
    set_bool(b, "queue.persistent", NULL, waits_for_queue(b));
    set(b, "validation.commands", "validate_commands", list_node(b, &l->validate_commands));
    set_bool(b, "routellm.enabled", "routellm_enabled", l->routellm_enabled);
    set_text(b, "routellm.url", "routellm_url", l->routellm_url);
    set_int(b, "routellm.timeout", "routellm_timeout_sec", l->routellm_timeout_sec);
    set_text(b, "git.isolation", "isolated_worktree",
             l->isolated_worktree ? "worktree" : "in-place");
    set_text(b, "git.base", "worktree_base_ref", l->worktree_base_ref);
}

/* ---- Providers ------------------------------------------------------------------------------- */

static orx_node *provider_node(builder *b, const char *name) {
    const char *path = "providers.x";
    return object_in(b, parent_of(b, &path), name);
}

static void put_member(builder *b, orx_node *object, const char *member, const char *key,
                       orx_node *value) {
    const orx_node *from = orx_node_get(b->lane->entry, key);
    value->line = from ? from->line : b->lane->entry->line;
    value->column = from ? from->column : b->lane->entry->column;
    orx_node_set(b->arena, object, member, value);
}

/* Plugins that have such a setting. That of gemini is a list with the program in front; for a
 * provider of the plugin's own name the configuration makes that of a text. */
static void put_program(builder *b, const orx_provider_config *p, const char *key,
                        const char *program) {
    bool list = strcmp(p->plugin, "gemini") == 0 && strcmp(p->name, p->plugin) != 0;
    if (strcmp(p->plugin, "gemini") != 0 && strcmp(p->plugin, "codex") != 0 &&
        strcmp(p->plugin, "claude") != 0)
        return;
    orx_node *settings = orx_node_new(b->arena, ORX_OBJECT);
    orx_node *text = orx_node_new_str(b->arena, orx_view_of(program));
    orx_node *value = list ? orx_node_new(b->arena, ORX_ARRAY) : text;
    if (list)
        orx_node_push(value, text);
    put_member(b, settings, "program", key, value);
    put_member(b, provider_node(b, p->name), "settings", key, settings);
}

typedef struct choice {
    const char *owner;
    const char *keys[3]; /* cmd, model, fallbacks */
    const char *cmd;
    const char *model;
    const orx_strings *fallbacks;
} choice;

static void put_provider(builder *b, const choice *c) {
    const orx_provider_config *p = orx_config_provider(b->cfg, c->owner);
    if (!p)
        return;
    if (c->cmd)
        put_program(b, p, c->keys[0], c->cmd);
    if (c->model)
        put_member(b, provider_node(b, p->name), "model", c->keys[1],
                   orx_node_new_str(b->arena, orx_view_of(c->model)));
    if (c->fallbacks && c->fallbacks->count)
        put_member(b, provider_node(b, p->name), "models", c->keys[2], list_node(b, c->fallbacks));
}

static void put_providers(builder *b) {
    const orx_lane *l = b->lane;
    const choice choices[] = {
        {"codex", {"codex_cmd", "codex_model", ""}, l->codex_cmd, l->codex_model, NULL},
        {"gemini",
         {"gemini_cmd", "gemini_model", "gemini_fallback_models"},
         l->gemini_cmd,
         l->gemini_model,
         &l->gemini_fallback_models},
        {"claude", {"claude_cmd", "claude_model", ""}, l->claude_cmd, l->claude_model, NULL},
        {l->owner, {"cmd", "model", "fallback_models"}, l->cmd, l->model, &l->fallback_models},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(choices); i++)
        put_provider(b, &choices[i]);
}

/* ---- Claims ---------------------------------------------------------------------------------- */

/* A claim as patterns of the scope: what it names, and everything below. */
static void push_claim(builder *b, orx_node *list, const char *claim) {
    while (claim[0] == '.' && claim[1] == '/')
        claim += 2;
    size_t n = strlen(claim);
    while (n && claim[n - 1] == '/')
        n--;
    orx_view text = {claim, n};
    orx_node_push(list, orx_node_new_str(b->arena, orx_arena_view(b->arena, text)));
    if (orx_view_ends(text, "**"))
        return;
    const char *below = orx_arena_printf(b->arena, "%.*s%s", (int)n, claim, "/**");
    orx_node_push(list, orx_node_new_str(b->arena, orx_view_of(below)));
}

static void put_claims(builder *b, const orx_lanes *lanes) {
    const orx_lane *l = b->lane;
    if (l->exclusive_paths.count) {
        orx_node *allowed = orx_node_new(b->arena, ORX_ARRAY);
        for (size_t i = 0; i < l->exclusive_paths.count; i++)
            push_claim(b, allowed, l->exclusive_paths.items[i]);
        set(b, "scope.allowed_paths", "exclusive_paths", allowed);
        return;
    }
    orx_node *forbidden = list_node(b, &b->cfg->scope.forbidden_paths);
    for (size_t i = 0; i < lanes->count; i++) {
        const orx_lane *other = &lanes->items[i];
        /* Most lanes claim nothing, and there may be thousands. */
        if (!other->exclusive_paths.count || other == l || other->problem || !other->enabled ||
            !orx_lanes_share_repo(l, other))
            continue;
        for (size_t k = 0; k < other->exclusive_paths.count; k++)
            push_claim(b, forbidden, other->exclusive_paths.items[k]);
    }
    set(b, "scope.forbidden_paths", NULL, forbidden);
}

void orx_lane_overrides(const orx_lanes *lanes, const orx_lane *lane, const orx_config *cfg,
                        orx_arena *arena, orx_config_lane *ret_overrides) {
    builder b = {.arena = arena, .cfg = cfg, .lane = lane, .doc = orx_node_new(arena, ORX_OBJECT)};
    put_paths(&b);
    put_run(&b);
    put_providers(&b);
    put_claims(&b, lanes);
    *ret_overrides = (orx_config_lane){
        .doc = b.doc, .label = lanes->label, .env = lane->env, .after = lane->depends_on};
}
