/* supervisor.h: the one resident process of a root.
 *
 * It holds the root's supervisor lock, keeps the units (keeper.h), listens to clients (server.h),
 * tells the service manager that it is ready, and ends in good order: the first TERM, INT or HUP
 * ends every unit as `orxaq stop` does, the second one kills what is left.
 *
 * Whether a supervisor is there is asked of the lock and of nothing else: a pid in a file may be
 * anybody's. What the journal says of units is therefore true only while the lock is held.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_UNIT_SUPERVISOR_H
#define ORX_UNIT_SUPERVISOR_H

#include "config/config.h"
#include "unit/keeper.h"

struct orx_supervisor_setup;

/* What those who bring units get; it lives until they are closed. */
typedef struct orx_unit_office {
    orx_platform *p;
    const struct orx_supervisor_setup *setup;
    orx_store *store;
    orx_keeper *keeper;
    orx_secrets *secrets; /* what no log may hold; may be added to */
    /* Something a person should know: one line, into the supervisor's log. */
    void (*say)(const char *text, void *user);
    void *user;
} orx_unit_office;

/* Who brings units beside the primary runner: a later room (lanes), which this one does not know.
 */
typedef struct orx_unit_source {
    /* Before the keeper begins: adds units. What is wrong with single ones is said, not failed. */
    int (*open)(const orx_unit_office *office, void **ret_self, orx_err *err);
    /* Every second, and with `again` when a client asks that everything be read anew. */
    void (*look)(void *self, bool again);
    /* After the keeper was freed. */
    void (*close)(void *self);
} orx_unit_source;

typedef struct orx_supervisor_setup {
    const orx_config *cfg;
    const char *exe;               /* this program */
    const char *const *exe_flags;  /* global flags for the programs it starts, NULL-terminated */
    const orx_unit_source *source; /* of further units; NULL = none */
    /* Of the journal: it is made, or brought up to date, whole, so that whoever reads it finds
     * every table before the first runner wrote one. Ends with NULL; NULL = only our own. */
    const orx_store_room *const *rooms;
    bool wait; /* for another supervisor to end, instead of leaving it to that one */
    void (*said)(const char *line, void *user); /* what it does, for a person; may be NULL */
    void *user;
} orx_supervisor_setup;

/* Runs until it is told to end. 0: it ended in good order, or (*ret_other true) another supervisor
 * is at work, which is no error. ret_other and *ret_pid (that one's pid, 0 = not known) are set in
 * any case. */
int orx_supervise(orx_platform *p, const orx_supervisor_setup *setup, bool *ret_other,
                  int64_t *ret_pid, orx_err *err);

/* Whether a supervisor is at work on this root: its pid, 0 = there is none, -1 = there is one whose
 * pid is not known. */
int64_t orx_supervisor_pid(orx_platform *p, const orx_config *cfg);

/* Where it listens; in the arena. */
const char *orx_supervisor_socket(const orx_config *cfg, orx_arena *arena);

/* The log of a unit ("supervisor": its own), in the arena; NULL when it is neither the primary
 * runner nor a service. */
#define ORX_SERVICE_LOG_FOLDER "services"
const char *orx_unit_log_file(const orx_config *cfg, const char *unit, orx_arena *arena);

/* ---- primary.c ------------------------------------------------------------------------------- */

/* The primary runner as a unit. The spec and what it points to live in the arena; store is asked
 * whether there is work. */
orx_unit_spec orx_unit_primary(orx_platform *p, const orx_supervisor_setup *setup, orx_store *store,
                               orx_arena *arena);

/* `orxaq run`, with --lane when lane is not NULL: program, environment, policy and how it speaks to
 * the keeper are those of every runner; name, kind, files and what it does when idle are left to
 * the caller. Lives in the arena. */
orx_unit_spec orx_unit_runner(orx_platform *p, const orx_supervisor_setup *setup, const char *lane,
                              orx_arena *arena);

/* What every unit that is this program gets: our own environment without what the service manager
 * told us, and the restart policy of the configuration. */
const char *const *orx_unit_environment(orx_platform *p, orx_arena *arena);
orx_unit_policy orx_unit_policy_of(const orx_config *cfg);

/* The values that no log may hold; added to *out. */
void orx_unit_secrets(const orx_config *cfg, orx_secrets *out);

#endif
