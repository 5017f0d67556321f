/* Deployments of a LiteLLM configuration as providers. */
#include "support.h"

#include <string.h>

#define FILE_ "config/litellm.yaml"
#define MODEL "litellm_params: {model: openai/m, api_base: 'http://127.0.0.1:1/v1'}"
#define NS    INT64_C(1000000000)

static const char root[] = "route: {litellm_file: " FILE_ "}\nproviders: {worker: {}}\n";

/* Loads a root whose LiteLLM file this is. */
static int read_it(fixture *fx, const char *text) {
    spit(fx, "orxaq.yaml", root);
    spit(fx, FILE_, text);
    return load(fx);
}

static void read_clean(fixture *fx, const char *text) {
    spit(fx, "orxaq.yaml", root);
    spit(fx, FILE_, text);
    load_clean(fx);
}

static const orx_provider_config *named(const fixture *fx, const char *name) {
    for (size_t i = 0; i < fx->cfg->provider_count; i++)
        if (strcmp(fx->cfg->providers[i].name, name) == 0)
            return &fx->cfg->providers[i];
    fail_msg("there is no provider %s", name);
    return NULL;
}

static const char *setting(const orx_provider_config *p, const char *key) {
    return orx_node_str(orx_node_get(p->settings, key), "");
}

/* ---- What becomes of a row ------------------------------------------------------------------- */

static const char full_yaml[] =
    "model_list:\n"
    "  - model_name: coder\n"
    "    litellm_params:\n"
    "      model: openai/gpt-4o-mini\n"
    "      api_key: os.environ/SOME_KEY\n"
    "      rpm: 60\n"
    "      tpm: 100000\n"
    "      weight: 3\n"
    "      order: 1\n"
    "      max_parallel_requests: 4\n"
    "      timeout: 30\n"
    "      cooldown_time: 9\n"
    "      max_tokens: 2048\n"
    "      input_cost_per_token: 0.00000015\n"
    "      output_cost_per_token: 6e-07\n"
    "    model_info: {id: hosted, max_input_tokens: 128000}\n"
    "  - model_name: coder\n"
    "    litellm_params: {model: lm_studio/qwen/q3, api_base: \"http://127.0.0.1:1234\"}\n"
    "router_settings:\n"
    "  routing_strategy: usage-based-routing-v2\n"
    "  num_retries: 2\n"
    "  allowed_fails: 0\n"
    "  model_group_alias: {gpt-4: coder, x/y: {model: coder, hidden: true}}\n";

static const char full_json[] =
    "{\"model_list\": [\n"
    " {\"model_name\": \"coder\", \"litellm_params\": {\"model\": \"openai/gpt-4o-mini\",\n"
    "  \"api_key\": \"os.environ/SOME_KEY\", \"rpm\": 60, \"tpm\": 100000, \"weight\": 3,\n"
    "  \"order\": 1, \"max_parallel_requests\": 4, \"timeout\": 30, \"cooldown_time\": 9,\n"
    "  \"max_tokens\": 2048, \"input_cost_per_token\": 0.00000015,\n"
    "  \"output_cost_per_token\": 6e-07},\n"
    "  \"model_info\": {\"id\": \"hosted\", \"max_input_tokens\": 128000}},\n"
    " {\"model_name\": \"coder\", \"litellm_params\": {\"model\": \"lm_studio/qwen/q3\",\n"
    "  \"api_base\": \"http://127.0.0.1:1234\"}}],\n"
    " \"router_settings\": {\"routing_strategy\": \"usage-based-routing-v2\", \"num_retries\": 2,\n"
    "  \"allowed_fails\": 0, \"model_group_alias\": {\"gpt-4\": \"coder\",\n"
    "  \"x/y\": {\"model\": \"coder\", \"hidden\": true}}}}\n";

static void check_hosted(const fixture *fx) {
    const orx_provider_config *p = named(fx, "hosted");
    assert_string_equal(p->plugin, "lmstudio");
    assert_string_equal(p->model, "gpt-4o-mini");
    assert_string_equal(p->secret, "SOME_KEY");
    assert_string_equal(p->group, "coder");
    assert_string_equal(setting(p, "base_url"), "https://api.openai.com/v1");
    assert_string_equal(setting(p, "api"), "openai");
    assert_string_equal(setting(p, "first_byte_timeout"), "30s");
    assert_int_equal(orx_node_int(orx_node_get(p->settings, "max_tokens"), 0), 2048);
    assert_false(orx_node_bool(orx_node_get(p->settings, "local"), true));
    assert_int_equal(p->rpm, 60);
    assert_int_equal(p->tpm, 100000);
    assert_int_equal(p->weight, 3);
    assert_int_equal(p->tier, 1);
    assert_int_equal(p->max_parallel, 4);
    assert_int_equal(p->cooldown_ns, 9 * NS);
    assert_int_equal(p->context_tokens, 128000);
    assert_int_equal(p->input_price, 150000000);
    assert_int_equal(p->output_price, 600000000);
    assert_true(p->has_price);
}

static void check_group(const fixture *fx) {
    const orx_provider_config *first = named(fx, "hosted");
    const orx_provider_config *second = named(fx, "coder-2");
    assert_ptr_equal(orx_config_provider(fx->cfg, "coder"), first);
    assert_ptr_equal(orx_config_provider(fx->cfg, "gpt-4"), first);
    assert_ptr_equal(orx_config_provider(fx->cfg, "x-y"), first);
    assert_int_equal(second->tier, 1000000);
    assert_string_equal(second->model, "qwen/q3");
    assert_string_equal(setting(second, "base_url"), "http://127.0.0.1:1234/v1");
    assert_string_equal(setting(second, "api"), "auto");
    assert_null(second->secret);
    assert_true(second->plain_http);
    assert_int_equal(second->input_price, -1);
    assert_false(second->has_price);
    for (size_t i = 0; i < 2; i++) {
        const orx_provider_config *p = i ? second : first;
        assert_int_equal(p->strategy, ORX_STRATEGY_USAGE);
        assert_int_equal(p->max_tries, 3);
        assert_int_equal(p->allowed_fails, 1);
    }
}

static void rows_become_providers(void **state) {
    fixture *fx = *state;
    put_env("SOME_KEY", "k");
    read_clean(fx, full_yaml);
    check_hosted(fx);
    check_group(fx);
    assert_int_equal(fx->cfg->provider_count, 3);
    assert_string_equal(named(fx, "hosted")->where, FILE_ ":2:17");
    assert_string_equal(named(fx, "worker")->where, "orxaq.yaml:2:13");
    assert_string_equal(origin(fx, "providers.hosted.rpm"), FILE_ ":6:12");
    assert_string_equal(orx_config_secret(fx->cfg, named(fx, "hosted")), "k");
}

static void json_says_the_same(void **state) {
    fixture *fx = *state;
    put_env("SOME_KEY", "k");
    spit(fx, "config/swarm.json", full_json);
    spit(fx, "orxaq.yaml", "route: {litellm_file: config/swarm.json}\nproviders: {worker: {}}\n");
    load_clean(fx);
    check_hosted(fx);
    check_group(fx);
    assert_string_equal(named(fx, "hosted")->where, "config/swarm.json:2:17");
}

static void nothing_is_read_unless_it_is_named(void **state) {
    fixture *fx = *state;
    spit(fx, "config/litellm_swarm_router.json", full_json);
    spit(fx, "orxaq.yaml", "providers: {worker: {}}\n");
    load_clean(fx);
    assert_int_equal(fx->cfg->provider_count, 1);
}

/* ---- Addresses, models and keys -------------------------------------------------------------- */

static void whose_api_it_is(void **state) {
    static const struct {
        const char *params;
        const char *base;
        const char *model;
        const char *secret; /* NULL = none */
    } cases[] = {
        {"model: gpt-4o", "https://api.openai.com/v1", "gpt-4o", "OPENAI_API_KEY"},
        {"model: openai/openai/gpt-oss", "https://api.openai.com/v1", "openai/gpt-oss",
         "OPENAI_API_KEY"},
        {"model: anthropic/claude-3, api_base: 'https://api.anthropic.com'",
         "https://api.anthropic.com/v1", "claude-3", "ANTHROPIC_API_KEY"},
        {"model: gemini/flash, api_base: 'https://generativelanguage.googleapis.com'",
         "https://generativelanguage.googleapis.com/v1beta/openai", "flash", "GEMINI_API_KEY"},
        {"model: gemini/flash, api_base: 'https://generativelanguage.googleapis.com/v1beta'",
         "https://generativelanguage.googleapis.com/v1beta/openai", "flash", "GEMINI_API_KEY"},
        {"model: qwen/coder, api_base: 'http://10.0.0.1:1234'", "http://10.0.0.1:1234/v1",
         "qwen/coder", NULL},
        {"model: qwen/coder, custom_llm_provider: openai, api_base: 'https://a.b/x/'",
         "https://a.b/x", "qwen/coder", NULL},
        {"model: openai/m, api_base: 'https://a.b/v1/chat/completions'", "https://a.b/v1", "m",
         NULL},
        {"model: m, api_base: os.environ/THE_BASE", "https://from.env/v1", "m", NULL},
        {"model: openai/m, api_base: 'https://a.b/v1', api_key_env: K", "https://a.b/v1", "m", "K"},
    };
    fixture *fx = *state;
    put_env("THE_BASE", "https://from.env/v1");
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        read_clean(fx, orx_arena_printf(&fx->arena,
                                        "model_list:\n- model_name: g\n  litellm_params: {%s}\n",
                                        cases[i].params));
        const orx_provider_config *p = named(fx, "g");
        assert_string_equal(setting(p, "base_url"), cases[i].base);
        assert_string_equal(p->model, cases[i].model);
        if (cases[i].secret)
            assert_string_equal(p->secret, cases[i].secret);
        else
            assert_null(p->secret);
    }
}

static void a_key_in_the_file_works_and_is_shown_nowhere(void **state) {
    fixture *fx = *state;
    assert_ok(read_it(fx, "model_list:\n"
                          "- model_name: g\n"
                          "  litellm_params: {model: openai/m, api_key: sk-very-secret}\n"),
              &fx->err);
    const orx_provider_config *p = named(fx, "g");
    assert_string_equal(orx_config_secret(fx->cfg, p), "sk-very-secret");
    expect_diag(fx, ORX_DIAG_WARNING, FILE_ ":3:46", "the key itself stands here");
    for (const orx_diag *d = fx->diags.first; d; d = d->next)
        assert_null(strstr(d->text, "sk-very"));
    const orx_config_value *v;
    for (size_t i = 0; (v = orx_config_value_at(fx->cfg, i)); i++)
        assert_null(strstr(shown(fx, v->path), "sk-very"));
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *const *env = NULL;
    const orx_child_env other = {.provider = named(fx, "worker")};
    assert_ok(orx_config_env_for_child(fx->cfg, &other, &arena, &env, &fx->err), &fx->err);
    for (size_t i = 0; env[i]; i++)
        assert_null(strstr(env[i], "sk-very"));
}

/* ---- What is said of groups ------------------------------------------------------------------ */

#define TWO                                                                                        \
    "model_list:\n- {model_name: a, " MODEL "}\n- {model_name: b/c, " MODEL                        \
    "}\n- {model_name: b/c, " MODEL "}\n"

static void expect_list(const orx_strings *list, const char *first, const char *second) {
    assert_int_equal(list->count, second ? 2 : first ? 1 : 0);
    if (first)
        assert_string_equal(list->items[0], first);
    if (second)
        assert_string_equal(list->items[1], second);
}

static void lists_name_the_deployments_of_groups(void **state) {
    fixture *fx = *state;
    read_clean(fx, TWO "litellm_settings:\n"
                       "  fallbacks: [{a: [worker, b/c]}]\n"
                       "  default_fallbacks: [a]\n"
                       "router_settings:\n"
                       "  context_window_fallbacks: [{al: [b/c]}]\n"
                       "  content_policy_fallbacks: [{\"*\": [b/c]}]\n"
                       "  model_group_alias: {al: a}\n");
    const orx_provider_config *a = named(fx, "a");
    const orx_provider_config *b = named(fx, "b-c");
    assert_int_equal(a->fallbacks.count, 3);
    assert_string_equal(a->fallbacks.items[0], "worker");
    assert_string_equal(a->fallbacks.items[2], "b-c-2");
    expect_list(&b->fallbacks, "a", NULL);
    expect_list(&a->context_fallbacks, "b-c", "b-c-2");
    expect_list(&b->context_fallbacks, NULL, NULL);
    expect_list(&a->content_fallbacks, "b-c", "b-c-2");
    expect_list(&b->content_fallbacks, NULL, NULL);
    expect_list(&named(fx, "b-c-2")->fallbacks, NULL, NULL);
}

static void strategies_have_their_names(void **state) {
    static const struct {
        const char *word;
        orx_strategy strategy;
    } cases[] = {{"simple-shuffle", ORX_STRATEGY_SHUFFLE},
                 {"least-busy", ORX_STRATEGY_LEAST_BUSY},
                 {"latency-based-routing", ORX_STRATEGY_LATENCY},
                 {"cost-based-routing", ORX_STRATEGY_COST},
                 {"usage-based-routing", ORX_STRATEGY_USAGE}};
    fixture *fx = *state;
    read_clean(fx, TWO);
    assert_int_equal(named(fx, "a")->strategy, ORX_STRATEGY_SHUFFLE);
    assert_int_equal(named(fx, "worker")->strategy, ORX_STRATEGY_INHERIT);
    assert_int_equal(orx_config_strategy(fx->cfg, named(fx, "a")), ORX_STRATEGY_SHUFFLE);
    assert_int_equal(orx_config_strategy(fx->cfg, named(fx, "worker")), ORX_STRATEGY_ORDER);
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        read_clean(fx, orx_arena_printf(&fx->arena, TWO "router_settings: {routing_strategy: %s}\n",
                                        cases[i].word));
        assert_int_equal(named(fx, "b-c-2")->strategy, cases[i].strategy);
    }
}

static void cooldowns(void **state) {
    static const struct {
        const char *settings;
        int64_t ns;
    } cases[] = {{"cooldown_time: 60", 60 * NS},
                 {"cooldown_time: 1, retry_after: 3", 3 * NS},
                 {"cooldown_time: 0", 1000000},
                 {"cooldown_time: 9, disable_cooldowns: true", 1000000},
                 {"disable_cooldowns: false", 0}};
    fixture *fx = *state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        read_clean(fx,
                   orx_arena_printf(&fx->arena, TWO "router_settings: {%s}\n", cases[i].settings));
        assert_int_equal(named(fx, "a")->cooldown_ns, cases[i].ns);
    }
}

/* Half a price is none. */
static void a_price_has_two_halves(void **state) {
    fixture *fx = *state;
    read_clean(fx, "model_list:\n"
                   "- {model_name: g, litellm_params: {model: gpt-4o, input_cost_per_token: 0}}\n");
    assert_int_equal(named(fx, "g")->input_price, 0);
    assert_false(named(fx, "g")->has_price);
}

static void weights_may_have_fractions(void **state) {
    fixture *fx = *state;
    read_clean(fx, "model_list:\n"
                   "- {model_name: g, litellm_params: {model: gpt-4o, weight: 0.25}}\n"
                   "- {model_name: g, litellm_params: {model: gpt-4o, weight: 2}}\n");
    assert_int_equal(named(fx, "g")->weight, 250);
    assert_int_equal(named(fx, "g-2")->weight, 2000);
}

static void what_litellm_has_no_words_for(void **state) {
    fixture *fx = *state;
    read_clean(
        fx, "model_list:\n"
            "- model_name: a\n"
            "  " MODEL "\n"
            "  model_info: {orxaq: {repo: test, strategy: priority, settings: {api: openai}}}\n");
    const orx_provider_config *p = named(fx, "a");
    assert_string_equal(p->repo, fx->cfg->repos.test);
    assert_int_equal(p->strategy, ORX_STRATEGY_PRIORITY);
    assert_string_equal(setting(p, "api"), "openai");
    assert_string_equal(setting(p, "base_url"), "http://127.0.0.1:1/v1");
    assert_string_equal(origin(fx, "providers.a.repo"), FILE_ ":4:30");
}

/* ---- What is wrong --------------------------------------------------------------------------- */

#define ROW "model_list:\n- model_name: g\n  litellm_params: {model: gpt-4o, "

static void bad_files(void **state) {
    static const struct {
        const char *text;
        const char *where; /* behind the name of the file */
        const char *part;
    } cases[] = {
        {"", "", "the file says nothing"},
        {"[1]\n", ":1:1", "expected an object"},
        {"model_list: 3\n", ":1:13", "model_list: expected a list"},
        {"model_list: []\n", ":1:13", "model_list: expected a list"},
        {"router_settings: {}\n", ":1:1", "model_list: expected a list"},
        {"model_list: [x]\n", ":1:14", "model_list[0]: expected an object with a model_name"},
        {"model_list: [{model_name: g}]\n", ":1:14", "litellm_params: expected an object"},
        {"model_list: [{model_name: 3, " MODEL "}]\n", ":1:27", "model_name"},
        {ROW "input_cost_per_token: -0.1}\n", ":3:57", "expected a number from 0 to"},
        {ROW "input_cost_per_token: .nan}\n", ":3:57", "number"},
        {ROW "output_cost_per_token: 1}\n", ":3:58", "found 1"},
        {ROW "rpm: -1}\n", ":3:40", "providers.g.rpm: expected"},
        {ROW "rpm: many}\n", ":3:40", "providers.g.rpm: expected"},
        {ROW "weight: -1}\n", ":3:43", "weight: expected a number"},
        {ROW "timeout: soon}\n", ":3:44", "timeout: expected a number"},
        {ROW "cooldown_time: 99999999}\n", ":3:50", "cooldown_time: expected a number"},
        {ROW "api_base: 'ftp://x'}\n", ":3:45", "expected an address"},
        {ROW "api_base: 'https://key@host/v1'}\n", ":3:45", "expected an address"},
        {ROW "api_base: os.environ/NOT_SET}\n", ":3:45", "the variable is not set"},
        {ROW "api_key: 7}\n", ":3:44", "expected a text"},
        {ROW "api_key_env: PATH}\n", ":3:48", "given to every process"},
        {"model_list: [{model_name: g, litellm_params: {model: unheard-of}}]\n", ":1:54",
         "expected the address of its API"},
        {TWO "router_settings: {routing_strategy: fastest}\n", ":5:37", "routing_strategy"},
        {TWO "router_settings: {fallbacks: [{a: [d/c]}]}\n", ":5:36",
         "has no group \"d/c\"; did you mean b/c?"},
        {TWO "router_settings: {fallbacks: [{z: [a]}]}\n", ":5:35", "has no group \"z\""},
        {TWO "router_settings: {fallbacks: {a: [b/c]}}\n", ":5:30", "expected a list like"},
        {TWO "router_settings: {fallbacks: [{a: [7]}]}\n", ":5:35", "list of model_names"},
        {TWO "router_settings: {model_group_alias: {x: y}}\n", ":5:42", "has no group \"y\""},
        {TWO "router_settings: {model_group_alias: {a: b/c}}\n", ":5:42", "the name of a group"},
        {"model_list: [{model_name: a, " MODEL ", model_info: {orxaq: {rpo: test}}}]\n", ":1:126",
         "found \"rpo\""},
        {"model_list: [{model_name: a, " MODEL ", model_info: {orxaq: {max_steps: 0}}}]\n",
         ":1:132", "providers.a.max_steps"},
        {"model_list: [{model_name: a, " MODEL ", model_info: {orxaq: 3}}]\n", ":1:120",
         "expected an object"},
        {TWO "router_settings: {num_retries: -1}\n", ":5:32", "num_retries"},
        {TWO "router_settings: 7\n", ":5:18", "router_settings: expected an object"},
        {"model_list: [{model_name: worker, " MODEL "}]\n", ":1:27",
         "the owner worker belongs to the provider worker already"},
    };
    fixture *fx = *state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        assert_int_equal(read_it(fx, cases[i].text), ORX_E_INVALID);
        expect_diag(fx, ORX_DIAG_ERROR, orx_arena_printf(&fx->arena, FILE_ "%s", cases[i].where),
                    cases[i].part);
    }
}

static void what_is_only_warned_about(void **state) {
    static const struct {
        const char *text;
        const char *where;
        const char *part;
    } cases[] = {
        {TWO "router_settings: {redis_host: x}\n", ":5:19", "nothing here looks at \"redis_host\""},
        {ROW "drop_params: true}\n- model_name: g\n  litellm_params: {model: gpt-4o, "
             "drop_params: false}\n",
         ":3:35", "nothing here looks at \"drop_params\""},
        {TWO "- {model_name: d, litellm_params: {model: azure/x, api_base: 'https://a.b'}}\n",
         ":5:43", "is left out: its vendor's API"},
        {TWO "- {model_name: 'x/*', litellm_params: {model: 'x/*'}}\n", ":5:47",
         "a pattern names no model"},
        {TWO "- {model_name: e, litellm_params: {model: gpt-4o}, model_info: {mode: embedding}}\n",
         ":5:71", "mode is not chat"},
        {TWO "router_settings: {fallbacks: [{a: [b/c]}, {b/c: [a]}]}\n", ":5:50",
         "fallbacks go in a circle: b/c and a"},
        {TWO "router_settings: {context_window_fallbacks: [{a: [a]}]}\n", ":5:51",
         "a stands in for itself"},
        {TWO "- {model_name: d, litellm_params: {model: azure/x}}\n"
             "router_settings: {fallbacks: [{a: [d]}]}\n",
         ":6:36", "all of the group is left out"},
    };
    fixture *fx = *state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        assert_ok(read_it(fx, cases[i].text), &fx->err);
        expect_diag(fx, ORX_DIAG_WARNING, orx_arena_printf(&fx->arena, FILE_ "%s", cases[i].where),
                    cases[i].part);
    }
}

/* Ten thousand are refused, at the first that is one too many; 256 are not. */
static void very_many(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_adds(&text, "model_list:\n");
    for (int i = 0; i < 256; i++)
        orx_str_addf(&text, "- {model_name: m%d, litellm_params: {model: gpt-4o}}\n", i);
    read_clean(fx, orx_str_cstr(&text));
    assert_int_equal(fx->cfg->provider_count, 257);
    for (int i = 256; i < 10000; i++)
        orx_str_addf(&text, "- {model_name: m%d, litellm_params: {model: gpt-4o}}\n", i);
    assert_int_equal(read_it(fx, orx_str_cstr(&text)), ORX_E_INVALID);
    expect_diag(fx, ORX_DIAG_ERROR, FILE_ ":258:3", "10000 deployments are more than 256");
}

static void a_file_that_is_missing(void **state) {
    fixture *fx = *state;
    spit(fx, "orxaq.yaml", root);
    assert_int_equal(load(fx), ORX_E_INVALID);
    expect_diag(fx, ORX_DIAG_ERROR, "orxaq.yaml:1:23", "there is no " FILE_);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(rows_become_providers),
        TEST(json_says_the_same),
        TEST(nothing_is_read_unless_it_is_named),
        TEST(whose_api_it_is),
        TEST(a_key_in_the_file_works_and_is_shown_nowhere),
        TEST(lists_name_the_deployments_of_groups),
        TEST(strategies_have_their_names),
        TEST(cooldowns),
        TEST(a_price_has_two_halves),
        TEST(weights_may_have_fractions),
        TEST(what_litellm_has_no_words_for),
        TEST(bad_files),
        TEST(what_is_only_warned_about),
        TEST(very_many),
        TEST(a_file_that_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
