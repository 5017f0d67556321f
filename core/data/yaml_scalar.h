/* yaml_scalar.h: what an unquoted word of YAML means. Internal to this room.
 *
 * YAML 1.2's core schema (section 10.3.2), narrowed to what cannot surprise: only `true` and
 * `false` are booleans, only decimal numbers are numbers, and a number with leading zeros is text,
 * since it is an octal number to some readers and a decimal one to others. Everything unknown is a
 * string.
 */
#ifndef ORX_DATA_YAML_SCALAR_H
#define ORX_DATA_YAML_SCALAR_H

#include "data/doc.h"

/* The kind of a plain scalar. Numbers beyond the range of their kind have it nevertheless. */
orx_kind orx_yaml_kind(orx_view text);

/* Sets kind and value of n from a plain scalar; text must outlive n. Returns NULL, or why it is
 * refused: a phrase that follows "expected". */
const char *orx_yaml_read_plain(orx_node *n, orx_view text);

/* As above for a scalar with a tag ("tag:yaml.org,2002:int"), quoted or not. */
const char *orx_yaml_read_tagged(orx_node *n, orx_view text, const char *tag);

#endif
