/* What a LiteLLM-shaped configuration says, and what it may not say. */
#include "fleet/endpoints.h"
#include "world.h"

typedef struct reading {
    orx_arena a;
    orx_endpoints list;
    orx_err err;
    int rc;
} reading;

static void read_text(reading *r, const char *name, const char *text) {
    const orx_endpoint_source source = {.config_path = name, .env = world_env};
    const orx_node *doc = NULL;
    *r = (reading){.err = ORX_ERR_INIT};
    assert_ok(orx_doc_parse(&r->a, name, orx_view_of(text), &orx_limits_config, &doc, &r->err),
              &r->err);
    r->rc = orx_endpoints_read(&source, doc, &r->a, &r->list, &r->err);
}

static void reading_free(reading *r) {
    orx_vec_free(&r->list);
    orx_arena_free(&r->a);
}

/* One row with these params. */
static void read_params(reading *r, const char *params) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "{\"model_list\": [\n{\"model_name\": \"m\", \"litellm_params\": {%s}}]}",
                 params);
    read_text(r, "f.json", orx_str_cstr(&text));
}

static void what_is_left_out_has_defaults(void **state ORX_UNUSED) {
    reading r;
    read_params(&r, "\"api_base\": \" http://h:1// \"");
    assert_ok(r.rc, &r.err);
    assert_int_equal(r.list.len, 1);
    const orx_endpoint *e = &r.list.items[0];
    assert_string_equal(e->id, "openai_compatible");
    assert_string_equal(e->provider, "openai_compatible");
    assert_string_equal(e->base, "http://h:1");
    assert_string_equal(e->path, "/v1/models");
    assert_string_equal(e->auth_word, "none");
    assert_true(e->required && !e->plain_http && !e->key && !*e->key_env && !e->header_count);
    reading_free(&r);
}

static void what_is_said_is_taken(void **state ORX_UNUSED) {
    reading r;
    read_params(&r,
                "\"api_base\": \"https://h\", \"provider\": \"Claude\", \"endpoint_id\": \"c1\","
                "\"healthcheck_path\": \"x/y\", \"healthcheck_auth\": \"X-API-Key\","
                "\"api_key_env\": \"GOOD_KEY\", \"required\": \"no\", \"plain_http\": 1,"
                "\"healthcheck_headers\": {\"a\": \"b\", \"c\": \"\"}");
    assert_ok(r.rc, &r.err);
    const orx_endpoint *e = &r.list.items[0];
    assert_string_equal(e->id, "c1");
    assert_string_equal(e->provider, "claude");
    assert_string_equal(e->path, "/x/y");
    assert_string_equal(e->auth_word, "x-api-key");
    assert_int_equal(e->auth, ORX_ASK_X_KEY);
    assert_string_equal(e->key, KEY);
    assert_true(!e->required && e->plain_http);
    assert_int_equal(e->header_count, 2);
    assert_string_equal(e->headers[1].name, "c");
    assert_string_equal(e->headers[1].value, "");
    reading_free(&r);
}

static void assert_path(const char *params, const char *path) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    reading r;
    orx_str_addf(&text, "\"api_base\": \"https://h\", %s", params);
    read_params(&r, orx_str_cstr(&text));
    assert_ok(r.rc, &r.err);
    assert_string_equal(r.list.items[0].path, path);
    reading_free(&r);
}

static void gemini_has_a_path_of_its_own_when_nothing_is_said(void **state ORX_UNUSED) {
    assert_path("\"provider\": \"gemini\"", "/v1beta/models");
    assert_path("\"provider\": \"gemini\", \"healthcheck_path\": \"\"", "/v1/models");
    assert_path("\"provider\": \"openai\", \"healthcheck_path\": \"\"", "/v1/models");
}

static void assert_auth(const char *params, const char *word, const char *key) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    reading r;
    orx_str_addf(&text, "\"api_base\": \"https://h\", %s", params);
    read_params(&r, orx_str_cstr(&text));
    assert_ok(r.rc, &r.err);
    assert_string_equal(r.list.items[0].auth_word, word);
    assert_string_equal(r.list.items[0].key ? r.list.items[0].key : "(none)", key);
    reading_free(&r);
}

static void a_key_is_found_as_we_and_as_litellm_say_it(void **state ORX_UNUSED) {
    assert_auth("\"api_key_env\": \"GOOD_KEY\"", "bearer", KEY);
    assert_auth("\"api_key_env\": \"MISSING\"", "bearer", "(none)");
    assert_auth("\"api_key_env\": \"EMPTY_KEY\"", "bearer", "");
    assert_auth("\"api_key_env\": \"\"", "none", "(none)");
    assert_auth("\"api_key\": \"os.environ/GOOD_KEY\"", "bearer", KEY);
    assert_auth("\"api_key\": \"os.environ/MISSING\"", "bearer", "(none)");
    assert_auth("\"api_key\": \"sk-literal\"", "bearer", "sk-literal");
    assert_auth("\"api_key\": \"sk-literal\", \"api_key_env\": \"GOOD_KEY\"", "bearer", KEY);
    assert_auth("\"api_key_env\": \"GOOD_KEY\", \"healthcheck_auth\": \"none\"", "none", KEY);
}

/* As people write them for LiteLLM: block YAML, comments, and sections that are not for us. */
static void a_block_yaml_of_litellm_is_read(void **state ORX_UNUSED) {
    static const char text[] = "# the swarm\n"
                               "model_list:\n"
                               "  - model_name: coder        # a group of two\n"
                               "    litellm_params:\n"
                               "      model: openai/qwen2.5-coder-32b\n"
                               "      api_base: http://192.168.50.86:1234/v1\n"
                               "      api_key: os.environ/GOOD_KEY\n"
                               "      rpm: 60\n"
                               "      weight: 2\n"
                               "    model_info:\n"
                               "      id: node-1\n"
                               "  - model_name: coder\n"
                               "    litellm_params:\n"
                               "      model: openai/qwen2.5-coder-32b\n"
                               "      api_base: \"http://192.168.50.91:1234/v1\"\n"
                               "      required: no\n"
                               "      endpoint_id: node-2\n"
                               "  - model_name: hosted\n"
                               "    litellm_params:\n"
                               "      model: claude-3-7-sonnet-latest\n"
                               "router_settings:\n"
                               "  routing_strategy: simple-shuffle\n"
                               "  fallbacks: [{coder: [hosted]}]\n"
                               "litellm_settings:\n"
                               "  num_retries: 3\n";
    world w;
    world_open(&w);
    const orx_endpoint_source source = {.config_path = "f.yaml", .env = world_env};
    orx_endpoints list = {0};
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_endpoints_read(&source, world_doc(&w, "f.yaml", text), &w.a, &list, &err), &err);
    assert_int_equal(list.len, 2);
    assert_string_equal(list.items[0].id, "node-2");
    assert_string_equal(list.items[0].base, "http://192.168.50.91:1234/v1");
    assert_false(list.items[0].required);
    assert_string_equal(list.items[1].base, "http://192.168.50.86:1234/v1");
    assert_string_equal(list.items[1].key, KEY);
    assert_true(list.items[1].required);
    assert_string_equal(orx_node_str(orx_node_at(list.items[1].models, 0), ""), "coder");
    orx_vec_free(&list);
    world_close(&w);
}

static void rows_of_one_endpoint_are_one(void **state ORX_UNUSED) {
    static const char text[] =
        "model_list:\n"
        "  - {model_name: b, litellm_params: {api_base: 'http://h/', endpoint_id: z}}\n"
        "  - {model_name: a, litellm_params: {api_base: 'http://h', endpoint_id: z}}\n"
        "  - {model_name: b, litellm_params: {api_base: 'http://h', endpoint_id: z}}\n"
        "  - {model_name: c, litellm_params: {api_base: 'http://h', endpoint_id: z, required: "
        "false}}\n"
        "  - {model_name: d, litellm_params: {api_base: 'http://h', endpoint_id: a}}\n"
        "  - {model_name: e, litellm_params: {model: gpt}}\n"
        "  - {model_name: f}\n";
    reading r;
    read_text(&r, "f.yaml", text);
    assert_ok(r.rc, &r.err);
    assert_int_equal(r.list.len, 3);
    assert_string_equal(r.list.items[0].id, "a");
    const orx_endpoint *merged = &r.list.items[r.list.items[1].required ? 1 : 2];
    assert_int_equal(merged->models->count, 2);
    assert_string_equal(orx_node_str(orx_node_at(merged->models, 0), ""), "b");
    assert_string_equal(orx_node_str(orx_node_at(merged->models, 1), ""), "a");
    reading_free(&r);
}

static void assert_refused(const char *params, const char *words) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    reading r;
    orx_str_addf(&text, "\"api_base\": \"https://h\", %s", params);
    read_params(&r, orx_str_cstr(&text));
    assert_true(r.rc < 0);
    assert_contains(r.err.msg, "f.json:2: ");
    assert_contains(r.err.msg, words);
    assert_null(strstr(r.err.msg, "swordfish"));
    reading_free(&r);
}

static void what_cannot_be_meant_is_refused_with_its_line(void **state ORX_UNUSED) {
    assert_refused("\"provider\": 1", "provider is an integer; expected a string");
    assert_refused("\"required\": \"maybe\"", "required is a string; expected true or false");
    assert_refused("\"required\": []", "expected true or false");
    assert_refused("\"plain_http\": \"?\"", "plain_http");
    assert_refused("\"healthcheck_auth\": \"swordfish\"", "none, bearer, x-api-key or query-key");
    assert_refused("\"healthcheck_headers\": []", "an object of names and values");
    assert_refused("\"healthcheck_headers\": {\"X-Token\": 1}", "X-Token is an integer");
    assert_refused("\"api_key_env\": \"sk-swordfish\"", "api_key_env is no name of a variable");
    assert_refused("\"api_key\": [\"swordfish\"]", "api_key is an array; expected a string");
    assert_refused("\"endpoint_id\": \"a\\u0000b\"", "NUL");
}

static void assert_no_endpoints(const char *text, const char *words) {
    reading r;
    read_text(&r, "f.json", text);
    assert_int_equal(r.rc, ORX_E_INVALID);
    assert_contains(r.err.msg, words);
    reading_free(&r);
}

/* [F] The predecessor took these for a good state of affairs. */
static void a_file_without_endpoints_is_refused(void **state ORX_UNUSED) {
    assert_no_endpoints("[]", "model_list is missing");
    assert_no_endpoints("{}", "model_list is missing");
    assert_no_endpoints("{\"model_list\": {}}", "model_list is missing or no list");
    assert_no_endpoints("{\"model_list\": []}", "nothing to look at");
    assert_no_endpoints("{\"model_list\": [{\"model_name\": \"m\"}]}", "nothing to look at");
    assert_no_endpoints("{\"model_list\": [7]}", "a row of model_list is an integer");
    assert_no_endpoints("{\"model_list\": [{\"litellm_params\": []}]}",
                        "litellm_params is an array");
}

static void there_are_limits(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    reading r;
    orx_str_adds(&text, "{\"model_list\": [");
    for (int i = 0; i <= ORX_ASK_COUNT_MAX; i++)
        orx_str_addf(&text, "%s{\"litellm_params\": {\"api_base\": \"http://h:%d\"}}",
                     i ? ",\n" : "", i + 1);
    orx_str_adds(&text, "]}");
    read_text(&r, "f.json", orx_str_cstr(&text));
    assert_int_equal(r.rc, ORX_E_LIMIT);
    assert_contains(r.err.msg, "more than 1000 endpoints");
    reading_free(&r);
    orx_str_clear(&text);
    orx_str_adds(&text, "\"api_base\": \"http://h\", \"healthcheck_headers\": {\"h\": \"v\"");
    for (int i = 0; i < ORX_ASK_HEADERS_MAX; i++)
        orx_str_addf(&text, ", \"h%d\": \"v\"", i);
    orx_str_adds(&text, "}");
    read_params(&r, orx_str_cstr(&text));
    assert_int_equal(r.rc, ORX_E_LIMIT);
    assert_contains(r.err.msg, "more than 16 headers");
    reading_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_out_has_defaults),
        cmocka_unit_test(what_is_said_is_taken),
        cmocka_unit_test(gemini_has_a_path_of_its_own_when_nothing_is_said),
        cmocka_unit_test(a_key_is_found_as_we_and_as_litellm_say_it),
        cmocka_unit_test(a_block_yaml_of_litellm_is_read),
        cmocka_unit_test(rows_of_one_endpoint_are_one),
        cmocka_unit_test(what_cannot_be_meant_is_refused_with_its_line),
        cmocka_unit_test(a_file_without_endpoints_is_refused),
        cmocka_unit_test(there_are_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
