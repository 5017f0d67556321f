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
    if (!a.len || memcmp(a.data, b.data, (size_t)a.len) == 0)
        return 1;
    for (uint64_t i = 0; i < a.len; i++)
        if (a.data[i] != b.data[i] && lower(a.data[i]) != lower(b.data[i]))
            return 0;
    return 1;
}

/* Eight bytes at a time. One bit of each is set, which makes letters small and a few other bytes
 * alike; whether names are the same is looked at by sc_same. */
static uint32_t hash_of(orxaq_view name) {
    uint64_t h = name.len + 1;
    for (uint64_t i = 0; i < name.len; i += 8) {
        uint64_t word = 0;
        memcpy(&word, name.data + i, name.len - i < 8 ? (size_t)(name.len - i) : 8);
        h = (h ^ (word | UINT64_C(0x2020202020202020))) * UINT64_C(0x9E3779B97F4A7C15);
        h ^= h >> 32;
    }
    return (uint32_t)h ? (uint32_t)h : 1;
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
