/* internal.h: the keeper from inside; for the files of this room only.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_UNIT_INTERNAL_H
#define ORX_UNIT_INTERNAL_H

#include "base/list.h"
#include "base/map.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "platform/proc.h"
#include "unit/keeper.h"

/* The same on every system that has them. */
enum { ORX_KEEPER_KILL = 9, ORX_KEEPER_TERM = 15 };

/* How long the tree of a unit may take to go when its keeper died: the grace of orxaq-exec and what
 * it needs to kill. */
#define ORX_EARLIER_NS (20 * ORX_SEC)

/* So many processes are on their way up at a time; one that takes longer than the time below counts
 * no more, so that it holds nobody up. Hundreds that start together would take the memory of all at
 * once, and each would be slow. */
#define ORX_STARTING_MAX 16
#define ORX_STARTING_NS  ORX_SEC

/* So many files are watched for each unit that waits for a clean worktree. */
#define ORX_DIRTY_MAX 4

/* What the operator last wanted; the numbers stand in the journal. */
typedef enum orx_unit_will {
    ORX_WILL_NONE = 0, /* nothing: it runs */
    ORX_WILL_RUN = 1,
    ORX_WILL_STOP = 2,
    ORX_WILL_PAUSE = 3
} orx_unit_will;

/* The worktree whose uncommitted changes its last process failed for. */
typedef struct orx_dirty {
    char *where;                /* NULL = there is none, or it did not fail for that */
    char *watch[ORX_DIRTY_MAX]; /* what changes when it becomes clean */
    orx_file_info seen[ORX_DIRTY_MAX];
    int count;
    bool changed; /* something did */
} orx_dirty;

typedef struct orx_kept {
    orx_list link;
    orx_keeper *k;
    orx_unit_spec spec;
    orx_unit_machine m;
    orx_unit_will will;
    orx_log *log;
    orx_timer *deadline;
    int64_t deadline_ns; /* monotonic; 0 = none */
    int64_t deadline_awake_ns;
    int64_t since_wall_ns;
    int64_t starts;
    int64_t idle_seq; /* newest event when it became idle */
    char last_exit[480];
    char status[160];
    char *lacks; /* the repository whose absence its last process failed for; NULL = none */
    orx_dirty dirty;
    bool unsaved; /* the row is behind */
    bool known;   /* the journal had a row of it */
    bool rested;  /* which said that it was idle */
    bool held;    /* IDLE because it may not start; status says why */
    bool retired; /* it is forgotten as soon as it has no process */
    bool renewed; /* next takes the place of spec with the next start */
    orx_unit_spec next;

    orx_proc *proc; /* NULL: none, or one of an earlier keeper */
    int64_t pid;    /* of the supervisor of its tree; 0 = none */
    int64_t start;
    int64_t program; /* of the program itself, once it is known */
    bool earlier;    /* pid is a process of an earlier keeper, whose end is awaited */
    bool crushed;    /* ... and was killed by us */
    orx_str note;    /* an unfinished line */

    char *group;  /* the cgroup of its process, or of what is left of one; NULL = none */
    bool grouped; /* ... in which that is */

    /* How often its group refused something, as far as that was told. */
    int64_t oom_kills;
    int64_t refusals;
    bool met_memory; /* since its process began */
    bool met_tasks;

    /* An end that is not proven yet. */
    orx_timer *orphans;
    int orphan_tries;
    orx_unit_exit pending_exit;
    orx_unit_exit leaving_as; /* when its group is empty */

    int64_t spawned_ns; /* when its process was started last; monotonic */

    /* Progress. */
    orx_file_info beat;
    int64_t quiet_ns; /* awake time without any */
} orx_kept;

struct orx_keeper {
    orx_platform *p;
    orx_keeper_setup setup;
    orx_store *s;
    orx_list units;
    orx_map names; /* to units */
    orx_list strays;
    size_t count;
    orx_timer *tick;
    int64_t ticked_ns;
    int64_t awake_ns;   /* at the last tick: see orx_keeper_awake */
    orx_timer *turn;    /* for those that wait for their turn to start */
    size_t needy;       /* specs that need others, so far */
    bool batch;         /* see orx_keeper_batch */
    int batched;        /* changes in the open transaction */
    bool group_refused; /* no cgroup could be made, and that was said */
    bool limits_told;   /* that limits hold for less than they should */
    bool begun;
    bool leaving;
    bool leaving_now;
    bool down;
};

/* Tells the machine of a unit and does what it asks for (keeper.c). */
void orx_kept_tell(orx_kept *u, orx_unit_event event, orx_unit_exit how);

/* Time as the machines of the units see it: without what this process slept, with its machine or
 * by itself (keeper.c). */
int64_t orx_keeper_awake(const orx_keeper *k);

orx_kept *orx_keeper_find(orx_keeper *k, const char *name);

/* Fills a view (keeper.c). */
void orx_kept_view(orx_kept *u, orx_unit_view *ret_view);

/* Formats a problem for the listener (keeper.c). */
void orx_keeper_problem(orx_keeper *k, const char *fmt, ...) ORX_PRINTF(2, 3);

/* What it is to be from its next start on. */
static inline const orx_unit_spec *orx_kept_newest(const orx_kept *u) {
    return u->renewed ? &u->next : &u->spec;
}
/* Whether it may start now; *ret_why otherwise (keeper.c). */
bool orx_kept_may_start(orx_kept *u, const char **ret_why);
/* Those that wait for their turn to start look again, soon (keeper.c). */
void orx_keeper_pass_turn(orx_keeper *k);
/* Reads its row and starts it, or waits for what an earlier keeper left of it (keeper.c). */
int orx_kept_enter(orx_kept *u, orx_err *err);
/* Checks needs: ORX_E_INVALID as orx_keeper_begin (keeper.c). */
int orx_kept_check_needs(orx_kept *u, orx_err *err);
/* Releases a unit that has no process (keeper.c). */
void orx_kept_free(orx_kept *u);

/* ---- change.c ------------------------------------------------------------------------------- */

/* The next spec takes the place of the present one. */
void orx_kept_take_next(orx_kept *u);
/* Forgets retired units without a process; with every tick. */
void orx_keeper_sweep(orx_keeper *k);
/* Whether a spec can be (keeper.c). */
int orx_keeper_check_spec(const orx_unit_spec *spec, orx_err *err);
void orx_unit_spec_release(orx_unit_spec *spec);

/* ---- process.c ------------------------------------------------------------------------------ */

void orx_kept_spawn(orx_kept *u);
/* What one of ORX_UNIT_DO_DRAIN, _STOP and _KILL says. */
void orx_kept_end(orx_kept *u, unsigned todo);
/* Finds the pid of the program itself and writes it to its file, once. */
void orx_kept_find_program(orx_kept *u);
/* Looks after a process of an earlier keeper. */
void orx_kept_look_earlier(orx_kept *u);
/* Its last process failed because there was no repository at that path; empty = it did not. */
void orx_kept_set_lacks(orx_kept *u, orx_view path);
/* Forgets the process without waiting for its end. */
void orx_kept_drop(orx_kept *u);

/* ---- group.c -------------------------------------------------------------------------------- */

/* Makes the group for a process that is about to start; u->group stays NULL where there is none. */
void orx_kept_group_make(orx_kept *u);
/* Takes over the group that the journal names. Whether something of an earlier process lives in it.
 */
bool orx_kept_group_recall(orx_kept *u, orx_view dir);
/* Kills what lives in the group: 1 = something still does, so call it again; 0 = nothing, or there
 * is no group; negative: it cannot be looked into. */
int orx_kept_group_end(orx_kept *u, orx_err *err);
/* Removes it. */
void orx_kept_group_drop(orx_kept *u);

/* ---- dirty.c -------------------------------------------------------------------------------- */

/* Takes a note of its process: false when it is about something else. */
bool orx_kept_dirty_note(orx_kept *u, orx_view line);
void orx_kept_dirty_forget(orx_kept *u);
/* Whether it is worth looking whether the worktree is clean: with every tick. */
bool orx_kept_dirty_mended(orx_kept *u);

/* ---- limits.c ------------------------------------------------------------------------------- */

/* Limits the group of a process that is about to start, and says what of its limits is for the
 * process itself to keep. What the group refused so far is forgotten. */
void orx_kept_limits_begin(orx_kept *u, orx_confine *confine);
/* Tells what the group refused meanwhile: to a person, and in the journal. */
void orx_kept_limits_look(orx_kept *u);
/* What an end is when the limits are looked at, too. */
orx_unit_exit orx_kept_limits_judge(const orx_kept *u, orx_unit_exit how);
void orx_kept_limits_view(const orx_kept *u, orx_unit_view *view);

/* ---- strays.c ------------------------------------------------------------------------------- */

/* Empties the cgroups that the journal names and that belong to no unit any more; goes on by
 * itself. Once, when all units are there. */
int orx_keeper_end_strays(orx_keeper *k, orx_err *err);
void orx_keeper_drop_strays(orx_keeper *k);

/* ---- watch.c -------------------------------------------------------------------------------- */

/* A new process: what went before does not count. */
void orx_kept_watch_begin(orx_kept *u);
/* It gets on. */
void orx_kept_progress(orx_kept *u);
/* passed_ns of awake time went by. */
void orx_kept_watch(orx_kept *u, int64_t passed_ns);

/* ---- shutdown.c ----------------------------------------------------------------------------- */

/* Goes on with leaving after something changed. */
void orx_keeper_leave(orx_keeper *k);

/* ---- rows.c --------------------------------------------------------------------------------- */

/* Writes the row of a unit and an event that explains it, in a transaction of its own. kind is
 * "unit.state", "unit.spawned" ...; before: the state it had, ORX_UNIT_STATES = no change of it;
 * wish: what was asked, or NULL. */
int orx_kept_save(orx_kept *u, const char *kind, orx_unit_state before, const char *wish,
                  orx_err *err);

/* Reads the row of a unit, if there is one, and takes over from it what still holds: its past, a
 * wait (deadline_ns is then what is left of it), and a process that is still there. */
int orx_kept_load(orx_kept *u, orx_err *err);

#endif
