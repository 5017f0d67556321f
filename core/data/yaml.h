/* yaml.h: YAML in, through libyaml's event interface only.
 *
 * The subset that configuration needs, strictly: one document, string keys, the core schema with
 * only `true` and `false` as booleans (`no`, `on`, `yes` are strings), `null`, `~` and empty as
 * null, decimal integers and floats; anything quoted is a string. Aliases are expanded and their
 * nodes counted, so an alias bomb hits max_nodes. Merge keys (<<), tags other than the core ones,
 * and multiple documents are errors. Same limits and same messages as JSON.
 *
 * libyaml is quadratic in flow nesting: the reader counts open brackets itself and stops at the
 * depth limit before libyaml sees more.
 *
 * Threads: any, on separate arenas.
 */
#ifndef ORX_DATA_YAML_H
#define ORX_DATA_YAML_H

#include "data/doc.h"

int orx_yaml_parse(orx_arena *arena, const char *name, orx_view bytes, const orx_doc_limits *limits,
                   const orx_node **ret_root, orx_err *err);

/* Appends n as block YAML that orx_yaml_parse reads back equal. */
void orx_yaml_write(orx_str *out, const orx_node *n);

#endif
