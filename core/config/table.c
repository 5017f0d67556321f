#include "config/table.h"

/* Rows of typed members: the generic selection refuses a member of the wrong C type. */
#define OFFSET(S, m, ...) _Generic(((S *)0)->m, __VA_ARGS__ : offsetof(S, m))
#define BOOL_(S, m)       .type = ORX_CFG_BOOL, .offset = OFFSET(S, m, bool)
#define SWITCH_(S, m)     .type = ORX_CFG_SWITCH, .offset = OFFSET(S, m, bool)
#define INT_(S, m)        .type = ORX_CFG_INT, .offset = OFFSET(S, m, int64_t)
#define DOUBLE_(S, m)     .type = ORX_CFG_DOUBLE, .offset = OFFSET(S, m, double)
#define TIME_(S, m)       .type = ORX_CFG_DURATION, .offset = OFFSET(S, m, int64_t)
#define SIZE_(S, m)       .type = ORX_CFG_SIZE, .offset = OFFSET(S, m, int64_t)
#define MONEY_(S, m)      .type = ORX_CFG_MONEY, .offset = OFFSET(S, m, int64_t)
#define TEXT_(S, m)       .type = ORX_CFG_STRING, .offset = OFFSET(S, m, const char *)
#define ID_(S, m)         .type = ORX_CFG_ID, .offset = OFFSET(S, m, const char *)
#define SECRET_(S, m)     .type = ORX_CFG_SECRET, .offset = OFFSET(S, m, const char *)
#define PATH_(S, m)       .type = ORX_CFG_PATH, .offset = OFFSET(S, m, const char *)
#define LIST_(S, m)       .type = ORX_CFG_LIST, .offset = OFFSET(S, m, orx_strings)
#define NAMES_(S, m)      .type = ORX_CFG_ENVNAMES, .offset = OFFSET(S, m, orx_strings)
#define MAP_(S, m)        .type = ORX_CFG_MAP, .offset = OFFSET(S, m, const orx_node *)
#define ENUM_(S, m)       .type = ORX_CFG_ENUM, .offset = offsetof(S, m)

#define C orx_config
#define P orx_provider_config
#define L orx_plugin_config
#define R orx_router_config
#define K orx_cap_config

#define E_(name)  "ORXAQ_AUTONOMY_" name
#define MSEC      INT64_C(1000000)
#define SEC       INT64_C(1000000000)
#define DAY       (86400 * SEC)
#define YEARS     (3650 * DAY)
#define OPTIONAL  .marks = ORX_KEY_EMPTY_IS_NONE
#define FLOOR     .marks = ORX_KEY_FLOOR
#define MANY      INT64_C(1000000000000)
#define USD       INT64_C(1000000000)
#define ARTIFACTS "${artifacts_dir}/"

/* In the order of the reference. Keys that others refer to (artifacts_dir, state_dir, repos,
 * plugin) come before them: values are resolved in this order. */
/* clang-format off */
const orx_config_key orx_config_keys[] = {
    {.path = "version", INT_(C, version), .fallback = "1", .min = 1, .max = 1,
     .help = "Version of this file's format."},
    {.path = "lane", ID_(C, lane), .fallback = "", .flag = "lane",
     .help = "Lane this process works for; empty is the primary lane. Each lane has its own lock "
             "and its own tasks."},
    {.path = "recovery", SWITCH_(C, recovery), .fallback = "on",
     .help = "When nothing is ready and tasks are blocked, try blocked tasks and the tasks they "
             "depend on once more, within limits."},
    {.path = "env_pass", NAMES_(C, env_pass), .fallback = "", .split = ",; ",
     .help = "Environment variables that every agent and validation process gets, beyond PATH, "
             "HOME, USER, SHELL, LANG, LC_*, TZ, TMPDIR, XDG_*, SSL_CERT_* and *_proxy. PREFIX_* "
             "names several."},
    {.path = "path_append", LIST_(C, path_append), .split = ":",
     .fallback = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
     .help = "Directories put behind the PATH of every child when they are not in it."},

    {.path = "repos.impl", PATH_(C, repos.impl), .fallback = "../orxaq", .env = "ORXAQ_IMPL_REPO",
     .flag = "impl-repo",
     .help = "Git repository of the implementation."},
    {.path = "repos.test", PATH_(C, repos.test), .fallback = "../orxaq_gemini",
     .env = "ORXAQ_TEST_REPO", .flag = "test-repo",
     .help = "Git repository of the independent tests. It need not exist unless a provider uses "
             "it."},

    {.path = "paths.artifacts_dir", PATH_(C, paths.artifacts_dir), .fallback = "artifacts/autonomy",
     .env = E_("ARTIFACTS_DIR"), .flag = "artifacts-dir",
     .help = "Folder for reports, logs and telemetry."},
    {.path = "paths.state_dir", PATH_(C, paths.state_dir), .fallback = "state",
     .help = "Folder of the journal (orxaq.db), its segments and locks. Must be a local disk."},
    {.path = "paths.tasks_file", PATH_(C, paths.tasks_file), .fallback = "config/tasks.json",
     .env = E_("TASKS_FILE"), .flag = "tasks-file",
     .help = "The task queue: JSON or YAML."},
    {.path = "paths.objective_file", PATH_(C, paths.objective_file),
     .fallback = "config/objective.md", .env = E_("OBJECTIVE_FILE"), .flag = "objective-file",
     .help = "Text that begins every prompt."},
    {.path = "paths.state_file", PATH_(C, paths.state_file), .fallback = "state/state.json",
     .env = E_("STATE_FILE"), .flag = "state-file",
     .help = "Task states for other programs to read, written from the journal."},
    {.path = "paths.heartbeat_file", PATH_(C, paths.heartbeat_file),
     .fallback = ARTIFACTS "heartbeat.json", .env = E_("HEARTBEAT_FILE"), .flag = "heartbeat-file",
     .help = "Sign of life: time, phase, cycle, task."},
    {.path = "paths.lock_file", PATH_(C, paths.lock_file), .fallback = ARTIFACTS "runner.lock",
     .env = E_("LOCK_FILE"), .flag = "lock-file",
     .help = "Lock of the primary lane's runner; a second one exits with 75."},
    {.path = "paths.log_file", PATH_(C, paths.log_file), .fallback = ARTIFACTS "runner.log",
     .env = E_("LOG_FILE"),
     .help = "Log of the runner under the supervisor."},
    {.path = "paths.runner_pid_file", PATH_(C, paths.runner_pid_file),
     .fallback = ARTIFACTS "runner.pid", .env = E_("RUNNER_PID_FILE"),
     .help = "Pid of the runner under the supervisor."},
    {.path = "paths.supervisor_lock_file", PATH_(C, paths.supervisor_lock_file),
     .fallback = ARTIFACTS "supervisor.lock", .env = E_("SUPERVISOR_LOCK_FILE"),
     .help = "Lock of the supervisor; a second one says so and ends."},
    {.path = "paths.supervisor_pid_file", PATH_(C, paths.supervisor_pid_file),
     .fallback = ARTIFACTS "supervisor.pid", .env = E_("SUPERVISOR_PID_FILE"),
     .help = "Pid of the supervisor, for people and tools; what counts is its lock."},
    {.path = "paths.conversation_log_file", PATH_(C, paths.conversation_log_file),
     .fallback = ARTIFACTS "conversations.ndjson", .env = E_("CONVERSATION_LOG_FILE"),
     .flag = "conversation-log-file",
     .help = "Prompts, answers and decisions, one row each."},
    {.path = "paths.handoff_dir", PATH_(C, paths.handoff_dir), .fallback = ARTIFACTS "handoffs",
     .flag = "handoff-dir",
     .help = "Notes between the roles (to_codex.ndjson, to_gemini.ndjson)."},
    {.path = "paths.metrics_file", PATH_(C, paths.metrics_file),
     .fallback = ARTIFACTS "response_metrics.ndjson", .env = E_("METRICS_FILE"),
     .flag = "metrics-file",
     .help = "One row of figures per attempt."},
    {.path = "paths.metrics_summary_file", PATH_(C, paths.metrics_summary_file),
     .fallback = ARTIFACTS "response_metrics_summary.json", .env = E_("METRICS_SUMMARY_FILE"),
     .flag = "metrics-summary-file",
     .help = "Totals and averages of those rows."},
    {.path = "paths.pricing_file", PATH_(C, paths.pricing_file), .fallback = "config/pricing.json",
     .env = E_("PRICING_FILE"), .flag = "pricing-file",
     .help = "Prices per model, as the predecessor kept them."},
    {.path = "paths.prices_file", PATH_(C, paths.prices_file), .fallback = "config/prices.yaml",
     .help = "Prices with dates, for all classes of tokens; they come before those of pricing_file. "
             "May be missing."},
    {.path = "paths.task_queue_file", PATH_(C, paths.task_queue_file), OPTIONAL,
     .flag = "task-queue-file",
     .help = "File from which further tasks are taken while the run goes on; none by default."},
    {.path = "paths.task_queue_state_file", PATH_(C, paths.task_queue_state_file), OPTIONAL,
     .note = "the queue file's name with `.claimed.json` behind it",
     .flag = "task-queue-state-file",
     .help = "Which entries of the queue file were taken."},
    {.path = "paths.dependency_state_file", PATH_(C, paths.dependency_state_file), OPTIONAL,
     .flag = "dependency-state-file",
     .help = "State file of another runner; tasks may depend on tasks that are done there."},
    {.path = "paths.skill_protocol_file", PATH_(C, paths.skill_protocol_file),
     .fallback = "config/skill_protocol.json", .env = E_("SKILL_PROTOCOL_FILE"),
     .flag = "skill-protocol-file",
     .help = "Rules of behaviour put into every prompt; missing means the built-in ones."},
    {.path = "paths.mcp_context_file", PATH_(C, paths.mcp_context_file), OPTIONAL,
     .env = E_("MCP_CONTEXT_FILE"), .flag = "mcp-context-file",
     .help = "Context snippets put into every prompt."},
    {.path = "paths.codex_schema", PATH_(C, paths.codex_schema),
     .fallback = "config/codex_result.schema.json", .env = E_("SCHEMA_FILE"),
     .flag = "codex-schema",
     .help = "JSON schema of codex's answer."},
    {.path = "paths.lanes_file", PATH_(C, paths.lanes_file), .fallback = "config/lanes.json",
     .env = E_("LANES_FILE"),
     .help = "Plan of parallel lanes."},
    {.path = "paths.lanes_runtime_dir", PATH_(C, paths.lanes_runtime_dir),
     .fallback = ARTIFACTS "lanes", .env = E_("LANES_RUNTIME_DIR"),
     .help = "One folder per lane."},
    {.path = "paths.worktrees_dir", PATH_(C, paths.worktrees_dir),
     .fallback = "${state_dir}/worktrees",
     .help = "Folder of the worktrees of git.isolation."},
    {.path = "paths.routellm_policy_file", PATH_(C, paths.routellm_policy_file),
     .fallback = "config/routellm_policy.json", .env = E_("ROUTELLM_POLICY_FILE"),
     .flag = "routellm-policy-file",
     .help = "Allowed models and fallbacks per provider."},
    {.path = "paths.privilege_policy_file", PATH_(C, paths.privilege_policy_file),
     .fallback = "config/privilege_policy.json", .flag = "privilege-policy-file",
     .help = "Which arguments lower or raise a provider's privileges."},

    {.path = "run.max_cycles", INT_(C, run.max_cycles), FLOOR, .fallback = "10000",
     .env = E_("MAX_CYCLES"), .flag = "max-cycles", .min = 1, .max = MANY,
     .help = "Attempts after which a run ends with exit code 3."},
    {.path = "run.idle_sleep", TIME_(C, run.idle_sleep_ns), .fallback = "10s",
     .env = E_("IDLE_SLEEP_SEC"), .flag = "idle-sleep-sec", .max = DAY,
     .help = "Longest pause before the queue is looked at again when nothing is ready."},
    {.path = "run.continuous", BOOL_(C, run.continuous), .fallback = "false", .flag = "continuous",
     .help = "Begin again with all tasks when all are done."},
    {.path = "run.continuous_recycle_delay", TIME_(C, run.continuous_recycle_delay_ns), FLOOR,
     .fallback = "90s", .flag = "continuous-recycle-delay-sec", .min = SEC, .max = YEARS,
     .help = "Wait before that."},
    {.path = "run.execution_profile", ENUM_(C, run.execution_profile), .marks = ORX_KEY_PROFILE,
     .fallback = "high", .env = E_("EXECUTION_PROFILE"), .flag = "execution-profile",
     .words = "standard|high|extra_high",
     .help = "extra_high forces continuous work, waiting for the queue and at least "
             "1,000,000,000 cycles. extra-high, extrahigh and xhigh mean the same. An unknown "
             "word in the environment means high, in the flag standard."},
    {.path = "run.owner_filter", LIST_(C, run.owner_filter), .fallback = "", .flag = "owner-filter",
     .split = ",; ",
     .help = "Only tasks of these owners; empty means all."},
    {.path = "run.router", ID_(C, run.router), OPTIONAL,
     .help = "Entry of `routers` that plans who is called; none: the owner's provider, its model, then its `models`."},
    {.path = "run.local_only", BOOL_(C, run.local_only), .fallback = "false",
     .env = E_("LOCAL_ONLY"),
     .help = "Call no hosted model; which providers that are is said in docs/runner.md."},
    {.path = "run.codex_filter_models", BOOL_(C, run.codex_filter_models),
     .marks = ORX_KEY_OTHER_TRUE, .fallback = "true", .env = E_("CODEX_FILTER_INCOMPAT_MODELS"),
     .help = "Leave out model names that hosted codex cannot serve."},

    {.path = "queue.persistent", BOOL_(C, queue.persistent), .fallback = "true",
     .env = "ORXAQ_TASK_QUEUE_PERSISTENT_MODE",
     .help = "With a queue file: wait for new entries instead of ending when all is done."},
    {.path = "queue.max_claimed", INT_(C, queue.max_claimed), FLOOR, .fallback = "20000",
     .env = "ORXAQ_TASK_QUEUE_MAX_CLAIMED", .min = 100, .max = 10000000,
     .help = "How many taken entries are remembered in the queue's state file, newest first."},
    {.path = "queue.backlog_terms", TEXT_(C, queue.backlog_terms), OPTIONAL,
     .env = "ORXAQ_TASK_BACKLOG_TERMS",
     .note = "backlog, queue, hygiene, maintenance, sweep, housekeeping",
     .help = "Words that mark a task as backlog, which is done after everything else. Separated "
             "by comma, semicolon or white space."},

    {.path = "retry.max_attempts", INT_(C, retry.max_attempts), FLOOR, .fallback = "8",
     .env = E_("MAX_ATTEMPTS"), .flag = "max-attempts", .min = 1, .max = 1000000,
     .help = "Attempts of one task before it is blocked."},
    {.path = "retry.max_retryable", INT_(C, retry.max_retryable), .fallback = "20",
     .env = E_("MAX_RETRYABLE_BLOCKED_RETRIES"), .flag = "max-retryable-blocked-retries", .min = 0,
     .max = 1000000,
     .help = "Transient failures (rate limit, network ...) that are waited out before they count "
             "like others."},
    {.path = "retry.backoff_base", TIME_(C, retry.backoff_base_ns), .fallback = "30s",
     .env = E_("RETRY_BACKOFF_BASE_SEC"), .flag = "retry-backoff-base-sec", .max = YEARS,
     .help = "Wait after the first transient failure; doubles with each further one."},
    {.path = "retry.backoff_max", TIME_(C, retry.backoff_max_ns), .fallback = "30m",
     .env = E_("RETRY_BACKOFF_MAX_SEC"), .flag = "retry-backoff-max-sec", .max = YEARS,
     .help = "Longest such wait."},
    {.path = "retry.flat_delay", TIME_(C, retry.flat_delay_ns), .min = MSEC, .max = YEARS,
     .note = "backoff_base, but at least 5s and at most 60s",
     .help = "Wait after an ordinary failure (failed validation, partial work)."},
    {.path = "retry.jitter", ENUM_(C, retry.jitter), .fallback = "none", .words = "none|full",
     .help = "full: each wait is drawn evenly between 0 and its length, so that many lanes do "
             "not retry together."},

    {.path = "no_progress.same_call", INT_(C, no_progress.same_call), .fallback = "3", .min = 0,
     .max = 1000000,
     .help = "Identical tool calls in a row (name, arguments and, where they are told, results) "
             "that end a call; 0 means no limit."},
    {.path = "no_progress.same_work", INT_(C, no_progress.same_work), .fallback = "3", .min = 0,
     .max = 1000,
     .help = "Attempts in a row that leave exactly the same files behind, after which a task is "
             "blocked; 0 means no limit."},
    {.path = "no_progress.spend_factor", INT_(C, no_progress.spend_factor), .fallback = "3",
     .min = 0, .max = 1000000,
     .help = "A call is ended when it uses more than so many times what calls of its provider and "
             "model usually use (the median; of money where costs are stated, else of tokens); 0 "
             "means no limit."},
    {.path = "no_progress.spend_samples", INT_(C, no_progress.spend_samples), .fallback = "5",
     .min = 1, .max = 101,
     .help = "Calls that must have ended well before anything is usual; at most the newest 101 are "
             "looked at."},

    {.path = "validation.commands", LIST_(C, validation.commands),
     .fallback = "make lint;make test", .env = E_("VALIDATE_COMMANDS"), .flag = "validate-command",
     .split = ";",
     .help = "Commands that prove the work, run in order without a shell; given ones replace the "
             "defaults. An empty list validates nothing."},
    {.path = "validation.retries", INT_(C, validation.retries), .fallback = "1",
     .env = E_("VALIDATION_RETRIES"), .flag = "validation-retries", .min = 0, .max = 100,
     .help = "Further tries of a failing test command."},
    {.path = "validation.timeout", TIME_(C, validation.timeout_ns), .fallback = "30m",
     .env = E_("VALIDATE_TIMEOUT_SEC"), .flag = "validate-timeout-sec", .min = MSEC, .max = YEARS,
     .help = "Longest time for one validation command."},

    {.path = "agent.timeout", TIME_(C, agent.timeout_ns), .fallback = "1h",
     .env = E_("AGENT_TIMEOUT_SEC"), .flag = "agent-timeout-sec", .min = MSEC, .max = YEARS,
     .help = "Longest time for one call of an agent."},
    {.path = "agent.idle_timeout", TIME_(C, agent.idle_timeout_ns), .fallback = "10m",
     .max = YEARS,
     .help = "Longest silence of an agent; 0 means no limit. A plugin may state another one for "
             "its program."},
    {.path = "agent.first_byte_timeout", TIME_(C, agent.first_byte_timeout_ns), .fallback = "0s",
     .max = YEARS,
     .help = "Longest time until an agent's first output; 0 means no limit."},
    {.path = "agent.output_max", SIZE_(C, agent.output_max), .fallback = "256MiB", .min = 4096,
     .max = INT64_C(1) << 40,
     .help = "An agent that prints more is stopped."},
    {.path = "agent.grace", TIME_(C, agent.grace_ns), .fallback = "5s", .min = MSEC, .max = DAY,
     .help = "Time between the request to end and the kill."},
    {.path = "agent.resume", BOOL_(C, agent.resume), .fallback = "true",
     .help = "Whether a retry goes on in the agent's session of the attempt before, where its "
             "program can."},

    {.path = "git.isolation", ENUM_(C, git.isolation), .fallback = "in-place",
     .words = "in-place|worktree",
     .help = "Where an attempt works: in the repository's own checkout, or in the lane's own "
             "worktree on the branch orxaq/LANE, which leaves the checkout alone."},
    {.path = "git.base", TEXT_(C, git.base), OPTIONAL, .note = "the checkout's commit",
     .help = "With worktrees: the branch (main, origin/main) that a lane's worktree begins from and "
             "is kept up to date with."},
    {.path = "git.protected_branches", LIST_(C, git.protected_branches),
     .fallback = "main,master,trunk", .split = ",; ",
     .help = "Branches that are never pushed to."},
    {.path = "git.lock_stale", TIME_(C, git.lock_stale_ns), .fallback = "5m",
     .env = E_("GIT_LOCK_STALE_SEC"), .flag = "git-lock-stale-sec", .max = YEARS,
     .help = "Age at which a git lock file without a living git process is removed."},
    {.path = "git.auto_push", BOOL_(C, git.auto_push), .fallback = "true",
     .env = E_("AUTO_PUSH_GUARD"), .flag = "auto-push-guard",
     .help = "Push delivered commits to the remote, when the repository has one. The work on a "
             "protected branch goes to codex/OWNER-REPOSITORY there."},
    {.path = "git.auto_push_interval", TIME_(C, git.auto_push_interval_ns), FLOOR, .fallback = "3m",
     .env = E_("AUTO_PUSH_INTERVAL_SEC"), .flag = "auto-push-interval-sec", .min = 30 * SEC,
     .max = YEARS,
     .help = "Least time between two pushes of one repository."},
    {.path = "git.author", TEXT_(C, git.author), OPTIONAL,
     .help = "Author of delivered commits, \"Name <mail>\"; none means the repository's own "
             "identity."},

    {.path = "breakglass.public_key", TEXT_(C, breakglass.public_key), OPTIONAL,
     .help = "The operator's public key, \"ed25519:\" and 64 hex digits, as `orxaq breakglass-key` "
             "shows it. Grants of elevation count only when it signed them; none means that "
             "nothing is ever elevated."},

    {.path = "scope.allowed_paths", LIST_(C, scope.allowed_paths), .fallback = "", .split = ",;",
     .help = "Patterns (src/**, docs/*.md) of the files a task may change; empty means all."},
    {.path = "scope.forbidden_paths", LIST_(C, scope.forbidden_paths), .fallback = "",
     .split = ",;",
     .help = "Patterns of files no task may change, whatever is allowed."},
    {.path = "scope.max_changed_files", INT_(C, scope.max_changed_files), .fallback = "0", .min = 0,
     .max = MANY,
     .help = "Files one task may change; 0 means no limit."},
    {.path = "scope.max_deleted_files", INT_(C, scope.max_deleted_files), .fallback = "100",
     .min = 0, .max = MANY,
     .help = "Files one task may delete; 0 means no limit."},
    {.path = "scope.max_binary_bytes", SIZE_(C, scope.max_binary_bytes), .fallback = "10MiB",
     .min = 0, .max = INT64_C(1) << 50,
     .help = "Bytes of binary files one task may add; 0 means no limit."},

    {.path = "money.unknown_price", ENUM_(C, money.unknown_price), .fallback = "warn",
     .words = "deny|warn|assume",
     .help = "A model without a price: it is not called, or it is called and its cost is unknown, or "
             "its cost is estimated with assumed_price. It is never nothing."},
    {.path = "money.assumed_price", MONEY_(C, money.assumed_price), .fallback = "0", .min = 0,
     .max = USD * 1000000,
     .help = "With unknown_price: assume, USD for a million tokens of any kind."},
    {.path = "money.kwh_price", MONEY_(C, money.kwh_price), .fallback = "0", .min = 0,
     .max = USD * 1000,
     .help = "What a kWh costs you; 0 means not known. See providers.*.watts."},
    {.path = "money.timezone", TEXT_(C, money.timezone), .fallback = "UTC",
     .help = "Where days begin in reports and budgets: UTC, or its distance from UTC like +02:00."},

    {.path = "budget.daily", MONEY_(C, budget.daily), .fallback = "100",
     .env = E_("SWARM_DAILY_BUDGET_USD"), .min = 0, .max = USD * 1000000000,
     .help = "USD that all lanes together may spend in a day, which begins in money.timezone; 0 means "
             "no cap."},
    {.path = "budget.monthly", MONEY_(C, budget.monthly), .fallback = "0", .min = 0,
     .max = USD * 1000000000,
     .help = "The same for a calendar month; 0 means no cap, as in all that follow."},
    {.path = "budget.hourly", MONEY_(C, budget.hourly), .fallback = "0", .min = 0,
     .max = USD * 1000000000,
     .help = "The same for any 60 minutes: how fast money may go."},
    {.path = "budget.lane_daily", MONEY_(C, budget.lane_daily), .fallback = "0", .min = 0,
     .max = USD * 1000000000,
     .help = "What each lane may spend in a day, unless an entry of caps is about it."},
    {.path = "budget.lane_monthly", MONEY_(C, budget.lane_monthly), .fallback = "0", .min = 0,
     .max = USD * 1000000000,
     .help = "The same for a month."},
    {.path = "budget.lane_hourly", MONEY_(C, budget.lane_hourly), .fallback = "0", .min = 0,
     .max = USD * 1000000000,
     .help = "The same for any 60 minutes."},
    {.path = "budget.task", MONEY_(C, budget.task), .fallback = "0", .min = 0,
     .max = USD * 1000000000,
     .help = "What each task may cost, all its attempts together; then it is blocked."},
    {.path = "budget.attempt", MONEY_(C, budget.attempt), .fallback = "0", .min = 0,
     .max = USD * 1000000000,
     .help = "What each attempt may cost; then its call is ended."},
    {.path = "budget.on_missing_cost", ENUM_(C, budget.on_missing_cost), .fallback = "warn",
     .words = "allow|warn|deny",
     .help = "When nobody knows what some of today's calls cost, so that a cap cannot be kept for "
             "sure: go on, say so and go on, or begin nothing more."},
    {.path = "budget.warning_ratio", DOUBLE_(C, budget.warning_ratio), .fallback = "0.8",
     .env = E_("SWARM_BUDGET_WARNING_RATIO"),
     .help = "Part of a cap at which a warning begins; outside of 0 to 1 it is 0.8."},
    {.path = "budget.hard_stop", BOOL_(C, budget.hard_stop), .fallback = "true",
     .env = E_("SWARM_BUDGET_ENFORCE_HARD_STOP"),
     .help = "Whether nothing more is begun at the cap; false: it is only said."},
    {.path = "budget.call_reserve", MONEY_(C, budget.call_reserve), .fallback = "1", .min = 0,
     .max = USD * 1000000,
     .help = "USD reserved for a call of a model whose calls have no history; later the most that one "
             "of its newest calls cost."},

    {.path = "routellm.enabled", BOOL_(C, routellm.enabled), .fallback = "false",
     .env = E_("ROUTELLM_ENABLED"), .flag = "routellm-enabled",
     .help = "Ask a routing service which model to use (`docs/runner.md`)."},
    {.path = "routellm.url", TEXT_(C, routellm.url), OPTIONAL, .env = E_("ROUTELLM_URL"),
     .flag = "routellm-url", .note = "`router.url` of the policy file",
     .help = "Its address."},
    {.path = "routellm.timeout", TIME_(C, routellm.timeout_ns), FLOOR, .fallback = "5s",
     .env = E_("ROUTELLM_TIMEOUT_SEC"), .flag = "routellm-timeout-sec", .min = SEC, .max = DAY,
     .note = "5s, or `router.timeout_sec` of the policy file",
     .help = "Longest wait for its answer."},
    {.path = "routellm.plain_http", BOOL_(C, routellm.plain_http), .fallback = "false",
     .help = "The service may be on another machine without TLS (http://), in a network you trust: "
             "the text of tasks goes there. This machine is always allowed."},
    {.path = "routellm.codex_models", LIST_(C, routellm.codex_models), .split = ",;",
     .fallback = "gpt-5.3-codex,gpt-5-codex",
     .help = "Where the policy says something about codex: tried behind its models and before the "
             "program's own."},

    {.path = "journal.keep_days", INT_(C, journal.keep_days), .fallback = "30", .min = 1,
     .max = 36500,
     .help = "Days events stay in the journal before their segment is exported."},
    {.path = "journal.keep_bytes", SIZE_(C, journal.keep_bytes), .fallback = "2GiB",
     .min = INT64_C(1) << 20, .max = INT64_C(1) << 50,
     .help = "Size of the journal beyond which the oldest segments are exported sooner."},

    {.path = "recording.keep_days", INT_(C, recording.keep_days), .fallback = "30", .min = 1,
     .max = 36500,
     .help = "Days the records of calls are kept."},
    {.path = "recording.keep_bytes", SIZE_(C, recording.keep_bytes), .fallback = "2GiB",
     .min = INT64_C(1) << 20, .max = INT64_C(1) << 50,
     .help = "Size of all records together beyond which the oldest are removed sooner."},

    {.path = "restart.policy", ENUM_(C, restart.policy), .fallback = "always",
     .words = "no|on-success|on-failure|on-abnormal|always",
     .help = "When the supervisor starts a runner again that ended, in systemd's words. One that "
             "has nothing left to do is idle until there is work, whatever stands here."},
    {.path = "restart.delay", TIME_(C, restart.delay_ns), FLOOR, .fallback = "5s",
     .env = E_("SUPERVISOR_RESTART_DELAY_SEC"), .min = SEC, .max = DAY,
     .help = "Shortest wait before it is started again."},
    {.path = "restart.max_delay", TIME_(C, restart.max_delay_ns), .fallback = "5m",
     .env = E_("SUPERVISOR_MAX_BACKOFF_SEC"), .min = SEC, .max = DAY,
     .help = "Longest wait; it doubles with every failure up to this."},
    {.path = "restart.jitter", ENUM_(C, restart.jitter), .fallback = "full", .words = "none|full",
     .help = "full: each wait is drawn between the delay and what it has grown to, so that many do "
             "not come back at once; none: always the longest."},
    {.path = "restart.max_failures", INT_(C, restart.max_failures), .fallback = "0",
     .env = E_("SUPERVISOR_MAX_RESTARTS"), .min = 0, .max = MANY,
     .help = "Failures after which it is given up until somebody starts it; 0 means any number."},
    {.path = "restart.healthy", TIME_(C, restart.healthy_ns), .fallback = "10m", .max = DAY,
     .help = "Work for so long makes up for earlier failures."},
    {.path = "restart.crash_limit", INT_(C, restart.crash_limit), .fallback = "5", .min = 0,
     .max = 15,
     .help = "So many crashes within restart.crash_window, and it is given up; 0 means never."},
    {.path = "restart.crash_window", TIME_(C, restart.crash_window_ns), .fallback = "10m",
     .min = SEC, .max = YEARS,
     .help = "The time for restart.crash_limit."},

    {.path = "supervisor.heartbeat_stale", TIME_(C, supervisor.heartbeat_stale_ns),
     FLOOR, .fallback = "5m", .env = E_("HEARTBEAT_STALE_SEC"), .min = 30 * SEC, .max = YEARS,
     .help = "A runner that shows no sign of progress for so long is ended and started again. Time "
             "that the machine slept does not count."},
    {.path = "supervisor.start_timeout", TIME_(C, supervisor.start_timeout_ns), .fallback = "1m",
     .max = DAY,
     .help = "Within this time a runner has to say that it is ready; 0 means any time."},
    {.path = "supervisor.drain_timeout", TIME_(C, supervisor.drain_timeout_ns), .fallback = "2h",
     .max = YEARS,
     .help = "How long it may take to finish its task when it is drained or paused; then it is "
             "stopped. 0 means any time."},
    {.path = "supervisor.stop_timeout", TIME_(C, supervisor.stop_timeout_ns), .fallback = "20s",
     .max = DAY,
     .help = "How long it may take to put its work away and end; then everything is killed."},

    {.path = "log.level", ENUM_(C, log.level), .fallback = "info", .words = "error|warn|info|debug",
     .help = "The least important messages that are shown."},
    {.path = "log.max_bytes", SIZE_(C, log.max_bytes), .fallback = "16MiB", .min = 4096,
     .max = INT64_C(1) << 40,
     .help = "Size beyond which the log of a unit is put aside and a new one begun."},
    {.path = "log.max_age", TIME_(C, log.max_age_ns), .fallback = "7d", .max = YEARS,
     .help = "Age of its first line at which the same is done; 0 means any age."},
    {.path = "log.keep", INT_(C, log.keep), .fallback = "5", .min = 0, .max = 1000,
     .help = "So many older logs of each unit are kept."},

    {.path = "providers.*.plugin", ID_(P, plugin), .note = "the provider's name",
     .help = "Module that translates for this provider."},
    {.path = "providers.*.enabled", BOOL_(P, enabled), .fallback = "true",
     .help = "A disabled provider takes no tasks."},
    {.path = "providers.*.model", TEXT_(P, model), OPTIONAL, .note = "the plugin's choice",
     .help = "Model to ask for."},
    {.path = "providers.*.models", LIST_(P, models), .split = ",;", .fallback = "",
     .help = "Further models, tried in this order when the first cannot serve."},
    {.path = "providers.*.settings", MAP_(P, settings),
     .help = "Settings of the plugin; `orxaq plugin info NAME` lists them."},
    {.path = "providers.*.secret", SECRET_(P, secret), OPTIONAL, .note = "depends on the plugin",
     .help = "Name of the environment variable that holds the key. Only this provider's "
             "processes get it; validations never do."},
    {.path = "providers.*.env_pass", NAMES_(P, env_pass), .fallback = "", .split = ",; ",
     .help = "Environment variables that only this provider's processes get."},
    {.path = "providers.*.sandbox", ENUM_(P, sandbox), .fallback = "host",
     .words = "vendor|host|none", .note = "vendor for the plugin codex, else host",
     .help = "Who confines the agent's writes: the program's own sandbox, ours, or nobody."},
    {.path = "providers.*.plain_http", BOOL_(P, plain_http), .fallback = "false",
     .help = "Requests of its plugin may go to other machines without TLS (http://), for a model "
             "server in a network you trust. This machine is always allowed."},
    {.path = "providers.*.ca_file", PATH_(P, ca_file), OPTIONAL, .note = "the system's",
     .help = "PEM file of the certificates that its server is checked against."},
    {.path = "providers.*.relay", BOOL_(P, relay), .fallback = "false",
     .help = "Its program reaches its model server through a relay on this machine, which holds the "
             "key (the program gets a token that is good for one call) and sees status, "
             "Retry-After and tokens of every request."},
    {.path = "providers.*.repo", PATH_(P, repo), .marks = ORX_KEY_REPO, .fallback = "impl",
     .note = "test for gemini, else impl",
     .help = "Where it works: impl, test, or the path of another repository."},
    {.path = "providers.*.rank", INT_(P, rank), .fallback = "3", .min = 0, .max = 1000000,
     .note = "codex 0, gemini 1, claude 2, others 3",
     .help = "Order among owners of equally urgent tasks; smaller first."},
    {.path = "providers.*.timeout", TIME_(P, timeout_ns), .fallback = "0s", .max = YEARS,
     .help = "Longest time for one call; 0 means agent.timeout."},
    {.path = "providers.*.owners", LIST_(P, owners), .fallback = "", .split = ",; ",
     .help = "Task owners it serves besides its own name."},
    {.path = "providers.*.prompt_file", PATH_(P, prompt_file), OPTIONAL,
     .note = "codex, gemini and claude have one in config/prompts/",
     .help = "Start-up prompt of the role."},
    {.path = "providers.*.context_tokens", INT_(P, context_tokens), .fallback = "0", .min = 0,
     .max = INT64_C(1) << 40,
     .help = "The model's window; 0 means not known, or what the server says. A prompt is made to "
             "fit three fifths of it. A model behind an endpoint forgets old results at 80 %."},
    {.path = "providers.*.account", ID_(P, account), OPTIONAL, .note = "the provider's name",
     .help = "The account that its calls are billed to; several providers can share one."},
    {.path = "providers.*.price_tier", ENUM_(P, price_tier), .fallback = "standard",
     .words = "standard|batch|priority",
     .help = "Which tier of prices_file its calls are charged at."},
    {.path = "providers.*.watts", INT_(P, watts), .fallback = "0", .min = 0, .max = 10000000,
     .help = "What the machine of a local model draws while it works. Its calls then cost this power "
             "for their time at money.kwh_price, and no tokens; 0 means tokens are paid for."},
    {.path = "providers.*.max_steps", INT_(P, max_steps), .fallback = "200", .min = 1,
     .max = 1000000,
     .help = "For a model behind an endpoint, as all that follow: requests to it in one call."},
    {.path = "providers.*.tool_calls", ENUM_(P, tool_calls), .fallback = "auto",
     .words = "auto|native|text",
     .help = "How the model calls tools: by its server's tool calls, or in the text of its answer; "
             "auto: text when the server says that the model was not trained for tools."},
    {.path = "providers.*.run_command", ENUM_(P, run_command), .fallback = "shell",
     .words = "shell|list|off",
     .help = "Commands the model may run, always inside the sandbox: shell lines, only those of "
             "allow_commands and without a shell, or none."},
    {.path = "providers.*.allow_commands", LIST_(P, allow_commands), .fallback = "", .split = ";",
     .help = "With run_command: list, what a command must begin with, like make or git diff."},
    {.path = "providers.*.command_timeout", TIME_(P, command_timeout_ns), .fallback = "10m",
     .min = SEC, .max = DAY,
     .help = "Longest time for one command of the model."},
    {.path = "providers.*.network", BOOL_(P, network), .fallback = "false",
     .help = "Whether commands of the model may use the network."},

    {.path = "plugins[].name", ID_(L, name), .note = "either this or path",
     .help = "Name of a module in the installed plugin folder."},
    {.path = "plugins[].path", PATH_(L, path), .note = "either this or name",
     .help = "Path of a module file."},
    {.path = "plugins[].enabled", BOOL_(L, enabled), .fallback = "true",
     .help = "false: known, but not loaded."},
    {.path = "plugins[].sha256", TEXT_(L, sha256), OPTIONAL,
     .help = "64 hexadecimal digits; a module with another digest is refused."},
    {.path = "plugins[].settings", MAP_(L, settings),
     .help = "Settings of the module itself."},

    {.path = "routers.*.plugin", ID_(R, plugin), .note = "the router's name",
     .help = "Module that routes."},
    {.path = "routers.*.settings", MAP_(R, settings),
     .help = "Settings of the module."},

    {.path = "caps.*.lane", ID_(K, lane), OPTIONAL, .note = "one of lane, provider, account",
     .help = "The lane it is about."},
    {.path = "caps.*.provider", ID_(K, provider), OPTIONAL,
     .help = "Or the provider."},
    {.path = "caps.*.account", ID_(K, account), OPTIONAL,
     .help = "Or the account: see providers.*.account."},
    {.path = "caps.*.hourly", MONEY_(K, hourly), .fallback = "0", .min = 0, .max = USD * 1000000000,
     .help = "USD that it may spend in any 60 minutes; 0 means no cap, likewise below."},
    {.path = "caps.*.daily", MONEY_(K, daily), .fallback = "0", .min = 0, .max = USD * 1000000000,
     .help = "In a day, which begins in money.timezone."},
    {.path = "caps.*.monthly", MONEY_(K, monthly), .fallback = "0", .min = 0,
     .max = USD * 1000000000,
     .help = "In a calendar month."},
};
/* clang-format on */

const size_t orx_config_key_count = ORX_ARRAY_LEN(orx_config_keys);
