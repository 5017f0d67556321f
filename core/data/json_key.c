#include "data/json_reader.h"
#include "data/sorted.h"

/* Up to here a new key is compared with its siblings, beyond the object is checked when it ends. */
#define FEW_MEMBERS 16

/* Both ends and the length tell the names of one file apart well enough; whoever collides on
 * purpose gains a comparison with a few siblings. */
static uint32_t hash_of(orx_view key) {
    uint64_t a = 0;
    uint64_t b = 0;
    if (key.len >= sizeof a) {
        memcpy(&a, key.p, sizeof a);
        memcpy(&b, key.p + key.len - sizeof b, sizeof b);
    } else if (key.len >= sizeof(uint32_t)) {
        memcpy(&a, key.p, sizeof(uint32_t));
        memcpy(&b, key.p + key.len - sizeof(uint32_t), sizeof(uint32_t));
    } else {
        for (size_t i = 0; i < key.len; i++)
            a = a << 8 | (unsigned char)key.p[i];
    }
    uint64_t h = (a ^ (b << 7 | b >> 57) ^ key.len) * 0x9E3779B97F4A7C15ULL;
    return (uint32_t)(h >> 32);
}

static bool fail_twice(orx_json_reader *r, orx_view key, orx_pos again, const orx_node *first) {
    r->rc = orx_text_fail_twice(r->err, r->name, key, again,
                                (orx_pos){first->key_line, first->key_column});
    return false;
}

/* Looks for the pending key among the members of the open object, unless its hash says that it
 * cannot be there. */
static bool is_new(orx_json_reader *r, uint32_t hash) {
    const orx_node *object = r->stack[r->depth - 1];
    uint64_t bit = 1ULL << (hash >> 16 & 63);
    bool maybe = r->seen[r->depth - 1] & bit;
    r->seen[r->depth - 1] |= bit;
    if (!maybe || object->count > FEW_MEMBERS)
        return true;
    ORX_NODE_EACH(object, it)
    if (orx_view_eq(it->key, r->key))
        return fail_twice(r, r->key, r->key_pos, it);
    return true;
}

bool orx_json_set_key(orx_json_reader *r, orx_pos pos, orx_view key, bool kept) {
    uint32_t hash = hash_of(key);
    uint32_t slot = hash >> 8 & (ORX_JSON_INTERN - 1);
    orx_view *shared = &r->interned[slot];
    uint64_t bit = 1ULL << (slot & 63);
    if (!(r->is_interned[slot / 64] & bit) || !orx_view_eq(*shared, key))
        *shared = kept ? key : orx_json_keep(r, key);
    r->is_interned[slot / 64] |= bit;
    r->key = *shared;
    r->key_pos = pos;
    return is_new(r, hash);
}

bool orx_json_check_keys(orx_json_reader *r, const orx_node *n) {
    if (n->kind != ORX_OBJECT || n->count <= FEW_MEMBERS)
        return true;
    const orx_node *again;
    const orx_node *first = orx_node_find_duplicate(n, &again);
    return !first ||
           fail_twice(r, again->key, (orx_pos){again->key_line, again->key_column}, first);
}
