/* Finding a price and computing with it. */
#include "money/price_table.h"

#include <stdlib.h>

#define NAME_MAX_LEN 256

orx_prices *orx_prices_new(void) {
    return orx_xcalloc(1, sizeof(orx_prices));
}

void orx_prices_free(orx_prices *t) {
    if (!t)
        return;
    orx_map_free(&t->plain);
    orx_arena_free(&t->arena);
    free(t);
}

size_t orx_prices_count(const orx_prices *t) {
    return t->plain.count + t->dated_count;
}

int orx_price_cmp(const orx_price *a, const orx_price *b) {
    int by_model = strcmp(a->model, b->model);
    int by_provider = by_model ? by_model : strcmp(a->provider, b->provider);
    if (by_provider)
        return by_provider;
    return a->from_ns < b->from_ns ? -1 : a->from_ns > b->from_ns;
}

/* ---- Looking up ------------------------------------------------------------------------------ */

/* The last entry that is not behind what is sought began last before it. */
static const orx_price *find_dated(const orx_prices *t, const char *model, const char *provider,
                                   int64_t wall_ns) {
    const orx_price sought = {.model = model, .provider = provider, .from_ns = wall_ns};
    size_t low = 0;
    size_t high = t->dated_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (orx_price_cmp(t->dated[middle], &sought) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    const orx_price *p = low ? t->dated[low - 1] : NULL;
    bool fits = p && strcmp(p->model, model) == 0 && strcmp(p->provider, provider) == 0;
    return fits && wall_ns < p->to_ns ? p : NULL;
}

static const orx_price *find_spelling(const orx_prices *t, const char *provider, const char *model,
                                      int64_t wall_ns) {
    const orx_price *p = *provider ? find_dated(t, model, provider, wall_ns) : NULL;
    if (!p)
        p = find_dated(t, model, "", wall_ns);
    return p ? p : orx_map_get(&t->plain, orx_view_of(model));
}

/* As it is spelled, and in lower case. */
static const orx_price *find_name(const orx_prices *t, const char *provider, const char *name,
                                  int64_t wall_ns) {
    char lower[NAME_MAX_LEN] = "";
    for (size_t i = 0; name[i]; i++)
        lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    const orx_price *p = find_spelling(t, provider, name, wall_ns);
    return p ? p : find_spelling(t, provider, lower, wall_ns);
}

/* Whether text has digits where the shape has 0 and is like it elsewhere; '@' stands for - or @. */
static bool has_shape(const char *text, const char *shape) {
    for (; *shape; text++, shape++) {
        bool digit = *text >= '0' && *text <= '9';
        bool same = *shape == '0'   ? digit
                    : *shape == '@' ? *text == '-' || *text == '@'
                                    : *text == *shape;
        if (!same)
            return false;
    }
    return !*text;
}

/* Cuts the date of a snapshot off the end of a name. */
static bool cut_date(char *name) {
    static const char *const shapes[] = {"@00000000", "-0000-00-00"};
    size_t len = strlen(name);
    for (size_t i = 0; i < ORX_ARRAY_LEN(shapes); i++) {
        size_t n = strlen(shapes[i]);
        if (len > n && has_shape(name + len - n, shapes[i])) {
            name[len - n] = 0;
            return true;
        }
    }
    return false;
}

const orx_price *orx_prices_find(const orx_prices *t, const char *provider, const char *model,
                                 int64_t wall_ns) {
    char name[NAME_MAX_LEN];
    size_t len = strlen(model);
    if (!len || len >= sizeof name)
        return NULL;
    memcpy(name, model, len + 1);
    const orx_price *p = find_name(t, provider, name, wall_ns);
    if (!p && cut_date(name))
        p = find_name(t, provider, name, wall_ns);
    return p;
}

int64_t orx_prices_kwh(const orx_prices *t, const char *provider, int64_t wall_ns) {
    int64_t of_any = -1;
    for (size_t i = 0; i < t->power_count; i++) {
        const orx_power *p = &t->powers[i];
        if (wall_ns < p->from_ns || wall_ns >= p->to_ns)
            continue;
        if (!*p->provider)
            of_any = p->price;
        else if (strcmp(p->provider, provider) == 0)
            return p->price;
    }
    return of_any;
}

/* ---- Computing ------------------------------------------------------------------------------- */

const orx_rates *orx_price_rates(const orx_price *price, orx_tier tier, const orx_units *units,
                                 int64_t requests) {
    size_t step = 0;
    int64_t read = 0;
    for (orx_class c = ORX_CLASS_INPUT; c <= ORX_CLASS_CACHE_WRITE_1H; c++)
        if (__builtin_add_overflow(read, units->of[c], &read))
            read = INT64_MAX;
    for (size_t i = 1; requests > 0 && i < price->step_count; i++)
        if (read / requests > price->steps[i].above)
            step = i;
    return &price->steps[step].rates[tier];
}

int orx_rates_cost(const orx_rates *rates, const orx_units *units, orx_amount *ret, orx_err *err) {
    orx_amount sum = {0, 0};
    for (int c = 0; c < ORX_CLASSES; c++) {
        orx_amount part;
        if (!units->of[c])
            continue;
        if (rates->of[c] < 0)
            return orx_err_set(err, ORX_E_NOT_FOUND, "there is no price for a class of usage");
        if (!orx_amount_of(units->of[c], rates->of[c], &part) || !orx_amount_add(&sum, part))
            return orx_err_set(err, ORX_E_LIMIT, "the cost of %lld units does not fit",
                               (long long)units->of[c]);
    }
    *ret = sum;
    return 0;
}
