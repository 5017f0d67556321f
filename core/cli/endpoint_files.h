/* endpoint_files.h: what the commands about endpoints of models share: files below the root, the
 * limit of time, and how a report is shown. Threads: one. */
#ifndef ORX_CLI_ENDPOINT_FILES_H
#define ORX_CLI_ENDPOINT_FILES_H

#include "cli/cli.h"
#include "data/json.h"
#include "fleet/check.h"
#include "fleet/profile.h"

/* The value of an option, else what stands behind. */
const char *orx_ep_option(const orx_cli *c, const char *name, const char *otherwise);

/* A path relative to the root as a whole one. */
const char *orx_ep_path(orx_cli *c, const char *path);

/* --timeout-sec: at least a second, at most ten minutes. */
int orx_ep_timeout(const orx_cli *c, int64_t otherwise, int64_t *ret_ns, orx_err *err);

/* Whole paths. A document is written whole or not at all, its folder made when it is missing. */
int orx_ep_read(orx_cli *c, const char *path, const orx_node **ret_doc, orx_err *err);
int orx_ep_mkdir_for(orx_cli *c, const char *path, orx_err *err);
int orx_ep_write(orx_cli *c, const char *path, const orx_node *doc, orx_json_style style,
                 orx_err *err);

/* Where the configuration at that path has its keys. */
orx_endpoint_source orx_ep_source(orx_cli *c, const char *config_path);

/* [K] One line of JSON, sorted, for programs; indented on a terminal. */
void orx_ep_print(const orx_cli *c, const orx_node *n);
/* [K] That line of a report: its summary, and where the whole is. */
void orx_ep_print_summary(orx_cli *c, const orx_node *report, const char *output);
/* The same for who is there, with the state of the network while somebody watches it: a table on a
 * terminal, made of the rows of the report. */
void orx_ep_show(orx_cli *c, const orx_node *report, const char *rows, const char *name_key,
                 const char *output);

/* ---- Profiles -------------------------------------------------------------------------------- */

/* What is made of what. */
typedef struct orx_ep_making {
    const char *name;
    const char *dir;    /* of profiles */
    const char *base;   /* what the profile is applied to */
    const char *active; /* what comes out */
    int (*apply)(const orx_node *doc, const orx_fleet_profile *profile, orx_arena *arena,
                 orx_node **ret_doc, orx_err *err);
} orx_ep_making;

/* Applies DIR/NAME.yaml, else .json, and writes the active file, as JSON whatever its name. The
 * result is [K]: ok, profile, base_config, profile_path, active_config, required_providers. */
int orx_ep_apply(orx_cli *c, const orx_ep_making *m, orx_node **ret_result, orx_err *err);

/* A whole command that does that. [K] Failures are a document on stdout as well. */
int orx_ep_apply_command(orx_cli *c, const orx_ep_making *m, orx_err *err);

#endif
