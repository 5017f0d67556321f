/* Who is asked, in which order. The router is tests/unit/plugin's tame plugin. */
#include "run/plan.h"

#include "config/local.h"
#include "jobs.h"
#include "run/deployments.h"
#include "run/routers.h"
#include "run/runner.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

/* ---- Which model is allowed ------------------------------------------------------------------ */

static void models_are_those_of_the_list(void **state) {
    (void)state;
    static const char *const more[] = {"Big", NULL};
    const orx_provider_config listed = {.model = "small", .models = {more, 1}};
    const orx_provider_config own = {.models = {more, 1}};
    const orx_provider_config none = {0};
    assert_string_equal(orx_run_model_allowed(&listed, "small"), "small");
    assert_string_equal(orx_run_model_allowed(&listed, "BIG"), "Big");
    assert_null(orx_run_model_allowed(&listed, "huge"));
    assert_null(orx_run_model_allowed(&listed, ""));
    assert_string_equal(orx_run_model_allowed(&own, ""), "");
    assert_null(orx_run_model_allowed(&own, "small"));
    assert_string_equal(orx_run_model_allowed(&none, "anything"), "anything");
}

/* ---- Who comes next -------------------------------------------------------------------------- */

/* Two models of one provider, another provider, an escalation. */
static int next_after(size_t i, orx_facts facts) {
    static orx_provider a;
    static orx_provider b;
    orx_run_step steps[] = {{.provider = &a},
                            {.provider = &a},
                            {.provider = &b},
                            {.provider = &b, .escalation = true},
                            {.provider = &a}};
    const orx_run_plan plan = {.steps = steps, .count = ORX_ARRAY_LEN(steps)};
    return orx_run_plan_next(&plan, i, &facts);
}

static orx_facts ended(int kind) {
    return (orx_facts){.kind = kind};
}

static orx_facts judged(orx_claim claim, orx_evidence evidence) {
    return (orx_facts){.kind = ORXAQ_KIND_OK, .claim = claim, .evidence = evidence};
}

static void a_failed_call_goes_to_the_next(void **state) {
    (void)state;
    static const int kinds[] = {
        ORXAQ_KIND_RATE_LIMIT, ORXAQ_KIND_QUOTA,           ORXAQ_KIND_OVERLOADED,
        ORXAQ_KIND_NETWORK,    ORXAQ_KIND_TIMEOUT,         ORXAQ_KIND_NO_PROGRESS,
        ORXAQ_KIND_BAD_MODEL,  ORXAQ_KIND_REFUSED,         ORXAQ_KIND_CRASHED,
        ORXAQ_KIND_PROTOCOL,   ORXAQ_KIND_CONTEXT_TOO_LONG};
    for (size_t i = 0; i < ORX_ARRAY_LEN(kinds); i++)
        assert_int_equal(next_after(0, ended(kinds[i])), 1);
    assert_int_equal(next_after(2, ended(ORXAQ_KIND_NETWORK)), 4);
    assert_int_equal(next_after(4, ended(ORXAQ_KIND_NETWORK)), -1);
}

static void refused_access_goes_to_another_provider(void **state) {
    (void)state;
    assert_int_equal(next_after(0, ended(ORXAQ_KIND_AUTH)), 2);
    assert_int_equal(next_after(2, ended(ORXAQ_KIND_AUTH)), 4);
}

static void what_was_stopped_goes_to_nobody(void **state) {
    (void)state;
    assert_int_equal(next_after(0, ended(ORXAQ_KIND_KILLED)), -1);
}

static void work_that_fell_short_is_escalated(void **state) {
    (void)state;
    assert_int_equal(next_after(0, judged(ORX_CLAIM_DONE, ORX_EVIDENCE_FAILED)), 3);
    assert_int_equal(next_after(0, judged(ORX_CLAIM_DONE, ORX_EVIDENCE_NO_CHANGE)), 3);
    assert_int_equal(next_after(0, judged(ORX_CLAIM_DONE, ORX_EVIDENCE_OUT_OF_SCOPE)), 3);
    assert_int_equal(next_after(1, judged(ORX_CLAIM_BLOCKED, ORX_EVIDENCE_NONE)), 3);
    assert_int_equal(next_after(1, judged(ORX_CLAIM_PARTIAL, ORX_EVIDENCE_NONE)), 3);
    assert_int_equal(next_after(3, judged(ORX_CLAIM_DONE, ORX_EVIDENCE_FAILED)), -1);
    assert_int_equal(next_after(3, ended(ORXAQ_KIND_OVERLOADED)), 4);
}

static void done_and_tampered_go_to_nobody(void **state) {
    (void)state;
    orx_facts tampered = ended(ORXAQ_KIND_NETWORK);
    tampered.evidence = ORX_EVIDENCE_TAMPERED;
    assert_int_equal(next_after(0, judged(ORX_CLAIM_DONE, ORX_EVIDENCE_PASSED)), -1);
    assert_int_equal(next_after(0, judged(ORX_CLAIM_DONE, ORX_EVIDENCE_TRANSIENT)), -1);
    assert_int_equal(next_after(0, tampered), -1);
}

/* Two entries of the plan, two general fallbacks, two for long prompts, one for refusals. */
static int next_in_lists(size_t i, int kind) {
    static orx_provider a;
    static orx_provider b;
    orx_run_step steps[] = {{.provider = &a},
                            {.provider = &a},
                            {.provider = &b, .list = ORX_LIST_GENERAL},
                            {.provider = &b, .list = ORX_LIST_GENERAL},
                            {.provider = &a, .list = ORX_LIST_CONTEXT},
                            {.provider = &b, .list = ORX_LIST_CONTEXT},
                            {.provider = &b, .list = ORX_LIST_CONTENT}};
    const orx_run_plan plan = {.steps = steps, .count = ORX_ARRAY_LEN(steps)};
    const orx_facts facts = ended(kind);
    return orx_run_plan_next(&plan, i, &facts);
}

static void how_a_call_ended_says_which_list_is_next(void **state) {
    (void)state;
    assert_int_equal(next_in_lists(0, ORXAQ_KIND_NETWORK), 1);
    assert_int_equal(next_in_lists(1, ORXAQ_KIND_NETWORK), 2);
    assert_int_equal(next_in_lists(2, ORXAQ_KIND_NETWORK), 3);
    assert_int_equal(next_in_lists(3, ORXAQ_KIND_NETWORK), -1);
    assert_int_equal(next_in_lists(1, ORXAQ_KIND_AUTH), 2);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(next_in_lists(i, ORXAQ_KIND_CONTEXT_TOO_LONG), 4);
        assert_int_equal(next_in_lists(i, ORXAQ_KIND_REFUSED), 6);
    }
    assert_int_equal(next_in_lists(4, ORXAQ_KIND_CONTEXT_TOO_LONG), 5);
    assert_int_equal(next_in_lists(4, ORXAQ_KIND_NETWORK), 5);
    assert_int_equal(next_in_lists(4, ORXAQ_KIND_REFUSED), 6);
    assert_int_equal(next_in_lists(5, ORXAQ_KIND_NETWORK), -1);
    assert_int_equal(next_in_lists(6, ORXAQ_KIND_CONTEXT_TOO_LONG), -1);
    assert_int_equal(next_in_lists(0, ORXAQ_KIND_OK), -1);
    /* Without a list of its own a prompt that does not fit goes on in the plan. */
    assert_int_equal(next_after(0, ended(ORXAQ_KIND_CONTEXT_TOO_LONG)), 1);
}

/* ---- What came of the decision --------------------------------------------------------------- */

static void a_failover(int kind, const char *reason) {
    orx_run_called called[] = {{true, 1, kind, -1}, {false, 0, 0, 0}, {true, 2, 0, 1}};
    orx_run_step steps[3] = {{0}};
    const orx_run_plan plan = {
        .steps = steps,
        .count = 3,
        .called = called,
        .decision = {.strategy = "routellm", .reason = "router_selected_model", .selected = "big"}};
    const orx_routellm_decision d = orx_run_plan_decided(&plan);
    assert_string_equal(d.reason, reason);
    assert_string_equal(d.strategy, "static_fallback");
    assert_string_equal(d.selected, "big");
    assert_true(d.fallback_used);
}

static void a46_a47_a_failover_is_the_reason(void **state) {
    (void)state;
    a_failover(ORXAQ_KIND_BAD_MODEL, "unsupported_model_fallback");
    a_failover(ORXAQ_KIND_TIMEOUT, "timeout_fallback");
    a_failover(ORXAQ_KIND_OVERLOADED, "capacity_fallback");
    a_failover(ORXAQ_KIND_CRASHED, "failed_call_fallback");
}

static void without_a_failover_it_stays(void **state) {
    (void)state;
    orx_run_called called[] = {{true, 1, ORXAQ_KIND_OK, 0}, {true, 2, ORXAQ_KIND_OK, 1}};
    orx_run_step steps[2] = {{0}};
    orx_run_plan plan = {.steps = steps,
                         .count = 1,
                         .called = called,
                         .decision = {.strategy = "routellm", .reason = "router_selected_model"}};
    assert_string_equal(orx_run_plan_decided(&plan).reason, "router_selected_model");
    plan.count = 2; /* an escalation: the first call was fine */
    assert_string_equal(orx_run_plan_decided(&plan).reason, "router_selected_model");
    called[0].kind = ORXAQ_KIND_TIMEOUT;
    plan.routed = true; /* a router's plan has its own order */
    assert_string_equal(orx_run_plan_decided(&plan).strategy, "routellm");
    assert_false(orx_run_plan_decided(&plan).fallback_used);
}

/* ---- With a router --------------------------------------------------------------------------- */

static world *w;
static orx_runner r;
static orx_try t;
static orx_provider worker;
static orx_str said; /* what select and feedback were told */

static const orx_store_room *const rooms[] = {&orx_task_room, &orx_money_room, &orx_route_room,
                                              &orx_run_room, NULL};

static int32_t choose(const orxaq_route_request *q, const orxaq_plan *plan) {
    for (uint32_t i = 0; i < q->candidate_count; i++) {
        const orxaq_candidate *c = ORXAQ_AT(orxaq_candidate, q->candidates, i);
        orx_str_addf(&said, "%.*s calls %lld ppm %lld; ", (int)c->deployment.len,
                     c->deployment.data, (long long)c->calls, (long long)c->success_ppm);
    }
    orx_str_addf(&said, "attempt %d last %d", q->task->attempt, q->task->last_kind);
    const orxaq_route_attempt first = {
        .struct_size = sizeof first, .candidate = 1, .max_tokens = 70, .timeout_ns = 30 * ORX_SEC};
    const orxaq_route_attempt second = {
        .struct_size = sizeof second, .candidate = 0, .model = orxaq_str("stranger")};
    const orxaq_route_attempt third = {
        .struct_size = sizeof third, .candidate = 0, .escalation = 1, .model = orxaq_str("SMALL")};
    const orxaq_route_reason why = {sizeof why, 0, orxaq_str("cost"), orxaq_str("drawn"), 0.5};
    plan->attempt(plan, &first);
    plan->attempt(plan, &second);
    plan->attempt(plan, &third);
    plan->score(plan, 1, 0.25, orxaq_str("cheap"));
    return plan->reason(plan, &why);
}

static int32_t only_a_stranger(const orxaq_route_request *q, const orxaq_plan *plan) {
    (void)q;
    const orxaq_route_attempt a = {
        .struct_size = sizeof a, .candidate = 0, .model = orxaq_str("stranger")};
    return plan->attempt(plan, &a);
}

static int32_t give_up(const orxaq_route_request *q, const orxaq_plan *plan) {
    (void)q;
    (void)plan;
    return ORXAQ_E_IO;
}

static int32_t listen(const orxaq_route_feedback *f) {
    orx_str_addf(&said, "[%.*s kind %d verified %d %.*s tokens %lld] ", (int)f->deployment.len,
                 f->deployment.data, f->kind, f->verified, (int)f->reason.len, f->reason.data,
                 (long long)f->tokens);
    return ORXAQ_OK;
}

static int setup_with(void **state, const char *yaml) {
    orx_err err = ORX_ERR_INIT;
    world_setup(state);
    w = *state;
    world_file(w, "orxaq.yaml", yaml);
    tame_reset();
    world_module(w, "tame", tame_query);
    const orx_config_options options = {.root = w->dir, .cwd = w->dir};
    orx_config *cfg = NULL;
    orx_store *s = NULL;
    assert_ok(orx_config_load(w->p, &options, &cfg, NULL, &err), &err);
    assert_ok(orx_store_open(w->p, w->dir, "primary", rooms, ORX_STORE_CREATE, &s, &err), &err);
    r = (orx_runner){.p = w->p, .cfg = cfg, .s = s, .lane = "primary"};
    r.setup = (orx_run_setup){.cfg = cfg, .store = s, .plugins = w->plugins};
    worker = (orx_provider){.cfg = orx_config_provider(cfg, "worker")};
    const orx_instance_spec spec = {.plugin = world_load(w, "tame"), .name = "worker"};
    assert_ok(orx_instance_new(w->plugins, &spec, &worker.instance, &err), &err);
    t = (orx_try){.r = &r, .provider = &worker, .id = 7, .number = 2, .last_kind = 5};
    t.task = (orx_task_row){
        .id = "one", .owner = "worker", .title = "T", .description = "D", .model = ""};
    return 0;
}

static int setup(void **state) {
    return setup_with(
        state, "version: 1\nproviders: {worker: {plugin: tame, model: small, models: [big]}}\n"
               "routers: {order: {plugin: tame}}\nrun: {router: order}\n");
}

/* In local-only mode: the owner's provider is hosted, helper is local and answers turns only. */
static orx_provider helper;

static int setup_local(void **state) {
    orx_err err = ORX_ERR_INIT;
    setup_with(state, "version: 1\n"
                      "providers:\n"
                      "  worker: {plugin: tame, model: small, models: [big]}\n"
                      "  helper: {plugin: tame, model: tiny, watts: 90}\n"
                      "  wide: {plugin: tame, model: vast}\n"
                      "run: {local_only: true, router: order}\n"
                      "routers: {order: {plugin: tame}}\n");
    helper = (orx_provider){.cfg = orx_config_provider(r.cfg, "helper")};
    const orx_instance_spec spec = {.plugin = world_load(w, "tame"), .name = "helper"};
    assert_ok(orx_instance_new(w->plugins, &spec, &helper.instance, &err), &err);
    static orx_provider wide;
    wide = (orx_provider){.cfg = orx_config_provider(r.cfg, "wide")};
    orx_instance_free(worker.instance);
    worker.instance = NULL;
    worker.forbidden = orx_config_forbidden(r.cfg, worker.cfg, &r.arena);
    wide.forbidden = orx_config_forbidden(r.cfg, wide.cfg, &r.arena);
    assert_non_null(worker.forbidden);
    assert_null(orx_config_forbidden(r.cfg, helper.cfg, &r.arena));
    orx_map_put(&r.providers, orx_view_of("helper"), &helper);
    orx_map_put(&r.providers, orx_view_of("wide"), &wide);
    return 0;
}

static int teardown(void **state) {
    orx_map_free(&r.providers);
    orx_instance_free(helper.instance);
    helper.instance = NULL;
    orx_arena_free(&t.arena);
    orx_instance_free(worker.instance);
    orx_run_routers_free(&r);
    orx_store_close(r.s);
    orx_config *cfg = (orx_config *)r.cfg;
    orx_arena_free(&r.arena);
    orx_arena_free(&r.fleet_arena);
    orx_config_free(cfg);
    orx_str_free(&said);
    return world_teardown(state);
}

static bool add_body(const orx_event_row *row, void *user) {
    if (orx_view_is(row->kind, "route.planned"))
        orx_str_addf(user, "%lld %.*s", (long long)row->attempt, ORX_VIEW_ARG(row->body));
    return true;
}

/* The plan as one line, and the event it left. */
static void plan_is(const char *expected, orx_str *event) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    const orx_event_filter all = {0};
    assert_ok(orx_run_plan_make(&t, &err), &err);
    for (size_t i = 0; i < t.plan.count; i++)
        orx_str_addf(&line, "%s%s %lld %lld; ", t.plan.steps[i].deployment,
                     t.plan.steps[i].escalation ? "!" : "", (long long)t.plan.steps[i].max_tokens,
                     (long long)(t.plan.steps[i].timeout_ns / ORX_SEC));
    assert_string_equal(orx_str_cstr(&line), expected);
    assert_ok(orx_tx_begin(r.s, &err), &err);
    assert_ok(orx_tx_commit(r.s, &err), &err);
    assert_ok(orx_event_each(r.s, &all, add_body, event, &err), &err);
}

static void run_sql(const char *text) {
    orx_err err = ORX_ERR_INIT;
    orx_sql *q;
    assert_ok(orx_tx_begin(r.s, &err), &err);
    assert_ok(orx_sql_get(r.s, text, &q, &err), &err);
    assert_true(orx_sql_run(q, &err) >= 0);
    assert_ok(orx_tx_commit(r.s, &err), &err);
}

static void a_plan_is_taken_over_and_recorded(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str event = {0};
    tame.select = choose;
    plan_is("worker/big 70 30; worker/small! 0 0; ", &event);
    const char *body = orx_str_cstr(&event);
    assert_contains(body, "7 {");
    assert_contains(body, "\"candidates\":[{\"calls\":0,\"deployment\":\"worker/small\"},"
                          "{\"calls\":0,\"deployment\":\"worker/big\",\"score\":0.25,"
                          "\"why\":\"cheap\"}]");
    assert_contains(body, "\"model\":\"stranger\",\"skipped\":\"model_not_allowed\"");
    assert_contains(body, "\"max_tokens\":70,\"model\":\"big\",\"timeout_ms\":30000");
    assert_contains(body, "\"objective\":\"cost\"");
    assert_contains(body, "\"reason\":\"drawn\"");
    assert_contains(body, "\"propensity\":0.5");
    assert_contains(body, "\"plugin\":\"tame\"");
    assert_contains(body, "\"version\":\"1.0\"");
    assert_contains(body, "\"seed\":\"");
    assert_null(strstr(body, "\"static\""));
}

static void a_router_knows_the_past(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str event = {0};
    tame.select = choose;
    run_sql("INSERT INTO attempt(id, lane, task, number, provider, repo, base, branch, fingerprint,"
            " step, begun, verdict) VALUES(1, 'primary', 'x', 1, 'worker', '', '', '', '', 5, 0,"
            " 'done'), (2, 'primary', 'y', 1, 'worker', '', '', '', '', 5, 0, 'blocked')");
    run_sql("INSERT INTO call(attempt, provider, plugin, model_asked, prompt_sha256, prompt_tokens,"
            " kind) VALUES(1, 'worker', 'p', 'small', '', 0, 2), (1, 'worker', 'p', 'big', '', 0,"
            " 0), (2, 'worker', 'p', 'big', '', 0, 0), (2, 'worker', 'p', 'big', '', 0, -1)");
    plan_is("worker/big 70 30; worker/small! 0 0; ", &event);
    assert_string_equal(orx_str_cstr(&said), "worker/small calls 1 ppm 0; worker/big calls 2 ppm "
                                             "500000; attempt 2 last 5");
}

static void a_failing_router_leaves_the_static_rule(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str event = {0};
    tame.select = give_up;
    plan_is("worker/small 0 0; worker/big 0 0; ", &event);
    assert_contains(orx_str_cstr(&event), "\"error\":\"plugin tame (order): select failed");
    assert_contains(orx_str_cstr(&event), "\"reason\":\"static\"");
    assert_contains(orx_str_cstr(&event),
                    "\"static\":[{\"deployment\":\"worker/small\",\"model\":\"small\"},");
}

static void a_plan_of_strangers_leaves_the_static_rule(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str event = {0};
    tame.select = only_a_stranger;
    plan_is("worker/small 0 0; worker/big 0 0; ", &event);
    assert_contains(orx_str_cstr(&event), "lists allow no entry of its plan");
    assert_contains(orx_str_cstr(&event), "model_not_allowed");
    assert_false(t.plan.routed);
}

static void the_router_hears_what_came_of_it(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str event = {0};
    tame.select = choose;
    tame.feedback = listen;
    plan_is("worker/big 70 30; worker/small! 0 0; ", &event);
    run_sql("INSERT INTO call(id, attempt, provider, plugin, model_asked, prompt_sha256,"
            " prompt_tokens, input_tokens, output_tokens) VALUES(9, 7, 'worker', 'p', 'big', '', 0,"
            " 30, 12)");
    t.plan.called[0] = (orx_run_called){true, 9, ORXAQ_KIND_OK, 0};
    orx_str_clear(&said);
    orx_run_plan_feedback(&t);
    assert_string_equal(orx_str_cstr(&said), "[worker/big kind 0 verified 0 drawn tokens 42] ");
    t.plan.routed = false;
    orx_str_clear(&said);
    orx_run_plan_feedback(&t);
    assert_int_equal(said.len, 0);
}

/* ---- In local-only mode -----------------------------------------------------------------------
 */

static int32_t choose_all(const orxaq_route_request *q, const orxaq_plan *plan) {
    for (uint32_t i = 0; i < q->candidate_count; i++) {
        const orxaq_candidate *c = ORXAQ_AT(orxaq_candidate, q->candidates, i);
        orx_str_addf(&said, "%.*s ", (int)c->deployment.len, c->deployment.data);
        const orxaq_route_attempt a = {.struct_size = sizeof a, .candidate = i};
        plan->attempt(plan, &a);
    }
    return ORXAQ_OK;
}

static void a_router_is_not_shown_who_is_hosted(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str event = {0};
    tame.select = choose_all;
    plan_is("helper/tiny 0 0; ", &event);
    assert_string_equal(orx_str_cstr(&said), "helper/tiny ");
    assert_null(strstr(orx_str_cstr(&event), "worker"));
    assert_null(strstr(orx_str_cstr(&event), "wide"));
}

static void a_failing_router_leaves_who_is_local(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str event = {0};
    tame.select = give_up;
    plan_is("helper/tiny 0 0; ", &event);
    assert_contains(orx_str_cstr(&event), "\"static\":[{\"deployment\":\"helper/tiny\"");
    assert_null(t.problem);
}

static void a_hosted_owner_without_a_router_has_nobody(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str event = {0};
    orx_config *cfg = (orx_config *)r.cfg;
    cfg->run.router = NULL;
    plan_is("", &event);
    assert_contains(orx_str_cstr(&event), "\"reason\":\"local_only\"");
    assert_contains(orx_str_cstr(&event), "\"static\":[]");
    assert_contains(t.problem, "providers.worker may not be called");
    assert_contains(t.problem, "run.local_only");
    assert_string_equal(orx_run_plan_decided(&t.plan).strategy, "static_fallback");
}

#define LOCAL(f) cmocka_unit_test_setup_teardown(f, setup_local, teardown)
/* ---- What takes no call ---------------------------------------------------------------------- */

static int32_t take_the_first(const orxaq_route_request *q, const orxaq_plan *plan) {
    for (uint32_t i = 0; i < q->candidate_count; i++) {
        const orxaq_candidate *c = ORXAQ_AT(orxaq_candidate, q->candidates, i);
        orx_str_addf(&said, "%.*s %lld/%lld; ", (int)c->deployment.len, c->deployment.data,
                     (long long)c->in_flight, (long long)c->limit);
    }
    const orxaq_route_attempt first = {.struct_size = sizeof first, .candidate = 0};
    return plan->attempt(plan, &first);
}

/* A call to one of the worker's models was turned away, another one could have done the work. */
static void turned_away(const char *model) {
    orx_err err = ORX_ERR_INIT;
    orx_deployment_ref ref;
    orx_deployment_ref_of(r.cfg, worker.cfg, model, &t.arena, &ref);
    const orx_deployment_end end = {.ref = &ref,
                                    .lane = "primary",
                                    .task = "x",
                                    .call = 1,
                                    .kind = ORXAQ_KIND_RATE_LIMIT,
                                    .signal = {.group = 2, .output_tokens = -1}};
    assert_ok(orx_tx_begin(r.s, &err), &err);
    assert_ok(orx_deployments_learn(r.s, &end, &err), &err);
    assert_ok(orx_tx_commit(r.s, &err), &err);
}

/* How the look before the attempt ends. */
static int look(void) {
    orx_err err = ORX_ERR_INIT;
    int rc = orx_run_deployments_look(&t, &err);
    assert_ok(rc < 0 ? rc : 0, &err);
    return rc;
}

static void a_router_is_shown_what_takes_calls(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str event = {0};
    tame.select = take_the_first;
    turned_away("small");
    assert_int_equal(look(), 0);
    plan_is("worker/big 0 0; ", &event);
    assert_string_equal(orx_str_cstr(&said), "worker/big 0/24; ");
    assert_contains(orx_str_cstr(&event), "\"filtered\":[{\"deployment\":\"worker/small\"");
    assert_contains(orx_str_cstr(&event), "\"why\":\"cooldown\"");
    assert_int_equal(t.plan.group, 2);
}

static void an_owner_whom_nobody_serves_is_held(void **state) {
    (void)state;
    tame.select = take_the_first;
    turned_away("small");
    turned_away("big");
    assert_int_equal(look(), 1);
    assert_int_equal(r.cycle, -1);
    assert_true(orx_run_is_held(&r, &worker));
    assert_in_range(worker.held_until_ns - orx_mono_ns(w->p), 1, 5 * ORX_SEC);
    worker.held_until_ns = 0;
    assert_false(orx_run_is_held(&r, &worker));
}

/* A plan that would find nobody is made all the same when it may know more models than the list. */
static void a_static_plan_is_never_empty(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str event = {0};
    tame.select = give_up;
    turned_away("small");
    turned_away("big");
    (void)look();
    plan_is("worker/small 0 0; worker/big 0 0; ", &event);
    assert_null(strstr(orx_str_cstr(&event), "\"filtered\":["));
}

/* What never fits is not shown, and nothing else being there the call itself says so. */
static void a_task_beyond_the_window(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str event = {0};
    orx_config *cfg = (orx_config *)r.cfg;
    cfg->providers[0].context_tokens = 3;
    t.task.description = "much more than three tokens of text";
    tame.select = take_the_first;
    assert_int_equal(look(), 0);
    plan_is("worker/small 0 0; worker/big 0 0; ", &event);
    assert_int_equal(said.len, 0);
    assert_contains(orx_str_cstr(&event), "no candidate may be called");
    assert_contains(orx_str_cstr(&event), "\"why\":\"context_window\"");
}

#define ROUTED(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_are_those_of_the_list),
        cmocka_unit_test(a_failed_call_goes_to_the_next),
        cmocka_unit_test(refused_access_goes_to_another_provider),
        cmocka_unit_test(what_was_stopped_goes_to_nobody),
        cmocka_unit_test(work_that_fell_short_is_escalated),
        cmocka_unit_test(done_and_tampered_go_to_nobody),
        cmocka_unit_test(how_a_call_ended_says_which_list_is_next),
        cmocka_unit_test(a46_a47_a_failover_is_the_reason),
        cmocka_unit_test(without_a_failover_it_stays),
        ROUTED(a_plan_is_taken_over_and_recorded),
        ROUTED(a_router_knows_the_past),
        ROUTED(a_failing_router_leaves_the_static_rule),
        ROUTED(a_plan_of_strangers_leaves_the_static_rule),
        ROUTED(the_router_hears_what_came_of_it),
        LOCAL(a_router_is_not_shown_who_is_hosted),
        LOCAL(a_failing_router_leaves_who_is_local),
        LOCAL(a_hosted_owner_without_a_router_has_nobody),
        ROUTED(a_router_is_shown_what_takes_calls),
        ROUTED(an_owner_whom_nobody_serves_is_held),
        ROUTED(a_static_plan_is_never_empty),
        ROUTED(a_task_beyond_the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
