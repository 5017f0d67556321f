/* orxaq/event.h: what comes out of a job.
 *
 * While a job runs, the driver tells the host what it understood, through the functions of an
 * orxaq_events table that it was given in open. It may call them from open, next, feed and cancel.
 * Everything passed is copied or used up before the function returns [call]. They return 0, or
 * ORXAQ_E_LIMIT / ORXAQ_E_INVALID when the event was refused; a driver may ignore that.
 *
 * Usage is where money is counted, so it is exact about what a number means. Programs report in
 * four ways and a naive sum counts some of them twice. Hence each report states its scope, a key,
 * and whether it is a DELTA (add me) or a TOTAL (I replace the earlier total of the same scope and
 * key). The host keeps the last total for each (provider, scope, key), also across restarts, and
 * books the difference. Examples: a program that reports running sums over a whole conversation,
 * earlier runs included: scope SESSION, key = the session's id, TOTAL. A program that repeats the
 * usage of a message in several records: scope REQUEST, key = the message's id, TOTAL. One number
 * at the end of a process: scope PROCESS, TOTAL.
 *
 * Token classes are disjoint: a token is counted in one class. Vendors disagree on what contains
 * what (cached inside input or not, reasoning inside output or not); the driver takes it apart.
 * -1 means "not stated", which is not 0.
 *
 * The outcome says how the job ended: `kind` in the words that decide about retries (waiting,
 * another candidate, giving up), and for a task what the agent itself claims. A claim is not
 * believed: the host looks at the repository and runs the validations.
 */
#ifndef ORXAQ_EVENT_H
#define ORXAQ_EVENT_H

#include <orxaq/view.h>

/* ---- text ---------------------------------------------------------------------------------- */

enum {
    ORXAQ_TEXT_ANSWER = 1,    /* what the agent says */
    ORXAQ_TEXT_REASONING = 2, /* what it shows of its thinking */
    ORXAQ_TEXT_NOTICE = 3     /* what its program says about itself: warnings, retries */
};

/* delta 1: a piece to be joined to the pieces before; 0: a whole message. */
typedef struct orxaq_text {
    uint32_t struct_size;
    int32_t channel;
    uint32_t delta;
    uint32_t reserved;
    orxaq_view text;
} orxaq_text;

/* ---- tool call ----------------------------------------------------------------------------- */

enum {
    ORXAQ_TOOL_REQUESTED = 1, /* op turn: the model asks the host to run it */
    ORXAQ_TOOL_STARTED = 2,   /* op task: the agent's program runs it by itself */
    ORXAQ_TOOL_FINISHED = 3
};

typedef struct orxaq_tool_call {
    uint32_t struct_size;
    int32_t phase;
    int32_t ok; /* FINISHED: 1 worked, 0 failed, -1 not known */
    uint32_t reserved;
    orxaq_view id;
    orxaq_view name;      /* "shell", "edit" ... in the program's own words */
    orxaq_view arguments; /* JSON */
    orxaq_view result;    /* FINISHED: what it printed, cut as the driver likes */
} orxaq_tool_call;

/* ---- usage --------------------------------------------------------------------------------- */

enum {
    ORXAQ_SCOPE_REQUEST = 1, /* one request to a model */
    ORXAQ_SCOPE_TURN = 2,    /* one question and all requests it took */
    ORXAQ_SCOPE_PROCESS = 3, /* one run of a program */
    ORXAQ_SCOPE_SESSION = 4  /* a conversation, over several runs */
};
enum { ORXAQ_USAGE_DELTA = 1, ORXAQ_USAGE_TOTAL = 2 };
enum {
    ORXAQ_BY_VENDOR = 1,    /* a number the vendor's program or server stated as usage */
    ORXAQ_BY_PARSING = 2,   /* found in text meant for people */
    ORXAQ_BY_ESTIMATION = 3 /* computed from lengths */
};

typedef struct orxaq_usage {
    uint32_t struct_size;
    int32_t scope;
    int32_t mode;
    int32_t provenance;
    orxaq_view key;
    orxaq_view model_asked;
    orxaq_view model_answered;
    int64_t input_tokens;       /* read fresh, without the two below */
    int64_t cache_read_tokens;  /* input taken from a cache */
    int64_t cache_write_tokens; /* input stored into a cache */
    int64_t output_tokens;      /* written, without the one below */
    int64_t reasoning_tokens;
    int64_t requests;      /* requests these numbers cover */
    int64_t cost_nano_usd; /* as stated by the vendor */
} orxaq_usage;

/* ---- session ------------------------------------------------------------------------------- */

/* The id under which this conversation can be resumed. The last one counts. */
typedef struct orxaq_session {
    uint32_t struct_size;
    uint32_t reserved;
    orxaq_view id;
} orxaq_session;

/* ---- progress ------------------------------------------------------------------------------ */

/* Sign of life that text, tools and usage do not give. done grows; total 0 = not known; unit is a
 * word such as "bytes", "files", "steps". */
typedef struct orxaq_progress {
    uint32_t struct_size;
    uint32_t reserved;
    int64_t done;
    int64_t total;
    orxaq_view unit;
    orxaq_view note;
} orxaq_progress;

/* ---- outcome ------------------------------------------------------------------------------- */

enum {
    ORXAQ_KIND_OK = 0,
    ORXAQ_KIND_AUTH = 1,             /* no key, wrong key, not logged in */
    ORXAQ_KIND_RATE_LIMIT = 2,       /* too many requests; retry_after_ms if stated */
    ORXAQ_KIND_QUOTA = 3,            /* the plan or the credit is used up */
    ORXAQ_KIND_OVERLOADED = 4,       /* the vendor has no capacity: 5xx, 529 */
    ORXAQ_KIND_NETWORK = 5,          /* refused, reset, DNS, TLS */
    ORXAQ_KIND_TIMEOUT = 6,          /* a deadline passed */
    ORXAQ_KIND_NO_PROGRESS = 7,      /* alive, but nothing came */
    ORXAQ_KIND_BAD_MODEL = 8,        /* unknown or not offered here */
    ORXAQ_KIND_CONTEXT_TOO_LONG = 9, /* the prompt does not fit */
    ORXAQ_KIND_REFUSED = 10,         /* the model or a filter declined */
    ORXAQ_KIND_CRASHED = 11,         /* the program failed in a way not listed here */
    ORXAQ_KIND_KILLED = 12,          /* ended from outside */
    ORXAQ_KIND_PROTOCOL = 13,        /* its output was not what it should be */
    ORXAQ_KIND_LIMIT = 14 /* stopped by itself at a limit of the arguments: turns, money */
};

/* Whether trying the same again can help. BY_KIND: the host decides from the kind. */
enum { ORXAQ_RETRY_BY_KIND = 0, ORXAQ_RETRY_NO = 1, ORXAQ_RETRY_YES = 2 };

/* What the agent claims about a task. */
enum {
    ORXAQ_STATUS_NONE = 0, /* it did not say */
    ORXAQ_STATUS_DONE = 1,
    ORXAQ_STATUS_PARTIAL = 2,
    ORXAQ_STATUS_BLOCKED = 3
};

/* Why a model stopped (op turn). */
enum {
    ORXAQ_STOPPED_NONE = 0,
    ORXAQ_STOPPED_END = 1,    /* it had finished */
    ORXAQ_STOPPED_TOOLS = 2,  /* it waits for tool results */
    ORXAQ_STOPPED_LENGTH = 3, /* cut at the limit of tokens */
    ORXAQ_STOPPED_FILTER = 4  /* cut by a filter */
};

/* kind, retry and retry_after_ms (-1 = not stated) are for the machine. message is one sentence for
 * a person about an error, in the vendor's own words where there are some. The members from status
 * on are the agent's result for a task and may all be empty. http_status: 0 = none seen. */
typedef struct orxaq_outcome {
    uint32_t struct_size;
    int32_t kind;
    int32_t retry;
    int32_t status;
    int32_t stop;
    int32_t http_status;
    int64_t retry_after_ms;
    orxaq_view message;
    orxaq_view summary;
    orxaq_view commit;
    orxaq_view blocker;
    const orxaq_view *validations; /* commands or checks the agent says it ran */
    const orxaq_view *next_actions;
    uint32_t validation_count; /* at most 256, likewise below */
    uint32_t next_action_count;
} orxaq_outcome;

/* ---- answers of the small provider ops ----------------------------------------------------- */

/* op probe: what was found out about the program or service behind the instance. */
typedef struct orxaq_probe {
    uint32_t struct_size;
    int32_t ready; /* 1 usable now, 0 not (the outcome says why) */
    orxaq_view program;
    orxaq_view version;
    orxaq_view account;
} orxaq_probe;

/* What a model is for, as bits in orxaq_model.abilities. */
#define ORXAQ_MODEL_CHAT   ((uint64_t)1 << 0) /* op turn */
#define ORXAQ_MODEL_TOOLS  ((uint64_t)1 << 1) /* op turn with tool calls */
#define ORXAQ_MODEL_SCHEMA ((uint64_t)1 << 2) /* op turn with an answer forced into a schema */
#define ORXAQ_MODEL_EMBED  ((uint64_t)1 << 3) /* op embed */
#define ORXAQ_MODEL_IMAGES ((uint64_t)1 << 4) /* reads images */

/* op models: one call per model. Numbers are -1 when not stated; abilities is 0 when not known. */
typedef struct orxaq_model {
    uint32_t struct_size;
    int32_t loaded; /* 1, 0, -1 not known */
    orxaq_view id;
    orxaq_view family;
    int64_t context_tokens;
    int64_t output_tokens;
    int64_t size_bytes;
    uint64_t abilities; /* ORXAQ_MODEL_* */
} orxaq_model;

/* op embed: the vector of input number `index`. */
typedef struct orxaq_embedding {
    uint32_t struct_size;
    uint32_t index;
    uint32_t count;
    uint32_t reserved;
    const float *values; /* IEEE 754 binary32 */
} orxaq_embedding;

/* ---- The table ----------------------------------------------------------------------------- */

/* `events` is always passed back as the first argument. [job] */
typedef struct orxaq_events orxaq_events;
struct orxaq_events {
    uint32_t struct_size;
    uint32_t reserved;
    int32_t (*text)(const orxaq_events *events, const orxaq_text *text);
    int32_t (*tool_call)(const orxaq_events *events, const orxaq_tool_call *call);
    int32_t (*usage)(const orxaq_events *events, const orxaq_usage *usage);
    int32_t (*session)(const orxaq_events *events, const orxaq_session *session);
    int32_t (*progress)(const orxaq_events *events, const orxaq_progress *progress);
    int32_t (*outcome)(const orxaq_events *events, const orxaq_outcome *outcome);
    int32_t (*probe)(const orxaq_events *events, const orxaq_probe *probe);
    int32_t (*model)(const orxaq_events *events, const orxaq_model *model);
    int32_t (*embedding)(const orxaq_events *events, const orxaq_embedding *embedding);
};

#endif
