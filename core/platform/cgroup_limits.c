/* Controllers: what makes a group limit what lives in it. */
#include "platform/cgroup.h"

#include "base/arena.h"
#include "base/mem.h"
#include "platform/files.h"
#include "platform/proc.h"

#include <stdio.h>

#define TEXT_MAX  ((size_t)64 << 10)
#define PROCS_MAX ((size_t)4 << 20)

/* The kernel takes a command with one write. */
static int tell(orx_platform *p, const char *dir, const char *file, const char *text,
                orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_file *f = NULL;
    const char *path = orx_path_join(&a, dir, file);
    int rc = orx_file_open(p, path, ORX_OPEN_WRITE | ORX_OPEN_TRUNCATE, 0, &f, err);
    if (rc < 0)
        return rc;
    rc = orx_file_write(p, f, 0, text, strlen(text), err);
    orx_file_close(p, f);
    return rc;
}

/* Whether a list of words, as of cgroup.controllers, holds one. */
static bool lists(orx_platform *p, const char *dir, const char *file, const char *word) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_view one;
    if (orx_read_file(p, orx_path_join(&a, dir, file), TEXT_MAX, &text, NULL) < 0)
        return false;
    orx_view rest = orx_view_trim(orx_str_view(&text));
    while (orx_view_split(&rest, ' ', &one))
        if (orx_view_is(one, word))
            return true;
    return false;
}

bool orx_cgroup_has(orx_platform *p, const char *dir, const char *controller) {
    return lists(p, dir, "cgroup.controllers", controller);
}

/* Whether nobody but this process lives in the group itself. A process of another namespace of pids
 * stands there as 0. */
static bool is_alone(orx_platform *p, const char *dir) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_view line;
    int64_t self;
    int64_t start;
    int64_t pid;
    orx_pid_self(p, &self, &start);
    if (orx_read_file(p, orx_path_join(&a, dir, "cgroup.procs"), PROCS_MAX, &text, NULL) < 0)
        return false;
    orx_view rest = orx_str_view(&text);
    while (orx_view_split(&rest, '\n', &line))
        if (line.len && (!orx_view_to_i64(line, &pid) || pid != self))
            return false;
    return true;
}

static int go_to(orx_platform *p, const char *dir, orx_err *err) {
    char text[32];
    int64_t self;
    int64_t start;
    orx_pid_self(p, &self, &start);
    (void)snprintf(text, sizeof text, "%lld", (long long)self);
    return tell(p, dir, "cgroup.procs", text, err);
}

static int go_to_leaf(orx_platform *p, const char *leaf, orx_err *err) {
    int rc = orx_cgroup_make(p, leaf, err);
    if (rc == 0)
        rc = go_to(p, leaf, err);
    if (rc < 0)
        (void)orx_cgroup_remove(p, leaf, NULL);
    return rc;
}

int orx_cgroup_hand_down(orx_platform *p, const char *dir, const char *leaf, const char *controller,
                         orx_err *err) {
    char text[64];
    if (lists(p, dir, "cgroup.subtree_control", controller))
        return 0;
    if (!orx_cgroup_has(p, dir, controller))
        return orx_err_set(err, ORX_E_UNSUPPORTED, "the controller %s is not delegated to %s",
                           controller, dir);
    (void)snprintf(text, sizeof text, "+%s", controller);
    /* The topmost group, and one that we left already, need no move. */
    int rc = tell(p, dir, "cgroup.subtree_control", text, err);
    if (rc == 0)
        return 0;
    bool left_before = orx_exists(p, leaf);
    if (!is_alone(p, dir))
        return orx_err_set(err, ORX_E_BUSY,
                           "%s cannot hand the controller %s down while other processes live in it",
                           dir, controller);
    rc = go_to_leaf(p, leaf, err);
    if (rc == 0)
        rc = tell(p, dir, "cgroup.subtree_control", text, err);
    if (rc < 0 && !left_before)
        orx_cgroup_take_back(p, dir, leaf);
    return rc;
}

void orx_cgroup_take_back(orx_platform *p, const char *dir, const char *leaf) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str words = {0};
    orx_view one;
    if (!orx_exists(p, leaf))
        return;
    (void)orx_read_file(p, orx_path_join(&a, dir, "cgroup.subtree_control"), TEXT_MAX, &words,
                        NULL);
    orx_view rest = orx_view_trim(orx_str_view(&words));
    while (orx_view_split(&rest, ' ', &one)) {
        const char *text = orx_arena_printf(&a, "-%.*s", ORX_VIEW_ARG(one));
        (void)tell(p, dir, "cgroup.subtree_control", text, NULL);
    }
    (void)go_to(p, dir, NULL);
    (void)orx_cgroup_remove(p, leaf, NULL);
}

int orx_cgroup_limit(orx_platform *p, const char *dir, const char *file, int64_t value,
                     orx_err *err) {
    char text[32] = "max";
    if (value > 0)
        (void)snprintf(text, sizeof text, "%lld", (long long)value);
    return tell(p, dir, file, text, err);
}

int64_t orx_cgroup_count(orx_platform *p, const char *dir, const char *file, const char *key) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    size_t n = strlen(key);
    orx_view line;
    int64_t value = 0;
    if (orx_read_file(p, orx_path_join(&a, dir, file), TEXT_MAX, &text, NULL) < 0)
        return 0;
    orx_view rest = orx_str_view(&text);
    while (orx_view_split(&rest, '\n', &line))
        if (orx_view_starts(line, key) && line.len > n && line.p[n] == ' ' &&
            orx_view_to_i64((orx_view){line.p + n + 1, line.len - n - 1}, &value))
            return value > 0 ? value : 0;
    return 0;
}
