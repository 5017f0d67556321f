/* Whatever the bytes: refused with a message, or a sound tree that survives every writer. */
#include "tree.h"

/* Trees made of aliases are big, and writing one seven times is slow; their reading is what counts.
 */
#define WRITE_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *root = fuzz_parse(orx_yaml_parse, &arena, orx_view_mem(data, size));
    FUZZ_CHECK(orx_arena_used(&arena) < ((size_t)50 << 20));
    if (root && orx_arena_used(&arena) < WRITE_MAX)
        fuzz_round_trips(root);
    return 0;
}
