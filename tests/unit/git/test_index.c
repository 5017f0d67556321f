/* The names in an index are those git lists, or git is asked: every form it may have, and every
 * place where it may end. */
#include "world.h"

#include "git/internal.h"

/* The beginning of the index as git wrote it, in memory of exactly its size. */
static char *index_of(world *w, size_t *len) {
    orx_str bytes = {0};
    assert_ok(orx_read_file(w->p, w_path(w, "repo/.git/index"), 1 << 20, &bytes, &w->err), &w->err);
    *len = *len < bytes.len ? *len : bytes.len;
    char *copy = orx_xmalloc(*len ? *len : 1);
    memcpy(copy, bytes.buf, *len);
    orx_str_free(&bytes);
    return copy;
}

static int names(world *w, size_t len, size_t id, size_t max, orx_str *out) {
    char *copy = index_of(w, &len);
    int rc = orx_git_index_names((orx_view){copy, len}, id, max, out);
    free(copy);
    return rc;
}

/* As many lines as names, the same ones. */
static void same_as_git(world *w, size_t id) {
    orx_str out = {0};
    assert_int_equal(names(w, SIZE_MAX, id, SIZE_MAX, &out), 1);
    for (size_t i = 0; i < out.len; i++)
        if (!out.buf[i])
            out.buf[i] = '\n';
    assert_string_equal(orx_str_cstr(&out), W_RUN(w, w_path(w, "repo"), "git", "ls-files"));
    orx_str_free(&out);
}

static void fill(world *w) {
    const char *repo = w_path(w, "repo");
    for (int i = 1; i < 20; i++) /* every padding */
        w_write(w, orx_arena_printf(&w->arena, "repo/dir/%0*d.c", i, 1), "x\n");
    W_RUN(w, repo, "git", "add", "-A");
}

static void every_padding_and_extension_is_read(void **state) {
    world *w = *state;
    w_repo(w, "repo");
    const char *repo = w_path(w, "repo");
    same_as_git(w, 20);
    fill(w);
    same_as_git(w, 20);
    W_RUN(w, repo, "git", "write-tree"); /* leaves the extension TREE */
    W_RUN(w, repo, "git", "update-index", "--force-untracked-cache");
    same_as_git(w, 20);
    w_write(w, "repo/later", "x\n");
    W_RUN(w, repo, "git", "add", "-N", "later"); /* version 3 */
    size_t len = 8;
    char *head = index_of(w, &len);
    assert_int_equal(head[7], 3);
    free(head);
    same_as_git(w, 20);
}

static void what_is_too_much_is_left_out(void **state) {
    world *w = *state;
    orx_str out = {0};
    w_repo(w, "repo");
    fill(w);
    orx_str_adds(&out, "kept");
    assert_int_equal(names(w, SIZE_MAX, 20, 1, &out), 1);
    assert_int_equal(out.len, strlen("kept") + sizeof "a.txt");
    orx_str_free(&out);
}

static void other_forms_are_for_git(void **state) {
    world *w = *state;
    static const char *const forms[][2] = {{"--index-version=4", "4"}, {"--split-index", "link"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(forms); i++) {
        orx_str out = {0};
        orx_str text = {0};
        orx_git *g = w_repo(w, "repo");
        fill(w);
        W_RUN(w, w_path(w, "repo"), "git", "update-index", forms[i][0]);
        orx_str_adds(&out, "kept");
        assert_int_equal(names(w, SIZE_MAX, 20, SIZE_MAX, &out), 0);
        assert_string_equal(orx_str_cstr(&out), "kept");
        orx_git_profile(g, &text);
        assert_string_equal(orx_str_cstr(&text), "Top file types: c:19, txt:1.");
        orx_str_free(&out);
        orx_str_free(&text);
        w_remove(w, "repo");
    }
}

/* Between extensions the last bytes could be the digest: then no name is missing. */
static void an_index_that_ends_anywhere_gives_all_names_or_none(void **state) {
    world *w = *state;
    orx_str all = {0};
    int whole = 0;
    w_repo(w, "repo");
    fill(w);
    size_t size = SIZE_MAX;
    free(index_of(w, &size));
    assert_int_equal(names(w, SIZE_MAX, 20, SIZE_MAX, &all), 1);
    for (size_t len = 0; len < size; len++) {
        orx_str out = {0};
        int rc = names(w, len, 20, SIZE_MAX, &out);
        assert_int_equal(out.len, rc ? all.len : 0);
        whole += rc;
        orx_str_free(&out);
    }
    assert_in_range(whole, 0, 1);
    orx_str_free(&all);
}

static void ids_of_another_length_are_none(void **state) {
    world *w = *state;
    orx_str out = {0};
    w_repo(w, "repo");
    fill(w);
    assert_int_equal(names(w, SIZE_MAX, 32, SIZE_MAX, &out), 0);
    orx_str_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(every_padding_and_extension_is_read),
        WORLD_TEST(what_is_too_much_is_left_out),
        WORLD_TEST(other_forms_are_for_git),
        WORLD_TEST(an_index_that_ends_anywhere_gives_all_names_or_none),
        WORLD_TEST(ids_of_another_length_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
