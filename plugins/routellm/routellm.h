/* routellm.h: the inside of the plugin "routellm": who should do a task, learned from what passed.
 *
 * RouteLLM's idea (lm-sys/RouteLLM) without a network and without Python: a small model looks at
 * the text of a task and predicts for every model how probable it is that its work passes. The
 * cheapest model that is good enough gets the task. Four such routers are here:
 *
 *   mf      matrix factorisation over an embedding of the text: a vector for each model
 *   sw      similarity-weighted ranking: what happened on the most similar recorded tasks, as a
 *           Bradley-Terry model fitted for this one task
 *   linear  logistic regression on cheap features of the text
 *   random  a draw; the yardstick
 *
 * All of them speak in logits, one number per model: sigmoid(s[m]) is the probability that m's work
 * passes, sigmoid(s[a] - s[b]) that a's answer is preferred to b's. The two kinds of recorded data,
 * outcomes and preferences, therefore train the same numbers.
 *
 *   num.c        random numbers, dot products, sigmoid
 *   embed.c      the built-in embedding: hashed n-grams, 256 dimensions
 *   features.c   the cheap features
 *   set.c        recorded rows, their texts made vectors; what is held out
 *   mf.c sw.c linear.c   training and scoring
 *   descend.c    what the training of mf and linear has in common
 *   model.c      scores by whichever router a model is of
 *   calibrate.c  thresholds for a share, a cost or a quality
 *   worth.c      what a passed task has to be worth for a share of the best model's quality
 *   choose.c     scores and costs -> an order of candidates; exploration
 *   name.c       "router-mf-0.11593"
 *   coding.c     base64, checksum
 *   pack.c       a model as bytes
 *   weights.c    the weights document
 *   settings.c   the operator's settings
 *   select.c     the capability orxaq.router/1
 *   drift.c      the alarm when shares are not what they should be
 *   learn.c      training and predicting, the capability orxaq.responder/1
 *   routellm.c   descriptor and instance
 *
 * Those before weights.c know nothing of the host; they compute. Threads: the host's.
 */
#ifndef ROUTELLM_H
#define ROUTELLM_H

#include <orxaq/orxaq.h>

#include <stddef.h>
#include <stdint.h>

#define RL_DIMS         256  /* of the built-in embedding */
#define RL_DIMS_MAX     4096 /* of any other */
#define RL_FEATURES     16
#define RL_MODELS_MAX   256
#define RL_REFS_MAX     4096                /* texts that sw remembers, */
#define RL_REFS_BYTES   ((uint32_t)4 << 20) /* dimensions of all of them together, */
#define RL_RESULTS_MAX  131072              /* and results on them */
#define RL_NAME_MAX     256
#define RL_TEXT_MAX     ((size_t)64 * 1024) /* of a text, what is looked at */
#define RL_NONE         UINT32_MAX
#define RL_THRESHOLDS   101 /* points of a calibration: shares of 0 %, 1 % ... 100 % */
#define RL_WORTHS       101 /* points of the table of worths */
#define RL_HELD_OUT     5   /* one of so many texts is held out */
#define RL_SET_ROWS_MAX 2000000

enum { RL_MF = 0, RL_SW = 1, RL_LINEAR = 2, RL_RANDOM = 3, RL_ROUTERS = 4 };

/* ---- num.c ----------------------------------------------------------------------------------- */

/* SplitMix64: small, good enough, the same everywhere. */
uint64_t rl_next(uint64_t *state);
double rl_uniform(uint64_t *state); /* [0, 1) */
double rl_normal(uint64_t *state);
/* 64 bits that depend on all bits of the bytes and of the seed. */
uint64_t rl_hash(const char *bytes, size_t len, uint64_t seed);

double rl_sigmoid(double x);
/* The inverse, with p kept away from 0 and 1. */
double rl_logit(double p);
float rl_dot(const float *a, const float *b, uint32_t n);
/* a += scale * b */
void rl_add_scaled(float *a, const float *b, float scale, uint32_t n);
/* Makes the length 1; a vector of zeros stays one. */
void rl_unit(float *v, uint32_t n);
int rl_all_finite(const float *v, size_t n);
void rl_shuffle(uint32_t *items, uint32_t n, uint64_t *state);

/* ---- embed.c --------------------------------------------------------------------------------- */

/* The built-in embedding of a text (title and body), version 1: words, pairs of neighbouring words
 * and the three-letter parts of words are hashed to one of RL_DIMS places with a sign each; length
 * 1. A text without words gives zeros. */
void rl_embed(const char *title, size_t title_len, const char *text, size_t text_len,
              float out[RL_DIMS]);

/* ---- features.c ------------------------------------------------------------------------------ */

extern const char *const rl_feature_names[RL_FEATURES];

/* attempt counts from 1: that a task failed before says something about it. */
void rl_features(const char *title, size_t title_len, const char *text, size_t text_len,
                 int32_t attempt, float out[RL_FEATURES]);

/* ---- set.c ----------------------------------------------------------------------------------- */

/* A recorded row. b == RL_NONE: an outcome, label is the quality of a's work in [0, 1] (1 =
 * passed). Otherwise a preference: label 1 = a's answer was preferred, 0 = b's, 0.5 = neither. */
typedef struct rl_row {
    uint32_t text;
    uint32_t a;
    uint32_t b;
    float label;
    float attempt;
    double cost; /* nano-USD, < 0 = not known */
} rl_row;

/* Rows, and each different text once. {0} is empty; dims is set by the first text. */
typedef struct rl_set {
    uint32_t dims;
    int embedded; /* vectors came with the rows, not from rl_embed */
    uint32_t text_count;
    uint32_t text_cap;
    uint32_t row_count;
    uint32_t row_cap;
    uint32_t model_count;
    char *names[RL_MODELS_MAX];
    float *vectors;      /* text_count * dims */
    float *features;     /* text_count * RL_FEATURES, of attempt 1 */
    uint64_t *hashes;    /* of the texts */
    unsigned char *held; /* 1: the text is held out */
    rl_row *rows;
    uint32_t *slots; /* hash table of texts */
    uint32_t slot_count;
} rl_set;

typedef struct rl_sample {
    const char *title;
    size_t title_len;
    const char *text;
    size_t text_len;
    const char *model; /* and other: names, other_len 0 for an outcome */
    size_t model_len;
    const char *other;
    size_t other_len;
    double label;
    int32_t attempt;
    double cost;
    const float *vector; /* NULL: rl_embed */
    uint32_t vector_len;
} rl_sample;

/* Why rl_set_add refused a row. */
enum {
    RL_ADDED = 0,
    RL_BAD_MODEL = -1,  /* a name that is empty or too long, or twice the same */
    RL_BAD_LABEL = -2,  /* not in [0, 1] */
    RL_BAD_VECTOR = -3, /* another length than before, or not finite */
    RL_TOO_MANY = -4,   /* models or rows */
    RL_NO_MEMORY = -5,
    RL_DAMAGED = -6 /* rl_unpack: the bytes are no model */
};
int rl_set_add(rl_set *set, const rl_sample *sample);

/* Draws which texts are held out. All rows of a text, and so all of its retries, fall on one side.
 */
void rl_set_hold_out(rl_set *set, uint64_t seed);
void rl_set_free(rl_set *set);
/* In words, for a message. */
const char *rl_set_problem(int code);

/* ---- the model ------------------------------------------------------------------------------- */

/* One recorded result on a text that sw remembers. */
typedef struct rl_result {
    uint32_t ref;
    uint32_t a;
    uint32_t b; /* RL_NONE: an outcome */
    float label;
} rl_result;

/* Row i: what follows from taking a passed task to be worth so much. All columns but strong grow
 * with i. Means over held-out texts, by what is predicted for them. */
typedef struct rl_worths {
    int there;
    double alone;            /* how often the strong model passes when it gets every task */
    double worth[RL_WORTHS]; /* nano-USD for each task that passes */
    double cost[RL_WORTHS];  /* nano-USD per task */
    double quality[RL_WORTHS];
    double strong[RL_WORTHS]; /* share of tasks that go to the strong model */
} rl_worths;

typedef struct rl_calibration {
    int there;
    uint32_t weak; /* the cheapest */
    uint32_t strong;
    uint32_t count;   /* texts it was made from */
    uint32_t checked; /* held-out texts it was checked with */
    double check;     /* strong share there at the threshold for 30 % */
    /* Row i is the choice that sends i % to the strong model. cost: nano-USD per task, -1 =
     * unknown.
     */
    double threshold[RL_THRESHOLDS];
    double cost[RL_THRESHOLDS];
    double quality[RL_THRESHOLDS];
    rl_worths worths;
} rl_calibration;

/* What was learned. {0} is empty. */
typedef struct rl_model {
    int router;
    int embedded; /* needs vectors of the provider they were trained with: */
    char *source; /* PROVIDER/MODEL, NULL = nobody said who made them */
    uint32_t dims;
    uint32_t model_count;
    char *names[RL_MODELS_MAX];
    double bias[RL_MODELS_MAX]; /* logit of the rate at which the model passes */
    double cost[RL_MODELS_MAX]; /* mean, nano-USD; -1 = not known */
    float *vectors;             /* mf: model_count * dims */
    float *weights;             /* linear: model_count * RL_FEATURES */
    float mean[RL_FEATURES];
    float scale[RL_FEATURES];
    float *refs; /* sw: ref_count * dims */
    uint32_t ref_count;
    uint32_t result_count;
    rl_result *results; /* sorted by ref */
    double sharpness;   /* sw: how fast weights fall with the distance */
    double prior;       /* sw: weight of what is known without the text */
    uint32_t rows;      /* it was trained from */
    uint32_t texts;
    double loss;      /* mean log loss on what was held out, */
    double base_loss; /* and that of knowing only each model's rate */
    rl_calibration calibration;
} rl_model;

/* What a score is computed from. */
typedef struct rl_input {
    const float *vector;   /* of dims; mf and sw */
    const float *features; /* linear */
    uint64_t seed;         /* random */
} rl_input;

/* Logits of all models. work: rl_work_size(model) doubles for the router's own use. */
size_t rl_work_size(const rl_model *model);
void rl_score(const rl_model *model, const rl_input *input, double *work, double *ret_logits);

/* The input for one row of a set; features of the row's attempt are put into features. */
rl_input rl_row_input(const rl_set *set, const rl_row *row, float features[RL_FEATURES]);

/* Mean log loss over the rows that are (not) held out. */
double rl_loss(const rl_model *model, const rl_set *set, int held, uint32_t max_rows);

/* Which vectors the scores come from: the source, "" when nobody said, "built-in", or "none" for a
 * router that looks at no vector. */
const char *rl_model_embedding(const rl_model *model);

/* Trains a model of this router. The set has its held-out texts drawn. Deterministic: the same set
 * and seed give the same model, bit for bit on one machine. 0 or RL_NO_MEMORY. */
int rl_train(int router, const rl_set *set, uint64_t seed, rl_model *ret_model);
void rl_model_free(rl_model *model);

/* ---- descend.c ------------------------------------------------------------------------------- */

/* Stochastic gradient descent. step learns from one row, fold makes *now of what was learned so
 * far; *best becomes the *now that did best on what is held out. Both have vectors or weights of
 * their own. It ends after so many epochs, so many epochs that were no better, or so many steps. */
typedef struct rl_descent {
    const rl_set *set;
    rl_model *now;
    rl_model *best;
    void *fit;
    void (*step)(void *fit, const rl_row *row);
    void (*fold)(const void *fit, rl_model *now);
    uint32_t epochs;
    uint32_t patience;
    uint64_t steps;
} rl_descent;

/* The order of the rows is drawn from *random. 0 or RL_NO_MEMORY. */
int rl_descend(const rl_descent *d, uint64_t *random);

/* ---- mf.c, sw.c, linear.c -------------------------------------------------------------------- */

int rl_mf_train(const rl_set *set, uint64_t seed, rl_model *model);
void rl_mf_score(const rl_model *model, const rl_input *input, double *ret_logits);
int rl_sw_train(const rl_set *set, uint64_t seed, rl_model *model);
size_t rl_sw_work(const rl_model *model);
void rl_sw_score(const rl_model *model, const rl_input *input, double *work, double *ret_logits);
int rl_linear_train(const rl_set *set, uint64_t seed, rl_model *model);
void rl_linear_score(const rl_model *model, const rl_input *input, double *ret_logits);

/* ---- calibrate.c ----------------------------------------------------------------------------- */

/* The probability that the strong model's work is preferred to the weak one's. */
double rl_win_rate(double strong_logit, double weak_logit);

/* The threshold at which this share of the win rates is at or above it, as near as ties allow:
 * sorted is ascending. */
double rl_share_threshold(const double *sorted, uint32_t n, double share);

/* Fills model->calibration from the set: thresholds from the texts that are held out (the model has
 * not seen them), one half; the share is checked with the other half. The strong model is the one
 * that passes most often, the weak one the cheapest of the others. What counts is the choice among
 * all models (rl_rule): with many, the strong one gets what none of the cheaper ones is good enough
 * for. */
int rl_calibrate(rl_model *model, const rl_set *set);

enum {
    RL_TARGET_NONE = 0,
    RL_TARGET_SHARE = 1,
    RL_TARGET_COST = 2,
    RL_TARGET_QUALITY = 3,
    RL_TARGET_KEEP = 4,
    RL_BY_THRESHOLD = 5 /* none of them: the settings or the task name one */
};

/* The threshold that reaches a target: a share of strong calls in [0, 1]; at most so many nano-USD
 * per task; at least this mean quality. What cannot be reached gives the nearest. *ret_share is the
 * share of strong calls to be expected. */
double rl_target_threshold(const rl_calibration *c, int target, double value, double *ret_share);

/* ---- choose.c -------------------------------------------------------------------------------- */

typedef struct rl_arm {
    double logit;
    double cost; /* nano-USD; HUGE_VAL = not known */
    int64_t calls;
    uint32_t index;  /* among the candidates */
    uint32_t strong; /* 1: win rates are those of this one */
} rl_arm;

/* How much quality may be given up for a lower cost. threshold >= 0: the cheapest arm over which
 * the strong one's win rate is below it, else the strong one: RouteLLM's rule, for any number of
 * models. A win rate equal to the threshold takes the strong one. Without an arm that is marked as
 * strong it is the best. Otherwise worth > 0 (nano-USD for a task that passes): the arm of which
 * most is left when its cost is taken from what it is expected to bring. Neither: the cheapest arm
 * whose probability is at least min(target, best) - reach. */
typedef struct rl_rule {
    double threshold;
    double worth;
    double target;
    double reach;
} rl_rule;

#define RL_CHOSEN_MAX 64

/* The place of the one to take, of n > 0. */
uint32_t rl_pick(const rl_rule *rule, const rl_arm *arms, uint32_t n);

/* Sorts the arms: the chosen one first, then who would be chosen without it, and so on, for at most
 * RL_CHOSEN_MAX; the others are behind in no order. Equal costs: the better one; equal quality,
 * too: the operator's order. */
void rl_choose(const rl_rule *rule, rl_arm *arms, uint32_t n);

/* The bounded bandit: with probability `share` another arm than the first is put in front, drawn by
 * how little is known about it, from those within `reach` of the best probability and not dearer
 * than max_cost (< 0 = any). Returns the probability with which the arm that is first now is so. */
double rl_explore(double share, double reach, double max_cost, uint64_t seed, rl_arm *arms,
                  uint32_t n);

/* ---- worth.c --------------------------------------------------------------------------------- */

/* Fills the table from the arms of so many texts, model_count for each. Taking a task's worth as
 * given and the choice with the most left for each task is how a sum of passes is had for the least
 * money (Lagrange's multiplier). Nothing is there when costs are not known, the strong model costs
 * nothing or the router knows nothing. */
void rl_worths_fill(rl_model *model, const rl_arm *arms, uint32_t texts);

/* The row that costs least of those at which this share of the passes of the strong model alone is
 * to be expected; the last one when none is. */
uint32_t rl_worths_row(const rl_worths *w, double keep);

/* ---- name.c ---------------------------------------------------------------------------------- */

/* "router-NAME-THRESHOLD": 1 = it is one (router and threshold are set), 0 = it does not begin with
 * "router-", -1 = NAME is none of ours, -2 = THRESHOLD is no number in [0, 1]. */
int rl_name_parse(const char *text, size_t len, int *ret_router, double *ret_threshold);
/* What is wrong with one for which it gave 0 or less, in a sentence. */
const char *rl_name_problem(int code);
const char *rl_router_name(int router);
/* -1 when there is none of this name. */
int rl_router_of(const char *text, size_t len);

/* ---- coding.c -------------------------------------------------------------------------------- */

/* CRC-64/XZ. */
uint64_t rl_crc(const void *bytes, size_t len);

/* RL_BASE64(n) characters and a NUL. */
#define RL_BASE64(n) (((size_t)(n) + 2) / 3 * 4)
void rl_base64(const unsigned char *bytes, size_t n, char *out);
/* Into len / 4 * 3 bytes at out, of which *ret_n are used. -1 when the text is not what rl_base64
 * would write. */
int rl_unbase64(const char *text, size_t len, unsigned char *out, size_t *ret_n);
/* The floats that base64 text holds, 4 bytes each and little-endian: how many, 0 = it holds none,
 * or more than RL_DIMS_MAX. */
uint32_t rl_floats(const char *text, size_t len, float out[RL_DIMS_MAX]);

/* ---- pack.c ---------------------------------------------------------------------------------- */

/* The model as bytes, to be freed. 0 or RL_NO_MEMORY. */
int rl_pack(const rl_model *model, unsigned char **ret_bytes, size_t *ret_len);
/* 0, RL_NO_MEMORY, or RL_DAMAGED: a model that was read is one that rl_score can be given. */
int rl_unpack(const unsigned char *bytes, size_t len, rl_model *ret_model);

/* ---- weights.c ------------------------------------------------------------------------------- */

/* The weights document, one JSON object, to be freed; NULL: no memory. */
char *rl_weights_text(const rl_model *model);

/* Reads one. ORXAQ_E_INVALID: *ret_problem says in a sentence what is wrong. */
int32_t rl_weights_read(const orxaq_json_service *json, const orxaq_value *document,
                        rl_model *ret_model, const char **ret_problem);

/* ---- The instance ---------------------------------------------------------------------------- */

#define RL_WINDOW 1000 /* decisions that a drift is looked for in */
#define RL_DRIFT  0.05

typedef struct routellm {
    const orxaq_host *host;
    const orxaq_json_service *json;
    const orxaq_log_service *log;
    const orxaq_kv_service *kv; /* and metrics: NULL = the host has none */
    const orxaq_metrics_service *metrics;
    rl_model model; /* model_count 0: there are no weights */
    rl_rule rule;
    int wants;      /* RL_TARGET_*, or RL_BY_THRESHOLD: how the rule came to be */
    int by_chance;  /* the settings name the router random */
    double share;   /* of strong calls that is to be expected; -1 = none is */
    double explore; /* share of decisions */
    double explore_reach;
    int64_t protected_priority;
    const orxaq_value *protected_owners; /* a list, or NULL */
    unsigned char drift[5 + RL_WINDOW / 8];
    int drift_unsaved;
    /* Room of select.c. */
    double *work;
    float *vector; /* model.dims */
    rl_arm *arms;
    uint32_t arm_cap;
} routellm;

/* ---- drift.c --------------------------------------------------------------------------------- */

/* A decision by the calibrated threshold was made: whether the strong model was first. */
void rl_drift_note(routellm *r, int strong);
int32_t rl_feedback(void *instance, const orxaq_route_feedback *feedback);

/* ---- settings.c ------------------------------------------------------------------------------ */

#define RL_KEYS 12
extern const orxaq_config_key rl_keys[RL_KEYS];

/* Reads settings, weights among them. What is wrong has been explained to the host. */
int32_t rl_settings_read(routellm *r, const orxaq_value *settings);

/* ---- select.c -------------------------------------------------------------------------------- */

/* What learn.c answers to, for those who ask whether they can use it. */
#define RL_RESPONDER "orxaq-learning/1"
int32_t rl_answer(void *instance, const orxaq_value *question, const orxaq_reply *reply);

int32_t rl_select(void *instance, const orxaq_route_request *request, const orxaq_plan *plan);

#endif
