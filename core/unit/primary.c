/* The primary runner: `orxaq run` as a unit. */
#include "unit/supervisor.h"
#include "unit/watched.h"

#include "base/mem.h"
#include "platform/files.h"
#include "platform/proc.h"
#include "run/lane_lock.h"

#include <stdio.h>

typedef struct primary {
    orx_platform *p;
    const orx_config *cfg;
    orx_store *s;
    orx_watched files;
    int64_t looked_seq;
    char why[64]; /* it may not start */
} primary;

/* Somebody runs it by hand: a second one would only end with 75, again and again. */
static bool may_start(void *user, const char **ret_why) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    primary *r = user;
    orx_lane_holder holder;
    if (!orx_lane_lock_held(r->p, orx_lane_lock_file(r->cfg, "primary", &a), &holder))
        return true;
    (void)snprintf(r->why, sizeof r->why, "process %lld runs it already", (long long)holder.pid);
    *ret_why = r->why;
    return false;
}

/* What a new process finds is not news when it ends. */
static void began(void *user) {
    orx_watched_begin(&((primary *)user)->files);
}

static bool about_tasks(const orx_event_row *row, void *user) {
    bool *any = user;
    *any = !orx_view_starts(row->origin, ORX_ORIGIN_LANE) && orx_event_is_of_tasks(row);
    return !*any;
}

/* Commands that add or reset tasks leave an event. The runner's own came before it ended; those of
 * lanes are about other queues. */
static bool tasks_changed(primary *r, int64_t idle_seq) {
    bool any = false;
    int64_t last = orx_event_last(r->s);
    const orx_event_filter filter = {
        .after_seq = r->looked_seq > idle_seq ? r->looked_seq : idle_seq,
    };
    if (last <= filter.after_seq)
        return false;
    if (orx_event_each(r->s, &filter, about_tasks, &any, NULL) == 0)
        r->looked_seq = last;
    return any;
}

static bool work(int64_t idle_seq, void *user) {
    primary *r = user;
    return orx_watched_changed(&r->files) || tasks_changed(r, idle_seq);
}

/* What the service manager told the supervisor is for the supervisor alone. */
static bool is_for_us(const char *variable) {
    static const char *const names[] = {"NOTIFY_SOCKET=", "WATCHDOG_", "LISTEN_", ORX_NOTE_FD_ENV};
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

const char *const *orx_unit_environment(orx_platform *p, orx_arena *arena) {
    const char *const *all = orx_environ(p);
    size_t n = 0;
    while (all[n])
        n++;
    const char **env = orx_arena_zalloc(arena, n + 1, sizeof *env);
    n = 0;
    for (; *all; all++)
        if (!is_for_us(*all))
            env[n++] = *all;
    return env;
}

static const char *const *program_of(const orx_supervisor_setup *setup, const char *lane,
                                     orx_arena *arena) {
    size_t n = 0;
    while (setup->exe_flags[n])
        n++;
    const char **argv = orx_arena_zalloc(arena, n + 5, sizeof *argv);
    argv[0] = setup->exe;
    for (size_t i = 0; i < n; i++)
        argv[i + 1] = setup->exe_flags[i];
    argv[++n] = "run";
    if (lane) {
        argv[++n] = "--lane";
        argv[++n] = lane;
    }
    return argv;
}

/* The words of the configuration are those of the machine, in its order. */
_Static_assert((int)ORX_RESTART_WORD_ALWAYS == (int)ORX_RESTART_ALWAYS &&
                   (int)ORX_RESTART_WORD_ON_ABNORMAL == (int)ORX_RESTART_ON_ABNORMAL &&
                   (int)ORX_RESTART_WORD_NO == (int)ORX_RESTART_NO,
               "the words of restart.policy are in another order");

orx_unit_policy orx_unit_policy_of(const orx_config *cfg) {
    return (orx_unit_policy){
        .restart = (orx_unit_restart)cfg->restart.policy,
        .delay_ns = cfg->restart.delay_ns,
        .max_delay_ns = cfg->restart.max_delay_ns,
        .jitter = cfg->restart.jitter == ORX_JITTER_FULL,
        .healthy_ns = cfg->restart.healthy_ns,
        .crash_limit = (int)cfg->restart.crash_limit,
        .crash_window_ns = cfg->restart.crash_window_ns,
        .max_failures = cfg->restart.max_failures,
        .start_timeout_ns = cfg->supervisor.start_timeout_ns,
        .drain_timeout_ns = cfg->supervisor.drain_timeout_ns,
        .stop_timeout_ns = cfg->supervisor.stop_timeout_ns,
    };
}

orx_unit_spec orx_unit_runner(orx_platform *p, const orx_supervisor_setup *setup, const char *lane,
                              orx_arena *arena) {
    /* 0 and 4: nothing is left that could be done. */
    static const int idle[] = {0, 4, -1};
    /* The limit of cycles, and somebody who ended it by hand. */
    static const int clean[] = {3, 130, 143, -1};
    const orx_config *cfg = setup->cfg;
    return (orx_unit_spec){
        .argv = program_of(setup, lane, arena),
        .env = orx_unit_environment(p, arena),
        .cwd = cfg->root,
        .policy = orx_unit_policy_of(cfg),
        .limits = {cfg->limits.memory_max, cfg->limits.tasks_max},
        .notes = true,
        .drains = true,
        .idle_codes = idle,
        .clean_codes = clean,
        .stale_ns = cfg->supervisor.heartbeat_stale_ns,
        .log = {cfg->log.max_bytes, cfg->log.max_age_ns, cfg->log.keep},
    };
}

orx_unit_spec orx_unit_primary(orx_platform *p, const orx_supervisor_setup *setup, orx_store *store,
                               orx_arena *arena) {
    const orx_config *cfg = setup->cfg;
    primary *r = orx_arena_zalloc(arena, 1, sizeof *r);
    *r = (primary){
        .p = p,
        .cfg = cfg,
        .s = store,
        .files = {.p = p,
                  .files = {cfg->paths.tasks_file, cfg->paths.task_queue_file,
                            cfg->paths.dependency_state_file, cfg->config_file, cfg->env_file}}};
    orx_unit_spec spec = orx_unit_runner(p, setup, NULL, arena);
    spec.name = "primary";
    spec.kind = ORX_UNIT_RUNNER;
    spec.heartbeat_file = cfg->paths.heartbeat_file;
    spec.log_file = orx_unit_log_file(cfg, "primary", arena);
    spec.pid_file = cfg->paths.runner_pid_file;
    spec.may_start = may_start;
    spec.began = began;
    spec.work = work;
    spec.user = r;
    return spec;
}

void orx_unit_secrets(const orx_config *cfg, orx_secrets *out) {
    for (size_t i = 0; i < cfg->provider_count; i++) {
        const char *value = orx_config_secret(cfg, &cfg->providers[i]);
        if (value)
            orx_secrets_add(out, orx_view_of(value));
    }
}
