/* names.h: lists of names in documents. Threads: any. */
#ifndef ORX_FLEET_NAMES_H
#define ORX_FLEET_NAMES_H

#include "data/doc.h"

/* ORX_E_INVALID with file and line when n is there and no list of strings. */
int orx_names_check(const orx_node *n, const char *file, const char *what, orx_err *err);

bool orx_names_have(const orx_node *names, orx_view name);

/* Appends the names of a list to an array, each once. */
void orx_names_add(orx_arena *arena, orx_node *out, const orx_node *names);

/* The names that no row of providers[] has: sorted, each once, joined with ", "; NULL = none. */
const char *orx_names_unknown(orx_arena *arena, const orx_node *names, const orx_node *providers);

#endif
