/* scaling.h: what `orxaq route scale` gathers, decides and writes.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_SCALING_H
#define ORX_CLI_SCALING_H

#include "cli/cli.h"
#include "lane/scaling.h"
#include "route/scaling.h"

/* A model that could do the work of a group. */
typedef struct orx_scaling_model {
    const char *deployment;
    orx_npv_work work;
    bool predicted;        /* the pass rate: by learned weights; otherwise measured */
    bool used;             /* the one with the most outcomes: others are compared with it */
    const char *problem;   /* why nothing can be said, or NULL */
    orx_npv_margin margin; /* of giving it the queue instead of the one that is used */
} orx_scaling_model;

typedef struct orx_scaling_group {
    const orx_lane_group *lanes;
    bool of_root;        /* pass rate, cost and time are those of the whole root */
    double priced;       /* outcomes whose cost is known */
    const char *routing; /* orx_routing_state */
    orx_scaling_facts facts;
    orx_scaling_choice choice;
    orx_scaling_model *models; /* the one that is used first */
    size_t model_count;
} orx_scaling_group;

typedef struct orx_scaling_report {
    orx_scaling_group *groups; /* by name */
    size_t count;
    const char *prediction_error; /* why no weights were asked though there are some, or NULL */
} orx_scaling_report;

/* Reads the root and decides for each of its groups (scaling_facts.c). c->store is open. */
int orx_scaling_report_make(orx_cli *c, orx_scaling_report *ret_report, orx_err *err);

/* The decision of one group [K], with why (scaling_doc.c); in the arena. */
orx_node *orx_scaling_group_node(orx_cli *c, const orx_scaling_group *g);

#endif
