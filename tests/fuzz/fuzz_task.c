/* A tasks file of any bytes: refused with its place, or a queue in which every rule of task.h
 * holds.
 *
 * The first byte chooses, as a sum of bits behind '0', how it is read: 1 YAML instead of JSON,
 * 2 three owners are known instead of any, 4 dependencies may be unknown, 8 other backlog words. */
#include "base/map.h"
#include "task/task.h"
#include "tree.h"

#include <string.h>

static const char *const owners[] = {"codex", "gemini", "claude", NULL};

static bool in(const char *const *list, const char *text) {
    for (; *list; list++)
        if (!strcmp(*list, text))
            return true;
    return false;
}

static void check_text(const char *text, size_t max) {
    FUZZ_CHECK(text && strlen(text) <= max);
    FUZZ_CHECK(orx_view_is_utf8(orx_view_of(text)));
}

static void check_texts(const char *const *list) {
    size_t n = 0;
    FUZZ_CHECK(list);
    for (; list[n]; n++)
        check_text(list[n], ORX_TASK_TEXT_MAX);
    FUZZ_CHECK(n <= ORX_TASK_DEPS_MAX);
}

static void check_task(const orx_task *t, const orx_task_load_options *options, orx_map *ids) {
    FUZZ_CHECK(orx_task_id_ok(orx_view_of(t->id)));
    FUZZ_CHECK(!orx_map_get(ids, orx_view_of(t->id)));
    orx_map_put(ids, orx_view_of(t->id), (void *)t);
    FUZZ_CHECK(options->owners ? in(options->owners, t->owner)
                               : orx_task_id_ok(orx_view_of(t->owner)));
    check_text(t->title, ORX_TASK_TITLE_MAX);
    check_text(t->description, ORX_TASK_TEXT_MAX);
    check_texts(t->depends_on);
    check_texts(t->acceptance);
    FUZZ_CHECK(t->line >= 1 && t->column >= 1);
}

/* Every text arrived whole: none was cut at a NUL byte. */
static void check_complete(const orx_node *root, const orx_task_list *list) {
    const orx_node *tasks = root->kind == ORX_ARRAY ? root : orx_node_get(root, "tasks");
    if (!tasks || tasks->kind != ORX_ARRAY)
        return;
    size_t i = 0;
    ORX_NODE_EACH(tasks, task) {
        const char *const *text = list->items[i].depends_on;
        ORX_NODE_EACH(orx_node_get(task, "depends_on"), it)
        FUZZ_CHECK(orx_view_is(it->u.s, *text++));
        text = list->items[i++].acceptance;
        ORX_NODE_EACH(orx_node_get(task, "acceptance"), it)
        FUZZ_CHECK(orx_view_is(it->u.s, *text++));
    }
    FUZZ_CHECK(i == list->count);
}

/* Takes away what waits for nothing, again and again; in a circle something always waits. */
static void check_no_circle(const orx_task_list *list, const orx_map *ids, orx_arena *arena) {
    bool *gone = orx_arena_zalloc(arena, list->count + 1, sizeof *gone);
    size_t left = list->count, before;
    do {
        before = left;
        for (size_t i = 0; i < list->count; i++) {
            bool waits = gone[i];
            for (const char *const *dep = list->items[i].depends_on; *dep && !waits; dep++) {
                const orx_task *on = orx_map_get(ids, orx_view_of(*dep));
                waits = on && !gone[on - list->items];
            }
            left -= !waits;
            gone[i] = gone[i] || !waits;
        }
    } while (left < before);
    FUZZ_CHECK(left == 0);
}

static void check_list(const orx_task_list *list, const orx_task_load_options *options,
                       orx_arena *arena) {
    orx_map ids = {0};
    FUZZ_CHECK(list->items && list->count <= ORX_TASK_COUNT_MAX);
    for (size_t i = 0; i < list->count; i++)
        check_task(&list->items[i], options, &ids);
    for (size_t i = 0; i < list->count; i++)
        for (const char *const *dep = list->items[i].depends_on; *dep; dep++) {
            FUZZ_CHECK(orx_task_id_ok(orx_view_of(*dep)));
            FUZZ_CHECK(options->dangling_ok || orx_map_get(&ids, orx_view_of(*dep)));
        }
    if (list->count <= 64)
        check_no_circle(list, &ids, arena);
    orx_map_free(&ids);
}

static void check_refusal(int rc, const orx_err *err) {
    FUZZ_CHECK(rc == ORX_E_INVALID && err->code == rc);
    FUZZ_CHECK(!strncmp(err->msg, "fuzz:", 5) && err->msg[5] >= '1' && err->msg[5] <= '9');
    FUZZ_CHECK(orx_view_is_utf8(orx_view_of(err->msg)));
    FUZZ_CHECK(!strchr(err->msg, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    unsigned how = size ? data[0] - (unsigned)'0' : 0;
    orx_view text = size ? orx_view_mem(data + 1, size - 1) : (orx_view){"", 0};
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *root = fuzz_parse(how & 1 ? orx_yaml_parse : orx_json_parse, &arena, text);
    if (!root)
        return 0;
    const orx_task_load_options options = {.owners = how & 2 ? owners : NULL,
                                           .dangling_ok = (how & 4) != 0,
                                           .backlog_terms = how & 8 ? "later, some-day;x" : NULL};
    orx_task_list list = {.count = 7};
    orx_err err = ORX_ERR_INIT;
    int rc = orx_task_load(&arena, "fuzz", root, &options, &list, &err);
    if (rc < 0) {
        FUZZ_CHECK(!list.items && list.count == 7);
        check_refusal(rc, &err);
        return 0;
    }
    FUZZ_CHECK(err.code == 0);
    check_list(&list, &options, &arena);
    check_complete(root, &list);
    return 0;
}
