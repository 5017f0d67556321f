#include "run/agent.h"

#include "agent/loop.h"
#include "agent/model.h"
#include "agent/steps.h"
#include "agent/toolbox.h"
#include "platform/loop.h"
#include "run/privilege.h"
#include "run/result.h"

#include <stdlib.h>

#define WAIT_NS (200 * ORX_MS)
/* How often a server is asked anew for a model that it had not loaded. */
#define LOOKS_MAX 3

typedef struct agent {
    orx_try *t;
    const orx_agent_call *call;
    const orx_provider_config *cfg;
    orx_instance *instance;
    const char *turn_dir; /* the private folder of the plugin's jobs */
    const char *outputs;
    orx_tool_rules rules;
    orx_toolbox_spec box_spec;
    orx_toolbox *box;
    orx_turn *turn; /* whose answer is in use */
    orx_model_facts model;
    int looks;
    int64_t asked;    /* turns that were begun */
    int64_t until_ns; /* monotonic, 0 = none */
    orx_talk talk;
} agent;

bool orx_run_needs_agent(const orx_instance *instance) {
    uint64_t ops = orx_instance_ops(instance);
    return !(ops & ORXAQ_OP_BIT(ORXAQ_OP_TASK)) && (ops & ORXAQ_OP_BIT(ORXAQ_OP_TURN));
}

static bool stopping(agent *a) {
    if (a->t->r->stop)
        a->t->cancelled = true;
    return a->t->cancelled;
}

static bool is_ended(const agent *a) {
    return a->call->ended(a->call->user);
}

/* ---- The model ------------------------------------------------------------------------------- */

/* Asks what the server knows of the model, again while it is not loaded. */
static void look(agent *a) {
    const orx_job_spec spec = {.instance = a->instance,
                               .files_dir = a->turn_dir,
                               .plain_http = a->cfg->plain_http,
                               .ca_file = a->cfg->ca_file};
    uint64_t ops = orx_instance_ops(a->instance);
    a->looks++;
    a->model.tools = -1;
    if (ops & ORXAQ_OP_BIT(ORXAQ_OP_MODELS))
        orx_model_look(a->t->r->p, &spec, a->t->model, &a->model);
}

static int64_t window(void *user) {
    agent *a = user;
    if (a->cfg->context_tokens)
        return a->cfg->context_tokens;
    if (a->model.known && !a->model.loaded && a->looks < LOOKS_MAX)
        look(a);
    return a->model.context_tokens;
}

static bool is_native(const agent *a) {
    bool can = (orx_instance_features(a->instance) & ORXAQ_CAN_TOOLS) != 0;
    if (a->cfg->tool_calls != ORX_TOOL_CALLS_AUTO)
        return a->cfg->tool_calls == ORX_TOOL_CALLS_NATIVE;
    return can && a->model.tools != 0;
}

static void wait_for(agent *a) {
    while (!*orx_turn_done(a->turn)) {
        if (is_ended(a))
            orx_turn_cancel(a->turn, ORXAQ_CANCEL_DEADLINE);
        if (stopping(a))
            orx_turn_cancel(a->turn, ORXAQ_CANCEL_ASKED);
        orx_loop_step(a->t->r->p, WAIT_NS);
    }
}

/* A turn is over when its numbers are told, so its totals are final and are added up. */
static orxaq_usage as_addition(const orxaq_usage *u) {
    orxaq_usage more = *u;
    if (u->scope != ORXAQ_SCOPE_SESSION && u->mode == ORXAQ_USAGE_TOTAL) {
        more.mode = ORXAQ_USAGE_DELTA;
        more.key = orxaq_str("");
    }
    return more;
}

static int book(agent *a, const orx_turn_answer *answer, orx_err *err) {
    orx_store *s = a->t->r->s;
    const orx_meter meter = orx_run_meter(a->t->r, a->cfg);
    int rc = answer->usage_count ? orx_tx_begin(s, err) : 0;
    if (rc < 0 || !answer->usage_count)
        return rc;
    for (size_t i = 0; rc == 0 && i < answer->usage_count; i++) {
        orxaq_usage u = as_addition(&answer->usage[i]);
        a->call->events->usage(a->call->events->user, &u);
        rc = orx_usage_book(s, a->t->call, &meter, &u, err);
    }
    if (rc < 0) {
        orx_tx_rollback(s);
        return rc;
    }
    return orx_tx_commit(s, err);
}

static int ask(void *user, const orxaq_turn_args *args, const orx_turn_answer **ret_answer,
               orx_err *err) {
    agent *a = user;
    orx_turn_free(a->turn);
    a->turn = NULL;
    orx_str_clear(&a->t->answer);
    int rc = orx_remove_tree(a->t->r->p, a->turn_dir, err);
    if (rc == 0)
        rc = orx_mkdirs_unsynced(a->t->r->p, a->turn_dir, true, err);
    const orx_turn_spec spec = {.instance = a->instance,
                                .args = args,
                                .files_dir = a->turn_dir,
                                .total_ns = args->total_ns,
                                .idle_ns = args->idle_ns,
                                .first_byte_ns = a->t->r->cfg->agent.first_byte_timeout_ns,
                                .plain_http = a->cfg->plain_http,
                                .ca_file = a->cfg->ca_file,
                                .tap = orx_record_job(a->call->record, ORXAQ_OP_TURN, args),
                                .on_text = a->call->events->text,
                                .user = a->call->events->user};
    if (rc == 0)
        rc = orx_turn_start(a->t->r->p, &spec, &a->turn, err);
    if (rc < 0)
        return rc;
    a->asked++;
    wait_for(a);
    *ret_answer = orx_turn_answer_of(a->turn);
    orx_record_outcome(a->call->record, (*ret_answer)->result);
    return book(a, *ret_answer, err);
}

/* ---- Tools and time -------------------------------------------------------------------------- */

static int use(void *user, const orx_tool_request *r, orx_str *out, orx_err *err) {
    agent *a = user;
    return orx_toolbox_use(a->box, r->op, r->fields, r->count, r->timeout_ns, out, err);
}

static void told(void *user, const orx_talk_call *call, bool good, orx_view text) {
    const agent *a = user;
    const orxaq_tool_call what = {.struct_size = sizeof what,
                                  .phase = ORXAQ_TOOL_FINISHED,
                                  .ok = good,
                                  .id = orxaq_view_of(call->id.p, call->id.len),
                                  .name = orxaq_view_of(call->name.p, call->name.len),
                                  .arguments =
                                      orxaq_view_of(call->arguments.p, call->arguments.len),
                                  .result = orxaq_view_of(text.p, text.len)};
    a->call->events->tool_call(a->call->events->user, &what);
}

static int64_t time_left(void *user) {
    agent *a = user;
    if (stopping(a) || is_ended(a))
        return 0;
    if (!a->until_ns)
        return -1;
    int64_t left = a->until_ns - orx_mono_ns(a->t->r->p);
    return left > 0 ? left : 0;
}

static bool stopped(void *user) {
    return time_left(user) == 0;
}

static int spawned(void *user, int64_t pid, int64_t start, const char *const *argv, orx_err *err) {
    const agent *a = user;
    return a->call->events->spawned(a->call->events->user, pid, start, argv, err);
}

static bool is_result(void *user ORX_UNUSED, orx_view text) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_result result;
    return orx_result_parse(&arena, text, &result) == 1 && result.claim != ORX_CLAIM_NONE &&
           orx_view_find(text, "\"status\"") >= 0;
}

/* Where the tool server is: beside orxaq-exec, in a build tree or where it was installed. */
static int find_server(agent *a, orx_err *err) {
    const char *exe = a->t->r->setup.exe;
    orx_arena *arena = &a->t->arena;
    const char *slash = exe ? strrchr(exe, '/') : NULL;
    const char *bin = slash ? orx_arena_dup(arena, orx_view_mem(exe, (size_t)(slash - exe))) : "";
    static const char *const places[] = {"../libexec/orxaq-tools", "../libexec/orxaq/orxaq-tools"};
    for (size_t i = 0; *bin && i < ORX_ARRAY_LEN(places); i++) {
        a->box_spec.program = orx_path_join(arena, bin, places[i]);
        if (orx_exists(a->t->r->p, a->box_spec.program))
            return 0;
    }
    return orx_err_set(err, ORX_E_NOT_FOUND,
                       "orxaq-tools is missing beside %s; build or install orxaq again",
                       exe ? exe : "orxaq");
}

/* The programs of the model see the provider's environment, but not its key. */
static int start_tools(agent *a, orx_err *err) {
    orx_provider_config bare = *a->cfg;
    const char *const own[] = {a->outputs, NULL};
    bare.secret = NULL;
    int rc = find_server(a, err);
    if (rc == 0)
        rc = orx_run_env(a->t->r, &bare, &a->t->arena, &a->box_spec.env, err);
    if (rc < 0)
        return rc;
    orx_run_confine(a->t->r, a->cfg, a->t->provider->git, own, &a->t->arena, &a->box_spec.confine);
    if (a->t->privilege.elevated)
        orx_privilege_confine(a->t->r->p, a->t->r->cfg, &a->t->arena, &a->box_spec.confine);
    a->box_spec.tree = orx_git_root(a->t->provider->git);
    a->box_spec.outputs = a->outputs;
    a->box_spec.network = a->cfg->network;
    a->box_spec.grace_ns = a->t->r->cfg->agent.grace_ns;
    a->box_spec.spawned = spawned;
    a->box_spec.stopped = stopped;
    a->box_spec.user = a;
    return orx_toolbox_new(a->t->r->p, &a->box_spec, &a->box, err);
}

/* ---- The conversation ------------------------------------------------------------------------ */

static orx_node *tools_of(const orx_talk *talk, size_t first, orx_arena *arena) {
    orx_node *list = orx_node_new(arena, ORX_ARRAY);
    for (size_t i = first; i < talk->messages.len && list->count < 64; i++)
        if (talk->messages.items[i].tool.len)
            orx_node_push(list, orx_node_new_str(arena, talk->messages.items[i].tool));
    return list;
}

static int keep_inside(agent *a, const orx_talk *talk, size_t first, orx_err *err) {
    int64_t step = 0;
    int rc = orx_steps_add(a->t->r->s, a->t->call, talk, first, &step, err);
    if (rc < 0)
        return rc;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_int(&arena, body, "step", step);
    orx_node_set(&arena, body, "tools", tools_of(talk, first, &arena));
    const orx_event e = {.kind = "call.step",
                         .schema = 1,
                         .task = a->t->task.id,
                         .attempt = a->t->id,
                         .call = a->t->call,
                         .body = body};
    return orx_event_append(a->t->r->s, &e, NULL, err);
}

static int end_tx(orx_store *s, int rc, orx_err *err) {
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

static int keep(void *user, const orx_talk *talk, size_t first, orx_err *err) {
    agent *a = user;
    int rc = orx_tx_begin(a->t->r->s, err);
    return rc < 0 ? rc : end_tx(a->t->r->s, keep_inside(a, talk, first, err), err);
}

static void begin_anew(agent *a, const orx_agent_spec *spec) {
    ORX_CLEANUP(orx_str_free) orx_str opening = {0};
    orx_agent_opening(spec, &opening);
    orx_talk_say(&a->talk, ORXAQ_ROLE_SYSTEM, orx_str_view(&opening));
    orx_talk_say(&a->talk, ORXAQ_ROLE_USER, orx_str_view(a->call->prompt));
}

/* What the model is told when it goes on; nothing after a request that failed, which it never saw.
 */
static void say_why(agent *a, int kind) {
    if (kind == ORXAQ_KIND_OK)
        orx_talk_say(&a->talk, ORXAQ_ROLE_USER, orx_str_view(a->call->prompt));
    else if (kind == -1 || kind == ORXAQ_KIND_KILLED || kind == ORXAQ_KIND_TIMEOUT ||
             kind == ORXAQ_KIND_LIMIT)
        orx_talk_say(&a->talk, ORXAQ_ROLE_USER,
                     orx_view_of("You were interrupted here. What you did is in the working tree, "
                                 "and so may be what you were about to do: look before you do it "
                                 "again. Go on with the task."));
}

/* The call whose conversation goes on, 0 = none. What the model remembers must be what it finds. */
static int64_t earlier_call(agent *a, int *kind) {
    const orx_try *t = a->t;
    if (!t->r->cfg->agent.resume || t->number <= 1 || (t->parked_before && !t->restored))
        return 0;
    return orx_attempt_conversation(t->r->s, t->r->lane, t->task.id, t->id, a->cfg->name, t->model,
                                    kind);
}

static int take_over(agent *a, int64_t from, int kind, orx_err *err) {
    orx_store *s = a->t->r->s;
    int rc = orx_steps_move(s, from, a->t->call, err);
    size_t first = a->talk.messages.len;
    if (rc == 0)
        say_why(a, kind);
    if (rc == 0 && a->talk.messages.len > first)
        rc = keep_inside(a, &a->talk, first, err);
    return rc;
}

/* A conversation that cannot be read any more begins anew. */
static int prepare_talk(agent *a, const orx_agent_spec *spec, orx_err *err) {
    orx_store *s = a->t->r->s;
    int kind = -1;
    int64_t from = earlier_call(a, &kind);
    int64_t steps = from ? orx_steps_load(s, from, &a->talk, NULL) : 0;
    a->t->talked = true;
    if (steps <= 0) {
        orx_talk_free(&a->talk);
        begin_anew(a, spec);
        return keep(a, &a->talk, 0, err);
    }
    orx_run_tell(a->t->r, ORX_NOTE_AGENT, a->t, true, "goes on after %lld steps",
                 (long long)steps - 1);
    int rc = orx_tx_begin(s, err);
    return rc < 0 ? rc : end_tx(s, take_over(a, from, kind, err), err);
}

/* ---- The whole ------------------------------------------------------------------------------- */

static int make_dirs(agent *a, orx_err *err) {
    a->turn_dir = orx_path_join(&a->t->arena, a->call->dir, "turn");
    a->outputs = orx_path_join(&a->t->arena, a->call->dir, "outputs");
    int rc = orx_mkdirs_unsynced(a->t->r->p, a->turn_dir, true, err);
    return rc < 0 ? rc : orx_mkdirs_unsynced(a->t->r->p, a->outputs, true, err);
}

static int check_sandbox(const agent *a, orx_err *err) {
    if (a->cfg->sandbox != ORX_SANDBOX_VENDOR)
        return 0;
    return orx_err_set(err, ORX_E_INVALID,
                       "providers.%s.sandbox: vendor needs a program that confines itself; a model "
                       "behind an endpoint works through our own tools: use host, or none",
                       a->cfg->name);
}

static void set_rules(agent *a) {
    static const orx_commands commands[] = {ORX_COMMANDS_SHELL, ORX_COMMANDS_LISTED,
                                            ORX_COMMANDS_OFF};
    a->rules = (orx_tool_rules){.commands = commands[a->cfg->run_command],
                                .listed = a->cfg->allow_commands.items,
                                .command_ns = a->cfg->command_timeout_ns};
}

static int work(agent *a, orx_agent_end *end, orx_err *err) {
    const orx_agent_io io = {.ask = ask,
                             .use = use,
                             .told = told,
                             .keep = keep,
                             .is_result = is_result,
                             .time_left = time_left,
                             .window = window,
                             .user = a};
    look(a);
    const orx_agent_spec spec = {.rules = &a->rules,
                                 .model = a->t->model,
                                 .native = is_native(a),
                                 .max_steps = a->cfg->max_steps,
                                 .same_max = a->t->r->cfg->no_progress.same_call,
                                 .idle_ns = a->t->r->cfg->agent.idle_timeout_ns,
                                 .files_dir = a->turn_dir};
    int rc = a->call->fit(a->call->user, window(a), err);
    if (rc == 0)
        rc = prepare_talk(a, &spec, err);
    return rc < 0 ? rc : orx_agent_run(&spec, &io, &a->talk, end, err);
}

static void tell_end(agent *a, const orx_agent_end *end, orx_job_result *result) {
    orx_try *t = a->t;
    *result = (orx_job_result){.kind = end->kind,
                               .retry = end->retry,
                               .retry_after_ms = end->retry_after_ms,
                               .requests = a->asked,
                               .message = orx_arena_dup(&t->arena, orx_str_view(&end->message)),
                               .summary = "",
                               .commit = "",
                               .blocker = ""};
    if (t->cancelled && end->kind != ORXAQ_KIND_OK) {
        result->kind = ORXAQ_KIND_KILLED;
        result->message = "stopped";
    } else if (is_ended(a) && end->kind != ORXAQ_KIND_OK) {
        result->cancelled = ORXAQ_CANCEL_DEADLINE;
    }
    orx_str_clear(&t->answer);
    orx_str_addv(&t->answer, orx_str_view(&end->answer));
}

static int run(agent *a, orx_agent_end *end, orx_err *err) {
    int rc = check_sandbox(a, err);
    if (rc == 0)
        rc = make_dirs(a, err);
    if (rc == 0)
        rc = start_tools(a, err);
    if (rc == 0)
        rc = work(a, end, err);
    if (rc == ORX_E_CANCELLED) {
        end->kind = a->t->cancelled ? ORXAQ_KIND_KILLED : ORXAQ_KIND_TIMEOUT;
        orx_str_clear(&end->message);
        orx_str_adds(&end->message, "the time for the call is used up");
        rc = 0;
    }
    return rc;
}

int orx_run_agent(orx_try *t, const orx_agent_call *call, orx_job_result *ret_result,
                  orx_err *err) {
    agent a = {.t = t,
               .call = call,
               .cfg = t->step->provider->cfg,
               .instance = t->step->provider->instance,
               .until_ns = call->total_ns ? orx_mono_ns(t->r->p) + call->total_ns : 0};
    orx_agent_end end = {.retry_after_ms = -1};
    set_rules(&a);
    int rc = run(&a, &end, err);
    if (rc == 0)
        tell_end(&a, &end, ret_result);
    orx_turn_free(a.turn);
    orx_toolbox_free(a.box);
    orx_talk_free(&a.talk);
    orx_agent_end_free(&end);
    return rc;
}
