#include "world.h"

#include "data/json.h"
#include "git/git.h"
#include "git/sim/twin.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "run/attempt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MODULES "/opt/orxaq/plugins/"
#define EXPORT  ROOT "/out/all.ndjson"

/* The plugins, linked in. */
int32_t ndjson_plugin_query(const orxaq_host_abi *host, const orxaq_plugin **ret_plugin);
int32_t static_plugin_query(const orxaq_host_abi *host, const orxaq_plugin **ret_plugin);
int orx_task_render_state(orx_store *s, void *user, orx_str *out, orx_err *err);

static const char config_text[] = "version: 1\n"
                                  "repos: {impl: ../repo, test: ../repo}\n"
                                  "retry: {flat_delay: 2s, max_attempts: %d, backoff_base: 1s}\n"
                                  "recovery: off\n"
                                  "agent: {grace: 1s, timeout: 10m, idle_timeout: 5m}\n"
                                  "validation: {commands: [check], retries: 0}\n"
                                  "providers:\n"
                                  "  worker:\n"
                                  "    plugin: command\n"
                                  "    settings: {argv: [agent], output: json}\n"
                                  "  helper:\n"
                                  "    plugin: command\n"
                                  "    repo: impl\n"
                                  "    settings: {argv: [helper], output: json}\n"
                                  "run: {router: order}\n"
                                  "routers:\n"
                                  "  order:\n"
                                  "    plugin: static\n"
                                  "    settings:\n"
                                  "      candidates: [{provider: worker}, {provider: helper}]\n"
                                  "plugins:\n"
                                  "  - name: ndjson\n"
                                  "    settings:\n"
                                  "      files: [{path: out/all.ndjson, sync: true,"
                                  " rotate_size: 6KiB, keep: 1000}]\n";

/* What becomes of each task in the end, and how. */
typedef struct expected {
    const char *id;
    const char *depends; /* JSON */
    const char *status;
    bool delivered; /* by one commit of ours */
} expected;

struct run_queue {
    int max_attempts;
    size_t count;
    expected tasks[8];
};

/* flaky: fails its check until the prompt tells of a failure. never: always fails it. own: commits
 * its work itself. held waits for what never comes. */
const run_queue run_queue_long = {4,
                                  7,
                                  {{"first", "[]", "done", true},
                                   {"second", "[\"first\"]", "done", true},
                                   {"flaky", "[]", "done", true},
                                   {"after", "[\"flaky\", \"own\"]", "done", true},
                                   {"never", "[]", "blocked", false},
                                   {"held", "[\"never\"]", "pending", false},
                                   {"own", "[]", "done", false}}};

const run_queue run_queue_short = {2,
                                   4,
                                   {{"own", "[]", "done", false},
                                    {"flaky", "[\"own\"]", "done", true},
                                    {"never", "[]", "blocked", false},
                                    {"held", "[\"never\"]", "pending", false}}};

/* ---- Programs ---------------------------------------------------------------------------------
 */

/* Programs try again when the disk says no, as good ones do, and sync nothing, as most do. */
static int put(orx_platform *p, const char *path, const char *text) {
    int rc = -1;
    for (int i = 0; rc < 0 && i < 5; i++) {
        rc = orx_write_replace(p, path, orx_view_of(text), 0644, NULL);
        if (rc < 0)
            orx_loop_sleep(p, 100 * ORX_MS);
    }
    return rc;
}

static int commit(orx_platform *p, const char *task) {
    orx_git *g = NULL;
    const orx_git_options options = {0};
    char sha[ORX_GIT_SHA];
    const orx_git_delivery d = {.message = orx_view_of("work of the agent\n"), .task = task};
    int rc = orx_git_open(p, REPO, &options, &g, NULL);
    if (rc == 0)
        rc = orx_git_commit_all(g, &d, sha, NULL);
    orx_git_close(g);
    return rc;
}

static void task_of(const orx_str *prompt, char out[32]) {
    orx_view rest = orx_str_view(prompt);
    orx_view line;
    out[0] = '\0';
    while (orx_view_split(&rest, '\n', &line))
        if (orx_view_starts(line, "id: ")) {
            (void)snprintf(out, 32, "%.*s", (int)(line.len - 4), line.p + 4);
            return;
        }
}

/* steady: does not fail at the task "second", half way through. */
static int work(orx_sim_prog *prog, run_world *w, bool steady) {
    orx_platform *p = orx_sim_prog_platform(prog);
    ORX_CLEANUP(orx_str_free) orx_str prompt = {0};
    char id[32];
    char name[40];
    orx_sim_read_input(prog, &prompt);
    task_of(&prompt, id);
    (void)snprintf(name, sizeof name, "%s.txt", id);
    bool warned = strstr(orx_str_cstr(&prompt), "It failed with:") != NULL;
    bool bad = strcmp(id, "never") == 0 || (strcmp(id, "flaky") == 0 && !warned);
    orx_sim_sleep(prog, (int64_t)(1 + orx_sim_prog_draw(prog, 20)) * ORX_SEC);
    if (!steady && strcmp(id, "second") == 0) {
        (void)put(p, "second.part", "half\n");
        return 1;
    }
    int rc = put(p, name, bad ? "bad\n" : "good\n");
    if (rc == 0 && strcmp(id, "own") == 0)
        rc = commit(p, NULL);
    if (rc == 0 && w->planted && orx_sim_prog_draw(prog, 24) == 0) {
        rc = commit(p, id);
        if (rc == 1)
            rc = put(p, "more.txt", id);
    }
    if (rc < 0)
        return 1;
    orx_sim_printf(prog, ORX_STDOUT,
                   "{\"status\": \"done\", \"summary\": \"%s by agent\", \"usage\": "
                   "{\"input_tokens\": 10, \"output_tokens\": 5}}\n",
                   id);
    return 0;
}

static int agent(orx_sim_prog *prog, void *user) {
    return work(prog, user, false);
}

static int helper(orx_sim_prog *prog, void *user) {
    return work(prog, user, true);
}

/* Every file of the repository must be good. */
static int check(orx_sim_prog *prog, void *user ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_platform *p = orx_sim_prog_platform(prog);
    char **names = NULL;
    if (orx_list_dir(p, ".", &arena, &names, NULL) < 0)
        return 2;
    for (; *names; names++) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        if (!orx_view_ends(orx_view_of(*names), ".txt"))
            continue;
        if (orx_read_file(p, *names, 4096, &text, NULL) < 0)
            return 2;
        if (strcmp(orx_str_cstr(&text), "bad\n") == 0) {
            orx_sim_printf(prog, ORX_STDOUT, "%s is bad\n", *names);
            return 1;
        }
    }
    return 0;
}

/* ---- The machine ------------------------------------------------------------------------------
 */

static void must(int rc, const orx_err *err, const char *what) {
    if (rc >= 0)
        return;
    (void)fprintf(stderr, "setting up the world: %s: %s\n", what, err->msg);
    abort();
}

static void place(orx_platform *p, const char *path, const char *text) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char *dir = orx_arena_strdup(&arena, path);
    *strrchr(dir, '/') = '\0';
    must(orx_mkdirs(p, dir, false, &err), &err, dir);
    must(orx_write_atomic(p, path, orx_view_of(text), 0644, &err), &err, path);
}

static void place_queue(orx_platform *p, const run_queue *queue) {
    const expected *tasks = queue->tasks;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (size_t i = 0; i < queue->count; i++)
        orx_str_addf(&text,
                     "%s{\"id\": \"%s\", \"owner\": \"worker\", \"priority\": %zu, \"title\": "
                     "\"Task %s\", \"description\": \"Do %s.\", \"depends_on\": %s}",
                     i ? ",\n" : "[", tasks[i].id, i, tasks[i].id, tasks[i].id, tasks[i].depends);
    orx_str_adds(&text, "]\n");
    place(p, ROOT "/config/tasks.json", orx_str_cstr(&text));
}

static void place_repository(orx_platform *p) {
    orx_err err = ORX_ERR_INIT;
    must(orx_git_twin_init(p, REPO, false, &err), &err, REPO);
    place(p, REPO "/README", "a repository\n");
    must(commit(p, NULL), &err, "first commit");
}

static void place_module(run_world *w, orx_platform *outside, const char *name,
                         orxaq_plugin_query_fn query) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *path = orx_arena_printf(&arena, MODULES "%s.so", name);
    orx_sim_module(w->sim, path, ORXAQ_PLUGIN_SYMBOL, (orx_module_fn)query);
    place(outside, path, orx_arena_printf(&arena, "%s, linked into the simulation\n", name));
}

static void place_config(orx_platform *p, const run_queue *queue) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, config_text, queue->max_attempts);
    place(p, ROOT "/orxaq.yaml", orx_str_cstr(&text));
}

run_world *run_world_new(uint64_t seed, const run_queue *queue) {
    run_world *w = orx_xcalloc(1, sizeof *w);
    w->queue = queue;
    w->sim = orx_sim_new(seed);
    w->host = orx_sim_add_host(w->sim, "alpha");
    w->p = orx_sim_platform(w->host);
    orx_sim_set_env(w->host, "HOME", "/srv");
    orx_sim_set_env(w->host, "PATH", "/usr/bin");
    orx_sim_program(w->sim, "agent", agent, w);
    orx_sim_program(w->sim, "helper", helper, w);
    orx_sim_program(w->sim, "check", check, w);
    orx_platform *outside = orx_sim_add_process(w->host);
    place_module(w, outside, "command", orxaq_plugin_query);
    place_module(w, outside, "ndjson", ndjson_plugin_query);
    place_module(w, outside, "static", static_plugin_query);
    place_config(outside, queue);
    place(outside, ROOT "/config/objective.md", "Make it good.\n");
    place_queue(outside, queue);
    place_repository(outside);
    orx_err err = ORX_ERR_INIT;
    must(orx_mkdirs(outside, "/tmp", false, &err), &err, "/tmp");
    orx_sim_settle(w->host);
    return w;
}

void run_world_free(run_world *w) {
    orx_sim_free(w->sim);
    free(w);
}

/* ---- A runner ---------------------------------------------------------------------------------
 */

static const orx_store_room *const rooms[] = {&orx_task_room, &orx_money_room, &orx_route_room,
                                              &orx_run_room, NULL};
static const char *const plugin_dirs[] = {"/opt/orxaq/plugins", NULL};

static int whole_run(orx_platform *p, const orx_config *cfg, orx_store *s, orx_plugins *plugins,
                     run_end *e) {
    const orx_run_setup setup = {.cfg = cfg, .store = s, .plugins = plugins};
    orx_runner *r = NULL;
    int rc = orx_runner_new(p, &setup, &r, &e->err);
    if (rc == 0)
        rc = orx_runner_run(r, &e->end, &e->err);
    orx_runner_free(r);
    return rc;
}

static int runner(orx_platform *p, void *user) {
    run_end *e = user;
    const orx_config_options options = {.root = ROOT, .cwd = "/"};
    const orx_plugin_setup ps = {.root = ROOT, .dirs = plugin_dirs};
    orx_config *cfg = NULL;
    orx_store *s = NULL;
    int rc = orx_config_load(p, &options, &cfg, NULL, &e->err);
    if (rc == 0)
        rc = orx_store_open(p, ROOT, orx_run_lane(cfg), rooms, ORX_STORE_CREATE, &s, &e->err);
    if (rc == 0) {
        orx_plugins *plugins = orx_plugins_new(p, &ps);
        rc = whole_run(p, cfg, s, plugins, e);
        orx_plugins_free(plugins);
    }
    orx_store_close(s);
    orx_config_free(cfg);
    e->finished = rc == 0;
    return rc == 0 ? 0 : 1;
}

bool run_world_run(run_world *w) {
    w->last = (run_end){.err = ORX_ERR_INIT};
    orx_sim_spawn(w->p, runner, &w->last);
    bool fine = orx_sim_run(w->sim, 0);
    return fine && orx_sim_fate_of(w->p, NULL) != ORX_SIM_RUNNING;
}

/* ---- What must hold ---------------------------------------------------------------------------
 */

static char said[2048];

static const char *say(const char *fmt, ...) ORX_PRINTF(1, 2);
static const char *say(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(said, sizeof said, fmt, ap);
    va_end(ap);
    return said;
}

typedef struct looking {
    orx_platform *p;
    orx_store *s;
    orx_git *g;
    orx_arena arena;
    orx_git_log log;
    bool lenient;
} looking;

static size_t commits_of(const looking *l, const char *task) {
    size_t n = 0;
    for (size_t i = 0; i < l->log.count; i++)
        n += l->log.commits[i].task && strcmp(l->log.commits[i].task, task) == 0;
    return n;
}

static const char *check_task(looking *l, const expected *x) {
    orx_err err = ORX_ERR_INIT;
    orx_task_row row;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    if (orx_task_get(l->s, "primary", x->id, &l->arena, &row, &err) < 0)
        return say("task %s is lost: %s", x->id, err.msg);
    bool as_expected = strcmp(row.status, x->status) == 0;
    bool unlucky = l->lenient && (strcmp(row.status, "blocked") == 0 ||
                                  (strcmp(row.status, "pending") == 0 && row.waiting_on > 0));
    if (!as_expected && !unlucky)
        return say("task %s is %s, expected %s (%lld attempts, %s)", x->id, row.status, x->status,
                   (long long)row.attempts, row.last_error);
    bool done = strcmp(row.status, "done") == 0;
    size_t commits = commits_of(l, x->id);
    size_t most = done ? 1 : 0;
    if (commits > most || (x->delivered && commits != most))
        return say("task %s is %s and has %zu commits", x->id, row.status, commits);
    const char *file = orx_arena_printf(&l->arena, REPO "/%s.txt", x->id);
    bool good = orx_read_file(l->p, file, 4096, &text, NULL) >= 0 &&
                strcmp(orx_str_cstr(&text), "good\n") == 0;
    if (good != done && strcmp(x->id, "never") != 0)
        return say("task %s is %s, but its work is %sthere", x->id, row.status, good ? "" : "not ");
    return NULL;
}

static const char *check_repository(looking *l) {
    orx_err err = ORX_ERR_INIT;
    orx_git_status status;
    const orx_git_options options = {0};
    if (orx_git_open(l->p, REPO, &options, &l->g, &err) < 0 ||
        orx_git_status_of(l->g, &l->arena, &status, &err) < 0 ||
        orx_git_log_of(l->g, NULL, NULL, 1000, &l->arena, &l->log, &err) < 0)
        return say("the repository: %s", err.msg);
    if (status.count)
        return say("the working tree is not clean: %s", status.entries[0].path);
    if (!status.branch || strcmp(status.branch, "main") != 0)
        return say("the branch is %s", status.branch ? status.branch : "none");
    for (size_t i = 0; i < l->log.count; i++)
        for (size_t k = 0; k < i; k++)
            if (l->log.commits[i].attempt && l->log.commits[k].attempt &&
                strcmp(l->log.commits[i].attempt, l->log.commits[k].attempt) == 0)
                return say("attempt %s has two commits", l->log.commits[i].attempt);
    return NULL;
}

static const char *check_journal(looking *l) {
    orx_err err = ORX_ERR_INIT;
    orx_attempt_row *open = NULL;
    ORX_CLEANUP(orx_str_free) orx_str want = {0};
    ORX_CLEANUP(orx_str_free) orx_str have = {0};
    if (orx_store_check(l->s, &err) < 0 || orx_event_verify(l->s, NULL, &err) < 0)
        return say("the journal: %s", err.msg);
    int n = orx_attempt_unsettled(l->s, "primary", &l->arena, &open, &err);
    if (n)
        return say("%d attempts are not settled (%s)", n, err.msg);
    if (orx_task_render_state(l->s, NULL, &want, &err) < 0 ||
        orx_read_file(l->p, ROOT "/state/state.json", 1 << 20, &have, &err) < 0)
        return say("state.json: %s", err.msg);
    if (!orx_view_eq(orx_str_view(&want), orx_str_view(&have)))
        return say("state.json does not agree with the rows: %.900s\n---\n%.900s",
                   orx_str_cstr(&have), orx_str_cstr(&want));
    return NULL;
}

/* ---- What the sink has written ---------------------------------------------------------------
 */

typedef struct reading {
    int64_t next; /* the event whose first line must come now */
    int64_t last; /* of attempt.settled, which has to be there */
    char problem[160];
} reading;

static int64_t seq_of(orx_view line) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *row = NULL;
    if (orx_json_parse(&arena, "line", line, &orx_limits_data, &row, NULL) < 0)
        return 0; /* torn by a crash: the event comes again */
    return orx_node_int(orx_node_get(row, "seq"), 0);
}

/* An event may come again, but never before one that comes before it. */
static void read_lines(reading *r, orx_view text) {
    orx_view line;
    while (orx_view_split(&text, '\n', &line)) {
        int64_t seq = line.len ? seq_of(line) : 0;
        if (seq > r->next && !*r->problem)
            (void)snprintf(r->problem, sizeof r->problem, "event %lld is exported before %lld",
                           (long long)seq, (long long)r->next);
        r->next += seq == r->next;
    }
}

static bool settled_event(const orx_event_row *e, void *user) {
    reading *r = user;
    if (orx_view_is(e->kind, "attempt.settled"))
        r->last = e->seq;
    return true;
}

static const char *check_export(looking *l) {
    static char said_of_it[160];
    reading r = {.next = 1};
    const orx_event_filter all = {0};
    if (orx_event_each(l->s, &all, settled_event, &r, NULL) < 0)
        return "the events cannot be read";
    for (int i = 1000; i >= 0; i--) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        const char *path = i ? orx_arena_printf(&l->arena, EXPORT ".%d", i) : EXPORT;
        if (orx_read_file(l->p, path, (size_t)16 << 20, &text, NULL) >= 0)
            read_lines(&r, orx_str_view(&text));
    }
    if (!*r.problem && r.next <= r.last)
        (void)snprintf(r.problem, sizeof r.problem, "%lld of %lld events are exported",
                       (long long)r.next - 1, (long long)r.last);
    memcpy(said_of_it, r.problem, sizeof said_of_it);
    return *said_of_it ? said_of_it : NULL;
}

orx_store *run_world_look(run_world *w, orx_platform **ret_p) {
    orx_err err = ORX_ERR_INIT;
    orx_store *s = NULL;
    *ret_p = orx_sim_add_process(w->host);
    if (orx_store_open(*ret_p, ROOT, "checker", rooms, ORX_STORE_CREATE, &s, &err) < 0)
        (void)say("opening the journal: %s", err.msg);
    return s;
}

const char *run_world_problem(run_world *w, bool lenient) {
    looking l = {.lenient = lenient};
    l.s = run_world_look(w, &l.p);
    if (!l.s)
        return said;
    const char *why = check_repository(&l);
    for (size_t i = 0; !why && i < w->queue->count; i++)
        why = check_task(&l, &w->queue->tasks[i]);
    if (!why)
        why = check_journal(&l);
    if (!why && !lenient)
        why = check_export(&l);
    orx_git_close(l.g);
    orx_store_close(l.s);
    orx_arena_free(&l.arena);
    return why;
}

static bool add_event(const orx_event_row *e, void *user) {
    orx_str *out = user;
    orx_str_addf(out, "%lld %.*s/%lld %lld %lld %lld %.*s %.*s %d %.*s %lld %lld %lld %.*s ",
                 (long long)e->seq, ORX_VIEW_ARG(e->origin), (long long)e->origin_seq,
                 (long long)e->hlc, (long long)e->wall_ns, (long long)e->mono_ns,
                 ORX_VIEW_ARG(e->boot), ORX_VIEW_ARG(e->kind), e->schema, ORX_VIEW_ARG(e->task),
                 (long long)e->attempt, (long long)e->call, (long long)e->cause,
                 ORX_VIEW_ARG(e->body));
    for (size_t i = 0; i < e->hash.len; i++)
        orx_str_addf(out, "%02x", (unsigned char)e->hash.p[i]);
    orx_str_addc(out, '\n');
    return true;
}

void run_world_events(run_world *w, orx_str *ret_text) {
    orx_platform *p;
    const orx_event_filter all = {0};
    orx_store *s = run_world_look(w, &p);
    if (!s || orx_event_each(s, &all, add_event, ret_text, NULL) < 0)
        orx_str_adds(ret_text, "unreadable");
    orx_store_close(s);
}

int64_t run_world_done(run_world *w) {
    orx_platform *p;
    orx_task_counts n = {.done = -1};
    orx_store *s = run_world_look(w, &p);
    if (s)
        (void)orx_task_count(s, "primary", &n, NULL);
    orx_store_close(s);
    return n.done;
}
