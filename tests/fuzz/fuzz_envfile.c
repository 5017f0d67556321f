/* Whatever the bytes: a list of sound variables or refused, and no message holds a value. */
#include "config/envfile.h"
#include "fuzz.h"

#include <string.h>

/* Long values of several kinds of bytes would be recognised in a message; short ones occur by
 * chance. */
#define TELLING 12

static void check_variables(const orx_envfile *file, size_t lines) {
    size_t count = 0;
    for (const orx_envvar *v = file->first; v; v = v->next) {
        size_t n = strlen(v->value);
        FUZZ_CHECK(orx_env_name_ok(orx_view_of(v->name)));
        FUZZ_CHECK(n <= ORX_ENVFILE_VALUE_MAX);
        FUZZ_CHECK(orx_view_is_utf8((orx_view){v->value, n}));
        FUZZ_CHECK(v->line >= 1 && v->line <= lines && v->column >= 2);
        FUZZ_CHECK(orx_envfile_get(file, v->name) == v); /* each name once */
        if (++count > 64)
            return;
    }
    FUZZ_CHECK(count == file->count);
}

static void check_messages(const orx_diags *diags, const orx_envfile *file) {
    for (const orx_diag *d = diags->first; d; d = d->next) {
        FUZZ_CHECK(!strncmp(d->where, "f:", 2));
        FUZZ_CHECK(orx_view_is_utf8(orx_view_of(d->text)));
        size_t looked = 0;
        for (const orx_envvar *v = file->first; v && looked < 16; v = v->next, looked++)
            FUZZ_CHECK(strlen(v->value) < TELLING || strcmp(v->value, v->name) == 0 ||
                       strstr(v->name, v->value) || !strstr(d->text, v->value) ||
                       strstr("expected NAME=value; this line is skipped", v->value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    orx_err err = ORX_ERR_INIT;
    orx_envfile file = {0};
    size_t lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    int rc = orx_envfile_parse(&arena, "f", orx_view_mem(data, size), &diags, &file, &err);
    FUZZ_CHECK((rc < 0) == (err.code < 0));
    if (rc < 0) {
        FUZZ_CHECK(rc == ORX_E_LIMIT || diags.errors > 0);
        FUZZ_CHECK(!file.name && !file.first);
    } else {
        FUZZ_CHECK(diags.errors == 0);
        check_variables(&file, lines);
        check_messages(&diags, &file);
    }
    return 0;
}
