/* validate_find.h: how a bad module gets at what it must not have without importing it, and how it
 * wastes time. */
#include <dlfcn.h>
#include <string.h>
#include <time.h>

/* Puts the address of a C library function into a pointer to it. */
static inline void find(const char *name, void *ret_function) {
    void *address = dlsym(RTLD_DEFAULT, name);
    memcpy(ret_function, &address, sizeof address);
}

static inline void be_busy(int ms) {
    struct timespec start, now;
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    do
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < ms);
}
