/* What calls cost, for a runner: prices that change while it runs, models without one. */
#include "run/runner.h"

#include "base/units.h"
#include "money/caps.h"
#include "run/bill.h"

/* How many of the newest calls tell what one may cost, and how long that is believed. */
#define DEAR_CALLS "31"
#define DEAR_USES  31
#define DEAR_FOR   (60 * ORX_SEC)

orx_meter orx_run_meter(orx_runner *r, const orx_provider_config *provider) {
    return orx_bill_meter(r->cfg, provider, r->prices.prices);
}

int orx_run_price_check(orx_try *t, orx_err *err) {
    orx_runner *r = t->r;
    orx_err why = ORX_ERR_INIT;
    const orx_provider_config *provider = t->step->provider->cfg;
    int rc = orx_price_files_read(r->p, r->cfg->root, r->cfg->paths.pricing_file,
                                  r->cfg->paths.prices_file, &r->prices, &why);
    if (rc < 0)
        orx_run_tell(r, ORX_NOTE_PROBLEM, t, false, "the prices stay as they were: %s", why.msg);
    if (rc == 1)
        orx_map_free(&r->unpriced);
    orx_meter meter = orx_run_meter(r, provider);
    if (orx_bill_allows(r->cfg, &meter, t->model, orx_wall_ns(r->p)))
        return 0;
    return orx_err_set(
        err, ORX_E_DENIED,
        "there is no price for %s%s of provider %s, and money.unknown_price is deny: "
        "enter one in %s",
        *t->model ? "model " : "the own model", t->model, provider->name,
        r->cfg->paths.prices_file);
}

/* What the last call came to; false when nothing was asked. *ret_model answered, else asked. */
static bool read_cost(orx_try *t, int64_t *ret_cost, orx_cost_source *ret_source,
                      const char **ret_model) {
    orx_sql *q;
    if (orx_sql_get(t->r->s,
                    "SELECT cost_nano_usd, cost_source, CASE WHEN model_answered = ''"
                    " THEN model_asked ELSE model_answered END FROM call WHERE id = ?1 AND asked",
                    &q, NULL) < 0)
        return false;
    orx_sql_int(q, 1, t->call);
    bool found = orx_sql_step(q, NULL) == 1;
    if (found) {
        *ret_cost = orx_sql_col_int(q, 0);
        *ret_source = (orx_cost_source)orx_sql_col_int(q, 1);
        *ret_model = orx_arena_dup(&t->arena, orx_sql_col_text(q, 2));
    }
    orx_sql_reset(q);
    return found;
}

static void tell_unknown(orx_try *t, const char *model) {
    const char *provider = t->step->provider->cfg->name;
    const char *name = orx_arena_printf(&t->arena, "%s/%s", provider, model);
    if (orx_map_put(&t->r->unpriced, orx_view_of(name), t->r))
        return;
    if (*model)
        orx_run_tell(t->r, ORX_NOTE_COST, t, false,
                     "unknown: there is no price for %s; enter one in %s", name,
                     t->r->cfg->paths.prices_file);
    else
        orx_run_tell(t->r, ORX_NOTE_COST, t, false,
                     "unknown: nobody says which model answers; set providers.%s.model and enter "
                     "its price",
                     provider);
}

/* The most that one of the newest calls of a deployment cost, -1 = of none it is known. The rows
 * are read anew after a while, since other lanes call it, too; our own calls raise it at once. */
struct orx_run_dear {
    int64_t most;
    int64_t uses; /* that are left */
    int64_t read_ns;
};

static int64_t read_dearest(orx_runner *r, const orx_run_step *step) {
    orx_sql *q;
    int64_t most = -1;
    if (orx_sql_get(r->s,
                    "SELECT max(cost_nano_usd) FROM (SELECT cost_nano_usd FROM call"
                    " WHERE provider = ?1 AND model_asked = ?2 AND booked = 1 AND asked = 1"
                    " ORDER BY id DESC LIMIT " DEAR_CALLS ")",
                    &q, NULL) < 0)
        return -1;
    orx_sql_str(q, 1, step->provider->cfg->name);
    orx_sql_str(q, 2, step->model);
    if (orx_sql_step(q, NULL) == 1 && !orx_sql_col_is_null(q, 0))
        most = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return most;
}

static int64_t dearest(orx_runner *r, const orx_run_step *step) {
    struct orx_run_dear *d = orx_map_get(&r->dear, orx_view_of(step->deployment));
    int64_t now = orx_mono_ns(r->p);
    if (!d) {
        d = ORX_ARENA_NEW(&r->arena, struct orx_run_dear);
        orx_map_put(&r->dear, orx_view_of(step->deployment), d);
    }
    if (d->uses == 0 || now - d->read_ns >= DEAR_FOR)
        *d = (struct orx_run_dear){read_dearest(r, step), DEAR_USES, now};
    d->uses--;
    return d->most;
}

static void note_cost(const orx_try *t, int64_t cost) {
    struct orx_run_dear *d = orx_map_get(&t->r->dear, orx_view_of(t->step->deployment));
    if (d && d->most < cost)
        d->most = cost;
}

void orx_run_price_note(orx_try *t) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    int64_t cost = 0;
    orx_cost_source source = ORX_COST_UNKNOWN;
    const char *model = "";
    if (!read_cost(t, &cost, &source, &model))
        return;
    if (source == ORX_COST_UNKNOWN) {
        tell_unknown(t, model);
        return;
    }
    note_cost(t, cost);
    orx_money_format(cost, &text);
    orx_run_tell(t->r, ORX_NOTE_COST, t, true, "%s USD (%s)", text.buf,
                 orx_cost_source_word(source));
}

/* ---- The budget ------------------------------------------------------------------------------ */

const orx_budget *orx_run_budget(orx_runner *r) {
    if (!r->budget) {
        orx_budget *b = ORX_ARENA_NEW(&r->arena, orx_budget);
        *b = orx_budget_of(r->cfg, r->lane, &r->arena);
        r->warned = orx_arena_zalloc(&r->arena, b->count + 1, sizeof *r->warned);
        r->budget = b;
    }
    return r->budget;
}

int64_t orx_run_reserve_amount(orx_runner *r, const orx_run_step *step) {
    if (step->max_cost_nano_usd)
        return step->max_cost_nano_usd;
    orx_meter meter = orx_run_meter(r, step->provider->cfg);
    orx_rates rates;
    int64_t most = dearest(r, step);
    if (most >= 0)
        return most;
    int64_t now = orx_wall_ns(r->p);
    bool known = meter.assumed >= 0 || (meter.watts && orx_meter_kwh(&meter, now)) ||
                 orx_meter_rates(&meter, step->model, now, &rates);
    return known ? r->cfg->budget.call_reserve : 0;
}
