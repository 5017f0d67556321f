/* The endpoints of local-only mode: which there are, what they are like, how much they may answer.
 */
#include "config/fleet_status.h"
#include "config/local.h"

#include "support.h"

#include <string.h>

#define FLEET "artifacts/autonomy/local_models/fleet_status.json"

static const char on[] = "run: {local_only: true}\n";

/* "codex@a-1 codex@b-2": what stands for whom, in order. */
static const char *pool(fixture *fx) {
    orx_str text = {0};
    for (size_t i = 0; i < fx->cfg->provider_count; i++)
        if (fx->cfg->providers[i].stands_for)
            orx_str_addf(&text, "%s%s", text.len ? " " : "", fx->cfg->providers[i].name);
    const char *kept = orx_arena_dup(&fx->arena, orx_str_view(&text));
    orx_str_free(&text);
    return kept;
}

static const orx_provider_config *first(const fixture *fx) {
    for (size_t i = 0; i < fx->cfg->provider_count; i++)
        if (fx->cfg->providers[i].stands_for)
            return &fx->cfg->providers[i];
    fail_msg("there is no endpoint");
    return NULL;
}

static const char *setting(const fixture *fx, const char *path) {
    return orx_node_str(orx_node_path(first(fx)->settings, path), "(none)");
}

static void there_are_none_unless_it_is_on(void **state) {
    fixture *fx = *state;
    load_clean(fx);
    assert_int_equal(fx->cfg->provider_count, 3);
    load_yaml(fx,
              "run: {local_only: true}\nproviders: {a: {plugin: claude}, b: {plugin: lmstudio}}\n");
    assert_string_equal(pool(fx), "");
    load_yaml(fx, "run: {local_only: true}\nproviders: {codex: {enabled: false}, a: {}}\n");
    assert_string_equal(pool(fx), "");
    load_yaml(fx, "run: {local_only: true}\n"
                  "providers: {codex: {settings: {base_url: 'http://10.0.0.1/v1'}}}\n");
    assert_string_equal(pool(fx), "");
}

/* [K] The list, the single one, whose default is always there, the fleet. */
static void addresses_in_order_each_once(void **state) {
    fixture *fx = *state;
    load_yaml(fx, on);
    assert_string_equal(pool(fx), "codex@127.0.0.1-1234");
    spit(fx, ".env.autonomy",
         "ORXAQ_LOCAL_OPENAI_BASE_URLS=http://den.local/v1/, http://[fd00::2]:8/v1,"
         "http://den.local/v1,,http://den.local/other\n");
    load_yaml(fx, on);
    assert_string_equal(pool(fx), "codex@den.local-80 codex@-fd00--2--8 codex@den.local-80-2 "
                                  "codex@127.0.0.1-1234");
    spit(fx, ".env.autonomy", "ORXAQ_LOCAL_OPENAI_BASE_URL=http://gpu:9\n");
    load_yaml(fx, on);
    assert_string_equal(pool(fx), "codex@gpu-9");
    assert_string_equal(setting(fx, "base_url"), "http://gpu:9");
}

static void the_fleet_comes_behind(void **state) {
    fixture *fx = *state;
    spit(fx, FLEET,
         "{\"probe\": {\"endpoints\": [{\"id\": \"x\", \"base_url\": \"http://10.0.0.7:1/v1\"},"
         " {\"base_url\": \"http://127.0.0.1:1234/v1\"}, {\"base_url\": 5}, 7]}}");
    load_yaml(fx, on);
    assert_string_equal(pool(fx), "codex@127.0.0.1-1234 codex@10.0.0.7-1");
    load_yaml(fx, "run: {local_only: true}\nlocal: {include_fleet: false}\n");
    assert_string_equal(pool(fx), "codex@127.0.0.1-1234 codex@10.0.0.7-1");
    load_yaml(fx,
              "run: {local_only: true}\nlocal: {include_fleet: false, base_url: 'http://a:1'}\n");
    assert_string_equal(pool(fx), "codex@a-1");
    spit(fx, FLEET, "[");
    spit(fx, "orxaq.yaml", on);
    assert_int_equal(load(fx), 0);
    expect_diag(fx, ORX_DIAG_WARNING, FLEET, "");
    assert_string_equal(pool(fx), "codex@127.0.0.1-1234");
}

static void an_address_elsewhere_is_left_out(void **state) {
    fixture *fx = *state;
    spit(fx, "orxaq.yaml",
         "run: {local_only: true}\n"
         "local: {base_urls: ['https://api.openai.com/v1', 'http://a:1']}\n");
    assert_int_equal(load(fx), 0);
    expect_diag(fx, ORX_DIAG_WARNING, "orxaq.yaml:2:20",
                "local.base_urls: https://api.openai.com/v1 is not used");
    assert_string_equal(pool(fx), "codex@a-1 codex@127.0.0.1-1234");
    spit(fx, "orxaq.yaml",
         "run: {local_only: true}\nproviders: {codex: {}}\n"
         "local: {base_url: 'https://api.openai.com/v1'}\n");
    assert_int_equal(load(fx), 0);
    assert_string_equal(pool(fx), "");
    assert_int_equal(orx_config_local_check(fx->cfg, &fx->err), ORX_E_INVALID);
    assert_contains(fx->err.msg, "local.base_urls");
}

static int64_t calls_at_once(fixture *fx, const char *config) {
    load_yaml(fx, orx_arena_printf(&fx->arena, "%s%s", on, config));
    return first(fx)->max_parallel;
}

/* The least of what the server takes and of what is configured. */
static void case_79_a_server_takes_so_many_calls(void **state) {
    fixture *fx = *state;
    static const char scanned[] =
        "{\"probe\": {\"endpoints\": [{\"base_url\": \"http://127.0.0.1:1234/v1\","
        " \"max_parallel\": 4}]}, \"capability_scan\": {\"summary\": {\"by_endpoint\": {\"x\":"
        " {\"base_url\": \"http://127.0.0.1:1234/v1\", \"recommended_parallel\": 2}}}}}";
    assert_int_equal(calls_at_once(fx, ""), 0);
    spit(fx, FLEET,
         "{\"probe\": {\"endpoints\": [{\"base_url\": \"http://127.0.0.1:1234/v1\","
         " \"max_parallel\": 4}]}}");
    assert_int_equal(calls_at_once(fx, ""), 4);
    spit(fx, FLEET, scanned);
    assert_int_equal(calls_at_once(fx, ""), 2);
    assert_int_equal(calls_at_once(fx, "providers: {codex: {max_parallel: 3}}\n"), 2);
    assert_int_equal(calls_at_once(fx, "providers: {codex: {max_parallel: 1}}\n"), 1);
    assert_int_equal(calls_at_once(fx, "route: {max_parallel: 1}\n"), 0);
}

static void what_an_endpoint_is_like(void **state) {
    fixture *fx = *state;
    put_env("ORXAQ_LOCAL_OPENAI_API_KEY", "sk-local");
    load_yaml(fx, "run: {local_only: true}\n"
                  "providers: {codex: {model: m, models: [n], repo: test, timeout: 5m, relay: true,"
                  " owners: [dev], settings: {program: /x}}, other: {}}\n");
    const orx_provider_config *e = first(fx);
    assert_string_equal(e->stands_for, "codex");
    assert_string_equal(e->plugin, "lmstudio");
    assert_string_equal(e->model, "m");
    assert_int_equal(e->models.count, 1);
    assert_string_equal(e->repo, fx->cfg->repos.test);
    assert_int_equal(e->timeout_ns, INT64_C(300000000000));
    assert_int_equal(e->sandbox, ORX_SANDBOX_HOST);
    assert_int_equal(e->env_pass.count, 0);
    assert_int_equal(e->owners.count, 0);
    assert_false(e->relay);
    assert_true(e->plain_http);
    assert_true(orx_config_is_local(e));
    assert_string_equal(e->secret, "ORXAQ_LOCAL_OPENAI_API_KEY");
    assert_string_equal(setting(fx, "program"), "(none)");
    assert_string_equal(setting(fx, "headers.authorization"), "(none)");
    /* Tasks are the owner's, not the endpoint's. */
    assert_string_equal(orx_config_provider(fx->cfg, "dev")->name, "codex");
    for (const char *const *o = orx_config_owners(fx->cfg); *o; o++)
        assert_null(strchr(*o, '@'));
}

/* [K] */
static void without_a_key_they_get_a_word(void **state) {
    fixture *fx = *state;
    load_yaml(fx, on);
    assert_null(first(fx)->secret);
    assert_string_equal(setting(fx, "headers.authorization"), "Bearer lm-studio");
}

static int64_t tokens(fixture *fx, const char *local, const char *url, int64_t context) {
    load_yaml(fx, orx_arena_printf(&fx->arena, "local: {%s}\n", local));
    return orx_config_answer_tokens(fx->cfg, url, context);
}

static void a62_case_89_how_much_an_endpoint_may_answer(void **state) {
    fixture *fx = *state;
    static const char url[] = "http://192.168.50.86:1234/v1";
    assert_int_equal(tokens(fx, "", url, 0), 4096);
    assert_int_equal(tokens(fx,
                            "max_tokens: 1024, max_tokens_by_endpoint: '192.168.50.86:1234=3072'",
                            url, 100000),
                     3072);
    assert_int_equal(tokens(fx, "max_tokens: 512, context_fraction: 0.5", url, 4096), 2048);
    assert_int_equal(tokens(fx, "max_tokens: 512, context_fraction: 0.001", url, 10000), 1000);
    assert_int_equal(tokens(fx, "max_tokens: 512, context_fraction: 7", url, 4096), 3891);
    assert_int_equal(tokens(fx, "max_tokens: 9000", url, 4096), 3891);
    assert_int_equal(tokens(fx, "max_tokens: 3000, context_fraction: 0.5", url, 4096), 3000);
    assert_int_equal(tokens(fx, "max_tokens: 512, dynamic_max_tokens: false", url, 4096), 512);
}

static void single_endpoints_in_two_ways(void **state) {
    fixture *fx = *state;
    static const char items[] = "max_tokens_by_endpoint: 'a:1=100; B.local:80=200 c:1=x,d:1=9'";
    assert_int_equal(tokens(fx, items, "http://a:1/v1", 0), 100);
    assert_int_equal(tokens(fx, items, "http://b.local/v1", 0), 200);
    assert_int_equal(tokens(fx, items, "http://c:1/v1", 0), 4096);
    assert_int_equal(tokens(fx, items, "http://d:1/v1", 0), 64);
    assert_int_equal(tokens(fx, items, "http://a:2/v1", 0), 4096);
    static const char object[] =
        "max_tokens_by_endpoint: '{\"a:1\": 100, \"b:1\": -5, \"c:1\": \"x\"}'";
    assert_int_equal(tokens(fx, object, "http://a:1/v1", 0), 100);
    assert_int_equal(tokens(fx, object, "http://b:1/v1", 0), 4096);
    assert_int_equal(tokens(fx, object, "http://c:1/v1", 0), 4096);
    assert_int_equal(tokens(fx, "max_tokens_by_endpoint: '{'", "http://a:1/v1", 0), 4096);
}

/* 57: of what is configured, measured and set for the owner the smallest holds. */
static void r57_an_endpoint_takes_no_more_than_it_can(void **state) {
    static const struct {
        const char *set;
        const char *probe;
        const char *scan;
        int64_t most;
    } cases[] = {
        {"", "\"max_parallel\": 4", "\"recommended_parallel\": 2", 2},
        {"", "\"max_parallel\": 1", "\"recommended_parallel\": 2", 1},
        {"max_parallel: 3", "\"max_parallel\": 8", "\"recommended_parallel\": 5", 3},
        {"max_parallel: 3", "\"max_parallel\": 8", "\"recommended_parallel\": 2", 2},
        {"max_parallel: 3", "\"ok\": true", "\"recommended_parallel\": 0", 3},
        {"", "\"ok\": true", "\"recommended_parallel\": \"x\"", 0},
    };
    fixture *fx = *state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        ORX_CLEANUP(orx_str_free) orx_str fleet = {0};
        ORX_CLEANUP(orx_str_free) orx_str yaml = {0};
        orx_str_addf(
            &fleet,
            "{\"probe\": {\"endpoints\": [{\"base_url\": \"http://10.0.0.1:1/v1\", %s}]},"
            " \"capability_scan\": {\"endpoints\": [{\"base_url\": \"http://10.0.0.1:1/v1\","
            " %s}]}}",
            cases[i].probe, cases[i].scan);
        orx_str_addf(&yaml,
                     "run: {local_only: true}\nlocal: {base_urls: ['http://10.0.0.1:1/v1']}\n"
                     "providers: {codex: {%s}}\n",
                     cases[i].set);
        spit(fx, FLEET, orx_str_cstr(&fleet));
        load_yaml(fx, orx_str_cstr(&yaml));
        assert_int_equal(first(fx)->max_parallel, cases[i].most);
    }
}

static void what_the_fleet_knows(void **state) {
    fixture *fx = *state;
    orx_fleet_status s = {0};
    spit(fx, "f",
         "{\"probe\": {\"endpoints\": [{\"base_url\": \"http://A:1/v1\", \"ok\": false},"
         " {\"base_url\": \"http://b:1\", \"ok\": true}]}, \"capability_scan\": {\"summary\":"
         " {\"by_endpoint\": {\"x\": {\"base_url\": \"http://b:1/v1\","
         " \"max_context_tokens_success\": 4096, \"recommended_parallel\": 2}}}, \"endpoints\": "
         "[{\"base_url\": \"http://c:1\","
         " \"max_context_tokens_success\": -1}]}}");
    assert_ok(orx_fleet_status_read(fx->p, in_root(fx, "f"), &fx->arena, &s, &fx->err), &fx->err);
    assert_int_equal(s.count, 3);
    assert_true(orx_fleet_find(&s, "http://a:1")->sick);
    assert_false(orx_fleet_find(&s, "http://b:1/v1")->sick);
    assert_int_equal(orx_fleet_find(&s, "http://b:1/v1")->context_tokens, 4096);
    assert_int_equal(orx_fleet_find(&s, "http://b:1/v1")->parallel, 2);
    assert_int_equal(orx_fleet_find(&s, "http://c:1")->parallel, 0);
    assert_int_equal(orx_fleet_find(&s, "http://c:1")->context_tokens, 0);
    assert_null(orx_fleet_find(&s, "http://a:2"));
    assert_null(orx_fleet_find(&s, ""));
    assert_ok(orx_fleet_status_read(fx->p, in_root(fx, "none"), &fx->arena, &s, &fx->err),
              &fx->err);
    assert_int_equal(s.count, 0);
    spit(fx, "f", "[1, 2]");
    assert_ok(orx_fleet_status_read(fx->p, in_root(fx, "f"), &fx->arena, &s, &fx->err), &fx->err);
    assert_int_equal(s.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(there_are_none_unless_it_is_on),
        TEST(addresses_in_order_each_once),
        TEST(the_fleet_comes_behind),
        TEST(an_address_elsewhere_is_left_out),
        TEST(case_79_a_server_takes_so_many_calls),
        TEST(what_an_endpoint_is_like),
        TEST(without_a_key_they_get_a_word),
        TEST(a62_case_89_how_much_an_endpoint_may_answer),
        TEST(single_endpoints_in_two_ways),
        TEST(r57_an_endpoint_takes_no_more_than_it_can),
        TEST(what_the_fleet_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
