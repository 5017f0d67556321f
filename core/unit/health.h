/* health.h: how a root is, judged once.
 *
 * `status`, `health`, `monitor`, `process-watchdog` and `full-autonomy` show different parts of the
 * same thing. They can only agree when nobody judges twice: facts are gathered (health_facts.h),
 * orx_health_judge makes findings of them, and all five print what the findings say. This file is
 * the judge. It is a pure function: no clock, no file, no process; any state of a fleet can be put
 * in front of it by a test.
 *
 * A finding has an id that programs can rely on, a severity, one sentence, and what to do about it.
 *
 *     FAIL  something does not work that should
 *     WARN  it works; a person should know all the same
 *     NOTE  as it should be, worth a line
 *
 * A root is ok when nothing FAILs. Every unit (the primary runner, a lane, a service) has one of
 * the predecessor's eight words [K], and the word decides about its finding:
 *
 *     ok paused idle unknown         no FAIL (unknown: at work, with no sign of progress so far)
 *     stopped stopped_unexpected stale error    FAIL
 *
 * Progress. A unit is stale when its own process writes heartbeats and the newest is older than the
 * limit. A heartbeat that another process left says nothing, nor does one from the future.
 *
 * Threads: any; values in an arena.
 */
#ifndef ORX_UNIT_HEALTH_H
#define ORX_UNIT_HEALTH_H

#include "base/arena.h"
#include "money/budget.h"
#include "task/task.h"
#include "unit/keeper.h"

/* ---- Facts ----------------------------------------------------------------------------------- */

/* One unit as it was found. */
typedef struct orx_unit_facts {
    const char *name;
    const char *owner; /* of a lane; "" = not known, or it has none */
    orx_unit_kind kind;
    bool known; /* a living supervisor says so; otherwise state is the last one written down */
    orx_unit_state state;
    const char *cause;      /* of the state; "" = not known */
    const char *status;     /* what it says, or why it is held back; "" = nothing, NULL too */
    const char *last_exit;  /* "" = none */
    const orx_node *limits; /* as orx_unit_node has them; NULL = not known */
    const char *error;      /* why it cannot even be looked at; "" = it can */
    int64_t next_ns;        /* until the next start, in BACKOFF */
    bool running;           /* a process of it is at work */
    bool off;               /* switched off in its configuration */
    bool held;              /* held back by the operator */
    int64_t pid;            /* 0 = not known */
    int64_t beat_age_sec;   /* of the heartbeat of its own process; -1 = there is none */
    bool counted;           /* the next is known */
    orx_task_counts tasks;
} orx_unit_facts;

typedef struct orx_fleet_facts {
    int64_t wall_ns;
    const char *root;
    int64_t supervisor_pid;      /* 0 = there is none, -1 = there is one whose pid is not known */
    bool answers;                /* it did when it was asked */
    bool journal;                /* there is one */
    const char *journal_error;   /* why it cannot be read; "" = it can */
    orx_unit_facts runner;       /* the primary one */
    int64_t file_age_sec;        /* of the heartbeat file, whoever wrote it; -1 = none */
    bool from_future;            /* that file is dated so far ahead that a clock must have jumped */
    const char *phase;           /* of the heartbeat; "" = none */
    const char *task;            /* that it names; "" = none */
    const orx_unit_facts *units; /* lanes and services, in no particular order; may be empty */
    size_t unit_count;
    const char *const *blocked; /* ids of blocked tasks of the primary queue, the first of them */
    size_t blocked_count;
    const orx_budget_state *budgets; /* of each cap that many share; each knows its cap */
    size_t budget_count;
    const char *routers_off; /* why no router is asked (route/switch.h); NULL = they are */
    bool routers_configured; /* by the configuration, not by a command */
    const orx_node *models;  /* servers of one's own as the model watchdog saw them lately: its
                                member `processes` [K]; NULL = nobody watches */
    const struct orx_network_row *network; /* as it was looked at lately; NULL = it was not */
    int64_t missing_costs; /* calls of today whose cost nobody knows, when that is a reason to begin
                              nothing more; else 0 */
    /* Where things are and from when on a heartbeat is stale. */
    int64_t stale_sec;
    const char *state_file;
    const char *log_file;
} orx_fleet_facts;

/* ---- Judgement ------------------------------------------------------------------------------- */

/* [K] The words for a unit. */
typedef enum orx_unit_word {
    ORX_WORD_OK,
    ORX_WORD_PAUSED,
    ORX_WORD_IDLE,
    ORX_WORD_UNKNOWN,
    ORX_WORD_STOPPED,
    ORX_WORD_STOPPED_UNEXPECTED,
    ORX_WORD_STALE,
    ORX_WORD_ERROR,
    ORX_WORDS
} orx_unit_word;

typedef enum orx_health_severity {
    ORX_HEALTH_NOTES,
    ORX_HEALTH_WARNS,
    ORX_HEALTH_FAILS
} orx_health_severity;

typedef struct orx_health_finding {
    const char *id;      /* "supervisor.absent", "unit.stale" ...: a constant */
    const char *subject; /* "supervisor", "journal", "tasks", "budget", "router", "network",
                            the name of a unit or the id of a model server */
    orx_health_severity severity;
    const char *text;
    const char *remedy; /* "" = nothing is to be done */
    struct orx_health_finding *next;
} orx_health_finding;

typedef struct orx_health_report {
    bool ok;           /* nothing fails */
    bool processes_ok; /* nothing fails about the supervisor and the primary runner */
    int failures;
    int warnings;
    orx_unit_word runner;
    const orx_unit_word *units;      /* as many as the facts have, in their order */
    const orx_health_finding *first; /* in the order: supervisor, runner, journal, tasks, budget,
                                        router, network, models, units */
} orx_health_report;

/* The word for a unit: the table of the predecessor's lanes [K], for any unit. */
orx_unit_word orx_unit_word_of(const orx_unit_facts *u, int64_t stale_sec);
const char *orx_unit_word_name(orx_unit_word word);
/* Whether the word alone is no failure. */
bool orx_unit_word_is_fine(orx_unit_word word);

/* Judges. The report and its texts live in the arena and point into the facts. */
void orx_health_judge(const orx_fleet_facts *f, orx_arena *arena, orx_health_report *ret_report);

const char *orx_health_severity_name(orx_health_severity severity); /* "note", "warn", "fail" */

#endif
