/* What `config show` prints: every value as text and as a document node. */
#include "data/json.h"
#include "data/yaml.h"

#include "support.h"

#include <string.h>

static const char *json(fixture *fx, const char *path) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_json_write(&text, orx_config_value_node(orx_config_get(fx->cfg, path), &fx->arena),
                   ORX_JSON_OURS);
    return orx_arena_strdup(&fx->arena, orx_str_cstr(&text));
}

static void every_type_as_a_node(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "lane: l\nrecovery: off\nenv_pass: [A]\n"
                  "providers: {x: {settings: {n: 1, deep: {a: [true, null]}}, secret: K}}\n");
    assert_string_equal(json(fx, "version"), "1");
    assert_string_equal(json(fx, "lane"), "\"l\"");
    assert_string_equal(json(fx, "recovery"), "\"off\"");
    assert_string_equal(json(fx, "env_pass"), "[\"A\"]");
    assert_string_equal(json(fx, "run.continuous"), "false");
    assert_string_equal(json(fx, "run.execution_profile"), "\"high\"");
    assert_string_equal(json(fx, "run.router"), "null");
    assert_string_equal(json(fx, "retry.flat_delay"), "null");
    assert_string_equal(json(fx, "retry.backoff_base"), "\"30s\"");
    assert_string_equal(json(fx, "journal.keep_bytes"), "\"2GiB\"");
    assert_string_equal(json(fx, "providers.x.secret"), "\"K\"");
    assert_string_equal(json(fx, "providers.x.settings"), "{\"n\":1,\"deep\":{\"a\":[true,null]}}");
    assert_string_equal(json(fx, "providers.x.settings.deep"), "{\"a\":[true,null]}");
}

static void texts_are_quoted_when_yaml_needs_it(void **state) {
    fixture *fx = *state;
    static const struct {
        const char *yaml, *text;
    } cases[] = {
        {"plain", "plain"},         {"two words", "two words"},
        {"\"true\"", "\"true\""},   {"\"Null\"", "\"Null\""},
        {"\"12\"", "\"12\""},       {"\"1.5e3\"", "\"1.5e3\""},
        {"\"0x1f\"", "0x1f"},       {"\"~\"", "\"~\""},
        {"\"- x\"", "\"- x\""},     {"\"a: b\"", "\"a: b\""},
        {"\"a # b\"", "\"a # b\""}, {"\"x, y\"", "\"x, y\""},
        {"\" lead\"", "\" lead\""}, {"\"trail \"", "\"trail \""},
        {"\"a\\nb\"", "\"a\\nb\""}, {"\"say \\\"x\\\"\"", "\"say \\\"x\\\"\""},
        {"it's", "it's"},           {"v1.2-beta", "v1.2-beta"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        load_yaml(fx, orx_arena_printf(&fx->arena, "queue: {backlog_terms: %s}\n", cases[i].yaml));
        assert_string_equal(shown(fx, "queue.backlog_terms"), cases[i].text);
        /* and what is shown can be written into the file */
        const char *before = fx->cfg->queue.backlog_terms;
        char *copy = orx_arena_strdup(&fx->arena, before);
        load_yaml(fx, orx_arena_printf(&fx->arena, "queue:\n  backlog_terms: %s\n",
                                       shown(fx, "queue.backlog_terms")));
        assert_string_equal(fx->cfg->queue.backlog_terms, copy);
    }
}

static void lists_read_back(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "validation: {commands: [\"a, b\", \"[x]\", plain one, \"true\"]}\n");
    assert_string_equal(shown(fx, "validation.commands"),
                        "[\"a, b\", \"[x]\", plain one, \"true\"]");
    load_yaml(fx, orx_arena_printf(&fx->arena, "validation: {commands: %s}\n",
                                   shown(fx, "validation.commands")));
    assert_int_equal(fx->cfg->validation.commands.count, 4);
    assert_string_equal(fx->cfg->validation.commands.items[1], "[x]");
}

static void settings_that_look_secret_are_hidden(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "providers:\n"
                  "  x:\n"
                  "    settings:\n"
                  "      api_key: sesame1\n"
                  "      nested: {Auth_Token: sesame2, list: [{password: sesame3}], ok: shown}\n"
                  "      credentials: {user: sesame4}\n"
                  "      max_tokens: 400\n");
    assert_string_equal(shown(fx, "providers.x.settings.api_key"), "(hidden)");
    assert_string_equal(shown(fx, "providers.x.settings.max_tokens"), "400");
    const char *nested = shown(fx, "providers.x.settings.nested");
    assert_contains(nested, "\"ok\":\"shown\"");
    static const char *const paths[] = {"providers.x.settings", "providers.x.settings.nested",
                                        "providers.x.settings.api_key",
                                        "providers.x.settings.credentials"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(paths); i++) {
        assert_null(strstr(shown(fx, paths[i]), "sesame"));
        assert_null(strstr(json(fx, paths[i]), "sesame"));
    }
    /* the plugin still gets them */
    assert_string_equal(orx_node_str(orx_node_get(fx->cfg->providers[0].settings, "api_key"), ""),
                        "sesame1");
}

static void all_values_are_walked_once(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "providers: {x: {settings: {a: 1, b: {c: 2}}}}\n"
                  "plugins: [{name: p}]\nrouters: {r: {}}\n");
    size_t n = 0;
    bool whole = false, member = false;
    for (const orx_config_value *v; (v = orx_config_value_at(fx->cfg, n)); n++) {
        assert_ptr_equal(orx_config_get(fx->cfg, v->path), v);
        assert_non_null(v->where);
        assert_non_null(v->key);
        whole = whole || !strcmp(v->path, "providers.x.settings");
        member = member || !strcmp(v->path, "providers.x.settings.b");
    }
    assert_true(n > 70);
    assert_false(whole); /* shown by its members */
    assert_true(member);
    assert_string_equal(orx_config_value_at(fx->cfg, 0)->path, "version");
    assert_null(orx_config_value_at(fx->cfg, SIZE_MAX));
    assert_null(orx_config_get(fx->cfg, "retry"));
    assert_null(orx_config_get(fx->cfg, "retry.nothing"));
    assert_null(orx_config_get(fx->cfg, "providers.*.model"));
    assert_null(orx_config_get(fx->cfg, ""));
    assert_string_equal(shown(fx, "plugins[0].settings"), "{}");
    assert_string_equal(shown(fx, "routers.r.plugin"), "r");
}

/* No value of a secret variable is ever among the values. */
static void secrets_are_not_values(void **state) {
    fixture *fx = *state;
    put_env("OPENAI_API_KEY", "sesame-env");
    spit(fx, ".env.autonomy", "GEMINI_API_KEY=sesame-file\n");
    load_clean(fx);
    const orx_config_value *v;
    for (size_t i = 0; (v = orx_config_value_at(fx->cfg, i)); i++) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_config_value_text(v, &text);
        assert_null(strstr(orx_str_cstr(&text), "sesame"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_type_as_a_node),
        TEST(texts_are_quoted_when_yaml_needs_it),
        TEST(lists_read_back),
        TEST(settings_that_look_secret_are_hidden),
        TEST(all_values_are_walked_once),
        TEST(secrets_are_not_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
