/* Starts a thread when it is loaded; found by name, so that no import tells. */
#include "../validate_find.h"
#include <pthread.h>
#include <unistd.h>

static void *idle(void *user) {
    (void)pause();
    return user;
}

static inline void start_thread(void) {
    static pthread_t thread;
    int (*start)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = NULL;
    find("pthread_create", &start);
    (void)start(&thread, NULL, idle, NULL);
}
#define ON_LOAD start_thread()
#include "../validate_module.h"
