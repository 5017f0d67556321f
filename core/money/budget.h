/* budget.h: nothing is spent before it was reserved.
 *
 * There is a cap for a day and the whole root. Before a call is made an upper bound of its cost is
 * reserved, in the transaction that writes its row; when it is over, the reservation goes in the
 * transaction that enters its cost in the ledger. What is spent and what is reserved together never
 * pass the cap, however many processes ask at once, since they ask one after the other. A call that
 * costs more than was reserved for it passes it by that much and no more.
 *
 * A reservation outlives the process that made it: it counts until somebody makes up the call's
 * bill (run/bill.h), which then costs at least what was reserved. So a crash frees no money.
 *
 * A day begins at midnight of the time zone. Reservations count on every day that they last.
 *
 * Threads: as the store.
 */
#ifndef ORX_MONEY_BUDGET_H
#define ORX_MONEY_BUDGET_H

#include "store/store.h"

typedef struct orx_budget {
    int64_t cap;           /* nano-USD for a day; 0 = there is none */
    double warning_ratio;  /* between 0 and 1 */
    bool hard_stop;        /* refuse; otherwise only say so */
    int64_t utc_offset_ns; /* a multiple of 15 minutes */
} orx_budget;

typedef enum orx_budget_word {
    ORX_BUDGET_DISABLED,
    ORX_BUDGET_OK,
    ORX_BUDGET_WARNING,
    ORX_BUDGET_EXCEEDED
} orx_budget_word;

typedef struct orx_budget_state {
    int64_t spent;    /* today */
    int64_t reserved; /* by calls in flight, and by those whose bill is not made up yet */
    orx_budget_word word;
    bool stop; /* nothing may begin */
} orx_budget_state;

/* [K] "disabled", "ok", "warning", "exceeded" */
const char *orx_budget_word_name(orx_budget_word word);

/* [K] What spending so much of a cap means; negative counts as nothing. At the cap itself the word
 * is still warning, and the stop is there. Fills word and stop. */
void orx_budget_judge(const orx_budget *b, int64_t spent, orx_budget_state *ret_state);

/* How it stands. The word and the stop are about what is spent and reserved together. */
int orx_budget_look(orx_store *s, const orx_budget *b, orx_budget_state *ret_state, orx_err *err);

typedef struct orx_reservation {
    int64_t call;
    int64_t amount; /* nano-USD, an upper bound; 0 = nobody knows */
    const char *lane;
    const char *provider;
    const char *model;
} orx_reservation;

/* Reserves for a call that has no reservation. Inside a transaction. ORX_E_LIMIT: it does not fit,
 * and the message says what is left and what lifts it. */
int orx_budget_reserve(orx_store *s, const orx_budget *b, const orx_reservation *r, orx_err *err);

/* Reserves so much more for a call in flight; as above. */
int orx_budget_extend(orx_store *s, const orx_budget *b, int64_t call, int64_t more, orx_err *err);

/* Takes the reservation of a call away; *ret_amount is what it was, 0 = there was none. Inside a
 * transaction. */
int orx_budget_release(orx_store *s, int64_t call, int64_t *ret_amount, orx_err *err);

#endif
