/* orxaq provider-cost-health: whether the bills that were fetched can be relied on, now. */
#include "cli/provider_cost.h"

#include "data/json.h"
#include "money/books.h"
#include "money/window.h"
#include "platform/files.h"

#include <stdlib.h>

#define SUMMARY_MAX ((size_t)16 << 20)

typedef struct judging {
    orx_cli *c;
    orx_arena *a;
    const char *file;
    const orx_node *summary;
    int64_t now;
    int64_t max_age;
    bool allow_stale;
    bool allow_unconfigured;
    orx_strings required;
    orx_node *failures;
    orx_node *warnings;
    const char *mode;
    bool data_present;
    int64_t age;
} judging;

/* ---- What is asked --------------------------------------------------------------------------- */

/* The first of the variables that is set, or NULL. */
static const char *env(const judging *j, const char *first, const char *second) {
    const char *v = orx_config_env(j->c->cfg, first);
    return v && *v ? v : orx_config_env(j->c->cfg, second);
}

static bool is_on(const char *text, bool otherwise) {
    static const char *const words[] = {"1", "true", "yes", "on", "0", "false", "no", "off"};
    for (size_t i = 0; text && i < ORX_ARRAY_LEN(words); i++)
        if (orx_view_ieq(orx_view_of(text), orx_view_of(words[i])))
            return i < 4;
    return otherwise;
}

static int take_age(judging *j, orx_err *err) {
    const char *text =
        env(j, "ORXAQ_PROVIDER_COST_HEALTH_MAX_AGE_SEC", "ORXAQ_AUTONOMY_PROVIDER_COST_STALE_SEC");
    int64_t usual = 900;
    if (text && (!orx_view_to_i64(orx_view_of(text), &usual) || usual < 1))
        usual = 900;
    return orx_cost_number(j->c, "max-age-sec", 1, usual, &j->max_age, err);
}

/* Lower-case, each once, in order. */
static void take_required(judging *j) {
    const char *text = orx_cli_option(j->c, "require-providers");
    if (!text)
        text = orx_config_env(j->c->cfg, "ORXAQ_PROVIDER_COST_HEALTH_REQUIRE_PROVIDERS");
    orx_view rest = orx_view_of(text ? text : "");
    const char **items = orx_arena_zalloc(j->a, rest.len + 2, sizeof *items);
    orx_view part;
    while (orx_view_split(&rest, ',', &part)) {
        char *name = orx_arena_dup(j->a, orx_view_trim(part));
        bool known = !*name;
        for (char *p = name; *p; p++)
            *p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
        for (size_t i = 0; i < j->required.count && !known; i++)
            known = strcmp(items[i], name) == 0;
        if (!known)
            items[j->required.count++] = name;
    }
    j->required.items = items;
}

/* ---- Findings -------------------------------------------------------------------------------- */

static void fails(judging *j, const char *code) {
    orx_node_push(j->failures, orx_node_new_str(j->a, orx_view_of(code)));
}

static void warns(judging *j, const char *code) {
    orx_node_push(j->warnings, orx_node_new_str(j->a, orx_view_of(code)));
}

/* A finding that is only a warning where nothing is configured and that is allowed. */
static void finds(judging *j, const char *code, const char *detail) {
    bool mild = j->allow_unconfigured && strcmp(j->mode, "unconfigured") == 0;
    const char *text = orx_arena_printf(j->a, "%s%s%s", code, mild ? "_unconfigured" : "", detail);
    if (mild)
        warns(j, text);
    else
        fails(j, text);
}

/* ---- Providers ------------------------------------------------------------------------------- */

static const orx_node *rows_of(const judging *j) {
    const orx_node *rows = orx_node_get(j->summary, "providers");
    return rows && rows->kind == ORX_ARRAY ? rows : NULL;
}

static const char *text_of(const orx_node *row, const char *key) {
    return orx_node_str(orx_node_get(row, key), "");
}

static bool is_ok(const orx_node *row) {
    return orx_node_bool(orx_node_get(row, "ok"), false);
}

static bool is_unconfigured(const orx_node *row) {
    static const char *const words[] = {"",
                                        "skipped",
                                        "disabled",
                                        "unconfigured",
                                        "not_configured",
                                        "missing_key",
                                        "missing_api_key",
                                        "no_api_key",
                                        "missing_credentials",
                                        "no_credentials",
                                        "not_enabled"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        if (strcmp(text_of(row, "status"), words[i]) == 0)
            return true;
    return false;
}

static void find_mode(judging *j) {
    bool some = false;
    bool none_configured = true;
    bool bad = false;
    for (const orx_node *r = orx_node_first(rows_of(j)); r; r = r->next) {
        some = some || is_ok(r);
        none_configured = none_configured && is_unconfigured(r);
        bad = bad || !is_ok(r);
    }
    j->mode = j->required.count                ? "required"
              : some                           ? "configured"
              : none_configured || !rows_of(j) ? "unconfigured"
                                               : "degraded";
    j->data_present = some || j->required.count || bad;
}

static void judge_required(judging *j) {
    for (size_t i = 0; i < j->required.count; i++) {
        const char *name = j->required.items[i];
        const orx_node *found = NULL;
        for (const orx_node *r = orx_node_first(rows_of(j)); r; r = r->next)
            if (strcmp(text_of(r, "provider"), name) == 0 && (!found || is_ok(r)))
                found = r;
        if (!found)
            fails(j, orx_arena_printf(j->a, "required_provider_missing:%s", name));
        else if (!is_ok(found))
            fails(j, orx_arena_printf(j->a, "required_provider_not_ok:%s:%s", name,
                                      text_of(found, "status")));
    }
}

/* States that need somebody turn health red although others are fine. */
static void judge_states(judging *j) {
    static const char *const red[] = {"auth_failed", "truncated", "unrecognised_shape"};
    bool any = false;
    for (const orx_node *r = orx_node_first(rows_of(j)); r; r = r->next) {
        any = any || is_ok(r);
        for (size_t i = 0; i < ORX_ARRAY_LEN(red); i++)
            if (strcmp(text_of(r, "status"), red[i]) == 0)
                fails(j, orx_arena_printf(j->a, "provider_%s:%s", red[i], text_of(r, "provider")));
    }
    if (!j->required.count && rows_of(j) && rows_of(j)->count && !any)
        finds(j, "no_provider_ok", "");
}

/* ---- Freshness ------------------------------------------------------------------------------- */

/* Measured now: what the file says of its own age was true when it was written. */
static void find_age(judging *j) {
    const orx_node *f = orx_node_get(j->summary, "data_freshness");
    int64_t written = 0;
    int64_t age = orx_node_int(orx_node_get(f, "age_sec"), -1);
    bool known = orx_iso_parse(orx_view_of(text_of(j->summary, "timestamp")), &written);
    j->age = age < 0 || !known ? -1 : age + (j->now - written) / ORX_SEC;
    if (j->age < 0)
        j->age = -1;
}

static void judge_freshness(judging *j) {
    const orx_node *f = orx_node_get(j->summary, "data_freshness");
    if (!orx_node_bool(orx_node_get(j->summary, "ok"), false))
        finds(j, "summary_ok_false", "");
    if (j->age < 0)
        finds(j, "freshness_age_unknown", "");
    else if (j->age > j->max_age)
        finds(j, "freshness_age_exceeded",
              orx_arena_printf(j->a, ":%lld>%lld", (long long)j->age, (long long)j->max_age));
    if (!j->allow_stale && orx_node_bool(orx_node_get(f, "stale"), true))
        finds(j, "freshness_stale", "");
}

/* ---- Budget ---------------------------------------------------------------------------------- */

/* What was spent today: by the bill, if it is of today, and by our own books; the larger counts. */
static double spent_today(judging *j) {
    int64_t written = 0;
    int64_t today = orx_day_begin(j->now, j->c->cfg->money.zone);
    orx_spend_sum *rows = NULL;
    double spent =
        orx_node_num(orx_node_get(orx_node_get(j->summary, "cost_windows_usd"), "today"), 0);
    if (!orx_iso_parse(orx_view_of(text_of(j->summary, "timestamp")), &written) || written < today)
        spent = 0;
    if (j->c->store &&
        orx_books_sum(j->c->store, today, j->now + 1, ORX_SPEND_ALL, j->a, &rows, NULL) > 0 &&
        (double)rows[0].cost / 1e9 > spent)
        spent = (double)rows[0].cost / 1e9;
    return spent > 0 ? spent : 0;
}

static int take_money(judging *j, double *ret_cap, double *ret_ratio, orx_err *err) {
    const char *cap = orx_cli_option(j->c, "daily-budget-usd");
    const char *ratio = orx_cli_option(j->c, "budget-warning-ratio");
    char *end = NULL;
    *ret_cap = cap ? strtod(cap, &end) : (double)j->c->cfg->budget.daily / 1e9;
    if (cap && (end == cap || *end || !(*ret_cap >= 0) || *ret_cap > 9e9))
        return orx_err_set(err, ORX_E_USAGE,
                           "--daily-budget-usd takes an amount in USD, not \"%s\"", cap);
    *ret_ratio = ratio ? strtod(ratio, NULL) : j->c->cfg->budget.warning_ratio;
    if (!(*ret_ratio > 0 && *ret_ratio < 1))
        *ret_ratio = 0.8;
    return 0;
}

static double places(double d, double unit) {
    double scaled = d * unit;
    return scaled < 9e15 && scaled > -9e15
               ? (double)(int64_t)(scaled + (scaled < 0 ? -0.5 : 0.5)) / unit
               : d;
}

static void put_number(judging *j, orx_node *n, const char *key, double d) {
    orx_node_set(j->a, n, key, orx_node_new_double(j->a, d));
}

static int judge_budget(judging *j, orx_node **ret_block, orx_err *err) {
    double cap = 0;
    double ratio = 0.8;
    double spent = spent_today(j);
    int rc = take_money(j, &cap, &ratio, err);
    if (rc < 0)
        return rc;
    bool enforce = orx_cli_option(j->c, "budget-enforce-hard-stop") ? true
                   : orx_cli_option(j->c, "no-budget-enforce-hard-stop")
                       ? false
                       : j->c->cfg->budget.hard_stop;
    double warn = cap * ratio;
    const char *state = !(cap > 0)      ? "disabled"
                        : spent > cap   ? "exceeded"
                        : spent >= warn ? "warning"
                                        : "ok";
    if (cap > 0 && spent > cap)
        fails(j, orx_arena_printf(j->a, "budget_daily_exceeded:%.6f>%.6f", spent, cap));
    else if (cap > 0 && spent >= warn)
        warns(j, orx_arena_printf(j->a, "budget_warning:%.6f>=%.6f", spent, warn));
    double used = cap > 0 ? spent / cap : 0;
    double week =
        orx_node_num(orx_node_get(orx_node_get(j->summary, "cost_windows_usd"), "last_7d"), 0);
    orx_node *b = orx_node_new(j->a, ORX_OBJECT);
    orx_node_set_bool(j->a, b, "enabled", cap > 0);
    orx_node_set_str(j->a, b, "state", state);
    put_number(j, b, "daily_budget_usd", places(cap, 1e8));
    put_number(j, b, "daily_warning_threshold_usd", places(warn, 1e8));
    put_number(j, b, "daily_spend_usd", places(spent, 1e8));
    put_number(j, b, "daily_remaining_usd", cap > spent ? places(cap - spent, 1e8) : 0);
    put_number(j, b, "rolling_7d_spend_usd", week > 0 ? places(week, 1e8) : 0);
    put_number(j, b, "warning_ratio", ratio);
    put_number(j, b, "utilization_ratio", places(used, 1e6));
    put_number(j, b, "utilization_percent", places(used * 100, 1e2));
    orx_node_set_bool(j->a, b, "enforce_hard_stop", enforce);
    orx_node_set_bool(j->a, b, "hard_stop", enforce && cap > 0 && spent >= cap);
    *ret_block = b;
    return 0;
}

/* ---- The report ------------------------------------------------------------------------------ */

static orx_node *names_of(judging *j, bool ok) {
    orx_node *list = orx_node_new(j->a, ORX_ARRAY);
    for (const orx_node *r = orx_node_first(rows_of(j)); r; r = r->next)
        if (is_ok(r) == ok)
            orx_node_push(
                list,
                orx_node_new_str(
                    j->a, orx_view_of(ok ? text_of(r, "provider")
                                         : orx_arena_printf(j->a, "%s:%s", text_of(r, "provider"),
                                                            text_of(r, "status")))));
    return list;
}

static void put_required(judging *j, orx_node *n) {
    orx_node *list = orx_node_new(j->a, ORX_ARRAY);
    for (size_t i = 0; i < j->required.count; i++)
        orx_node_push(list, orx_node_new_str(j->a, orx_view_of(j->required.items[i])));
    orx_node_set(j->a, n, "required_providers", list);
}

static void put_rest(judging *j, orx_node *n) {
    const orx_node *f = orx_node_get(j->summary, "data_freshness");
    char now[ORX_ISO_MAX];
    orx_iso_time(j->now, now);
    orx_node_set_bool(j->a, n, "summary_ok", orx_node_bool(orx_node_get(j->summary, "ok"), false));
    orx_node_set_str(j->a, n, "timestamp", now);
    orx_node_set_int(j->a, n, "records_total",
                     orx_node_int(orx_node_get(j->summary, "records_total"), 0));
    orx_node_set_int(j->a, n, "age_sec", j->age);
    orx_node_set_bool(j->a, n, "stale", orx_node_bool(orx_node_get(f, "stale"), true));
    orx_node_set_int(j->a, n, "stale_threshold_sec",
                     orx_node_int(orx_node_get(f, "stale_threshold_sec"), 900));
    orx_node_set_int(j->a, n, "max_age_sec", j->max_age);
    orx_node_set_bool(j->a, n, "allow_stale", j->allow_stale);
    orx_node_set(j->a, n, "providers_ok", names_of(j, true));
    orx_node_set(j->a, n, "providers_non_ok", names_of(j, false));
    orx_node_set_str(j->a, n, "provider_telemetry_mode", j->mode);
    orx_node_set_bool(j->a, n, "provider_data_present", j->data_present);
    orx_node_set_bool(j->a, n, "allow_unconfigured", j->allow_unconfigured);
}

/* Reads the summary; on failure a code is among the failures. */
static void load(judging *j) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    int rc = orx_read_file(j->c->p, j->file, SUMMARY_MAX, &text, &err);
    if (rc == ORX_E_NOT_FOUND)
        fails(j, orx_arena_printf(j->a, "summary_missing:%s", j->file));
    else if (rc < 0)
        fails(j, orx_arena_printf(j->a, "summary_not_file:%s", j->file));
    else if (orx_json_parse(j->a, "summary.json",
                            orx_view_of(orx_arena_strdup(j->a, orx_str_cstr(&text))),
                            &orx_limits_data, &j->summary, &err) < 0)
        fails(j, orx_arena_printf(j->a, "summary_parse_error:%s", err.msg));
    else if (j->summary->kind != ORX_OBJECT)
        fails(j, "summary_must_be_object");
}

static int put_verdict(judging *j, orx_node *n, orx_err *err) {
    orx_node *budget = NULL;
    find_mode(j);
    find_age(j);
    judge_freshness(j);
    judge_required(j);
    judge_states(j);
    int rc = judge_budget(j, &budget, err);
    if (rc < 0)
        return rc;
    put_rest(j, n);
    orx_node_set(j->a, n, "warnings", j->warnings);
    orx_node_set(j->a, n, "budget", budget);
    return 0;
}

/* Also a verdict on a summary that cannot be read is written. */
static int write_report(judging *j, const orx_node *n, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *path = orx_cli_option(j->c, "output");
    if (!path || !*path)
        return 0;
    path = orx_cost_path(j->c, "output", "");
    orx_json_write(&text, n, ORX_JSON_PY_INDENT);
    orx_str_addc(&text, '\n');
    return orx_write_atomic(j->c->p, path, orx_str_view(&text), 0644, err);
}

static void print(judging *j, const orx_node *n, bool ok) {
    if (j->c->json) {
        orx_cli_json(j->c, n);
        return;
    }
    orx_cli_printf("provider costs: %s\n", ok ? "ok" : "not ok");
    for (const orx_node *f = orx_node_first(j->failures); f; f = f->next)
        orx_cli_printf("failure: %s\n", orx_node_str(f, ""));
    for (const orx_node *w = orx_node_first(j->warnings); w; w = w->next)
        orx_cli_printf("warning: %s\n", orx_node_str(w, ""));
}

static bool wanted(const judging *j, const char *option, const char *opposite, bool otherwise) {
    if (orx_cli_option(j->c, opposite))
        return false;
    return orx_cli_option(j->c, option) ? true : otherwise;
}

int orx_cost_health(orx_cli *c, orx_err *err) {
    judging j = {.c = c, .a = &c->arena, .now = orx_wall_ns(c->p)};
    j.failures = orx_node_new(j.a, ORX_ARRAY);
    j.warnings = orx_node_new(j.a, ORX_ARRAY);
    j.file = orx_cost_path(c, orx_cli_option(c, "summary-file") ? "summary-file" : "output-summary",
                           "provider_costs/summary.json");
    j.allow_stale = orx_cli_option(c, "allow-stale") != NULL;
    j.allow_unconfigured = wanted(&j, "allow-unconfigured", "no-allow-unconfigured",
                                  is_on(env(&j, "ORXAQ_PROVIDER_COST_ALLOW_UNCONFIGURED",
                                            "ORXAQ_AUTONOMY_PROVIDER_COST_ALLOW_UNCONFIGURED"),
                                        true));
    take_required(&j);
    int rc = take_age(&j, err);
    if (rc < 0)
        return rc;
    orx_node *n = orx_node_new(j.a, ORX_OBJECT);
    load(&j);
    if (j.failures->count == 0)
        rc = put_verdict(&j, n, err);
    bool ok = j.failures->count == 0;
    orx_node_set_bool(j.a, n, "ok", ok);
    orx_node_set(j.a, n, "failures", j.failures);
    put_required(&j, n);
    orx_node_set_str(j.a, n, "summary_file", j.file);
    if (rc >= 0)
        rc = write_report(&j, n, err);
    if (rc < 0)
        return rc;
    print(&j, n, ok);
    return ok ? ORX_EXIT_OK : ORX_EXIT_FAILED;
}

int orx_cmd_provider_cost_health(orx_cli *c, orx_err *err) {
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    (void)orx_cli_store(c, ORX_STORE_READ_ONLY, NULL);
    return orx_cost_health(c, err);
}
