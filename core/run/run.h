/* run.h: doing the tasks of one lane, one after the other, until there is nothing left to do.
 *
 * A runner owns one lane of one root: it holds the lane's lock, finishes what a crashed predecessor
 * left behind, and then repeats: select a task, run an agent on it under supervision, look at what
 * it left in the repository, commit what proved itself, park what did not, settle. Every call of a
 * model goes along this one path and is metered.
 *
 * The runner never prints. What happens is told to a listener, one orx_run_note at a time, and
 * stands in the journal anyway.
 *
 * Files: run.c (life of a runner), cycle.c (what next), try.c (one attempt), call.c (one call of a
 * provider), agent.c (the same for a model behind an endpoint), plan*.c and candidates.c (who is
 * called), sinks.c and sink_*.c (events to sinks), kv.c (what plugins store), deliver.c (evidence
 * and commit), work.c and stuck.c (whether it gets anywhere), recover.c (after a crash),
 * providers.c, project.c, summary.c, handoff.c, report.c and beat.c (the predecessor's files),
 * deployments.c and held.c (what may be called now), bill.c, usage.c and prices.c (what calls
 * cost), record*.c (what a call leaves), and the pure parts: prompt, result, validate, scope,
 * judge, text, command.
 *
 * Threads: the platform's thread; everything waits inside the loop.
 */
#ifndef ORX_RUN_RUN_H
#define ORX_RUN_RUN_H

#include "config/config.h"
#include "money/books.h"
#include "plugin/instance.h"
#include "route/deployments.h"
#include "run/estimate.h"
#include "store/store.h"
#include "task/task.h"

/* The tables and projections of this room. */
extern const orx_store_room orx_run_room;

typedef enum orx_note_kind {
    ORX_NOTE_STARTED,    /* text: how many tasks */
    ORX_NOTE_RECOVERED,  /* text: what was found of an earlier run */
    ORX_NOTE_SELECTED,   /* a task begins: attempt, provider, model */
    ORX_NOTE_AGENT,      /* the agent says something: text, one line */
    ORX_NOTE_CALLED,     /* a call ended: text is the kind and the claim */
    ORX_NOTE_COST,       /* what a call cost, and how that is known; not good: nobody knows */
    ORX_NOTE_VALIDATING, /* text: the command */
    ORX_NOTE_CHECKED,    /* text: what the evidence came to */
    ORX_NOTE_COMMITTED,  /* text: the commit */
    ORX_NOTE_SETTLED,    /* text: verdict and reason */
    ORX_NOTE_WAITING,    /* nothing is ready: text says for what */
    ORX_NOTE_PROBLEM,    /* something a person should know: text */
    ORX_NOTE_ENDED       /* text: why the run ended */
} orx_note_kind;

typedef struct orx_run_note {
    orx_note_kind kind;
    const char *task; /* NULL when it concerns none, likewise below */
    const char *provider;
    const char *model;
    int64_t attempt;  /* number within the task */
    bool good;        /* for COST, CHECKED, SETTLED, ENDED */
    const char *text; /* one line, valid UTF-8, never NULL */
} orx_run_note;

typedef struct orx_run_setup {
    const orx_config *cfg;
    orx_store *store; /* open for writing, with the rooms task, money, agent and run */
    orx_plugins *plugins;
    const char *exe; /* this program, by whose side orxaq-tools is; NULL: models get no tools */
    bool dry_run;    /* say what would be done next and end; change nothing */
    /* With dry_run, in place of saying it: told what each task may cost (estimate.h). May be NULL.
     */
    void (*estimated)(const orx_run_estimate *estimate, void *user);
    const char *checkpoint; /* a file whose states of tasks are taken over first; NULL = none */
    void (*listener)(const orx_run_note *note, void *user); /* may be NULL */
    void *user;
} orx_run_setup;

typedef struct orx_runner orx_runner;

/* Why a run ended; the value is the exit code. */
typedef enum orx_run_end {
    ORX_RUN_ALL_DONE = 0,
    ORX_RUN_CYCLES = 3,   /* the cycle limit */
    ORX_RUN_LEFTOVER = 4, /* blocked tasks, or tasks that wait for something that will not come */
    ORX_RUN_BUDGET = 6,   /* what is left to do would cost more than may be spent today */
    ORX_RUN_INTERRUPTED = 130,
    ORX_RUN_TERMINATED = 143
} orx_run_end;

/* Takes the lane's lock (ORX_E_BUSY: another runner holds it), loads tasks, imports a predecessor's
 * state on the first start, recovers unfinished attempts. ORX_E_INVALID: nobody may be called
 * (config/local.h). Everything of setup must outlive the
 * runner. */
int orx_runner_new(orx_platform *p, const orx_run_setup *setup, orx_runner **ret_runner,
                   orx_err *err);

/* Runs until the end. Signals TERM, INT and HUP stop the agent, park its work and end the run; a
 * delivery that has begun is finished. A second signal kills whatever runs at that moment, and the
 * same is done with what is left. USR1 ends the run when the task in hand is settled.
 * ORX_E_UNSUPPORTED: no task that is ready has a usable provider
 * (no repository, no plugin); the message says why. */
int orx_runner_run(orx_runner *r, orx_run_end *ret_end, orx_err *err);

/* Releases the lock. NULL is fine. */
void orx_runner_free(orx_runner *r);

/* The lane of a configuration: its name, "primary" when it has none. */
const char *orx_run_lane(const orx_config *cfg);

/* What its writers are called in the journal: "primary" or "lane/ID". */
const char *orx_run_origin(const orx_config *cfg, orx_arena *arena);

/* Loads the tasks file of a configuration into the journal. A missing file is an error that says
 * how to make one. Returns the number of new tasks. */
int orx_run_load_tasks(orx_platform *p, const orx_config *cfg, orx_store *s, orx_err *err);

/* Makes the instance of a configured provider: plugin loaded, settings validated. endpoint: the
 * address that its setting base_url has instead of the configured one; NULL = that one. */
int orx_run_make_instance(const orx_config *cfg, orx_plugins *plugins,
                          const orx_provider_config *provider, const char *endpoint,
                          orx_instance **ret_instance, orx_err *err);

/* Makes the router of an entry of `routers`, likewise. */
int orx_run_make_router(const orx_config *cfg, orx_plugins *plugins, const char *name,
                        orx_instance **ret_router, orx_err *err);

#endif
