/* Names of models and providers: their case does not matter. */
#include "scorecard.h"

#include <stdlib.h>

typedef struct sc_slot {
    orxaq_view name;
    uint32_t number;
    uint32_t hash; /* 0 = empty */
} sc_slot;

static unsigned char lower(char c) {
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

static int is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

orxaq_view sc_trim(orxaq_view text) {
    while (text.len && is_space(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len && is_space(text.data[text.len - 1]))
        text.len--;
    return text;
}

int sc_same(orxaq_view a, orxaq_view b) {
    if (a.len != b.len)
        return 0;
    for (uint64_t i = 0; i < a.len; i++)
        if (a.data[i] != b.data[i] && lower(a.data[i]) != lower(b.data[i]))
            return 0;
    return 1;
}

static uint32_t hash_of(orxaq_view name) {
    uint32_t h = 2166136261U;
    for (uint64_t i = 0; i < name.len; i++)
        h = (h ^ lower(name.data[i])) * 16777619U;
    h ^= h >> 15;
    return h ? h : 1;
}

int32_t sc_names_reserve(sc_names *names, uint32_t count) {
    uint32_t cap = 8;
    while (cap / 2 < count && cap < UINT32_C(1) << 30)
        cap *= 2;
    names->slots = calloc(cap, sizeof *names->slots);
    names->cap = names->slots ? cap : 0;
    return names->slots ? ORXAQ_OK : ORXAQ_E_MEMORY;
}

/* The slot with the name, or the empty one where it belongs. */
static sc_slot *slot_of(const sc_names *names, orxaq_view name, uint32_t hash) {
    uint32_t at = hash & (names->cap - 1);
    while (names->slots[at].hash &&
           !(names->slots[at].hash == hash && sc_same(names->slots[at].name, name)))
        at = (at + 1) & (names->cap - 1);
    return &names->slots[at];
}

uint32_t sc_names_find(const sc_names *names, orxaq_view name) {
    if (!names->cap)
        return SC_NOT_FOUND;
    const sc_slot *slot = slot_of(names, name, hash_of(name));
    return slot->hash ? slot->number : SC_NOT_FOUND;
}

void sc_names_put(sc_names *names, orxaq_view name, uint32_t number) {
    uint32_t hash = hash_of(name);
    sc_slot *slot = slot_of(names, name, hash);
    *slot = (sc_slot){.name = name, .number = number, .hash = hash};
}

void sc_names_free(sc_names *names) {
    free(names->slots);
    *names = (sc_names){0};
}
