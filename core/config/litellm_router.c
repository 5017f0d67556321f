/* What the settings of LiteLLM's router say of groups: strategy, limits, fallbacks, aliases. */
#include "config/litellm.h"

#include "base/nearest.h"

#define LAST_TIER 1000000

static const char known[] =
    "routing_strategy|num_retries|allowed_fails|cooldown_time|disable_cooldowns|retry_after|"
    "timeout|stream_timeout|request_timeout|fallbacks|default_fallbacks|"
    "context_window_fallbacks|content_policy_fallbacks|model_group_alias";

/* ---- Groups ---------------------------------------------------------------------------------- */

/* The first row of a group by its model_name, or NULL. */
static orx_litellm_row *group_of(const orx_litellm *m, const char *said) {
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->rows[i].said, said) == 0)
            return &m->rows[i];
    return NULL;
}

/* What an alias stands for; the name itself when it is none. */
static const char *behind_alias(const orx_litellm *m, const char *said) {
    const orx_node *to = orx_node_get(orx_litellm_setting(m, "model_group_alias"), said);
    if (to && to->kind == ORX_OBJECT)
        to = orx_node_get(to, "model");
    return orx_node_str(to, said);
}

static void no_group(const orx_litellm *m, const orx_node *at, const char *path, const char *name) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_nearest n = {0};
    if (orx_map_get(&m->left_out, orx_view_of(name))) {
        orx_litellm_report(m, ORX_DIAG_WARNING, at,
                           "%s: nobody is asked, since all of the group is left out", path);
        return;
    }
    for (size_t i = 0; i < m->count; i++)
        orx_nearest_try(&n, orx_view_of(name), m->rows[i].said);
    orx_explain_quote(orx_view_of(name), &text);
    orx_litellm_report(m, ORX_DIAG_ERROR, at, "%s: model_list has no group %s%s%s%s", path,
                       orx_str_cstr(&text), n.best ? "; did you mean " : "", n.best ? n.best : "",
                       n.best ? "?" : "");
}

/* Where some of a group have an order, those without one are the last. */
static void take_orders(const orx_litellm *m) {
    for (size_t i = 0; i < m->count; i++) {
        const orx_litellm_row *row = &m->rows[i];
        bool others = false;
        for (size_t k = 0; k < m->count; k++)
            others = others || (strcmp(m->rows[k].said, row->said) == 0 &&
                                orx_node_get(m->rows[k].entry, "tier"));
        if (others && !orx_node_get(row->entry, "tier"))
            orx_litellm_put(m, row->entry, "tier", orx_node_new_int(m->arena, LAST_TIER),
                            row->label);
    }
}

/* ---- Aliases --------------------------------------------------------------------------------- */

static void add_owner(const orx_litellm *m, orx_litellm_row *first, orx_view name,
                      const orx_node *from) {
    orx_node *owners = (orx_node *)orx_node_get(first->entry, "owners");
    name = orx_view_of(orx_litellm_name(m, name));
    if (orx_view_is(name, first->name))
        return;
    if (!owners) {
        owners = orx_node_new(m->arena, ORX_ARRAY);
        orx_litellm_put(m, first->entry, "owners", owners, from);
    }
    orx_node_push(owners, orx_node_new_str(m->arena, name));
}

static void take_groups(const orx_litellm *m) {
    for (size_t i = 0; i < m->count; i++)
        if (group_of(m, m->rows[i].said) == &m->rows[i])
            add_owner(m, &m->rows[i], orx_view_of(m->rows[i].group), m->rows[i].label);
}

static void take_aliases(const orx_litellm *m) {
    const orx_node *all = orx_litellm_setting(m, "model_group_alias");
    if (all && all->kind != ORX_OBJECT) {
        orx_litellm_report(m, ORX_DIAG_ERROR, all,
                           "model_group_alias: expected an object of names and groups, found %s",
                           orx_kind_name(all->kind));
        return;
    }
    ORX_NODE_EACH(all, alias) {
        const char *to = behind_alias(m, alias->key.p);
        orx_litellm_row *first = group_of(m, to);
        if (!first)
            no_group(m, alias, "model_group_alias", to);
        else if (group_of(m, alias->key.p))
            orx_litellm_report(m, ORX_DIAG_ERROR, alias,
                               "model_group_alias: %s is the name of a group, too",
                               group_of(m, alias->key.p)->said);
        else
            add_owner(m, first, alias->key, alias);
    }
}

/* ---- Members of all entries ------------------------------------------------------------------ */

static void put_all(const orx_litellm *m, const char *key, const orx_node *value,
                    const orx_node *from) {
    for (size_t i = 0; i < m->count; i++)
        orx_litellm_put(m, m->rows[i].entry, key, orx_node_copy(m->arena, value),
                        from ? from : m->rows[i].label);
}

static void take_strategy(const orx_litellm *m) {
    static const char *const words[][2] = {
        {"simple-shuffle", "simple-shuffle"}, {"least-busy", "least-busy"},
        {"latency-based-routing", "latency"}, {"cost-based-routing", "cost"},
        {"usage-based-routing", "usage"},     {"usage-based-routing-v2", "usage"}};
    const orx_node *n = orx_litellm_setting(m, "routing_strategy");
    const char *said = n ? orx_node_str(n, "") : words[0][0];
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        if (strcmp(said, words[i][0]) == 0) {
            put_all(m, "strategy", orx_node_new_str(m->arena, orx_view_of(words[i][1])), n);
            return;
        }
    orx_litellm_report(m, ORX_DIAG_ERROR, n,
                       "routing_strategy: expected simple-shuffle, least-busy, "
                       "latency-based-routing, cost-based-routing, usage-based-routing or "
                       "usage-based-routing-v2");
}

/* LiteLLM counts what is allowed, we what is one too many. */
static void take_count(const orx_litellm *m, const char *key, const char *member) {
    const orx_node *n = orx_litellm_setting(m, key);
    double value;
    if (n && orx_litellm_number(m, n, key, 999999, &value))
        put_all(m, member, orx_node_new_int(m->arena, (int64_t)value + 1), n);
}

/* ---- Fallbacks ------------------------------------------------------------------------------- */

/* One of the lists: which groups stand in for which. */
typedef struct list {
    const char *key;
    const char *member;
    const orx_node **of;   /* for each row that is the first of its group: its groups, or NULL */
    unsigned char *colour; /* of the search for circles: 0 new, 1 on the way, 2 done */
    bool told;
} list;

static size_t index_of(const orx_litellm *m, const orx_litellm_row *row) {
    return (size_t)(row - m->rows);
}

/* A fallback may also be a provider of the configuration itself. */
static bool is_own(const orx_litellm *m, const char *name) {
    orx_view rest = orx_view_of(name), provider;
    (void)orx_view_split(&rest, '/', &provider);
    return orx_litellm_is_own(m, orx_arena_dup(m->arena, provider));
}

/* Whether a list was written for one group. */
static bool is_for_one(const orx_node *names) {
    return !orx_view_is(names->key, "*") && !orx_view_is(names->key, "default_fallbacks");
}

static bool are_texts(const orx_litellm *m, const list *of, const orx_node *names) {
    bool good = names->kind == ORX_ARRAY;
    ORX_NODE_EACH(good ? names : NULL, n)
    good = good && n->kind == ORX_STRING && n->u.s.len;
    if (!good)
        orx_litellm_report(m, ORX_DIAG_ERROR, names, "%s: expected a list of model_names", of->key);
    return good;
}

/* {GROUP: [GROUP, ...]}; "*" is for groups without a list of their own. */
static void take_pair(const orx_litellm *m, list *of, const orx_node *pair) {
    orx_litellm_row *first = group_of(m, behind_alias(m, pair->key.p));
    if (!are_texts(m, of, pair))
        return;
    if (orx_view_is(pair->key, "*")) {
        for (size_t i = 0; i < m->count; i++)
            if (!of->of[i])
                of->of[i] = pair;
    } else if (!first) {
        no_group(m, pair, of->key, pair->key.p);
    } else {
        of->of[index_of(m, first)] = pair;
    }
}

static void take_pairs(const orx_litellm *m, list *of) {
    const orx_node *all = orx_litellm_setting(m, of->key);
    bool good = !all || all->kind == ORX_ARRAY;
    ORX_NODE_EACH(good ? all : NULL, n)
    good = good && n->kind == ORX_OBJECT;
    if (!good) {
        orx_litellm_report(m, ORX_DIAG_ERROR, all,
                           "%s: expected a list like [{GROUP: [OTHER, ANOTHER]}]", of->key);
        return;
    }
    ORX_NODE_EACH(all, object)
    ORX_NODE_EACH(object, pair)
    take_pair(m, of, pair);
}

static void take_default(const orx_litellm *m, list *of) {
    const orx_node *names = orx_litellm_setting(m, "default_fallbacks");
    if (!names || !are_texts(m, of, names))
        return;
    for (size_t i = 0; i < m->count; i++)
        if (!of->of[i])
            of->of[i] = names;
}

/* All deployments of a group, in the order of the file. */
static void add_group(const orx_litellm *m, orx_node *to, const orx_litellm_row *first) {
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->rows[i].said, first->said) == 0)
            orx_node_push(to, orx_node_new_str(m->arena, orx_view_of(m->rows[i].name)));
}

static orx_node *providers_of(const orx_litellm *m, const list *of, const orx_litellm_row *row,
                              const orx_node *names) {
    orx_node *to = orx_node_new(m->arena, ORX_ARRAY);
    ORX_NODE_EACH(names, n) {
        const char *name = behind_alias(m, n->u.s.p);
        const orx_litellm_row *other = group_of(m, name);
        if (other && strcmp(other->said, row->said) == 0) {
            if (is_for_one(names))
                orx_litellm_report(m, ORX_DIAG_WARNING, n,
                                   "%s: %s stands in for itself; it is asked once", of->key, name);
        } else if (other) {
            add_group(m, to, other);
        } else if (is_own(m, name)) {
            orx_node_push(to, orx_node_new_str(m->arena, orx_view_of(name)));
        } else {
            no_group(m, n, of->key, name);
        }
    }
    return to;
}

/* Whether somebody stands in for somebody who stands in for them. Lists are not followed from one
 * to the next, so nothing goes round; but it may not be what was meant. */
static void look_round(const orx_litellm *m, list *of, size_t i) {
    const orx_node *names = of->of[i];
    of->colour[i] = 1;
    ORX_NODE_EACH(names && is_for_one(names) ? names : NULL, n) {
        const orx_litellm_row *other = group_of(m, behind_alias(m, n->u.s.p));
        size_t k = other ? index_of(m, other) : i;
        if (k == i)
            continue;
        if (of->colour[k] == 0)
            look_round(m, of, k);
        else if (of->colour[k] == 1 && !of->told) {
            of->told = true;
            orx_litellm_report(
                m, ORX_DIAG_WARNING, n,
                "%s go in a circle: %s and %s stand in for each other; each is asked "
                "once in an attempt, and only the list of its own group counts",
                of->key, m->rows[i].said, other->said);
        }
    }
    of->colour[i] = 2;
}

static void put_list(const orx_litellm *m, list *of) {
    for (size_t i = 0; i < m->count; i++) {
        const orx_litellm_row *first = group_of(m, m->rows[i].said);
        const orx_node *names = of->of[index_of(m, first)];
        if (first != &m->rows[i] || !names)
            continue;
        orx_litellm_put(m, m->rows[i].entry, of->member, providers_of(m, of, first, names), names);
        if (of->colour[i] == 0)
            look_round(m, of, i);
    }
}

static void take_list(const orx_litellm *m, const char *key, const char *member) {
    list of = {.key = key, .member = member};
    of.of = orx_arena_zalloc(m->arena, m->count, sizeof(const orx_node *));
    of.colour = orx_arena_zalloc(m->arena, m->count, 1);
    take_pairs(m, &of);
    if (strcmp(key, "fallbacks") == 0)
        take_default(m, &of);
    put_list(m, &of);
}

void orx_litellm_router_apply(orx_litellm *m) {
    orx_litellm_unknown(m, orx_node_get(m->doc, "router_settings"), "router_settings", known);
    orx_litellm_unknown(m, orx_node_get(m->doc, "litellm_settings"), "litellm_settings", known);
    take_groups(m);
    take_orders(m);
    take_aliases(m);
    take_strategy(m);
    take_count(m, "num_retries", "max_tries");
    take_count(m, "allowed_fails", "allowed_fails");
    take_list(m, "fallbacks", "fallbacks");
    take_list(m, "context_window_fallbacks", "context_fallbacks");
    take_list(m, "content_policy_fallbacks", "content_fallbacks");
}
