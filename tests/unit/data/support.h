/* support.h: what the tests of core/data share. */
#ifndef ORX_TEST_DATA_SUPPORT_H
#define ORX_TEST_DATA_SUPPORT_H

#include "data/json.h"

#include "test.h"

typedef int (*parse_fn)(orx_arena *arena, const char *name, orx_view bytes,
                        const orx_doc_limits *limits, const orx_node **ret_root, orx_err *err);

/* The tree of a text that must be good. */
const orx_node *must_parse(parse_fn parse, orx_arena *a, const char *text);

/* Asserts that parse refuses the text with this code and a message that contains each of the
 * NULL-terminated parts, and that nothing was handed out. */
void must_refuse(parse_fn parse, orx_view text, const orx_doc_limits *limits, int code, ...);

#define REFUSED(parse, text, ...)                                                                  \
    must_refuse(parse, orx_view_of(text), &orx_limits_config, ORX_E_INVALID, __VA_ARGS__, NULL)

/* Asserts the JSON text of a tree. */
void assert_json(const orx_node *n, orx_json_style style, const char *expected);

/* count times text, malloc'ed. */
char *repeat(const char *text, size_t count);

/* The bytes of tests/unit/data/golden/NAME. */
void read_golden(const char *name, orx_str *out);

#endif
