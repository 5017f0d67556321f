/* Recorded rows. A text that was tried with six models is embedded and kept once. */
#include "routellm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Doubles an array of this many used of *cap elements when it is full. */
static int grow(void **items, size_t size, uint32_t used, uint32_t *cap, uint32_t at_least) {
    if (used < *cap)
        return 0;
    uint32_t more = *cap ? *cap * 2 : at_least;
    void *bigger = realloc(*items, (size_t)more * size);
    if (!bigger)
        return RL_NO_MEMORY;
    *items = bigger;
    *cap = more;
    return 0;
}

/* ---- Models ---------------------------------------------------------------------------------- */

/* The number of a model; negative as rl_set_add. */
static int64_t model_of(rl_set *set, const char *name, size_t len) {
    if (len == 0 || len > RL_NAME_MAX || memchr(name, 0, len))
        return RL_BAD_MODEL;
    for (uint32_t i = 0; i < set->model_count; i++)
        if (strlen(set->names[i]) == len && memcmp(set->names[i], name, len) == 0)
            return i;
    if (set->model_count == RL_MODELS_MAX)
        return RL_TOO_MANY;
    char *copy = malloc(len + 1);
    if (!copy)
        return RL_NO_MEMORY;
    memcpy(copy, name, len);
    copy[len] = 0;
    set->names[set->model_count] = copy;
    return set->model_count++;
}

/* ---- Texts ----------------------------------------------------------------------------------- */

static int rehash(rl_set *set) {
    uint32_t want = set->slot_count ? set->slot_count * 2 : 1024;
    uint32_t *slots = malloc((size_t)want * sizeof *slots);
    if (!slots)
        return RL_NO_MEMORY;
    memset(slots, 0xff, (size_t)want * sizeof *slots);
    for (uint32_t i = 0; i < set->text_count; i++) {
        uint32_t at = (uint32_t)set->hashes[i] & (want - 1);
        while (slots[at] != RL_NONE)
            at = (at + 1) & (want - 1);
        slots[at] = i;
    }
    free(set->slots);
    set->slots = slots;
    set->slot_count = want;
    return 0;
}

static int more_texts(rl_set *set) {
    uint32_t cap = set->text_cap;
    uint32_t caps[4] = {cap, cap, cap, cap};
    if (set->text_count < cap)
        return 0;
    if (grow((void **)&set->vectors, set->dims * sizeof(float), cap, &caps[0], 512) < 0 ||
        grow((void **)&set->features, RL_FEATURES * sizeof(float), cap, &caps[1], 512) < 0 ||
        grow((void **)&set->hashes, sizeof *set->hashes, cap, &caps[2], 512) < 0 ||
        grow((void **)&set->held, 1, cap, &caps[3], 512) < 0)
        return RL_NO_MEMORY;
    set->text_cap = caps[0];
    return 0;
}

static int check_vector(rl_set *set, const rl_sample *s) {
    uint32_t dims = s->vector ? s->vector_len : RL_DIMS;
    if (set->text_count == 0) {
        set->dims = dims;
        set->embedded = s->vector != NULL;
    }
    if (dims == 0 || dims > RL_DIMS_MAX || dims != set->dims ||
        set->embedded != (s->vector != NULL))
        return RL_BAD_VECTOR;
    return s->vector && !rl_all_finite(s->vector, dims) ? RL_BAD_VECTOR : 0;
}

static void put_text(rl_set *set, const rl_sample *s, uint64_t hash) {
    float *vector = set->vectors + (size_t)set->text_count * set->dims;
    if (s->vector) {
        memcpy(vector, s->vector, set->dims * sizeof *vector);
        rl_unit(vector, set->dims);
    } else {
        rl_embed(s->title, s->title_len, s->text, s->text_len, vector);
    }
    rl_features(s->title, s->title_len, s->text, s->text_len, 1,
                set->features + (size_t)set->text_count * RL_FEATURES);
    set->hashes[set->text_count] = hash;
    set->held[set->text_count] = 0;
}

/* The number of a text; negative as rl_set_add. Two texts with the same 64 bits are taken for one.
 */
static int64_t text_of(rl_set *set, const rl_sample *s) {
    uint64_t hash = rl_hash(s->text, s->text_len, rl_hash(s->title, s->title_len, 4));
    int code = check_vector(set, s);
    if (code == 0 && (uint64_t)set->text_count * 2 >= set->slot_count)
        code = rehash(set);
    if (code < 0)
        return code;
    uint32_t at = (uint32_t)hash & (set->slot_count - 1);
    while (set->slots[at] != RL_NONE && set->hashes[set->slots[at]] != hash)
        at = (at + 1) & (set->slot_count - 1);
    if (set->slots[at] != RL_NONE)
        return set->slots[at];
    code = more_texts(set);
    if (code < 0)
        return code;
    put_text(set, s, hash);
    set->slots[at] = set->text_count;
    return set->text_count++;
}

/* ---- Rows ------------------------------------------------------------------------------------ */

int rl_set_add(rl_set *set, const rl_sample *s) {
    rl_row row = {.label = (float)s->label, .attempt = (float)s->attempt, .b = RL_NONE};
    row.cost = s->cost;
    if (!(s->label >= 0 && s->label <= 1))
        return RL_BAD_LABEL;
    if (set->row_count == RL_SET_ROWS_MAX)
        return RL_TOO_MANY;
    int64_t a = model_of(set, s->model, s->model_len);
    int64_t b = a >= 0 && s->other_len ? model_of(set, s->other, s->other_len) : RL_NONE;
    if (a < 0 || b < 0)
        return (int)(a < 0 ? a : b);
    if (a == b)
        return RL_BAD_MODEL;
    int64_t text = text_of(set, s);
    if (text < 0)
        return (int)text;
    if (grow((void **)&set->rows, sizeof *set->rows, set->row_count, &set->row_cap, 1024) < 0)
        return RL_NO_MEMORY;
    row.a = (uint32_t)a;
    row.b = (uint32_t)b;
    row.text = (uint32_t)text;
    set->rows[set->row_count++] = row;
    return RL_ADDED;
}

void rl_set_hold_out(rl_set *set, uint64_t seed) {
    for (uint32_t i = 0; i < set->text_count; i++) {
        uint64_t state = set->hashes[i] ^ seed;
        set->held[i] = rl_next(&state) % RL_HELD_OUT == 0;
    }
}

void rl_set_free(rl_set *set) {
    for (uint32_t i = 0; i < set->model_count; i++)
        free(set->names[i]);
    free(set->vectors);
    free(set->features);
    free(set->hashes);
    free(set->held);
    free(set->rows);
    free(set->slots);
    *set = (rl_set){0};
}

const char *rl_set_problem(int code) {
    switch (code) {
    case RL_BAD_MODEL:
        return "a model's name is empty, longer than 256 bytes, or named twice in one row";
    case RL_BAD_LABEL:
        return "a label is not between 0 and 1";
    case RL_BAD_VECTOR:
        return "an embedding has another length than those before, or a number that is not finite";
    case RL_TOO_MANY:
        return "there are more than 256 models or 2,000,000 rows";
    default:
        return "out of memory";
    }
}

rl_input rl_row_input(const rl_set *set, const rl_row *row, float features[RL_FEATURES]) {
    memcpy(features, set->features + (size_t)row->text * RL_FEATURES,
           RL_FEATURES * sizeof *features);
    float retries = row->attempt > 1 ? row->attempt - 1 : 0;
    features[RL_FEATURES - 1] = retries < 5 ? retries : 5;
    return (rl_input){.vector = set->vectors + (size_t)row->text * set->dims,
                      .features = features,
                      .seed = set->hashes[row->text]};
}
