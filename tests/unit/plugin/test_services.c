/* What an instance is offered: log, clock, random, secret, kv, metrics; and its life. */
#include "plugin/instance.h"
#include "plugin/services.h"
#include "tame.h"
#include "test.h"
#include "world.h"

#include <stdlib.h>

static orxaq_config_key keys[] = {
    {.struct_size = sizeof(orxaq_config_key),
     .type = ORXAQ_CONFIG_SECRET,
     .key = "api_key",
     .help = "h"},
    {.struct_size = sizeof(orxaq_config_key),
     .type = ORXAQ_CONFIG_PATH,
     .flags = ORXAQ_KEY_WRITE,
     .key = "files[].path",
     .help = "h"},
    {.struct_size = sizeof(orxaq_config_key),
     .type = ORXAQ_CONFIG_PATH,
     .key = "read_only",
     .help = "h"},
};

static const orx_plugin *plugin;

static int setup(void **state) {
    world_setup(state);
    tame_reset();
    tame_descriptor.config = keys;
    tame_descriptor.config_count = ORX_ARRAY_LEN(keys);
    world_module(*state, "tame", tame_query);
    plugin = world_load(*state, "tame");
    return 0;
}

static orx_instance *make(world *w, const char *name, const char *settings, const char *secret) {
    orx_err err = ORX_ERR_INIT;
    orx_instance *instance = NULL;
    const orx_instance_spec spec = {.plugin = plugin,
                                    .name = name,
                                    .settings = settings ? world_yaml(w, settings) : NULL,
                                    .file = "o.yaml",
                                    .path = "providers.x.settings",
                                    .secret = secret};
    assert_ok(orx_instance_new(w->plugins, &spec, &instance, &err), &err);
    return instance;
}

static const void *service(const char *id) {
    return tame_host->service(tame_host, id);
}

/* ---- Life ---------------------------------------------------------------------------------- */

static int32_t create_fails(const orxaq_host *host, const orxaq_value *settings) {
    (void)settings;
    const orxaq_log_service *log = host->service(host, ORXAQ_LOG_1);
    log->explain(host, orxaq_str("the moon is in the wrong phase"));
    return ORXAQ_E_DENIED;
}

static void a_failing_create_is_explained(void **state) {
    world *w = *state;
    orx_err err = ORX_ERR_INIT;
    orx_instance *instance = NULL;
    tame.create = create_fails;
    const orx_instance_spec spec = {.plugin = plugin, .name = "x"};
    int destroyed = tame.destroyed;
    assert_int_equal(orx_instance_new(w->plugins, &spec, &instance, &err), ORX_E_DENIED);
    assert_string_equal(err.msg, "plugin tame (x): create failed (denied): the moon is in the "
                                 "wrong phase");
    assert_null(instance);
    assert_int_equal(tame.destroyed, destroyed);
    tame.create = NULL;
}

static void bad_settings_never_reach_the_plugin(void **state) {
    world *w = *state;
    orx_err err = ORX_ERR_INIT;
    orx_instance *instance = NULL;
    tame_host = NULL;
    const orx_instance_spec spec = {.plugin = plugin,
                                    .name = "x",
                                    .settings = world_yaml(w, "api_kee: env:X"),
                                    .file = "o.yaml",
                                    .path = "providers.x.settings"};
    assert_int_equal(orx_instance_new(w->plugins, &spec, &instance, &err), ORX_E_INVALID);
    assert_contains(err.msg, "o.yaml:1:10: providers.x.settings.api_kee");
    assert_null(tame_host);
}

static void the_host_says_who_it_is(void **state) {
    world *w = *state;
    orx_instance *instance = make(w, "codex", NULL, NULL);
    assert_int_equal(tame_host->struct_size, sizeof(orxaq_host));
    assert_int_equal(tame_host->abi_major, ORXAQ_ABI_MAJOR);
    assert_string_equal(tame_host->instance, "codex");
    static const char *const ids[] = {ORXAQ_LOG_1, ORXAQ_CLOCK_1, ORXAQ_RANDOM_1, ORXAQ_SECRET_1,
                                      ORXAQ_KV_1,  ORXAQ_JSON_1,  ORXAQ_METRICS_1};
    for (size_t i = 0; i < ORX_ARRAY_LEN(ids); i++)
        assert_non_null(service(ids[i]));
    assert_null(service("orxaq.log/2"));
    assert_null(service("orxaq.log/1x"));
    assert_null(service(NULL));
    assert_string_equal(orx_instance_name(instance), "codex");
    assert_ptr_equal(orx_instance_plugin(instance), plugin);
    assert_int_equal(orx_instance_ops(instance), tame_provider.ops);
    tame.features = ORXAQ_CAN_RESUME;
    assert_int_equal(orx_instance_features(instance), ORXAQ_CAN_RESUME);
    int destroyed = tame.destroyed;
    orx_instance_free(instance);
    assert_int_equal(tame.destroyed, destroyed + 1);
    orx_instance_free(NULL);
}

static int32_t wants_tasks(orxaq_view kind) {
    return kind.len > 5 && memcmp(kind.data, "task.", 5) == 0;
}

static void a_sink_is_asked_once_per_kind(void **state) {
    world *w = *state;
    orx_instance *instance = make(w, "x", NULL, NULL);
    tame.wants = wants_tasks;
    tame.asked_wants = 0;
    for (int i = 0; i < 3; i++) {
        assert_true(orx_instance_wants(instance, "task.done"));
        assert_false(orx_instance_wants(instance, "call.done"));
    }
    assert_int_equal(tame.asked_wants, 2);
    orx_instance_free(instance);
}

/* ---- log ----------------------------------------------------------------------------------- */

static void log_lines_are_bounded(void **state) {
    world *w = *state;
    orx_instance *instance = make(w, "x", NULL, NULL);
    const orxaq_log_service *log = service(ORXAQ_LOG_1);
    orx_str_clear(&w->log);
    log->write(tame_host, ORXAQ_LOG_INFO, orxaq_str("outside of a call"));
    assert_int_equal(w->log.len, 0);
    orx_instance_enter(instance);
    log->write(tame_host, ORXAQ_LOG_WARNING, orxaq_str("bad \xff byte"));
    assert_string_equal(orx_str_cstr(&w->log), "2 x bad \xef\xbf\xbd byte\n");
    orx_str_clear(&w->log);
    char *big = orx_arena_zalloc(&w->arena, 1, 10000);
    memset(big, 'a', 9999);
    log->write(tame_host, 99, orxaq_str(big));
    assert_int_equal(w->log.len, ORX_LOG_TEXT_MAX + strlen("3 x \n"));
    for (int i = 0; i < 2000; i++)
        log->write(tame_host, -1, orxaq_str("."));
    orx_instance_leave(instance);
    size_t lines = 0;
    for (size_t i = 0; i < w->log.len; i++)
        lines += w->log.buf[i] == '\n';
    assert_int_equal(lines, ORX_LOG_LINES - 1);
    orx_instance_free(instance);
    orx_str_clear(&w->log);
}

/* ---- clock, random, metrics ----------------------------------------------------------------- */

static void clock_and_random_are_the_platforms(void **state) {
    world *w = *state;
    orx_instance *instance = make(w, "x", NULL, NULL);
    const orxaq_clock_service *clock = service(ORXAQ_CLOCK_1);
    const orxaq_random_service *random = service(ORXAQ_RANDOM_1);
    int64_t before = orx_mono_ns(w->p);
    assert_true(clock->mono_ns(tame_host) >= before);
    assert_true(clock->wall_ns(tame_host) > INT64_C(1600000000) * ORX_SEC);
    uint8_t a[32] = {0}, b[32] = {0};
    assert_int_equal(random->fill(tame_host, a, sizeof a), ORXAQ_E_INVALID);
    orx_instance_enter(instance);
    assert_int_equal(random->fill(tame_host, a, sizeof a), ORXAQ_OK);
    assert_int_equal(random->fill(tame_host, b, sizeof b), ORXAQ_OK);
    assert_int_equal(random->fill(tame_host, b, 65537), ORXAQ_E_LIMIT);
    orx_instance_leave(instance);
    assert_memory_not_equal(a, b, sizeof a);
    orx_instance_free(instance);
}

static void metrics_have_few_and_plain_names(void **state) {
    world *w = *state;
    orx_instance *instance = make(w, "x", NULL, NULL);
    const orxaq_metrics_service *metrics = service(ORXAQ_METRICS_1);
    metrics->add(tame_host, "outside", 1);
    orx_instance_enter(instance);
    metrics->add(tame_host, "calls", 2);
    metrics->set(tame_host, "depth", -1);
    metrics->observe(tame_host, "ms", 30);
    assert_string_equal(orx_str_cstr(&w->metrics), "0 x calls 2\n1 x depth -1\n2 x ms 30\n");
    orx_str_clear(&w->metrics);
    metrics->add(tame_host, "Bad Name", 1);
    metrics->add(tame_host, "", 1);
    metrics->add(tame_host, NULL, 1);
    assert_int_equal(w->metrics.len, 0);
    for (int i = 0; i < 100; i++)
        metrics->add(tame_host, orx_arena_printf(&w->arena, "m%d", i), 1);
    metrics->add(tame_host, "calls", 1);
    orx_instance_leave(instance);
    size_t lines = 0;
    for (size_t i = 0; i < w->metrics.len; i++)
        lines += w->metrics.buf[i] == '\n';
    assert_int_equal(lines, ORX_METRIC_NAMES - 3 + 1);
    orx_instance_free(instance);
}

/* ---- secrets ------------------------------------------------------------------------------- */

static void handles_stand_for_secrets(void **state) {
    world *w = *state;
    orx_err err = ORX_ERR_INIT;
    world_file(w, "key", "s3cret\n");
    setenv("ORX_TEST_SECRET", "from-env", 1);
    const char *settings = orx_arena_printf(&w->arena, "api_key: file:%s", world_path(w, "key"));
    orx_instance *instance = make(w, "x", settings, "env:ORX_TEST_SECRET");
    const orxaq_secret_service *secret = service(ORXAQ_SECRET_1);
    assert_int_equal(secret->handle(tame_host, orxaq_str("api_key")), 0);
    orx_instance_enter(instance);
    uint64_t key = secret->handle(tame_host, orxaq_str("api_key"));
    uint64_t own = secret->handle(tame_host, orxaq_str("secret"));
    assert_int_equal(secret->handle(tame_host, orxaq_str("api_key")), key);
    assert_int_equal(secret->handle(tame_host, orxaq_str("read_only")), 0);
    assert_int_equal(secret->handle(tame_host, orxaq_str("nothing")), 0);
    orx_instance_leave(instance);
    assert_int_not_equal(key, 0);
    assert_int_not_equal(own, 0);
    assert_int_not_equal(own, key);
    orx_str value = {0};
    assert_ok(orx_instance_secret(instance, key, &value, &err), &err);
    assert_string_equal(orx_str_cstr(&value), "s3cret");
    orx_str_clear(&value);
    assert_ok(orx_instance_secret(instance, own, &value, &err), &err);
    assert_string_equal(orx_str_cstr(&value), "from-env");
    assert_int_equal(orx_instance_secret(instance, 99, &value, &err), ORX_E_DENIED);
    assert_contains(err.msg, "secret handle 99 was never given out");
    assert_int_equal(orx_instance_secret(instance, 0, &value, &err), ORX_E_DENIED);
    unsetenv("ORX_TEST_SECRET");
    assert_int_equal(orx_instance_secret(instance, own, &value, &err), ORX_E_NOT_FOUND);
    assert_contains(err.msg, "ORX_TEST_SECRET");
    orx_str_free(&value);
    orx_instance_free(instance);
}

static void without_a_secret_there_is_no_handle(void **state) {
    world *w = *state;
    orx_instance *instance = make(w, "x", NULL, NULL);
    const orxaq_secret_service *secret = service(ORXAQ_SECRET_1);
    orx_instance_enter(instance);
    assert_int_equal(secret->handle(tame_host, orxaq_str("api_key")), 0);
    assert_int_equal(secret->handle(tame_host, orxaq_str("secret")), 0);
    orx_instance_leave(instance);
    orx_instance_free(instance);
}

static void only_named_files_may_be_appended_to(void **state) {
    world *w = *state;
    orx_instance *instance =
        make(w, "x", "{files: [{path: a.log}, {path: /b.log}], read_only: /c.log}", NULL);
    const char *a = world_path(w, "a.log");
    assert_true(orx_instance_may_append(instance, orx_view_of(a)));
    assert_true(orx_instance_may_append(instance, orx_view_of("/b.log")));
    assert_false(orx_instance_may_append(instance, orx_view_of("/c.log")));
    assert_false(orx_instance_may_append(instance, orx_view_of("a.log")));
    assert_false(orx_instance_may_append(instance, orx_view_of("")));
    orx_instance_free(instance);
}

/* ---- kv ------------------------------------------------------------------------------------ */

static void kv_is_private_and_bounded(void **state) {
    world *w = *state;
    orx_instance *a = make(w, "a", NULL, NULL);
    const orxaq_host *host_a = tame_host;
    orx_instance *b = make(w, "b", NULL, NULL);
    const orxaq_host *host_b = tame_host;
    const orxaq_kv_service *kv = service(ORXAQ_KV_1);
    orxaq_view value = orxaq_str("untouched");
    assert_int_equal(kv->get(host_a, orxaq_str("k"), &value), ORXAQ_E_INVALID);
    orx_instance_enter(a);
    orx_instance_enter(b);
    assert_int_equal(kv->get(host_a, orxaq_str("k"), &value), 0);
    assert_true(orxaq_view_is(value, "untouched"));
    assert_int_equal(kv->put(host_a, orxaq_str("k"),
                             orxaq_view_of("1\0"
                                           "2",
                                           3)),
                     0);
    assert_int_equal(kv->get(host_a, orxaq_str("k"), &value), 1);
    assert_int_equal(value.len, 3);
    assert_memory_equal(value.data,
                        "1\0"
                        "2",
                        3);
    assert_int_equal(kv->get(host_b, orxaq_str("k"), &value), 0);
    assert_int_equal(kv->put(host_a, orxaq_str("k"), orxaq_str("new")), 0);
    assert_int_equal(kv->get(host_a, orxaq_str("k"), &value), 1);
    assert_true(orxaq_view_is(value, "new"));
    assert_int_equal(kv->remove(host_a, orxaq_str("k")), 0);
    assert_int_equal(kv->remove(host_a, orxaq_str("k")), 0);
    assert_int_equal(kv->get(host_a, orxaq_str("k"), &value), 0);
    assert_int_equal(kv->put(host_a, orxaq_str(""), orxaq_str("x")), ORXAQ_E_INVALID);
    char *big = orx_arena_zalloc(&w->arena, 1, 65537);
    assert_int_equal(kv->put(host_a, orxaq_view_of(big, 257), orxaq_str("x")), ORXAQ_E_LIMIT);
    assert_int_equal(kv->put(host_a, orxaq_str("k"), orxaq_view_of(big, 65537)), ORXAQ_E_LIMIT);
    for (int i = 0; i < ORX_KV_KEYS_MAX; i++)
        assert_int_equal(
            kv->put(host_a, orxaq_str(orx_arena_printf(&w->arena, "k%d", i)), orxaq_str("")), 0);
    assert_int_equal(kv->put(host_a, orxaq_str("one more"), orxaq_str("")), ORXAQ_E_LIMIT);
    assert_int_equal(kv->put(host_a, orxaq_str("k7"), orxaq_str("x")), 0);
    assert_int_equal(kv->put(host_b, orxaq_str("one more"), orxaq_str("")), 0);
    orx_instance_leave(b);
    orx_instance_leave(a);
    orx_instance_free(a);
    orx_instance_free(b);
}

/* ---- A caller's own kv and secrets ----------------------------------------------------------- */

static int own_get(void *user, const char *instance, orx_view key, orx_str *ret_value,
                   orx_err *err) {
    (void)user;
    if (orx_view_is(key, "broken"))
        return orx_err_set(err, ORX_E_IO, "disk");
    orx_str_addf(ret_value, "%s/%.*s", instance, ORX_VIEW_ARG(key));
    return 1;
}

static int own_put(void *user, const char *instance, orx_view key, orx_view value, orx_err *err) {
    (void)user;
    (void)instance;
    (void)key;
    (void)value;
    return orx_err_set(err, ORX_E_LIMIT, "full");
}

static int own_remove(void *user, const char *instance, orx_view key, orx_err *err) {
    (void)user;
    (void)instance;
    (void)key;
    (void)err;
    return 0;
}

static int own_secret(void *user, const char *reference, orx_str *ret_value, orx_err *err) {
    (void)user;
    (void)err;
    orx_str_addf(ret_value, "<%s>", reference);
    return 0;
}

static void the_caller_can_keep_keys_and_secrets(void **state) {
    world *w = *state;
    orx_err err = ORX_ERR_INIT;
    static const orx_kv_ops ops = {own_get, own_put, own_remove};
    orx_plugin_setup setup_with = world_plugin_setup(w);
    setup_with.secret = own_secret;
    world_plugins(w, &setup_with);
    orx_plugins_set_kv(w->plugins, &ops, NULL);
    plugin = world_load(w, "tame");
    orx_instance *instance = make(w, "x", "api_key: env:K", NULL);
    const orxaq_kv_service *kv = service(ORXAQ_KV_1);
    const orxaq_secret_service *secret = service(ORXAQ_SECRET_1);
    orxaq_view value = {0};
    orx_instance_enter(instance);
    assert_int_equal(kv->get(tame_host, orxaq_str("k"), &value), 1);
    assert_string_equal(orx_arena_dup(&w->arena, orx_view_mem(value.data, (size_t)value.len)),
                        "tame/x/k");
    assert_int_equal(kv->get(tame_host, orxaq_str("broken"), &value), ORXAQ_E_IO);
    assert_int_equal(kv->put(tame_host, orxaq_str("k"), value), ORXAQ_E_LIMIT);
    assert_int_equal(kv->remove(tame_host, orxaq_str("k")), 0);
    uint64_t handle = secret->handle(tame_host, orxaq_str("api_key"));
    orx_instance_leave(instance);
    orx_str text = {0};
    assert_ok(orx_instance_secret(instance, handle, &text, &err), &err);
    assert_string_equal(orx_str_cstr(&text), "<env:K>");
    orx_str_free(&text);
    orx_instance_free(instance);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failing_create_is_explained),
        cmocka_unit_test(bad_settings_never_reach_the_plugin),
        cmocka_unit_test(the_host_says_who_it_is),
        cmocka_unit_test(a_sink_is_asked_once_per_kind),
        cmocka_unit_test(log_lines_are_bounded),
        cmocka_unit_test(clock_and_random_are_the_platforms),
        cmocka_unit_test(metrics_have_few_and_plain_names),
        cmocka_unit_test(handles_stand_for_secrets),
        cmocka_unit_test(without_a_secret_there_is_no_handle),
        cmocka_unit_test(only_named_files_may_be_appended_to),
        cmocka_unit_test(kv_is_private_and_bounded),
        cmocka_unit_test(the_caller_can_keep_keys_and_secrets),
    };
    return cmocka_run_group_tests(tests, setup, world_teardown);
}
