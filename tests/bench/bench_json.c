/* bench_json.c: what the document tree costs on top of yajl.
 *
 * A file of tasks (about 25 MB, in the predecessor's indented style) is read twice per round: by
 * yajl alone, with its default settings and a callback for every token that counts and returns, and
 * by orx_json_parse into a tree. The two alternate, and the medians are compared, so that whatever
 * else the machine does falls on both.
 *
 * The bar is for a process that has its heap already, as a resident one has after its first load:
 * the heap keeps what is freed. How much longer a first load takes, when every page of the tree
 * comes fresh from the kernel, is shown as json_document_cold. */
#include "data/json.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <yajl/yajl_parse.h>

#define ROUNDS    9
#define TASKS     33000
#define BAR_RATIO 0.5

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static orx_node *strings(orx_arena *a, const char *stem, int i, int count) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (int k = 0; k < count; k++)
        orx_node_push(
            list, orx_node_new_str(a, orx_view_of(orx_arena_printf(a, "%s-%05d", stem, i + k))));
    return list;
}

/* The fields of a task file, with the sort of description that agents are given. */
static orx_node *task(orx_arena *a, int i) {
    static const char *const owners[] = {"codex", "gemini", "claude"};
    orx_node *t = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, t, "id", orx_arena_printf(a, "task-%05d", i));
    orx_node_set_str(a, t, "owner", owners[i % 3]);
    orx_node_set_int(a, t, "priority", i % 10);
    orx_node_set_str(a, t, "title", orx_arena_printf(a, "Make part %d of the library sound", i));
    orx_node_set_str(
        a, t, "description",
        orx_arena_printf(a,
                         "The function part_%d() returns a wrong value for an empty list.\nRead "
                         "src/part_%d.c and its test, find out why, mend the function and keep its "
                         "interface. Add a test for the empty list and one for a list of one "
                         "element, and run the whole suite.\n\nSay \"done\" only when all tests "
                         "pass; otherwise say what is in the way.",
                         i, i));
    orx_node_set(a, t, "depends_on", strings(a, "task", i, i % 4));
    orx_node_set(a, t, "acceptance", strings(a, "the tests of the part pass: part", i, 3));
    orx_node_set(a, t, "labels", strings(a, "area", i % 50, 1));
    orx_node_set_bool(a, t, "backlog", i % 7 == 0);
    return t;
}

static void generate(orx_str *out) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *root = orx_node_new(&a, ORX_ARRAY);
    for (int i = 0; i < TASKS; i++)
        orx_node_push(root, task(&a, i));
    orx_json_write(out, root, ORX_JSON_PY_INDENT);
    orx_str_addc(out, '\n');
}

static int count(void *ctx) {
    ++*(uint64_t *)ctx;
    return 1;
}

static int count_bool(void *ctx, ORX_UNUSED int value) {
    return count(ctx);
}

static int count_number(void *ctx, ORX_UNUSED const char *p, ORX_UNUSED size_t len) {
    return count(ctx);
}

static int count_string(void *ctx, ORX_UNUSED const unsigned char *p, ORX_UNUSED size_t len) {
    return count(ctx);
}

static double bare(orx_view text) {
    static const yajl_callbacks callbacks = {count,        count_bool,   NULL,  NULL,
                                             count_number, count_string, count, count_string,
                                             count,        count,        count};
    uint64_t tokens = 0;
    double start = now();
    yajl_handle h = yajl_alloc(&callbacks, NULL, &tokens);
    bool ok = yajl_parse(h, (const unsigned char *)text.p, text.len) == yajl_status_ok &&
              yajl_complete_parse(h) == yajl_status_ok;
    yajl_free(h);
    double took = now() - start;
    if (!ok || !tokens)
        abort();
    return took;
}

static double tree(orx_view text) {
    orx_arena a = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_node *root = NULL;
    double start = now();
    int rc = orx_json_parse(&a, "tasks.json", text, &orx_limits_data, &root, &err);
    double took = now() - start;
    if (rc < 0 || root->count != TASKS) {
        (void)fprintf(stderr, "bench_json: %s\n", err.msg);
        exit(1);
    }
    orx_arena_free(&a);
    return took;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v) {
    qsort(v, ROUNDS, sizeof *v, by_value);
    return v[ROUNDS / 2];
}

/* Whether free gives memory back to the kernel. */
static void keep_heap(bool keep) {
    mallopt(M_MMAP_THRESHOLD, keep ? 1 << 30 : 1 << 17);
    mallopt(M_TRIM_THRESHOLD, keep ? 1 << 30 : 0);
    if (!keep)
        malloc_trim(0);
}

static void report(const char *name, double mb, double *took) {
    printf("%s %.0f MB/s - PASS\n", name, mb / median(took));
}

int main(void) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    generate(&text);
    double yajl[ROUNDS];
    double cold[ROUNDS];
    double warm[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        keep_heap(false);
        cold[i] = tree(orx_str_view(&text));
        keep_heap(true);
        (void)tree(orx_str_view(&text));
        yajl[i] = bare(orx_str_view(&text));
        warm[i] = tree(orx_str_view(&text));
    }
    double mb = (double)text.len / 1e6;
    double ratio = median(yajl) / median(warm);
    report("json_bare_yajl", mb, yajl);
    report("json_document", mb, warm);
    report("json_document_cold", mb, cold);
    printf("json_document_vs_yajl %.2f ratio %.2f %s\n", ratio, BAR_RATIO,
           ratio >= BAR_RATIO ? "PASS" : "FAIL");
    return ratio >= BAR_RATIO ? 0 : 1;
}
