/* The table of commands. */
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
    {"resume-checkpoint", "FILE",
     "first take over what FILE knows later than the journal: a checkpoint or a copy of "
     "state.json"},
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

static const orx_option health_options[] = {
    {"strict", NULL, "exit code 1 when something does not work that should"},
    {"text", NULL, "for people, also when stdout is no terminal"},
    {NULL, NULL, NULL},
};

static const orx_option autonomy_options[] = {
    {"allow-dirty", NULL, "uncommitted changes in a repository are fine"},
    {"strict", NULL, "exit code 1 when something does not work that should"},
    {"text", NULL, "for people, also when stdout is no terminal"},
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
    {"accept", "TEXT", "an acceptance point; may be given several times"},
    {"after", "ID", "a task this one depends on; may be given several times"},
    {NULL, NULL, NULL},
};

static const orx_option reset_options[] = {
    {"all", NULL, "every task that is not done"},
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
    {"format", "FORM", "table, json, csv or focus (a CSV in the columns of FOCUS, by day)"},
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

static const orx_option explain_options[] = {
    {"task", "ID", "the newest attempt of a task, and what it waits for"},
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

const orx_option orx_global_options[] = {
    {"root", "DIR", "the root directory (default: found upwards from here)"},
    {"env-file", "FILE", "environment file (default ROOT/.env.autonomy)"},
    {"config", "FILE", "configuration file (default ROOT/orxaq.yaml, ROOT/config/orxaq.yaml)"},
    {"strict", NULL, "unknown configuration keys are errors"},
    {"json", NULL, "JSON on stdout"},
    {"quiet", NULL, "no progress, errors only"},
    {"color", "WHEN", "auto, always or never"},
    {"help", NULL, "help for a command"},
    {"version", NULL, "the version"},
    {NULL, NULL, NULL},
};

const orx_command_row orx_commands[] = {
    {.name = "init",
     .args = "[DIR]",
     .max_args = 1,
     .help = "write a commented configuration, example tasks and prompts into a directory",
     .more = "Files that exist are left as they are.",
     .options = none,
     .run = orx_cmd_init},
    {.name = "init-skill-protocol",
     .help = "write the skill protocol that every prompt contains, to be changed",
     .more = "Without the file the built-in protocol holds, which is the same.",
     .options = skill_options,
     .run = orx_cmd_init_skill_protocol},
    {.name = "run",
     .help = "do the tasks of the queue until nothing is left to do",
     .more =
         "Runs one lane. Exit code 0: all done; 3: cycle limit; 4: blocked or waiting tasks are "
         "left; 75: another process runs this lane.",
     .options = run_options,
     .run_flags = true,
     .run = orx_cmd_run},
    {.name = "supervise",
     .help = "keep the runner going: the one resident process of a root",
     .more = "Stays in the foreground, for a service manager or a terminal; `start` does the same "
             "in the background. TERM or INT end its units in good order, a second one kills what "
             "is left. A second supervisor of a root says so and ends with 0.",
     .options = none,
     .run = orx_cmd_supervise},
    {.name = "start",
     .alias = "ensure",
     .args = "[UNIT]",
     .max_args = 1,
     .help = "start the supervisor if there is none, and a unit that does not run",
     .more = "Without UNIT only the supervisor, which starts what nobody stopped. Exit code 1: the "
             "unit failed.",
     .options = wish_options,
     .run = orx_cmd_start},
    {.name = "stop",
     .args = "[UNIT]",
     .max_args = 1,
     .help = "end a unit in good order, or the supervisor with all units",
     .more = "A runner puts the work of its agent away and ends; nothing is lost. A stopped unit "
             "stays stopped when the supervisor is started again.",
     .options = stop_options,
     .run = orx_cmd_stop},
    {.name = "restart",
     .args = "UNIT",
     .min_args = 1,
     .max_args = 1,
     .help = "end a unit in good order and start it again",
     .options = wish_options,
     .run = orx_cmd_restart},
    {.name = "pause",
     .args = "UNIT",
     .min_args = 1,
     .max_args = 1,
     .help = "let a unit finish the task in hand and hold it back until `resume`",
     .options = wish_options,
     .run = orx_cmd_pause},
    {.name = "resume",
     .args = "UNIT",
     .min_args = 1,
     .max_args = 1,
     .help = "let a paused unit go on",
     .options = wish_options,
     .run = orx_cmd_resume},
    {.name = "units",
     .help = "what the supervisor keeps going: state, since when, pid, why",
     .more = "Without a supervisor the journal is asked, and every state is unknown.",
     .options = none,
     .run = orx_cmd_units},
    {.name = "lanes-plan",
     .alias = "lanes",
     .help = "the lanes of the root: what would start, and why not",
     .more =
         "Reads the lanes file, the repositories and what is done. Exit code 1: an entry of the "
         "file is wrong.",
     .options = none,
     .run = orx_cmd_lanes_plan},
    {.name = "lanes-start",
     .help = "start lanes, also those that were stopped or paused",
     .more =
         "Starts the supervisor when there is none. Exit code 1: a lane failed, or an entry of the "
         "lanes file is wrong.",
     .options = lane_options,
     .run = orx_cmd_lanes_start},
    {.name = "lanes-ensure",
     .help = "see to it that the lanes that should run do",
     .more = "Starts the supervisor when there is none, which starts what nobody stopped or "
             "paused. What "
             "runs is left alone.",
     .options = lane_options,
     .run = orx_cmd_lanes_ensure},
    {.name = "lanes-stop",
     .help = "end lanes in good order; they stay stopped",
     .more = "The work of an agent is put away, and nothing of it is left running. `lane-start` "
             "starts it "
             "again.",
     .options = lane_options,
     .run = orx_cmd_lanes_stop},
    {.name = "lane-start",
     .args = "[LANE]",
     .max_args = 1,
     .help = "start a lane, also one that is not enabled",
     .more = "Starts the supervisor when there is none. Exit code 1: it failed.",
     .options = lane_options,
     .run = orx_cmd_lanes_start},
    {.name = "lane-ensure",
     .args = "[LANE]",
     .max_args = 1,
     .help = "see to it that a lane runs if it should",
     .more = "Starts the supervisor when there is none, which starts what nobody stopped or "
             "paused. What "
             "runs is left alone.",
     .options = lane_options,
     .run = orx_cmd_lanes_ensure},
    {.name = "lane-stop",
     .args = "[LANE]",
     .max_args = 1,
     .help = "end a lane in good order; it stays stopped",
     .more = "The work of an agent is put away, and nothing of it is left running. `lane-start` "
             "starts it "
             "again.",
     .options = lane_options,
     .run = orx_cmd_lanes_stop},
    {.name = "lanes-status",
     .help = "what the lanes are doing: health, process, tasks, capacity",
     .more = "The words for health are those of `health`. Exit code 1: no lane is called so.",
     .options = lane_status_options,
     .run = orx_cmd_lanes_status},
    {.name = "lane-status",
     .args = "[LANE]",
     .max_args = 1,
     .help = "the same of one lane",
     .options = lane_status_options,
     .run = orx_cmd_lanes_status},
    {.name = "lane-inspect",
     .args = "[LANE]",
     .max_args = 1,
     .help = "one lane with what was said in it, as JSON",
     .more =
         "Options choose among what was said, as those of `conversations`. A lane that is in no "
         "file but said something is shown, too. Exit code 1: nobody knows it.",
     .options = talk_options,
     .run = orx_cmd_lane_inspect},
    {.name = "lane-pause",
     .args = "[LANE]",
     .max_args = 1,
     .help = "let a lane finish the task in hand and hold it back",
     .more = "`lane-resume` lets it go on.",
     .options = lane_options,
     .run = orx_cmd_lane_pause},
    {.name = "lane-resume",
     .args = "[LANE]",
     .max_args = 1,
     .help = "let a paused or stopped lane go on",
     .more = "As `lane-start`, with the state of the lane as the answer.",
     .options = lane_options,
     .run = orx_cmd_lane_resume},
    {.name = "lane-drain",
     .args = "[LANE]",
     .max_args = 1,
     .help = "let a lane finish the task in hand, then stay stopped",
     .more = "`lane-start` starts it again.",
     .options = lane_options,
     .run = orx_cmd_lane_drain},
    {.name = "logs",
     .args = "[UNIT]",
     .max_args = 1,
     .help = "what a unit printed (default: primary; also supervisor, or a lane)",
     .options = logs_options,
     .run = orx_cmd_logs},
    {.name = "doctor",
     .help = "what this machine, its programs and keys can do, and what to do about the rest",
     .more = "Looks at the configuration, the kernel, the disk, git, the repositories, and asks "
             "every configured provider whether it could work now. Programs are asked for their "
             "version, servers for their models; nothing is spent. Exit code 1: something that is "
             "configured cannot work.",
     .options = none,
     .run = orx_cmd_doctor},
    {.name = "keys",
     .help = "which keys of model vendors are set, and where a missing one comes from",
     .more = "Each with the page that makes it, the right it needs and the command that tries it. "
             "Values are never shown. Keys for models and keys for bills are different ones.",
     .options = none,
     .run = orx_cmd_keys},
    {.name = "keys-set",
     .args = "NAME",
     .min_args = 1,
     .max_args = 1,
     .help = "put a key into the env file without showing it",
     .more = "Reads the key from the terminal, where it is not shown, or from standard input. "
             "The file (ROOT/.env.autonomy, or --env-file) is replaced as a whole, with mode 0600; "
             "everything else in it stays.",
     .options = none,
     .run = orx_cmd_keys_set},
    {.name = "provider-autobootstrap",
     .args = "[ENVFILE]",
     .max_args = 1,
     .help = "enter known keys into the env file, then check what can be reached with them",
     .more =
         "Keys in the file stay, others are taken from the environment, a placeholder stands "
         "for the rest. While OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY is missing it "
         "says so and ends with 0; with all three it runs preflight-autonomy and then "
         "model-router-connectivity and ends with the code of the first that fails.",
     .options = none,
     .run = orx_cmd_provider_autobootstrap},
    {.name = "status",
     .help = "what is going on: supervisor, runner, tasks, and what is wrong with them",
     .more = "When stdout is no terminal: JSON, as with --json. Exit code 0 whatever is found, "
             "unless the journal cannot be read; with --strict 1 when something does not work that "
             "should.",
     .options = health_options,
     .run = orx_cmd_status},
    {.name = "health",
     .help = "one judgement of the root: every finding, and what to do about it",
     .more = "Writes health.json into the artifacts folder. JSON and exit codes as for `status`.",
     .options = health_options,
     .run = orx_cmd_health},
    {.name = "process-watchdog",
     .help = "one look from outside: start a supervisor that is gone, a runner that hangs anew",
     .more =
         "For a timer. What a person stopped, and what was given up, stays as it is. Exit code 0; "
         "with --strict 1 when supervisor or runner are not well afterwards; 75: another pass "
         "is under way.",
     .options = health_options,
     .run = orx_cmd_process_watchdog},
    {.name = "full-autonomy",
     .help = "preflight, watchdog, status and health in one report",
     .more = "Writes full_autonomy_report.json. Exit code 0; with --strict 1 when not all is well.",
     .options = autonomy_options,
     .run = orx_cmd_full_autonomy},
    {.name = "preflight",
     .help = "whether a run could begin: repositories, and the programs that the tasks need",
     .more =
         "Only what open tasks ask for has to be there. A repository that is marked bare although "
         "it has a working tree is mended. Exit code 1: something is missing. When stdout is no "
         "terminal: JSON, as with --json.",
     .options = preflight_options,
     .run = orx_cmd_preflight},
    {.name = "preflight-autonomy",
     .help = "the same as preflight --allow-dirty",
     .options = preflight_autonomy_options,
     .run = orx_cmd_preflight_autonomy},
    {.name = "conversations",
     .alias = "conversation-inspect",
     .help = "what agents and runners said, from the logs of all lanes",
     .more = "Each log is read from its end, --lines of it; the rest of the options choose among "
             "those. When stdout is no terminal: JSON, as with --json.",
     .options = talk_options,
     .run = orx_cmd_conversations},
    {.name = "tasks-list",
     .alias = "tasks",
     .help = "all tasks with state, attempts and what they wait for",
     .options = list_options,
     .run = orx_cmd_tasks_list},
    {.name = "tasks-show",
     .args = "ID",
     .min_args = 1,
     .max_args = 1,
     .help = "everything about one task",
     .options = none,
     .run = orx_cmd_tasks_show},
    {.name = "tasks-add",
     .args = "ID",
     .min_args = 1,
     .max_args = 1,
     .help = "add a task to the queue without touching the tasks file",
     .options = add_options,
     .run = orx_cmd_tasks_add},
    {.name = "tasks-reset",
     .args = "[ID...]",
     .max_args = -1,
     .help = "make tasks pending again, as if they had never run",
     .options = reset_options,
     .run = orx_cmd_tasks_reset},
    {.name = "events",
     .help = "what happened, from the journal",
     .options = event_options,
     .run = orx_cmd_events},
    {.name = "costs",
     .help = "what calls cost: by window, provider, model, lane, task or day",
     .more =
         "Without options: the last hour, today, 7 and 30 days. A window is today, yesterday, all, "
         "or a length back from now such as 1h, 7d or 30d; --from and --to take a day or a time. "
         "Days begin in money.timezone. \">= 0.12\" means that the cost of some calls is not "
         "known.",
     .options = costs_options,
     .run = orx_cmd_costs},
    {.name = "budget",
     .help = "how each cap stands, and the overrides that hold",
     .run = orx_cmd_budget},
    {.name = "budget-override",
     .args = "KEY USD",
     .min_args = 2,
     .max_args = 2,
     .help = "let a cap be passed by an amount for a while",
     .more =
         "KEY is a cap that is set, such as budget.daily or caps.night.monthly. The override is in "
         "the journal with who gave it and why. A run that waits goes on by itself; one that "
         "ended with 6 is to be started again.",
     .options = override_options,
     .run = orx_cmd_budget_override},
    {.name = "budget-revoke",
     .args = "ID",
     .min_args = 1,
     .max_args = 1,
     .help = "take an override back",
     .options = override_end_options,
     .run = orx_cmd_budget_revoke},
    {.name = "provider-cost-ingest",
     .help = "fetch the bills of the vendors and store them",
     .more = "Every entry of plugins that reads bills is asked (costs-openai, costs-anthropic). A "
             "fetch that was cut off goes on where it was. Ends with 0 when at least one source is "
             "ok.",
     .options = ingest_options,
     .run = orx_cmd_provider_cost_ingest},
    {.name = "provider-cost-health",
     .help = "whether the bills that were fetched can be relied on, now",
     .options = cost_health_options,
     .run = orx_cmd_provider_cost_health},
    {.name = "provider-cost-ingest-check",
     .help = "fetch the bills, then judge them",
     .more = "For a timer: once an hour is often enough.",
     .options = ingest_check_options,
     .run = orx_cmd_provider_cost_ingest_check},
    {.name = "provider-cost-reconcile",
     .help = "the vendors' bills against our own books, day by day",
     .more = "Ends with 1 when a day that is complete differs by more than 2 %.",
     .options = reconcile_options,
     .run = orx_cmd_provider_cost_reconcile},
    {.name = "metrics",
     .help = "what attempts came to: quality, time, tokens, money, advice",
     .run = orx_cmd_metrics},
    {.name = "model-router-connectivity",
     .help = "which endpoints of the model router are there",
     .more = "All are asked at the same time. Exit code 1 with --strict when a required one is not "
             "there, and always when the file is missing or names no endpoint.",
     .options = connectivity_options,
     .run = orx_cmd_connectivity},
    {.name = "providers-check",
     .help = "which model providers answer with their keys",
     .more = "Exit code 1 with --strict when a required one is not up.",
     .options = providers_check_options,
     .run = orx_cmd_providers_check},
    {.name = "profile-apply",
     .args = "NAME",
     .min_args = 1,
     .max_args = 1,
     .help = "make the active list of providers from a profile: local, lan, travel",
     .options = profile_apply_options,
     .run = orx_cmd_profile_apply},
    {.name = "router-check",
     .help = "which providers of the lane ladder answer",
     .more = "Exit code 1 with --strict when a required one is down.",
     .options = router_check_options,
     .run = orx_cmd_router_check},
    {.name = "router-lanes-status",
     .help = "which lanes of the ladder have a provider that is up",
     .more = "Exit code 1 with --strict when a lane has none, or there are no lanes.",
     .options = router_lanes_options,
     .run = orx_cmd_router_lanes},
    {.name = "router-profile-apply",
     .args = "NAME",
     .min_args = 1,
     .max_args = 1,
     .help = "make the router's active file from a profile",
     .options = router_profile_options,
     .run = orx_cmd_router_profile_apply},
    {.name = "attempt-list",
     .alias = "attempt",
     .help = "attempts: task, provider, result, tokens, time",
     .options = attempt_list_options,
     .run = orx_cmd_attempt_list},
    {.name = "attempt-show",
     .args = "ID",
     .min_args = 1,
     .max_args = 1,
     .help = "everything about one attempt: its calls, what was run, what came back",
     .more = "Taken from the journal and from the records in state/records. Without a journal that "
             "can be read, what the records say is shown alone.",
     .options = attempt_show_options,
     .run = orx_cmd_attempt_show},
    {.name = "route-explain",
     .args = "[ATTEMPT]",
     .max_args = 1,
     .help = "why an attempt asked whom: every candidate, and the filter or score that decided it",
     .more =
         "Taken from the journal. What was left out says why and for how long; a router's scores "
         "stand beside its candidates (`docs/routing.md`).",
     .options = explain_options,
     .run = orx_cmd_route_explain},
    {.name = "attempt-replay",
     .args = "ID",
     .min_args = 1,
     .max_args = 1,
     .help = "feed what was recorded to the plugin as it is now, and compare",
     .more = "No program is run, no request made and nothing written. Exit code 0: today's driver "
             "reports the same; 1: it does not, or the record is not whole.",
     .options = none,
     .run = orx_cmd_attempt_replay},
    {.name = "config-check",
     .alias = "config",
     .help = "check the configuration; every problem with file, line and column",
     .options = none,
     .run_flags = true,
     .run = orx_cmd_config_check},
    {.name = "config-show",
     .args = "[KEY...]",
     .max_args = -1,
     .help = "the values in force",
     .options = show_options,
     .run_flags = true,
     .run = orx_cmd_config_show},
    {.name = "config-reference",
     .help = "every key: type, default, meaning",
     .options = none,
     .run = orx_cmd_config_reference},
    {.name = "plugin-list",
     .alias = "plugin",
     .help = "the plugins: state, version, ABI, capabilities, why one is off",
     .options = none,
     .run = orx_cmd_plugin_list},
    {.name = "plugin-info",
     .args = "NAME|FILE",
     .min_args = 1,
     .max_args = 1,
     .help = "one plugin: descriptor, capabilities, settings",
     .options = none,
     .run = orx_cmd_plugin_info},
    {.name = "plugin-new",
     .args = "provider|router|sink NAME",
     .min_args = 2,
     .max_args = 2,
     .help = "begin a plugin: a small complete driver with tests, to be changed",
     .more =
         "It builds with the installed SDK alone, passes its tests and validates as it is. NAME "
         "is the plugin's id: a letter followed by a-z, 0-9, '-', '_' or '.'. Files that exist "
         "are never overwritten.",
     .options = new_options,
     .run = orx_cmd_plugin_new},
    {.name = "plugin-validate",
     .args = "FILE",
     .min_args = 1,
     .max_args = 1,
     .help = "prove a module: every promise of the SDK, each in a process of its own",
     .more =
         "The module's code is run. Exit code 0: nothing failed; 1: a check failed, and its row "
         "says why. A check is skipped when one it needs failed, or when it is about something "
         "the module does not offer.",
     .options = none,
     .run = orx_cmd_plugin_validate},
    {.name = "plugin-validate-internal",
     .args = "CHECK FILE",
     .min_args = 2,
     .max_args = 2,
     .help = "run one check on a module (runs as a child)",
     .options = none,
     .hidden = true,
     .run = orx_cmd_plugin_validate_one},
    {.name = "plugin-probe-internal",
     .args = "FILE...",
     .min_args = 1,
     .max_args = -1,
     .help = "load modules and say whether they can be used (runs as a child)",
     .options = none,
     .hidden = true,
     .run = orx_cmd_plugin_probe},
    {.name = "routellm-serve",
     .help = "answer which model a policy chooses, over HTTP",
     .more = "POST /route and GET /health on 127.0.0.1, or on --host. --port and --policy-file are "
             "required. The policy is read again when it changes; one that cannot be used leaves "
             "the old one in place. TERM and Ctrl-C end it with exit code 0.",
     .options = serve_options,
     .run = orx_cmd_routellm_serve},
    {.name = "breakglass-key",
     .help = "make the operator's key when there is none, and show its public half",
     .more = "Grants count only when they are signed by the key whose public half is pinned in "
             "orxaq.yaml as breakglass.public_key. The secret half may lie on another machine.",
     .options = key_options,
     .run = orx_cmd_breakglass_key},
    {.name = "grant-breakglass",
     .help = "let the agents of a provider work without confinement for a while",
     .more = "--provider, --reason, --scope and --rollback-proof are required. The grant is signed "
             "with the operator's key; a grant that was in force before is revoked. Every call "
             "made under it is a row of privilege_escalations.ndjson.",
     .options = grant_options,
     .run = orx_cmd_grant_breakglass},
    {.name = "revoke-breakglass",
     .help = "end the grant that is in force; copies of it count no more",
     .more = "--reason is required. Calls that run under the grant are stopped.",
     .options = revoke_options,
     .run = orx_cmd_revoke_breakglass},
    {.name = "project-rebuild",
     .help = "write state.json, heartbeat and logs anew from the journal",
     .options = none,
     .run = orx_cmd_project_rebuild},
    {.name = "project-recover",
     .help = "make a new journal from what is left of a damaged one, and say what is lost",
     .more = "Reads the damaged database around the damage, exported segments, state.json, the "
             "tasks file, the records of calls and the trailers of commits. The damaged file stays "
             "as it is. Does nothing when the journal is sound. Exit code 75: a runner is at work.",
     .options = none,
     .run = orx_cmd_project_recover},
    {.name = "version",
     .help = "version, ABI and libraries",
     .options = none,
     .run = orx_cmd_version},
    {.name = "completion",
     .args = "bash|zsh",
     .min_args = 1,
     .max_args = 1,
     .help = "print a completion script for a shell",
     .options = none,
     .run = orx_cmd_completion},
    {.name = "help",
     .args = "[COMMAND]",
     .max_args = -1,
     .help = "this overview, or one command",
     .options = none,
     .run = orx_cmd_help},
    {.name = NULL},
};
