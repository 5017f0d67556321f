/* local_fleet.h: the model servers of one's own, as config/local_model_fleet.json names them [K]:
 *
 *     endpoints[]           {id, base_url (with /v1), role, enabled, max_parallel, plain_http}
 *     target_models[]       models that should be there
 *     benchmark             {timeout_sec, max_tokens, temperature, models_per_endpoint, prompt}
 *     capability_scan       {enabled, timeout_sec, max_parallel_probe, success_rate_threshold,
 *                           latency_guard_ratio, probe_max_tokens, probe_temperature, probe_prompt,
 *                           preferred_models, complexity_preference, context_model_preference,
 *                           context_token_steps, context_probe_max_tokens}
 *     download_command_template
 *     watchdog              {restart_command, restart_cooldown_sec, restart_cooldown_max_sec,
 *                           startup_grace_sec, max_attempts, check_interval_sec, timeout_sec}
 *
 * `routing` and `benchmark.probe_ttl_sec` never meant anything and are not read. Numbers below
 * their floor are lifted to it, as the predecessor did; what has the wrong type is an error with
 * its line, since an endpoint that is left out by mistake is one that nobody misses.
 *
 * Servers of one's own want no key, but some want to see one: `lm-studio` is sent until a real one
 * is set. A real one goes over plain http to another machine only when the row says plain_http.
 *
 * Threads: any.
 */
#ifndef ORX_FLEET_LOCAL_FLEET_H
#define ORX_FLEET_LOCAL_FLEET_H

#include "config/config.h"
#include "fleet/ask.h"

#define ORX_LOCAL_ENDPOINTS_MAX 256
#define ORX_LOCAL_STEPS_MAX     16

typedef struct orx_local_endpoint {
    const char *id;
    const char *base_url; /* without a slash at its end */
    const char *root_url; /* the same without /v1: where the server's own API is */
    const char *role;
    const char *key; /* host:port (base/address.h) */
    bool enabled;
    bool plain_http;
    int64_t max_parallel;
} orx_local_endpoint;

typedef struct orx_local_bench {
    int64_t timeout_ns;
    int64_t max_tokens;
    double temperature;
    int64_t models_per_endpoint;
    const char *prompt;
} orx_local_bench;

typedef struct orx_local_scan {
    bool enabled;
    int64_t timeout_ns;
    int64_t max_parallel_probe;
    double success_rate;
    double latency_ratio;
    int64_t max_tokens;
    double temperature;
    const char *prompt;
    orx_strings preferred;  /* models for the parallel trials */
    orx_strings complexity; /* else the first model of these classes */
    orx_strings context_preferred;
    int64_t steps[ORX_LOCAL_STEPS_MAX];
    size_t step_count;
    int64_t context_max_tokens;
} orx_local_scan;

/* What the model watchdog may do (model_watch.h). */
typedef struct orx_local_watch {
    const char *restart_command; /* "" = none */
    int64_t cooldown_sec;
    int64_t cooldown_max_sec;
    int64_t grace_ns; /* between the command's end and the next look */
    int64_t max_attempts;
    int64_t check_sec;  /* so long after a good answer a model is not asked for a word */
    int64_t timeout_ns; /* of that word */
} orx_local_watch;

typedef struct orx_local_fleet {
    const char *config_path;
    orx_local_endpoint *items;
    size_t count;
    orx_strings targets;
    const char *download_command; /* "" = none */
    const char *api_key;          /* "" = none is set */
    orx_local_bench bench;
    orx_local_scan scan;
    orx_local_watch watch;
} orx_local_fleet;

/* Texts live in the arena and the document. */
int orx_local_fleet_read(const char *config_path, const orx_node *doc, orx_arena *arena,
                         orx_local_fleet *ret_fleet, orx_err *err);

/* A question to an endpoint: its key, its limit of time, the document of the answer kept. base is
 * base_url or root_url. */
orx_ask orx_local_ask(const orx_local_fleet *fleet, const orx_local_endpoint *e, const char *base,
                      const char *path, int64_t timeout_ns, orx_arena *arena);

/* [K] How hard the tasks are that a model is good for, by its name: 0 to 100, and the class of such
 * a score: deep_research, complex, standard, simple. */
int orx_model_complexity(const char *model);
const char *orx_model_class(int score);

/* Appends a text with ASCII letters in lower case. */
void orx_local_lower(const char *text, orx_str *out);

#endif
