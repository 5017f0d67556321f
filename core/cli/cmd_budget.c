/* orxaq budget, budget-override, budget-revoke: how the caps stand, and a person's word to pass
 * one. */
#include "cli/cli.h"

#include "base/units.h"
#include "money/caps.h"
#include "money/override.h"

#include <string.h>

#define LONGEST (INT64_C(31) * 24 * 3600 * ORX_SEC)

/* ---- budget ---------------------------------------------------------------------------------- */

static const char *usd(orx_cli *c, int64_t nano) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_money_format(nano, &text);
    return orx_arena_strdup(&c->arena, orx_str_cstr(&text));
}

static const char *name_of(orx_cli *c, const orx_cap *cap) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_cap_name(cap, &text);
    return orx_arena_strdup(&c->arena, orx_str_cstr(&text));
}

static orx_node *cap_node(orx_cli *c, const orx_budget_state *st) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "key", st->cap->key);
    orx_node_set_str(a, n, "name", name_of(c, st->cap));
    orx_node_set_int(a, n, "cap_nano_usd", st->limit);
    orx_node_set_int(a, n, "override_nano_usd", st->limit - st->cap->amount);
    orx_node_set_int(a, n, "spent_nano_usd", st->spent);
    orx_node_set_int(a, n, "billed_only_nano_usd", st->billed);
    orx_node_set_int(a, n, "reserved_nano_usd", st->reserved);
    orx_node_set_str(a, n, "state", orx_budget_word_name(st->word));
    orx_node_set_bool(a, n, "stop", st->stop);
    return n;
}

static const char *color_of(const orx_budget_state *st) {
    if (st->stop || st->word == ORX_BUDGET_EXCEEDED)
        return "31";
    return st->word == ORX_BUDGET_WARNING ? "33" : NULL;
}

static void cap_row(orx_cli *c, orx_table *t, const orx_budget_state *st) {
    int64_t left = st->limit - st->spent - st->reserved;
    const char *const cells[] = {st->stop ? "stop" : orx_budget_word_name(st->word),
                                 name_of(c, st->cap),
                                 usd(c, st->limit),
                                 usd(c, st->spent),
                                 usd(c, st->reserved),
                                 usd(c, left > 0 ? left : 0),
                                 st->cap->key};
    orx_table_row(t, cells, color_of(st));
}

/* What a task or an attempt has spent only its run knows. */
static int show_caps(orx_cli *c, const orx_budget *b, orx_table *t, orx_node *list, orx_err *err) {
    for (size_t i = 0; i < b->count; i++) {
        orx_budget_state st;
        if (orx_cap_is_of_unit(&b->caps[i]))
            continue;
        int rc = orx_budget_look_at(c->store, b, &b->caps[i], NULL, &st, err);
        if (rc < 0)
            return rc;
        if (c->json)
            orx_node_push(list, cap_node(c, &st));
        else
            cap_row(c, t, &st);
    }
    return 0;
}

static orx_node *override_node(orx_cli *c, const orx_override *o) {
    orx_arena *a = &c->arena;
    char until[ORX_ISO_MAX];
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_iso_time(o->until_ns, until);
    orx_node_set_int(a, n, "override", o->id);
    orx_node_set_str(a, n, "key", o->key);
    orx_node_set_int(a, n, "amount_nano_usd", o->amount);
    orx_node_set_str(a, n, "until", until);
    orx_node_set_str(a, n, "person", o->person);
    orx_node_set_str(a, n, "reason", o->reason);
    return n;
}

static void print_override(orx_cli *c, const orx_override *o) {
    char until[ORX_ISO_MAX];
    orx_iso_time(o->until_ns, until);
    orx_cli_printf("override %lld: %s USD more for %s until %s, by %s: %s\n", (long long)o->id,
                   usd(c, o->amount), o->key, until, o->person, o->reason);
}

static int show_all(orx_cli *c, const orx_budget *b, orx_err *err) {
    static const char *const titles[] = {"STATE",    "BUDGET", "CAP", "SPENT",
                                         "RESERVED", "LEFT",   "KEY", NULL};
    orx_arena *a = &c->arena;
    orx_override *overrides = NULL;
    orx_node *doc = orx_node_new(a, ORX_OBJECT);
    orx_node *caps = orx_node_new(a, ORX_ARRAY);
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    orx_table *t = orx_table_new(c, titles);
    int rc = show_caps(c, b, t, caps, err);
    int count = rc < 0 ? rc : orx_override_list(c->store, a, &overrides, err);
    if (count < 0)
        return count;
    if (!c->json)
        orx_table_print(t);
    for (int i = 0; i < count; i++)
        if (c->json)
            orx_node_push(list, override_node(c, &overrides[i]));
        else
            print_override(c, &overrides[i]);
    orx_node_set(a, doc, "caps", caps);
    orx_node_set(a, doc, "overrides", list);
    if (c->json)
        orx_cli_json(c, doc);
    return 0;
}

int orx_cmd_budget(orx_cli *c, orx_err *err) {
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_store(c, ORX_STORE_READ_ONLY, err);
    if (rc < 0)
        return rc;
    const orx_budget b = orx_budget_of(c->cfg, orx_run_lane(c->cfg), &c->arena);
    rc = show_all(c, &b, err);
    return rc < 0 ? rc : ORX_EXIT_OK;
}

/* ---- budget-override ------------------------------------------------------------------------- */

static bool has_key(const orx_budget *b, const char *key) {
    for (size_t i = 0; i < b->count; i++)
        if (strcmp(b->caps[i].key, key) == 0)
            return true;
    return false;
}

/* A cap that is not set stops nobody. */
static int check_key(orx_cli *c, const char *key, orx_err *err) {
    const orx_budget own = orx_budget_of(c->cfg, orx_run_lane(c->cfg), &c->arena);
    const orx_budget others = orx_budget_of(c->cfg, NULL, &c->arena);
    if (has_key(&own, key) || has_key(&others, key))
        return 0;
    return orx_err_set(err, ORX_E_INVALID,
                       "%s is no cap that is set: expected a key such as budget.daily; `orxaq "
                       "budget` lists those that hold",
                       key);
}

static int needed(const orx_cli *c, const char *name, const char **ret, orx_err *err) {
    *ret = orx_cli_option(c, name);
    return *ret ? 0
                : orx_err_set(err, ORX_E_USAGE, "--%s is missing: see `orxaq help %s`", name,
                              c->command->name);
}

static int take_override(orx_cli *c, orx_override *o, orx_err *err) {
    const char *length = NULL;
    int64_t ns = 0;
    o->key = c->args[0];
    if (!orx_money_parse(orx_view_of(c->args[1]), &o->amount))
        return orx_err_set(err, ORX_E_USAGE, "expected an amount in USD, found \"%s\"", c->args[1]);
    int rc = needed(c, "for", &length, err);
    if (rc == 0)
        rc = needed(c, "person", &o->person, err);
    if (rc == 0)
        rc = needed(c, "reason", &o->reason, err);
    if (rc < 0)
        return rc;
    if (!orx_duration_parse(orx_view_of(length), &ns) || ns <= 0 || ns > LONGEST)
        return orx_err_set(err, ORX_E_USAGE,
                           "--for: expected a length of at most 31d, such as 8h, found \"%s\"",
                           length);
    o->until_ns = orx_wall_ns(c->p) + ns;
    return 0;
}

int orx_cmd_budget_override(orx_cli *c, orx_err *err) {
    orx_override o = {0};
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = take_override(c, &o, err);
    if (rc == 0)
        rc = check_key(c, o.key, err);
    if (rc == 0)
        rc = orx_cli_store(c, ORX_STORE_CREATE, err);
    if (rc == 0)
        rc = orx_override_give(c->store, &o, err);
    if (rc < 0)
        return rc;
    if (c->json)
        orx_cli_json(c, override_node(c, &o));
    else
        print_override(c, &o);
    return ORX_EXIT_OK;
}

/* ---- budget-revoke --------------------------------------------------------------------------- */

int orx_cmd_budget_revoke(orx_cli *c, orx_err *err) {
    int64_t id;
    const char *person = NULL;
    if (!orx_view_to_i64(orx_view_of(c->args[0]), &id))
        return orx_err_set(err, ORX_E_USAGE,
                           "expected the number of an override, found \"%s\": see `orxaq budget`",
                           c->args[0]);
    int rc = needed(c, "person", &person, err);
    if (rc == 0)
        rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_store(c, 0, err);
    if (rc == 0)
        rc = orx_override_revoke(c->store, id, person, err);
    if (rc < 0)
        return rc;
    if (c->json) {
        orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
        orx_node_set_int(&c->arena, n, "revoked", id);
        orx_cli_json(c, n);
    } else {
        orx_cli_printf("override %lld holds no more\n", (long long)id);
    }
    return ORX_EXIT_OK;
}
