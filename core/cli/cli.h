/* cli.h: the command line: one table of commands, one file per group.
 *
 * `orxaq [global options] COMMAND [options] [arguments]`. Every command has one name; words may be
 * joined by dashes or written apart (`orxaq tasks list` = `orxaq tasks-list`); the longest name
 * that the leading words make is taken. Options may stand before or after the command. Help,
 * completions and the spelling suggestions are made from the same table.
 *
 * Results go to stdout, everything else to stderr. With --json stdout is one JSON document (or one
 * object per line for streams). Errors are one line: "orxaq: ...". Exit codes:
 *
 *     0 fine · 1 failed · 2 usage · 3 cycle limit · 4 ended with blocked or waiting tasks ·
 *     6 budget stop · 75 another instance holds the lock · 130/143 interrupted
 *
 * Threads: one.
 */
#ifndef ORX_CLI_CLI_H
#define ORX_CLI_CLI_H

#include "base/arena.h"
#include "config/config.h"
#include "data/doc.h"
#include "git/git.h"
#include "plugin/plugin.h"
#include "run/run.h"
#include "store/store.h"

enum {
    ORX_EXIT_OK = 0,
    ORX_EXIT_FAILED = 1,
    ORX_EXIT_USAGE = 2,
    ORX_EXIT_CYCLES = 3,
    ORX_EXIT_LEFTOVER = 4,
    ORX_EXIT_BUDGET = 6,
    ORX_EXIT_BUSY = 75
};

/* One option of a command, or a global one. */
typedef struct orx_option {
    const char *name;       /* without dashes */
    const char *value_name; /* NULL = a switch */
    const char *help;
} orx_option;

typedef struct orx_given {
    const char *name;
    const char *value; /* NULL for a switch */
} orx_given;

/* What one invocation is about; handed to the command. */
typedef struct orx_cli {
    orx_platform *p;
    orx_arena arena;
    const char *program; /* argv[0] without directories */
    const char *exe;     /* absolute path of this executable */
    const struct orx_command_row *command;
    const char **args; /* positional arguments behind the command, NULL-terminated */
    int arg_count;
    orx_given *options; /* options of the command in the order given */
    size_t option_count;
    /* Global options. */
    const char *root;
    const char *env_file;
    const char *config_file;
    const char *overlay; /* --overlay, or that of the command; NULL = none */
    bool strict;
    bool json;
    bool quiet;
    bool color;    /* stdout */
    bool terminal; /* stdout is one, and we are not called as the predecessor was */
    /* Filled by orx_cli_config / orx_cli_store / orx_cli_plugins, released by main. */
    orx_config *cfg;
    orx_config *root_cfg; /* with the configuration of a lane: the root's; else NULL */
    orx_store *store;
    orx_plugins *plugins;
    const char *scratch; /* folder to remove at the end, or NULL */
} orx_cli;

typedef struct orx_command_row {
    const char *name;  /* "tasks-list"; the part before the first dash may be a group */
    const char *alias; /* another name, or NULL */
    const char *args;  /* "[ID...]" for help */
    int min_args;
    int max_args;              /* -1 = any number */
    const char *help;          /* one line */
    const char *more;          /* further paragraphs, or NULL */
    const orx_option *options; /* ends with a NULL name; NULL = none */
    bool run_flags;            /* takes the flags of the configuration schema as well */
    const char *overlay;       /* the overlay it stands for, or NULL */
    bool hidden;
    /* Returns the exit code; a negative ORX_E_* means err is to be printed. */
    int (*run)(orx_cli *c, orx_err *err);
} orx_command_row;

/* The commands in the order of the help; NULL behind the last. */
const orx_command_row *orx_command_at(size_t i);

/* Their table: most (table.c), and those about models of one's own (table_local.c). Each ends with
 * a NULL name. */
extern const orx_command_row orx_commands[];
extern const orx_command_row orx_local_commands[];

/* The options that every command takes; ends with a NULL name. */
extern const orx_option orx_global_options[];

/* ---- Options (options.c) --------------------------------------------------------------------- */

/* Takes the command line apart: command, options, arguments. ORX_E_USAGE with a message that
 * suggests the nearest word. */
int orx_cli_parse(orx_cli *c, int argc, char **argv, orx_err *err);

/* The last value given for an option of the command ("" for a switch), or NULL. */
const char *orx_cli_option(const orx_cli *c, const char *name);

/* ---- Opening things (open.c) ------------------------------------------------------------------
 */

/* What every loading of this invocation's configuration is given: the global options. */
orx_config_options orx_cli_config_options(orx_cli *c);

/* Loads the configuration with the run flags given; warnings go to stderr. */
int orx_cli_config(orx_cli *c, orx_err *err);

/* The same with every problem kept for the caller and nothing printed. */
int orx_cli_config_into(orx_cli *c, orx_diags *diags, orx_err *err);

/* Opens the journal. flags as orx_store_open. For readers a missing journal is ORX_E_NOT_FOUND with
 * what to do. */
int orx_cli_store(orx_cli *c, int flags, orx_err *err);

/* Opens the journal for a look at what would be done: the real one when there is one, else an empty
 * one in a folder of its own that is removed at the end, so that a root stays untouched. */
int orx_cli_store_for_plan(orx_cli *c, orx_err *err);

/* The plugins of this executable and configuration. */
int orx_cli_plugins(orx_cli *c, orx_err *err);

/* A repository, with the environment that the configuration gives to children. */
int orx_cli_open_repo(orx_cli *c, const char *path, orx_git **ret_git, orx_err *err);

/* Closes what the above opened, so that another command can be run by the same process. */
void orx_cli_close(orx_cli *c);

/* The rooms whose tables and projections make up the journal. */
extern const orx_store_room *const orx_cli_rooms[];

/* ---- Output (output.c) ------------------------------------------------------------------------
 */

/* Bytes to stdout. A reader that went away ends the process quietly. */
void orx_cli_print(orx_view text);
void orx_cli_printf(const char *fmt, ...) ORX_PRINTF(1, 2);

/* A line to stderr: "orxaq: ..." */
void orx_cli_complain(const char *fmt, ...) ORX_PRINTF(1, 2);

/* One JSON document in our pretty form (indented on a terminal, else compact) and a newline. */
void orx_cli_json(const orx_cli *c, const orx_node *n);

/* Text in a colour when colours are on: "32" green, "31" red, "33" yellow, "2" dim, "1" bold. */
const char *orx_cli_paint(orx_cli *c, const char *code, const char *text);

/* A table: rows of cells, columns aligned to their widest cell. */
typedef struct orx_table orx_table;
orx_table *orx_table_new(orx_cli *c, const char *const *titles);
/* cells as many as titles; copied. color may be NULL and applies to the first cell. */
void orx_table_row(orx_table *t, const char *const *cells, const char *color);
void orx_table_print(orx_table *t);

/* "1 234 567"-free, short forms for people: 950, 12.3k, 4.5M; "-" for negative. */
const char *orx_cli_count(orx_cli *c, int64_t n);
/* 12.34, 0.0512, 0.00000123: USD with at least two decimals and three digits that say something;
 * "unknown" for negative. */
const char *orx_cli_usd(orx_cli *c, int64_t nano_usd);
/* The same with " USD" behind a number. */
const char *orx_cli_money(orx_cli *c, int64_t nano_usd);
/* What calls came to of which some may be unpriced: "0.12", "unknown", ">= 0.12". */
const char *orx_cli_sum(orx_cli *c, int64_t nano_usd, int64_t unpriced);
/* 350 ms, 4.2 s, 3 m 20 s, 2 h 05 m */
const char *orx_cli_duration(orx_cli *c, int64_t ns);

/* ---- Commands ---------------------------------------------------------------------------------
 */

int orx_cmd_help(orx_cli *c, orx_err *err);
int orx_cmd_completion(orx_cli *c, orx_err *err);
int orx_cmd_version(orx_cli *c, orx_err *err);
int orx_cmd_init(orx_cli *c, orx_err *err);
int orx_cmd_init_skill_protocol(orx_cli *c, orx_err *err);
int orx_cmd_doctor(orx_cli *c, orx_err *err);
int orx_cmd_keys(orx_cli *c, orx_err *err);
int orx_cmd_keys_set(orx_cli *c, orx_err *err);
int orx_cmd_provider_autobootstrap(orx_cli *c, orx_err *err);
int orx_cmd_run(orx_cli *c, orx_err *err);
int orx_cmd_run_estimate(orx_cli *c, orx_err *err); /* of run --estimate */
int orx_cmd_status(orx_cli *c, orx_err *err);
int orx_cmd_health(orx_cli *c, orx_err *err);
int orx_cmd_full_auto_discover(orx_cli *c, orx_err *err);
int orx_cmd_full_auto_prepare(orx_cli *c, orx_err *err);
int orx_cmd_full_auto_dry_run(orx_cli *c, orx_err *err);
int orx_cmd_full_auto_run(orx_cli *c, orx_err *err);
int orx_cmd_monitor(orx_cli *c, orx_err *err);
int orx_cmd_process_watchdog(orx_cli *c, orx_err *err);
int orx_cmd_full_autonomy(orx_cli *c, orx_err *err);
int orx_cmd_preflight(orx_cli *c, orx_err *err);
int orx_cmd_preflight_autonomy(orx_cli *c, orx_err *err);
int orx_cmd_conversations(orx_cli *c, orx_err *err);
int orx_cmd_bootstrap(orx_cli *c, orx_err *err);
int orx_cmd_workspace(orx_cli *c, orx_err *err);
int orx_cmd_open_ide(orx_cli *c, orx_err *err);
int orx_cmd_open_vscode(orx_cli *c, orx_err *err);
int orx_cmd_open_cursor(orx_cli *c, orx_err *err);
int orx_cmd_open_pycharm(orx_cli *c, orx_err *err);
int orx_cmd_supervise(orx_cli *c, orx_err *err);
int orx_cmd_start(orx_cli *c, orx_err *err);
int orx_cmd_stop(orx_cli *c, orx_err *err);
int orx_cmd_restart(orx_cli *c, orx_err *err);
int orx_cmd_pause(orx_cli *c, orx_err *err);
int orx_cmd_resume(orx_cli *c, orx_err *err);
int orx_cmd_units(orx_cli *c, orx_err *err);
int orx_cmd_install_keepalive(orx_cli *c, orx_err *err);
int orx_cmd_uninstall_keepalive(orx_cli *c, orx_err *err);
int orx_cmd_keepalive_status(orx_cli *c, orx_err *err);
int orx_cmd_service(orx_cli *c, orx_err *err);
int orx_cmd_lanes_plan(orx_cli *c, orx_err *err);
int orx_cmd_lanes_start(orx_cli *c, orx_err *err);
int orx_cmd_lanes_ensure(orx_cli *c, orx_err *err);
int orx_cmd_lanes_stop(orx_cli *c, orx_err *err);
int orx_cmd_lanes_status(orx_cli *c, orx_err *err);
int orx_cmd_lane_inspect(orx_cli *c, orx_err *err);
int orx_cmd_lane_pause(orx_cli *c, orx_err *err);
int orx_cmd_lane_resume(orx_cli *c, orx_err *err);
int orx_cmd_lane_drain(orx_cli *c, orx_err *err);
int orx_cmd_merge_queue(orx_cli *c, orx_err *err);
int orx_cmd_logs(orx_cli *c, orx_err *err);
int orx_cmd_tasks_list(orx_cli *c, orx_err *err);
int orx_cmd_tasks_show(orx_cli *c, orx_err *err);
int orx_cmd_tasks_add(orx_cli *c, orx_err *err);
int orx_cmd_reset(orx_cli *c, orx_err *err);
int orx_cmd_tasks_reset(orx_cli *c, orx_err *err);
int orx_cmd_events(orx_cli *c, orx_err *err);
int orx_cmd_attempt_list(orx_cli *c, orx_err *err);
int orx_cmd_attempt_show(orx_cli *c, orx_err *err);
int orx_cmd_attempt_replay(orx_cli *c, orx_err *err);
int orx_cmd_route_explain(orx_cli *c, orx_err *err);
int orx_cmd_route_simulate(orx_cli *c, orx_err *err);
int orx_cmd_route_shadow(orx_cli *c, orx_err *err);
int orx_cmd_route_off(orx_cli *c, orx_err *err);
int orx_cmd_route_on(orx_cli *c, orx_err *err);
int orx_cmd_route_scale(orx_cli *c, orx_err *err);
int orx_cmd_route_train(orx_cli *c, orx_err *err);
int orx_cmd_route_report(orx_cli *c, orx_err *err);
int orx_cmd_costs(orx_cli *c, orx_err *err);
int orx_cmd_budget(orx_cli *c, orx_err *err);
int orx_cmd_budget_override(orx_cli *c, orx_err *err);
int orx_cmd_budget_revoke(orx_cli *c, orx_err *err);
int orx_cmd_metrics(orx_cli *c, orx_err *err);
int orx_cmd_provider_cost_ingest(orx_cli *c, orx_err *err);
int orx_cmd_provider_cost_health(orx_cli *c, orx_err *err);
int orx_cmd_provider_cost_ingest_check(orx_cli *c, orx_err *err);
int orx_cmd_provider_cost_reconcile(orx_cli *c, orx_err *err);
int orx_cmd_connectivity(orx_cli *c, orx_err *err);
int orx_cmd_model_watchdog(orx_cli *c, orx_err *err);
int orx_cmd_network_watch(orx_cli *c, orx_err *err);
int orx_cmd_remote_heartbeat(orx_cli *c, orx_err *err);
int orx_cmd_service_word(orx_cli *c, orx_err *err); /* NAME-once, -start, -stop, -status */
int orx_cmd_idle_guard(orx_cli *c, orx_err *err);
int orx_cmd_microbench_run(orx_cli *c, orx_err *err);
int orx_cmd_microbench_report(orx_cli *c, orx_err *err);
int orx_cmd_recommend(orx_cli *c, orx_err *err);
int orx_cmd_fleet_probe(orx_cli *c, orx_err *err);
int orx_cmd_fleet_benchmark(orx_cli *c, orx_err *err);
int orx_cmd_fleet_sync(orx_cli *c, orx_err *err);
int orx_cmd_fleet_scan(orx_cli *c, orx_err *err);
int orx_cmd_fleet_cycle(orx_cli *c, orx_err *err);
int orx_cmd_providers_check(orx_cli *c, orx_err *err);
int orx_cmd_profile_apply(orx_cli *c, orx_err *err);
int orx_cmd_router_check(orx_cli *c, orx_err *err);
int orx_cmd_router_lanes(orx_cli *c, orx_err *err);
int orx_cmd_router_profile_apply(orx_cli *c, orx_err *err);
int orx_cmd_config_check(orx_cli *c, orx_err *err);
int orx_cmd_config_show(orx_cli *c, orx_err *err);
int orx_cmd_config_reference(orx_cli *c, orx_err *err);
int orx_cmd_plugin_list(orx_cli *c, orx_err *err);
int orx_cmd_plugin_info(orx_cli *c, orx_err *err);
int orx_cmd_plugin_probe(orx_cli *c, orx_err *err);
int orx_cmd_plugin_new(orx_cli *c, orx_err *err);
int orx_cmd_plugin_validate(orx_cli *c, orx_err *err);
int orx_cmd_plugin_validate_one(orx_cli *c, orx_err *err);
int orx_cmd_routellm_serve(orx_cli *c, orx_err *err);
int orx_cmd_breakglass_key(orx_cli *c, orx_err *err);
int orx_cmd_grant_breakglass(orx_cli *c, orx_err *err);
int orx_cmd_revoke_breakglass(orx_cli *c, orx_err *err);
int orx_cmd_project_rebuild(orx_cli *c, orx_err *err);
int orx_cmd_project_recover(orx_cli *c, orx_err *err);

/* Prints the help of one command, or the overview (row NULL). */
void orx_cli_help(const orx_cli *c, const orx_command_row *row);

/* The summary table at the end of a run. */
int orx_cli_summary(orx_cli *c, orx_err *err);

#endif
