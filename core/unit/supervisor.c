/* The life of the supervisor. */
#include "unit/supervisor.h"

#include "base/digest.h"
#include "base/mem.h"
#include "platform/cgroup.h"
#include "platform/files.h"
#include "platform/local.h"
#include "platform/loop.h"
#include "platform/proc.h"
#include "unit/server.h"
#include "unit/services.h"

#include <stdio.h>

#define PING_NS (5 * ORX_SEC)
#define LOOK_NS ORX_SEC

typedef struct supervisor {
    orx_platform *p;
    const orx_supervisor_setup *setup;
    const orx_config *cfg;
    orx_arena arena;
    orx_secrets secrets;
    orx_file *lock;
    orx_store *store;
    orx_keeper *keeper;
    orx_control_server *server;
    orx_log *log;
    orx_unit_office office;
    orx_services *services;
    void *source; /* of setup->source, once it is open */
    orx_timer *look;
    orx_timer *ping;
    int64_t ping_ns; /* of the service manager's watchdog; 0 = none */
    bool ending;
    const char *group;     /* its own cgroup when it began; NULL = none */
    const char *leaf;      /* ... where it is instead while that limits those of units */
    const char *ungrouped; /* why it does not; NULL = it does */
} supervisor;

const char *orx_supervisor_socket(const orx_config *cfg, orx_arena *arena) {
    return orx_path_join(arena, cfg->paths.state_dir, "supervisor.sock");
}

const char *orx_unit_log_file(const orx_config *cfg, const char *unit, orx_arena *arena) {
    if (strcmp(unit, "primary") == 0)
        return cfg->paths.log_file;
    if (strcmp(unit, "supervisor") == 0)
        return orx_path_join(arena, cfg->paths.artifacts_dir, "supervisor.log");
    for (size_t i = 0; i < cfg->service_count; i++)
        if (strcmp(unit, cfg->services[i].name) == 0)
            return orx_arena_printf(arena, "%s/" ORX_SERVICE_LOG_FOLDER "/%s.log",
                                    cfg->paths.artifacts_dir, unit);
    return NULL;
}

static void say(supervisor *v, const char *fmt, ...) ORX_PRINTF(2, 3);
static void say(supervisor *v, const char *fmt, ...) {
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&line, fmt, ap);
    va_end(ap);
    orx_log_say(v->log, "%s", orx_str_cstr(&line));
    if (v->setup->said)
        v->setup->said(orx_str_cstr(&line), v->setup->user);
}

/* ---- The lock ------------------------------------------------------------------------------- */

static int64_t pid_in(orx_platform *p, const char *path) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    int64_t pid = 0;
    if (orx_read_file(p, path, 64, &text, NULL) < 0 ||
        !orx_view_to_i64(orx_view_trim(orx_str_view(&text)), &pid) || pid <= 0)
        return -1;
    return pid;
}

int64_t orx_supervisor_pid(orx_platform *p, const orx_config *cfg) {
    return orx_file_is_locked(p, cfg->paths.supervisor_lock_file)
               ? pid_in(p, cfg->paths.supervisor_pid_file)
               : 0;
}

static int make_folder_of(supervisor *v, const char *path, orx_err *err) {
    char *dir = orx_arena_strdup(&v->arena, path);
    char *slash = strrchr(dir, '/');
    if (!slash || slash == dir)
        return 0;
    *slash = '\0';
    return orx_mkdirs(v->p, dir, false, err);
}

static int take_lock(supervisor *v, orx_err *err) {
    const char *path = v->cfg->paths.supervisor_lock_file;
    int rc = make_folder_of(v, path, err);
    if (rc == 0)
        rc = orx_file_open(v->p, path, ORX_OPEN_READ | ORX_OPEN_WRITE | ORX_OPEN_CREATE, 0644,
                           &v->lock, err);
    return rc < 0 ? rc : orx_file_lock(v->p, v->lock, ORX_LOCK_EXCLUSIVE, false, err);
}

/* The lock was free, but somebody answers at the socket: a supervisor whose lock file was removed
 * under it. Its units are its own still. */
static int find_lockless(supervisor *v, bool *ret_other, int64_t *ret_pid, orx_err *err) {
    const orx_node *answer = NULL;
    orx_node *request = orx_node_new(&v->arena, ORX_OBJECT);
    orx_node_set_str(&v->arena, request, "op", "ping");
    int rc = orx_control_call(v->p, orx_supervisor_socket(v->cfg, &v->arena), request, PING_NS,
                              &v->arena, &answer, err);
    if (rc == ORX_E_NOT_FOUND)
        return 0;
    if (rc < 0)
        return orx_err_wrap(err, "a supervisor may be at work, though %s is not locked",
                            v->cfg->paths.supervisor_lock_file);
    *ret_other = true;
    *ret_pid = orx_node_int(orx_node_get(answer, "pid"), 0);
    return 0;
}

/* Whether this process is to be the supervisor: it holds the lock and nobody answers. */
static int take_office(supervisor *v, bool *ret_other, int64_t *ret_pid, orx_err *err) {
    int rc = take_lock(v, err);
    if (rc == 0)
        return find_lockless(v, ret_other, ret_pid, err);
    if (rc != ORX_E_BUSY)
        return rc;
    *ret_other = true;
    *ret_pid = orx_supervisor_pid(v->p, v->cfg);
    return 0;
}

/* [K] digits and a newline. */
static int write_pid(supervisor *v, orx_err *err) {
    char text[32];
    int64_t pid;
    int64_t start;
    const char *path = v->cfg->paths.supervisor_pid_file;
    orx_pid_self(v->p, &pid, &start);
    int n = snprintf(text, sizeof text, "%lld\n", (long long)pid);
    int rc = make_folder_of(v, path, err);
    return rc < 0 ? rc : orx_write_replace(v->p, path, (orx_view){text, (size_t)n}, 0644, err);
}

/* ---- What it hears --------------------------------------------------------------------------- */

static void on_changed(const orx_unit_view *unit, orx_unit_state before, void *user) {
    supervisor *v = user;
    char wait[48] = "";
    if (unit->next_ns)
        (void)snprintf(wait, sizeof wait, "; next start in %.1f s",
                       (double)unit->next_ns / (double)ORX_SEC);
    bool tell_exit = unit->state == ORX_UNIT_BACKOFF || unit->state == ORX_UNIT_FATAL;
    say(v, "%s: %s -> %s: %s%s%s%s%s", unit->name, orx_unit_state_name(before),
        orx_unit_state_name(unit->state), unit->cause, tell_exit ? " (" : "",
        tell_exit ? unit->last_exit : "", tell_exit ? ")" : "", wait);
}

static void on_problem(const char *text, void *user) {
    say(user, "%s", text);
}

static void begin_ending(supervisor *v, bool now) {
    if (!v->ending)
        orx_service_notify(v->p, orx_view_of("STOPPING=1\n"));
    v->ending = true;
    orx_keeper_shutdown(v->keeper, now);
}

static void on_signal(int signum, void *user) {
    supervisor *v = user;
    if (signum == orx_drain_signal())
        return; /* it is for runners */
    say(v, "signal %d: %s", signum,
        v->ending ? "killing what is left" : "ending all units; a second signal kills them");
    begin_ending(v, v->ending);
}

static void look(supervisor *v, bool again) {
    if (v->source && !v->ending)
        v->setup->source->look(v->source, again);
}

static int on_ask(const char *unit, orx_unit_event wish, void *user, orx_err *err) {
    supervisor *v = user;
    bool ensure = wish == ORX_UNIT_EVENTS;
    say(v, "a client asks: %s %.*s", ensure ? "ensure" : orx_unit_event_name(wish),
        ORX_UNIT_NAME_MAX, unit);
    int rc = ensure ? orx_keeper_ensure(v->keeper, unit, err)
                    : orx_keeper_ask(v->keeper, unit, wish, err);
    look(v, false);
    return rc;
}

static void on_each(void (*fn)(const orx_unit_view *unit, void *user), void *fn_user, void *user) {
    supervisor *v = user;
    orx_keeper_each(v->keeper, fn, fn_user);
}

static void on_ask_all(orx_unit_kind kind, orx_unit_event wish, orx_keeper_done_fn *done,
                       void *done_user, void *user) {
    supervisor *v = user;
    bool ensure = wish == ORX_UNIT_EVENTS;
    say(v, "a client asks: %s every %s", ensure ? "ensure" : orx_unit_event_name(wish),
        orx_unit_kind_name(kind));
    if (ensure)
        orx_keeper_ensure_all(v->keeper, kind, done, done_user);
    else
        orx_keeper_ask_all(v->keeper, kind, wish, done, done_user);
    look(v, false);
}

static void on_look(void *user) {
    look(user, true);
}

static void on_time_to_look(void *user) {
    supervisor *v = user;
    v->look = orx_timer_start(v->p, LOOK_NS, on_time_to_look, v);
    look(v, false);
}

static void on_shutdown(bool now, void *user) {
    supervisor *v = user;
    say(v, "a client asks: end%s", now ? " now" : "");
    begin_ending(v, now);
}

/* ---- The service manager --------------------------------------------------------------------- */

static void on_ping(void *user) {
    supervisor *v = user;
    orx_service_notify(v->p, orx_view_of("WATCHDOG=1\n"));
    v->ping = orx_timer_start(v->p, v->ping_ns, on_ping, v);
}

/* Half the time it would wait, if it waits for this process. */
static void begin_pings(supervisor *v) {
    const char *usec = orx_env(v->p, "WATCHDOG_USEC");
    const char *whose = orx_env(v->p, "WATCHDOG_PID");
    int64_t n = 0;
    int64_t pid;
    int64_t start;
    int64_t wanted = 0;
    orx_pid_self(v->p, &pid, &start);
    if (!usec || !orx_view_to_i64(orx_view_of(usec), &n) || n < 1000 || n > INT64_MAX / 1000)
        return;
    if (whose && (!orx_view_to_i64(orx_view_of(whose), &wanted) || wanted != pid))
        return;
    v->ping_ns = n * 1000 / 2;
    on_ping(v);
}

/* ---- Life ------------------------------------------------------------------------------------ */

/* Every table, but only our own projections: those of other rooms are for those who work. */
static const orx_store_room *tables_of(orx_arena *a, const orx_store_room *room) {
    orx_store_room *bare = orx_arena_zalloc(a, 1, sizeof *bare);
    *bare = *room;
    bare->projections = NULL;
    bare->projection_count = 0;
    return bare;
}

static int open_journal(supervisor *v, orx_err *err) {
    static const orx_store_room *const own[] = {&orx_unit_room, NULL};
    const orx_store_room *const *all = v->setup->rooms ? v->setup->rooms : own;
    size_t n = 0;
    while (all[n])
        n++;
    const orx_store_room **rooms = orx_arena_zalloc(&v->arena, n + 1, sizeof *rooms);
    for (size_t i = 0; i < n; i++)
        rooms[i] = all[i] == &orx_unit_room ? all[i] : tables_of(&v->arena, all[i]);
    return orx_store_open(v->p, v->cfg->root, "supervisor", rooms, ORX_STORE_CREATE, &v->store,
                          err);
}

static int note_self(supervisor *v, const char *kind, orx_err *err) {
    const orx_event event = {.kind = kind, .schema = 1};
    int rc = orx_tx_begin(v->store, err);
    if (rc < 0)
        return rc;
    rc = orx_event_append(v->store, &event, NULL, err);
    if (rc == 0)
        return orx_tx_commit(v->store, err);
    orx_tx_rollback(v->store);
    return rc;
}

static int open_others(supervisor *v, orx_err *err) {
    v->office = (orx_unit_office){.p = v->p,
                                  .setup = v->setup,
                                  .store = v->store,
                                  .keeper = v->keeper,
                                  .secrets = &v->secrets,
                                  .say = on_problem,
                                  .user = v};
    int rc = orx_services_open(&v->office, &v->services, err);
    if (rc < 0 || !v->setup->source)
        return rc;
    v->look = orx_timer_start(v->p, LOOK_NS, on_time_to_look, v);
    return v->setup->source->open(&v->office, &v->source, err);
}

/* Lets the groups of units limit what lives in them; this process then lives in a leaf of its own.
 * Before anything is started, for that would live in the group still. */
static void hand_down(supervisor *v, const char *controller, bool *ret_done) {
    orx_err err = ORX_ERR_INIT;
    *ret_done = orx_cgroup_hand_down(v->p, v->group, v->leaf, controller, &err) == 0;
    if (!*ret_done)
        v->ungrouped = orx_arena_strdup(&v->arena, err.msg);
}

/* The path of the root makes them its own: two roots under one service manager never meet. */
static void open_groups(supervisor *v, orx_keeper_setup *setup) {
    ORX_CLEANUP(orx_str_free) orx_str dir = {0};
    orx_err err = ORX_ERR_INIT;
    char hex[ORX_SHA256_HEX];
    if (orx_cgroup_own(v->p, &dir, &err) < 0) {
        say(v, "units have no cgroups of their own: %s", err.msg);
        return;
    }
    orx_sha256_hex(orx_view_of(v->cfg->root), hex);
    v->group = orx_arena_strdup(&v->arena, orx_str_cstr(&dir));
    v->leaf = orx_arena_printf(&v->arena, "%s/orxaq-%.16s", v->group, hex);
    setup->groups = orx_arena_printf(&v->arena, "%s.", v->leaf);
    hand_down(v, "memory", &setup->memory_groups);
    hand_down(v, "pids", &setup->tasks_groups);
    setup->ungrouped = v->ungrouped;
}

static int start_keeper(supervisor *v, orx_err *err) {
    orx_keeper_setup setup = {
        .store = v->store,
        .secrets = &v->secrets,
        .changed = on_changed,
        .problem = on_problem,
        .user = v,
    };
    open_groups(v, &setup);
    int rc = orx_keeper_new(v->p, &setup, &v->keeper, err);
    if (rc < 0)
        return rc;
    orx_unit_spec primary = orx_unit_primary(v->p, v->setup, v->store, &v->arena);
    rc = orx_keeper_add(v->keeper, &primary, err);
    if (rc == 0)
        rc = open_others(v, err);
    return rc < 0 ? rc : orx_keeper_begin(v->keeper, err);
}

static int start_server(supervisor *v, orx_err *err) {
    orx_control control = {.ask = on_ask,
                           .ask_all = on_ask_all,
                           .each = on_each,
                           .look = on_look,
                           .shutdown = on_shutdown,
                           .overlay = v->cfg->overlay,
                           .user = v};
    int64_t start;
    orx_pid_self(v->p, &control.pid, &start);
    return orx_control_server_new(v->p, orx_supervisor_socket(v->cfg, &v->arena), &control,
                                  &v->server, err);
}

/* Clients are answered only when there is somebody to answer for: the keeper begins before. */
static int start(supervisor *v, orx_err *err) {
    int rc = write_pid(v, err);
    if (rc == 0)
        rc = open_journal(v, err);
    if (rc == 0)
        rc = note_self(v, "supervisor.started", err);
    if (rc == 0)
        rc = orx_watch_signals(v->p, on_signal, v, err);
    if (rc == 0)
        rc = start_keeper(v, err);
    if (rc == 0)
        rc = start_server(v, err);
    if (rc < 0)
        return rc;
    orx_service_notify(v->p, orx_view_of("READY=1\n"));
    begin_pings(v);
    return 0;
}

static int live(supervisor *v, orx_err *err) {
    int rc = start(v, err);
    if (rc < 0)
        return rc;
    rc = orx_loop_until(v->p, orx_keeper_down(v->keeper), 0);
    /* The answer to the one who asked for it is still on its way. */
    (void)orx_loop_step(v->p, 10 * ORX_MS);
    (void)note_self(v, "supervisor.stopped", NULL);
    return rc;
}

static void close_all(supervisor *v) {
    orx_timer_cancel(v->p, v->ping);
    orx_timer_cancel(v->p, v->look);
    orx_control_server_free(v->server);
    (void)orx_watch_signals(v->p, NULL, NULL, NULL);
    orx_keeper_free(v->keeper);
    if (v->source)
        v->setup->source->close(v->source);
    orx_services_close(v->services);
    orx_store_close(v->store);
    (void)orx_unlink(v->p, v->cfg->paths.supervisor_pid_file, NULL);
    if (v->leaf)
        orx_cgroup_take_back(v->p, v->group, v->leaf);
}

static int serve(supervisor *v, orx_err *err) {
    say(v, "supervisor of %s", v->cfg->root);
    int rc = live(v, err);
    say(v, "%s", rc < 0 && err ? err->msg : "supervisor ended");
    close_all(v);
    return rc;
}

/* There before anything can fail: of one that nobody watches it is all that stays. */
static void open_log(supervisor *v) {
    const orx_log_limits limits = {v->cfg->log.max_bytes, v->cfg->log.max_age_ns, v->cfg->log.keep};
    orx_unit_secrets(v->cfg, &v->secrets);
    v->log =
        orx_log_new(v->p, orx_unit_log_file(v->cfg, "supervisor", &v->arena), &limits, &v->secrets);
}

static void close_log(supervisor *v) {
    orx_log_free(v->log);
    orx_secrets_free(&v->secrets);
}

int orx_supervise(orx_platform *p, const orx_supervisor_setup *setup, bool *ret_other,
                  int64_t *ret_pid, orx_err *err) {
    supervisor v = {.p = p, .setup = setup, .cfg = setup->cfg};
    *ret_other = false;
    *ret_pid = 0;
    open_log(&v);
    int rc = take_office(&v, ret_other, ret_pid, err);
    while (rc == 0 && *ret_other && setup->wait) {
        orx_file_close(p, v.lock);
        v.lock = NULL;
        *ret_other = false;
        orx_loop_sleep(p, LOOK_NS);
        rc = take_office(&v, ret_other, ret_pid, err);
    }
    if (rc == 0 && !*ret_other)
        rc = serve(&v, err);
    else if (rc < 0 && err)
        orx_log_say(v.log, "%s", err->msg);
    close_log(&v);
    /* Last of all: whoever waits for our end waits for this. */
    orx_file_close(p, v.lock);
    orx_arena_free(&v.arena);
    return rc;
}
