#include "money/meter.h"

#include "money/price_table.h"

#include "base/str.h"
#include "base/units.h"

const char *orx_cost_source_word(orx_cost_source source) {
    static const char *const words[] = {"unknown", "estimated", "stated", "priced", "invoiced"};
    return words[source];
}

static bool is_empty(const orx_units *u) {
    for (int c = 0; c < ORX_CLASSES; c++)
        if (u->of[c])
            return false;
    return true;
}

/* One rate for whatever it is. */
static orx_rates flat(int64_t rate) {
    orx_rates r;
    for (int c = 0; c < ORX_CLASSES; c++)
        r.of[c] = rate;
    r.of[ORX_CLASS_REQUEST] = 0;
    return r;
}

/* What the configuration says; other classes as a price that leaves them out. */
static orx_rates own_rates(const orx_meter *m) {
    orx_rates r = flat(-1);
    r.of[ORX_CLASS_INPUT] = m->own_input;
    r.of[ORX_CLASS_OUTPUT] = m->own_output;
    orx_rates_complete(&r);
    return r;
}

static const orx_price *price_of(const orx_meter *m, const char *model, int64_t begun_ns) {
    return m->prices && !m->has_own ? orx_prices_find(m->prices, m->provider, model, begun_ns)
                                    : NULL;
}

bool orx_meter_rates(const orx_meter *m, const char *model, int64_t begun_ns,
                     orx_rates *ret_rates) {
    const orx_price *price = price_of(m, model, begun_ns);
    if (price)
        *ret_rates = price->steps[0].rates[m->tier];
    else if (m->has_own)
        *ret_rates = own_rates(m);
    return price || m->has_own;
}

static bool add(orx_bill *bill, const orx_rates *rates, const orx_units *units,
                const char *version) {
    orx_amount part;
    if (orx_rates_cost(rates, units, &part, NULL) < 0 || !orx_amount_add(&bill->priced, part))
        return false;
    bill->priced_reports++;
    bill->version = version;
    bill->input_rate = rates->of[ORX_CLASS_INPUT];
    bill->output_rate = rates->of[ORX_CLASS_OUTPUT];
    return true;
}

void orx_meter_report(const orx_meter *m, const orx_report *r, orx_bill *bill) {
    if (m->watts || is_empty(&r->units))
        return;
    const orx_price *price = price_of(m, r->model, r->begun_ns);
    orx_rates own = own_rates(m);
    bool known = m->has_own
                     ? add(bill, &own, &r->units, "configured")
                     : price && add(bill, orx_price_rates(price, m->tier, &r->units, r->requests),
                                    &r->units, price->version);
    orx_rates assumed = flat(m->assumed);
    bool guess = !known && m->assumed >= 0 && add(bill, &assumed, &r->units, "assumed");
    if (!known && !guess)
        bill->unpriced_reports++;
    bill->guessed = bill->guessed || guess || r->guessed;
}

int64_t orx_meter_kwh(const orx_meter *m, int64_t begun_ns) {
    int64_t dated = m->prices ? orx_prices_kwh(m->prices, m->provider, begun_ns) : -1;
    return dated > 0 ? dated : m->kwh_price;
}

void orx_meter_time(const orx_meter *m, int64_t begun_ns, int64_t ns, orx_arena *arena,
                    orx_bill *bill) {
    int64_t cost;
    int64_t kwh = orx_meter_kwh(m, begun_ns);
    if (!m->watts)
        return;
    if (!kwh || !orx_energy_cost(m->watts, kwh, ns, &cost)) {
        bill->unpriced_reports++;
        return;
    }
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "%lld W at ", (long long)m->watts);
    orx_money_format(kwh, &text);
    orx_str_adds(&text, " USD/kWh");
    bill->priced = (orx_amount){cost, 0};
    bill->priced_reports++;
    bill->version = orx_arena_dup(arena, orx_str_view(&text));
}

orx_cost_source orx_bill_best(const orx_bill *bill, int64_t *ret_cost) {
    bool whole = bill->priced_reports && !bill->unpriced_reports;
    bool stated = bill->stated >= 0 && (!whole || bill->guessed);
    *ret_cost = stated ? bill->stated : whole ? orx_amount_round(bill->priced) : -1;
    if (stated)
        return ORX_COST_STATED;
    if (!whole)
        return ORX_COST_UNKNOWN;
    return bill->guessed ? ORX_COST_ESTIMATED : ORX_COST_PRICED;
}
