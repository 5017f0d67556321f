/* lane.h: lanes as the operator wrote them down, and what follows from it.
 *
 * A lane is a queue of its own with its own runner, repositories, model and files. The lanes of a
 * root stand in one file, config/lanes.json as the predecessor had it [K] (a list, or an object
 * with `lanes`), or the same in YAML. orx_lanes_load reads all of it and checks every value against
 * one table of fields (fields.c); each problem is reported with its place, and the lane it belongs
 * to is marked and left out, so that one bad entry never hides the others.
 *
 * A lane's spec becomes a configuration by orx_lane_overrides: a document in the shape of the
 * config file that is laid between environment and flags (config.h). Nothing else in orxaq knows
 * the spec: a runner of a lane is a runner with another configuration.
 *
 * Claims. `exclusive_paths` says which part of the repository a lane has for itself. Two enabled
 * lanes with overlapping claims on one repository do not run together: the one with the better
 * priority does, the other is refused by name. The claim becomes the lane's scope.allowed_paths,
 * and the claims of the others its scope.forbidden_paths, so that every attempt's diff is checked
 * against them. A lane without a claim may change what nobody claimed. Two lanes that work in the
 * same checkout (isolated_worktree: false) are refused in any case, as is one beside the primary
 * runner.
 *
 * Lanes as units of the supervisor: units.h. What they are doing: status.h.
 *
 * Files: load.c (the file), fields.c (one entry), relations.c (ids, dependencies between lanes),
 * claims.c (whether claims overlap), overrides.c (spec to configuration), plan.c (what would
 * start), show.c (the predecessor's document).
 *
 * Threads: any, on separate objects.
 */
#ifndef ORX_LANE_LANE_H
#define ORX_LANE_LANE_H

#include "config/config.h"

#define ORX_LANES_MAX 10000

/* One entry of the file. Texts live in the arena of orx_lanes_load; paths are absolute. */
typedef struct orx_lane {
    const char *id;
    const char *where;   /* "config/lanes.json:4:5" */
    const char *problem; /* why it cannot be used: the first thing that is wrong; NULL = sound */
    const orx_node *entry;
    bool enabled;
    const char *owner; /* lower case */
    const char *name;
    const char *description;
    int64_t priority; /* smaller first */
    const char *impl_repo;
    const char *test_repo;
    const char *repo; /* that of the two in which its owner works, or the owner's own */
    const char *tasks_file;
    const char *objective_file;
    const char *schema_file;
    const char *skill_protocol_file;
    const char *pricing_file;
    const char *routellm_policy_file;
    const char *scaling_decision_file;
    const char *mcp_context_file; /* NULL = none */
    const char *dependency_state_file;
    const char *handoff_dir;
    const char *runtime_dir; /* A/lanes/ID */
    const char *artifacts_dir;
    const char *state_file;
    const char *heartbeat_file;
    const char *lock_file;
    const char *conversation_log_file;
    const char *metrics_file;
    const char *metrics_summary_file;
    const char *task_queue_file;
    const char *task_queue_state_file;
    const char *worktree_root;
    bool routellm_enabled;
    const char *routellm_url; /* NULL = none */
    int64_t routellm_timeout_sec;
    const char *codex_cmd; /* NULL = the configuration's, as all below */
    const char *gemini_cmd;
    const char *claude_cmd;
    const char *codex_model;
    const char *gemini_model;
    const char *claude_model;
    orx_strings gemini_fallback_models;
    const char *cmd; /* the same for whatever provider the owner is */
    const char *model;
    orx_strings fallback_models;
    const char *router;
    const orx_node *env; /* object of texts; never NULL */
    orx_strings validate_commands;
    orx_strings exclusive_paths; /* as written */
    orx_strings depends_on;      /* ids of lanes whose tasks have to be done first */
    int execution_profile;       /* orx_profile */
    int64_t max_cycles;
    int64_t max_attempts;
    bool continuous;
    int64_t continuous_recycle_delay_sec;
    int64_t memory_max; /* bytes; 0 = as much as there is, likewise the next */
    int64_t tasks_max;
    bool isolated_worktree;
    const char *worktree_base_ref;
    const char *scaling_mode; /* "static" or "npv" */
    const char *scaling_group;
    int64_t scaling_rank;
    double scaling_min_marginal_npv_usd;
    double scaling_daily_budget_usd;
    int64_t scaling_max_parallel_agents;
    int64_t scaling_max_subagents_per_agent;
} orx_lane;

typedef struct orx_lanes {
    const char *file;  /* absolute */
    const char *label; /* as messages call it */
    bool there;
    orx_lane *items; /* in the order of the file; those with a problem, too */
    size_t count;
} orx_lanes;

/* ---- Reading (load.c) ------------------------------------------------------------------------ */

/* Reads the lanes file of a root; cfg is the configuration of the root itself and gives the
 * defaults. A file that is missing is no lanes. Everything wrong is added to diags (never NULL):
 * an unreadable file, a wrong shape, and for each lane what its `problem` begins with. Fails only
 * when memory or disk do. cfg and arena outlive the result. */
int orx_lanes_load(orx_platform *p, const orx_config *cfg, orx_arena *arena, orx_diags *diags,
                   orx_lanes *ret_lanes, orx_err *err);

/* [K] The lane of that name: exactly, else the only one that differs in case alone. ORX_E_NOT_FOUND
 * (the message begins "Unknown lane id '"), ORX_E_CONFLICT: several, all named. A lane with a
 * problem is found, too. */
int orx_lanes_find(const orx_lanes *lanes, const char *name, const orx_lane **ret_lane,
                   orx_err *err);

/* ---- Claims (claims.c) ----------------------------------------------------------------------- */

/* Whether some path can lie under both claims. A claim is a path or a pattern with * ** and ?,
 * relative to the repository, and holds everything below what it names. */
bool orx_claims_overlap(const char *a, const char *b);

/* The first overlapping pair of two lanes that share a repository: the texts as written. */
bool orx_lane_claims_overlap(const orx_lane *a, const orx_lane *b, const char **ret_a,
                             const char **ret_b);

/* Whether their owners work in one repository. */
bool orx_lanes_share_repo(const orx_lane *a, const orx_lane *b);

/* ---- What would start (plan.c) --------------------------------------------------------------- */

typedef struct orx_lane_verdict {
    const orx_lane *lane;
    bool start;
    const char *code;      /* "ready"; else lane_config, disabled, missing_tasks_file, missing_repo,
                              no_repository, waits_for_lane, claim_conflict, checkout_conflict,
                              or the reason of the gate that holds it back (scaling.h) */
    const char *text;      /* the same for a person */
    const orx_lane *other; /* the lane that is in the way, or NULL */
} orx_lane_verdict;

typedef struct orx_lane_plan_input {
    orx_platform *p;
    const orx_config *cfg; /* of the root */
    /* Whether every task of a lane is done. */
    bool (*is_done)(const char *lane, void *user);
    void *user;
    const orx_lane *only; /* [K] this one may start although it is not enabled; NULL = all */
} orx_lane_plan_input;

/* One verdict per lane, in the order of the file. Of lanes that exclude each other the one with the
 * better priority starts, among equals the first of the file. Everything lives in the arena. */
const orx_lane_verdict *orx_lanes_plan(const orx_lanes *lanes, const orx_lane_plan_input *input,
                                       orx_arena *arena);

/* For each lane whether it has what it needs and waits for none: it would start if it were alone.
 * In the arena. */
const bool *orx_lanes_able(const orx_lanes *lanes, const orx_lane_plan_input *input,
                           orx_arena *arena);

/* Whether b keeps a from running beside it, and why. Lanes of which one waits for the other do not
 * exclude each other: they never have work at the same time. */
bool orx_lanes_exclude(const orx_lane *a, const orx_lane *b, orx_arena *arena,
                       const char **ret_code, const char **ret_text);

/* All lanes by priority, then in the order of the file; NULL behind the last. */
const orx_lane **orx_lanes_ordered(const orx_lanes *lanes, orx_arena *arena);

/* [K] A lane as the predecessor's document shows it. Values in env whose names look like secrets
 * are hidden. */
orx_node *orx_lane_node(const orx_lane *lane, orx_arena *arena);

/* Whether the value of a variable of that name is hidden. */
bool orx_lane_is_secret(orx_view name);

/* ---- As a configuration (overrides.c) -------------------------------------------------------- */

/* What loading the configuration of this lane's runner has to lay over the root's. Lives in the
 * arena. cfg: the configuration of the root. */
void orx_lane_overrides(const orx_lanes *lanes, const orx_lane *lane, const orx_config *cfg,
                        orx_arena *arena, orx_config_lane *ret_overrides);

#endif
