/* endpoints.h: the endpoints that a LiteLLM-shaped configuration names.
 *
 * `config/litellm_swarm_router.json`: model_list[], of which each row with litellm_params.api_base
 * is an endpoint to look at:
 *
 *     provider             lower-cased; openai_compatible
 *     endpoint_id          the provider
 *     healthcheck_path     /v1/models (gemini: /v1beta/models); "" = /v1/models
 *     healthcheck_auth     none, bearer, x-api-key, query-key; bearer when there is a key, else
 * none healthcheck_headers  further headers required             true api_key_env          the
 * variable that holds the key api_key              LiteLLM's own: os.environ/NAME is as good as
 * api_key_env plain_http           false; true = the key may travel in the clear
 *
 * Rows that agree in all of these are one endpoint that serves several models. A row that cannot be
 * understood is an error with its line: an endpoint that is left out by mistake would be one that
 * nobody misses.
 *
 * Threads: any.
 */
#ifndef ORX_FLEET_ENDPOINTS_H
#define ORX_FLEET_ENDPOINTS_H

#include "base/vec.h"
#include "data/doc.h"
#include "fleet/ask_request.h"

typedef struct orx_endpoint {
    const char *id;
    const char *provider;
    const char *base; /* without a slash at its end */
    const char *path;
    const char *key_env; /* "" = none is named */
    const char *key;     /* its value; NULL = there is none */
    const char *auth_word;
    orx_ask_auth auth;
    bool required;
    bool plain_http;
    orx_ask_header headers[ORX_ASK_HEADERS_MAX];
    size_t header_count;
    orx_node *models; /* names, each once */
} orx_endpoint;

typedef ORX_VEC(orx_endpoint) orx_endpoints;

/* Where a configuration comes from, and where keys are. */
typedef struct orx_endpoint_source {
    const char *config_path;                          /* as messages show it */
    const char *(*env)(const char *name, void *user); /* the value of a variable, NULL = not set */
    void *user;
} orx_endpoint_source;

/* Appends the endpoints of a document in the order of their ids. What they point to lives in the
 * arena and the document. ORX_E_INVALID: it names none, or a member is wrong; ORX_E_LIMIT: more
 * than ORX_ASK_COUNT_MAX. */
int orx_endpoints_read(const orx_endpoint_source *source, const orx_node *doc, orx_arena *arena,
                       orx_endpoints *out, orx_err *err);

/* ---- For other readers of such files --------------------------------------------------------- */

/* A text without white space around it; left out or null = otherwise. */
int orx_endpoint_text(const char *config_path, const orx_node *row, const char *key,
                      const char *otherwise, orx_arena *arena, const char **ret, orx_err *err);

/* A truth as the predecessor wrote them: true, a number, 1 true yes on, 0 false no off. Left out or
 * null = otherwise; other words are refused, since whoever misspells `required` should hear of it.
 */
int orx_endpoint_truth(const char *config_path, const orx_node *row, const char *key,
                       bool otherwise, bool *ret, orx_err *err);

/* The name of a variable, "" = none. Something else (a key that was put there by mistake) is
 * refused without being repeated. */
int orx_endpoint_variable(const char *config_path, const orx_node *row, const char *key,
                          orx_arena *arena, const char **ret, orx_err *err);

#endif
