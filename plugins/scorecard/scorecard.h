/* scorecard.h: the inside of the plugin "scorecard": the predecessor's way to choose a model [K].
 *
 * A policy file lists for each provider which models may be used, and what is thought of each: its
 * price, its speed, its quality. From the task's text follows an objective (cost and speed,
 * balanced, quality), from that and the profile three weights, and the model with the highest
 * weighted sum is taken. Nothing is learned; the same question always has the same answer.
 *
 * All that depends on the policy alone is computed when the instance is made: a question then costs
 * a look through its text, and a few multiplications for each model.
 *
 *   scorecard.c  descriptor, settings, instance
 *   policy.c     the policy file
 *   read.c       values as the predecessor read them
 *   names.c      names whose case does not matter
 *   number.c     rounding
 *   text.c       what a text says about a task
 *   objective.c  objectives and their weights
 *   rank.c       scores and ranks
 *   decide.c     which model, in the predecessor's order of rules
 *   answer.c     the decision as the predecessor's JSON (orxaq.responder/1)
 *   plan.c       the decision as a plan (orxaq.router/1)
 *
 * Threads: the host's.
 */
#ifndef SCORECARD_H
#define SCORECARD_H

#include <orxaq/orxaq.h>

/* What the answers look like and mean, as the predecessor called it [K]. */
#define SC_VERSION "local-intelligent-v2"

enum { SC_COST, SC_SPEED, SC_QUALITY, SC_WEIGHTS };

typedef enum sc_objective {
    SC_NO_OBJECTIVE = -1,
    SC_COST_SPEED,
    SC_BALANCED,
    SC_FOR_QUALITY,
    SC_OBJECTIVES
} sc_objective;

/* ---- names.c --------------------------------------------------------------------------------- */

/* A text without the white space around it. */
orxaq_view sc_trim(orxaq_view text);

/* Whether two texts are the same but for the case of ASCII letters. */
int sc_same(orxaq_view a, orxaq_view b);

/* Numbers of names, found whatever their case. Zeroed is empty. */
typedef struct sc_names {
    struct sc_slot *slots; /* open addressing, at most half full */
    uint32_t cap;          /* a power of two */
} sc_names;

#define SC_NOT_FOUND UINT32_MAX

/* Room for count names. ORXAQ_E_MEMORY. */
int32_t sc_names_reserve(sc_names *names, uint32_t count);
uint32_t sc_names_find(const sc_names *names, orxaq_view name);
/* Gives a name the number, also one that has another already. The view is kept. There must be room.
 */
void sc_names_put(sc_names *names, orxaq_view name, uint32_t number);
void sc_names_free(sc_names *names);

/* ---- number.c -------------------------------------------------------------------------------- */

/* The double next to x with so many decimals (4, 6 or 8), half to even: what the predecessor's
 * language called round. */
double sc_round(double x, int decimals);

/* ---- read.c ---------------------------------------------------------------------------------- */

/* A number, a text that is one, a switch as 1 or 0; everything else, and what is not finite, is 0.
 */
double sc_number(const orxaq_json_service *json, const orxaq_value *value);

/* Booleans; numbers that are not 0; 1 true yes on, 0 false no off; anything else is `otherwise`. */
int sc_truth(const orxaq_json_service *json, const orxaq_value *value, int otherwise);

/* The text of a member without white space around it, "" when it is missing or no text. */
orxaq_view sc_text(const orxaq_json_service *json, const orxaq_value *map, const char *key);

/* ---- policy.c -------------------------------------------------------------------------------- */

/* A model as one provider's list and the catalogue describe it. */
typedef struct sc_model {
    orxaq_view name; /* as the list spells it */
    double input;    /* USD for a million tokens */
    double output;
    double blended;
    double speed; /* tokens a second */
    double quality;
    double context; /* tokens; 0 = not known */
    int local;
    double score[SC_WEIGHTS]; /* its place between the worst (0) and the best (1) of the list */
} sc_model;

/* One row of a ranking. */
typedef struct sc_rank {
    uint32_t model; /* number in the list */
    double score;   /* rounded, as it is shown and compared */
    double exact;   /* before that, and before the penalty */
    double quality;
    double penalty; /* for a context that is too small */
} sc_rank;

/* What tasks are to the scores of models. */
typedef enum sc_band { SC_EASY, SC_MIDDLING, SC_HARD, SC_BANDS } sc_band;

typedef struct sc_provider {
    orxaq_view name;
    int enabled;
    int respects; /* takes the requested model when it is allowed */
    orxaq_view fallback;
    sc_objective objective; /* by default */
    double weights[SC_OBJECTIVES][SC_WEIGHTS];
    sc_model *models;
    uint32_t count;
    sc_names index;
    sc_rank *ranked[SC_OBJECTIVES][SC_BANDS]; /* count of each: what fits every window; rank.c */
    sc_rank *ranks; /* count of them: of the last decision that needed its own; begin of the room */
    double roomy;   /* so many tokens are no matter to any model; -1 = any number */
    uint32_t *offered; /* count of them, for plan.c */
} sc_provider;

typedef struct sc_policy {
    sc_provider *providers;
    uint32_t count;
} sc_policy;

/* Reads a policy. Texts are views of the tree, which must live as long. strong: the profile.
 * ORXAQ_E_INVALID: it is no map. */
int32_t sc_policy_read(const orxaq_json_service *json, const orxaq_value *root, int strong,
                       sc_policy *policy);
void sc_policy_free(sc_policy *policy);

/* The provider of this name, or NULL. */
sc_provider *sc_policy_find(const sc_policy *policy, orxaq_view name);

/* ---- text.c ---------------------------------------------------------------------------------- */

/* Whether a text, whatever its case, holds a word that makes a task easy or hard. */
typedef struct sc_markers {
    int low;
    int high;
} sc_markers;
sc_markers sc_text_markers(orxaq_view text);

/* How hard a text reads, 0 to 100, and how many tokens it has, roughly [K]. */
double sc_text_difficulty(orxaq_view text);
double sc_text_tokens(orxaq_view text);

/* ---- objective.c ----------------------------------------------------------------------------- */

/* A question. */
typedef struct sc_question {
    orxaq_view requested; /* a model; may be empty */
    orxaq_view prompt;
    double difficulty; /* 0 to 100 */
    double tokens;     /* whole, not negative */
    sc_objective target;
    int strong;
} sc_question;

const char *sc_objective_name(sc_objective objective);
/* Whatever its case; SC_NO_OBJECTIVE for a word that is none. */
sc_objective sc_objective_of(orxaq_view name);

/* What is to be optimised, with the provider's own wish. */
sc_objective sc_objective_choose(const sc_question *q, sc_objective by_default);

/* The weights of an objective from those the operator gave (NAN-free; negative ones count as 0),
 * under a profile: they add up to 1. */
void sc_weights(const double given[SC_WEIGHTS], int strong, double weights[SC_WEIGHTS]);
/* The weights to begin with. */
const double *sc_weights_default(sc_objective objective);

/* ---- rank.c ---------------------------------------------------------------------------------- */

/* Makes the rankings of a provider whose models and weights are read. ORXAQ_E_MEMORY. */
int32_t sc_rank_prepare(sc_provider *p, int strong);

/* All models, best first; valid until the next question. */
const sc_rank *sc_rank_models(sc_provider *p, const sc_question *q, sc_objective objective);

/* ---- decide.c -------------------------------------------------------------------------------- */

typedef enum sc_rule {
    SC_PROVIDER_DISABLED,
    SC_NO_ALLOWED_MODELS,
    SC_RESPECT_REQUESTED_MODEL,
    SC_SCORE_RANKED_SELECTION
} sc_rule;

typedef struct sc_decision {
    sc_rule rule;
    sc_objective objective; /* only when it was scored */
    orxaq_view model;       /* may be empty */
    orxaq_view fallback;    /* as the policy writes it */
    int requested_allowed;
    const double *weights; /* only when it was scored, likewise below */
    const sc_rank *ranks;  /* all models of the provider, best first */
} sc_decision;

/* provider NULL: the policy does not know it. */
sc_decision sc_decide(sc_provider *provider, const sc_question *q);

/* The code of a rule: "provider_disabled". */
const char *sc_rule_name(sc_rule rule);

/* ---- The instance ---------------------------------------------------------------------------- */

typedef struct scorecard {
    const orxaq_host *host;
    const orxaq_json_service *json;
    const orxaq_log_service *log;
    sc_policy policy;
    int strong;
    /* Room of plan.c, kept from one task to the next. */
    char *text;
    uint64_t text_cap;
    unsigned char *done;
    uint32_t done_cap;
} scorecard;

/* answer.c and plan.c: the functions of the two capabilities. */
int32_t sc_answer(void *instance, const orxaq_value *question, const orxaq_reply *reply);
int32_t sc_select(void *instance, const orxaq_route_request *request, const orxaq_plan *plan);

#endif
