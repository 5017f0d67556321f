/* The heap's own count. */
#include "platform/heap.h"

#if defined(__SANITIZE_ADDRESS__)
#define HEAP_IS_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEAP_IS_SANITIZED
#endif
#endif

#ifdef HEAP_IS_SANITIZED
#include <stddef.h>

/* AddressSanitizer replaces the heap; the C library's count of it is 0 then. Declared as in
 * sanitizer/allocator_interface.h, which not every compiler brings along. */
size_t __sanitizer_get_current_allocated_bytes(void);

int64_t orx_heap_in_use(void) {
    return (int64_t)__sanitizer_get_current_allocated_bytes();
}

#else
#include <malloc.h>

int64_t orx_heap_in_use(void) {
#if defined(__GLIBC__)
    struct mallinfo2 m = mallinfo2();
    return (int64_t)m.uordblks + (int64_t)m.hblkhd;
#else
    return 0;
#endif
}
#endif
