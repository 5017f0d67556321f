/* The policy file, and all that follows from it alone. */
#include "scorecard.h"

#include <stdlib.h>

typedef struct reading {
    const orxaq_json_service *json;
    const orxaq_value *root;
    sc_names rows; /* of the catalogue: which of */
    const orxaq_value **catalogue;
    int strong;
} reading;

/* ---- The catalogue --------------------------------------------------------------------------- */

/* Names that differ in their case only are one model; the last one counts. */
static int32_t index_catalogue(reading *r) {
    const orxaq_json_service *json = r->json;
    const orxaq_value *map = json->get(r->root, "model_catalog");
    uint32_t count = json->kind(map) == ORXAQ_VALUE_MAP ? json->count(map) : 0;
    const orxaq_value *it = count ? json->first(map) : NULL;
    r->catalogue = calloc((size_t)count + 1, sizeof(void *));
    if (!r->catalogue || sc_names_reserve(&r->rows, count) < 0)
        return ORXAQ_E_MEMORY;
    for (uint32_t i = 0; it; it = json->next(it), i++) {
        r->catalogue[i] = it;
        sc_names_put(&r->rows, sc_trim(json->name(it)), i);
    }
    return ORXAQ_OK;
}

/* A number of a row that is not below 0, under its name or the other one. */
static double figure(const reading *r, const orxaq_value *row, const char *key, const char *alias) {
    const orxaq_value *value = r->json->get(row, key);
    double x = sc_number(r->json, value || !alias ? value : r->json->get(row, alias));
    return x > 0 ? x : 0;
}

/* A model that is not in the catalogue has all zeros, and so looks free [K]. */
static sc_model model_of(const reading *r, orxaq_view name) {
    uint32_t i = sc_names_find(&r->rows, name);
    const orxaq_value *row = i == SC_NOT_FOUND ? NULL : r->catalogue[i];
    sc_model m = {.name = name,
                  .input = figure(r, row, "input_per_million", "cost_input_per_million"),
                  .output = figure(r, row, "output_per_million", "cost_output_per_million"),
                  .blended = figure(r, row, "blended_cost_per_million", NULL),
                  .speed = figure(r, row, "speed_tps", "tokens_per_sec"),
                  .quality = figure(r, row, "quality_score", "quality"),
                  .context = figure(r, row, "max_context_tokens", NULL),
                  .local = sc_truth(r->json, r->json->get(row, "local"), 0)};
    if (!(m.blended > 0))
        m.blended = 0.6 * m.input + 0.4 * m.output;
    return m;
}

/* ---- The list of a provider ------------------------------------------------------------------ */

static void add_model(const reading *r, sc_provider *p, orxaq_view name) {
    name = sc_trim(name);
    if (!name.len || sc_names_find(&p->index, name) != SC_NOT_FOUND)
        return;
    sc_names_put(&p->index, name, p->count);
    p->models[p->count++] = model_of(r, name);
}

static uint32_t count_parts(orxaq_view text) {
    uint32_t parts = 1;
    for (uint64_t i = 0; i < text.len; i++)
        parts += text.data[i] == ';' || text.data[i] == ',';
    return parts;
}

static void add_parts(const reading *r, sc_provider *p, orxaq_view text) {
    uint64_t start = 0;
    for (uint64_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.data[i] != ';' && text.data[i] != ',')
            continue;
        add_model(r, p, orxaq_view_of(text.data + start, i - start));
        start = i + 1;
    }
}

static int32_t read_models(const reading *r, sc_provider *p, const orxaq_value *list) {
    const orxaq_json_service *json = r->json;
    orxaq_view text = json->text(list, orxaq_str(""));
    int many = json->kind(list) == ORXAQ_VALUE_LIST;
    uint32_t most = many ? json->count(list) : text.len ? count_parts(text) : 0;
    p->models = calloc((size_t)most + 1, sizeof *p->models);
    p->offered = calloc((size_t)most + 1, sizeof *p->offered);
    if (!p->models || !p->offered || sc_names_reserve(&p->index, most) < 0)
        return ORXAQ_E_MEMORY;
    for (const orxaq_value *it = many ? json->first(list) : NULL; it; it = json->next(it))
        add_model(r, p, json->text(it, orxaq_str("")));
    if (!many && text.len)
        add_parts(r, p, text);
    return ORXAQ_OK;
}

/* ---- Places in the list ---------------------------------------------------------------------- */

static double figure_of(const sc_model *m, int which) {
    return which == SC_COST ? m->blended : which == SC_SPEED ? m->speed : m->quality;
}

/* From 0 for the worst of the list to 1 for the best; 1 for all when they do not differ. */
static void place(sc_provider *p, int which) {
    double low = p->count ? figure_of(&p->models[0], which) : 0;
    double high = low;
    for (uint32_t i = 1; i < p->count; i++) {
        double x = figure_of(&p->models[i], which);
        low = x < low ? x : low;
        high = x > high ? x : high;
    }
    for (uint32_t i = 0; i < p->count; i++) {
        double *score = &p->models[i].score[which];
        *score = 1;
        if (high > low) {
            double up = (figure_of(&p->models[i], which) - low) / (high - low);
            *score = which == SC_COST ? 1 - up : up;
        }
    }
}

/* ---- Providers ------------------------------------------------------------------------------- */

static void read_weights(const reading *r, sc_provider *p, const orxaq_value *all) {
    static const char *const keys[SC_WEIGHTS] = {"cost", "speed", "quality"};
    for (int o = 0; o < SC_OBJECTIVES; o++) {
        const orxaq_value *own = r->json->get(all, sc_objective_name((sc_objective)o));
        double given[SC_WEIGHTS];
        for (int i = 0; i < SC_WEIGHTS; i++) {
            const orxaq_value *value = r->json->get(own, keys[i]);
            given[i] = r->json->kind(value) == ORXAQ_VALUE_NULL
                           ? sc_weights_default((sc_objective)o)[i]
                           : sc_number(r->json, value);
        }
        sc_weights(given, r->strong, p->weights[o]);
    }
}

static int32_t read_provider(const reading *r, sc_provider *p, const orxaq_value *map) {
    const orxaq_json_service *json = r->json;
    p->name = json->name(map);
    p->enabled = sc_truth(json, json->get(map, "enabled"), 1);
    p->respects = sc_truth(json, json->get(map, "respect_requested_model"), 0);
    p->fallback = sc_text(json, map, "fallback_model");
    p->objective = sc_objective_of(sc_text(json, map, "default_objective"));
    read_weights(r, p, json->get(map, "objective_weights"));
    int32_t code = read_models(r, p, json->get(map, "allowed_models"));
    for (int which = 0; which < SC_WEIGHTS && code == ORXAQ_OK; which++)
        place(p, which);
    return code == ORXAQ_OK ? sc_rank_prepare(p, r->strong) : code;
}

static int32_t read_providers(const reading *r, sc_policy *policy) {
    const orxaq_value *map = r->json->get(r->root, "providers");
    uint32_t count = r->json->kind(map) == ORXAQ_VALUE_MAP ? r->json->count(map) : 0;
    const orxaq_value *it = count ? r->json->first(map) : NULL;
    int32_t code = ORXAQ_OK;
    policy->providers = calloc((size_t)count + 1, sizeof *policy->providers);
    if (!policy->providers)
        return ORXAQ_E_MEMORY;
    for (; it && code == ORXAQ_OK; it = r->json->next(it))
        code = read_provider(r, &policy->providers[policy->count++], it);
    return code;
}

int32_t sc_policy_read(const orxaq_json_service *json, const orxaq_value *root, int strong,
                       sc_policy *policy) {
    reading r = {.json = json, .root = root, .strong = strong};
    if (json->kind(root) != ORXAQ_VALUE_MAP)
        return ORXAQ_E_INVALID;
    int32_t code = index_catalogue(&r);
    if (code == ORXAQ_OK)
        code = read_providers(&r, policy);
    sc_names_free(&r.rows);
    free(r.catalogue);
    return code;
}

void sc_policy_free(sc_policy *policy) {
    for (uint32_t i = 0; i < policy->count; i++) {
        sc_provider *p = &policy->providers[i];
        sc_names_free(&p->index);
        free(p->models);
        free(p->ranks);
        free(p->offered);
    }
    free(policy->providers);
    *policy = (sc_policy){0};
}

sc_provider *sc_policy_find(const sc_policy *policy, orxaq_view name) {
    for (uint32_t i = 0; i < policy->count; i++)
        if (orxaq_view_eq(policy->providers[i].name, name))
            return &policy->providers[i];
    return NULL;
}
