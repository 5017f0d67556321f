/* table_options.h: the options of the commands, one list for each kind of command.
 *
 * Part of the table of commands and for table.c only, whose rows name these lists. Each ends with a
 * NULL name; an option's value is a text that the command reads (orx_cli_option in cli.h). What is
 * said here stands in the help and in completions as it is, so it is short and begins small.
 *
 * Threads: constant.
 */
#ifndef ORX_CLI_TABLE_OPTIONS_H
#define ORX_CLI_TABLE_OPTIONS_H

#include "cli/cli.h"

static const orx_option none[] = {{NULL, NULL, NULL}};

static const orx_option serve_options[] = {
    {"host", "ADDRESS", "a numeric address of this machine; 127.0.0.1 without it"},
    {"port", "N", "required; 0 = one that is free"},
    {"policy-file", "FILE", "required; config/routellm_policy.json or a variant"},
    {"profile", "NAME", "fast (without it) or strong"},
    {NULL, NULL, NULL},
};

static const orx_option run_options[] = {
    {"dry-run", NULL, "say which task would be next and end; change nothing"},
    {"estimate", NULL,
     "say what each task may cost, and whether the budgets allow it; change nothing"},
    {"resume-checkpoint", "FILE",
     "first take over what FILE knows later than the journal: a checkpoint or a copy of "
     "state.json"},
    {NULL, NULL, NULL},
};

static const orx_option supervise_options[] = {
    {"wait", NULL, "while another supervisor is at work, wait for its end and take over"},
    {NULL, NULL, NULL},
};

static const orx_option keepalive_options[] = {
    {"with", "KIND", "systemd, crontab, launchd or schtasks"},
    {"print", NULL, "print what would be written, for any KIND on any system, and change nothing"},
    {NULL, NULL, NULL},
};

static const orx_option keepalive_with_options[] = {
    {"with", "KIND", "systemd, crontab, launchd or schtasks"},
    {NULL, NULL, NULL},
};

static const orx_option keepalive_status_options[] = {
    {"with", "KIND", "systemd, crontab, launchd or schtasks"},
    {"text", NULL, "for people, also when stdout is no terminal"},
    {NULL, NULL, NULL},
};

static const orx_option wish_options[] = {
    {"no-wait", NULL, "do not wait until it is so"},
    {NULL, NULL, NULL},
};

static const orx_option stop_options[] = {
    {"drain", NULL, "let it finish the task in hand first"},
    {"now", NULL, "kill it and everything it started, at once"},
    {"no-wait", NULL, "do not wait until it is so"},
    {NULL, NULL, NULL},
};

static const orx_option logs_options[] = {
    {"follow", NULL, "go on printing lines as they are written"},
    {"since", "WHEN", "only from this time (UTC) on, or from so long ago: 90s, 10m, 2h, 1d"},
    {"last", "N", "only the newest N lines (default 200, with --since all)"},
    {NULL, NULL, NULL},
};

static const orx_option metrics_options[] = {
    {"text", NULL, "for people, also when stdout is no terminal"},
    {NULL, NULL, NULL},
};

static const orx_option health_options[] = {
    {"strict", NULL, "exit code 1 when something does not work that should"},
    {"text", NULL, "for people, also when stdout is no terminal"},
    {NULL, NULL, NULL},
};

static const orx_option monitor_options[] = {
    {"watch", NULL, "go on looking: a live page on a terminal, else a block for each change"},
    {"interval", "LENGTH", "between two looks with --watch (default 2s)"},
    {"strict", NULL, "exit code 1 when something does not work that should"},
    {NULL, NULL, NULL},
};

static const orx_option autonomy_options[] = {
    {"allow-dirty", NULL, "uncommitted changes in a repository are fine"},
    {"strict", NULL, "exit code 1 when something does not work that should"},
    {"text", NULL, "for people, also when stdout is no terminal"},
    {NULL, NULL, NULL},
};

static const orx_option bootstrap_options[] = {
    {"workspace", "FILE", "the workspace file (default as for `workspace`)"},
    {"ide", "NAME", "the editor to open: vscode (the default), cursor, pycharm or none"},
    {"require-clean", NULL, "uncommitted changes in a repository are no basis to begin"},
    {"skip-keepalive", NULL, "leave what brings the supervisor back as it is"},
    {"text", NULL, "for people, also when stdout is no terminal"},
    {NULL, NULL, NULL},
};

static const orx_option workspace_options[] = {
    {"output", "FILE", "where to (default orxaq-dual-agent.code-workspace in the root)"},
    {NULL, NULL, NULL},
};

static const orx_option ide_options[] = {
    {"ide", "NAME", "vscode (the default), cursor or pycharm"},
    {"workspace", "FILE", "what to open (default as for `workspace`)"},
    {NULL, NULL, NULL},
};

static const orx_option editor_options[] = {
    {"workspace", "FILE", "what to open (default as for `workspace`)"},
    {NULL, NULL, NULL},
};

static const orx_option preflight_options[] = {
    {"allow-dirty", NULL, "uncommitted changes in a repository are fine"},
    {"text", NULL, "for people, also when stdout is no terminal"},
    {NULL, NULL, NULL},
};

static const orx_option preflight_autonomy_options[] = {
    {"text", NULL, "for people, also when stdout is no terminal"},
    {NULL, NULL, NULL},
};

static const orx_option talk_options[] = {
    {"lines", "N", "so many of the newest lines of each log, 1 to 2000 (default 200)"},
    {"no-lanes", NULL, "only the log of the primary runner"},
    {"owner", "NAME", "only what concerns this owner"},
    {"lane", "ID", "only this lane"},
    {"event-type", "WORD", "only rows of this type"},
    {"contains", "TEXT", "only rows that hold this text, whatever its case"},
    {"tail", "N", "of those only the newest N (default all)"},
    {"text", NULL, "for people, also when stdout is no terminal"},
    {NULL, NULL, NULL},
};

static const orx_option list_options[] = {
    {"status", "WORD", "only pending, in_progress, done or blocked"},
    {NULL, NULL, NULL},
};

static const orx_option add_options[] = {
    {"owner", "NAME", "who does it: a configured provider (default codex)"},
    {"priority", "N", "smaller is sooner (default 5)"},
    {"title", "TEXT", "one line (default: the id with spaces)"},
    {"description", "TEXT", "what is to be done (default: the title)"},
    {"model", "NAME", "the model to be asked first, or router-NAME-THRESHOLD"},
    {"accept", "TEXT", "an acceptance point; may be given several times"},
    {"after", "ID", "a task this one depends on; may be given several times"},
    {NULL, NULL, NULL},
};

static const orx_option reset_options[] = {
    {"all", NULL, "every task that is not done"},
    {NULL, NULL, NULL},
};

static const orx_option full_auto_options[] = {
    {"task", "ID", "the task of the tasks file; with --prompt-file, what the new one is called"},
    {"prompt-file", "FILE", "what is to be done, instead of a task that is written down"},
    {"owner", "NAME", "who does what a prompt file says (default codex)"},
    {"base-ref", "REF", "what the worktree begins from (default git.base, else the checkout)"},
    {"no-worktree-isolation", NULL, "work in the checkout itself"},
    {NULL, NULL, NULL},
};

static const orx_option whole_reset_options[] = {
    {"yes", NULL, "do not ask"},
    {NULL, NULL, NULL},
};

static const orx_option event_options[] = {
    {"follow", NULL, "go on printing events as they are written"},
    {"last", "N", "only the newest N (default 50 on a terminal, else all)"},
    {"after", "SEQ", "only events behind this sequence number"},
    {"kind", "PREFIX", "only kinds that begin like this, e.g. attempt."},
    {"task", "ID", "only events of one task"},
    {"verify", NULL, "recompute the hash chain instead of printing"},
    {NULL, NULL, NULL},
};

static const orx_option override_options[] = {
    {"for", "LENGTH", "how long it holds, at most 31d"},
    {"person", "NAME", "who gives it"},
    {"reason", "TEXT", "why"},
    {NULL, NULL, NULL},
};

static const orx_option override_end_options[] = {
    {"person", "NAME", "who takes it back"},
    {NULL, NULL, NULL},
};

static const orx_option costs_options[] = {
    {"window", "SPAN", "1h, today, 7d, 30d, any length, or all"},
    {"from", "TIME", "from this day or time on"},
    {"to", "TIME", "to before this day or time (default now)"},
    {"by", "WHAT", "one row for each provider, model, lane, task or day"},
    {"format", "FORM",
     "table, json, csv, focus (a CSV in the columns of FOCUS, by day) or svg (a burn-down)"},
    {NULL, NULL, NULL},
};

/* Of the commands about bills; ingest-check takes those of both. */
#define INGEST_OPTIONS                                                                             \
    {"output-records", "FILE", "where records go (default provider_costs/records.ndjson)"},        \
        {"output-summary", "FILE",                                                                 \
         "where the summary goes (default provider_costs/summary.json)"},                          \
        {"window-hours", "N", "how far back to fetch (default 720)"},                              \
        {"page-size", "N", "buckets of a page, at most what the vendor takes (default 200)"},      \
        {"max-pages", "N", "pages of one source in one run (default 20)"},                         \
        {"timeout-sec", "N", "longest silence of a vendor (default 20)"},                          \
        {"retries", "N", "further tries of a page (default 2)"},                                   \
        {"retry-backoff-sec", "N", "wait before the first of them, doubled (default 2)"}, {        \
        "stale-threshold-sec", "N", "age from which the summary says stale (default 900)"          \
    }
#define HEALTH_OPTIONS                                                                             \
    {"max-age-sec", "N", "older than this is not ok (default 900)"},                               \
        {"require-providers", "LIST", "these must be there and ok, separated by commas"},          \
        {"allow-stale", NULL, "the mark stale in the summary is fine"},                            \
        {"allow-unconfigured", NULL, "nothing configured is fine (the default)"},                  \
        {"no-allow-unconfigured", NULL, "it is not"},                                              \
        {"daily-budget-usd", "USD", "the cap of a day (default: as configured)"},                  \
        {"budget-warning-ratio", "R", "part of it from which to warn (default: as configured)"},   \
        {"budget-enforce-hard-stop", NULL, "mark the hard stop (default: as configured)"},         \
        {"no-budget-enforce-hard-stop", NULL, "do not"}, {                                         \
        "output", "FILE", "write the report there as well"                                         \
    }

static const orx_option ingest_options[] = {INGEST_OPTIONS, {NULL, NULL, NULL}};

static const orx_option cost_health_options[] = {
    {"summary-file", "FILE", "the summary to judge (default provider_costs/summary.json)"},
    HEALTH_OPTIONS,
    {NULL, NULL, NULL},
};

static const orx_option ingest_check_options[] = {
    INGEST_OPTIONS, HEALTH_OPTIONS, {NULL, NULL, NULL}};

static const orx_option reconcile_options[] = {
    {"days", "N", "so many days up to today (default 7)"}, {NULL, NULL, NULL}};

static const orx_option connectivity_options[] = {
    {"config", "FILE", "config/litellm_swarm_router.json, or another of its shape"},
    {"output", "FILE", "where the report goes (artifacts/model_connectivity.json)"},
    {"timeout-sec", "N", "for each endpoint (6)"},
    {NULL, NULL, NULL},
};

static const orx_option fleet_options[] = {
    {"config", "FILE", "config/local_model_fleet.json, or another of its shape"},
    {"output", "FILE", "what is known of the endpoints (paths.fleet_status_file)"},
    {"bench-log", "FILE", "a row for each measurement (benchmarks.ndjson beside it)"},
    {NULL, NULL, NULL},
};

static const orx_option model_watchdog_options[] = {
    {"config", "FILE", "config/local_model_fleet.json, or another of its shape"},
    {NULL, NULL, NULL},
};

static const orx_option network_options[] = {
    {"config", "FILE", "config/litellm_swarm_router.json, or another of its shape"},
    {"output", "FILE", "the report (artifacts/network_state.json)"},
    {"timeout-sec", "N", "for each server (6)"},
    {"now", NULL, "what this look finds counts at once"},
    {NULL, NULL, NULL},
};

static const orx_option heartbeat_options[] = {
    {"config", "FILE", "config/local_model_fleet.json, or another of its shape"},
    {"timeout-sec", "N", "for each server (25, at least 3)"},
    {"max-tokens", "N", "how long an answer may be (32, at least 8)"},
    {"endpoint-id", "ID", "only this one; may be given several times"},
    {NULL, NULL, NULL},
};

static const orx_option idle_guard_options[] = {
    {"config", "FILE", "config/local_model_idle_guard.json, or another of its shape"},
    {"force-unpause", NULL, "also lanes that somebody paused, whatever the reason"},
    {NULL, NULL, NULL},
};

static const orx_option microbench_options[] = {
    {"suite", "FILE", "the tasks (config/microbench_suite.yaml)"},
    {"output", "FILE", "where the results go (artifacts/microbench_results.json)"},
    {"seed", "N", "of the order of the tasks (17)"},
    {"lane", "L0..L3", "L0 and L1: a local provider; L2 and L3: a hosted one (L0)"},
    {"provider", "NAME", "this one instead"},
    {"dry-run", NULL, "call no model, and say so in the results"},
    {NULL, NULL, NULL},
};

static const orx_option microbench_report_options[] = {
    {"input", "FILE", "the results (artifacts/microbench_results.json)"},
    {"output", "FILE", "where the report goes (artifacts/microbench_report.md)"},
    {NULL, NULL, NULL},
};

static const orx_option recommend_options[] = {
    {"input", "FILE", "the results of lane L0 (artifacts/microbench_results.json)"},
    {"output", "FILE", "what comes out (artifacts/recommended_routing_policy.yaml)"},
    {"diff-output", "FILE", "the same for people (artifacts/routing_policy_diff.md)"},
    {"min-runs", "N", "runs of a kind of tasks that say something (4)"},
    {"min-pass-rate", "R", "share of them that has to pass (0.9)"},
    {"max-ms", "N", "how long they may take on average, in milliseconds (220)"},
    {NULL, NULL, NULL},
};

static const orx_option providers_check_options[] = {
    {"config", "FILE", "config/providers.example.yaml, or another of its shape"},
    {"output", "FILE", "where the report goes (artifacts/providers_check.json)"},
    {"profile", "FILE", "a file whose overrides say which are required and which optional"},
    {"timeout-sec", "N", "for each provider (5)"},
    {NULL, NULL, NULL},
};

static const orx_option profile_apply_options[] = {
    {"config", "FILE", "what the profile is applied to (config/providers.example.yaml)"},
    {"profiles-dir", "DIR", "where profiles are (profiles)"},
    {"active-config", "FILE", "what comes out (config/providers.active.yaml)"},
    {NULL, NULL, NULL},
};

static const orx_option router_check_options[] = {
    {"config", "FILE", "config/router.example.yaml, or another of its shape"},
    {"output", "FILE", "where the report goes (artifacts/router_check.json)"},
    {"profile", "NAME", "apply this profile first, and check what comes out"},
    {"profiles-dir", "DIR", "where profiles are (router_profiles)"},
    {"active-config", "FILE", "what a profile makes (config/router.active.yaml)"},
    {"lane", "NAME", "only the providers of this lane"},
    {"timeout-sec", "N", "for each provider (5)"},
    {NULL, NULL, NULL},
};

static const orx_option router_lanes_options[] = {
    {"config", "FILE", "config/router.active.yaml, else config/router.example.yaml"},
    {"output", "FILE", "where the report goes (artifacts/lanes_status.json)"},
    {"timeout-sec", "N", "for each provider (5)"},
    {NULL, NULL, NULL},
};

static const orx_option router_profile_options[] = {
    {"config", "FILE", "what the profile is applied to (config/router.example.yaml)"},
    {"profiles-dir", "DIR", "where profiles are (router_profiles)"},
    {"active-config", "FILE", "what comes out (config/router.active.yaml)"},
    {NULL, NULL, NULL},
};

static const orx_option attempt_list_options[] = {
    {"task", "ID", "only attempts of one task"},
    {"last", "N", "only the newest N (default 50 on a terminal, else all)"},
    {NULL, NULL, NULL},
};

static const orx_option attempt_show_options[] = {
    {"output", NULL, "only what the agent's program printed, byte for byte"},
    {NULL, NULL, NULL},
};

static const orx_option simulate_options[] = {
    {"router", "NAME", "the entry of FILE's routers (its run.router)"},
    {"strategy", "NAME", "no router: the order that this route.strategy makes, as least-busy"},
    {"profile", "fast|strong", "of a policy (fast)"},
    {"limit", "N", "the newest N decisions (all, at most 100000)"},
    {NULL, NULL, NULL},
};

static const orx_option shadow_options[] = {
    {"router", "NAME", "the entry of routers (route.shadow)"},
    {NULL, NULL, NULL},
};

static const orx_option route_off_options[] = {
    {"reason", "TEXT", "why; it is shown wherever it matters"},
    {NULL, NULL, NULL},
};

static const orx_option explain_options[] = {
    {"task", "ID", "the newest attempt of a task, and what it waits for"},
    {NULL, NULL, NULL},
};

static const orx_option route_scale_options[] = {
    {"dry-run", NULL, "decide and say why, and write nothing"},
    {NULL, NULL, NULL},
};

static const orx_option route_train_options[] = {
    {"router", "NAME", "mf (without it), sw, linear or random"},
    {"embed", "PROVIDER/MODEL", "learn with the vectors of op embed there, not the built-in ones"},
    {"import", "FILE", "rows in JSON lines besides those of the journal; may stand several times"},
    {"no-journal", NULL, "only those rows"},
    {"output", "FILE", "the weights (artifacts/autonomy/routellm_weights.json)"},
    {"seed", "N", "of every draw; the same rows and seed give the same file (1)"},
    {"plugin", "NAME", "who learns (routellm)"},
    {NULL, NULL, NULL},
};

static const orx_option route_report_options[] = {
    {"import", "FILE", "rows in JSON lines besides those of the journal; may stand several times"},
    {"no-journal", NULL, "only those rows"},
    {"unseen", NULL, "no training saw any of the rows: judge by all of them, not by every fifth"},
    {"svg", "FILE", "draw the frontiers as well"},
    {"plugin", "NAME", "who learned (routellm)"},
    {NULL, NULL, NULL},
};

static const orx_option show_options[] = {
    {"origin", NULL, "with the place each value comes from"},
    {NULL, NULL, NULL},
};

static const orx_option new_options[] = {
    {"dir", "DIR", "the folder to write into (default: NAME, here)"},
    {NULL, NULL, NULL},
};

static const orx_option skill_options[] = {
    {"output", "FILE", "where to (default: paths.skill_protocol_file)"},
    {"force", NULL, "also over one that was changed"},
    {NULL, NULL, NULL},
};

static const orx_option key_options[] = {
    {"key", "FILE", "where the secret key lies (default ~/.config/orxaq/operator.key)"},
    {NULL, NULL, NULL},
};

static const orx_option grant_options[] = {
    {"provider", "NAME", "whose calls are elevated; may be given several times; * = all"},
    {"reason", "TEXT", "why"},
    {"scope", "TEXT", "what it is meant for"},
    {"rollback-proof", "TEXT", "how what it does can be undone"},
    {"task-id", "ID", "only calls for this task; may be given several times"},
    {"requested-by", "NAME", "who asked (default codex)"},
    {"approved-by", "NAME", "who approved, somebody else (default operator)"},
    {"ttl-minutes", "N", "how long it counts (default 30; at most what the policy allows)"},
    {"grant-id", "ID", "its id (default bg-TIME-PID)"},
    {"activate", NULL, "put it in force (the default)"},
    {"no-activate", NULL, "only write it below grants/"},
    {"policy-file", "FILE", "the privilege policy (default: as configured)"},
    {"key", "FILE", "where the secret key lies (default ~/.config/orxaq/operator.key)"},
    {NULL, NULL, NULL},
};

static const orx_option revoke_options[] = {
    {"reason", "TEXT", "why"},
    {"requested-by", "NAME", "who asked (default codex)"},
    {"policy-file", "FILE", "the privilege policy (default: as configured)"},
    {NULL, NULL, NULL},
};

static const orx_option lane_status_options[] = {
    {"lane", "ID", "only this lane"},
    {"with-conversations", NULL, "with what was last said in each"},
    {"conversation-lines", "N", "of so many newest lines of each log, 1 to 2000 (default 200)"},
    {NULL, NULL, NULL},
};

static const orx_option lane_options[] = {
    {"lane", "ID", "the lane (of the lanes- commands: only this one)"},
    {"no-wait", NULL, "do not wait until the lanes are where they are to be"},
    {NULL, NULL, NULL},
};

static const orx_option merge_options[] = {
    {"lane", "ID", "only the branch of this lane; may be given several times"},
    {"dry-run", NULL, "say what there is to merge, and whether the base could be moved"},
    {NULL, NULL, NULL},
};

#endif
