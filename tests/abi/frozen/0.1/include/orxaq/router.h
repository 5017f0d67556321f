/* orxaq/router.h: the capability "orxaq.router/1": who should do this task.
 *
 * A router is a plain function. It reads the task's features, the candidates that passed the host's
 * hard filters (enabled, allowed, healthy, able) and the budget, and writes a plan: the candidates
 * to try, in order, each with limits. It returns at once and does no effects; vectors a model-based
 * router needs are fetched by the host beforehand and arrive in the request.
 *
 * The host executes the plan and stays in charge: allow-lists, budgets and limits are enforced
 * again after the router returned, an attempt that breaks them is skipped. When the router fails,
 * names a candidate that does not exist, names none, or takes longer than its deadline, the host
 * uses its static rule instead and records that.
 *
 * For learning, select is told how the draw is to be made repeatable (`seed`), states with which
 * probability it took its first choice (`propensity`), and `feedback` says later what came of it.
 * Those three make it possible to judge another policy from recorded decisions.
 *
 * Numbers that are not known are -1. Prices are nano-USD per million tokens.
 */
#ifndef ORXAQ_ROUTER_H
#define ORXAQ_ROUTER_H

#include <orxaq/event.h>

#define ORXAQ_ROUTER_1 "orxaq.router/1"

/* The task, as far as a choice may depend on it. What the prompt will look like in the end is not
 * among it: routing on boilerplate is how routers fool themselves. [call] */
typedef struct orxaq_task_features {
    uint32_t struct_size;
    int32_t priority;
    int32_t attempt;   /* from 1 */
    int32_t last_kind; /* ORXAQ_KIND_* of the attempt before; -1 = none */
    orxaq_view task_id;
    orxaq_view owner;
    orxaq_view role; /* "build", "test", "review" or the operator's own word */
    orxaq_view title;
    orxaq_view text;         /* what is to be done, without the boilerplate of the prompt */
    orxaq_view model_wanted; /* asked for by task or operator; may be empty */
    int64_t prompt_tokens;   /* estimated */
    const float *embedding;  /* of `text`; NULL = none */
    uint32_t embedding_count;
    uint32_t reserved;
} orxaq_task_features;

/* One deployment: a model at an endpoint, reached through a provider. [call] */
typedef struct orxaq_candidate {
    uint32_t struct_size;
    uint32_t local; /* 1: nothing leaves the operator's machines */
    orxaq_view deployment;
    orxaq_view provider;
    orxaq_view model;
    orxaq_view account;
    uint64_t features; /* ORXAQ_CAN_* */
    int64_t context_tokens;
    int64_t input_price;
    int64_t output_price;
    int64_t in_flight;     /* calls running there now */
    int64_t limit;         /* how many it takes at present */
    int64_t calls;         /* finished calls the next three are computed from */
    int64_t success_ppm;   /* verified successes per million calls */
    int64_t latency_ns;    /* typical duration of a call */
    int64_t cost_nano_usd; /* typical cost of a call */
} orxaq_candidate;

/* What may still be spent, the smallest bound that applies; -1 = no bound. A plan beyond it is not
 * an error of the router, but its attempts will be skipped. [call] */
typedef struct orxaq_budget {
    uint32_t struct_size;
    uint32_t reserved;
    int64_t task_nano_usd;
    int64_t day_nano_usd;
    int64_t tokens;
    int64_t time_ns;
} orxaq_budget;

/* What is to be decided. The candidates come in the operator's order. [call] */
typedef struct orxaq_route_request {
    uint32_t struct_size;
    uint32_t candidate_count;
    const orxaq_task_features *task;
    const orxaq_candidate *candidates;
    const orxaq_budget *budget;
    uint64_t seed;       /* draw from this, and the same request gives the same plan */
    int64_t deadline_ns; /* select must have returned after so long */
} orxaq_route_request;

/* One entry of the plan. candidate is an index into the request's candidates. model: empty = the
 * candidate's own. Limits: 0 = the host's own. escalation 1: try this one only because the ones
 * before failed at the task itself, not because they were unreachable. */
typedef struct orxaq_route_attempt {
    uint32_t struct_size;
    uint32_t candidate;
    uint32_t escalation;
    uint32_t reserved;
    orxaq_view model;
    int64_t max_cost_nano_usd;
    int64_t max_tokens;
    int64_t timeout_ns;
} orxaq_route_attempt;

/* Why. reason is a short stable code such as "static_order"; propensity is the probability of the
 * first attempt under this policy, in (0, 1], 1 when nothing was drawn. */
typedef struct orxaq_route_reason {
    uint32_t struct_size;
    uint32_t reserved;
    orxaq_view objective; /* what was optimised: "order", "cost", "quality" ... */
    orxaq_view reason;
    double propensity;
} orxaq_route_reason;

/* Where the plan is written. At most 64 attempts; each candidate may appear more than once. */
typedef struct orxaq_plan orxaq_plan;
struct orxaq_plan {
    uint32_t struct_size;
    uint32_t reserved;
    int32_t (*attempt)(const orxaq_plan *plan, const orxaq_route_attempt *attempt);
    /* The policy's score of a candidate, chosen or not, for people and for learning. */
    int32_t (*score)(const orxaq_plan *plan, uint32_t candidate, double score, orxaq_view why);
    int32_t (*reason)(const orxaq_plan *plan, const orxaq_route_reason *reason);
};

/* What came of one attempt. verified: 1 the work passed the validations, 0 not, -1 not judged. */
typedef struct orxaq_route_feedback {
    uint32_t struct_size;
    int32_t kind; /* ORXAQ_KIND_* */
    int32_t verified;
    uint32_t reserved;
    orxaq_view task_id;
    orxaq_view deployment;
    orxaq_view model;
    orxaq_view reason; /* as the plan stated it */
    int64_t cost_nano_usd;
    int64_t tokens;
    int64_t duration_ns;
} orxaq_route_feedback;

/* select is required. feedback may be NULL; what it learns lives in the kv service, so that it is
 * still there after a restart. */
typedef struct orxaq_router {
    uint32_t struct_size;
    uint32_t reserved;
    int32_t (*select)(void *instance, const orxaq_route_request *request, const orxaq_plan *plan);
    int32_t (*feedback)(void *instance, const orxaq_route_feedback *feedback);
} orxaq_router;

#endif
