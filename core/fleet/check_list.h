/* check_list.h: the providers of a file, asked, for the reports of check.h. */
#ifndef ORX_FLEET_CHECK_LIST_H
#define ORX_FLEET_CHECK_LIST_H

#include "base/vec.h"
#include "fleet/check.h"

typedef struct orx_listed {
    const char *name;
    const char *kind;
    const char *lane;
    const char *base;
    const char *path;    /* of the models */
    const char *key_env; /* "" = none */
    bool required;
    bool plain_http;
    /* Filled by orx_listing_ask. */
    const char *base_shown;
    const char *url;    /* as it may be shown; "" = not asked */
    const char *error;  /* "" = none */
    const char *status; /* "up", "down", "skipped" */
    int64_t latency_ns; /* -1 = none to tell */
} orx_listed;

typedef ORX_VEC(orx_listed) orx_listing;

/* What the two kinds of files differ in. */
typedef struct orx_listing_rules {
    const char *lane; /* default of `lane` */
    const char *path; /* default of `models_path`; its own is not read when with_keys is off */
    const char *user_agent;
    bool with_keys;
} orx_listing_rules;

/* Appends the providers of a list. ORX_E_INVALID with file and line. */
int orx_listing_read(const orx_check *c, const orx_listing_rules *rules, const orx_node *list,
                     orx_arena *arena, orx_listing *out, orx_err *err);

/* Asks all and fills the rest. */
void orx_listing_ask(orx_platform *p, const orx_check *c, const orx_listing_rules *rules,
                     orx_listing *list, orx_arena *arena);

bool orx_listed_up(const orx_listed *l);

/* latency_ms: a number with 3 decimals, or null. */
orx_node *orx_listed_latency(orx_arena *arena, const orx_listed *l);

#endif
