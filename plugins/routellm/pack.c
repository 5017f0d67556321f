/* A model as bytes, version 1 or, with the source of its vectors at the end, 2. One walk over the
 * model serves both directions, so that what is written and what is read cannot differ.
 * Little-endian; counts come before what they count; docs/routellm.md lists the fields. What was
 * read is believed only after check(): the checksum keeps accidents out, not somebody who computes
 * one. */
#include "routellm.h"

#include <stdlib.h>
#include <string.h>

/* No weight is as large, and sums of smaller ones stay finite. */
#define NUMBER_MAX 1e6F

typedef struct pack {
    unsigned char *bytes;
    size_t len; /* of what is there to read, or was written */
    size_t cap;
    size_t at;
    int reading;
    int code; /* the first thing that went wrong; nothing moves after it */
} pack;

/* ---- Numbers --------------------------------------------------------------------------------- */

static int make_room(pack *p, size_t n) {
    size_t cap = p->cap ? p->cap : 4096;
    while (cap - p->len < n)
        cap *= 2;
    unsigned char *more = cap == p->cap ? p->bytes : realloc(p->bytes, cap);
    if (!more) {
        p->code = RL_NO_MEMORY;
        return -1;
    }
    p->bytes = more;
    p->cap = cap;
    return 0;
}

static void pack_bytes(pack *p, void *bytes, size_t n) {
    if (p->code < 0 || n == 0 || !bytes)
        return;
    if (!p->reading) {
        if (make_room(p, n) == 0 && p->bytes) {
            memcpy(p->bytes + p->len, bytes, n);
            p->len += n;
        }
    } else if (!p->bytes || n > p->len - p->at) {
        p->code = RL_DAMAGED;
    } else {
        memcpy(bytes, p->bytes + p->at, n);
        p->at += n;
    }
}

static void pack_number(pack *p, uint64_t *v, size_t bytes) {
    unsigned char b[8];
    for (size_t i = 0; i < bytes; i++)
        b[i] = (unsigned char)(*v >> 8 * i);
    pack_bytes(p, b, bytes);
    if (!p->reading || p->code < 0)
        return;
    *v = 0;
    for (size_t i = 0; i < bytes; i++)
        *v |= (uint64_t)b[i] << 8 * i;
}

static void pack_u32(pack *p, uint32_t *v) {
    uint64_t wide = *v;
    pack_number(p, &wide, 4);
    *v = (uint32_t)wide;
}

static void pack_int(pack *p, int *v) {
    uint32_t wide = (uint32_t)*v;
    pack_u32(p, &wide);
    *v = wide <= 0x7fffffff ? (int)wide : -1;
}

static void pack_float(pack *p, float *v) {
    uint32_t bits;
    memcpy(&bits, v, sizeof bits);
    pack_u32(p, &bits);
    memcpy(v, &bits, sizeof bits);
    if (!(*v >= -NUMBER_MAX && *v <= NUMBER_MAX)) /* nor when it is none */
        p->code = RL_DAMAGED;
}

static void pack_double(pack *p, double *v) {
    uint64_t bits;
    memcpy(&bits, v, sizeof bits);
    pack_number(p, &bits, 8);
    memcpy(v, &bits, sizeof bits);
    if (!(*v >= -1e300 && *v <= 1e300))
        p->code = RL_DAMAGED;
}

/* Whether n elements can follow, each of at least `least` bytes: nothing is allocated for a number
 * that the rest of the bytes does not bear out. */
static int fits(pack *p, uint64_t n, size_t least) {
    if (p->code == 0 && p->reading && n > (p->len - p->at) / least)
        p->code = RL_DAMAGED;
    return p->code == 0;
}

/* An array that is made when it is read. */
static void *room_for(pack *p, void *there, uint64_t n, size_t size, size_t least) {
    if (!fits(p, n, least) || !p->reading)
        return there;
    void *made = calloc((size_t)n + 1, size);
    if (!made)
        p->code = RL_NO_MEMORY;
    return made;
}

static void pack_floats(pack *p, float **v, uint64_t n) {
    *v = room_for(p, *v, n, sizeof **v, 4);
    for (uint64_t i = 0; i < n && p->code == 0; i++)
        pack_float(p, &(*v)[i]);
}

/* ---- Parts ----------------------------------------------------------------------------------- */

static void pack_name(pack *p, char **name) {
    uint32_t len = p->reading || !*name ? 0 : (uint32_t)strlen(*name);
    pack_u32(p, &len);
    if (len == 0 || len > RL_NAME_MAX)
        p->code = p->code < 0 ? p->code : RL_DAMAGED;
    *name = room_for(p, *name, len, 1, 1);
    if (p->code == 0)
        pack_bytes(p, *name, len);
    if (p->code == 0 && *name && strlen(*name) != len)
        p->code = RL_DAMAGED;
}

/* A vector of length 1: its largest number, and a signed byte for each as a share of that. It comes
 * back a little rounded and of length 1. */
static void pack_unit(pack *p, float *v, uint32_t dims) {
    float largest = 0;
    for (uint32_t i = 0; i < dims && !p->reading; i++)
        largest = v[i] > largest ? v[i] : -v[i] > largest ? -v[i] : largest;
    pack_float(p, &largest);
    for (uint32_t i = 0; i < dims && p->code == 0; i++) {
        float share = p->reading || largest <= 0 ? 0 : v[i] / largest * 127;
        signed char byte = (signed char)(share < 0 ? share - 0.5F : share + 0.5F);
        pack_bytes(p, &byte, 1);
        if (p->reading)
            v[i] = (float)byte * largest / 127;
    }
    if (p->reading && p->code == 0)
        rl_unit(v, dims);
    if (p->code == 0 && !rl_all_finite(v, dims))
        p->code = RL_DAMAGED;
}

static void pack_refs(pack *p, rl_model *m) {
    m->refs = room_for(p, m->refs, (uint64_t)m->ref_count * m->dims, sizeof *m->refs, 1);
    for (uint32_t r = 0; r < m->ref_count && p->code == 0; r++)
        pack_unit(p, m->refs + (size_t)r * m->dims, m->dims);
}

static void pack_sw(pack *p, rl_model *m) {
    pack_double(p, &m->sharpness);
    pack_double(p, &m->prior);
    pack_u32(p, &m->ref_count);
    pack_u32(p, &m->result_count);
    if (m->ref_count > RL_REFS_MAX || m->result_count > RL_RESULTS_MAX)
        p->code = p->code < 0 ? p->code : RL_DAMAGED;
    pack_refs(p, m);
    m->results = room_for(p, m->results, m->result_count, sizeof *m->results, 16);
    for (uint32_t i = 0; i < m->result_count && p->code == 0; i++) {
        rl_result *r = &m->results[i];
        pack_u32(p, &r->ref);
        pack_u32(p, &r->a);
        pack_u32(p, &r->b);
        pack_float(p, &r->label);
    }
}

static void pack_linear(pack *p, rl_model *m) {
    for (int k = 0; k < RL_FEATURES; k++)
        pack_float(p, &m->mean[k]);
    for (int k = 0; k < RL_FEATURES; k++)
        pack_float(p, &m->scale[k]);
    pack_floats(p, &m->weights, (uint64_t)m->model_count * RL_FEATURES);
}

static void pack_worths(pack *p, rl_worths *w) {
    pack_double(p, &w->alone);
    for (int i = 0; i < RL_WORTHS; i++) {
        pack_double(p, &w->worth[i]);
        pack_double(p, &w->cost[i]);
        pack_double(p, &w->quality[i]);
        pack_double(p, &w->strong[i]);
    }
}

/* 0: neither table, 1: that of thresholds, 2: that of worths, too. */
static void pack_calibration(pack *p, rl_calibration *c) {
    int tables = c->there + c->worths.there;
    pack_int(p, &tables);
    if (tables < 0 || tables > 2)
        p->code = p->code < 0 ? p->code : RL_DAMAGED;
    if (tables == 0 || p->code < 0)
        return;
    c->there = 1;
    c->worths.there = tables == 2;
    pack_u32(p, &c->weak);
    pack_u32(p, &c->strong);
    pack_u32(p, &c->count);
    pack_u32(p, &c->checked);
    pack_double(p, &c->check);
    for (int i = 0; i < RL_THRESHOLDS; i++) {
        pack_double(p, &c->threshold[i]);
        pack_double(p, &c->cost[i]);
        pack_double(p, &c->quality[i]);
    }
    if (c->worths.there)
        pack_worths(p, &c->worths);
}

static void pack_models(pack *p, rl_model *m) {
    uint32_t count = m->model_count;
    pack_u32(p, &count);
    if (count > RL_MODELS_MAX)
        p->code = RL_DAMAGED;
    for (uint32_t i = 0; i < count && p->code == 0; i++) {
        pack_name(p, &m->names[i]);
        pack_double(p, &m->bias[i]);
        pack_double(p, &m->cost[i]);
    }
    m->model_count = count;
}

/* The end of version 2. */
static void pack_source(pack *p, rl_model *m) {
    int there = p->reading ? p->at < p->len : m->source != NULL;
    if (p->code == 0 && there && m->embedded == 1)
        pack_name(p, &m->source);
}

static void walk(pack *p, rl_model *m) {
    pack_int(p, &m->router);
    pack_int(p, &m->embedded);
    pack_u32(p, &m->dims);
    pack_u32(p, &m->rows);
    pack_u32(p, &m->texts);
    pack_double(p, &m->loss);
    pack_double(p, &m->base_loss);
    if (m->dims > RL_DIMS_MAX)
        p->code = RL_DAMAGED;
    pack_models(p, m);
    if (m->router == RL_MF && p->code == 0)
        pack_floats(p, &m->vectors, (uint64_t)m->model_count * m->dims);
    if (m->router == RL_LINEAR && p->code == 0)
        pack_linear(p, m);
    if (m->router == RL_SW && p->code == 0)
        pack_sw(p, m);
    pack_calibration(p, &m->calibration);
    pack_source(p, m);
}

/* ---- What has been read ---------------------------------------------------------------------- */

static int names_differ(const rl_model *m) {
    for (uint32_t i = 0; i < m->model_count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(m->names[i], m->names[j]) == 0)
                return 0;
    return 1;
}

static int results_fit(const rl_model *m) {
    for (uint32_t i = 0; i < m->result_count; i++) {
        const rl_result *r = &m->results[i];
        if (r->ref >= m->ref_count || r->a >= m->model_count || r->a == r->b ||
            (r->b >= m->model_count && r->b != RL_NONE) || !(r->label >= 0 && r->label <= 1))
            return 0;
    }
    return 1;
}

static int calibration_fits(const rl_model *m) {
    const rl_calibration *c = &m->calibration;
    for (int i = 0; i < RL_WORTHS; i++)
        if (!(c->worths.strong[i] >= 0 && c->worths.strong[i] <= 1.000001))
            return 0;
    return !c->there ||
           (c->weak < m->model_count && c->strong < m->model_count && c->weak != c->strong);
}

static int check(const rl_model *m) {
    if (m->router < 0 || m->router >= RL_ROUTERS || m->embedded < 0 || m->embedded > 1 ||
        m->dims == 0 || m->model_count == 0 || (!m->embedded && m->dims != RL_DIMS))
        return RL_DAMAGED;
    if (m->sharpness < 0 || m->sharpness > 1000 || m->prior < 0 || m->prior > 1e6)
        return RL_DAMAGED;
    for (uint32_t i = 0; i < m->model_count; i++)
        if (!(m->bias[i] >= -1e6 && m->bias[i] <= 1e6))
            return RL_DAMAGED;
    return names_differ(m) && results_fit(m) && calibration_fits(m) ? 0 : RL_DAMAGED;
}

int rl_pack(const rl_model *model, unsigned char **ret_bytes, size_t *ret_len) {
    pack p = {0};
    rl_model copy = *model; /* written only; see room_for */
    walk(&p, &copy);
    if (p.code < 0) {
        free(p.bytes);
        return p.code;
    }
    *ret_bytes = p.bytes;
    *ret_len = p.len;
    return 0;
}

int rl_unpack(const unsigned char *bytes, size_t len, rl_model *ret_model) {
    pack p = {.len = len, .reading = 1};
    rl_model model = {0};
    p.bytes = (unsigned char *)bytes; /* only read */
    walk(&p, &model);
    if (p.code == 0 && p.at != p.len)
        p.code = RL_DAMAGED;
    if (p.code == 0)
        p.code = check(&model);
    if (p.code < 0)
        rl_model_free(&model);
    else
        *ret_model = model;
    return p.code;
}
