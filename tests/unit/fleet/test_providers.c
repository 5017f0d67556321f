/* providers-check: cases 48 to 50, kinds, profiles, and the members that other tools read. */
#include "fleet/check.h"
#include "fleet/profile.h"
#include "world.h"

typedef struct checked {
    orx_node *report;
    bool ok;
    int rc;
    orx_err err;
} checked;

static checked check(world *w, const char *text, const orx_node *profile) {
    const orx_check c = {.source = {.config_path = "f.yaml", .env = world_env},
                         .timeout_ns = 5 * ORX_SEC};
    checked k = {.err = ORX_ERR_INIT};
    k.rc = orx_providers_check(w->p, &c, world_doc(w, "f.yaml", text), profile, "p.yaml", &w->a,
                               &k.report, &k.ok, &k.err);
    return k;
}

/* One provider called p; base and more are its members. */
static const orx_node *row_of(world *w, const char *base, const char *more) {
    checked k = check(
        w, orx_arena_printf(&w->a, "providers: [{name: p, base_url: '%s'%s}]", base, more), NULL);
    assert_ok(k.rc, &k.err);
    assert_no_key(world_text(w, k.report));
    return orx_node_path(k.report, "providers[0]");
}

static void r48_a_required_key_that_is_missing_is_down_without_a_request(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    checked k = check(&w,
                      "providers:\n  - {name: p, kind: openai, required: true, api_key_env: "
                      "EMPTY_KEY, base_url: '" SERVER "', models_path: /ok}\n",
                      NULL);
    assert_ok(k.rc, &k.err);
    assert_string_equal(str_at(k.report, "providers[0].status"), "down");
    assert_string_equal(str_at(k.report, "providers[0].error"),
                        "missing API key env var: EMPTY_KEY");
    assert_int_equal(int_at(k.report, "summary.required_down"), 1);
    assert_false(k.ok);
    assert_int_equal(w.arrived, 0);
    /* An optional one is asked without. */
    const orx_node *row =
        row_of(&w, SERVER, ", kind: openai, api_key_env: MISSING, models_path: /500");
    assert_string_equal(str_at(row, "status"), "skipped");
    assert_int_equal(w.arrived, 1);
    world_close(&w);
}

static void r49_a_required_one_that_says_nonsense_is_down(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    checked k = check(&w,
                      "[{name: p, required: true, base_url: '" SERVER "', models_path: "
                      "/garbage}, {name: q, base_url: '" SERVER "', models_path: /ok}]",
                      NULL);
    assert_ok(k.rc, &k.err);
    assert_false(k.ok);
    assert_int_equal(int_at(k.report, "summary.required_down"), 1);
    assert_int_equal(int_at(k.report, "summary.provider_up"), 1);
    assert_int_equal(orx_node_path(k.report, "providers[0].latency_ms")->kind, ORX_NULL);
    assert_int_equal(orx_node_path(k.report, "providers[1].latency_ms")->kind, ORX_DOUBLE);
    world_close(&w);
}

static void r50_no_key_is_in_the_report(void **state ORX_UNUSED) {
    static const char *const kinds[] = {"openai", "openai_compat", "anthropic"};
    world w;
    world_open(&w);
    for (size_t i = 0; i < ORX_ARRAY_LEN(kinds); i++) {
        const orx_node *row =
            row_of(&w, SERVER,
                   orx_arena_printf(&w.a, ", kind: %s, api_key_env: GOOD_KEY, models_path: /401",
                                    kinds[i]));
        assert_contains(str_at(row, "error"), "HTTP 401: ");
        assert_contains(str_at(row, "error"), "[REDACTED]");
    }
    const orx_node *row = row_of(&w, SERVER "/401", ", kind: gemini, api_key_env: GOOD_KEY");
    assert_string_equal(str_at(row, "checked_url"), SERVER "/401");
    row = row_of(&w, "http://me:sk-Zed%2F31415%2B926@127.0.0.1:1234", "");
    assert_string_equal(str_at(row, "checked_url"), "http://[REDACTED]@127.0.0.1:1234/v1/models");
    world_close(&w);
}

static void each_kind_is_asked_in_its_own_way(void **state ORX_UNUSED) {
    static const struct {
        const char *base;
        const char *more;
        const char *seen;
    } rows[] = {
        {SERVER, ", api_key_env: GOOD_KEY", "/v1/models "},
        {SERVER, ", api_key_env: GOOD_KEY", "Authorization=Bearer " KEY},
        {SERVER "/ok/v1/models", ", models_path: ''", "/ok/v1/models Accept"},
        {SERVER, ", kind: anthropic, api_key_env: GOOD_KEY", "anthropic-version=2023-06-01"},
        {SERVER, ", kind: anthropic, api_key_env: GOOD_KEY", "x-api-key=" KEY},
        {SERVER "/models", ", kind: gemini, models_path: /x, api_key_env: GOOD_KEY",
         "/models?key=sk-Zed%2F31415%2B926 "},
        {SERVER, "", "User-Agent=orxaq-autonomy/providers-check"},
    };
    world w;
    world_open(&w);
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        (void)row_of(&w, rows[i].base, rows[i].more);
        assert_contains(orx_str_cstr(&w.seen), rows[i].seen);
        orx_str_clear(&w.seen);
    }
    (void)row_of(&w, SERVER, ", kind: anthropic, api_key_env: MISSING");
    assert_null(strstr(orx_str_cstr(&w.seen), "anthropic"));
    const orx_node *row = row_of(&w, SERVER, ", kind: cohere, required: true");
    assert_string_equal(str_at(row, "status"), "skipped");
    assert_string_equal(str_at(row, "error"), "unsupported kind");
    assert_string_equal(str_at(row, "lane"), "L1");
    world_close(&w);
}

/* openai wants `data`, gemini `models`; another member than a list is no answer, none at all is. */
static void a_kind_knows_where_its_list_is(void **state ORX_UNUSED) {
    static const struct {
        const char *path;
        const char *kind;
        const char *status;
    } rows[] = {
        {"/ok", "openai", "up"},     {"/models", "openai", "up"},    {"/models", "gemini", "up"},
        {"/ok", "gemini", "up"},     {"/slow", "openai", "down"},    {"/lie", "openai", "down"},
        {"/big", "anthropic", "up"}, {"/huge", "openai", "down"},    {"/cut", "gemini", "down"},
        {"/hang", "openai", "down"}, {"/trickle", "gemini", "down"},
    };
    world w;
    world_open(&w);
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        const orx_node *row =
            row_of(&w, orx_arena_printf(&w.a, SERVER "%s", rows[i].path),
                   orx_arena_printf(&w.a, ", kind: %s, required: true, models_path: '%s'",
                                    rows[i].kind, rows[i].path));
        assert_string_equal(str_at(row, "status"), rows[i].status);
        assert_int_equal(true_at(row, "ok"), strcmp(rows[i].status, "up") == 0);
    }
    world_close(&w);
}

static void the_members_are_the_predecessors(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    checked k = check(&w, "providers: [{name: p, base_url: '" SERVER "', required: 1}]", NULL);
    assert_ok(k.rc, &k.err);
    assert_members(k.report, "schema_version generated_at_utc providers summary");
    assert_members(orx_node_get(k.report, "summary"),
                   "provider_total provider_up provider_down provider_skipped required_total "
                   "required_up required_down all_required_up");
    assert_members(orx_node_path(k.report, "providers[0]"),
                   "name kind lane required status latency_ms checked_url error ok");
    assert_string_equal(str_at(k.report, "schema_version"), "providers-check.v1");
    assert_true(true_at(k.report, "providers[0].required"));
    world_close(&w);
}

static void assert_refused(world *w, const char *text, const char *words) {
    checked k = check(w, text, NULL);
    assert_true(k.rc < 0);
    assert_contains(k.err.msg, "f.yaml");
    assert_contains(k.err.msg, words);
}

static void a_file_that_says_nothing_is_refused(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    assert_refused(&w, "{}", "providers is missing, empty or no list");
    assert_refused(&w, "[]", "providers is missing");
    assert_refused(&w, "providers: {}", "no list");
    assert_refused(&w, "providers:\n  - {name: p}", "f.yaml:2: a provider needs name and base_url");
    assert_refused(&w, "providers: [7]", "a provider needs name and base_url");
    assert_refused(&w, "providers: [{name: 7, base_url: x}]", "name is an integer");
    assert_refused(&w, "providers: [{name: p, base_url: x, required: si}]", "true or false");
    assert_refused(&w, "providers: [{name: p, base_url: x, api_key_env: sk-swordfish}]",
                   "no name of a variable");
    world_close(&w);
}

/* ---- Profiles -------------------------------------------------------------------------------- */

static const char three[] =
    "providers:\n"
    "  - {name: a, base_url: '" SERVER "', models_path: /500}\n"
    "  - {name: b, base_url: '" SERVER "', models_path: /500, required: yes}\n"
    "  - {name: c, base_url: '" SERVER "', models_path: /ok, required: true}\n";

static void a_profile_says_what_is_required(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    const orx_node *profile =
        world_doc(&w, "p.yaml", "overrides: {required: [a, c], optional: [b, c, elsewhere]}");
    checked k = check(&w, three, profile);
    assert_ok(k.rc, &k.err);
    assert_true(true_at(k.report, "providers[0].required"));
    assert_false(true_at(k.report, "providers[1].required"));
    assert_false(true_at(k.report, "providers[2].required"));
    assert_int_equal(int_at(k.report, "summary.required_down"), 1);
    world_close(&w);
}

/* A required provider with a wrong name would be one that nobody misses. */
static void a_profile_with_unknown_names_is_refused(void **state ORX_UNUSED) {
    static const char *const rows[][2] = {
        {"overrides: {required: [z, a, y, z]}", "profile includes unknown providers: y, z"},
        {"overrides: {required: a}", "p.yaml:1: required is a string; expected a list of names"},
        {"overrides: {optional: [1]}", "optional holds an integer; expected names"},
        {"{}", "overrides is missing"},
    };
    world w;
    world_open(&w);
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        checked k = check(&w, three, world_doc(&w, "p.yaml", rows[i][0]));
        assert_int_equal(k.rc, ORX_E_INVALID);
        assert_contains(k.err.msg, rows[i][1]);
    }
    assert_int_equal(w.arrived, 0);
    world_close(&w);
}

/* [F] The predecessor copied the profile over the list of providers. */
static void what_a_profile_makes_is_a_list_of_providers(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    const orx_node *docs[] = {world_doc(&w, "f.yaml", three), NULL};
    docs[1] = orx_node_get(docs[0], "providers");
    const orx_fleet_profile profile = {
        .name = "here",
        .source = "p/here.yaml",
        .doc = world_doc(&w, "p.yaml", "overrides: {required: [a], optional: [b]}")};
    for (size_t i = 0; i < 2; i++) {
        orx_node *out = NULL;
        orx_err err = ORX_ERR_INIT;
        assert_ok(orx_profile_providers(docs[i], &profile, &w.a, &out, &err), &err);
        assert_int_equal(orx_node_get(out, "providers")->count, 3);
        assert_true(true_at(out, "providers[0].required"));
        assert_false(true_at(out, "providers[1].required"));
        assert_true(true_at(out, "providers[2].required"));
        assert_string_equal(str_at(out, "providers[2].models_path"), "/ok");
        assert_string_equal(str_at(out, "profile.source"), "p/here.yaml");
    }
    world_close(&w);
}

/* An empty list would be one in which nobody is down. */
static void a_profile_is_not_applied_to_nothing(void **state ORX_UNUSED) {
    static const char *const texts[] = {"{}", "[]", "providers: []", "providers: {}", "text"};
    world w;
    world_open(&w);
    const orx_fleet_profile profile = {
        .name = "p", .source = "p.yaml", .doc = world_doc(&w, "p.yaml", "overrides: {}")};
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++) {
        orx_node *out = NULL;
        orx_err err = ORX_ERR_INIT;
        const orx_node *doc = world_doc(&w, "f.yaml", texts[i]);
        assert_int_equal(orx_profile_providers(doc, &profile, &w.a, &out, &err), ORX_E_INVALID);
        assert_contains(err.msg, "p.yaml is applied to has no list of providers");
        assert_null(out);
    }
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r48_a_required_key_that_is_missing_is_down_without_a_request),
        cmocka_unit_test(r49_a_required_one_that_says_nonsense_is_down),
        cmocka_unit_test(r50_no_key_is_in_the_report),
        cmocka_unit_test(each_kind_is_asked_in_its_own_way),
        cmocka_unit_test(a_kind_knows_where_its_list_is),
        cmocka_unit_test(the_members_are_the_predecessors),
        cmocka_unit_test(a_file_that_says_nothing_is_refused),
        cmocka_unit_test(a_profile_says_what_is_required),
        cmocka_unit_test(a_profile_with_unknown_names_is_refused),
        cmocka_unit_test(what_a_profile_makes_is_a_list_of_providers),
        cmocka_unit_test(a_profile_is_not_applied_to_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
