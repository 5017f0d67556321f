/* mem.h: allocation that does not return NULL, and the cleanup attribute.
 *
 * orxaq keeps every fact it cares about in a journal that survives SIGKILL at any instruction, so
 * running out of memory needs no second, rarely tested way out: the process says so on stderr and
 * aborts, and the next start recovers exactly as it would after a crash. Code that receives sizes
 * from outside must therefore bound them *before* it allocates; orx_xmalloc refuses single requests
 * above ORX_ALLOC_MAX so that a forgotten bound fails at once instead of filling the machine.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef ORX_BASE_MEM_H
#define ORX_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

/* The largest single allocation the core ever makes on purpose. */
#define ORX_ALLOC_MAX ((size_t)1 << 31)

/* Returns size bytes (at least 1), uninitialised. Never NULL. Free with free(). */
void *orx_xmalloc(size_t size);

/* As orx_xmalloc, for count * size bytes set to zero. The product is checked. */
void *orx_xcalloc(size_t count, size_t size);

/* Resizes p (which may be NULL) to size bytes. Never NULL. */
void *orx_xrealloc(void *p, size_t size);

/* A malloc'ed copy of the NUL-terminated s. */
char *orx_xstrdup(const char *s);

/* A malloc'ed, NUL-terminated copy of len bytes at p. The bytes may contain NUL. */
char *orx_xmemdup0(const void *p, size_t len);

/* Says on stderr that memory ran out while asking for size bytes, and aborts. */
_Noreturn void orx_out_of_memory(size_t size);

/* Runs fn(&variable) when the variable leaves scope: ORX_CLEANUP(orx_str_free) orx_str s = {0}; */
#define ORX_CLEANUP(fn) __attribute__((cleanup(fn)))

/* Checks printf-like arguments. */
#define ORX_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Hands over ownership out of a cleanup variable: return ORX_STEAL(p). */
#define ORX_STEAL(p)                                                                               \
    __extension__({                                                                                \
        __typeof__(p) stolen_ = (p);                                                               \
        (p) = NULL;                                                                                \
        stolen_;                                                                                   \
    })

/* For ORX_CLEANUP: free(*p) for a char * variable. */
void orx_freep(char **p);

#define ORX_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Marks a parameter or variable as deliberately unused. */
#define ORX_UNUSED __attribute__((unused))

#endif
