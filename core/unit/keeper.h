/* keeper.h: keeps units going.
 *
 * The keeper owns the processes of all units of one root. It starts each through orxaq-exec, held
 * until its pid is in the journal, listens to what it says, watches that it gets on, and does what
 * its machine (machine.h) asks for. It never waits: everything happens in callbacks of the loop,
 * and the journal is written in short transactions of which each explains one change of state.
 *
 * Stopping is proven. A process counts as gone when orxaq-exec says that its whole tree is empty.
 * When orxaq-exec itself was killed the keeper adopts and ends what is left; what it cannot end
 * makes the unit FATAL rather than double. Where the machine has cgroups for us, each process is in
 * one of its unit, and gone when that is empty: nothing gets out of it, whoever was killed.
 *
 * One keeper after the other. When a supervisor dies, the lifelines of its units end and their
 * trees are stopped without it. The next keeper finds their pids in the journal and waits for them
 * to be gone before it starts anything in their place. What the operator wanted (start, stop,
 * pause) and what failed before is in the journal too; after a reboot failures are forgotten.
 *
 * A machine that sleeps. What it slept counts neither as work in good health nor against a process
 * that is to start, to drain or to stop; only a wait before a start may be over when it wakes.
 *
 * Getting on. With `stale_ns` a unit has to show signs of progress: a note "WATCHDOG=1", or a
 * change of its heartbeat file. What counts is the time this process itself was awake and saw
 * nothing: neither a clock that jumps, nor a suspended machine, nor a heartbeat that an earlier
 * process left behind makes a healthy unit stale.
 *
 * Many that are to start do so in turns, in the order in which they were added: at most 16 are on
 * their way up at a time, and one that takes longer than a second counts no more.
 *
 * What a unit may take. Memory and processes of a unit are limited by its cgroup, together with all
 * that it starts, where the controllers are handed down to us. Elsewhere memory_max is a limit of
 * data (RLIMIT_DATA) of each of its processes alone, and tasks_max is none: RLIMIT_NPROC would
 * count whatever else the user runs. A unit that met a limit says so in its state and in the
 * journal.
 *
 * Units come and go. What a unit is started with may be replaced at any time; it counts from its
 * next start on, and one at work is asked to drain first. A spec may refuse starts (`may_start`):
 * the unit is IDLE then and says why.
 *
 * Files: keeper.c (units, the tick), wishes.c (what operators ask for), change.c (coming and
 * going), process.c (spawning, listening, ends), group.c (cgroups), strays.c (those of units that
 * are gone), limits.c (what a unit may take), dirty.c (waiting for a clean worktree), watch.c
 * (progress), shutdown.c (the way out), rows.c and tables.c (the journal), log.c, machine.c,
 * services.h (services). Around it: supervisor.h (the process), primary.c (the runner as a unit),
 * control.h and server.h (its clients).
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_UNIT_KEEPER_H
#define ORX_UNIT_KEEPER_H

#include "store/store.h"
#include "unit/log.h"
#include "unit/machine.h"

/* The tables of this room. */
extern const orx_store_room orx_unit_room;

#define ORX_UNIT_NAME_MAX 64
#define ORX_UNITS_MAX     10100 /* as many lanes as a file may have, and what is beside them */

typedef enum orx_unit_kind { ORX_UNIT_RUNNER, ORX_UNIT_LANE, ORX_UNIT_SERVICE } orx_unit_kind;

/* What a unit may take with all that it starts; 0 = as much as there is. */
typedef struct orx_unit_limits {
    int64_t memory_max; /* bytes */
    int64_t tasks_max;  /* processes and threads */
} orx_unit_limits;

/* Everything that a spec points to must live until `release`, or until the keeper is freed. */
typedef struct orx_unit_spec {
    const char *name; /* [A-Za-z0-9][A-Za-z0-9._-]*, at most ORX_UNIT_NAME_MAX */
    orx_unit_kind kind;
    const char *owner;       /* of a lane: whose tasks it does; NULL = none */
    const char *const *argv; /* NULL-terminated, as all lists here */
    const char *const *env;  /* complete, without ORX_NOTE_FD_ENV */
    const char *cwd;
    const char *const *needs; /* names of units that have to be READY or IDLE; NULL = none */
    orx_unit_policy policy;
    orx_unit_limits limits;
    bool notes;  /* it says when it is ready; otherwise it is as soon as it runs */
    bool finite; /* it ends by itself, so draining is waiting; it never begins a second thing */
    bool drains; /* it finishes its work upon the drain signal; otherwise draining is stopping */
    const int *idle_codes;  /* exit codes of one that has nothing to do, ended by -1; NULL = none */
    const int *clean_codes; /* those that are no failure, beside 0; likewise */
    int64_t stale_ns;       /* 0 = it is not watched */
    const char *heartbeat_file; /* or NULL */
    const char *log_file;
    orx_log_limits log;
    const char *pid_file; /* written while it runs; or NULL */
    bool manual;          /* it starts only when somebody asks for it */
    bool paused;          /* it is paused when the journal has never heard of it */
    /* Whether it may start now; if not, *ret_why says why, for a person, valid until the next call.
     * Asked before each start and, while it is held back, with every tick. NULL: it always may. */
    bool (*may_start)(void *user, const char **ret_why);
    /* Whether one that was idle under an earlier keeper has nothing to do still, so that it need
     * not be started to find out. NULL: it is started. */
    bool (*rests)(void *user);
    /* Told when an operator lets one go on that was stopped or paused. NULL = nobody. */
    void (*let_go)(void *user);
    void (*began)(void *user); /* told before each start; NULL = nobody */
    /* Told how each of its processes ended, before anything follows, and again with
     * ORX_UNIT_EXIT_LOST when what it started cannot be found; lone: it was a single run, so nobody
     * tries again. NULL = nobody. */
    void (*ended)(orx_unit_exit how, bool lone, void *user);
    /* Whether one that is FATAL is to be started all the same; asked often. NULL: a person has to.
     */
    bool (*revive)(void *user);
    /* Whether there is something to do for an IDLE one; asked often, so it must be quick. idle_seq
     * is the newest event of the journal when it became idle. NULL: only when somebody starts it.
     */
    bool (*work)(int64_t idle_seq, void *user);
    void (*release)(void *user); /* the keeper does not use this spec any more; NULL = nobody */
    void *user;                  /* of all of them */
} orx_unit_spec;

/* A unit as others see it. Views are valid until the loop goes on. */
typedef struct orx_unit_view {
    const char *name;
    const char *kind;  /* "runner", "lane", "service" */
    const char *owner; /* "" = none, or not known */
    orx_unit_state state;
    const char *cause;     /* of the state; "" at first */
    const char *last_exit; /* "exit 3", "signal 9" ...; "" = none yet */
    const char *status;    /* what it says of itself; "" = nothing */
    int64_t since_wall_ns; /* of the state */
    int64_t pid;           /* of its program, or of the supervisor of its tree; 0 = no process */
    const char *group;     /* the cgroup in which its process is; NULL = none */
    orx_unit_limits limits;
    bool memory_grouped;     /* memory_max is kept by its cgroup, not by each process alone */
    bool tasks_grouped;      /* tasks_max is kept at all */
    const char *limits_weak; /* why not; NULL = all that there is is kept by the cgroup */
    int64_t next_ns;         /* until the next start, in BACKOFF; else 0 */
    int64_t starts;          /* ever */
    int64_t failures;        /* since somebody started it */
    bool held;               /* the operator stopped or paused it */
    bool manual;             /* it starts only when somebody asks for it */
} orx_unit_view;

typedef struct orx_keeper orx_keeper;

typedef struct orx_keeper_setup {
    orx_store *store;           /* open for writing, with orx_unit_room */
    const orx_secrets *secrets; /* what never gets into a log; may be NULL */
    /* What the path of a cgroup of a unit begins with, whose name follows: a folder in which such
     * groups can be made, and something that no other root has. NULL = no groups. Must live as long
     * as the keeper. */
    const char *groups;
    bool memory_groups;    /* such a group can limit memory, */
    bool tasks_groups;     /* and processes; */
    const char *ungrouped; /* why one of them cannot; NULL = both can */
    int64_t tick_ns;       /* how often idle and watched units are looked at; 0 = a second */
    /* Told after every change of state; may be NULL, as problem. Must not call the keeper. */
    void (*changed)(const orx_unit_view *unit, orx_unit_state before, void *user);
    /* Something a person should know: one line. */
    void (*problem)(const char *text, void *user);
    void *user;
} orx_keeper_setup;

int orx_keeper_new(orx_platform *p, const orx_keeper_setup *setup, orx_keeper **ret_keeper,
                   orx_err *err);

/* Adds a unit. Before orx_keeper_begin it does not run yet; afterwards it begins at once, and may
 * need nothing that is not there. ORX_E_EXISTS, ORX_E_INVALID (a name or a spec that cannot be),
 * ORX_E_LIMIT; the spec is released then, too. */
int orx_keeper_add(orx_keeper *k, const orx_unit_spec *spec, orx_err *err);

/* Gives the unit of that name another spec, which counts from its next start on. One at work is
 * asked to finish what it has in hand and started anew; an idle one is started. One that became
 * `manual` ends instead, one that is so no more begins. ORX_E_NOT_FOUND; ORX_E_EXISTS: one of
 * another kind has that name; ORX_E_INVALID as above. */
int orx_keeper_replace(orx_keeper *k, const orx_unit_spec *spec, orx_err *err);

/* The unit is not kept any more: it finishes what it has in hand, then it is forgotten. The journal
 * remembers what the operator wanted of it. No unit of that name: nothing happens. */
void orx_keeper_retire(orx_keeper *k, const char *name);

/* Between true and false changes of state are written down many at a time, and nothing is started:
 * thousands of units that come to rest one by one would each wait for the disk. Call both from one
 * callback. */
void orx_keeper_batch(orx_keeper *k, bool on);

/* Once, after the last orx_keeper_add: takes over from an earlier keeper and starts what is to
 * run: every unit that nobody stopped or paused. ORX_E_INVALID: a unit needs one that does not
 * exist, or itself over others; the message names them. */
int orx_keeper_begin(orx_keeper *k, orx_err *err);

/* What an operator wants of a unit: START, STOP, KILL, DRAIN, RESTART, PAUSE or RESUME; ONCE of a
 * service (ORX_E_UNSUPPORTED, or ORX_E_BUSY while it runs). Starting one starts what it needs.
 * Returns at once; the journal remembers the wish. ORX_E_NOT_FOUND names the units there are,
 * ORX_E_CONFLICT: the keeper is on its way out. */
int orx_keeper_ask(orx_keeper *k, const char *unit, orx_unit_event wish, orx_err *err);

/* The same for every unit of a kind, but START and RESUME for those only that are not manual. Calls
 * done for each with what became of it: rc and its message, and how it was before. */
typedef void orx_keeper_done_fn(const orx_unit_view *unit, orx_unit_state before, int rc,
                                const orx_err *err, void *user);
void orx_keeper_ask_all(orx_keeper *k, orx_unit_kind kind, orx_unit_event wish,
                        orx_keeper_done_fn *done, void *user);

/* Starts a unit that should run and does not, since it ended by itself without failing: none that
 * somebody stopped or paused, that is manual, or that was given up. ORX_E_NOT_FOUND. */
int orx_keeper_ensure(orx_keeper *k, const char *unit, orx_err *err);
void orx_keeper_ensure_all(orx_keeper *k, orx_unit_kind kind, orx_keeper_done_fn *done, void *user);

/* Whether the unit has a process, or one whose end is not known. */
bool orx_keeper_has_process(orx_keeper *k, const char *unit);

/* Ends all units, those first that others do not need; now: all at once, by KILL. The wishes of
 * operators stay as they are. May be called again with now. */
void orx_keeper_shutdown(orx_keeper *k, bool now);

/* True when no unit has a process and the shutdown is complete. Fit for orx_loop_until. */
const bool *orx_keeper_down(const orx_keeper *k);

/* Calls fn for each unit in the order in which they were added. */
void orx_keeper_each(orx_keeper *k, void (*fn)(const orx_unit_view *unit, void *user), void *user);

/* Kills what still runs, without waiting, and releases. NULL is fine. */
void orx_keeper_free(orx_keeper *k);

/* ---- What the journal knows (rows.c) ------------------------------------------------------- */

/* Whether this journal has ever seen a supervisor. */
int orx_unit_rows_known(orx_store *s, bool *ret_known, orx_err *err);

/* Calls fn for each unit of the journal, by name, as last written down: whether that is still so
 * only a living supervisor knows. */
int orx_unit_rows_each(orx_store *s, void (*fn)(const orx_unit_view *unit, void *user), void *user,
                       orx_err *err);

/* Writes down for the next keeper that an operator stopped this unit; while no keeper is at work.
 */
int orx_unit_rows_stop(orx_store *s, const char *name, orx_unit_kind kind, orx_err *err);

const char *orx_unit_kind_name(orx_unit_kind kind);

#endif
