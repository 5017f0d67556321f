/* A module's descriptor and tables, good and spoilt in every way. */
#include "plugin/probe.h"
#include "plugin/registry.h"
#include "tame.h"
#include "test.h"
#include "world.h"

#include <stdio.h>

static int setup(void **state) {
    tame_reset();
    return world_setup(state);
}

/* ---- Handshake ----------------------------------------------------------------------------- */

static int32_t answer_code;
static const orxaq_plugin *answer_plugin;

static int32_t query_answer(const orxaq_host_abi *host, const orxaq_plugin **ret_plugin) {
    (void)host;
    if (answer_plugin)
        *ret_plugin = answer_plugin;
    return answer_code;
}

static const char *shake(world *w, int32_t code, const orxaq_plugin *plugin, int *ret_rc) {
    orx_err err = ORX_ERR_INIT;
    const orxaq_plugin *raw = NULL;
    answer_code = code;
    answer_plugin = plugin;
    *ret_rc = orx_handshake(query_answer, &raw, &err);
    if (*ret_rc < 0)
        assert_null(raw);
    return orx_arena_strdup(&w->arena, err.msg);
}

static void the_host_says_what_it_speaks(void **state) {
    (void)state;
    const orxaq_plugin *raw = NULL;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_handshake(tame_query, &raw, &err), &err);
    assert_ptr_equal(raw, &tame_descriptor);
}

static void a_refusal_names_both_versions(void **state) {
    world *w = *state;
    int rc;
    tame_descriptor.abi_major = 7;
    tame_descriptor.abi_minor = 3;
    tame_descriptor.min_host_minor = 2;
    const char *message = shake(w, ORXAQ_REFUSED_MAJOR, &tame_descriptor, &rc);
    assert_int_equal(rc, ORX_E_UNSUPPORTED);
    assert_contains(message, "another major version");
    assert_contains(message, "built for ABI 7.3 and needs a host of at least 7.2");
    assert_contains(message, "this host speaks 0.1 to 0.2");
    assert_contains(shake(w, ORXAQ_REFUSED_FINGERPRINT, &tame_descriptor, &rc), "machine model");
    assert_contains(shake(w, ORXAQ_REFUSED_OTHER, NULL, &rc), "does not say which ABI");
    tame_descriptor.magic = 0;
    assert_contains(shake(w, ORXAQ_REFUSED_MINOR, &tame_descriptor, &rc), "does not say which ABI");
}

static void other_answers_are_errors(void **state) {
    world *w = *state;
    int rc;
    assert_contains(shake(w, 0, NULL, &rc), "returned 0 but gave no descriptor");
    assert_int_equal(rc, ORX_E_INVALID);
    assert_contains(shake(w, 1, &tame_descriptor, &rc), "returned 1; expected 0 or a refusal code");
    assert_contains(shake(w, -5, &tame_descriptor, &rc), "returned -5");
}

static void the_ready_made_check_decides_for_modules(void **state) {
    (void)state;
    const orxaq_host_abi host = {sizeof host, ORXAQ_ABI_MAJOR, 1, ORXAQ_ABI_MINOR,
                                 ORXAQ_FINGERPRINT};
    orxaq_host_abi other = host;
    assert_int_equal(orxaq_host_fits(&host, 1), ORXAQ_OK);
    other.abi_major = ORXAQ_ABI_MAJOR + 1;
    assert_int_equal(orxaq_host_fits(&other, 1), ORXAQ_REFUSED_MAJOR);
    other = host;
    assert_int_equal(orxaq_host_fits(&other, ORXAQ_ABI_MINOR + 1), ORXAQ_REFUSED_MINOR);
    other.min_minor = ORXAQ_ABI_MINOR + 1;
    other.max_minor = ORXAQ_ABI_MINOR + 5;
    assert_int_equal(orxaq_host_fits(&other, 1), ORXAQ_REFUSED_MINOR);
    other = host;
    other.max_minor = 1000;
    assert_int_equal(orxaq_host_fits(&other, 1), ORXAQ_OK);
    other.fingerprint ^= 4;
    assert_int_equal(orxaq_host_fits(&other, 1), ORXAQ_REFUSED_FINGERPRINT);
}

/* ---- Descriptor ---------------------------------------------------------------------------- */

static const char *described(world *w) {
    orx_err err = ORX_ERR_INIT;
    orx_module_view view = {0};
    if (orx_descriptor_check(&tame_descriptor, &w->arena, &view, &err) >= 0)
        return "fine";
    assert_null(view.raw);
    return orx_arena_strdup(&w->arena, err.msg);
}

/* Spoils one member, looks for a part of the message, and repairs it. */
#define SPOILT(member, value, part)                                                                \
    do {                                                                                           \
        tame_descriptor.member = (value);                                                          \
        assert_contains(described(w), part);                                                       \
        tame_descriptor = tame_plugin;                                                             \
        assert_string_equal(described(w), "fine");                                                 \
    } while (0)

static void spoilt_heads(void **state) {
    world *w = *state;
    tame_descriptor = tame_plugin;
    SPOILT(struct_size, 0, "says it has 0 bytes");
    SPOILT(struct_size, sizeof(orxaq_plugin) - 8, "expected");
    SPOILT(struct_size, UINT32_MAX, "says it has 4294967295 bytes");
    SPOILT(magic, 0x4f525851, "expected ORXAQ_PLUGIN_MAGIC");
    SPOILT(create, NULL, "no function create");
    SPOILT(destroy, NULL, "no function destroy");
    SPOILT(capability, NULL, "no function capability");
}

static void versions_are_compared_and_named(void **state) {
    world *w = *state;
    SPOILT(abi_major, 1, "built for ABI 1.2 (hosts from 1.1); this host speaks 0.1 to 0.2");
    SPOILT(abi_minor, 0, "built for ABI 0.0");
    SPOILT(min_host_minor, 0, "hosts from 0.0");
    SPOILT(min_host_minor, 3, "hosts from 0.3");
    SPOILT(layout, ORXAQ_LAYOUT + 1, "says it speaks ABI 0.2, as this host (0.2) does, but");
    /* A newer minor version that still works with this host is welcome. */
    tame_descriptor.abi_minor = 9;
    assert_string_equal(described(w), "fine");
    tame_descriptor = tame_plugin;
}

static void texts_are_bounded(void **state) {
    world *w = *state;
    char endless[400];
    memset(endless, 'a', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    SPOILT(id, NULL, "has no id");
    SPOILT(id, "", "id has no text");
    SPOILT(id, endless, "id has no end in sight");
    SPOILT(id, "Tame", "expected a letter followed by");
    SPOILT(id, "1tame", "expected a letter followed by");
    SPOILT(id, "ta/me", "expected a letter followed by");
    SPOILT(name, NULL, "has no name");
    SPOILT(version, endless, "version has no end in sight");
    SPOILT(vendor, "two\nlines", "vendor is not one line");
    SPOILT(licence, "\xff", "licence is not one line of UTF-8");
    SPOILT(summary, endless, "summary has no end");
}

static void keys_are_bounded(void **state) {
    world *w = *state;
    static orxaq_config_key keys[2];
    const orxaq_config_key good = {
        .struct_size = sizeof good, .type = ORXAQ_CONFIG_STRING, .key = "a", .help = "h"};
    keys[0] = keys[1] = good;
    keys[1].key = "b";
    tame_descriptor.config_count = 1;
    assert_contains(described(w), "counts 1 config keys but has none");
    tame_descriptor.config = keys;
    tame_descriptor.config_count = 2;
    assert_string_equal(described(w), "fine");
    tame_descriptor.config_count = 257;
    assert_contains(described(w), "257 config keys; at most 256");
    tame_descriptor.config_count = 2;
    keys[1].struct_size = sizeof good + 8;
    assert_contains(described(w), "config key 1 says it has");
    keys[0].struct_size = keys[1].struct_size = 8;
    assert_contains(described(w), "config key 0 says it has 8 bytes");
    keys[0] = keys[1] = good;
    keys[0].key = NULL;
    assert_contains(described(w), "config key 0 has no usable name");
    keys[0].key = "a\x1b[31m";
    assert_contains(described(w), "config key 0 has no usable name");
    keys[0] = good;
    keys[1].key = "b";
    keys[0].help = "\x1b[31mred";
    assert_contains(described(w), "\"a\": expected texts of UTF-8 without control characters");
    keys[0].help = "two\nlines";
    assert_string_equal(described(w), "fine");
    keys[0].range = "\xff";
    assert_contains(described(w), "expected texts of UTF-8");
    tame_descriptor.config = (const orxaq_config_key *)(const void *)((const char *)keys + 4);
    assert_contains(described(w), "the array of config keys is not aligned");
    tame_descriptor = tame_plugin;
}

/* Elements of a newer module are longer; the distance is what they say. */
static void longer_keys_are_walked_by_their_own_size(void **state) {
    world *w = *state;
    struct longer {
        orxaq_config_key key;
        const char *later;
    };
    static struct longer keys[2];
    for (int i = 0; i < 2; i++)
        keys[i] = (struct longer){{.struct_size = sizeof keys[0],
                                   .type = ORXAQ_CONFIG_STRING,
                                   .key = i ? "second" : "first",
                                   .help = "h"},
                                  "unknown to this host"};
    tame_descriptor.config = &keys[0].key;
    tame_descriptor.config_count = 2;
    orx_err err = ORX_ERR_INIT;
    orx_module_view view = {0};
    assert_ok(orx_descriptor_check(&tame_descriptor, &w->arena, &view, &err), &err);
    assert_string_equal(view.keys[0].key, "first");
    assert_string_equal(view.keys[1].key, "second");
    assert_int_equal(view.keys[1].struct_size, sizeof(orxaq_config_key));
    tame_descriptor = tame_plugin;
}

/* ---- Tables -------------------------------------------------------------------------------- */

static orxaq_provider provider;
static orxaq_router router;
static orxaq_sink sink;
static orxaq_job job;
static const char *always;

static const void *spoilt_capability(const char *id) {
    if (strcmp(id, ORXAQ_PROVIDER_1) == 0)
        return &provider;
    if (strcmp(id, ORXAQ_ROUTER_1) == 0)
        return &router;
    if (strcmp(id, ORXAQ_SINK_1) == 0)
        return &sink;
    return always && strcmp(id, always) == 0 ? &job : NULL;
}

static void whole_tables(void) {
    provider = tame_provider;
    router = tame_router;
    sink = tame_sink;
    job = tame_job;
    provider.job = &job;
    always = NULL;
    tame_descriptor.capability = spoilt_capability;
}

static const char *tables(world *w) {
    orx_err err = ORX_ERR_INIT;
    orx_module_view view = {0};
    assert_ok(orx_descriptor_check(&tame_descriptor, &w->arena, &view, &err), &err);
    if (orx_tables_check(&view, &err) >= 0)
        return "fine";
    return orx_arena_strdup(&w->arena, err.msg);
}

#define SPOILT_TABLE(place, value, part)                                                           \
    do {                                                                                           \
        (place) = (value);                                                                         \
        assert_contains(tables(w), part);                                                          \
        whole_tables();                                                                            \
        assert_string_equal(tables(w), "fine");                                                    \
    } while (0)

static void spoilt_tables(void **state) {
    world *w = *state;
    whole_tables();
    SPOILT_TABLE(provider.struct_size, 0, "orxaq.provider/1 says it has 0 bytes");
    SPOILT_TABLE(provider.struct_size, 1 << 20, "orxaq.provider/1 says it has 1048576 bytes");
    SPOILT_TABLE(provider.features, NULL, "no function features");
    SPOILT_TABLE(provider.job, NULL, "has no job table");
    SPOILT_TABLE(provider.job, (const orxaq_job *)(const void *)((const char *)&job + 4),
                 "orxaq_job is not aligned");
    SPOILT_TABLE(provider.ops, 0, "announces no op");
    SPOILT_TABLE(provider.ops, 1, "announces no op");
    SPOILT_TABLE(job.struct_size, 16, "orxaq_job says it has 16 bytes");
    SPOILT_TABLE(job.open, NULL, "no function open");
    SPOILT_TABLE(job.next, NULL, "no function next");
    SPOILT_TABLE(job.feed, NULL, "no function feed");
    SPOILT_TABLE(job.cancel, NULL, "no function cancel");
    SPOILT_TABLE(job.close, NULL, "no function close");
    SPOILT_TABLE(router.struct_size, 8, "orxaq.router/1 says it has 8 bytes");
    SPOILT_TABLE(router.select, NULL, "no function select");
    SPOILT_TABLE(sink.struct_size, 8, "orxaq.sink/1 says it has 8 bytes");
    SPOILT_TABLE(sink.wants, NULL, "no function wants");
    SPOILT_TABLE(sink.job, NULL, "has no job table");
    router.feedback = NULL;
    assert_string_equal(tables(w), "fine");
}

static void unknown_ids_give_nothing(void **state) {
    world *w = *state;
    whole_tables();
    SPOILT_TABLE(always, "orxaq.nothing/1", "unknown capability \"orxaq.nothing/1\"");
    SPOILT_TABLE(always, "orxaq.provider/1x", "unknown capability");
    SPOILT_TABLE(always, "", "unknown capability \"\"");
}

static void a_module_view_keeps_its_own_copies(void **state) {
    world *w = *state;
    tame_descriptor = tame_plugin;
    const char *path = world_module(w, "viewed", tame_query);
    orx_err err = ORX_ERR_INIT;
    orx_module_view view = {0};
    assert_ok(orx_module_view_open(w->p, path, true, &w->arena, &view, &err), &err);
    assert_ptr_equal(view.provider.job, &view.job);
    assert_ptr_equal(view.sink.job, &view.sink_job);
    assert_ptr_equal(view.raw, &tame_descriptor);
    const char *none = world_file(w, "none.so", "x");
    assert_int_equal(orx_module_view_open(w->p, none, true, &w->arena, &view, &err),
                     ORX_E_UNSUPPORTED);
    assert_contains(err.msg, "none.so: not a module");
    const char *empty = world_module(w, "symbolless", NULL);
    assert_int_equal(orx_module_view_open(w->p, empty, true, &w->arena, &view, &err),
                     ORX_E_INVALID);
    assert_contains(err.msg, "has no function orxaq_plugin_query");
}

static void numbers_have_words(void **state) {
    (void)state;
    assert_string_equal(orx_outcome_kind_name(ORXAQ_KIND_CONTEXT_TOO_LONG), "context_too_long");
    assert_string_equal(orx_outcome_kind_name(99), "unknown");
    assert_string_equal(orx_outcome_kind_name(-1), "unknown");
    assert_string_equal(orx_provider_op_name(ORXAQ_OP_EMBED), "embed");
    assert_string_equal(orx_provider_op_name(0), "unknown");
    assert_string_equal(orx_setting_type_name(ORXAQ_CONFIG_STRING_MAP), "string-map");
    assert_string_equal(orx_abi_code_name(ORXAQ_E_INTERNAL), "internal");
    assert_string_equal(orx_abi_code_name(INT32_MIN), "unknown");
    assert_string_equal(orx_refusal_name(0), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_host_says_what_it_speaks),
        cmocka_unit_test(a_refusal_names_both_versions),
        cmocka_unit_test(other_answers_are_errors),
        cmocka_unit_test(the_ready_made_check_decides_for_modules),
        cmocka_unit_test(spoilt_heads),
        cmocka_unit_test(versions_are_compared_and_named),
        cmocka_unit_test(texts_are_bounded),
        cmocka_unit_test(keys_are_bounded),
        cmocka_unit_test(longer_keys_are_walked_by_their_own_size),
        cmocka_unit_test(spoilt_tables),
        cmocka_unit_test(unknown_ids_give_nothing),
        cmocka_unit_test(a_module_view_keeps_its_own_copies),
        cmocka_unit_test(numbers_have_words),
    };
    return cmocka_run_group_tests(tests, setup, world_teardown);
}
