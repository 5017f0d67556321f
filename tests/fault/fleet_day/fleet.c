#include "fleet.h"

#include "git/git.h"
#include "git/sim/twin.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "platform/proc.h"

#include <orxaq/orxaq.h>
#include <stdio.h>
#include <stdlib.h>

#define ROOT   "/srv/project"
#define MODULE "/opt/orxaq/plugins/command.so"
#define MINUTE (60 * ORX_SEC)
#define HOUR   (60 * MINUTE)

/* Runners are started so long before the hour: calls are in flight at midnight and
 * at noon. */
#define BEFORE (8 * ORX_SEC)

enum { TASKS = 16, TURNED_AWAY = 9 };

static const char config_text[] =
    "version: 1\n"
    "repos: {impl: ../none, test: ../none}\n"
    "money: {timezone: Europe/Berlin}\n"
    "budget: {daily: %d, call_reserve: 0.50, attempt: 8}\n"
    "retry: {flat_delay: 2s, max_attempts: 100000}\n"
    "run: {max_cycles: 2}\n"
    "recovery: off\n"
    "agent: {grace: 1s, timeout: 5h, idle_timeout: 3h, first_byte_timeout: 3h}\n"
    "no_progress: {same_call: 0, same_work: 0, spend_factor: 0}\n"
    "validation: {commands: [check], retries: 0}\n"
    "route: {cooldown: 0s}\n"
    "providers:\n"
    "  worker:\n"
    "    plugin: command\n"
    "    model: m-1\n"
    "    max_parallel: 64\n"
    "    settings: {argv: [agent], output: jsonl, text_path: say, usage_mode: delta,\n"
    "      exit_codes: {'9': rate_limit}}\n";

/* An hour of a journal is thousands of operations, and one that fails ends a run. */
static const orx_sim_faults usual = {.spawn_fails = 20, .slow = 5};
static const orx_sim_faults rough = {
    .io_error = 1, .no_space = 1, .spawn_fails = 50, .slow = 20, .kill = 2};

static void must(int rc, const orx_err *err, const char *what) {
    if (rc >= 0)
        return;
    (void)fprintf(stderr, "fleet_day: %s: %s\n", what, err->msg);
    abort();
}

/* ---- Programs -------------------------------------------------------------------------------- */

static void work_a_while(orx_sim_prog *prog) {
    orx_sim_sleep(prog, (int64_t)(1 + orx_sim_prog_draw(prog, 4)) * ORX_SEC);
}

static void report(orx_sim_prog *prog, fleet *f, int number) {
    truth_run *r = &f->truth.runs[number];
    int cached = r->reports ? 0 : number;
    int input = 20000 + (int)orx_sim_prog_draw(prog, 180000);
    int output = (int)orx_sim_prog_draw(prog, 9000);
    r->reports++;
    r->input += input;
    r->output += output;
    orx_sim_printf(prog, ORX_STDOUT,
                   "{\"usage\": {\"input_tokens\": %d, \"cached_tokens\": %d,"
                   " \"output_tokens\": %d}, \"model\": \"m-1\"}\n",
                   input + cached, cached, output);
}

/* How often a run reports: a few work three times as long as others, and one of thirty until its
 * attempt has cost all that it may. */
static uint64_t length_of(orx_sim_prog *prog) {
    if (orx_sim_prog_draw(prog, 30) == 0)
        return 40;
    return orx_sim_prog_draw(prog, 5) ? 3 : 9;
}

/* Some are turned away, some die in silence. All that work report as they go on; then they have
 * failed, have given up, or have done it. */
static int agent(orx_sim_prog *prog, void *user) {
    fleet *f = user;
    ORX_CLEANUP(orx_str_free) orx_str prompt = {0};
    orx_platform *p = orx_sim_prog_platform(prog);
    int number = truth_begin(&f->truth, (int)strtol(orx_sim_cwd(prog) + strlen("/srv/"), NULL, 10),
                             orx_wall_ns(p));
    uint64_t fate = orx_sim_prog_draw(prog, 20);
    uint64_t length = length_of(prog);
    orx_sim_read_input(prog, &prompt);
    work_a_while(prog);
    for (uint64_t i = 0; fate > 1 && i < length; i++) {
        report(prog, f, number);
        work_a_while(prog);
    }
    f->truth.runs[number].ended = orx_wall_ns(p);
    if (fate == 0)
        return TURNED_AWAY;
    if (fate < 4)
        return 1;
    if (fate < 17 || orx_write_replace(p, "work.txt", orx_str_view(&prompt), 0644, NULL) < 0) {
        orx_sim_printf(prog, ORX_STDOUT, "{\"status\": \"partial\", \"summary\": \"not yet\"}\n");
        return 0;
    }
    orx_sim_printf(prog, ORX_STDOUT, "{\"status\": \"done\", \"summary\": \"run %d\"}\n", number);
    return 0;
}

static int check(orx_sim_prog *prog ORX_UNUSED, void *user ORX_UNUSED) {
    return 0;
}

/* ---- The machine ----------------------------------------------------------------------------- */

static void place(orx_platform *p, const char *path, orx_view bytes) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char *dir = orx_arena_strdup(&arena, path);
    *strrchr(dir, '/') = '\0';
    must(orx_mkdirs(p, dir, false, &err), &err, dir);
    must(orx_write_atomic(p, path, bytes, 0644, &err), &err, path);
}

static void place_text(orx_platform *p, const char *dir, const char *name, orx_str *text) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    place(p, orx_path_join(&arena, dir, name), orx_str_view(text));
    orx_str_clear(text);
}

static void put_number(orx_str *s, unsigned n) {
    for (int shift = 24; shift >= 0; shift -= 8)
        orx_str_addc(s, (char)(n >> shift & 0xff));
}

/* One type of time and the rule: all that is needed of what the database has (RFC 9636). */
static void put_zone(orx_str *s) {
    for (int body = 0; body < 2; body++) {
        static const unsigned counts[] = {0, 0, 0, 0, 1, 4};
        orx_str_adds(s, "TZif2");
        orx_str_addv(s, orx_view_mem("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15));
        for (size_t i = 0; i < ORX_ARRAY_LEN(counts); i++)
            put_number(s, counts[i]);
        put_number(s, 3600);
        orx_str_addv(s, orx_view_mem("\0\0CET\0", 6));
    }
    orx_str_adds(s, "\nCET-1CEST,M3.5.0,M10.5.0/3\n");
}

static void put_prices(orx_str *s, int64_t noon) {
    char change[ORX_ISO_MAX];
    orx_iso_time(noon, change);
    orx_str_adds(s, "version: 1\nprices:\n");
    for (int i = 0; i < 2; i++) {
        const truth_price *p = &truth_prices[i];
        const int64_t rates[] = {p->input, p->cache_read, p->output};
        static const char *const names[] = {"input", "cache_read", "output"};
        orx_str_addf(s, "  - {model: m-1, %s: %s", i ? "from" : "to", change);
        for (size_t k = 0; k < ORX_ARRAY_LEN(rates); k++)
            orx_str_addf(s, ", %s: %lld.%09lld", names[k], (long long)(rates[k] / ORX_NANO_USD),
                         (long long)(rates[k] % ORX_NANO_USD));
        orx_str_adds(s, "}\n");
    }
}

static void put_tasks(orx_str *s) {
    for (int i = 0; i < TASKS; i++)
        orx_str_addf(s,
                     "%s{\"id\": \"task-%d\", \"owner\": \"worker\", \"priority\": %d, "
                     "\"title\": \"Task %d\", \"description\": \"Do it.\"}",
                     i ? ",\n" : "[", i, i, i);
    orx_str_adds(s, "]\n");
}

static void place_repository(orx_platform *p, const char *repo) {
    orx_err err = ORX_ERR_INIT;
    const orx_git_options options = {0};
    const orx_git_delivery d = {.message = orx_view_of("first\n")};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    char sha[ORX_GIT_SHA];
    orx_git *g = NULL;
    must(orx_git_twin_init(p, repo, false, &err), &err, repo);
    orx_str_adds(&text, "a repository\n");
    place_text(p, repo, "README", &text);
    must(orx_git_open(p, repo, &options, &g, &err), &err, repo);
    must(orx_git_commit_all(g, &d, sha, &err), &err, "first commit");
    orx_git_close(g);
}

static void add_lane(fleet *f, orx_platform *outside, int n) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    lane *l = &f->lanes[n];
    l->all = f;
    l->p = orx_sim_add_process(f->host);
    (void)snprintf(l->name, sizeof l->name, "l%d", n);
    (void)snprintf(l->dir, sizeof l->dir, "/srv/%d", n);
    put_tasks(&text);
    place_text(outside, l->dir, "tasks.json", &text);
    orx_str_addf(&text, "{\"breakglass\": {\"audit_log_file\": \"%s/privileges.ndjson\"}}\n",
                 l->dir);
    place_text(outside, l->dir, "privileges.json", &text);
    place_repository(outside, orx_path_join(&arena, l->dir, "repo"));
}

static void place_root(fleet *f, orx_platform *outside) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, config_text, (int)FLEET_CAP);
    place_text(outside, ROOT, "orxaq.yaml", &text);
    put_prices(&text, f->day->noon);
    place_text(outside, ROOT, "config/prices.yaml", &text);
    put_zone(&text);
    place_text(outside, "/usr/share/zoneinfo", "Europe/Berlin", &text);
    place(outside, ROOT "/config/objective.md", orx_view_of("Make it good.\n"));
    place(outside, MODULE, orx_view_of("linked into the simulation\n"));
    place(outside, "/tmp/nothing", orx_view_of(""));
}

int64_t fleet_now(fleet *f) {
    return orx_wall_ns(f->desk);
}

fleet *fleet_new(uint64_t seed, const day *d) {
    fleet *f = orx_xcalloc(1, sizeof *f);
    f->day = d;
    f->truth.noon = d->noon;
    f->sim = orx_sim_new(seed);
    orx_sim_module(f->sim, MODULE, ORXAQ_PLUGIN_SYMBOL, (orx_module_fn)orxaq_plugin_query);
    orx_sim_program(f->sim, "agent", agent, f);
    orx_sim_program(f->sim, "check", check, f);
    f->host = orx_sim_add_host(f->sim, "machine");
    orx_platform *outside = orx_sim_add_process(f->host);
    f->desk = orx_sim_add_process(f->host);
    f->outside = orx_sim_platform(orx_sim_add_host(f->sim, "outside"));
    orx_sim_set_env(f->host, "HOME", "/srv");
    orx_sim_set_env(f->host, "PATH", "/usr/bin");
    orx_sim_jump_clock(f->host, d->begin - 3 * HOUR - BEFORE - orx_wall_ns(outside));
    place_root(f, outside);
    for (int i = 0; i < LANES; i++)
        add_lane(f, outside, i);
    orx_sim_settle(f->host);
    return f;
}

/* ---- Runners --------------------------------------------------------------------------------- */

static const orx_store_room *const rooms[] = {&orx_task_room, &orx_money_room, &orx_route_room,
                                              &orx_run_room, NULL};
static const char *const plugin_dirs[] = {"/opt/orxaq/plugins", NULL};

/* Its own files, as the spec of a lane would give it. */
static const orx_flag_value own_files[] = {
    {"impl-repo", "repo"},
    {"test-repo", "repo"},
    {"tasks-file", "tasks.json"},
    {"state-file", "state.json"},
    {"artifacts-dir", "artifacts"},
    {"task-queue-state-file", "queue.json"},
    {"privilege-policy-file", "privileges.json"},
};

enum { FLAGS = ORX_ARRAY_LEN(own_files) };

static int load(lane *l, orx_arena *a, orx_config **ret_cfg) {
    orx_flag_value flags[FLAGS + 1] = {{"lane", l->name}};
    for (int i = 0; i < FLAGS; i++)
        flags[1 + i] =
            (orx_flag_value){own_files[i].name, orx_path_join(a, l->dir, own_files[i].value)};
    const orx_config_options options = {
        .root = ROOT, .cwd = "/", .flags = flags, .flag_count = FLAGS + 1};
    return orx_config_load(l->p, &options, ret_cfg, NULL, &l->err);
}

static int run_once(lane *l, const orx_config *cfg, orx_store *s) {
    const orx_plugin_setup ps = {.root = ROOT, .dirs = plugin_dirs};
    orx_plugins *plugins = orx_plugins_new(l->p, &ps);
    const orx_run_setup setup = {.cfg = cfg, .store = s, .plugins = plugins};
    orx_runner *r = NULL;
    int rc = orx_runner_new(l->p, &setup, &r, &l->err);
    if (rc == 0)
        rc = orx_runner_run(r, &l->end, &l->err);
    orx_runner_free(r);
    orx_plugins_free(plugins);
    l->finished = rc == 0;
    l->stops += rc == 0 && l->end == ORX_RUN_BUDGET;
    return rc;
}

static int runner(orx_platform *p, void *user) {
    lane *l = user;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_config *cfg = NULL;
    orx_store *s = NULL;
    int rc = load(l, &arena, &cfg);
    if (rc == 0)
        rc = orx_store_open(p, ROOT, orx_run_origin(cfg, &arena), rooms, ORX_STORE_CREATE, &s,
                            &l->err);
    if (rc == 0)
        rc = run_once(l, cfg, s);
    orx_store_close(s);
    orx_config_free(cfg);
    return rc == 0 ? 0 : 1;
}

/* ---- Time ------------------------------------------------------------------------------------ */

static bool is_running(lane *l) {
    return orx_sim_fate_of(l->p, NULL) == ORX_SIM_RUNNING;
}

static void start(lane *l) {
    if (is_running(l))
        return;
    l->starts++;
    l->finished = false;
    l->err = (orx_err)ORX_ERR_INIT;
    orx_sim_spawn(l->p, runner, l);
}

/* Now and then a runner is killed in the middle of whatever it does, and rarely all at once. */
static void misfortune(fleet *f) {
    lane *l = &f->lanes[orx_sim_draw(f->sim, LANES)];
    if (orx_sim_draw(f->sim, 25) == 0) {
        f->crashes++;
        orx_sim_crash_host(f->host, true);
    } else if (orx_sim_draw(f->sim, 2) == 0 && is_running(l)) {
        f->kills++;
        orx_sim_signal(l->p, 9);
    }
}

/* Every three hours, at noon and at midnight. */
static int64_t next_start(fleet *f) {
    int64_t now = fleet_now(f) + BEFORE;
    int64_t next = now + 3 * HOUR;
    if (now < f->day->begin - MINUTE && next > f->day->begin)
        next = f->day->begin;
    if (now < f->day->noon - MINUTE && next > f->day->noon)
        next = f->day->noon;
    if (now < f->day->end - MINUTE && next > f->day->end)
        next = f->day->end;
    return next - BEFORE;
}

bool fleet_step(fleet *f) {
    int64_t rest = next_start(f) - fleet_now(f);
    bool bad = orx_sim_draw(f->sim, 8) == 0;
    orx_sim_set_faults(f->host, bad ? &rough : &usual);
    for (int i = 0; i < LANES; i++)
        start(&f->lanes[i]);
    for (int i = 0; i < 3; i++) {
        int64_t some = (int64_t)(1 + orx_sim_draw(f->sim, 10)) * ORX_SEC;
        orx_loop_sleep(f->outside, some);
        misfortune(f);
        rest -= some;
    }
    orx_loop_sleep(f->outside, rest);
    return fleet_now(f) < f->day->end + 3 * HOUR;
}

void fleet_rest(fleet *f) {
    static const orx_sim_faults none = {0};
    orx_sim_set_faults(f->host, &none);
    for (int i = 0; i < LANES; i++)
        start(&f->lanes[i]);
    orx_loop_sleep(f->outside, HOUR);
}

orx_store *fleet_look(fleet *f) {
    orx_err err = ORX_ERR_INIT;
    orx_store *s = NULL;
    must(orx_store_open(f->desk, ROOT, "checker", rooms, ORX_STORE_CREATE, &s, &err), &err, ROOT);
    return s;
}

void fleet_free(fleet *f) {
    orx_sim_free(f->sim);
    free(f);
}
