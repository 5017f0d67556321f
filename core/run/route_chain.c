#include "run/route_chain.h"

static bool begins(const char *model, const char *prefix) {
    size_t n = strlen(prefix);
    return strlen(model) >= n && orx_view_ieq(orx_view_mem(model, n), orx_view_of(prefix));
}

bool orx_run_is_hosted(const char *model) {
    static const char *const others[] = {"qwen",   "deepseek", "gemma",  "llama",
                                         "liquid", "mistral",  "claude", "gemini"};
    if (begins(model, "gpt-"))
        return true;
    for (size_t i = 0; i < ORX_ARRAY_LEN(others); i++)
        if (begins(model, others[i]))
            return false;
    return strchr(model, '/') == NULL;
}

/* ---- The list -------------------------------------------------------------------------------- */

static bool holds(const orx_chain *c, const char *model) {
    for (size_t i = 0; i < c->count; i++)
        if (orx_view_ieq(orx_view_of(c->models[i]), orx_view_of(model)))
            return true;
    return false;
}

static void add(orx_chain *c, const char *model) {
    if (!holds(c, model))
        c->models[c->count++] = model;
}

static void add_named(orx_chain *c, const char *model) {
    if (*model)
        add(c, model);
}

static void add_all(orx_chain *c, const orx_strings *list) {
    for (size_t i = 0; i < list->count; i++)
        add_named(c, list->items[i]);
}

/* ---- The rules ------------------------------------------------------------------------------- */

static void add_policy(orx_chain *c, const orx_chain_spec *spec) {
    const orx_routellm_decision *d = spec->routed;
    if (d) {
        add_named(c, d->selected);
        add_named(c, d->fallback);
        add_named(c, d->policy_fallback);
        add_all(c, &d->allowed);
    }
    add_all(c, &spec->models);
}

static void local(orx_chain *c, const orx_chain_spec *spec) {
    const orx_routellm_decision *d = spec->routed;
    if (d && spec->strict && d->requested_allowed)
        add_named(c, orx_routellm_allowed(&d->allowed, d->requested));
    else
        add_policy(c, spec);
}

static void codex(orx_chain *c, const orx_chain_spec *spec) {
    add_policy(c, spec);
    add_all(c, &spec->codex_models);
    add(c, "");
}

static void gemini(orx_chain *c, const orx_chain_spec *spec, const char *first) {
    add(c, first);
    if (*first)
        add(c, "");
    add_all(c, &spec->models);
}

static void in_order(orx_chain *c, const orx_chain_spec *spec) {
    const orx_routellm_decision *d = spec->routed;
    const char *first = d ? d->selected : spec->model;
    if (spec->local_only)
        local(c, spec);
    else if (strcmp(spec->plugin, "gemini") == 0)
        gemini(c, spec, first);
    else if (!d || strcmp(spec->plugin, "claude") == 0) {
        add(c, first);
        add_all(c, &spec->models);
    } else if (strcmp(spec->plugin, "codex") == 0)
        codex(c, spec);
    else
        add_policy(c, spec);
}

/* Moves what cannot be served aside. Its own model is what a program has at least. */
static void drop(orx_chain *c, orx_arena *arena) {
    size_t kept = 0;
    c->dropped = orx_arena_zalloc(arena, c->count + 1, sizeof *c->dropped);
    for (size_t i = 0; i < c->count; i++) {
        if (orx_run_is_hosted(c->models[i]))
            c->models[kept++] = c->models[i];
        else
            c->dropped[c->dropped_count++] = c->models[i];
    }
    c->count = kept;
}

void orx_run_chain(const orx_chain_spec *spec, orx_arena *arena, orx_chain *ret_chain) {
    size_t most = 6 + spec->models.count + spec->codex_models.count;
    orx_chain c = {0};
    most += spec->routed ? spec->routed->allowed.count : 0;
    c.models = orx_arena_zalloc(arena, most, sizeof *c.models);
    in_order(&c, spec);
    if (spec->hosted && !spec->local_only)
        drop(&c, arena);
    if (!c.count && !spec->local_only)
        add(&c, "");
    *ret_chain = c;
}
