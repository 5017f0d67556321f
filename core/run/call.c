/* One call: the prompt goes to the provider, events come back, the end is recorded. */
#include "run/runner.h"

#include "base/digest.h"
#include "base/vec.h"
#include "platform/loop.h"
#include "plugin/job.h"
#include "plugin/view.h"
#include "run/agent.h"
#include "run/bill.h"
#include "run/deployments.h"
#include "run/pace.h"
#include "run/record.h"
#include "run/relaying.h"
#include "run/stuck.h"
#include "run/text.h"
#include "run/usage_sum.h"

#include <stdio.h>
#include <stdlib.h>

#define ANSWER_MAX  ((size_t)4 << 20)
#define USAGE_MAX   1024
#define EXCERPT_MAX 8000

/* A call in progress. */
typedef struct calling {
    orx_try *t;
    orx_arena arena;
    ORX_VEC(orxaq_usage) usage; /* one per scope and key */
    char model[128];            /* answered */
    int64_t answer_bytes;
    orx_str line;       /* the line of the answer that is being told */
    const char *beyond; /* the limit that was passed, or NULL */
    int64_t asked_ns;   /* when it was asked last whether the grant still holds */
    orx_record *record;
    orx_str *prompt; /* of a call of our own agent */
    /* Whether it gets anywhere. */
    orx_stuck stuck;
    orx_usual usual;
    bool usual_known;
    orx_reservation reserved; /* grows when the call comes near it */
    int64_t come_to;          /* nano-USD, when that was looked at last */
    orx_pace pace;            /* of calls like this one, for while it reports nothing */
    int64_t begun_wall_ns;    /* whose prices count */
    int64_t begun_ns;         /* monotonic; 0 = not yet */
    int64_t timed_ns;         /* when its time was looked at last ... */
    int64_t time_cost;        /* ... and what it came to */
    int64_t reports;          /* of usage */
    int64_t tokens_before;    /* what running totals held already when the call began */
    int64_t cost_before;
    orx_str no_progress; /* why it is ended, "" = it goes on */
    int64_t ended_at_ns; /* when that was found */
    bool booked;         /* the usage is in the books already */
    orx_relaying relaying;
} calling;

/* ---- Events ---------------------------------------------------------------------------------- */

/* Tells the listener each finished line. */
static void tell_lines(calling *c, orx_view text, bool whole) {
    for (size_t i = 0; i <= text.len; i++) {
        bool end = i == text.len;
        if (!end && text.p[i] != '\n') {
            if (c->line.len < 500)
                orx_str_addc(&c->line, text.p[i]);
            continue;
        }
        if (end && !whole)
            break;
        if (orx_view_trim(orx_str_view(&c->line)).len) {
            ORX_CLEANUP(orx_str_free) orx_str clean = {0};
            orx_text_summary(orx_str_view(&c->line), &clean);
            orx_run_tell(c->t->r, ORX_NOTE_AGENT, c->t, true, "%s", orx_str_cstr(&clean));
        }
        orx_str_clear(&c->line);
    }
}

static void on_text(void *user, const orxaq_text *text) {
    calling *c = user;
    orx_view v = orx_view_in(text->text);
    tell_lines(c, v, !text->delta);
    if (text->channel != ORXAQ_TEXT_ANSWER)
        return;
    c->answer_bytes += (int64_t)v.len;
    if (!text->delta && c->t->answer.len)
        orx_str_addc(&c->t->answer, '\n');
    orx_str_addv(&c->t->answer, v);
    /* The end of an answer holds the result, so the beginning is what may go. */
    if (c->t->answer.len > 2 * ANSWER_MAX)
        orx_str_drop(&c->t->answer, c->t->answer.len - ANSWER_MAX);
}

static orxaq_view keep(calling *c, orxaq_view v) {
    orx_view copy = orx_arena_view(&c->arena, orx_view_in(v));
    return orxaq_view_of(copy.p, copy.len);
}

static void add_usage(calling *c, const orxaq_usage *u) {
    if (u->model_answered.len)
        (void)snprintf(c->model, sizeof c->model, "%.*s", (int)u->model_answered.len,
                       u->model_answered.data);
    for (size_t i = 0; i < c->usage.len; i++) {
        orxaq_usage *have = &c->usage.items[i];
        if (have->scope == u->scope && have->mode == u->mode && orxaq_view_eq(have->key, u->key)) {
            orx_usage_merge(have, u);
            return;
        }
    }
    if (c->usage.len == USAGE_MAX)
        return;
    int64_t tokens = 0;
    int64_t cost = 0;
    orx_usage_before(c->t->r->s, c->t->call, c->t->step->provider->cfg->name, u, &tokens, &cost);
    c->tokens_before += tokens;
    c->cost_before += cost;
    orxaq_usage copy = *u;
    copy.key = keep(c, u->key);
    copy.model_asked = keep(c, u->model_asked);
    copy.model_answered = keep(c, u->model_answered);
    orx_vec_push(&c->usage, copy);
}

/* The call gets nowhere. One that is about to end by itself may do so. */
static void give_up(calling *c, orx_str *why) {
    if (!c->no_progress.len && why->len) {
        orx_str_addv(&c->no_progress, orx_str_view(why));
        c->ended_at_ns = orx_mono_ns(c->t->r->p) + ORX_SEC;
    }
}

/* Tokens and cost of this call alone; -1 = nobody stated any. A running total that went down began
 * anew. */
static void used_so_far(const calling *c, int64_t *ret_tokens, int64_t *ret_cost) {
    int64_t tokens;
    int64_t cost;
    orx_usage_add_up(c->usage.items, c->usage.len, &tokens, &cost);
    *ret_tokens = tokens >= c->tokens_before ? tokens - c->tokens_before : tokens;
    *ret_cost = cost >= c->cost_before ? cost - c->cost_before : cost;
}

/* Asked for with the first usage: most calls that fail never state any. */
static const orx_usual *usual_of(calling *c) {
    const orx_try *t = c->t;
    if (!c->usual_known)
        orx_stuck_usual(t->r->s, t->step->provider->cfg->name, t->model,
                        t->r->cfg->no_progress.spend_samples, &c->usual);
    c->usual_known = true;
    return &c->usual;
}

/* A call that has used up what the plan gave it is ended, and one that uses far more than is usual.
 */
static void check_limits(calling *c) {
    ORX_CLEANUP(orx_str_free) orx_str why = {0};
    const orx_run_step *step = c->t->step;
    int64_t tokens = 0;
    int64_t cost = 0;
    used_so_far(c, &tokens, &cost);
    int64_t served = orx_relaying_tokens(&c->relaying);
    tokens = served > tokens ? served : tokens;
    if (step->max_tokens && tokens > step->max_tokens)
        c->beyond = "the call used more tokens than its plan allows";
    else if (step->max_cost_nano_usd && cost > step->max_cost_nano_usd)
        c->beyond = "the call cost more than its plan allows";
    else if (orx_stuck_spends(usual_of(c), c->t->r->cfg->no_progress.spend_factor, tokens, cost,
                              &why))
        give_up(c, &why);
}

/* What it has come to by what its program reported, or by what passed the relay when that is more:
 * requests that a program makes beside those that it tells of are paid for, too. */
static int64_t come_to(const calling *c) {
    const orx_try *t = c->t;
    orxaq_usage served;
    int64_t tokens = 0;
    int64_t cost = 0;
    const char *said = *c->model ? c->model : c->relaying.said.model;
    const char *model = *said ? said : t->model;
    int64_t begun = c->begun_wall_ns;
    const orx_meter meter = orx_run_meter(t->r, t->step->provider->cfg);
    int64_t priced = orx_bill_so_far(&meter, c->usage.items, c->usage.len, model, begun);
    int64_t passed = orx_relaying_usage(&c->relaying, t->model, &served)
                         ? orx_bill_so_far(&meter, &served, 1, model, begun)
                         : -1;
    used_so_far(c, &tokens, &cost);
    cost = priced > cost ? priced : cost;
    return passed > cost ? passed : cost;
}

/* With many reports it looks less often. */
static void check_reserved(calling *c) {
    if (!c->reserved.amount || c->beyond || c->reports++ % (int64_t)(1 + c->usage.len / 16) != 0)
        return;
    int64_t cost = come_to(c);
    c->beyond = orx_run_reserve_more(c->t, &c->reserved, c->come_to, cost);
    c->come_to = cost;
}

/* The same by the time that it takes, while nobody says what it has come to. Most calls are over
 * before they are looked at like this. */
static void check_time(calling *c) {
    const orx_try *t = c->t;
    int64_t now = orx_mono_ns(t->r->p);
    if (!c->begun_ns)
        c->begun_ns = c->timed_ns = now;
    if (now - c->timed_ns < ORX_SEC || !c->reserved.amount || c->beyond || c->come_to > 0)
        return;
    const orx_meter meter = orx_run_meter(t->r, t->step->provider->cfg);
    if (c->timed_ns == c->begun_ns)
        c->pace = orx_pace_of(t->r->s, &meter, t->step->model, c->begun_wall_ns);
    c->timed_ns = now;
    int64_t cost = orx_pace_cost(&c->pace, now - c->begun_ns);
    if (cost <= 0)
        return;
    c->beyond = orx_run_reserve_more(c->t, &c->reserved, c->time_cost, cost);
    c->time_cost = cost;
}

static void on_usage(void *user, const orxaq_usage *u) {
    add_usage(user, u);
    check_limits(user);
    check_reserved(user);
}

static void on_served(void *user) {
    check_limits(user);
    check_reserved(user);
}

static void on_tool_call(void *user, const orxaq_tool_call *call) {
    calling *c = user;
    ORX_CLEANUP(orx_str_free) orx_str why = {0};
    ORX_CLEANUP(orx_str_free) orx_str what = {0};
    int64_t limit = c->t->r->cfg->no_progress.same_call;
    int64_t repeats = orx_stuck_tool_call(&c->stuck, call);
    if (!limit || repeats < limit)
        return;
    orx_text_line(orx_view_in(call->name), 80, &what);
    orx_str_addc(&what, ' ');
    orx_text_line(orx_view_in(call->arguments), 200, &what);
    orx_str_addf(&why, "the agent made the same tool call %lld times in a row: %s",
                 (long long)repeats, what.buf);
    give_up(c, &why);
}

static int on_spawned(void *user, int64_t pid, int64_t start, const char *const *argv ORX_UNUSED,
                      orx_err *err) {
    calling *c = user;
    return orx_attempt_spawned(c->t->r->s, c->t->id, c->t->call, pid, start, err);
}

/* ---- Before ---------------------------------------------------------------------------------- */

static void begin_record(calling *c, const orx_call_begin *begun) {
    orx_try *t = c->t;
    orx_secrets secrets = {0};
    orx_record_secrets(t->r->cfg, t->step->provider->instance, &secrets);
    const orx_record_about about = {
        .attempt = t->id,
        .call = t->call,
        .number = t->number,
        .lane = t->r->lane,
        .task = t->task.id,
        .provider = begun->provider,
        .plugin = begun->plugin,
        .model = t->model,
        .repo = orx_git_root(t->provider->git),
        .base = t->base,
        .branch = t->branch,
        .fingerprint = t->fingerprint,
        .prompt_sha256 = begun->prompt_sha256,
        .prompt_tokens = begun->prompt_tokens,
        .relay = t->step->provider->relay ? orx_relay_url(t->step->provider->relay) : "",
    };
    c->record = orx_record_begin(t->r->p, t->r->cfg->paths.state_dir, &about, &secrets);
}

static const orx_node *routing_node(orx_try *t) {
    return t->plan.plain ? orx_node_new(&t->arena, ORX_OBJECT)
                         : orx_routellm_decision_node(&t->plan.decision, &t->arena);
}

static int record_call(calling *c, const orx_str *prompt, orx_err *err) {
    orx_try *t = c->t;
    orx_run_measure(t, prompt);
    orx_view excerpt = orx_str_view(prompt);
    if (excerpt.len > EXCERPT_MAX)
        excerpt.len = EXCERPT_MAX;
    orx_deployment_ref ref;
    orx_admission admission = {.deployment = &ref, .tokens = t->measured.tokens};
    orx_run_deployment_ref(t, t->step, &ref);
    int rc = orx_run_reservation(t, t->step, &c->reserved, err);
    if (rc < 0)
        return rc;
    c->begun_wall_ns = orx_wall_ns(t->r->p);
    const orx_call_begin begun = {
        .attempt = t->id,
        .begun_ns = c->begun_wall_ns,
        .task = t->task.id,
        .provider = t->step->provider->cfg->name,
        .plugin = t->step->provider->cfg->plugin,
        .model_asked = t->model,
        .prompt_sha256 = t->measured.sha256,
        .prompt_tokens = t->measured.tokens,
        .difficulty = t->measured.difficulty,
        .prompt_excerpt = excerpt,
        .continues = t->restored ? t->parked_before : NULL,
        .privilege = &t->privilege,
        .budget = orx_run_budget(t->r),
        .reserve = &c->reserved,
        .routing = t->call ? NULL : routing_node(t),
        .admission = t->deployments ? &admission : NULL,
    };
    t->charged = admission.tokens;
    rc = orx_attempt_call(t->r->s, &begun, &t->call, err);
    t->refused_by = c->reserved.refused_by;
    if (rc == 0)
        begin_record(c, &begun);
    else if (admission.gate != ORX_GATE_OPEN)
        rc = orx_run_turned_away(t, &admission);
    return rc;
}

/* Puts a shorter prompt in place of one that nobody has read. 1 = done, 0 = there is none. */
static int shorten(calling *c, orx_str *prompt, size_t budget, orx_err *err) {
    orx_try *t = c->t;
    ORX_CLEANUP(orx_str_free) orx_str shorter = {0};
    char sha[ORX_SHA256_HEX];
    (void)orx_run_prompt(t, budget, &shorter, NULL);
    if (shorter.len >= prompt->len)
        return 0;
    orx_sha256_hex(orx_str_view(&shorter), sha);
    const orx_call_prompt said = {.attempt = t->id,
                                  .call = t->call,
                                  .task = t->task.id,
                                  .sha256 = sha,
                                  .tokens = orx_text_tokens(orx_str_view(&shorter)),
                                  .left_out = (int64_t)(prompt->len - shorter.len)};
    int rc = orx_attempt_prompt(t->r->s, &said, err);
    if (rc < 0)
        return rc;
    orx_str_clear(prompt);
    orx_str_addv(prompt, orx_str_view(&shorter));
    return 1;
}

/* The provider's own folder, which outlives its calls: sessions and whatever else its program
 * keeps. */
static int make_state_dir(orx_try *t, const char **ret_dir, orx_err *err) {
    const char *dir = orx_arena_printf(&t->arena, "%s/providers/%s", t->r->cfg->paths.state_dir,
                                       t->step->provider->cfg->name);
    int rc = orx_mkdirs(t->r->p, dir, true, err);
    if (rc == 0)
        *ret_dir = dir;
    return rc;
}

/* What its programs get to see depends on nothing that changes while we run. */
static int make_env(orx_runner *r, orx_provider *v, const char *const **ret_env, orx_err *err) {
    int rc = v->env ? 0 : orx_run_env(r, v->cfg, &r->arena, &v->env, err);
    *ret_env = v->env;
    return rc;
}

static void read_schema(orx_try *t, orx_str *out) {
    const char *path = t->r->cfg->paths.codex_schema;
    if (path && orx_exists(t->r->p, path))
        (void)orx_read_file(t->r->p, path, (size_t)256 * 1024, out, NULL);
}

/* ---- After ----------------------------------------------------------------------------------- */

static const char *const *kept_list(orx_arena *arena, const char *const *list) {
    size_t n = 0;
    while (list && list[n])
        n++;
    const char **copy = orx_arena_zalloc(arena, n + 1, sizeof *copy);
    for (size_t i = 0; i < n; i++)
        copy[i] = orx_arena_strdup(arena, list[i]);
    return copy;
}

static void take_claim(orx_try *t, const orx_job_result *jr) {
    static const orx_claim claims[] = {ORX_CLAIM_NONE, ORX_CLAIM_DONE, ORX_CLAIM_PARTIAL,
                                       ORX_CLAIM_BLOCKED};
    if (jr->status == ORXAQ_STATUS_NONE) {
        orx_result_parse(&t->arena, orx_str_view(&t->answer), &t->result);
        return;
    }
    orx_result_empty(&t->result, claims[jr->status & 3]);
    t->result.summary = orx_arena_strdup(&t->arena, jr->summary);
    t->result.commit = orx_arena_strdup(&t->arena, jr->commit);
    t->result.blocker = orx_arena_strdup(&t->arena, jr->blocker);
    t->result.validations = kept_list(&t->arena, jr->validations);
    t->result.next_actions = kept_list(&t->arena, jr->next_actions);
}

static void take_result(orx_try *t, const orx_job_result *jr) {
    take_claim(t, jr);
    t->facts.kind = jr->kind;
    t->facts.retry = jr->retry;
    t->facts.retry_after_ms = jr->retry_after_ms;
    t->facts.claim = jr->kind == ORXAQ_KIND_OK ? t->result.claim : ORX_CLAIM_NONE;
    t->problem = orx_arena_strdup(&t->arena, jr->message);
    t->no_program = t->no_program && jr->execs && jr->last.end == ORX_PROC_NOT_STARTED;
    /* A person's word inside a claim is the only clue when an agent says "blocked". */
    if (t->facts.claim == ORX_CLAIM_BLOCKED && jr->retry == ORXAQ_RETRY_BY_KIND &&
        orx_text_is_transient(orx_view_of(t->result.blocker)))
        t->facts.retry = ORXAQ_RETRY_YES;
}

/* Evidence, not state: a record that cannot be written is told about and left. */
static int64_t finish_record(calling *c, const orx_job_result *jr, int64_t wall_ns) {
    orx_try *t = c->t;
    const orx_record_end end = {
        .kind = jr->kind,
        .claim = (int)t->facts.claim,
        .exit_code = jr->execs ? jr->last.code : 0,
        .wall_ns = wall_ns,
        .session = jr->session ? jr->session : "",
        .model = c->model,
        .usage = c->usage.items,
        .usage_count = c->usage.len,
    };
    int64_t bytes = orx_record_finish(c->record, &end);
    const char *problem = orx_record_problem(c->record);
    if (problem)
        orx_run_tell(t->r, ORX_NOTE_PROBLEM, t, false, "the record of this call is incomplete: %s",
                     problem);
    return bytes;
}

/* Whether anything ran or was sent that a model may have seen. */
static bool was_asked(const orx_job_result *jr) {
    bool ran = jr->execs > 1 || (jr->execs == 1 && jr->last.end != ORX_PROC_NOT_STARTED);
    return ran || jr->requests > 0;
}

static int record_end(calling *c, const orx_job_result *jr, int64_t wall_ns, orx_err *err) {
    orx_try *t = c->t;
    ORX_CLEANUP(orx_str_free) orx_str message = {0};
    ORX_CLEANUP(orx_str_free) orx_str answer = {0};
    orx_text_error(orx_view_of(jr->message), &message);
    orx_text_tail(orx_str_view(&t->answer), EXCERPT_MAX, &answer);
    orx_deployment_ref ref;
    int64_t tokens = 0;
    int64_t cost = 0;
    used_so_far(c, &tokens, &cost);
    orx_run_deployment_ref(t, t->step, &ref);
    const orx_run_ended ended = {.kind = c->beyond ? ORXAQ_KIND_LIMIT : jr->kind,
                                 .retry_after_ms = jr->retry_after_ms,
                                 .wall_ns = wall_ns,
                                 .tokens = tokens,
                                 .usage = c->usage.items,
                                 .usage_count = c->usage.len};
    const orx_deployment_end deployment = orx_run_deployment_end(t, &ref, &ended);
    bool asked = c->usage.len || was_asked(jr);
    const orx_call_end end = {
        .task = t->task.id,
        .kind = jr->kind,
        .retry_after_ms = jr->retry_after_ms,
        .message = orx_str_cstr(&message),
        .session = jr->session ? jr->session : "",
        .model_answered = c->model,
        .claim = t->facts.claim,
        .exit_code = jr->execs ? jr->last.code : 0,
        .wall_ns = wall_ns,
        .answer_bytes = c->answer_bytes,
        .answer_excerpt = orx_str_cstr(&answer),
        .record_bytes = finish_record(c, jr, wall_ns),
        .not_asked = !asked,
        .deployment = t->deployments && asked ? &deployment : NULL,
    };
    const orx_meter meter = orx_run_meter(t->r, t->step->provider->cfg);
    return orx_attempt_exited(t->r->s, t->id, t->call, &meter, &end, c->usage.items,
                              c->booked ? 0 : c->usage.len, err);
}

/* Whether a limit was passed that ends the call. */
static bool is_ended(void *user) {
    calling *c = user;
    if (!c->beyond && orx_privilege_revoked(c->t, &c->asked_ns))
        c->beyond = "the grant that it ran under was revoked";
    check_time(c);
    return c->beyond || (c->no_progress.len && orx_mono_ns(c->t->r->p) >= c->ended_at_ns);
}

static void wait_for(calling *c, orx_job *job) {
    orx_try *t = c->t;
    while (!*orx_job_done(job)) {
        if (is_ended(c)) {
            /* A program has a while to end; it spends nothing more meanwhile. */
            orx_relaying_end(&c->relaying);
            orx_job_cancel(job, ORXAQ_CANCEL_DEADLINE);
        }
        if (t->r->stop && !t->cancelled) {
            t->cancelled = true;
            orx_job_cancel(job, ORXAQ_CANCEL_ASKED);
        }
        orx_loop_step(t->r->p, 200 * ORX_MS);
    }
}

/* The session to go on in, "" = a new one. What the agent remembers must be what it finds: when the
 * work of the attempt before was parked and could not be brought back, it begins anew. */
static const char *session_for(orx_try *t) {
    bool can = (orx_instance_features(t->step->provider->instance) & ORXAQ_CAN_RESUME) != 0;
    if (!can || !t->r->cfg->agent.resume || t->number <= 1 || (t->parked_before && !t->restored))
        return "";
    return orx_attempt_session(t->r->s, t->r->lane, t->task.id, t->id, t->step->provider->cfg->name,
                               t->model, &t->arena);
}

/* What a driver is told of the confinement: an elevated call has none of ours. */
static int32_t sandbox_of(const orx_try *t) {
    switch (t->step->provider->cfg->sandbox) {
    case ORX_SANDBOX_VENDOR:
        return ORXAQ_SANDBOX_VENDOR;
    case ORX_SANDBOX_HOST:
        return t->privilege.elevated ? ORXAQ_SANDBOX_NONE : ORXAQ_SANDBOX_HOST;
    case ORX_SANDBOX_NONE:
    default:
        return ORXAQ_SANDBOX_NONE;
    }
}

/* Why we ended it ourselves. What is not stuck by chance, but goes round in circles, is no passing
 * trouble: it counts like every other failure. */
static void explain_end(const calling *c, orx_job_result *result) {
    if (result->cancelled != ORXAQ_CANCEL_DEADLINE)
        return;
    if (c->beyond) {
        result->message = c->beyond;
        orx_run_end_at_cap(c->t, &c->reserved, result);
    } else if (c->no_progress.len) {
        result->kind = ORXAQ_KIND_NO_PROGRESS;
        result->retry = ORXAQ_RETRY_NO;
        result->message = c->no_progress.buf;
    }
}

/* Runs one job to its end; *job, which the result belongs to, takes the place of an earlier one. */
static int one_job(calling *c, const orx_job_spec *spec, orx_job **job, orx_job_result *result,
                   orx_err *err) {
    orx_job_free(*job);
    *job = NULL;
    int rc = orx_job_start(c->t->r->p, spec, job, err);
    if (rc < 0)
        return rc;
    wait_for(c, *job);
    tell_lines(c, (orx_view){0}, true);
    *result = *orx_job_result_of(*job);
    orx_record_outcome(c->record, result);
    return 0;
}

/* A driver knows how much its program reads and says so before it starts it. */
static bool refused_unsent(const calling *c, const orx_job_result *result) {
    return result->kind == ORXAQ_KIND_CONTEXT_TOO_LONG && !result->execs && !c->usage.len;
}

/* What the relay knows and the program did not say. */
static int take_relayed(calling *c, orx_job_result *result, orx_err *err) {
    orx_try *t = c->t;
    orxaq_usage served;
    int64_t cost = 0;
    orx_relaying_about about = {.task = t->task.id, .attempt = t->id, .call = t->call};
    used_so_far(c, &about.reported, &cost);
    orx_relaying_outcome(&c->relaying, result);
    if (orx_relaying_saw_more(&c->relaying, c->usage.items, c->usage.len, about.reported) &&
        orx_relaying_usage(&c->relaying, t->model, &served)) {
        served.cost_nano_usd = cost;
        c->usage.len = 0;
        add_usage(c, &served);
    } else if (!*c->model)
        (void)snprintf(c->model, sizeof c->model, "%s", c->relaying.said.model);
    return orx_relaying_note(&c->relaying, t->r->s, &about, err);
}

static int run_job(calling *c, orx_str *prompt, const char *dir, orx_err *err) {
    orx_try *t = c->t;
    const orx_config *cfg = t->r->cfg;
    ORX_CLEANUP(orx_str_free) orx_str schema = {0};
    read_schema(t, &schema);
    int64_t total = orx_run_time_limit(t);
    bool elevated = t->privilege.elevated;
    if (elevated && (!total || t->privilege.left_ns < total))
        total = t->privilege.left_ns;
    const char *own[] = {dir, NULL, NULL};
    int rc = make_state_dir(t, &own[1], err);
    if (rc < 0)
        return rc;
    orxaq_task_args args = {
        .struct_size = sizeof args,
        .sandbox = sandbox_of(t),
        .access = elevated ? ORXAQ_ACCESS_ELEVATED : ORXAQ_ACCESS_WORKSPACE,
        .prompt = orxaq_view_of(prompt->buf, prompt->len),
        .model = orxaq_str(t->model),
        .repo = orxaq_str(orx_git_root(t->provider->git)),
        .schema_path = orxaq_str(schema.len ? cfg->paths.codex_schema : ""),
        .schema = orxaq_view_of(orx_str_cstr(&schema), schema.len),
        .session = orxaq_str(session_for(t)),
        .files_dir = orxaq_str(dir),
        .task_id = orxaq_str(t->task.id),
        .total_ns = total,
        .idle_ns = cfg->agent.idle_timeout_ns,
        .max_cost_nano_usd = orx_run_cost_limit(t, &c->reserved),
        .state_dir = orxaq_str(own[1]),
    };
    const orx_job_events events = {.text = on_text,
                                   .tool_call = on_tool_call,
                                   .usage = on_usage,
                                   .spawned = on_spawned,
                                   .user = c};
    orx_job_spec spec = {
        .instance = t->step->provider->instance,
        .kind = ORX_JOB_PROVIDER,
        .op = ORXAQ_OP_TASK,
        .args = &args,
        .files_dir = dir,
        .cwd = orx_git_root(t->provider->git),
        .total_ns = total,
        .idle_ns = cfg->agent.idle_timeout_ns,
        .first_byte_ns = cfg->agent.first_byte_timeout_ns,
        .output_max = cfg->agent.output_max,
        .grace_ns = cfg->agent.grace_ns,
        .plain_http = t->step->provider->cfg->plain_http,
        .ca_file = t->step->provider->cfg->ca_file,
        .events = &events,
        .tap = orx_record_job(c->record, ORXAQ_OP_TASK, &args),
    };
    rc = make_env(t->r, t->step->provider, &spec.env, err);
    if (rc < 0)
        return rc;
    orx_run_confine(t->r, t->step->provider->cfg, t->provider->git, own, &t->arena, &spec.confine);
    if (elevated)
        orx_privilege_confine(t->r->p, cfg, &t->arena, &spec.confine);
    orx_relaying_begin(&c->relaying, t->step->provider->relay, c->record, on_served, c);
    orx_relaying_job(&c->relaying, &spec, &t->arena);
    int64_t begun = orx_mono_ns(t->r->p);
    orx_job *job = NULL;
    orx_job_result result;
    rc = one_job(c, &spec, &job, &result, err);
    if (rc == 0 && refused_unsent(c, &result)) {
        rc = shorten(c, prompt, 1, err);
        if (rc == 1) {
            args.prompt = orxaq_view_of(prompt->buf, prompt->len);
            spec.tap = orx_record_job(c->record, ORXAQ_OP_TASK, &args);
            rc = one_job(c, &spec, &job, &result, err);
        }
    }
    orx_relaying_end(&c->relaying);
    if (rc == 0) {
        rc = take_relayed(c, &result, err);
        explain_end(c, &result);
        take_result(t, &result);
        if (rc >= 0)
            rc = record_end(c, &result, orx_mono_ns(t->r->p) - begun, err);
    }
    orx_job_free(job);
    return rc;
}

/* Our own tools: the loop itself sees when they go round in circles. */
static void on_own_tool(void *user, const orxaq_tool_call *call) {
    calling *c = user;
    ORX_CLEANUP(orx_str_free) orx_str what = {0};
    orx_record_ran(c->record, call);
    orx_text_line(orx_view_in(call->name), 80, &what);
    orx_str_addc(&what, ' ');
    orx_text_line(orx_view_in(call->arguments), 200, &what);
    orx_run_tell(c->t->r, ORX_NOTE_AGENT, c->t, call->ok != 0, "%s", orx_str_cstr(&what));
}

/* The window of a model is known only when its server was asked. */
static int fit_window(void *user, int64_t window, orx_err *err) {
    calling *c = user;
    size_t budget = orx_run_prompt_budget(window);
    int rc = c->prompt->len > budget ? shorten(c, c->prompt, budget, err) : 0;
    return rc < 0 ? rc : 0;
}

/* A provider that only answers turns. */
static int run_agent(calling *c, orx_str *prompt, const char *dir, orx_err *err) {
    orx_try *t = c->t;
    c->prompt = prompt;
    int64_t total = orx_run_time_limit(t);
    if (t->privilege.elevated && (!total || t->privilege.left_ns < total))
        total = t->privilege.left_ns;
    const orx_job_events events = {.text = on_text,
                                   .tool_call = on_own_tool,
                                   .usage = on_usage,
                                   .spawned = on_spawned,
                                   .user = c};
    const orx_agent_call call = {.prompt = prompt,
                                 .fit = fit_window,
                                 .dir = dir,
                                 .total_ns = total,
                                 .events = &events,
                                 .record = c->record,
                                 .ended = is_ended,
                                 .user = c};
    int64_t begun = orx_mono_ns(t->r->p);
    orx_job_result result;
    c->booked = true;
    int rc = orx_run_agent(t, &call, &result, err);
    if (rc < 0)
        return rc;
    tell_lines(c, (orx_view){0}, true);
    explain_end(c, &result);
    take_result(t, &result);
    return record_end(c, &result, orx_mono_ns(t->r->p) - begun, err);
}

/* A call that never began is a failed call like any other. */
static int unsent(calling *c, int32_t kind, const char *why, orx_err *err) {
    const orx_job_result jr = {.kind = kind,
                               .retry = ORXAQ_RETRY_NO,
                               .retry_after_ms = -1,
                               .message = why,
                               .summary = "",
                               .commit = "",
                               .blocker = ""};
    take_result(c->t, &jr);
    orx_record_outcome(c->record, &jr);
    return record_end(c, &jr, 0, err);
}

static int send(calling *c, orx_str *prompt, orx_err *err) {
    orx_try *t = c->t;
    const char *dir = NULL;
    orx_err inner = ORX_ERR_INIT;
    if (orx_run_price_check(t, &inner) < 0)
        return unsent(c, ORXAQ_KIND_BAD_MODEL, inner.msg, err);
    int rc = orx_run_call_dir(t->r, t->call, &t->arena, &dir, err);
    if (rc < 0)
        return rc;
    rc = orx_run_needs_agent(t->step->provider->instance) ? run_agent(c, prompt, dir, &inner)
                                                          : run_job(c, prompt, dir, &inner);
    if (rc < 0 && !t->problem)
        rc = unsent(c, ORXAQ_KIND_PROTOCOL, inner.msg, err);
    else if (rc < 0 && err)
        *err = inner;
    orx_run_call_dir_end(t->r, dir);
    return rc;
}

static void calling_free(calling *c) {
    orx_record_free(c->record);
    orx_vec_free(&c->usage);
    orx_str_free(&c->line);
    orx_str_free(&c->no_progress);
    orx_arena_free(&c->arena);
}

/* Nothing was called, so nothing failed: the task waits until money is there. */
static int refused_by_budget(orx_try *t, const orx_err *why) {
    t->refused = true;
    t->problem = orx_arena_strdup(&t->arena, why->msg);
    orx_run_tell(t->r, ORX_NOTE_COST, t, false, "%s", why->msg);
    return 0;
}

int orx_run_call(orx_try *t, orx_err *err) {
    calling c = {.t = t};
    ORX_CLEANUP(orx_str_free) orx_str prompt = {0};
    orx_err why = ORX_ERR_INIT;
    orx_err limit = ORX_ERR_INIT;
    int fits = orx_run_prompt(t, orx_run_prompt_budget(t->step->provider->cfg->context_tokens),
                              &prompt, &why);
    orx_run_privilege(t, &t->privilege);
    int rc = record_call(&c, &prompt, &limit);
    if (rc == ORX_E_LIMIT) {
        calling_free(&c);
        return refused_by_budget(t, &limit);
    }
    if (rc < 0 && err)
        *err = limit;
    if (t->turned_away) {
        calling_free(&c);
        return rc;
    }
    if (rc == 0)
        rc = fits < 0 ? unsent(&c, ORXAQ_KIND_CONTEXT_TOO_LONG, why.msg, err)
                      : send(&c, &prompt, err);
    calling_free(&c);
    const char *problem = t->problem ? t->problem : "";
    if (rc == 0)
        orx_run_price_note(t);
    if (rc == 0)
        orx_run_tell(t->r, ORX_NOTE_CALLED, t, t->facts.kind == ORXAQ_KIND_OK, "%s%s%s",
                     orx_kind_word(t->facts.kind), *problem ? ": " : "", problem);
    return rc;
}
