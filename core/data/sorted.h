/* sorted.h: the members of an object in the order of their names. Internal to this room.
 *
 * Byte order of UTF-8 is the order of code points, which is what Python's sort_keys uses. Sorting
 * is also how duplicate keys of big objects are found: unlike a hash table it cannot be slowed down
 * by chosen keys.
 */
#ifndef ORX_DATA_SORTED_H
#define ORX_DATA_SORTED_H

#include "data/doc.h"

/* A malloc'ed array of object->count members sorted by key; members with equal keys keep their
 * order. */
const orx_node **orx_node_sorted(const orx_node *object);

/* Finds two members of one name: *ret_again is the later one. Returns the earlier one, or NULL. */
const orx_node *orx_node_find_duplicate(const orx_node *object, const orx_node **ret_again);

#endif
