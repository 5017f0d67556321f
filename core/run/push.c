#include "run/push.h"

#define LEAST_NS (30 * ORX_SEC)

/* So many attempts are named by one push; what is more went out as well. */
#define NAMED_MAX 1000

/* ---- What is due ----------------------------------------------------------------------------- */

/* Owners share a repository: the first of them stands for it. */
static orx_provider *keeper_of(orx_runner *r, orx_provider *provider) {
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&r->providers, &i))) {
        orx_provider *v = e->value;
        if (v->git && strcmp(orx_git_root(v->git), orx_git_root(provider->git)) == 0)
            return v;
    }
    return provider;
}

void orx_run_push_note(orx_runner *r, orx_provider *provider, int64_t attempt, const char *commit) {
    orx_provider *v = keeper_of(r, provider);
    v->unpushed = true;
    if (r->cfg->git.auto_push && commit && *commit && v->delivered.len < NAMED_MAX)
        orx_vec_push(&v->delivered, attempt);
}

/* ---- Telling --------------------------------------------------------------------------------- */

/* The commits are there: their attempts are named once. */
static void name_attempts(orx_provider *v, orx_arena *arena, orx_node *body) {
    orx_node *all = orx_node_new(arena, ORX_ARRAY);
    for (size_t i = 0; i < v->delivered.len; i++)
        orx_node_push(all, orx_node_new_int(arena, v->delivered.items[i]));
    orx_node_set(arena, body, "attempts", all);
    v->delivered.len = 0;
}

static void record(orx_runner *r, orx_provider *v, bool good, const char *branch,
                   const char *text) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "repo", orx_git_root(v->git));
    orx_node_set_str(&arena, body, "branch", branch ? branch : "");
    orx_node_set_str(&arena, body, "text", text);
    if (good)
        name_attempts(v, &arena, body);
    const orx_event e = {.kind = good ? "push.pushed" : "push.error", .schema = 1, .body = body};
    (void)orx_event_note(r->s, &e, NULL);
    orx_run_tell(r, good ? ORX_NOTE_COMMITTED : ORX_NOTE_PROBLEM, NULL, good, "%s: %s",
                 orx_git_root(v->git), text);
}

static void record_end(orx_runner *r, orx_provider *v, const orx_git_push_result *p,
                       orx_arena *arena) {
    const char *text = NULL;
    switch (p->end) {
    case ORX_GIT_PUSH_DONE:
        text = orx_arena_printf(arena, "%s is pushed", p->branch ? p->branch : "HEAD");
        break;
    case ORX_GIT_PUSH_DIVERGED:
        text = orx_arena_printf(arena,
                                "nothing pushed: %s and its upstream both have commits; merge or "
                                "rebase, then it goes on",
                                p->branch ? p->branch : "HEAD");
        break;
    case ORX_GIT_PUSH_REFUSED:
        text = orx_arena_printf(arena, "the push of %s was refused: %s",
                                p->branch ? p->branch : "HEAD", p->words ? p->words : "");
        break;
    case ORX_GIT_PUSH_NOTHING:
    case ORX_GIT_PUSH_BEHIND:
    case ORX_GIT_PUSH_UNPUBLISHED:
    default:
        return;
    }
    record(r, v, p->end == ORX_GIT_PUSH_DONE, p->branch, text);
}

/* ---- Pushing --------------------------------------------------------------------------------- */

/* The replacing branch carries the owner this run is for. */
static const char *owner_of(const orx_runner *r) {
    const orx_strings *filter = &r->cfg->run.owner_filter;
    return filter->count ? filter->items[0] : "";
}

static const char *label_of(const orx_provider *v) {
    const char *slash = strrchr(orx_git_root(v->git), '/');
    return slash ? slash + 1 : "";
}

static void push(orx_runner *r, orx_provider *v) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err why = ORX_ERR_INIT;
    orx_git_push_result result = {0};
    const orx_git_push_spec spec = {
        .owner = owner_of(r), .label = label_of(v), .spare_protected = true};
    int rc = orx_git_publish(v->git, &spec, &arena, &result, &why);
    if (rc < 0)
        record(r, v, false, NULL, why.msg);
    else
        record_end(r, v, &result, &arena);
    bool nothing = rc == 0 && result.end == ORX_GIT_PUSH_NOTHING;
    bool nowhere = rc == 0 && result.end == ORX_GIT_PUSH_UNPUBLISHED;
    v->unpushed = !nothing && !nowhere && (rc < 0 || result.end != ORX_GIT_PUSH_DONE);
    if (nothing)
        v->delivered.len = 0;
    if (nothing)
        return;
    /* A repository without a remote is not asked for one after every delivery either. */
    int64_t interval = r->cfg->git.auto_push_interval_ns;
    v->push_due_ns = orx_mono_ns(r->p) + (interval > LEAST_NS ? interval : LEAST_NS);
}

void orx_run_push(orx_runner *r, bool all) {
    if (!r->cfg->git.auto_push || r->setup.dry_run)
        return;
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&r->providers, &i))) {
        orx_provider *v = e->value;
        if (v->git && v->unpushed && !r->stop && (all || orx_mono_ns(r->p) >= v->push_due_ns))
            push(r, v);
    }
}
