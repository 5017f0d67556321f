/* orxaq_test_json.h: the json service of the test host.
 *
 * A value is a node with its children in a chain. Trees made by parse and texts made by a writer
 * belong to the call and are freed by orxaq_test_json_forget; the settings are a tree that is kept.
 * Numbers, escapes and nesting are what the real host takes; of the errors only their presence is
 * reported.
 */
#ifndef ORXAQ_TEST_JSON_H
#define ORXAQ_TEST_JSON_H

#include <orxaq/orxaq.h>

/* The service with its two halves that need the host still to be set, and what this call made. */
typedef struct orxaq_test_json {
    orxaq_json_service service; /* first: it is handed out as such */
    orxaq_value *trees;
    orxaq_writer *writers;
} orxaq_test_json;

void orxaq_test_json_init(orxaq_test_json *json);

/* Frees what the call made. */
void orxaq_test_json_forget(orxaq_test_json *json);

int32_t orxaq_test_json_parse(orxaq_test_json *json, orxaq_view text,
                              const orxaq_value **ret_value);
orxaq_writer *orxaq_test_json_writer(orxaq_test_json *json);

/* A tree of one's own, or NULL when the text is no JSON; NULL may be freed. */
orxaq_value *orxaq_test_json_tree(orxaq_view text);
void orxaq_test_json_free(orxaq_value *value);

#endif
