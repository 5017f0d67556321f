/* Wrong texts in variables and flags: each is refused by name, and what is right beside it still
 * counts; and the whole configuration reads the same from YAML, from JSON, and from what `config
 * show` prints. */
#include "config/table.h"
#include "config/value.h"
#include "data/json.h"

#include "support.h"

#include <string.h>

static bool takes_any_text(const orx_config_key *key) {
    switch (key->type) {
    case ORX_CFG_STRING:
    case ORX_CFG_PATH:
    case ORX_CFG_LIST:
        return true;
    case ORX_CFG_ENUM:
        return (key->marks & ORX_KEY_PROFILE) != 0; /* [K] unknown words mean something */
    case ORX_CFG_BOOL:
        return (key->marks & ORX_KEY_OTHER_TRUE) != 0;
    default:
        return false;
    }
}

static const char *const wrong[] = {"*", "sometimes", "12 potatoes", "-", "0x", "1e"};

static void wrong_variables_are_named(void **state) {
    fixture *fx = *state;
    int tried = 0;
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const orx_config_key *key = &orx_config_keys[i];
        if (!key->env || takes_any_text(key))
            continue;
        for (size_t k = 0; k < ORX_ARRAY_LEN(wrong); k++) {
            spit(fx, ".env.autonomy", orx_arena_printf(&fx->arena, "%s=%s\n", key->env, wrong[k]));
            assert_int_equal(load(fx), ORX_E_INVALID);
            assert_int_equal(fx->diags.errors, 1);
            assert_contains(fx->diags.first->where, key->env);
            assert_contains(fx->diags.first->where, ".env.autonomy:1:");
            assert_contains(fx->diags.first->text, key->path);
            assert_contains(fx->diags.first->text, "expected ");
            assert_contains(fx->diags.first->text, wrong[k]);
            tried++;
        }
    }
    assert_true(tried > 80);
}

static void wrong_flags_are_named(void **state) {
    fixture *fx = *state;
    int tried = 0;
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const orx_config_key *key = &orx_config_keys[i];
        bool any = takes_any_text(key) && key->type != ORX_CFG_BOOL;
        if (!key->flag || any)
            continue;
        for (size_t k = 0; k < ORX_ARRAY_LEN(wrong); k++) {
            if (key->type == ORX_CFG_ID && orx_config_id_ok(orx_view_of(wrong[k])))
                continue;
            fx->options.flag_count = 0;
            put_flag(fx, key->flag, wrong[k]);
            assert_int_equal(load(fx), ORX_E_USAGE);
            assert_int_equal(fx->diags.errors, 1);
            assert_string_equal(fx->diags.first->where,
                                orx_arena_printf(&fx->arena, "--%s", key->flag));
            assert_contains(fx->diags.first->text, key->path);
            tried++;
        }
    }
    assert_true(tried > 80);
}

static void flags_without_their_value(void **state) {
    fixture *fx = *state;
    orx_config_flag flag;
    for (size_t i = 0; orx_config_flag_at(i, &flag); i++) {
        if (!flag.value_name)
            continue;
        fx->options.flag_count = 0;
        put_flag(fx, flag.name, NULL);
        assert_int_equal(load(fx), ORX_E_USAGE);
        expect_diag(fx, ORX_DIAG_ERROR, orx_arena_printf(&fx->arena, "--%s", flag.name),
                    "this flag needs a value");
    }
}

static void flags_without_a_value_are_switches(void **state) {
    fixture *fx = *state;
    orx_config_flag flag;
    int seen = 0;
    for (size_t i = 0; orx_config_flag_at(i, &flag); i++) {
        if (flag.value_name)
            continue;
        seen++;
        fx->options.flag_count = 0;
        put_flag(fx, flag.name, NULL);
        assert_int_equal(load(fx), 0); /* routellm-enabled warns */
        assert_string_equal(shown(fx, flag.path), "true");
        put_flag(fx, orx_arena_printf(&fx->arena, "no-%s", flag.name), NULL);
        assert_int_equal(load(fx), 0);
        assert_string_equal(shown(fx, flag.path), "false");
    }
    assert_int_equal(seen, 3);
}

static void all_wrong_at_once_is_all_reported(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str env = {0};
    int expected = 0;
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const orx_config_key *key = &orx_config_keys[i];
        if (!key->env || takes_any_text(key))
            continue;
        orx_str_addf(&env, "%s=sometimes\n", key->env);
        expected++;
    }
    spit(fx, ".env.autonomy", orx_str_cstr(&env));
    assert_int_equal(load(fx), ORX_E_INVALID);
    assert_int_equal(fx->diags.errors, expected);
    assert_contains(fx->err.msg, orx_arena_printf(&fx->arena, "(and %d more)", expected - 1));
}

static void what_is_right_beside_a_mistake_is_checked_too(void **state) {
    fixture *fx = *state;
    put_flag(fx, "max-attempts", "x");
    put_flag(fx, "max-cycles", "y");
    put_flag(fx, "idle-sleep-sec", "5");
    assert_int_equal(load(fx), ORX_E_USAGE);
    assert_int_equal(fx->diags.errors, 2);
    expect_diag(fx, ORX_DIAG_ERROR, "--max-attempts", "found \"x\"");
    expect_diag(fx, ORX_DIAG_ERROR, "--max-cycles", "found \"y\"");
}

/* ---- The same in three forms
 * --------------------------------------------------------------------- */

static const char yaml[] =
    "version: 1\n"
    "lane: l-2\n"
    "recovery: off\n"
    "env_pass: [A, B_*]\n"
    "repos: {impl: ../a, test: /b}\n"
    "paths: {artifacts_dir: out, task_queue_file: q}\n"
    "run: {max_cycles: 9, idle_sleep: 250ms, router: best}\n"
    "retry: {flat_delay: 1.5, jitter: full, backoff_max: 1h}\n"
    "validation: {commands: [\"make -C x, y\", ctest], timeout: 90}\n"
    "agent: {output_max: 1.5MiB, idle_timeout: 5m}\n"
    "git: {author: \"A B <a@b.c>\", protected_branches: []}\n"
    "scope: {allowed_paths: [\"src/**\", \"*.md\"]}\n"
    "log: {level: debug}\n"
    "providers:\n"
    "  w: {plugin: command, models: [m1, m2], repo: test, secret: W_KEY,\n"
    "      settings: {argv: [sh, -c], n: 3, ratio: 0.5, on: true, no: null}}\n"
    "  v: {enabled: false, owners: [x, y], rank: 1, timeout: 2d}\n"
    "plugins: [{name: ndjson, settings: {file: \"a b\"}}, {path: p.so}]\n"
    "routers: {best: {plugin: scorecard, settings: {k: [1, 2]}}}\n";

/* All values, one line each, without their origins. */
static const char *snapshot(fixture *fx) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_config_value *v;
    for (size_t i = 0; (v = orx_config_value_at(fx->cfg, i)); i++) {
        orx_str_addf(&text, "%s = ", v->path);
        orx_config_value_text(v, &text);
        orx_str_addc(&text, '\n');
    }
    return orx_arena_dup(&fx->arena, orx_str_view(&text));
}

/* The values of plain keys, written as a config file again. */
static void add_plain_keys(fixture *fx, orx_str *out) {
    const orx_config_value *v;
    const char *section = "";
    for (size_t i = 0; (v = orx_config_value_at(fx->cfg, i)); i++) {
        if (strpbrk(v->key->path, "*[") || !v->set)
            continue;
        const char *dot = strchr(v->path, '.');
        if (dot && strncmp(section, v->path, (size_t)(dot - v->path) + 1) != 0)
            orx_str_addf(out, "%.*s:\n", (int)(dot - v->path), v->path);
        section = v->path;
        orx_str_addf(out, "%s%s: ", dot ? "  " : "", dot ? dot + 1 : v->path);
        orx_config_value_text(v, out);
        orx_str_addc(out, '\n');
    }
}

static void json_reads_as_yaml_does(void **state) {
    fixture *fx = *state;
    load_yaml(fx, yaml);
    const char *from_yaml = snapshot(fx);
    const orx_node *doc = NULL;
    assert_ok(
        orx_doc_parse(&fx->arena, "x.yaml", orx_view_of(yaml), &orx_limits_config, &doc, &fx->err),
        &fx->err);
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_json_write(&text, doc, ORX_JSON_OURS_PRETTY);
    assert_ok(orx_unlink(fx->p, in_root(fx, "orxaq.yaml"), &fx->err), &fx->err);
    spit(fx, "config/orxaq.json", orx_str_cstr(&text));
    load_clean(fx);
    assert_string_equal(snapshot(fx), from_yaml);
    assert_contains(origin(fx, "lane"), "config/orxaq.json:");
}

static void what_is_shown_reads_back(void **state) {
    fixture *fx = *state;
    load_yaml(fx, yaml);
    const char *before = snapshot(fx);
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    add_plain_keys(fx, &text);
    orx_str_adds(&text, strstr(yaml, "providers:"));
    fx->options.strict = true;
    load_yaml(fx, orx_str_cstr(&text));
    assert_string_equal(snapshot(fx), before);
}

static void loading_twice_gives_the_same(void **state) {
    fixture *fx = *state;
    load_yaml(fx, yaml);
    const char *first = snapshot(fx);
    load_yaml(fx, yaml);
    assert_string_equal(snapshot(fx), first);
}

static void the_order_in_the_file_does_not_matter(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "paths: {lock_file: \"${artifacts_dir}/l\", artifacts_dir: late}\n"
                  "providers: {w: {repo: test, sandbox: vendor, plugin: gemini}}\n"
                  "repos: {test: /t}\n");
    assert_string_equal(fx->cfg->paths.lock_file, in_root(fx, "late/l"));
    assert_string_equal(fx->cfg->providers[0].repo, "/t");
    assert_string_equal(fx->cfg->providers[0].secret, "GEMINI_API_KEY");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(wrong_variables_are_named),
        TEST(wrong_flags_are_named),
        TEST(flags_without_their_value),
        TEST(flags_without_a_value_are_switches),
        TEST(all_wrong_at_once_is_all_reported),
        TEST(what_is_right_beside_a_mistake_is_checked_too),
        TEST(json_reads_as_yaml_does),
        TEST(what_is_shown_reads_back),
        TEST(loading_twice_gives_the_same),
        TEST(the_order_in_the_file_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
