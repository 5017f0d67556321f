/* The fields of a lane, and how each kind is read. */
#include "lane/fields.h"

#include "base/nearest.h"
#include "base/units.h"

#include <stddef.h>

#define AT(member) offsetof(orx_lane, member)
#define LIST_MAX   1000
#define TEXT_MAX   ((size_t)64 << 10)

const orx_lane_field orx_lane_fields[] = {
    {"id", ORX_LANE_IGNORED, 0, 0},    /* read before the others */
    {"owner", ORX_LANE_IGNORED, 0, 0}, /* likewise */
    {"version", ORX_LANE_IGNORED, 0, 0},
    {"enabled", ORX_LANE_BOOL, AT(enabled), 0},
    {"name", ORX_LANE_TEXT, AT(name), 0},
    {"description", ORX_LANE_TEXT, AT(description), 0},
    {"priority", ORX_LANE_INT, AT(priority), INT64_MIN},
    {"impl_repo", ORX_LANE_PATH, AT(impl_repo), 0},
    {"test_repo", ORX_LANE_PATH, AT(test_repo), 0},
    {"tasks_file", ORX_LANE_PATH, AT(tasks_file), 0},
    {"objective_file", ORX_LANE_PATH, AT(objective_file), 0},
    {"schema_file", ORX_LANE_PATH, AT(schema_file), 0},
    {"skill_protocol_file", ORX_LANE_PATH, AT(skill_protocol_file), 0},
    {"pricing_file", ORX_LANE_PATH, AT(pricing_file), 0},
    {"routellm_policy_file", ORX_LANE_PATH, AT(routellm_policy_file), 0},
    {"scaling_decision_file", ORX_LANE_PATH, AT(scaling_decision_file), 0},
    {"mcp_context_file", ORX_LANE_PATH, AT(mcp_context_file), 0},
    {"dependency_state_file", ORX_LANE_PATH, AT(dependency_state_file), 0},
    {"handoff_dir", ORX_LANE_APATH, AT(handoff_dir), 0},
    {"artifacts_dir", ORX_LANE_APATH, AT(artifacts_dir), 0},
    {"state_file", ORX_LANE_APATH, AT(state_file), 0},
    {"heartbeat_file", ORX_LANE_APATH, AT(heartbeat_file), 0},
    {"lock_file", ORX_LANE_APATH, AT(lock_file), 0},
    {"conversation_log_file", ORX_LANE_APATH, AT(conversation_log_file), 0},
    {"metrics_file", ORX_LANE_APATH, AT(metrics_file), 0},
    {"metrics_summary_file", ORX_LANE_APATH, AT(metrics_summary_file), 0},
    {"task_queue_file", ORX_LANE_APATH, AT(task_queue_file), 0},
    {"task_queue_state_file", ORX_LANE_APATH, AT(task_queue_state_file), 0},
    {"worktree_root", ORX_LANE_APATH, AT(worktree_root), 0},
    {"routellm_enabled", ORX_LANE_BOOL, AT(routellm_enabled), 0},
    {"routellm_url", ORX_LANE_TEXT, AT(routellm_url), 0},
    {"routellm_timeout_sec", ORX_LANE_INT, AT(routellm_timeout_sec), 1},
    {"codex_cmd", ORX_LANE_TEXT, AT(codex_cmd), 0},
    {"gemini_cmd", ORX_LANE_TEXT, AT(gemini_cmd), 0},
    {"claude_cmd", ORX_LANE_TEXT, AT(claude_cmd), 0},
    {"codex_model", ORX_LANE_TEXT, AT(codex_model), 0},
    {"gemini_model", ORX_LANE_TEXT, AT(gemini_model), 0},
    {"claude_model", ORX_LANE_TEXT, AT(claude_model), 0},
    {"gemini_fallback_models", ORX_LANE_WORDS, AT(gemini_fallback_models), 0},
    {"cmd", ORX_LANE_TEXT, AT(cmd), 0},
    {"model", ORX_LANE_TEXT, AT(model), 0},
    {"fallback_models", ORX_LANE_WORDS, AT(fallback_models), 0},
    {"router", ORX_LANE_TEXT, AT(router), 0},
    {"env", ORX_LANE_ENV, AT(env), 0},
    {"validate_commands", ORX_LANE_LIST, AT(validate_commands), 0},
    {"exclusive_paths", ORX_LANE_LIST, AT(exclusive_paths), 0},
    {"depends_on", ORX_LANE_LIST, AT(depends_on), 0},
    {"execution_profile", ORX_LANE_PROFILE, AT(execution_profile), 0},
    {"max_cycles", ORX_LANE_INT, AT(max_cycles), 1},
    {"max_attempts", ORX_LANE_INT, AT(max_attempts), 1},
    {"continuous", ORX_LANE_BOOL, AT(continuous), 0},
    {"continuous_recycle_delay_sec", ORX_LANE_INT, AT(continuous_recycle_delay_sec), 10},
    {"memory_max", ORX_LANE_SIZE, AT(memory_max), 0},
    {"tasks_max", ORX_LANE_COUNT, AT(tasks_max), 0},
    {"isolated_worktree", ORX_LANE_BOOL, AT(isolated_worktree), 0},
    {"worktree_base_ref", ORX_LANE_TEXT, AT(worktree_base_ref), 0},
    {"scaling_mode", ORX_LANE_TEXT, AT(scaling_mode), 0},
    {"scaling_group", ORX_LANE_TEXT, AT(scaling_group), 0},
    {"scaling_rank", ORX_LANE_INT, AT(scaling_rank), 1},
    {"scaling_min_marginal_npv_usd", ORX_LANE_NUMBER, AT(scaling_min_marginal_npv_usd), 0},
    {"scaling_daily_budget_usd", ORX_LANE_NUMBER, AT(scaling_daily_budget_usd), 0},
    {"scaling_max_parallel_agents", ORX_LANE_INT, AT(scaling_max_parallel_agents), 1},
    {"scaling_max_subagents_per_agent", ORX_LANE_INT, AT(scaling_max_subagents_per_agent), 1},
};

const size_t orx_lane_field_count = ORX_ARRAY_LEN(orx_lane_fields);

/* ---- Saying what is wrong -------------------------------------------------------------------- */

void orx_lane_complain(orx_lane_reader *r, const orx_node *at, const char *fmt, ...) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&text, fmt, ap);
    va_end(ap);
    const char *where =
        orx_arena_printf(r->arena, "%s:%u:%u", r->label, (unsigned)at->line, (unsigned)at->column);
    orx_diag_add(r->diags, ORX_DIAG_ERROR, where, "%s", orx_str_cstr(&text));
    if (r->lane && !r->lane->problem)
        r->lane->problem = orx_arena_printf(r->arena, "%s: %s", where, orx_str_cstr(&text));
}

static void wrong_kind(orx_lane_reader *r, const orx_node *at, const char *key,
                       const char *expected) {
    orx_lane_complain(r, at, "%s: expected %s, found %s", key, expected, orx_kind_name(at->kind));
}

/* ---- Kinds ----------------------------------------------------------------------------------- */

/* A text without NUL, trimmed; false when it was complained about. */
static bool text_of(orx_lane_reader *r, const orx_node *n, const char *key, const char **ret_text) {
    if (n->kind != ORX_STRING) {
        wrong_kind(r, n, key, "a text");
        return false;
    }
    orx_view text = orx_view_trim(n->u.s);
    if (text.len > TEXT_MAX || memchr(text.p, 0, text.len)) {
        orx_lane_complain(r, n, "%s: expected a text of at most %zu bytes without NUL", key,
                          TEXT_MAX);
        return false;
    }
    *ret_text = orx_arena_dup(r->arena, text);
    return true;
}

static void read_text(orx_lane_reader *r, const orx_lane_field *f, const orx_node *n, void *to) {
    const char *text;
    if (text_of(r, n, f->key, &text) && *text)
        *(const char **)to = text;
}

static void read_path(orx_lane_reader *r, const orx_lane_field *f, const orx_node *n, void *to) {
    const char *text;
    if (text_of(r, n, f->key, &text) && *text)
        *(const char **)to =
            orx_lane_path(r->cfg, r->arena, orx_view_of(text), f->kind == ORX_LANE_APATH);
}

static void read_bool(orx_lane_reader *r, const orx_lane_field *f, const orx_node *n, void *to) {
    if (n->kind == ORX_BOOL)
        *(bool *)to = n->u.b;
    else
        wrong_kind(r, n, f->key, "true or false");
}

/* [K] Below the least value it is that value. */
static void read_int(orx_lane_reader *r, const orx_lane_field *f, const orx_node *n, void *to) {
    if (n->kind == ORX_INT)
        *(int64_t *)to = n->u.i < f->min ? f->min : n->u.i;
    else
        wrong_kind(r, n, f->key, "a whole number");
}

/* Bytes: a number, or a text with a unit. */
static void read_size(orx_lane_reader *r, const orx_lane_field *f, const orx_node *n, void *to) {
    int64_t bytes = n->kind == ORX_INT ? n->u.i : -1;
    if (n->kind == ORX_STRING && !orx_size_parse(orx_view_trim(n->u.s), &bytes))
        bytes = -1;
    if (bytes >= 0)
        *(int64_t *)to = bytes;
    else
        orx_lane_complain(r, n, "%s: expected a size such as 512MiB or 4GiB, or 0 for any", f->key);
}

static void read_count(orx_lane_reader *r, const orx_lane_field *f, const orx_node *n, void *to) {
    if (n->kind == ORX_INT && n->u.i >= 0)
        *(int64_t *)to = n->u.i;
    else
        orx_lane_complain(r, n, "%s: expected a whole number, or 0 for any", f->key);
}

static void read_number(orx_lane_reader *r, const orx_lane_field *f, const orx_node *n, void *to) {
    double value = orx_node_num(n, 0);
    if (n->kind == ORX_INT || n->kind == ORX_DOUBLE)
        *(double *)to = value < (double)f->min ? (double)f->min : value;
    else
        wrong_kind(r, n, f->key, "a number");
}

static void read_list(orx_lane_reader *r, const orx_lane_field *f, const orx_node *n, void *to) {
    if (n->kind != ORX_ARRAY) {
        wrong_kind(r, n, f->key, "a list of texts");
        return;
    }
    if (n->count > LIST_MAX) {
        orx_lane_complain(r, n, "%s: at most %d entries", f->key, LIST_MAX);
        return;
    }
    const char **items = orx_arena_zalloc(r->arena, n->count + 1, sizeof *items);
    size_t count = 0;
    ORX_NODE_EACH(n, it) {
        const char *text;
        if (text_of(r, it, f->key, &text) && *text)
            items[count++] = text;
    }
    *(orx_strings *)to = (orx_strings){items, count};
}

static void read_words(orx_lane_reader *r, const orx_lane_field *f, const orx_node *n, void *to) {
    const char *text;
    if (n->kind != ORX_STRING) {
        read_list(r, f, n, to);
        return;
    }
    if (!text_of(r, n, f->key, &text))
        return;
    const char **items = orx_arena_zalloc(r->arena, strlen(text) + 2, sizeof *items);
    size_t count = 0;
    while (*text) {
        size_t len = strcspn(text, ";,");
        orx_view word = orx_view_trim((orx_view){text, len});
        if (word.len)
            items[count++] = orx_arena_dup(r->arena, word);
        text += len + (text[len] != '\0');
    }
    *(orx_strings *)to = (orx_strings){items, count};
}

static bool is_env_name(orx_view name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return name.len > 0;
}

/* Values are never quoted: they may be secrets. */
static void read_env(orx_lane_reader *r, const orx_lane_field *f, const orx_node *n, void *to) {
    if (n->kind != ORX_OBJECT) {
        wrong_kind(r, n, f->key, "an object of texts");
        return;
    }
    orx_node *env = orx_node_new(r->arena, ORX_OBJECT);
    ORX_NODE_EACH(n, it) {
        if (!is_env_name(it->key)) {
            orx_lane_complain(r, it, "env: expected a name of letters, digits and _");
            continue;
        }
        if (it->kind == ORX_INT) {
            const char *digits = orx_arena_printf(r->arena, "%lld", (long long)it->u.i);
            orx_node_add(r->arena, env, it->key.p, orx_node_new_str(r->arena, orx_view_of(digits)));
            continue;
        }
        const char *text;
        if (text_of(r, it, orx_arena_printf(r->arena, "env.%s", it->key.p), &text))
            orx_node_add(r->arena, env, it->key.p, orx_node_new_str(r->arena, orx_view_of(text)));
    }
    *(const orx_node **)to = env;
}

static void read_profile(orx_lane_reader *r, const orx_lane_field *f, const orx_node *n, void *to) {
    const char *text;
    if (text_of(r, n, f->key, &text) && *text)
        *(int *)to = (int)orx_profile_of_env(orx_view_of(text));
}

/* ---- One entry ------------------------------------------------------------------------------- */

static void read_field(orx_lane_reader *r, const orx_lane_field *f, const orx_node *n) {
    void *to = (char *)r->lane + f->offset;
    switch (f->kind) {
    case ORX_LANE_TEXT:
        read_text(r, f, n, to);
        break;
    case ORX_LANE_BOOL:
        read_bool(r, f, n, to);
        break;
    case ORX_LANE_INT:
        read_int(r, f, n, to);
        break;
    case ORX_LANE_SIZE:
        read_size(r, f, n, to);
        break;
    case ORX_LANE_COUNT:
        read_count(r, f, n, to);
        break;
    case ORX_LANE_NUMBER:
        read_number(r, f, n, to);
        break;
    case ORX_LANE_PATH:
    case ORX_LANE_APATH:
        read_path(r, f, n, to);
        break;
    case ORX_LANE_LIST:
        read_list(r, f, n, to);
        break;
    case ORX_LANE_WORDS:
        read_words(r, f, n, to);
        break;
    case ORX_LANE_ENV:
        read_env(r, f, n, to);
        break;
    case ORX_LANE_PROFILE:
        read_profile(r, f, n, to);
        break;
    case ORX_LANE_IGNORED:
        break;
    }
}

static const orx_lane_field *find(orx_view key) {
    for (size_t i = 0; i < orx_lane_field_count; i++)
        if (orx_view_is(key, orx_lane_fields[i].key))
            return &orx_lane_fields[i];
    return NULL;
}

/* Once with many unknown keys the rest is told without a suggestion. */
static void unknown(orx_lane_reader *r, const orx_node *n) {
    orx_nearest near = {0};
    for (size_t i = 0; r->diags->warnings < ORX_DIAG_MAX && i < orx_lane_field_count; i++)
        orx_nearest_try(&near, n->key, orx_lane_fields[i].key);
    orx_diag_add(r->diags, ORX_DIAG_WARNING,
                 orx_arena_printf(r->arena, "%s:%u:%u", r->label, (unsigned)n->key_line,
                                  (unsigned)n->key_column),
                 "lane %s: unknown key \"%.64s\"%s%s%s", r->lane->id, n->key.p,
                 near.best ? "; did you mean " : "", near.best ? near.best : "",
                 near.best ? "?" : "");
}

void orx_lane_read_fields(orx_lane_reader *r, const orx_node *entry) {
    ORX_NODE_EACH(entry, n) {
        const orx_lane_field *f = find(n->key);
        if (!f)
            unknown(r, n);
        else if (n->kind != ORX_NULL)
            read_field(r, f, n);
    }
}

/* ---- Paths ----------------------------------------------------------------------------------- */

/* dir/text, where leading "./" and "../" are resolved and a slash at the end is dropped. */
static const char *under(orx_arena *arena, const char *dir, orx_view text) {
    char *at = orx_arena_strdup(arena, dir);
    while (text.len) {
        if (text.p[0] == '/' || orx_view_is(text, ".") || orx_view_starts(text, "./")) {
            text = (orx_view){text.p + 1, text.len - 1};
        } else if (orx_view_is(text, "..") || orx_view_starts(text, "../")) {
            char *slash = strrchr(at, '/');
            if (slash)
                slash[slash == at] = '\0';
            text = (orx_view){text.p + 2, text.len - 2};
        } else {
            break;
        }
    }
    while (text.len && text.p[text.len - 1] == '/')
        text.len--;
    return text.len ? orx_arena_printf(arena, "%s%s%.*s", at, at[1] ? "/" : "", ORX_VIEW_ARG(text))
                    : at;
}

const char *orx_lane_path(const orx_config *cfg, orx_arena *arena, orx_view text, bool artifacts) {
    static const char usual[] = "artifacts/autonomy";
    size_t n = sizeof usual - 1;
    if (artifacts && orx_view_starts(text, usual) && (text.len == n || text.p[n] == '/'))
        return under(arena, cfg->paths.artifacts_dir, (orx_view){text.p + n, text.len - n});
    if (text.p[0] == '/')
        return under(arena, "/", text);
    const char *home = orx_config_env(cfg, "HOME");
    if (home && home[0] == '/' && orx_view_starts(text, "~/"))
        return under(arena, home, (orx_view){text.p + 2, text.len - 2});
    return under(arena, cfg->root, text);
}
