/* Lists of models in three dialects, loading, unloading, vectors. */
#include "talk.h"

#include <stdlib.h>
#include <string.h>

static const char list_v1[] =
    "{\"models\":[{\"type\":\"llm\",\"key\":\"qwen/coder-30b\",\"architecture\":\"qwen3moe\","
    "\"size_bytes\":4200000000,\"loaded_instances\":[{\"id\":\"coder#1\",\"config\":"
    "{\"context_length\":8192,\"parallel\":4}},{\"id\":\"coder#2\",\"config\":{}}],"
    "\"max_context_length\":262144,\"capabilities\":{\"vision\":true,"
    "\"trained_for_tool_use\":true}},"
    "{\"type\":\"embedding\",\"key\":\"nomic\",\"loaded_instances\":[],"
    "\"max_context_length\":2048},{\"type\":\"llm\"}]}";
static const char list_v1_none[] =
    "{\"models\":[{\"type\":\"llm\",\"key\":\"qwen/coder-30b\",\"loaded_instances\":[]}]}";
static const char list_v0[] =
    "{\"object\":\"list\",\"data\":[{\"id\":\"a\",\"type\":\"vlm\",\"arch\":\"gemma3\",\"state\":"
    "\"loaded\",\"loaded_context_length\":4096,\"max_context_length\":131072,\"capabilities\":"
    "[\"tool_use\"]},{\"id\":\"b\",\"type\":\"embeddings\",\"state\":\"not-loaded\","
    "\"max_context_length\":512}]}";
static const char list_plain[] =
    "{\"object\":\"list\",\"data\":[{\"id\":\"vllm\",\"max_model_len\":32768},"
    "{\"id\":\"llama.gguf\",\"meta\":{\"n_ctx_train\":131072,\"size\":77}},{\"id\":\"ollama\"}]}";
static const char unknown_address[] =
    "{\"error\":\"Unexpected endpoint or method. Returning 200\"}";

static const orxaq_probe_args probe_args = {.struct_size = sizeof probe_args};

static void the_first_version_tells_most(void **state) {
    talk *t = *state;
    const reply r = {.status = 200, .body = list_v1};
    talk_op(t, ORXAQ_OP_MODELS, &probe_args, &r, 1);
    talk_expect(t, ORXAQ_KIND_OK);
    assert_int_equal(
        strncmp(orx_str_cstr(&t->sent), "GET http://127.0.0.1:1234/api/v1/models\n", 40), 0);
    assert_string_equal(orx_str_cstr(&t->events),
                        "model qwen/coder-30b loaded=1 context=8192 size=4200000000 "
                        "family=qwen3moe abilities=23\n"
                        "model nomic loaded=0 context=2048 size=-1 family= "
                        "abilities=8\n");
}

static void older_and_other_servers(void **state) {
    talk *t = *state;
    const reply older[] = {{.status = 200, .body = unknown_address},
                           {.status = 200, .body = list_v0}};
    talk_op(t, ORXAQ_OP_MODELS, &probe_args, older, 2);
    talk_expect(t, ORXAQ_KIND_OK);
    assert_string_equal(orx_str_cstr(&t->events),
                        "model a loaded=1 context=4096 size=-1 family=gemma3 "
                        "abilities=23\n"
                        "model b loaded=0 context=512 size=-1 family= abilities=8\n");
    const reply other[] = {{.status = 404, .body = "not found"},
                           {.status = 200, .body = list_plain}, /* no state: not that dialect */
                           {.status = 200, .body = list_plain}};
    talk_op(t, ORXAQ_OP_MODELS, &probe_args, other, 3);
    talk_expect(t, ORXAQ_KIND_OK);
    assert_contains(orx_str_cstr(&t->sent), "GET http://127.0.0.1:1234/v1/models\n");
    assert_string_equal(orx_str_cstr(&t->events),
                        "model vllm loaded=-1 context=32768 size=-1 family= abilities=0\n"
                        "model llama.gguf loaded=-1 context=131072 size=77 family= abilities=0\n"
                        "model ollama loaded=-1 context=-1 size=-1 family= abilities=0\n");
}

static void only_the_common_list_is_asked_when_told_so(void **state) {
    talk *t = *state;
    talk_instance(t, "{api: openai, base_url: 'http://127.0.0.1:8080'}");
    const reply r = {.status = 200, .body = list_plain};
    talk_op(t, ORXAQ_OP_PROBE, &probe_args, &r, 1);
    talk_expect(t, ORXAQ_KIND_OK);
    assert_string_equal(orx_str_cstr(&t->events), "probe 1 OpenAI-compatible server v1\n");
    assert_contains(orx_str_cstr(&t->sent), "GET http://127.0.0.1:8080/models\n");
    talk_instance(t, "{}");
}

static void a65_a_probe_says_what_is_there(void **state) {
    talk *t = *state;
    const reply good = {.status = 200, .body = list_v1};
    talk_op(t, ORXAQ_OP_PROBE, &probe_args, &good, 1);
    assert_string_equal(orx_str_cstr(&t->events), "probe 1 LM Studio api/v1\n");
    const reply locked = {.status = 401, .body = "{\"error\":{\"message\":\"No key.\"}}"};
    talk_op(t, ORXAQ_OP_PROBE, &probe_args, &locked, 1);
    talk_expect(t, ORXAQ_KIND_AUTH);
    assert_contains(orx_str_cstr(&t->events), "probe 0 ");
    const reply away = {.end = ORX_HTTP_UNREACHED};
    talk_op(t, ORXAQ_OP_PROBE, &probe_args, &away, 1);
    talk_expect(t, ORXAQ_KIND_NETWORK);
    const reply odd[] = {{.status = 200, .body = "{}"},
                         {.status = 200, .body = "[]"},
                         {.status = 200, .body = "<html>"}};
    talk_op(t, ORXAQ_OP_PROBE, &probe_args, odd, 3);
    talk_expect(t, ORXAQ_KIND_PROTOCOL);
    assert_contains(t->result.message, "no list of models");
}

/* ---- Loading --------------------------------------------------------------------------------- */

static void a_model_is_loaded(void **state) {
    talk *t = *state;
    orxaq_model_args args = {.struct_size = sizeof args, .model = orxaq_str("qwen/coder-30b")};
    const reply good = {.status = 200, .body = "{\"instance_id\":\"c\",\"status\":\"loaded\"}"};
    talk_op(t, ORXAQ_OP_LOAD, &args, &good, 1);
    talk_expect(t, ORXAQ_KIND_OK);
    assert_string_equal(orx_str_cstr(&t->bodies), "{\"model\":\"qwen/coder-30b\"}\n");
    args.context_tokens = 16384;
    talk_op(t, ORXAQ_OP_LOAD, &args, &good, 1);
    assert_string_equal(orx_str_cstr(&t->bodies),
                        "{\"model\":\"qwen/coder-30b\",\"context_length\":16384}\n");
    const reply unknown = {
        .status = 404,
        .body = "{\"error\":{\"type\":\"model_not_found\",\"message\":\"Model not found\"}}"};
    talk_op(t, ORXAQ_OP_LOAD, &args, &unknown, 1);
    talk_expect(t, ORXAQ_KIND_BAD_MODEL);
    const reply full = {.status = 500, .body = "{\"error\":\"Failed to load model\"}"};
    talk_op(t, ORXAQ_OP_LOAD, &args, &full, 1);
    talk_expect(t, ORXAQ_KIND_OVERLOADED);
}

static void a_server_that_cannot_load_says_so(void **state) {
    talk *t = *state;
    const orxaq_model_args args = {.struct_size = sizeof args, .model = orxaq_str("m")};
    const reply cannot[] = {{.status = 200, .body = unknown_address},
                            {.status = 404, .body = "404 page not found"},
                            {.status = 405, .body = ""}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(cannot); i++) {
        talk_op(t, ORXAQ_OP_LOAD, &args, &cannot[i], 1);
        talk_expect(t, ORXAQ_KIND_PROTOCOL);
        assert_contains(t->result.message, "does not load models on request");
    }
    talk_op(t, ORXAQ_OP_UNLOAD, &args, &cannot[0], 1);
    talk_expect(t, ORXAQ_KIND_PROTOCOL);
    talk_instance(t, "{api: openai}");
    talk_op(t, ORXAQ_OP_LOAD, &args, &cannot[0], 0);
    talk_expect(t, ORXAQ_KIND_PROTOCOL);
    talk_op(t, ORXAQ_OP_UNLOAD, &args, &cannot[0], 0);
    talk_expect(t, ORXAQ_KIND_PROTOCOL);
    talk_instance(t, "{}");
}

static void every_instance_is_unloaded(void **state) {
    talk *t = *state;
    const orxaq_model_args args = {.struct_size = sizeof args,
                                   .model = orxaq_str("qwen/coder-30b")};
    const reply steps[] = {{.status = 200, .body = list_v1},
                           {.status = 200, .body = "{\"instance_id\":\"coder#1\"}"},
                           {.status = 200, .body = list_v1},
                           {.status = 404, .body = "{\"error\":{\"message\":\"gone already\"}}"},
                           {.status = 200, .body = list_v1_none}};
    talk_op(t, ORXAQ_OP_UNLOAD, &args, steps, ORX_ARRAY_LEN(steps));
    talk_expect(t, ORXAQ_KIND_OK);
    assert_contains(orx_str_cstr(&t->sent), "POST http://127.0.0.1:1234/api/v1/models/unload\n");
    assert_contains(orx_str_cstr(&t->bodies), "{\"instance_id\":\"coder#1\"}\n");
    /* By the instance's own name; and a server that never lets go ends the job all the same. */
    const orxaq_model_args one = {.struct_size = sizeof one, .model = orxaq_str("coder#2")};
    reply stubborn[32];
    for (size_t i = 0; i < ORX_ARRAY_LEN(stubborn); i++)
        stubborn[i] = (reply){.status = 200, .body = i % 2 ? "{}" : list_v1};
    talk_op(t, ORXAQ_OP_UNLOAD, &one, stubborn, ORX_ARRAY_LEN(stubborn));
    talk_expect(t, ORXAQ_KIND_PROTOCOL);
    assert_contains(orx_str_cstr(&t->bodies), "{\"instance_id\":\"coder#2\"}\n");
}

/* ---- Vectors --------------------------------------------------------------------------------- */

static void vectors_come_in_batches(void **state) {
    talk *t = *state;
    orxaq_view texts[33];
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++)
        texts[i] = orxaq_str("text");
    const orxaq_embed_args args = {
        .struct_size = sizeof args, .text_count = 33, .texts = texts, .model = orxaq_str("nomic")};
    orx_str first = {0};
    orx_str_adds(&first, "{\"model\":\"n\",\"data\":[");
    for (int i = 31; i >= 0; i--) /* in any order */
        orx_str_addf(&first, "{\"index\":%d,\"embedding\":[%d.5,-1,2e-3]}%s", i, i, i ? "," : "");
    orx_str_adds(&first, "],\"usage\":{\"prompt_tokens\":64,\"total_tokens\":64}}");
    const reply steps[] = {
        {.status = 200, .body = orx_str_cstr(&first)},
        {.status = 200,
         .body = "{\"data\":[{\"embedding\":[7]}],\"usage\":{\"prompt_tokens\":0}}"}};
    talk_op(t, ORXAQ_OP_EMBED, &args, steps, 2);
    talk_expect(t, ORXAQ_KIND_OK);
    assert_contains(orx_str_cstr(&t->events), "vector 31 3 31.500\nvector 30 3 30.500\n");
    assert_contains(orx_str_cstr(&t->events), "vector 0 3 0.500\nusage  in=64 read=-1 out=-1");
    assert_contains(orx_str_cstr(&t->events), "vector 32 1 7.000\nusage  in=");
    assert_contains(orx_str_cstr(&t->events), " by=3 asked=nomic"); /* nothing was counted */
    assert_contains(orx_str_cstr(&t->bodies),
                    "\"input\":[\"text\"],\"encoding_format\":\"float\"}");
    orx_str_free(&first);
    const orxaq_embed_args none = {.struct_size = sizeof none};
    talk_op(t, ORXAQ_OP_EMBED, &none, steps, 0);
    talk_expect(t, ORXAQ_KIND_OK);
}

static void wrong_vectors_are_refused(void **state) {
    talk *t = *state;
    const orxaq_view texts[] = {orxaq_str("a"), orxaq_str("b")};
    const orxaq_embed_args args = {.struct_size = sizeof args, .text_count = 2, .texts = texts};
    static const char *const bodies[] = {
        "{\"data\":[]}",
        "{\"data\":[{\"embedding\":[1]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":0,\"embedding\":[1]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":2,\"embedding\":[1]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":-1,\"embedding\":[1]}]}",
        "{\"data\":[{\"embedding\":[]},{\"embedding\":[1]}]}",
        "{\"data\":[{\"embedding\":[\"x\"]},{\"embedding\":[1]}]}",
        "no JSON",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(bodies); i++) {
        const reply r = {.status = 200, .body = bodies[i]};
        talk_op(t, ORXAQ_OP_EMBED, &args, &r, 1);
        talk_expect(t, ORXAQ_KIND_PROTOCOL);
    }
    const reply r = {.status = 404, .body = "{\"error\":\"Model not found\"}"};
    talk_op(t, ORXAQ_OP_EMBED, &args, &r, 1);
    talk_expect(t, ORXAQ_KIND_BAD_MODEL);
}

#define T(f) cmocka_unit_test(f)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(the_first_version_tells_most),
        T(older_and_other_servers),
        T(only_the_common_list_is_asked_when_told_so),
        T(a65_a_probe_says_what_is_there),
        T(a_model_is_loaded),
        T(a_server_that_cannot_load_says_so),
        T(every_instance_is_unloaded),
        T(vectors_come_in_batches),
        T(wrong_vectors_are_refused),
    };
    return cmocka_run_group_tests(tests, talk_setup, talk_teardown);
}
