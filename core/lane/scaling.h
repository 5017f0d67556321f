/* scaling.h: which lanes of a group may run together.
 *
 * Lanes with `scaling_mode: npv` form groups (`scaling_group`, else "OWNER:default"). Of a group
 * the first lane by (scaling_rank, id) always may run; how many more may says the decision file [K]
 * that `orxaq route scale` or another program writes (route/scaling.h). A lane whose tasks are all
 * done takes no place, nor does one that could not start in any case, so that the next one is not
 * kept waiting for nothing.
 *
 * The file may ask for what it likes: the operator's limits hold. Each of them is a gate with a
 * reason of its own, and with any reason the group is back to one lane. A file that is missing, no
 * object, or lacks its figures is such a reason, too. `groups.NAME` in the file goes before what
 * stands at its top, for groups that share one.
 *
 * This is the one place where scaling decisions enter: orx_lanes_plan asks for the slots, and all
 * that starts lanes asks the plan.
 *
 * Threads: any, on separate arenas.
 */
#ifndef ORX_LANE_SCALING_H
#define ORX_LANE_SCALING_H

#include "lane/lane.h"

#define ORX_LANE_REASONS 12

/* Whether tasks may have been added to a lane since its runner last looked. */
bool orx_lane_has_news(orx_platform *p, const orx_lane *lane);

typedef struct orx_lane_group {
    const char *name;
    const char *decision_file; /* of several the first by name */
    bool several_files;
    const orx_lane **members; /* that have a place, by rank and id */
    size_t count;
    double min_npv_usd;          /* the largest of its lanes */
    double daily_budget_usd;     /* the smallest that is not 0; 0 = none */
    int64_t max_parallel_agents; /* the smallest, likewise below */
    int64_t max_subagents;
} orx_lane_group;

/* Whether some lane is in a group at all. */
bool orx_lanes_any_npv(const orx_lanes *lanes);

/* The groups by name, in the arena; what takes part says the input of a plan. */
const orx_lane_group *orx_lanes_groups(const orx_lanes *lanes, const orx_lane_plan_input *in,
                                       orx_arena *arena, size_t *ret_count);

/* What a decision asks for. A figure that is none is NAN. */
typedef struct orx_lane_wanted {
    bool read; /* there is a decision; otherwise nothing below is known */
    const char *word;
    bool approved;
    bool stop_loss;
    double npv;
    double lanes;
    double subagents;
    double projected;
    double budget;       /* 0 = none */
    double max_parallel; /* HUGE_VAL = not stated, likewise below */
    double max_subagents;
} orx_lane_wanted;

typedef struct orx_lane_gate {
    int64_t allowed; /* lanes, at least 1 */
    const char *reasons[ORX_LANE_REASONS];
    size_t count;
    orx_lane_wanted wanted;
} orx_lane_gate;

/* What a decision allows a group. decision NULL: there is no file; enabled: scaling.enabled.
 * Reasons are constant texts. */
void orx_lane_gate_of(const orx_lane_group *group, bool enabled, bool there,
                      const orx_node *decision, orx_lane_gate *ret_gate);

/* Reads the group's file and asks orx_lane_gate_of. */
void orx_lane_gate_read(const orx_lane_plan_input *in, const orx_lane_group *group,
                        orx_arena *arena, orx_lane_gate *ret_gate);

/* The place of one lane. */
typedef struct orx_lane_slot {
    const char *group; /* NULL: it is in none */
    int64_t slot;      /* from 1; 0 = it takes none */
    int64_t allowed;   /* places of its group */
    const char *code;  /* why it may not run: the gate's first reason; NULL = it may */
    const char *text;  /* the same for a person */
} orx_lane_slot;

/* The groups with their gates and all places. */
typedef struct orx_lane_scaling {
    const orx_lane_group *groups; /* by name */
    const orx_lane_gate *gates;   /* one for each */
    size_t count;
    const orx_lane_slot *slots; /* one for each lane, in the order of the file */
} orx_lane_scaling;

/* In the arena. */
orx_lane_scaling orx_lanes_scaling(const orx_lanes *lanes, const orx_lane_plan_input *in,
                                   orx_arena *arena);

/* Its places alone. */
const orx_lane_slot *orx_lanes_slots(const orx_lanes *lanes, const orx_lane_plan_input *in,
                                     orx_arena *arena);

/* [K] The block `scaling` of lanes-start and lanes-ensure (scaling_show.c): each group with what
 * its decision asks for, what the limits are and what it is allowed, and each lane (only: that one)
 * with its place. Without a decision its figures are null; one that it leaves out is what the gate
 * takes for it. In the arena. */
orx_node *orx_lanes_scaling_node(const orx_lanes *lanes, const orx_lane_plan_input *in,
                                 const orx_lane_scaling *scaling, orx_arena *arena);

#endif
