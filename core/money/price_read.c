/* The two files of prices. */
#include "money/price_table.h"

#include "base/digest.h"
#include "base/nearest.h"
#include "base/units.h"
#include "base/vec.h"
#include "data/json.h"
#include "platform/platform.h"

#include <stdlib.h>

/* ---- Numbers --------------------------------------------------------------------------------- */

/* A double has 15 digits to spare for what people quote: the nearest nano-USD is what was meant. */
int64_t orx_rate_of_node(const orx_node *n) {
    const double most = (double)ORX_RATE_MAX / (double)ORX_NANO_USD;
    int64_t rate = -1;
    if (!n)
        return -1;
    if (n->kind == ORX_INT && n->u.i >= 0 && n->u.i <= (int64_t)most)
        return n->u.i * ORX_NANO_USD;
    if (n->kind == ORX_DOUBLE && n->u.d >= 0 && n->u.d <= most)
        return (int64_t)(n->u.d * (double)ORX_NANO_USD + 0.5);
    if (n->kind == ORX_STRING && orx_money_parse(n->u.s, &rate) && rate <= ORX_RATE_MAX)
        return rate;
    return -1;
}

static void inherit(orx_rates *r, orx_class to, orx_class from) {
    if (r->of[to] < 0)
        r->of[to] = r->of[from];
}

void orx_rates_complete(orx_rates *r) {
    inherit(r, ORX_CLASS_CACHE_READ, ORX_CLASS_INPUT);
    inherit(r, ORX_CLASS_CACHE_WRITE_5M, ORX_CLASS_INPUT);
    inherit(r, ORX_CLASS_CACHE_WRITE_1H, ORX_CLASS_CACHE_WRITE_5M);
    inherit(r, ORX_CLASS_REASONING, ORX_CLASS_OUTPUT);
    if (r->of[ORX_CLASS_REQUEST] < 0)
        r->of[ORX_CLASS_REQUEST] = 0;
}

static orx_rates no_rates(void) {
    orx_rates r;
    for (int c = 0; c < ORX_CLASSES; c++)
        r.of[c] = -1;
    return r;
}

/* ---- What both have in common ---------------------------------------------------------------- */

/* A file that is being read. */
typedef struct reading {
    orx_arena arena; /* handed to the table at the end */
    const char *name;
    const char *base; /* the name without folders */
    char digest[ORX_SHA256_HEX];
    ORX_VEC(orx_price *) rows;
    ORX_VEC(orx_power) powers;
    orx_err *err;
} reading;

static int wrong(reading *r, const orx_node *at, const char *what, const char *expected) {
    return orx_err_set(r->err, ORX_E_INVALID, "%s:%u:%u: %s: expected %s", r->name,
                       (unsigned)at->line, (unsigned)at->column, what, expected);
}

static int check_currency(reading *r, const orx_node *n) {
    if (!n || (n->kind == ORX_STRING && orx_view_ieq(n->u.s, orx_view_of("USD"))))
        return 0;
    return wrong(r, n, "currency",
                 "USD; money in other currencies cannot be added up here, so convert the prices");
}

static orx_price *new_price(reading *r, const orx_node *at, orx_view model) {
    orx_price *p = ORX_ARENA_NEW(&r->arena, orx_price);
    p->model = orx_arena_dup(&r->arena, model);
    p->provider = p->source = "";
    p->where =
        orx_arena_printf(&r->arena, "%s:%u:%u", r->name, (unsigned)at->line, (unsigned)at->column);
    p->from_ns = INT64_MIN;
    p->to_ns = INT64_MAX;
    p->step_count = 1;
    for (int t = 0; t < ORX_TIERS; t++)
        p->steps[0].rates[t] = no_rates();
    return p;
}

static const char *version_of(reading *r, const orx_price *p) {
    char day[ORX_ISO_MAX] = "";
    if (p->from_ns != INT64_MIN)
        orx_iso_time(p->from_ns, day);
    return orx_arena_printf(&r->arena, "%s#%.12s %s%s%s%s%.10s", r->base, r->digest, p->provider,
                            *p->provider ? "/" : "", p->model, *day ? " from " : "", day);
}

static void begin(reading *r, const char *name, orx_view bytes) {
    const char *slash = strrchr(name, '/');
    r->name = name;
    r->base = slash ? slash + 1 : name;
    orx_sha256_hex(bytes, r->digest);
}

static void end(reading *r) {
    orx_vec_free(&r->rows);
    orx_vec_free(&r->powers);
    orx_arena_free(&r->arena);
}

/* ---- pricing.json ---------------------------------------------------------------------------- */

/* Two rates, either of which may be missing or zero. [K] Both zero: no price. */
static int take_plain(reading *r, const orx_node *row) {
    const orx_node *in = orx_node_get(row, "input_per_million");
    const orx_node *out = orx_node_get(row, "output_per_million");
    int64_t input = in ? orx_rate_of_node(in) : 0;
    int64_t output = out ? orx_rate_of_node(out) : 0;
    if (row->kind != ORX_OBJECT)
        return wrong(r, row, row->key.p, "an object with input_per_million and output_per_million");
    if (input < 0 || output < 0)
        return wrong(r, input < 0 ? in : out, row->key.p,
                     "USD per million tokens, from 0 to 1000000");
    if (!input && !output)
        return 0;
    orx_price *p = new_price(r, row, row->key);
    p->steps[0].rates[ORX_TIER_STANDARD].of[ORX_CLASS_INPUT] = input;
    p->steps[0].rates[ORX_TIER_STANDARD].of[ORX_CLASS_OUTPUT] = output;
    orx_rates_complete(&p->steps[0].rates[ORX_TIER_STANDARD]);
    p->version = version_of(r, p);
    orx_vec_push(&r->rows, p);
    return 0;
}

static int read_plain(reading *r, const orx_node *root) {
    const orx_node *models = orx_node_get(root, "models");
    int rc = root->kind == ORX_OBJECT ? check_currency(r, orx_node_get(root, "currency"))
                                      : wrong(r, root, "the file", "an object");
    if (rc == 0 && models && models->kind != ORX_OBJECT)
        rc = wrong(r, models, "models", "an object with one member per model");
    if (rc == 0 && models && models->count > ORX_PRICES_MAX)
        rc = wrong(r, models, "models", "at most 20000 of them");
    for (const orx_node *it = orx_node_first(models); rc == 0 && it; it = it->next)
        rc = take_plain(r, it);
    return rc;
}

/* What is put into the table lives in its arena; the table keeps the arenas of all files. */
static void *keep(orx_arena *a, const void *p, size_t size) {
    return memcpy(orx_arena_alloc(a, size), p, size);
}

static orx_price *kept(orx_prices *t, const orx_price *from) {
    orx_price *p = keep(&t->arena, from, sizeof *p);
    p->model = orx_arena_strdup(&t->arena, from->model);
    p->provider = orx_arena_strdup(&t->arena, from->provider);
    p->source = orx_arena_strdup(&t->arena, from->source);
    p->where = orx_arena_strdup(&t->arena, from->where);
    p->version = orx_arena_strdup(&t->arena, from->version);
    return p;
}

int orx_prices_take_pricing(orx_prices *t, const char *name, orx_view bytes, orx_err *err) {
    reading r = {.err = err};
    const orx_node *root = NULL;
    begin(&r, name, bytes);
    int rc = orx_json_parse(&r.arena, name, bytes, &orx_limits_config, &root, err);
    if (rc == 0)
        rc = read_plain(&r, root);
    for (size_t i = 0; rc == 0 && i < r.rows.len; i++) {
        orx_price *p = kept(t, r.rows.items[i]);
        orx_map_put(&t->plain, orx_view_of(p->model), p);
    }
    end(&r);
    return rc;
}

/* ---- prices.yaml: rates ---------------------------------------------------------------------- */

typedef struct class_key {
    const char *key;
    orx_class class;
} class_key;

static const class_key class_keys[] = {
    {"input", ORX_CLASS_INPUT},
    {"cache_read", ORX_CLASS_CACHE_READ},
    {"cache_write_5m", ORX_CLASS_CACHE_WRITE_5M},
    {"cache_write_1h", ORX_CLASS_CACHE_WRITE_1H},
    {"output", ORX_CLASS_OUTPUT},
    {"reasoning", ORX_CLASS_REASONING},
    {"audio_in", ORX_CLASS_AUDIO_IN},
    {"audio_out", ORX_CLASS_AUDIO_OUT},
    {"request", ORX_CLASS_REQUEST},
};

static const class_key *class_of(orx_view key) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(class_keys); i++)
        if (orx_view_is(key, class_keys[i].key))
            return &class_keys[i];
    return NULL;
}

/* One member that is a rate, into *rates. A price per request is quoted for one. */
static int take_rate(reading *r, const orx_node *n, const class_key *k, orx_rates *rates) {
    int64_t rate = orx_rate_of_node(n);
    bool each = k->class == ORX_CLASS_REQUEST;
    if (rate < 0 || (each && rate > ORX_RATE_MAX / ORX_RATE_UNITS))
        return wrong(r, n, k->key,
                     each ? "USD for one request, from 0 to 1"
                          : "USD per million tokens, from 0 to 1000000");
    rates->of[k->class] = each ? rate * ORX_RATE_UNITS : rate;
    return 0;
}

static int unknown(reading *r, const orx_node *n, const char *const *others) {
    orx_nearest near = {0};
    for (size_t i = 0; i < ORX_ARRAY_LEN(class_keys); i++)
        orx_nearest_try(&near, n->key, class_keys[i].key);
    for (; *others; others++)
        orx_nearest_try(&near, n->key, *others);
    return orx_err_set(r->err, ORX_E_INVALID, "%s:%u:%u: \"%.*s\" is no key of a price%s%s%s",
                       r->name, (unsigned)n->key_line, (unsigned)n->key_column,
                       ORX_VIEW_ARG(n->key), near.best ? "; did you mean \"" : "",
                       near.best ? near.best : "", near.best ? "\"?" : "");
}

/* A factor on the standard rates, or rates of its own; what those leave out is standard. */
static int take_tier(reading *r, const orx_node *n, const orx_rates *standard, orx_rates *ret) {
    static const char *const none[] = {NULL};
    orx_rates rates = *standard;
    int64_t factor = orx_rate_of_node(n);
    int rc = 0;
    if (n->kind == ORX_OBJECT) {
        ORX_NODE_EACH(n, it) {
            const class_key *k = class_of(it->key);
            rc = rc < 0 ? rc : k ? take_rate(r, it, k, &rates) : unknown(r, it, none);
        }
    } else if (factor < 0 || factor > 1000 * ORX_NANO_USD) {
        rc = wrong(r, n, n->key.p, "a factor from 0 to 1000, or an object of rates");
    } else {
        for (int c = 0; rc == 0 && c < ORX_CLASSES; c++)
            if (rates.of[c] > 0 && !orx_rate_scale(rates.of[c], factor, ORX_NANO_USD, &rates.of[c]))
                rc = wrong(r, n, n->key.p, "a factor that leaves every rate below 1000000");
    }
    if (rc == 0)
        *ret = rates;
    return rc;
}

/* The rates that a row states itself, over those in *stated. */
static int take_rates(reading *r, const orx_node *row, const char *const *others,
                      orx_rates *stated) {
    for (const orx_node *it = orx_node_first(row); it; it = it->next) {
        const class_key *k = class_of(it->key);
        bool other = false;
        for (const char *const *o = others; *o; o++)
            other = other || orx_view_is(it->key, *o);
        int rc = k ? take_rate(r, it, k, stated) : other ? 0 : unknown(r, it, others);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* The rates of a step in all tiers, from what was stated up to it. A tier is the step's own, or
 * that of the whole entry. */
static int fill_step(reading *r, const orx_node *entry, const orx_node *step,
                     const orx_rates *stated, orx_rates rates[ORX_TIERS]) {
    static const char *const names[ORX_TIERS] = {NULL, "batch", "priority"};
    int rc = 0;
    rates[ORX_TIER_STANDARD] = *stated;
    orx_rates_complete(&rates[ORX_TIER_STANDARD]);
    for (int t = ORX_TIER_BATCH; rc == 0 && t < ORX_TIERS; t++) {
        const orx_node *own = orx_node_get(step, names[t]);
        const orx_node *n = own ? own : orx_node_get(entry, names[t]);
        rates[t] = no_rates();
        if (n)
            rc = take_tier(r, n, &rates[ORX_TIER_STANDARD], &rates[t]);
    }
    return rc;
}

/* ---- prices.yaml: entries -------------------------------------------------------------------- */

static int take_step(reading *r, const orx_node *entry, const orx_node *n, orx_rates *stated,
                     orx_price *p) {
    static const char *const others[] = {"above", "batch", "priority", NULL};
    const orx_node *above = orx_node_get(n, "above");
    int64_t limit = orx_node_int(above, -1);
    if (n->kind != ORX_OBJECT || !above)
        return wrong(r, n, "long_context", "objects with `above` and the rates that change");
    if (p->step_count == ORX_PRICE_STEPS_MAX)
        return wrong(r, n, "long_context", "at most 7 steps");
    if (limit <= p->steps[p->step_count - 1].above)
        return wrong(r, above, "above", "a number of tokens, more than in the step before");
    p->steps[p->step_count].above = limit;
    int rc = take_rates(r, n, others, stated);
    return rc < 0 ? rc : fill_step(r, entry, n, stated, p->steps[p->step_count++].rates);
}

static int take_steps(reading *r, const orx_node *entry, orx_rates *stated, orx_price *p) {
    const orx_node *list = orx_node_get(entry, "long_context");
    if (list && list->kind != ORX_ARRAY)
        return wrong(r, list, "long_context", "a list of steps");
    int rc = 0;
    for (const orx_node *it = orx_node_first(list); rc == 0 && it; it = it->next)
        rc = take_step(r, entry, it, stated, p);
    return rc;
}

static int take_text(reading *r, const orx_node *row, const char *key, const char **ret) {
    const orx_node *n = orx_node_get(row, key);
    if (!n)
        return 0;
    if (n->kind != ORX_STRING || !n->u.s.len || strlen(n->u.s.p) != n->u.s.len || n->u.s.len > 200)
        return wrong(r, n, key, "a text of at most 200 bytes");
    *ret = orx_arena_dup(&r->arena, n->u.s);
    return 0;
}

static int take_time(reading *r, const orx_node *row, const char *key, int64_t *ret) {
    const orx_node *n = orx_node_get(row, key);
    if (n && (n->kind != ORX_STRING || !orx_iso_parse(n->u.s, ret)))
        return wrong(r, n, key, "a day like 2026-01-31 (its beginning, UTC), or a time");
    return 0;
}

/* A price of nothing would be believed. */
static bool costs_nothing(const orx_price *p) {
    const orx_rates *r = &p->steps[0].rates[ORX_TIER_STANDARD];
    for (int c = 0; c < ORX_CLASSES; c++)
        if (r->of[c] > 0)
            return false;
    return true;
}

static int take_validity(reading *r, const orx_node *row, int64_t *from_ns, int64_t *to_ns) {
    int rc = take_time(r, row, "from", from_ns);
    if (rc == 0)
        rc = take_time(r, row, "to", to_ns);
    if (rc == 0 && *from_ns >= *to_ns)
        rc = wrong(r, orx_node_get(row, "to"), "to", "a time after `from`");
    return rc;
}

static int take_money(reading *r, const orx_node *row, orx_price *p) {
    static const char *const others[] = {"model", "provider", "source",       "from", "to",
                                         "batch", "priority", "long_context", NULL};
    orx_rates stated = no_rates();
    int rc = take_rates(r, row, others, &stated);
    if (rc == 0)
        rc = fill_step(r, row, row, &stated, p->steps[0].rates);
    if (rc == 0 && costs_nothing(p))
        rc = wrong(r, row, p->model,
                   "at least one rate above 0; leave the entry out when the price is not known");
    return rc < 0 ? rc : take_steps(r, row, &stated, p);
}

static int take_entry(reading *r, const orx_node *row) {
    const char *model = NULL;
    int rc = row->kind == ORX_OBJECT ? take_text(r, row, "model", &model)
                                     : wrong(r, row, "prices", "an object per price");
    if (rc == 0 && !model)
        rc = wrong(r, row, "model", "the name of a model");
    if (rc < 0)
        return rc;
    orx_price *p = new_price(r, row, orx_view_of(model));
    rc = take_text(r, row, "provider", &p->provider);
    if (rc == 0)
        rc = take_text(r, row, "source", &p->source);
    if (rc == 0)
        rc = take_validity(r, row, &p->from_ns, &p->to_ns);
    if (rc == 0)
        rc = take_money(r, row, p);
    p->version = version_of(r, p);
    orx_vec_push(&r->rows, p);
    return rc;
}

/* ---- prices.yaml: power ---------------------------------------------------------------------- */

static int check_power_keys(reading *r, const orx_node *row) {
    static const char *const known[] = {"price", "provider", "from", "to", "source"};
    for (const orx_node *it = orx_node_first(row); it; it = it->next) {
        bool ok = false;
        for (size_t i = 0; i < ORX_ARRAY_LEN(known); i++)
            ok = ok || orx_view_is(it->key, known[i]);
        if (!ok)
            return wrong(r, it, it->key.p, "only price, provider, from, to and source");
    }
    return 0;
}

/* Two prices of a kWh for one provider at one moment. */
static int check_power_overlap(reading *r, const orx_power *new) {
    for (size_t i = 0; i < r->powers.len; i++) {
        const orx_power *p = &r->powers.items[i];
        if (strcmp(p->provider, new->provider) == 0 &&
            p->from_ns < new->to_ns &&new->from_ns < p->to_ns)
            return orx_err_set(r->err, ORX_E_INVALID,
                               "%s: the price of a kWh here and that at %s are both valid for some "
                               "time; end the older one with `to`",
                               new->where, p->where);
    }
    return 0;
}

static int take_power(reading *r, const orx_node *row) {
    orx_power p = {.provider = "", .from_ns = INT64_MIN, .to_ns = INT64_MAX};
    const char *source = NULL;
    const orx_node *price = orx_node_get(row, "price");
    int rc = row->kind == ORX_OBJECT ? check_power_keys(r, row)
                                     : wrong(r, row, "kwh", "an object per price");
    p.price = price ? orx_rate_of_node(price) : -1;
    if (rc == 0 && (p.price <= 0 || p.price > 1000 * ORX_NANO_USD))
        rc = wrong(r, price ? price : row, "price", "USD for a kWh, above 0 and up to 1000");
    if (rc == 0)
        rc = take_text(r, row, "provider", &p.provider);
    if (rc == 0)
        rc = take_text(r, row, "source", &source);
    if (rc == 0)
        rc = take_validity(r, row, &p.from_ns, &p.to_ns);
    p.where = orx_arena_printf(&r->arena, "%s:%u:%u", r->name, (unsigned)row->line,
                               (unsigned)row->column);
    if (rc == 0)
        rc = check_power_overlap(r, &p);
    if (rc == 0)
        orx_vec_push(&r->powers, p);
    return rc;
}

static int take_powers(reading *r, const orx_node *list) {
    int rc = 0;
    if (list && list->kind != ORX_ARRAY)
        return wrong(r, list, "kwh", "a list");
    if (list && list->count > ORX_POWERS_MAX)
        return wrong(r, list, "kwh", "at most 1000 entries");
    for (const orx_node *it = orx_node_first(list); rc == 0 && it; it = it->next)
        rc = take_power(r, it);
    return rc;
}

/* ---- prices.yaml: the file ------------------------------------------------------------------- */

static int check_version(reading *r, const orx_node *root) {
    const orx_node *version = orx_node_get(root, "version");
    return orx_node_int(version, 0) == 1
               ? 0
               : wrong(r, version ? version : root, "version", "1, the version of this format");
}

static int read_dated(reading *r, const orx_node *root) {
    static const char *const known[] = {"version", "currency", "prices", "kwh"};
    int rc = root->kind == ORX_OBJECT ? 0 : wrong(r, root, "the file", "an object");
    for (const orx_node *it = orx_node_first(root); rc == 0 && it; it = it->next) {
        bool ok = false;
        for (size_t i = 0; i < ORX_ARRAY_LEN(known); i++)
            ok = ok || orx_view_is(it->key, known[i]);
        if (!ok)
            rc = wrong(r, it, it->key.p, "only version, currency, prices and kwh at the top");
    }
    if (rc == 0)
        rc = check_version(r, root);
    if (rc == 0)
        rc = check_currency(r, orx_node_get(root, "currency"));
    const orx_node *list = orx_node_get(root, "prices");
    if (rc == 0 && list && list->kind != ORX_ARRAY)
        rc = wrong(r, list, "prices", "a list");
    if (rc == 0 && list && list->count > ORX_PRICES_MAX)
        rc = wrong(r, list, "prices", "at most 20000 entries");
    for (const orx_node *it = orx_node_first(list); rc == 0 && it; it = it->next)
        rc = take_entry(r, it);
    return rc < 0 ? rc : take_powers(r, orx_node_get(root, "kwh"));
}

static int cmp_rows(const void *a, const void *b) {
    const orx_price *const *x = a;
    const orx_price *const *y = b;
    return orx_price_cmp(*x, *y);
}

/* Two prices for one moment: nobody could say which one is meant. */
static int check_overlaps(reading *r) {
    for (size_t i = 1; i < r->rows.len; i++) {
        const orx_price *a = r->rows.items[i - 1];
        const orx_price *b = r->rows.items[i];
        if (strcmp(a->model, b->model) == 0 && strcmp(a->provider, b->provider) == 0 &&
            b->from_ns < a->to_ns)
            return orx_err_set(r->err, ORX_E_INVALID,
                               "%s: the price of %s here and that at %s are both valid for some "
                               "time; end the older one with `to`",
                               b->where, b->model, a->where);
    }
    return 0;
}

static void keep_powers(orx_prices *t, const reading *r) {
    t->powers = orx_arena_zalloc(&t->arena, r->powers.len + 1, sizeof *t->powers);
    t->power_count = r->powers.len;
    for (size_t i = 0; i < r->powers.len; i++) {
        t->powers[i] = r->powers.items[i];
        t->powers[i].provider = orx_arena_strdup(&t->arena, r->powers.items[i].provider);
        t->powers[i].where = orx_arena_strdup(&t->arena, r->powers.items[i].where);
    }
}

int orx_prices_take_dated(orx_prices *t, const char *name, orx_view bytes, orx_err *err) {
    reading r = {.err = err};
    const orx_node *root = NULL;
    begin(&r, name, bytes);
    int rc = orx_doc_parse(&r.arena, name, bytes, &orx_limits_config, &root, err);
    if (rc == 0)
        rc = read_dated(&r, root);
    if (rc == 0 && r.rows.len)
        qsort(r.rows.items, r.rows.len, sizeof(orx_price *), cmp_rows);
    if (rc == 0)
        rc = check_overlaps(&r);
    if (rc == 0) {
        t->dated = orx_arena_zalloc(&t->arena, r.rows.len + 1, sizeof(orx_price *));
        t->dated_count = r.rows.len;
        for (size_t i = 0; i < r.rows.len; i++)
            t->dated[i] = kept(t, r.rows.items[i]);
        keep_powers(t, &r);
    }
    end(&r);
    return rc;
}
