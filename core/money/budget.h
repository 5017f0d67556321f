/* budget.h: nothing is spent before it was reserved.
 *
 * There are caps: for the whole root, a provider, an account, a lane, a task or an attempt, in any
 * 60 minutes, a day, a month, or ever. Before a call is made an upper bound of its cost is reserved
 * under all caps that are about it, in the transaction that writes its row; when it is over, the
 * reservation goes in the transaction that enters its cost in the ledger. What is spent and what is
 * reserved together never pass a cap, however many processes ask at once, since they ask one after
 * the other. A call that costs more than was reserved for it passes it by that much and no more.
 *
 * Of all caps that apply the one with the least left decides. Caps of a task and of an attempt are
 * no reason to refuse a call whose estimate is larger: it gets what is left and is ended there.
 *
 * A reservation outlives the process that made it: it counts until somebody makes up the call's
 * bill (run/bill.h), which then costs at least what was reserved. So a crash frees no money.
 *
 * A day begins at midnight of the time zone. Reservations count on every day that they last. Calls
 * of which nobody knows what they cost can be made a reason to begin nothing more.
 *
 * Threads: as the store.
 */
#ifndef ORX_MONEY_BUDGET_H
#define ORX_MONEY_BUDGET_H

#include "data/zone.h"
#include "store/store.h"

typedef enum orx_cap_scope {
    ORX_CAP_SWARM, /* all lanes of the root */
    ORX_CAP_PROVIDER,
    ORX_CAP_ACCOUNT,
    ORX_CAP_LANE,
    ORX_CAP_TASK,
    ORX_CAP_ATTEMPT
} orx_cap_scope;

typedef enum orx_cap_span { ORX_CAP_HOUR, ORX_CAP_DAY, ORX_CAP_MONTH, ORX_CAP_EVER } orx_cap_span;

typedef struct orx_cap {
    orx_cap_scope scope;
    orx_cap_span span;            /* EVER for tasks and attempts, and only for them */
    const char *name;             /* of the provider, account or lane; else "" */
    const char *const *providers; /* ACCOUNT: whose calls it pays for, NULL-terminated */
    const char *key;              /* the setting: "budget.daily" */
    int64_t amount;               /* nano-USD; caps of 0 do not exist */
} orx_cap;

typedef struct orx_budget {
    const orx_cap *caps;
    size_t count;
    double warning_ratio; /* between 0 and 1 */
    bool hard_stop;       /* refuse; otherwise only say so */
    bool deny_missing;    /* refuse when the cost of a call of today is not known */
    const orx_zone *zone; /* of its days and months; NULL = UTC */
} orx_budget;

typedef enum orx_budget_word {
    ORX_BUDGET_DISABLED,
    ORX_BUDGET_OK,
    ORX_BUDGET_WARNING,
    ORX_BUDGET_EXCEEDED
} orx_budget_word;

typedef struct orx_budget_state {
    const orx_cap *cap; /* which one this is about; NULL = there is none that applies */
    int64_t limit;      /* its amount, and what overrides add (override.h) */
    int64_t spent;      /* in its span */
    int64_t billed;     /* of that: only on the vendor's bill and not in our books (bill_day.h) */
    int64_t reserved;   /* by calls in flight, and by those whose bill is not made up yet */
    orx_budget_word word;
    bool stop; /* nothing may begin */
} orx_budget_state;

/* [K] "disabled", "ok", "warning", "exceeded" */
const char *orx_budget_word_name(orx_budget_word word);

/* [K] What spending so much of a cap means; negative counts as nothing, a cap of 0 is none. At the
 * cap itself the word is still warning, and the stop is there. Fills word and stop. */
void orx_budget_judge(const orx_budget *b, int64_t cap, int64_t spent, orx_budget_state *ret_state);

/* Whether it is about one task or attempt and not shared with others: no time lifts it. */
bool orx_cap_is_of_unit(const orx_cap *cap);

/* Appends "today's budget of lane night", "the budget of an attempt". */
void orx_cap_name(const orx_cap *cap, orx_str *out);

/* Appends "12.50 are spent", with what of it only a bill says. */
void orx_cap_spent(const orx_budget_state *st, orx_str *out);

/* Appends what lifts it for somebody who wants so much: "midnight (UTC) lifts this, or a larger
 * budget.daily, or `orxaq budget override budget.daily`". zone may be NULL. */
void orx_cap_lift(const orx_cap *cap, int64_t wanted, orx_str *out, const char *zone);

/* Whose money it is. */
typedef struct orx_reservation {
    int64_t call;
    int64_t amount; /* nano-USD, an upper bound; 0 = nobody knows */
    const char *lane;
    const char *provider; /* NULL = not known yet: its caps and its account's are left out */
    const char *model;
    bool has_task;         /* what follows is known; otherwise caps of tasks and attempts are out */
    int64_t task_spent;    /* by calls of the task that are over */
    int64_t attempt_spent; /* by those of the attempt */
    const orx_cap *refused_by; /* set with ORX_E_LIMIT; NULL = because costs are missing */
} orx_reservation;

/* How many calls of today there are of which nobody knows what they cost. */
int orx_budget_missing(orx_store *s, const orx_budget *b, int64_t *ret_missing, orx_err *err);

/* How one cap stands with what overrides add to it, whoever asks. Of tasks and attempts only r
 * knows; it may be NULL. */
int orx_budget_look_at(orx_store *s, const orx_budget *b, const orx_cap *cap,
                       const orx_reservation *r, orx_budget_state *ret_state, orx_err *err);

/* Whether r->amount could be reserved now. Changes nothing but r->amount, as below. ORX_E_LIMIT: it
 * does not fit. */
int orx_budget_ask(orx_store *s, const orx_budget *b, orx_reservation *r, orx_err *err);

/* How much more than what is reserved could be reserved for a call in flight under the caps that
 * apply; INT64_MAX = there are none. */
int orx_budget_left(orx_store *s, const orx_budget *b, const orx_reservation *r, int64_t *ret_left,
                    orx_err *err);

/* Reserves for a call that has no reservation. Inside a transaction. r->amount becomes what is left
 * for the task or the attempt when that is less. ORX_E_LIMIT: it does not fit, and the message says
 * what is left and what lifts it. */
int orx_budget_reserve(orx_store *s, const orx_budget *b, orx_reservation *r, orx_err *err);

/* Reserves so much more for a call in flight, and adds it to r->amount; otherwise as above. */
int orx_budget_extend(orx_store *s, const orx_budget *b, orx_reservation *r, int64_t more,
                      orx_err *err);

/* Takes the reservation of a call away; *ret_amount is what it was, 0 = there was none. Inside a
 * transaction. */
int orx_budget_release(orx_store *s, int64_t call, int64_t *ret_amount, orx_err *err);

#endif
