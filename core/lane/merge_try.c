/* Trying a group: its commits on top of the base, and the checks on the result. */
#include "lane/merging.h"

#include "base/map.h"
#include "base/vec.h"
#include "run/confine.h"
#include "run/validate.h"

#define TOLD_FILES 20

/* ---- Stacking -------------------------------------------------------------------------------- */

static const char *list_files(orx_merge_work *w, const char *const *files) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    size_t n = 0;
    for (; files[n]; n++)
        if (n < TOLD_FILES)
            orx_str_addf(&text, "%s%s", n ? ", " : "", files[n]);
    if (n > TOLD_FILES)
        orx_str_addf(&text, " and %zu more", n - TOLD_FILES);
    return orx_arena_strdup(w->q->arena, orx_str_cstr(&text));
}

static int refuse_conflict(orx_merge_work *w, orx_merge_group *group, size_t number,
                           const orx_git_rebased *r, orx_err *err) {
    const orx_merge_item *item = orx_merge_item_of(w, number);
    const char *text = orx_arena_printf(
        w->q->arena,
        "does not fit onto %s (%.12s): conflicts in %s. Merge %s into %s and resolve them there",
        w->batch.target, w->onto, list_files(w, r->files), w->batch.target, item->branch);
    return orx_merge_refuse(w, group, number, "conflict", text, r->files, err);
}

/* The base has its changes already, under other names. */
static int settle_nothing(orx_merge_work *w, orx_merge_group *group, size_t number, orx_err *err) {
    orx_merge_item *item = orx_merge_item_of(w, number);
    orx_merge_say(w->q, item, ORX_MERGE_NOTHING, "nothing", "%s has it all", w->batch.target);
    orx_merge_plan_decide(&w->plan, group, number, ORX_MERGE_IN);
    return orx_merges_nothing(w->q->setup->store, orx_git_common(w->repo->git), item->lane,
                              item->tip, w->onto, err);
}

/* A branch that contains the commit it is to stand on stands on it, merges and all. */
static int rebase(orx_merge_work *w, const orx_merge_item *item, const char *onto,
                  orx_git_rebased *ret, orx_err *err) {
    const orx_git_rebase_spec spec = {.onto = onto, .tip = item->tip, .from = item->from};
    int rc = orx_git_is_ancestor(w->bench, onto, item->tip, err);
    if (rc == 1)
        memcpy(ret->sha, item->tip, sizeof ret->sha);
    return rc ? (rc < 0 ? rc : 0) : orx_git_rebase(w->bench, &spec, w->q->arena, ret, err);
}

static int note_rebased(orx_merge_work *w, size_t number, const char *onto, const char *to,
                        orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_merge_group one = {.items = &number, .count = 1};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_str(&a, body, "onto", onto);
    orx_node_set_str(&a, body, "to", to);
    return orx_merge_note(w, "merge.rebased", &one, body, err);
}

/* Puts one member on top of tip, which then is what came of it; or takes it out of the group. */
static int place(orx_merge_work *w, orx_merge_group *group, size_t number, char tip[ORX_GIT_SHA],
                 orx_err *err) {
    const orx_merge_item *item = orx_merge_item_of(w, number);
    orx_git_rebased r = {0};
    orx_err why = ORX_ERR_INIT;
    bool on_base = strcmp(tip, w->onto) == 0;
    int rc = rebase(w, item, tip, &r, &why);
    if (rc == ORX_E_CHILD)
        return orx_merge_refuse(w, group, number, "rebase_failed", why.msg, NULL, err);
    if (rc < 0)
        return orx_err_set(err, rc, "%s", why.msg);
    if (r.conflict && on_base)
        return refuse_conflict(w, group, number, &r, err);
    if (r.conflict) {
        orx_merge_tell(w->q, "%s does not fit onto those before it; it is tried alone later",
                       item->branch);
        orx_merge_plan_aside(group, number);
        return 0;
    }
    if (on_base && strcmp(r.sha, tip) == 0)
        return settle_nothing(w, group, number, err);
    rc = note_rebased(w, number, tip, r.sha, err);
    memcpy(tip, r.sha, sizeof r.sha);
    return rc;
}

int orx_merge_stack(orx_merge_work *w, orx_merge_group *group, char ret_tip[ORX_GIT_SHA],
                    orx_err *err) {
    size_t count = group->count;
    size_t *members = orx_arena_zalloc(w->q->arena, count, sizeof *members);
    memcpy(members, group->items, count * sizeof *members);
    memcpy(ret_tip, w->onto, ORX_GIT_SHA);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = place(w, group, members[i], ret_tip, err);
    return rc;
}

/* ---- Checking -------------------------------------------------------------------------------- */

/* The commands of all members that ran and passed on this commit, with what they ran in. */
typedef struct checking {
    orx_merge_work *w;
    orx_arena arena;
    orx_map passed;
} checking;

/* The same command under the same circumstances need not run twice. */
static const char *key_of(checking *c, const orx_config *cfg, const char *command,
                          const char *const *env) {
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    orx_str_addf(&key, "%s\n%lld %lld\n", command, (long long)cfg->validation.timeout_ns,
                 (long long)cfg->validation.retries);
    for (; *env; env++)
        orx_str_addf(&key, "%s\n", *env);
    return orx_arena_strdup(&c->arena, orx_str_cstr(&key));
}

static const orx_provider_config *provider_of(const orx_merge_work *w, const orx_merge_item *item) {
    if (item->owner)
        return orx_config_provider(item->cfg, item->owner);
    for (size_t i = 0; i < item->cfg->provider_count; i++)
        if (item->cfg->providers[i].repo &&
            strcmp(item->cfg->providers[i].repo, w->repo->path) == 0)
            return &item->cfg->providers[i];
    return NULL;
}

static void on_command(const char *command, int index ORX_UNUSED, int total ORX_UNUSED,
                       void *user) {
    const checking *c = user;
    orx_merge_tell(c->w->q, "checking: %s", command);
}

/* What failed, as the runner says it. */
static void describe(orx_arena *arena, const orx_config *cfg, const orx_check *failed,
                     const char **ret_reason, const char **ret_text) {
    const char *how =
        failed->timed_out  ? orx_arena_printf(arena, "did not end within %lld s",
                                              (long long)(cfg->validation.timeout_ns / ORX_SEC))
        : failed->code < 0 ? "was ended by a signal"
                           : orx_arena_printf(arena, "ended with exit code %d", failed->code);
    *ret_reason = failed->timed_out ? "validation_timeout" : "validation_failed";
    *ret_text = orx_arena_printf(arena, "validation `%s` %s%s%s", failed->ran, how,
                                 *failed->output ? ":\n" : "", failed->output);
}

/* The commands of one member that have not passed yet. */
static orx_strings left_of(checking *c, const orx_merge_item *item, const char *const *env) {
    const orx_strings *all = &item->cfg->validation.commands;
    const char **list = orx_arena_zalloc(&c->arena, all->count + 1, sizeof *list);
    size_t n = 0;
    for (size_t i = 0; i < all->count; i++) {
        const char *key = key_of(c, item->cfg, all->items[i], env);
        if (!orx_map_put(&c->passed, orx_view_of(key), c))
            list[n++] = all->items[i];
    }
    return (orx_strings){.items = list, .count = n};
}

static int check_item(checking *c, const orx_merge_item *item, const char **ret_reason,
                      const char **ret_text, orx_err *err) {
    orx_merge_queue *q = c->w->q;
    const orx_provider_config *provider = provider_of(c->w, item);
    const char *const *env = NULL;
    orx_confine confine = {0};
    orx_validation v;
    int rc = orx_merge_env(item->cfg, &c->arena, &env, err);
    if (rc < 0)
        return rc;
    orx_config cfg = *item->cfg;
    cfg.validation.commands = left_of(c, item, env);
    if (provider)
        orx_confine_to(q->setup->p, item->cfg, provider, c->w->bench, NULL, &c->arena, &confine);
    const orx_validate_spec spec = {.cfg = &cfg,
                                    .repo = orx_git_root(c->w->bench),
                                    .env = env,
                                    .confine = &confine,
                                    .stop = q->setup->stop,
                                    .on_command = on_command,
                                    .user = c};
    rc = orx_validate(q->setup->p, &spec, &c->arena, &v, err);
    if (rc < 0 || v.passed)
        return rc < 0 ? rc : 1;
    describe(q->arena, item->cfg, &v.checks[v.count - 1], ret_reason, ret_text);
    return 0;
}

static int check_all(checking *c, const orx_merge_group *group, const char **ret_reason,
                     const char **ret_text, orx_err *err) {
    int rc = 1;
    for (size_t i = 0; rc == 1 && i < group->count; i++)
        rc = check_item(c, orx_merge_item_of(c->w, group->items[i]), ret_reason, ret_text, err);
    orx_map_free(&c->passed);
    orx_arena_free(&c->arena);
    return rc;
}

/* The checks are programs from the branches: they must not have got at git's configuration. */
int orx_merge_check(orx_merge_work *w, const orx_merge_group *group, const char *tip,
                    const char **ret_reason, const char **ret_text, orx_err *err) {
    checking c = {.w = w};
    char before[ORX_SHA256_HEX];
    char after[ORX_SHA256_HEX];
    w->batch.validations++;
    int rc = orx_git_bench_clear(w->bench, tip, err);
    if (rc == 0)
        rc = orx_git_fingerprint(w->bench, before, err);
    int good = rc < 0 ? rc : check_all(&c, group, ret_reason, ret_text, err);
    if (good < 0)
        return good;
    if ((rc = orx_git_relink(w->bench, err)) < 0 ||
        (rc = orx_git_fingerprint(w->bench, after, err)) < 0)
        return rc;
    if (strcmp(before, after) != 0)
        return orx_err_set(err, ORX_E_DENIED,
                           "%s: git's configuration or hooks changed while the checks ran; nothing "
                           "was merged with them. Look at them, then run the queue again",
                           w->batch.repo);
    return good;
}
