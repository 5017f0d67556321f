/* The texts that every prompt of a run shares. */
#include "run/prompt.h"

#include "data/json.h"
#include "platform/files.h"

#define OBJECTIVE_BYTES ((size_t)1 << 20)
#define SNIPPETS_MAX    8
#define SNIPPET_BYTES   240

/* config/skill_protocol.json, which is what `orxaq init` writes. */
static const char built_in_skill[] =
    "{\"name\": \"orxaq-autonomy\", \"version\": \"2\", \"description\": \"How an agent "
    "works when nobody is watching: one task at a time, small verified steps, honest "
    "reports.\", \"required_behaviors\": [\"work-non-interactively\", "
    "\"issue-first-workflow\", \"branch-from-issue\", "
    "\"maintain-clean-synced-environment\", \"commit-and-push-regularly\", "
    "\"request-cross-model-review\", \"attach-review-evidence\", "
    "\"resolve-conflicts-in-pr\", \"avoid-artificial-file-blocks\", "
    "\"retry-transient-failures\", \"recover-git-locks\", \"validate-and-report\", "
    "\"continue-after-partial-output\", \"respect-non-admin-boundaries\"], "
    "\"filetype_policy\": \"Leave file types you do not know as they are, never rewrite "
    "binary files as text, and declare special handling in .gitattributes.\"}";

static int read_json(orx_platform *p, const char *path, orx_arena *arena, const orx_node **ret_root,
                     orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    int rc = orx_read_file(p, path, orx_limits_config.max_bytes, &bytes, err);
    if (rc == 0)
        rc = orx_json_parse(arena, path, orx_str_view(&bytes), &orx_limits_config, ret_root, err);
    if (rc == 0 && (*ret_root)->kind != ORX_OBJECT)
        rc = orx_err_set(err, ORX_E_INVALID, "%s:1:1: expected an object, found %s", path,
                         orx_kind_name((*ret_root)->kind));
    return rc;
}

/* Each missing key takes the built-in one; so does an empty list of behaviours. */
static int load_skill(orx_platform *p, const char *path, orx_arena *arena,
                      const orx_node **ret_skill, orx_err *err) {
    const orx_node *built_in = NULL;
    int rc = orx_json_parse(arena, "built-in skill protocol", orx_view_of(built_in_skill),
                            &orx_limits_config, &built_in, err);
    if (rc < 0)
        return rc;
    *ret_skill = built_in;
    if (!path || !orx_exists(p, path))
        return 0;
    const orx_node *given = NULL;
    rc = read_json(p, path, arena, &given, err);
    if (rc < 0)
        return rc;
    orx_node *merged = orx_node_new(arena, ORX_OBJECT);
    ORX_NODE_EACH(built_in, it) {
        const orx_node *own = orx_node_get(given, it->key.p);
        bool usable = own && own->kind == it->kind && (own->kind != ORX_ARRAY || own->count);
        orx_node_set(arena, merged, it->key.p, orx_node_copy(arena, usable ? own : it));
    }
    *ret_skill = merged;
    return 0;
}

/* Text of an entry of `resources`: an object with text or content. NULL when blank. */
static const char *snippet_of(const orx_node *resource) {
    const char *text = orx_node_str(orx_node_get(resource, "text"), "");
    if (!orx_view_trim(orx_view_of(text)).len)
        text = orx_node_str(orx_node_get(resource, "content"), "");
    return orx_view_trim(orx_view_of(text)).len ? text : NULL;
}

/* "goal: ..." for a member of a context file without `resources`. The predecessor silently made
 * nothing of such files, its own example among them. NULL when there is no text in it. */
static const char *member_text(orx_arena *arena, const orx_node *member) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_str_addf(&s, "%s: ", member->key.p);
    size_t before = s.len;
    if (member->kind == ORX_STRING)
        orx_str_addv(&s, member->u.s);
    ORX_NODE_EACH(member, it) {
        if (it->kind == ORX_STRING)
            orx_str_addf(&s, "%s%s", s.len > before ? "; " : "", it->u.s.p);
    }
    return s.len > before ? orx_arena_dup(arena, orx_str_view(&s)) : NULL;
}

static const char *cut_snippet(orx_arena *arena, const char *text) {
    orx_view v = orx_view_of(text);
    if (v.len > SNIPPET_BYTES) {
        v.len = SNIPPET_BYTES;
        while (v.len && ((unsigned char)text[v.len] & 0xC0) == 0x80)
            v.len--;
    }
    return orx_arena_dup(arena, v);
}

static int load_snippets(orx_platform *p, const char *path, orx_arena *arena, orx_prompt_context *c,
                         orx_err *err) {
    if (!path)
        return 0;
    const orx_node *root = NULL;
    int rc = read_json(p, path, arena, &root, err);
    if (rc < 0)
        return rc;
    const orx_node *resources = orx_node_get(root, "resources");
    const char **list = orx_arena_zalloc(arena, SNIPPETS_MAX + 1, sizeof *list);
    size_t n = 0;
    ORX_NODE_EACH(resources ? resources : root, it) {
        const char *text = resources ? snippet_of(it) : member_text(arena, it);
        if (text && n < SNIPPETS_MAX)
            list[n++] = cut_snippet(arena, text);
    }
    c->snippets = list;
    c->snippets_source = path;
    return 0;
}

int orx_prompt_context_load(orx_platform *p, const orx_config *cfg, orx_arena *arena,
                            orx_prompt_context *ret_context, orx_err *err) {
    orx_prompt_context c = {0};
    const char *objective = cfg->paths.objective_file;
    if (objective && orx_exists(p, objective)) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        int rc = orx_read_file(p, objective, OBJECTIVE_BYTES, &text, err);
        if (rc < 0)
            return rc;
        c.objective = orx_arena_dup(arena, orx_str_view(&text));
    }
    int rc = load_skill(p, cfg->paths.skill_protocol_file, arena, &c.skill, err);
    if (rc == 0)
        rc = load_snippets(p, cfg->paths.mcp_context_file, arena, &c, err);
    if (rc == 0)
        *ret_context = c;
    return rc;
}
