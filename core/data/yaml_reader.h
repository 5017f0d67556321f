/* yaml_reader.h: what the files of the YAML reader share. Internal to this room.
 *
 * libyaml hands over events one by one; the reader puts them into the tree under its own limits and
 * stops at the first thing it does not take, so that libyaml never gets to see the rest. That is
 * what keeps libyaml's quadratic spots short: nested brackets end at the depth limit (it looks at
 * most 1024 characters ahead), tag directives are refused before it starts, and nothing behind the
 * first document is handed to it.
 */
#ifndef ORX_DATA_YAML_READER_H
#define ORX_DATA_YAML_READER_H

#include "base/map.h"
#include "data/doc.h"
#include "data/text.h"

#include <yaml.h>

/* Nodes that aliases may add to one document: a bomb ends at some 30 MB also where max_nodes is
 * that of data files. */
#define ORX_YAML_ALIAS_NODES 500000U

typedef struct orx_yaml_anchor {
    const orx_node *node;
    uint32_t nodes;  /* in it */
    uint32_t height; /* levels of arrays and objects in it; 0 = a scalar */
    bool open;       /* still being read: an alias here would contain itself */
} orx_yaml_anchor;

typedef struct orx_yaml_frame {
    orx_node *node;
    orx_yaml_anchor *anchor; /* of this array or object, or NULL */
    uint32_t nodes_before;
    uint32_t height; /* of what is in it so far */
} orx_yaml_frame;

typedef struct orx_yaml_reader {
    const char *name;
    orx_view text;
    const orx_doc_limits *limits;
    orx_arena *arena;
    orx_err *err;
    yaml_parser_t parser;

    /* Where the last event began. libyaml counts characters, messages count bytes. */
    size_t index;  /* in characters */
    size_t offset; /* in bytes */
    size_t line_start;
    uint32_t line;

    orx_node *root;
    orx_yaml_frame stack[ORX_DOC_DEPTH_MAX];
    uint32_t depth;
    uint32_t nodes;
    uint32_t alias_nodes;
    orx_map anchors; /* name -> orx_yaml_anchor in the arena */

    orx_view key; /* read, and its value not yet; key.p == NULL otherwise */
    orx_pos key_pos;
} orx_yaml_reader;

/* The place of a mark; reading goes on from there. */
orx_pos orx_yaml_move(orx_yaml_reader *r, const yaml_mark_t *mark);

/* A new node of the open array or object, or the root. NULL with ORX_E_LIMIT set when there are too
 * many. */
orx_node *orx_yaml_add(orx_yaml_reader *r, orx_pos pos);

/* Notes that something of this height was put into the open array or object. */
void orx_yaml_grow(orx_yaml_reader *r, uint32_t height);

/* Makes `name` stand for node. */
orx_yaml_anchor *orx_yaml_set_anchor(orx_yaml_reader *r, const char *name, const orx_node *node);

/* Puts a copy of what `name` stands for where the reader is. */
int orx_yaml_expand(orx_yaml_reader *r, orx_pos pos, const char *name);

/* Fails with what libyaml did not like. */
int orx_yaml_explain(orx_yaml_reader *r);

#endif
