/* rig.h: the plugin, linked in, behind the real host services on a simulated machine; and weights
 * that were trained on a small made-up world. */
#ifndef RIG_H
#define RIG_H

#include "synth.h"

#include "data/json.h"
#include "platform/sim/sim.h"
#include "plugin/instance.h"
#include "plugin/registry.h"
#include "plugin/route.h"
#include "test.h"

typedef struct rig {
    orx_arena arena;
    orx_arena scratch; /* of plans and their texts */
    orx_str log;       /* what the plugin logged, line by line */
    uint64_t seed;     /* of the next plan */
    orx_sim *sim;
    orx_plugins *all;
    orx_plugin plugin;
    orx_instance *instance;
    synth *world;
    rl_set set;
} rig;

/* For group setup and teardown: *state is the rig, with rows of 2,000 tasks. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* The document of weights trained with the rig's rows and seed 1. */
const char *rig_weights(rig *r, int router);

/* Makes the instance with settings in JSON, %s in it being the next of the texts given. NULL, or
 * the message with which they are refused. */
const char *rig_settings(rig *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One document in JSON as a tree, NULL when it is none. */
const orx_node *rig_parse(rig *r, const char *text);

/* The plan for a task with this text, and candidates written "MODEL=COST ..." (COST in nano-USD, -1
 * = unknown): their models in the order of the plan; "!" and the message when there is none. */
const char *rig_plan(rig *r, const orxaq_task_features *task, const char *offered,
                     orx_plan *ret_plan);

#endif
