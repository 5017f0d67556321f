/* The environment of agents and validations: what gets through, and what never does. */
#include "data/json.h"

#include "support.h"

#include <string.h>

static const char *const *env;

static const char *var(const char *name) {
    size_t n = strlen(name);
    for (size_t i = 0; env[i]; i++)
        if (!strncmp(env[i], name, n) && env[i][n] == '=')
            return env[i] + n + 1;
    return NULL;
}

static int compose(fixture *fx, const char *provider, const char *lane, const char *const *extra) {
    const orx_node *lane_env = NULL;
    if (lane)
        assert_ok(orx_json_parse(&fx->arena, "lane", orx_view_of(lane), &orx_limits_config,
                                 &lane_env, &fx->err),
                  &fx->err);
    const orx_child_env what = {.provider =
                                    provider ? orx_config_provider(fx->cfg, provider) : NULL,
                                .lane_env = lane_env,
                                .extra = extra};
    return orx_config_env_for_child(fx->cfg, &what, &fx->arena, &env, &fx->err);
}

static void compose_ok(fixture *fx, const char *provider, const char *lane,
                       const char *const *extra) {
    assert_ok(compose(fx, provider, lane, extra), &fx->err);
}

static void expect_var(const char *name, const char *value) {
    const char *is = var(name);
    if (!is || strcmp(is, value) != 0)
        fail_msg("%s: expected %s, found %s", name, value, is ? is : "nothing");
}

/* [K] */
static void a23_the_overlay_reaches_every_child(void **state) {
    fixture *fx = *state;
    static const char *const overlay[] = {"CI",
                                          "1",
                                          "TERM",
                                          "dumb",
                                          "GIT_PAGER",
                                          "cat",
                                          "NO_COLOR",
                                          "1",
                                          "FORCE_COLOR",
                                          "0",
                                          "CLICOLOR",
                                          "0",
                                          "GIT_TERMINAL_PROMPT",
                                          "0",
                                          "PIP_NO_INPUT",
                                          "1",
                                          "PIP_DISABLE_PIP_VERSION_CHECK",
                                          "1",
                                          "PIP_PROGRESS_BAR",
                                          "off",
                                          "PYTHONUNBUFFERED",
                                          "1",
                                          "DEBIAN_FRONTEND",
                                          "noninteractive"};
    put_env("TERM", "xterm");
    put_env("CI", "0");
    load_yaml(fx, "env_pass: [TERM, CI]\n");
    for (int child = 0; child < 2; child++) {
        compose_ok(fx, child ? "codex" : NULL, "{\"NO_COLOR\": \"0\"}", NULL);
        for (size_t i = 0; i < ORX_ARRAY_LEN(overlay); i += 2)
            expect_var(overlay[i], overlay[i + 1]);
    }
}

static void only_listed_names_get_through(void **state) {
    fixture *fx = *state;
    static const char *const passed[] = {
        "HOME",        "USER",    "SHELL",           "LANG",          "LC_ALL",       "LC_TIME",
        "TZ",          "TMPDIR",  "XDG_RUNTIME_DIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy",
        "HTTPS_PROXY", "no_proxy"};
    static const char *const kept[] = {"LD_PRELOAD",
                                       "AWS_SECRET_ACCESS_KEY",
                                       "ORXAQ_AUTONOMY_MAX_CYCLES",
                                       "HOMEX",
                                       "LC",
                                       "XDG",
                                       "_proxy",
                                       "PYTHONPATH",
                                       "GIT_DIR",
                                       "OPENAI_API_KEY",
                                       "SSH_AUTH_SOCK",
                                       "USERNAME"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(passed); i++)
        put_env(passed[i], passed[i]);
    for (size_t i = 0; i < ORX_ARRAY_LEN(kept); i++)
        put_env(kept[i], "1");
    load_clean(fx);
    compose_ok(fx, NULL, NULL, NULL);
    for (size_t i = 0; i < ORX_ARRAY_LEN(passed); i++)
        expect_var(passed[i], passed[i]);
    for (size_t i = 0; i < ORX_ARRAY_LEN(kept); i++)
        if (var(kept[i]))
            fail_msg("%s got through", kept[i]);
}

static void env_pass_opens_names_and_prefixes(void **state) {
    fixture *fx = *state;
    put_env("MY_TOOL", "1");
    put_env("AWS_REGION", "eu");
    put_env("AWS_PROFILE", "p");
    put_env("AW", "no");
    spit(fx, ".env.autonomy", "FROM_FILE=f\nHIDDEN=h\n");
    load_yaml(fx, "env_pass: [MY_TOOL, AWS_*, FROM_FILE]\n"
                  "providers: {a: {env_pass: [HIDDEN]}, b: {}}\n");
    compose_ok(fx, NULL, NULL, NULL);
    expect_var("MY_TOOL", "1");
    expect_var("AWS_REGION", "eu");
    expect_var("AWS_PROFILE", "p");
    expect_var("FROM_FILE", "f");
    assert_null(var("AW"));
    assert_null(var("HIDDEN"));
    compose_ok(fx, "a", NULL, NULL);
    expect_var("HIDDEN", "h");
    compose_ok(fx, "b", NULL, NULL);
    assert_null(var("HIDDEN"));
}

static void case_8_the_process_beats_the_env_file(void **state) {
    fixture *fx = *state;
    put_env("LANG", "process");
    put_env("TZ", "");
    put_env("SHELL", "");
    spit(fx, ".env.autonomy", "LANG=file\nTZ=UTC\n");
    load_clean(fx);
    compose_ok(fx, NULL, NULL, NULL);
    expect_var("LANG", "process");
    expect_var("TZ", "UTC");
    expect_var("SHELL", "");
}

/* ---- Secrets ------------------------------------------------------------------------------------
 */

static void each_provider_gets_its_own_secret_only(void **state) {
    fixture *fx = *state;
    put_env("OPENAI_API_KEY", "o");
    spit(fx, ".env.autonomy", "GEMINI_API_KEY=g\nANTHROPIC_API_KEY=replace_me\n");
    load_clean(fx);
    compose_ok(fx, "codex", NULL, NULL);
    expect_var("OPENAI_API_KEY", "o");
    assert_null(var("GEMINI_API_KEY"));
    compose_ok(fx, "gemini", NULL, NULL);
    expect_var("GEMINI_API_KEY", "g");
    assert_null(var("OPENAI_API_KEY"));
    compose_ok(fx, "claude", NULL, NULL);
    assert_null(var("ANTHROPIC_API_KEY"));
    assert_null(var("OPENAI_API_KEY"));
    compose_ok(fx, NULL, NULL, NULL);
    assert_null(var("OPENAI_API_KEY"));
    assert_null(var("GEMINI_API_KEY"));
}

/* Neither env_pass nor a lane can hand a provider's secret to somebody else. */
static void secrets_stay_with_their_provider(void **state) {
    fixture *fx = *state;
    put_env("A_KEY", "a");
    put_env("B_KEY", "b");
    put_env("OFF_KEY", "off");
    load_yaml(fx, "env_pass: [A_KEY, B_KEY, OFF_KEY, A_*]\n"
                  "providers:\n"
                  "  a: {secret: A_KEY, env_pass: [B_KEY]}\n"
                  "  b: {secret: B_KEY}\n"
                  "  off: {secret: OFF_KEY, enabled: false}\n");
    const char *lane = "{\"A_KEY\": \"lane\", \"OFF_KEY\": \"lane\"}";
    compose_ok(fx, NULL, lane, NULL);
    assert_null(var("A_KEY"));
    assert_null(var("B_KEY"));
    assert_null(var("OFF_KEY"));
    compose_ok(fx, "b", lane, NULL);
    assert_null(var("A_KEY"));
    assert_null(var("OFF_KEY"));
    expect_var("B_KEY", "b");
    compose_ok(fx, "a", NULL, NULL);
    expect_var("A_KEY", "a");
    assert_null(var("B_KEY"));
    compose_ok(fx, "a", lane, NULL);
    expect_var("A_KEY", "lane"); /* a lane may have a key of its own for its provider */
}

static void two_providers_may_share_a_secret(void **state) {
    fixture *fx = *state;
    put_env("K", "k");
    load_yaml(fx, "providers: {a: {secret: K}, b: {secret: K}, c: {}}\n");
    compose_ok(fx, "a", NULL, NULL);
    expect_var("K", "k");
    compose_ok(fx, "b", NULL, NULL);
    expect_var("K", "k");
    compose_ok(fx, "c", NULL, NULL);
    assert_null(var("K"));
}

/* ---- PATH ---------------------------------------------------------------------------------------
 */

static void case_11_the_own_path_comes_first(void **state) {
    fixture *fx = *state;
    put_env("PATH", "/venv/bin:/usr/bin");
    load_clean(fx);
    compose_ok(fx, NULL, NULL, NULL);
    expect_var("PATH", "/venv/bin:/usr/bin:/opt/homebrew/bin:/usr/local/bin:/bin:/usr/sbin:/sbin");
    load_yaml(fx, "path_append: [/x, /venv/bin]\n");
    compose_ok(fx, NULL, NULL, NULL);
    expect_var("PATH", "/venv/bin:/usr/bin:/x");
    load_yaml(fx, "path_append: []\n");
    compose_ok(fx, NULL, NULL, NULL);
    expect_var("PATH", "/venv/bin:/usr/bin");
}

static void without_a_path_there_is_the_default_one(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "path_append: [/usr/bin, /bin]\n");
    compose_ok(fx, NULL, NULL, NULL);
    expect_var("PATH", "/usr/bin:/bin");
    load_yaml(fx, "path_append: []\n");
    compose_ok(fx, NULL, NULL, NULL);
    assert_null(var("PATH"));
}

/* ---- Order and form
 * ------------------------------------------------------------------------------ */

static void later_layers_win(void **state) {
    fixture *fx = *state;
    put_env("LANG", "process");
    put_env("TZ", "process");
    put_env("K", "secret");
    load_yaml(fx, "providers: {a: {secret: K}}\n");
    static const char *const extra[] = {"TZ=extra", "TERM=extra", "NEW=a=b",
                                        "EMPTY=",   "K=extra",    NULL};
    compose_ok(fx, "a",
               "{\"LANG\": \"lane\", \"TZ\": \"lane\", \"TERM\": \"lane\", \"PATH\": \"/l\"}",
               extra);
    expect_var("LANG", "lane");
    expect_var("TZ", "extra");
    expect_var("TERM", "extra");
    expect_var("NEW", "a=b");
    expect_var("EMPTY", "");
    expect_var("K", "extra");
    expect_var("PATH", "/l");
}

static void the_list_is_sorted_and_ends(void **state) {
    fixture *fx = *state;
    put_env("ZZ", "1");
    put_env("HOME", "/h/me");
    load_yaml(fx, "env_pass: [ZZ]\n");
    compose_ok(fx, NULL, NULL, NULL);
    size_t n = 0;
    for (; env[n]; n++) {
        assert_non_null(strchr(env[n], '='));
        if (n)
            assert_true(strcmp(env[n - 1], env[n]) < 0);
    }
    assert_int_equal(n, 12 + 3); /* overlay, PATH, HOME, ZZ */
}

static void bad_lanes_and_extras(void **state) {
    fixture *fx = *state;
    load_clean(fx);
    assert_int_equal(compose(fx, NULL, "{\"A B\": \"sesame\"}", NULL), ORX_E_INVALID);
    assert_contains(fx->err.msg, "env of the lane");
    assert_null(strstr(fx->err.msg, "sesame"));
    assert_int_equal(compose(fx, NULL, "{\"A\": 1}", NULL), ORX_E_INVALID);
    assert_contains(fx->err.msg, "A: expected a text, found an integer");
    assert_int_equal(compose(fx, NULL, "{\"A\": \"x\\u0000y\"}", NULL), ORX_E_INVALID);
    assert_contains(fx->err.msg, "NUL");
    static const char *const none[] = {"SESAME", NULL};
    assert_int_equal(compose(fx, NULL, NULL, none), ORX_E_INVALID);
    assert_null(strstr(fx->err.msg, "SESAME"));
    static const char *const bad[] = {"A-B=1", NULL};
    assert_int_equal(compose(fx, NULL, NULL, bad), ORX_E_INVALID);
    compose_ok(fx, NULL, "[]", NULL); /* no object, no members */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a23_the_overlay_reaches_every_child),
        TEST(only_listed_names_get_through),
        TEST(env_pass_opens_names_and_prefixes),
        TEST(case_8_the_process_beats_the_env_file),
        TEST(each_provider_gets_its_own_secret_only),
        TEST(secrets_stay_with_their_provider),
        TEST(two_providers_may_share_a_secret),
        TEST(case_11_the_own_path_comes_first),
        TEST(without_a_path_there_is_the_default_one),
        TEST(later_layers_win),
        TEST(the_list_is_sorted_and_ends),
        TEST(bad_lanes_and_extras),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
