/* The startup packet. */
#include "cli/packet.h"

#include "platform/files.h"
#include "unit/supervisor.h"

#include <ctype.h>

#define PROMPT_MAX ((size_t)1 << 20)

/* [K] these three are always there, in this order. */
static const char *const roles[] = {"codex", "gemini", "claude"};

static bool is_role(const char *name) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(roles); i++)
        if (strcmp(roles[i], name) == 0)
            return true;
    return false;
}

static const char *prompt_of(const orx_cli *c, const char *provider) {
    for (size_t i = 0; i < c->cfg->provider_count; i++)
        if (strcmp(c->cfg->providers[i].name, provider) == 0 && c->cfg->providers[i].prompt_file)
            return c->cfg->providers[i].prompt_file;
    return "";
}

orx_node *orx_cli_prompts_doc(orx_cli *c) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    for (size_t i = 0; i < ORX_ARRAY_LEN(roles); i++)
        orx_node_set_str(a, n, roles[i], prompt_of(c, roles[i]));
    for (size_t i = 0; i < c->cfg->provider_count; i++) {
        const orx_provider_config *p = &c->cfg->providers[i];
        if (p->prompt_file && !is_role(p->name))
            orx_node_set_str(a, n, p->name, p->prompt_file);
    }
    return n;
}

/* ---- The page -------------------------------------------------------------------------------- */

static void add_title(orx_str *out, const char *name) {
    orx_str_addf(out, "%c%s", toupper((unsigned char)*name), name + 1);
}

/* A fence that is longer than any in the text, so that the text cannot end it. */
static const char *fence_for(orx_arena *a, orx_view text) {
    size_t longest = 2;
    size_t run = 0;
    for (size_t i = 0; i < text.len; i++) {
        run = text.p[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    char *fence = orx_arena_zalloc(a, longest + 2, 1);
    memset(fence, '`', longest + 1);
    return fence;
}

static void add_prompt(orx_cli *c, orx_str *out, const orx_node *prompt) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *path = orx_node_str(prompt, "");
    orx_str_adds(out, "\n### ");
    add_title(out, prompt->key.p);
    orx_str_adds(out, "\n\n");
    if (!*path || orx_read_file(c->p, path, PROMPT_MAX, &text, NULL) < 0) {
        orx_str_adds(out, "*Prompt not found.*\n");
        return;
    }
    orx_view said = orx_view_trim(orx_str_view(&text));
    const char *fence = fence_for(&c->arena, said);
    orx_str_addf(out, "%stext\n%.*s\n%s\n", fence, ORX_VIEW_ARG(said), fence);
}

static void add_runtime(orx_cli *c, orx_str *out, const char *workspace) {
    const char *rows[][2] = {
        {"Objective", c->cfg->paths.objective_file},
        {"Task queue", c->cfg->paths.tasks_file},
        {"Skill protocol", c->cfg->paths.skill_protocol_file},
        {"Workspace", workspace},
        {"Supervisor log", orx_unit_log_file(c->cfg, "supervisor", &c->arena)},
        {"Conversations log", c->cfg->paths.conversation_log_file},
        {"Lane plan", c->cfg->paths.lanes_file},
    };
    orx_str_adds(out, "# Orxaq startup packet\n\n## Runtime\n\n");
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++)
        orx_str_addf(out, "- %s: `%s`\n", rows[i][0], rows[i][1] ? rows[i][1] : "");
}

static void add_prompts(orx_cli *c, orx_str *out) {
    const orx_node *prompts = orx_cli_prompts_doc(c);
    const char *before = "\n- ";
    orx_str_adds(out, "\n## AI Startup Prompts\n");
    ORX_NODE_EACH(prompts, n)
    if (*orx_node_str(n, "")) {
        orx_str_adds(out, before);
        before = "- ";
        add_title(out, n->key.p);
        orx_str_addf(out, ": `%s`\n", orx_node_str(n, ""));
    }
    ORX_NODE_EACH(prompts, n)
    add_prompt(c, out, n);
}

int orx_cli_write_packet(orx_cli *c, const char *workspace, const char **ret_path, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *path = orx_path_join(&c->arena, c->cfg->paths.artifacts_dir, "startup_packet.md");
    add_runtime(c, &text, workspace);
    add_prompts(c, &text);
    int rc = orx_mkdirs_unsynced(c->p, c->cfg->paths.artifacts_dir, false, err);
    if (rc == 0)
        rc = orx_write_replace(c->p, path, orx_str_view(&text), 0644, err);
    if (rc < 0)
        return orx_err_wrap(err, "the startup packet %s", path);
    *ret_path = path;
    return 0;
}
