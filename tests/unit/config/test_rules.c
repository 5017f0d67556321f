/* Rules between several values. */
#include "support.h"

#include <string.h>

static void one_owner_has_one_provider(void **state) {
    fixture *fx = *state;
    expect_error(fx, "providers:\n  a: {}\n  b:\n    owners: [x, a]\n", "orxaq.yaml:4:13",
                 "providers.b.owners: the owner a belongs to the provider a already");
    expect_error(fx, "providers:\n  a:\n    owners: [x]\n  b:\n    owners: [x]\n",
                 "orxaq.yaml:5:13", "the owner x belongs to the provider a already");
    expect_error(fx, "providers:\n  a:\n    owners: [\"x/y\"]\n", "orxaq.yaml:3:13",
                 "an owner is a name like that of a provider");
    load_yaml(fx, "providers: {a: {owners: [a, x, x]}}\n"); /* its own names twice do no harm */
}

static void a_secret_has_a_name_of_its_own(void **state) {
    fixture *fx = *state;
    static const char *const names[] = {"PATH", "HOME",    "CI",         "NO_COLOR",
                                        "LC_X", "X_PROXY", "XDG_SECRET", "DEBIAN_FRONTEND"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        expect_error(fx, orx_arena_printf(&fx->arena, "providers: {a: {secret: %s}}\n", names[i]),
                     "orxaq.yaml:1:25",
                     "providers.a.secret: this variable is given to every process");
    load_yaml(fx, "providers: {a: {secret: C}, b: {secret: CI_KEY}, c: {secret: PATHX}}\n");
}

static void the_owner_filter_knows_the_owners(void **state) {
    fixture *fx = *state;
    put_flag(fx, "owner-filter", "codex");
    put_flag(fx, "owner-filter", "claude");
    load_clean(fx);
    assert_int_equal(fx->cfg->run.owner_filter.count, 2);
    put_flag(fx, "owner-filter", "gemnii");
    assert_int_equal(load(fx), ORX_E_USAGE);
    expect_diag(fx, ORX_DIAG_ERROR, "--owner-filter",
                "run.owner_filter: unknown owner \"gemnii\"; did you mean gemini?");
    fx->options.flag_count = 0;
    expect_error(fx, "run: {owner_filter: [bob]}\n", "orxaq.yaml:1:21", "unknown owner \"bob\"");
    load_yaml(fx, "providers: {w: {owners: [bob]}}\nrun: {owner_filter: [bob]}\n");
}

static void disabled_providers_own_nothing(void **state) {
    fixture *fx = *state;
    expect_error(fx, "providers: {a: {enabled: false}, b: {}}\nrun: {owner_filter: [a]}\n",
                 "orxaq.yaml:2:21", "unknown owner \"a\"");
}

static void the_router_must_exist(void **state) {
    fixture *fx = *state;
    expect_error(fx, "run: {router: fast}\n", "orxaq.yaml:1:15",
                 "run.router: routers has no entry fast");
    expect_error(fx, "run: {router: fsat}\nrouters: {slow: {}, fast: {}}\n", "orxaq.yaml:1:15",
                 "routers has no entry fsat; did you mean fast?");
    load_yaml(fx, "run: {router: null}\n");
    assert_null(fx->cfg->run.router);
}

static void fallbacks_must_be_somebody(void **state) {
    fixture *fx = *state;
    expect_error(fx, "route: {fallbacks: [claud/x]}\n", "orxaq.yaml:1:20",
                 "route.fallbacks: claud/x: there is no provider \"claud\", did you mean claude?");
    expect_error(fx,
                 "route: {context_fallbacks: [w, w/big/er, w/huge]}\n"
                 "providers: {w: {model: small, models: [big/er]}}\n",
                 "orxaq.yaml:1:28",
                 "route.context_fallbacks: w/huge is neither the model of providers.w nor in its "
                 "models");
    expect_error(fx, "providers: {w: {}, v: {context_fallbacks: [w, x]}}\n", "orxaq.yaml:1:43",
                 "providers.v.context_fallbacks: x: there is no provider \"x\"");
    load_yaml(fx, "route: {content_fallbacks: [w/anything, v/M]}\n"
                  "providers: {w: {}, v: {model: m}}\n");
    assert_int_equal(fx->cfg->route.content_fallbacks.count, 2);
}

static void two_outputs_never_share_a_file(void **state) {
    fixture *fx = *state;
    expect_error(fx, "paths: {metrics_file: state/state.json}\n", "orxaq.yaml:1:23",
                 "paths.state_file and paths.metrics_file are the same file");
    put_env("ORXAQ_AUTONOMY_HEARTBEAT_FILE", "config/tasks.json");
    spit(fx, "orxaq.yaml", "");
    assert_int_equal(load(fx), ORX_E_INVALID);
    expect_diag(fx, ORX_DIAG_ERROR, "ORXAQ_AUTONOMY_HEARTBEAT_FILE",
                "paths.heartbeat_file and paths.tasks_file are the same file");
}

static void an_author_has_a_mail_address(void **state) {
    fixture *fx = *state;
    static const char *const bad[] = {"Anna", "<a@b.c>", "Anna a@b.c", "A <a@b.c> x", "A <a@b.c"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        expect_error(fx, orx_arena_printf(&fx->arena, "git: {author: \"%s\"}\n", bad[i]),
                     "orxaq.yaml:1:15", "git.author: expected \"Name <mail>\"");
    expect_error(fx, "git: {author: \"A\\nB <a@b.c>\"}\n", "orxaq.yaml:1:15", "git.author");
    load_yaml(fx, "git: {author: \"Anna B. <a@b.c>\"}\n");
}

static void what_has_no_effect_is_said(void **state) {
    fixture *fx = *state;
    spit(fx, "orxaq.yaml",
         "run: {router: order}\nroutellm: {enabled: true}\nrouters: {order: {plugin: static}}\n");
    assert_ok(load(fx), &fx->err);
    assert_int_equal(fx->diags.warnings, 1);
    expect_diag(fx, ORX_DIAG_WARNING, "orxaq.yaml:2:21", "routellm.enabled: has no effect");
    load_yaml(fx, "routellm: {enabled: true}\n");
    assert_int_equal(fx->diags.warnings, 0);
}

static void a_short_maximum_is_pointed_out(void **state) {
    fixture *fx = *state;
    put_flag(fx, "retry-backoff-base-sec", "60");
    put_flag(fx, "retry-backoff-max-sec", "30");
    assert_ok(load(fx), &fx->err);
    expect_diag(fx, ORX_DIAG_WARNING, "--retry-backoff-max-sec", "shorter than retry.backoff_base");
}

static void only_version_one_is_read(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "version: 1\n");
    expect_error(fx, "version: 2\n", "orxaq.yaml:1:10",
                 "version: expected a whole number, which must be 1, found 2");
}

/* A cap about nothing, or about nobody, protects nothing. */
static void a_cap_is_about_somebody(void **state) {
    fixture *fx = *state;
    expect_error(fx, "caps:\n  x: {daily: 5}\n", "orxaq.yaml:2:3",
                 "caps.x: expected one of lane, provider and account");
    expect_error(fx, "caps:\n  x: {lane: a, account: codex, daily: 5}\n", "orxaq.yaml:2:3",
                 "caps.x: expected one of lane, provider and account");
    expect_error(fx, "caps:\n  x: {lane: a}\n", "orxaq.yaml:2:3",
                 "caps.x: expected an amount: hourly, daily or monthly");
    expect_error(fx, "caps:\n  x: {provider: cdoex, daily: 5}\n", "orxaq.yaml:2:17",
                 "caps.x.provider: no provider is called cdoex; did you mean codex?");
    expect_error(fx, "caps:\n  x: {account: bill, daily: 5}\n", "orxaq.yaml:2:16",
                 "caps.x.account: no provider has the account bill");
    expect_error(fx, "caps:\n  x: {lane: a, hourly: 1, daily: soon}\n", "orxaq.yaml:2:34",
                 "caps.x.daily: expected an amount of USD");
    load_yaml(fx, "providers: {a: {account: bill}, b: {}}\n"
                  "caps: {x: {account: bill, monthly: 5}, y: {account: b, daily: 1},"
                  " n: {lane: night, hourly: 0.5}}\n");
    assert_int_equal(fx->cfg->cap_count, 3);
    assert_string_equal(fx->cfg->caps[1].name, "x");
    assert_string_equal(fx->cfg->caps[1].account, "bill");
    assert_int_equal(fx->cfg->caps[0].hourly, 500000000);
}

static const orx_service_config *service(fixture *fx, const char *name) {
    for (size_t i = 0; i < fx->cfg->service_count; i++)
        if (strcmp(fx->cfg->services[i].name, name) == 0)
            return &fx->cfg->services[i];
    fail_msg("no service %s", name);
    return NULL;
}

static void services_have_one_schedule_and_a_command(void **state) {
    fixture *fx = *state;
    expect_error(fx, "services:\n  x: {every: 5m, cron: \"* * * * *\", command: [y]}\n",
                 "orxaq.yaml:2:24", "services.x.cron: expected either this or every, not both");
    expect_error(fx, "services:\n  x: {cron: \"* 25 * * *\", command: [y]}\n", "orxaq.yaml:2:13",
                 "services.x.cron: hour \"25\": expected 0 to 23");
    expect_error(fx, "services:\n  x: {command: [y]}\n", "orxaq.yaml:2:3",
                 "services.x: expected when it is to run: every (at least 1s) or cron");
    expect_error(fx, "services:\n  x: {every: 200ms, command: [y]}\n", "orxaq.yaml:2:3",
                 "services.x: expected when it is to run: every (at least 1s) or cron");
    expect_error(fx, "services:\n  x: {every: 5m}\n", "orxaq.yaml:2:3",
                 "services.x: expected a command: [PROGRAM, ARGUMENT...]");
    expect_error(fx, "services:\n  primary: {every: 5m, command: [y]}\n", "orxaq.yaml:2:3",
                 "services: the name primary is taken");
}

static void built_in_services_are_off_and_can_be_changed(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "services: {x: {every: 5m, command: [y, \"a,b\"]},"
                  " provider-cost-ingest: {enabled: true, cron: \"@hourly\"}}\n");
    assert_int_equal(fx->cfg->service_count, 8);
    const orx_service_config *s = service(fx, "provider-cost-ingest");
    assert_true(s->enabled);
    assert_string_equal(s->cron, "@hourly");
    assert_int_equal(s->every_ns, 0);
    assert_int_equal(s->command.count, 2);
    assert_string_equal(s->command.items[0], "orxaq");
    assert_string_equal(s->command.items[1], "provider-cost-ingest");
    s = service(fx, "process-watchdog");
    assert_false(s->enabled);
    assert_null(s->cron);
    assert_int_equal(s->every_ns, INT64_C(60000000000));
    s = service(fx, "x");
    assert_int_equal(s->command.count, 2);
    assert_string_equal(s->command.items[1], "a,b");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(one_owner_has_one_provider),
        TEST(a_secret_has_a_name_of_its_own),
        TEST(the_owner_filter_knows_the_owners),
        TEST(disabled_providers_own_nothing),
        TEST(the_router_must_exist),
        TEST(fallbacks_must_be_somebody),
        TEST(a_cap_is_about_somebody),
        TEST(services_have_one_schedule_and_a_command),
        TEST(built_in_services_are_off_and_can_be_changed),
        TEST(two_outputs_never_share_a_file),
        TEST(an_author_has_a_mail_address),
        TEST(what_has_no_effect_is_said),
        TEST(a_short_maximum_is_pointed_out),
        TEST(only_version_one_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
