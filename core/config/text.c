#include "config/envfile.h"
#include "config/value.h"

#define PATH_LENGTH_MAX 4096

static bool well_formed(const orx_config_key *key, orx_view text) {
    if (memchr(text.p, 0, text.len))
        return false;
    if (key->type == ORX_CFG_ID)
        return orx_config_id_ok(text);
    if (key->type == ORX_CFG_SECRET)
        return orx_env_name_ok(text);
    return true;
}

int orx_string_from_text(const orx_value_scope *scope, const orx_config_key *key, orx_view text,
                         orx_text_source source, orx_config_value *out, orx_str *problem) {
    if (!text.len) {
        bool empty_counts = key->fallback && !*key->fallback;
        if (!empty_counts && !(key->marks & ORX_KEY_EMPTY_IS_NONE))
            return orx_explain_text(key, text, false, problem);
        out->set = empty_counts;
        out->u.s = empty_counts ? "" : NULL;
        return 0;
    }
    if (!well_formed(key, text))
        return orx_explain_text(key, text, false, problem);
    if (key->type == ORX_CFG_PATH)
        return orx_path_from_text(scope, key, text, source, &out->u.s, problem);
    out->u.s = orx_arena_dup(scope->arena, text);
    return 0;
}

const char *orx_path_under(orx_arena *arena, const char *dir, orx_view text) {
    orx_view base = orx_view_of(dir);
    for (;;) {
        if (orx_view_is(text, ".") || orx_view_starts(text, "./")) {
            text.p += text.len > 1 ? 2 : 1;
            text.len -= text.len > 1 ? 2 : 1;
        } else if (orx_view_is(text, "..") || orx_view_starts(text, "../")) {
            text.p += text.len > 2 ? 3 : 2;
            text.len -= text.len > 2 ? 3 : 2;
            while (base.len > 1 && base.p[base.len - 1] != '/')
                base.len--;
            while (base.len > 1 && base.p[base.len - 1] == '/')
                base.len--;
        } else {
            break;
        }
    }
    while (text.len && text.p[0] == '/')
        text.p++, text.len--;
    const char *slash = text.len && base.len && base.p[base.len - 1] != '/' ? "/" : "";
    return orx_arena_printf(arena, "%.*s%s%.*s", ORX_VIEW_ARG(base), slash, ORX_VIEW_ARG(text));
}

/* Takes a beginning like ${artifacts_dir} off *text and returns what stands for it. */
static const char *take_base(const orx_config *cfg, orx_view *text) {
    const struct {
        const char *word, *dir;
    } bases[] = {{"${root}", cfg->root},
                 {"${artifacts_dir}", cfg->paths.artifacts_dir},
                 {"${state_dir}", cfg->paths.state_dir}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bases); i++) {
        size_t n = strlen(bases[i].word);
        bool whole = text->len == n || (text->len > n && text->p[n] == '/');
        if (bases[i].dir && whole && orx_view_starts(*text, bases[i].word)) {
            *text = (orx_view){text->p + n, text->len - n};
            return bases[i].dir;
        }
    }
    return NULL;
}

int orx_path_from_text(const orx_value_scope *scope, const orx_config_key *key, orx_view text,
                       orx_text_source source, const char **ret_path, orx_str *problem) {
    if (text.len > PATH_LENGTH_MAX)
        return orx_explain_text(key, text, false, problem);
    if ((key->marks & ORX_KEY_REPO) && orx_word_index("impl|test", text) >= 0) {
        const orx_config *cfg = scope->cfg;
        *ret_path = orx_view_ieq(text, orx_view_of("impl")) ? cfg->repos.impl : cfg->repos.test;
        return 0;
    }
    const char *base = take_base(scope->cfg, &text);
    if (!base && orx_view_starts(text, "${")) {
        orx_str_adds(problem, "expected a path that begins with ${root}, ${artifacts_dir}, "
                              "${state_dir} or a name, found ");
        orx_explain_quote(text, problem);
        return -1;
    }
    if (!base && scope->home && (orx_view_is(text, "~") || orx_view_starts(text, "~/"))) {
        base = scope->home;
        text = (orx_view){text.p + 1, text.len - 1};
    } else if (!base && text.p[0] == '/') {
        *ret_path = orx_arena_dup(scope->arena, text);
        return 0;
    }
    if (!base)
        base = source == ORX_TEXT_FLAG ? scope->cwd : scope->cfg->root;
    *ret_path = orx_path_under(scope->arena, base, text);
    return 0;
}
