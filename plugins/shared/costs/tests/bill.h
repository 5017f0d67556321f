/* bill.h: a reader of bills, as built into this test, on a simulated machine.
 *
 * The vendor is a script: replies in advance, one per request; what was asked is kept with the
 * virtual time of each request. The host's side is the real one: jobs, back-off, the journal's
 * database. Time is virtual, so waiting costs nothing.
 */
#ifndef BILL_H
#define BILL_H

#include "money/ingest.h"
#include "platform/sim/http.h"
#include "platform/sim/sim.h"

#include "test.h"

/* 2026-01-02T12:00:00Z */
#define BILL_NOW INT64_C(1767355200000000000)

typedef struct bill_reply {
    int status;
    const char *body;
    const char *retry_after;
    orx_sim_reply_how how;
    int64_t wait_ns; /* before the body */
    size_t padding;  /* spaces in front of it */
} bill_reply;

typedef struct bill {
    orx_sim *sim;
    orx_sim_host *host;
    orx_platform *p;
    orx_store *s;
    orx_plugins *all;
    orx_instance *instance;
    orx_arena arena;
    const bill_reply *replies;
    size_t reply_count;
    size_t asked;
    orx_str sent;         /* "GET /target\nname: value\n" of every request */
    int64_t asked_at[64]; /* virtual time of the requests */
    const char *no_key;   /* set: the secret cannot be had */
    orx_ingest_spec spec; /* of the next run */
    orx_ingest_report report;
    const char *base; /* default "http://127.0.0.1:1234/v1" */
} bill;

int bill_setup(void **state);
int bill_teardown(void **state);

/* Makes the instance anew, with more settings (YAML lines) than base_url. */
void bill_make(bill *b, const char *settings);
/* The same with these settings only. */
void bill_make_plain(bill *b, const char *settings);
/* The message when these settings (whole) are refused. */
const char *bill_refused(bill *b, const char *settings);

/* An ingest with these replies, which must all be used. */
const orx_ingest_report *bill_run(bill *b, const bill_reply *replies, size_t count);

/* All rows, one a line: "SOURCE START END MODEL {dims} AMOUNT in=.. ...", what is not stated left
 * out. In the arena. */
const char *bill_rows(bill *b);

/* What all rows of a provider come to, in nano-USD. */
int64_t bill_total(bill *b, const char *provider);

#define bill_play(b, ...)                                                                          \
    bill_run((b), (const bill_reply[]){__VA_ARGS__},                                               \
             sizeof((const bill_reply[]){__VA_ARGS__}) / sizeof(bill_reply))

#endif
