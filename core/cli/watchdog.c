#include "cli/watchdog.h"

#include "cli/supervised.h"
#include "data/json.h"
#include "data/ndjson.h"
#include "platform/loop.h"

#define COOLDOWN_SEC 30
#define GRACE_SEC    8
#define SECONDS_MAX  86400
#define LOOK_NS      (100 * ORX_MS)
#define STATE_MAX    ((size_t)1 << 20)

typedef struct pass {
    orx_cli *c;
    orx_arena *a;
    int64_t cooldown_sec;
    int64_t grace_sec;
    const char *state_file;
    const char *history_file;
    orx_node *state;
    orx_look look;
    orx_watch_deeds deeds;
} pass;

/* ---- What the operator set ------------------------------------------------------------------- */

/* [K] never below 0; what is no number is the default. */
static int64_t seconds(orx_cli *c, const char *variable, int64_t otherwise) {
    const char *text = orx_config_env(c->cfg, variable);
    int64_t n = otherwise;
    if (text && *text && !orx_view_to_i64(orx_view_trim(orx_view_of(text)), &n))
        orx_cli_complain("%s: expected seconds, found \"%s\"; %lld is taken", variable, text,
                         (long long)otherwise);
    return n < 0 ? 0 : n > SECONDS_MAX ? SECONDS_MAX : n;
}

const char *orx_cli_artifact(orx_cli *c, const char *variable, const char *name) {
    const char *text = orx_config_env(c->cfg, variable);
    const char *home = orx_config_env(c->cfg, "HOME");
    if (!text || !*text)
        return orx_path_join(&c->arena, c->cfg->paths.artifacts_dir, name);
    if (strncmp(text, "~/", 2) == 0 && home && *home == '/')
        return orx_path_join(&c->arena, home, text + 2);
    return *text == '/' ? text : orx_path_join(&c->arena, c->cfg->root, text);
}

/* ---- State ----------------------------------------------------------------------------------- */

static orx_node *member(pass *w, orx_node *object, const char *key) {
    const orx_node *found = orx_node_get(object, key);
    orx_node *n = found && found->kind == ORX_OBJECT ? orx_node_copy(w->a, found)
                                                     : orx_node_new(w->a, ORX_OBJECT);
    orx_node_set(w->a, object, key, n);
    return n;
}

static orx_node *process_state(pass *w, const char *id) {
    return member(w, member(w, w->state, "processes"), id);
}

/* One that cannot be read is begun anew, and that is said: counts of passes are no evidence. */
static void read_state(pass *w) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_node *root = NULL;
    int rc = orx_read_file(w->c->p, w->state_file, STATE_MAX, &text, &err);
    if (rc == 0)
        rc = orx_json_parse(w->a, w->state_file, orx_str_view(&text), &orx_limits_config, &root,
                            &err);
    if (rc < 0 && rc != ORX_E_NOT_FOUND)
        orx_cli_complain("the watchdog counts anew: %s", err.msg);
    w->state = root && root->kind == ORX_OBJECT ? orx_node_copy(w->a, root)
                                                : orx_node_new(w->a, ORX_OBJECT);
}

static void count(pass *w, orx_node *n, const char *key, bool one) {
    orx_node_set_int(w->a, n, key, orx_node_int(orx_node_get(n, key), 0) + one);
}

static void set_now(pass *w, orx_node *n, const char *key) {
    char now[ORX_ISO_MAX];
    orx_iso_time(orx_wall_ns(w->c->p), now);
    orx_node_set_str(w->a, n, key, now);
}

/* ---- Deeds ----------------------------------------------------------------------------------- */

/* Whether it is too early to try again. A time in the future is one of another clock. */
static bool is_cooling(pass *w, const orx_node *process) {
    int64_t at;
    const char *text = orx_node_str(orx_node_get(process, "last_restart_at"), "");
    if (!orx_iso_parse(orx_view_of(text), &at))
        return false;
    int64_t age = orx_wall_ns(w->c->p) - at;
    return age >= 0 && age < w->cooldown_sec * ORX_SEC;
}

static void start_supervisor(pass *w, orx_watch_deed *deed) {
    orx_err err = ORX_ERR_INIT;
    orx_node *process = process_state(w, "supervisor");
    bool started = false;
    int64_t pid = 0;
    deed->cooling = is_cooling(w, process);
    if (deed->cooling)
        return;
    set_now(w, process, "last_restart_at");
    if (orx_cli_ensure_supervisor(w->c, &started, &pid, &err) < 0)
        deed->error = orx_arena_strdup(w->a, err.msg);
}

static void restart_runner(pass *w, orx_watch_deed *deed) {
    orx_err err = ORX_ERR_INIT;
    orx_node *process = process_state(w, "runner");
    deed->cooling = is_cooling(w, process);
    if (deed->cooling)
        return;
    set_now(w, process, "last_restart_at");
    if (orx_cli_call(w->c, "restart", w->look.facts.runner.name, false, NULL, &err) < 0)
        deed->error = orx_arena_strdup(w->a, err.msg);
}

static bool is_done(const orx_watch_deed *deed) {
    return deed->planned && !deed->cooling && !*deed->error;
}

/* Whether what was done has come to something: the supervisor answers, and its runner has arrived
 * somewhere, as another process than the one that was ended. */
static bool has_settled(const pass *w) {
    const orx_unit_facts *u = &w->look.facts.runner;
    if (!w->look.facts.answers || !u->known || u->state == ORX_UNIT_STARTING ||
        u->state == ORX_UNIT_STOPPING || u->state == ORX_UNIT_DRAINING)
        return false;
    return !is_done(&w->deeds.restart_runner) || !u->running ||
           u->pid != w->deeds.runner_pid_before;
}

static int act(pass *w, orx_err *err) {
    if (w->deeds.start_supervisor.planned)
        start_supervisor(w, &w->deeds.start_supervisor);
    if (w->deeds.restart_runner.planned)
        restart_runner(w, &w->deeds.restart_runner);
    bool acted = is_done(&w->deeds.start_supervisor) || is_done(&w->deeds.restart_runner);
    int64_t until = orx_mono_ns(w->c->p) + w->grace_sec * ORX_SEC;
    int rc = orx_cli_look(w->c, &w->look, err);
    while (rc == 0 && acted && !has_settled(w) && orx_mono_ns(w->c->p) < until) {
        orx_loop_sleep(w->c->p, LOOK_NS);
        rc = orx_cli_look(w->c, &w->look, err);
    }
    return rc;
}

/* ---- What is written down -------------------------------------------------------------------- */

static void note_process(pass *w, const char *id, const orx_watch_row *row,
                         const orx_watch_deed *deed) {
    orx_node *n = process_state(w, id);
    bool tried = deed->planned && !deed->cooling;
    count(w, n, "checks_total", true);
    count(w, n, "restart_successes", tried && row->status == ORX_WATCH_RESTARTED);
    count(w, n, "restart_failures", tried && row->status == ORX_WATCH_RESTART_FAILED);
    orx_node_set_str(w->a, n, "last_status", orx_watch_status_name(row->status));
    orx_node_set_str(w->a, n, "last_detail", row->detail);
    orx_node_set(w->a, n, "last_pid",
                 row->pid > 0 ? orx_node_new_int(w->a, row->pid) : orx_node_new(w->a, ORX_NULL));
    set_now(w, n, "last_checked_at");
    if (!orx_node_get(n, "last_restart_at"))
        orx_node_set_str(w->a, n, "last_restart_at", "");
}

static void write_state(pass *w, bool ok) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    count(w, w->state, "checks_total", true);
    set_now(w, w->state, "updated_at");
    orx_node_set_bool(w->a, w->state, "last_pass_ok", ok);
    orx_json_write(&text, w->state, ORX_JSON_PY_INDENT);
    orx_str_addc(&text, '\n');
    if (orx_write_replace(w->c->p, w->state_file, orx_str_view(&text), 0644, &err) < 0)
        orx_cli_complain("%s is not written: %s", w->state_file, err.msg);
}

static void turn_history(pass *w) {
    orx_file_info info;
    if (orx_stat(w->c->p, w->history_file, &info, NULL) == 0 &&
        info.size >= w->c->cfg->log.max_bytes)
        (void)orx_rename(w->c->p, w->history_file, orx_arena_printf(w->a, "%s.1", w->history_file),
                         NULL);
}

static void write_history(pass *w, const char *id, const orx_watch_row *row) {
    orx_err err = ORX_ERR_INIT;
    orx_node *n = orx_node_new(w->a, ORX_OBJECT);
    set_now(w, n, "timestamp");
    orx_node_set_int(w->a, n, "heartbeat_age_sec", w->look.facts.file_age_sec);
    orx_node_set_str(w->a, n, "process_id", id);
    orx_node_set(w->a, n, "pid",
                 row->pid > 0 ? orx_node_new_int(w->a, row->pid) : orx_node_new(w->a, ORX_NULL));
    orx_node_set_str(w->a, n, "status", orx_watch_status_name(row->status));
    orx_node_set_str(w->a, n, "detail", row->detail);
    if (orx_ndjson_append(w->c->p, w->history_file, n, false, &err) < 0)
        orx_cli_complain("%s is not written: %s", w->history_file, err.msg);
}

static orx_node *tell(pass *w) {
    orx_watch_row supervisor;
    orx_watch_row runner;
    orx_watch_judge(&w->look.facts, &w->look.report, &w->deeds, w->a, &supervisor, &runner);
    orx_node *doc = orx_health_watchdog_doc(&w->look.facts, &supervisor, &runner, w->a);
    orx_node_set_str(w->a, doc, "state_file", w->state_file);
    orx_node_set_str(w->a, doc, "history_file", w->history_file);
    orx_node_set_int(w->a, doc, "restart_cooldown_sec", w->cooldown_sec);
    orx_node_set_int(w->a, doc, "startup_grace_sec", w->grace_sec);
    note_process(w, "supervisor", &supervisor, &w->deeds.start_supervisor);
    note_process(w, "runner", &runner, &w->deeds.restart_runner);
    write_state(w, orx_node_bool(orx_node_get(doc, "ok"), false));
    turn_history(w);
    write_history(w, "supervisor", &supervisor);
    write_history(w, "runner", &runner);
    return doc;
}

/* ---- The pass -------------------------------------------------------------------------------- */

static int take_lock(orx_cli *c, orx_file **ret_lock, orx_err *err) {
    const char *path =
        orx_path_join(&c->arena, c->cfg->paths.artifacts_dir, "process_watchdog.lock");
    int rc = orx_mkdirs_unsynced(c->p, c->cfg->paths.artifacts_dir, false, err);
    if (rc == 0)
        rc = orx_file_open(c->p, path, ORX_OPEN_READ | ORX_OPEN_WRITE | ORX_OPEN_CREATE, 0644,
                           ret_lock, err);
    if (rc == 0)
        rc = orx_file_lock(c->p, *ret_lock, ORX_LOCK_EXCLUSIVE, false, err);
    return rc == ORX_E_BUSY
               ? orx_err_set(err, ORX_E_BUSY,
                             "another pass of the watchdog is under way (it holds %s)", path)
               : rc;
}

int orx_cli_watchdog_pass(orx_cli *c, orx_look *ret_look, orx_node **ret_doc, orx_err *err) {
    orx_file *lock = NULL;
    pass w = {.c = c, .a = &c->arena};
    int rc = c->cfg ? 0 : orx_cli_config(c, err);
    if (rc == 0)
        rc = take_lock(c, &lock, err);
    if (rc == 0)
        rc = orx_cli_look(c, &w.look, err);
    if (rc == 0) {
        w.cooldown_sec = seconds(c, "ORXAQ_AUTONOMY_PROCESS_RESTART_COOLDOWN_SEC", COOLDOWN_SEC);
        w.grace_sec = seconds(c, "ORXAQ_AUTONOMY_PROCESS_STARTUP_GRACE_SEC", GRACE_SEC);
        w.state_file = orx_cli_artifact(c, "ORXAQ_AUTONOMY_PROCESS_WATCHDOG_STATE_FILE",
                                        "process_watchdog_state.json");
        w.history_file = orx_cli_artifact(c, "ORXAQ_AUTONOMY_PROCESS_WATCHDOG_HISTORY_FILE",
                                          "process_watchdog_history.ndjson");
        read_state(&w);
        w.deeds = orx_watch_plan(&w.look.facts, &w.look.report);
        rc = act(&w, err);
    }
    if (rc == 0) {
        *ret_doc = tell(&w);
        *ret_look = w.look;
    }
    orx_file_close(c->p, lock);
    return rc;
}
