/* Whatever the bytes: refused with a message, or a sound tree that survives every writer. */
#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *root = fuzz_parse(orx_json_parse, &arena, orx_view_mem(data, size));
    if (root)
        fuzz_round_trips(root);
    return 0;
}
