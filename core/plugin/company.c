/* Threads, children and descriptors, counted in /proc. */
#include "plugin/company.h"

#include "base/arena.h"
#include "platform/files.h"

static int count_words(orx_view text) {
    int words = 0;
    for (size_t i = 0; i < text.len; i++)
        words += text.p[i] != ' ' && text.p[i] != '\n' && (i == 0 || text.p[i - 1] == ' ');
    return words;
}

orx_company orx_company_look(orx_platform *p) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str list = {0};
    orx_company c = {0, 0, 0};
    char **names = NULL;
    if (orx_list_dir(p, "/proc/self/task", &arena, &names, NULL) < 0)
        return c;
    for (; *names; names++) {
        c.threads++;
        const char *path = orx_arena_printf(&arena, "/proc/self/task/%s/children", *names);
        if (orx_read_file(p, path, 65536, &list, NULL) >= 0)
            c.children += count_words(orx_str_view(&list));
    }
    if (orx_list_dir(p, "/proc/self/fd", &arena, &names, NULL) >= 0)
        for (; *names; names++)
            c.descriptors++;
    return c;
}
