/* What a call makes of what its relay saw. */
#include "run/relaying.h"

#include "jobs.h"
#include "platform/http_server.h"
#include "platform/loop.h"
#include "run/record_read.h"

#include "journal.h"

#include <string.h>

/* ---- Outcomes -------------------------------------------------------------------------------- */

static orx_job_result refine(int32_t kind, int status, int64_t retry_after_ms) {
    const orx_relaying y = {
        .used = true, .last_status = status, .last_retry_after_ms = retry_after_ms};
    orx_job_result result = {.kind = kind, .retry = ORXAQ_RETRY_NO, .retry_after_ms = -1};
    orx_relaying_outcome(&y, &result);
    return result;
}

static void vague_failures_become_what_the_server_said(void **state) {
    static const int vague[] = {ORXAQ_KIND_OVERLOADED,  ORXAQ_KIND_NETWORK, ORXAQ_KIND_TIMEOUT,
                                ORXAQ_KIND_NO_PROGRESS, ORXAQ_KIND_CRASHED, ORXAQ_KIND_PROTOCOL,
                                ORXAQ_KIND_RATE_LIMIT};
    (void)state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(vague); i++) {
        orx_job_result limited = refine(vague[i], 429, 5000);
        assert_int_equal(limited.kind, ORXAQ_KIND_RATE_LIMIT);
        assert_int_equal(limited.retry, ORXAQ_RETRY_BY_KIND);
        assert_int_equal(limited.retry_after_ms, 5000);
        assert_int_equal(limited.http_status, 429);
        assert_int_equal(refine(vague[i], 503, -1).kind, ORXAQ_KIND_OVERLOADED);
        assert_int_equal(refine(vague[i], 529, -1).kind, ORXAQ_KIND_OVERLOADED);
        assert_int_equal(refine(vague[i], 529, -1).retry_after_ms, -1);
        assert_int_equal(refine(vague[i], 200, 5000).kind, vague[i]);
        assert_int_equal(refine(vague[i], 0, -1).kind, vague[i]);
    }
}

/* What a program says for sure stands, and so does success after a request that failed. */
static void clear_words_stand(void **state) {
    static const int clear[] = {ORXAQ_KIND_OK,      ORXAQ_KIND_AUTH,
                                ORXAQ_KIND_QUOTA,   ORXAQ_KIND_BAD_MODEL,
                                ORXAQ_KIND_REFUSED, ORXAQ_KIND_CONTEXT_TOO_LONG,
                                ORXAQ_KIND_KILLED,  ORXAQ_KIND_LIMIT};
    (void)state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(clear); i++) {
        assert_int_equal(refine(clear[i], 429, 5000).kind, clear[i]);
        assert_int_equal(refine(clear[i], 503, 5000).retry_after_ms, -1);
    }
}

/* ---- One call -------------------------------------------------------------------------------- */

typedef struct scene {
    journal *j;
    world *w; /* for the instance of a plugin */
    orx_server *server;
    const char *answer;
    orx_relay *relay;
    orx_relaying y;
    orx_record *record;
    orx_arena arena;
    int told;
} scene;

static void on_request(orx_exchange *x, const orx_served *q, void *user) {
    static const orx_http_header json = {{"content-type", 12}, {"application/json", 16}};
    scene *s = user;
    (void)q;
    orx_exchange_answer(x, 200, &json, 1, orx_view_of(s->answer));
}

static void on_told(void *user) {
    ((scene *)user)->told++;
}

static void scene_begin(scene *s, journal *j) {
    static const orx_record_about about = {.attempt = 1234,
                                           .call = 7,
                                           .lane = "primary",
                                           .task = "t1",
                                           .provider = "g",
                                           .plugin = "g",
                                           .model = "",
                                           .repo = "/r",
                                           .base = "b",
                                           .branch = "",
                                           .fingerprint = "",
                                           .prompt_sha256 = "",
                                           .relay = "http://127.0.0.1:1"};
    char url[64];
    orx_secrets none = {0};
    *s = (scene){.j = j};
    const orx_server_spec server = {.on_request = on_request, .user = s};
    assert_ok(orx_server_start(j->p, &server, &s->server, &j->err), &j->err);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", orx_server_port(s->server));
    assert_ok(orx_relay_open(j->p, &(orx_relay_spec){.upstream = url}, &s->relay, &j->err),
              &j->err);
    s->record = orx_record_begin(j->p, j->dir, &about, &none);
    orx_relaying_begin(&s->y, s->relay, s->record, on_told, s);
}

static void scene_end(scene *s) {
    orx_relaying_end(&s->y);
    orx_record_free(s->record);
    orx_relay_close(s->relay);
    orx_server_free(s->server);
    orx_arena_free(&s->arena);
}

static void on_end(orx_http *http, const orx_http_result *result, void *user) {
    (void)http;
    assert_int_equal(result->end, ORX_HTTP_DONE);
    *(bool *)user = true;
}

/* The program makes a request that the server answers so. */
static void request(scene *s, const char *answer) {
    orx_str token = {0};
    orx_http *http = NULL;
    bool done = false;
    s->answer = answer;
    orx_relay_stand_in(s->y.call, orx_view_of("the-real-key"), &token);
    const orx_http_header key = {orx_view_of("x-api-key"), orx_str_view(&token)};
    const orx_http_spec spec = {.method = "GET",
                                .url = orx_relay_url(s->relay),
                                .headers = &key,
                                .header_count = 1,
                                .on_end = on_end,
                                .user = &done};
    assert_ok(orx_http_start(s->j->p, &spec, &http, &s->j->err), &s->j->err);
    assert_int_equal(orx_loop_until(s->j->p, &done, orx_mono_ns(s->j->p) + 20 * ORX_SEC), 0);
    orx_http_free(http);
    orx_str_free(&token);
}

static bool take_event(const orx_event_row *row, void *user) {
    orx_str_addf(user, "%.*s %.*s\n", ORX_VIEW_ARG(row->kind), ORX_VIEW_ARG(row->body));
    return true;
}

static void events_of(scene *s, int64_t reported, orx_str *out) {
    const orx_relaying_about about = {.task = "t1", .call = 7, .attempt = 3, .reported = reported};
    const orx_event_filter all = {0};
    assert_ok(orx_relaying_note(&s->y, s->j->s, &about, &s->j->err), &s->j->err);
    journal_reopen(s->j); /* writes what waits */
    orx_str_clear(out);
    assert_ok(orx_event_each(s->j->s, &all, take_event, out, &s->j->err), &s->j->err);
}

static const char seven[] =
    "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}";

static void tokens_are_added_up_and_told(void **state) {
    scene s;
    orxaq_usage u;
    orx_str events = {0};
    scene_begin(&s, *state);
    assert_false(orx_relaying_usage(&s.y, "asked", &u));
    assert_int_equal(orx_relaying_tokens(&s.y), -1);
    request(&s, seven);
    request(&s, "no usage in here");
    request(&s, seven);
    assert_int_equal(s.told, 2);
    assert_int_equal(orx_relaying_tokens(&s.y), 14);
    assert_true(orx_relaying_usage(&s.y, "asked", &u));
    assert_int_equal(u.input_tokens, 10);
    assert_int_equal(u.output_tokens, 4);
    assert_int_equal(u.reasoning_tokens, -1);
    assert_int_equal(u.requests, 2);
    assert_int_equal(u.mode, ORXAQ_USAGE_DELTA);
    assert_true(orxaq_view_is(u.model_asked, "asked"));
    assert_true(orxaq_view_is(u.model_answered, "m"));
    orx_relaying_end(&s.y);
    events_of(&s, 14, &events);
    assert_contains(orx_str_cstr(&events), "call.relayed {\"failed\":0,\"input_tokens\":10,"
                                           "\"last_status\":200,\"model\":\"m\","
                                           "\"output_tokens\":4,\"requests\":3}");
    assert_null(strstr(events.buf, "usage.differs"));
    events_of(&s, -1, &events); /* the program said nothing: nothing differs */
    assert_null(strstr(events.buf, "usage.differs"));
    events_of(&s, 13, &events);
    assert_contains(orx_str_cstr(&events),
                    "usage.differs {\"reported_tokens\":13,\"served_tokens\":14}");
    orx_str_free(&events);
    scene_end(&s);
}

static void every_request_is_in_the_record(void **state) {
    scene s;
    orx_record_entry e;
    orx_record_reader *reader = NULL;
    const orx_record_end end = {.session = "", .model = ""};
    scene_begin(&s, *state);
    request(&s, seven);
    orx_relaying_end(&s.y);
    (void)orx_record_finish(s.record, &end);
    assert_ok(orx_record_open(s.j->p, s.j->dir, 1234, 7, &reader, &s.j->err), &s.j->err);
    assert_int_equal(orx_record_next(reader, &e, &s.j->err), 1);
    assert_string_equal(orx_record_str(&e, "relay"), "http://127.0.0.1:1");
    assert_int_equal(orx_record_next(reader, &e, &s.j->err), 1);
    assert_string_equal(e.kind, "relay");
    assert_int_equal(orx_record_int(&e, "status"), 200);
    assert_int_equal(orx_record_int(&e, "input"), 5);
    assert_int_equal(orx_record_int(&e, "output"), 2);
    assert_string_equal(orx_record_str(&e, "model_answered"), "m");
    orx_record_close(reader);
    scene_end(&s);
}

static void without_a_relay_nothing_happens(void **state) {
    journal *j = *state;
    orx_relaying y;
    orxaq_usage u;
    orx_job_spec spec = {0};
    const orx_relaying_about about = {.task = "t", .reported = 5};
    orx_job_result result = {.kind = ORXAQ_KIND_CRASHED, .retry_after_ms = -1};
    orx_relaying_begin(&y, NULL, NULL, NULL, NULL);
    orx_relaying_job(&y, &spec, NULL);
    assert_null(spec.stand_in);
    orx_relaying_end(&y);
    orx_relaying_outcome(&y, &result);
    assert_int_equal(result.kind, ORXAQ_KIND_CRASHED);
    assert_false(orx_relaying_usage(&y, "", &u));
    assert_ok(orx_relaying_note(&y, j->s, &about, &j->err), &j->err);
}

/* ---- The environment ------------------------------------------------------------------------- */

static void no_variable_holds_the_key(void **state) {
    static const char *const given[] = {"A=s3cret-s3cret", "B=https://u:s3cret-s3cret@x/",
                                        "C=s3cret", "PATH=/bin", NULL};
    static const char *const proxied[] = {"https_proxy=http://p:1", "NO_PROXY=.local",
                                          "no_proxy=.local", NULL};
    static const orxaq_config_key keys[] = {{.struct_size = sizeof keys[0],
                                             .type = ORXAQ_CONFIG_SECRET,
                                             .key = "api_key",
                                             .help = "The key."}};
    world *w = *state;
    orx_arena arena = {0};
    orx_relay *relay = NULL;
    orx_relaying y;
    const orx_relay_spec to = {.upstream = "http://127.0.0.1:9"};
    orx_err err = ORX_ERR_INIT;
    assert_int_equal(setenv("RELAYING_KEY", "s3cret-s3cret\n", 1), 0);
    orx_job_spec spec = {.instance = jobs_instance(w, keys, 1, "api_key: env:RELAYING_KEY"),
                         .env = given};
    orx_instance_enter(spec.instance);
    const orxaq_secret_service *secret = tame_host->service(tame_host, ORXAQ_SECRET_1);
    assert_int_not_equal(secret->handle(tame_host, orxaq_str("api_key")), 0);
    orx_instance_leave(spec.instance);
    orx_platform *p = NULL; /* the world's loads no real module */
    assert_ok(orx_platform_uv_new(&p, &err), &err);
    assert_ok(orx_relay_open(p, &to, &relay, &err), &err);
    orx_relaying_begin(&y, relay, NULL, NULL, NULL);
    orx_relaying_job(&y, &spec, &arena);
    assert_string_equal(spec.env[0], "C=s3cret");
    assert_string_equal(spec.env[1], "PATH=/bin");
    assert_null(spec.env[2]);
    orx_str out = {0};
    spec.stand_in(spec.stand_in_user, orx_view_of("s3cret-s3cret"), &out);
    assert_contains(orx_str_cstr(&out), "sk-orxaq-");
    /* The way to the relay leads past the proxy. */
    spec.env = proxied;
    orx_relaying_job(&y, &spec, &arena);
    assert_string_equal(spec.env[0], "https_proxy=http://p:1");
    assert_string_equal(spec.env[1], "no_proxy=.local,127.0.0.1");
    assert_string_equal(spec.env[2], "NO_PROXY=.local,127.0.0.1");
    assert_null(spec.env[3]);
    orx_relaying_end(&y);
    orx_relay_close(relay);
    orx_str_free(&out);
    orx_arena_free(&arena);
    orx_platform_free(p);
    jobs_instance_free();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vague_failures_become_what_the_server_said),
        cmocka_unit_test(clear_words_stand),
        JOURNAL_TEST(tokens_are_added_up_and_told),
        JOURNAL_TEST(every_request_is_in_the_record),
        JOURNAL_TEST(without_a_relay_nothing_happens),
        cmocka_unit_test_setup_teardown(no_variable_holds_the_key, world_setup, world_teardown),
    };
    return cmocka_run_group_tests_name("run_relaying", tests, NULL, NULL);
}
