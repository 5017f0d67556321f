/* Turns of a model over a bad network: the driver lmstudio, the job machine and the simulated HTTP
 * client under faults drawn from seeds. Whatever happens on the way, a turn ends, in a kind that
 * fits, asked the server at most once, and says OK only with the whole answer in hand. */
#include "data/yaml.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "platform/sim/http.h"
#include "platform/sim/sim.h"
#include "plugin/turn.h"

#include "test.h"

#include <orxaq/plugin.h>
#include <stdlib.h>
#include <string.h>

#define MODULE "/plugins/lmstudio.so"
#define TURNS  25
#define SEEDS  60

static const char answer[] =
    "data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello "
    "\"}}]}\n\n"
    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"world.\"}}]}\n\n"
    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":"
    "\"x\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"finish_reason\":"
    "\"tool_calls\"}]}\n\n"
    "data: {\"id\":\"c1\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}"
    "\n\n"
    "data: [DONE]\n\n";

/* What a run of one seed saw. */
typedef struct run {
    int asked; /* requests that reached the server */
    int kinds[16];
    orx_str log;
} run;

static void model_server(const orx_sim_request *request, orx_sim_reply *reply, void *user) {
    run *r = user;
    r->asked++;
    assert_string_equal(request->target, "/v1/chat/completions");
    assert_true(orx_view_is(orx_sim_request_header(request, "Authorization"), "Bearer k-123"));
    orx_sim_reply_header(reply, "content-type", "text/event-stream");
    orx_sim_reply_wait(reply, 3 * ORX_SEC);
    /* In pieces, so that a fault can strike between them. */
    for (size_t i = 0; i < strlen(answer); i += 50) {
        orx_view piece = {answer + i, strlen(answer + i) < 50 ? strlen(answer + i) : 50};
        orx_sim_reply_body(reply, piece);
    }
}

static int secret(void *user, const char *reference, orx_str *ret_value, orx_err *err) {
    (void)user;
    (void)err;
    assert_string_equal(reference, "env:KEY");
    orx_str_adds(ret_value, "k-123");
    return 0;
}

static void check_answer(run *r, const orx_turn_answer *a, int asked) {
    int32_t kind = a->result->kind;
    bool whole = strcmp(a->text.p, "Hello world.") == 0 && a->call_count == 1;
    if (a->result->fault)
        fail_msg("the driver broke the rules: %s", a->result->message);
    assert_in_range(asked, 0, 1);
    assert_true(kind == ORXAQ_KIND_OK || kind == ORXAQ_KIND_NETWORK ||
                kind == ORXAQ_KIND_NO_PROGRESS);
    assert_true((kind == ORXAQ_KIND_OK) == (whole && a->result->stop == ORXAQ_STOPPED_TOOLS));
    assert_true(kind != ORXAQ_KIND_OK || a->usage_count == 1);
    assert_true(kind == ORXAQ_KIND_OK || a->call_count == 0); /* no tool of half an answer is run */
    assert_true(strncmp("Hello world.", a->text.p, a->text.len) == 0);
    assert_null(strstr(a->result->message, "k-123"));
    r->kinds[kind]++;
    orx_str_addf(&r->log, "%d:%zu ", kind, a->text.len);
}

static void one_turn(orx_platform *p, orx_instance *instance, run *r) {
    static const orxaq_message message = {
        .struct_size = sizeof message, .role = ORXAQ_ROLE_USER, .text = {"Say hello.", 10}};
    static const orxaq_turn_args args = {.struct_size = sizeof args,
                                         .message_count = 1,
                                         .messages = &message,
                                         .model = {"m", 1},
                                         .temperature = -1};
    const orx_turn_spec spec = {.instance = instance, .args = &args, .files_dir = "/tmp"};
    orx_err err = ORX_ERR_INIT;
    orx_turn *turn = NULL;
    int asked = r->asked;
    assert_ok(orx_turn_start(p, &spec, &turn, &err), &err);
    assert_int_equal(orx_loop_until(p, orx_turn_done(turn), 0), 0);
    check_answer(r, orx_turn_answer_of(turn), r->asked - asked);
    orx_turn_free(turn);
}

static int turns(orx_platform *p, void *user) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_plugin_setup setup = {.secret = secret};
    const orx_plugin_ref ref = {.path = MODULE};
    const orx_plugin *plugin = NULL;
    const orx_node *settings = NULL;
    orx_instance *instance = NULL;
    orx_plugins *all = orx_plugins_new(p, &setup);
    assert_ok(orx_plugins_load(all, &ref, &plugin, &err), &err);
    assert_ok(orx_yaml_parse(&arena, "s.yaml", orx_view_of("{idle_timeout: 30s}"),
                             &orx_limits_config, &settings, &err),
              &err);
    const orx_instance_spec spec = {.plugin = plugin,
                                    .name = "local",
                                    .settings = settings,
                                    .file = "s.yaml",
                                    .path = "settings",
                                    .secret = "env:KEY"};
    assert_ok(orx_instance_new(all, &spec, &instance, &err), &err);
    for (int i = 0; i < TURNS; i++)
        one_turn(p, instance, user);
    orx_instance_free(instance);
    orx_plugins_free(all);
    return 0;
}

static void run_seed(uint64_t seed, const orx_sim_faults *faults, run *r, char hash[65]) {
    orx_sim *s = orx_sim_new(seed);
    orx_sim_host *h = orx_sim_add_host(s, "alpha");
    orx_platform *p = orx_sim_platform(h);
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_mkdirs(p, "/plugins", false, &err), &err);
    assert_ok(orx_mkdirs(p, "/tmp", false, &err), &err);
    assert_ok(orx_write_atomic(p, MODULE, orx_view_of("linked in"), 0644, &err), &err);
    orx_sim_module(s, MODULE, ORXAQ_PLUGIN_SYMBOL, (orx_module_fn)orxaq_plugin_query);
    orx_sim_endpoint(s, "http://127.0.0.1:1234", model_server, r);
    orx_sim_set_faults(h, faults);
    orx_sim_spawn(p, turns, r);
    if (!orx_sim_run(s, 0)) {
        orx_str why = {0};
        orx_sim_explain(s, &why);
        fail_msg("seed %llu hangs:\n%s", (unsigned long long)seed, orx_str_cstr(&why));
    }
    orx_sim_trace_hash(s, hash);
    orx_sim_free(s);
}

static const orx_sim_faults bad_luck = {
    .http_refused = 1000, .http_reset = 2500, .http_stall = 1500, .http_slow = 2000};

static void a_good_network_gives_whole_answers(void **state) {
    (void)state;
    const orx_sim_faults none = {0};
    char hash[65];
    run r = {0};
    run_seed(1, &none, &r, hash);
    assert_int_equal(r.kinds[ORXAQ_KIND_OK], TURNS);
    assert_int_equal(r.asked, TURNS);
    orx_str_free(&r.log);
}

static void a_bad_one_never_gives_half_of_one(void **state) {
    (void)state;
    run all = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        char hash[65];
        run r = {0};
        run_seed(seed, &bad_luck, &r, hash);
        for (size_t i = 0; i < ORX_ARRAY_LEN(all.kinds); i++)
            all.kinds[i] += r.kinds[i];
        orx_str_free(&r.log);
    }
    /* The faults did strike, in every way. */
    assert_in_range(all.kinds[ORXAQ_KIND_OK], SEEDS * TURNS / 3, SEEDS * TURNS * 3 / 4);
    assert_true(all.kinds[ORXAQ_KIND_NETWORK] > SEEDS * TURNS / 10);
    assert_true(all.kinds[ORXAQ_KIND_NO_PROGRESS] > SEEDS * TURNS / 20);
}

static void one_seed_is_one_run(void **state) {
    (void)state;
    char first[65], again[65], other[65];
    run one = {0}, two = {0}, three = {0};
    run_seed(7, &bad_luck, &one, first);
    run_seed(7, &bad_luck, &two, again);
    run_seed(8, &bad_luck, &three, other);
    assert_string_equal(first, again);
    assert_string_equal(orx_str_cstr(&one.log), orx_str_cstr(&two.log));
    assert_string_not_equal(first, other);
    orx_str_free(&one.log);
    orx_str_free(&two.log);
    orx_str_free(&three.log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_network_gives_whole_answers),
        cmocka_unit_test(a_bad_one_never_gives_half_of_one),
        cmocka_unit_test(one_seed_is_one_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
