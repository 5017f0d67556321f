#include "money/ingest_files.h"

#define FILE_MAX  ((uint64_t)64 << 20)
#define ALL_MAX   (4 * FILE_MAX)
#define COUNT_MAX 1000

static int add_file(orx_platform *p, const char *path, const char *name, orx_ingest_files *files,
                    orx_err *err) {
    orx_str text = {0};
    int rc = orx_read_file(p, path, FILE_MAX, &text, err);
    if (rc >= 0 && (files->list.len == COUNT_MAX || files->bytes + text.len > ALL_MAX))
        rc = orx_err_set(err, ORX_E_LIMIT,
                         "%s: the files of a bill are more than 1000, or more than 256 MiB: give "
                         "fewer at a time, whole days together",
                         name);
    if (rc < 0) {
        orx_str_free(&text);
        return rc;
    }
    const orxaq_cost_file file = {.struct_size = sizeof file,
                                  .name = orxaq_str(orx_arena_strdup(&files->arena, name)),
                                  .bytes = orxaq_view_of(orx_str_cstr(&text), text.len)};
    files->bytes += text.len;
    orx_vec_push(&files->list, file);
    orx_vec_push(&files->texts, text);
    return 0;
}

static bool is_export(const char *name) {
    static const char *const ends[] = {".csv", ".json", ".jsonl", ".ndjson"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(ends); i++)
        if (orx_view_ends(orx_view_of(name), ends[i]))
            return true;
    return false;
}

static int add_folder(orx_platform *p, const char *path, const char *name, orx_ingest_files *files,
                      orx_err *err) {
    char **names = NULL;
    int rc = orx_list_dir(p, path, &files->arena, &names, err);
    for (size_t i = 0; rc >= 0 && names[i]; i++)
        if (is_export(names[i]))
            rc = add_file(p, orx_path_join(&files->arena, path, names[i]),
                          orx_path_join(&files->arena, name, names[i]), files, err);
    return rc;
}

int orx_ingest_files_read(orx_platform *p, const char *root, const orx_node *names,
                          orx_ingest_files *files, orx_err *err) {
    int rc = 0;
    for (const orx_node *n = orx_node_first(names); n && rc >= 0; n = n->next) {
        const char *name = orx_node_str(n, "");
        const char *path = *name == '/' ? name : orx_path_join(&files->arena, root, name);
        orx_file_info info;
        rc = orx_stat(p, path, &info, err);
        if (rc >= 0)
            rc = info.kind == ORX_FILE_DIRECTORY ? add_folder(p, path, name, files, err)
                                                 : add_file(p, path, name, files, err);
    }
    return rc < 0 ? rc : 0;
}

void orx_ingest_files_free(orx_ingest_files *files) {
    for (size_t i = 0; i < files->texts.len; i++)
        orx_str_free(&files->texts.items[i]);
    orx_vec_free(&files->texts);
    orx_vec_free(&files->list);
    orx_arena_free(&files->arena);
}
