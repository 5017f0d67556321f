/* validate_trial.h: the module under test inside the child, for the checks only.
 *
 * A check asks for the stage it wants to look at; the stages before it are taken without judging
 * them, since each has a check of its own. So a wrong text in the descriptor does not hide what the
 * job machine does.
 */
#ifndef ORX_PLUGIN_VALIDATE_TRIAL_H
#define ORX_PLUGIN_VALIDATE_TRIAL_H

#include "plugin/instance.h"
#include "plugin/registry.h"
#include "plugin/validate.h"

struct orx_trial {
    orx_platform *p;
    const char *path;
    orx_arena arena;
    struct orx_module *module;
    orxaq_plugin_query_fn query;
    const orxaq_plugin *raw;
    orx_plugins *all;
    orx_plugin plugin;
};

/* Fails the check: `return orx_fails(err, ...)`. */
#define orx_fails(err, ...) orx_err_set((err), ORX_E_INVALID, __VA_ARGS__)
/* The check has nothing to look at. */
int orx_skips(orx_err *err, const char *why);

int orx_trial_open(orx_trial *t, orx_err *err);   /* module */
int orx_trial_symbol(orx_trial *t, orx_err *err); /* query */
int orx_trial_query(orx_trial *t, orx_err *err);  /* raw: the descriptor as the module gave it */
int orx_trial_plugin(orx_trial *t, orx_err *err); /* plugin: tables and keys copied */

/* A host as the module sees it in the handshake; ours. */
orxaq_host_abi orx_trial_host(void);

/* A good descriptor of ours, to put single members of the module's into. */
orxaq_plugin orx_trial_descriptor(void);

/* The host's own check of a descriptor. */
int orx_trial_judge(orx_trial *t, const orxaq_plugin *d, orx_err *err);

int orx_check_file_trusted(orx_trial *t, orx_err *err);
int orx_check_opens(orx_trial *t, orx_err *err);
int orx_check_symbol(orx_trial *t, orx_err *err);
int orx_check_one_symbol(orx_trial *t, orx_err *err);
int orx_check_imports(orx_trial *t, orx_err *err);
int orx_check_no_thread(orx_trial *t, orx_err *err);
int orx_check_no_child(orx_trial *t, orx_err *err);
int orx_check_no_descriptor(orx_trial *t, orx_err *err);
int orx_check_load_fast(orx_trial *t, orx_err *err);
int orx_check_accepts(orx_trial *t, orx_err *err);
int orx_check_refuses_major(orx_trial *t, orx_err *err);
int orx_check_refuses_minor(orx_trial *t, orx_err *err);
int orx_check_refuses_fingerprint(orx_trial *t, orx_err *err);
int orx_check_repeatable(orx_trial *t, orx_err *err);
int orx_check_shape(orx_trial *t, orx_err *err);
int orx_check_functions(orx_trial *t, orx_err *err);
int orx_check_versions(orx_trial *t, orx_err *err);
int orx_check_layout(orx_trial *t, orx_err *err);
int orx_check_id(orx_trial *t, orx_err *err);
int orx_check_texts(orx_trial *t, orx_err *err);
int orx_check_unknown_id(orx_trial *t, orx_err *err);
int orx_check_exact_id(orx_trial *t, orx_err *err);
int orx_check_table_stable(orx_trial *t, orx_err *err);
int orx_check_table_sizes(orx_trial *t, orx_err *err);
int orx_check_table_members(orx_trial *t, orx_err *err);
int orx_check_table_ops(orx_trial *t, orx_err *err);

#endif
