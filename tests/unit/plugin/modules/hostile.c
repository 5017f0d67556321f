/* hostile.c: a module that is good, but for the one thing that its build chooses:
 *
 *   ON_LOAD=...    done in the constructor        ON_QUERY=...  done in the entry function
 *   NO_SYMBOL      the entry function has another name
 *   PLUGIN_ID      its id, "good" otherwise
 *   FUTURE         built for another major version, and honest about it
 *   YES_MAN        accepts every host
 */
#include <orxaq/orxaq.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef PLUGIN_ID
#define PLUGIN_ID "good"
#endif
#ifdef FUTURE
#define MAJOR 7
#else
#define MAJOR ORXAQ_ABI_MAJOR
#endif
#ifdef NO_SYMBOL
#define orxaq_plugin_query some_other_name
ORXAQ_EXPORT int32_t orxaq_plugin_query(const orxaq_host_abi *, const orxaq_plugin **);
#endif

/* Each of these is called in some modules only. */
#define UNUSED __attribute__((unused))

UNUSED static void crash(void) {
    (void)raise(SIGSEGV);
}

static void hang(void) {
    for (;;)
        (void)pause();
}

UNUSED static void go_on_twice(void) {
    (void)!fork();
}

UNUSED static void leave_a_child(void) {
    if (fork() == 0)
        hang();
}

static void *idle(void *user) {
    hang();
    return user;
}

UNUSED static void leave_a_thread(void) {
    pthread_t thread;
    (void)pthread_create(&thread, NULL, idle, NULL);
}

UNUSED static void chatter(void) {
    puts("hello from the constructor {\"path\":\"/nowhere\",\"ok\":true}");
    (void)fflush(stdout);
}

#ifdef ON_LOAD
__attribute__((constructor)) static void on_load(void) {
    ON_LOAD;
}
#endif

static const void *capability(const char *id) {
    (void)id;
    return NULL;
}

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    (void)host;
    (void)settings;
    *ret_instance = (void *)"instance";
    return ORXAQ_OK;
}

static void destroy(void *instance) {
    (void)instance;
}

static const orxaq_plugin plugin = {
    .struct_size = sizeof(orxaq_plugin),
    .magic = ORXAQ_PLUGIN_MAGIC,
    .abi_major = MAJOR,
    .abi_minor = ORXAQ_ABI_MINOR,
    .min_host_minor = 1,
    .layout = ORXAQ_LAYOUT,
    .id = PLUGIN_ID,
    .name = "Hostile",
    .version = "1.0",
    .vendor = "orxaq tests",
    .licence = "MIT",
    .summary = "Does one bad thing.",
    .capability = capability,
    .create = create,
    .destroy = destroy,
};

int32_t orxaq_plugin_query(const orxaq_host_abi *host, const orxaq_plugin **ret_plugin) {
#ifdef ON_QUERY
    ON_QUERY;
#endif
    *ret_plugin = &plugin;
#if defined(YES_MAN)
    (void)host;
    return ORXAQ_OK;
#elif defined(FUTURE)
    return host->abi_major == MAJOR ? ORXAQ_OK : ORXAQ_REFUSED_MAJOR;
#else
    return orxaq_host_fits(host, plugin.min_host_minor);
#endif
}
