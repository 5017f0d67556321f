/* config.h: what the operator wants, checked and typed.
 *
 * One value can be set in five places. The first that has it wins:
 *
 *     flag > process environment > env file (.env.autonomy) > config file > default
 *
 * For the runner of a lane there is a sixth between flags and environment: what the lane's spec
 * says (orx_config_lane), since it is about this lane and the environment about all.
 *
 * orx_config_load finds the root, reads both files, applies the places in that order, checks
 * everything against the table of schema.h and gives an orx_config: plain typed members for code
 * (cfg->retry.max_attempts), and a generic look-up that also knows where each value came from
 * (`config show --origin`). All problems are collected (diag.h), not only the first. Nothing is
 * changed or created; a root without any config file runs on defaults, which are the predecessor's.
 *
 * Root: --root, else $ORXAQ_ROOT, else the nearest directory from the working directory upwards
 * that holds orxaq.yaml, config/orxaq.yaml (or .json), .env.autonomy, or the predecessor's
 * config/tasks.json, config/lanes.json or config/skill_protocol.json; else the working directory
 * (root_found is then false). Config file: ROOT/orxaq.yaml, else ROOT/config/orxaq.yaml, else the
 * same with .json.
 *
 * Paths become absolute. In flags they are relative to the working directory, everywhere else to
 * the root. "~/" is the home directory. A path may begin with ${root}, ${artifacts_dir} or
 * ${state_dir}; the defaults of most artifact files do, so they follow `paths.artifacts_dir`.
 *
 * Environment text [K]: an empty variable counts as not set (for optional paths and texts: as
 * "none"). Booleans are 1 true yes on / 0 false no off, case-blind; other words are errors except
 * where the predecessor gave them a meaning. Numbers below a predecessor's floor are raised to it.
 *
 * Providers: when the config names none, codex, gemini and claude exist, mapped to the plugins of
 * these names with the predecessor's variables, so that a predecessor's root works. Whether a
 * plugin exists is not checked here: that matters only when a task needs it.
 *
 * route.litellm_file names further providers, in the shape of LiteLLM's configuration (litellm.h).
 *
 * Secrets: the config holds names of variables, never values. Values are handed out only by
 * orx_config_secret and orx_config_env_for_child, and appear in no message.
 *
 * Threads: an orx_config is read-only after loading and may be read by several threads.
 */
#ifndef ORX_CONFIG_CONFIG_H
#define ORX_CONFIG_CONFIG_H

#include "base/arena.h"
#include "config/diag.h"
#include "config/schema.h"
#include "data/doc.h"
#include "data/zone.h"
#include "platform/platform.h"

/* A list of texts; items is NULL-terminated and never NULL. */
typedef struct orx_strings {
    const char *const *items;
    size_t count;
} orx_strings;

/* The order is that of the words in the schema. */
typedef enum orx_profile {
    ORX_PROFILE_STANDARD,
    ORX_PROFILE_HIGH,
    ORX_PROFILE_EXTRA_HIGH
} orx_profile;
typedef enum orx_jitter { ORX_JITTER_NONE, ORX_JITTER_FULL } orx_jitter;
typedef enum orx_restart_word {
    ORX_RESTART_WORD_NO,
    ORX_RESTART_WORD_ON_SUCCESS,
    ORX_RESTART_WORD_ON_FAILURE,
    ORX_RESTART_WORD_ON_ABNORMAL,
    ORX_RESTART_WORD_ALWAYS
} orx_restart_word;
typedef enum orx_isolation { ORX_ISOLATION_IN_PLACE, ORX_ISOLATION_WORKTREE } orx_isolation;
typedef enum orx_sandbox { ORX_SANDBOX_VENDOR, ORX_SANDBOX_HOST, ORX_SANDBOX_NONE } orx_sandbox;
typedef enum orx_tool_calls {
    ORX_TOOL_CALLS_AUTO,
    ORX_TOOL_CALLS_NATIVE,
    ORX_TOOL_CALLS_TEXT
} orx_tool_calls;
typedef enum orx_run_command {
    ORX_RUN_COMMAND_SHELL,
    ORX_RUN_COMMAND_LIST,
    ORX_RUN_COMMAND_OFF
} orx_run_command;
typedef enum orx_unknown_price {
    ORX_UNKNOWN_PRICE_DENY,
    ORX_UNKNOWN_PRICE_WARN,
    ORX_UNKNOWN_PRICE_ASSUME
} orx_unknown_price;
typedef enum orx_missing_cost {
    ORX_MISSING_COST_ALLOW,
    ORX_MISSING_COST_WARN,
    ORX_MISSING_COST_DENY
} orx_missing_cost;
typedef enum orx_rate_alarm {
    ORX_RATE_ALARM_OFF,
    ORX_RATE_ALARM_WARN,
    ORX_RATE_ALARM_PAUSE
} orx_rate_alarm;
typedef enum orx_price_tier {
    ORX_PRICE_TIER_STANDARD,
    ORX_PRICE_TIER_BATCH,
    ORX_PRICE_TIER_PRIORITY
} orx_price_tier;
typedef enum orx_strategy { /* route/strategy.h */
                            ORX_STRATEGY_ORDER,
                            ORX_STRATEGY_SHUFFLE,
                            ORX_STRATEGY_LEAST_BUSY,
                            ORX_STRATEGY_LATENCY,
                            ORX_STRATEGY_COST,
                            ORX_STRATEGY_USAGE,
                            ORX_STRATEGY_PRIORITY,
                            ORX_STRATEGY_LOCAL_FIRST,
                            ORX_STRATEGY_INHERIT /* of a provider: route.strategy */
} orx_strategy;
typedef enum orx_log_level {
    ORX_LOG_ERROR,
    ORX_LOG_WARN,
    ORX_LOG_INFO,
    ORX_LOG_DEBUG
} orx_log_level;

/* One configured provider: providers.<name>. */
typedef struct orx_provider_config {
    const char *name;
    const char *where;  /* "orxaq.yaml:4:3", where its entry begins; "default" without one */
    const char *file;   /* absolute; where its settings stand; NULL = in none */
    const char *plugin; /* module name; default: the provider's name */
    bool enabled;
    const char *model;        /* NULL = the plugin's choice */
    const char *router_name;  /* `model` when that was router-NAME-THRESHOLD; then model is NULL */
    orx_strings models;       /* further candidates, tried in order */
    const orx_node *settings; /* an object for the plugin's own schema; never NULL */
    const char *secret;       /* name of the variable that holds it, or NULL */
    orx_strings env_pass;     /* variables passed to this provider's processes */
    orx_sandbox sandbox;
    bool plain_http;       /* its plugin's requests may leave this machine without TLS */
    const char *ca_file;   /* absolute; trusted by them instead of the system's; or NULL */
    bool routed;           /* routers may give it the tasks of others */
    bool relay;            /* its program speaks to its server through us; see run/relay.h */
    const char *repo;      /* absolute: repos.impl, repos.test or a path of its own */
    int64_t rank;          /* among equals in selection; smaller first */
    int64_t timeout_ns;    /* 0 = agent.timeout */
    int64_t max_parallel;  /* calls of one of its models at once; 0 = route.max_parallel */
    int64_t rpm;           /* requests a minute to one of its models; 0 = any number */
    int64_t tpm;           /* tokens a minute, likewise */
    const char *group;     /* providers of one group do each other's tasks; NULL = none */
    int64_t weight;        /* its share of them; 0 = by rpm or tpm */
    orx_strategy strategy; /* orx_config_strategy */
    int64_t tier;          /* among those of a group smaller first, whatever the strategy */
    int64_t max_tries;     /* of its group in an attempt; 0 = any number */
    orx_strings fallbacks; /* for its own tasks; orx_config_fallbacks, likewise below */
    orx_strings context_fallbacks;
    orx_strings content_fallbacks;
    int64_t cooldown_ns;   /* 0 = route.cooldown */
    int64_t allowed_fails; /* 0 = route.allowed_fails */
    int64_t input_price;   /* nano-USD for a million tokens; -1 = the price files know */
    int64_t output_price;
    bool has_price;          /* both are stated */
    orx_strings owners;      /* task owners served besides its own name */
    const char *prompt_file; /* start-up prompt of the role; NULL = none. May be missing on disk */
    const char *account;     /* that is billed; default: the provider's name */
    orx_price_tier price_tier;
    int64_t watts; /* 0 = its tokens are paid for */
    /* Only for a model behind an endpoint, which works through our own tools. */
    int64_t max_steps;
    orx_tool_calls tool_calls;
    int64_t context_tokens; /* 0 = as the server says */
    orx_run_command run_command;
    orx_strings allow_commands; /* with ORX_RUN_COMMAND_LIST */
    int64_t command_timeout_ns;
    bool network;           /* for its commands */
    const char *stands_for; /* local-only mode: the provider whose tasks this endpoint does (see
                               local.h); NULL = a configured one */
} orx_provider_config;

/* One entry of plugins: exactly one of path and name is set. */
typedef struct orx_plugin_config {
    const char *name;
    const char *path; /* absolute */
    bool enabled;
    const char *sha256;       /* 64 lower-case hex digits, or NULL */
    const orx_node *settings; /* never NULL */
    const char *where;        /* "config/orxaq.yaml:40:5", for messages */
} orx_plugin_config;

/* One router instance: routers.<name>. */
typedef struct orx_router_config {
    const char *name;
    const char *plugin;       /* default: the router's name */
    const orx_node *settings; /* never NULL */
} orx_router_config;

/* One entry of caps: exactly one of lane, provider and account is set. 0 = no such cap. */
typedef struct orx_cap_config {
    const char *name;
    const char *lane;
    const char *provider;
    const char *account;
    int64_t hourly; /* nano-USD */
    int64_t daily;
    int64_t monthly;
} orx_cap_config;

/* One entry of services, or a built-in one (services.c). Exactly one of every and cron is set. */
typedef struct orx_service_config {
    const char *name;
    bool enabled;        /* false: it runs only when somebody asks */
    int64_t every_ns;    /* from the start of a run to that of the next; 0 = cron says when */
    const char *cron;    /* base/cron.h takes it; NULL = every_ns says when */
    orx_strings command; /* at least one word; the word orxaq stands for this program */
    int64_t timeout_ns;  /* for one run; 0 = any time */
    int64_t memory_max;  /* of one run; 0 = any, likewise the next */
    int64_t tasks_max;
} orx_service_config;

typedef struct orx_config {
    const char *root;        /* absolute, without symbolic links */
    bool root_found;         /* false: nothing marked it as a root */
    const char *config_file; /* absolute; NULL = none was there */
    const char *config_name; /* the same as messages show it, "config/orxaq.yaml" */
    const char *env_file;    /* absolute; NULL = none was there */
    const char *overlay;     /* the name of the one that lies over it, or NULL */

    int64_t version;
    const char *lane;         /* "" = primary */
    const orx_node *lane_env; /* texts that every child of the lane gets, or NULL */
    bool lane_spec;           /* the lane has a spec, so all paths are its own */
    orx_strings lane_after;   /* ids of the lanes it depends on */
    bool recovery;            /* deadlock recovery */
    orx_strings env_pass;     /* passed to every child, beyond the built-in list */
    orx_strings path_append;  /* appended to PATH of every child when missing there */

    struct {
        const char *impl;
        const char *test;
    } repos;

    /* All absolute; NULL only where marked. */
    struct {
        const char *artifacts_dir;
        const char *state_dir; /* journal, segments, locks of ours */
        const char *tasks_file;
        const char *objective_file;
        const char *state_file; /* [K] projection of the task states */
        const char *heartbeat_file;
        const char *lock_file;
        const char *log_file;
        const char *runner_pid_file;
        const char *supervisor_lock_file;
        const char *supervisor_pid_file;
        const char *conversation_log_file;
        const char *handoff_dir;
        const char *metrics_file;
        const char *metrics_summary_file;
        const char *pricing_file;
        const char *prices_file;           /* may be missing on disk, as the one above */
        const char *task_queue_file;       /* NULL = no queue */
        const char *task_queue_state_file; /* NULL without a queue; default QUEUE.claimed.json */
        const char *dependency_state_file; /* NULL = none */
        const char *skill_protocol_file;
        const char *mcp_context_file; /* NULL = none */
        const char *codex_schema;
        const char *lanes_file;
        const char *lanes_runtime_dir;
        const char *worktrees_dir;
        const char *routellm_policy_file;
        const char *privilege_policy_file;
        const char *capacity_state_file;
        const char *capacity_log_file;
        const char *fleet_status_file; /* may be missing on disk */
    } paths;

    struct {
        int64_t max_cycles;
        int64_t idle_sleep_ns;
        bool continuous;
        int64_t continuous_recycle_delay_ns;
        orx_profile execution_profile;
        orx_strings owner_filter; /* empty = all owners */
        const char *router;       /* name of a routers entry; NULL = the core's static rule */
        bool local_only;
        bool codex_filter_models;
    } run; /* as set; orx_config_effective_run adds what the profile forces */

    struct {
        bool persistent; /* wait for new queue entries instead of ending */
        int64_t max_claimed;
        const char *backlog_terms; /* NULL = the built-in ones */
    } queue;

    struct {
        int64_t max_attempts;
        int64_t max_retryable;
        int64_t backoff_base_ns;
        int64_t backoff_max_ns;
        int64_t flat_delay_ns; /* 0 = not set: base, at least 5 s and at most 60 s */
        orx_jitter jitter;
    } retry;

    struct {
        int64_t same_call; /* 0 = rule off, likewise below */
        int64_t same_work;
        int64_t spend_factor;
        int64_t spend_samples; /* at least so many calls make a usual one */
    } no_progress;

    struct {
        orx_strings commands;
        int64_t retries;
        int64_t timeout_ns;
    } validation;

    struct {
        int64_t timeout_ns;
        int64_t idle_timeout_ns;       /* 0 = none */
        int64_t first_byte_timeout_ns; /* 0 = none */
        int64_t output_max;            /* bytes, both streams of one call */
        int64_t grace_ns;              /* between TERM and KILL */
        bool resume;                   /* a retry goes on in the session before */
    } agent;

    struct {
        orx_isolation isolation;
        const char *base; /* NULL = the checkout's commit */
        orx_strings protected_branches;
        int64_t lock_stale_ns;
        bool auto_push;
        int64_t auto_push_interval_ns;
        const char *author; /* "Name <mail>"; NULL = the repository's own identity */
    } git;

    struct {
        const char *public_key; /* of whoever may grant elevation; NULL = nobody may */
    } breakglass;

    struct {
        orx_strings allowed_paths;   /* globs relative to the repository; empty = everything */
        orx_strings forbidden_paths; /* beats allowed_paths */
        int64_t max_changed_files;   /* 0 = no limit, likewise below */
        int64_t max_deleted_files;
        int64_t max_binary_bytes;
    } scope;

    struct {
        orx_unknown_price unknown_price;
        int64_t assumed_price; /* nano-USD for a million tokens */
        int64_t kwh_price;     /* nano-USD, 0 = not known */
        const char *timezone;
        const orx_zone *zone; /* that one; NULL = UTC */
    } money;

    struct {
        int64_t daily; /* nano-USD, 0 = no cap, likewise below */
        int64_t monthly;
        int64_t hourly;
        int64_t lane_daily; /* each lane that has no entry in caps */
        int64_t lane_monthly;
        int64_t lane_hourly;
        int64_t task;    /* each, in all its attempts */
        int64_t attempt; /* each */
        orx_missing_cost on_missing_cost;
        orx_rate_alarm rate_alarm;
        double warning_ratio; /* between 0 and 1; what was set and does not lie there is 0.8 */
        bool hard_stop;
        int64_t call_reserve;
    } budget;

    struct {
        bool enabled;
        const char *url; /* NULL = the policy file's */
        int64_t timeout_ns;
        bool plain_http;          /* to other machines */
        orx_strings codex_models; /* behind those of the policy */
    } routellm;

    struct {
        int64_t max_parallel;
        int64_t recovery;
        int64_t cooldown_ns;
        int64_t cooldown_max_ns;
        int64_t allowed_fails; /* 0 = any number */
        bool kill_switch;      /* nobody asks a router or the routing service */
        const char *shadow;    /* a router that is asked and not obeyed; NULL = none */
        int64_t shadow_ns;     /* that it may take */
        int64_t embed_ns;      /* that the vector of a task may take */
        orx_strategy strategy; /* for the static order */
        int64_t deadline_ns;   /* for all calls of an attempt together; 0 = none */
        /* "PROVIDER/MODEL" or "PROVIDER": who is asked when the plan comes to nothing. */
        orx_strings fallbacks;
        orx_strings context_fallbacks; /* ... since the prompt does not fit */
        orx_strings content_fallbacks; /* ... since the model declined */
        const char *litellm_file;      /* absolute; further providers; NULL = none */
    } route;

    struct { /* money in nano-USD; 0 = none */
        bool enabled;
        const char *decision_file;
        int64_t max_age_ns; /* 0 = decisions stay good */
        int64_t min_npv;
        int64_t daily_budget;
        int64_t max_parallel_agents;
        int64_t max_subagents;
        int64_t subagents;
        int64_t task_value;
        int64_t delay_cost;
        int64_t lane_cost;
        int64_t horizon_days;
        double discount_rate;
        double uncertainty;
        int64_t min_outcomes;
        double min_pass_rate;
    } scaling;

    struct {
        orx_strings base_urls;
        const char *base_url;
        bool include_fleet;
        const char *api_key; /* name of the variable */
        bool strict_model;
        int64_t max_tokens;
        const char *max_tokens_by_endpoint; /* as local.h reads it, or NULL */
        bool dynamic_max_tokens;
        double context_fraction; /* as set; used between 0.1 and 1 */
        int64_t models_ttl_ns;
        int64_t health_ttl_ns;
        int64_t cooldown_ns;
        int64_t cooldown_max_ns;
    } local;

    struct {
        int64_t keep_days;
        int64_t keep_bytes;
    } journal;

    struct {
        int64_t keep_days;
        int64_t keep_bytes;
    } recording;

    struct {
        orx_restart_word policy;
        int64_t delay_ns;
        int64_t max_delay_ns;
        orx_jitter jitter;
        int64_t max_failures; /* 0 = any number, likewise crash_limit */
        int64_t healthy_ns;   /* 0 = never */
        int64_t crash_limit;
        int64_t crash_window_ns;
    } restart;

    struct {
        int64_t memory_max; /* 0 = any, likewise the next */
        int64_t tasks_max;
    } limits;

    struct {
        int64_t heartbeat_stale_ns;
        int64_t start_timeout_ns; /* 0 = none, likewise below */
        int64_t drain_timeout_ns;
        int64_t stop_timeout_ns;
    } supervisor;

    struct {
        orx_log_level level;
        int64_t max_bytes;
        int64_t max_age_ns;
        int64_t keep;
    } log;

    orx_provider_config *providers; /* by rank, then name; disabled ones too */
    size_t provider_count;
    orx_plugin_config *plugins; /* in the order of the file */
    size_t plugin_count;
    orx_router_config *routers; /* by name */
    size_t router_count;
    orx_cap_config *caps; /* by name */
    size_t cap_count;
    orx_service_config *services; /* by name, the built-in ones among them */
    size_t service_count;

    struct orx_config_state *state; /* the arena, the values with origins, the environment */
} orx_config;

/* ---- Loading ------------------------------------------------------------------------------- */

/* A flag as given: name without dashes ("max-attempts", also "no-continuous"); value NULL for a
 * switch. */
typedef struct orx_flag_value {
    const char *name;
    const char *value;
} orx_flag_value;

/* What a lane says beyond the configuration. The document has the shape of the config file; its
 * nodes keep the lines of the file they came from, which label names. Members of maps
 * (providers.NAME.settings) are added to those that are there; everything else replaces. */
typedef struct orx_config_lane {
    const orx_node *doc; /* object; paths in it are relative to the root */
    const char *label;
    const orx_node *env; /* object of texts: they beat the environment and reach every child; or
                            NULL */
    orx_strings after;   /* ids of the lanes it depends on; they outlive the configuration */
} orx_config_lane;

typedef struct orx_config_options {
    const char *root;        /* --root, or NULL */
    const char *cwd;         /* absolute working directory; NULL = ask the platform */
    const char *env_file;    /* --env-file, or NULL; must exist when given */
    const char *config_file; /* --config, or NULL; must exist when given */
    const orx_flag_value *flags;
    size_t flag_count;
    bool strict;                 /* unknown keys are errors */
    const orx_config_lane *lane; /* or NULL; must outlive the configuration */
    const char *overlay;         /* --overlay, or NULL */
    const char *overlay_text;    /* what it says while the root has no file of it, or NULL */
} orx_config_options;

/* Loads everything. options may be NULL. diags (may be NULL) gets every warning and error; when
 * there is an error the call fails with the first one in err and *ret_cfg is untouched:
 * ORX_E_USAGE when it is about a flag, else ORX_E_INVALID. Free the result with orx_config_free. */
int orx_config_load(orx_platform *p, const orx_config_options *options, orx_config **ret_cfg,
                    orx_diags *diags, orx_err *err);

/* NULL is fine. */
void orx_config_free(orx_config *cfg);

/* ORX_CLEANUP(orx_config_freep) orx_config *cfg = NULL; */
void orx_config_freep(orx_config **cfg);

/* Only the first step: the absolute root for `given` (--root or NULL), as orx_config_load finds it.
 * *ret_found tells whether something marks it as a root. Both in the arena. */
int orx_config_find_root(orx_platform *p, const char *given, const char *cwd, orx_arena *arena,
                         const char **ret_root, bool *ret_found, orx_err *err);

/* ---- Values and their origins -------------------------------------------------------------- */

typedef enum orx_origin_kind {
    ORX_ORIGIN_DEFAULT,
    ORX_ORIGIN_CONFIG,
    ORX_ORIGIN_ENV_FILE,
    ORX_ORIGIN_ENV,
    ORX_ORIGIN_OVERLAY,
    ORX_ORIGIN_LANE_SPEC,
    ORX_ORIGIN_FLAG
} orx_origin_kind;

typedef struct orx_config_value {
    const char *path; /* with the instance name: "providers.codex.model" */
    const orx_config_key *key;
    bool set; /* false: no value (an optional text or path that is not given) */
    union {
        bool b;
        int64_t i; /* INT; DURATION in ns; SIZE in bytes; ENUM and SWITCH: index or 0/1 */
        double d;
        const char *s;
        orx_strings list;
        const orx_node *map;
    } u;
    orx_origin_kind origin;
    const char *where; /* "default", "config/orxaq.yaml:3:5", ".env.autonomy:7 (NAME)", "NAME",
                          "--max-attempts" */
} orx_config_value;

/* The value of a full path ("retry.max_attempts", "providers.codex.plugin"), or NULL when there is
 * no such key. */
const orx_config_value *orx_config_get(const orx_config *cfg, const char *path);

/* All values in the order of the reference, instances by name; NULL behind the last. */
const orx_config_value *orx_config_value_at(const orx_config *cfg, size_t i);

/* Appends a value as a person would write it into the config file: 30s, 64MiB, [make lint, make
 * test], "" for none. Members of maps whose name looks like a secret are shown as "(hidden)". */
void orx_config_value_text(const orx_config_value *v, orx_str *out);

/* The same as a document node (durations and sizes as text), for JSON output. */
orx_node *orx_config_value_node(const orx_config_value *v, orx_arena *arena);

/* ---- Providers ----------------------------------------------------------------------------- */

/* The enabled provider that serves a task owner: by name, then by `owners`. NULL = unknown owner.
 */
const orx_provider_config *orx_config_provider(const orx_config *cfg, const char *owner);

/* The strategy for the tasks of a provider: its own, else route.strategy. */
orx_strategy orx_config_strategy(const orx_config *cfg, const orx_provider_config *p);

/* Every owner that some enabled provider serves, sorted: what orx_task_load wants. */
const char *const *orx_config_owners(const orx_config *cfg);

/* ---- The execution profile ------------------------------------------------------------------ */

/* [K] Environment and lane values: standard, high, extra_high, with extra-high, extrahigh and xhigh
 * for the last; anything else is high. Case-blind, trimmed. */
orx_profile orx_profile_of_env(orx_view text);

/* [K] The flag: standard, default, normal; high; extra-high, extrahigh, extra_high, xhigh; anything
 * else is standard. */
orx_profile orx_profile_of_flag(orx_view text);

const char *orx_profile_name(orx_profile profile);

/* What a run does after the profile had its say. [K] high changes nothing; extra_high forces
 * continuous, persistent queue, continuation and at least 1,000,000,000 cycles. */
typedef struct orx_effective_run {
    int64_t max_cycles;
    bool continuous;
    bool queue_persistent; /* meaningful only with a queue file */
    bool force_continuation;
    bool assume_full_autonomy;
} orx_effective_run;

void orx_config_effective_run(const orx_config *cfg, orx_effective_run *ret_run);

/* ---- The environment ------------------------------------------------------------------------ */

/* A variable as orxaq sees it: process environment, else env file; NULL = unset. */
const char *orx_config_env(const orx_config *cfg, const char *name);

/* [K] Whether this is a key: not NULL, not empty, and no placeholder (replace_me...). */
bool orx_secret_is_set(const char *value);

/* The value of a provider's secret, or NULL: none configured or none that orx_secret_is_set. Never
 * log it. */
const char *orx_config_secret(const orx_config *cfg, const orx_provider_config *provider);

typedef struct orx_child_env {
    const orx_provider_config *provider; /* NULL: a validation, git or tool process */
    const orx_node *lane_env;            /* object of texts; NULL = the configuration's */
    const char *const *extra; /* "NAME=value", NULL-terminated, wins over everything; may be NULL */
} orx_child_env;

/* Composes the complete environment of a child, "NAME=value", sorted, NULL-terminated, in the
 * arena. In rising precedence:
 *   1. PATH (with path_append behind it), HOME USER SHELL LANG LC_* TZ TMPDIR XDG_* SSL_CERT_* and
 *      *_proxy, and the names of env_pass and of the provider's env_pass, from the process or the
 *      env file;
 *   2. lane_env;
 *   3. [K] CI=1 TERM=dumb GIT_TERMINAL_PROMPT=0 ... (runner overlay), so that nothing waits for a
 *      person and output is plain;
 *   4. the provider's own secret under its own name (lane_env's when it has one);
 *   5. extra.
 * A variable that is any configured provider's secret reaches only that provider, whatever env_pass
 * or lane_env say. Fails on names that cannot be variables and on values with NUL. */
int orx_config_env_for_child(const orx_config *cfg, const orx_child_env *what, orx_arena *arena,
                             const char *const **ret_env, orx_err *err);

#endif
