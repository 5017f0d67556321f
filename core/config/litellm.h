/* litellm.h: deployments that a LiteLLM configuration names, as providers (internal to
 * core/config).
 *
 * route.litellm_file is a YAML or JSON file of this shape:
 *
 *     model_list:
 *       - model_name: coder                      # the group: what tasks name as their owner
 *         litellm_params:
 *           model: openai/gpt-4o-mini            # PREFIX/MODEL; the prefix says whose API it is
 *           api_base: https://api.openai.com/v1  # may be left out where the prefix says it
 *           api_key: os.environ/OPENAI_API_KEY
 *           rpm: 60
 *     router_settings:
 *       routing_strategy: least-busy
 *       context_window_fallbacks: [{coder: [large]}]
 *
 * It is not read into anything of its own. Each row of model_list becomes an entry as `providers`
 * has them, with the plugin lmstudio, which speaks OpenAI's API; what router_settings say becomes
 * members of the entries of each group. Those entries are then resolved like all others: by the
 * table of keys, with the places of this file, under overlays and lanes. So nobody else needs to
 * know that there is such a file.
 *
 * Names. A deployment is called as model_info.id says, else endpoint_id, else GROUP, GROUP-2 and so
 * on; a name that is taken gets the next number. What is no letter, digit, '.', '_' or '-' becomes
 * '-'. The first deployment of a group serves the owners GROUP and its aliases.
 *
 * What cannot be a deployment of ours (a vendor with an API of its own, a model that makes
 * pictures, a pattern) is left out with a warning; what contradicts itself is an error. Members
 * that nothing here looks at are named once each.
 *
 * A key that stands in the file is kept as the value of a variable nobody else has, and shown
 * nowhere.
 *
 * Threads: as the loader.
 */
#ifndef ORX_CONFIG_LITELLM_H
#define ORX_CONFIG_LITELLM_H

#include "config/load.h"

#define ORX_LITELLM_MAX                                                                            \
    ORX_INSTANCES_MAX /* deployments, besides the providers of the config file */

typedef struct orx_litellm_row {
    const orx_node *node;  /* of model_list */
    const char *at;        /* "model_list[3]", for messages */
    const char *said;      /* model_name as it is written */
    const char *group;     /* as a name */
    const char *name;      /* of the provider */
    const orx_node *label; /* the value of model_name, for its place */
    orx_node *entry;       /* an object like an entry of `providers` */
} orx_litellm_row;

typedef struct orx_litellm {
    orx_loader *l;
    orx_arena *arena;
    const char *label; /* what messages call the file */
    const orx_node *doc;
    orx_map ignored;  /* members that were named */
    orx_map left_out; /* groups some rows of which are left out, as they are written */
    orx_litellm_row *rows;
    size_t count;
    int64_t weight_unit; /* what a weight of 1 becomes: weights may have fractions there */
} orx_litellm;

/* ---- litellm.c: the file --------------------------------------------------------------------- */

/* "config/litellm.yaml:7:5" */
const char *orx_litellm_where(const orx_litellm *m, const orx_node *node);

void orx_litellm_report(const orx_litellm *m, orx_severity severity, const orx_node *node,
                        const char *fmt, ...) ORX_PRINTF(4, 5);

/* Names the members of an object that are not among `known` ("a|b|c") once each. path: of the
 * object, for people. */
void orx_litellm_unknown(orx_litellm *m, const orx_node *object, const char *path,
                         const char *known);

/* A text as a name: what cannot be in one becomes '-'. */
const char *orx_litellm_name(const orx_litellm *m, orx_view text);

/* Whether the config file has a provider of this name. */
bool orx_litellm_is_own(const orx_litellm *m, const char *name);

/* A member that is there and not null, or NULL. */
const orx_node *orx_litellm_get(const orx_node *object, const char *key);

/* A setting of the router: of router_settings, else of litellm_settings, or NULL. */
const orx_node *orx_litellm_setting(const orx_litellm *m, const char *key);

/* Sets a member of an entry to a value that stands where `from` does. */
void orx_litellm_put(const orx_litellm *m, orx_node *entry, const char *key, orx_node *value,
                     const orx_node *from);

/* A number that is not negative and no more than `most`; false when it is something else, which is
 * then reported. path: of the value. */
bool orx_litellm_number(const orx_litellm *m, const orx_node *n, const char *path, double most,
                        double *ret);

/* ---- litellm_row.c: one deployment ----------------------------------------------------------- */

/* Fills the row's group and entry; false when it is left out or wrong, which was said. */
bool orx_litellm_row_read(orx_litellm *m, orx_litellm_row *row);

/* Lays what model_info.orxaq says over the entry: members of `providers` that LiteLLM has no words
 * for. Last of all, so that it counts. */
void orx_litellm_row_own(const orx_litellm *m, const orx_litellm_row *row);

/* ---- litellm_api.c: whose API a model has ---------------------------------------------------- */

typedef struct orx_litellm_api {
    const char *prefix;
    const char *base;   /* of the vendor; NULL = whoever has it says where */
    const char *secret; /* the variable of the vendor's key, or NULL */
} orx_litellm_api;

/* The API of a prefix, or NULL. */
const orx_litellm_api *orx_litellm_api_find(orx_view prefix);

/* Whether a prefix is one of LiteLLM's whose API is not OpenAI's. */
bool orx_litellm_api_foreign(orx_view prefix);

/* The API that a model without a prefix has by its name, or NULL. */
const orx_litellm_api *orx_litellm_api_guess(orx_view model);

/* ---- litellm_router.c: what the router's settings say of groups ------------------------------ */

void orx_litellm_router_apply(orx_litellm *m);

#endif
