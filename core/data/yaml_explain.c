/* libyaml's own words made into "expected ..., found ...": its problems are few and fixed, and the
 * common ones deserve to say what to do. */
#include "data/yaml_reader.h"

typedef struct advice {
    const char *problem;
    const char *expected;
    const char *todo;
} advice;

static const advice common[] = {
    {"mapping values are not allowed in this context", "one key and its value on a line",
     ": put a value that contains \": \" in quotes, or check the indentation"},
    {"did not find expected key", "a key in line with those above",
     ": check the indentation and the quotes"},
    {"did not find expected '-' indicator", "'-' in line with those above",
     ": check the indentation"},
    {"did not find expected ',' or ']'", "',' or ']'", ""},
    {"did not find expected ',' or '}'", "',' or '}'", ""},
    {"could not find expected ':'", "':' behind the key", ": check the indentation and the quotes"},
    {"found character that cannot start any token", "a value",
     ": indent with spaces, and put text that starts with it in quotes"},
    {"found unexpected end of stream", "the closing quote", ""},
    {"found unexpected document indicator", "the closing quote", ""},
    {"found unknown escape character", "a known escape",
     ": write a backslash as \\\\, or use single quotes"},
    {"found a tab character where an indentation space is expected", "spaces for indentation", ""},
    {"found a tab character that violates indentation", "spaces for indentation", ""},
    {"block sequence entries are not allowed in this context", "a value",
     ": begin a list on the line below its key"},
    {"did not find expected node content", "a value", ""},
    {"did not find expected <document start>", "the end of the file", ""},
    {"control characters are not allowed", "text", ": write it as \\xNN in double quotes"},
};

static const advice *find(const char *problem) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(common); i++)
        if (strcmp(problem, common[i].problem) == 0)
            return &common[i];
    return NULL;
}

static size_t offset_of(const orx_yaml_reader *r) {
    if (r->parser.error == YAML_READER_ERROR)
        return r->parser.problem_offset < r->text.len ? r->parser.problem_offset : r->text.len;
    size_t offset = 0;
    for (size_t i = 0; i < r->parser.problem_mark.index && offset < r->text.len; i++)
        offset += orx_utf8_len(r->text.p + offset, r->text.len - offset);
    return offset;
}

int orx_yaml_explain(orx_yaml_reader *r) {
    if (r->parser.error == YAML_MEMORY_ERROR)
        orx_out_of_memory(0);
    const char *problem = r->parser.problem ? r->parser.problem : "no reason given";
    size_t offset = offset_of(r);
    orx_pos pos = orx_text_pos(r->text, 1, offset);
    const advice *a = find(problem);
    const char *context = r->parser.context ? r->parser.context : "while reading";
    if (!a)
        return orx_text_fail(r->err, ORX_E_INVALID, r->name, pos,
                             "expected YAML, found a fault: %s (%s)", problem, context);
    char found[ORX_FOUND_MAX];
    orx_text_found(r->text, offset, found);
    uint32_t line = (uint32_t)r->parser.context_mark.line + 1;
    if (!r->parser.context || line == pos.line)
        return orx_text_fail(r->err, ORX_E_INVALID, r->name, pos, "expected %s, found %s%s",
                             a->expected, found, a->todo);
    return orx_text_fail(r->err, ORX_E_INVALID, r->name, pos,
                         "expected %s, found %s (%s that starts in line %u)%s", a->expected, found,
                         context, line, a->todo);
}
