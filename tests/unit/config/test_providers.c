/* Providers and routers: the built-in ones, configured ones, and how they are found. */
#include "support.h"

#include "config/router_name.h"

#include <stdio.h>
#include <string.h>

#define NS INT64_C(1000000000)

static const orx_provider_config *provider(fixture *fx, const char *owner) {
    const orx_provider_config *p = orx_config_provider(fx->cfg, owner);
    if (!p)
        fail_msg("no provider %s", owner);
    return p;
}

static const char *program(const orx_provider_config *p) {
    return orx_node_str(orx_node_get(p->settings, "program"), NULL);
}

static void three_exist_when_none_is_named(void **state) {
    fixture *fx = *state;
    load_clean(fx);
    assert_int_equal(fx->cfg->provider_count, 3);
    static const struct {
        const char *name, *repo, *prompt, *secret;
        orx_sandbox sandbox;
    } expected[] = {{"codex", "../orxaq", "config/prompts/codex_impl_prompt.md", "OPENAI_API_KEY",
                     ORX_SANDBOX_VENDOR},
                    {"gemini", "../orxaq_gemini", "config/prompts/gemini_test_prompt.md",
                     "GEMINI_API_KEY", ORX_SANDBOX_HOST},
                    {"claude", "../orxaq", "config/prompts/claude_review_prompt.md",
                     "ANTHROPIC_API_KEY", ORX_SANDBOX_HOST}};
    for (size_t i = 0; i < 3; i++) {
        const orx_provider_config *p = &fx->cfg->providers[i];
        assert_string_equal(p->name, expected[i].name);
        assert_string_equal(p->plugin, expected[i].name);
        assert_int_equal(p->rank, (int)i);
        assert_true(p->enabled);
        assert_null(p->model);
        assert_contains(p->repo, expected[i].repo + 3);
        assert_string_equal(p->prompt_file, in_root(fx, expected[i].prompt));
        assert_string_equal(p->secret, expected[i].secret);
        assert_int_equal(p->sandbox, expected[i].sandbox);
        assert_int_equal(p->timeout_ns, 0);
        assert_int_equal(p->owners.count, 0);
        assert_true(p->env_pass.count > 0);
        assert_int_equal(p->settings->kind, ORX_OBJECT);
        assert_int_equal(p->settings->count, 0);
    }
    assert_string_equal(provider(fx, "gemini")->repo, fx->cfg->repos.test);
    assert_string_equal(provider(fx, "claude")->repo, fx->cfg->repos.impl);
    assert_int_equal(provider(fx, "gemini")->models.count, 2);
    assert_string_equal(provider(fx, "gemini")->models.items[0], "gemini-2.5-flash");
    assert_string_equal(provider(fx, "gemini")->models.items[1], "gemini-2.0-flash");
    assert_int_equal(provider(fx, "codex")->models.count, 0);
}

/* [K] The predecessor's variables for single providers. */
static void variables_of_single_providers(void **state) {
    fixture *fx = *state;
    spit(fx, ".env.autonomy",
         "ORXAQ_AUTONOMY_CODEX_CMD=/opt/codex\n"
         "ORXAQ_AUTONOMY_GEMINI_CMD=gem\n"
         "ORXAQ_AUTONOMY_CODEX_MODEL=gpt-x\n"
         "ORXAQ_AUTONOMY_CLAUDE_MODEL=opus\n"
         "ORXAQ_AUTONOMY_GEMINI_FALLBACK_MODELS=a;b,c\n"
         "ORXAQ_AUTONOMY_CLAUDE_PROMPT_FILE=p.md\n");
    load_clean(fx);
    assert_string_equal(program(provider(fx, "codex")), "/opt/codex");
    const orx_node *list = orx_node_get(provider(fx, "gemini")->settings, "program");
    assert_string_equal(orx_node_str(orx_node_at(list, 0), NULL), "gem");
    assert_int_equal(list->count, 1);
    assert_null(program(provider(fx, "claude")));
    assert_string_equal(provider(fx, "codex")->model, "gpt-x");
    assert_string_equal(provider(fx, "claude")->model, "opus");
    assert_int_equal(provider(fx, "gemini")->models.count, 3);
    assert_string_equal(provider(fx, "gemini")->models.items[2], "c");
    assert_string_equal(provider(fx, "claude")->prompt_file, in_root(fx, "p.md"));
    assert_string_equal(origin(fx, "providers.codex.settings.program"),
                        ".env.autonomy:1:26 (ORXAQ_AUTONOMY_CODEX_CMD)");
    assert_string_equal(origin(fx, "providers.codex.model"),
                        ".env.autonomy:3:28 (ORXAQ_AUTONOMY_CODEX_MODEL)");
}

static void flags_of_single_providers(void **state) {
    fixture *fx = *state;
    put_env("ORXAQ_AUTONOMY_CODEX_CMD", "from-env");
    put_flag(fx, "codex-cmd", "from-flag");
    put_flag(fx, "claude-model", "m");
    put_flag(fx, "gemini-fallback-model", "one");
    put_flag(fx, "gemini-fallback-model", "two");
    put_flag(fx, "gemini-startup-prompt-file", "g.md");
    put_flag(fx, "codex-startup-prompt-file", "");
    load_clean(fx);
    assert_string_equal(program(provider(fx, "codex")), "from-flag");
    assert_string_equal(origin(fx, "providers.codex.settings.program"), "--codex-cmd");
    assert_string_equal(provider(fx, "claude")->model, "m");
    assert_int_equal(provider(fx, "gemini")->models.count, 2);
    assert_string_equal(provider(fx, "gemini")->prompt_file, in_root(fx, "g.md"));
    assert_null(provider(fx, "codex")->prompt_file);
}

static void named_ones_replace_the_built_in_ones(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "providers:\n"
                  "  worker:\n"
                  "    plugin: command\n"
                  "    model: m1\n"
                  "    models: [m2, m3]\n"
                  "    settings: {argv: [sh, agent.sh], prompt: stdin}\n"
                  "    secret: WORKER_KEY\n"
                  "    env_pass: [A, B_*]\n"
                  "    sandbox: none\n"
                  "    plain_http: true\n"
                  "    relay: true\n"
                  "    ca_file: config/lan.pem\n"
                  "    repo: ../third\n"
                  "    rank: 7\n"
                  "    timeout: 90s\n"
                  "    owners: [builder, tester]\n"
                  "    prompt_file: config/w.md\n"
                  "  lazy:\n"
                  "    enabled: false\n");
    assert_int_equal(fx->cfg->provider_count, 2);
    const orx_provider_config *p = provider(fx, "worker");
    assert_string_equal(p->plugin, "command");
    assert_string_equal(p->model, "m1");
    assert_string_equal(p->models.items[1], "m3");
    assert_string_equal(orx_node_str(orx_node_path(p->settings, "argv[1]"), ""), "agent.sh");
    assert_string_equal(p->secret, "WORKER_KEY");
    assert_string_equal(p->env_pass.items[1], "B_*");
    assert_int_equal(p->sandbox, ORX_SANDBOX_NONE);
    assert_true(p->plain_http);
    assert_true(p->relay);
    assert_string_equal(p->ca_file, in_root(fx, "config/lan.pem"));
    assert_contains(p->repo, "/third");
    assert_int_equal(p->rank, 7);
    assert_int_equal(p->timeout_ns, 90 * NS);
    assert_string_equal(p->prompt_file, in_root(fx, "config/w.md"));
    assert_ptr_equal(provider(fx, "builder"), p);
    assert_ptr_equal(provider(fx, "tester"), p);
    assert_null(orx_config_provider(fx->cfg, "lazy"));
    assert_null(orx_config_provider(fx->cfg, "codex"));
    assert_null(orx_config_provider(fx->cfg, ""));
    assert_string_equal(fx->cfg->providers[0].name, "lazy"); /* rank 3 before 7 */
    assert_string_equal(fx->cfg->providers[0].plugin, "lazy");
    assert_null(fx->cfg->providers[0].secret);
    assert_null(fx->cfg->providers[0].prompt_file);
    assert_false(fx->cfg->providers[0].plain_http);
    assert_false(fx->cfg->providers[0].relay);
    assert_null(fx->cfg->providers[0].ca_file);
    assert_int_equal(fx->cfg->providers[0].rank, 3);
    assert_int_equal(fx->cfg->providers[0].sandbox, ORX_SANDBOX_HOST);
}

/* What only a model behind an endpoint needs. */
static void tools_of_a_model(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "providers:\n"
                  "  plain: {plugin: lmstudio}\n"
                  "  strict:\n"
                  "    plugin: lmstudio\n"
                  "    max_steps: 7\n"
                  "    tool_calls: text\n"
                  "    context_tokens: 32768\n"
                  "    run_command: list\n"
                  "    allow_commands: [make, git diff]\n"
                  "    command_timeout: 90s\n"
                  "    network: true\n");
    const orx_provider_config *p = provider(fx, "plain");
    assert_int_equal(p->max_steps, 200);
    assert_int_equal(p->tool_calls, ORX_TOOL_CALLS_AUTO);
    assert_int_equal(p->context_tokens, 0);
    assert_int_equal(p->run_command, ORX_RUN_COMMAND_SHELL);
    assert_int_equal(p->allow_commands.count, 0);
    assert_int_equal(p->command_timeout_ns, 600 * NS);
    assert_false(p->network);
    p = provider(fx, "strict");
    assert_int_equal(p->max_steps, 7);
    assert_int_equal(p->tool_calls, ORX_TOOL_CALLS_TEXT);
    assert_int_equal(p->context_tokens, 32768);
    assert_int_equal(p->run_command, ORX_RUN_COMMAND_LIST);
    assert_string_equal(p->allow_commands.items[1], "git diff");
    assert_int_equal(p->command_timeout_ns, 90 * NS);
    assert_true(p->network);
}

static void defaults_go_by_name_or_by_plugin(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "providers:\n"
                  "  second: {plugin: codex}\n"
                  "  gemini: {plugin: command}\n"
                  "  claude:\n");
    assert_string_equal(provider(fx, "second")->secret, "OPENAI_API_KEY");
    assert_int_equal(provider(fx, "second")->sandbox, ORX_SANDBOX_VENDOR);
    assert_int_equal(provider(fx, "second")->rank, 3);
    assert_null(provider(fx, "second")->prompt_file);
    assert_null(provider(fx, "gemini")->secret);
    assert_int_equal(provider(fx, "gemini")->models.count, 0);
    assert_int_equal(provider(fx, "gemini")->rank, 1);
    assert_string_equal(provider(fx, "gemini")->repo, fx->cfg->repos.test);
    assert_int_equal(provider(fx, "claude")->rank, 2);
}

/* A plugin of another name may not know the setting. */
static void the_program_needs_the_plugin_of_that_name(void **state) {
    fixture *fx = *state;
    put_env("ORXAQ_AUTONOMY_CODEX_CMD", "c");
    put_env("ORXAQ_AUTONOMY_CODEX_MODEL", "m");
    load_yaml(fx, "providers: {codex: {plugin: command, settings: {argv: [x]}}}\n");
    assert_null(program(provider(fx, "codex")));
    assert_string_equal(provider(fx, "codex")->model, "m");
}

static void the_program_joins_other_settings(void **state) {
    fixture *fx = *state;
    spit(fx, "orxaq.yaml",
         "providers:\n  codex:\n    settings:\n      program: old\n      profile: p\n");
    load_clean(fx);
    assert_string_equal(program(provider(fx, "codex")), "old");
    assert_string_equal(origin(fx, "providers.codex.settings.program"), "orxaq.yaml:4:16");
    put_env("ORXAQ_AUTONOMY_CODEX_CMD", "new");
    load_clean(fx);
    assert_string_equal(program(provider(fx, "codex")), "new");
    assert_string_equal(origin(fx, "providers.codex.settings.program"), "ORXAQ_AUTONOMY_CODEX_CMD");
    assert_string_equal(orx_node_str(orx_node_get(provider(fx, "codex")->settings, "profile"), ""),
                        "p");
    assert_string_equal(origin(fx, "providers.codex.settings.profile"), "orxaq.yaml:5:16");
}

static void repositories(void **state) {
    fixture *fx = *state;
    put_flag(fx, "impl-repo", "/r/i");
    put_flag(fx, "test-repo", "/r/t");
    load_yaml(fx, "providers: {a: {repo: impl}, b: {repo: test}, c: {repo: ./test}, d: {}}\n");
    assert_string_equal(provider(fx, "a")->repo, "/r/i");
    assert_string_equal(provider(fx, "b")->repo, "/r/t");
    assert_string_equal(provider(fx, "c")->repo, in_root(fx, "test"));
    assert_string_equal(provider(fx, "d")->repo, "/r/i");
}

static void owners_are_sorted_and_unique(void **state) {
    fixture *fx = *state;
    load_clean(fx);
    const char *const *o = orx_config_owners(fx->cfg);
    assert_string_equal(o[0], "claude");
    assert_string_equal(o[1], "codex");
    assert_string_equal(o[2], "gemini");
    assert_null(o[3]);
    load_yaml(fx, "providers: {b: {owners: [z, a]}, off: {enabled: false, owners: [never]},"
                  " c: {owners: [c]}}\n");
    o = orx_config_owners(fx->cfg);
    static const char *const expected[] = {"a", "b", "c", "z"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(o[i], expected[i]);
    assert_null(o[4]);
}

static void order_is_rank_then_name(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "providers: {zz: {rank: 0}, b: {}, codex: {}, a: {}}\n");
    static const char *const expected[] = {"codex", "zz", "a", "b"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(fx->cfg->providers[i].name, expected[i]);
}

static void names_may_have_dots(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "providers: {gpt-4.1: {model: m}}\nrouters: {v1.2: {plugin: p}}\n");
    assert_string_equal(provider(fx, "gpt-4.1")->model, "m");
    assert_string_equal(shown(fx, "providers.gpt-4.1.model"), "m");
    assert_string_equal(fx->cfg->routers[0].plugin, "p");
}

static void bad_names_and_values(void **state) {
    fixture *fx = *state;
    expect_error(fx, "providers: {a/b: {}}\n", "orxaq.yaml:1:13",
                 "providers: expected a name of 1 to 64 letters");
    expect_error(fx, "providers: {\"..\": {}}\n", "orxaq.yaml:1:13", "found \"..\"");
    expect_error(fx, "providers:\n  a:\n    rank: -1\n", "orxaq.yaml:3:11",
                 "providers.a.rank: expected a whole number from 0 to 1000000, found -1");
    expect_error(fx, "providers:\n  a:\n    plugin: a b\n", "orxaq.yaml:3:13",
                 "providers.a.plugin: expected a name");
    expect_error(fx, "providers:\n  a:\n    sandbox: maybe\n", "orxaq.yaml:3:14",
                 "expected one of vendor, host, none");
    expect_error(fx, "providers:\n  a:\n    enabled: yes\n", "orxaq.yaml:3:14",
                 "expected true or false, found a string \"yes\"");
    expect_error(fx, "providers:\n  a:\n    settings: [1]\n", "orxaq.yaml:3:15",
                 "expected an object");
    expect_error(fx, "providers:\n  a:\n    env_pass: [\"A B\"]\n", "orxaq.yaml:3:15",
                 "names of environment variables");
}

/* Whoever writes the key itself in place of the variable's name must not read it in a log. */
static void a_key_in_the_wrong_place_is_not_repeated(void **state) {
    fixture *fx = *state;
    expect_error(fx, "providers:\n  a:\n    secret: sk-sesame-open\n", "orxaq.yaml:3:13",
                 "never the secret itself");
    assert_null(strstr(fx->diags.first->text, "sesame"));
    assert_null(strstr(fx->err.msg, "sesame"));
}

static void secrets(void **state) {
    fixture *fx = *state;
    spit(fx, ".env.autonomy", "OPENAI_API_KEY=from-file\nGEMINI_API_KEY=replace_me_gemini\n");
    put_env("ANTHROPIC_API_KEY", "");
    load_clean(fx);
    assert_string_equal(orx_config_secret(fx->cfg, provider(fx, "codex")), "from-file");
    assert_null(orx_config_secret(fx->cfg, provider(fx, "gemini"))); /* the placeholder */
    assert_null(orx_config_secret(fx->cfg, provider(fx, "claude"))); /* empty */
    put_env("OPENAI_API_KEY", "from-process");
    load_clean(fx);
    assert_string_equal(orx_config_secret(fx->cfg, provider(fx, "codex")), "from-process");
    load_yaml(fx, "providers: {codex: {secret: null}, x: {secret: MY_KEY}}\n");
    assert_null(provider(fx, "codex")->secret);
    assert_null(orx_config_secret(fx->cfg, provider(fx, "codex")));
    assert_null(orx_config_secret(fx->cfg, provider(fx, "x"))); /* not set anywhere */
}

static void routers(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "routers:\n"
                  "  zeta: {settings: {a: 1}}\n"
                  "  best: {plugin: scorecard}\n"
                  "run: {router: best}\n");
    assert_int_equal(fx->cfg->router_count, 2);
    assert_string_equal(fx->cfg->routers[0].name, "best");
    assert_string_equal(fx->cfg->routers[0].plugin, "scorecard");
    assert_int_equal(fx->cfg->routers[0].settings->count, 0);
    assert_string_equal(fx->cfg->routers[1].name, "zeta");
    assert_string_equal(fx->cfg->routers[1].plugin, "zeta");
    assert_int_equal(orx_node_int(orx_node_get(fx->cfg->routers[1].settings, "a"), 0), 1);
    assert_string_equal(fx->cfg->run.router, "best");
    expect_error(fx, "routers: {-x: {}}\n", "orxaq.yaml:1:11", "routers: expected a name");
}

/* A name that stands for a choice is no model, and says who chooses. */
static void a_model_that_names_a_router(void **state) {
    static const char *const bad[] = {"router-",        "router-mf",      "router-mf-",
                                      "router--0.5",    "router-mf-1.01", "router-mf--1",
                                      "router-mf-0.5x", "router-mf-nan"};
    fixture *fx = *state;
    load_yaml(fx,
              "routers: {mf: {plugin: routellm}, sw: {plugin: routellm}}\n"
              "providers: {codex: {model: router-mf-0.116}, claude: {model: router-sw-1e-3}}\n");
    assert_null(provider(fx, "codex")->model);
    assert_string_equal(provider(fx, "codex")->router_name, "router-mf-0.116");
    assert_string_equal(orx_router_of_name(fx->cfg, "router-sw-1e-3"), "sw");
    assert_null(orx_router_of_name(fx->cfg, "router-linear-0.5"));
    load_yaml(fx, "routers: {best: {plugin: routellm}, other: {plugin: scorecard}}\n"
                  "providers: {codex: {model: router-mf-0}}\n");
    assert_string_equal(orx_router_of_name(fx->cfg, "router-mf-0"), "best");
    load_yaml(fx, "routers: {best: {plugin: routellm}, other: {plugin: mine}}\n"
                  "run: {router: other}\nproviders: {codex: {model: router-mf-1}}\n");
    assert_string_equal(orx_router_of_name(fx->cfg, "router-mf-1"), "other");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[160];
        snprintf(text, sizeof text,
                 "routers: {mf: {plugin: routellm}}\nproviders: {codex: {model: %s}}\n", bad[i]);
        expect_error(fx, text, "orxaq.yaml:2:28", "router-mf-0.116");
    }
    expect_error(fx, "providers: {codex: {model: router-mf-0.5}}\n", "orxaq.yaml:1:28",
                 "there is no router to choose");
    expect_error(fx,
                 "routers: {mf: {plugin: routellm}}\n"
                 "providers: {codex: {models: [a, router-mf-0.5]}}\n",
                 "orxaq.yaml:2:29", "stands for a choice");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(three_exist_when_none_is_named),
        TEST(variables_of_single_providers),
        TEST(flags_of_single_providers),
        TEST(named_ones_replace_the_built_in_ones),
        TEST(tools_of_a_model),
        TEST(defaults_go_by_name_or_by_plugin),
        TEST(the_program_needs_the_plugin_of_that_name),
        TEST(the_program_joins_other_settings),
        TEST(repositories),
        TEST(owners_are_sorted_and_unique),
        TEST(order_is_rank_then_name),
        TEST(names_may_have_dots),
        TEST(bad_names_and_values),
        TEST(a_key_in_the_wrong_place_is_not_repeated),
        TEST(secrets),
        TEST(routers),
        TEST(a_model_that_names_a_router),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
