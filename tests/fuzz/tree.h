/* tree.h: properties of documents that fuzz targets check. */
#ifndef ORX_FUZZ_TREE_H
#define ORX_FUZZ_TREE_H

#include "data/json.h"
#include "data/yaml.h"

#include "fuzz.h"

typedef int (*fuzz_parse_fn)(orx_arena *arena, const char *name, orx_view bytes,
                             const orx_doc_limits *limits, const orx_node **ret_root, orx_err *err);

/* Parses with the limits of configuration. NULL when the text was refused; then the error is as the
 * contract says. A tree has been checked for consistency. */
const orx_node *fuzz_parse(fuzz_parse_fn parse, orx_arena *arena, orx_view text);

/* Writes n in every style of JSON and as YAML, reads each back and compares. */
void fuzz_round_trips(const orx_node *n);

#endif
