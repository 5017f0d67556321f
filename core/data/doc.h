/* doc.h: one document tree for JSON and YAML.
 *
 * A reader (json.h, yaml.h) turns bytes into a tree of orx_node in an arena; everything else works
 * on the tree and does not know which syntax it came from. Every node remembers line and column, so
 * that a message can say file:line:column. Integers are exact to 64 bit signed; a number that is
 * not an integer is a double; an integer that does not fit is refused by the reader.
 *
 * Limits (orx_doc_limits) hold for every reader: bytes, depth, nodes. Duplicate keys, NaN,
 * infinity, invalid UTF-8, lone surrogates and trailing bytes are errors, never repaired.
 *
 * Members keep their order. Trees are read-only once built, except through the builder functions at
 * the end, which the writers' users need.
 *
 * Threads: a tree may be read by several threads; it is built by one.
 */
#ifndef ORX_DATA_DOC_H
#define ORX_DATA_DOC_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef enum orx_kind {
    ORX_NULL,
    ORX_BOOL,
    ORX_INT,
    ORX_DOUBLE,
    ORX_STRING,
    ORX_ARRAY,
    ORX_OBJECT
} orx_kind;

typedef struct orx_node {
    orx_kind kind;
    uint32_t line;   /* from 1; 0 = built, not read */
    uint32_t column; /* from 1, in bytes */
    uint32_t count;  /* children of an array or object */
    orx_view key;    /* as a member of an object; NUL-terminated */
    union {
        bool b;
        int64_t i;
        double d;
        orx_view s; /* NUL-terminated, may contain NUL */
        struct {
            struct orx_node *first;
            struct orx_node *last;
        } child;
    } u;
    struct orx_node *next; /* next sibling */
    uint32_t key_line;     /* where the key stands, as line and column do for the value */
    uint32_t key_column;
} orx_node;

/* No reader goes deeper, whatever the limits say: code that walks trees recursively relies on it.
 */
#define ORX_DOC_DEPTH_MAX 64

typedef struct orx_doc_limits {
    size_t max_bytes;
    uint32_t max_depth; /* at most ORX_DOC_DEPTH_MAX; the root array or object is depth 1 */
    uint32_t max_nodes; /* after alias expansion */
} orx_doc_limits;

/* Configuration: 1 MiB, depth 64, 100,000 nodes. Data files (tasks, queues, state): 256 MiB, depth
 * 64, 20 million nodes. */
extern const orx_doc_limits orx_limits_config;
extern const orx_doc_limits orx_limits_data;

/* NOLINTBEGIN(bugprone-macro-parentheses): `it` names a variable. */
#define ORX_NODE_EACH(parent, it)                                                                  \
    for (const orx_node *it = orx_node_first(parent); it; it = it->next)
/* NOLINTEND(bugprone-macro-parentheses) */

/* First child of an array or object, NULL for anything else (also for NULL). */
const orx_node *orx_node_first(const orx_node *n);

/* Member of an object by name, or NULL (also when n is NULL or no object). Looks at one member
 * after the other: walk a big object once with ORX_NODE_EACH instead of asking it for every name.
 */
const orx_node *orx_node_get(const orx_node *n, const char *key);

/* Element of an array, or NULL. */
const orx_node *orx_node_at(const orx_node *n, uint32_t index);

/* Walks a path such as "providers.codex.models[0]"; NULL when a part is missing. Keys with dots
 * cannot be reached this way. */
const orx_node *orx_node_path(const orx_node *n, const char *path);

/* The word for a kind in messages: "a string", "an object" ... */
const char *orx_kind_name(orx_kind kind);

/* Reading with defaults: the value when n is of that kind, otherwise the default. n may be NULL. */
const char *orx_node_str(const orx_node *n, const char *otherwise);
int64_t orx_node_int(const orx_node *n, int64_t otherwise);
bool orx_node_bool(const orx_node *n, bool otherwise);
double orx_node_num(const orx_node *n, double otherwise); /* integers too */

/* Deep equality. Members are compared by name, not by order; 1 and 1.0 differ. */
bool orx_node_equal(const orx_node *a, const orx_node *b);

/* ---- Building ------------------------------------------------------------------------------ */

orx_node *orx_node_new(orx_arena *arena, orx_kind kind);
orx_node *orx_node_new_str(orx_arena *arena, orx_view text);
orx_node *orx_node_new_int(orx_arena *arena, int64_t value);
orx_node *orx_node_new_bool(orx_arena *arena, bool value);
orx_node *orx_node_new_double(orx_arena *arena, double value);

/* Appends child to an array. */
void orx_node_push(orx_node *array, orx_node *child);

/* Sets a member: replaces one of that name in place, else appends. The key is copied. */
void orx_node_set(orx_arena *arena, orx_node *object, const char *key, orx_node *child);
/* As orx_node_set for a name known to be new: appends without looking, for objects with thousands
 * of members. */
void orx_node_add(orx_arena *arena, orx_node *object, const char *key, orx_node *child);
void orx_node_set_str(orx_arena *arena, orx_node *object, const char *key, const char *text);
void orx_node_set_int(orx_arena *arena, orx_node *object, const char *key, int64_t value);
void orx_node_set_bool(orx_arena *arena, orx_node *object, const char *key, bool value);

/* A deep copy in another arena. */
orx_node *orx_node_copy(orx_arena *arena, const orx_node *n);

/* Parses any supported file by its name: .yaml and .yml as YAML, everything else as JSON. `name` is
 * what messages call it. */
int orx_doc_parse(orx_arena *arena, const char *name, orx_view bytes, const orx_doc_limits *limits,
                  const orx_node **ret_root, orx_err *err);

#endif
