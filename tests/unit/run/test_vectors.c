/* Vectors of texts stay in the journal, and what is embedded is the task without its secrets. */
#include "run/vectors.h"

#include "base/digest.h"
#include "journal.h"
#include "run/embedding.h"

static const float one[] = {1, -2.5F, 1e-20F};
static const float two[] = {0.25F, 7};

static int put(journal *j, const char *source, const char *text, const float *values,
               uint32_t count) {
    const orx_view texts[] = {orx_view_of(text)};
    const orx_vector vectors[] = {{values, count}};
    return orx_vectors_put(j->s, source, texts, vectors, 1, &j->err);
}

/* Asserts what is kept of a text; count 0: nothing. */
static void holds(journal *j, const char *source, const char *text, const float *values,
                  uint32_t count) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_vector v = {0};
    int rc = orx_vectors_find(j->s, source, orx_view_of(text), &arena, &v, &j->err);
    assert_int_equal(rc, count > 0);
    assert_int_equal(v.count, count);
    if (count)
        assert_memory_equal(v.values, values, count * sizeof *values);
}

static void a_vector_is_that_of_a_text_and_a_source(void **state) {
    journal *j = *state;
    holds(j, "den/a", "text", NULL, 0);
    assert_ok(put(j, "den/a", "text", one, 3), &j->err);
    assert_ok(put(j, "den/b", "text", two, 2), &j->err);
    journal_reopen(j);
    holds(j, "den/a", "text", one, 3);
    holds(j, "den/b", "text", two, 2);
    holds(j, "den/a", "text ", NULL, 0);
    assert_ok(put(j, "den/a", "text", two, 2), &j->err);
    holds(j, "den/a", "text", two, 2);
    assert_ok(put(j, "den/a", "nothing", one, 0), &j->err);
    holds(j, "den/a", "nothing", NULL, 0);
}

static int run_sql(journal *j, const char *text) {
    orx_sql *q;
    assert_ok(orx_tx_begin(j->s, &j->err), &j->err);
    assert_ok(orx_sql_get(j->s, text, &q, &j->err), &j->err);
    int64_t n = orx_sql_run(q, &j->err);
    return n < 0 ? (int)n : orx_tx_commit(j->s, &j->err);
}

static void the_oldest_give_way(void **state) {
    journal *j = *state;
    char sql[96];
    assert_ok(put(j, "den/a", "old", one, 3), &j->err);
    assert_ok(put(j, "den/a", "newer", one, 3), &j->err);
    (void)snprintf(sql, sizeof sql, "UPDATE vector SET id = id + %d WHERE id = 2",
                   ORX_VECTORS_MAX - 1);
    assert_ok(run_sql(j, sql), &j->err);
    holds(j, "den/a", "old", one, 3);
    assert_ok(put(j, "den/a", "newest", one, 3), &j->err);
    holds(j, "den/a", "old", NULL, 0);
    holds(j, "den/a", "newer", one, 3);
    holds(j, "den/a", "newest", one, 3);
}

static void what_is_damaged_is_not_there(void **state) {
    journal *j = *state;
    assert_ok(put(j, "den/a", "text", one, 3), &j->err);
    assert_ok(run_sql(j, "UPDATE vector SET floats = x'000000'"), &j->err);
    holds(j, "den/a", "text", NULL, 0);
}

static void as_base64(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    static const float values[] = {1, -2};
    orx_vector_base64(&(orx_vector){values, 1}, &text);
    assert_string_equal(orx_str_cstr(&text), "AACAPw==");
    orx_str_clear(&text);
    orx_vector_base64(&(orx_vector){values, 2}, &text);
    assert_string_equal(orx_str_cstr(&text), "AACAPwAAAMA=");
}

/* ---- What is embedded ------------------------------------------------------------------------ */

static void the_task_and_nothing_else(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_secrets_free) orx_secrets secrets = {0};
    static const char *const acceptance[] = {"it builds", "key sk-123456 works", NULL};
    orx_secrets_add(&secrets, orx_view_of("sk-123456"));
    orx_view text = orx_embedding_text("Title", "Do it.", acceptance, &secrets, &a);
    assert_string_equal(text.p, "Title\nDo it.\nit builds\nkey ********* works");
    text = orx_embedding_text("Title", "Do it.", NULL, &secrets, &a);
    assert_string_equal(text.p, "Title\nDo it.");
}

/* Nor is a secret cut in two by the limit, so that one half of it stays. */
static void long_texts_are_cut_between_characters(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_secrets_free) orx_secrets secrets = {0};
    ORX_CLEANUP(orx_str_free) orx_str long_text = {0};
    for (int i = 0; i < 5000; i++)
        orx_str_adds(&long_text, "\xc3\xa9");
    orx_view text = orx_embedding_text("t", orx_str_cstr(&long_text), NULL, &secrets, &a);
    assert_int_equal(text.len, 8000);
    text = orx_embedding_text("tt", orx_str_cstr(&long_text), NULL, &secrets, &a);
    assert_int_equal(text.len, 7999);
    assert_true(orx_view_is_utf8(text));
    orx_str_clear(&long_text);
    while (long_text.len < 7990)
        orx_str_addc(&long_text, 'x');
    orx_str_adds(&long_text, "hunter2hunter2");
    orx_secrets_add(&secrets, orx_view_of("hunter2hunter2"));
    text = orx_embedding_text("", orx_str_cstr(&long_text), NULL, &secrets, &a);
    assert_true(orx_view_find(text, "hunter") < 0);
}

/* ---- Asking ---------------------------------------------------------------------------------- */

static void what_is_kept_is_not_asked_for(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    static const orx_config cfg;
    const orx_embedder nobody = {.source = "den/a", .model = "a"};
    const orx_view texts[] = {orx_view_of("one"), orx_view_of("two")};
    orx_embedding_job job = {.p = j->p, .s = j->s, .cfg = &cfg, .total_ns = 1};
    orx_vector got[2];
    size_t asked = 7;
    assert_ok(put(j, "den/a", "one", one, 3), &j->err);
    assert_ok(put(j, "den/a", "two", one, 3), &j->err);
    assert_ok(orx_embed(&job, &nobody, texts, 2, &a, got, &asked, &j->err), &j->err);
    assert_int_equal(asked, 0);
    assert_memory_equal(got[1].values, one, sizeof one);
    job.dimensions = 3;
    assert_ok(orx_embed(&job, &nobody, texts, 2, &a, got, &asked, &j->err), &j->err);
}

/* That somebody would be asked for them shows in that nobody may be. */
static void vectors_of_other_dimensions_do_not_count(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    static orx_config cfg;
    static const orx_provider_config den = {
        .name = "den", .account = "den", .input_price = -1, .output_price = -1};
    cfg.money.unknown_price = ORX_UNKNOWN_PRICE_DENY;
    cfg.paths.prices_file = "prices.yaml";
    const orx_embedder by = {.source = "den/a", .model = "a", .provider = &den};
    const orx_view texts[] = {orx_view_of("one"), orx_view_of("two")};
    const orx_embedding_job mixed = {.p = j->p, .s = j->s, .cfg = &cfg};
    const orx_embedding_job four = {.p = j->p, .s = j->s, .cfg = &cfg, .dimensions = 4};
    orx_vector got[2];
    size_t asked = 7;
    assert_ok(put(j, "den/a", "one", one, 3), &j->err);
    assert_int_equal(orx_embed(&four, &by, texts, 1, &a, got, &asked, &j->err), ORX_E_DENIED);
    assert_contains(j->err.msg, "money.unknown_price is deny");
    assert_int_equal(asked, 0);
    j->err = (orx_err)ORX_ERR_INIT;
    assert_ok(put(j, "den/a", "two", two, 2), &j->err);
    assert_int_equal(orx_embed(&mixed, &by, texts, 2, &a, got, &asked, &j->err), ORX_E_DENIED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(a_vector_is_that_of_a_text_and_a_source),
        JOURNAL_TEST(the_oldest_give_way),
        JOURNAL_TEST(what_is_damaged_is_not_there),
        cmocka_unit_test(as_base64),
        cmocka_unit_test(the_task_and_nothing_else),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        JOURNAL_TEST(what_is_kept_is_not_asked_for),
        JOURNAL_TEST(vectors_of_other_dimensions_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
