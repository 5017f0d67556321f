/* orxaq/provider.h: the capability "orxaq.provider/1": somebody who does work.
 *
 * A provider stands for an agent program (give it a task and a repository, it edits files) or a
 * model behind an endpoint (give it messages, it answers). Which of the ops below it offers is
 * announced in `ops`; the host never opens another. All ops are jobs (job.h) and end with an
 * outcome event.
 *
 *   PROBE   is it there, which version, is it logged in: event probe.    args: orxaq_probe_args
 *   MODELS  which models can be asked for: events model.                 args: orxaq_probe_args
 *   LOAD    make a local model ready.                                    args: orxaq_model_args
 *   UNLOAD  the reverse.                                                 args: orxaq_model_args
 *   TASK    work in a repository until the agent stops by itself.        args: orxaq_task_args
 *   TURN    one answer to a list of messages, with tool calls.           args: orxaq_turn_args
 *   EMBED   vectors for texts: events embedding.                         args: orxaq_embed_args
 *
 * For TASK the agent's program runs its own tools. For TURN the host runs the tools that the model
 * asks for and opens another TURN with the results, so an endpoint needs no agent of its own.
 *
 * The prompt of a TASK is complete: objective, task, rules, what failed before, and the request for
 * a result object (status, summary, commit, validations, next_actions, blocker). A driver adds
 * nothing to it. It passes it on, on standard input or in a file rather than as an argument, which
 * other users of the machine can read and the kernel limits to 128 KiB.
 */
#ifndef ORXAQ_PROVIDER_H
#define ORXAQ_PROVIDER_H

#include <orxaq/job.h>

#define ORXAQ_PROVIDER_1 "orxaq.provider/1"

enum {
    ORXAQ_OP_PROBE = 1,
    ORXAQ_OP_MODELS = 2,
    ORXAQ_OP_LOAD = 3,
    ORXAQ_OP_UNLOAD = 4,
    ORXAQ_OP_TASK = 5,
    ORXAQ_OP_TURN = 6,
    ORXAQ_OP_EMBED = 7
};

/* The bit of an op in orxaq_provider.ops. */
#define ORXAQ_OP_BIT(op) ((uint64_t)1 << (op))

/* What an instance can do, as bits; asked after create because it may depend on the settings. */
#define ORXAQ_CAN_RESUME      ((uint64_t)1 << 0) /* TASK: continue a session by its id */
#define ORXAQ_CAN_SCHEMA      ((uint64_t)1 << 1) /* the result is forced into the given schema */
#define ORXAQ_CAN_STREAM      ((uint64_t)1 << 2) /* events arrive while the work goes on */
#define ORXAQ_CAN_SANDBOX     ((uint64_t)1 << 3) /* the program confines itself (sandbox VENDOR) */
#define ORXAQ_CAN_TOOLS       ((uint64_t)1 << 4) /* TURN: tool calls */
#define ORXAQ_CAN_COST        ((uint64_t)1 << 5) /* usage states money */
#define ORXAQ_CAN_USAGE       ((uint64_t)1 << 6) /* usage states tokens */
#define ORXAQ_CAN_RUN_LOCALLY ((uint64_t)1 << 7) /* nothing leaves the operator's machines */

/* Who keeps the agent's writes inside the repository. */
enum {
    ORXAQ_SANDBOX_VENDOR = 1, /* the program's own sandbox; the driver switches it on */
    ORXAQ_SANDBOX_HOST = 2,   /* the host confines the process; the driver switches the program's
                                 own sandbox off, because the two do not nest */
    ORXAQ_SANDBOX_NONE = 3    /* nobody: the operator has said so. A driver never tells its program
                                 that there is a sandbox */
};

/* How much the agent may do. */
enum {
    ORXAQ_ACCESS_READ = 1,      /* look only */
    ORXAQ_ACCESS_WORKSPACE = 2, /* edit the repository and run commands in it */
    ORXAQ_ACCESS_ELEVATED = 3   /* everything its program can do; needs a grant, is audited */
};

/* PROBE and MODELS. [job], as all arguments. */
typedef struct orxaq_probe_args {
    uint32_t struct_size;
    uint32_t reserved;
    orxaq_view files_dir; /* absolute path of the job's private folder, which exists */
    orxaq_view state_dir; /* as in orxaq_task_args */
} orxaq_probe_args;

typedef struct orxaq_model_args {
    uint32_t struct_size;
    uint32_t reserved;
    orxaq_view model;
    orxaq_view files_dir;
    int64_t context_tokens; /* LOAD: 0 = the model's own */
} orxaq_model_args;

/* Limits: 0 = none. A driver passes on what its program understands; the host enforces the rest.
 *
 * state_dir is the instance's own folder: absolute, private to the user, kept between jobs and
 * restarts, and one of the places an agent may write to under SANDBOX_HOST. files_dir is gone after
 * the job, so a program that keeps something of its own, above all the sessions it is to resume, is
 * pointed here (by its CODEX_HOME, CLAUDE_CONFIG_DIR or whatever it is called). Empty = none. */
typedef struct orxaq_task_args {
    uint32_t struct_size;
    int32_t sandbox; /* ORXAQ_SANDBOX_* */
    int32_t access;  /* ORXAQ_ACCESS_* */
    uint32_t reserved;
    orxaq_view prompt;
    orxaq_view model;       /* empty = the program's default */
    orxaq_view repo;        /* absolute path of the working tree, the working directory */
    orxaq_view schema_path; /* absolute path of the result's JSON schema; may be empty */
    orxaq_view schema;      /* its text */
    orxaq_view session;     /* to resume; empty = a new one */
    orxaq_view files_dir;   /* as above */
    orxaq_view effort;      /* "low", "medium", "high" or empty */
    orxaq_view task_id;
    int64_t max_cost_nano_usd;
    int64_t max_turns;
    int64_t total_ns; /* what is left for this call; the host stops it then */
    int64_t idle_ns;
    orxaq_view state_dir;
} orxaq_task_args;

/* ---- TURN ---------------------------------------------------------------------------------- */

enum { ORXAQ_ROLE_SYSTEM = 1, ORXAQ_ROLE_USER = 2, ORXAQ_ROLE_ASSISTANT = 3, ORXAQ_ROLE_TOOL = 4 };

/* A tool call the assistant made earlier in the conversation. */
typedef struct orxaq_past_call {
    uint32_t struct_size;
    uint32_t reserved;
    orxaq_view id;
    orxaq_view name;
    orxaq_view arguments; /* JSON */
} orxaq_past_call;

/* One message. call_id: TOOL only, which call this text answers. calls: ASSISTANT only. */
typedef struct orxaq_message {
    uint32_t struct_size;
    int32_t role;
    orxaq_view text;
    orxaq_view call_id;
    const orxaq_past_call *calls;
    uint32_t call_count;
    uint32_t reserved;
} orxaq_message;

/* A tool offered to the model; parameters is a JSON schema. */
typedef struct orxaq_tool {
    uint32_t struct_size;
    uint32_t reserved;
    orxaq_view name;
    orxaq_view help;
    orxaq_view parameters;
} orxaq_tool;

typedef struct orxaq_turn_args {
    uint32_t struct_size;
    uint32_t message_count;
    uint32_t tool_count;
    uint32_t reserved;
    const orxaq_message *messages;
    const orxaq_tool *tools;
    orxaq_view model;
    orxaq_view schema; /* JSON schema for the answer; may be empty */
    orxaq_view effort;
    orxaq_view files_dir;
    int64_t max_output_tokens; /* 0 = the model's own */
    int64_t total_ns;
    int64_t idle_ns;
    double temperature; /* negative = the model's own */
} orxaq_turn_args;

/* ---- EMBED --------------------------------------------------------------------------------- */

typedef struct orxaq_embed_args {
    uint32_t struct_size;
    uint32_t text_count;
    const orxaq_view *texts;
    orxaq_view model;
    orxaq_view files_dir;
} orxaq_embed_args;

/* ---- The table ----------------------------------------------------------------------------- */

typedef struct orxaq_provider {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t ops; /* ORXAQ_OP_BIT of each op that open accepts */
    /* ORXAQ_CAN_* bits of this instance. */
    uint64_t (*features)(void *instance);
    const orxaq_job *job;
} orxaq_provider;

#endif
