/* tame.h: a plugin that does what a test tells it: provider, router and sink behind hooks. */
#ifndef TAME_H
#define TAME_H

#include <orxaq/orxaq.h>

typedef struct tame_hooks {
    int32_t (*create)(const orxaq_host *host, const orxaq_value *settings);
    int32_t (*open)(int32_t op, const void *args, const orxaq_events *events);
    int32_t (*next)(const orxaq_events *events, orxaq_effect *effect);
    int32_t (*feed)(const orxaq_events *events, const orxaq_feed *feed);
    void (*cancel)(const orxaq_events *events, int32_t reason);
    int32_t (*select)(const orxaq_route_request *request, const orxaq_plan *plan);
    int32_t (*feedback)(const orxaq_route_feedback *feedback);
    int32_t (*wants)(orxaq_view kind);
    uint64_t features;
    int opened, closed, destroyed, cancelled, asked_wants;
} tame_hooks;

extern tame_hooks tame;
extern const orxaq_host *tame_host;

/* The whole descriptor, to be copied and spoilt. */
extern const orxaq_plugin tame_plugin;
extern const orxaq_provider tame_provider;
extern const orxaq_router tame_router;
extern const orxaq_sink tame_sink;
extern const orxaq_job tame_job;

/* Answers with tame_descriptor, which is tame_plugin until a test changes it. */
extern orxaq_plugin tame_descriptor;
int32_t tame_query(const orxaq_host_abi *host, const orxaq_plugin **ret_plugin);

/* Everything back to the beginning: hooks that do nothing and succeed. */
void tame_reset(void);

#endif
