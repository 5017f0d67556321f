/* model_watchdog.h: one pass of the model watchdog.
 *
 * Every server of the fleet's file is looked at, its model asked for a word when nothing else says
 * that it answers, what is decided (fleet/model_watch.h) is done, and then it is looked at again: a
 * row says how things are, never that something was tried. What passes remember stands in the state
 * file [K], which is replaced as a whole; the history [K] has a row for each server and pass and
 * becomes FILE.1 at log.max_bytes. When the status of a server changes or something was done, the
 * journal has the event fleet.watched.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_MODEL_WATCHDOG_H
#define ORX_CLI_MODEL_WATCHDOG_H

#include "cli/fleet_files.h"
#include "fleet/model_watch.h"

/* One server in this pass. */
typedef struct orx_watched_model {
    size_t endpoint;
    orx_model_facts facts;
    orx_model_memory memory;
    orx_node *known; /* its member of the state file, which is brought up to date */
    orx_model_deed deed;
    orx_model_status status;
    int64_t window; /* of the loaded one in tokens, 0 = not known, likewise below */
    int64_t parallel;
    const char *model;  /* that it is about; "" = none */
    const char *reason; /* in words; "" = it is well */
    int64_t returncode; /* of the restart command; -1 = it did not run, or not to its end */
} orx_watched_model;

typedef struct orx_model_pass {
    orx_cli *c;
    orx_local_work w;
    const char *state_file;
    const char *history_file;
    orx_node *state;
    orx_watched_model *items; /* of endpoints that are on */
    size_t count;
} orx_model_pass;

/* Reads what is remembered, and puts the servers of p->w in. The journal is open for writing. */
void orx_model_pass_begin(orx_model_pass *p);

/* Writes state, history and events. *ret_doc is the report. */
int orx_model_pass_write(orx_model_pass *p, orx_node **ret_doc, orx_err *err);

#endif
