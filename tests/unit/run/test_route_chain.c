/* Which models of a provider are tried, in which order. */
#include "run/route_chain.h"

#include "base/str.h"
#include "test.h"

#include <string.h>

static const char *const built_in[] = {"gpt-5.3-codex", "gpt-5-codex", NULL};
static const char *const flash[] = {"gemini-2.5-flash", "gemini-2.0-flash", NULL};

static orx_strings of(const char *const *items) {
    size_t n = 0;
    while (items[n])
        n++;
    return (orx_strings){items, n};
}

static orx_routellm_decision routed(const char *model, const char *const *allowed) {
    return (orx_routellm_decision){.requested = "",
                                   .selected = model,
                                   .fallback = model,
                                   .policy_fallback = "",
                                   .allowed = of(allowed)};
}

/* "a b (default)"; what was dropped stands behind a bar. */
static void chain_is(const orx_chain_spec *spec, const char *expected) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_chain c;
    orx_run_chain(spec, &arena, &c);
    for (size_t i = 0; i < c.count; i++)
        orx_str_addf(&text, "%s%s", i ? " " : "", *c.models[i] ? c.models[i] : "(default)");
    for (size_t i = 0; i < c.dropped_count; i++)
        orx_str_addf(&text, "%s%s", i ? " " : " | ", c.dropped[i]);
    assert_string_equal(orx_str_cstr(&text), expected);
}

static void without_a_policy_it_is_the_operators_list(void **state) {
    (void)state;
    static const char *const more[] = {"big", "Small", "", NULL};
    orx_chain_spec spec = {.plugin = "command", .model = "small", .models = of(more)};
    chain_is(&spec, "small big");
    spec.model = "";
    chain_is(&spec, "(default) big Small");
    spec.plugin = "codex";
    spec.hosted = true;
    spec.codex_models = of(built_in);
    chain_is(&spec, "(default) big Small");
}

static void a45_models_that_hosted_codex_cannot_serve(void **state) {
    (void)state;
    static const char *const allowed[] = {"qwen/x", "DeepSeek-r1", "gpt-5-codex", NULL};
    const orx_routellm_decision d = routed("qwen/x", allowed);
    orx_chain_spec spec = {
        .plugin = "codex", .routed = &d, .model = "", .codex_models = of(built_in), .hosted = true};
    chain_is(&spec, "gpt-5-codex gpt-5.3-codex (default) | qwen/x DeepSeek-r1");
    spec.hosted = false;
    chain_is(&spec, "qwen/x DeepSeek-r1 gpt-5-codex gpt-5.3-codex (default)");
    spec.hosted = true;
    spec.routed = NULL;
    spec.model = "llama-3.3-70b";
    chain_is(&spec, "(default) | llama-3.3-70b");
}

static void names_of_others(void **state) {
    (void)state;
    static const char *const theirs[] = {"QWEN3",   "deepseek-r1", "gemma-3",  "Llama",  "liquid",
                                         "mistral", "claude-3",    "gemini-2", "gpt/oss"};
    static const char *const hosted[] = {"", "gpt-5", "GPT-oss/20b", "o3", "my-qwen"};
    for (size_t i = 0; i + 1 < ORX_ARRAY_LEN(theirs); i++)
        assert_false(orx_run_is_hosted(theirs[i]));
    assert_false(orx_run_is_hosted("openai/gpt-5"));
    for (size_t i = 0; i < ORX_ARRAY_LEN(hosted); i++)
        assert_true(orx_run_is_hosted(hosted[i]));
}

static void codex_tries_everything_once(void **state) {
    (void)state;
    static const char *const allowed[] = {"A", "b", "c", NULL};
    static const char *const more[] = {"C", "d", NULL};
    orx_routellm_decision d = routed("b", allowed);
    d.fallback = "a";
    d.policy_fallback = "GPT-5-codex";
    const orx_chain_spec spec = {.plugin = "codex",
                                 .routed = &d,
                                 .model = "a",
                                 .models = of(more),
                                 .codex_models = of(built_in)};
    chain_is(&spec, "b a GPT-5-codex c d gpt-5.3-codex (default)");
}

static void gemini_and_claude_have_their_own(void **state) {
    (void)state;
    static const char *const allowed[] = {"x", NULL};
    const orx_routellm_decision d = routed("gemini-2.5-pro", allowed);
    orx_chain_spec spec = {.plugin = "gemini", .routed = &d, .model = "", .models = of(flash)};
    chain_is(&spec, "gemini-2.5-pro (default) gemini-2.5-flash gemini-2.0-flash");
    spec.routed = NULL;
    chain_is(&spec, "(default) gemini-2.5-flash gemini-2.0-flash");
    spec.model = "gemini-2.5-pro";
    chain_is(&spec, "gemini-2.5-pro (default) gemini-2.5-flash gemini-2.0-flash");
    spec = (orx_chain_spec){.plugin = "claude", .routed = &d, .model = ""};
    chain_is(&spec, "gemini-2.5-pro");
    spec.plugin = "command";
    chain_is(&spec, "gemini-2.5-pro x");
}

static void a44_candidates_in_local_only_mode(void **state) {
    (void)state;
    static const char *const allowed[] = {"qwen/x", "llama", "Phi", NULL};
    orx_routellm_decision d = routed("llama", allowed);
    d.requested = "phi";
    d.requested_allowed = true;
    d.fallback = "phi";
    d.policy_fallback = "qwen/x";
    orx_chain_spec spec = {.plugin = "codex",
                           .routed = &d,
                           .model = "phi",
                           .codex_models = of(built_in),
                           .local_only = true,
                           .strict = true,
                           .hosted = true};
    chain_is(&spec, "Phi");
    spec.strict = false;
    chain_is(&spec, "llama phi qwen/x");
    spec.strict = true;
    d.requested_allowed = false;
    chain_is(&spec, "llama phi qwen/x");
    d = routed("", (const char *const[]){NULL});
    chain_is(&spec, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_policy_it_is_the_operators_list),
        cmocka_unit_test(a45_models_that_hosted_codex_cannot_serve),
        cmocka_unit_test(names_of_others),
        cmocka_unit_test(codex_tries_everything_once),
        cmocka_unit_test(gemini_and_claude_have_their_own),
        cmocka_unit_test(a44_candidates_in_local_only_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
