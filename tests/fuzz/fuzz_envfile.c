/* Whatever the bytes: a list of sound variables or refused, and no message holds a value. */
#include "config/envfile.h"
#include "fuzz.h"

#include <string.h>

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

/* "NAME is set again here; ..." with a name that could stand in the file. */
static int is_repetition(orx_view text) {
    int64_t end = orx_view_find(text, " is set again here; the value of line ");
    return end > 0 && orx_env_name_ok((orx_view){text.p, (size_t)end}) &&
           orx_view_ends(text, " is not used");
}

/* Messages are made of fixed texts and names, so no value can be in one. */
static void check_messages(const orx_diags *diags) {
    static const char *const texts[] = {"this quote is never closed on its line",
                                        "expected the end of the line or a comment behind",
                                        "expected NAME=value; this line is skipped",
                                        "expected a name of letters, digits and _ before the =",
                                        "this value is longer than 32768 bytes",
                                        "a NUL byte cannot be part of this file",
                                        "this line is not valid UTF-8",
                                        "more than 4096 variables in one file"};
    for (const orx_diag *d = diags->first; d; d = d->next) {
        orx_view text = orx_view_of(d->text);
        int known = is_repetition(text);
        for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++)
            known = known || orx_view_starts(text, texts[i]);
        FUZZ_CHECK(known);
        FUZZ_CHECK(!strncmp(d->where, "f:", 2));
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
    }
    check_messages(&diags);
    return 0;
}
