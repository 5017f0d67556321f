/* The lanes file. */
#include "lane/fields.h"
#include "lane/relations.h"

#include "base/map.h"
#include "platform/files.h"

#define ID_MAX   64
#define USD_NANO 1e9

/* ---- Defaults -------------------------------------------------------------------------------- */

static const char *in(orx_arena *arena, const char *dir, const char *name) {
    return orx_path_join(arena, dir, name);
}

static void default_inputs(orx_lane *l, const orx_config *cfg) {
    l->impl_repo = cfg->repos.impl;
    l->test_repo = cfg->repos.test;
    l->tasks_file = cfg->paths.tasks_file;
    l->objective_file = cfg->paths.objective_file;
    l->schema_file = cfg->paths.codex_schema;
    l->skill_protocol_file = cfg->paths.skill_protocol_file;
    l->pricing_file = cfg->paths.pricing_file;
    l->routellm_policy_file = cfg->paths.routellm_policy_file;
    l->mcp_context_file = cfg->paths.mcp_context_file;
    l->dependency_state_file = cfg->paths.state_file;
    l->handoff_dir = cfg->paths.handoff_dir;
}

static void default_policy(orx_lane *l, const orx_config *cfg) {
    l->routellm_enabled = cfg->routellm.enabled;
    l->routellm_url = cfg->routellm.url;
    l->routellm_timeout_sec = cfg->routellm.timeout_ns / ORX_SEC;
    l->validate_commands = cfg->validation.commands;
    l->execution_profile = (int)cfg->run.execution_profile;
    l->max_cycles = cfg->run.max_cycles;
    l->max_attempts = cfg->retry.max_attempts;
    l->memory_max = cfg->limits.memory_max;
    l->tasks_max = cfg->limits.tasks_max;
    l->continuous_recycle_delay_sec = 90;
    l->isolated_worktree = true;
    l->worktree_base_ref = "origin/main";
    l->scaling_mode = "static";
    l->scaling_group = "";
    l->scaling_rank = 1;
    l->scaling_min_marginal_npv_usd = (double)cfg->scaling.min_npv / USD_NANO;
    l->scaling_daily_budget_usd = (double)cfg->scaling.daily_budget / USD_NANO;
    l->scaling_max_parallel_agents = cfg->scaling.max_parallel_agents;
    l->scaling_max_subagents_per_agent = cfg->scaling.max_subagents;
}

static void set_defaults(orx_lane_reader *r) {
    orx_lane *l = r->lane;
    l->enabled = true;
    l->name = l->description = "";
    l->priority = 100;
    l->env = orx_node_new(r->arena, ORX_OBJECT);
    l->scaling_decision_file = r->cfg->scaling.decision_file;
    default_inputs(l, r->cfg);
    default_policy(l, r->cfg);
}

/* Where the owner works: providers are set to one of the root's two repositories, whose places the
 * lane's take, or to one of their own. */
static const char *repo_of(const orx_lane_reader *r) {
    const orx_lane *l = r->lane;
    const orx_provider_config *p = orx_config_provider(r->cfg, l->owner);
    if (!p || strcmp(p->repo, r->cfg->repos.impl) == 0)
        return l->impl_repo;
    return strcmp(p->repo, r->cfg->repos.test) == 0 ? l->test_repo : p->repo;
}

/* [K] What lies in the lane's own folders unless said otherwise. */
static void set_own_files(orx_lane_reader *r) {
    orx_lane *l = r->lane;
    const struct {
        const char **file;
        const char *dir;
        const char *name;
    } own[] = {
        {&l->state_file, l->artifacts_dir, "state.json"},
        {&l->heartbeat_file, l->artifacts_dir, "heartbeat.json"},
        {&l->lock_file, l->artifacts_dir, "runner.lock"},
        {&l->conversation_log_file, l->artifacts_dir, "conversations.ndjson"},
        {&l->metrics_file, l->artifacts_dir, "response_metrics.ndjson"},
        {&l->metrics_summary_file, l->artifacts_dir, "response_metrics_summary.json"},
        {&l->task_queue_file, l->runtime_dir, "task_queue.ndjson"},
        {&l->task_queue_state_file, l->runtime_dir, "task_queue_claimed.json"},
        {&l->worktree_root, l->runtime_dir, "worktrees"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(own); i++)
        if (!*own[i].file)
            *own[i].file = in(r->arena, own[i].dir, own[i].name);
}

/* [K] What the profile extra_high brings along. */
static void apply_profile(orx_lane_reader *r) {
    static const char *const names[][2] = {
        {"ORXAQ_TASK_QUEUE_PERSISTENT_MODE", "1"},
        {"ORXAQ_AUTONOMY_EXECUTION_PROFILE", "extra_high"},
        {"ORXAQ_AUTONOMY_ASSUME_TRUE_FULL_AUTONOMY", "1"},
    };
    orx_lane *l = r->lane;
    if (l->execution_profile != ORX_PROFILE_EXTRA_HIGH)
        return;
    l->continuous = true;
    if (l->max_cycles < 1000000000)
        l->max_cycles = 1000000000;
    orx_node *env = orx_node_copy(r->arena, l->env);
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        if (!orx_node_get(env, names[i][0]))
            orx_node_set_str(r->arena, env, names[i][0], names[i][1]);
    l->env = env;
}

/* ---- One entry ------------------------------------------------------------------------------- */

static bool is_id(orx_view id) {
    for (size_t i = 0; i < id.len; i++) {
        char c = id.p[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alnum && (i == 0 || (c != '.' && c != '_' && c != '-')))
            return false;
    }
    return id.len > 0 && id.len <= ID_MAX;
}

/* What messages call an entry whose id cannot be one: printable and short. */
static const char *printable(orx_arena *arena, orx_view id) {
    char *text = orx_arena_dup(arena, id.len > 80 ? (orx_view){id.p, 80} : id);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
            *c = '?';
    return text;
}

/* Those that are the supervisor's own names, and that of the runner without a lane. */
static bool is_taken(orx_view id) {
    return orx_view_is(id, "primary") || orx_view_is(id, "supervisor");
}

static void read_id(orx_lane_reader *r, const orx_node *entry) {
    const orx_node *n = orx_node_get(entry, "id");
    if (!n || n->kind != ORX_STRING) {
        r->lane->id = "(no id)";
        orx_lane_complain(r, n ? n : entry, "expected \"id\": a name for the lane");
        return;
    }
    orx_view id = orx_view_trim(n->u.s);
    r->lane->id = printable(r->arena, id);
    if (!is_id(id))
        orx_lane_complain(r, n,
                          "\"%s\" cannot be the id of a lane: expected letters, digits, \".\", "
                          "\"_\" and \"-\", at most %d, the first a letter or digit",
                          r->lane->id, ID_MAX);
    else if (is_taken(id))
        orx_lane_complain(r, n, "the name \"%s\" is orxaq's own; choose another id", r->lane->id);
}

static const char *lower(orx_arena *arena, orx_view text) {
    char *s = orx_arena_dup(arena, text);
    for (char *c = s; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return s;
}

static const char *owners_text(orx_lane_reader *r) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (const char *const *o = orx_config_owners(r->cfg); *o && text.len < 300; o++)
        orx_str_addf(&text, "%s%s", text.len ? ", " : "", *o);
    return orx_arena_dup(r->arena, orx_str_view(&text));
}

static void read_owner(orx_lane_reader *r, const orx_node *entry) {
    const orx_node *n = orx_node_get(entry, "owner");
    r->lane->owner = "unknown";
    if (!n || n->kind != ORX_STRING) {
        orx_lane_complain(r, n ? n : entry, "lane %s: expected \"owner\", one of %s", r->lane->id,
                          owners_text(r));
        return;
    }
    orx_view text = orx_view_trim(n->u.s);
    r->lane->owner = lower(r->arena, orx_view_of(printable(r->arena, text)));
    if (orx_config_provider(r->cfg, r->lane->owner))
        return;
    if (orx_config_provider(r->cfg, printable(r->arena, text)))
        r->lane->owner = printable(r->arena, text);
    else
        orx_lane_complain(r, n,
                          "lane %s: unknown owner \"%s\": it names no configured provider (%s)",
                          r->lane->id, r->lane->owner, owners_text(r));
}

static void check_router(orx_lane_reader *r) {
    const orx_node *n = orx_node_get(r->lane->entry, "router");
    for (size_t i = 0; i < r->cfg->router_count; i++)
        if (r->lane->router && strcmp(r->cfg->routers[i].name, r->lane->router) == 0)
            return;
    if (r->lane->router && n)
        orx_lane_complain(r, n, "lane %s: routers has no entry \"%.64s\"", r->lane->id,
                          r->lane->router);
}

static void read_lane(orx_lane_reader *r, const orx_node *entry) {
    r->lane->entry = entry;
    r->lane->where = orx_arena_printf(r->arena, "%s:%u:%u", r->label, (unsigned)entry->line,
                                      (unsigned)entry->column);
    set_defaults(r);
    if (entry->kind != ORX_OBJECT) {
        r->lane->id = "(no id)";
        r->lane->owner = "unknown";
        orx_lane_complain(r, entry, "expected a lane (an object), found %s",
                          orx_kind_name(entry->kind));
        return;
    }
    read_id(r, entry);
    read_owner(r, entry);
    r->lane->runtime_dir =
        in(r->arena, r->cfg->paths.lanes_runtime_dir, r->lane->problem ? "unnamed" : r->lane->id);
    r->lane->artifacts_dir = r->lane->runtime_dir;
    orx_lane_read_fields(r, entry);
    set_own_files(r);
    apply_profile(r);
    check_router(r);
    r->lane->repo = repo_of(r);
}

/* ---- The file -------------------------------------------------------------------------------- */

static const char *label_of(const orx_config *cfg, const char *path) {
    size_t n = strlen(cfg->root);
    return strncmp(path, cfg->root, n) == 0 && path[n] == '/' ? path + n + 1 : path;
}

/* The same name with another ending, when the configured one does not exist. */
static const char *find_file(orx_platform *p, const orx_config *cfg, orx_arena *arena,
                             orx_diags *diags) {
    static const char *const ends[] = {".yaml", ".yml"};
    const char *file = cfg->paths.lanes_file;
    size_t n = strlen(file);
    if (n < 5 || strcmp(file + n - 5, ".json") != 0)
        return file;
    for (size_t i = 0; i < ORX_ARRAY_LEN(ends); i++) {
        const char *other = orx_arena_printf(arena, "%.*s%s", (int)(n - 5), file, ends[i]);
        if (!orx_exists(p, other))
            continue;
        if (!orx_exists(p, file))
            return other;
        orx_diag_add(diags, ORX_DIAG_WARNING, label_of(cfg, other),
                     "not read, because %s is there too; keep one of them", label_of(cfg, file));
    }
    return file;
}

/* The list in the document, or NULL with the problem reported. */
static const orx_node *list_in(orx_lane_reader *r, const orx_node *root) {
    const orx_node *list = root->kind == ORX_OBJECT ? orx_node_get(root, "lanes") : root;
    if (!list || list->kind != ORX_ARRAY)
        orx_lane_complain(r, list ? list : root,
                          "expected a list of lanes, or an object with the list `lanes`");
    else if (list->count > ORX_LANES_MAX)
        orx_lane_complain(r, list, "at most %d lanes, found %u", ORX_LANES_MAX,
                          (unsigned)list->count);
    else
        return list;
    return NULL;
}

/* 1 = *ret_root is set, 0 = nothing to read or reported. */
static int read_document(orx_platform *p, orx_lanes *lanes, orx_arena *arena, orx_diags *diags,
                         const orx_node **ret_root) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    orx_err why = ORX_ERR_INIT;
    int rc = orx_read_file(p, lanes->file, orx_limits_data.max_bytes, &bytes, &why);
    if (rc == ORX_E_NOT_FOUND)
        return 0;
    lanes->there = true;
    if (rc == 0)
        rc = orx_doc_parse(arena, lanes->label, orx_arena_view(arena, orx_str_view(&bytes)),
                           &orx_limits_data, ret_root, &why);
    if (rc < 0)
        orx_diag_add(diags, ORX_DIAG_ERROR, lanes->label, "lanes_file: %s", why.msg);
    return rc == 0;
}

int orx_lanes_load(orx_platform *p, const orx_config *cfg, orx_arena *arena, orx_diags *diags,
                   orx_lanes *ret_lanes, orx_err *err ORX_UNUSED) {
    const orx_node *root = NULL;
    orx_lanes lanes = {.file = find_file(p, cfg, arena, diags)};
    lanes.label = label_of(cfg, lanes.file);
    orx_lane_reader r = {.arena = arena, .diags = diags, .cfg = cfg, .label = lanes.label};
    const orx_node *list = read_document(p, &lanes, arena, diags, &root) ? list_in(&r, root) : NULL;
    lanes.items = orx_arena_zalloc(arena, list ? list->count + 1 : 1, sizeof *lanes.items);
    ORX_NODE_EACH(list, entry) {
        r.lane = &lanes.items[lanes.count++];
        read_lane(&r, entry);
    }
    orx_lanes_relate(&r, &lanes);
    *ret_lanes = lanes;
    return 0;
}
