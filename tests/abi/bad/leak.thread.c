/* Each instance starts a thread and forgets it; after a few it has enough. */
#include "../validate_find.h"
#include <pthread.h>
#include <unistd.h>

static void *idle(void *user) {
    (void)pause();
    return user;
}

static inline void start_thread(void) {
    static pthread_t thread;
    static int count;
    int (*start)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = NULL;
    find("pthread_create", &start);
    if (count++ < 4)
        (void)start(&thread, NULL, idle, NULL);
}
#define ON_CREATE start_thread()
#include "../validate_module.h"
