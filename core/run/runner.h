/* runner.h: the inside of a runner, shared by the files of this room only.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_RUNNER_H
#define ORX_RUN_RUNNER_H

#include "base/map.h"
#include "config/fleet_status.h"
#include "git/git.h"
#include "money/budget.h"
#include "money/price_files.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "plugin/instance.h"
#include "plugin/job.h"
#include "run/attempt.h"
#include "run/embedding.h"
#include "run/plan.h"
#include "run/prompt.h"
#include "run/relay.h"
#include "run/run.h"
#include "task/queue_file.h"

/* Where tasks come from while a run goes on, as last read. A file is read again only when its size,
 * time or inode changed. */
typedef struct orx_sources {
    orx_file_info tasks;
    orx_file_info queue;
    orx_file_info external;
    int64_t queue_offset;            /* lines before it were taken */
    char queue_tail[ORX_SHA256_HEX]; /* of the bytes before the offset */
    char problem[ORX_SHA256_HEX];    /* digest of the last problems told */
    orx_claims_shown claims;
} orx_sources;

typedef struct orx_provider orx_provider;
typedef struct orx_try orx_try;

/* A configured provider put to use: made when the first task needs it. */
struct orx_provider {
    const orx_provider_config *cfg;
    const char *forbidden;  /* why it may never be called (config/local.h), or NULL; its repository
                               and role are there all the same */
    orx_instance *instance; /* NULL: forbidden, or could not be made and problem says why */
    orx_relay *relay;       /* between its program and its server; NULL = none */
    orx_git *git;
    char base_seen[ORX_SHA256_HEX]; /* where the base of its worktree was; see worktree.c */
    const char *role_text;          /* or NULL */
    const char *const *env;         /* of its programs, made with the first call */
    bool unpushed;                  /* see push.h */
    int64_t push_due_ns;            /* monotonic; not pushed again before */
    ORX_VEC(int64_t) delivered;     /* attempts with a commit since the last push */
    int64_t held_until_ns;          /* monotonic; all it could call take no call before */
    bool held;                      /* and that was told */
    bool own_models;                /* its last plan had only models of its own list */
    bool waiting;                   /* its tasks were passed over for that in this cycle */
    struct orx_run_served *served;  /* of an endpoint of local-only mode; see local_plan.h */
    char problem[ORX_ERR_MAX];
    ORX_VEC(orx_reservation) unpaid; /* what all candidates of its tasks want, when none may */
};

struct orx_runner {
    orx_platform *p;
    orx_run_setup setup;
    const orx_config *cfg;
    orx_store *s;
    const char *lane;
    orx_arena arena; /* lives as long as the runner */
    orx_file *lock;
    bool shown_lock; /* files of the lane show it */
    orx_queue *queue;
    orx_sources sources;
    orx_prompt_context context;
    orx_map providers; /* owner -> orx_provider */
    orx_retry_policy retry;
    struct orx_run_sinks *sinks;    /* NULL without any; see sinks.h */
    bool watching;                  /* the signals are ours */
    bool worked;                    /* a provider was there for a task */
    struct orx_run_router *routers; /* see routers.h */
    orx_proc *shadow;               /* asks route.shadow, see shadow.h; or NULL */
    bool shadow_over;               /* it ended */
    bool told_shadow;               /* that it cannot be asked */
    const char *policy_problem;     /* of the routing policy, told last; or NULL */
    const orx_grant_policy *grants; /* NULL until first asked for */
    int stop_signal;                /* the first one; 0 = go on */
    orx_str spare_dir;              /* see orx_run_call_dir; empty = none */
    bool stop_now;                  /* there was a second one: what ran was killed */
    bool stop;                      /* the same as a flag for waits */
    bool drain;                     /* begin no further task */
    orx_timer *ping;                /* tells our starter that we get on */
    const orx_budget *budget;       /* NULL until first asked for */
    bool *warned;                   /* for each of its caps: that it is nearly used up */
    bool told_missing;              /* that nobody knows what some calls cost */
    bool told_hourly;               /* that the hourly budget is waited for */
    bool alarmed;                   /* that money goes faster than it did */
    orx_price_files prices;
    orx_map unpriced; /* "PROVIDER/MODEL" that was told to have no price */
    orx_map dear;     /* deployment -> struct orx_run_dear, see prices.c */
    /* Local-only mode; see local_plan.h. */
    orx_map local_turns; /* model -> uint64_t: how often it was asked for */
    orx_fleet_status fleet;
    orx_arena fleet_arena;
    int64_t fleet_until_ns; /* monotonic; read again then */
    /* What the heartbeat shows. */
    const char *phase;
    int64_t cycle;
    char task[ORX_TASK_ID_MAX + 1];
    char message[256];
    orx_node *beat; /* what the phase adds, in beat_arena; see beat.c */
    orx_arena beat_arena;
};

/* What is said of a prompt in the journal. */
typedef struct orx_measured {
    char sha256[ORX_SHA256_HEX];
    int64_t tokens;
    int64_t difficulty;
} orx_measured;

/* One attempt while it runs. */
struct orx_try {
    orx_runner *r;
    orx_provider *provider; /* of the task's owner: its repository is worked in */
    orx_run_plan plan;
    const char *routers_off;  /* why no router is asked (route/switch.h), or NULL */
    orx_instance *router;     /* that was asked, or NULL */
    orx_embedding embedding;  /* what it went by */
    const orx_run_step *step; /* the entry being called, or NULL */
    int32_t last_kind;        /* how the task's last call before this attempt ended; -1 = none */
    orx_arena arena;          /* lives as long as the attempt */
    orx_task_row task;
    int64_t id;
    int64_t number;
    char name[24]; /* the id as text: trailer and branch name */
    char base[ORX_GIT_SHA];
    const char *branch; /* "" = detached */
    char fingerprint[ORX_SHA256_HEX];
    const char *parked_before; /* branch with the previous attempt's work, or NULL */
    bool restored;             /* ... and whether it is in the worktree again */
    /* The call. */
    int64_t begun_ns; /* monotonic: the first one */
    int64_t call;
    orx_privilege privilege;
    orx_measured measured; /* the newest prompt */
    orx_str answer;        /* what the agent said, bounded */
    orx_result result;
    orx_facts facts;
    const char *model;
    const char *problem; /* for a person: why the call failed; never NULL */
    bool no_program;     /* no call so far found its program installed */
    bool cancelled;
    bool refused;              /* the budget did not allow the next call */
    const orx_cap *refused_by; /* NULL = since costs are missing */
    const orx_cap *ended_by;   /* the cap of the task or the attempt that ended the last call */
    bool turned_away;          /* the deployment took no call; for so long at least: */
    int64_t wait_ns;
    int64_t charged;                        /* tokens, to the deployment when the call began */
    bool called;                            /* some call was made */
    const orx_deployment_rows *deployments; /* as they stood before the attempt; NULL = not read */
    const struct orx_network_row *network;  /* while it is not online; else NULL */
    bool talked;                            /* a conversation of the task is kept */
    bool unparked;                          /* what it left could not be put away */
    /* The evidence. */
    const char *note;          /* what was found; never NULL */
    char work[ORX_SHA256_HEX]; /* digest of what it left, "" = not looked at */
    int64_t same_work;         /* attempts in a row that left it */
    orx_validation validation;
    bool all_committed; /* after the checks nothing was there that is not in a commit */
    const char *commit; /* delivered, or NULL */
};

/* Tells the listener. text is formatted. */
void orx_run_tell(orx_runner *r, orx_note_kind kind, const orx_try *t, bool good, const char *fmt,
                  ...) ORX_PRINTF(5, 6);

/* Sets what the heartbeat shows and marks it dirty. What the phase before had added is gone. */
void orx_run_phase(orx_runner *r, const char *phase, const char *task, const char *message);

/* What phases add to the heartbeat (beat.c); each for the present phase. */
void orx_run_beat_started(orx_runner *r, const orx_effective_run *e, int64_t tasks);
void orx_run_beat_profile(orx_runner *r, const char *reason); /* reason may be NULL */
void orx_run_beat_queue(orx_runner *r);
void orx_run_beat_waiting(orx_runner *r, const orx_task_counts *n);
void orx_run_beat_report(orx_runner *r, const orx_node *report); /* the report's members */

/* The phase that an attempt ends with. */
void orx_run_beat_settled(orx_try *t, const orx_verdict *v, const char *error);

/* The provider of an owner, made on first use. NULL when it cannot be used; the reason was told
 * once. */
orx_provider *orx_run_provider(orx_runner *r, const char *owner);
void orx_run_providers_free(orx_runner *r);

/* The policy for grants, read once. A broken one allows nothing; that is told. */
const orx_grant_policy *orx_run_grants(orx_runner *r);

/* How the calls of a provider are paid for, at the prices of now. */
orx_meter orx_run_meter(orx_runner *r, const orx_provider_config *provider);

/* The caps that everything of this lane is spent under. */
const orx_budget *orx_run_budget(orx_runner *r);

/* What to reserve for the call of an entry: an upper bound of what it may cost, 0 when nobody knows
 * what calls of this model cost. */
int64_t orx_run_reserve_amount(orx_runner *r, const orx_run_step *step);

/* The reservation for the call of an entry, not made yet. */
int orx_run_reservation(const orx_try *t, const orx_run_step *step,
                        orx_reservation *ret_reservation, orx_err *err);

/* What the program of a call may be told not to pass: the limit of its plan, else all that the caps
 * would allow it now; 0 = nothing holds it. */
int64_t orx_run_cost_limit(const orx_try *t, const orx_reservation *r);

/* The call in flight has come to so much, and to `before` when it was looked at last (0 = it was
 * not yet). At four fifths of what is reserved it asks for as much again, or at least for another
 * step; refused that, too, the reason to end it is returned. */
const char *orx_run_reserve_more(orx_try *t, orx_reservation *r, int64_t before, int64_t cost);

/* How a call is judged that was ended for that: one that cost all that its task or attempt may
 * would do so again, while a cap that is shared with others is passing trouble. */
void orx_run_end_at_cap(orx_try *t, const orx_reservation *r, orx_job_result *result);

/* The first entry of the plan from this one on that the caps allow to be called now, among those
 * that may come after `like`: escalations or not, as it is, of its list; -1 = none. */
int orx_run_plan_payable(const orx_try *t, size_t from, const orx_run_step *like);

/* Whether the task has cost as much as a task may. Then t->note says so. */
bool orx_run_task_is_spent(orx_try *t);

/* No candidate of the task could be paid: tasks of its owner wait until that changes. */
void orx_run_wait_for_money(const orx_try *t);

/* Whether tasks of an owner wait for money; looks whether it is there by now. */
bool orx_run_is_unpaid(orx_runner *r, orx_provider *v);

/* What is wanted for tasks that could begin but for the money, in the arena. Returns how many. */
size_t orx_run_unpaid(orx_runner *r, orx_arena *arena, orx_reservation **ret_wanted);

/* Before a call: reads new prices. ORX_E_DENIED: nobody knows what it would cost, and such calls
 * are not wanted. */
int orx_run_price_check(orx_try *t, orx_err *err);

/* After a call: says what it cost; that nobody knows, once for each model. */
void orx_run_price_note(orx_try *t);

/* Loads the module of this name, from where the configuration says; ORX_E_DENIED when it is
 * switched off there. */
int orx_run_load_plugin(orx_runner *r, const char *name, const orx_plugin **ret_plugin,
                        orx_err *err);

/* The program of the attempt's provider is not installed: its tasks wait until the next run, those
 * of others go on. Told with the reason. */
void orx_run_hold(orx_try *t);

/* Owners that cannot be served, NULL-terminated, in the arena; NULL when all can. */
const char *const *orx_run_unserved(orx_runner *r, orx_arena *arena);

/* Remembers how the tasks file looks, before it is read. */
void orx_sources_note(orx_runner *r);

/* At start: the predecessor's claims, then what the queue file holds. */
int orx_sources_begin(orx_runner *r, orx_err *err);

/* Reads again whatever changed: tasks file, queue file, dependency-state file. What is wrong with
 * them is told once and never an error: the tasks already known stay. */
int orx_sources_read(orx_runner *r, orx_err *err);

/* Whether reading again would find another file. */
bool orx_sources_changed(orx_runner *r);

/* First start of a lane: what the predecessor's state.json says (orx_task_import_state). */
int orx_run_import_state(orx_runner *r, orx_err *err);

/* Takes over what a checkpoint knows later than the journal: the document of the predecessor
 * (run_id, cycle, state) or a copy of state.json. What the journal knows later stays. */
int orx_run_resume_checkpoint(orx_runner *r, const char *path, orx_err *err);

/* What a dry run shows: the tasks in the order in which they would be done if each succeeded. */
int orx_run_dry(orx_runner *r, orx_err *err);

/* Why the first provider that could not be used cannot; NULL when there is none. */
const char *orx_run_first_problem(orx_runner *r);

/* The run fails: whoever keeps it going is told of a repository of a provider that is not there, so
 * that it can be started again as soon as that is back. */
void orx_run_tell_lacking(orx_runner *r);

/* Runs one attempt of a task to its settlement. ORX_E_CANCELLED after a stop (settled as well). */
int orx_run_try(orx_runner *r, const char *task, orx_err *err);

/* The bytes a prompt should have at most for a model with a window of so many tokens: three fifths
 * of it, taking a token as four bytes, so that there is room to work; window 0 = not known. */
size_t orx_run_prompt_budget(int64_t window);

/* Appends what the provider of t->step is told (prompt.h). ORX_E_LIMIT: it is too long to be sent,
 * for anybody or for the window that is configured; it is appended all the same. */
int orx_run_prompt(orx_try *t, size_t budget, orx_str *out, orx_err *err);

/* Puts into t->measured what the journal says of a prompt. */
void orx_run_measure(orx_try *t, const orx_str *prompt);

/* The private folder of a call (call_dir.c): it exists, is empty and ours alone. _end: the call is
 * over, what is in it goes. _forget: there will be no further call. */
int orx_run_call_dir(orx_runner *r, int64_t call, orx_arena *arena, const char **ret_dir,
                     orx_err *err);
void orx_run_call_dir_end(orx_runner *r, const char *dir);
void orx_run_call_dir_forget(orx_runner *r);

/* Calls the provider of t->step; fills the call part of the try. Failures of the agent are facts,
 * not errors. */
int orx_run_call(orx_try *t, orx_err *err);

/* Looks at what the agent left and fills facts.evidence, note and validation; the attempt is then
 * `validated`. */
int orx_run_evidence(orx_try *t, orx_err *err);

/* How long the call of t->step may take: the provider's own limit or the general one, the plan's
 * when that is shorter, or what route.deadline leaves of the attempt; 0 = any time. */
int64_t orx_run_time_limit(const orx_try *t);

/* Whether all calls of the attempt took as long together as they may; t->problem says so then. */
bool orx_run_is_over_time(orx_try *t);

/* The digest of what lies changed in the working tree; "" when it cannot be had (too much, or
 * gone). */
int orx_run_work(orx_try *t, const orx_git_changes *changes, char ret_hex[ORX_SHA256_HEX]);

/* Commits what proved itself; the settlement writes that down, and until then the commit's trailer
 * says whose it is. A refusal by a hook turns the evidence into FAILED. */
int orx_run_deliver(orx_try *t, orx_err *err);

/* Finishes the attempts an earlier process left unsettled. */
int orx_run_recover(orx_runner *r, orx_err *err);

/* With git.isolation: worktree replaces *git, the operator's checkout, by the lane's own worktree,
 * made on first use. */
int orx_run_worktree(orx_runner *r, orx_git **git, const orx_git_options *options, orx_err *err);

/* Between tasks: moves the lane's worktree to where its base is now, when that has moved and the
 * branch has nothing of its own. The first call only looks. */
int orx_run_refresh(orx_runner *r, orx_provider *v, orx_err *err);

/* The environment for validations and git (provider NULL) or for a provider's programs. */
int orx_run_env(orx_runner *r, const orx_provider_config *provider, orx_arena *arena,
                const char *const **ret_env, orx_err *err);

/* What a program working in a repository may touch, according to the provider's sandbox setting.
 * own: further folders, NULL-terminated; NULL = none. */
void orx_run_confine(orx_runner *r, const orx_provider_config *provider, const orx_git *git,
                     const char *const *own, orx_arena *arena, orx_confine *ret_confine);

#endif
