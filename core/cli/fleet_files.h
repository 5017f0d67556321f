/* fleet_files.h: the files of the model servers of one's own, and what work on them needs.
 *
 * fleet_status.json [K] has a section for each kind of work. Whoever makes one leaves the others as
 * they are, takes the file's lock to do so and writes it whole: the predecessor's probe wiped out
 * what a scan of ten minutes had found, and whoever read it then read half a file.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_FLEET_FILES_H
#define ORX_CLI_FLEET_FILES_H

#include "cli/cli.h"
#include "fleet/local_models.h"

typedef struct orx_fleet_files {
    const char *config;
    const char *output;
    const char *bench_log;
    const orx_node *before; /* what the output says now; NULL = nothing */
} orx_fleet_files;

/* Reads --config, and what --output has so far. One that is damaged counts as not there. */
int orx_fleet_files_open(orx_cli *c, orx_fleet_files *ret_files, orx_local_fleet *ret_fleet,
                         orx_err *err);

/* The same with other names of the two files. */
int orx_fleet_files_at(orx_cli *c, const char *config, const char *output,
                       orx_fleet_files *ret_files, orx_local_fleet *ret_fleet, orx_err *err);

/* What work on the fleet needs: the calls of this root that are under way say who is busy. */
void orx_fleet_work(orx_cli *c, const orx_local_fleet *fleet, orx_local_work *ret_work);

/* To be called before a model is asked anything: opens the journal for writing, asks whether the
 * caps let anything be spent (ORX_E_LIMIT), and has every request of this work paid for: reserved
 * before, and entered into the books under the name of what it is for. */
int orx_fleet_may_ask(orx_cli *c, orx_local_work *w, const char *what, orx_err *err);

/* The exit code of work that was over before its end since nobody paid for it, with a word on
 * stderr; 0 = it was not. */
int orx_fleet_unpaid(const orx_local_work *w);

/* Lays the sections that were made over those in the file. */
int orx_fleet_files_write(orx_cli *c, const orx_fleet_files *files, const orx_node *made,
                          orx_err *err);

#endif
