/* The heap's own count. */
#include "platform/heap.h"

#include <malloc.h>

int64_t orx_heap_in_use(void) {
#if defined(__GLIBC__)
    struct mallinfo2 m = mallinfo2();
    return (int64_t)m.uordblks + (int64_t)m.hblkhd;
#else
    return 0;
#endif
}
