/* heap.h: how much memory of the C library's heap is in use by this process.
 *
 * For finding leaks by comparison: the same work done again must not leave the number higher. Where
 * the allocator does not say (other C libraries than glibc) it is always 0.
 *
 * Threads: any; counts the main arena and what was mapped for single large blocks, with
 * AddressSanitizer everything.
 */
#ifndef ORX_PLATFORM_HEAP_H
#define ORX_PLATFORM_HEAP_H

#include <stdint.h>

int64_t orx_heap_in_use(void);

#endif
