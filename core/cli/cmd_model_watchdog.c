/* orxaq model-watchdog: one pass over the model servers of one's own. */
#include "cli/model_watchdog.h"

#include "cli/endpoint_files.h"
#include "fleet/local_chat.h"
#include "fleet/local_command.h"
#include "fleet/local_load.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "route/deployments.h"

#include <orxaq/event.h>

#define COMMAND_NS  (120 * ORX_SEC) /* [K] */
#define OUTPUT_MAX  2000            /* [K] */
#define WORD_TOKENS 32

/* ---- Facts ----------------------------------------------------------------------------------- */

static const orx_local_endpoint *endpoint_of(const orx_model_pass *p, const orx_watched_model *m) {
    return &p->w.fleet->items[m->endpoint];
}

static const orx_local_model *first_ready(const orx_local_state *s) {
    for (size_t i = 0; s->ok && i < s->count; i++)
        if (orx_local_is_ready(&s->models[i]))
            return &s->models[i];
    return NULL;
}

static void take_loaded(const orx_model_pass *p, orx_watched_model *m) {
    const orx_local_model *ready = first_ready(&p->w.states[m->endpoint]);
    m->facts.loaded = ready ? ready->id : NULL;
    m->window = ready ? ready->window : 0;
    m->parallel = ready ? ready->parallel : 0;
}

/* The one it had, else the first of those that should be there; only what it has on its disk. */
static const char *wanted(const orx_model_pass *p, const orx_watched_model *m) {
    const orx_local_state *s = &p->w.states[m->endpoint];
    const orx_strings *targets = &p->w.fleet->targets;
    const char *last = orx_node_str(orx_node_get(m->known, "last_model"), "");
    const orx_local_model *found = *last ? orx_local_find(s, last) : NULL;
    for (size_t i = 0; i < targets->count && (!found || found->embeds); i++)
        found = orx_local_find(s, targets->items[i]);
    return found && !found->embeds ? found->id : NULL;
}

static void look_at(orx_model_pass *p, orx_watched_model *m, int answers) {
    const orx_local_state *s = &p->w.states[m->endpoint];
    m->facts = (orx_model_facts){.listed = s->ok,
                                 .tells = s->native,
                                 .busy = orx_local_busy(&p->w, m->endpoint),
                                 .answers = answers,
                                 .has_command = *p->w.fleet->watch.restart_command != '\0'};
    if (!s->ok)
        return;
    take_loaded(p, m);
    m->facts.wanted = m->facts.loaded ? NULL : wanted(p, m);
}

/* ---- A word ---------------------------------------------------------------------------------- */

/* Whether a call of ours was answered there lately. */
static bool was_of_use(orx_model_pass *p, const orx_watched_model *m) {
    orx_cli *c = p->c;
    orx_deployment_rows rows = {0};
    if (!c->store || orx_deployments_read(c->store, NULL, &c->arena, &rows, NULL) < 0)
        return false;
    for (size_t i = 0; i < rows.count; i++) {
        const orx_deployment_row *row = &rows.items[i];
        int64_t age = orx_wall_ns(c->p) - row->updated;
        if (strcmp(row->endpoint, endpoint_of(p, m)->key) == 0 && row->last_kind == ORXAQ_KIND_OK &&
            age >= 0 && age < p->w.fleet->watch.check_sec * ORX_SEC)
            return true;
    }
    return false;
}

/* A word costs little and not nothing: a model that answered lately is not asked, one that was
 * silent is. */
static bool is_asked(orx_model_pass *p, const orx_watched_model *m) {
    int64_t at = orx_node_int(orx_node_get(m->known, "last_answer_ts"), 0);
    int64_t age = orx_wall_ns(p->c->p) / ORX_SEC - at;
    bool lately = m->memory.troubled == 0 && age >= 0 && age < p->w.fleet->watch.check_sec;
    return m->facts.loaded && !m->facts.busy && !lately && !was_of_use(p, m);
}

/* How many were asked. */
static size_t ask_all(orx_model_pass *p) {
    size_t n = 0;
    orx_local_chat *chats = orx_arena_zalloc(p->w.arena, p->count + 1, sizeof *chats);
    orx_local_said *said = orx_arena_zalloc(p->w.arena, p->count + 1, sizeof *said);
    orx_watched_model **asked = orx_arena_zalloc(p->w.arena, p->count + 1, sizeof *asked);
    orx_err why = ORX_ERR_INIT;
    for (size_t i = 0; i < p->count; i++) {
        if (!is_asked(p, &p->items[i]))
            continue;
        asked[n] = &p->items[i];
        chats[n] = (orx_local_chat){.endpoint = asked[n]->endpoint,
                                    .model = asked[n]->facts.loaded,
                                    .prompt = "Reply with exactly OK.",
                                    .max_tokens = WORD_TOKENS,
                                    .timeout_ns = p->w.fleet->watch.timeout_ns};
        n++;
    }
    if (n && orx_fleet_may_ask(p->c, &p->w, "model-watchdog", &why) < 0) {
        orx_cli_complain("no model is asked: %s", why.msg);
        return 0;
    }
    orx_local_chat_all(&p->w, chats, n, said);
    for (size_t i = 0; i < n; i++) {
        if (said[i].refused) /* by a cap, which says nothing of the model */
            continue;
        asked[i]->facts.answers = said[i].ok;
        asked[i]->reason = said[i].error;
    }
    return n;
}

/* ---- Deciding and doing ---------------------------------------------------------------------- */

static const char *say(const orx_model_pass *p, const orx_watched_model *m) {
    const char *word = orx_model_trouble_word(orx_model_trouble_of(&m->facts));
    const char *more = m->facts.listed ? m->reason : p->w.states[m->endpoint].error;
    return *word && *more ? orx_arena_printf(p->w.arena, "%s: %s", word, more) : word;
}

static void decide(orx_model_pass *p, orx_watched_model *m) {
    m->memory.troubled = orx_model_trouble_of(&m->facts) ? m->memory.troubled + 1 : 0;
    m->deed = orx_model_plan(&m->facts, &m->memory, &p->w.fleet->watch,
                             orx_wall_ns(p->c->p) / ORX_SEC, &m->status);
    m->model = m->facts.loaded ? m->facts.loaded : m->facts.wanted ? m->facts.wanted : "";
    m->reason = say(p, m);
}

static int restart(orx_model_pass *p, orx_watched_model *m, orx_err *err) {
    orx_cli *c = p->c;
    const orx_local_endpoint *e = endpoint_of(p, m);
    const orx_child_env what = {0};
    orx_local_command run = {
        .cwd = c->cfg->root, .timeout_ns = COMMAND_NS, .output_max = OUTPUT_MAX};
    orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
    const char **argv = NULL;
    orx_err why = ORX_ERR_INIT;
    const char *last = orx_node_str(orx_node_get(m->known, "last_model"), m->model);
    int rc = orx_config_env_for_child(c->cfg, &what, &c->arena, &run.env, err);
    if (rc == 0)
        rc = orx_local_command_words(p->w.fleet->watch.restart_command, e->id, e->base_url, last,
                                     &c->arena, &argv, err);
    if (rc < 0)
        return rc;
    run.argv = argv;
    if (!orx_local_command_run(&p->w, &run, n, &why))
        m->reason = orx_arena_printf(&c->arena, "%s; the command failed: %s%s", m->reason, why.msg,
                                     orx_node_str(orx_node_get(n, "stderr"), ""));
    m->returncode = orx_node_int(orx_node_get(n, "returncode"), -1);
    orx_loop_sleep(c->p, p->w.fleet->watch.grace_ns);
    return 0;
}

static int act(orx_model_pass *p, orx_watched_model *m, orx_err *err) {
    orx_node *n = orx_node_new(&p->c->arena, ORX_OBJECT);
    if (m->deed == ORX_MODEL_RESTART)
        return restart(p, m, err);
    const char *last = orx_node_str(orx_node_get(m->known, "last_model"), "");
    bool same = strcmp(last, m->facts.wanted) == 0;
    int64_t window = same ? orx_node_int(orx_node_get(m->known, "last_context_length"), 0) : 0;
    if (!orx_local_load(&p->w, m->endpoint, m->facts.wanted, window, n))
        m->reason = orx_arena_printf(&p->c->arena, "%s; it cannot be loaded: %s", m->reason,
                                     orx_node_str(orx_node_get(n, "error"), ""));
    return 0;
}

/* How it stands after what was done. A server that was started again may have no model yet: that is
 * for the next pass. */
static void judge(orx_model_pass *p, orx_watched_model *m) {
    const orx_local_state *s = &p->w.states[m->endpoint];
    bool well = s->ok && (m->deed == ORX_MODEL_RESTART || first_ready(s));
    m->status = well ? ORX_MODEL_RESTARTED : ORX_MODEL_RESTART_FAILED;
    take_loaded(p, m);
}

static int act_all(orx_model_pass *p, orx_err *err) {
    bool did = false;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < p->count; i++)
        if (p->items[i].deed) {
            rc = act(p, &p->items[i], err);
            did = true;
        }
    if (rc < 0 || !did)
        return rc;
    orx_local_look(&p->w, p->w.fleet->bench.timeout_ns);
    for (size_t i = 0; i < p->count; i++)
        if (p->items[i].deed)
            judge(p, &p->items[i]);
    return 0;
}

/* What was seen grows old while models are asked for a word, so it is looked at again before
 * anything is done. */
static int pass(orx_model_pass *p, orx_err *err) {
    orx_local_look(&p->w, p->w.fleet->bench.timeout_ns);
    orx_model_pass_begin(p);
    for (size_t i = 0; i < p->count; i++)
        look_at(p, &p->items[i], -1);
    if (ask_all(p)) {
        orx_local_look(&p->w, p->w.fleet->bench.timeout_ns);
        for (size_t i = 0; i < p->count; i++)
            look_at(p, &p->items[i], p->items[i].facts.answers);
    }
    for (size_t i = 0; i < p->count; i++)
        decide(p, &p->items[i]);
    return act_all(p, err);
}

/* ---- The command ----------------------------------------------------------------------------- */

static void show(orx_cli *c, const orx_node *doc) {
    static const char *const titles[] = {"SERVER", "STATUS", "MODEL", "WHAT", NULL};
    if (c->json || !c->terminal) {
        orx_ep_print(c, doc);
        return;
    }
    orx_table *t = orx_table_new(c, titles);
    ORX_NODE_EACH(orx_node_get(doc, "processes"), n) {
        const char *status = orx_node_str(orx_node_get(n, "status"), "");
        bool fine = strcmp(status, "healthy") == 0 || strcmp(status, "restarted") == 0;
        const char *const cells[] = {orx_node_str(orx_node_get(n, "id"), ""), status,
                                     orx_node_str(orx_node_get(n, "model"), ""),
                                     orx_node_str(orx_node_get(n, "reason"), "")};
        orx_table_row(t, cells, fine ? "32" : "31");
    }
    orx_table_print(t);
}

/* Two passes at once would both load. */
static int take_lock(orx_model_pass *p, orx_file **ret_lock, orx_err *err) {
    const char *path = orx_arena_printf(&p->c->arena, "%s.lock", p->state_file);
    int rc = orx_ep_mkdir_for(p->c, path, err);
    if (rc == 0)
        rc = orx_file_open(p->c->p, path, ORX_OPEN_WRITE | ORX_OPEN_CREATE, 0644, ret_lock, err);
    if (rc == 0)
        rc = orx_file_lock(p->c->p, *ret_lock, ORX_LOCK_EXCLUSIVE, false, err);
    return rc == ORX_E_BUSY
               ? orx_err_set(err, ORX_E_BUSY,
                             "another pass of the watchdog is under way (it holds %s)", path)
               : rc;
}

int orx_cmd_model_watchdog(orx_cli *c, orx_err *err) {
    orx_fleet_files files = {0};
    orx_local_fleet fleet = {0};
    orx_model_pass p = {.c = c};
    orx_file *lock = NULL;
    orx_node *doc = NULL;
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_fleet_files_open(c, &files, &fleet, err);
    /* For writing, before anybody opens it to see what is under way. */
    if (rc == 0)
        rc = orx_cli_store(c, ORX_STORE_CREATE, err);
    if (rc < 0)
        return rc;
    const char *folder = orx_path_join(&c->arena, c->cfg->paths.artifacts_dir, "local_models");
    p.state_file = orx_path_join(&c->arena, folder, "model_watchdog_state.json");
    p.history_file = orx_path_join(&c->arena, folder, "model_watchdog_history.ndjson");
    orx_fleet_work(c, &fleet, &p.w);
    rc = take_lock(&p, &lock, err);
    if (rc == 0)
        rc = pass(&p, err);
    if (rc == 0)
        rc = orx_model_pass_write(&p, &doc, err);
    if (lock)
        orx_file_close(c->p, lock);
    if (rc < 0)
        return rc;
    show(c, doc);
    bool ok = orx_node_bool(orx_node_get(doc, "ok"), false);
    return c->strict && !ok ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}
